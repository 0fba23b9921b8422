/* relay.c: broadcasts every message to all clients, the sender included. */
#include "wsrelay.h"

extern const struct app app_relay;

static void relay_message(struct conn *c, int op, const void *data, size_t n)
{
	hub_broadcast(conn_hub(c), op, data, n);
}

const struct app app_relay = { .name = "relay", .message = relay_message };
