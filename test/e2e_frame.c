/* e2e_frame.c: frames, messages and metrics of the end-to-end tests. */
#include "e2e.h"

/* ---- frames */

size_t frame_make(uint8_t *out, int first, const void *data, size_t n)
{
	static uint32_t seed = 0x9e3779b9;
	uint8_t mask[4];
	size_t at = 2, i;

	out[0] = (uint8_t)first;
	if (n < 126) {
		out[1] = (uint8_t)(0x80 | n);
	} else if (n < 65536) {
		out[1] = 0x80 | 126;
		out[at++] = (uint8_t)(n >> 8);
		out[at++] = (uint8_t)n;
	} else {
		out[1] = 0x80 | 127;
		for (i = 0; i < 8; i++)
			out[at++] = (uint8_t)((uint64_t)n >> (56 - 8 * i));
	}
	seed = seed * 1664525u + 1013904223u;
	for (i = 0; i < 4; i++)
		out[at++] = mask[i] = (uint8_t)(seed >> (8 * i));
	for (i = 0; i < n; i++)
		out[at + i] = ((const uint8_t *)data)[i] ^ mask[i & 3];
	return at + n;
}

int client_frame(struct client *c, int first, const void *data, size_t n)
{
	uint8_t *frame = malloc(n + 14);
	int failed = !frame || client_send(c, frame, frame_make(frame, first, data, n));

	free(frame);
	return failed ? -1 : 0;
}

int client_text(struct client *c, const char *text)
{
	return client_frame(c, 0x81, text, strlen(text));
}

/* Takes a whole frame off what came. Returns its opcode, C_BAD, or C_TIMEOUT: not whole yet. */
static int client_parse(struct client *c)
{
	const uint8_t *p = c->buf + c->at;
	size_t n = c->have - c->at, head = 2, i;
	uint64_t len;

	if (n < 2)
		return C_TIMEOUT;
	len = p[1] & 0x7f;
	if (!(p[0] & 0x80) || (p[0] & 0x70) || (p[1] & 0x80) || ((p[0] & 8) && len > 125))
		return C_BAD;
	if (len >= 126) {
		head = len == 126 ? 4 : 10;
		if (n < head)
			return C_TIMEOUT;
		for (len = 0, i = 2; i < head; i++)
			len = len << 8 | p[i];
		if (len < (head == 4 ? 126u : 65536u))
			return C_BAD;
	}
	if (len > n - head)
		return C_TIMEOUT;
	c->op = p[0] & 15;
	c->data = p + head;
	c->len = (size_t)len;
	c->code = c->op == 8 && len >= 2 ? c->data[0] << 8 | c->data[1] : 0;
	c->at += head + (size_t)len;
	return c->op;
}

int client_read_for(struct client *c, int ms)
{
	long long until = now_ms() + ms;

	for (;;) {
		int op = client_parse(c);

		if (op != C_TIMEOUT)
			return op;
		if (c->ended)
			return c->have > c->at && c->ended == C_EOF ? C_BAD : c->ended;
		if (!client_more(c, until))
			return C_TIMEOUT;
	}
}

int client_read(struct client *c)
{
	return client_read_for(c, E2E_MS);
}

int client_is(struct client *c, int op, const void *data, size_t n)
{
	return client_read(c) == op && c->len == n && (n == 0 || !memcmp(c->data, data, n));
}

int client_text_is(struct client *c, const char *text)
{
	return client_is(c, 1, text, strlen(text));
}

int client_closed(struct client *c, int code)
{
	return client_read(c) == 8 && c->code == code && c->len == (code ? 2 : 0) &&
	       client_gone(c) && c->ended == C_EOF;
}

int client_bye(struct client *c)
{
	int good = !client_frame(c, 0x88, "\x03\xe8", 2) && client_closed(c, 1000);

	client_leave(c);
	return good;
}

int round_trip(struct client *a, struct client *b)
{
	static unsigned number;
	struct client *from = a, *to = b;
	long long begun = now_ms();
	char text[32];
	int way;

	for (way = 0; way < 2; way++, from = b, to = a) {
		snprintf(text, sizeof text, "round trip %u", number++);
		if (client_text(from, text) || !client_text_is(to, text) ||
		    !client_text_is(from, text))
			return -1;
	}
	return (int)(now_ms() - begun);
}

/* ---- metrics */

long http_get(const struct server *s, const char *request, char *answer, size_t room)
{
	long long until = now_ms() + E2E_MS;
	struct client c;
	size_t n;

	client_take(&c, socket_open_port(s->metrics_port));
	if (c.fd < 0 || client_send_text(&c, request)) {
		client_leave(&c);
		return -1;
	}
	while (!c.ended && client_more(&c, until))
		;
	n = c.have < room ? c.have : room - 1;
	memcpy(answer, c.buf, n);
	answer[n] = '\0';
	if (c.ended != C_EOF)
		n = 0;
	client_leave(&c);
	return n ? (long)n : -1;
}

double metric(const struct server *s, const char *name)
{
	static char page[32768];
	size_t n = strlen(name);
	const char *at = page;

	if (http_get(s, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", page, sizeof page) < 0)
		return -1;
	while ((at = strstr(at, name))) {
		if (at[-1] == '\n' && at[n] == ' ')
			return strtod(at + n, NULL);
		at += n;
	}
	return -1;
}

double metric_await(const struct server *s, const char *name, double value)
{
	long long until = now_ms() + E2E_MS;
	double got = metric(s, name);

	while (got != value && now_ms() < until) {
		e2e_pass(5);
		got = metric(s, name);
	}
	return got;
}
