/* yaml_mini.c: a strict subset of YAML, pulled entry by entry.
 *
 * What it accepts means what YAML 1.1 says; the rest is refused by name, never guessed. A block is
 * a section or a list that is open; its entries all stand in the same column. */
#include <string.h>

#include "wsrelay.h"

static int is_dash(const struct yaml *y, size_t i)
{
	return yaml_byte(y, i) == '-' && yaml_blank(y, i + 1);
}

/* Whether nothing but a comment is left of the line. */
static int is_end(const struct yaml *y, size_t i)
{
	return memchr("\n#", yaml_byte(y, i), 2) != NULL;
}

/* Whether a line starts with one of the marks of a document's start or end. */
static int is_mark(const struct yaml *y, size_t i)
{
	int c = yaml_byte(y, i);

	return (c == '-' || c == '.') && yaml_byte(y, i + 1) == c &&
	       yaml_byte(y, i + 2) == c && yaml_blank(y, i + 3);
}

static size_t skip_spaces(const struct yaml *y, size_t i)
{
	while (yaml_byte(y, i) == ' ')
		i++;
	return i;
}

static size_t next_line(const struct yaml *y, size_t i)
{
	const char *end = memchr(y->text + i, '\n', y->n - i);

	return end ? (size_t)(end - y->text) + 1 : y->n;
}

static void close_block(struct yaml *y)
{
	y->keys = y->top->keys;
	y->top = &y->block[--y->open];
}

static void cut_path(struct yaml *y)
{
	y->depth = y->open;
	y->name = y->top->path;
	y->path[y->name] = 0;
	if (y->top->list)
		memcpy(y->path + y->name, "[]", 3);
}

static void add_key(struct yaml *y)
{
	size_t n = strlen(y->value);
	int quotes = !n || y->value[strcspn(y->value, ".[\"")];
	char *to;

	if (y->name)
		y->path[y->name++] = '.';
	to = y->path + y->name;
	if (quotes)
		*to++ = '"';
	memcpy(to, y->value, n + 1);
	if (quotes)
		memcpy(to + n, "\"", 2);
}

/* Reads a key with its ':', which *p is left behind. */
static int key(struct yaml *y, size_t *p)
{
	char other[YAML_LINE_MAX + 1];
	size_t at = *p, i, place;
	const char *colon;

	if (yaml_text(y, p, y->value, 0))
		return YAML_ERROR;
	if (yaml_byte(y, *p) != ':') {
		colon = y->quoted ? NULL : strchr(y->value, ':');
		if (!colon)
			return yaml_fail(y, at, "no ': ' found; write 'key: value'");
		at += (size_t)(colon - y->value);
		return yaml_fail(y, at, "no space behind ':'; write 'key: value'");
	}
	++*p;
	if (!y->quoted && !strcmp(y->value, "<<"))
		return yaml_fail(y, at, "merge keys (<<) are not supported; write the keys out");
	if (strlen(y->value) > YAML_KEY_MAX)
		return yaml_fail(y, at, "key longer than 64 bytes; write a shorter one");
	add_key(y);
	for (i = y->top->keys; i < y->keys; i++) {
		place = y->seen[i];
		if (!yaml_text(y, &place, other, 0) && !strcmp(other, y->value)) {
			y->first = y->seen[i] + 1u;
			return yaml_fail(y, at, "key set twice; remove one");
		}
	}
	if (y->keys == YAML_KEYS_MAX)
		return yaml_fail(y, at, "more than 256 keys; remove some");
	y->seen[y->keys++] = (uint16_t)at;
	return 0;
}

static int open_block(struct yaml *y, int type, size_t indent)
{
	struct yaml_block *b;

	if (y->open == YAML_DEPTH_MAX)
		return yaml_fail(y, y->at, "more than 8 levels; use fewer");
	b = y->top = &y->block[++y->open];
	b->indent = (uint16_t)indent;
	b->path = (uint16_t)strlen(y->path);
	b->keys = y->keys;
	b->list = type == YAML_LIST;
	return type;
}

