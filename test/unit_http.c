/* unit_http.c: tests of http.c: RFC 9112 heads and the opening handshake of RFC 6455 section 4. */
#include "wsrelay.h"
#include "test.h"

#define GET "GET /chat HTTP/1.1\r\n"
#define HOST "Host: relay.example\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define REST HOST UPGRADE CONNECTION KEY VERSION "\r\n"        /* behind a request line */
#define PLAIN(headers) GET HOST headers "\r\n"
#define WITH(headers) GET HOST UPGRADE CONNECTION KEY VERSION headers "\r\n"
#define BYTES(text) text, sizeof text - 1

/* want: 0: a handshake; > 0: the head is whole and http_upgrade says so; < 0: http_parse does. */
struct request {
	const char *head;
	size_t n;
	int want;
};

static const struct request handshakes[] = {
	/* RFC 6455 section 1.2 */
	{ BYTES("GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n"), 0 },
	{ BYTES(GET REST), 0 },
	{ BYTES("\r\n" GET REST), 0 },
	{ BYTES("GET /chat HTTP/1.2\r\n" REST), 0 },
	{ BYTES("GET /chat HTTP/1.9\r\n" REST), 0 },
	{ BYTES("GET /chat HTTP/1.0\r\n" REST), 426 },
	{ BYTES("POST /chat HTTP/1.1\r\n" REST), 405 },
	{ BYTES("HEAD /chat HTTP/1.1\r\n" REST), 405 },
	{ BYTES("OPTIONS /chat HTTP/1.1\r\n" REST), 405 },
	{ BYTES("get /chat HTTP/1.1\r\n" REST), 405 },
	{ BYTES("GETT /chat HTTP/1.1\r\n" REST), 405 },
	{ BYTES("GE /chat HTTP/1.1\r\n" REST), 405 },
	{ BYTES("HEAP /chat HTTP/1.1\r\n" REST), 405 },
	/* Host */
	{ BYTES(GET UPGRADE CONNECTION KEY VERSION "\r\n"), 400 },
	{ BYTES(GET "Hostess: a\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), 400 },
	{ BYTES(GET "Hos: a\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), 400 },
	{ BYTES("POST / HTTP/1.1\r\n\r\n"), 400 },
	{ BYTES("GET / HTTP/1.0\r\n\r\n"), 400 },
	{ BYTES(GET "Host:\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), -400 },
	{ BYTES(GET "Host: \t \r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), -400 },
	{ BYTES(GET "Host: a b\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), -400 },
	{ BYTES(GET "Host: a\tb\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), -400 },
	{ BYTES(GET "Host: caf\xc3\xa9\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), -400 },
	{ BYTES(WITH(HOST)), -400 },
	{ BYTES(WITH("HOST: relay.example\r\n")), -400 },
	{ BYTES(GET "hOsT:\t [::1]:8080 \t\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), 0 },
	{ BYTES(GET "Host:a\r\n" UPGRADE CONNECTION KEY VERSION "\r\n"), 0 },
	/* Upgrade and Connection */
	{ BYTES(PLAIN("")), 426 },
	{ BYTES(PLAIN(KEY VERSION)), 426 },
	{ BYTES(PLAIN("Connection: keep-alive\r\n")), 426 },
	{ BYTES(PLAIN("Upgrade: h2c\r\n")), 426 },
	{ BYTES(PLAIN("Upgrade: h2c\r\nConnection: keep-alive\r\n" KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade: h2c\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade: websocket/13\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade: websockets\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade: web socket\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade: websocke\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade: \"websocket\"\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrade:\r\n" CONNECTION KEY VERSION)), 426 },
	{ BYTES(PLAIN("Upgrades: websocket\r\n" CONNECTION KEY VERSION)), 400 },
	{ BYTES(PLAIN(CONNECTION KEY VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE KEY VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE "Connection:\r\n" KEY VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE "Connection: close\r\n" KEY VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE "Connection: keep-alive, upgrades\r\n" KEY VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE "Connection: keep-alive upgrade\r\n" KEY VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE "Connection: up,grade\r\n" KEY VERSION)), 400 },
	{ BYTES(PLAIN("Upgrade: WebSocket\r\nConnection: UPGRADE\r\n" KEY VERSION)), 0 },
	{ BYTES(PLAIN("uPGRADE: WEBSOCKET\r\ncONNECTION: uPgRaDe\r\n" KEY VERSION)), 0 },
	{ BYTES(PLAIN(UPGRADE "Connection: keep-alive, Upgrade\r\n" KEY VERSION)), 0 },
	{ BYTES(PLAIN(UPGRADE "Connection: Upgrade,keep-alive\r\n" KEY VERSION)), 0 },
	{ BYTES(PLAIN(UPGRADE "Connection: ,, ,\tupgrade\t,\r\n" KEY VERSION)), 0 },
	{ BYTES(PLAIN(UPGRADE "Connection: keep-alive\r\n" CONNECTION KEY VERSION)), 0 },
	{ BYTES(PLAIN(UPGRADE CONNECTION "Connection: keep-alive\r\n" KEY VERSION)), 0 },
	{ BYTES(PLAIN("Upgrade: h2c, websocket\r\n" CONNECTION KEY VERSION)), 0 },
	{ BYTES(PLAIN("Upgrade: h2c\r\n" UPGRADE CONNECTION KEY VERSION)), 0 },
	{ BYTES(PLAIN(UPGRADE "Upgrade: h2c\r\n" CONNECTION KEY VERSION)), 0 },
	/* Sec-WebSocket-Key */
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION)), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION "Sec-WebSocket-Key:\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: \r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAAAA==\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBs SBub25jZQ==\r\n")), 400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"Sec-WebSocket-Key: dGhlIHNhbXBs_SBub25jZQ==\r\n")), 400 },
	{ BYTES(WITH(KEY)), -400 },
	{ BYTES(WITH("sec-websocket-key: \r\n")), -400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION VERSION
		"SEC-WEBSOCKET-KEY:dGhlIHNhbXBsZSBub25jZQ==\t \r\n")), 0 },
	/* Sec-WebSocket-Version */
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY)), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version:\r\n")), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n")), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 113\r\n")), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 13.0\r\n")), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 13, 8\r\n")), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 013\r\n")), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 1\r\n")), 426 },
	{ BYTES(WITH(VERSION)), -400 },
	{ BYTES(WITH("sec-websocket-version: 8\r\n")), -400 },
	{ BYTES(PLAIN(UPGRADE CONNECTION KEY "sec-websocket-version:\t13 \r\n")), 0 },
	/* A body */
	{ BYTES(WITH("Content-Length: 0\r\n")), 0 },
	{ BYTES(WITH("Content-Length: 000\r\n")), 0 },
	{ BYTES(WITH("Content-Length: 5\r\n")), 413 },
	{ BYTES(WITH("Content-Length: 010\r\n")), 413 },
	{ BYTES(WITH("Content-Length: 18446744073709551616\r\n")), 413 },
	{ BYTES(WITH("Content-Length: 100000000000000000000000000000000000000000000\r\n")), 413 },
	{ BYTES(WITH("Content-Length:\r\n")), -400 },
	{ BYTES(WITH("Content-Length: -1\r\n")), -400 },
	{ BYTES(WITH("Content-Length: +1\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 0x0\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 0 0\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 0, 0\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 1/\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 1:\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 0\r\nContent-Length: 0\r\n")), -400 },
	{ BYTES(WITH("Content-Length: 0\r\ncontent-length: 5\r\n")), -400 },
	{ BYTES(WITH("Transfer-Encoding: chunked\r\n")), 413 },
	{ BYTES(WITH("transfer-encoding:\r\n")), 413 },
	{ BYTES(WITH("Transfer-Encoding: identity\r\nContent-Length: 0\r\n")), 413 },
	/* What comes first */
	{ BYTES("POST / HTTP/1.1\r\n" UPGRADE "\r\n"), 400 },
	{ BYTES("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n"), 405 },
	{ BYTES("GET / HTTP/1.0\r\n" HOST "Content-Length: 5\r\n\r\n"), 413 },
	{ BYTES("GET / HTTP/1.0\r\n" HOST UPGRADE "\r\n"), 426 },
	{ BYTES(PLAIN(UPGRADE CONNECTION "Sec-WebSocket-Version: 8\r\n")), 400 },
};

