/* tls_abuse.c: row 25: TLS handshakes that are silent, cut, garbage, plain HTTP or reset. */
#include "abuse.h"
#include "wire.h"

/* A client sends its hello, then key exchange, change of cipher and finished: less than this. */
enum { HELD = 250, CLIENT_BYTES = 450 };

static struct wire w[HELD];

/* ---- what each costs while it is held */

enum { SILENT, HALF_HELLO, FLIGHT, LONG_RECORD, KINDS };
static const char *const kind_names[KINDS] = {
	"silent", "half a hello", "its answer unread", "16 KiB of a record"
};

static void hold(struct abuse *a, struct wire *one, int kind)
{
	static uint8_t record[16400] = { 22, 3, 3, 0x40, 0x18 };

	CHECK(!wire_connect(one, &a->s), "no connection");
	one->c.deaf = 1;
	if (kind == HALF_HELLO)
		wire_send_part(one, one->n_made / 2);
	else if (kind == FLIGHT)
		wire_send(one, 0);
	else if (kind == LONG_RECORD)
		client_send(&one->c, record, sizeof record);
}

/* CPU time in ms of the server in 300 ms, in which the bystanders go on. */
static double cost_of_nothing(struct abuse *a)
{
	double cpu = cpu_ms(a->s.pid);

	e2e_pass(300);
	return cpu_ms(a->s.pid) - cpu;
}

static void test_held(void)
{
	struct abuse *a = abuse_begin("25", "each costs",
	                              "  handshake_timeout: 2s\nmemory:\n  budget: 16MiB\n");
	static const char signatures[] = "wsrelay_tls_signatures_total";
	double calm, held, kib, signed_for;
	long before;
	int kind, i;

	if (!a)
		return;
	calm = cost_of_nothing(a);
	for (kind = 0; kind < KINDS; kind++) {
		before = abuse_resident_kib(a->s.pid);
		signed_for = metric(&a->s, signatures) + (kind == FLIGHT ? HELD : 0);
		for (i = 0; i < HELD; i++)
			hold(a, &w[i], kind);
		CHECK(metric_await(&a->s, signatures, signed_for) == signed_for, "%s: %g signatures",
		      kind_names[kind], metric(&a->s, signatures));
		held = cost_of_nothing(a);
		kib = (double)(abuse_resident_kib(a->s.pid) - before) / HELD;
		CHECK(abuse_files(a, a->fds + HELD) == a->fds + HELD, "%s: some have gone",
		      kind_names[kind]);
		CHECK(kib <= 64 || !ABUSE_EXACT, "%s: %g KiB each", kind_names[kind], kib);
		CHECK(held < calm * 2 + 60, "%s: %g ms of CPU time, %g without them",
		      kind_names[kind], held, calm);
		CHECK(abuse_newcomer(a) >= 0, "%s: no newcomer is served", kind_names[kind]);
		/* Each kind meets the same deadline: one of them is waited for. */
		CHECK(kind != HALF_HELLO || abuse_files(a, a->fds) == a->fds,
		      "%s: they stay for longer than the timeout", kind_names[kind]);
		abuse_figure(a, "%s %s %.1f KiB", kind ? "," : "", kind_names[kind], kib);
		for (i = 0; i < HELD; i++)
			wire_leave(&w[i], 0);
		CHECK(abuse_files(a, a->fds) == a->fds, "%s: some stay", kind_names[kind]);
	}
	abuse_end(a);
}

/* ---- a handshake ends at each byte */

static size_t longest;          /* what one has sent until it was in */

/* The bytes that a client sends until it is in, n of them; then it leaves. */
static void leave_at(struct abuse *a, size_t n, int reset)
{
	static struct wire one;
	size_t sent = 0, part;
	long long until;

	CHECK(!wire_connect(&one, &a->s), "no connection");
	while (sent < n) {
		part = n - sent < one.n_made ? n - sent : one.n_made;
		if (part == 0)
			break;
		sent += part;
		if (sent == n) {
			wire_send_part(&one, part);
			break;
		}
		wire_send(&one, 0);
		until = now_ms() + E2E_MS;
		while (!one.n_made && !wire_is_ready(&one) && !wire_want_more(&one, until))
			;
		longest = sent > longest ? sent : longest;
	}
	wire_leave(&one, reset);
}

static void test_cut(void)
{
	struct abuse *a = abuse_begin("25", "handshakes left at each byte, ",
	                              "  handshake_timeout: 2s\n");
	int full = abuse_count(400, 130), i, newcomers = 0;

	if (!a)
		return;
	for (i = 0; i < full; i++)
		leave_at(a, (size_t)(i * CLIENT_BYTES / full), i % 2);
	for (i = 0; i < full; i++)
		leave_at(a, (size_t)(i * CLIENT_BYTES / full), !(i % 2));
	for (i = 0; i < 5; i++)
		newcomers += abuse_newcomer(a) >= 0;
	CHECK(longest > 250 && longest < CLIENT_BYTES, "a handshake is %zu bytes", longest);
	CHECK(newcomers == 5, "%d of 5 newcomers", newcomers);
	abuse_figure(a, "FIN and RST: %d", 2 * full);
	abuse_end(a);
}

/* ---- what is no TLS */

static void test_garbage(void)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n",
		"SSH-2.0-OpenSSH\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x02", "\x80\x2e\x01\x03\x01",
		"\x15\x03\x03", "\x16\x03\x03\xff\xff", "\x17\x03\x03\x01\x01x", "\xff\xff\xff\xff\xff",
	};
	struct abuse *a = abuse_begin("25", "garbage, plain HTTP: ", "  handshake_timeout: 2s\n");
	int n = abuse_count(400, 200), i, k, wrong = 0;
	uint32_t seed = 1;
	struct client c;

	if (!a)
		return;
	for (i = 0; i < n; i++) {
		uint8_t noise[3000];

		client_take(&c, socket_open_port(a->s.port));
		if (i % 2) {
			client_send_text(&c, texts[(unsigned)i / 2 % (sizeof texts / sizeof *texts)]);
		} else {
			for (k = 0; k < (int)sizeof noise; k++)
				noise[k] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
			/* Every fourth begins as a record does. */
			if (i % 8 == 0)
				memcpy(noise, "\x16\x03\x01\x0b\xb3", 5);
			client_send(&c, noise, sizeof noise);
		}
		client_finish(&c);
		wrong += !client_ended(&c) || c.have > 100;
		client_leave(&c);
	}
	CHECK(wrong == 0, "%d of %d were not ended", wrong, n);
	abuse_figure(a, "%d", n);
	abuse_end(a);
}

int main(void)
{
	abuse_start();
	if (!e2e_is_tls()) {
		printf("SKIP tls_abuse: no E2E_TLS\n");
		return test_end();
	}
	test_held();
	test_cut();
	test_garbage();
	return test_end();
}
