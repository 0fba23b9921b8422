/* e2e_metrics.c: the metrics port: its answers, and figures that are exact whatever happened. */
#include "e2e.h"

#include <signal.h>
#include <sys/socket.h>

static struct server s;
static char answer[65536];
static int files;       /* open at the start */

static const char *body_of(const char *text)
{
	const char *at = strstr(text, "\r\n\r\n");

	return at ? at + 4 : "";
}

static int ask(const char *request)
{
	answer[0] = '\0';
	if (http_get(&s, request, answer, sizeof answer) < 0 || strncmp(answer, "HTTP/1.1 ", 9))
		return -1;
	return (int)strtol(answer + 9, NULL, 10);
}

static void test_answers(void)
{
	const char *length;

	CHECK(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == 200, "%.300s", answer);
	CHECK(strstr(answer, "\r\nContent-Type: text/plain; version=0.0.4"), "%.300s", answer);
	length = strstr(answer, "\r\nContent-Length: ");
	CHECK(length && strtoul(length + 18, NULL, 10) == strlen(body_of(answer)),
	      "%.300s, not %zu", answer, strlen(body_of(answer)));
	CHECK(ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == 200 && !*body_of(answer) &&
	      strstr(answer, "\r\nContent-Length: "), "%s", answer);
	CHECK(ask("GET /metrics?x=y HTTP/1.1\r\nHost: x\r\n\r\n") == 200, "%.300s", answer);
	CHECK(ask("GET /metrics HTTP/1.0\r\n\r\n") == 200, "%.300s", answer);
	CHECK(ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n") == 200 &&
		    !strcmp(body_of(answer), "ok\n"),
	      "%s", answer);
	CHECK(ask("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n") == 200 && !*body_of(answer), "%s",
	      answer);
	CHECK(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 404, "%s", answer);
	CHECK(ask("GET /metricsx HTTP/1.1\r\nHost: x\r\n\r\n") == 404, "%s", answer);
	CHECK(ask("GET /metric HTTP/1.1\r\nHost: x\r\n\r\n") == 404, "%s", answer);
	CHECK(ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n") == 405 &&
	      strstr(answer, "\r\nAllow: GET"), "%s", answer);
	CHECK(ask("DELETE /health HTTP/1.1\r\nHost: x\r\n\r\n") == 405, "%s", answer);
	CHECK(ask("nonsense\r\n\r\n") == 400, "%s", answer);
	CHECK(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
		  "GET /health HTTP/1.1\r\nHost: x\r\n\r\n") == 200 &&
	      !strstr(body_of(answer), "HTTP/1.1"), "%.300s", answer);
	CHECK(ask(upgrade_request) == 404, "an upgrade: %s", answer);
}

/* Every series is there from the first scrape on, and is 0. */
static void test_first_scrape(void)
{
	static const char *const zero[] = {
		"websocket_connected_clients",
		"websocket_messages_total",
		"websocket_connections_total",
		"websocket_disconnections_total",
		"wsrelay_deliveries_total",
		"wsrelay_dropped_messages_total",
		"wsrelay_received_bytes_total",
		"wsrelay_sent_bytes_total",
		"wsrelay_ring_used_bytes",
		"wsrelay_budget_used_bytes",
		"wsrelay_closed_total{reason=\"peer\"}",
		"wsrelay_closed_total{reason=\"lost\"}",
		"wsrelay_closed_total{reason=\"protocol\"}",
		"wsrelay_closed_total{reason=\"bad_data\"}",
		"wsrelay_closed_total{reason=\"policy\"}",
		"wsrelay_closed_total{reason=\"too_big\"}",
		"wsrelay_closed_total{reason=\"timeout\"}",
		"wsrelay_closed_total{reason=\"slow\"}",
		"wsrelay_closed_total{reason=\"memory\"}",
		"wsrelay_closed_total{reason=\"shutdown\"}",
		"wsrelay_closed_total{reason=\"application\"}",
		"wsrelay_rejected_total{status=\"400\"}",
		"wsrelay_rejected_total{status=\"403\"}",
		"wsrelay_rejected_total{status=\"404\"}",
		"wsrelay_rejected_total{status=\"405\"}",
		"wsrelay_rejected_total{status=\"408\"}",
		"wsrelay_rejected_total{status=\"413\"}",
		"wsrelay_rejected_total{status=\"414\"}",
		"wsrelay_rejected_total{status=\"426\"}",
		"wsrelay_rejected_total{status=\"431\"}",
		"wsrelay_rejected_total{status=\"503\"}",
		"wsrelay_rejected_total{status=\"other\"}",
	};
	static const char *const more[] = {
		"wsrelay_ring_bytes", "wsrelay_budget_bytes", "process_start_time_seconds",
		"process_open_fds", "process_max_fds", "process_resident_memory_bytes",
	};
	size_t i;

	for (i = 0; i < sizeof zero / sizeof *zero; i++)
		CHECK(metric(&s, zero[i]) == 0, "%s: %g", zero[i], metric(&s, zero[i]));
	for (i = 0; i < sizeof more / sizeof *more; i++)
		CHECK(metric(&s, more[i]) > 0, "%s: %g", more[i], metric(&s, more[i]));
	CHECK(metric(&s, "process_cpu_seconds_total") >= 0, "no CPU time");
	CHECK(metric(&s, "wsrelay_longest_turn_seconds") >= 0, "no longest turn");
	CHECK(metric(&s, "websocket_connections") == -1, "a metric of another application");
	ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(strstr(answer, "\nwsrelay_build_info{version=\"") && strstr(answer, "app=\"relay\""),
	      "%s", answer);
}

