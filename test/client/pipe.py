"""pipe.py: wsclient as a pipe: lines and chunks in, messages out, and nothing lost."""
import base64
import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

from harness import ECHO, Client, Proxy, Script, Server, check, deadline, end, shut

QUICK = ("--quit-delay", "200ms", "--reconnect-delay", "100ms")


def url(server):
    return "ws://127.0.0.1:%d/ws" % server.port


def file_of(data):
    f = tempfile.TemporaryFile()
    f.write(data)
    f.seek(0)
    return f


def run(data, *args):
    """wsclient with a file as standard input: exit status, output, log."""
    with file_of(data) as f:
        client = Client(*args, stdin=f)
        out = client.process.stdout.read()
        return client.wait(), out, client.log


def echo(server):
    """What goes in comes back."""
    lines = b"".join(b"line %d of many\n" % i for i in range(10000))
    status, out, log = run(lines, *QUICK, url(server))
    check(status == 0 and out == lines, "10,000 lines: %s, %d bytes: %s" % (status, len(out), log))
    check("delivered=10000 waiting=0 resent=0 dropped=0 received=10000" in log, log)
    for data, want in ((b"", b""), (b"\n", b"\n"), (b"no end", b"no end\n"), (b"a\r\n\n\tb\n",) * 2,
                       ("Grüße 🌍\n".encode(),) * 2, (b"x" * 65535 + b"\n",) * 2):
        status, out, log = run(data, *QUICK, url(server))
        check(status == 0 and out == want, "%r: %s, %r: %s" % (data[:20], status, out[:20], log))
    data = os.urandom(1000000)
    status, out, log = run(data, "--binary", *QUICK, url(server))
    check(status == 0 and out == data, "binary: %s, %d bytes: %s" % (status, len(out), log))
    with file_of(b"quiet\n") as f:
        begun = time.monotonic()
        client = Client("--quit-delay", "700ms", url(server), stdin=f)
        check(client.wait() == 0 and 0.7 <= time.monotonic() - begun < 3, "--quit-delay")
    with file_of(b"stays\n") as f:
        client = Client("--keep", "--json", *QUICK, url(server), stdin=f)
        client.until("delivered", 1)
        time.sleep(0.4)
        check(client.process.poll() is None, "--keep stays")
        check(client.stop() == 0, client.log)


def refused_lines(server):
    """Lines that cannot be sent are said, counted, and change the exit status."""
    status, out, log = run(b"a\n\xff\xfe\nb\n" + b"x" * 1025 + b"\nc\n" + b"y" * 1024 + b"\n",
                           "--max-message", "1KiB", *QUICK, url(server))
    check(status == 2 and out == b"a\nb\nc\n" + b"y" * 1024 + b"\n", "%s, %r" % (status, out[:50]))
    check("line 2 of standard input is not sent: it is no UTF-8" in log, log)
    check("line 4 of standard input is not sent: it is longer" in log, log)
    check("dropped=2" in log, log)


def json_lines(server):
    text = 'quote " backslash \\ tab \t ü\x01\n'
    status, out, log = run(text.encode(), "--json", *QUICK, url(server))
    check(status == 0 and json.loads(out) == {"type": "text", "data": text[:-1]}, out)
    for line in log.replace("(end)\n", "").splitlines():
        check("time" in json.loads(line) and "message" in json.loads(line), line)
    data = os.urandom(10001)
    status, out, log = run(data, "--json", "--binary", *QUICK, url(server))
    lines = [json.loads(line) for line in out.splitlines()]
    check(all(line["type"] == "binary" for line in lines), out[:80])
    check(b"".join(base64.b64decode(line["base64"]) for line in lines) == data, "base64")


