/* unit_output.c: ring and private pieces of one client, against a naive list of what it is to get.
 *
 * output.c is included, to see its pieces; the hub's part is played here. */
#include "../output.c"
#include "test.h"

#include <sys/uio.h>

enum { ITEMS = 4096, ROOM = 1 << 16, STEPS = 2000, RING_SIZE = 4096, LONGEST = 1300 };

/* What the client is to get, in order. */
static struct item {
	uint8_t bytes[LONGEST + FRAME_OUT_HEAD_MAX];
	size_t n, sent;
	int ring, pong, data;
} items[ITEMS];
static size_t first, count;     /* items[first..count) */

static struct hub h;
static struct conn c;
static struct config config;
static uint8_t ring_bytes[RING_SIZE];
static uint64_t delivered;      /* messages */
static int refuse;              /* no block is to be had */
static uint32_t seed;
static unsigned touched;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * n >> 32);
}

void hub_touch(struct conn *who)
{
	touched += who == &c;
}

void *hold_grow(struct conn *who, void *block, size_t had, size_t size, int may_evict)
{
	void *bigger = refuse ? NULL : budget_grow(&h.budget, block, had, size);

	(void)may_evict;
	who->held += bigger ? (uint32_t)(size - had) : 0;
	return bigger;
}

void hold_give(struct conn *who, void *block, size_t size)
{
	who->held -= (uint32_t)size;
	budget_give(&h.budget, block, size);
}

void hold_on(struct conn *who)
{
	who->holding = 1;
}

void hold_off(struct conn *who)
{
	who->holding = 0;
}

/* ---- the naive list */

static void item_add(const uint8_t *head, size_t len, const void *data, size_t n, int ring, int op)
{
	struct item *i = &items[count++];

	memcpy(i->bytes, head, len);
	if (n)
		memcpy(i->bytes + len, data, n);
	i->n = len + n;
	i->sent = 0;
	i->ring = ring;
	i->pong = op == OP_PONG;
	i->data = op == OP_TEXT || op == OP_BINARY;
}

static size_t item_private(void)
{
	size_t i, n = 0;

	for (i = first; i < count; i++)
		n += items[i].ring ? 0 : items[i].n - items[i].sent;
	return n;
}

static size_t item_advance(size_t n)
{
	size_t done = 0;

	while (done < n && first < count) {
		struct item *i = &items[first];
		size_t k = i->n - i->sent < n - done ? i->n - i->sent : n - done;

		delivered += i->ring && i->sent == 0;
		i->sent += k;
		done += k;
		first += i->sent == i->n;
	}
	return done;
}

/* Takes out what `gone` says. Returns how many frames of the ring those were. */
static uint64_t item_remove(size_t from, int ring)
{
	size_t i, to = from;
	uint64_t gone = 0;

	for (i = from; i < count; i++) {
		if (items[i].ring == ring && items[i].sent == 0)
			gone++;
		else
			items[to++] = items[i];
	}
	count = to;
	return gone;
}

/* RFC 6455 section 5.5.3: only the last ping need be answered. A pong that is the last private item
 * goes, unless it is begun. */
static void item_drop_pong(void)
{
	size_t i = count;

	while (i > first && items[i - 1].ring)
		i--;
	if (i == first || !items[i - 1].pong || items[i - 1].sent)
		return;
	memmove(&items[i - 1], &items[i], (count - i) * sizeof *items);
	count--;
}

/* ---- checks */

static void check_pieces(void)
{
	const struct out *o = c.out;
	uint64_t before = 0;
	size_t sum = 0;
	uint32_t i;

	CHECK(h.budget.used == (o ? o->size : 0), "%zu in use", h.budget.used);
	CHECK(c.holding == (o != NULL), "holding %d", c.holding);
	if (!o)
		return;
	CHECK(output_gap(o) <= o->size && o->size % sizeof(struct piece) == 0, "block of %u",
	      o->size);
	for (i = o->first; i < o->count; i++) {
		const struct piece *p = output_piece(o, i);

		CHECK(i > o->first ? p->at > before : p->at == c.cursor || p->at >= c.edge,
		      "piece %u", i);
		CHECK(p->at <= h.ring.head && p->len > 0, "piece %u", i);
		before = p->at;
		sum += p->len;
	}
	CHECK(sum - o->begun == o->end - o->start, "%zu bytes of pieces", sum);
	CHECK(!o->begun || c.cursor == c.edge, "a begun piece inside a frame");
}

/* What is gathered is what the list says. */
static void check_bytes(void)
{
	struct iovec spans[64];
	size_t total, sum = 0, at = first, in = first < count ? items[first].sent : 0;
	int n = output_gather(&c, spans, 1 + (int)rnd(64), &total), i;
	size_t k;

	for (i = 0; i < n; i++) {
		const uint8_t *p = spans[i].iov_base;

		for (k = 0; k < spans[i].iov_len; k++, sum++) {
			while (at < count && in == items[at].n) {
				at++;
				in = 0;
			}
			if (at == count || items[at].bytes[in++] != p[k]) {
				CHECK(0, "byte %zu of span %d", k, i);
				return;
			}
		}
	}
	CHECK(sum == total && (n > 0) == (first < count), "%zu of %zu", sum, total);
	CHECK(output_len(&c) == item_private(), "%zu private", output_len(&c));
}

/* ---- steps */

