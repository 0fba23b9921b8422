/* hub_relay.c: what one client sends, cut everywhere, and the one order that all of them see. */
#include "client.h"
#include "fake.h"
#include "test.h"

enum { CLIENTS = 5, SCRIPT_MAX = 200000, LARGE = 70000 };

static struct client who[CLIENTS];
static uint8_t script[SCRIPT_MAX], large[LARGE];

/* What a script makes the others get. */
static const struct expected {
	int op;
	const char *text;
	size_t n;
} expected[] = {
	{ OP_TEXT, "Hello", 5 },
	{ OP_BINARY, "\0\xff\x80", 3 },
	{ OP_TEXT, "", 0 },
	{ OP_TEXT, "frag" "ment" "ed", 10 },
	{ OP_BINARY, "ab", 2 },
	{ OP_TEXT, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9d\x84\x9e", 16 },
	{ OP_BINARY, NULL, 126 },
	{ OP_TEXT, "", 0 },
	{ OP_BINARY, NULL, 300 },
	{ OP_TEXT, "last", 4 }
};
enum { EXPECTED = sizeof expected / sizeof *expected };
static const char *const pongs[] = { "", "in between", "and again" };

static size_t add(struct client *c, size_t at, int op, int fin, const char *data, size_t n)
{
	return at + client_frame(c, script + at, op, fin, data, n);
}

/* All frames of `expected`, whole and in pieces, with control frames between; then a close. */
static size_t make_script(struct client *c)
{
	size_t n = 0;

	n = add(c, n, OP_TEXT, 1, "Hello", 5);
	n = add(c, n, OP_BINARY, 1, "\0\xff\x80", 3);
	n = add(c, n, OP_TEXT, 1, "", 0);
	n = add(c, n, OP_PING, 1, "", 0);
	n = add(c, n, OP_TEXT, 0, "frag", 4);
	n = add(c, n, OP_PING, 1, "in between", 10);
	n = add(c, n, OP_CONTINUATION, 0, "ment", 4);
	n = add(c, n, OP_PONG, 1, "unasked", 7);
	n = add(c, n, OP_CONTINUATION, 1, "ed", 2);
	n = add(c, n, OP_BINARY, 0, "", 0);
	n = add(c, n, OP_CONTINUATION, 0, "a", 1);
	n = add(c, n, OP_CONTINUATION, 0, "b", 1);
	n = add(c, n, OP_CONTINUATION, 1, "", 0);
	/* Characters of two, three and four bytes, the four in two fragments. */
	n = add(c, n, OP_TEXT, 0, "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9d", 14);
	n = add(c, n, OP_CONTINUATION, 1, "\x84\x9e", 2);
	n = add(c, n, OP_BINARY, 1, (const char *)large, 126);
	n = add(c, n, OP_TEXT, 0, "", 0);
	n = add(c, n, OP_PING, 1, "and again", 9);
	n = add(c, n, OP_CONTINUATION, 1, "", 0);
	n = add(c, n, OP_BINARY, 0, (const char *)large, 200);
	n = add(c, n, OP_CONTINUATION, 1, (const char *)large + 200, 100);
	n = add(c, n, OP_TEXT, 1, "last", 4);
	return add(c, n, OP_CLOSE, 1, "\x03\xe8" "bye", 5);
}

static const void *bytes(const struct expected *e)
{
	return e->text ? (const void *)e->text : large;
}

/* The observer got all of `expected` and nothing else. */
static int complete(struct client *c)
{
	size_t i;

	for (i = 0; i < EXPECTED; i++)
		if (!client_got(c, expected[i].op, bytes(&expected[i]), expected[i].n))
			return 0;
	return client_quiet(c);
}

/* The sender too, and its pongs: a pong stands behind what came before its ping. */
static int complete_sender(struct client *c)
{
	size_t message = 0, pong = 0;
	struct message m;
	int ok = 1;

	client_read(c);
	while (client_next(c, &m) && m.op != OP_CLOSE) {
		if (m.op == OP_PONG) {
			/* A later ping may have been answered instead. */
			while (pong < 3 &&
			       (strlen(pongs[pong]) != m.n || memcmp(pongs[pong], m.data, m.n)))
				pong++;
			ok &= pong++ < 3;
		} else {
			const struct expected *e = &expected[message];

			ok &= message < EXPECTED && e->op == m.op && e->n == m.n &&
			      (!m.n || !memcmp(bytes(e), m.data, m.n));
			message++;
		}
	}
	return ok && message == EXPECTED && pong == 3 && c->closed == CLOSE_NORMAL &&
		client_quiet(c);
}

static void play(size_t first, size_t second, const char *what)
{
	size_t n;

	hub_begin();
	client_join(&who[0]);
	client_join(&who[1]);
	n = make_script(&who[0]);
	if (second > n)
		second = n;
	client_send(&who[0], script, first);
	hub_settle();
	client_send(&who[0], script + first, second - first);
	hub_settle();
	client_send(&who[0], script + second, n - second);
	hub_settle();
	CHECK(complete(&who[1]), "%s at %zu, %zu", what, first, second);
	CHECK(complete_sender(&who[0]), "%s at %zu, %zu: the sender", what, first, second);
	CHECK(hub.budget.used == 0, "%s at %zu: %zu left", what, first, hub.budget.used);
	CHECK(hub_messages == EXPECTED && hub.stats.messages == EXPECTED, "%u", hub_messages);
	client_free(&who[0]);
	client_free(&who[1]);
	hub_settle();
	hub_finish();
}

static void test_cuts(void)
{
	uint32_t seed = 3;
	size_t n, i;

	hub_defaults();
	n = make_script(&who[0]);
	for (i = 0; i <= n; i++)
		play(i, i, "cut");
	for (i = 0; i < 300; i++) {
		size_t a = fake_random(&seed, (uint32_t)n);

		play(a, a + fake_random(&seed, 20), "two cuts");
	}
	for (i = 1; i < 200; i++) {
		fake_short = (uint32_t)i;
		play(0, n, "short reads and writes, seed");
		fake_short = 0;
	}
}

/* One byte a read. */
static void test_dribble(void)
{
	size_t n, i;

	hub_defaults();
	hub_begin();
	client_join(&who[0]);
	client_join(&who[1]);
	n = make_script(&who[0]);
	for (i = 0; i < n; i++) {
		client_send(&who[0], script + i, 1);
		hub_settle();
	}
	CHECK(complete(&who[1]) && complete_sender(&who[0]), "one byte a read");
	client_free(&who[0]);
	client_free(&who[1]);
	hub_settle();
	hub_finish();
}

/* A header of ten bytes, cut at each byte in and out. */
static void test_large(void)
{
	static const size_t lengths[] = { 65535, 65536, LARGE };
	size_t i, cut, n;

	hub_defaults();
	hub_config.server_max_message_size = LARGE;
	hub_config.memory_ring = 4 * LARGE;
	for (i = 0; i < 3; i++) {
		for (cut = 1; cut < 40; cut++) {
			hub_begin();
			client_join(&who[0]);
			client_join(&who[1]);
			n = client_frame(&who[0], script, OP_BINARY, 1, large, lengths[i]);
			n += client_frame(&who[0], script + n, OP_TEXT, 1, "behind", 6);
			client_send(&who[0], script, cut);
			hub_settle();
			fake_hold(who[1].peer_fd, cut);
			client_send(&who[0], script + cut, n - cut);
			hub_settle();
			client_read(&who[1]);
			CHECK(who[1].have == who[1].at + cut, "%zu came", who[1].have - who[1].at);
			fake_release(who[1].peer_fd);
			client_drain(&who[1], 1);
			CHECK(client_got(&who[1], OP_BINARY, large, lengths[i]) &&
			      client_got_text(&who[1], "behind") && client_quiet(&who[1]),
			      "cut at %zu", cut);
			client_free(&who[0]);
			client_free(&who[1]);
			hub_settle();
			hub_finish();
		}
	}
}

/* Five senders at once, cut by short reads and writes: all get the same row, and each sender's own
 * messages stay in the order in which it sent them. */
static void test_order(uint32_t s)
{
	enum { MESSAGES = 40 };
	static struct {
		uint8_t from, number;
	} row[CLIENTS][CLIENTS * MESSAGES];
	unsigned count[CLIENTS] = { 0 }, next[CLIENTS] = { 0 };
	struct message m;
	uint8_t text[300];
	unsigned i, k, left = CLIENTS * MESSAGES;
	uint32_t seed = s;

	hub_defaults();
	hub_begin();
	for (i = 0; i < CLIENTS; i++)
		client_join(&who[i]);
	fake_short = s;
	while (left-- > 0) {
		do
			i = fake_random(&seed, CLIENTS);
		while (next[i] == MESSAGES);
		memset(text, 'x', sizeof text);
		text[0] = (uint8_t)('a' + i);
		text[1] = (uint8_t)(next[i]++);
		client_message(&who[i], OP_TEXT, text, 2 + fake_random(&seed, 290));
		if (fake_random(&seed, 4) == 0)
			hub_once();
	}
	client_drain(who, CLIENTS);
	fake_short = 0;
	for (i = 0; i < CLIENTS; i++) {
		while (client_next(&who[i], &m) && count[i] < CLIENTS * MESSAGES) {
			row[i][count[i]].from = (uint8_t)(m.data[0] - 'a');
			row[i][count[i]].number = m.data[1];
			count[i]++;
		}
		CHECK(count[i] == CLIENTS * MESSAGES && client_quiet(&who[i]), "%u of client %u",
		      count[i], i);
		CHECK(!memcmp(row[0], row[i], sizeof row[0]), "client %u sees another order", i);
		client_free(&who[i]);
	}
	for (i = 0; i < CLIENTS; i++)
		next[i] = 0;
	for (k = 0; k < count[0]; k++)
		CHECK(next[row[0][k].from]++ == row[0][k].number, "message %u", k);
	CHECK(hub.stats.deliveries == CLIENTS * CLIENTS * MESSAGES, "%" PRIu64,
	      hub.stats.deliveries);
	hub_settle();
	hub_finish();
}

/* What is wrong closes its sender only, with the right code, and is not relayed. */
static void test_wrong(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		int code;
	} table[] = {
		{ "\x81\x01x", 3, 1002 }, { "\xc1\x80" "abcd", 6, 1002 },
		{ "\x83\x80" "abcd", 6, 1002 },
		{ "\x80\x80" "abcd", 6, 1002 }, { "\x09\x80" "abcd", 6, 1002 },
		{ "\x01\x80" "abcd" "\x81\x80" "abcd", 12, 1002 }, { "\x89\xfe", 2, 1002 },
		{ "\x81\x81\0\0\0\0\xff", 7, 1007 }, { "\x81\x82\0\0\0\0\xc3(", 8, 1007 },
		{ "\x81\x81\0\0\0\0\xc3", 7, 1007 },
		{ "\x01\x81\0\0\0\0\xc3\x80\x80\0\0\0\0", 13, 1007 },
		{ "\x82\xfe\x10\x01" "abcd", 8, 1009 },
		{ "\x82\xff\0\0\0\0\x7f\xff\xff\xff" "abcd", 14, 1009 },
		{ "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" "abcd", 14, 1009 },
		{ "\x82\xff\x80\0\0\0\0\0\0\0" "abcd", 14, 1002 },
		{ "\x88\x80" "abcd", 6, CLOSE_NO_STATUS }, { "\x88\x81" "abcdx", 7, 1002 },
		{ "\x88\x82\0\0\0\0\x03\xed", 8, 1002 },
		{ "\x88\x83\0\0\0\0\x03\xe8\xff", 9, 1007 },
		{ "\x88\x82\0\0\0\0\x0f\xa0", 8, 4000 }
	};
	size_t i, cut;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		for (cut = 0; cut < table[i].n; cut++) {
			hub_defaults();
			hub_begin();
			client_join(&who[0]);
			client_join(&who[1]);
			client_text(&who[0], "good");
			client_send(&who[0], table[i].bytes, cut);
			hub_settle();
			client_send(&who[0], table[i].bytes + cut, table[i].n - cut);
			client_text(&who[0], "behind");
			hub_settle();
			CHECK(client_got_text(&who[0], "good") && client_got_text(&who[1], "good"),
			      "%zu", i);
			client_skip(&who[0]);
			CHECK(who[0].closed == table[i].code && client_quiet(&who[0]) &&
			      who[0].end == CLIENT_END,
			      "row %zu, cut %zu: %d", i, cut, who[0].closed);
			CHECK(client_quiet(&who[1]) && who[1].end == CLIENT_OPEN, "row %zu", i);
			CHECK(hub_messages == 1 && hub.budget.used == 0, "row %zu: %u", i,
			      hub_messages);
			client_free(&who[0]);
			client_free(&who[1]);
			hub_settle();
			hub_finish();
		}
	}
}

int main(void)
{
	uint32_t s;
	size_t i;

	for (i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 7 + i / 251);
	test_cuts();
	test_dribble();
	test_large();
	for (s = 1; s <= 20; s++)
		test_order(s);
	test_wrong();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
