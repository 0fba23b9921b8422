/* fuzz_client.c: what a hostile server may answer and send to wsclient, against a second reading of
 * RFC 6455.
 *
 * The option: FRAMES: the input is frames, otherwise a response head and frames behind it; ASSEMBLE
 * makes the head of the lines below; ASKED: subprotocols were asked for. */
#include "client/client.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES = 1, ASSEMBLE = 2, ASKED = 4, MESSAGE_MAX = 3000, EVENTS_MAX = 4096 };

static const char *const lines[] = {
	"HTTP/1.1 101 Switching Protocols\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "\r\n", "HTTP/1.1 101 \r\n",
	"HTTP/1.1 200 OK\r\n", "HTTP/1.1 101\r\n", "HTTP/1.0 101 x\r\n", "UPGRADE:WebSocket \r\n",
	"Upgrade: h2c\r\n", "connection: keep-alive , upgrade\r\n", "Connection: close\r\n",
	"Connection:\r\n", "sec-websocket-accept:\ts3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n", "Sec-WebSocket-Protocol: chat\r\n",
	"Sec-WebSocket-Protocol: b\r\n", "Sec-WebSocket-Protocol:\r\n",
	"Sec-WebSocket-Extensions: permessage-deflate\r\n", "Sec-WebSocket-Extensions: \r\n",
	"X: \xc3\xbc\r\n", "X: a\n", "X: a\rb\r\n", ": x\r\n", "X\r\n", " X: y\r\n", "X: \x01\r\n",
	"Server: x\r\n"
};

/* An event of the stream: what it is, how long, and a sum of its bytes. */
struct events {
	size_t count;
	struct event {
		int op;
		size_t len;
		uint32_t sum;
	} list[EVENTS_MAX];
	int end;                /* close code, 0: none */
};

static void note(struct events *e, int op, const uint8_t *p, size_t n)
{
	uint32_t sum = 1;

	for (size_t i = 0; i < n; i++)
		sum = sum * 31 + p[i];
	if (e->count < EVENTS_MAX)
		e->list[e->count] = (struct event){ op, n, sum };
	e->count++;
}

/* ---- the product */

static void feed_frames(struct events *e, struct fuzz_cuts *cuts, const uint8_t *p, size_t n)
{
	struct receive r;
	size_t at = 0, have = 0;
	long used = 0;

	memset(e, 0, sizeof *e);
	fuzz_begin(2 * MESSAGE_MAX + 2048);
	receive_start(&r, MESSAGE_MAX);
	while (used >= 0 && (have < n || used > 0)) {
		if (used == 0)
			have += fuzz_cut(cuts, n - have);
		used = receive_take(&r, p + at, have - at);
		FUZZ_ASSERT(used <= (long)(have - at));
		if (used < 0)
			e->end = (int)-used;
		else if (r.got)
			note(e, r.got, r.data, r.data_len);
		FUZZ_ASSERT(used >= 0 || r.why);
		FUZZ_ASSERT(r.len <= MESSAGE_MAX);
		at += used > 0 ? (size_t)used : 0;
	}
	receive_stop(&r);
	fuzz_end();
}

static long feed_head(struct handshake *h, struct fuzz_cuts *cuts, const uint8_t *p, size_t n,
                      const char *asked)
{
	size_t have = 0;
	long got = 0;

	memset(h, 0, sizeof *h);
	memcpy(h->key, "dGhlIHNhbXBsZSBub25jZQ==", HANDSHAKE_KEY);
	h->subprotocols = asked;
	fuzz_begin(0);
	while (have < n && !got) {
		have += fuzz_cut(cuts, n - have);
		got = handshake_response(h, (const char *)p, have);
		FUZZ_ASSERT(got <= (long)have && h->scanned <= have && h->scanned <= RESPONSE_MAX);
	}
	fuzz_end();
	FUZZ_ASSERT(got >= 0 || *h->why);
	return got;
}

/* ---- the second reading, as plain as can be */

/* Returns the length of a whole header, 0: too short to say, -1: wrong. */
static long naive_head(const uint8_t *p, size_t n, uint64_t *len)
{
	int op = n ? p[0] & 15 : 0;
	size_t size, i;

	if (n < 2)
		return 0;
	size = (p[1] & 127) == 127 ? 10 : (p[1] & 127) == 126 ? 4 : 2;
	if (n < size)
		return 0;
	*len = size == 2 ? p[1] & 127 : 0;
	for (i = 2; i < size; i++)
		*len = *len * 256 + p[i];
	if (p[0] & 0x70 || p[1] & 0x80 || *len >> 63)
		return -1;
	if ((size == 4 && *len < 126) || (size == 10 && *len < 65536))
		return -1;
	if (op == 0 || op == 1 || op == 2)
		return (long)size;
	return (op == 8 || op == 9 || op == 10) && p[0] & 0x80 && *len < 126 ? (long)size : -1;
}

/* Returns whether the end of the stream is in no header, so that all is known. */
static int naive_frames(struct events *e, const uint8_t *p, size_t n)
{
	static uint8_t message[MESSAGE_MAX];
	size_t have = 0, at = 0;
	int kind = 0;

	memset(e, 0, sizeof *e);
	while (at < n) {
		uint64_t len = 0;
		long head = naive_head(p + at, n - at, &len);
		int op = p[at] & 15, fin = p[at] >> 7;
		size_t there;

		if (head == 0)
			return 0;
		e->end = CLOSE_PROTOCOL;
		if (head < 0 || (op == 0 && !kind) || ((op == 1 || op == 2) && kind))
			return 1;
		at += (size_t)head;
		e->end = CLOSE_TOO_BIG;
		if (op < 8 && len > MESSAGE_MAX - have)
			return 1;
		e->end = 0;
		there = len < n - at ? (size_t)len : n - at;
		if (op >= 8) {
			if (there == len)
				note(e, op, p + at, there);
		} else {
			kind = op ? op : kind;
			memcpy(message + have, p + at, there);
			have += there;
			if (kind == 1 && !naive_utf8(message, have))
				e->end = CLOSE_BAD_DATA;
			if (kind == 1 && fin && there == len && naive_utf8(message, have) != 2)
				e->end = CLOSE_BAD_DATA;
			if (e->end)
				return 1;
			if (fin && there == len) {
				note(e, kind, message, have);
				have = 0;
				kind = 0;
			}
		}
		at += there;
	}
	return 1;
}

