"""servers.py: wsclient against the servers of others: Node's ws, Python's websockets, Go's gorilla."""
import os
import shutil
import subprocess
import sys
import tempfile

from harness import Client, Server, check, deadline, end

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "servers")
folder = tempfile.TemporaryDirectory(prefix="wsclient-")


class Other:
    """A server in another language. port is 0 when it is missing; then it has said SKIP."""

    def __init__(self, name, *command, **how):
        self.port, self.process = 0, None
        if not shutil.which(command[0]):
            print("SKIP %s: there is no %s" % (name, command[0]))
            return
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, **how)
        Server.running.append(self)
        line = self.process.stdout.readline().decode().strip()
        if line.startswith("SKIP"):
            print("SKIP %s: %s" % (name, line[5:]))
        else:
            check(line.isdigit(), "%s starts: '%s'" % (name, line))
            self.port = int(line) if line.isdigit() else 0

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            Server.running.remove(self)


def pipe(data, *args):
    with tempfile.TemporaryFile() as f:
        f.write(data)
        f.seek(0)
        client = Client(*args, stdin=f)
        out = client.process.stdout.read()
        return client.wait(), out, client.log


def talk(name, port):
    url = "ws://127.0.0.1:%d/ws?a=b" % port
    quick = ("--quit-delay", "200ms", "--reconnect-delay", "100ms")
    done = subprocess.run(["./wsclient", "--once", url], stdout=subprocess.PIPE, timeout=20)
    check(done.returncode == 0, "%s: %s" % (name, done.stdout))
    lines = b"".join(b"line %d\n" % i for i in range(2000)) + "Grüße 🌍\n\n".encode()
    status, out, log = pipe(lines, *quick, url)
    check(status == 0 and out == lines, "%s: %s, %d bytes: %s" % (name, status, len(out), log))
    data = os.urandom(300000)
    status, out, log = pipe(data, "--binary", *quick, url)
    check(status == 0 and out == data, "%s: %s, %d bytes: %s" % (name, status, len(out), log))
    for n in (0, 1, 125, 126, 127, 65535, 65536, 200000):
        status, out, log = pipe(b"x" * n + b"\n", *quick, url)
        check(status == 0 and out == b"x" * n + b"\n", "%s: %d bytes: %s" % (name, n, log))
    status, out, log = pipe(b"a\n", "-s", "other, echo", *quick, url)
    check(status == 0 and out == b"a\n" and "subprotocol echo" in log, "%s: %s" % (name, log))
    client = Client("--json", "--ping-interval", "100ms", *quick, url, stdin=subprocess.PIPE)
    client.until("pings", 4)
    figures = client.figures()
    check(figures["lost_pings"] == 0 and figures["rtt_max_ms"] > 0, "%s: %s" % (name, figures))
    client.process.stdin.write(b"close 4321\n")
    client.process.stdin.flush()
    client.expect("the server closed with 4321: as you said")
    client.expect("Connected", 2)
    check(client.stop() == 0, client.log)


def go_program():
    """The server in Go, built; None when it cannot be."""
    if not shutil.which("go"):
        print("SKIP gorilla: there is no go")
        return None
    program = os.path.join(folder.name, "gorilla")
    env = dict(os.environ, GO111MODULE="off", GOFLAGS="", GOCACHE=os.path.join(folder.name, "cache"),
               GOPATH=os.environ.get("GOPATH", "/usr/share/gocode"), CGO_ENABLED="0")
    done = subprocess.run(["go", "build", "-o", program, os.path.join(HERE, "gorilla.go")], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print("SKIP gorilla: it is not installed (Debian: golang-github-gorilla-websocket-dev)")
        return None
    return program


deadline(145)
rows = [("ws", "node", os.path.join(HERE, "node.js")),
        ("websockets", sys.executable, os.path.join(HERE, "python.py"))]
built = go_program()
if built:
    rows.append(("gorilla", built))
for row in rows:
    other = Other(*row)
    if other.port:
        talk(row[0], other.port)
    other.stop()
folder.cleanup()
end()
