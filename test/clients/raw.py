"""raw.py: a client of Python's standard library only, written from RFC 6455."""
import base64
import hashlib
import os
import random
import socket
import struct
import urllib.error
import urllib.request

from server import LOCAL, TLS, Server, check, deadline, end


class Client:
    def __init__(self, port, path="/"):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        if TLS:
            self.socket = TLS.wrap_socket(self.socket, server_hostname="localhost",
                                          suppress_ragged_eofs=False)
        self.file = self.socket.makefile("rb")
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\n"
                             "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: %s\r\n\r\n" % (path, port, key)).encode())
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while True:
            line = self.file.readline().strip().decode()
            if not line:
                break
            name, value = line.split(":", 1)
            self.headers[name.lower()] = value.strip()
        guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        want = base64.b64encode(hashlib.sha1((key + guid).encode()).digest()).decode()
        self.accepted = self.headers.get("sec-websocket-accept") == want

    def send(self, op, data, final=True):
        mask = os.urandom(4)
        head = bytes([op | (0x80 if final else 0)])
        if len(data) < 126:
            head += bytes([0x80 | len(data)])
        elif len(data) < 65536:
            head += struct.pack("!BH", 0x80 | 126, len(data))
        else:
            head += struct.pack("!BQ", 0x80 | 127, len(data))
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.socket.sendall(head + mask + masked)

    def read(self):
        """(opcode, payload) of the next frame, (None, b"") at the end."""
        head = self.file.read(2)
        if len(head) < 2:
            return None, b""
        n = head[1]
        if n == 126:
            n = struct.unpack("!H", self.file.read(2))[0]
        elif n == 127:
            n = struct.unpack("!Q", self.file.read(8))[0]
        return head[0] & 15, self.file.read(n)

    def close(self):
        self.send(8, struct.pack("!H", 1000))
        op, data = self.read()
        good = op == 8 and data == struct.pack("!H", 1000) and self.read() == (None, b"")
        self.file.close()
        self.socket.close()
        return good


def handshakes(port):
    for _ in range(20):
        c = Client(port)
        check(c.status == 101 and c.accepted, "a random key: %d" % c.status)
        check(c.headers.get("upgrade", "").lower() == "websocket" and
              c.headers.get("connection", "").lower() == "upgrade", "%s" % c.headers)
        check(c.close(), "the close handshake")


def relay(port):
    clients = [Client(port) for _ in range(5)]
    for op, data in ((1, "Grüße, 世界 🌍".encode()), (2, bytes(range(256)) * 16), (1, b""),
                     (2, os.urandom(65536))):
        clients[1].send(op, data)
        for i, c in enumerate(clients):
            check(c.read() == (op, data), "%d bytes at client %d" % (len(data), i))
    whole = os.urandom(30000)
    cuts = sorted(random.Random(1).sample(range(1, len(whole)), 20))
    parts = [whole[a:b] for a, b in zip([0] + cuts, cuts + [len(whole)])]
    for i, part in enumerate(parts):
        clients[2].send(0 if i else 2, part, i == len(parts) - 1)
        clients[2].send(9, b"%d" % i)
    for i in range(len(parts)):
        got = clients[2].read()
        while got[0] == 2:
            check(got[1] == whole, "the sender's own")
            got = clients[2].read()
        check(got == (10, b"%d" % i), "pong %d: %s" % (i, got))
    for c in (clients[0], clients[1], clients[3], clients[4]):
        check(c.read() == (2, whole), "a fragmented message")
    for c in clients:
        check(c.close(), "the close handshake")


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10, context=TLS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()


def http(server):
    base = "http://127.0.0.1:%d" % server.metrics_port
    status, text = get(base + "/metrics")
    check(status == 200 and "\nwebsocket_connections_total 25\n" in text, "metrics: %s" % text)
    check(get(base + "/health") == (200, "ok\n"), "health")
    check(get(base + "/other")[0] == 404, "another path")
    check(get("http%s://127.0.0.1:%d/" % ("s" if TLS else "", server.port))[0] == 426,
          "HTTP on the main port")


deadline(60)
relay_server = Server()
handshakes(relay_server.port)
relay(relay_server.port)
http(relay_server)
relay_server.stop()
echo_server = Server("app: echo\n" + LOCAL)
one, two = Client(echo_server.port), Client(echo_server.port)
one.send(1, b"one")
two.send(1, b"two")
check(one.read() == (1, b"one") and two.read() == (1, b"two"), "echo")
check(one.close() and two.close(), "the close handshake")
echo_server.stop()
end()
