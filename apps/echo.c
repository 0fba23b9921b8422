/* echo.c: sends every message back to its sender: a server to test connections with. */
#include "wsrelay.h"

#include <inttypes.h>

extern const struct app app_echo;

static void echo_message(struct conn *c, int op, const void *data, size_t n)
{
	conn_send(c, op, data, n);
}

/* At each whole number of intervals since the start. */
static void echo_tick(struct hub *h, uint64_t last, uint64_t now)
{
	uint32_t interval = hub_settings(h)->echo_status_interval;

	if (interval && now / interval > last / interval)
		log_line(LOG_LEVEL_INFO, "Active connections: %" PRIu64, hub_stats(h)->connected);
}

static const struct config_key echo_keys[] = {
	{ .path = "echo", .kind = CONFIG_SECTION, .help = "with app: echo" },
	{ "echo.status_interval", offsetof(struct config, echo_status_interval), CONFIG_TIME_OR_0,
	  "30s", 1000, 86400000, "between lines in the log; 0: none" },
	{ .path = "" }
};

static const struct metric echo_metrics[] = {
	{ "websocket_connections", "Clients connected to the echo server.",
	  offsetof(struct stats, connected) },
	{ .name = "" }
};

const struct app app_echo = {
	.name = "echo", .keys = echo_keys, .metrics = echo_metrics, .message = echo_message,
	.tick = echo_tick
};
