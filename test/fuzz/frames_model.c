/* frames_model.c: RFC 6455 section 5 over a stream that is there as a whole, byte by byte. */
#include "frames_model.h"
#include "fuzz.h"

#include <string.h>

enum { MESSAGE_MAX = 1 << 17, FRAGMENTS_MAX = 65536, CLOSE = 8, PING = 9, PONG = 10 };

/* A frame as far as it is there. */
struct head {
	int fin, op;
	size_t at;              /* of the payload */
	uint64_t len;
	const uint8_t *mask;
};

/* A message as far as it is there. */
struct message {
	uint8_t data[MESSAGE_MAX];
	size_t n;
	int op, fragments;
};

void model_list_start(struct model_list *l, uint8_t *at, size_t room)
{
	l->at = at;
	l->room = room;
	l->n = l->last = 0;
	l->last_op = -1;
	l->no_pongs = 0;
}

void model_list_add(struct model_list *l, int op, const uint8_t *payload, size_t n)
{
	int i;

	if (op == PONG && l->no_pongs)
		return;
	if (op == PONG && l->last_op == PONG)
		l->n = l->last;
	FUZZ_ASSERT(n + 5 <= l->room - l->n);
	l->last = l->n;
	l->last_op = op;
	l->at[l->n++] = (uint8_t)op;
	for (i = 24; i >= 0; i -= 8)
		l->at[l->n++] = (uint8_t)(n >> i);
	if (n)
		memcpy(l->at + l->n, payload, n);
	l->n += n;
}

int model_list_next(const struct model_list *l, size_t *pos, int *op, const uint8_t **p, size_t *n)
{
	const uint8_t *at = l->at + *pos;

	if (*pos == l->n)
		return 0;
	*op = at[0];
	*n = (size_t)at[1] << 24 | (size_t)at[2] << 16 | (size_t)at[3] << 8 | at[4];
	*p = at + 5;
	*pos += 5 + *n;
	return 1;
}

/* Returns 1 for a whole header, 0 for a part of one, or minus the code that refuses it. */
static int read_head(struct head *h, const uint8_t *p, size_t n)
{
	size_t wide, i;

	if (n < 1)
		return 0;
	h->fin = p[0] >> 7;
	h->op = p[0] & 15;
	if (p[0] & 0x70 || (h->op >= 3 && h->op <= 7) || h->op >= 11 || (h->op >= 8 && !h->fin))
		return -1002;
	if (n < 2)
		return 0;
	h->len = p[1] & 0x7f;
	if (!(p[1] & 0x80) || (h->op >= 8 && h->len > 125))
		return -1002;
	wide = h->len == 126 ? 2 : h->len == 127 ? 8 : 0;
	if (wide)
		h->len = 0;
	for (i = 0; i < wide; i++) {
		if (n < 3 + i)
			return 0;
		h->len = h->len * 256 + p[2 + i];
		if (wide == 8 && i == 0 && h->len > 127)
			return -1002;
		/* No two more bytes make it as long as this form is for. */
		if ((wide == 8 && i == 5 && h->len == 0) || (wide == 2 && i == 1 && h->len < 126))
			return -1002;
	}
	h->mask = p + 2 + wide;
	h->at = 2 + wide + 4;
	return n >= h->at;
}