def standard_input(server):
    """A pipe is read; /dev/null and what is closed are not."""
    client = Client(*QUICK, url(server), stdin=subprocess.PIPE)
    for text in (b"one\n", b"two\n"):
        client.process.stdin.write(text)
        client.process.stdin.flush()
        check(client.process.stdout.readline() == text, "%r comes back at once" % text)
    client.process.stdin.write(b"thr")
    client.process.stdin.flush()
    client.process.stdin.close()
    check(client.process.stdout.read() == b"thr\n" and client.wait() == 0, client.log)
    for how in ("</dev/null", "<&-"):
        process = subprocess.Popen(["sh", "-c", "exec ./wsclient --json '%s' %s" %
                                    (url(server), how)], stderr=subprocess.PIPE)
        line = process.stderr.readline()
        time.sleep(0.3)
        check(b"Connected" in line and process.poll() is None, "%s: it stays" % how)
        process.terminate()
        check(process.wait(10) == 0, how)
        process.stderr.close()


def terminal(server):
    """On a terminal control bytes show as hex."""
    def work(peer, _):
        peer.open()
        peer.send(1, "a\x1b[2Jb\x7f\n\u009b ü".encode())
        peer.send(2, b"\x00\xff\xc3\xbcz")
        peer.echo()
    script = Script(work)
    master, slave = pty.openpty()
    client = Client("--quiet", *QUICK, script.url, stdin=slave, stdout=slave)
    os.close(slave)
    want = (b"a\\x1b[2Jb\\x7f\\x0a\\xc2\\x9b " + "ü".encode() + b"\r\n" +
            b"\\x00\\xff\\xc3\\xbcz\r\n")
    out = b""
    while len(out) < len(want) and select.select([master], [], [], 10)[0]:
        out += os.read(master, 1000)
    check(out == want, out)
    os.write(master, b"typed\n")
    out = b""
    while out.count(b"typed") < 2 and select.select([master], [], [], 10)[0]:
        out += os.read(master, 1000)
    check(out.count(b"typed") == 2, "typed and back: %r" % out)
    os.write(master, b"\x04")
    check(client.wait() == 0, "the end of a terminal's input: %s" % client.log)
    os.close(master)
    script.stop()


def slow_reader(server):
    """A reader that stops: nothing is lost, memory stays, the connection lives."""
    lines = b"".join(b"%06d %s\n" % (i, b"x" * 90) for i in range(100000))
    with file_of(lines) as f:
        client = Client("--json", "--ping-interval", "100ms", "--pong-timeout", "300ms", *QUICK,
                        url(server), stdin=f)
        client.expect("Connected")
        seen = -1
        over = time.monotonic() + 20
        while time.monotonic() < over:
            figures = client.figures()
            if figures["received"] == seen:
                break
            seen = figures["received"]
            time.sleep(0.5)
        check(seen < 50000, "it waits for its reader at %d" % seen)
        # Longer than --pong-timeout: what we do not read is no fault of the server.
        time.sleep(0.7)
        figures = client.figures()
        check(figures["connected"] == 1 and figures["failures"] == 0, figures)
        with open("/proc/%d/statm" % client.process.pid) as statm:
            kib = int(statm.read().split()[1]) * 4
        check(kib < 12000 or "asan" in client.log, "%d KiB resident" % kib)
        out = "".join(json.loads(line)["data"] + "\n" for line in client.process.stdout)
        check(client.wait() == 0 and out.encode() == lines, "%d bytes: %s" % (len(out), client.log))


