/* yaml_text.c: the characters, quotes and escapes of a text in a YAML file. */
#include <string.h>

#include "wsrelay.h"

static const char tab[] = "tab outside of quotes; use spaces";

/* Why no file may hold a character, given as the bytes of its UTF-8 read as one number; or NULL. */
static const char *refused(uint32_t c)
{
	if (c == 0)
		return "NUL byte; remove it";
	if (c == '\r')
		return "a carriage return without a line feed; end lines with a line feed";
	if (c == 0xC285 || c == 0xE280A8 || c == 0xE280A9)
		return "a Unicode line break; remove it";
	if ((c < ' ' && c != '\t') || c == 127 || (c >= 0xC280 && c <= 0xC29F))
		return "control character; remove it";
	if (c == 0xEFBBBF)
		return "a byte order mark inside the file; remove it";
	return c == 0xEFBFBE || c == 0xEFBFBF ? "not a character of Unicode; remove it" : NULL;
}

size_t yaml_check(const char *text, size_t n, const char **error)
{
	uint32_t state = 0, bytes = 0;
	size_t i, start = 0;

	for (i = 0; i < n && !utf8_check(&state, text + i, 1); i++) {
		bytes = bytes << 8 | (uint8_t)text[i];
		if (state)
			continue;
		*error = refused(bytes);
		if (*error)
			return start;
		start = i + 1;
		bytes = 0;
	}
	*error = "not UTF-8; save the file as UTF-8";
	return start;
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

int yaml_byte(const struct yaml *y, size_t i)
{
	return i < y->n && y->text[i] != '\r' ? (unsigned char)y->text[i] : '\n';
}

int yaml_blank(const struct yaml *y, size_t i)
{
	return memchr(" \t\n", yaml_byte(y, i), 3) != NULL;
}

int yaml_fail(struct yaml *y, size_t at, const char *error)
{
	y->at = at;
	y->error = error;
	return YAML_ERROR;
}

/* What no plain text may start with: a character, then why. */
static const char starts[] =
	"&anchors (&) are not supported; write the value out or in quotes\0"
	"*aliases (*) are not supported; write the value out or in quotes\0"
	"!tags (!) are not supported; remove it or use quotes\0"
	"|block scalars (| and >) are not supported; write one line in quotes\0"
	"{inline maps {} are not supported; write a line for each key, indented\0"
	"[a list cannot stand here; put the text in quotes\0"
	"#a comment cannot stand here; put the text in quotes\0";

/* Why no plain text may start at i, or NULL. */
static const char *start_error(const struct yaml *y, size_t i, int inlined)
{
	int c = yaml_byte(y, i), next = yaml_byte(y, i + 1);
	const char *s;

	for (s = starts; *s; s += strlen(s) + 1)
		if (*s == (c == '>' ? '|' : c))
			return s + 1;
	if (strchr("%@`,]}", c))
		return "a text cannot start with this character; put it in quotes";
	if (inlined && (c == '?' || c == ':' || (c == '-' && (next == ',' || next == ']'))))
		return "an item cannot start with this character; put it in quotes";
	if (!yaml_blank(y, i + 1))
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
	const char *error = start_error(y, i, inlined);
	int c;

	if (error)
		return yaml_fail(y, i, error);
	for (; (c = yaml_byte(y, i)) != '\n'; i++) {
		int next = yaml_byte(y, i + 1);

		if ((c == ':' && yaml_blank(y, i + 1)) || (c == '#' && yaml_byte(y, i - 1) == ' ') ||
		    (inlined && (c == ',' || c == ']')))
			break;
		if (c == '\t')
			return yaml_fail(y, i, tab);
		if (inlined && (strchr("[{}?", c) || (c == ':' && strchr(",[]{}", next))))
			return yaml_fail(y, i, "cannot stand in an inline list; put the item in quotes");
		if (c != ' ')
			end = i + 1;
	}
	memcpy(out, y->text + *p, end - *p);
	out[end - *p] = 0;
	*p = i;
	if (c == ':' && end != i)
		return yaml_fail(y, end, "space before ':'; remove it or use quotes");
	return 0;
}

/* Writes the character of the escape at *p, which it leaves; returns its bytes, 0 for an error. */
static size_t escape(struct yaml *y, size_t *p, char *out)
{
	static const char letters[] = "\\\"nt", meant[] = "\\\"\n\t", hex[] = "0123456789abcdef";
	size_t at = *p, n = 0;
	uint32_t code = 0;
	int c = yaml_byte(y, at + 1), digits = c == 'x' ? 2 : c == 'u' ? 4 : 0;
	const char *found = strchr(letters, c);

	*p += 2;
	if (found) {
		*out = meant[found - letters];
		return 1;
	}
	/* | ' ' makes capitals small. */
	for (; digits && (found = memchr(hex, yaml_byte(y, *p) | ' ', 16)) != NULL; digits--, ++*p)
		code = code << 4 | (uint32_t)(found - hex);
	if (digits || !code || (code >= 0xD800 && code < 0xE000)) {
		yaml_fail(y, at, "wrong escape; write \\\\ \\\" \\n \\t \\xNN or \\uNNNN (not 0)");
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
			return yaml_fail(y, *p, "no closing quote on this line; write one line");
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
		return yaml_fail(y, i, "space before ':'; remove it or use quotes");
	if (c == '\n' || (c == '#' && *p != i) || (inlined && (c == ',' || c == ']')) ||
	    (c == ':' && yaml_blank(y, *p + 1)))
		return 0;
	return yaml_fail(y, *p, "only ': ' or ' # comment' may follow a closing quote; remove the rest");
}

