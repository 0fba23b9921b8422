/* tls_cut.c: row 28: connections cut inside a record, between two records of a frame, inside
 * a fragmented message, with close_notify and without; renegotiation without end (row 27); records
 * that the protocol does not allow. Nobody gets what was cut, and nothing is left of it. */
#include "wire.h"

static struct server s;
static struct client listener;
static uint8_t body[4000];
static int files;

/* What stands before the cut. */
enum { NOTHING, FRAME_HEAD, FRAGMENT, CONTROL, BEFORES };
static const char *const before_names[BEFORES] = {
	"nothing", "half a frame", "a first fragment", "a fragment and a ping"
};

/* How it ends. */
enum { FIN, RST, NOTIFY, NOTIFY_FIN, HALF_CLOSE, ENDS };
static const char *const end_names[ENDS] = {
	"FIN", "RST", "close_notify", "close_notify and FIN", "FIN of one way"
};

static void make_before(struct wire *w, int before)
{
	uint8_t frame[5000];
	size_t n = frame_make(frame, 0x82, body, sizeof body);

	if (before == FRAME_HEAD)
		wire_make(w, WIRE_DATA, frame, n / 2);
	if (before == FRAGMENT || before == CONTROL)
		wire_frame(w, 0x02, body, 100, 0);
	if (before == CONTROL)
		wire_frame(w, 0x89, "ping", 4, 0);
}

/* The end of a client, `at` bytes into its last record, which would complete the message. */
static void cut(int before, int end, size_t at)
{
	static struct wire w;
	uint8_t frame[5000];
	size_t n;

	if (wire_open(&w, &s)) {
		CHECK(0, "no client");
		return;
	}
	make_before(&w, before);
	n = w.n_made;
	if (before == FRAME_HEAD) {
		/* The other half of a frame that nobody gets. */
		memset(frame, 0, sizeof frame);
		wire_make(&w, WIRE_DATA, frame, 2008);
	} else {
		wire_frame(&w, before == NOTHING ? 0x82 : 0x80, body, 200, 0);
	}
	CHECK(n + at < w.n_made, "%zu bytes would be all", at);
	wire_send_part(&w, n + at);
	if (end == NOTIFY || end == NOTIFY_FIN) {
		/* In the clear, since a record cut before it makes it part of that one. */
		wire_close(&w);
		wire_send(&w, 0);
	}
	if (end == NOTIFY_FIN || end == HALF_CLOSE)
		client_finish(&w.c);
	if (end == NOTIFY || end == NOTIFY_FIN || end == HALF_CLOSE)
		CHECK(end == NOTIFY && at ? 1 : client_ended(&w.c) != 0, "%s, %s, %zu: it is not ended",
		      before_names[before], end_names[end], at);
	wire_leave(&w, end == RST);
}

static void test_cuts(void)
{
	long long until = now_ms() + E2E_PROGRAM_S / 2 * 1000;
	int before, end, n = 0;
	size_t at;

	for (before = 0; before < BEFORES; before++)
		for (end = 0; end < ENDS; end++)
			for (at = 0; at < 220; at += at < 16 ? 1 : 17, n++)
				cut(before, end, at);
	CHECK(!client_text(&listener, "own") && client_text_is(&listener, "own"),
	      "behind %d cuts the listener got something else: opcode %d, %zu bytes", n, listener.op,
	      listener.len);
	CHECK(metric_await(&s, "websocket_connected_clients", 1) == 1, "somebody stays");
	CHECK(metric(&s, "websocket_messages_total") == 1, "%g messages",
	      metric(&s, "websocket_messages_total"));
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "budget is in use");
	/* That of the last scrape too. */
	while (open_files(s.pid) != files && now_ms() < until)
		e2e_pass(5);
	CHECK(now_ms() < until, "%d descriptors, %d before", open_files(s.pid), files);
}

/* What came whole before the end is relayed: the message is not cut. */
static void test_whole(void)
{
	static struct wire w;
	int i;

	for (i = 0; i < 20; i++) {
		CHECK(!wire_open(&w, &s), "no client");
		wire_frame(&w, 0x81, "whole", 5, (size_t)i);
		wire_frame(&w, 0x01, "half", 4, 0);
		wire_close(&w);
		CHECK(!wire_send(&w, 0) && client_text_is(&listener, "whole"), "a whole message");
		CHECK(client_ended(&w.c) == C_EOF, "its end");
		wire_leave(&w, 0);
	}
	CHECK(!client_text(&listener, "own") && client_text_is(&listener, "own"), "something else");
}

/* ---- row 27 */

static const uint8_t hello[44] = { 1, 0, 0, 40, 3, 3 };

