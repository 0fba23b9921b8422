/* fuzz_http.c: the request head and the handshake, against a second reading of RFC 6455 4.2.1.
 *
 * The option: bits 0 and 1 choose the path served; ASSEMBLE makes the head of the lines below, so
 * that what is nearly right comes up often. */
#include "fuzz.h"
#include "naive_http.h"
#include "wsrelay.h"

#include <stdlib.h>
#include <string.h>

enum { ASSEMBLE = 4, COPY_MAX = 700, HEAD_BYTES_MAX = 96 * 200 };

static const char *const paths[] = { "", "/", "/ws", "/chat" };

#define HANDSHAKE \
	"Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

/* The first seven are a good head. */
static const char *const lines[] = {
	"GET /chat HTTP/1.1\r\n", "Host: h\r\n", "Upgrade: websocket\r\n",
	"Connection: Upgrade\r\n", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
	"Sec-WebSocket-Version: 13\r\n", "\r\n", "GET / HTTP/1.1\r\n",
	"GET /ws?t=1 HTTP/1.1\r\n", "GET ws://h/chat HTTP/1.9\r\n", "HEAD / HTTP/1.1\r\n",
	"GET / HTTP/1.0\r\n", "GET http://h HTTP/1.1\r\n", "get / HTTP/1.1\r\n",
	"GET / HTTP/2.0\r\n", "GET /#a HTTP/1.1\r\n", "GET  / HTTP/1.1\r\n",
	"GET http:/// HTTP/1.1\r\n", "host:\th \r\n", "Host: \r\n", "Host: a b\r\n",
	"Host : h\r\n", " Host: h\r\n", "UPGRADE: h2c , WebSocket\r\n",
	"Upgrade: websocket/13\r\n", "Upgrade: h2c\r\n", "Upgrade:\r\n",
	"Upgrade: web socket\r\n", "Connection: keep-alive,UPGRADE\r\n", "Connection: close\r\n",
	"Connection: Upgraded\r\n", "Connection: keep-alive\tUpgrade\r\n",
	"Connection: ,,upgrade,\r\n", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
	"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAB==\r\n",
	"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n", "Sec-WebSocket-Key: \r\n",
	"Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version: 13, 8\r\n",
	"sec-websocket-version:13\r\n", "Content-Length: 0\r\n", "Content-Length: 00\r\n",
	"Content-Length: 7\r\n", "Content-Length: -0\r\n", "Transfer-Encoding: chunked\r\n",
	"Transfer-Encoding:\r\n", "X:\r\n", "X: \xff\t\x80\r\n", ": x\r\n", "X\r\n",
	"X: a\r\n folded\r\n", "X: a\n", "X: a\rb\r\n", "X: \x7f\r\n", "X(y): 1\r\n",
	"Origin: http://h\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
	"X: \x01\r\n",
	HANDSHAKE
};

/* What a head came to. */
struct verdict {
	struct http_req q;
	int parsed, status;
};

static int parse(struct http_req *q, const uint8_t *p, size_t n)
{
	uint8_t *copy;
	int result;

	if (n > COPY_MAX)
		return http_parse(q, (const char *)p, n);
	/* At another place each time, with nothing behind it that may be read. */
	fuzz_pause();
	copy = malloc(n ? n : 1);
	FUZZ_ASSERT(copy);
	memcpy(copy, p, n);
	fuzz_go_on();
	result = http_parse(q, (const char *)copy, n);
	fuzz_pause();
	free(copy);
	fuzz_go_on();
	return result;
}

static void feed(struct verdict *v, struct fuzz_cuts *cuts, const uint8_t *p, size_t n,
                 const char *path)
{
	size_t have = 0;

	memset(v, 0, sizeof *v);
	fuzz_begin(0);
	while (have < n && !v->parsed) {
		have += fuzz_cut(cuts, n - have);
		v->parsed = parse(&v->q, p, have);
		FUZZ_ASSERT(v->parsed <= (int)have && v->q.scanned <= have);
	}
	if (v->parsed > 0)
		v->status = http_upgrade(&v->q, (const char *)p, path);
	fuzz_end();
}

static void check_same(const struct verdict *a, const struct verdict *b)
{
	FUZZ_ASSERT(a->parsed == b->parsed && a->status == b->status);
	FUZZ_ASSERT(a->q.scanned == b->q.scanned && a->q.line == b->q.line);
	FUZZ_ASSERT(a->q.lines == b->q.lines && a->q.seen == b->q.seen);
	FUZZ_ASSERT(a->q.method == b->q.method && a->q.minor == b->q.minor);
	FUZZ_ASSERT(a->q.path.at == b->q.path.at && a->q.path.len == b->q.path.len);
	FUZZ_ASSERT(a->q.query.at == b->q.query.at && a->q.query.len == b->q.query.len);
	FUZZ_ASSERT(a->q.key.at == b->q.key.at && a->q.key.len == b->q.key.len);
}

static void check_accept(const struct verdict *v, const uint8_t *p, const struct naive_handshake *n)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	static const char before[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				     "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
	char out[HTTP_ANSWER_MAX], text[24 + sizeof guid], want[HTTP_ANSWER_MAX];
	uint8_t digest[20];
	size_t len;

	memcpy(text, p + n->key, 24);
	memcpy(text + 24, guid, sizeof guid);
	naive_sha1(digest, (const uint8_t *)text, 24 + sizeof guid - 1);
	memcpy(want, before, sizeof before);
	naive_base64(want + strlen(want), digest, sizeof digest);
	memcpy(want + strlen(want), "\r\n\r\n", 5);
	fuzz_begin(0);
	len = http_accept(out, &v->q, (const char *)p);
	fuzz_end();
	FUZZ_ASSERT(len == strlen(want) && !memcmp(out, want, len));
}