static void test_exact(void)
{
	static const uint8_t text[100] = { 'x' };
	struct client c[3];
	double in = 0, out = 0;
	int i, n;

	for (i = 0; i < 3; i++) {
		CHECK(!client_open(&c[i], &s), "client %d", i);
		in += (double)strlen(upgrade_request);
		out += (double)strlen(c[i].head);
	}
	for (n = 0; n < 20; n++) {
		client_frame(&c[n % 3], 0x82, text, sizeof text);
		for (i = 0; i < 3; i++)
			CHECK(client_is(&c[i], 2, text, sizeof text), "message %d at %d", n, i);
		in += 6 + sizeof text;
		out += 3 * (2 + sizeof text);
	}
	CHECK(metric(&s, "websocket_connected_clients") == 3, "connected");
	CHECK(metric(&s, "websocket_connections_total") == 3, "connections");
	CHECK(metric(&s, "websocket_messages_total") == 20, "messages");
	CHECK(metric(&s, "wsrelay_deliveries_total") == 60, "deliveries");
	CHECK(metric(&s, "wsrelay_received_bytes_total") == in, "%g, not %g",
	      metric(&s, "wsrelay_received_bytes_total"), in);
	CHECK(metric(&s, "wsrelay_sent_bytes_total") == out, "%g, not %g",
	      metric(&s, "wsrelay_sent_bytes_total"), out);
	for (i = 0; i < 3; i++)
		CHECK(client_bye(&c[i]), "close of %d", i);
	CHECK(metric_await(&s, "websocket_disconnections_total", 3) == 3, "disconnections");
	CHECK(metric(&s, "wsrelay_closed_total{reason=\"peer\"}") == 3, "by reason");
	client_connect(&c[0], &s);
	client_send_text(&c[0], "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(client_answer(&c[0]) == 426 &&
		    metric(&s, "wsrelay_rejected_total{status=\"426\"}") == 1,
	      "a refusal");
	client_leave(&c[0]);
}

/* As many descriptors as at the start; the last scrape is gone when its end was seen. */
static void check_files(void)
{
	int i;

	for (i = 0; i < 200 && open_files(s.pid) != files; i++)
		e2e_pass(10);
	CHECK(open_files(s.pid) == files, "%d files before, %d after", files, open_files(s.pid));
}

/* ---- rows 6 and 17, light: they leave in every way */

enum { WAYS = 10 };

static void leave(int way)
{
	struct client c;

	if (way < 3) {
		CHECK(!client_connect(&c, &s), "way %d", way);
		if (way > 0)
			client_send_text(&c, way == 1 ? "GET / HT" : "nonsense\r\n");
	} else {
		CHECK(!client_open(&c, &s), "way %d: %s", way, c.head);
	}
	switch (way) {
	case 5: client_send(&c, "\x82", 1); break;
	case 6: client_send(&c, "\x82\xff\0\0\0\0\0\0\x80\0abcd", 14); break;
	case 7: client_frame(&c, 0x01, "half", 4); break;
	case 8: client_frame(&c, 0x88, "\x03\xe8", 2); break;
	case 9: client_text(&c, "unread"); break;
	default: break;
	}
	if (way % 2)
		client_reset(&c);
	else
		client_leave(&c);
}

