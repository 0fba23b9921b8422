/* input.c: bytes from a client: first the request head, then frames, out of them messages. */
#include "core.h"

#include <string.h>

static size_t input_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

void input_clear(struct conn *c)
{
	if (!c->in)
		return;
	hold_give(c, c->in, c->in->size);
	c->in = NULL;
	hold_off(c);
}

/* Makes c->in hold room for n more bytes of data, at most `most` in all. It grows as bytes come,
 * never as announced. Returns 0, or -1 when there is no memory: then the client is ending. */
static int input_grow(struct conn *c, size_t n, size_t most)
{
	struct in *old = c->in, *bigger;
	size_t have = offsetof(struct in, data) + (old ? old->have : 0), size;

	if (old && n <= old->size - have)
		return 0;
	size = budget_size(have + n, offsetof(struct in, data) + most);
	bigger = hold_grow(c, old, old ? old->size : 0, size, 1);
	if (!bigger) {
		conn_end(c, REASON_MEMORY, "out of memory budget");
		return -1;
	}
	if (!old) {
		memset(bigger, 0, offsetof(struct in, data));
		bigger->since = c->hub->now;
	}
	bigger->size = (uint32_t)size;
	c->in = bigger;
	hold_on(c);
	return 0;
}

size_t input_room(const struct conn *c)
{
	const struct hub *h = c->hub;
	size_t queued = output_len(c), held = c->in ? c->in->have : 0, most = h->input_max - c->raw;

	if (c->state == CONN_HANDSHAKE)
		return input_min(HTTP_HEAD_MAX - held, most);
	if (c->state != CONN_OPEN)
		return c->state == CONN_DEAD ? 0 : h->input_max;
	/* An answer as large as all it was made of must have room behind what waits. */
	held += FRAME_HEAD_MAX + INPUT_TAIL_MAX + c->raw;
	if (queued > h->output_max / 2 || held >= h->output_max - queued)
		return 0;
	return input_min(most, h->output_max - queued - held);
}

static void input_message(struct conn *c, int op, const uint8_t *data, size_t n)
{
	struct hub *h = c->hub;

	h->stats.messages++;
	if (h->app->message)
		h->app->message(c, op, data, n);
}

/* The message in c->in is whole. The block is taken off the client while the application reads it:
 * whatever happens to the client meanwhile, the bytes stay. */
static void input_message_held(struct conn *c)
{
	struct in *in = c->in;

	c->in = NULL;
	hold_off(c);
	if (in->op == OP_TEXT && in->utf8 != 0)
		conn_end(c, REASON_BAD_DATA, "text is not UTF-8");
	else
		input_message(c, in->op, in->data, in->have);
	hold_give(c, in, in->size);
}

/* More payload of a frame that did not come whole. Returns the bytes used. */
static size_t input_payload(struct conn *c, uint8_t *p, size_t n)
{
	struct in *in = c->in;
	size_t k = n < in->left ? n : (size_t)in->left;

	frame_unmask(p, k, in->mask, in->at);
	if (in->op == OP_TEXT && utf8_check(&in->utf8, p, k)) {
		conn_end(c, REASON_BAD_DATA, "text is not UTF-8");
		return n;
	}
	if (input_grow(c, k, c->hub->config->server_max_message_size))
		return n;
	in = c->in;
	if (k)
		memcpy(in->data + in->have, p, k);
	in->have += (uint32_t)k;
	in->at += k;
	in->left -= k;
	if (in->left == 0 && in->fin)
		input_message_held(c);
	return k;
}

static size_t input_control(struct conn *c, const struct frame *f, uint8_t *p, size_t head)
{
	size_t len = (size_t)f->len;

	p += head;
	frame_unmask(p, len, f->mask, 0);
	if (f->op == OP_CLOSE) {
		int code = frame_close_code(p, len);
		/* A peer may say 1002 or 1007 itself. */
		int own = len >= 2 && code == (p[0] << 8 | p[1]);

		if (code == CLOSE_PROTOCOL && !own)
			conn_end(c, REASON_PROTOCOL, "bad close frame");
		else if (code == CLOSE_BAD_DATA && !own)
			conn_end(c, REASON_BAD_DATA, "close reason is not UTF-8");
		else
			conn_end_code(c, REASON_PEER, code, "closed by peer");
	} else if (f->op == OP_PONG) {
		conn_pong(c, p, len);
	} else if (output_frame(c, OP_PONG, p, len)) {
		conn_end(c, REASON_MEMORY, "out of memory budget");
	}
	return head + len;
}

/* Whether a data frame may come here. Returns 0, or -1: the client is ending. */
static int input_allowed(struct conn *c, const struct frame *f)
{
	const struct in *in = c->in;
	size_t have = in ? in->have : 0;
	int begun = in && in->op;

	if (begun != (f->op == OP_CONTINUATION))
		conn_end(c, REASON_PROTOCOL, begun ? "new message inside a fragmented one"
		                                   : "continuation of nothing");
	else if (f->len > c->hub->config->server_max_message_size - have)
		conn_end(c, REASON_TOO_BIG, "message over max_message_size");
	else if (begun && in->fragments >= INPUT_FRAGMENTS_MAX)
		conn_end(c, REASON_POLICY, "message of too many fragments");
	else
		return 0;
	return -1;
}

