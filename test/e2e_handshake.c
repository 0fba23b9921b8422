/* e2e_handshake.c: the opening handshake over the wire: what is refused, when, and who waits. */
#include "e2e.h"

#include <poll.h>
#include <sys/socket.h>

#define HOST "Host: localhost\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define REST HOST UPGRADE CONNECTION KEY VERSION

static struct server s;

/* Sends it, a whole good request behind it, and reads the answer. Nothing behind an error may be
 * parsed: one answer, its body, the end. */
static int answered(const char *what, const char *bytes, size_t n, int status)
{
	struct client c;
	const char *length;
	size_t body;
	int got;

	CHECK(!client_connect(&c, &s), "%s: no connection", what);
	client_send(&c, bytes, n);
	client_send_text(&c, upgrade_request);
	got = client_answer(&c);
	CHECK(got == status, "%s: want %d, got %d", what, status, got);
	length = strstr(c.head, "Content-Length: ");
	CHECK(length && strstr(c.head, "Connection: close\r\n"), "%s: %s", what, c.head);
	body = length ? strtoul(length + 16, NULL, 10) : 0;
	CHECK(c.have - c.at <= body || c.ended, "%s: more than an answer", what);
	c.at += body < c.have - c.at ? body : c.have - c.at;
	/* Our own FIN is not needed for it. */
	CHECK(client_gone(&c), "%s: more than an answer, or no end", what);
	client_leave(&c);
	return got == status && length;
}

