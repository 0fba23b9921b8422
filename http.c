/* http.c: the request head, line by line (RFC 9112), and the opening handshake (RFC 6455). */
#include "wsrelay.h"

#include <string.h>

/* What the lines so far have told. */
enum {
	SEEN_BLANK = 1 << 0,            /* the empty line that may stand before the request line */
	SEEN_HOST = 1 << 1,
	SEEN_UPGRADE = 1 << 2,
	SEEN_WEBSOCKET = 1 << 3,        /* among what Upgrade lists */
	SEEN_CONNECTION = 1 << 4,       /* Connection lists upgrade */
	SEEN_KEY = 1 << 5,
	SEEN_VERSION = 1 << 6,
	SEEN_VERSION_13 = 1 << 7,
	SEEN_LENGTH = 1 << 8,
	SEEN_BODY = 1 << 9
};

struct text {
	const char *s;
	size_t n;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether t is the word, which is written in lower case, in any case. */
static int is(struct text t, const char *word)
{
	if (t.n != strlen(word))
		return 0;
	for (size_t i = 0; i < t.n; i++) {
		if (lower(t.s[i]) != word[i])
			return 0;
	}
	return 1;
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

/* At least one byte, all visible ASCII. */
static int is_visible(struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.s[i] < '!' || t.s[i] > '~')
			return 0;
	}
	return t.n > 0;
}

static int is_digits(struct text t)
{
	for (size_t i = 0; i < t.n; i++) {
		if (t.s[i] < '0' || t.s[i] > '9')
			return 0;
	}
	return t.n > 0;
}

static struct text skip(struct text t, size_t n)
{
	return (struct text){ t.s + n, t.n - n };
}

/* The bytes before the first c, or all. */
static struct text until(struct text t, char c)
{
	const char *end = memchr(t.s, c, t.n);

	return end ? (struct text){ t.s, (size_t)(end - t.s) } : t;
}

static struct text trim(struct text t)
{
	while (t.n && (t.s[0] == ' ' || t.s[0] == '\t'))
		t = skip(t, 1);
	while (t.n && (t.s[t.n - 1] == ' ' || t.s[t.n - 1] == '\t'))
		t.n--;
	return t;
}

/* Whether a list, as in RFC 9110 section 5.6.1, has the word. */
static int lists(struct text t, const char *word)
{
	for (;;) {
		struct text item = until(t, ',');

		if (is(trim(item), word))
			return 1;
		if (item.n == t.n)
			return 0;
		t = skip(t, item.n + 1);
	}
}

static struct http_span span(struct text t, const char *head)
{
	return (struct http_span){ (uint16_t)(t.s - head), (uint16_t)t.n };
}

/* Cuts the scheme and the authority from an absolute target. Returns 0 if it is none. */
static int cut_authority(struct text *target)
{
	static const char *const schemes[] = { "http://", "https://", "ws://", "wss://" };
	struct text authority;

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);

		if (target->n >= n && is((struct text){ target->s, n }, schemes[i])) {
			*target = skip(*target, n);
			authority = until(until(*target, '/'), '?');
			*target = skip(*target, authority.n);
			return authority.n > 0;
		}
	}
	return 0;
}

static int request_line(struct http_req *q, const char *head, struct text line)
{
	static const char version[] = " HTTP/1.";       /* and a digit */
	const size_t tail = sizeof version;
	struct text method = until(line, ' '), target, path;

	if (!is_token(method) || line.n < method.n + 1 + tail)
		return -400;
	target = skip(line, method.n + 1);
	target.n -= tail;
	if (memcmp(target.s + target.n, version, tail - 1) ||
			!is_digits((struct text){ line.s + line.n - 1, 1 }))
		return -400;
	if (!is_visible(target) || memchr(target.s, '#', target.n))
		return -400;
	if (target.s[0] != '/' && !cut_authority(&target))
		return -400;
	path = until(target, '?');
	q->path = span(path, head);
	q->query = span(skip(target, path.n + (path.n < target.n)), head);
	q->minor = (uint8_t)(line.s[line.n - 1] - '0');
	q->method = HTTP_OTHER;
	if (method.n == 3 && !memcmp(method.s, "GET", 3))
		q->method = HTTP_GET;
	if (method.n == 4 && !memcmp(method.s, "HEAD", 4))
		q->method = HTTP_HEAD;
	return 0;
}

