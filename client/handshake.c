/* handshake.c: our request and the server's answer (RFC 6455 section 4.1), strictly. */
#include "client/client.h"

#include <stdarg.h>
#include <string.h>

enum {
	SEEN_UPGRADE = 1 << 0, SEEN_CONNECTION = 1 << 1, SEEN_ACCEPT = 1 << 2,
	SEEN_PROTOCOL = 1 << 3
};

struct text {
	const char *s;
	size_t n;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int same(struct text a, struct text b)
{
	if (a.n != b.n)
		return 0;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.s[i]) != lower(b.s[i]))
			return 0;
	return 1;
}

static int is(struct text t, const char *word)
{
	return same(t, (struct text){ word, strlen(word) });
}

/* A token of RFC 9110 section 5.6.2. */
static int is_token(struct text t)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < t.n; i++) {
		char c = lower(t.s[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
				!memchr(marks, c, sizeof marks - 1))
			return 0;
	}
	return t.n > 0;
}

static struct text trim(struct text t)
{
	while (t.n && (t.s[0] == ' ' || t.s[0] == '\t')) {
		t.s++;
		t.n--;
	}
	while (t.n && (t.s[t.n - 1] == ' ' || t.s[t.n - 1] == '\t'))
		t.n--;
	return t;
}

/* Takes the next item of a list off *list. Returns 0 behind the last. */
static int next_item(struct text *list, struct text *item)
{
	const char *comma;

	if (!list->s)
		return 0;
	comma = memchr(list->s, ',', list->n);
	*item = trim((struct text){ list->s, comma ? (size_t)(comma - list->s) : list->n });
	list->n -= comma ? (size_t)(comma + 1 - list->s) : list->n;
	list->s = comma ? comma + 1 : NULL;
	return 1;
}

static int lists(struct text list, struct text word)
{
	struct text item;

	while (next_item(&list, &item))
		if (same(item, word))
			return 1;
	return 0;
}

/* ---- the request */

int handshake_check_tokens(const char *text)
{
	struct text list = { text, strlen(text) }, item;

	while (next_item(&list, &item))
		if (!is_token(item))
			return 0;
	return 1;
}

