/* abuse_around.c: rows 19, 22, 23, 24 and 36: the metrics port, signals, a stopped process, peers
 * that answer no ping, a flood of the log. */
#include "abuse.h"

#include <signal.h>
#include <sys/socket.h>

enum { SCRAPERS = 250 };

static struct client clients[SCRAPERS];

/* ---- row 19: the metrics port */

static const char scrape[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

static int scraper(struct client *c, int port, int kind)
{
	static char path[60000];
	int small = 4096, i;

	client_take(c, socket_open_port(port));
	if (c->fd < 0)
		return -1;
	switch (kind) {
	case 0:
		return 0;
	case 1:
		return client_send(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
	case 2:
		memset(path, 'p', sizeof path);
		memcpy(path, "GET /", 5);
		/* It may be refused and reset before all of it went. */
		client_send(c, path, sizeof path);
		return 0;
	case 3:
		for (i = 0; i < 20; i++)
			client_send_text(c, scrape);
		return 0;
	default:
		c->deaf = 1;
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
		return client_send_text(c, scrape);
	}
}

static int status_of(struct abuse *a, const char *request)
{
	static char answer[32768];

	return http_get(&a->s, request, answer, sizeof answer) > 12 ? (int)strtol(answer + 9, NULL,
	                                                                          10) : -1;
}

static void test_metrics_port(void)
{
	int n = abuse_count(SCRAPERS, SCRAPERS), i, wrong = 0, most = 0;
	struct abuse *a = abuse_begin("19", "silent, garbage, endless, pipelined and deaf scrapers",
	                              "");
	long long begun;

	if (!a)
		return;
	for (i = 0; i < n; i++) {
		wrong += scraper(&clients[i], a->s.metrics_port, i % 5) != 0;
		most = open_files(a->s.pid) > most ? open_files(a->s.pid) : most;
	}
	begun = now_ms();
	CHECK(wrong == 0, "%d of %d did not get so far", wrong, n);
	/* Four, the one that takes the place of another, and a file that tells of the process. */
	CHECK(most <= a->fds + 6, "%d descriptors at once, %d at the start", most, a->fds);
	CHECK(status_of(a, scrape) == 200, "no scrape behind them");
	begun = now_ms() - begun;
	CHECK(begun < 5000, "the metrics were back after %lld ms", begun);
	CHECK(status_of(a, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n") == 404, "another path");
	CHECK(status_of(a, "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n") == 405, "another method");
	CHECK(status_of(a, "nonsense\r\n\r\n") == 400, "nonsense");
	for (i = 0; i < n; i++)
		client_leave(&clients[i]);
	abuse_figure(a, ": %d, at most %d at once, metrics back in %lld ms", n, most - a->fds,
	             begun);
	abuse_end(a);
}

/* ---- row 22: storms of signals */

/* Waits for n more rounds of the bystanders; returns whether they do not come. */
static int await_rounds(struct abuse *a, uint32_t n)
{
	long long until = now_ms() + E2E_MS;
	uint32_t want = a->b->rounds + n;

	while (a->b->rounds < want && now_ms() < until)
		e2e_pass(1);
	return a->b->rounds < want;
}

static void test_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD };
	enum { KINDS = sizeof numbers / sizeof *numbers, STORM = 300 };
	struct abuse *a = abuse_begin("22", "storms of 300 of each of 6 signals", "");
	uint32_t before;
	int n, wrong = 0;
	size_t i;

	if (!a)
		return;
	before = a->b->rounds;
	for (i = 0; i < KINDS; i++) {
		for (n = 0; n < STORM; n++) {
			server_signal(&a->s, numbers[i]);
			/* Those that come together are one for the system. */
			if (n % 10 == 9)
				wrong += await_rounds(a, 1);
		}
	}
	CHECK(wrong == 0, "the bystanders were not served");
	CHECK(server_log(&a->s, "SIGHUP: ", 1) && server_log(&a->s, "Statistics: ", 1), "%.500s",
	      a->s.log);
	abuse_figure(a, ", %u rounds meanwhile", a->b->rounds - before);
	abuse_end(a);
}

/* ---- row 23: time in which the server did not run */

static void test_stopped(void)
{
	enum { STOP_MS = 2600 };
	struct abuse *a = abuse_begin("23", "SIGSTOP for longer than every timeout",
	                              "  handshake_timeout: 2s\n  ping_interval: 200ms\n"
	                              "  pong_timeout: 2s\n  write_timeout: 2s\n");
	struct client half;
	int status;

	if (!a)
		return;
	a->worst_ms += STOP_MS;
	CHECK(!client_connect(&half, &a->s) && !client_send(&half, upgrade_request, 30),
	      "no connection");
	e2e_pass(300);
	server_signal(&a->s, SIGSTOP);
	e2e_pass(STOP_MS);
	server_signal(&a->s, SIGCONT);
	/* Whoever was there is there, also one whose handshake was half done. */
	e2e_pass(300);
	CHECK(!half.ended, "the half handshake was dropped");
	CHECK(!client_send_text(&half, upgrade_request + 30), "cannot send");
	status = client_answer(&half);
	CHECK(status == 101, "the half handshake: %d", status);
	client_leave(&half);
	CHECK(a->b->worst_us >= STOP_MS * 900u, "it was not stopped: %u us", a->b->worst_us);
	CHECK(metric(&a->s, "wsrelay_closed_total{reason=\"timeout\"}") == 0,
	      "somebody was dropped");
	abuse_figure(a, ": %d ms", STOP_MS);
	abuse_end(a);
}

/* ---- row 24: peers that answer no ping */

enum { MUTE = 20 };

static void test_no_pong(void)
{
	enum { PING = 1000, PONG = 1000 };
	struct abuse *a = abuse_begin("24", "clients that answer no ping, or what nobody asked",
	                              "  ping_interval: 1s\n  pong_timeout: 1s\n");
	static struct client mute[MUTE];
	long long begun, last = 0;
	int i, left = MUTE;

	if (!a)
		return;
	for (i = 0; i < MUTE; i++)
		CHECK(!client_open(&mute[i], &a->s), "client %d", i);
	begun = now_ms();
	while (left > 0 && now_ms() < begun + PING + PONG + 4000) {
		for (i = 0, left = 0; i < MUTE; i++) {
			if (mute[i].ended)
				continue;
			left++;
			last = now_ms() - begun;
			/* Some send pongs that answer nothing, some messages, some are silent. */
			if (i % 3 == 0)
				client_frame(&mute[i], 0x8a, "unasked", 7);
			else if (i % 3 == 1)
				client_text(&mute[i], "busy");
		}
		e2e_pass(50);
	}
	CHECK(left == 0, "%d of %d are still there", left, MUTE);
	CHECK(last <= PING + PONG + 2000, "the last went after %lld ms", last);
	for (i = 0; i < MUTE; i++)
		client_leave(&mute[i]);
	CHECK(metric(&a->s, "wsrelay_closed_total{reason=\"timeout\"}") == MUTE, "%g timed out",
	      metric(&a->s, "wsrelay_closed_total{reason=\"timeout\"}"));
	abuse_figure(a, ": %d gone after %lld ms", MUTE, last);
	abuse_end(a);
}

/* ---- row 36: a flood of refusals */

static void test_log_flood(void)
{
	struct abuse *a = abuse_begin("36", "refused clients one after the other", "");
	long long begun, took;
	const char *line;
	int refused = 0, shown, left_out = 0, before;
	struct client c;

	if (!a)
		return;
	before = server_count(&a->s, "Refused: ");
	begun = now_ms();
	while (now_ms() < begun + (abuse_full ? 5000 : 1500)) {
		if (client_connect(&c, &a->s) || client_send_text(&c, "nonsense\r\n") ||
		    client_answer(&c) != 400)
			break;
		client_leave(&c);
		refused++;
	}
	took = now_ms() - begun;
	/* The line that counts the last of them comes with the next second. */
	e2e_pass(1200);
	shown = server_count(&a->s, "Refused: ") - before;
	for (line = a->s.log; (line = strstr(line, "warn  ")); line++)
		left_out += (int)strtol(line + 6, NULL, 10);
	CHECK(refused > 100, "only %d were refused", refused);
	CHECK(shown <= 50 + 10 * (int)(took / 1000 + 2), "%d lines in %lld ms", shown, took);
	CHECK(shown + left_out == refused, "%d shown, %d left out of %d", shown, left_out, refused);
	abuse_figure(a, ": one each %.2f ms, %d of %d shown", (double)took / refused, shown,
	             refused);
	abuse_end(a);
}

int main(void)
{
	abuse_start();
	test_metrics_port();
	test_signals();
	test_stopped();
	test_no_pong();
	test_log_flood();
	if (!abuse_faults && !abuse_full) {
		abuse_faults = 20;
		test_metrics_port();
		test_no_pong();
	}
	return test_end();
}
