"""server.py: what the client tests in Python share: a server of their own, and counted checks."""
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time

LOCAL = "server:\n  address: 127.0.0.1\n  port: 0\nmetrics:\n  enabled: true\n  port: 0\n"

# With E2E_TLS=FOLDER, of tls/certs.sh, servers speak TLS with p256.pem of it, and so do clients.
FOLDER = os.environ.get("E2E_TLS")
SCHEME = "wss" if FOLDER else "ws"
TLS = ssl.create_default_context(cafile=os.path.join(FOLDER, "ca.pem")) if FOLDER else None

passed = failed = 0


def check(good, what):
    """Counts a check; a failure says what."""
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("failed: %s" % what)


def end():
    """The last line of a test."""
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed != 0)


def skip(name, reason):
    """Instead of a whole test."""
    print("SKIP %s: %s" % (name, reason))
    end()


def deadline(seconds):
    """Ends this process, and its servers, when it hangs."""
    def over():
        print("the time is over")
        sys.stdout.flush()
        for s in Server.running:
            s.process.kill()
        os._exit(1)
    timer = threading.Timer(seconds, over)
    timer.daemon = True
    timer.start()


class Server:
    """A running ./wsrelay with a config of its own."""
    running = []

    def __init__(self, config=LOCAL, pair="p256"):
        if FOLDER:
            config = config.replace("server:\n", "server:\n  tls:\n    enabled: true\n"
                                    "    cert_file: %s/%s.pem\n    key_file: %s/%s.key\n"
                                    % (FOLDER, pair, FOLDER, pair))
        self.folder = tempfile.TemporaryDirectory(prefix="wsrelay-")
        path = os.path.join(self.folder.name, "config.yaml")
        with open(path, "w") as f:
            f.write(config)
        self.process = subprocess.Popen(["./wsrelay", "-c", path], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True)
        Server.running.append(self)
        self.port = self.metrics_port = 0
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"Listening on .*:(\d+) \((\w+)\)", line)
            if found and found.group(2) == "metrics":
                self.metrics_port = int(found.group(1))
            elif found:
                self.port = int(found.group(1))
            if " KiB of memory" in line:
                break
        check(self.port, "the server starts: %s" % "".join(self.log))
        self.reader = threading.Thread(target=self.log.extend, args=(self.process.stderr,),
                                       daemon=True)
        self.reader.start()

    def says(self, text):
        """Waits until its log has this."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if any(text in line for line in list(self.log)):
                return True
            time.sleep(0.01)
        return False

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = "nothing"
        self.reader.join(5)
        check(status == 0, "the server ends with 0: %s; %s" % (status, "".join(self.log)))
        Server.running.remove(self)
        self.folder.cleanup()
