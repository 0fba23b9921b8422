/* abuse_handshakes.c: rows 1, 2 and 5: handshakes that never end, too many, too large ones. */
#include "abuse.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { MANY = 3000 };

static struct client clients[MANY];

/* ---- row 1: half-open handshakes */

static const char cut_short[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgr";

/* What n of them, sent this, cost in resident memory. */
static double each_kib(struct abuse *a, const char *text, size_t len, int n)
{
	long long until = now_ms() + E2E_MS;
	long before = abuse_resident_kib(a->s.pid);
	int i;

	for (i = 0; i < n; i++)
		CHECK(!client_connect(&clients[i], &a->s) && !client_send(&clients[i], text, len),
		      "connection %d", i);
	while ((open_files(a->s.pid) < a->fds + n ||
	        metric(&a->s, "wsrelay_budget_used_bytes") < (double)len * n) && now_ms() < until)
		e2e_pass(5);
	CHECK(now_ms() < until, "it has not read them");
	before = abuse_resident_kib(a->s.pid) - before;
	for (i = 0; i < n; i++)
		client_leave(&clients[i]);
	return (double)before / n;
}

/* Below the 256 that may be pending, so that none is pushed out. */
static void test_memory_of_each(void)
{
	static char head[8000];
	enum { N = 250 };
	struct abuse *a = abuse_begin("1", "memory of a half-open handshake:", "");
	double silent, full;

	if (!a)
		return;
	memset(head, 'x', sizeof head);
	memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
	silent = each_kib(a, "", 0, N);
	CHECK(abuse_files(a, a->fds) == a->fds, "the silent ones are still there");
	full = each_kib(a, head, sizeof head, N);
	if (ABUSE_EXACT) {
		/* The state of TLS is touched by the first connection in its slot. */
		CHECK(silent <= (e2e_is_tls() ? 6 : 2), "%g KiB each while silent", silent);
		CHECK(full <= (e2e_is_tls() ? 14 : 10), "%g KiB each with a full head", full);
	}
	abuse_figure(a, " silent %.2f KiB, full %.2f KiB", silent, full);
	abuse_end(a);
}

/* Ends those that came to their end. Returns how many are left. */
static int still_open(int n)
{
	int i, left = 0;

	for (i = 0; i < n; i++)
		left += !clients[i].ended;
	return left;
}

static void test_half_open(void)
{
	enum { TIMEOUT = 2000, STEP = 300 };
	int n = abuse_count(1000, 600), i, served = 0, asked = 0, sent = 0, slowest = 0, ms;
	struct abuse *a = abuse_begin("1", "half-open handshakes, ", "  handshake_timeout: 2s\n");
	long long opened, last;

	if (!a)
		return;
	for (i = 0; i < n; i++) {
		if (client_connect(&clients[i], &a->s))
			break;
		if (i % 3 == 1)
			client_send_text(&clients[i], cut_short);
	}
	CHECK(i == n, "connection %d", i);
	opened = now_ms();
	/* Every third sends a byte each 0.3 s; honest ones come all the time. */
	while (still_open(n) && now_ms() < opened + TIMEOUT + 4000) {
		for (i = 2; i < n; i += 3)
			if (!clients[i].ended && e2e_send(clients[i].fd, cut_short + sent % 30, 1) < 0)
				clients[i].ended = C_RESET;
		sent++;
		ms = abuse_newcomer(a);
		asked++;
		served += ms >= 0;
		slowest = ms > slowest ? ms : slowest;
		e2e_pass(STEP);
	}
	last = now_ms() - opened;
	CHECK(still_open(n) == 0, "%d of %d are still open after %lld ms", still_open(n), n, last);
	CHECK(last <= TIMEOUT + 1000 + STEP + slowest, "the last was closed after %lld ms", last);
	CHECK(served == asked, "%d of %d honest ones were served", served, asked);
	abuse_figure(a, "%d: all gone %lld ms after the last came, %d newcomers within %d ms", n,
	             last,
	             asked, slowest);
	for (i = 0; i < n; i++)
		client_leave(&clients[i]);
	abuse_end(a);
}

/* ---- row 2: more of them than there are places */

static void test_too_many(void)
{
	static const char pushed_out[] = "wsrelay_rejected_total{status=\"503\"}";
	enum { PLACES = 20, PENDING = 256 };
	int n = abuse_count(10 * PENDING, 3 * PENDING), i, pushed, lost = 0, refused;
	struct abuse *a = abuse_begin("2", "pending ones for 256 places, ",
	                              "  max_connections: 20\n");
	static int fds[10 * PENDING];
	struct client c;
	double gone;

	if (!a)
		return;
	for (i = 0; i < PLACES - 2; i++)
		CHECK(!client_open(&clients[i], &a->s), "client %d", i);
	gone = metric(&a->s, pushed_out);
	for (i = 0; i < n; i++) {
		/* The first and the last differ in age for certain. */
		if (i == PENDING / 2 || i == n - PENDING / 2)
			e2e_pass(20);
		fds[i] = socket_open(&a->s);
		CHECK(fds[i] >= 0, "connection %d: %s", i, strerror(errno));
	}
	gone = metric_await(&a->s, pushed_out, gone + n - PENDING) - gone;
	CHECK(gone == n - PENDING, "%g were pushed out", gone);
	/* They were counted in a turn; the sweep at its end closes them, before the next answer. */
	metric(&a->s, pushed_out);
	for (i = 0, pushed = 0; i < n; i++) {
		char byte;
		int out = recv(fds[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;

		pushed += out;
		CHECK(out || i >= PENDING / 2, "number %d was old and not pushed out", i);
		CHECK(!out || i < n - PENDING / 2, "number %d was new and pushed out", i);
	}
	CHECK(pushed == n - PENDING, "%d of %d were pushed out", pushed, n);
	/* Nobody who is in had to go; the places are full; one that becomes free is given away. */
	CHECK(abuse_connected(a, PLACES) == PLACES, "%g are in", abuse_connected(a, PLACES));
	CHECK(!client_connect(&c, &a->s) && !client_send_text(&c, upgrade_request),
	      "no connection");
	refused = client_answer(&c);
	CHECK(refused == 503, "one too many: %d", refused);
	client_leave(&c);
	client_leave(&clients[0]);
	CHECK(abuse_connected(a, PLACES - 1) == PLACES - 1, "one left");
	CHECK(abuse_newcomer(a) >= 0, "the free place is not given away");
	for (i = 1; i < PLACES - 2; i++) {
		lost += clients[i].ended != 0;
		client_leave(&clients[i]);
	}
	CHECK(lost == 0, "%d of those who were in", lost);
	abuse_figure(a, "%d: %d pushed out, %d of %d clients lost", n, pushed, lost, PLACES);
	for (i = 0; i < n; i++)
		close(fds[i]);
	abuse_end(a);
}

/* ---- row 5: request heads without end */

/* Sends `text` again and again, `bytes` of it in all, until the server does not take more. */
static void flood(struct client *c, const char *text, size_t bytes)
{
	static char block[65536];
	size_t len = strlen(text), n = 0, sent = 0;
	long long until = now_ms() + E2E_MS;

	while (n + len <= sizeof block) {
		memcpy(block + n, text, len);
		n += len;
	}
	while (sent < bytes) {
		/* From inside a text, so that it goes on where it stopped. */
		ssize_t k = e2e_send(c->fd, block + sent % len, n - len);

		if (k > 0)
			sent += (size_t)k;
		else if (k < 0 && errno != EAGAIN && errno != EINTR)
			break;
		else if (e2e_wait(c->fd, POLLOUT, until) < 0)
			break;
	}
}

/* Whether nothing but one answer came, and the end. */
static int one_answer(struct client *c)
{
	long long until = now_ms() + E2E_MS;

	while (!c->ended && client_more(c, until))
		;
	for (; c->have - c->at >= 5; c->at++)
		if (!memcmp(c->buf + c->at, "HTTP/", 5))
			return 0;
	return c->ended != 0;
}

static const struct endless {
	const char *what, *start, *again;
	size_t bytes;
	int status;
} endless[] = {
	{ "a 24 MiB header line", "GET / HTTP/1.1\r\nX: ", "aaaaaaaa", 24 << 20, 431 },
	{ "100,000 headers", "GET / HTTP/1.1\r\n", "X-Name: value\r\n", 100000 * 15, 431 },
	{ "an 8 MiB path", "GET /", "path/of/", 8 << 20, 414 },
	{ "endless CRLF", "", "\r\n", 8 << 20, 400 },
	{ "endless folding", "GET / HTTP/1.1\r\nX: a\r\n", " more\r\n", 8 << 20, 400 },
	{ "an endless method", "", "METHOD", 8 << 20, 414 },
};

static void one_endless(struct abuse *a, const struct endless *e)
{
	struct client c;
	int status;

	CHECK(!client_connect(&c, &a->s), "no connection");
	client_send_text(&c, e->start);
	flood(&c, e->again, abuse_faults && !abuse_full ? e->bytes / 16 : e->bytes);
	status = client_answer(&c);
	CHECK(status == e->status, "%s: %d", e->what, status);
	CHECK(one_answer(&c), "%s: more than one answer", e->what);
	client_leave(&c);
}

static double refused_so_far(struct abuse *a)
{
	return metric(&a->s, "wsrelay_rejected_total{status=\"400\"}") +
	       metric(&a->s, "wsrelay_rejected_total{status=\"414\"}") +
	       metric(&a->s, "wsrelay_rejected_total{status=\"431\"}");
}

static void test_endless(void)
{
	enum { ROWS = sizeof endless / sizeof *endless };
	struct abuse *a = abuse_begin("5", "endless heads", "");
	double refused, begun, used;
	long before, peak;
	int i;

	if (!a)
		return;
	/* Once before: what is thrown away is read by the input buffer, though perhaps not all of it. */
	one_endless(a, &endless[0]);
	refused = refused_so_far(a);
	before = abuse_status_kib(a->s.pid, "VmHWM");
	begun = cpu_ms(a->s.pid);
	for (i = 0; i < ROWS; i++)
		one_endless(a, &endless[i]);
	used = cpu_ms(a->s.pid) - begun;
	refused = refused_so_far(a) - refused;
	CHECK(refused == ROWS, "%g refusals for %d requests", refused, ROWS);
	peak = abuse_status_kib(a->s.pid, "VmHWM") - before;
	CHECK(peak <= ABUSE_INPUT_KIB + 64 || !ABUSE_EXACT, "%ld KiB more at the peak", peak);
	CHECK(used < 4000, "%g ms of CPU time", used);
	abuse_figure(a, ": peak %+ld KiB, %.0f ms of CPU time, %d refused", peak, used, ROWS);
	abuse_end(a);
}

/* A full head byte by byte: each byte is looked at once, so that it costs what its reads cost. */
static void test_dribbled_head(void)
{
	struct abuse *a = abuse_begin("5", "a head of 8 KiB in single bytes", "");
	double begun, dribbled, ping;
	struct client c;
	int i, n = 8100;

	if (!a)
		return;
	CHECK(!client_open(&c, &a->s), "no client");
	begun = cpu_ms(a->s.pid);
	for (i = 0; i < n; i++)
		client_frame(&c, 0x8a, "", 0);
	CHECK(abuse_bye(&c), "no close");
	ping = cpu_ms(a->s.pid) - begun;
	CHECK(!client_connect(&c, &a->s), "no connection");
	begun = cpu_ms(a->s.pid);
	client_send_text(&c, "GET / HTTP/1.1\r\nX: ");
	for (i = 0; i < n; i++)
		client_send(&c, "a", 1);
	client_send_text(&c, "\r\n\r\n");
	CHECK(client_answer(&c) >= 400, "%s", c.head);
	client_leave(&c);
	dribbled = cpu_ms(a->s.pid) - begun;
	/* Read anew each time it would be 33 million bytes: far more than small frames cost. */
	CHECK(dribbled < 3 * ping + 100, "%g ms of CPU time, %g for as many pongs", dribbled, ping);
	abuse_figure(a, ": %.0f ms of CPU time, as many pongs %.0f ms", dribbled, ping);
	abuse_end(a);
}

int main(void)
{
	abuse_start();
	test_memory_of_each();
	test_half_open();
	test_too_many();
	test_endless();
	test_dribbled_head();
	if (!abuse_faults && !abuse_full) {
		abuse_faults = 20;
		test_half_open();
		test_endless();
	}
	return test_end();
}