static const struct request heads[] = {
	/* Request lines */
	{ BYTES("GET\r\n" REST), -400 },
	{ BYTES("GET \r\n" REST), -400 },
	{ BYTES("GET /\r\n" REST), -400 },
	{ BYTES("GET HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET  HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chatHTTP/1.1\r\n" REST), -400 },
	{ BYTES(" GET /chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET  /chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat  HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/1.1 \r\n" REST), -400 },
	{ BYTES("GET /ch at HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET\t/chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat\tHTTP/1.1\r\n" REST), -400 },
	{ BYTES("G(T /chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("G:T /chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("/chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/2.0\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/0.9\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/1.\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/1.x\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/1.10\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/11\r\n" REST), -400 },
	{ BYTES("GET /chat HTTP/1.1a\r\n" REST), -400 },
	{ BYTES("GET /chat http/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat HTTPS/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat XHTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /\x80 HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /caf\xc3\xa9 HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /a\0b HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /a\x7f HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /a\x1b[2J HTTP/1.1\r\n" REST), -400 },
	{ BYTES("!#$%&'*+-.^_`|~019azAZ / HTTP/1.1\r\n" REST), 405 },
	/* Targets */
	{ BYTES("GET * HTTP/1.1\r\n" REST), -400 },
	{ BYTES("OPTIONS * HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET ?chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET relay.example:80 HTTP/1.1\r\n" REST), -400 },
	{ BYTES("CONNECT relay.example:80 HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET ftp://a/ HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET http:/chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET http:// HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET http:///chat HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET ws://?a=b HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET wsss://a/ HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET xhttp://a/ HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat#top HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET /chat?a#top HTTP/1.1\r\n" REST), -400 },
	{ BYTES("GET http://a# HTTP/1.1\r\n" REST), -400 },
	/* Line ends and control bytes */
	{ BYTES("GET /chat HTTP/1.1\n"), -400 },
	{ BYTES("GET /chat HTTP/1.1\r\rHost: a\r\n\r\n"), -400 },
	{ BYTES("GET /chat HTTP/1.1\rHost: a\r\n\r\n"), -400 },
	{ BYTES("GET /chat HTTP/1.1\r \n" REST), -400 },
	{ BYTES("\n" GET REST), -400 },
	{ BYTES("\r" GET REST), -400 },
	{ BYTES("\r\n\r\n" GET REST), -400 },
	{ BYTES("\r\n\n" GET REST), -400 },
	{ BYTES(" \r\n" GET REST), -400 },
	{ BYTES(GET HOST "\n"), -400 },
	{ BYTES(GET "Host: a\n\r\n"), -400 },
	{ BYTES(GET "Host: a\rb: c\r\n\r\n"), -400 },
	{ BYTES(GET "Host: a\r\r\n\r\n"), -400 },
	{ BYTES(GET HOST "\r\r\n"), -400 },
	{ BYTES(WITH("A: b\0c\r\n")), -400 },
	{ BYTES(WITH("A\0: b\r\n")), -400 },
	{ BYTES(WITH("A: b\x01\r\n")), -400 },
	{ BYTES(WITH("A: b\x08\r\n")), -400 },
	{ BYTES(WITH("A: b\x0b\r\n")), -400 },
	{ BYTES(WITH("A: b\x1f\r\n")), -400 },
	{ BYTES(WITH("A: b\x7f\r\n")), -400 },
	{ BYTES(WITH("A: \t b\tc \xff\x80 \r\n")), 0 },
	{ BYTES(WITH("A:\r\n")), 0 },
	{ BYTES(WITH("A::\r\n")), 0 },
	/* Names */
	{ BYTES(WITH("A : b\r\n")), -400 },
	{ BYTES(WITH("A\t: b\r\n")), -400 },
	{ BYTES(WITH(": b\r\n")), -400 },
	{ BYTES(WITH(":\r\n")), -400 },
	{ BYTES(WITH("A\r\n")), -400 },
	{ BYTES(WITH("A b\r\n")), -400 },
	{ BYTES(WITH("A b: c\r\n")), -400 },
	{ BYTES(WITH("A(b): c\r\n")), -400 },
	{ BYTES(WITH("A/b: c\r\n")), -400 },
	{ BYTES(WITH("\"A\": c\r\n")), -400 },
	{ BYTES(WITH("[A]: c\r\n")), -400 },
	{ BYTES(WITH("{A}: c\r\n")), -400 },
	{ BYTES(WITH("A@: c\r\n")), -400 },
	{ BYTES(WITH("\xc3\xa9: c\r\n")), -400 },
	{ BYTES(WITH("!#$%&'*+-.^_`|~09azAZ: c\r\n")), 0 },
	/* Folded lines */
	{ BYTES(WITH("A: b\r\n c\r\n")), -400 },
	{ BYTES(WITH("A: b\r\n\tc: d\r\n")), -400 },
	{ BYTES(GET " Host: a\r\n\r\n"), -400 },
	{ BYTES(GET HOST " \r\n\r\n"), -400 },
	/* What is never read */
	{ BYTES(WITH("Sec-WebSocket-Extensions: permessage-deflate; \"\r\n")), 0 },
	{ BYTES(WITH("Sec-WebSocket-Protocol: ,,,\r\nSec-WebSocket-Protocol: a\r\n")), 0 },
	{ BYTES(WITH("Expect: 100-continue\r\nCookie: a=b; c=\xc3\xa9\r\n")), 0 },
};

/* Other protocols. want: how many bytes it takes to refuse them, the first line at most. */
static const struct request strangers[] = {
	{ BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 1 },           /* TLS */
	{ BYTES("\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03" "abc"), 1 },      /* MQTT */
	{ BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), 1 },           /* a frame */
	{ BYTES("\0\0\0\x0cGIOP"), 1 },
	{ BYTES("\x80\x2e\x01\x03\x01"), 1 },                                   /* SSL 2 */
	{ BYTES("\x05\x01\x00"), 1 },                                           /* SOCKS 5 */
	{ BYTES("\r\n\r\n\x00\r\nQUIT\n"), 4 },                                 /* PROXY v2 */
	{ BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 16 },
	{ BYTES("SSH-2.0-OpenSSH_9.7\r\n"), 21 },
	{ BYTES("EHLO mail.example\r\n"), 19 },
	{ BYTES("HELO\r\n"), 6 },
	{ BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" GET), 42 },
	{ BYTES("*1\r\n$4\r\nPING\r\n"), 4 },                                   /* Redis */
	{ BYTES("PING\r\n"), 6 },
	{ BYTES("GET key\r\n"), 9 },                                            /* memcached */
	{ BYTES("USER anonymous\r\n"), 16 },
	{ BYTES("OPTIONS sip:nm SIP/2.0\r\n"), 24 },
	{ BYTES("{\"id\":1}\n"), 9 },
};

/* Room for a head whose end is at a guard page, filled anew for each call. */
static uint8_t *arena;

enum { ROOM = 2 * HTTP_HEAD_MAX };

static const char *place(const char *head, size_t n)
{
	uint8_t *p = arena + ROOM - n;

	memset(arena, 0, ROOM);
	memcpy(p, head, n);
	return (const char *)p;
}

/* The head as a whole; *used is what http_parse returned. */
static int judge(struct http_req *q, const char *head, size_t n, int *used)
{
	const char *p = place(head, n);

	memset(q, 0, sizeof *q);
	*used = http_parse(q, p, n);
	return *used > 0 ? http_upgrade(q, p, "") : *used;
}

/* Whether a head cut in two comes out the same; an early refusal must be the same one. */
static int same_cut(const struct request *r, const struct http_req *whole, int used, size_t cut)
{
	struct http_req q = { 0 };
	int first = http_parse(&q, place(r->head, cut), cut);

	if (first)
		return first == used;
	if (http_parse(&q, place(r->head, r->n), r->n) != used)
		return 0;
	return used < 0 || !memcmp(&q, whole, sizeof q);
}

/* Whether a head that comes byte by byte comes out the same. What was looked at is overwritten: the
 * finished lines for good, the unfinished one until its end is there, save its last byte: that may
 * be a CR. */
static int same_bytes(const struct request *r, const struct http_req *whole, int used)
{
	struct http_req q = { 0 };
	int got = 0;

	for (size_t n = 1; n <= r->n && !got; n++) {
		char *p = (char *)place(r->head, n);

		if (r->head[n - 1] == '\n')
			memset(p, '\r', q.line);
		else if (q.scanned)
			memset(p, '\r', q.scanned - 1u);
		got = http_parse(&q, p, n);
		if (q.scanned != n && got >= 0)
			return 0;
	}
	return got == used && (used < 0 || !memcmp(&q, whole, sizeof q));
}

static void table(const char *name, const struct request *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct http_req q;
		int used, got = judge(&q, r[i].head, r[i].n, &used), wrong = 0;

		CHECK(got == r[i].want, "%s %zu: %d: %s", name, i, got, r[i].head);
		CHECK(used < 0 || used == (int)r[i].n, "%s %zu: %d of %zu", name, i, used, r[i].n);
		for (size_t cut = 0; cut <= r[i].n; cut++)
			wrong += !same_cut(&r[i], &q, used, cut);
		CHECK(!wrong, "%s %zu: %d cuts: %s", name, i, wrong, r[i].head);
		CHECK(same_bytes(&r[i], &q, used), "%s %zu: by bytes: %s", name, i, r[i].head);
	}
}

