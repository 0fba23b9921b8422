"""secure.py: whom wsclient believes over wss://: certificates right and wrong, --cafile, --insecure."""
import os
import ssl

from certs import CA, NO_CA, Certs, Secure, expect, leaf
from harness import ECHO, Client, Server, check, deadline, end

WRAPPED = "test/client/wsclient_wrapped"        # all names are 127.0.0.1
TRUSTED = "comes from nobody who is trusted"
NAME = "is for another name"
DATES = "expired or not valid yet"


def kinds(certs):
    """Each kind of key, each way to name the server, wsrelay and Python; suites; chains."""
    ca = ("--cafile", certs.pem("ca"))
    for pair in ("p256", "p384", "rsa2048", "rsa4096", "chain"):
        server = Server(ECHO, pair)
        for host in ("localhost", "LocalHost", "127.0.0.1"):
            expect(pair + " " + host, 0, "ok: ", *ca, "wss://%s:%d/" % (host, server.port))
        server.stop()
    six = Server(ECHO.replace("127.0.0.1", '"::1"', 1))
    expect("[::1]", 0, "ok: ", *ca, "wss://[::1]:%d/" % six.port)
    expect("[0:0::1]", 0, "ok: ", *ca, "wss://[0:0::1]:%d/" % six.port)
    six.stop()
    for pair, suites in (("p256", "ECDSA"), ("p384", "ECDSA"), ("rsa2048", "RSA")):
        for cipher in ("CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES256-GCM-SHA384"):
            server = Secure(certs, pair, ciphers="ECDHE-%s-%s" % (suites, cipher))
            expect("%s %s" % (pair, cipher), 0, "ok: ", *ca, server.url)
            check(server.names == ["localhost"], "the name is told: %s" % server.names)
            server.stop()
    server = Secure(certs, "rsa4096")
    expect("by its address", 0, "ok: ", *ca, server.url.replace("localhost", "127.0.0.1"))
    check(server.names == [None], "an address is no name: %s" % server.names)
    expect("a dot behind", 0, "ok: ", *ca, server.url.replace("localhost", "localhost."),
           program=WRAPPED)
    check(server.names[1:] == ["localhost"], "the dot is not told: %s" % server.names)
    server.stop()
    server = Secure(certs, "p256", ciphers="DHE-RSA-AES128-GCM-SHA256:AES128-GCM-SHA256")
    expect("no suite in common", 2, "cipher suite", *ca, server.url)
    server.stop()


