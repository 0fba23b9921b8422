"""certs.py: what the tests of wss:// share: certificates right and wrong, by openssl; a TLS server.

On import it makes a folder with those of test/tls/certs.sh, which servers of harness.py then use."""
import atexit
import os
import ssl
import subprocess
import sys
import tempfile

folder = tempfile.TemporaryDirectory(prefix="wsclient-")
atexit.register(folder.cleanup)
made = subprocess.run(["sh", "test/tls/certs.sh", folder.name], stdout=subprocess.PIPE,
                      stderr=subprocess.STDOUT)
if made.returncode:
    print("SKIP %s: there is no openssl" % sys.argv[0] if made.returncode == 77 else
          made.stdout.decode())
    print("0 passed, %d failed" % (made.returncode != 77))
    sys.exit(made.returncode != 77)
os.environ["E2E_TLS"] = folder.name
from harness import WAIT, Script, check  # noqa: E402

NAMES = "DNS:localhost, IP:127.0.0.1, IP:::1"
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
NO_CA = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyCertSign\n"
CONFIG = """[ca]
default_ca = one
[one]
database = index
new_certs_dir = .
rand_serial = yes
policy = any
email_in_dn = no
unique_subject = no
preserve = yes
default_days = 30
[any]
commonName = optional
"""


def leaf(names=NAMES):
    """Extensions of a server's certificate."""
    return ("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=serverAuth\n" + ("subjectAltName=%s\n" % names if names else ""))


class Certs:
    """What is in the folder, and more."""

    def __init__(self):
        self.folder = folder.name
        with open(self.path("config"), "w") as f:
            f.write(CONFIG)
        open(self.path("index"), "w").close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def pem(self, name):
        return self.path(name + ".pem")

    def openssl(self, *args):
        done = subprocess.run(["openssl", *args], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError("openssl %s: %s" % (" ".join(args), done.stdout.decode()))
        return done.stdout

    def key(self, name, kind):
        what = ["RSA", "-pkeyopt", "rsa_keygen_bits:" + kind] if kind.isdigit() else \
            ["EC", "-pkeyopt", "ec_paramgen_curve:" + kind] if "-" in kind else [kind]
        self.openssl("genpkey", "-algorithm", *what, "-out", name + ".key")

    def make(self, name, signer="ca", extensions=None, subject="localhost", kind="P-256",
             digest="sha256", start=None, end=None, key=None, pss=False):
        """NAME.pem and NAME.key. signer None: by itself; extensions "": version 1; key: that of
        another; start, end: YYYYMMDDHHMMSSZ."""
        if key:
            with open(self.path(key + ".key")) as f, open(self.path(name + ".key"), "w") as to:
                to.write(f.read())
        else:
            self.key(name, kind)
        with open(self.path("ext"), "w") as f:
            f.write(leaf() if extensions is None else extensions)
        args = ["-selfsign", "-keyfile", name + ".key"] if signer is None else \
            ["-cert", signer + ".pem", "-keyfile", signer + ".key"]
        args += ["-md", "default" if kind == "ED25519" and not signer else digest]
        args += ["-startdate", start] if start else []
        args += ["-enddate", end] if end else []
        args += ["-extfile", "ext"] if extensions != "" else []
        args += ["-sigopt", "rsa_padding_mode:pss"] if pss else []
        self.openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + subject,
                     "-config", "req.cnf", "-out", "req.csr")
        self.openssl("ca", "-batch", "-notext", "-config", "config", "-in", "req.csr",
                     "-out", name + ".pem", *args)
        return name

    def join(self, name, *parts):
        """NAME.pem with the certificates of the parts, NAME.key with the key of the first."""
        for end, of in ((".pem", parts), (".key", parts[:1])):
            with open(self.path(name + end), "w") as f:
                for part in of:
                    with open(self.path(part + end)) as source:
                        f.write(source.read())
        return name


class Secure(Script):
    """A script behind Python's ssl. failures: how handshakes failed."""

    def __init__(self, certs, pair, work=None, ciphers=None, **how):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # An end without close_notify is a failure (the option is OpenSSL's, 3.0).
        self.context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
        if ciphers:
            self.context.set_ciphers(ciphers)
        self.context.load_cert_chain(certs.pem(pair), certs.path(pair + ".key"))
        self.names = []
        self.context.sni_callback = lambda _, name, __: self.names.append(name)
        self.failures = []
        self.inner = work or (lambda peer, _: (peer.open(), peer.echo()))
        super().__init__(self.handshake, **how)
        self.url = "wss://localhost:%d/" % self.port

    def handshake(self, peer, number):
        try:
            peer.socket = self.context.wrap_socket(peer.socket, server_side=True)
        except OSError as e:
            self.failures.append(str(e))
            raise
        self.inner(peer, number)


def probe(*args, program="./wsclient"):
    """Exit status, and all that it says."""
    done = subprocess.run([program, "--once", "--timeout", "9s", *args], timeout=WAIT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode()


def expect(what, status, text, *args, **how):
    """A probe: its exit status, and the one line that it says, behind what --insecure warns of."""
    got, out = probe(*args, **how)
    lines = 1 + ("--insecure: whoever answers" in out)
    check(got == status and text in out and out.count("\n") == lines,
          "%s: %s, not %s with '%s': %s" % (what, got, status, text, out))