static void other_protocols(void)
{
	for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
		const struct request *r = &strangers[i];
		size_t n = 0;
		struct http_req q = { 0 };
		int got = 0;

		for (; n < r->n && !got; n++)
			got = http_parse(&q, place(r->head, n + 1), n + 1);
		CHECK(got == -400 && n == (size_t)r->want, "stranger %zu: %d at %zu", i, got, n);
	}
}

/* Each byte that begins a request, and each in a value: only what may stand there. */
static void every_byte(void)
{
	for (int c = 0; c < 256; c++) {
		char first = (char)c, head[] = WITH("A: b_c\r\n");
		struct http_req q = { 0 };
		int text = c >= 0x20 && c < 0x7f, got;

		got = http_parse(&q, place(&first, 1), 1);
		CHECK(got == (text || c == '\r' ? 0 : -400), "first byte %d: %d", c, got);
		*strchr(head, '_') = (char)c;
		got = judge(&q, head, sizeof head - 1, &(int){ 0 });
		CHECK(got == (text || c == '\t' || c >= 0x80 ? 0 : -400), "byte %d: %d", c, got);
	}
}

static const struct {
	const char *line, *path, *query;
	int method, minor;
} targets[] = {
	{ "GET / HTTP/1.1", "/", "", HTTP_GET, 1 },
	{ "HEAD /metrics HTTP/1.0", "/metrics", "", HTTP_HEAD, 0 },
	{ "PUT /a/b/c HTTP/1.7", "/a/b/c", "", HTTP_OTHER, 7 },
	{ "GETS / HTTP/1.1", "/", "", HTTP_OTHER, 1 },
	{ "HEADS / HTTP/1.1", "/", "", HTTP_OTHER, 1 },
	{ "GET /a?b=c&d HTTP/1.1", "/a", "b=c&d", HTTP_GET, 1 },
	{ "GET /a? HTTP/1.1", "/a", "", HTTP_GET, 1 },
	{ "GET /?a?b/c HTTP/1.1", "/", "a?b/c", HTTP_GET, 1 },
	{ "GET //a//b HTTP/1.1", "//a//b", "", HTTP_GET, 1 },
	{ "GET /../%00%2f HTTP/1.1", "/../%00%2f", "", HTTP_GET, 1 },
	{ "GET /http://a/b HTTP/1.1", "/http://a/b", "", HTTP_GET, 1 },
	{ "GET http://a HTTP/1.1", "", "", HTTP_GET, 1 },
	{ "GET http://a/ HTTP/1.1", "/", "", HTTP_GET, 1 },
	{ "GET http://a:80?b=/c HTTP/1.1", "", "b=/c", HTTP_GET, 1 },
	{ "GET HTTPS://a.b:443/c?d HTTP/1.1", "/c", "d", HTTP_GET, 1 },
	{ "GET ws://[::1]:80/c/d HTTP/1.1", "/c/d", "", HTTP_GET, 1 },
	{ "GET wSs://a/b?c/d?e HTTP/1.1", "/b", "c/d?e", HTTP_GET, 1 },
};

