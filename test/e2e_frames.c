/* e2e_frames.c: frames as they should not be, and more of them than is decent. */
#include "e2e.h"

#include <sys/socket.h>

static struct server s;

/* ---- one byte a send */

static void drip(struct client *c, const uint8_t *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (client_send(c, bytes + i, 1))
			CHECK(0, "byte %zu was not taken", i);
}

static void test_drip(void)
{
	enum { CLIENTS = 8 };
	struct client c[CLIENTS];
	uint8_t bytes[1024];
	size_t n = 0, k;
	int i, j, wrong = 0;

	n += frame_make(bytes + n, 0x01, "in ", 3);
	n += frame_make(bytes + n, 0x89, "ping", 4);
	n += frame_make(bytes + n, 0x00, "", 0);
	n += frame_make(bytes + n, 0x80, "pieces \xe2\x82\xac", 10);
	n += frame_make(bytes + n, 0x82, bytes, 200);
	for (i = 0; i < CLIENTS; i++)
		CHECK(!client_connect(&c[i], &s), "client %d", i);
	/* All at the same time: each gets one byte a round. */
	for (k = 0; k < strlen(upgrade_request); k++)
		for (i = 0; i < CLIENTS; i++)
			drip(&c[i], (const uint8_t *)upgrade_request + k, 1);
	for (i = 0; i < CLIENTS; i++)
		CHECK(client_answer(&c[i]) == 101, "client %d: %s", i, c[i].head);
	for (k = 0; k < n; k++)
		for (i = 0; i < CLIENTS; i++)
			drip(&c[i], bytes + k, 1);
	for (i = 0; i < CLIENTS; i++) {
		int text = 0, binary = 0, pong = 0;

		for (j = 0; j < 2 * CLIENTS + 1; j++) {
			int op = client_read(&c[i]);

			text += op == 1 && c[i].len == 13 &&
				!memcmp(c[i].data, "in pieces \xe2\x82\xac", 13);
			binary += op == 2 && c[i].len == 200;
			pong += op == 10 && c[i].len == 4;
		}
		wrong += text != CLIENTS || binary != CLIENTS || pong != 1;
	}
	CHECK(wrong == 0, "%d of %d clients", wrong, CLIENTS);
	for (i = 0; i < CLIENTS; i++)
		CHECK(client_bye(&c[i]), "close of client %d", i);
}

/* ---- a frame that must end its connection, seen from there and from a bystander */

static struct client bystander;

static void refused(const char *what, int code, const void *bytes, size_t n)
{
	struct client c;
	static int number;
	char text[32];

	CHECK(!client_open(&c, &s), "%s: no client", what);
	client_send(&c, bytes, n);
	CHECK(client_closed(&c, code), "%s: want %d, got opcode %d, code %d, end %d", what, code,
	      c.op, c.code, c.ended);
	client_leave(&c);
	/* Nothing of it was relayed, and the others are well. */
	snprintf(text, sizeof text, "still here %d", number++);
	client_text(&bystander, text);
	CHECK(client_text_is(&bystander, text), "%s: the bystander got opcode %d", what,
	      bystander.op);
}

static void refused_frame(const char *what, int code, int first, const void *data, size_t n)
{
	uint8_t bytes[1024];

	refused(what, code, bytes, frame_make(bytes, first, data, n));
}

/* Row 10: the header alone is enough. */
static void test_lengths(void)
{
	static const uint64_t lengths[] = {
		64u << 20, UINT64_C(1) << 31, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 16,
		INT64_MAX, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 3, UINT64_MAX - 13
	};
	long before = virtual_kib(s.pid), after;
	/* An emulator maps memory of its own; the least that is announced here is 64 MiB. */
	long slack = getenv("E2E_EMULATED") ? 1024 : 0;
	uint8_t bytes[64];
	size_t i, k, n;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char what[40];
		int code = lengths[i] >> 63 ? 1002 : 1009;

		snprintf(what, sizeof what, "length %#llx", (unsigned long long)lengths[i]);
		memcpy(bytes, "\x82\xff", 2);
		for (k = 0; k < 8; k++)
			bytes[2 + k] = (uint8_t)(lengths[i] >> (56 - 8 * k));
		memset(bytes + 10, 0, 4);
		refused(what, code, bytes, 14);
		/* The sum with what is there must not wrap. */
		n = frame_make(bytes + 20, 0x02, "12345678", 8);
		memcpy(bytes + 20 + n, bytes, 14);
		bytes[20 + n] = 0x80;
		refused(what, code, bytes + 20, n + 14);
	}
	after = virtual_kib(s.pid);
	CHECK(after - before <= slack && before - after <= slack,
	      "address space: %ld KiB before, %ld after", before, after);
}

