"""promtool.py: what Prometheus' own checker says of the metrics."""
import shutil
import socket
import subprocess
import urllib.request

from server import LOCAL, Server, check, deadline, end, skip

if not shutil.which("promtool"):
    skip("promtool.py", "there is no promtool (Debian: prometheus)")


def lint(server, what):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % server.metrics_port,
                                timeout=10) as answer:
        page = answer.read()
        kind = answer.headers["Content-Type"]
    check(kind.startswith("text/plain; version=0.0.4"), "the type: %s" % kind)
    check(page.count(b"# TYPE ") > 15, "%s: a page" % what)
    tool = subprocess.run(["promtool", "check", "metrics"], input=page, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(tool.returncode == 0 and not tool.stdout.strip(),
          "%s: %d %s" % (what, tool.returncode, tool.stdout.decode()))


deadline(90)
for app in ("relay", "echo"):
    server = Server("app: %s\n" % app + LOCAL)
    lint(server, app)
    for request in (b"nonsense\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), 10) as s:
            s.sendall(request)
            while s.recv(4096):
                pass
    lint(server, app + ", after refusals")
    server.stop()
end()