static int code_good(int code)
{
	if (code >= 3000 && code <= 4999)
		return 1;
	return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/* A whole control frame. Returns 0 to go on, or the code that ends it; 1005: without one. */
static int control(struct model_list *l, const struct head *h, const uint8_t *p)
{
	uint8_t body[125];
	size_t i, n = (size_t)h->len;
	int code;

	for (i = 0; i < n; i++)
		body[i] = p[h->at + i] ^ h->mask[i % 4];
	if (h->op == PING)
		model_list_add(l, PONG, body, n);
	if (h->op != CLOSE)
		return 0;
	if (n == 0)
		return 1005;
	code = n > 1 ? body[0] * 256 + body[1] : 0;
	if (!code_good(code))
		return 1002;
	return naive_utf8(body + 2, n - 2) == 2 ? code : 1007;
}

/* A data frame as far as it is there. Returns 0, or the code that ends it. */
static int data(struct model_list *l, struct message *m, const struct head *h, const uint8_t *p,
                size_t n, uint64_t max)
{
	size_t i, have = n - h->at < h->len ? n - h->at : (size_t)h->len;
	int text;

	if ((h->op == 0) != (m->fragments > 0))
		return 1002;
	if (h->len > max || m->n + h->len > max)
		return 1009;
	if (m->fragments == FRAGMENTS_MAX)
		return 1008;
	if (h->op)
		m->op = h->op;
	m->fragments++;
	for (i = 0; i < have; i++)
		m->data[m->n++] = p[h->at + i] ^ h->mask[i % 4];
	text = m->op == 1 ? naive_utf8(m->data, m->n) : 2;
	if (text == 0)
		return 1007;
	if (have < h->len || !h->fin)
		return 0;
	if (text != 2)
		return 1007;
	model_list_add(l, m->op, m->data, m->n);
	m->n = 0;
	m->fragments = 0;
	return 0;
}

int model_echo(struct model_list *l, const uint8_t *p, size_t n, uint64_t max)
{
	static struct message m;
	uint8_t body[2];
	struct head h;
	size_t at = 0;
	int code = 0, read;

	m.n = 0;
	m.fragments = 0;
	while (!code) {
		read = read_head(&h, p + at, n - at);
		if (read <= 0) {
			code = -read;
			break;
		}
		if (h.op >= CLOSE && h.len > n - at - h.at)
			break;
		if (h.op >= CLOSE)
			code = control(l, &h, p + at);
		else
			code = data(l, &m, &h, p + at, n - at, max);
		if (h.len > n - at - h.at)
			break;
		at += h.at + (size_t)h.len;
	}
	/* The end of a stream that was not closed. */
	code = code ? code : 1002;
	body[0] = (uint8_t)(code >> 8);
	body[1] = (uint8_t)code;
	model_list_add(l, CLOSE, body, code == 1005 ? 0 : 2);
	return code;
}

long model_decode(struct model_list *l, const uint8_t *p, size_t n)
{
	size_t at = 0, head, i, wide;
	uint64_t len;

	while (n - at >= 2) {
		if (l->last_op == CLOSE)
			return -1;
		if ((p[at] & 0xf0) != 0x80 || (p[at] & 15) == 0 || p[at + 1] & 0x80)
			return -1;
		len = p[at + 1];
		wide = len == 126 ? 2 : len == 127 ? 8 : 0;
		head = 2 + wide;
		if (n - at < head)
			break;
		for (i = 0; i < wide; i++)
			len = (i ? len * 256 : 0) + p[at + 2 + i];
		if ((wide == 2 && len < 126) || (wide == 8 && len < 65536))
			return -1;
		if (n - at - head < len)
			break;
		model_list_add(l, p[at] & 15, p + at + head, (size_t)len);
		at += head + (size_t)len;
	}
	return (long)at;
}

size_t model_encode(uint8_t *out, int fin, int op, const uint8_t *mask, const uint8_t *p, size_t n)
{
	size_t wide = n > 65535 ? 8 : n > 125 ? 2 : 0, i;

	out[0] = (uint8_t)(fin << 7 | op);
	out[1] = (uint8_t)(0x80 | (wide == 8 ? 127 : wide == 2 ? 126 : n));
	for (i = 0; i < wide; i++)
		out[2 + i] = (uint8_t)((uint64_t)n >> 8 * (wide - 1 - i));
	memcpy(out + 2 + wide, mask, 4);
	for (i = 0; i < n; i++)
		out[6 + wide + i] = p[i] ^ mask[i % 4];
	return 6 + wide + n;
}