static void test_renegotiation(void)
{
	enum { ROUNDS = 2000, MANY = 400000 };
	double signatures = metric(&s, "wsrelay_tls_signatures_total"), cpu;
	static struct wire w;
	size_t alerts;
	int i;

	CHECK(!wire_open(&w, &s), "no client");
	signatures = metric(&s, "wsrelay_tls_signatures_total");
	cpu = cpu_ms(s.pid);
	for (i = 0, alerts = 0; i < ROUNDS; i++) {
		wire_make(&w, WIRE_HANDSHAKE, hello, sizeof hello);
		if (wire_send(&w, 0))
			break;
		if (i % 50 == 49) {
			wire_frame(&w, 0x81, "data", 4, 0);
			if (wire_send(&w, 0) || !client_text_is(&listener, "data"))
				break;
		}
	}
	CHECK(i == ROUNDS, "ended after %d", i);
	/* BearSSL's client gives up at the first alert; so count what came, encrypted. */
	for (; w.c.at + 5 <= w.c.have; w.c.at += 5u + w.c.buf[w.c.at + 4])
		alerts += w.c.buf[w.c.at] == 21;
	CHECK(alerts > 0 && alerts <= ROUNDS, "%zu alerts", alerts);
	CHECK(metric(&s, "wsrelay_tls_signatures_total") == signatures, "it has signed");
	printf("renegotiation: %d asked for, %zu refused, %.0f us of CPU time each\n", ROUNDS, alerts,
	       (cpu_ms(s.pid) - cpu) * 1000 / ROUNDS);
	wire_leave(&w, 0);
	/* One that reads no answers: it is ended, and has cost no more than its share. */
	CHECK(!wire_open(&w, &s), "no client");
	w.c.deaf = 1;
	for (i = 0; i < MANY; i++) {
		wire_make(&w, WIRE_HANDSHAKE, hello, sizeof hello);
		if (i % 100 == 99 && wire_send(&w, 0))
			break;
	}
	CHECK(i < MANY, "it was never ended");
	CHECK(server_log(&s, "reads no answers of TLS", 1) != NULL, "%s", s.log);
	wire_leave(&w, 0);
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "budget is in use");
}

/* ---- records that are not allowed */

static void test_illegal(void)
{
	static const struct row {
		const char *what, *bytes;
		size_t n;
		const char *why;
	} rows[] = {
		{ "plain data", "\x17\3\3\0\5hello", 10, "TLS: " },
		{ "type 24", "\x18\3\3\0\1x", 6, "speaks no TLS" },
		{ "an overlong record", "\x17\3\3\x41\0", 5, "speaks no TLS" },
		{ "HTTP", "GET / HTTP/1.1\r\n\r\n", 18, "speaks no TLS" },
		{ "zeros", "\0\0\0\0\0\0\0\0", 8, "speaks no TLS" },
	};
	static struct wire w;
	long long begun;
	size_t i;
	int open;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (open = 0; open < 3; open++) {
			/* First, behind the TLS handshake, behind the upgrade with half a message. */
			if (open == 2 ? wire_open(&w, &s) : wire_connect(&w, &s)) {
				CHECK(0, "no client");
				continue;
			}
			if (open == 0)
				w.n_made = 0;
			else if (open == 1)
				CHECK(!wire_shake(&w, 0), "handshake");
			else
				make_before(&w, FRAGMENT);
			wire_send(&w, 0);
			client_send(&w.c, rows[i].bytes, rows[i].n);
			CHECK(client_ended(&w.c) != 0, "%s at %d: it is not ended", rows[i].what, open);
			/* What it held is free before it goes. */
			begun = now_ms();
			CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0 &&
			      now_ms() - begun < 2000, "%s at %d: %lld ms later its half message is "
			      "still there", rows[i].what, open, now_ms() - begun);
			wire_leave(&w, 0);
		}
		CHECK(strstr(s.log, rows[i].why), "%s: no '%s' in the log", rows[i].what, rows[i].why);
	}
	CHECK(!client_text(&listener, "own") && client_text_is(&listener, "own"), "something else");
	CHECK(metric_await(&s, "websocket_connected_clients", 1) == 1, "somebody stays");
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "budget is in use");
}

int main(void)
{
	size_t i;

	e2e_start();
	if (!e2e_is_tls()) {
		printf("SKIP tls_cut: no E2E_TLS\n");
		return test_end();
	}
	for (i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)i;
	CHECK(!server_start(&s, LOCAL METRICS), "%s", s.log);
	files = open_files(s.pid) + 1;
	CHECK(!client_open(&listener, &s), "no client");
	test_cuts();
	test_whole();
	test_renegotiation();
	test_illegal();
	CHECK(client_bye(&listener), "close");
	STOP(&s);
	return test_end();
}