static int is_span(struct http_span s, const char *head, const char *text)
{
	return s.len == strlen(text) && !memcmp(head + s.at, text, s.len);
}

static void spans(void)
{
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		char head[512];
		struct http_req q;
		int used, n = snprintf(head, sizeof head, "%s\r\n%s", targets[i].line, REST);
		int got = judge(&q, head, (size_t)n, &used);

		CHECK(used == n && (got == 0 || got == 405 || got == 426), "%s: %d", head, got);
		CHECK(is_span(q.path, head, targets[i].path), "path of %s", head);
		CHECK(is_span(q.query, head, targets[i].query), "query of %s", head);
		CHECK(is_span(q.key, head, "dGhlIHNhbXBsZSBub25jZQ=="), "key of %s", head);
		CHECK(q.method == targets[i].method, "method of %s: %d", head, q.method);
		CHECK(q.minor == targets[i].minor, "version of %s: %d", head, q.minor);
	}
}

static void paths(void)
{
	static const struct {
		const char *target, *path;
		int want;
	} served[] = {
		{ "/", "/", 0 }, { "/chat", "", 0 }, { "/chat", "/chat", 0 },
		{ "/chat?a", "/chat", 0 }, { "/chat?", "/chat", 0 },
		{ "ws://a/chat", "/chat", 0 }, { "ws://a", "/", 0 },
		{ "ws://a?b", "/", 0 }, { "ws://a", "", 0 }, { "/chat", "/", 404 },
		{ "/", "/chat", 404 }, { "/chat/", "/chat", 404 }, { "/chat", "/chat/", 404 },
		{ "/Chat", "/chat", 404 },
		{ "/%63hat", "/chat", 404 }, { "//chat", "/chat", 404 }, { "/cha", "/chat", 404 },
		{ "/chats", "/chat", 404 }, { "ws://a", "/chat", 404 }, { "ws://a/", "/chat", 404 },
		{ "ws://a/chat", "/", 404 }, { "/x?/chat", "/chat", 404 },
	};

	for (size_t i = 0; i < sizeof served / sizeof *served; i++) {
		char head[512];
		struct http_req q = { 0 };
		int n, got;

		n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\n" REST, served[i].target);
		got = http_parse(&q, head, (size_t)n);
		CHECK(got == n, "%s: %d", head, got);
		got = http_upgrade(&q, head, served[i].path);
		CHECK(got == served[i].want, "%s at %s: %d", served[i].target, served[i].path, got);
	}
}

