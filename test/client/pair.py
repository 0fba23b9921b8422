"""pair.py: wsclient and wsrelay (app: echo) through real faults."""
import os
import re
import signal
import socket
import tempfile
import time
import urllib.request

from harness import ECHO, Client, Proxy, Script, Server, check, deadline, end, shut

FAST = ("--reconnect-delay", "100ms", "--status-interval", "0")


def url(server):
    return "ws://127.0.0.1:%d/ws" % server.port


def restart():
    """The server is killed and started again, twice; then stopped in order."""
    port = shut("127.0.0.1")
    config = ECHO.replace("port: 0", "port: %d" % port, 1)
    server = Server(config)
    client = Client("--json", *FAST, "ws://127.0.0.1:%d/ws" % port)
    client.expect("Connected")
    files = len(os.listdir("/proc/%d/fd" % client.process.pid))
    for n in (1, 2):
        server.process.kill()
        server.process.wait()
        Server.running.remove(server)
        client.expect("Connection lost", n)
        client.expect("Cannot connect", n)
        server = Server(config)
        client.expect("Connected", n + 1)
    figures = client.until("reconnects", 2)
    check(figures["connected"] == 1, figures)
    check(len(os.listdir("/proc/%d/fd" % client.process.pid)) == files, "no descriptor is lost")
    server.stop()
    client.expect("the server closed with 1001")
    check(client.stop() == 0, client.log)


def silent():
    """A connection that is half open: nothing comes any more, and nobody says so."""
    server = Server(ECHO)
    proxy = Proxy(server.port)
    client = Client("--json", *FAST, "--ping-interval", "100ms", "--pong-timeout", "300ms",
                    proxy.url)
    client.until("pings", 3)
    proxy.silent = True
    begun = time.monotonic()
    client.expect("no pong came within --pong-timeout")
    check(time.monotonic() - begun < 2, "it was found out in %.1f s" % (time.monotonic() - begun))
    proxy.silent = False
    client.expect("Connected", 2)
    figures = client.until("reconnects", 1)
    check(figures["lost_pings"] >= 1 and figures["failures"] >= 1, figures)
    check(client.stop() == 0, client.log)
    server.stop()


def no_pongs():
    """A server that stops answering pings, quiet or not."""
    for chatty in (False, True):
        def work(peer, number):
            peer.open()
            peer.send(10, peer.receive()[1])
            while number == 1:
                peer.socket.settimeout(0.02)
                try:
                    peer.receive()
                except socket.timeout:
                    if chatty:
                        peer.send(1, b"still here")
            peer.echo()
        script = Script(work)
        client = Client("--json", *FAST, "--ping-interval", "100ms", "--pong-timeout", "200ms",
                        script.url)
        client.expect("no pong came within --pong-timeout")
        client.until("reconnects", 1)
        check(client.stop() == 0, client.log)
        script.stop()


def no_reads():
    """A server that takes no bytes any more, inside a message that is larger than all buffers."""
    def work(peer, number):
        peer.open()
        if number == 1:
            peer.send(10, peer.receive()[1])
            time.sleep(10)
        else:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            peer.echo()
    script = Script(work, buffer=4096)
    with tempfile.TemporaryFile() as f:
        f.write(b"x" * 8000000 + b"\n")
        f.seek(0)
        client = Client("--json", *FAST, "--pong-timeout", "1s", "--max-message", "8MiB",
                        "--quit-delay", "100ms", script.url, stdin=f)
        client.expect("the server took no bytes within --pong-timeout")
        out = len(client.process.stdout.read())
        check(out == 8000026 and client.wait() == 0, "%d: %s" % (out, client.log))
    script.stop()


def cut():
    """The connection is cut at each byte of the first frames."""
    server = Server(ECHO)
    for at in (1, 60, 128, 129, 130, 131, 135, 139, 140):
        proxy = Proxy(server.port)
        proxy.cut_at = at
        client = Client("--json", *FAST, "--ping-interval", "100ms", proxy.url)
        client.expect("; next try in 0.1 s")
        client.expect("Connected to")
        figures = client.until("rtt_max_ms", 0.001)
        check(figures["failures"] == 1, "cut at %d: %s" % (at, figures))
        check(client.stop() == 0, client.log)
    server.stop()


