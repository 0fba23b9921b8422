/* tls_records.c: records that come in pieces, many at once, empty, one byte each: what is inside
 * is relayed all the same. */
#include "wire.h"

static struct server s;
static struct client listener;
static struct wire w;
static uint8_t body[65536];

/* Whether the listener gets this message, and the sender too. */
static int relayed(int op, const void *data, size_t n)
{
	uint8_t head[10] = { (uint8_t)(0x80 | op), (uint8_t)n };
	size_t len = 2;

	if (n > 65535) {
		memcpy(head + 1, "\x7f\0\0\0\0\0\1\0\0", 9);
		len = 10;
	} else if (n > 125) {
		head[1] = 126;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		len = 4;
	}
	if (!client_is(&listener, op, data, n) || wire_want(&w, len + n) ||
	    memcmp(w.got, head, len) || memcmp(w.got + len, data, n))
		return 0;
	wire_take(&w, len + n);
	return 1;
}

static void test_sizes_of_records(void)
{
	static const size_t each[] = { 1, 2, 3, 5, 100, 1000, 4096, 16383, 16384 };
	size_t i, n;

	for (i = 0; i < sizeof each / sizeof *each; i++) {
		n = each[i] < 5 ? 300 : each[i] < 1000 ? 5000 : sizeof body;
		wire_frame(&w, 0x82, body, n, each[i]);
		CHECK(!wire_send(&w, 0), "records of %zu", each[i]);
		CHECK(relayed(2, body, n), "%zu bytes in records of %zu", n, each[i]);
	}
}

static void test_pieces(void)
{
	static const size_t pieces[] = { 1, 2, 4, 5, 6, 7, 13, 28, 29, 30, 100, 5000 };
	size_t i;

	for (i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t n = pieces[i] < 100 ? 700 : 40000;

		wire_frame(&w, 0x82, body, n, 250);
		CHECK(!wire_send(&w, pieces[i]), "pieces of %zu", pieces[i]);
		CHECK(relayed(2, body, n), "%zu bytes in pieces of %zu", n, pieces[i]);
	}
	/* The longest record, byte by byte. */
	wire_frame(&w, 0x82, body, 16376, 0);
	CHECK(!wire_send(&w, 1), "16 KiB byte by byte");
	CHECK(relayed(2, body, 16376), "16 KiB byte by byte");
}

static void test_halves(void)
{
	struct client other;
	uint8_t *rest;
	size_t n, at;

	CHECK(!client_open(&other, &s), "another client");
	for (at = 1; at < 90; at++) {
		wire_frame(&w, 0x81, "0123456789abcdef", 16, 7);
		n = w.n_made;
		rest = malloc(n);
		memcpy(rest, w.made, n);
		if (at < n) {
			CHECK(!wire_send_part(&w, at), "the first %zu of %zu", at, n);
			/* The server has read it when this came back. */
			CHECK(!client_text(&other, "between") && client_text_is(&other, "between") &&
			      relayed(1, "between", 7), "others, behind the first %zu of %zu", at, n);
			CHECK(!client_send(&w.c, rest + at, n - at), "the rest");
			CHECK(relayed(1, "0123456789abcdef", 16) && client_read(&other) == 1,
			      "cut at %zu of %zu", at, n);
		}
		free(rest);
		w.n_made = 0;
	}
	CHECK(client_bye(&other), "close");
}

static void test_many_frames(void)
{
	enum { FRAMES = 900 };
	static uint8_t frames[FRAMES * 16];
	char text[16];
	size_t n = 0;
	int i, good = 0;

	for (i = 0; i < FRAMES; i++) {
		int len = snprintf(text, sizeof text, "%d", i);

		n += frame_make(frames + n, 0x81, text, (size_t)len);
	}
	wire_make(&w, WIRE_DATA, frames, n);
	CHECK(!wire_send(&w, 0), "%d frames in a record of %zu bytes", FRAMES, n);
	for (i = 0; i < FRAMES; i++) {
		int len = snprintf(text, sizeof text, "%d", i);

		good += relayed(1, text, (size_t)len);
	}
	CHECK(good == FRAMES, "%d of %d frames", good, FRAMES);
}

/* Many messages in one turn come back in a record or two, not in one each. */
static void test_one_record_a_flush(void)
{
	enum { FRAMES = 500 };
	long long until = now_ms() + E2E_MS;
	static uint8_t frames[FRAMES * 20];
	size_t n = 0, records = 0, at;
	struct client *c = &w.c;
	int i;

	for (i = 0; i < FRAMES; i++)
		n += frame_make(frames + n, 0x82, body, 10);
	CHECK(!wire_want(&w, 0) && c->at == c->have, "something is left");
	CHECK(!client_send(&listener, frames, n), "%d frames", FRAMES);
	while (c->have - c->at < (size_t)FRAMES * 12 && client_more(c, until))
		;
	CHECK(c->have - c->at >= (size_t)FRAMES * 12, "%zu bytes came", c->have - c->at);
	for (at = c->at; at + 5 <= c->have; records++)
		at += 5u + (size_t)(c->buf[at + 3] << 8 | c->buf[at + 4]);
	CHECK(records <= 5, "%d messages in %zu records", FRAMES, records);
	CHECK(!wire_want(&w, (size_t)FRAMES * 12), "payload");
	w.n_got = 0;
	for (i = 0, n = 0; i < FRAMES; i++)
		n += (size_t)client_is(&listener, 2, body, 10);
	CHECK(n == FRAMES, "%zu of %d", n, FRAMES);
}

