/* e2e_echo.c: app: echo: what comes back, the status lines, the gauge, the example config. */
#include "e2e.h"

#include <sysexits.h>

#define ECHO "app: echo\n" LOCAL METRICS
#define STATUS "Active connections: "

static struct run r;
static char dir[128];

/* Text and binary, empty and long, each to its sender only. */
static void test_echo(void)
{
	static uint8_t bytes[65536];
	static const size_t lengths[] = { 0, 1, 125, 126, 65535, 65536 };
	struct server s = { 0 };
	struct client a, b;
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 13);
	CHECK(server_start(&s, ECHO) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "%s", s.log);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		CHECK(!client_frame(&a, 0x82, bytes, lengths[i]) &&
		      client_is(&a, 2, bytes, lengths[i]), "%zu bytes", lengths[i]);
		CHECK(!client_text(&a, "text") && client_text_is(&a, "text"), "text %zu", i);
	}
	CHECK(!client_text(&b, "mine") && client_text_is(&b, "mine"), "the other got more");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	STOP(&s);
}

/* Echo's own gauge and the one that all applications have, as clients come and go. */
static void test_gauge(void)
{
	struct server s = { 0 };
	struct client c[3];
	int i;

	CHECK(server_start(&s, ECHO) == 0, "%s", s.log);
	CHECK(metric(&s, "websocket_connections") == 0, "%g", metric(&s, "websocket_connections"));
	for (i = 0; i < 3; i++) {
		CHECK(!client_open(&c[i], &s), "client %d", i);
		CHECK(metric(&s, "websocket_connections") == i + 1 &&
		      metric(&s, "websocket_connected_clients") == i + 1, "%g of %d",
		      metric(&s, "websocket_connections"), i + 1);
	}
	CHECK(client_bye(&c[0]), "no close");
	CHECK(metric_await(&s, "websocket_connections", 2) == 2, "one left");
	client_reset(&c[1]);
	CHECK(metric_await(&s, "websocket_connections", 1) == 1, "one was reset");
	CHECK(client_bye(&c[2]), "no close");
	CHECK(metric_await(&s, "websocket_connections", 0) == 0, "all left");
	CHECK(metric(&s, "websocket_connections_total") == 3, "the counter beside it");
	STOP(&s);
}

/* One line a second beside servers that are told to write none, or less often. */
static void test_status(void)
{
	struct server often = { 0 }, never = { 0 }, later = { 0 }, relay = { 0 };
	struct client a, b;
	long long begun;

	CHECK(server_start(&never, ECHO "echo:\n  status_interval: 0\n") == 0, "%s", never.log);
	CHECK(server_start(&later, ECHO) == 0, "%s", later.log);
	CHECK(server_start(&relay, LOCAL "echo:\n  status_interval: 1s\n") == 0, "%s", relay.log);
	CHECK(server_start(&often, ECHO "echo:\n  status_interval: 1s\n") == 0, "%s", often.log);
	CHECK(server_log(&often, "info  " STATUS "0\n", 1) != NULL, "%s", often.log);
	CHECK(!client_open(&a, &often) && !client_open(&b, &often), "no clients");
	begun = now_ms();
	CHECK(server_log(&often, STATUS "2\n", 1) != NULL, "%s", often.log);
	CHECK(now_ms() - begun < 4000, "after %lld ms", now_ms() - begun);
	CHECK(client_bye(&a), "no close");
	CHECK(server_log(&often, STATUS "1\n", 2) != NULL, "%s", often.log);
	/* Two lines are a second apart, more or less: at this time there are not many. */
	CHECK(server_count(&often, STATUS) <= (now_ms() - begun) / 900 + 3, "%s", often.log);
	CHECK(server_count(&never, STATUS) == 0, "0: %s", never.log);
	CHECK(server_count(&later, STATUS) == 0, "30 s: %s", later.log);
	CHECK(server_count(&relay, STATUS) == 0, "app: relay: %s", relay.log);
	CHECK(client_bye(&b), "no close");
	STOP(&often);
	STOP(&never);
	STOP(&later);
	STOP(&relay);
}