/* Row 15. */
static void test_illegal(void)
{
	static const struct {
		const char *what, *bytes;
		size_t n;
		int code;
	} t[] = {
		{ "no mask", "\x81\x02hi", 4, 1002 },
		{ "rsv1", "\xc1\x80\0\0\0\0", 6, 1002 },
		{ "rsv2", "\xa1\x80\0\0\0\0", 6, 1002 },
		{ "rsv3", "\x91\x80\0\0\0\0", 6, 1002 },
		{ "opcode 3", "\x83\x80\0\0\0\0", 6, 1002 },
		{ "opcode 7", "\x87\x80\0\0\0\0", 6, 1002 },
		{ "opcode 11", "\x8b\x80\0\0\0\0", 6, 1002 },
		{ "opcode 15", "\x8f\x80\0\0\0\0", 6, 1002 },
		{ "ping of 126", "\x89\xfe\0\x7e\0\0\0\0", 8, 1002 },
		{ "ping that is not final", "\x09\x80\0\0\0\0", 6, 1002 },
		{ "close that is not final", "\x08\x80\0\0\0\0", 6, 1002 },
		{ "length 5 in 16 bits", "\x81\xfe\0\x05\0\0\0\0hello", 13, 1002 },
		{ "length 126 in 64 bits", "\x81\xff\0\0\0\0\0\0\0\x7e\0\0\0\0", 14, 1002 },
		{ "continuation of nothing", "\x80\x80\0\0\0\0", 6, 1002 },
		{ "text inside fragments", "\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 12, 1002 },
		{ "binary inside fragments", "\x01\x80\0\0\0\0\x02\x80\0\0\0\0", 12, 1002 },
	};
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		refused(t[i].what, t[i].code, t[i].bytes, t[i].n);
}

/* Ten kinds of bad UTF-8 (RFC 3629 section 3), whole, and split behind each byte. */
static void test_utf8(void)
{
	static const char *const bad[] = {
		"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "ok \xe2\x82 no"
	};
	uint8_t bytes[128];
	size_t i, cut, n, len;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		len = strlen(bad[i]);
		refused_frame("bad UTF-8", 1007, 0x81, bad[i], len);
		for (cut = 0; cut <= len; cut++) {
			n = frame_make(bytes, 0x01, bad[i], cut);
			n += frame_make(bytes + n, 0x80, bad[i] + cut, len - cut);
			refused("bad UTF-8, split", 1007, bytes, n);
		}
	}
	/* What can never become right is refused before the message ends. */
	n = frame_make(bytes, 0x01, "\xff", 1);
	refused("bad UTF-8, unfinished", 1007, bytes, n);
}

/* Row 14. */
static void test_close(void)
{
	static const int illegal[] = { 0,    1,    999,  1004, 1005, 1006,  1015,
				       1016, 1100, 2000, 2999, 5000, 10000, 65535 };
	static const int legal[] = { 1000, 1001, 1002, 1003, 1007, 1008,
				     1009, 1010, 1011, 3000, 4999 };
	uint8_t bytes[2048], body[2];
	size_t i, n;

	for (i = 0; i < sizeof illegal / sizeof *illegal; i++) {
		body[0] = (uint8_t)(illegal[i] >> 8);
		body[1] = (uint8_t)illegal[i];
		refused_frame("illegal close code", 1002, 0x88, body, 2);
	}
	for (i = 0; i < sizeof legal / sizeof *legal; i++) {
		body[0] = (uint8_t)(legal[i] >> 8);
		body[1] = (uint8_t)legal[i];
		refused_frame("close code", legal[i], 0x88, body, 2);
	}
	refused_frame("close of one byte", 1002, 0x88, "\x03", 1);
	refused_frame("bad reason", 1007, 0x88, "\x03\xe8\xc3\x28", 4);
	refused_frame("empty close", 0, 0x88, "", 0);
	refused_frame("close with a reason", 1000, 0x88, "\x03\xe8good bye", 10);
	for (n = 0, i = 0; i < 100; i++)
		n += frame_make(bytes + n, 0x88, "\x03\xe8", 2);
	refused("100 closes", 1000, bytes, n);
	n = frame_make(bytes, 0x88, "\x03\xe9", 2);
	n += frame_make(bytes + n, 0x81, "too late", 8);
	n += frame_make(bytes + n, 0x89, "too late", 8);
	refused("data after close", 1001, bytes, n);
}

