/* output.c: what one client is sent beside the ring: answers, pongs, its own messages.
 *
 * All of it is in one block: the bytes from the front, the pieces that place them from the back.
 * A piece says: at this position of the ring, between two frames, these bytes. */
#include "core.h"

#include <string.h>
#include <sys/uio.h>

struct piece {
	uint64_t at;            /* position in the ring */
	uint64_t len;           /* bytes of data */
};

struct out {
	uint32_t size;          /* of the block; a multiple of sizeof(struct piece) */
	uint32_t start, end;    /* data[start..end) waits */
	uint32_t first, count;  /* pieces: first is the next to go, count is behind the last */
	uint32_t begun;         /* bytes of the first piece that were handed over */
	uint32_t pong;          /* length of the pong at the very end, 0: something else is there */
	uint32_t messages;      /* data frames among it */
	uint8_t data[];
};

/* What a block must hold beside data frames: an answer or a pong and a close, their pieces. */
enum { OUTPUT_SPARE = 1024 };

/* Pieces grow down from the end of the block: piece 0 is the last in memory. */
static struct piece *output_piece(const struct out *o, uint32_t i)
{
	return (struct piece *)(void *)((uint8_t *)(uintptr_t)o + o->size) - 1 - i;
}

size_t output_len(const struct conn *c)
{
	return c->out ? c->out->end - c->out->start : 0;
}

/* Bytes between data and pieces. */
static size_t output_gap(const struct out *o)
{
	return o->size - offsetof(struct out, data) - o->end - o->count * sizeof(struct piece);
}

/* Moves the bytes to the front and the pieces to the end of the block, which is `size` bytes now. */
static void output_move(struct out *o, uint32_t size)
{
	uint32_t i, count = o->count - o->first;

	memmove(o->data, o->data + o->start, o->end - o->start);
	/* Towards the end, the last in memory first: none is overwritten before it is moved. */
	for (i = 0; i < count; i++)
		((struct piece *)(void *)((uint8_t *)o + size))[-1 - (int)i] = *output_piece(o, o->first + i);
	o->size = size;
	o->end -= o->start;
	o->start = 0;
	o->first = 0;
	o->count = count;
}

/* Makes room for n bytes and a piece. may_evict: at the cost of older holders. Returns 0 or -1. */
static int output_reserve(struct conn *c, size_t n, int may_evict)
{
	size_t most = c->hub->output_max + OUTPUT_SPARE, need = n + sizeof(struct piece);
	struct out *o = c->out, *bigger;
	size_t have = offsetof(struct out, data);

	if (o) {
		if (output_gap(o) >= need)
			return 0;
		output_move(o, o->size);
		if (output_gap(o) >= need)
			return 0;
		have = o->size - output_gap(o);
	}
	if (need > most - have)
		return -1;
	need = budget_size(have + need, most);
	bigger = hold_grow(c, o, o ? o->size : 0, need, may_evict);
	if (!bigger)
		return -1;
	if (o) {
		output_move(bigger, (uint32_t)need);
	} else {
		memset(bigger, 0, offsetof(struct out, data));
		bigger->size = (uint32_t)need;
	}
	c->out = bigger;
	hold_on(c);
	return 0;
}

static void output_add(struct out *o, const void *data, size_t n)
{
	if (n)
		memcpy(o->data + o->end, data, n);
	o->end += (uint32_t)n;
}

/* What was just added stands at the head of the ring. */
static void output_place(struct conn *c, size_t n)
{
	struct out *o = c->out;
	struct piece *last = o->count > o->first ? output_piece(o, o->count - 1) : NULL;

	if (!last || last->at != c->hub->ring.head) {
		last = output_piece(o, o->count++);
		last->at = c->hub->ring.head;
		last->len = 0;
	}
	last->len += n;
	c->hub->unsent += n;
	hub_touch(c);
}

int output_bytes(struct conn *c, const void *data, size_t n, int may_evict)
{
	if (output_reserve(c, n, may_evict))
		return -1;
	output_add(c->out, data, n);
	output_place(c, n);
	c->out->pong = 0;
	return 0;
}

/* Takes back a pong at the very end that nobody has begun to hand over: RFC 6455 section 5.5.3 lets
 * us answer the last ping only. */
static void output_drop_pong(struct conn *c)
{
	struct out *o = c->out;
	struct piece *last;
	int begun;

	if (!o || !o->pong || !(c->waiting || o->end - o->start > OUTPUT_PONGS_MAX))
		return;
	last = output_piece(o, o->count - 1);
	begun = o->count - 1 == o->first && last->len - o->begun < o->pong;
	if (begun)
		return;
	o->end -= o->pong;
	last->len -= o->pong;
	o->pong = 0;
	/* What stood before it in its piece may all be handed over. */
	if (last->len == (o->count - 1 == o->first ? o->begun : 0))
		o->count--;
	if (o->count == o->first)
		o->begun = 0;
}

