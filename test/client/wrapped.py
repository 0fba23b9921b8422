"""wrapped.py: clocks that jump, names that cannot be resolved and then can: see wrap.c."""
import os
import socket
import tempfile
import time

from harness import ECHO, Client, Proxy, Server, check, deadline, end

PROGRAM = "test/client/wsclient_wrapped"
folder = tempfile.TemporaryDirectory(prefix="wsclient-")
FILE = os.path.join(folder.name, "wrap")


def wrap(real=0, monotonic=0, resolver="ok"):
    with open(FILE + ".new", "w") as f:
        f.write("%d %d %s\n" % (real, monotonic, resolver))
    os.rename(FILE + ".new", FILE)


def start(*args):
    return Client("--json", "--status-interval", "0", "--reconnect-delay", "100ms", *args,
                  program=PROGRAM, env={"WRAP": FILE})


def names(server):
    """Each way in which a name fails, and then it does not."""
    url = "ws://some.name:%d/" % server.port
    for resolver, want in (("none", "not known"), ("again", "emporary failure"),
                           ("system", "Network is down"), ("hang", "no answer in time")):
        wrap(resolver=resolver)
        client = start("--timeout", "300ms", url)
        client.expect("cannot resolve the name", 2)
        check(want in client.log, "%s: %s" % (resolver, client.log))
        wrap()
        client.expect("Connected")
        client.until("rtt_max_ms", 0.001)
        check(client.stop() == 0, client.log)
        check(no_children(client), "%s: a process is left" % resolver)
    wrap(resolver="slow")
    client = start("--timeout", "5s", url)
    client.expect("Connected")
    check(client.stop() == 0, client.log)
    # While it looks up a name it answers to signals, at once.
    wrap(resolver="hang")
    client = start("--timeout", "1h", url)
    time.sleep(0.3)
    figures = client.figures()
    check(figures["connected"] == 0, figures)
    begun = time.monotonic()
    check(client.stop() == 0 and time.monotonic() - begun < 1, client.log)
    check(no_children(client), "a process is left")
    client = start("--once", "--timeout", "300ms", url)
    check(client.wait() == 2, "a probe ends in time")
    wrap()


def two_addresses(server):
    """The second address is tried when the first refuses, or says nothing: within the deadline."""
    wrap(resolver="two")
    url = "ws://some.name:%d/" % server.port
    client = start(url)
    client.expect("Connected to 127.0.0.1:")
    check("Cannot connect" not in client.log and client.stop() == 0, client.log)
    # A listener with a full backlog: who comes now gets no answer.
    full = socket.socket()
    full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    full.bind(("127.0.0.2", server.port))
    full.listen(0)
    fill = [socket.socket() for _ in range(4)]
    for s in fill:
        s.setblocking(False)
        s.connect_ex(("127.0.0.2", server.port))
    time.sleep(0.2)
    begun = time.monotonic()
    client = start("--timeout", "2s", url)
    client.expect("Connected to 127.0.0.1:")
    took = time.monotonic() - begun
    check(0.9 < took < 1.9 and "Cannot connect" not in client.log, "%.1f s: %s" % (took, client.log))
    check(client.stop() == 0, client.log)
    for s in [full] + fill:
        s.close()
    wrap()


def no_children(client):
    """Whether no process has this client for its parent, nor its program and no parent at all."""
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % pid) as f:
                stat = f.read()
            with open("/proc/%s/environ" % pid) as f:
                ours = FILE in f.read()
        except (OSError, ValueError):
            continue
        if ours and "wsclient" in stat and int(pid) != os.getpid():
            return False
    return True


def clocks(server):
    """The time of day may jump; the monotonic clock may, when the machine slept."""
    wrap()
    proxy = Proxy(server.port)
    client = start("--ping-interval", "200ms", "--pong-timeout", "1s", proxy.url)
    client.until("pings", 3)
    for real in (1000000, -1000000, 0):
        wrap(real=real)
        pings = client.figures()["pings"]
        client.until("pings", pings + 3)
    figures = client.figures()
    check(figures["failures"] == 0 and figures["rtt_max_ms"] < 1000, figures)
    # An hour is gone while a ping flies: nobody is to blame, and no round trip took an hour.
    for monotonic in (3600, 7200, 86400 * 400):
        wrap(monotonic=monotonic)
        pings = client.figures()["pings"]
        client.until("pings", pings + 3)
    figures = client.figures()
    check(figures["failures"] == 0 and figures["rtt_max_ms"] < 1500, figures)
    check(figures["up_s"] < 100, figures)
    # It still finds a silent server.
    proxy.silent = True
    client.expect("no pong came")
    check(client.stop() == 0, client.log)
    proxy.silent = False


deadline(100)
echo_server = Server(ECHO)
names(echo_server)
two_addresses(echo_server)
clocks(echo_server)
echo_server.stop()
folder.cleanup()
end()
