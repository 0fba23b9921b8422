/* e2e_relay.c: messages through the server: to everybody, whole, in one order. */
#include "e2e.h"

enum { MESSAGE_MAX = 65536 };

static struct server s;
static uint8_t big[MESSAGE_MAX + 1];

/* The same sequence on every machine. */
static uint32_t random_below(uint32_t n)
{
	static uint32_t state = 20260101;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static void test_broadcast(void)
{
	struct client c[3];
	int i;

	for (i = 0; i < 3; i++)
		CHECK(!client_open(&c[i], &s), "client %d: %s", i, c[i].head);
	client_text(&c[1], "to all");
	for (i = 0; i < 3; i++)
		CHECK(client_text_is(&c[i], "to all"), "client %d", i);
	client_frame(&c[2], 0x82, "\0\xff\xfe", 3);
	for (i = 0; i < 3; i++)
		CHECK(client_is(&c[i], 2, "\0\xff\xfe", 3), "binary, client %d: opcode %d", i,
		      c[i].op);
	client_text(&c[0], "\xe2\x82\xac \xf0\x9f\x98\x80");
	for (i = 0; i < 3; i++)
		CHECK(client_text_is(&c[i], "\xe2\x82\xac \xf0\x9f\x98\x80"), "UTF-8, client %d",
		      i);
	/* A newcomer starts at the end: nothing of what went before. */
	CHECK(client_bye(&c[1]) && !client_open(&c[1], &s), "no newcomer");
	client_text(&c[0], "after");
	CHECK(client_text_is(&c[1], "after"), "the newcomer got something old");
	for (i = 0; i < 3; i += 2)
		CHECK(client_text_is(&c[i], "after"), "client %d", i);
	for (i = 0; i < 3; i++)
		CHECK(client_bye(&c[i]), "close of client %d", i);
}

static void test_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 127, 1000, 65535, 65536 };
	struct client a, b;
	size_t i;

	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		client_frame(&a, 0x82, big, sizes[i]);
		CHECK(client_is(&b, 2, big, sizes[i]), "%zu bytes to the other", sizes[i]);
		CHECK(client_is(&a, 2, big, sizes[i]), "%zu bytes to the sender", sizes[i]);
	}
	/* In two halves, and in a frame that comes in three parts. */
	client_frame(&a, 0x02, big, 32768);
	client_frame(&a, 0x80, big + 32768, 32768);
	CHECK(client_is(&b, 2, big, 65536), "two fragments");
	client_frame(&a, 0x02, big, 65536);
	client_frame(&a, 0x80, "x", 1);
	CHECK(client_is(&a, 2, big, 65536) && client_closed(&a, 1009), "one byte too much: %d",
	      a.code);
	client_leave(&a);
	CHECK(!client_open(&a, &s), "no client");
	client_frame(&a, 0x82, big, 65537);
	CHECK(client_closed(&a, 1009), "65,537 bytes: %d", a.code);
	client_leave(&a);
	CHECK(client_bye(&b), "the other was told of it");
}

static void test_fragments(void)
{
	struct client a, b;

	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	client_frame(&a, 0x01, "one ", 4);
	client_frame(&a, 0x89, "inside", 6);
	CHECK(client_is(&a, 10, "inside", 6), "a pong inside a message");
	client_frame(&a, 0x00, "", 0);
	client_frame(&a, 0x00, "two \xe2\x82", 6);
	client_frame(&a, 0x8a, "unasked", 7);
	client_frame(&a, 0x80, "\xac", 1);
	CHECK(client_text_is(&b, "one two \xe2\x82\xac"), "fragments: %.*s", (int)b.len,
	      (const char *)b.data);
	CHECK(client_text_is(&a, "one two \xe2\x82\xac"), "fragments to the sender");
	client_frame(&a, 0x02, "", 0);
	client_frame(&a, 0x80, "", 0);
	CHECK(client_is(&b, 2, "", 0), "an empty message of two fragments");
	/* Another client's message does not wait for a half one. */
	client_frame(&a, 0x01, "half", 4);
	client_text(&b, "meanwhile");
	CHECK(client_text_is(&b, "meanwhile"), "held up by half a message");
	client_frame(&a, 0x80, " whole", 6);
	CHECK(client_text_is(&b, "half whole"), "the other half");
	CHECK(client_is(&a, 2, "", 0) && client_text_is(&a, "meanwhile") &&
	      client_text_is(&a, "half whole"), "order");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
}

/* Several senders at once, their bytes cut anywhere; every receiver sees the same sequence, and
 * each sender's own in the order sent. */
