"""hostile.py: a table of servers that answer wrongly: the client says so, goes on, and reconnects."""
import os
import socket
import struct
import time

from harness import Client, Script, check, deadline, end, frame

FAST = ("--reconnect-delay", "100ms", "--status-interval", "0", "--timeout", "500ms",
        "--ping-interval", "100ms", "--max-message", "4KiB")
BIG = b"x" * 4097


def head(text):
    """Answers the handshake with these bytes."""
    def work(peer):
        peer.read_request()
        peer.socket.sendall(text(peer) if callable(text) else text)
        peer.socket.recv(1)
    return work


def opened(data):
    """A right handshake, and these bytes behind it."""
    def work(peer):
        peer.open()
        peer.socket.sendall(data)
        while peer.receive()[0] != 8:
            pass
    return work


def slowly(data):
    """A byte each 50 ms."""
    def work(peer):
        peer.read_request()
        for byte in data:
            peer.socket.sendall(bytes([byte]))
            time.sleep(0.05)
    return work


def reset(peer):
    peer.read_request()
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(peer):
    peer.read_request()
    peer.socket.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        peer.socket.sendall(b"X: " + b"y" * 100 + b"\r\n")


ROWS = [
    # What it does, a part of what the client says, the close code that it sends (None: none).
    (head(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "answered 200 OK", None),
    (head(b"HTTP/1.1 403 Forbidden\r\n\r\n"), "answered 403 Forbidden", None),
    (head(b"HTTP/1.0 101 Switching Protocols\r\n\r\n"), "does not speak HTTP/1.1", None),
    (head(b"220 mail.example ESMTP\r\n"), "does not speak HTTP/1.1", None),
    (head(b"\x15\x03\x01\x00\x02\x02\x46"), "a byte 15", None),
    (head(os.urandom(1) * 0 + b"\xff" * 9000), "longer than 8192", None),
    (head(lambda p: p.answer(accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")), "does not answer our key", None),
    (head(lambda p: p.answer(accept="")), "", None),
    (head(lambda p: p.answer("Sec-WebSocket-Extensions: permessage-deflate\r\n")), "extension", None),
    (head(lambda p: p.answer("Sec-WebSocket-Protocol: chat\r\n")), "subprotocol", None),
    (head(lambda p: p.answer().replace(b"Upgrade: websocket\r\n", b"")), "no Upgrade", None),
    (head(lambda p: p.answer().replace(b"\r\n", b"\n")), "without CR", None),
    (head(lambda p: p.answer("X: y\r\n" * 70)), "more than 64 lines", None),
    (endless, "longer than 8192|more than 64 lines", None),
    (slowly(b"HTTP/1.1 101 Switching Protocols\r\n"), "did not answer the handshake in time", None),
    (lambda peer: time.sleep(3), "did not answer the handshake in time", None),
    (lambda peer: None, "", None),
    (reset, "reset", None),
    # Frames: reserved bits and opcodes, masks, lengths, fragments, control frames, UTF-8.
    (opened(frame(1, b"a", mask=b"\1\2\3\4")), "wrong header or a mask", 1002),
    (opened(b"\xc1\x00"), "wrong header", 1002),
    (opened(b"\x83\x00"), "wrong header", 1002),
    (opened(b"\x81\x7e\x00\x01a"), "wrong header", 1002),
    (opened(b"\x82\x7f\x80" + b"\0" * 7), "wrong header", 1002),
    (opened(frame(9, b"", fin=False)), "wrong header", 1002),
    (opened(b"\x89\x7e\x00\x80"), "wrong header", 1002),
    (opened(frame(0, b"x")), "continues no message", 1002),
    (opened(frame(1, b"x", fin=False) + frame(1, b"y")), "begins inside another", 1002),
    (opened(frame(2, BIG)), "longer than --max-message", 1009),
    (opened(frame(2, b"", length=2 ** 62)), "longer than --max-message", 1009),
    (opened(frame(1, BIG[:4096], fin=False) + frame(0, b"x")), "longer than --max-message", 1009),
    (opened(frame(1, b"\xff")), "not UTF-8", 1007),
    (opened(frame(1, b"\xc3")), "inside a character", 1007),
    # Close frames, and ends without one.
    (opened(frame(8, b"\x03\xe8")), "closed with 1000", 1000),
    (opened(frame(8, b"\x0f\xa0why \x1b[2J\"")), "closed with 4000: why \\x1b[2J", 4000),
    (opened(frame(8)), "closed without a code", 1005),
    (opened(frame(8, b"\x03")), "wrong close frame", 1002),
    (opened(frame(8, b"\x03\xed")), "wrong close frame", 1002),
    (opened(frame(8, b"\x03\xe8\xff")), "wrong close frame", 1007),
    (opened(frame(8, b"\x03\xe8") + frame(1, b"late")), "closed with 1000", 1000),
    (lambda peer: (peer.open(), peer.receive()), "without a close frame", None),
    (opened(frame(9, b"p" * 125) * 50 + b"\xff"), "wrong header", 1002),
]


def one(row, what, say, code):
    """The first connection is hostile, the second a good one."""
    def work(peer, number):
        if number == 1:
            what(peer)
        else:
            peer.open()
            peer.echo()
    script = Script(work)
    client = Client(*FAST, script.url)
    client.expect("next try in", 1, 8)
    first = [line for line in client.log.splitlines() if "next try in" in line][0]
    check(any(part in first for part in say.split("|")), "row %d: '%s' in: %s" % (row, say, first))
    check("\x1b" not in client.log, "row %d: control bytes in the log" % row)
    client.expect("Connected to", client.log.count("Connected to") if "Connection failed" not in
                  first and client.log.count("Connected to") > 1 else
                  1 if "Connection failed" in first else 2)
    check(client.stop() == 0, "row %d: %s" % (row, client.log))
    script.threads[0].join(5)
    check(script.peers[0].closed == code, "row %d: closed with %s" % (row, script.peers[0].closed))
    script.stop()


def messages():
    """What a server may do: all of it is shown, pings are answered with what they had."""
    def work(peer, _):
        peer.open()
        peer.send(1, b"Hel", fin=False)
        peer.send(9, b"ping in between")
        peer.send(0, b"lo")
        peer.send(1, b"")
        peer.send(2, b"\x00\n\xff")
        peer.send(10, b"unasked")
        pongs = []
        while True:
            op, data = peer.message()
            if op == 8:
                peer.send(8, data)
                break
            pongs.append((op, data))
        peer.pongs = pongs
    script = Script(work)
    client = Client("--json", *FAST, script.url)
    client.until("received", 3)
    check(client.stop() == 0, client.log)
    out = client.process.stdout.read().decode().splitlines()
    check(out == ['{"type":"text","data":"Hello"}', '{"type":"text","data":""}',
                  '{"type":"binary","base64":"AAr/"}'], out)
    script.threads[0].join(5)
    check(script.peers[0].pongs == [(10, b"ping in between")], script.peers[0].pongs)
    script.stop()


def request():
    """What the request looks like, and the key is another each time."""
    seen = []

    def work(peer, _):
        seen.append(peer.read_request())
        peer.socket.sendall(b"HTTP/1.1 503 Not Yet\r\n\r\n")
    script = Script(work)
    client = Client(*FAST, "-H", "X-One: 1", "--header=X-Two: 2", "-s", "a, b", "--origin",
                    "http://o.example", script.url + "ws?a=b")
    client.expect("answered 503 Not Yet", 2)
    client.stop()
    lines = seen[0].split("\r\n")
    check(lines[0] == "GET /ws?a=b HTTP/1.1", lines)
    for want in ("Host: 127.0.0.1:%d" % script.port, "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: a, b",
                 "Origin: http://o.example", "X-One: 1", "X-Two: 2"):
        check(lines.count(want) == 1, "%s in %s" % (want, lines))
    keys = [line for text in seen for line in text.split("\r\n") if "Key:" in line]
    check(len(set(keys)) == len(keys) >= 2, keys)
    script.stop()


deadline(140)
for index, entry in enumerate(ROWS):
    one(index, *entry)
messages()
request()
end()
