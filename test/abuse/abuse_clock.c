/* abuse_clock.c: row 38: times and counts beyond 2^31 and 2^32. */
#include "abuse.h"
#include "core.h"
#include "plant.h"

/* Every field that holds a time, a position or a count of what a peer can cause has 64 bits. */
#define WIDE(type, field) \
	CHECK(sizeof(((type *)0)->field) == 8, #field " of " #type " is too small")

static void test_types(void)
{
	WIDE(struct conn, cursor);
	WIDE(struct conn, edge);
	WIDE(struct conn, seq);
	WIDE(struct conn, opened);
	WIDE(struct conn, closed);
	WIDE(struct conn, heard);
	WIDE(struct conn, wrote);
	WIDE(struct conn, dropped);
	WIDE(struct in, since);
	WIDE(struct in, left);
	WIDE(struct in, at);
	WIDE(struct frame, len);
	WIDE(struct ring, head);
	WIDE(struct ring, seq);
	WIDE(struct hub, closed[0]);
	WIDE(struct hub, rejected[0]);
	WIDE(struct hub, longest_turn);
	WIDE(struct hub, low);
	WIDE(struct hub, flushed);
	WIDE(struct hub, now);
	WIDE(struct hub, tick_at);
	WIDE(struct hub, ticked);
	WIDE(struct hub, ping_at);
	WIDE(struct hub, drain_until);
	WIDE(struct stats, connected);
	WIDE(struct stats, connections);
	WIDE(struct stats, disconnections);
	WIDE(struct stats, messages);
	WIDE(struct stats, deliveries);
	WIDE(struct stats, dropped);
	WIDE(struct stats, bytes_in);
	WIDE(struct stats, bytes_out);
	CHECK(sizeof(loop_now()) == 8 && sizeof(loop_micros()) == 8, "the clock is too small");
}

/* The server's clock passes a power of two while clients wait, talk, are pinged, are timed out. */
static void test_clock(const char *what, unsigned bits)
{
	enum { BEFORE = 3000, MUTE = 5 };
	uint64_t edge = (uint64_t)1 << bits;
	struct client mute[MUTE], idle;
	long long begun, gone, until;
	struct abuse *a;
	int i;

	abuse_clock = (long long)edge - BEFORE;
	a = abuse_begin("38", what, "  handshake_timeout: 1s\n  ping_interval: 300ms\n"
	                            "  pong_timeout: 1s\n  write_timeout: 1s\n");
	abuse_clock = 0;
	if (!a)
		return;
	CHECK(plant_page->clock < edge, "it began too late");
	until = now_ms() + E2E_MS;
	while (plant_page->clock < edge - 600 && now_ms() < until)
		e2e_pass(20);
	/* These are due after it. */
	for (i = 0; i < MUTE; i++)
		CHECK(!client_open(&mute[i], &a->s), "client %d", i);
	CHECK(!client_connect(&idle, &a->s), "no connection");
	CHECK(plant_page->clock < edge, "too slow: they came after it");
	begun = now_ms();
	CHECK(client_answer(&idle) < 0, "%s", idle.head);
	gone = now_ms() - begun;
	CHECK(gone > 700 && gone < 3000, "an idle handshake lasted %lld ms", gone);
	for (i = 0; i < MUTE; i++)
		while (!mute[i].ended && client_read(&mute[i]) >= 0)
			;
	gone = now_ms() - begun;
	CHECK(gone > 800 && gone < 4000, "who answers no ping lasted %lld ms", gone);
	for (i = 0; i < MUTE; i++)
		client_leave(&mute[i]);
	client_leave(&idle);
	until = now_ms() + E2E_MS;
	while (plant_page->clock < edge + 2000 && now_ms() < until)
		e2e_pass(20);
	CHECK(plant_page->clock >= edge + 2000, "the clock stands still");
	CHECK(metric(&a->s, "wsrelay_closed_total{reason=\"timeout\"}") == MUTE, "%g timed out",
	      metric(&a->s, "wsrelay_closed_total{reason=\"timeout\"}"));
	abuse_figure(a, ", the mute gone after %lld ms", gone);
	abuse_end(a);
}

/* More than 2^32 bytes through the ring: its positions and the counts of bytes go on. */
static void test_bytes(void)
{
	static uint8_t body[60000];
	enum { WINDOW = 8 };
	const double edge = 4294967296.0;
	struct abuse *a;
	struct client c;
	uint32_t sent = 0, came = 0, wrong = 0, n = (uint32_t)(edge / sizeof body) + 100;
	double total;

	if (!abuse_full || abuse_faults) {
		return;
	}
	a = abuse_begin("38", "2^32 bytes through the ring", "");
	if (!a)
		return;
	CHECK(!client_open(&c, &a->s), "no client");
	while (came < n && !wrong) {
		if (a->b->foreign[0] + WINDOW * sizeof body < (uint64_t)came * sizeof body ||
		    a->b->foreign[1] + WINDOW * sizeof body < (uint64_t)came * sizeof body) {
			e2e_pass(1);
			wrong += *a->b->wrong || a->b->finished;
			continue;
		}
		for (; sent < n && sent < came + WINDOW; sent++) {
			memcpy(body, &sent, sizeof sent);
			wrong += client_frame(&c, 0x82, body, sizeof body) != 0;
		}
		wrong += abuse_read(&c) != 2 || memcmp(c.data, &came, sizeof came);
		came++;
	}
	CHECK(wrong == 0, "after %u messages", came);
	total = metric(&a->s, "wsrelay_received_bytes_total");
	CHECK(total > edge && total < 1.1 * edge, "%.0f bytes received", total);
	CHECK(metric(&a->s, "wsrelay_sent_bytes_total") > 3 * edge, "%.0f bytes sent",
	      metric(&a->s, "wsrelay_sent_bytes_total"));
	CHECK(abuse_bye(&c), "no close");
	abuse_end(a);
}

int main(void)
{
	abuse_start();
	test_types();
	test_clock("the clock passes 2^31 ms", 31);
	test_clock("the clock passes 2^32 ms (49.7 days)", 32);
	test_bytes();
	return test_end();
}
