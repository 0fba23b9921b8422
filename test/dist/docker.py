"""docker.py: the Dockerfiles, read line by line, and what they build, run from its own files alone.

No container engine is needed: the lines of the build stage run here with musl-gcc, and with a cross
compiler for arm64. As root the program then runs in a chroot with nothing but the image's files, as
the image's user. Debian: musl-tools, binutils, gcc-aarch64-linux-gnu, qemu-user, and musl-dev:arm64,
of which MUSL_ARM64 may name a folder that it is unpacked in. npm: dockerfilelint."""
import base64
import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import types
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import Server, check, deadline, end  # noqa: E402

MIB = 1 << 20
FREE_PORTS = {"WSRELAY_SERVER_ADDRESS": "127.0.0.1", "WSRELAY_SERVER_PORT": "0",
              "WSRELAY_METRICS_ADDRESS": "127.0.0.1", "WSRELAY_METRICS_PORT": "0"}
PORTS = {"wsrelay": ["3003", "9100"], "wsclient": ["9100"]}


def note(name, reason):
    print("SKIP docker.py %s: %s" % (name, reason))


# ---- the Dockerfiles

def parse(text):
    """The instructions of each stage: lists of (NAME, the rest of the line)."""
    text = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", " ")
    stages = []
    for line in text.splitlines():
        if line.strip():
            word, rest = line.split(None, 1)
            if word == "FROM":
                stages.append([])
            stages[-1].append((word, rest.strip()))
    return stages


def copies(stage):
    """(the stage it is from or None, sources, destination) of each COPY."""
    found = []
    for word, rest in stage:
        if word == "COPY":
            words = rest.split()
            origin = None
            while words[0].startswith("--"):
                option, value = words.pop(0).split("=")
                origin = value if option == "--from" else "no such option"
            found.append((origin, words[:-1], words[-1]))
    return found


def value(stage, word):
    found = [rest for name, rest in stage if name == word]
    return found[0] if len(found) == 1 else ""


def array(stage, word):
    """The words of an ENTRYPOINT or CMD, which in its other form would need a shell."""
    try:
        return json.loads(value(stage, word))
    except ValueError:
        return []


def problems(text, name):
    """What is wrong with a Dockerfile; sources that are not there are not asked for."""
    stages = parse(text)
    if len(stages) != 2:
        return ["%d stages" % len(stages)]
    build, final = stages
    wrong = []

    def want(good, what):
        if not good:
            wrong.append(what)
    image = re.fullmatch(r"(\S+):(\S+) AS (\w+)", build[0][1])
    want(image and image.group(2) != "latest", "the builder has no tag or name: " + build[0][1])
    want(final[0][1] == "scratch", "the last stage is " + final[0][1])
    allowed = {"FROM", "COPY", "USER", "EXPOSE", "ENTRYPOINT", "CMD"}
    want({word for word, _ in final} <= allowed, "the last stage does more than that")
    for origin, sources, to in copies(final):
        want(image and origin == image.group(3), "a COPY is not from the builder")
        want(to.startswith("/") and len(sources) == 1, "COPY to " + to)
    want(all(origin is None for origin, _, _ in copies(build)), "the builder copies from a stage")
    user = re.fullmatch(r"(\d+):(\d+)", value(final, "USER"))
    want(user and int(user.group(1)) > 0 and int(user.group(2)) > 0, "USER is no number, or root")
    want(value(final, "EXPOSE").split() == PORTS[name], "EXPOSE")
    want(array(final, "ENTRYPOINT") == ["/" + name], "ENTRYPOINT")
    want(array(final, "CMD"), "CMD")
    want("/" + name in [to for _, _, to in copies(final)], "no program")
    want(any(word == "RUN" and "-static" in rest for word, rest in build), "not static")
    return wrong


def test_text(name, text):
    wrong = problems(text, name)
    check(not wrong, "Dockerfile.%s: %s" % (name, "; ".join(wrong)))
    for old, new in (("USER 65532:65532\n", ""), ("USER 65532", "USER 0"), ("USER 65532", "USER app"),
                     ("FROM scratch", "FROM alpine:3.22"), (":3.22 AS", ":latest AS"),
                     ("COPY --from=build", "COPY"), ('ENTRYPOINT ["/%s"]' % name, "ENTRYPOINT /" + name),
                     ("EXPOSE ", "EXPOSE 80 "), ("FROM scratch\n", "FROM scratch\nRUN true\n")):
        broken = text.replace(old, new, 1)
        check(broken != text and problems(broken, name), "%s: %r is not missed" % (name, old))