static void test_empty(void)
{
	uint8_t frame[64];
	size_t n = frame_make(frame, 0x81, "between empty ones", 18), i;

	for (i = 0; i < 200; i++)
		wire_make(&w, WIRE_DATA, NULL, 0);
	for (i = 0; i < n; i++) {
		wire_make(&w, WIRE_DATA, frame + i, 1);
		wire_make(&w, WIRE_DATA, NULL, 0);
	}
	CHECK(!wire_send(&w, 0) && relayed(1, "between empty ones", 18), "empty records");
	for (i = 0; i < 20; i++)
		wire_make(&w, WIRE_DATA, NULL, 0);
	CHECK(!wire_send(&w, 3), "empty ones in pieces");
	wire_frame(&w, 0x81, "behind", 6, 0);
	CHECK(!wire_send(&w, 0) && relayed(1, "behind", 6), "behind empty ones");
}

/* The whole life of a client, in pieces. */
static void test_life(size_t piece, size_t each)
{
	static struct wire one;
	size_t i, n = strlen(upgrade_request);

	CHECK(!wire_connect(&one, &s) && !wire_shake(&one, piece), "handshake in pieces of %zu",
	      piece);
	for (i = 0; i < n; i += each)
		wire_make(&one, WIRE_DATA, upgrade_request + i, n - i < each ? n - i : each);
	/* Glued to the request. */
	wire_frame(&one, 0x81, "first", 5, 0);
	CHECK(!wire_send(&one, piece), "request in pieces of %zu", piece);
	CHECK(relayed(1, "first", 5),
	      "the first message, pieces of %zu, records of %zu", piece, each);
	CHECK(!wire_want(&one, 129 + 7) && !memcmp(one.got, "HTTP/1.1 101 ", 13) &&
	      !memcmp(one.got + one.n_got - 7, "\x81\5first", 7), "its own answer: %zu bytes",
	      one.n_got);
	wire_frame(&one, 0x88, "\3\xe8", 2, 0);
	one.n_got = 0;
	CHECK(!wire_send(&one, piece) && !wire_want(&one, 4) && !memcmp(one.got, "\x88\2\3\xe8", 4),
	      "close in pieces of %zu", piece);
	CHECK(wire_want(&one, 5) && one.c.ended == C_EOF &&
	      br_ssl_engine_last_error(&one.tls.eng) == 0 &&
	      br_ssl_engine_current_state(&one.tls.eng) == BR_SSL_CLOSED, "no close_notify");
	wire_leave(&one, 0);
}

/* A record may hold more than a request head may. */
static void test_large_heads(void)
{
	static struct wire one;
	static char head[16384];
	size_t n;

	for (n = 8000; n <= 16384; n += 96) {
		memset(head, 'x', n);
		memcpy(head, upgrade_request, strlen(upgrade_request) - 2);
		memcpy(head + strlen(upgrade_request) - 2, "X: ", 3);
		memcpy(head + n - 4, "\r\n\r\n", 4);
		CHECK(!wire_connect(&one, &s) && !wire_shake(&one, 0), "handshake");
		wire_make(&one, WIRE_DATA, head, n);
		CHECK(!wire_send(&one, 0) && !wire_want(&one, 13), "no answer to %zu bytes", n);
		CHECK(!memcmp(one.got, n <= 8192 ? "HTTP/1.1 101 " : "HTTP/1.1 431 ", 13),
		      "%zu bytes: %.13s", n, (char *)one.got);
		wire_leave(&one, 0);
	}
	/* Behind a head of full size, in the same record: it is not lost, nor taken for more of it. */
	memset(head, 'x', 8000);
	memcpy(head, upgrade_request, strlen(upgrade_request) - 2);
	memcpy(head + strlen(upgrade_request) - 2, "X: ", 3);
	memcpy(head + 8000 - 4, "\r\n\r\n", 4);
	n = 8000 + frame_make((uint8_t *)head + 8000, 0x82, body, 8000);
	CHECK(!wire_connect(&one, &s) && !wire_shake(&one, 0), "handshake");
	wire_make(&one, WIRE_DATA, head, n);
	CHECK(!wire_send(&one, 0) && relayed(2, body, 8000), "a frame behind a large head");
	wire_leave(&one, 0);
}

int main(void)
{
	size_t i;

	e2e_start();
	if (!e2e_is_tls()) {
		printf("SKIP tls_records: no E2E_TLS\n");
		return test_end();
	}
	for (i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)(i * 40503u >> 7);
	CHECK(!server_start(&s, LOCAL METRICS), "%s", s.log);
	CHECK(!client_open(&listener, &s) && !wire_open(&w, &s), "no clients");
	test_sizes_of_records();
	test_pieces();
	test_halves();
	test_many_frames();
	test_one_record_a_flush();
	test_empty();
	test_life(0, 1);
	test_life(1, 1000);
	test_life(1, 1);
	test_life(7, 10);
	test_large_heads();
	wire_leave(&w, 0);
	CHECK(client_bye(&listener), "close");
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "budget is in use");
	STOP(&s);
	return test_end();
}
