/* unit_handshake.c: tests of client/handshake.c: RFC 6455 sections 1.3, 4.1 and 4.2.2. */
#include "client/client.h"
#include "test.h"

/* Section 1.3: the key is base64 of this, the accept value what the server makes of it. */
static const uint8_t nonce[] = "the sample nonce";
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define OK "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define ACCEPTED "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define GOOD OK UPGRADE ACCEPTED

static void options(struct options *o, const char *url)
{
	const char *why = "";

	memset(o, 0, sizeof *o);
	CHECK(!url_parse(&o->url, url, &why), "%s: %s", url, why);
}

static const struct {
	const char *answer;
	const char *why;        /* NULL: good; otherwise a part of the reason */
	const char *asked;      /* subprotocols */
} rows[] = {
	{ GOOD "\r\n", NULL, NULL },
	/* Any case, white space around, lists, other headers; a reason that is empty. */
	{ "HTTP/1.1 101 \r\nupgrade:\tWebSocket \r\nCONNECTION: keep-alive , upgrade\r\n"
	  "sec-websocket-accept:" ACCEPT "\r\nServer: x\r\n\r\n", NULL, NULL },
	{ OK "Connection: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" ACCEPTED "\r\n", NULL,
	  NULL },
	{ GOOD "Sec-WebSocket-Extensions:\r\n\r\n", NULL, NULL },
	{ GOOD "Set-Cookie: a=\xc3\xbc\r\n\r\n", NULL, NULL },
	/* The status line. */
	{ "HTTP/1.1 200 OK\r\n\r\n", "200 OK", NULL },
	{ "HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", "301 Moved", NULL },
	{ "HTTP/1.1 401 Unauthorized\r\n\r\n", "401 Unauthorized", NULL },
	{ "HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found", NULL },
	{ "HTTP/1.1 503 x\r\n\r\n", "503 x", NULL },
	{ "HTTP/1.0 101 Switching Protocols\r\n", "HTTP/1.1", NULL },
	{ "HTTP/2 101 x\r\n", "HTTP/1.1", NULL },
	{ "HTTP/1.1 101\r\n", "HTTP/1.1", NULL },
	{ "HTTP/1.1 1010 x\r\n", "HTTP/1.1", NULL },
	{ "HTTP/1.1 1x1 x\r\n", "HTTP/1.1", NULL },
	{ "HTTP/1.1  101 x\r\n", "HTTP/1.1", NULL },
	{ "http/1.1 101 x\r\n", "HTTP/1.1", NULL },
	{ "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1", NULL },
	{ "\r\n", "status line", NULL },
	{ " HTTP/1.1 101 x\r\n", "HTTP/1.1", NULL },
	/* Bytes and line ends. */
	{ OK "Upgrade: websocket\n", "CR", NULL },
	{ "\n", "CR", NULL },
	{ OK "Upgrade: web\rsocket\r\n", "byte", NULL },
	{ OK "X: \x01\r\n", "byte 01", NULL },
	{ OK "X: \x7f\r\n", "byte 7f", NULL },
	{ "\x81\x05Hello", "byte 05", NULL },
	{ "\x16\x03\x01", "byte 16", NULL },
	/* Section 4.1, items 2 to 6 of what the client checks. */
	{ OK "Connection: Upgrade\r\n" ACCEPTED "\r\n", "no Upgrade", NULL },
	{ OK "Upgrade: websocket\r\n" ACCEPTED "\r\n", "no Connection", NULL },
	{ OK UPGRADE "\r\n", "no Sec-WebSocket-Accept", NULL },
	{ OK "Upgrade: h2c\r\n", "something else", NULL },
	{ OK "Upgrade: websocket, h2c\r\n", "something else", NULL },
	{ OK "Upgrade: websocket\r\nUpgrade: websocket\r\n", "something else", NULL },
	{ OK "Upgrade:\r\n", "something else", NULL },
	{ OK "Upgrade: websocket\r\nConnection: close\r\n" ACCEPTED "\r\n", "no Connection", NULL },
	{ OK "Upgrade: websocket\r\nConnection: Upgraded\r\n" ACCEPTED "\r\n", "no Connection", NULL },
	{ OK "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n", "key", NULL },
	{ OK "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n", "key", NULL },
	{ OK "Sec-WebSocket-Accept: " ACCEPT "=\r\n", "key", NULL },
	{ OK "Sec-WebSocket-Accept: \r\n", "key", NULL },
	{ OK "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n", "key", NULL },
	{ OK ACCEPTED ACCEPTED, "key", NULL },
	{ GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "extension", NULL },
	{ GOOD "Sec-WebSocket-Protocol: chat\r\n\r\n", "subprotocol", NULL },
	{ GOOD "Sec-WebSocket-Protocol: chat\r\n\r\n", NULL, "chat" },
	{ GOOD "Sec-WebSocket-Protocol: b\r\n\r\n", NULL, "a, b ,c" },
	{ GOOD "\r\n", NULL, "a" },
	{ GOOD "Sec-WebSocket-Protocol: Chat\r\n\r\n", "subprotocol", "chat" },
	{ GOOD "Sec-WebSocket-Protocol: a, b\r\n\r\n", "subprotocol", "a,b" },
	{ GOOD "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n", "subprotocol", "a,b" },
	{ GOOD "Sec-WebSocket-Protocol: \r\n\r\n", "subprotocol", "a" },
	/* Lines that are no headers. */
	{ OK "no colon\r\n", "no header", NULL },
	{ OK ": x\r\n", "no header", NULL },
	{ OK "Upgrade : websocket\r\n", "no header", NULL },
	{ OK "Upgrade: websocket\r\n folded\r\n", "no header", NULL },
	{ OK "X(y): 1\r\n", "no header", NULL },
};

