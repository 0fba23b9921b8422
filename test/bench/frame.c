/* frame.c: WebSocket frames as a client makes and reads them, or the raw chunks in their place. */
#include "load.h"

#include <string.h>

enum { OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
enum { HEAD_MAX = 14 };

/* Masks of xorshift: not secret, but as costly to undo as any. */
static uint64_t mask_next(void)
{
	static uint64_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (x & 0xffffffffu) | x << 32;
}

static void copy_masked(uint8_t *to, const uint8_t *p, size_t n, uint64_t mask)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		word ^= mask;
		memcpy(to + i, &word, 8);
	}
	for (; i < n; i++)
		to[i] = p[i] ^ ((const uint8_t *)&mask)[i % 8];
}

void frame_add(struct client *c, int op, const uint8_t *p, size_t n)
{
	uint8_t *out = client_room(&c->out, n + HEAD_MAX);
	uint64_t mask = mask_next();

	if (plan.raw) {
		memcpy(out, p, n);
		c->out.n += n;
		return;
	}
	*out++ = (uint8_t)(0x80 | op);
	if (n < 126) {
		*out++ = (uint8_t)(0x80 | n);
	} else if (n < 65536) {
		*out++ = 0x80 | 126;
		*out++ = (uint8_t)(n >> 8);
		*out++ = (uint8_t)n;
	} else {
		int shift;

		*out++ = 0x80 | 127;
		for (shift = 56; shift >= 0; shift -= 8)
			*out++ = (uint8_t)((uint64_t)n >> shift);
	}
	memcpy(out, &mask, 4);
	copy_masked(out + 4, p, n, mask);
	c->out.n = (size_t)(out + 4 - c->out.p) + n;
}

/* Reads a server's header. Returns its length, 0: more bytes, -1: no server may send it (or none
 * that is measured does: a fragment). */
static int head_read(const uint8_t *p, size_t n, uint64_t *len)
{
	int i, head;

	if (n < 2)
		return 0;
	head = p[1] == 126 ? 4 : p[1] == 127 ? 10 : 2;
	if ((p[0] & 0xf0) != 0x80 || p[1] > 127)
		return -1;
	if (n < (size_t)head)
		return 0;
	*len = p[1];
	if (head > 2)
		*len = 0;
	for (i = 2; i < head; i++)
		*len = *len << 8 | p[i];
	return *len > plan.size + 125 ? -1 : head;
}

static void frame_arrived(struct client *c, int op, const uint8_t *p, size_t n, uint64_t now)
{
	if (op == OP_BINARY || (op == OP_PONG && plan.kind == KIND_IDLE)) {
		message_arrived(c, p, n, now);
	} else if (op == OP_PING) {
		frame_add(c, OP_PONG, p, n);
		client_flush(c);
	} else if (op == OP_CLOSE) {
		client_drop(c, "the server closed it");
	} else if (op != OP_PONG) {
		tally.bad++;
	}
}

static size_t chunks_take(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
	size_t at = 0;

	for (; n - at >= plan.size; at += plan.size)
		message_arrived(c, p + at, plan.size, now);
	return at;
}

size_t frame_take(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
	uint64_t len = 0;
	size_t at = 0;
	int head;

	if (plan.raw)
		return chunks_take(c, p, n, now);
	while (c->state != CLIENT_CLOSED && (head = head_read(p + at, n - at, &len)) != 0) {
		if (head < 0) {
			tally.bad++;
			client_drop(c, "a wrong frame");
		} else if (n - at < (size_t)head + len) {
			break;
		} else {
			at += (size_t)head;
			frame_arrived(c, p[at - (size_t)head] & 0x0f, p + at, (size_t)len, now);
			at += (size_t)len;
		}
	}
	return at;
}
