"""s_client.py: handshakes by openssl s_client: suites, keys, groups, resumption, refusals."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import FOLDER, Server, check, deadline, end, skip

openssl = shutil.which("openssl")
if not openssl or not FOLDER:
    skip("s_client.py", "there is no openssl or no E2E_TLS")

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SUITES = ("CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES256-GCM-SHA384")


def client(server, *options, name="localhost"):
    """One connection with one request. Returns all that s_client says."""
    arguments = [openssl, "s_client", "-connect", "127.0.0.1:%d" % server.port, "-CAfile",
                 os.path.join(FOLDER, "ca.pem"), "-verify_return_error", "-ign_eof"]
    if name:
        arguments += ["-verify_hostname", name]
    done = subprocess.run(arguments + list(options), input=REQUEST, timeout=20,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode("latin-1")


def good(text):
    """Whether the handshake and the request went well, to the close_notify."""
    return ("Verify return code: 0 (ok)" in text and "HTTP/1.1 426 " in text and
            "\nclosed\n" in text and "unexpected eof" not in text)


def works(what, server, *options, want=(), name="localhost"):
    text = client(server, *options, name=name)
    check(good(text) and "Protocol  : TLSv1.2" in text, "%s: %s" % (what, text))
    for line in want:
        check(line in text, "%s: no '%s' in %s" % (what, line, text))
    return text


def refused(what, server, alert, *options):
    text = client(server, *options)
    check("HTTP/1.1" not in text and re.search("SSL alert number (%s)" % alert, text),
          "%s: %s" % (what, text))
    works("after that", server)


def suites():
    for pair, kind, signature in (("p256", "ECDSA", "ECDSA"), ("p384", "ECDSA", "ECDSA"),
                                  ("rsa2048", "RSA", "RSA"), ("rsa4096", "RSA", "RSA"),
                                  ("chain", "ECDSA", "ECDSA")):
        server = Server(pair=pair)
        for suite in SUITES:
            name = "ECDHE-%s-%s" % (kind, suite)
            works("%s with %s" % (name, pair), server, "-tls1_2", "-cipher", name,
                  want=("Cipher is " + name, "Peer signature type: " + signature))
        other = "ECDHE-%s-AES128-GCM-SHA256" % ("RSA" if kind == "ECDSA" else "ECDSA")
        refused("%s with %s" % (other, pair), server, 40, "-tls1_2", "-cipher", other)
        server.stop()


def long_chain():
    """Seven certificates of 5.6 KiB behind the server's own: a flight of three records."""
    names = ",".join("DNS:name-%03d.with.a.long.long.long.long.long.domain.invalid" % i
                     for i in range(90))
    path = os.path.join(FOLDER, "long")
    subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-subj", "/CN=long", "-addext", "subjectAltName=" + names,
                    "-keyout", path + ".key", "-out", path + ".crt"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(path + ".crt") as f, open(os.path.join(FOLDER, "p256.pem")) as own:
        text = own.read() + 7 * f.read()
    with open(path + ".pem", "w") as f:
        f.write(text)
    shutil.copy(os.path.join(FOLDER, "p256.key"), path + ".key")
    server = Server(pair="long")
    for options in ((), ("-maxfraglen", "512")):
        said = works("a long chain", server, "-tls1_2", *options)
        check(int(re.search("has read ([0-9]+) bytes", said).group(1)) > 2 * 16384, said[-900:])
    server.stop()


def preference(server):
    """The order is ours, whatever the client's is."""
    names = ["ECDHE-ECDSA-" + suite for suite in SUITES]
    picked = set()
    for order in (names, names[::-1], names[1:] + names[:1]):
        text = works("preference", server, "-tls1_2", "-cipher", ":".join(order))
        picked.add(re.search("Cipher is (.*)", text).group(1))
    check(len(picked) == 1 and picked <= set(names[:2]), "picked: %s" % picked)
    works("128 before 256", server, "-tls1_2", "-cipher", names[2] + ":" + names[1],
          want=("Cipher is " + names[1],))


