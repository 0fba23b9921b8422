// node.js: clients made with Node's ws library, and with Node's own WebSocket where it has one.
"use strict";
const { spawn } = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

// With E2E_TLS=FOLDER, of tls/certs.sh, all of it goes over TLS.
const tls = process.env.E2E_TLS;
const options = tls ? { ca: fs.readFileSync(tls + "/ca.pem") } : {};
let passed = 0, failed = 0, server = null, folder = null;

function check(good, what) {
	if (good) {
		passed++;
	} else {
		failed++;
		console.log("failed: " + what);
	}
}

function end() {
	console.log(`${passed} passed, ${failed} failed`);
	process.exit(failed ? 1 : 0);
}

let WebSocket;
try {
	WebSocket = require("ws");
} catch (e) {
	console.log("SKIP node.js: Node has no ws (npm install ws, NODE_PATH)");
	end();
}

setTimeout(() => {
	console.log("the time is over");
	if (server)
		server.kill("SIGKILL");
	process.exit(1);
}, 60000).unref();

function start() {
	folder = fs.mkdtempSync(path.join(os.tmpdir(), "wsrelay-"));
	const file = path.join(folder, "config.yaml");
	fs.writeFileSync(file, "server:\n  address: 127.0.0.1\n  port: 0\n" + (tls ? `  tls:
    enabled: true
    cert_file: ${tls}/p256.pem
    key_file: ${tls}/p256.key
` : ""));
	server = spawn("./wsrelay", ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
	return new Promise((resolve) => {
		let log = "";
		server.stderr.on("data", (data) => {
			log += data;
			const found = /Listening on .*:(\d+) \(relay\)/.exec(log);
			if (found && log.includes(" KiB of memory"))
				resolve((tls ? "wss" : "ws") + "://127.0.0.1:" + found[1] + "/");
		});
	});
}

// A client whose messages are waited for one by one.
function open(Kind, url) {
	const c = { socket: Kind === WebSocket ? new Kind(url, options) : new Kind(url), messages: [], waiting: [], closed: null };
	c.socket.binaryType = "arraybuffer";
	c.socket.onmessage = (event) => {
		const data = typeof event.data === "string" ? event.data : Buffer.from(event.data);
		if (c.waiting.length)
			c.waiting.shift()(data);
		else
			c.messages.push(data);
	};
	c.next = () => c.messages.length ? Promise.resolve(c.messages.shift())
		: new Promise((resolve) => c.waiting.push(resolve));
	c.end = new Promise((resolve) => { c.socket.onclose = (event) => resolve(event.code); });
	return new Promise((resolve, reject) => {
		c.socket.onopen = () => resolve(c);
		c.socket.onerror = reject;
	});
}

function same(a, b) {
	return typeof a === "string" ? a === b : Buffer.isBuffer(b) && Buffer.compare(a, b) === 0;
}

async function talk(Kind, url, name) {
	const clients = [await open(Kind, url), await open(Kind, url), await open(Kind, url)];
	const sent = ["text", "Grüße 🌍", "", Buffer.from([0, 255, 1]), Buffer.alloc(65536, 7),
		"x".repeat(65536)];
	for (const message of sent) {
		clients[1].socket.send(message);
		for (const c of clients)
			check(same(message, await c.next()),
				`${name}: ${message.length} of ${typeof message}`);
	}
	for (let i = 0; i < 500; i++)
		clients[i % 3].socket.send("number " + i);
	const seen = [];
	for (const c of clients) {
		const all = [];
		for (let i = 0; i < 500; i++)
			all.push(await c.next());
		seen.push(all.join("\n"));
	}
	check(seen[0] === seen[1] && seen[1] === seen[2], `${name}: one order for all`);
	clients[0].socket.send(Buffer.alloc(65537));
	check(await clients[0].end === 1009, `${name}: too large`);
	clients[1].socket.close(1000);
	check(await clients[1].end === 1000, `${name}: close`);
	clients[2].socket.close(4000, "mine");
	check(await clients[2].end === 4000, `${name}: close with a code of its own`);
}

async function main() {
	const url = await start();
	await talk(WebSocket, url, "ws");
	const c = await open(WebSocket, url);
	check(c.socket.extensions === "" && c.socket.protocol === "", "nothing is negotiated");
	const pong = new Promise((resolve) => c.socket.on("pong", resolve));
	c.socket.ping("payload");
	check((await pong).toString() === "payload", "ping");
	// Node's own takes no CA; it has to be told by NODE_EXTRA_CA_CERTS.
	if (typeof globalThis.WebSocket === "function" && !tls)
		await talk(globalThis.WebSocket, url, "Node's own");
	const ended = new Promise((resolve) => server.on("exit", resolve));
	server.kill("SIGTERM");
	check(await c.end === 1001, "closed at the server's end");
	check(await ended === 0, "the server ends with 0");
	fs.rmSync(folder, { recursive: true });
	end();
}

main().catch((e) => {
	console.log("failed: " + e.stack);
	failed++;
	if (server)
		server.kill("SIGKILL");
	end();
});