/* Whether a line, without its end, is this header with this value, in any case when `fold`. */
static int naive_line(const char *s, size_t n, const char *name, const char *value, int fold)
{
	size_t k = strlen(name), m = strlen(value), i;

	if (n < k + 1 || s[k] != ':')
		return 0;
	for (i = 0; i < k; i++)
		if ((s[i] | 32) != (name[i] | 32))
			return 0;
	for (s += k + 1, n -= k + 1; n && (*s == ' ' || *s == '\t'); s++)
		n--;
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (n != m)
		return 0;
	for (i = 0; i < m; i++)
		if (fold ? (s[i] | 32) != (value[i] | 32) : s[i] != value[i])
			return 0;
	return 1;
}

/* A head that was taken has what section 4.1 wants. */
static void check_taken(const uint8_t *p, size_t n, const char *asked)
{
	const char *s = (const char *)p, *end = s + n;
	int upgrade = 0, accept = 0, count = 0;

	FUZZ_ASSERT(n >= 4 && n <= RESPONSE_MAX && !memcmp(end - 4, "\r\n\r\n", 4));
	FUZZ_ASSERT(!memcmp(s, "HTTP/1.1 101 ", 13));
	while (s < end - 2) {
		const char *line = s;
		size_t len;

		while (memcmp(s, "\r\n", 2))
			s++;
		len = (size_t)(s - line);
		s += 2;
		count++;
		upgrade += naive_line(line, len, "upgrade", "websocket", 1);
		accept += naive_line(line, len, "sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 0);
		if (!asked)
			FUZZ_ASSERT(len < 23 || (line[22] != ':') ||
			            !naive_line(line, 23, "sec-websocket-protocol", "", 1));
	}
	FUZZ_ASSERT(upgrade == 1 && accept == 1 && count <= RESPONSE_LINES_MAX);
}

/* ---- one input */

static void check_frames(const uint8_t *data, const uint8_t *p, size_t n)
{
	static struct events first, other, naive;
	struct fuzz_cuts cuts;
	int i, whole;

	for (i = 0; i < FUZZ_FEEDS; i++) {
		fuzz_cuts_start(&cuts, i, data);
		feed_frames(i ? &other : &first, &cuts, p, n);
		if (i)
			FUZZ_ASSERT(first.count == other.count && first.end == other.end &&
			            !memcmp(first.list, other.list, sizeof first.list));
	}
	whole = naive_frames(&naive, p, n);
	FUZZ_ASSERT(first.count == naive.count);
	FUZZ_ASSERT(!memcmp(first.list, naive.list, sizeof first.list));
	FUZZ_ASSERT(first.end == naive.end || (!whole && first.end == CLOSE_PROTOCOL));
}

/* A good head, changed: two bytes say where and how. Returns its length. */
static size_t assemble(uint8_t out[], size_t room, const uint8_t *p, size_t n)
{
	enum { LINES = sizeof lines / sizeof *lines, SLOTS = 80 };
	uint8_t slots[SLOTS] = { 0, 1, 2, 3, 4 };
	size_t count = 5, used = 0, i;

	for (i = 0; i + 1 < n; i += 2) {
		size_t at = (p[i] & 63) % count;

		if (p[i] >> 6 == 0 && count < SLOTS) {
			memmove(slots + at + 1, slots + at, count++ - at);
			slots[at] = p[i + 1] % LINES;
		} else if (p[i] >> 6 == 1) {
			slots[at] = p[i + 1] % LINES;
		} else if (p[i] >> 6 == 2 && count > 1) {
			memmove(slots + at, slots + at + 1, --count - at);
		}
	}
	for (i = 0; i < count && room - used > strlen(lines[slots[i]]); i++) {
		memcpy(out + used, lines[slots[i]], strlen(lines[slots[i]]));
		used += strlen(lines[slots[i]]);
	}
	return used;
}

void fuzz_one(const uint8_t *data, size_t n)
{
	static uint8_t head[RESPONSE_MAX];
	const char *asked = data[FUZZ_OPTION] & ASKED ? "a, b,chat" : NULL;
	const uint8_t *p = data + FUZZ_STEER;
	struct handshake h, other;
	struct fuzz_cuts cuts;
	long got = 0;
	int i;

	n -= FUZZ_STEER;
	if (data[FUZZ_OPTION] & FRAMES) {
		check_frames(data, p, n);
		return;
	}
	if (data[FUZZ_OPTION] & ASSEMBLE) {
		n = assemble(head, sizeof head, p, n);
		p = head;
	}
	for (i = 0; i < FUZZ_FEEDS; i++) {
		long again;

		fuzz_cuts_start(&cuts, i, data);
		again = feed_head(i ? &other : &h, &cuts, p, n, asked);
		FUZZ_ASSERT(!i || (again == got && !strcmp(h.why, other.why)));
		got = again;
	}
	if (got <= 0)
		return;
	check_taken(p, (size_t)got, asked);
	check_frames(data, p + got, n - (size_t)got);
}