static void test_churn(void)
{
	enum { ROUNDS = 40 };
	struct client keeper;
	double opened, before = metric(&s, "websocket_connections_total");
	long memory = 0;
	int i, way;

	CHECK(!client_open(&keeper, &s), "no client");
	for (i = 0; i < ROUNDS; i++) {
		for (way = 0; way < WAYS; way++)
			leave(way);
		if (i == ROUNDS / 3)
			memory = resident_kib(s.pid);
	}
	CHECK(metric_await(&s, "websocket_connected_clients", 1) == 1, "%g",
	      metric(&s, "websocket_connected_clients"));
	opened = metric(&s, "websocket_connections_total") - before;
	CHECK(opened <= ROUNDS * (WAYS - 3) + 1 && opened >= ROUNDS * (WAYS - 3) / 2, "%g opened",
	      opened);
	CHECK(metric(&s, "websocket_disconnections_total") == before + opened - 1,
	      "disconnections");
	CHECK(resident_kib(s.pid) - memory < E2E_SLACK_KIB / 4, "resident: %ld KiB, then %ld",
	      memory, resident_kib(s.pid));
	CHECK(!client_text(&keeper, "end"), "the one that stayed");
	while (client_read(&keeper) == 1 && memcmp(keeper.data, "unr", 3) == 0)
		;
	CHECK(keeper.op == 1 && keeper.len == 3, "the one that stayed: %d", keeper.op);
	CHECK(client_bye(&keeper), "no close");
	CHECK(metric_await(&s, "websocket_connected_clients", 0) == 0, "the last");
	CHECK(metric(&s, "wsrelay_budget_used_bytes") == 0, "%g bytes of budget",
	      metric(&s, "wsrelay_budget_used_bytes"));
	check_files();
}

/* ---- row 19: those who ask badly */

static void test_bad_scrapers(void)
{
	enum { SILENT = 10 };
	static char path[70000];
	struct client a, b, deaf;
	int fds[SILENT], i;
	long long begun;

	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	for (i = 0; i < SILENT; i++) {
		fds[i] = socket_open_port(s.metrics_port);
		CHECK(fds[i] >= 0, "scraper %d", i);
	}
	begun = now_ms();
	CHECK(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == 200 && now_ms() - begun < 1000,
	      "behind %d silent ones: %.300s, %lld ms", SILENT, answer, now_ms() - begun);
	CHECK(round_trip(&a, &b) >= 0 && round_trip(&a, &b) < 1000, "no round trip");
	/* One that does not read, and never ends its stream. */
	client_take(&deaf, socket_open_port(s.metrics_port));
	deaf.deaf = 1;
	client_send_text(&deaf, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	CHECK(ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n") == 200, "beside a deaf one: %s",
	      answer);
	memset(path, 'a', sizeof path - 1);
	memcpy(path, "GET /", 5);
	i = ask(path);
	CHECK(i >= 400 || i == -1, "a path without end: %d", i);
	CHECK(ask("\x16\x03\x01\x02\n\n\n") == 400, "garbage: %s", answer);
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	/* A request in pieces. */
	client_leave(&deaf);
	client_take(&deaf, socket_open_port(s.metrics_port));
	for (i = 0; i < 8; i++)
		client_send(&deaf, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + 4 * i,
			    i == 7 ? 6 : 4);
	CHECK(client_answer(&deaf) == 200, "in pieces: %s", deaf.head);
	client_leave(&deaf);
	for (i = 0; i < SILENT; i++)
		close(fds[i]);
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	check_files();
}

/* Who has the place and says nothing is out after five seconds. */
static void test_silent_scraper(void)
{
	struct client silent, half;
	long long begun = now_ms();

	client_take(&silent, socket_open_port(s.metrics_port));
	client_take(&half, socket_open_port(s.metrics_port));
	client_send_text(&half, "GET /metrics HTT");
	CHECK(client_gone(&silent) && client_gone(&half), "they are kept");
	CHECK(now_ms() - begun >= 4000 && now_ms() - begun < 7500, "after %lld ms",
	      now_ms() - begun);
	client_leave(&silent);
	client_leave(&half);
}

static void test_draining(void)
{
	struct client c;

	CHECK(!client_open(&c, &s), "no client");
	server_signal(&s, SIGTERM);
	CHECK(server_log(&s, "Stopping", 1) != NULL, "%s", s.log);
	CHECK(ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n") == 503 &&
	      !strcmp(body_of(answer), "draining\n"), "%s", answer);
	CHECK(ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n") == 200, "%.300s", answer);
	CHECK(client_closed(&c, 1001), "%d", c.code);
	client_leave(&c);
	CHECK(server_wait(&s, E2E_MS) == 0, "%d", s.status);
}

int main(void)
{
	e2e_start();
	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	files = open_files(s.pid);
	CHECK(files > 0, "no /proc");
	test_first_scrape();
	test_answers();
	test_exact();
	test_churn();
	test_bad_scrapers();
	test_silent_scraper();
	test_draining();
	STOP(&s);
	/* Without the switch there is no such port. */
	CHECK(server_start(&s, LOCAL) == 0 && s.metrics_port == 0, "%s", s.log);
	STOP(&s);
	return test_end();
}
