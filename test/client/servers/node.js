// node.js: an echo server made with Node's ws; it says its port on standard output.
// With E2E_TLS=FOLDER it speaks TLS with p256.pem of it.
"use strict";
const fs = require("fs");
const folder = process.env.E2E_TLS;
let ws;
try {
	ws = require("ws");
} catch (e) {
	console.log("SKIP Node has no ws (npm install ws, NODE_PATH)");
	process.exit(0);
}
const listener = folder ? require("https").createServer({
	cert: fs.readFileSync(folder + "/p256.pem"), key: fs.readFileSync(folder + "/p256.key") }) :
	require("http").createServer();
const server = new ws.WebSocketServer({ server: listener, maxPayload: 1 << 20,
	handleProtocols: (protocols) => protocols.has("echo") ? "echo" : false });
listener.listen(0, "127.0.0.1", () => console.log(listener.address().port));
server.on("connection", (socket) => {
	socket.ping("from the server");
	socket.on("message", (data, binary) => {
		if (!binary && data.toString() === "close 4321")
			socket.close(4321, "as you said");
		else
			socket.send(data, { binary });
	});
});
