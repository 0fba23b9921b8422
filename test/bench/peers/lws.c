/* lws.c: a relay, or an echo server, with libwebsockets. Messages are stored once, counted by those
 * who still have to send them, as the library's own examples do. */
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

struct message {
	struct message *next;
	size_t waiting, n;      /* how many clients have to send it still */
	unsigned char data[];   /* LWS_PRE bytes of room, then the payload */
};

struct client {
	struct client *next, **from;
	struct lws *wsi;
	struct message *todo;           /* the next to send, or NULL */
	struct message *part;           /* what came of a message so far */
	size_t room;
};

static struct client *clients;
static size_t count;
static struct message *newest;
static int echo;

/* One client has sent it. */
static struct message *sent(struct message *m)
{
	struct message *next = m->next;

	if (--m->waiting == 0) {
		if (m == newest)
			newest = NULL;
		free(m);
	}
	return next;
}

static void queue(struct client *c, struct message *m)
{
	if (!c->todo)
		c->todo = m;
	lws_callback_on_writable(c->wsi);
}

static void publish(struct message *m)
{
	struct client *c;

	m->waiting = count;
	if (newest)
		newest->next = m;
	newest = m;
	for (c = clients; c; c = c->next)
		queue(c, m);
}

/* Each client's messages are its own then; the list goes through `next` again. */
static void answer(struct client *c, struct message *m)
{
	struct message **end = &c->todo;

	m->waiting = 1;
	while (*end)
		end = &(*end)->next;
	*end = m;
	lws_callback_on_writable(c->wsi);
}

static int received(struct client *c, const void *in, size_t n)
{
	struct message *m = c->part;
	size_t have = m ? m->n : 0;

	if (!m || have + n > c->room) {
		c->room = have + n + lws_remaining_packet_payload(c->wsi);
		m = realloc(m, sizeof *m + LWS_PRE + c->room);
		if (!m)
			return -1;
	}
	memcpy(m->data + LWS_PRE + have, in, n);
	m->n = have + n;
	c->part = m;
	if (!lws_is_final_fragment(c->wsi))
		return 0;
	c->part = NULL;
	m->next = NULL;
	if (echo)
		answer(c, m);
	else
		publish(m);
	return 0;
}

static int writable(struct client *c)
{
	struct message *m = c->todo;

	if (!m)
		return 0;
	if (lws_write(c->wsi, m->data + LWS_PRE, m->n, LWS_WRITE_BINARY) < (int)m->n)
		return -1;
	c->todo = sent(m);
	if (c->todo)
		lws_callback_on_writable(c->wsi);
	return 0;
}

static void opened(struct client *c, struct lws *wsi)
{
	memset(c, 0, sizeof *c);
	c->wsi = wsi;
	c->next = clients;
	c->from = &clients;
	if (clients)
		clients->from = &c->next;
	clients = c;
	count++;
}

static void closed(struct client *c)
{
	while (c->todo)
		c->todo = sent(c->todo);
	free(c->part);
	*c->from = c->next;
	if (c->next)
		c->next->from = c->from;
	count--;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t n)
{
	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED: opened(user, wsi); return 0;
	case LWS_CALLBACK_CLOSED: closed(user); return 0;
	case LWS_CALLBACK_RECEIVE: return received(user, in, n);
	case LWS_CALLBACK_SERVER_WRITEABLE: return writable(user);
	default: return 0;
	}
}

static const struct lws_protocols protocols[] = {
	{ .name = "relay", .callback = callback, .per_session_data_size = sizeof(struct client),
	  .rx_buffer_size = 4096, .tx_packet_size = 65536 },
	{ .name = NULL }
};

int main(int argc, char **argv)
{
	struct lws_context_creation_info info;
	struct lws_context *context;

	echo = argc > 1 && !strcmp(argv[1], "echo");
	memset(&info, 0, sizeof info);
	info.port = 0;
	info.iface = "127.0.0.1";
	info.options = LWS_SERVER_OPTION_DISABLE_IPV6;
	info.protocols = protocols;
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	lws_set_log_level(LLL_ERR, NULL);
	context = lws_create_context(&info);
	if (!context)
		return 1;
	while (lws_service(context, 0) >= 0)
		;
	lws_context_destroy(context);
	return 0;
}