/* A frame whole in the input is used where it lies. */
static void input_whole(struct conn *c, const struct frame *f, uint8_t *p)
{
	uint32_t utf8 = 0;
	size_t len = (size_t)f->len;

	frame_unmask(p, len, f->mask, 0);
	if (f->op == OP_TEXT && (utf8_check(&utf8, p, len) || utf8 != 0))
		conn_end(c, REASON_BAD_DATA, "text is not UTF-8");
	else
		input_message(c, f->op, p, len);
}

/* The next frame. Returns the bytes used, 0: more please. */
static size_t input_frame(struct conn *c, uint8_t *p, size_t n)
{
	struct frame f;
	int head = frame_parse(&f, p, n);

	if (head < 0) {
		conn_end(c, REASON_PROTOCOL, "illegal frame");
		return n;
	}
	if (head == 0)
		return 0;
	if (f.op >= OP_CLOSE)
		return n - (size_t)head < f.len ? 0 : input_control(c, &f, p, (size_t)head);
	if (input_allowed(c, &f))
		return n;
	if (f.fin && f.op != OP_CONTINUATION && n - (size_t)head >= f.len) {
		input_whole(c, &f, p + head);
		return (size_t)head + (size_t)f.len;
	}
	if (input_grow(c, 0, c->hub->config->server_max_message_size))
		return n;
	if (f.op != OP_CONTINUATION)
		c->in->op = f.op;
	c->in->fragments++;
	c->in->fin = f.fin;
	c->in->left = f.len;
	c->in->at = 0;
	memcpy(c->in->mask, f.mask, sizeof f.mask);
	if (f.len == 0 && f.fin)
		input_message_held(c);
	return (size_t)head;
}

static void input_frames(struct conn *c, uint8_t *p, size_t n)
{
	size_t used;

	if (c->in && c->in->tail_len) {
		p -= c->in->tail_len;
		n += c->in->tail_len;
		memcpy(p, c->in->tail, c->in->tail_len);
		c->in->tail_len = 0;
	}
	while (n > 0 && c->state == CONN_OPEN) {
		used = c->in && c->in->left ? input_payload(c, p, n) : input_frame(c, p, n);
		if (used == 0)
			break;
		p += used;
		n -= used;
		/* The block held a tail only, and that is done. */
		if (c->in && !c->in->op)
			input_clear(c);
	}
	if (n == 0 || c->state != CONN_OPEN || input_grow(c, 0, 0))
		return;
	memcpy(c->in->tail, p, n);
	c->in->tail_len = (uint8_t)n;
}

/* Why a head is refused, for the log. */
static const char *input_why(int status)
{
	switch (status) {
	case 404:
		return "wrong path";
	case 405:
		return "not GET";
	case 413:
		return "has a body";
	case 414:
	case 431:
		return "request head too large";
	case 426:
		return "asks for no WebSocket of version 13";
	default:
		return "malformed request";
	}
}

/* The head is whole, `used` bytes of it: to be welcomed or refused. */
static void input_admit(struct conn *c, const struct http_req *q, const char *head)
{
	struct hub *h = c->hub;
	char answer[HTTP_ANSWER_MAX];
	int status = http_upgrade(q, head, h->config->server_path);

	if (status) {
		conn_refuse(c, status, q->method, input_why(status));
		return;
	}
	if (h->drain_until || h->stats.connected >= h->config->server_max_connections) {
		conn_refuse(c, 503, q->method, h->drain_until ? "shutting down" : "max_connections reached");
		return;
	}
	status = h->app->admit ? h->app->admit(c, q, head) : 0;
	/* It may have closed the client itself. */
	if (c->state != CONN_HANDSHAKE)
		return;
	if (status) {
		conn_refuse(c, status, q->method, "not admitted");
		return;
	}
	if (output_bytes(c, answer, http_accept(answer, q, head), 1)) {
		conn_refuse(c, 503, q->method, "out of memory budget");
		return;
	}
	conn_upgrade(c);
	if (h->app->open)
		h->app->open(c);
}

static void input_head(struct conn *c, uint8_t *p, size_t n)
{
	struct http_req first = { 0 }, *q = &first;
	struct in *in = NULL;
	int used;

	if (c->in) {
		if (input_grow(c, n, HTTP_HEAD_MAX))
			return;
		in = c->in;
		memcpy(in->data + in->have, p, n);
		in->have += (uint32_t)n;
		p = in->data;
		n = in->have;
		q = &in->req;
	}
	used = http_parse(q, (const char *)p, n);
	if (used < 0) {
		conn_refuse(c, -used, q->method, input_why(-used));
	} else if (used == 0 && !in) {
		if (input_grow(c, n, HTTP_HEAD_MAX))
			return;
		c->in->req = first;
		memcpy(c->in->data, p, n);
		c->in->have = (uint32_t)n;
	} else if (used > 0) {
		/* Taken off the client, so that it stays while what follows it is read. */
		c->in = NULL;
		if (in)
			hold_off(c);
		input_admit(c, q, (const char *)p);
		if (c->state == CONN_OPEN)
			input_frames(c, p + used, n - (size_t)used);
		if (in)
			hold_give(c, in, in->size);
	}
}

void input_take(struct conn *c, uint8_t *p, size_t n)
{
	size_t head = input_room(c);

	/* A TLS record may hold more than a head may. */
	if (c->state == CONN_HANDSHAKE) {
		head = head < n ? head : n;
		input_head(c, p, head);
		p += head;
		n -= head;
	}
	if (c->state == CONN_OPEN && n > 0)
		input_frames(c, p, n);
}