def judged(certs):
    """One row a certificate: what it shows, its maker, --cafile, the host, exit status, text."""
    certs.make("stranger", None, CA, "A stranger")
    certs.make("self", None, leaf())
    certs.make("self-ca", None, "basicConstraints=CA:TRUE\nsubjectAltName=DNS:localhost\n")
    certs.make("self-v1", None, "")
    certs.make("self-old", None, leaf(), start="20200101000000Z", end="20200201000000Z")
    certs.make("self-other", None, leaf("DNS:other.example"))
    certs.make("old", end="20250101000000Z", start="20240101000000Z")
    certs.make("early", start="20990101000000Z", end="20990201000000Z")
    certs.make("other", extensions=leaf("DNS:other.example, IP:127.0.0.2"), subject="other.example")
    certs.make("text", extensions=leaf("DNS:127.0.0.1"), subject="127.0.0.1")
    certs.make("names", extensions=leaf("DNS:localhost"))
    certs.make("mapped", extensions=leaf("IP:::ffff:127.0.0.1, URI:x:y, email:a@b, DNS:a"))
    certs.make("cn", extensions=leaf(None))
    certs.make("cn-and-san", extensions=leaf("DNS:other.example"))
    certs.make("second", extensions=leaf("DNS:a.example, IP:10.0.0.1, IP:127.0.0.1, "
                                         "DNS:localhost"))
    certs.make("mid", "ca", CA, "An intermediate")
    certs.make("by-mid", "mid")
    certs.make("leaf-as-ca", "ca", NO_CA, "Only a leaf")
    certs.make("by-leaf", "leaf-as-ca")
    certs.join("by-leaf-chain", "by-leaf", "leaf-as-ca")
    certs.make("forbidden", "ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n",
               "May not sign")
    certs.join("by-forbidden", certs.make("f1", "forbidden"), "forbidden")
    certs.join("wrong-order", "p256", "stranger", "ca")
    certs.make("copied-ca", None, CA, "wsrelay test CA")
    certs.join("forged", certs.make("f2", "copied-ca"), "copied-ca")
    certs.join("mid-of-stranger", certs.make("f3", certs.make("f4", "stranger", CA, "x")), "f4")
    certs.join("long", "by-mid", "mid", *["stranger"] * 100)
    certs.make("sha1", digest="sha1")
    certs.make("p521", kind="P-521")
    certs.make("rsa1024", kind="1024")
    certs.make("pss-ca", None, CA, "An RSA CA", kind="2048")
    certs.make("pss", "pss-ca", pss=True)
    certs.make("for-clients", extensions=leaf().replace("serverAuth", "clientAuth"))
    certs.make("any-use", extensions=leaf().replace("serverAuth", "codeSigning, anyExtendedKeyUsage"))
    certs.make("two-uses", extensions=leaf().replace("serverAuth", "clientAuth, serverAuth"))
    certs.make("no-use", extensions=leaf().replace("extendedKeyUsage=serverAuth\n", ""))
    certs.make("wild", extensions=leaf("DNS:*.example.org"))
    certs.make("critical", extensions=leaf() + "1.2.3.4=critical,ASN1:NULL\n")
    certs.make("constrained", "ca", CA + "nameConstraints=critical,permitted;DNS:example.org\n", "N")
    certs.join("by-constrained", certs.make("f5", "constrained"), "constrained")
    certs.make("huge", extensions=leaf(", ".join(
        ["DNS:localhost", "IP:127.0.0.1"] + ["DNS:%d.%s.example" % (i, "x" * 60) for i in range(240)])))
    here, name = "127.0.0.1", "localhost"
    rows = [
        ("stranger's CA", "p256", "stranger", name, 2, TRUSTED),
        ("stranger's CA, address", "p256", "stranger", here, 2, TRUSTED),
        ("the leaf itself", "p256", "p256", name, 0, "ok: "),
        ("self-signed", "self", "self", name, 0, "ok: "),
        ("self-signed, address", "self", "self", here, 0, "ok: "),
        ("self-signed as a CA", "self-ca", "self-ca", name, 0, "ok: "),
        ("self-signed version 1", "self-v1", "self-v1", name, 0, "ok: "),
        ("self-signed, not trusted", "self", "ca", name, 2, TRUSTED),
        ("self-signed and expired", "self-old", "self-old", name, 2, DATES),
        ("self-signed, wrong name", "self-other", "self-other", name, 2, NAME),
        ("self-signed, wrong address", "self-other", "self-other", here, 2, NAME),
        ("expired", "old", "ca", name, 2, DATES),
        ("expired, address", "old", "ca", here, 2, DATES),
        ("not valid yet", "early", "ca", name, 2, DATES),
        ("wrong name", "other", "ca", name, 2, NAME),
        ("wrong address", "other", "ca", here, 2, NAME),
        ("the address as a name", "text", "ca", here, 2, NAME),
        ("no address", "names", "ca", here, 2, NAME),
        ("a mapped address", "mapped", "ca", here, 2, NAME),
        ("common name only", "cn", "ca", name, 0, "ok: "),
        ("common name only, address", "cn", "ca", here, 2, NAME),
        ("common name beside others", "cn-and-san", "ca", name, 2, NAME),
        ("the second name", "second", "ca", name, 0, "ok: "),
        ("the second address", "second", "ca", here, 0, "ok: "),
        ("an intermediate is missing", "by-mid", "ca", name, 2, TRUSTED),
        ("the intermediate is trusted", "by-mid", "mid", name, 0, "ok: "),
        ("a leaf is trusted and signed", "by-leaf", "leaf-as-ca", name, 2, TRUSTED),
        ("a leaf is trusted and signed, chain", "by-leaf-chain", "leaf-as-ca", name, 2, "no CA's"),
        ("the intermediate is no CA", "by-leaf-chain", "ca", name, 2, "no CA's"),
        ("the intermediate may not sign", "by-forbidden", "ca", name, 2, "not for that use"),
        ("wrong chain", "wrong-order", "ca", name, 0, "ok: "),
        ("a CA of the same name", "forged", "ca", name, 2, TRUSTED),
        ("a stranger's chain", "mid-of-stranger", "ca", name, 2, TRUSTED),
        ("a stranger's chain, address", "mid-of-stranger", "ca", here, 2, TRUSTED),
        ("a chain of 102", "long", "ca", name, 0, "ok: "),
        ("signed with SHA-1", "sha1", "ca", name, 2, "a kind that is not supported"),
        ("P-521", "p521", "ca", name, 2, "no kind of key, in common"),
        ("RSA of 1024 bits", "rsa1024", "ca", name, 2, "too short"),
        ("RSA-PSS", "pss", "pss-ca", name, 2, "a kind that is not supported"),
        ("of a client", "for-clients", "ca", name, 2, "not for that use"),
        ("of a client, address", "for-clients", "ca", here, 2, "not for that use"),
        ("any use", "any-use", "ca", name, 0, "ok: "),
        ("two uses", "two-uses", "ca", name, 0, "ok: "),
        ("no use is said", "no-use", "ca", name, 0, "ok: "),
        ("wildcard", "wild", "ca", "a.example.org", 0, "ok: "),
        ("wildcard, case", "wild", "ca", "A.Example.ORG", 0, "ok: "),
        ("wildcard, two labels", "wild", "ca", "a.b.example.org", 2, NAME),
        ("wildcard, no label", "wild", "ca", "example.org", 2, NAME),
        ("wildcard, other name", "wild", "ca", "a.example.com", 2, NAME),
        ("critical extension", "critical", "ca", name, 2, "a kind that is not supported"),
        ("name constraints", "by-constrained", "ca", name, 2, "a kind that is not supported"),
        ("over 16 KiB", "huge", "ca", name, 2, "a kind that is not supported"),
        ("over 16 KiB, address", "huge", "ca", here, 2, "a kind that is not supported"),
    ]
    servers = {}
    for what, pair, cafile, host, status, text in rows:
        if pair not in servers:
            servers[pair] = Secure(certs, pair, ciphers="ALL:@SECLEVEL=0")
        expect(what, status, text, "--cafile", certs.pem(cafile),
               "wss://%s:%d/" % (host, servers[pair].port),
               program=WRAPPED if "example" in host.lower() else "./wsclient")
    for server in servers.values():
        server.stop()