static void step_ring(void)
{
	uint8_t head[FRAME_OUT_HEAD_MAX], data[LONGEST];
	size_t n = rnd(8) ? rnd(40) : rnd(LONGEST), len = frame_head(head, OP_TEXT, n);
	uint64_t edge = c.edge, pieces;

	memset(data, (int)rnd(256), sizeof data);
	if (h.ring.head + len + n - c.cursor > h.ring.size) {
		uint64_t gone = h.ring.seq - c.seq;

		/* As conn_cut does. The begun frame stays. */
		refuse = 0;
		if (output_cut(&c, (size_t)(edge - c.cursor))) {
			CHECK(0, "no room for the rest");
			return;
		}
		c.cursor = c.edge = h.ring.head;
		c.seq = h.ring.seq;
		CHECK(item_remove(first, 1) == gone, "%" PRIu64 " dropped", gone);
		pieces = c.out ? c.out->count - c.out->first : 0;
		CHECK(pieces <= 1, "%" PRIu64 " pieces behind a cut", pieces);
		/* The begun one is private now. */
		if (first < count)
			items[first].ring = 0;
		check_pieces();
	}
	ring_append(&h.ring, OP_TEXT, data, n);
	item_add(head, len, data, n, 1, OP_TEXT);
}

static int fits(size_t n)
{
	size_t pieces = c.out ? c.out->count - c.out->first : 0;

	return offsetof(struct out, data) + output_len(&c) + n +
	       (pieces + 1) * sizeof(struct piece) <= h.output_max + OUTPUT_SPARE;
}

static void step_private(void)
{
	static const int ops[] = { OP_TEXT, OP_BINARY, OP_PING, OP_PONG, OP_PONG };
	int op = ops[rnd(5)], answer;
	size_t n = op >= OP_CLOSE ? rnd(126) : rnd(6) ? rnd(60) : rnd(LONGEST);
	uint8_t head[FRAME_OUT_HEAD_MAX], data[LONGEST];
	size_t len = frame_head(head, op, n);

	memset(data, (int)rnd(256), sizeof data);
	c.waiting = (uint8_t)rnd(2);
	if (op == OP_PONG && (c.waiting || output_len(&c) > OUTPUT_PONGS_MAX))
		item_drop_pong();
	answer = output_frame(&c, op, data, n);
	if (answer == 0)
		item_add(head, len, data, n, 0, op);
	CHECK(answer == 0 || refuse || (op < OP_CLOSE && item_private() + len + n > h.output_max) ||
	      !fits(len + n), "refused %zu bytes", n);
	CHECK(answer || op >= OP_CLOSE || item_private() <= h.output_max, "over the limit");
}

static void step_bytes(void)
{
	uint8_t data[400];
	size_t n = 1 + rnd(sizeof data - 1);

	memset(data, (int)rnd(256), sizeof data);
	if (output_bytes(&c, data, n, 0) == 0)
		item_add(data, 0, data, n, 0, 0);
	else
		CHECK(refuse || !fits(n), "refused %zu bytes", n);
}

static void step_advance(void)
{
	struct iovec spans[16];
	size_t total, n;

	output_gather(&c, spans, 16, &total);
	n = rnd(3) == 0 ? total : rnd(2) ? rnd((uint32_t)total + 1) : rnd(12) % (total + 1);
	output_advance(&c, n);
	CHECK(item_advance(n) == n, "%zu", n);
}

static void run(uint32_t from, size_t output_max)
{
	size_t step;

	seed = from;
	memset(&h, 0, sizeof h);
	memset(&c, 0, sizeof c);
	ring_start(&h.ring, ring_bytes, sizeof ring_bytes);
	budget_start(&h.budget, ROOM);
	h.config = &config;
	h.output_max = output_max;
	c.hub = &h;
	c.state = CONN_OPEN;
	first = count = 0;
	delivered = 0;
	for (step = 0; step < STEPS && test_failed < 100; step++) {
		if (count > ITEMS - 2)
			break;
		refuse = rnd(16) == 0;
		switch (rnd(6)) {
		case 0: case 1: step_ring(); break;
		case 2: step_private(); break;
		case 3: rnd(20) ? step_private() : step_bytes(); break;
		default: step_advance();
		}
		check_pieces();
		check_bytes();
		if (first > 0 && rnd(8) == 0) {
			memmove(items, items + first, (count - first) * sizeof *items);
			count -= first;
			first = 0;
		}
	}
}

/* A client that closes follows the ring no further than its close frame. */
static void run_close(void)
{
	uint8_t head[FRAME_OUT_HEAD_MAX];
	size_t len = frame_head(head, OP_CLOSE, 2), n;

	refuse = 0;
	if (output_frame(&c, OP_CLOSE, "\x03\xe8", 2)) {
		CHECK(0, "no room for a close frame");
		return;
	}
	item_add(head, len, "\x03\xe8", 2, 0, OP_CLOSE);
	c.state = CONN_CLOSING;
	for (n = 0; n < 3 && h.ring.head + 20 - c.cursor <= h.ring.size; n++)
		ring_append(&h.ring, OP_TEXT, "behind the close", 16);
	while (first < count && test_failed < 100) {
		check_bytes();
		check_pieces();
		step_advance();
	}
	check_bytes();
	CHECK(!c.out, "private output is left");
}

int main(void)
{
	uint32_t s;

	for (s = 1; s <= 24; s++) {
		run(s, s % 3 ? 8192 : 2048);
		run_close();
		output_clear(&c);
		budget_stop(&h.budget);
	}
	CHECK(touched > 0, "nobody was touched");
	return test_end();
}
