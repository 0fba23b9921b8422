"""probe.py: --once and its exit status, options that are wrong, and what only prints."""
import socket
import subprocess
import time

from harness import ECHO, Client, Script, Server, check, deadline, end, shut


def probe(*args, env=None):
    """Exit status, standard output, standard error."""
    done = subprocess.run(["./wsclient", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=20, env=env)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def ok():
    server = Server(ECHO)
    url = "ws://127.0.0.1:%d/ws" % server.port
    begun = time.monotonic()
    status, out, err = probe("--once", "--timeout", "5s", url)
    check(status == 0 and out.startswith("ok: ") and out.count("\n") == 1, (status, out, err))
    check(err == "" and "round trip 0." in out and time.monotonic() - begun < 1, (out, err))
    status, out, err = probe("--once", "--json", url)
    check(status == 0 and out.startswith('{"result":"ok","peer":"127.0.0.1:'), (status, out, err))
    status, out, err = probe("-1t5", "ws://localhost:%d" % server.port)
    check(status == 0, (status, out, err))
    server.stop()
    if socket.has_ipv6:
        six = Server(ECHO.replace("127.0.0.1", '"::1"', 1))
        status, out, err = probe("--once", "ws://[::1]:%d/" % six.port)
        check(status == 0 and "[::1]:" in out, (status, out, err))
        six.stop()


def failed():
    status, out, err = probe("--once", "ws://127.0.0.1:%d/" % shut("127.0.0.1"))
    check(status == 2 and out.startswith("failed: ") and "refused" in out, (status, out, err))
    status, out, err = probe("--once", "--json", "ws://127.0.0.1:%d/" % shut("127.0.0.1"))
    check(status == 2 and out.startswith('{"result":"failed","why":"'), (status, out, err))
    status, out, err = probe("--once", "ws://nonexistent.invalid/")
    check(status == 2 and "cannot resolve the name" in out, (status, out, err))

    def late(peer, _):
        peer.open()
        time.sleep(4)
    rows = [
        (late, "no pong in time"),
        (lambda peer, _: time.sleep(4), "in time"),
        (lambda peer, _: (peer.read_request(), peer.socket.sendall(b"HTTP/1.1 404 \"No\"\r\n\r\n")),
         "answered 404"),
        (lambda peer, _: (peer.open(), peer.send(8, b"\x03\xf0policy")), "closed with 1008: policy"),
        (lambda peer, _: (peer.open(), peer.receive()), "without a close frame"),
    ]
    for work, want in rows:
        script = Script(work)
        begun = time.monotonic()
        status, out, err = probe("--once", "--timeout", "1s", script.url)
        check(status == 2 and want in out and out.count("\n") == 1, (status, out, err, want))
        check(time.monotonic() - begun < 2.5, "it takes %.1f s" % (time.monotonic() - begun))
        script.stop()
    client = Client("--once", "--timeout", "10s", Script(lambda peer, _: time.sleep(9)).url)
    time.sleep(0.2)
    check(client.stop() == 2, "a signal ends a probe")


def could_not_try():
    if "TLS: none" in probe("-V")[1]:
        for args in (("wss://h/",), ("--cafile", "x", "ws://h/"), ("--insecure", "ws://h/")):
            status, out, err = probe("--once", *args)
            check(status == 3 and "make TLS=bearssl" in out, (status, out, err))
            status, out, err = probe(*args)
            check(status == 3 and "make TLS=bearssl" in err and not out, (status, out, err))
    done = subprocess.run("ulimit -n 5; exec ./wsclient --once ws://127.0.0.1:1/", shell=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done.returncode == 3, done)
    used = socket.socket()
    used.bind(("127.0.0.1", 0))
    used.listen(1)
    status, out, err = probe("-m", str(used.getsockname()[1]), "ws://h/")
    check(status == 3 and "cannot listen" in err, (status, out, err))
    used.close()


def usage():
    for args in ([], ["-x"], ["ws://h/", "ws://i/"], ["--nothing", "ws://h/"], ["h"], ["-Z"],
                 ["http://h/"], ["--once=1", "ws://h/"], ["--timeout", "ws://h/"],
                 ["--timeout=", "ws://h/"], ["--timeout", "5x", "ws://h/"], ["-t", "0", "ws://h/"],
                 ["-t", "-1", "ws://h/"], ["-t", "25h", "ws://h/"], ["-t", "1.5s", "ws://h/"],
                 ["-t", "99999999999999999999s", "ws://h/"], ["-p", "99ms", "ws://h/"],
                 ["-r0", "ws://h/"], ["-x", "1GiB", "ws://h/"], ["-x", "1023", "ws://h/"],
                 ["-B", "1MiB", "ws://h/"], ["-H", "X", "ws://h/"], ["-H", "X: a\r\nY: b", "ws://h/"],
                 ["-H", "Upgrade: x", "ws://h/"], ["-o", "a b", "ws://h/"],
                 ["-o", "a\r\nb", "ws://h/"], ["-s", "a b", "ws://h/"], ["-s", "", "ws://h/"],
                 ["-o", "", "ws://h/"], ["-H", "X: " + "y" * 9000, "ws://h/"],
                 ["-H", "X: y"] * 17 + ["ws://h/"], ["ws://h/#x"], ["ws://u@h/"], ["ws://"],
                 ["ws://h:0/"], [""], ["-", "ws://h/"], ["--", "ws://h/"]):
        status, out, err = probe(*args)
        check(status == 64 and not out and err.startswith("wsclient: "), (args, status, out, err))
        check(err.count("\n") <= 2, err)
    for port in ("x", "70000", "", "-1", "+1", " 1", "[::1]", "a.b:1", "1:2:3"):
        status, out, err = probe("--metrics", port, "ws://h/")
        check(status == 64 and "it must be PORT or ADDRESS:PORT" in err, (port, status, err))
    status, out, err = probe("-h")
    check(status == 0 and "--reconnect-delay TIME" in out and not err, (status, out, err))
    status, out, err = probe("--version")
    check(status == 0 and out.split("\n")[0].count(".") == 2 and not err, (status, out, err))
    with open("wsclient.1") as page:
        manual = page.read().replace("\\-", "-")
    for line in probe("-h")[1].splitlines():
        if line.startswith(" -"):
            name = line.split("--")[1].split()[0]
            check("-%s" % name in manual, "--%s is in the manual" % name)


deadline(100)
ok()
failed()
could_not_try()
usage()
end()
