"""kubernetes.py: the manifests: every key known and of its type, and what has to agree, agrees.

Debian: python3-yaml. npm: kubernetes-models, which has the schemas of Kubernetes; NODE_PATH names the
node_modules that it is in. The manifests are then spoilt one by one: each time it has to be noticed."""
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import check, deadline, end, skip  # noqa: E402

try:
    import yaml
except ImportError:
    skip("kubernetes.py", "there is no module yaml (Debian: python3-yaml)")

# What the manifests may hold: a key that is misspelt is none of these. str, int, bool: a value;
# [x]: a list of x; {...}: these keys; {str: x}: any keys; a tuple: one of these values.
LABELS = {str: str}
META = {"name": str, "labels": LABELS, "annotations": LABELS}
PROBE = {"httpGet": {"path": str, "port": str}, "periodSeconds": int, "timeoutSeconds": int}
AMOUNTS = {"cpu": str, "memory": str}
CONTAINER = {
    "name": str, "image": str, "imagePullPolicy": ("IfNotPresent", "Always", "Never"),
    "args": [str], "readinessProbe": PROBE, "livenessProbe": PROBE,
    "ports": [{"name": str, "containerPort": int, "protocol": ("TCP",)}],
    "resources": {"requests": AMOUNTS, "limits": AMOUNTS},
    "securityContext": {"allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool,
                        "capabilities": {"drop": [str]}},
    "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}],
}
POD = {
    "enableServiceLinks": bool, "automountServiceAccountToken": bool,
    "terminationGracePeriodSeconds": int, "containers": [CONTAINER],
    "securityContext": {"runAsNonRoot": bool, "runAsUser": int, "runAsGroup": int,
                        "seccompProfile": {"type": ("RuntimeDefault",)}},
    "volumes": [{"name": str, "configMap": {"name": str}}],
}
KINDS = {
    "ConfigMap": {"apiVersion": ("v1",), "kind": str, "metadata": META, "data": LABELS},
    "Service": {"apiVersion": ("v1",), "kind": str, "metadata": META, "spec": {
        "selector": LABELS,
        "ports": [{"name": str, "port": int, "targetPort": str, "protocol": ("TCP",)}]}},
    "Deployment": {"apiVersion": ("apps/v1",), "kind": str, "metadata": META, "spec": {
        "replicas": int, "selector": {"matchLabels": LABELS},
        "template": {"metadata": META, "spec": POD}}},
}
MODELS = {"ConfigMap": "v1", "Service": "v1", "Deployment": "apps/v1"}


class Strict(yaml.SafeLoader):
    """A key twice in one map is an error."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError("a key twice, line %d" % (node.start_mark.line + 1))
        return super().construct_mapping(node, deep)


def load(name):
    with open("dist/kubernetes/" + name) as f:
        return list(yaml.load_all(f, Strict))


def shape(value, schema, at, wrong):
    """Adds what of a value the schema does not have."""
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            wrong.append("%s is no map" % at)
            return
        for key, inner in value.items():
            if key not in schema and str not in schema:
                wrong.append("%s.%s is unknown" % (at, key))
            else:
                shape(inner, schema.get(key, schema.get(str)), "%s.%s" % (at, key), wrong)
    elif isinstance(schema, list):
        if not isinstance(value, list) or not value:
            wrong.append("%s is no list" % at)
            return
        for i, inner in enumerate(value):
            shape(inner, schema[0], "%s[%d]" % (at, i), wrong)
    elif isinstance(schema, tuple):
        if value not in schema:
            wrong.append("%s is %r" % (at, value))
    elif type(value) is not schema:
        wrong.append("%s is %r, no %s" % (at, value, schema.__name__))


def one(documents, kind):
    found = [d for d in documents if d["kind"] == kind]
    if len(found) != 1:
        raise LookupError("%d documents of kind %s" % (len(found), kind))
    return found[0]


def config_of(text):
    """What ./wsrelay makes of a config: "section.key" and its value, or None: it is wrong."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        run = subprocess.run(["./wsrelay", "-tt", "-c", f.name], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=30, text=True)
    if run.returncode:
        return None
    return yaml.load(run.stdout, Strict)