def stopped_reader(server):
    """A signal ends it although nobody takes its output; so does a reader that goes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with file_of(b"x" * 99 + b"\n" * 200000) as f:
            client = Client("--json", *QUICK, url(server), stdin=f)
            client.until("received", 100)
            begun = time.monotonic()
            check(client.stop(number) == 0 and time.monotonic() - begun < 5, client.log)
            client.process.stdout.close()
    with file_of(b"x" * 99 + b"\n" * 200000) as f:
        client = Client("--json", *QUICK, url(server), stdin=f)
        client.until("received", 100)
        client.process.stdout.close()
        begun = time.monotonic()
        check(client.wait() == 74 and time.monotonic() - begun < 5, client.log)


def background(server):
    """In the background of a terminal it goes on, and leaves what is typed to others."""
    child, master = pty.fork()
    if not child:
        client = subprocess.Popen(["./wsclient", "--quiet", url(server)], preexec_fn=os.setpgrp,
                                  stdout=subprocess.DEVNULL)
        try:
            typed = sys.stdin.readline()
            time.sleep(0.5)
            with open("/proc/%d/stat" % client.pid) as stat:
                state = stat.read().rsplit(")", 1)[1].split()[0]
            print("state", state, typed.strip())
        finally:
            client.kill()
            os._exit(0)
    time.sleep(0.5)
    os.write(master, b"typed\n")
    out = b""
    while b"\n" not in out.partition(b"state")[2] and select.select([master], [], [], 10)[0]:
        out += os.read(master, 1000)
    check(b"state S" in out or b"state R" in out, out)
    os.waitpid(child, 0)
    os.close(master)


def ignored(server):
    """nohup: a hang-up that is ignored stays ignored."""
    process = subprocess.Popen(["sh", "-c", "trap '' HUP; exec ./wsclient '%s'" % url(server)],
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    check(b"Connected" in process.stderr.readline(), "it connects")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGUSR1)
    check(b"Status: connected" in process.stderr.readline(), "it goes on")
    process.terminate()
    check(process.wait(10) == 0, "and ends")
    process.stderr.close()


def gone_reader(server):
    client = Client("--keep", *QUICK, url(server), stdin=subprocess.PIPE)
    client.process.stdin.write(b"a\n")
    client.process.stdin.flush()
    check(client.process.stdout.readline() == b"a\n", "one line")
    client.process.stdout.close()
    # poll() tells at once, select() with the next message.
    if b"with select" in subprocess.run(["./wsclient", "-V"], stdout=subprocess.PIPE).stdout:
        client.process.stdin.write(b"b\n")
        client.process.stdin.flush()
    check(client.wait() == 74, "the reader is gone: %s" % client.log)
    client.process.stdin.close()
    with open("/dev/full", "w") as full, file_of(b"a\n") as f:
        client = Client(*QUICK, url(server), stdin=f, stdout=full)
        check(client.wait() == 74 and "No space left" in client.log, client.log)


def resend():
    """The connection is cut at some bytes: every line arrives, some perhaps twice."""
    server = Server(ECHO)
    lines = [b"%05d" % i for i in range(5000)]
    data = b"\n".join(lines) + b"\n"
    for at in (250, 1000, 20000, 33333):
        got = []

        def work(peer, _):
            peer.open()
            while True:
                op, text = peer.message()
                if op == 8:
                    peer.send(8, text)
                    return
                got.append(text)
        script = Script(work)
        proxy = CutUp(script.port, at)
        status, _, log = run(data, *QUICK, proxy.url)
        once = list(dict.fromkeys(got))
        check(status == 0 and once == lines, "cut at %d: %s, %d: %s" % (at, status, len(once), log))
        check("Connection lost" in log and "dropped=0" in log, log)
        sent, again = [int(x) for x in re.search(r"sent=(\d+) .*resent=(\d+)", log).groups()]
        check(sent == 5000 and again > 0, log)
        script.stop()
        got.clear()
    server.stop()


class CutUp(Proxy):
    """Cuts the first connection behind so many bytes from the client."""

    def copy(self, source, to, most):
        first = self.pairs and source is self.pairs[0][0]
        Proxy.copy(self, source, to, self.up if first else None)

    def __init__(self, to, up):
        self.up = up
        Proxy.__init__(self, to)


class Shears(Proxy):
    """Cuts each of the first connections somewhere, in either direction."""

    def __init__(self, to, seed, cuts):
        self.random = random.Random(seed)
        self.cuts = cuts
        Proxy.__init__(self, to)

    def copy(self, source, to, most):
        if self.script.count <= self.cuts:
            most = self.random.choice((None, self.random.randrange(200, 60000)))
            most = most or self.random.randrange(200, 3000)
        Proxy.copy(self, source, to, most)


def shears():
    """Cut after cut: all lines go out in their order, and all come back to the server once more."""
    lines = [b"%d %s" % (i, b"x" * (i * 37 % 900)) for i in range(3000)]
    for seed in range(4):
        got = []

        def work(peer, _):
            peer.open()
            while True:
                op, text = peer.message()
                if op == 8:
                    peer.send(8, text)
                    return
                got.append(text)
                peer.send(1, text)
        script = Script(work)
        proxy = Shears(script.port, seed, 12)
        status, out, log = run(b"\n".join(lines) + b"\n", "--pong-timeout", "2s", *QUICK, proxy.url)
        check(status == 0 and list(dict.fromkeys(got)) == lines, "seed %d: %s, %d: %s" %
              (seed, status, len(set(got)), log))
        check(set(out.splitlines()) <= set(lines), "seed %d: only whole lines come out" % seed)
        check(log.count("Connection lost") >= 5, log)
        script.stop()


def no_resend():
    """--no-resend: what was sent is dropped and counted; the rest goes on."""
    def work(peer, number):
        peer.open()
        if number == 1:
            while peer.receive()[1] != b"3":
                pass
            return
        peer.echo()
    script = Script(work)
    client = Client("--no-resend", *QUICK, script.url, stdin=subprocess.PIPE)
    client.expect("Connected")
    client.process.stdin.write(b"1\n2\n3\n")
    client.process.stdin.flush()
    client.expect("Connected", 2)
    client.process.stdin.write(b"4\n")
    client.process.stdin.close()
    out = client.process.stdout.read()
    check(out == b"4\n" and client.wait() == 2, "%r: %s" % (out, client.log))
    check("dropped=3" in client.log, client.log)
    script.stop()


def poison():
    """A message that the server refuses is found and dropped; all others arrive."""
    server = Server("app: echo\n" + ECHO.split("\n", 1)[1].replace(
        "server:\n", "server:\n  max_message_size: 1KiB\n"))
    lines = [b"%d" % i for i in range(50)]
    lines[20] = b"x" * 3000
    status, out, log = run(b"\n".join(lines) + b"\n", *QUICK, url(server))
    check(status == 2 and "refused with 1009 and is dropped" in log, log)
    got = list(dict.fromkeys(out.splitlines()))
    check(got == lines[:20] + lines[21:], "%d lines came back: %s" % (len(got), log))
    server.stop()


def server_ends():
    """A server that closes when all is said ends it; one that is not there yet is waited for."""
    script = Script(lambda peer, _: closes(peer))
    status, out, log = run(b"hello\n", "--quit-delay", "1m", script.url)
    check(status == 0 and out == b"bye hello\n", "%s %r %s" % (status, out, log))
    script.stop()
    port = shut("127.0.0.1")
    with file_of(b"later\n") as f:
        client = Client(*QUICK, "ws://127.0.0.1:%d/" % port, stdin=f)
        client.expect("Cannot connect", 2)
        server = Server(ECHO.replace("port: 0", "port: %d" % port, 1))
        check(client.process.stdout.read() == b"later\n" and client.wait() == 0, client.log)
        server.stop()


def closes(peer):
    peer.open()
    op, data = peer.receive()
    while op == 9:
        peer.send(10, data)
        op, data = peer.receive()
    peer.send(1, b"bye " + data)
    op, data = peer.receive()
    peer.send(10, data)
    peer.send(8, b"\x03\xe8")
    peer.receive()


def shell(server):
    """As it is written in the manual."""
    script = ("{ echo one; echo two; } | ./wsclient -q --quit-delay 200ms '%s' | "
              "while read m; do echo \"<$m>\"; done" % url(server))
    out = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, timeout=20).stdout
    check(out == b"<one>\n<two>\n", out)


deadline(140)
echo_server = Server(ECHO)
for test in (echo, refused_lines, json_lines, standard_input, terminal, slow_reader,
             stopped_reader, background, ignored, gone_reader, shell):
    test(echo_server)
echo_server.stop()
resend()
shears()
no_resend()
poison()
server_ends()
sys.stdout.flush()
end()
