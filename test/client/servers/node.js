// node.js: an echo server made with Node's ws; it says its port on standard output.
"use strict";
let ws;
try {
	ws = require("ws");
} catch (e) {
	console.log("SKIP Node has no ws (npm install ws, NODE_PATH)");
	process.exit(0);
}
const server = new ws.WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 1 << 20,
	handleProtocols: (protocols) => protocols.has("echo") ? "echo" : false });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (socket) => {
	socket.ping("from the server");
	socket.on("message", (data, binary) => {
		if (!binary && data.toString() === "close 4321")
			socket.close(4321, "as you said");
		else
			socket.send(data, { binary });
	});
});
