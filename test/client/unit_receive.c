/* unit_receive.c: tests of client/receive.c and client/transmit.c: RFC 6455 sections 5.1 to 5.8. */
#include "client/client.h"
#include "test.h"

enum { MOST = 70000, GOT_MAX = 512 };

/* What came of a stream: "T5:Hello" for text, B, I(ping), O(pong), C(lose); -1002 when it ended. */
static void feed(char got[GOT_MAX], const uint8_t *p, size_t n, size_t cut, size_t max)
{
	struct receive r;
	size_t at = 0, have = cut, used = 0;
	long result = 1;

	receive_start(&r, max);
	*got = '\0';
	while (result >= 0 && at < n) {
		uint8_t *copy = test_guard(p + at, have - at);

		result = receive_take(&r, copy, have - at);
		test_unguard(copy, have - at);
		used = result > 0 ? (size_t)result : 0;
		at += used;
		if (result < 0)
			snprintf(got + strlen(got), GOT_MAX - strlen(got), "%ld", result);
		else if (r.got)
			snprintf(got + strlen(got), GOT_MAX - strlen(got), "%c%zu:%.*s ", "?TB?????CIO"[r.got],
			         r.data_len, r.data_len < 20 ? (int)r.data_len : 0, (const char *)r.data);
		if (!used && result == 0) {
			if (have == n)
				break;
			have++;
		}
		if (at == have && have < n)
			have++;
	}
	receive_stop(&r);
}

