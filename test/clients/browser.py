"""browser.py: a page in a headless Chromium, served from here, talks to the server."""
import http.server
import os
import queue
import shutil
import subprocess
import tempfile
import threading

from server import Server, check, deadline, end, skip

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


deadline(100)
server = Server()
pages = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=pages.serve_forever, daemon=True).start()
with tempfile.TemporaryDirectory(prefix="wsrelay-", ignore_cleanup_errors=True) as profile:
    process = subprocess.Popen(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--user-data-dir=" + profile, "--remote-debugging-port=0",
         "http://127.0.0.1:%d/?port=%d" % (pages.server_port, server.port)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
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