/* A head of n bytes: begin, then x as often as it takes, then end. */
static size_t fill(char *head, size_t n, const char *begin, const char *end)
{
	memset(head, 'x', n);
	memcpy(head, begin, strlen(begin));
	memcpy(head + n - strlen(end), end, strlen(end));
	return n;
}

static void sizes(void)
{
	static char head[ROOM];
	const size_t max = HTTP_HEAD_MAX;
	struct http_req q;
	struct request r = { head, 0, 0 };
	int used;

	r.n = fill(head, max, GET HOST UPGRADE CONNECTION KEY VERSION "A: ", "\r\n\r\n");
	CHECK(judge(&q, head, max, &used) == 0 && used == (int)max, "8192 bytes: %d", used);
	CHECK(same_bytes(&r, &q, used), "8192 bytes, one by one");
	CHECK(judge(&q, head, max - 1, &used) == 0 && !used, "8191 of 8192: %d", used);
	memcpy(head + max - 4, "xx\r\n\r\n", 6);
	CHECK(judge(&q, head, max, &used) == -431, "8194 bytes, 8192 here: %d", used);
	CHECK(judge(&q, head, max + 2, &used) == -431, "8194 bytes: %d", used);
	CHECK(judge(&q, head, max - 1, &used) == 0 && !used, "8191 of 8194: %d", used);
	fill(head, max + 1000, "GET /", " HTTP/1.1\r\n" REST);
	CHECK(judge(&q, head, max + 1000, &used) == -414, "long target: %d", used);
	CHECK(judge(&q, head, max, &used) == -414, "long target, cut: %d", used);
	CHECK(judge(&q, head, max - 1, &used) == 0 && !used, "long target, one less: %d", used);
	fill(head, max, "\r\nGET /", " HTTP/1.1\r\n");
	CHECK(judge(&q, head, max, &used) == -431, "one long request line: %d", used);
	fill(head, max + 1, "\r\nGET /", " HTTP/1.1\r\n");
	CHECK(judge(&q, head, max + 1, &used) == -414, "one more: %d", used);
	fill(head, max, GET, "x");
	CHECK(judge(&q, head, max, &used) == -431, "long name: %d", used);
	/* What stands behind the head is not looked at. */
	memcpy(head, GET REST "\0\n\r", sizeof (GET REST) + 2);
	CHECK(judge(&q, head, sizeof (GET REST) + 2, &used) == 0 && used == sizeof (GET REST) - 1,
			"more behind: %d", used);
}

