"""harness.py: what the tests of wsclient share: the client, scripted servers, a proxy."""
import atexit
import base64
import hashlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "clients"))
import server  # noqa: E402
from server import LOCAL, Server, deadline, end  # noqa: E402,F401

ECHO = "app: echo\n" + LOCAL
WAIT = 20       # seconds for an event; only a test that fails takes so long


def check(good, what):
    """Counts a check; a failure says what."""
    server.check(good, str(what))


@atexit.register
def leave_nothing():
    for s in Server.running:
        s.process.kill()


class Client:
    """A running wsclient. Its standard error is read as it comes."""
    running = []

    def __init__(self, *args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                 program="./wsclient", env=None):
        self.process = subprocess.Popen([program, *args], stdin=stdin, stdout=stdout,
                                        stderr=subprocess.PIPE,
                                        env=dict(os.environ, **(env or {})))
        self.log = ""
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        Server.running.append(self)     # deadline() ends it too

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.log += line.decode("utf-8", "replace")
                self.changed.notify_all()
        with self.changed:
            self.log += "(end)\n"
            self.changed.notify_all()

    def says(self, text, times=1, seconds=WAIT):
        """Waits until the log has a text so many times; whether it has."""
        with self.changed:
            good = self.changed.wait_for(
                lambda: self.log.count(text) >= times or self.log.endswith("(end)\n"), seconds)
            return good and self.log.count(text) >= times

    def expect(self, text, times=1, seconds=WAIT):
        check(self.says(text, times, seconds), "the log says '%s' %d times: %s" %
              (text, times, self.log))

    def port(self):
        """The port of its metrics."""
        self.expect("(metrics)")
        line = [line for line in self.log.splitlines() if "(metrics)" in line][0]
        return int(line.split(" (metrics)")[0].rsplit(":", 1)[1])

    def catches(self, number):
        """Waits until it catches a signal: before that the signal would end it."""
        over = time.monotonic() + WAIT
        while time.monotonic() < over:
            with open("/proc/%d/status" % self.process.pid) as f:
                caught = [line for line in f if line.startswith("SigCgt:")]
            if not caught or int(caught[0].split()[1], 16) >> (number - 1) & 1:
                return
            time.sleep(0.01)

    def figures(self):
        """Its figures, by SIGUSR1; needs --json."""
        self.catches(signal.SIGUSR1)
        before = self.log.count('"message":"Status"')
        self.process.send_signal(signal.SIGUSR1)
        self.expect('"message":"Status"', before + 1)
        lines = [line for line in self.log.splitlines() if '"message":"Status"' in line]
        return json.loads(lines[-1])

    def until(self, name, value, seconds=WAIT):
        """Asks until a figure has at least this value; the figures."""
        over = time.monotonic() + seconds
        while True:
            figures = self.figures()
            if figures.get(name, -1) >= value or time.monotonic() > over:
                check(figures.get(name, -1) >= value, "%s: %s: %s" % (name, figures, self.log))
                return figures
            time.sleep(0.02)

    def wait(self, seconds=WAIT):
        """Its exit status."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "nothing, so it was killed"
        self.reader.join(5)
        if self in Server.running:
            Server.running.remove(self)
        for word in ("Sanitizer", "runtime error:"):
            check(word not in self.log, self.log)
        return status

    def stop(self, number=signal.SIGTERM):
        self.catches(number)
        self.process.send_signal(number)
        return self.wait()


def frame(op, data=b"", fin=True, mask=None, length=None):
    """A frame as a server sends it, or with a mask or a wrong length."""
    n = len(data) if length is None else length
    head = bytes([op | (0x80 if fin else 0)])
    bit = 0x80 if mask else 0
    if n < 126:
        head += bytes([n | bit])
    elif n < 65536:
        head += bytes([126 | bit]) + struct.pack(">H", n)
    else:
        head += bytes([127 | bit]) + struct.pack(">Q", n)
    return head + (mask or b"") + data


class Peer:
    """One connection of a scripted server."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(WAIT)
        self.have = bytearray()
        self.request = b""
        self.closed = None      # code of the client's close frame

    def fill(self, n):
        while len(self.have) < n:
            data = self.socket.recv(1 << 18)
            if not data:
                raise EOFError
            self.have += data

    def take(self, n):
        self.fill(n)
        data = bytes(self.have[:n])
        del self.have[:n]
        return data

    def read_request(self):
        while b"\r\n\r\n" not in self.have:
            self.fill(len(self.have) + 1)
        self.request, self.have = self.have.split(b"\r\n\r\n", 1)
        return self.request.decode()

    def header(self, name):
        for line in self.request.decode().split("\r\n")[1:]:
            if line.lower().startswith(name.lower() + ":"):
                return line.split(":", 1)[1].strip()
        return None

    def answer(self, extra="", accept=None):
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1((self.header("Sec-WebSocket-Key") + guid).encode()).digest()
        return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: %s\r\n%s\r\n" %
                (accept or base64.b64encode(digest).decode(), extra)).encode()

    def open(self, extra=""):
        self.read_request()
        self.socket.sendall(self.answer(extra))

    def send(self, op, data=b"", **how):
        self.socket.sendall(frame(op, data, **how))

    def receive(self):
        """The next frame of the client: op, data. It must be final and masked."""
        first, second = self.take(2)
        n = second & 127
        if not (second & 128 and first & 128) or first & 0x70:
            check(False, "the client's frame is not final and masked: %02x %02x" % (first, second))
        if n == 126:
            n = struct.unpack(">H", self.take(2))[0]
        elif n == 127:
            n = struct.unpack(">Q", self.take(8))[0]
        mask = self.take(4)
        data = self.take(n)
        key = (mask * (n // 4 + 1))[:n]
        data = (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(n, "big")
        if first & 15 == 8:
            self.closed = struct.unpack(">H", data[:2])[0] if n else 1005
        return first & 15, data

    def message(self):
        """The next frame that is no ping; pings are answered."""
        while True:
            op, data = self.receive()
            if op != 9:
                return op, data
            self.send(10, data)

    def echo(self):
        """Echoes until the client closes; the close frame is answered."""
        while True:
            op, data = self.message()
            self.send(op, data)
            if op == 8:
                return


class Script:
    """A server on a port of its own that runs a function for each connection."""

    def __init__(self, work, port=0, buffer=None):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if buffer:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        self.url = "ws://127.0.0.1:%d/" % self.port
        self.work = work
        self.count = 0
        self.peers = []
        self.threads = []
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            peer = Peer(connection)
            self.peers.append(peer)
            thread = threading.Thread(target=self.run, args=(peer, self.count), daemon=True)
            self.threads.append(thread)
            thread.start()

    def run(self, peer, number):
        try:
            self.work(peer, number)
        except (EOFError, OSError):
            pass
        finally:
            peer.socket.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


class Proxy:
    """TCP from its port to another. silent: connections stay, and nothing goes on any more."""

    def __init__(self, to):
        self.to = to
        self.silent = False
        self.cut_at = None      # bytes towards the client, of one connection, and then a reset
        self.pairs = []
        self.script = Script(self.work)
        self.url = self.script.url

    def work(self, peer, number):
        other = socket.create_connection(("127.0.0.1", self.to))
        self.pairs.append((peer.socket, other))
        thread = threading.Thread(target=self.copy, args=(peer.socket, other, None), daemon=True)
        thread.start()
        self.copy(other, peer.socket, self.cut_at if number == 1 else None)
        thread.join()

    def copy(self, source, to, most):
        try:
            while True:
                data = source.recv(65536)
                while self.silent:
                    time.sleep(0.01)
                if most is not None and len(data) >= most:
                    to.sendall(data[:most])
                    to.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                most = None if most is None else most - len(data)
                if not data:
                    break
                to.sendall(data)
        except OSError:
            pass
        for s in (source, to):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        to.close()


def shut(address):
    """A port where nobody listens."""
    s = socket.socket()
    s.bind((address, 0))
    port = s.getsockname()[1]
    s.close()
    return port