def test_linters(name):
    path = "dist/docker/Dockerfile." + name
    found = 0
    for tool, folder in (("hadolint", None), ("dockerfilelint", os.environ.get("NODE_PATH"))):
        program = shutil.which(tool) or (folder and shutil.which(folder + "/.bin/" + tool))
        if not program:
            continue
        found += 1
        run = subprocess.run([program, path], timeout=60, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        check(run.returncode == 0, "%s: %s" % (tool, run.stdout))
    if not found:
        note(path, "neither hadolint nor dockerfilelint (npm) is installed")


# ---- what they build

def build(name, text, folder, cc):
    """Runs the build stage in a folder with nothing but what it copies; the image's files are in
    folder/image then. Returns whether it went well."""
    stages = parse(text)
    source, image = os.path.join(folder, "src"), os.path.join(folder, "image")
    os.mkdir(source)
    os.mkdir(image)
    for _, sources, to in copies(stages[0]):
        target = os.path.join(source, to)
        for pattern in sources:
            found = glob.glob(pattern)
            check(found, "%s: COPY %s: there is none" % (name, pattern))
            for path in found:
                if os.path.isdir(path):
                    shutil.copytree(path, target, dirs_exist_ok=True)
                else:
                    shutil.copy(path, target)
    for word, rest in stages[0]:
        if word == "RUN" and not rest.startswith("apk "):
            line = re.sub(r"\bmake ", "%s CC=%s " % (os.environ.get("MAKE", "make"),
                                                     shlex.quote(cc)), rest)
            run = subprocess.run(["sh", "-c", line], cwd=source, timeout=300, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            check(run.returncode == 0, "%s: %s: %s" % (name, line, run.stdout))
            if run.returncode:
                return False
    for _, sources, to in copies(stages[1]):
        target = image + to
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source + sources[0][len("/src"):], target)
    for root, _, _ in os.walk(image):
        os.chmod(root, 0o755)
    return True


def test_static(name, folder, machine):
    image = os.path.join(folder, "image")
    size = sum(os.path.getsize(os.path.join(root, f))
               for root, _, files in os.walk(image) for f in files)
    print("%s, %s: %d bytes in the image" % (name, machine, size))
    check(0 < size < MIB, "%s for %s: %d bytes" % (name, machine, size))
    if not shutil.which("readelf"):
        note("readelf", "it is not installed")
        return
    said = subprocess.run(["readelf", "-hldW", image + "/" + name], timeout=60, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    check(machine in said, "it is not for %s: %s" % (machine, said))
    check("LOAD" in said and "INTERP" not in said and "NEEDED" not in said, "not static: " + said)


def give_devices(image):
    """/dev/null and /dev/urandom, which every engine gives a container. Returns whether a program
    can open them."""
    try:
        os.makedirs(image + "/dev", exist_ok=True)
        for name, minor in (("null", 3), ("urandom", 9)):
            path = "%s/dev/%s" % (image, name)
            if not os.path.exists(path):
                os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
                os.chmod(path, 0o666)
            open(path, "rb").close()
    except OSError:
        return False
    return True


def start(stage, folder, runner, words=None):
    """Becomes what the image starts: without a runner and as root in a chroot, as its user."""
    image = os.path.join(folder, "image")
    words = array(stage, "ENTRYPOINT") + (array(stage, "CMD") if words is None else words)
    inside = not runner and os.geteuid() == 0 and give_devices(image)
    user, group = map(int, value(stage, "USER").split(":"))

    def enter():
        os.chroot(image)
        os.chdir("/")
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if not inside:
        words = runner + [image + w if w.startswith("/") and os.path.exists(image + w) else w
                          for w in words]
    process = subprocess.Popen(words, env=FREE_PORTS, stdin=subprocess.DEVNULL, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               preexec_fn=enter if inside else None)
    Server.running.append(types.SimpleNamespace(process=process))       # for deadline()
    return process


def ended(process, status, what):
    try:
        said, _ = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        said, _ = process.communicate()
        said += " (killed)"
    check(process.returncode == status, "%s: %s %s" % (what, process.returncode, said))
    return said


def read(s, n):
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part:
            break
        data += part
    return data


def round_trip(port, path):
    """One masked text message of RFC 6455 section 5.7 and its echo."""
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n"
                   % (path, key)).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += read(s, 1) or b"\r\n\r\n"
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        check(head.startswith(b"HTTP/1.1 101 ") and base64.b64encode(digest) in head,
              "handshake: %r" % head)
        s.sendall(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
        got = read(s, 7)
        check(got == b"\x81\x05Hello", "echo: %r" % got)


def serve(stage, folder, runner, what, client=None):
    """The server of an image, from its first line to its end; client: a function of its port."""
    process = start(stage, folder, runner)
    ports, log = {}, ""
    for line in process.stdout:
        log += line
        found = re.search(r"Listening on 127.0.0.1:(\d+) \((\w+)\)", line)
        if found:
            ports[found.group(2)] = int(found.group(1))
        if " KiB of memory" in line:
            break
    check(set(ports) == {"echo", "metrics"}, "%s: it starts: %s" % (what, log))
    if len(ports) == 2:
        round_trip(ports["echo"], "/ws")
        for path, part in (("/health", "ok\n"), ("/metrics", "\nwebsocket_connections ")):
            url = "http://127.0.0.1:%d%s" % (ports["metrics"], path)
            with urllib.request.urlopen(url, timeout=10) as answer:
                page = answer.read().decode()
            check(part in page, "%s: %s: %s" % (what, path, page))
        if client:
            client(ports["echo"])
    process.terminate()
    said = ended(process, 0, what + ": its end")
    check("Stopped" in said, "%s: %s" % (what, said))


# ---- compilers

def musl_arm64(folder):
    """A compiler for musl on arm64, made of the one for glibc and Debian's musl-dev:arm64."""
    root = os.environ.get("MUSL_ARM64", "/") + "/usr"
    gcc = shutil.which("aarch64-linux-gnu-gcc")
    lib, include = root + "/lib/aarch64-linux-musl", root + "/include/aarch64-linux-musl"
    if shutil.which("aarch64-linux-musl-gcc"):
        return shutil.which("aarch64-linux-musl-gcc")
    if not gcc or not os.path.exists(lib + "/libc.a"):
        return None
    wrapper = os.path.join(folder, "musl-arm64-gcc")
    with open(wrapper, "w") as f:
        f.write("""#!/bin/sh
for word; do
	[ "$word" != -c ] || exec %(gcc)s -nostdinc -isystem %(include)s \\
		-isystem "$(%(gcc)s -print-file-name=include)" "$@"
done
exec %(gcc)s -no-pie -nostdlib -L%(lib)s %(lib)s/crt1.o %(lib)s/crti.o "$@" \\
	-Wl,--start-group -lc -lgcc -Wl,--end-group %(lib)s/crtn.o
""" % {"gcc": gcc, "lib": lib, "include": include})
    os.chmod(wrapper, 0o755)
    return wrapper


def machines(folder):
    """(machine as readelf says it, compiler, what runs its programs)."""
    here = os.uname().machine == "x86_64"
    if here and shutil.which("musl-gcc"):
        yield "X86-64", "musl-gcc", []
    else:
        note("amd64", "there is no musl-gcc for it")
    cc = musl_arm64(folder)
    if not cc and shutil.which("aarch64-linux-gnu-gcc"):
        cc = "aarch64-linux-gnu-gcc"
        print("arm64: there is no musl for it here: glibc, which is larger, stands in")
    if not cc:
        note("arm64", "there is no aarch64-linux-gnu-gcc")
        return
    qemu = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    yield "AArch64", cc, [qemu] if qemu else None


def has_client():
    with open("Makefile") as f:
        return os.path.isdir("client") and re.search(r"(?m)^wsclient:", f.read())


def test_machine(texts, machine, cc, runner, folder):
    folders = {}
    for name in sorted(texts):
        folders[name] = os.path.join(folder, machine + "." + name)
        os.mkdir(folders[name])
        if not build(name, texts[name], folders[name], cc):
            return
        test_static(name, folders[name], machine)
    if runner is None:
        note(machine, "there is no qemu-aarch64 to run it")
        return
    stages = {name: parse(texts[name])[1] for name in texts}
    for name in sorted(texts):
        said = ended(start(stages[name], folders[name], runner, ["-V"]), 0, name + " -V")
        check(re.match(r"\d+\.\d+\.\d+\n", said), "%s -V: %s" % (name, said))

    def client(port):
        words = ["--once", "--timeout", "5s", "ws://127.0.0.1:%d/ws" % port]
        ended(start(stages["wsclient"], folders["wsclient"], runner, words), 0, "wsclient --once")
    serve(stages["wsrelay"], folders["wsrelay"], runner, machine,
          client if "wsclient" in texts else None)


def main():
    deadline(140)
    texts = {}
    for name in ("wsrelay", "wsclient"):
        with open("dist/docker/Dockerfile." + name) as f:
            texts[name] = f.read()
        test_text(name, texts[name])
        test_linters(name)
    if not has_client():
        note("wsclient", "it is not in this tree")
        del texts["wsclient"]
    with tempfile.TemporaryDirectory(prefix="wsrelay-") as folder:
        os.chmod(folder, 0o755)
        for machine, cc, runner in machines(folder):
            test_machine(texts, machine, cc, runner, folder)
    end()


main()