/* A key or item with nothing behind it: a block if the next lines are one, otherwise empty. */
static int nested(struct yaml *y)
{
	size_t line, p;
	int dash;

	for (line = y->next; line < y->n; line = next_line(y, line)) {
		p = skip_spaces(y, line);
		if (is_end(y, p))
			continue;
		dash = is_dash(y, p);
		if (yaml_byte(y, p) != '\t' && !(p == line && is_mark(y, p)) &&
		    p - line + (dash && !y->top->list) > y->top->indent)
			return open_block(y, dash ? YAML_LIST : YAML_SECTION, p - line);
		break;
	}
	return YAML_EMPTY;
}

/* What stands behind "key:" or "-". */
static int value(struct yaml *y, size_t p)
{
	int type = YAML_LIST, list = y->top->list;

	y->at = p = skip_spaces(y, p);
	y->value[0] = 0;
	y->quoted = 0;
	if (is_end(y, p))
		return nested(y);
	if (yaml_byte(y, p) == '[') {
		type = open_block(y, YAML_LIST, p - y->line);
		if (type == YAML_LIST)
			y->inlined = p + 1;
		return type;
	}
	if (!list || !is_dash(y, p)) {
		if (yaml_text(y, &p, y->value, 0))
			return YAML_ERROR;
		if (yaml_byte(y, p) != ':')
			return YAML_VALUE;
		if (!list)
			return yaml_fail(y, p, "second ': ' on the line; put the value in quotes");
		type = YAML_SECTION;
	}
	y->more = y->at + 1;
	return open_block(y, type, y->at - y->line);
}

/* An entry of the innermost block, whose first byte is at p. */
static int entry(struct yaml *y, size_t p)
{
	cut_path(y);
	y->key_at = p;
	if (y->top->list)
		return is_dash(y, p) ? value(y, p + 1) :
		       yaml_fail(y, p, "no '- ' found; write '- ' before each item of the list");
	if (is_dash(y, p))
		return yaml_fail(y, p, "a list item where a key should stand; write 'key: value'");
	return key(y, &p) ? YAML_ERROR : value(y, p);
}

/* The next item of an inline list, or 0 behind its end. */
static int inline_item(struct yaml *y)
{
	size_t p = skip_spaces(y, y->inlined), end;
	int c = yaml_byte(y, p);

	cut_path(y);
	y->at = y->key_at = p;
	if (c == ']') {
		end = skip_spaces(y, ++p);
		if (!is_end(y, end) || (end == p && yaml_byte(y, p) == '#'))
			return yaml_fail(y, end, "only ' # a comment' may follow ']'; remove the rest");
		close_block(y);
		y->inlined = 0;
		return 0;
	}
	if (c == '[')
		return yaml_fail(y, p, "lists in an inline list are not supported; use lines of '- '");
	if (c != '\n' && yaml_text(y, &p, y->value, 1))
		return YAML_ERROR;
	c = yaml_byte(y, p);
	if (c == ':')
		return yaml_fail(y, p, "keys in an inline list are not supported; quote the item");
	if (c != ',' && c != ']')
		return yaml_fail(y, p, "the inline list has no ']' on this line; end it here");
	y->inlined = c == ',' ? p + 1 : p;
	return YAML_VALUE;
}

/* Closes the blocks that a line ends with an entry at p. */
static void settle(struct yaml *y, size_t p)
{
	size_t indent = p - y->line;

	while (y->open > 1 && indent < y->top->indent)
		close_block(y);
	if (y->open > 1 && y->top->list && !is_dash(y, p) && y->top[-1].indent == indent)
		close_block(y);
}

/* A line that starts or ends the document. */
static int mark(struct yaml *y)
{
	size_t p = skip_spaces(y, y->line + 3);
	int start = yaml_byte(y, y->line) == '-';

	if (!start && !y->document)
		return yaml_fail(y, y->line, "the end mark '...' before any entry; remove it");
	if (start && y->document) {
		y->next = y->n;
		return yaml_fail(y, y->line, "a second document; a file holds one");
	}
	if (!is_end(y, p))
		return yaml_fail(y, p, "only ' # a comment' may stand here; use the next line");
	y->document = start ? 1 : 2;
	return 0;
}