static void test_key(void)
{
	const char *file = e2e_file(dir, "echo.yaml", "app: echo\necho:\n  status_interval: 90s\n");
	struct server s = { 0 };

	run(&r, "-tt", "-c", file, NULL);
	CHECK(r.status == 0 && strstr(r.out, "\necho:\n  status_interval: 90s\n"), "%s%s", r.out,
	      r.err);
	setenv("WSRELAY_ECHO_STATUS_INTERVAL", "5m", 1);
	run(&r, "-tt", "-c", file, NULL);
	CHECK(r.status == 0 && strstr(r.out, "\necho:\n  status_interval: 5m\n"), "%s%s", r.out,
	      r.err);
	setenv("WSRELAY_ECHO_STATUS_INTERVAL", "often", 1);
	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && strstr(r.err, "WSRELAY_ECHO_STATUS_INTERVAL: error: "
	      "'echo.status_interval' takes a time, not 'often'"), "%d %s", r.status, r.err);
	/* It overrides for the running server too. */
	setenv("WSRELAY_ECHO_STATUS_INTERVAL", "1s", 1);
	CHECK(server_start(&s, ECHO "echo:\n  status_interval: 0\n") == 0 &&
	      server_log(&s, STATUS "0\n", 1) != NULL, "%s", s.log);
	unsetenv("WSRELAY_ECHO_STATUS_INTERVAL");
	STOP(&s);
	file = e2e_file(dir, "wrong.yaml", "echo:\n  status_intervall: 1s\n");
	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && strstr(r.err, "wrong.yaml:2:3: error: unknown key "
	      "'status_intervall' in 'echo' (did you mean 'status_interval'?)"), "%s", r.err);
}

/* dist/echo.yaml as it is, and served on free ports. */
static void test_example(void)
{
	static char text[4096];
	struct server s = { 0 };
	struct client c;
	FILE *f = fopen("dist/echo.yaml", "r");

	CHECK(f && fread(text, 1, sizeof text - 1, f) > 0, "no dist/echo.yaml");
	if (f)
		fclose(f);
	run(&r, "-tt", "-c", "dist/echo.yaml", NULL);
	CHECK(r.status == 0 && strstr(r.out, "app: echo\n") && strstr(r.out, "  path: \"/ws\"\n"),
	      "%s%s", r.out, r.err);
	CHECK(strstr(r.out, "server:\n  address: \"\"\n  port: 3003\n"), "%s", r.out);
	CHECK(strstr(r.out, "metrics:\n  enabled: true\n  address: \"\"\n  port: 9100\n"), "%s",
	      r.out);
	CHECK(strstr(r.out, "  status_interval: 30s\n"), "%s", r.out);
	setenv("WSRELAY_SERVER_ADDRESS", "127.0.0.1", 1);
	setenv("WSRELAY_METRICS_ADDRESS", "127.0.0.1", 1);
	setenv("WSRELAY_SERVER_PORT", "0", 1);
	setenv("WSRELAY_METRICS_PORT", "0", 1);
	CHECK(server_start(&s, text) == 0, "%s", s.log);
	unsetenv("WSRELAY_SERVER_ADDRESS");
	unsetenv("WSRELAY_METRICS_ADDRESS");
	unsetenv("WSRELAY_SERVER_PORT");
	unsetenv("WSRELAY_METRICS_PORT");
	CHECK(!client_connect(&c, &s) && !client_send_text(&c, "GET /ws HTTP/1.1\r\nHost: x\r\n"
	      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), "no connection");
	CHECK(client_answer(&c) == 101, "%s", c.head);
	CHECK(!client_text(&c, "hello") && client_text_is(&c, "hello"), "no echo");
	CHECK(metric(&s, "websocket_connections") == 1, "the gauge");
	CHECK(client_bye(&c), "no close");
	client_connect(&c, &s);
	client_send_text(&c, upgrade_request);
	CHECK(client_answer(&c) == 404, "another path: %s", c.head);
	client_leave(&c);
	STOP(&s);
}

int main(void)
{
	e2e_start();
	e2e_folder(dir);
	test_echo();
	test_gauge();
	test_status();
	test_key();
	test_example();
	e2e_remove(dir);
	return test_end();
}
