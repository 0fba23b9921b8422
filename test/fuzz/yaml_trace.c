/* yaml_trace.c: the entries that yaml_mini finds, to compare one reading with another. */
#include "yaml_trace.h"
#include "fuzz.h"

#include <string.h>

enum { ERRORS_MAX = 11 };

static size_t keep(struct trace *t, const char *s)
{
	size_t n = strlen(s) + 1, at = t->used;

	FUZZ_ASSERT(n <= sizeof t->bytes - t->used);
	memcpy(t->bytes + at, s, n);
	t->used += n;
	return at;
}

static void check_entry(const struct yaml *y, int found, size_t n)
{
	size_t i;

	FUZZ_ASSERT(found >= YAML_ERROR && found <= YAML_LIST);
	FUZZ_ASSERT(y->at <= n && y->key_at <= n && y->first <= n);
	FUZZ_ASSERT(y->depth >= 0 && y->depth <= YAML_DEPTH_MAX && y->open <= YAML_DEPTH_MAX);
	FUZZ_ASSERT(memchr(y->path, 0, sizeof y->path) && memchr(y->value, 0, sizeof y->value));
	FUZZ_ASSERT(y->name <= strlen(y->path) && y->keys <= YAML_KEYS_MAX);
	if (found == YAML_ERROR) {
		FUZZ_ASSERT(y->error && strlen(y->error) < 200 && strchr(y->error, ';'));
		for (i = 0; y->error[i]; i++)
			FUZZ_ASSERT(y->error[i] >= ' ' && y->error[i] < 127);
		return;
	}
	FUZZ_ASSERT(naive_utf8((const uint8_t *)y->path, strlen(y->path)) == 2);
	FUZZ_ASSERT(naive_utf8((const uint8_t *)y->value, strlen(y->value)) == 2);
}

void trace_read(struct trace *t, const char *text, size_t n, const unsigned char *skips,
                size_t skips_n)
{
	static struct yaml y;
	int found;

	t->count = t->errors = t->used = 0;
	yaml_start(&y, text, n);
	while ((found = yaml_next(&y)) != YAML_END) {
		struct trace_entry *e = &t->entries[t->count];

		FUZZ_ASSERT(t->count < TRACE_ENTRIES_MAX);
		check_entry(&y, found, n);
		e->found = found;
		e->depth = y.depth;
		e->quoted = found == YAML_VALUE && y.quoted;
		e->at = y.at;
		e->key_at = y.key_at;
		e->path = keep(t, y.path);
		e->value = keep(t, found == YAML_ERROR ? y.error
		                 : found == YAML_VALUE ? y.value : "");
		t->errors += found == YAML_ERROR;
		if (found >= YAML_SECTION && t->count < 8 * skips_n &&
		    skips[t->count / 8] >> t->count % 8 & 1)
			yaml_skip(&y);
		t->count++;
	}
	FUZZ_ASSERT(yaml_next(&y) == YAML_END);
}

void trace_time(const char *text, size_t n)
{
	static struct yaml y;
	int errors = 0, found;

	fuzz_begin(0);
	yaml_start(&y, text, n);
	while ((found = yaml_next(&y)) != YAML_END && errors < ERRORS_MAX)
		errors += found == YAML_ERROR;
	fuzz_end();
}

int trace_same(const struct trace *a, size_t i, const struct trace *b, size_t j)
{
	const struct trace_entry *x = &a->entries[i], *y = &b->entries[j];

	/* The path of an error is what was read before it. */
	return x->found == y->found && x->quoted == y->quoted &&
	       (x->found == YAML_ERROR || x->depth == y->depth) &&
	       (x->found == YAML_ERROR || !strcmp(a->bytes + x->path, b->bytes + y->path)) &&
	       !strcmp(a->bytes + x->value, b->bytes + y->value);
}

static size_t print_code(char *out, char letter, unsigned code)
{
	static const char hex[] = "0123456789aBcDeF";
	int shift = letter == 'x' ? 4 : 12;
	size_t n = 0;

	out[n++] = '\\';
	out[n++] = letter;
	for (; shift >= 0; shift -= 4)
		out[n++] = hex[code >> shift & 15];
	return n;
}

/* In double quotes, with the escapes that there are. */
static size_t print_text(char *out, const char *s)
{
	char *to = out;

	for (*to++ = '"'; *s; s++) {
		unsigned c = (unsigned char)*s;

		if (c == '\\' || c == '"') {
			*to++ = '\\';
			*to++ = *s;
		} else if (c < ' ' || c == 127) {
			to += print_code(to, 'x', c);
		} else if ((c & 0xe0) == 0xc0) {
			to += print_code(to, 'u', (c & 31) << 6 | (unsigned)(s[1] & 63));
			s++;
		} else if ((c & 0xf0) == 0xe0) {
			to += print_code(to, 'u', (c & 15) << 12 | (unsigned)(s[1] & 63) << 6 |
					 (unsigned)(s[2] & 63));
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to++ = '"';
	return (size_t)(to - out);
}

/* The key at the end of a path, whose blocks' paths are that long. */
static void last_key(char *key, const char *path, size_t parent)
{
	const char *name = path + parent + (parent && path[parent] == '.');
	size_t n = strlen(name);

	if (n >= 2 && *name == '"') {
		memcpy(key, name + 1, n - 2);
		key[n - 2] = 0;
	} else {
		memcpy(key, name, n + 1);
	}
}

size_t trace_print(const struct trace *t, char *out, size_t room)
{
	size_t parents[YAML_DEPTH_MAX + 2] = { 0 }, used = 0, i;
	char key[YAML_PATH_MAX];

	for (i = 0; i < t->count; i++) {
		const struct trace_entry *e = &t->entries[i];
		const char *path = t->bytes + e->path;
		size_t parent = e->depth > 0 ? parents[e->depth - 1] : 0;

		FUZZ_ASSERT(used + 6 * YAML_LINE_MAX + 100 < room && parent <= strlen(path));
		parents[e->depth] = strlen(path);
		if (e->depth <= 0)
			continue;
		memset(out + used, ' ', 2 * ((size_t)e->depth - 1));
		used += 2 * ((size_t)e->depth - 1);
		if (!strcmp(path + parent, "[]")) {
			out[used++] = '-';
		} else {
			last_key(key, path, parent);
			used += print_text(out + used, key);
			out[used++] = ':';
		}
		if (e->found == YAML_LIST &&
		    (i + 1 == t->count || t->entries[i + 1].depth <= e->depth)) {
			memcpy(out + used, " []", 3);
			used += 3;
		} else if (e->found == YAML_VALUE) {
			out[used++] = ' ';
			used += print_text(out + used, t->bytes + e->value);
		}
		out[used++] = '\n';
	}
	return used;
}