/* Returns 0 if a header that may come once comes again. */
static int once(struct http_req *q, uint32_t header)
{
	int first = !(q->seen & header);

	q->seen |= header;
	return first;
}

static int header_line(struct http_req *q, const char *head, struct text line)
{
	struct text name = until(line, ':'), value;
	int good = 1;

	/* A space or a tab at the start, which would fold the line before, is in no token. */
	if (name.n == line.n || !is_token(name))
		return -400;
	value = trim(skip(line, name.n + 1));
	if (is(name, "host")) {
		good = once(q, SEEN_HOST) && is_visible(value);
	} else if (is(name, "upgrade")) {
		q->seen |= SEEN_UPGRADE | (lists(value, "websocket") ? SEEN_WEBSOCKET : 0);
	} else if (is(name, "connection")) {
		q->seen |= lists(value, "upgrade") ? SEEN_CONNECTION : 0;
	} else if (is(name, "sec-websocket-key")) {
		good = once(q, SEEN_KEY);
		q->key = span(value, head);
	} else if (is(name, "sec-websocket-version")) {
		good = once(q, SEEN_VERSION);
		q->seen |= is(value, "13") ? SEEN_VERSION_13 : 0;
	} else if (is(name, "content-length")) {
		good = once(q, SEEN_LENGTH) && is_digits(value);
		for (size_t i = 0; i < value.n; i++)
			q->seen |= value.s[i] != '0' ? SEEN_BODY : 0;
	} else if (is(name, "transfer-encoding")) {
		q->seen |= SEEN_BODY;
	}
	return good ? 0 : -400;
}

/* Returns 1 at the end of the head, 0 to go on, or -status. */
static int end_line(struct http_req *q, const char *head, struct text line)
{
	if (!line.n)
		return q->lines ? 1 : once(q, SEEN_BLANK) ? 0 : -400;
	if (q->lines == HTTP_LINES_MAX)
		return -431;
	return q->lines++ ? header_line(q, head, line) : request_line(q, head, line);
}

/* Whether a byte may stand in a line, CR and LF aside. The request line is ASCII, so that other
 * protocols show at their first byte. */
static int may_stand(const struct http_req *q, uint8_t c)
{
	return (c >= ' ' && c < 0x7f) || (q->lines && (c == '\t' || c >= 0x80));
}

int http_parse(struct http_req *q, const char *head, size_t n)
{
	while (q->scanned < n && q->scanned < HTTP_HEAD_MAX) {
		size_t at = q->scanned++;
		int cr = at > q->line && head[at - 1] == '\r';
		int end;

		if (head[at] != '\n') {
			if (cr || (head[at] != '\r' && !may_stand(q, (uint8_t)head[at])))
				return -400;
			continue;
		}
		if (!cr)
			return -400;
		end = end_line(q, head, (struct text){ head + q->line, at - 1 - q->line });
		if (end < 0)
			return end;
		if (end)
			return q->scanned;
		q->line = q->scanned;
	}
	if (q->scanned < HTTP_HEAD_MAX)
		return 0;
	return q->lines ? -431 : -414;
}

