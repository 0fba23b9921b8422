"""secure_pipe.py: wsclient as a pipe over wss://: nothing is lost, little memory, an orderly end."""
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

from certs import Certs, Secure, expect
from harness import ECHO, WAIT, Client, Proxy, Server, check, deadline, end

QUICK = ("--quit-delay", "200ms", "--reconnect-delay", "100ms")
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "servers")
LINES = b"".join(b"%d\n" % i for i in range(1, 200001))
SOME = LINES[:LINES.index(b"20000")]


def wss(port):
    return "wss://localhost:%d/" % port


def run(data, *args, pause=0):
    """wsclient with a file as standard input: exit status, output, log."""
    with tempfile.TemporaryFile() as f:
        f.write(data)
        f.seek(0)
        client = Client(*args, stdin=f)
        time.sleep(pause)
        out = client.process.stdout.read()
        return client.wait(), out, client.log


def pipe(ca):
    """What goes in comes back, with a reader that stops for a second too."""
    server = Server(ECHO)
    for pause in (0, 1):
        status, out, log = run(LINES, *QUICK, *ca, wss(server.port), pause=pause)
        check(status == 0 and out == LINES, "200,000 lines: %s, %d bytes: %s" %
              (status, len(out), log))
    data = os.urandom(3000000)
    status, out, log = run(data, "--binary", *QUICK, *ca, wss(server.port))
    check(status == 0 and out == data, "binary: %s, %d bytes: %s" % (status, len(out), log))
    for n in (0, 1, 16383, 16384, 16385, 65536):
        status, out, log = run(b"y" * n + b"\n", *QUICK, *ca, wss(server.port))
        check(status == 0 and out == b"y" * n + b"\n", "%d bytes: %s" % (n, log))
    server.stop()


def killed(ca):
    """The server is killed in the middle of a stream: all arrives in the end, in order, some twice."""
    server = Server(ECHO)
    proxy = Proxy(server.port)
    client = Client(*QUICK, *ca, wss(proxy.script.port), stdin=subprocess.PIPE)
    out = bytearray()

    def read():
        while True:
            data = client.process.stdout.read1(65536)
            if not data:
                return
            out.extend(data)
    reader = threading.Thread(target=read)
    reader.start()

    def write():
        client.process.stdin.write(LINES)
        client.process.stdin.close()
    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(3):
        had = len(out)
        over = time.monotonic() + WAIT
        while len(out) < had + 100000 and time.monotonic() < over:
            time.sleep(0.005)
        server.process.kill()
        server.process.wait()
        Server.running.remove(server)
        server.folder.cleanup()
        server = Server(ECHO)
        proxy.to = server.port
    writer.join()
    status = client.wait()
    reader.join()
    got = {int(line) for line in bytes(out).split()}
    check(status == 0 and len(got) >= 150000, "%s, %d lines: %s" % (status, len(got), client.log))
    check(client.log.count("Connected") >= 4, client.log)
    check("dropped=0" in client.log and "delivered=200000" in client.log, client.log)
    proxy.script.stop()
    server.stop()


def waiting(pipe):
    """Bytes in it."""
    n = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, n)
    return int.from_bytes(n, sys.byteorder)


def stalled(certs, ca):
    """The client's reader has stopped and a ping is not answered: the last record of a message goes
    out in pieces all the same, wherever it is cut."""
    for size in range(105000, 117000, 1000):
        pinged, busy, whole = threading.Event(), threading.Event(), threading.Event()

        def work(peer, _, size=size, pinged=pinged, busy=busy, whole=whole):
            peer.open()
            peer.receive()
            pinged.set()
            for _ in range(20):
                peer.send(1, b"a" * 10000)
            busy.wait(WAIT)
            if peer.receive() == (1, b"z" * size):
                whole.set()
            peer.socket.recv(1)
        server = Secure(certs, "p256", work, buffer=4096)
        server.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        client = Client(*ca, wss(server.port), "--pong-timeout", "1h", "--ping-interval", "100ms",
                        stdin=subprocess.PIPE)
        check(pinged.wait(WAIT), client.log)
        client.process.stdin.write(b"z" * size + b"\n")
        client.process.stdin.flush()
        over = time.monotonic() + WAIT
        while waiting(client.process.stdout) < 50000 and time.monotonic() < over:
            time.sleep(0.01)
        busy.set()
        check(whole.wait(2), "%d bytes arrive while the reader has stopped: %s" % (size, client.log))
        client.process.kill()
        client.wait()
        server.stop()