static const struct {
	const char *bytes;
	size_t n;
	const char *want;
} rows[] = {
#define ROW(bytes, want) { bytes, sizeof bytes - 1, want }
	/* Section 5.7. */
	ROW("\x81\x05Hello", "T5:Hello "),
	ROW("\x01\x03Hel\x80\x02lo", "T5:Hello "),
	ROW("\x89\x05Hello", "I5:Hello "),
	ROW("\x8a\x05Hello", "O5:Hello "),
	ROW("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "-1002"),
	ROW("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "-1002"),
	ROW("\x81\x80", "-1002"),
	/* Section 5.4: control frames between fragments; what fragments must not do. */
	ROW("\x01\x03Hel\x89\x01!\x80\x02lo", "I1:! T5:Hello "),
	ROW("\x02\x00\x00\x00\x80\x00", "B0: "),
	ROW("\x81\x00\x82\x00", "T0: B0: "),
	ROW("\x80\x01x", "-1002"),
	ROW("\x00\x01x", "-1002"),
	ROW("\x01\x01x\x81\x01y", "-1002"),
	ROW("\x01\x01x\x02\x01y", "-1002"),
	ROW("\x81\x01x\x80\x01y", "T1:x -1002"),
	/* Section 5.2 and 5.5: reserved bits and opcodes, lengths, control frames. */
	ROW("\xc1\x05Hello", "-1002"),
	ROW("\xa1\x05Hello", "-1002"),
	ROW("\x91\x05Hello", "-1002"),
	ROW("\x83\x00", "-1002"),
	ROW("\x87\x00", "-1002"),
	ROW("\x8b\x00", "-1002"),
	ROW("\x8f\x00", "-1002"),
	ROW("\x09\x00", "-1002"),
	ROW("\x08\x00", "-1002"),
	ROW("\x89\x7e\x00\x7e", "-1002"),
	ROW("\x88\x7f", "-1002"),
	ROW("\x81\x7e\x00\x7d", "-1002"),
	ROW("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", "-1002"),
	ROW("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", "-1002"),
	ROW("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", "-1009"),
	ROW("\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x71", "-1009"),
	ROW("\x88\x02\x03\xe8", "C2:\x03\xe8 "),
	ROW("\x88\x00", "C0: "),
	/* Section 8.1: text is UTF-8, also when it comes in fragments. */
	ROW("\x81\x02\xc3\xbc", "T2:\xc3\xbc "),
	ROW("\x01\x01\xc3\x80\x01\xbc", "T2:\xc3\xbc "),
	ROW("\x81\x01\xc3", "-1007"),
	ROW("\x81\x01\xff", "-1007"),
	ROW("\x01\x01\xff", "-1007"),
	ROW("\x81\x05\xff", "-1007"),
	ROW("\x81\x03\xed\xa0\x80", "-1007"),
	ROW("\x82\x02\xff\xfe", "B2:\xff\xfe "),
	ROW("\x01\x01x\x80\x01\xff", "-1007"),
};

static void table(void)
{
	char got[GOT_MAX];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t cut = 0; cut <= rows[i].n; cut++) {
			feed(got, (const uint8_t *)rows[i].bytes, rows[i].n, cut, MOST);
			CHECK(!strcmp(got, rows[i].want), "row %zu at %zu: '%s', not '%s'", i, cut, got,
			      rows[i].want);
		}
}

/* The longest message, in one frame and in many, and one byte more. */
static void limits(void)
{
	static uint8_t bytes[4 * MOST];
	char got[GOT_MAX];

	for (size_t over = 0; over < 2; over++) {
		size_t n = 1000 + over, at = 0;

		memcpy(bytes, "\x82\x7e\x03\xe8", 4);
		bytes[3] = (uint8_t)(n & 255);
		feed(got, bytes, 4 + n, 4 + n, 1000);
		CHECK(!strcmp(got, over ? "-1009" : "B1000: "), "%zu bytes in a frame: %s", n, got);
		for (size_t i = 0; i < n; i++) {
			bytes[at++] = i == 0 ? 2 : i == n - 1 ? 0x80 : 0;
			bytes[at++] = 1;
			bytes[at++] = 'x';
		}
		feed(got, bytes, at, at, 1000);
		CHECK(!strcmp(got, over ? "-1009" : "B1000: "), "%zu fragments: %s", n, got);
	}
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "\x82\x7e\x01\x00", 4);
	feed(got, bytes, 260, 3, MOST);
	CHECK(!strcmp(got, "B256: "), "section 5.7, 256 bytes: %s", got);
	memcpy(bytes, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
	feed(got, bytes, 65546, 9, MOST);
	CHECK(!strcmp(got, "B65536: "), "section 5.7, 64 KiB: %s", got);
}

/* What transmit.c makes is read by the server's parser, masks and all. */
static size_t parse(const struct transmit *t, size_t at, struct frame *f, uint8_t *data)
{
	int head = frame_parse(f, t->out + at, t->end - at);

	if (head <= 0 || f->len > t->end - at - (size_t)head)
		return 0;
	memcpy(data, t->out + at + head, (size_t)f->len);
	frame_unmask(data, (size_t)f->len, f->mask, 0);
	return at + (size_t)head + (size_t)f->len;
}

static void frames(void)
{
	static struct transmit t;
	static uint8_t data[BYTES_MAX], big[40000], back[50000];
	struct counts counts = { 0 };
	struct queue q;
	struct frame f;
	size_t at, have = 0;
	uint8_t first[4];

	CHECK(!random_start() && !queue_start(&q, 100000), "start");
	queue_add(&q, "Hello", 5);
	queue_add(&q, "", 0);
	t.pong = 1;
	t.pong_len = 2;
	memcpy(t.pong_data, "po", 2);
	t.ping = 1;
	memcpy(t.ping_data, "12345678", 8);
	transmit_fill(&t, &q, &counts, OP_TEXT, 1000);
	at = parse(&t, 0, &f, data);
	CHECK(at && f.op == OP_PONG && f.fin && f.len == 2 && !memcmp(data, "po", 2), "pong");
	at = parse(&t, at, &f, data);
	CHECK(at && f.op == OP_PING && f.len == 8 && !memcmp(data, "12345678", 8), "ping");
	CHECK(t.ping_end == at && t.ping_mark == 0, "the ping ends at %zu", t.ping_end);
	at = parse(&t, at, &f, data);
	memcpy(first, f.mask, 4);
	CHECK(at && f.op == OP_TEXT && f.len == 5 && !memcmp(data, "Hello", 5), "text");
	at = parse(&t, at, &f, data);
	CHECK(at == t.end && f.op == OP_TEXT && f.len == 0, "empty text");
	CHECK(memcmp(first, f.mask, 4), "each frame has a mask of its own");
	CHECK(counts.sent == 2 && counts.resent == 0 && !t.inside, "%" PRIu64 " sent", counts.sent);
	/* One that is longer than the buffer, a close frame behind it. */
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (uint8_t)(i * 7);
	queue_add(&q, big, sizeof big);
	t.start = t.end;
	transmit_fill(&t, &q, &counts, OP_BINARY, 1);
	CHECK(t.inside && counts.sent == 2, "it is inside");
	t.close = 1001;
	while (t.start < t.end && have < sizeof back - BYTES_MAX) {
		memcpy(back + have, t.out + t.start, t.end - t.start);
		have += t.end - t.start;
		t.start = t.end;
		transmit_fill(&t, &q, &counts, OP_BINARY, 0);
	}
	CHECK(frame_parse(&f, back, have) == 8 && f.len == sizeof big, "its head");
	frame_unmask(back + 8, sizeof big, f.mask, 0);
	CHECK(!memcmp(back + 8, big, sizeof big), "its bytes");
	at = 8 + sizeof big;
	CHECK(frame_parse(&f, back + at, have - at) == 6 && f.op == OP_CLOSE && f.len == 2, "close");
	frame_unmask(back + at + 6, 2, f.mask, 0);
	CHECK(have == at + 8 && back[at + 6] == 3 && back[at + 7] == 0xe9, "1001");
	queue_add(&q, "late", 4);
	t.ping = 1;
	transmit_fill(&t, &q, &counts, OP_TEXT, 1000);
	CHECK(t.closed && t.start == t.end, "nothing behind a close frame");
	queue_stop(&q);
}

int main(void)
{
	table();
	limits();
	frames();
	return test_end();
}