def pod_problems(documents, ports, want):
    """The Deployment and its Service; ports: the names and numbers that both have."""
    deployment, service = one(documents, "Deployment"), one(documents, "Service")
    template = deployment["spec"]["template"]
    labels, pod = template["metadata"]["labels"], template["spec"]
    box = pod["containers"][0]
    match = deployment["spec"]["selector"]["matchLabels"]
    want(match and match.items() <= labels.items(), "the Deployment selects no pod of its own")
    select = service["spec"]["selector"]
    want(select and select.items() <= labels.items(), "the Service selects no pod")
    want(pod.get("enableServiceLinks") is False, "enableServiceLinks is not false")
    want(pod.get("automountServiceAccountToken") is False, "it gets a token")
    have = {p["name"]: p["containerPort"] for p in box["ports"]}
    want(have == ports, "the container's ports are %s" % have)
    have = {p["name"]: p["port"] for p in service["spec"]["ports"]}
    want(have == ports, "the Service's ports are %s" % have)
    want(all(p["targetPort"] == p["name"] for p in service["spec"]["ports"]), "a targetPort")
    notes = template["metadata"]["annotations"]
    want(notes == {"prometheus.io/scrape": "true", "prometheus.io/path": "/metrics",
                   "prometheus.io/port": str(ports["metrics"])}, "annotations %s" % notes)
    for probe in ("readinessProbe", "livenessProbe"):
        path = "/health" if "ws" in ports else "/metrics"
        want(box[probe]["httpGet"] == {"path": path, "port": "metrics"}, probe)
    inside = box["securityContext"]
    want(inside.get("allowPrivilegeEscalation") is False, "allowPrivilegeEscalation")
    want(inside.get("readOnlyRootFilesystem") is True, "readOnlyRootFilesystem")
    want(inside.get("capabilities") == {"drop": ["ALL"]}, "capabilities")
    outside = pod["securityContext"]
    want(outside.get("runAsNonRoot") is True and outside.get("runAsUser", 0) > 0, "it is root")
    want("seccompProfile" in outside, "seccompProfile")
    for kind in ("requests", "limits"):
        amounts = box["resources"][kind]
        want(set(amounts) == {"cpu", "memory"} and re.fullmatch(r"\d+m", amounts["cpu"]) and
             re.fullmatch(r"\d+Mi", amounts["memory"]), kind)
    with open("wsrelay.h") as f:
        version = re.search(r'WSRELAY_VERSION "(.*)"', f.read()).group(1)
    want(box["image"] == "%s:%s" % (box["name"], version), "the image is " + box["image"])
    with open("dist/docker/Dockerfile." + box["name"]) as f:
        user = re.search(r"(?m)^USER (\d+):(\d+)$", f.read())
    want([outside["runAsUser"], outside["runAsGroup"]] == [int(user.group(1)), int(user.group(2))],
         "the user is not the image's")
    return pod, box, service


def problems(server, client):
    """What is wrong with the two files, in words."""
    wrong = []

    def want(good, what):
        if not good:
            wrong.append(what)
    for document in server + client:
        shape(document, KINDS.get(document.get("kind"), {}), str(document.get("kind")), wrong)
    if wrong:
        return wrong
    try:
        pod, box, service = pod_problems(server, {"ws": 3003, "metrics": 9100}, want)
        settings = one(server, "ConfigMap")
        config = config_of(settings["data"]["wsrelay.yaml"])
        with open("dist/echo.yaml") as f:
            want(config and config == config_of(f.read()), "the config is not dist/echo.yaml")
        mount = box["volumeMounts"][0]
        want(box["args"] == ["-c", mount["mountPath"] + "/wsrelay.yaml"], "args")
        want(mount["name"] == pod["volumes"][0]["name"] and mount["readOnly"] and
             pod["volumes"][0]["configMap"]["name"] == settings["metadata"]["name"], "the volume")
        need = subprocess.run(["./wsrelay", "-t", "-c", "dist/echo.yaml"], timeout=30, text=True,
                              stdout=subprocess.PIPE).stdout
        need = int(re.search(r"sum +(\d+) bytes", need).group(1))
        limit = int(box["resources"]["limits"]["memory"][:-2]) << 20
        want(limit > 2 * need, "a limit of %d bytes for %d" % (limit, need))
        want(pod["terminationGracePeriodSeconds"] > 10, "the stop may take server.shutdown_timeout")
        _, box, _ = pod_problems(client, {"metrics": 9100}, want)
        name = service["metadata"]["name"]
        url = "ws://%s:%d%s" % (name, config["server"]["port"], config["server"]["path"])
        want(box["args"] == ["--metrics", ":9100", url], "the client's args are %s" % box["args"])
    except (KeyError, LookupError, TypeError) as e:
        wrong.append("%s: %s" % (type(e).__name__, e))
    return wrong


# ---- it has to notice what is wrong: a path in the documents and a new value, or GONE

