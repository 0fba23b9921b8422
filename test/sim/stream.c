/* stream.c: what the server hands over to a client: an answer, whole frames, at most one close. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

void stream_start(struct client *c)
{
	memset(&c->in, 0, sizeof c->in);
	c->in.at = IN_HEAD;
}

int stream_at_end(const struct client *c)
{
	const struct stream *s = &c->in;

	/* Closed without an answer: its request was never whole. */
	return s->at == IN_NOTHING || (s->at == IN_HEAD && s->have == 0);
}

/* ---- the answer */

static int stream_status_fits(const struct client *c, int status)
{
	if (c->scraper || c->turned_away)
		return 1;
	if (status == 101)
		return c->poison != 0 && c->taken >= c->head_end;
	if (status == 408 || status == 503)
		return 1;
	return c->poison == 0 && (status == c->code || status == c->code_too);
}

static void stream_answer(struct client *c)
{
	struct stream *s = &c->in;
	const char *text = (const char *)s->head, *length;

	s->head[s->have] = 0;
	CHECK(!strncmp(text, "HTTP/1.1 ", 9), "answer: client %d gets %.40s", c->id, text);
	s->status = atoi(text + 9);
	TRACE("client %d is answered %d", c->id, s->status);
	CHECK(stream_status_fits(c, s->status), "answer: client %d gets %d (want %d)", c->id,
	      s->status,
	      c->code);
	s->have = 0;
	if (s->status == 101) {
		CHECK(strstr(text,
		             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != NULL,
		      "answer: client %d gets the wrong key", c->id);
		s->at = IN_FRAME_HEAD;
		if (c->act_at != SIM_NEVER && c->act_at > wait_now + c->gap)
			client_acts(c, wait_now + c->gap);
		return;
	}
	length = strstr(text, "Content-Length: ");
	CHECK(length != NULL, "answer: client %d gets no length", c->id);
	s->left = strtoul(length + 16, NULL, 10);
	/* The answer to HEAD has a length, but no body. */
	if (c->scraper && c->made > 4 && !memcmp(c->up, "HEAD", 4))
		s->left = s->status == 404 ? s->left : 0;
	s->at = s->left ? IN_BODY : IN_NOTHING;
}

static size_t stream_head(struct client *c, const uint8_t *p, size_t n)
{
	struct stream *s = &c->in;
	size_t i;

	for (i = 0; i < n; i++) {
		CHECK(s->have + 1 < sizeof s->head, "answer: client %d gets a long one", c->id);
		s->head[s->have++] = p[i];
		if (s->have >= 4 && !memcmp(s->head + s->have - 4, "\r\n\r\n", 4)) {
			stream_answer(c);
			return i + 1;
		}
	}
	return n;
}

/* ---- frames */

static void stream_control(struct client *c)
{
	struct stream *s = &c->in;
	int code = s->len >= 2 ? s->control[0] << 8 | s->control[1] : CLOSE_NO_STATUS;

	if (s->op == OP_CLOSE) {
		CHECK(s->len != 1 && s->len <= 125, "close: a body of %llu",
		      (unsigned long long)s->len);
		s->closes++;
		oracle_close(c, code);
		s->at = IN_NOTHING;
	} else if (s->op == OP_PONG) {
		oracle_pong(c, s->control, (size_t)s->len);
	}
	TRACE("client %d: frame %x, %llu bytes, %d", c->id, s->op, (unsigned long long)s->len,
	      code);
	if (s->op != OP_PONG)
		client_answered(c, s->op, s->control, (size_t)s->len);
}

static void stream_frame_end(struct client *c)
{
	struct stream *s = &c->in;

	s->at = IN_FRAME_HEAD;
	s->have = 0;
	if (s->op >= OP_CLOSE) {
		stream_control(c);
		return;
	}
	c->begun = 0;
	c->whole++;
	TRACE("client %d: message of %llu bytes", c->id, (unsigned long long)s->len);
}

/* The header is whole. */
static void stream_frame(struct client *c)
{
	struct stream *s = &c->in;
	size_t more = s->have - 2, i;

	s->len = s->head[1];
	for (i = 0, s->len = more ? 0 : s->len; i < more; i++)
		s->len = s->len << 8 | s->head[2 + i];
	CHECK(more != 2 || s->len > 125, "frame: a length that is not minimal");
	CHECK(more != 8 || s->len > 65535, "frame: a length that is not minimal");
	CHECK(s->op < OP_CLOSE || s->len <= 125, "frame: a long control frame");
	if (s->op < OP_CLOSE)
		CHECK(s->op == s->want_op && s->len == s->want_len,
		      "order: client %d gets op %d of %llu bytes, not op %d of %lu: message %llu "
		      "lost, doubled or out of order", c->id, s->op, (unsigned long long)s->len,
		      s->want_op, (unsigned long)s->want_len, (unsigned long long)c->whole);
	s->left = s->len;
	s->at = IN_PAYLOAD;
	if (!s->left)
		stream_frame_end(c);
}

static size_t stream_frame_head(struct client *c, uint8_t byte)
{
	struct stream *s = &c->in;
	size_t need = 2;

	if (s->have == 0) {
		s->op = byte & 0x0f;
		CHECK((byte & 0xf0) == 0x80 && (s->op == OP_TEXT || s->op == OP_BINARY ||
		      (s->op >= OP_CLOSE && s->op <= OP_PONG)),
		      "frame: client %d gets a first byte %02x behind %llu bytes", c->id, byte,
		      (unsigned long long)c->given);
		if (s->op < OP_CLOSE) {
			CHECK(oracle_next(c) == 0, "order: client %d gets a message that nobody "
			      "sent", c->id);
			c->begun = 1;
		}
	}
	s->head[s->have++] = byte;
	if (s->have < 2)
		return 1;
	CHECK(s->head[1] < 128, "frame: masked by the server");
	need += s->head[1] == 127 ? 8 : s->head[1] == 126 ? 2 : 0;
	if (s->have == need)
		stream_frame(c);
	return 1;
}

static size_t stream_payload(struct client *c, const uint8_t *p, size_t n)
{
	struct stream *s = &c->in;
	size_t k = n < s->left ? n : (size_t)s->left, at = (size_t)(s->len - s->left);

	if (s->op >= OP_CLOSE)
		memcpy(s->control + at, p, k);
	else
		CHECK(!memcmp(world.store + s->want_at + at, p, k),
		      "order: client %d gets other bytes than the message %llu has: lost, doubled "
		      "or overwritten", c->id, (unsigned long long)c->whole);
	s->left -= k;
	if (!s->left)
		stream_frame_end(c);
	return k;
}

void stream_take(struct client *c, const uint8_t *p, size_t n)
{
	struct stream *s = &c->in;
	size_t k;

	while (n > 0) {
		if (s->at == IN_HEAD) {
			k = stream_head(c, p, n);
		} else if (s->at == IN_BODY) {
			k = n < s->left ? n : (size_t)s->left;
			s->left -= k;
			if (!s->left)
				s->at = IN_NOTHING;
		} else if (s->at == IN_FRAME_HEAD) {
			k = stream_frame_head(c, *p);
		} else if (s->at == IN_PAYLOAD) {
			k = stream_payload(c, p, n);
		} else {
			main_fail("close: client %d gets %zu bytes behind its end", c->id, n);
			return;
		}
		c->given += k;
		p += k;
		n -= k;
	}
	if (c->reads != READ_NEVER && c->read_at == SIM_NEVER && !c->gone)
		client_reads(c, wait_now + c->lag);
}
