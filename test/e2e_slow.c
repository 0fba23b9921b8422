/* e2e_slow.c: clients that read too little or nothing, and such as send no more. */
#include "e2e.h"

#include <sys/socket.h>

/* A small ring, so that few messages make a client late. */
#define SMALL "  max_message_size: 8KiB\n"
#define MEMORY "memory:\n  ring: 64KiB\n  budget: 64KiB\n  input: 16KiB\n"

enum { LEN = 4000 };

static struct server s;
static uint8_t body[LEN];

/* A client with a small buffer of its own, which does not read. */
static void open_deaf(struct client *c)
{
	client_take(c, socket_open_small(&s, 4096));
	CHECK(!client_send_text(c, upgrade_request) && client_answer(c) == 101, "%s", c->head);
	c->deaf = 1;
}

/* Message number n, checked at both readers; returns whether they got it. */
static int relay_one(struct client *a, struct client *b, uint32_t n)
{
	memset(body, (int)n, sizeof body);
	memcpy(body, &n, sizeof n);
	return !client_frame(a, 0x82, body, sizeof body) && client_is(a, 2, body, sizeof body) &&
	       client_is(b, 2, body, sizeof body);
}

/* Relays until the server has counted `want` of a metric, which is looked at now and then. Returns
 * the number of messages, or 0. */
static uint32_t relay_until(struct client *a, struct client *b, const char *name, double want)
{
	uint32_t n;

	for (n = 0; n < 8000; n++) {
		if (!relay_one(a, b, n))
			return 0;
		if (n % 50 == 49 && metric(&s, name) >= want)
			return n + 1;
	}
	return 0;
}

/* What `wsrelay -t` says of this config. */
static long promised_kib(const char *config)
{
	static struct run r;
	char dir[128];
	const char *at, *sum = "0";

	e2e_folder(dir);
	run(&r, "-t", "-c", e2e_file(dir, "t.yaml", config), NULL);
	e2e_remove(dir);
	/* The last figure is the sum. */
	for (at = r.out; (at = strstr(at, " bytes\n")); at++)
		for (sum = at; sum > r.out && sum[-1] >= '0' && sum[-1] <= '9'; sum--)
			;
	return strtol(sum, NULL, 10) / 1024;
}

static void test_disconnect(void)
{
	static const char config[] = LOCAL SMALL MEMORY METRICS;
	static const char counted[] = "wsrelay_closed_total{reason=\"slow\"}";
	static const char dropped[] = "wsrelay_dropped_messages_total";
	struct client a, b, deaf;
	long before, after, promised = promised_kib(config);
	uint32_t sent, n;

	CHECK(promised > 128, "-t says %ld KiB", promised);
	CHECK(server_start(&s, config) == 0, "%s", s.log);
	before = resident_kib(s.pid);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	open_deaf(&deaf);
	sent = relay_until(&a, &b, dropped, 1);
	CHECK(sent > 0, "the deaf client was never late");
	after = resident_kib(s.pid);
	CHECK(after - before < promised + E2E_SLACK_KIB,
	      "resident: %ld KiB before, %ld after, %ld promised", before, after, promised);
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	/* Now it reads: whole frames in order, the close frame behind them, the end. */
	deaf.deaf = 0;
	for (n = 0; client_read(&deaf) == 2 && !memcmp(deaf.data, &n, sizeof n) && deaf.len == LEN;
	     n++)
		;
	CHECK(deaf.op == 8 && deaf.code == 1013, "opcode %d, code %d, end %d after %u", deaf.op,
	      deaf.code, deaf.ended, n);
	CHECK(n > 0 && n < sent, "it got %u of %u", n, sent);
	CHECK(client_gone(&deaf), "there is more");
	client_leave(&deaf);
	CHECK(metric_await(&s, counted, 1) == 1, "%g", metric(&s, counted));
	CHECK(server_log(&s, "(too slow, ", 1) != NULL, "%s", s.log);
	/* One that does not even read the close is gone after its timeout, and counted. */
	open_deaf(&deaf);
	CHECK(relay_until(&a, &b, dropped, metric(&s, dropped) + 1) > 0,
	      "the second was never late");
	CHECK(metric_await(&s, counted, 2) == 2, "%g", metric(&s, counted));
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	client_leave(&deaf);
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "budget is still in use");
	STOP(&s);
}