/* At every cut, each time at another place with nothing readable behind. */
static void answer(size_t row)
{
	size_t n = strlen(rows[row].answer);

	for (size_t cut = 0; cut <= n; cut++) {
		char request[REQUEST_MAX];
		struct options o;
		struct handshake h;
		uint8_t *p = test_guard(rows[row].answer, cut);
		long got;

		options(&o, "ws://h/");
		o.subprotocol = rows[row].asked;
		CHECK(handshake_request(&h, request, &o, nonce) > 0, "request");
		got = handshake_response(&h, (char *)p, cut);
		test_unguard(p, cut);
		if (got == 0 && cut < n) {
			p = test_guard(rows[row].answer, n);
			got = handshake_response(&h, (char *)p, n);
			test_unguard(p, n);
		}
		if (rows[row].why)
			CHECK(got == -1 && strstr(h.why, rows[row].why), "row %zu at %zu: %ld, '%s'", row,
			      cut, got, h.why);
		else
			CHECK(got == (long)n, "row %zu at %zu: %ld, '%s'", row, cut, got, h.why);
	}
}

/* 64 lines and 8 KiB are taken, one more is not. */
static void limits(void)
{
	static char text[2 * RESPONSE_MAX];
	char request[REQUEST_MAX];
	struct options o;
	struct handshake h;
	size_t n, lines;

	options(&o, "ws://h/");
	for (lines = RESPONSE_LINES_MAX; lines <= RESPONSE_LINES_MAX + 1; lines++) {
		strcpy(text, GOOD);
		for (size_t i = 4; i < lines; i++)
			strcat(text, "X: y\r\n");
		strcat(text, "\r\n");
		handshake_request(&h, request, &o, nonce);
		CHECK((handshake_response(&h, text, strlen(text)) > 0) == (lines == RESPONSE_LINES_MAX),
		      "%zu lines: %s", lines, h.why);
	}
	for (n = RESPONSE_MAX; n <= RESPONSE_MAX + 1; n++) {
		strcpy(text, GOOD "X: ");
		memset(text + strlen(text), 'y', n - sizeof GOOD - 3 - 3);
		memcpy(text + n - 4, "\r\n\r\n", 5);
		handshake_request(&h, request, &o, nonce);
		CHECK((handshake_response(&h, text, n) > 0) == (n == RESPONSE_MAX), "%zu bytes: %s", n,
		      h.why);
	}
}

