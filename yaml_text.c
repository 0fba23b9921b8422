/* yaml_text.c: the characters, quotes and escapes of a text in a YAML file. */
#include <string.h>

#include "wsrelay.h"

/* Characters that no file may hold, as the bytes of their UTF-8 read as one number. */
static const struct {
	uint32_t first, last;
	const char *error;
} refused[] = {
	{ 0, 0, "NUL byte; remove it" },
	{ '\r', '\r', "a carriage return without a line feed; end lines with a line feed" },
	{ 1, 8, "control character; remove it" },
	{ 10, 31, "control character; remove it" },
	{ 127, 127, "control character; remove it" },
	{ 0xC285, 0xC285, "a Unicode line break; remove it" },
	{ 0xE280A8, 0xE280A9, "a Unicode line break; remove it" },
	{ 0xC280, 0xC29F, "control character; remove it" },
	{ 0xEFBBBF, 0xEFBBBF, "a byte order mark inside the file; remove it" },
	{ 0xEFBFBE, 0xEFBFBF, "not a character of Unicode; remove it" },
};

int yaml_byte(const struct yaml *y, size_t i)
{
	return i < y->n && y->text[i] != '\r' ? (unsigned char)y->text[i] : '\n';
}

size_t yaml_check(const char *text, size_t n, const char **error)
{
	uint32_t state = 0, bytes = 0;
	size_t i, start = 0, r;

	for (i = 0; i < n; i++) {
		*error = "not UTF-8; save the file as UTF-8";
		if (utf8_check(&state, text + i, 1))
			return start;
		bytes = bytes << 8 | (uint8_t)text[i];
		if (state)
			continue;
		for (r = 0; r < sizeof(refused) / sizeof(refused[0]); r++) {
			*error = refused[r].error;
			if (bytes >= refused[r].first && bytes <= refused[r].last)
				return start;
		}
		start = i + 1;
		bytes = 0;
	}
	*error = "not UTF-8; save the file as UTF-8";
	return start;
}

static int is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static int fail(struct yaml *y, size_t at, const char *error)
{
	y->at = at;
	y->error = error;
	return YAML_ERROR;
}

void yaml_where(const char *text, size_t at, unsigned *line, unsigned *column)
{
	size_t i;

	*line = *column = 1;
	for (i = at && !memcmp(text, "\xEF\xBB\xBF", at < 3 ? at : 3) ? 3 : 0; i < at; i++) {
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((uint8_t)text[i] & 0xC0) != 0x80) {
			++*column;
		}
	}
}

/* Why no plain scalar may start with c, or NULL. */
static const char *start_error(int c, int next, int inlined)
{
	switch (c) {
	case '&': return "anchors (&) are not supported; write the value out, or put it in quotes";
	case '*': return "aliases (*) are not supported; write the value out, or put it in quotes";
	case '!': return "tags (!) are not supported; remove it, or put the value in quotes";
	case '|':
	case '>': return "block scalars (| and >) are not supported; write one line in quotes";
	case '{': return "inline maps {} are not supported; write a line for each key, indented";
	case '[': return "a list cannot stand here; put the text in quotes";
	case '#': return "a comment cannot stand here; put the text in quotes";
	case '%': case '@': case '`': case ',': case ']': case '}':
		return "a text cannot start with this character; put it in quotes";
	case '\t': return "tab outside of quotes; use spaces";
	}
	if (inlined && (c == '?' || c == ':' || (c == '-' && (next == ',' || next == ']'))))
		return "an item cannot start with this character; put it in quotes";
	if (!is_blank(next))
		return NULL;
	if (c == '?')
		return "complex keys (?) are not supported; write 'key: value'";
	if (c == '-')
		return "a list item cannot stand here; start the list on the next line, or [here]";
	return c == ':' ? "no key before ':'; write 'key: value'" : NULL;
}

