/* script.c: makes the bytes of a script of frames. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The script at hand, and the frame that is being made. */
struct maker {
	struct script *script;
	const char *whole, *at;
	int masked;
	uint8_t mask[4];
	int unmasked, form, claimed;    /* form: 0: the shortest, 2 or 8 bytes of length */
	uint64_t claim;
	struct script payload;          /* used as a buffer only */
};

static void wrong(const struct maker *m, const char *what)
{
	printf("script '%s', at '%.20s': %s\n", m->whole, m->at, what);
	exit(2);
}

static void reserve(struct script *s, size_t n)
{
	if (s->room - s->len >= n)
		return;
	s->room = s->room * 2 + n + 64;
	s->data = realloc(s->data, s->room);
	if (!s->data) {
		puts("script: out of memory");
		exit(2);
	}
}

void script_add(struct script *s, const void *data, size_t n)
{
	reserve(s, n);
	if (n)
		memcpy(s->data + s->len, data, n);
	s->len += n;
}

static void add_byte(struct script *s, unsigned byte)
{
	uint8_t c = (uint8_t)byte;

	script_add(s, &c, 1);
}

static size_t number(struct maker *m)
{
	char *end;
	unsigned long n = strtoul(m->at, &end, 10);

	if (end == m->at)
		wrong(m, "a number is missing");
	m->at = end;
	return (size_t)n;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static uint8_t hex(struct maker *m)
{
	int high = hex_digit(m->at[0]), low = high < 0 ? -1 : hex_digit(m->at[1]);

	if (low < 0)
		wrong(m, "two hex digits are missing");
	m->at += 2;
	return (uint8_t)(high << 4 | low);
}

static void hex_until(struct maker *m, struct script *to, char end)
{
	while (*m->at != end)
		add_byte(to, hex(m));
	m->at++;
}

/* No period that masks or blocks have could hide a byte in the wrong place. */
static void add_pattern(struct script *to, size_t n, int letters, size_t *at)
{
	reserve(to, n);
	for (size_t i = 0; i < n; i++, ++*at) {
		uint32_t v = (uint32_t)*at * 2654435761u >> 20;

		to->data[to->len++] = (uint8_t)(letters ? 'a' + v % 26 : v);
	}
}

/* One part of a payload. Returns 0 if there is none. */
static int part(struct maker *m, int op)
{
	struct script *to = &m->payload;
	size_t n, own = 0, *pattern = op < 8 ? &m->script->pattern : &own;
	const char *end;

	switch (*m->at++) {
	case '\'':
		end = strchr(m->at, '\'');
		if (!end)
			wrong(m, "a quote is missing");
		script_add(to, m->at, (size_t)(end - m->at));
		m->at = end + 1;
		return 1;
	case '[':
		hex_until(m, to, ']');
		return 1;
	case '=':
		n = number(m);
		add_byte(to, (unsigned)n >> 8);
		add_byte(to, (unsigned)n & 0xff);
		return 1;
	case '#':
		add_pattern(to, number(m), 1, pattern);
		return 1;
	case '%':
		add_pattern(to, number(m), 0, pattern);
		return 1;
	case '*':
		for (n = number(m); n > 0; n--)
			script_add(to, m->at, 1);
		m->at++;
		return 1;
	default:
		m->at--;
		return 0;
	}
}

/* What stands between the first byte and the payload. */
static void modifiers(struct maker *m)
{
	size_t i;

	m->unmasked = !m->masked;
	m->form = m->claimed = 0;
	m->script->seed = m->script->seed * 1664525u + 1013904223u;
	for (i = 0; i < 4; i++)
		m->mask[i] = (uint8_t)(m->script->seed >> (8 * i));
	for (;;) {
		if (*m->at == 'u') {
			m->at++;
			m->unmasked = 1;
		} else if (*m->at == 'k') {
			for (m->at++, i = 0; i < 4; i++)
				m->mask[i] = hex(m);
		} else if (*m->at == 'n') {
			m->at++;
			m->form = (int)number(m);
		} else if (*m->at == 'L') {
			m->claimed = 1;
			for (m->at++, i = 0; i < 8; i++)
				m->claim = m->claim << 8 | hex(m);
		} else {
			return;
		}
	}
}

static void add_frame(struct maker *m, unsigned first)
{
	struct script *to = m->script;
	uint64_t len = m->claimed ? m->claim : m->payload.len;
	int form = m->claimed ? 8 : m->form;
	size_t i;

	if (!form)
		form = len > 0xffff ? 8 : len > 125 ? 2 : 0;
	add_byte(to, first);
	add_byte(to, (m->unmasked ? 0 : 0x80) |
	             (form == 8 ? 127 : form == 2 ? 126 : (unsigned)len));
	for (i = (size_t)form; i > 0; i--)
		add_byte(to, (unsigned)(len >> 8 * (i - 1)) & 0xff);
	if (!m->unmasked) {
		script_add(to, m->mask, 4);
		for (i = 0; i < m->payload.len; i++)
			m->payload.data[i] ^= m->mask[i & 3];
	}
	script_add(to, m->payload.data, m->payload.len);
}

static void frame(struct maker *m)
{
	size_t from = m->script->len, len;
	unsigned first = hex(m);

	if ((first & 15) < 8 && (first & 15) > 0)
		m->script->pattern = 0;
	m->payload.len = 0;
	modifiers(m);
	while (part(m, first & 15))
		;
	add_frame(m, first);
	if (*m->at == '~') {
		m->at++;
		len = number(m);
		if (len > m->script->len - from)
			wrong(m, "the frame is shorter");
		m->script->len = from + len;
	}
}

/* "3*" before a frame; 1 if it is not there. */
static size_t repeats(struct maker *m)
{
	size_t digits = strspn(m->at, "0123456789"), n = 1;

	if (m->at[digits] == '*' && digits != 2) {
		n = number(m);
		m->at++;
	}
	return n;
}

static void pause_here(struct maker *m)
{
	struct script *s = m->script;

	if (s->parts == SCRIPT_PARTS_MAX)
		wrong(m, "too many pauses");
	s->end[s->parts++] = s->len;
}

void script_make(struct script *s, const char *text, int masked)
{
	struct maker m = { .script = s, .whole = text, .at = text, .masked = masked };
	const char *again;
	size_t times;

	memset(s, 0, sizeof *s);
	s->seed = 0x9e3779b9;
	while (*m.at) {
		if (*m.at == ' ') {
			m.at++;
		} else if (*m.at == '|') {
			m.at++;
			pause_here(&m);
		} else if (*m.at == '!') {
			m.at++;
			s->finish = 1;
		} else if (*m.at == '<') {
			m.at++;
			hex_until(&m, s, '>');
		} else {
			times = repeats(&m);
			for (again = m.at; times > 0; times--) {
				m.at = again;
				frame(&m);
			}
		}
	}
	pause_here(&m);
	free(m.payload.data);
}

void script_free(struct script *s)
{
	free(s->data);
	memset(s, 0, sizeof *s);
}

size_t script_frame(const uint8_t *p, size_t n, int *op, size_t *head)
{
	uint64_t len;
	size_t more, i;

	if (n < 2)
		return 0;
	more = (p[1] & 127) == 127 ? 8 : (p[1] & 127) == 126 ? 2 : 0;
	if (n < 2 + more)
		return 0;
	for (len = more ? 0 : p[1] & 127, i = 0; i < more; i++)
		len = len << 8 | p[2 + i];
	*op = p[0] & 15;
	*head = 2 + more;
	return len > n - *head ? 0 : *head + (size_t)len;
}