/* Row 3: other protocols. */
static void test_other_protocols(void)
{
	static const struct {
		const char *what, *bytes;
		size_t n;
	} t[] = {
		{ "TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11 },
		{ "HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 },
		{ "SSH", "SSH-2.0-OpenSSH_9.2\r\n", 21 },
		{ "SMTP", "EHLO example.org\r\n", 18 },
		{ "PROXY", "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n", 40 },
		{ "PROXY, binary", "\r\n\r\n\0\r\nQUIT\n", 12 },
		{ "MQTT", "\x10\x13\0\4MQTT\4\2\0\x3c\0\7client1", 21 },
		{ "zeros", "\0\0\0\0\0\0\0\0", 8 },
		{ "high bytes", "\xff\xfe\xfd\xfc", 4 },
		{ "a frame", "\x81\x80\0\0\0\0", 6 },
		{ "a word", "hello\r\n", 7 },
	};
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++)
		answered(t[i].what, t[i].bytes, t[i].n, 400);
}

/* Row 4. */
static void test_illegal(void)
{
	static const struct {
		int status;
		const char *what, *text;
	} t[] = {
		{ 400, "no Host", "GET / HTTP/1.1\r\n" UPGRADE CONNECTION KEY VERSION },
		{ 400, "two Hosts", "GET / HTTP/1.1\r\n" HOST REST },
		{ 400, "no Upgrade", "GET / HTTP/1.1\r\n" HOST CONNECTION KEY VERSION },
		{ 426, "another Upgrade",
		  "GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\n" CONNECTION KEY VERSION },
		{ 400, "no Connection", "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION },
		{ 400, "another Connection",
		  "GET / HTTP/1.1\r\n" HOST UPGRADE "Connection: keep-alive\r\n" KEY VERSION },
		{ 400, "no Key", "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION VERSION },
		{ 400, "two Keys", "GET / HTTP/1.1\r\n" REST KEY },
		{ 400, "a Key of 15 bytes",
		  "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION VERSION
		  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n" },
		{ 400, "a Key of 17 bytes",
		  "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION VERSION
		  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n" },
		{ 400, "a Key that is no base64",
		  "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION VERSION
		  "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==\r\n" },
		{ 426, "no version", "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY },
		{ 426, "version 8",
		  "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n" },
		{ 426, "HTTP/1.0", "GET / HTTP/1.0\r\n" REST },
		{ 400, "HTTP/2.0", "GET / HTTP/2.0\r\n" REST },
		{ 426, "no WebSocket", "GET / HTTP/1.1\r\n" HOST },
		{ 405, "POST", "POST / HTTP/1.1\r\n" REST },
		{ 405, "HEAD", "HEAD / HTTP/1.1\r\n" REST },
		{ 405, "DELETE", "DELETE / HTTP/1.1\r\n" REST },
		{ 413, "a body", "GET / HTTP/1.1\r\n" REST "Content-Length: 5\r\n" },
		{ 413, "chunks", "GET / HTTP/1.1\r\n" REST "Transfer-Encoding: chunked\r\n" },
		{ 400, "two lengths",
		  "GET / HTTP/1.1\r\n" REST "Content-Length: 0\r\nContent-Length: 5\r\n" },
		{ 400, "a control byte", "GET / HTTP/1.1\r\nX: \x01\r\n" REST },
		{ 400, "a bare CR", "GET / HTTP/1.1\r\nX: a\rb\r\n" REST },
		{ 400, "a bare LF", "GET / HTTP/1.1\nX: a\n" REST },
		{ 400, "space before the colon", "GET / HTTP/1.1\r\nX : a\r\n" REST },
		{ 400, "no colon", "GET / HTTP/1.1\r\nX a\r\n" REST },
		{ 400, "folding", "GET / HTTP/1.1\r\nX: a\r\n b\r\n" REST },
		{ 400, "no path", "GET HTTP/1.1\r\n" REST },
		{ 400, "two spaces", "GET  / HTTP/1.1\r\n" REST },
		{ 400, "a fragment", "GET /#x HTTP/1.1\r\n" REST },
		{ 400, "no slash", "GET x HTTP/1.1\r\n" REST },
	};
	char text[1024];
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		snprintf(text, sizeof text, "%s\r\n", t[i].text);
		answered(t[i].what, text, strlen(text), t[i].status);
	}
	answered("a NUL", "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", 27, 400);
}

static void test_answers(void)
{
	struct client c;

	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, "GET / HTTP/1.1\r\n" HOST UPGRADE CONNECTION KEY "\r\n");
	CHECK(client_answer(&c) == 426 && strstr(c.head, "\r\nSec-WebSocket-Version: 13\r\n") &&
	      strstr(c.head, "\r\nUpgrade: websocket\r\n"), "426: %s", c.head);
	client_leave(&c);
	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, "POST / HTTP/1.1\r\n" REST "\r\n");
	CHECK(client_answer(&c) == 405 && strstr(c.head, "\r\nAllow: GET\r\n"), "405: %s", c.head);
	client_leave(&c);
	/* Legal: other cases, lists, further headers; no extension or subprotocol is taken. */
	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, "\r\nGET http://localhost/x?y=z HTTP/1.1\r\nhOST:localhost\r\n"
	                 "UPGRADE: h2c, WebSocket\r\nConnection: keep-alive,  upGRADE\r\n"
	                 "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	                 "Sec-WebSocket-Protocol: a, b\r\nCookie: \xc3\xa9\r\n" KEY VERSION "\r\n");
	CHECK(client_answer(&c) == 101 && !strstr(c.head, "-Extensions") &&
	      !strstr(c.head, "-Protocol"), "legal: %s", c.head);
	CHECK(client_bye(&c), "no close");
}

/* Row 5, light: what is too large is refused before it is kept. */
static void test_large(void)
{
	static char text[70000];
	struct client c;
	size_t n;

	n = (size_t)snprintf(text, sizeof text, "GET /");
	memset(text + n, 'a', 9000);
	answered("a long path", text, n + 9000, 414);
	n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nX: ");
	memset(text + n, 'a', 60000);
	answered("a long header", text, n + 60000, 431);
	for (n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\n"); n < 1000; n += 6)
		memcpy(text + n, "X: y\r\n", 6);
	answered("many headers", text, n, 431);
	memset(text, '\r', 1000);
	for (n = 1; n < 1000; n += 2)
		text[n] = '\n';
	answered("CRLF without end", text, 1000, 400);
	/* As large as may be. */
	n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nX: ");
	memset(text + n, 'a', 7000);
	n += 7000;
	snprintf(text + n, sizeof text - n, "\r\n" REST "\r\n");
	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, text);
	CHECK(client_answer(&c) == 101, "%s", c.head);
	CHECK(client_bye(&c), "no close");
}

static void test_path(void)
{
	struct client c;

	CHECK(server_start(&s, LOCAL "  path: /ws\n") == 0, "%s", s.log);
	answered("another path", "GET / HTTP/1.1\r\n" REST "\r\n",
		 sizeof "GET / HTTP/1.1\r\n" REST "\r\n" - 1, 404);
	answered("a longer path", "GET /ws/ HTTP/1.1\r\n" REST "\r\n",
	         sizeof "GET /ws/ HTTP/1.1\r\n" REST "\r\n" - 1, 404);
	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, "GET /ws?token=1 HTTP/1.1\r\n" REST "\r\n");
	CHECK(client_answer(&c) == 101, "%s", c.head);
	CHECK(client_bye(&c), "no close");
	STOP(&s);
}

/* ---- those who do not finish */

/* Sends byte after byte, so that something always comes, until the server has had enough. */
static void drip_until_end(struct client *c, int *took)
{
	static const char line[] =
	      "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	long long begun = now_ms();
	size_t i;

	for (i = 0; i < sizeof line - 1 && !c->ended && now_ms() - begun < E2E_MS; i++) {
		if (client_send(c, line + i, 1))
			break;
		e2e_wait(-1, 0, now_ms() + 60);
	}
	client_gone(c);
	*took = (int)(now_ms() - begun);
}

static void test_timeout(void)
{
	struct client silent, begun, dribbling, honest, other;
	long long start;
	int took, got;

	CHECK(server_start(&s, LOCAL "  handshake_timeout: 500ms\n" METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&honest, &s) && !client_open(&other, &s), "no clients");
	start = now_ms();
	CHECK(!client_connect(&silent, &s) && !client_connect(&begun, &s), "no connections");
	client_send_text(&begun, "GET / HTTP/1.1\r\nHost: a\r\n");
	CHECK(client_gone(&silent), "the silent one is still there");
	got = client_answer(&begun);
	CHECK(got == 408 && now_ms() - start >= 400 && now_ms() - start < 500 + 1000,
	      "%d after %lld ms", got, now_ms() - start);
	client_leave(&silent);
	client_leave(&begun);
	/* The time is total, not between bytes. */
	CHECK(!client_connect(&dribbling, &s), "no connection");
	drip_until_end(&dribbling, &took);
	CHECK(dribbling.ended && took < 500 + 1500, "it dribbled for %d ms", took);
	client_leave(&dribbling);
	CHECK(round_trip(&honest, &other) >= 0, "no round trip");
	CHECK(metric(&s, "wsrelay_rejected_total{status=\"408\"}") == 3, "%g",
	      metric(&s, "wsrelay_rejected_total{status=\"408\"}"));
	CHECK(client_bye(&honest) && client_bye(&other), "no close");
	STOP(&s);
}

static void test_max_connections(void)
{
	struct client a, b, c;

	CHECK(server_start(&s, LOCAL "  max_connections: 2\n" METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, upgrade_request);
	CHECK(client_answer(&c) == 503 && strstr(c.head, "\r\nRetry-After: "), "%s", c.head);
	client_leave(&c);
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	CHECK(client_bye(&b), "no close");
	CHECK(metric_await(&s, "websocket_connected_clients", 1) == 1, "still two");
	CHECK(!client_open(&c, &s) && round_trip(&a, &c) >= 0, "no place for the next: %s", c.head);
	CHECK(metric(&s, "wsrelay_rejected_total{status=\"503\"}") == 1, "not counted");
	CHECK(client_bye(&a) && client_bye(&c), "no close");
	STOP(&s);
}

/* Rows 1 and 2, light: more connections that say nothing than may wait. */
static void test_pending_flood(void)
{
	enum { SILENT = 300 };
	static int fds[SILENT];
	struct client a, b, c;
	int i, first, closed = 0, trip = 0;

	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	first = open_files(s.pid);
	for (i = 0; i < SILENT; i++) {
		fds[i] = socket_open(&s);
		CHECK(fds[i] >= 0, "connection %d", i);
		if (i % 50 == 0)
			trip |= round_trip(&a, &b) < 0 || round_trip(&a, &b) > 1000;
	}
	CHECK(!trip, "a slow round trip");
	CHECK(!client_open(&c, &s) && round_trip(&a, &c) >= 0, "no place for an honest client");
	/* Its connection came behind theirs: all of them have been seen. */
	for (i = 0; i < SILENT; i++) {
		struct pollfd p = { .fd = fds[i], .events = POLLIN };

		closed += poll(&p, 1, 0) == 1;
	}
	CHECK(closed >= SILENT - 256, "only %d were pushed out", closed);
	CHECK(open_files(s.pid) <= first + 257 + 1, "%d files", open_files(s.pid));
	for (i = 0; i < SILENT; i++)
		close(fds[i]);
	CHECK(client_bye(&c), "no close");
	CHECK(client_read(&b) == 1 && client_read(&b) == 1, "what went between the others");
	CHECK(client_bye(&a) && client_bye(&b), "an old client was pushed out");
	CHECK(metric_await(&s, "process_open_fds", first - 1) == first - 1,
	      "%d files before, %g after", first, metric(&s, "process_open_fds"));
	STOP(&s);
}

int main(void)
{
	e2e_start();
	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	test_other_protocols();
	test_illegal();
	test_answers();
	test_large();
	STOP(&s);
	test_path();
	test_timeout();
	test_max_connections();
	test_pending_flood();
	return test_end();
}