def status():
    """The status line, its interval, and SIGUSR1; round trips that are delayed are measured."""
    def work(peer, _):
        peer.open()
        while True:
            op, data = peer.receive()
            if op == 9:
                time.sleep(0.03)
                peer.send(10, b"wrong")
                peer.send(10, data[:-1])
                peer.send(10, data)
            elif op == 8:
                peer.send(8, data)
                return
    script = Script(work)
    client = Client("--ping-interval", "100ms", "--status-interval", "200ms", script.url)
    client.expect("Status: connected,", 3)
    line = [line for line in client.log.splitlines() if "Status: connected" in line][-1]
    found = re.search(r"connected_s=\d+ up_s=\d+ reconnects=0 failures=0 pings=(\d+) lost_pings=0 "
                      r"rtt_last_ms=(\S+) rtt_min_ms=(\S+) rtt_avg_ms=(\S+) rtt_max_ms=(\S+)$",
                      line)
    check(found, line)
    if found:
        last, least, average, most = [float(x) for x in found.groups()[1:]]
        check(30 <= least <= average <= most < 2000 and least <= last <= most, line)
    count = client.log.count("Status:")
    client.process.send_signal(signal.SIGUSR1)
    client.expect("Status:", count + 1)
    check(client.stop(signal.SIGINT) == 0, client.log)
    check(script.peers[0].closed == 1001, "closed with %s" % script.peers[0].closed)
    script.stop()


def metrics():
    server = Server(ECHO)
    client = Client("--metrics", "0", *FAST, url(server))
    client.expect("Connected")
    address = "http://127.0.0.1:%d" % client.port()
    over = time.monotonic() + 10
    while True:
        page = urllib.request.urlopen(address + "/metrics", timeout=5).read().decode()
        if "wsclient_rtt_last_seconds 0.000000\n" not in page or time.monotonic() > over:
            break
    check("\nwsclient_connected 1\n" in page, page)
    check("\nwsclient_reconnects_total 0\n" in page, page)
    check(re.search(r"\nwsclient_rtt_max_seconds 0\.\d{6}\n", page), page)
    check("wsclient_rtt_max_seconds 0.000000" not in page, page)
    check(page.endswith("\n") and page.count("# TYPE") == page.count("# HELP"), page)
    names = re.findall(r"# TYPE (\S+)", page)
    check(len(names) == len(set(names)) == 17, names)
    try:
        urllib.request.urlopen(address + "/x", timeout=5)
        check(False, "/x is served")
    except urllib.error.HTTPError as e:
        check(e.code == 404, e.code)
    # One that says nothing keeps nobody out.
    quiet = socket.create_connection(("127.0.0.1", client.port()))
    check(urllib.request.urlopen(address + "/metrics", timeout=5).status == 200, "a second one")
    quiet.close()
    check(client.stop() == 0, client.log)
    server.stop()
    again = Client("--metrics", "127.0.0.1:0", "--metrics", "[::1]:0", "ws://127.0.0.1:1/")
    check(again.says("Listening on [::1]:") or again.says("cannot listen"), again.log)
    again.stop()


def ends():
    """Signals while it connects, waits, and closes; a server that does not answer the close."""
    client = Client("ws://127.0.0.1:%d/" % shut("127.0.0.1"))
    client.expect("next try in 5.0 s")
    check(client.stop() == 0, client.log)
    script = Script(lambda peer, _: time.sleep(60))
    client = Client(script.url)
    while not script.count:
        time.sleep(0.01)
    check(client.stop() == 0, client.log)
    script.stop()

    def deaf(peer, _):
        peer.open()
        while peer.receive()[0] != 8:
            pass
        peer.closed_at = time.monotonic()
        time.sleep(60)
    script = Script(deaf)
    client = Client(script.url)
    client.expect("Connected")
    begun = time.monotonic()
    check(client.stop() == 0, client.log)
    check(1.5 < time.monotonic() - begun < 5, "%.1f s for the close" % (time.monotonic() - begun))
    client = Client(script.url)
    client.expect("Connected")
    client.process.send_signal(signal.SIGTERM)
    client.expect("Stopping")
    begun = time.monotonic()
    check(client.stop() == 0 and time.monotonic() - begun < 1.5, "the second signal ends it")
    script.stop()


def backoff():
    """The delay doubles up to the cap, with jitter, and is short again after a good connection."""
    def work(peer, number):
        if number in (5, 9):
            peer.open()
            peer.send(10, peer.receive()[1])
            peer.send(8, b"\x03\xe8")
            peer.receive()
    script = Script(work)
    client = Client("--reconnect-delay", "100ms", "--backoff", "400ms", "--ping-interval", "100ms",
                    script.url)
    client.expect("next try in", 8)
    check(client.stop() == 0, client.log)
    delays = [float(x) for x in re.findall(r"next try in (\S+) s", client.log)]
    check(delays[0] <= 0.1 and 0.1 <= delays[1] <= 0.2 and 0.2 <= delays[2] <= 0.4 and
          0.2 <= delays[3] <= 0.4, delays)
    script.stop()


deadline(140)
restart()
silent()
no_pongs()
no_reads()
cut()
status()
metrics()
ends()
backoff()
end()
