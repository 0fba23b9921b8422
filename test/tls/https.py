"""https.py: what curl and Python's ssl make of the port: answers, alerts, the end of the stream."""
import os
import shutil
import socket
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import FOLDER, TLS, Server, check, deadline, end, skip

REQUEST = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"

if not FOLDER:
    skip("https.py", "no E2E_TLS")


def curl(server, *options, url="https://localhost:%d/"):
    done = subprocess.run(["curl", "-sS", "-i", "--max-time", "10", "--cacert",
                           os.path.join(FOLDER, "ca.pem"), *options, url % server.port],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr.decode()


def with_curl(server):
    if not shutil.which("curl"):
        print("SKIP curl: it is not installed")
        return
    body = b"426 Upgrade Required: this is a WebSocket server\n"
    want = (b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\n")
    for options in ((), ("--http1.1",), ("--http2",), ("--tlsv1.2",)):
        status, answer, error = curl(server, *options)
        head, _, rest = answer.partition(b"\r\n\r\n")
        lines = set(head.split(b"\r\n"))
        check(status == 0 and rest == body, "%s: %d %s %s" % (options, status, answer, error))
        check(set(want.split(b"\r\n")) - {b""} <= lines and
              b"Content-Length: %d" % len(body) in lines, "%s: %s" % (options, head))
    status, answer, error = curl(server, "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0")
    check(status == 35 and not answer, "--tls-max 1.1: %d %s" % (status, error))
    status, answer, error = curl(server, "--tlsv1.3")
    check(status == 35 and not answer, "--tlsv1.3: %d %s" % (status, error))
    status, answer, error = curl(server, "--insecure", url="http://127.0.0.1:%d/")
    check(status != 0 and b"426" not in answer, "http:// %d %s" % (status, answer))
    status, answer, _ = curl(server, "-X", "POST", "-d", "x")
    check(status == 0 and answer.startswith(b"HTTP/1.1 405 "), "POST: %s" % answer)


def connect(server, context=TLS, session=None):
    plain = socket.create_connection(("127.0.0.1", server.port), 10)
    return context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False,
                               session=session)


def upgraded(server, **how):
    s = connect(server, **how)
    s.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += s.recv(4096)
    check(answer.startswith(b"HTTP/1.1 101 "), "%s" % answer)
    return s


def ends(s):
    """What is left to read, to a close_notify: without one this raises."""
    rest = b""
    while True:
        data = s.recv(4096)
        if not data:
            return rest
        rest += data


def with_python(server):
    context = ssl.create_default_context(cafile=os.path.join(FOLDER, "ca.pem"))
    s = upgraded(server, context=context)
    check(s.version() == "TLSv1.2" and not s.session_reused and not s.compression(),
          "%s" % s.version())
    session = s.session
    s.sendall(CLOSE)
    check(ends(s) == b"\x88\x02\x03\xe8", "the close frame, then close_notify")
    s.close()
    for _ in range(3):
        s = upgraded(server, context=context, session=session)
        check(s.session_reused, "the session is resumed")
        s.sendall(CLOSE)
        check(ends(s) == b"\x88\x02\x03\xe8", "a resumed one's close")
        s.close()
    # The client ends TLS first: we answer with close_notify, and TCP ends.
    s = upgraded(server)
    plain = s.unwrap()
    plain.settimeout(10)
    check(plain.recv(1) == b"", "the end behind close_notify")
    plain.close()
    # A message and close_notify in one: it is relayed.
    listener = upgraded(server)
    talker = upgraded(server)
    talker.sendall(b"\x81\x83\0\0\0\0abc")
    try:
        talker.unwrap()
    except ssl.SSLError:
        pass  # its own message may come before the answer
    talker.close()
    check(listener.recv(100) == b"\x81\x03abc", "the message before a close_notify")
    listener.close()


def mistrusting(server):
    """Who does not trust the certificate says so; the log has the reason."""
    try:
        connect(server, ssl.create_default_context())
        check(False, "it was trusted")
    except ssl.SSLCertVerificationError:
        check(server.says("(TLS: peer does not know the CA)"), "%s" % server.log)


deadline(60)
one = Server()
with_curl(one)
with_python(one)
mistrusting(one)
one.stop()
end()