def files(certs):
    """--cafile that is no such file; the system's store."""
    ca = open(certs.pem("ca")).read()
    cut = ca[:ca.index("-----END")]
    rows = [
        ("empty", "", "is empty"), ("text", "no certificates\n", "holds no certificate"),
        ("cut", cut, "is cut"), ("label", ca.replace("END CERT", "END CARD"), "is cut"),
        ("base64", ca.replace("MII", "M!I"), "is damaged"),
        ("large", ca + "#" * (1 << 20), "larger than 1 MiB"),
        ("der", ssl.PEM_cert_to_DER_cert(ca), "holds no certificate"),
        ("half", ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(ca)[:200]), "holds no certificate"),
        ("nul", "\0" + ca, "holds no certificate"),
    ]
    server = Server(ECHO)
    url = "wss://localhost:%d/" % server.port
    for name, data, text in rows:
        with open(certs.path(name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        expect(name, 3, text, "--cafile", certs.path(name), url)
    expect("a key", 3, "holds no certificate", "--cafile", certs.path("p256.key"), url)
    expect("missing", 3, "No such file", "--cafile", certs.path("none.pem"), url)
    expect("a folder", 3, "is not a regular file", "--cafile", certs.folder, url)
    os.mkfifo(certs.path("pipe"))
    expect("a pipe", 3, "is not a regular file", "--cafile", certs.path("pipe"), url)
    expect("ws:// with --cafile", 3, "wss:// only", "--cafile", certs.pem("ca"), "ws://h/")
    expect("ws:// with --insecure", 3, "wss:// only", "--insecure", "ws://h/")
    certs.make("ed25519", None, CA, "Ed", kind="ED25519")
    expect("Ed25519", 3, "holds no certificate", "--cafile", certs.pem("ed25519"), url)
    with open(certs.path("many"), "w") as f:
        f.write("\ufefftext\n" + open(certs.pem("ed25519")).read() +
                open(certs.path("p256.key")).read() + open(certs.pem("stranger")).read() * 300 +
                ca.replace("\n", "\r\n") + "text\n")
    with open(certs.path("two"), "w") as f:
        f.write(ca + open(certs.pem("stranger")).read())
    expect("the first of two", 0, "ok: ", "--cafile", certs.path("two"), url)
    expect("the last of many", 0, "ok: ", "--cafile", certs.path("many"), url)
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        expect("the system's store", 2, TRUSTED, url)
    else:
        print("SKIP the system's store: there is none")
    server.stop()


def insecure(certs):
    for pair in ("self-other", "old", "forged", "long", "self-v1", "rsa4096"):
        server = Secure(certs, pair)
        for host in ("localhost", "127.0.0.1"):
            expect("--insecure " + pair, 0, "ok: ", "--insecure", "wss://%s:%d/" %
                   (host, server.port))
        server.stop()
    server = Secure(certs, "self-other")
    client = Client("--insecure", server.url)
    client.expect("Connected")
    check("--insecure: whoever answers" in client.log, client.log)
    check(client.stop() == 0, client.log)
    server.stop()
    server = Secure(certs, "huge")
    expect("--insecure, over 16 KiB", 2, "a kind that is not supported", "--insecure", server.url)
    server.stop()


deadline(145)
every = Certs()
kinds(every)
judged(every)
files(every)
insecure(every)
end()
