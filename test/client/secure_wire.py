"""secure_wire.py: wsclient over wss:// on a wire that is cut, forged, or speaks something else."""
import signal
import socket
import ssl
import tempfile
import time
import warnings

from certs import Certs, Secure, expect, probe
from harness import Client, Peer, Proxy, Script, check, deadline, end, frame


def run(data, *args):
    """wsclient with a file as standard input: exit status, output, log."""
    with tempfile.TemporaryFile() as f:
        f.write(data)
        f.seek(0)
        client = Client(*args, stdin=f)
        out = client.process.stdout.read()
        return client.wait(), out, client.log


def wss(port):
    return "wss://localhost:%d/" % port


def versions(certs, ca):
    """TLS 1.3 only, TLS 1.0 only, no TLS, and what a server says instead."""
    server = Secure(certs, "p256")
    server.context.minimum_version = ssl.TLSVersion.TLSv1_3
    expect("TLS 1.3 only", 2, "does not speak TLS 1.2", *ca, server.url)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(certs.pem("p256"), certs.path("p256.key"))
    server.context.set_ciphers("ALL:@SECLEVEL=0")
    server.context.minimum_version = ssl.TLSVersion.TLSv1
    server.context.maximum_version = ssl.TLSVersion.TLSv1
    expect("TLS 1.0 only", 2, "in common", *ca, server.url)
    server.stop()
    for what, answer, text in (
            ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no TLS"),
            ("text", b"hello\n" * 9, "speaks no TLS"),
            ("zeros", bytes(99), "speaks no TLS"), ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n", "speaks no TLS"),
            ("nothing", b"", "before its answer was whole"),
            ("an alert", b"\x15\x03\x03\x00\x02\x02\x28", "in common"),
            ("data", b"\x17\x03\x03\x00\x05hello", "message out of order"),
            ("a long record", b"\x16\x03\x03\xff\xff" + bytes(70000), "wrong length"),
            ("garbage in a record", b"\x16\x03\x03\x00\x10" + b"\xff" * 16, "out of order"),
            ("close_notify", b"\x15\x03\x03\x00\x02\x01\x00", "before its answer was whole"),
            ("a cut record", b"\x16\x03\x03\x00\x40\x02", "before its answer was whole")):
        script = Script(lambda peer, _, answer=answer: (peer.socket.recv(4096),
                                                        peer.socket.sendall(answer)))
        expect(what, 2, text, *ca, wss(script.port))
        script.stop()
    script = Script(lambda peer, _: time.sleep(3))
    begun = time.monotonic()
    expect("silence", 2, "in time", *ca, "--timeout", "500ms", wss(script.port))
    check(time.monotonic() - begun < 2, "the timeout holds inside the TLS handshake")
    script.stop()


def flood(ca):
    """Records without an end that say nothing: deadlines and signals still work."""
    warning = b"\x15\x03\x03\x00\x02\x01\x5a" * 2000

    def work(peer, _):
        peer.socket.recv(4096)
        while True:
            peer.socket.sendall(warning)
    script = Script(work)
    client = Client("--once", "--timeout", "500ms", *ca, wss(script.port))
    check(client.wait(5) == 2, "a flood of warnings: the deadline")
    client = Client("--timeout", "1h", *ca, wss(script.port))
    client.catches(signal.SIGTERM)
    time.sleep(0.3)
    client.process.send_signal(signal.SIGTERM)
    check(client.wait(5) == 0, "a flood of warnings: a signal")
    script.stop()


def cut(certs, ca):
    """A handshake that ends after so many of the server's bytes: never a success, never a crash."""
    server = Secure(certs, "chain")
    for at in (1, 5, 6, 60, 100, 500, 1000, 1250, 1300):
        proxy = Proxy(server.port)
        proxy.cut_at = at
        status, out = probe(*ca, wss(proxy.script.port))
        check(status == 2 and out.startswith("failed: "), "cut at %d: %d %s" % (at, status, out))
        proxy.script.stop()
    server.stop()


class Records:
    """TLS through memory, so that a test holds each record before it is sent."""

    def __init__(self, peer, context):
        self.peer, self.into, self.out = peer, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.into, self.out, server_side=True)
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                self.into.write(self.peer.socket.recv(65536))
        self.flush()

    def flush(self):
        data = self.out.read()
        self.peer.socket.sendall(data)

    def record(self, data):
        self.tls.write(data)
        return self.out.read()

    def recv(self, n):
        """As of a socket, for Peer."""
        while True:
            try:
                return self.tls.read(n)
            except ssl.SSLWantReadError:
                data = self.peer.socket.recv(65536)
                if not data:
                    return b""
                self.into.write(data)

    def sendall(self, data):
        self.peer.socket.sendall(self.record(data))