def groups():
    """With RSA: OpenSSL wants a certificate's curve to be among the groups."""
    server = Server(pair="rsa2048")
    for group, says in (("P-256", "ECDH, prime256v1, 256 bits"), ("P-384", "ECDH, secp384r1"),
                        ("X25519", "X25519, 253 bits")):
        works(group, server, "-tls1_2", "-groups", group, want=("Server Temp Key: " + says,))
    refused("P-521 only", server, 40, "-tls1_2", "-groups", "P-521")
    works("P-521 first", server, "-tls1_2", "-groups", "P-521:P-256")
    server.stop()


def resumption(server):
    with tempfile.TemporaryDirectory(prefix="wsrelay-") as folder:
        file = os.path.join(folder, "session")
        works("a session", server, "-tls1_2", "-sess_out", file, want=("New, TLSv1.2",))
        for _ in range(3):
            works("it resumed", server, "-tls1_2", "-sess_in", file, want=("Reused, TLSv1.2",))
        # It is of this server: another does not know it.
        other = Server()
        works("elsewhere", other, "-tls1_2", "-sess_in", file, want=("New, TLSv1.2",))
        other.stop()


def versions(server):
    low = ("-cipher", "ALL:@SECLEVEL=0")
    # Its alert comes in a record of TLS 1.2, which OpenSSL does not read then.
    for version in ("-tls1", "-tls1_1"):
        text = client(server, version, *low)
        check("HTTP/1.1" not in text and "wrong version number" in text, "%s: %s" % (version, text))
        works("after %s" % version, server)
    check(server.says("(TLS: needs TLS 1.2)"), "%s" % server.log)
    refused("TLS 1.3 only", server, "40|70", "-tls1_3")
    works("1.2 and 1.3", server)
    for suite in ("AES128-SHA", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256",
                  "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-CCM"):
        refused(suite, server, 40, "-tls1_2", "-cipher", suite + ":@SECLEVEL=0")


def extensions(server):
    works("ALPN", server, "-alpn", "http/1.1", want=("ALPN protocol: http/1.1",))
    works("ALPN, the second", server, "-alpn", "h2,http/1.1", want=("ALPN protocol: http/1.1",))
    works("ALPN, ours is not among them", server, "-alpn", "h2", want=("No ALPN negotiated",))
    works("another name", server, "-servername", "elsewhere.invalid")
    works("no name", server, "-noservername")
    for options in (("-no_ticket",), ("-status",), ("-comp",), ("-legacy_renegotiation",),
                    ("-no_etm",), ("-nextprotoneg", "http/1.1"),
                    ("-use_srtp", "SRTP_AES128_CM_SHA1_80"),
                    ("-maxfraglen", "512"), ("-maxfraglen", "4096"), ("-fallback_scsv",),
                    ("-sigalgs", "ECDSA+SHA256"), ("-sigalgs", "ECDSA+SHA384"),
                    ("-sigalgs", "ECDSA+SHA512"), ("-max_send_frag", "512"),
                    ("-split_send_frag", "16"), ("-groups", "P-256:P-384:X25519:X448")):
        works(" ".join(options), server, "-tls1_2", *options)
    refused("SHA-1 only", server, 40, "-tls1_2", "-sigalgs", "ECDSA+SHA1", "-cipher",
            "ALL:@SECLEVEL=0")


def wrong_name(server):
    text = client(server, name="elsewhere.invalid")
    check("hostname mismatch" in text.lower() and "HTTP/1.1" not in text, "a wrong name: %s" % text)


def renegotiation(server):
    """It is refused each time it is asked for; the client gives up, the server does not."""
    for _ in range(5):
        process = subprocess.Popen(
            [openssl, "s_client", "-connect", "127.0.0.1:%d" % server.port, "-tls1_2"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        text = b""
        while b"Extended master secret" not in text:
            line = process.stdout.readline()
            if not line:
                break
            text += line
        process.stdin.write(b"R\n")
        process.stdin.flush()
        text += process.communicate(timeout=20)[0]
        check(b"RENEGOTIATING" in text and b"no renegotiation" in text, "renegotiation: %s" % text)
    works("after that", server)


deadline(60)
suites()
long_chain()
one = Server()
preference(one)
groups()
resumption(one)
versions(one)
extensions(one)
wrong_name(one)
renegotiation(one)
one.stop()
end()
