"""browser.py: a page in a headless Chromium, served from here, talks to the server."""
import http.server
import os
import queue
import shutil
import subprocess
import tempfile
import threading

from server import FOLDER, SCHEME, Server, check, deadline, end, skip

browser = shutil.which("chromium") or shutil.which("chromium-browser")
if not browser:
    skip("browser.py", "there is no chromium (Debian: chromium)")

results = queue.Queue()
page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "browser.html")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(page, "rb") as f:
            body = f.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        results.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def environment(home):
    """The browser's own; with TLS it believes the test CA, which is in a database of its home."""
    if not FOLDER:
        return None
    database = os.path.join(home, ".pki", "nssdb")
    os.makedirs(database)
    for arguments in (["-N", "--empty-password"],
                      ["-A", "-n", "test", "-t", "C,,", "-i", os.path.join(FOLDER, "ca.pem")]):
        subprocess.run([certutil, "-d", "sql:" + database] + arguments, check=True)
    return dict(os.environ, HOME=home)


certutil = shutil.which("certutil")
if FOLDER and not certutil:
    skip("browser.py", "there is no certutil (Debian: libnss3-tools)")
deadline(100)
server = Server()
pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=pages.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(prefix="wsrelay-", ignore_cleanup_errors=True) as profile:
    process = subprocess.Popen(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--user-data-dir=" + profile, "--remote-debugging-port=0",
         "http://127.0.0.1:%d/?url=%s://localhost:%d/" % (pages.server_port, SCHEME, server.port)],
        env=environment(profile), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = []
    threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True).start()
    try:
        report = results.get(timeout=80).split("\n")
    except queue.Empty:
        report = ["failed: the page did not report; " + "".join(errors)[-2000:]]
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
for line in report:
    check(line.startswith("ok "), line)
check(len(report) >= 10, "all checks of the page")
pages.shutdown()
server.stop()
end()