/* A line with an entry that starts at p. */
static int new_line(struct yaml *y, size_t p)
{
	size_t indent = p - y->line;

	if (yaml_byte(y, p) == '\t')
		return yaml_fail(y, p, "tab used for indentation; use spaces");
	if (y->document == 2) {
		y->next = y->n;
		return yaml_fail(y, p, "text behind the end mark '...'; remove one of them");
	}
	if (!indent && yaml_byte(y, p) == '%')
		return yaml_fail(y, p, "directives (%) are not supported; remove the line");
	y->document = 1;
	if (!y->open) {
		y->path[0] = 0;
		y->at = y->key_at = p;
		open_block(y, is_dash(y, p) ? YAML_LIST : YAML_SECTION, indent);
		if (y->top->list) {
			y->more = p + 1;
			return YAML_LIST;
		}
	}
	if (indent == y->top->indent)
		return entry(y, p);
	if (indent > y->top->indent)
		return yaml_fail(y, p, "more indented than its section, or a text over several lines; "
			       "use the indentation of the section, and one line");
	y->top->indent = (uint16_t)indent;
	return yaml_fail(y, p, "less indented than the first line; use the same indentation");
}

void yaml_start(struct yaml *y, const char *text, size_t n)
{
	memset(y, 0, sizeof(*y));
	y->text = text;
	y->n = n;
	y->next = n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
}

/* Whether what follows an error, or what yaml_skip leaves out, goes on with an entry at p. */
static int skipped(struct yaml *y, size_t p)
{
	size_t indent = p - y->line;

	if (y->skip && (indent > y->top->indent || yaml_byte(y, p) == '\t' ||
			(indent == y->top->indent && !y->top->list && is_dash(y, p))))
		return 1;
	y->skip = 0;
	return 0;
}

/* Reads the next line; returns what is found in it, 0 for nothing. */
static int read_line(struct yaml *y)
{
	const char *error;
	size_t p, bad, len;
	int empty;

	y->line = y->next;
	y->next = next_line(y, y->line);
	len = y->next - y->line;
	if (y->text[y->next - 1] == '\n')
		len -= len > 1 && y->text[y->next - 2] == '\r' ? 2 : 1;
	p = skip_spaces(y, y->line);
	empty = is_end(y, p);
	if (!empty && yaml_byte(y, p) != '\t')
		settle(y, p);
	bad = yaml_check(y->text + y->line, len, &error);
	if (len > YAML_LINE_MAX && bad >= YAML_LINE_MAX) {
		bad = YAML_LINE_MAX;
		error = "line longer than 1024 bytes; make it shorter";
	}
	if (bad < len)
		return yaml_fail(y, y->line + bad, error);
	if (empty || skipped(y, p))
		return 0;
	return p == y->line && is_mark(y, p) ? mark(y) : new_line(y, p);
}

/* Leaves out what is indented below; below a wrong line it could only mislead. */
static void leave_out(struct yaml *y)
{
	y->more = y->inlined = 0;
	y->skip = y->open > 0;
}

int yaml_next(struct yaml *y)
{
	size_t more = y->more;
	int found = 0;

	y->first = y->more = 0;
	if (y->n > YAML_FILE_MAX) {
		y->n = 0;
		return yaml_fail(y, 0, "file larger than 64 KiB; use a smaller one");
	}
	if (more)
		found = entry(y, more - 1);
	else if (y->inlined)
		found = inline_item(y);
	while (!found && y->next < y->n)
		found = read_line(y);
	if (found != YAML_ERROR)
		return found;
	if (y->inlined)
		close_block(y);
	leave_out(y);
	return found;
}

void yaml_skip(struct yaml *y)
{
	close_block(y);
	leave_out(y);
	if (!y->open)
		y->next = y->n;
}