static void test_order(void)
{
	enum { CLIENTS = 8, EACH = 250, ROOM = 300 * EACH };
	static struct client c[CLIENTS];
	static uint8_t bytes[CLIENTS][ROOM], seen[CLIENTS * EACH][2];
	size_t have[CLIENTS] = { 0 }, at[CLIENTS] = { 0 }, k, left = 0;
	int i, n, next[CLIENTS] = { 0 }, wrong = 0, mixed = 0, sends = 0;

	for (i = 0; i < CLIENTS; i++) {
		uint8_t text[200];

		CHECK(!client_open(&c[i], &s), "client %d", i);
		for (n = 0; n < EACH; n++) {
			memset(text, 'a' + i, sizeof text);
			text[0] = (uint8_t)i;
			text[1] = (uint8_t)n;
			have[i] +=
			      frame_make(bytes[i] + have[i], 0x82, text, 2 + random_below(190));
		}
		left += have[i];
	}
	while (left > 0) {
		i = (int)random_below(CLIENTS);
		k = 1 + random_below(500);
		if (k > have[i] - at[i])
			k = have[i] - at[i];
		if (k && client_send(&c[i], bytes[i] + at[i], k)) {
			CHECK(0, "client %d cannot send", i);
			return;
		}
		at[i] += k;
		left -= k;
		/* A turn for the server, so that it cannot read one sender after the other. */
		if (++sends % 16 == 0)
			e2e_wait(-1, 0, now_ms() + 10);
	}
	for (n = 0; n < CLIENTS * EACH; n++) {
		for (i = 0; i < CLIENTS; i++) {
			if (client_read(&c[i]) != 2 || c[i].len < 2) {
				CHECK(0, "message %d at client %d: %d", n, i, c[i].op);
				return;
			}
			if (i == 0)
				memcpy(seen[n], c[i].data, 2);
			wrong += memcmp(seen[n], c[i].data, 2) != 0;
		}
		mixed += n > 0 && seen[n][0] != seen[n - 1][0];
		wrong += seen[n][1] != (uint8_t)next[seen[n][0]]++;
	}
	CHECK(wrong == 0, "%d out of order", wrong);
	CHECK(mixed > CLIENTS * 4, "the senders were not mixed: %d changes", mixed);
	for (i = 0; i < CLIENTS; i++)
		CHECK(client_bye(&c[i]), "client %d got more", i);
}

/* A reader that pauses for less than the ring holds misses nothing. */
static void test_catch_up(void)
{
	enum { MESSAGES = 400 };
	struct client a, b;
	int i, wrong = 0;

	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	b.deaf = 1;
	for (i = 0; i < MESSAGES; i++) {
		memset(big, i, 2000);
		client_frame(&a, 0x82, big, 2000);
		if (client_read(&a) != 2)
			wrong++;
	}
	b.deaf = 0;
	for (i = 0; i < MESSAGES; i++) {
		memset(big, i, 2000);
		wrong += !client_is(&b, 2, big, 2000);
	}
	CHECK(wrong == 0, "%d of %d wrong", wrong, MESSAGES);
	CHECK(round_trip(&a, &b) >= 0, "not caught up");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
}

/* Row 16 of the list: thousands of tiny messages in one go. */
static void test_burst(void)
{
	enum { MESSAGES = 6000 };
	static uint8_t bytes[MESSAGES * 20];
	struct client a, b;
	size_t n = 0;
	int i, wrong = 0;

	CHECK(!client_open(&b, &s) && !client_connect(&a, &s), "no clients");
	/* Glued to the request. */
	n = strlen(upgrade_request);
	memcpy(bytes, upgrade_request, n);
	for (i = 0; i < MESSAGES / 2; i++) {
		char text[12];

		snprintf(text, sizeof text, "%d", i);
		n += frame_make(bytes + n, 0x81, text, strlen(text));
	}
	CHECK(!client_send(&a, bytes, n) && client_answer(&a) == 101, "the request: %s", a.head);
	for (n = 0; i < MESSAGES; i++) {
		char text[12];

		snprintf(text, sizeof text, "%d", i);
		n += frame_make(bytes + n, 0x81, text, strlen(text));
	}
	CHECK(!client_send(&a, bytes, n), "the second half");
	for (i = 0; i < MESSAGES; i++) {
		char text[12];

		snprintf(text, sizeof text, "%d", i);
		wrong += !client_text_is(&a, text) + !client_text_is(&b, text);
	}
	CHECK(wrong == 0, "%d of %d wrong", wrong, MESSAGES);
	CHECK(client_bye(&a) && client_bye(&b), "got more");
}

static void test_echo(void)
{
	struct client a, b;
	uint8_t frames[4096];
	size_t n = 0;
	int i, wrong = 0;

	CHECK(server_start(&s, "app: echo\n" LOCAL METRICS) == 0, "%s", s.log);
	CHECK(metric(&s, "websocket_connections") == 0, "not there at the start");
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	CHECK(metric(&s, "websocket_connections") == 2, "%g", metric(&s, "websocket_connections"));
	client_text(&a, "mine");
	client_text(&b, "yours");
	CHECK(client_text_is(&a, "mine") && client_text_is(&b, "yours"), "no echo");
	for (i = 0; i < 200; i++)
		n += frame_make(frames + n, 0x82, big + i, (size_t)(i % 10));
	client_send(&a, frames, n);
	for (i = 0; i < 200; i++)
		wrong += !client_is(&a, 2, big + i, (size_t)(i % 10));
	CHECK(wrong == 0, "%d of 200 wrong", wrong);
	client_frame(&a, 0x82, big, 65536);
	CHECK(client_is(&a, 2, big, 65536), "the largest message");
	client_frame(&a, 0x01, "in ", 3);
	client_frame(&a, 0x80, "parts", 5);
	CHECK(client_text_is(&a, "in parts"), "fragments");
	CHECK(metric(&s, "websocket_messages_total") == 204, "%g",
	      metric(&s, "websocket_messages_total"));
	CHECK(client_bye(&a) && client_bye(&b), "somebody got more");
	CHECK(metric_await(&s, "websocket_connections", 0) == 0, "%g",
	      metric(&s, "websocket_connections"));
	STOP(&s);
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof big; i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	e2e_start();
	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	test_broadcast();
	test_sizes();
	test_fragments();
	test_order();
	test_catch_up();
	test_burst();
	STOP(&s);
	test_echo();
	return test_end();
}