int http_upgrade(const struct http_req *q, const char *head, const char *path)
{
	struct text asked = { head + q->path.at, q->path.len };
	uint8_t nonce[16];

	if (!(q->seen & SEEN_HOST))
		return 400;
	if (q->method != HTTP_GET)
		return 405;
	if (q->seen & SEEN_BODY)
		return 413;
	if (!asked.n)
		asked = (struct text){ "/", 1 };
	if (*path && (asked.n != strlen(path) || memcmp(asked.s, path, asked.n)))
		return 404;
	/* Upgrade in HTTP/1.0 means nothing (RFC 9110 section 7.8). */
	if (!q->minor)
		return 426;
	/* Half a handshake is a broken client or proxy; another protocol, or none, is no error. */
	if (!(q->seen & SEEN_CONNECTION))
		return q->seen & SEEN_WEBSOCKET ? 400 : 426;
	if (!(q->seen & SEEN_WEBSOCKET))
		return q->seen & SEEN_UPGRADE ? 426 : 400;
	if (base64_decode(nonce, sizeof nonce, head + q->key.at, q->key.len) != sizeof nonce)
		return 400;
	return q->seen & SEEN_VERSION_13 ? 0 : 426;
}

/* Appends text to the n bytes of out and returns how many there are then. The texts below are all
 * short: no answer comes near HTTP_ANSWER_MAX. */
static size_t add(char *out, size_t n, const char *text)
{
	size_t len = strlen(text);

	memcpy(out + n, text, len);
	return n + len;
}

static size_t add_number(char *out, size_t n, size_t number)
{
	size_t unit = 1;

	while (number / unit >= 10)
		unit *= 10;
	for (; unit; unit /= 10)
		out[n++] = (char)('0' + number / unit % 10);
	return n;
}

size_t http_accept(char out[HTTP_ANSWER_MAX], const struct http_req *q, const char *head)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";      /* RFC 6455 1.3 */
	uint8_t digest[20];
	char text[24 + sizeof guid];
	size_t n;

	memcpy(text, head + q->key.at, 24);
	sha1(digest, text, add(text, 24, guid));
	n = add(out, 0, "HTTP/1.1 101 Switching Protocols\r\n"
			"Upgrade: websocket\r\n"
			"Connection: Upgrade\r\n"
			"Sec-WebSocket-Accept: ");
	n += base64_encode(out + n, digest, sizeof digest);
	return add(out, n, "\r\n\r\n");
}

/* The bodies of the answers; up to the ':' they are the status line too. */
static const char refusals[] =
	"400 Bad Request: this is no valid HTTP request or WebSocket handshake\n"
	"401 Unauthorized: a valid token is needed\n"
	"403 Forbidden: this client or its origin is not allowed\n"
	"404 Not Found: nothing is served at this path\n"
	"405 Method Not Allowed: use GET\n"
	"408 Request Timeout: the request did not come in time\n"
	"413 Content Too Large: send the request without a body\n"
	"414 URI Too Long: the request line must be shorter\n"
	"426 Upgrade Required: this is a WebSocket server\n"
	"429 Too Many Requests: too many connections from this address\n"
	"431 Request Header Fields Too Large: send fewer and shorter headers\n"
	"500 Internal Server Error\n"
	"503 Service Unavailable: try again later\n";

/* The headers that a status demands. */
static const char *refusal_headers(int status)
{
	switch (status) {
	case 401:
		return "WWW-Authenticate: Bearer\r\n";
	case 405:
		return "Allow: GET\r\n";
	case 426:
		return "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
	case 503:
		return "Retry-After: 10\r\n";
	default:
		return "";
	}
}

size_t http_refuse(char out[HTTP_ANSWER_MAX], int status, int method)
{
	char other[] = "000 Error\n";
	const char *body = refusals;
	size_t n, name, len;

	if (status < 100 || status > 999)
		status = 500;
	add_number(other, 0, (size_t)status);
	while (*body && memcmp(body, other, 3))
		body += strcspn(body, "\n") + 1;
	body = *body ? body : other;
	name = strcspn(body, ":\n");
	len = strcspn(body, "\n") + 1;
	n = add(out, 0, "HTTP/1.1 ");
	memcpy(out + n, body, name);
	n = add(out, n + name, "\r\n");
	n = add(out, n, refusal_headers(status));
	n = add(out, n, "Content-Type: text/plain\r\nContent-Length: ");
	n = add_number(out, n, len);
	n = add(out, n, "\r\nConnection: close\r\n\r\n");
	if (method == HTTP_HEAD)
		return n;
	memcpy(out + n, body, len);
	return n + len;
}
