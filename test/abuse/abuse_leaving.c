/* abuse_leaving.c: rows 6, 17 and 18: clients that leave in every way, one by one and at once. */
#include "abuse.h"

enum { CROWD = 800 };

static struct client crowd[CROWD];

/* ---- row 6: RST and FIN at ten stages */

static void test_stages(void)
{
	int resets = abuse_count(1000, 200), fins = abuse_count(300, 60), i;
	struct abuse *a = abuse_begin("6", "at ten stages, ", "");
	double came, went;

	if (!a)
		return;
	for (i = 0; i < resets + fins; i++) {
		struct client c;
		int stage = i % STAGES, good = stage_reach(a, &c, stage);

		CHECK(good, "%s: it did not get there", stage_names[stage]);
		if (i < resets)
			client_reset(&c);
		else
			client_leave(&c);
	}
	CHECK(abuse_connected(a, 2) == 2, "the gauge says %g", abuse_connected(a, 2));
	CHECK(abuse_files(a, a->fds) == a->fds, "%d descriptors, %d at the start",
	      open_files(a->s.pid),
	      a->fds);
	came = metric(&a->s, "websocket_connections_total");
	went = metric(&a->s, "websocket_disconnections_total");
	CHECK(came - went == 2, "%g came, %g went", came, went);
	abuse_figure(a, "%d RST, %d FIN; %g had been let in", resets, fins, came);
	abuse_end(a);
}

/* ---- row 17: they come and go */

static int come_and_go(struct abuse *a, int way)
{
	struct client c;
	int good;

	if (way == 4) {
		good = !client_connect(&c, &a->s) && !client_send_text(&c, "GET / HTTP/1.1\r\n");
		client_leave(&c);
		return good;
	}
	good = !client_open(&c, &a->s);
	if (way == 2)
		return abuse_bye(&c) && good;
	if (way == 3)
		good = good && !client_send(&c, "\x82\xfe\x10", 3);
	if (way == 1)
		client_reset(&c);
	else
		client_leave(&c);
	return good;
}

static void test_cycles(void)
{
	int n = abuse_count(4000, 1200), i, wrong = 0;
	struct abuse *a = abuse_begin("17", "cycles, ", "");
	/* With faults, more at once than ever before touch more states of TLS. */
	long third = 0, last, more = e2e_is_tls() && abuse_faults ? 64 : 0;

	if (!a)
		return;
	for (i = 0; i < n; i++) {
		wrong += !come_and_go(a, i % 5);
		if (i == n / 3)
			third = abuse_resident_kib(a->s.pid);
	}
	last = abuse_resident_kib(a->s.pid);
	CHECK(wrong == 0, "%d of %d did not go well", wrong, n);
	CHECK(third <= 0 || last - third <= more || !ABUSE_EXACT,
	      "%ld KiB more after the last two thirds", last - third);
	abuse_figure(a, "%d: %+ld KiB in the last two thirds", n, last - third);
	abuse_end(a);
}

/* ---- row 18: all at once, in the middle of a broadcast */

/* Messages that are under way while the crowd is reset. Returns how many came back. */
static int broadcast_and_reset(struct client *talker, struct client *from, int n)
{
	static uint8_t body[8000];
	enum { MESSAGES = 64 };
	int i, came = 0;

	for (i = 0; i < MESSAGES; i++) {
		if (client_frame(talker, 0x81, body, sizeof body))
			break;
		if (i == MESSAGES / 2)
			for (; n > 0; n--)
				client_reset(from++);
	}
	while (came < i && abuse_read(talker) == 1)
		came += talker->len == sizeof body;
	return i == MESSAGES && came == MESSAGES;
}

/* Lets n in, fewer at a time than may be pending. */
static int gather(struct abuse *a, int n)
{
	enum { AT_ONCE = 100 };
	int i, k;

	for (i = 0; i < n; i = k) {
		for (k = i; k < n && k < i + AT_ONCE; k++)
			if (client_connect(&crowd[k], &a->s) || client_send_text(&crowd[k],
			                                                         upgrade_request))
				return k;
		for (k = i; k < n && k < i + AT_ONCE; k++)
			if (client_answer(&crowd[k]) != 101)
				return k;
	}
	return n;
}

static void test_crowd(void)
{
	int n = abuse_count(CROWD, CROWD / 4), turn, whole, came;
	struct abuse *a = abuse_begin("18", "clients reset in the middle of a broadcast, twice",
	                              "");
	struct client talker;

	if (!a)
		return;
	CHECK(!client_open(&talker, &a->s), "no client");
	/* This one process reads for all of the crowd: it must keep up with what they say. */
	a->b->rest_us = 50000;
	for (turn = 0; turn < 2; turn++) {
		came = gather(a, n);
		CHECK(came == n, "client %d", came);
		CHECK(abuse_connected(a, n + 3) == n + 3, "%g are in", abuse_connected(a, n + 3));
		whole = broadcast_and_reset(&talker, crowd, n);
		CHECK(whole, "turn %d: messages of the broadcast were lost", turn);
		CHECK(abuse_connected(a, 3) == 3, "turn %d: the gauge says %g", turn,
		      abuse_connected(a, 3));
	}
	CHECK(abuse_bye(&talker), "no close");
	abuse_figure(a, ": %d", n);
	abuse_end(a);
}

int main(void)
{
	abuse_start();
	test_stages();
	test_cycles();
	test_crowd();
	if (!abuse_faults && !abuse_full) {
		abuse_faults = 20;
		test_stages();
		test_cycles();
		test_crowd();
	}
	return test_end();
}
