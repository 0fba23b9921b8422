/* client.c: a client of the hub tests: masked frames out, a strict reader of what comes back. */
#define _GNU_SOURCE
#include "client.h"
#include "fake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* RFC 6455 section 1.2. */
const char client_request[] =
	"GET /chat HTTP/1.1\r\n"
	"Host: server.example.com\r\n"
	"Upgrade: websocket\r\n"
	"Connection: Upgrade\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	"Sec-WebSocket-Version: 13\r\n\r\n";

void client_open(struct client *c)
{
	static const struct peer nobody;
	int pair[2];

	memset(c, 0, sizeof *c);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || fcntl(pair[0], F_SETFL, O_NONBLOCK) ||
	    fcntl(pair[1], F_SETFL, O_NONBLOCK)) {
		perror("socketpair");
		exit(2);
	}
	c->fd = pair[0];
	c->peer_fd = pair[1];
	c->mask = 0x37fa213d;
	fake_release(pair[1]);
	conn_open(&hub, pair[1], &nobody);
	c->conn = hub.live_count ? hub.live[hub.live_count - 1] : NULL;
}

void client_join(struct client *c)
{
	client_open(c);
	client_send(c, client_request, sizeof client_request - 1);
	hub_settle();
	client_read(c);
	if (c->status != 101) {
		printf("client_join: status %d\n", c->status);
		c->wrong = 1;
	}
}

size_t client_send(struct client *c, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t sent = 0;
	int rests = 0;

	while (sent < n && rests < 2) {
		ssize_t k = sendto(c->fd, p + sent, n - sent, MSG_NOSIGNAL, NULL, 0);

		if (k > 0) {
			sent += (size_t)k;
			rests = 0;
		} else if (k < 0 && errno != EAGAIN) {
			break;
		} else {
			hub_settle();
			rests++;
		}
	}
	return sent;
}

size_t client_frame(struct client *c, uint8_t *out, int op, int fin, const void *data, size_t n)
{
	uint8_t mask[4];
	size_t head = frame_head(out, op, n), i;

	if (!fin)
		out[0] &= 0x7f;
	out[1] |= 0x80;
	for (i = 0; i < 4; i++)
		out[head + i] = mask[i] = (uint8_t)(c->mask >> (8 * i));
	c->mask = c->mask * 1664525u + 1013904223u;
	for (i = 0; i < n; i++)
		out[head + 4 + i] = ((const uint8_t *)data)[i] ^ mask[i & 3];
	return head + 4 + n;
}

void client_message(struct client *c, int op, const void *data, size_t n)
{
	uint8_t *out = malloc(n + FRAME_HEAD_MAX);
	size_t len = client_frame(c, out, op, 1, data, n);

	client_send(c, out, len);
	free(out);
}

void client_text(struct client *c, const char *text)
{
	client_message(c, OP_TEXT, text, strlen(text));
}

void client_close_frame(struct client *c, int code)
{
	uint8_t body[2] = { (uint8_t)(code >> 8), (uint8_t)code };

	client_message(c, OP_CLOSE, body, code == CLOSE_NO_STATUS ? 0 : 2);
}

/* The answer to the handshake is all up to an empty line, and the body of a refusal up to the
 * end. */
static void client_answer(struct client *c)
{
	size_t i;

	for (i = 0; i + 4 <= c->have; i++) {
		if (memcmp(c->in + i, "\r\n\r\n", 4))
			continue;
		if (memcmp(c->in, "HTTP/1.1 ", 9))
			c->wrong = 1;
		c->status = atoi((const char *)c->in + 9);
		c->at = c->status == 101 ? i + 4 : c->have;
		return;
	}
}

void client_read(struct client *c)
{
	ssize_t k;

	if (c->fd < 0)
		return;
	/* Only what is not looked at yet is kept. */
	if (c->at > 0 && c->status) {
		memmove(c->in, c->in + c->at, c->have - c->at);
		c->have -= c->at;
		c->at = 0;
	}
	do {
		if (c->room - c->have < 65536) {
			c->room = 2 * c->room + 65536;
			c->in = realloc(c->in, c->room);
		}
		k = read(c->fd, c->in + c->have, c->room - c->have);
		if (k > 0) {
			c->have += (size_t)k;
			c->came += (size_t)k;
		}
	} while (k > 0);
	if (k == 0 && !c->end)
		c->end = CLIENT_END;
	else if (k < 0 && errno == ECONNRESET)
		c->end = CLIENT_RESET;
	if (!c->status)
		client_answer(c);
	else if (c->status != 101)
		c->at = c->have;
}

static int client_known(int op)
{
	return op == OP_TEXT || op == OP_BINARY || op == OP_CLOSE || op == OP_PING || op == OP_PONG;
}

int client_next(struct client *c, struct message *m)
{
	const uint8_t *p = c->in + c->at;
	size_t n = c->have - c->at, head = 2, i;
	uint64_t len;

	if (c->wrong || c->status != 101 || n < 2 || c->closed) {
		c->wrong |= c->closed && n > 0;
		return 0;
	}
	/* FIN, no reserved bits, no mask, a known opcode. */
	if ((p[0] & 0xf0) != 0x80 || !client_known(p[0] & 15) || p[1] & 0x80) {
		c->wrong = 1;
		return 0;
	}
	len = p[1] & 127;
	if (len >= 126) {
		head += len == 126 ? 2 : 8;
		if (n < head)
			return 0;
		for (len = 0, i = 2; i < head; i++)
			len = len << 8 | p[i];
		c->wrong |= len < (head == 4 ? 126u : 65536u);
	}
	if (n - head < len)
		return 0;
	m->op = p[0] & 15;
	m->data = p + head;
	m->n = (size_t)len;
	c->at += head + m->n;
	if (m->op == OP_CLOSE) {
		c->wrong |= m->n == 1;
		c->closed = m->n < 2 ? CLOSE_NO_STATUS : m->data[0] << 8 | m->data[1];
	}
	return 1;
}

void client_drain(struct client *c, size_t n)
{
	size_t before, after = 0, i;

	do {
		before = after;
		hub_settle();
		for (after = 0, i = 0; i < n; i++) {
			client_read(&c[i]);
			after += c[i].came;
		}
	} while (after != before);
}

int client_got(struct client *c, int op, const void *data, size_t n)
{
	struct message m;

	client_read(c);
	return client_next(c, &m) && m.op == op && m.n == n && (n == 0 || !memcmp(m.data, data, n));
}

int client_got_text(struct client *c, const char *text)
{
	return client_got(c, OP_TEXT, text, strlen(text));
}

unsigned client_skip(struct client *c)
{
	struct message m;
	unsigned n = 0;

	client_read(c);
	while (client_next(c, &m))
		n++;
	return n;
}

int client_quiet(struct client *c)
{
	client_read(c);
	return c->at == c->have && !c->wrong;
}

void client_leave(struct client *c, int reset)
{
	/* A local socket that is closed with a byte unread resets its peer. */
	if (c->fd >= 0 && reset)
		(void)!sendto(c->peer_fd, "", 1, MSG_NOSIGNAL, NULL, 0);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void client_free(struct client *c)
{
	client_leave(c, 0);
	free(c->in);
	c->in = NULL;
}
