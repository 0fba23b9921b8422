// bun.js: a relay, or an echo server, with Bun's own WebSocket.
"use strict";
const echo = process.argv[2] === "echo";
const server = Bun.serve({
	hostname: "127.0.0.1",
	port: 0,
	fetch(request, server) {
		return server.upgrade(request) ? undefined : new Response("WebSocket only", { status: 426 });
	},
	websocket: {
		perMessageDeflate: false,
		idleTimeout: 0,
		backpressureLimit: 1 << 30,
		maxPayloadLength: 1 << 20,
		open(client) {
			client.subscribe("all");
		},
		message(client, data) {
			if (echo)
				client.send(data);
			else
				server.publish("all", data);
		}
	}
});