static void test_drop(void)
{
	static const char config[] = LOCAL SMALL MEMORY METRICS "relay:\n  slow_client: drop\n";
	struct client a, b, deaf;
	uint32_t sent, got = 0, gaps = 0, last = UINT32_MAX, n;
	double dropped;
	int op, wrong = 0;

	CHECK(server_start(&s, config) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	open_deaf(&deaf);
	sent = relay_until(&a, &b, "wsrelay_dropped_messages_total", 20);
	CHECK(sent > 0, "nothing was dropped");
	CHECK(metric(&s, "websocket_connected_clients") == 3, "it was closed");
	/* Now it reads: whole messages only, in order, the gaps as counted, up to the last. */
	deaf.deaf = 0;
	CHECK(relay_one(&a, &b, sent), "the last message");
	while ((op = client_read(&deaf)) == 2) {
		memcpy(&n, deaf.data, sizeof n);
		wrong += deaf.len != LEN || deaf.data[LEN - 1] != (uint8_t)n ||
			 (last != UINT32_MAX && n <= last);
		gaps += n != last + 1;
		last = n;
		got++;
		if (n == sent)
			break;
	}
	dropped = metric(&s, "wsrelay_dropped_messages_total");
	CHECK(op == 2 && wrong == 0 && gaps > 0, "opcode %d, %d wrong, %u gaps", op, wrong, gaps);
	CHECK((double)got + dropped == (double)sent + 1, "got %u, dropped %g, sent %u", got,
	      dropped, sent + 1);
	CHECK(metric(&s, "wsrelay_deliveries_total") == 2 * ((double)sent + 1) + got,
	      "%g deliveries", metric(&s, "wsrelay_deliveries_total"));
	CHECK(round_trip(&a, &deaf) >= 0 && client_read(&b) == 1 && client_read(&b) == 1,
	      "it does not take part any more");
	CHECK(server_count(&s, "Slow: 127.0.0.1:") > 0, "%s", s.log);
	CHECK(client_bye(&a) && client_bye(&b) && client_bye(&deaf), "no close");
	STOP(&s);
}

/* The write clock: nothing is taken for that long, though the ring has room. */
static void test_write_timeout(void)
{
	struct client a, b, deaf;
	long long begun;
	uint32_t n;

	CHECK(server_start(&s, LOCAL "  write_timeout: 500ms\n" METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	open_deaf(&deaf);
	begun = now_ms();
	for (n = 0; n < 8000 && metric(&s, "wsrelay_ring_used_bytes") == 0 && relay_one(&a, &b, n);
	     n++)
		;
	CHECK(metric_await(&s, "wsrelay_closed_total{reason=\"timeout\"}", 1) == 1,
	      "it is kept: %s", s.log);
	CHECK(server_log(&s, "takes no output", 1) != NULL && now_ms() - begun < E2E_MS, "%s",
	      s.log);
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	client_leave(&deaf);
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	STOP(&s);
}

/* ---- row 7: shutdown(SHUT_WR) at each stage */

enum { STAGES = 8, EACH = 6, HALVES = STAGES * EACH };

/* Brings a client to its stage and ends its stream. */
static void half_close(struct client *c, int stage)
{
	static const uint8_t head[] = { 0x82, 0xfe, 0x10, 0x00, 1, 2, 3, 4 };
	static const char *const starts[] = { "", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n" };

	if (stage < 3) {
		CHECK(!client_connect(c, &s), "no connection");
		client_send_text(c, starts[stage]);
	} else {
		CHECK(!client_open(c, &s), "no client");
	}
	switch (stage) {
	case 4: client_send(c, head, 1); break;
	case 5: client_send(c, head, sizeof head); break;
	case 6: client_frame(c, 0x01, "half", 4); break;
	case 7: client_frame(c, 0x88, "\x03\xe8", 2); break;
	default: break;
	}
	client_finish(c);
}

static void test_half_closed(void)
{
	static struct client c[HALVES];
	struct client a, b, deaf;
	long long begun, last = 0;
	double before, used;
	uint32_t n;
	int i;

	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	for (i = 0; i < HALVES; i++)
		half_close(&c[i], i % STAGES);
	begun = now_ms();
	for (i = 0; i < HALVES; i++) {
		CHECK(client_ended(&c[i]), "stage %d is kept", i % STAGES);
		last = now_ms() - begun;
	}
	CHECK(last < 4000, "the last was there for %lld ms", last);
	CHECK(metric_await(&s, "websocket_connected_clients", 2) == 2, "they are still counted");
	for (i = 0; i < HALVES; i++)
		client_leave(&c[i]);
	/* One that still has output to come is held; its end of stream must not keep the loop
	 * awake. */
	open_deaf(&deaf);
	for (n = 0; n < 8000 && metric(&s, "wsrelay_ring_used_bytes") == 0 && relay_one(&a, &b, n);
	     n++)
		;
	client_finish(&deaf);
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	before = cpu_ms(s.pid);
	e2e_pass(1000);
	used = cpu_ms(s.pid) - before;
	CHECK(before >= 0 && used < 100, "%g ms of CPU time in a second of nothing", used);
	CHECK(metric(&s, "websocket_connected_clients") == 3, "it was not held");
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	/* A held one that is reset: the same. */
	client_reset(&deaf);
	CHECK(metric_await(&s, "websocket_connected_clients", 2) == 2, "the reset one is kept");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	STOP(&s);
}

int main(void)
{
	e2e_start();
	test_disconnect();
	test_drop();
	test_write_timeout();
	test_half_closed();
	return test_end();
}