int output_frame(struct conn *c, int op, const void *data, size_t n)
{
	uint8_t head[FRAME_OUT_HEAD_MAX];
	size_t len = frame_head(head, op, n);
	size_t max = c->hub->output_max, waits = output_len(c) + len;
	int is_data = op < OP_CLOSE;

	if (op == OP_PONG)
		output_drop_pong(c);
	if (is_data && (waits > max || n > max - waits))
		return -1;
	if (output_reserve(c, len + n, is_data || op == OP_PONG))
		return -1;
	output_add(c->out, head, len);
	output_add(c->out, data, n);
	output_place(c, len + n);
	c->out->pong = op == OP_PONG ? (uint32_t)(len + n) : 0;
	c->out->messages += (uint32_t)is_data;
	return 0;
}

/* One that is closing follows the ring no further than its last piece. */
static uint64_t output_end(const struct conn *c)
{
	const struct out *o = c->out;

	if (c->state == CONN_OPEN)
		return c->hub->ring.head;
	return o && o->count > o->first ? output_piece(o, o->count - 1)->at : c->cursor;
}

int output_gather(const struct conn *c, struct iovec *spans, int most, size_t *total)
{
	const struct out *o = c->out;
	uint32_t i = o ? o->first : 0, count = o ? o->count : 0, data = o ? o->start : 0;
	uint64_t pos = c->cursor, end = output_end(c);
	int n = 0;

	*total = 0;
	while (n < most && *total < CONN_SEND_MAX) {
		const struct piece *p = i < count ? output_piece(o, i) : NULL;
		uint64_t stop = p ? p->at : end;
		const uint8_t *bytes;
		size_t len;

		if (pos < stop) {
			len = ring_span(&c->hub->ring, pos, stop, &bytes);
			pos += len;
		} else if (p) {
			len = (size_t)p->len - (i == o->first ? o->begun : 0);
			bytes = o->data + data;
			data += (uint32_t)len;
			i++;
		} else {
			break;
		}
		if (len > CONN_SEND_MAX - *total)
			len = CONN_SEND_MAX - *total;
		spans[n].iov_base = (void *)(uintptr_t)bytes;
		spans[n].iov_len = len;
		*total += len;
		n++;
	}
	return n;
}

/* Moves the cursor, and the edge behind it: in one step when it caught up, else frame by frame. */
static void output_ring_advance(struct conn *c, size_t n)
{
	const struct ring *r = &c->hub->ring;
	uint64_t seq = c->seq;

	c->cursor += n;
	if (c->cursor == r->head) {
		c->edge = r->head;
		c->seq = r->seq;
	}
	while (c->edge < c->cursor) {
		c->edge = ring_next(r, c->edge);
		c->seq++;
	}
	c->hub->stats.deliveries += c->seq - seq;
}

void output_advance(struct conn *c, size_t n)
{
	struct out *o = c->out;

	while (n > 0) {
		struct piece *p = o && o->first < o->count ? output_piece(o, o->first) : NULL;
		uint64_t ring = p ? p->at - c->cursor : n;
		size_t len;

		if (ring > 0) {
			len = ring < n ? (size_t)ring : n;
			output_ring_advance(c, len);
		} else {
			len = (size_t)p->len - o->begun < n ? (size_t)p->len - o->begun : n;
			o->start += (uint32_t)len;
			o->begun += (uint32_t)len;
			if (o->begun == p->len) {
				o->begun = 0;
				o->first++;
			}
		}
		n -= len;
	}
	if (o && o->first == o->count) {
		c->hub->stats.deliveries += o->messages;
		output_clear(c);
	}
}

uint64_t output_missed(const struct conn *c)
{
	const struct ring *r = &c->hub->ring;
	uint64_t pos = c->edge, end = output_end(c), n = 0;

	if (end == r->head)
		return r->seq - c->seq;
	for (; pos < end; n++)
		pos = ring_next(r, pos);
	return n;
}

int output_cut(struct conn *c, size_t rest)
{
	struct out *o;

	if (rest && output_reserve(c, rest, 0))
		return -1;
	o = c->out;
	if (!o)
		return 0;
	output_move(o, o->size);
	memmove(o->data + rest, o->data, o->end);
	ring_copy(&c->hub->ring, o->data, c->cursor, rest);
	o->end += (uint32_t)rest;
	o->begun = 0;
	o->count = 1;
	output_piece(o, 0)->at = c->hub->ring.head;
	output_piece(o, 0)->len = o->end;
	return 0;
}

void output_clear(struct conn *c)
{
	if (!c->out)
		return;
	hold_give(c, c->out, c->out->size);
	c->out = NULL;
	hold_off(c);
}