const char *handshake_check_header(const char *text)
{
	static const char *const ours[] = {
		"upgrade", "connection", "content-length", "transfer-encoding", "sec-websocket-key",
		"sec-websocket-version", "sec-websocket-extensions", "sec-websocket-accept",
		"sec-websocket-protocol"
	};
	struct text name = { text, strcspn(text, ":") };

	if (!text[name.n] || !is_token(name))
		return "a header is 'Name: value'";
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (is(name, ours[i]))
			return "this header is made by wsclient itself";
	/* A line's end would start a header, or a request, of its own. */
	for (const char *p = text + name.n; *p; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return "a header may not have control characters";
	return NULL;
}

/* Adds to the n bytes of out; what has no room is shown by a length over REQUEST_MAX. */
static void add(char out[REQUEST_MAX], size_t *n, const char *text)
{
	size_t len = strlen(text);

	if (*n <= REQUEST_MAX && len <= REQUEST_MAX - *n)
		memcpy(out + *n, text, len);
	*n += len;
}

static void add_line(char out[REQUEST_MAX], size_t *n, const char *name, const char *value)
{
	add(out, n, name);
	add(out, n, value);
	add(out, n, "\r\n");
}

static void add_host(char out[REQUEST_MAX], size_t *n, const struct url *u)
{
	char port[8] = "";

	if (u->port_given)
		snprintf(port, sizeof port, ":%u", (unsigned)u->port);
	add(out, n, u->ip6 ? "Host: [" : "Host: ");
	add(out, n, u->host);
	add_line(out, n, u->ip6 ? "]" : "", port);
}

size_t handshake_request(struct handshake *h, char out[REQUEST_MAX], const struct options *o,
                         const uint8_t nonce[16])
{
	char key[HANDSHAKE_KEY + 1] = "";
	size_t n = 0, i;
	int has_host = 0;

	memset(h, 0, sizeof *h);
	base64_encode(h->key, nonce, 16);
	memcpy(key, h->key, HANDSHAKE_KEY);
	h->subprotocols = o->subprotocol;
	add(out, &n, "GET ");
	add(out, &n, o->url.target);
	add(out, &n, " HTTP/1.1\r\n");
	for (i = 0; o->headers[i]; i++)
		has_host |= is((struct text){ o->headers[i], strcspn(o->headers[i], ":") }, "host");
	if (!has_host)
		add_host(out, &n, &o->url);
	add(out, &n, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
	add_line(out, &n, "Sec-WebSocket-Key: ", key);
	if (o->subprotocol)
		add_line(out, &n, "Sec-WebSocket-Protocol: ", o->subprotocol);
	if (o->origin)
		add_line(out, &n, "Origin: ", o->origin);
	for (i = 0; o->headers[i]; i++)
		add_line(out, &n, "", o->headers[i]);
	add(out, &n, "\r\n");
	return n <= REQUEST_MAX ? n : 0;
}

/* ---- the answer */

static int wrong(struct handshake *h, const char *format, ...) LOG_FORMAT(2, 3);

static int wrong(struct handshake *h, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(h->why, sizeof h->why, format, ap);
	va_end(ap);
	return -1;
}

/* "HTTP/1.1 101 Switching Protocols"; the reason may be empty, its space may not (RFC 9112). */
static int status_line(struct handshake *h, struct text t)
{
	static const char version[] = "HTTP/1.1 ";
	enum { DIGITS = sizeof version - 1, SPACE = DIGITS + 3 };

	if (t.n <= SPACE || memcmp(t.s, version, DIGITS) || t.s[SPACE] != ' ' ||
			strspn(t.s + DIGITS, "0123456789") < 3)
		return wrong(h, "the server does not speak HTTP/1.1: '%.*s'",
		             t.n < 40 ? (int)t.n : 40, t.s);
	if (memcmp(t.s + DIGITS, "101", 3))
		return wrong(h, "the server answered %.*s", t.n < 100 ? (int)t.n - DIGITS : 90,
		             t.s + DIGITS);
	return 0;
}

static int check_accept(struct handshake *h, struct text value)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[HANDSHAKE_KEY + sizeof guid], want[28];
	uint8_t digest[20];

	memcpy(text, h->key, HANDSHAKE_KEY);
	memcpy(text + HANDSHAKE_KEY, guid, sizeof guid);
	sha1(digest, text, HANDSHAKE_KEY + sizeof guid - 1);
	base64_encode(want, digest, sizeof digest);
	if (h->seen & SEEN_ACCEPT || value.n != sizeof want || memcmp(value.s, want, sizeof want))
		return wrong(h, "Sec-WebSocket-Accept does not answer our key");
	h->seen |= SEEN_ACCEPT;
	return 0;
}

static int check_protocol(struct handshake *h, struct text value)
{
	struct text asked = { h->subprotocols, h->subprotocols ? strlen(h->subprotocols) : 0 };

	/* Subprotocols, other than the rest, differ by case (RFC 6455 section 4.1). */
	for (struct text item; asked.s && next_item(&asked, &item); ) {
		if (h->seen & SEEN_PROTOCOL || value.n != item.n ||
				memcmp(value.s, item.s, item.n))
			continue;
		h->seen |= SEEN_PROTOCOL;
		snprintf(h->subprotocol, sizeof h->subprotocol, "%.*s", (int)value.n, value.s);
		return 0;
	}
	return wrong(h, "the server chose a subprotocol that was not asked for");
}

static int header_line(struct handshake *h, struct text t)
{
	const char *colon = memchr(t.s, ':', t.n);
	struct text name = { t.s, colon ? (size_t)(colon - t.s) : t.n }, value;

	if (!colon || !is_token(name))
		return wrong(h, "the server's answer has a line that is no header");
	value = trim((struct text){ colon + 1, t.n - name.n - 1 });
	if (is(name, "upgrade")) {
		if (h->seen & SEEN_UPGRADE || !is(value, "websocket"))
			return wrong(h, "the server upgrades to something else than websocket");
		h->seen |= SEEN_UPGRADE;
	} else if (is(name, "connection")) {
		if (lists(value, (struct text){ "upgrade", 7 }))
			h->seen |= SEEN_CONNECTION;
	} else if (is(name, "sec-websocket-accept")) {
		return check_accept(h, value);
	} else if (is(name, "sec-websocket-protocol")) {
		return check_protocol(h, value);
	} else if (is(name, "sec-websocket-extensions") && value.n) {
		return wrong(h, "the server uses an extension that was not asked for");
	}
	return 0;
}

static int lacks(struct handshake *h, const char *what)
{
	return wrong(h, "the server's answer has no %s", what);
}

/* The empty line. */
static int head_end(struct handshake *h)
{
	if (!h->lines)
		return lacks(h, "status line");
	if (!(h->seen & SEEN_UPGRADE))
		return lacks(h, "Upgrade: websocket");
	if (!(h->seen & SEEN_CONNECTION))
		return lacks(h, "Connection: Upgrade");
	if (!(h->seen & SEEN_ACCEPT))
		return lacks(h, "Sec-WebSocket-Accept");
	return 1;
}

static int end_line(struct handshake *h, struct text t)
{
	if (!t.n)
		return head_end(h);
	if (h->lines == RESPONSE_LINES_MAX)
		return wrong(h, "the server's answer has more than %d lines", RESPONSE_LINES_MAX);
	return h->lines++ ? header_line(h, t) : status_line(h, t);
}

long handshake_response(struct handshake *h, const char *head, size_t n)
{
	while (h->scanned < n && h->scanned < RESPONSE_MAX) {
		size_t at = h->scanned++;
		unsigned char c = (unsigned char)head[at];
		int cr = at > h->line && head[at - 1] == '\r', end;

		if (c != '\n') {
			if (cr || (c < ' ' && c != '\r' && c != '\t') || c == 0x7f)
				return wrong(h, "the server's answer has a byte %02x", c);
			continue;
		}
		if (!cr)
			return wrong(h, "the server's answer has a line without CR");
		end = end_line(h, (struct text){ head + h->line, at - 1 - h->line });
		if (end)
			return end < 0 ? -1 : (long)h->scanned;
		h->line = h->scanned;
	}
	return h->scanned < RESPONSE_MAX ? 0 :
	       wrong(h, "the server's answer is longer than %d bytes", RESPONSE_MAX);
}
