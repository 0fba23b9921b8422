// ws.js: a relay, or an echo server, with npm's ws.
"use strict";
const { WebSocketServer } = require("ws");

const echo = process.argv[2] === "echo";
const server = new WebSocketServer({
	host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false
});

server.on("connection", (client) => {
	client.on("error", () => client.terminate());
	client.on("message", (data, binary) => {
		for (const to of echo ? [client] : server.clients)
			if (to.readyState === 1)
				to.send(data, { binary });
	});
});
