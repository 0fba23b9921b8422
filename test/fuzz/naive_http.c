/* naive_http.c: RFC 6455 section 4.2.1 and HTTP answers, read line by line from a whole text. */
#include "naive_http.h"

#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 64, HEAD_MAX = 8192, ANSWER_LINES_MAX = 16 };

struct line {
	const char *p;
	size_t n;
};

/* The headers that count, by number of lines and what their values say. */
struct found {
	int hosts, keys, versions, lengths, websocket, upgrade, bad;
};

static int same(const char *p, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n && word[i]; i++)
		if ((p[i] | (p[i] >= 'A' && p[i] <= 'Z' ? 32 : 0)) != word[i])
			return 0;
	return i == n && !word[i];
}

static int all_in(const char *p, size_t n, const char *set)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!p[i] || !strchr(set, p[i]))
			return 0;
	return n > 0;
}

static int all_visible(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] <= 32 || p[i] >= 127)
			return 0;
	return n > 0;
}

static int has_item(const char *p, size_t n, const char *word)
{
	size_t start, end, a, b;

	for (start = 0; start <= n; start = end + 1) {
		for (end = start; end < n && p[end] != ','; end++)
			;
		for (a = start; a < end && (p[a] == ' ' || p[a] == '\t'); a++)
			;
		for (b = end; b > a && (p[b - 1] == ' ' || p[b - 1] == '\t'); b--)
			;
		if (same(p + a, b - a, word))
			return 1;
	}
	return 0;
}

/* Whether a byte may stand in a line; the first line is ASCII. */
static int bytes_good(const char *p, size_t n, int first)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c == 127 || (c < 32 && c != '\t') || (first && (c == '\t' || c > 127)))
			return 0;
	}
	return 1;
}

/* Splits a head with its empty line into lines. Returns their number, or -1; *end is behind it. */
static int split(struct line *lines, int most, const char *p, size_t n, size_t *end)
{
	size_t i, start = 0;
	int count = 0;

	for (i = 0; i + 1 < n && i + 1 < HEAD_MAX; i++) {
		if (p[i] != '\r' || p[i + 1] != '\n')
			continue;
		*end = i + 2;
		if (i == start)
			return count;
		if (count == most || !bytes_good(p + start, i - start, count == 0))
			return -1;
		lines[count].p = p + start;
		lines[count++].n = i - start;
		start = i + 2;
	}
	return -1;
}

static int request_good(const char *p, size_t n, const char *path)
{
	static const char *const schemes[] = { "http://", "https://", "ws://", "wss://" };
	size_t len = n - 4 - 9, i, k, at = 0, stop;
	const char *t = p + 4;

	if (n < 4 + 1 + 9 || memcmp(p, "GET ", 4) || memcmp(p + n - 9, " HTTP/1.", 8) ||
	    p[n - 1] < '1' || p[n - 1] > '9' || !all_visible(t, len) || memchr(t, '#', len))
		return 0;
	if (*t != '/') {
		for (i = 0; i < 4; i++) {
			k = strlen(schemes[i]);
			if (len > k && same(t, k, schemes[i]))
				at = k;
		}
		if (!at || t[at] == '/' || t[at] == '?')
			return 0;
		while (at < len && t[at] != '/' && t[at] != '?')
			at++;
	}
	for (stop = at; stop < len && t[stop] != '?'; stop++)
		;
	if (!*path)
		return 1;
	if (stop == at)
		return !strcmp(path, "/");
	return stop - at == strlen(path) && !memcmp(t + at, path, stop - at);
}

static int header(struct found *f, struct naive_handshake *h, const char *all, struct line l)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char base64[] = "+/0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *colon = memchr(l.p, ':', l.n), *v;
	size_t name = colon ? (size_t)(colon - l.p) : 0, n;

	if (!all_in(l.p, name, token))
		return 0;
	v = colon + 1;
	n = l.n - name - 1;
	for (; n && (*v == ' ' || *v == '\t'); n--)
		v++;
	while (n && (v[n - 1] == ' ' || v[n - 1] == '\t'))
		n--;
	if (same(l.p, name, "host") && (f->hosts++ || !all_visible(v, n)))
		f->bad = 1;
	if (same(l.p, name, "upgrade"))
		f->websocket |= has_item(v, n, "websocket");
	if (same(l.p, name, "connection"))
		f->upgrade |= has_item(v, n, "upgrade");
	if (same(l.p, name, "sec-websocket-key")) {
		h->key = (size_t)(v - all);
		/* 16 bytes are 22 characters, the last with four free bits, and two of padding. */
		if (f->keys++ || n != 24 || memcmp(v + 22, "==", 2) || !all_in(v, 22, base64) ||
		    !strchr("AQgw", v[21]))
			f->bad = 1;
	}
	if (same(l.p, name, "sec-websocket-version") && (f->versions++ || !same(v, n, "13")))
		f->bad = 1;
	if (same(l.p, name, "content-length") && (f->lengths++ || !all_in(v, n, "0")))
		f->bad = 1;
	if (same(l.p, name, "transfer-encoding"))
		f->bad = 1;
	return 1;
}

int naive_handshake(struct naive_handshake *h, const char *p, size_t n, const char *path)
{
	static const char blank[] = "\r\n";
	struct line lines[LINES_MAX];
	struct found f = { 0 };
	size_t skip = n >= 2 && !memcmp(p, blank, 2) ? 2 : 0;
	int i, count = split(lines, LINES_MAX, p + skip, n - skip, &h->end);

	h->end += skip;
	if (count < 2 || h->end > HEAD_MAX || !request_good(lines[0].p, lines[0].n, path))
		return 0;
	for (i = 1; i < count; i++)
		if (!header(&f, h, p, lines[i]))
			return 0;
	return f.hosts == 1 && f.keys == 1 && f.versions == 1 && f.websocket && f.upgrade && !f.bad;
}

int naive_answer(const char *p, size_t n, int head_only)
{
	struct line lines[ANSWER_LINES_MAX];
	size_t end = 0, length = 0;
	int i, count = split(lines, ANSWER_LINES_MAX, p, n, &end), lengths = 0, closes = 0;

	if (count < 3 || lines[0].n < 14 || memcmp(p, "HTTP/1.1 ", 9) ||
	    !all_in(p + 9, 3, "0123456789") || p[12] != ' ')
		return 0;
	for (i = 1; i < count; i++) {
		const char *l = lines[i].p;

		if (!memchr(l, ':', lines[i].n))
			return 0;
		if (lines[i].n > 16 && same(l, 16, "content-length: ")) {
			lengths += all_in(l + 16, lines[i].n - 16, "0123456789");
			length = strtoul(l + 16, NULL, 10);
		}
		closes += same(l, lines[i].n, "connection: close");
	}
	if (lengths != 1 || closes != 1 || n - end != (head_only ? 0 : length))
		return 0;
	return (int)strtol(p + 9, NULL, 10);
}