def memory(ca):
    """10,000 messages take no more of it than 100."""
    server = Server(ECHO)
    client = Client("--json", "--max-message", "64KiB", *QUICK, *ca, wss(server.port),
                    stdin=subprocess.PIPE)
    threading.Thread(target=client.process.stdout.read, daemon=True).start()

    def rss():
        with open("/proc/%d/status" % client.process.pid) as f:
            return [int(line.split()[1]) for line in f if line.startswith("VmRSS:")][0]
    used = []
    for n in (100, 10000):
        client.process.stdin.write(b"m" * 300 + b"\n" + (b"m" * 300 + b"\n") * (n - 1))
        client.process.stdin.flush()
        client.until("delivered", n)
        client.until("received", n)
        used.append(rss())
    check(used[1] <= used[0] + 1024, "KiB: %s" % used)
    server.stop()
    client.process.stdin.close()
    client.stop()


def orderly(certs, ca):
    """Ctrl-C and the end of the input: close frame, close_notify, exit status 0."""
    ends = []

    def work(peer, _):
        peer.open()
        peer.socket.suppress_ragged_eofs = False
        peer.echo()
        try:
            ends.append((peer.closed, peer.socket.recv(1)))
        except OSError as e:
            ends.append((peer.closed, e))
    server = Secure(certs, "p256", work)
    for number in (signal.SIGINT, signal.SIGTERM):
        client = Client(*ca, server.url)
        client.expect("Connected")
        check(client.stop(number) == 0, client.log)
    status, out, log = run(b"a\n", *QUICK, *ca, server.url)
    check(status == 0 and out == b"a\n", log)
    for thread in list(server.threads):
        thread.join(5)
    check(ends == [(1001, b""), (1001, b""), (1000, b"")], "close_notify: %s" % ends)
    server.stop()


def last_words(certs, ca):
    """What the server said before it ended is printed, whatever became of what we sent."""
    def work(peer, _):
        peer.open()
        peer.receive()
        peer.send(1, b"last words")
        peer.send(8, b"\x03\xf0policy")
        peer.socket.close()     # with bytes unread: TCP is reset
    server = Secure(certs, "p256", work, buffer=4096)
    server.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    client = Client(*ca, "--reconnect-delay", "1h", server.url, stdin=subprocess.PIPE)
    client.expect("Connected")
    client.process.stdin.write(b"w" * 100 + b"\n" + b"v" * 60000 + b"\n" + b"u" * 60000 + b"\n")
    client.process.stdin.flush()
    client.expect("next try")
    client.process.stdin.close()
    client.process.send_signal(signal.SIGTERM)
    out = client.process.stdout.read()
    client.wait()
    check(out == b"last words\n", out)
    server.stop()


def others(ca):
    """Node's ws and Python's websockets."""
    for name, program, script in (("ws", "node", "node.js"), ("websockets", sys.executable, "python.py")):
        if not shutil.which(program):
            print("SKIP %s: there is no %s" % (name, program))
            continue
        server = subprocess.Popen([program, os.path.join(HERE, script)], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True)
        line = server.stdout.readline().strip()
        if line.startswith("SKIP"):
            print("SKIP %s: %s" % (name, line[5:]))
        else:
            expect(name, 0, "ok: ", *ca, wss(int(line)))
            status, out, log = run(SOME, *QUICK, *ca, wss(int(line)))
            check(status == 0 and out == SOME, "%s: %d bytes: %s" % (name, len(out), log))
            data = os.urandom(300000)
            status, out, log = run(data, "--binary", *QUICK, *ca, wss(int(line)))
            check(status == 0 and out == data, "%s: %d bytes: %s" % (name, len(out), log))
        server.kill()
        server.wait()
        server.stdout.close()


def renegotiation(certs, ca):
    """openssl s_server asks for another handshake: it is refused, and the client connects again."""
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert",
                               certs.pem("p256"), "-key", certs.path("p256.key")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, bufsize=0)
    said = b""

    def until(text):
        nonlocal said
        over = time.monotonic() + WAIT
        while text not in said and time.monotonic() < over:
            said += os.read(server.stdout.fileno(), 65536) or b"(end)"
        check(text in said, "%r: %r" % (text, said))
    until(b"ACCEPT")
    port = int(said.split(b"ACCEPT ")[1].split(b"\n")[0].rsplit(b":", 1)[1])
    client = Client(*ca, "--reconnect-delay", "100ms", "--timeout", "1h", wss(port))
    until(b"GET / HTTP/1.1")
    server.stdin.write(b"R\n")
    client.expect("next try in")
    # OpenSSL answers the refusal with the alert handshake_failure.
    check("Connection failed: " in client.log and "in common" in client.log, client.log)
    client.stop()
    server.kill()
    server.wait()


deadline(145)
every = Certs()
trust = ("--cafile", every.pem("ca"))
pipe(trust)
killed(trust)
stalled(every, trust)
memory(trust)
orderly(every, trust)
last_words(every, trust)
others(trust)
renegotiation(every, trust)
end()