static void check_refusal(int status, int method)
{
	char out[HTTP_ANSWER_MAX];
	size_t len;

	fuzz_begin(0);
	len = http_refuse(out, status, method);
	fuzz_end();
	FUZZ_ASSERT(len <= sizeof out);
	FUZZ_ASSERT(naive_answer(out, len, method == HTTP_HEAD) ==
		    (status < 100 || status > 999 ? 500 : status));
}

static void check_parse(const struct verdict *v, const uint8_t *p, size_t n)
{
	struct http_req q;
	const struct http_span *s[] = { &v->q.path, &v->q.query, &v->q.key };
	size_t i, used = (size_t)v->parsed;

	FUZZ_ASSERT(v->parsed >= 0 || v->parsed == -400 || v->parsed == -414 || v->parsed == -431);
	FUZZ_ASSERT(v->parsed != 0 || n < HTTP_HEAD_MAX);
	FUZZ_ASSERT(v->parsed <= HTTP_HEAD_MAX && v->q.scanned <= HTTP_HEAD_MAX);
	FUZZ_ASSERT(v->q.lines <= HTTP_LINES_MAX);
	for (i = 0; i < 3; i++)
		FUZZ_ASSERT(s[i]->at + s[i]->len <= v->q.scanned);
	if (v->parsed <= 0)
		return;
	/* The head ends with the first empty line, and what is behind it changes nothing. */
	FUZZ_ASSERT(used >= 4 && !memcmp(p + used - 4, "\r\n\r\n", 4));
	memset(&q, 0, sizeof q);
	FUZZ_ASSERT(http_parse(&q, (const char *)p, used) == v->parsed);
	FUZZ_ASSERT(!v->q.path.len || p[v->q.path.at] == '/');
}

/* A good head, changed: two bytes say where and how. Returns its length. */
static size_t assemble(uint8_t *out, const uint8_t *p, size_t n)
{
	enum { LINES = sizeof lines / sizeof *lines, SLOTS = 96 };
	enum { INSERT, REPLACE, REMOVE, BYTE };
	uint8_t slots[SLOTS] = { 0, 1, 2, 3, 4, 5, 6 };
	size_t count = 7, used = 0, i, len;

	for (i = 0; i + 1 < n; i += 2) {
		size_t at = (p[i] & 63) % count, how = p[i] >> 6;

		if (how == INSERT && count < SLOTS) {
			memmove(slots + at + 1, slots + at, count++ - at);
			slots[at] = p[i + 1] % LINES;
		} else if (how == REPLACE) {
			slots[at] = p[i + 1] % LINES;
		} else if (how == REMOVE && count > 1) {
			memmove(slots + at, slots + at + 1, --count - at);
		}
	}
	for (i = 0; i < count; i++) {
		len = strlen(lines[slots[i]]);
		memcpy(out + used, lines[slots[i]], len);
		used += len;
	}
	for (i = 0; i + 1 < n; i += 2)
		if (p[i] >> 6 == BYTE)
			out[((p[i] & 63) * 37u + 11 * i) % used] = p[i + 1];
	return used;
}

static void one(const uint8_t *data, size_t n)
{
	const char *path = paths[data[FUZZ_OPTION] & 3];
	const uint8_t *p = data + FUZZ_STEER;
	static uint8_t head[HEAD_BYTES_MAX];
	struct naive_handshake naive;
	struct fuzz_cuts cuts;
	struct verdict v, other;
	int i, good, number = (int)data[1] << 8 | data[2];

	n -= FUZZ_STEER;
	if (data[FUZZ_OPTION] & ASSEMBLE) {
		n = assemble(head, p, n);
		p = head;
	}
	for (i = 0; i < FUZZ_FEEDS; i++) {
		fuzz_cuts_start(&cuts, i, data);
		feed(i ? &other : &v, &cuts, p, n, path);
		if (i)
			check_same(&v, &other);
	}
	check_parse(&v, p, n);
	good = naive_handshake(&naive, (const char *)p, n, path);
	FUZZ_ASSERT(good == (v.parsed > 0 && v.status == 0));
	if (good) {
		FUZZ_ASSERT(naive.end == (size_t)v.parsed && naive.key == v.q.key.at);
		check_accept(&v, p, &naive);
	} else if (v.parsed) {
		check_refusal(v.parsed < 0 ? -v.parsed : v.status, v.q.method);
	}
	check_refusal(number % 1200 - 100, number % (HTTP_OTHER + 1));
}

/* The input "sweep": a good head with every single change of a line. */
static void sweep(const uint8_t *steer)
{
	enum { GOOD = 7, HOWS = 3 };
	uint8_t data[FUZZ_STEER + 2];
	size_t at, what, how;

	memcpy(data, steer, FUZZ_STEER);
	data[FUZZ_OPTION] |= ASSEMBLE;
	for (at = 0; at < GOOD; at++) {
		for (what = 0; what < HOWS * sizeof lines / sizeof *lines; what++) {
			how = what % HOWS;
			data[FUZZ_STEER] = (uint8_t)(how << 6 | at);
			data[FUZZ_STEER + 1] = (uint8_t)(what / HOWS);
			one(data, sizeof data);
		}
	}
}

void fuzz_one(const uint8_t *data, size_t n)
{
	if (n == FUZZ_STEER + 5 && !memcmp(data + FUZZ_STEER, "sweep", 5))
		sweep(data);
	else
		one(data, n);
}