static size_t append(char *head, size_t n, const char *text)
{
	memcpy(head + n, text, strlen(text));
	return n + strlen(text);
}

static void line_counts(void)
{
	for (int blank = 0; blank < 2; blank++) {
		for (int lines = 60; lines < 70; lines++) {
			char head[1024];
			size_t n = 0;
			struct http_req q;
			int used, want = lines > HTTP_LINES_MAX ? -431 : 0;

			n = append(head, n, blank ? "\r\n" : "");
			n = append(head, n, GET HOST UPGRADE CONNECTION KEY VERSION);
			for (int i = 6; i < lines; i++)
				n = append(head, n, "A: b\r\n");
			n = append(head, n, "\r\n");
			CHECK(judge(&q, head, n, &used) == want, "%d lines: %d", lines, used);
			CHECK(want || q.lines == lines, "%d lines: %d", lines, q.lines);
		}
	}
}

static void accept_answer(void)
{
	static const char want[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	struct http_req q = { 0 };
	char out[HTTP_ANSWER_MAX];
	size_t n;

	CHECK(http_parse(&q, handshakes[0].head, handshakes[0].n) > 0, "section 1.2");
	n = http_accept(out, &q, handshakes[0].head);   /* RFC 6455 section 1.3 */
	CHECK(n == sizeof want - 1 && !memcmp(out, want, n), "%zu: %.*s", n, (int)n, out);
}

static void refusals(void)
{
	static const char want[] = "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nContent-Type: text/plain\r\n"
		"Content-Length: 49\r\nConnection: close\r\n\r\n"
		"426 Upgrade Required: this is a WebSocket server";
	static const struct {
		int status;
		const char *text;
	} has[] = {
		{ 400, "HTTP/1.1 400 Bad Request\r\n" },
		{ 401, "\r\nWWW-Authenticate: Bearer\r\n" },
		{ 403, "HTTP/1.1 403 Forbidden\r\n" }, { 404, "HTTP/1.1 404 Not Found\r\n" },
		{ 405, "\r\nAllow: GET\r\n" }, { 408, "HTTP/1.1 408 Request Timeout\r\n" },
		{ 413, "HTTP/1.1 413 Content Too Large\r\n" },
		{ 414, "HTTP/1.1 414 URI Too Long\r\n" },
		{ 426, "\r\nSec-WebSocket-Version: 13\r\n" }, { 426, "\r\nUpgrade: websocket\r\n" },
		{ 429, "HTTP/1.1 429 Too Many Requests\r\n" },
		{ 431, "HTTP/1.1 431 Request Header Fields Too Large\r\n" },
		{ 500, "HTTP/1.1 500 Internal Server Error\r\n" }, { 503, "\r\nRetry-After: " },
		{ 418, "HTTP/1.1 418 Error\r\n" }, { 599, "HTTP/1.1 599 Error\r\n" },
		{ 100, "HTTP/1.1 100 Error\r\n" }, { 99, "HTTP/1.1 500 " },
		{ 1000, "HTTP/1.1 500 " }, { -400, "HTTP/1.1 500 " }, { 0, "HTTP/1.1 500 " },
	};
	char out[HTTP_ANSWER_MAX + 1];
	size_t n;

	for (int status = -2; status < 1002; status++) {
		char *body, *length;

		memset(out, 0, sizeof out);
		n = http_refuse(out, status, HTTP_GET);
		body = strstr(out, "\r\n\r\n");
		length = strstr(out, "\r\nContent-Length: ");
		if (n > HTTP_ANSWER_MAX || strlen(out) != n || !body || !length) {
			CHECK(0, "%d: %zu: %s", status, n, out);
			continue;
		}
		CHECK(strlen(body + 4) == strtoul(length + 18, NULL, 10), "%s", out);
		CHECK(strstr(out, "\r\nConnection: close\r\n"), "%s", out);
		CHECK(strstr(out, "\r\nContent-Type: text/plain\r\n"), "%s", out);
		CHECK(!strncmp(body + 4, out + 9, 4), "status: %s", out);
		CHECK(strchr(body + 4, '\n') == out + n - 1, "one line: %s", out);
	}
	for (size_t i = 0; i < sizeof has / sizeof *has; i++) {
		memset(out, 0, sizeof out);
		http_refuse(out, has[i].status, HTTP_GET);
		CHECK(strstr(out, has[i].text), "%d: no %s in %s", has[i].status, has[i].text, out);
	}
	n = http_refuse(out, 426, HTTP_GET);
	CHECK(n == sizeof want && !memcmp(out, want, n - 1), "%.*s", (int)n, out);
}

int main(void)
{
	static const uint8_t room[ROOM];

	arena = test_guard(room, sizeof room);
	table("handshake", handshakes, sizeof handshakes / sizeof *handshakes);
	table("head", heads, sizeof heads / sizeof *heads);
	other_protocols();
	every_byte();
	spans();
	paths();
	sizes();
	line_counts();
	accept_answer();
	refusals();
	return test_end();
}