/* Reads the text up to what ends it: a comment, the line's end, ": ", in an inline list , or ]. */
static int plain(struct yaml *y, size_t *p, char *out, int inlined)
{
	size_t i = *p, end = i;
	const char *error = start_error(yaml_byte(y, i), yaml_byte(y, i + 1), inlined);
	int c;

	if (error)
		return fail(y, i, error);
	for (; (c = yaml_byte(y, i)) != '\n'; i++) {
		int next = yaml_byte(y, i + 1);

		if ((c == ':' && is_blank(next)) || (c == '#' && yaml_byte(y, i - 1) == ' '))
			break;
		if (inlined && (c == ',' || c == ']'))
			break;
		if (c == '\t')
			return fail(y, i, "tab outside of quotes; use spaces");
		if (inlined && (strchr("[{}?", c) || (c == ':' && strchr(",[]{}", next))))
			return fail(y, i, "cannot stand in an inline list; put the item in quotes");
		if (c != ' ')
			end = i + 1;
	}
	memcpy(out, y->text + *p, end - *p);
	out[end - *p] = 0;
	*p = i;
	if (c == ':' && end != i)
		return fail(y, end, "space before ':'; remove it, or use quotes");
	return 0;
}

/* Writes the character of the escape at *p, which it leaves; returns its bytes, 0 for an error. */
static size_t escape(struct yaml *y, size_t *p, char *out)
{
	static const char letters[] = "\\\\\"\"n\nt\t", hex[] = "0123456789abcdef";
	size_t at = *p, n = 0, digits;
	uint32_t code = 0;
	int c = yaml_byte(y, at + 1), i;

	*p += 2;
	for (i = 0; letters[i]; i += 2) {
		if (letters[i] == c) {
			*out = letters[i + 1];
			return 1;
		}
	}
	for (digits = c == 'x' ? 2 : c == 'u' ? 4 : 0; digits; digits--) {
		int d = yaml_byte(y, (*p)++);
		const char *found = strchr(hex, d >= 'A' && d <= 'F' ? d + 'a' - 'A' : d);

		if (!found)
			break;
		code = code << 4 | (uint32_t)(found - hex);
	}
	if (digits || !code || (code >= 0xD800 && code < 0xE000)) {
		fail(y, at, "wrong escape; write \\\\ \\\" \\n \\t \\xNN or \\uNNNN (not 0)");
		return 0;
	}
	if (code >= 0x800)
		out[n++] = (char)(0xE0 | code >> 12);
	if (code >= 0x80)
		out[n++] = (char)(code < 0x800 ? 0xC0 | code >> 6 : 0x80 | (code >> 6 & 63));
	out[n++] = (char)(code < 0x80 ? code : 0x80 | (code & 63));
	return n;
}

int yaml_text(struct yaml *y, size_t *p, char *out, int inlined)
{
	int quote = yaml_byte(y, *p), c;
	size_t i = *p + 1, n;

	y->quoted = quote == '"' || quote == '\'';
	if (!y->quoted)
		return plain(y, p, out, inlined);
	for (;;) {
		c = yaml_byte(y, i);
		if (c == '\n')
			return fail(y, *p, "no closing quote on this line; write one line");
		if (c == quote && (c == '"' || yaml_byte(y, i + 1) != '\''))
			break;
		if (c == '\\' && quote == '"') {
			n = escape(y, &i, out);
			if (!n)
				return YAML_ERROR;
			out += n;
		} else {
			*out++ = (char)c;
			i += c == quote ? 2 : 1;
		}
	}
	*out = 0;
	for (*p = ++i; yaml_byte(y, *p) == ' '; ++*p)
		;
	c = yaml_byte(y, *p);
	if (c == ':' && *p != i)
		return fail(y, i, "space before ':'; remove it");
	if (c == '\n' || (c == '#' && *p != i) || (inlined && (c == ',' || c == ']')) ||
	    (c == ':' && is_blank(yaml_byte(y, *p + 1))))
		return 0;
	return fail(y, *p, "only ': ' or ' # comment' may follow a closing quote; remove the rest");
}

