/* receive.c: a server's bytes to messages and control frames (RFC 6455 sections 5 and 8.1). */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MIN = 1024, MASKED = 0x80, LENGTH = 0x7f };

void receive_start(struct receive *r, size_t max)
{
	memset(r, 0, sizeof *r);
	r->max = max;
}

void receive_stop(struct receive *r)
{
	free(r->message);
	r->message = NULL;
	r->room = 0;
}

static long wrong(struct receive *r, int code, const char *why)
{
	r->why = why;
	return -code;
}

/* A server's header is a client's without the mask (section 5.1), so with the bit set and a key of
 * zeros behind it frame_parse judges it. Returns its length, 0, or -CLOSE_PROTOCOL. */
static int parse_head(struct frame *f, const uint8_t *p, size_t n)
{
	uint8_t head[FRAME_HEAD_MAX] = { 0 };
	size_t len;
	int got;

	head[0] = p[0];
	if (n < 2)
		return frame_parse(f, head, n);
	if (p[1] & MASKED)
		return -CLOSE_PROTOCOL;
	len = (p[1] & LENGTH) == 127 ? 10 : (p[1] & LENGTH) == 126 ? 4 : 2;
	memcpy(head, p, n < len ? n : len);
	head[1] |= MASKED;
	got = frame_parse(f, head, n < len ? n : len + 4);
	return got > 0 ? (int)len : got;
}

/* Returns the header's length, 0, or minus a close code. */
static long begin_frame(struct receive *r, const uint8_t *p, size_t n)
{
	struct frame f;
	int len = parse_head(&f, p, n);

	if (len < 0)
		return wrong(r, CLOSE_PROTOCOL, "its frame has a wrong header or a mask");
	if (len == 0)
		return 0;
	if (f.op == OP_CONTINUATION && !r->message_op)
		return wrong(r, CLOSE_PROTOCOL, "its frame continues no message");
	if ((f.op == OP_TEXT || f.op == OP_BINARY) && r->message_op)
		return wrong(r, CLOSE_PROTOCOL, "its message begins inside another");
	if (f.op <= OP_BINARY && f.len > r->max - r->len)
		return wrong(r, CLOSE_TOO_BIG, "its message is longer than --max-message");
	if (f.op == OP_TEXT || f.op == OP_BINARY) {
		r->message_op = f.op;
		r->utf8 = 0;
	}
	r->op = f.op;
	r->fin = f.fin;
	r->left = f.len;
	r->inside = 1;
	r->control_len = 0;
	return len;
}

/* Room for n more bytes of the message: it grows as bytes come, not as they are announced. */
static int grow(struct receive *r, size_t n)
{
	size_t room = r->room ? r->room : MESSAGE_MIN;
	uint8_t *grown;

	if (n <= r->room - r->len)
		return 0;
	while (room < r->len + n)
		room *= 2;
	/* One byte at least, so that an empty message has an address. */
	grown = realloc(r->message, room < r->max ? room : r->max + 1);
	if (!grown)
		return -1;
	r->message = grown;
	r->room = room < r->max ? room : r->max + 1;
	return 0;
}

/* Returns 0 or minus a close code. */
static long payload(struct receive *r, const uint8_t *p, size_t n)
{
	if (r->op >= OP_CLOSE) {
		memcpy(r->control + r->control_len, p, n);
		r->control_len = (uint8_t)(r->control_len + n);
	} else if (grow(r, n)) {
		return wrong(r, CLOSE_INTERNAL, "there is no memory for its message");
	} else {
		memcpy(r->message + r->len, p, n);
		r->len += n;
		if (r->message_op == OP_TEXT && utf8_check(&r->utf8, p, n))
			return wrong(r, CLOSE_BAD_DATA, "its text is not UTF-8");
	}
	return 0;
}

/* Returns 0 or minus a close code. */
static long end_frame(struct receive *r)
{
	r->inside = 0;
	if (r->op >= OP_CLOSE) {
		r->got = r->op;
		r->data = r->control;
		r->data_len = r->control_len;
	} else if (r->fin) {
		if (r->message_op == OP_TEXT && r->utf8)
			return wrong(r, CLOSE_BAD_DATA, "its text ends inside a character");
		if (grow(r, 1))
			return wrong(r, CLOSE_INTERNAL, "there is no memory for its message");
		r->got = r->message_op;
		r->data = r->message;
		r->data_len = r->len;
		r->message_op = 0;
		r->done = 1;
	}
	return 0;
}

long receive_take(struct receive *r, const uint8_t *p, size_t n)
{
	size_t used = 0;
	long result = 0;

	r->got = 0;
	if (r->done) {
		r->done = 0;
		r->len = 0;
	}
	while (!r->got && result >= 0) {
		size_t piece = n - used;

		if (!r->inside) {
			result = piece ? begin_frame(r, p + used, piece) : 0;
			if (result <= 0)
				break;
			used += (size_t)result;
			piece = n - used;
		}
		piece = r->left < piece ? (size_t)r->left : piece;
		result = piece ? payload(r, p + used, piece) : 0;
		used += piece;
		r->left -= piece;
		if (result < 0 || r->left)
			break;
		result = end_frame(r);
	}
	return result < 0 ? result : (long)used;
}