def by_hand(certs, ca, what, work, text, printed=b"first\n"):
    """A server that does as work says once the WebSocket is open; what the client says of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs.pem("p256"), certs.path("p256.key"))

    def serve(peer, _):
        records = Records(peer, context)
        inner = Peer.__new__(Peer)
        inner.socket, inner.have, inner.request, inner.closed = records, bytearray(), b"", None
        inner.read_request()
        records.sendall(inner.answer())
        peer.socket.sendall(records.record(frame(1, b"first")))
        work(peer.socket, records)
    script = Script(serve)
    client = Client(*ca, "--reconnect-delay", "24h", wss(script.port))
    client.expect("next try in")
    check(text in client.log, "%s: %s" % (what, client.log))
    status = client.stop()
    out = client.process.stdout.read()
    check(status == 0 and out == printed, "%s: %s %r" % (what, status, out))
    script.stop()


def forged(certs, ca):
    """Records cut, forged, repeated, left out; TCP that ends without TLS, and TLS without WebSocket."""
    message = frame(1, b"second")

    def change(at):
        def work(wire, records):
            record = bytearray(records.record(message))
            record[at] ^= 1
            wire.sendall(record + records.record(frame(1, b"third")))
            time.sleep(1)
        return work

    def ended(wire, records):
        """TCP ends; the peer's socket too."""
        wire.shutdown(socket.SHUT_WR)
        time.sleep(0.2)

    def notified(wire, records):
        try:
            records.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        wire.sendall(records.out.read())
        data = b""
        while data[-31:-28] != b"\x15\x03\x03":       # the last record
            more = wire.recv(65536)
            data += more
            if not more:
                break
        check(data[-31:-28] == b"\x15\x03\x03", "close_notify is answered with one: %r" % data)
    by_hand(certs, ca, "the last byte", change(-1), "damaged or forged")
    by_hand(certs, ca, "the first byte", change(15), "damaged or forged")
    by_hand(certs, ca, "the type", change(0), "damaged or forged")
    by_hand(certs, ca, "the version", change(1), "speaks no TLS")
    by_hand(certs, ca, "the length", change(4), "damaged or forged")
    by_hand(certs, ca, "a record twice", lambda wire, records: (
        wire.sendall(records.record(message) * 2), time.sleep(1)), "damaged or forged",
        b"first\nsecond\n")
    by_hand(certs, ca, "a record left out", lambda wire, records: (
        records.record(message), wire.sendall(records.record(message)), time.sleep(1)),
        "damaged or forged")
    by_hand(certs, ca, "a cut record", lambda wire, records: (
        wire.sendall(records.record(message)[:-1]), ended(wire, records)), "without a close frame")
    by_hand(certs, ca, "plain bytes", lambda wire, records: (wire.sendall(message), time.sleep(1)),
            "speaks no TLS")
    by_hand(certs, ca, "no close_notify", ended, "without a close frame")
    by_hand(certs, ca, "no close frame", notified, "without a close frame")


def borders(certs, ca):
    """A frame in many records, many frames in one, and both at once."""
    for sizes, pieces in (((0, 1, 125, 126, 400), (1, 2, 7, 100)),
                          ((0, 5000, 65535, 65536, 3, 16383), (999, 16383, 16384, 1 << 20))):
        frames = b"".join(frame(1, b"x" * n) for n in sizes)
        want = b"".join(b"x" * n + b"\n" for n in sizes)
        for piece in pieces:
            def work(peer, _, frames=frames, piece=piece):
                peer.open()
                for at in range(0, len(frames), piece):
                    peer.socket.sendall(frames[at:at + piece])
                peer.send(8, b"\x03\xe8")
                peer.receive()
            server = Secure(certs, "p256", work)
            status, out, log = run(b"", "--quit-delay", "9s", *ca, server.url)
            check(status == 0 and out == want, "pieces of %d: %s, %d bytes: %s" %
                  (piece, status, len(out), log))
            server.stop()


warnings.simplefilter("ignore", DeprecationWarning)     # TLS 1.0
deadline(145)
every = Certs()
trust = ("--cafile", every.pem("ca"))
versions(every, trust)
flood(trust)
cut(every, trust)
forged(every, trust)
borders(every, trust)
end()