/* Row 14 too: a peer that never hangs up is not kept. */
static void test_never_hangs_up(void)
{
	struct client c, d;
	long long begun = now_ms();

	CHECK(!client_open(&c, &s) && !client_open(&d, &s), "no clients");
	client_frame(&c, 0x88, "\x03\xe8", 2);
	client_frame(&d, 0x83, "", 0);
	CHECK(client_closed(&c, 1000) && client_closed(&d, 1002), "%d, %d", c.code, d.code);
	CHECK(metric_await(&s, "websocket_connected_clients", 1) == 1, "they were kept");
	CHECK(now_ms() - begun < 5000 + 2000, "after %lld ms", now_ms() - begun);
	client_leave(&c);
	client_leave(&d);
}

/* ---- row 13: floods */

static void send_some(struct client *c, const uint8_t *bytes, size_t n)
{
	ssize_t sent = e2e_send(c->fd, bytes, n);

	/* From the same place again: a frame is never sent in part and then another. */
	if (sent > 0 && (size_t)sent < n)
		client_send(c, bytes + sent, n - (size_t)sent);
}

static void test_floods(void)
{
	enum { FRAMES = 500, ROUNDS = 200 };
	static uint8_t pings[FRAMES * 131], pongs[FRAMES * 131];
	struct client a, b, unread, reading, pong;
	uint8_t body[125] = { 'p' };
	size_t n = 0, m = 0, at = 0;
	long before, after;
	int i, worst = 0, trip, read = 0;
	ssize_t sent;

	for (i = 0; i < FRAMES; i++) {
		n += frame_make(pings + n, 0x89, body, sizeof body);
		m += frame_make(pongs + m, 0x8a, body, sizeof body);
	}
	CHECK(!client_open(&a, &s) && !client_open(&b, &s) && !client_open(&unread, &s) &&
	      !client_open(&reading, &s) && !client_open(&pong, &s), "no clients");
	unread.deaf = 1;
	before = resident_kib(s.pid);
	for (i = 0; i < ROUNDS; i++) {
		/* At most its own input comes to a stop, when the kernel is full of its pongs. */
		sent = e2e_send(unread.fd, pings + at, n - at);
		at = sent > 0 ? (at + (size_t)sent) % n : at;
		send_some(&reading, pings, n);
		send_some(&pong, pongs, m);
		while (reading.have - reading.at > 2 && client_read_for(&reading, 0) == 10)
			read++;
		trip = round_trip(&a, &b);
		worst = trip < 0 ? 100000 : trip > worst ? trip : worst;
	}
	after = resident_kib(s.pid);
	CHECK(worst < 1000, "worst round trip: %d ms", worst);
	CHECK(read > 0, "no pong was read");
	CHECK(after - before < E2E_SLACK_KIB, "resident: %ld KiB before, %ld after", before, after);
	/* One pong that waits, not one for each ping (RFC 6455 section 5.5.3). */
	CHECK(metric(&s, "wsrelay_budget_used_bytes") < 16384, "%g bytes of pongs",
	      metric(&s, "wsrelay_budget_used_bytes"));
	client_text(&pong, "well");
	while (client_read(&pong) == 1 && memcmp(pong.data, "well", 4))
		;
	CHECK(pong.op == 1 && pong.len == 4, "the flooder of pongs: %d", pong.op);
	client_reset(&unread);
	client_leave(&reading);
	client_leave(&pong);
	client_leave(&a);
	client_leave(&b);
}

/* Row 12: fragments without end cost no memory each, and are counted. */
static void test_fragment_flood(void)
{
	static uint8_t bytes[1000 * 6];
	long before = resident_kib(s.pid), after;
	struct client c;
	size_t n = 0;
	int i;

	for (i = 0; i < 1000; i++)
		n += frame_make(bytes + n, 0x00, "", 0);
	CHECK(!client_open(&c, &s), "no client");
	client_frame(&c, 0x02, "", 0);
	for (i = 0; i < 70 && !client_send(&c, bytes, n); i++)
		;
	after = resident_kib(s.pid);
	CHECK(client_closed(&c, 1008), "opcode %d, code %d", c.op, c.code);
	CHECK(after - before < E2E_SLACK_KIB, "resident: %ld KiB before, %ld after", before, after);
	client_leave(&c);
}

int main(void)
{
	e2e_start();
	CHECK(server_start(&s, LOCAL METRICS "log:\n  level: info\n") == 0, "%s", s.log);
	test_drip();
	CHECK(!client_open(&bystander, &s), "no bystander");
	test_lengths();
	test_illegal();
	test_utf8();
	test_close();
	test_never_hangs_up();
	CHECK(client_bye(&bystander), "the bystander");
	test_floods();
	test_fragment_flood();
	CHECK(metric_await(&s, "websocket_connected_clients", 0) == 0, "somebody is left");
	STOP(&s);
	return test_end();
}