GONE = object()
POD_AT = ("spec", "template", "spec")
BOX_AT = POD_AT + ("containers", 0)
SPOILT = [
    (BOX_AT + ("ports", 0, "containerPort"), 8080),
    (BOX_AT + ("ports", -1, "containerPort"), "9100"),
    (BOX_AT + ("readinessProbe",), GONE),
    (BOX_AT + ("livenessProbe", "httpGet", "port"), "mterics"),
    (BOX_AT + ("livenessProbe", "httpGet", "path"), "/"),
    (BOX_AT + ("resources", "limits", "memory"), GONE),
    (BOX_AT + ("securityContext", "readOnlyRootFilesystem"), False),
    (BOX_AT + ("securityContext", "allowPrivilegeEscalation"), GONE),
    (BOX_AT + ("securityContext", "capabilities", "drop"), ["NET_RAW"]),
    (BOX_AT + ("securityContext", "readonlyRootFilesystem"), True),
    (BOX_AT + ("image",), "wsrelay:latest"),
    (BOX_AT + ("args",), ["-c", "/etc/other.yaml"]),
    (POD_AT + ("enableServiceLinks",), GONE),
    (POD_AT + ("enableServiceLinks",), True),
    (POD_AT + ("enableServiceLink",), False),
    (POD_AT + ("securityContext", "runAsNonRoot"), GONE),
    (POD_AT + ("securityContext", "runAsUser"), 0),
    (POD_AT + ("securityContext", "seccompProfile"), GONE),
    (("spec", "selector", "matchLabels", "app.kubernetes.io/name"), "other"),
    (("spec", "template", "metadata", "labels", "app.kubernetes.io/name"), "other"),
    (("spec", "template", "metadata", "annotations", "prometheus.io/port"), "9090"),
    (("spec", "replicas"), "1"),
    (("apiVersion",), "extensions/v1beta1"),
]
SPOILT_SERVICE = [
    (("spec", "selector", "app.kubernetes.io/name"), "other"),
    (("spec", "ports", 0, "port"), 80),
    (("spec", "ports", -1, "targetPort"), "ws2"),
    (("spec", "selector"), {}),
]


def spoil(documents, kind, path, value):
    documents = copy.deepcopy(documents)
    at = one(documents, kind)
    for step in path[:-1]:
        at = at[step]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return documents


def test_spoilt(server, client):
    for kind, rows in (("Deployment", SPOILT), ("Service", SPOILT_SERVICE)):
        for path, value in rows:
            what = "%s %s" % (".".join(map(str, path)), "gone" if value is GONE else value)
            check(problems(spoil(server, kind, path, value), client), "server: %s is missed" % what)
            check(problems(server, spoil(client, kind, path, value)), "client: %s is missed" % what)
    text = one(server, "ConfigMap")["data"]["wsrelay.yaml"]
    for old, new in (("port: 3003", "port: 3004"), ("port: 9100", "port: 9090"),
                     ("path: /ws", "path: /"), ("app: echo", "app: relay"), ("app:", "ap:")):
        spoilt = spoil(server, "ConfigMap", ("data", "wsrelay.yaml"), text.replace(old, new))
        check(problems(spoilt, client), "the config: %s is missed" % new)
    check(problems(spoil(server, "Service", ("metadata", "name"), "echo"), client),
          "a Service that the client does not know is missed")
    check(problems(server[1:], client) and problems(server, client[:1]), "a lost document")


# ---- the schemas of Kubernetes

VALIDATE = """
const documents = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const [model, d] of documents) {
	const models = require("kubernetes-models/" + model);
	try {
		new models[d.kind](d).validate();
		console.log("valid");
	} catch (e) {
		console.log(d.kind + ": " + e.message.replace(/\\n/g, " "));
	}
}
"""


def validate(documents):
    """A line for each: "valid" or what is wrong."""
    text = json.dumps([[MODELS[d["kind"]], d] for d in documents])
    run = subprocess.run(["node", "-e", VALIDATE], input=text, timeout=60, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return run.stdout.splitlines()


def test_schemas(server, client):
    found = shutil.which("node") and subprocess.run(
        ["node", "-e", 'require.resolve("kubernetes-models/v1")'], timeout=60,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    if not found:
        print("SKIP kubernetes.py schemas: there is no kubernetes-models (npm)")
        return
    documents = server + client
    for document, said in zip(documents, validate(documents)):
        check(said == "valid", said)
    check(len(validate(documents)) == len(documents), "an answer for each")
    for path, value in ((BOX_AT + ("ports", 0, "containerPort"), "x"), (("spec", "selector"), GONE),
                        (BOX_AT + ("name",), GONE), (("spec", "replicas"), "1")):
        said = validate([one(spoil(server, "Deployment", path, value), "Deployment")])
        check(said and said != ["valid"], "the schemas miss %s" % (path,))


def main():
    deadline(120)
    server, client = load("server.yaml"), load("client.yaml")
    wrong = problems(server, client)
    check(not wrong, "; ".join(wrong))
    if not wrong:
        test_spoilt(server, client)
    test_schemas(server, client)
    end()


main()