static void request(void)
{
	static const char *const bad[] = {
		"", "X", ": y", "X y: z", "X: a\r\nY: b", "X: a\nY: b", "X: a\r", "X: \x01", "X: \x7f",
		"Upgrade: h2c", "connection: close", "Sec-WebSocket-Key: x", "SEC-WEBSOCKET-VERSION: 8",
		"Sec-WebSocket-Protocol: x", "Sec-WebSocket-Extensions: x", "Content-Length: 0",
		"Transfer-Encoding: chunked", "Sec-WebSocket-Accept: x", "X\r\nY: z", " X: y"
	};
	static const char *const good[] = { "X: y", "X:", "Authorization: Bearer a.b-c", "X: a\tb",
	                                    "Host: other" };
	static const char *const tokens[] = { "a", "a,b", "a, b", "chat.v1" };
	static const char *const no_tokens[] = { "", "a b", "a,", ",a", "a\r\nX: y", "a;b", "\"a\"" };
	char out[REQUEST_MAX + 1];
	struct options o;
	struct handshake h;
	size_t i, n;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(handshake_check_header(bad[i]), "header '%s' is taken", bad[i]);
	for (i = 0; i < sizeof good / sizeof *good; i++)
		CHECK(!handshake_check_header(good[i]), "header '%s' is refused", good[i]);
	for (i = 0; i < sizeof tokens / sizeof *tokens; i++)
		CHECK(handshake_check_tokens(tokens[i]), "'%s' is refused", tokens[i]);
	for (i = 0; i < sizeof no_tokens / sizeof *no_tokens; i++)
		CHECK(!handshake_check_tokens(no_tokens[i]), "'%s' is taken", no_tokens[i]);
	options(&o, "ws://server.example.com/chat");
	o.origin = "http://example.com";
	o.subprotocol = "chat, superchat";
	o.headers[0] = "X: y";
	n = handshake_request(&h, out, &o, nonce);
	out[n] = '\0';
	CHECK(!memcmp(out, "GET /chat HTTP/1.1\r\nHost: server.example.com\r\n", 46), "%s", out);
	CHECK(strstr(out, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), "%s", out);
	CHECK(strstr(out, "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "%s", out);
	CHECK(strstr(out, "\r\nSec-WebSocket-Version: 13\r\n"), "%s", out);
	CHECK(strstr(out, "\r\nSec-WebSocket-Protocol: chat, superchat\r\n"), "%s", out);
	CHECK(strstr(out, "\r\nOrigin: http://example.com\r\n"), "%s", out);
	CHECK(!strcmp(out + n - 10, "\r\nX: y\r\n\r\n"), "%s", out);
	o.headers[1] = "hOst: other:81";
	n = handshake_request(&h, out, &o, nonce);
	out[n] = '\0';
	CHECK(!strstr(out, "server.example.com") && strstr(out, "\r\nhOst: other:81\r\n"), "%s", out);
	options(&o, "ws://[2001:db8::7]:8080/");
	n = handshake_request(&h, out, &o, nonce);
	out[n] = '\0';
	CHECK(strstr(out, "\r\nHost: [2001:db8::7]:8080\r\n"), "%s", out);
	options(&o, "ws://[::1]:80/");
	n = handshake_request(&h, out, &o, nonce);
	out[n] = '\0';
	CHECK(strstr(out, "\r\nHost: [::1]\r\n"), "%s", out);
}

static void too_long(void)
{
	static char header[REQUEST_MAX + 8] = "X: ";
	char out[REQUEST_MAX];
	struct options o;
	struct handshake h;
	size_t n, most;

	options(&o, "ws://h/");
	o.headers[0] = header;
	most = REQUEST_MAX - handshake_request(&h, out, &o, nonce);
	memset(header + 3, 'y', most);
	CHECK(handshake_request(&h, out, &o, nonce) == REQUEST_MAX, "what fits");
	header[3 + most] = 'y';
	n = handshake_request(&h, out, &o, nonce);
	CHECK(n == 0, "what does not: %zu", n);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		answer(i);
	limits();
	request();
	too_long();
	return test_end();
}
