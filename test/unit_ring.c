/* unit_ring.c: the ring against a naive copy of all that was ever appended. */
#include "core.h"
#include "test.h"

enum { LOG = 1 << 20, MESSAGE = 70000 };

static uint8_t all[LOG], message[MESSAGE];
static uint64_t starts[LOG / 2];        /* where frame i begins; [count] is the head */

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * n >> 32);
}

/* RFC 6455 section 5.2, for an unmasked final frame, written anew. */
static size_t naive_frame(uint8_t *out, int op, size_t n)
{
	size_t head = n < 126 ? 2 : n < 65536 ? 4 : 10, i;

	out[0] = (uint8_t)(0x80 + op);
	out[1] = (uint8_t)(n < 126 ? n : n < 65536 ? 126 : 127);
	for (i = 2; i < head; i++)
		out[i] = (uint8_t)((uint64_t)n >> (8 * (head - 1 - i)));
	memcpy(out + head, message, n);
	return head + n;
}

/* The bytes that the ring says stand from pos to end, in spans, against the copy. */
static int same(const struct ring *r, uint64_t pos, uint64_t end)
{
	const uint8_t *p;
	int spans = 0;

	while (pos < end) {
		size_t n = ring_span(r, pos, end, &p);

		if (n == 0 || n > end - pos || ++spans > 2 || p < r->buf ||
		    p + n > r->buf + r->size ||
		    memcmp(p, all + pos, n))
			return 0;
		pos += n;
	}
	return 1;
}

static void check(const struct ring *r, size_t count)
{
	uint64_t head = starts[count], low = head > r->size ? head - r->size : 0;
	static uint8_t copy[LOG];
	size_t i = count, n;
	uint64_t pos;

	CHECK(r->head == head && r->seq == count && r->at < r->size, "%" PRIu64, r->head);
	CHECK(same(r, low, head), "the oldest %" PRIu64 " to %" PRIu64, low, head);
	pos = low + rnd((uint32_t)(head - low + 1));
	CHECK(same(r, pos, pos + rnd((uint32_t)(head - pos + 1))), "from %" PRIu64, pos);
	n = rnd((uint32_t)(head - pos + 1));
	ring_copy(r, copy, pos, n);
	CHECK(!memcmp(copy, all + pos, n), "copy of %zu from %" PRIu64, n, pos);
	while (i > 0 && starts[i - 1] >= low)
		i--;
	for (; i < count; i++)
		CHECK(ring_next(r, starts[i]) == starts[i + 1], "frame %zu", i);
}

/* Frames of random length in a ring of this size, until the copy is full. */
static void test_random(size_t size, size_t longest)
{
	uint8_t *buf;
	size_t count = 0;
	struct ring r;

	memset(all, 0, sizeof all);
	starts[0] = 0;
	buf = test_guard(all, size);
	ring_start(&r, buf, size);
	while (starts[count] + longest + 10 <= LOG && count < 4000) {
		size_t n = rnd(4) ? rnd((uint32_t)longest + 1) : rnd(130) % (longest + 1), i, len;
		int op = rnd(2) ? OP_TEXT : OP_BINARY;

		for (i = 0; i < n; i++)
			message[i] = (uint8_t)(rnd(256));
		len = naive_frame(all + starts[count], op, n);
		CHECK(ring_append(&r, op, message, n) == len, "%zu bytes", n);
		starts[count + 1] = starts[count] + len;
		count++;
		check(&r, count);
	}
	test_unguard(buf, size);
}

/* Each header straddles the end of buf at each of its bytes. */
static void test_straddle(void)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 65535, 65536 };
	size_t size = 3 * 65560, at, i, len;
	uint8_t *buf = test_guard(all, size);
	struct ring r;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		for (at = size - 12; at < size; at++) {
			ring_start(&r, buf, size);
			r.at = at;
			len = naive_frame(all, OP_BINARY, lengths[i]);
			ring_append(&r, OP_BINARY, message, lengths[i]);
			ring_append(&r, OP_TEXT, "x", 1);
			CHECK(r.at == (at + len + 3) % size, "%zu", r.at);
			CHECK(same(&r, 0, len) && ring_next(&r, 0) == len, "%zu at %zu", lengths[i],
			      at);
			CHECK(ring_next(&r, len) == len + 3, "the next");
		}
	}
	test_unguard(buf, size);
}

/* Positions go on, places start anew; what comes then is right, around the end too. */
static void test_restart(void)
{
	uint8_t buf[64], out[64];
	struct ring r;
	int i, j;

	for (i = 0; i < 40; i++) {
		uint64_t before;

		ring_start(&r, buf, sizeof buf);
		for (j = 0; j < i; j++)
			ring_append(&r, OP_TEXT, "abcdefgh", (size_t)j % 9);
		before = r.head;
		ring_restart(&r);
		CHECK(r.head == before && r.seq == (uint64_t)i && r.at == 0, "%d", i);
		ring_append(&r, OP_TEXT, "abcdefgh", 8);
		CHECK(buf[0] == 0x81 && !memcmp(buf + 2, "abcdefgh", 8), "not at the start");
		CHECK(ring_next(&r, before) == r.head, "%d", i);
		for (j = 0; j < 5; j++)
			ring_append(&r, OP_BINARY, "01234567", 8);
		ring_append(&r, OP_BINARY, "wrapped!", 8);
		ring_copy(&r, out, r.head - 10, 10);
		CHECK(!memcmp(out, "\x82\x08wrapped!", 10), "%d", i);
	}
}

/* Positions are 64-bit: the same just below and above 2^32. */
static void test_far(void)
{
	uint8_t buf[48], out[48];
	struct ring r;
	int i;

	ring_start(&r, buf, sizeof buf);
	r.head = UINT64_C(0xfffffff0);
	for (i = 0; i < 20; i++) {
		uint64_t pos = r.head;

		ring_append(&r, OP_TEXT, "0123456", 7);
		ring_copy(&r, out, pos, 9);
		CHECK(!memcmp(out, "\x81\x07" "0123456", 9) && ring_next(&r, pos) == r.head, "%d",
		      i);
	}
	CHECK(r.head > UINT32_MAX, "%" PRIu64, r.head);
}

int main(void)
{
	test_random(64, 20);
	test_random(61, 17);
	test_random(1000, 300);
	test_random(3 * 1038, 1024);
	test_random(220000, MESSAGE);
	test_straddle();
	test_restart();
	test_far();
	return test_end();
}
