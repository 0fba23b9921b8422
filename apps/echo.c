/* echo.c: sends every message back to its sender: a server to test connections with. */
#include "wsrelay.h"

extern const struct app app_echo;

static void echo_message(struct conn *c, int op, const void *data, size_t n)
{
	conn_send(c, op, data, n);
}

static const struct metric echo_metrics[] = {
	{ "websocket_connections", "Clients connected to the echo server.",
	  offsetof(struct stats, connected) },
	{ .name = "" }
};

const struct app app_echo = {
	.name = "echo", .metrics = echo_metrics, .message = echo_message
};
