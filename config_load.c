/* config_load.c: reads the config's file and variables, and says what is wrong with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wsrelay.h"

/* One error is at most 1,400 bytes, so that with the last line all stay under 4 KiB. */
enum { ERRORS_MAX = 10, SAID_MAX = 2200, NAME_SHOWN = 60, LINE_SHOWN = 40 };
enum { VARIABLE_MAX = 64 };

struct load {
	struct config *c;
	const struct app *const *all;
	const char *file;
	FILE *err;
	const char *text;
	size_t n;
	int errors;
	int said;                       /* bytes of them */
	const char *set[CONFIG_KEYS_MAX];       /* where each value stands, in text or variable */
	char key[YAML_KEY_MAX + 1];     /* that name_key named */
	char why[2 * CONFIG_WHY_MAX];
};

#define SAY(l, ...) snprintf((l)->why, sizeof((l)->why), __VA_ARGS__)

/* Writes n bytes, in characters that print; returns how many these are. */
static int put(struct load *l, const char *s, size_t n)
{
	int columns = 0;

	for (; n; s++, n--)
		columns += fprintf(l->err, *s >= ' ' && *s < 127 ? "%c" : "\\x%02X",
				   (unsigned)(uint8_t)*s);
	l->said += columns;
	return columns;
}

/* Writes the end of n bytes, when they are more than `most`. */
static int put_end(struct load *l, const char *s, size_t n, size_t most)
{
	size_t cut = n > most ? n - most : 0;
	int columns = put(l, "...", cut ? 3 : 0);

	return columns + put(l, s + cut, n - cut);
}

/* Writes the line of the file that at is in, cut if it is long, and a caret below. */
static void put_line(struct load *l, const char *at, unsigned line)
{
	const char *start = at, *end = at, *text = l->text;
	int column;

	text += at - text >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
	while (start > text && start[-1] != '\n')
		start--;
	while (end < l->text + l->n && *end != '\n' && *end != '\r' && end < at + LINE_SHOWN)
		end++;
	column = fprintf(l->err, "%5u | ", line);
	column += put_end(l, start, (size_t)(at - start), LINE_SHOWN);
	put(l, at, (size_t)(end - at));
	l->said += 2 * fprintf(l->err, "\n%*s^\n", column, "");
}

/* Reports l->why: an error of a variable, or of the file, at a place in it if there is one. */
static void report(struct load *l, const char *variable, const char *at)
{
	const char *name = variable ? variable : l->file;
	unsigned line = 0, column;

	if (l->errors >= ERRORS_MAX || l->said > SAID_MAX) {
		l->errors = ERRORS_MAX + 1;
		return;
	}
	l->errors++;
	put_end(l, name, strlen(name), NAME_SHOWN);
	if (at) {
		yaml_where(l->text, (size_t)(at - l->text), &line, &column);
		l->said += fprintf(l->err, ":%u:%u", line, column);
	}
	fputs(": error: ", l->err);
	put(l, l->why, strlen(l->why));
	fputs("\n", l->err);
	if (at)
		put_line(l, at, line);
}

/* The number of a key; that behind the last when there is none. */
static size_t find_key(const struct load *l, const char *path)
{
	const struct config_key *k;
	size_t i = 0;

	while ((k = config_key(l->all, i)) != NULL && strcmp(k->path, path))
		i++;
	return i;
}

/* Writes the variable that overrides a key to name; returns its value, or NULL. A path has small
 * letters, '_' and '.' only. */
static const char *variable(const struct config_key *k, char name[VARIABLE_MAX])
{
	const char *path = k->path;
	size_t n = 8;

	memcpy(name, "WSRELAY_", n);
	for (; *path && n < VARIABLE_MAX - 1; path++)
		name[n++] = *path >= 'a' ? (char)(*path - 'a' + 'A') : '_';
	name[n] = 0;
	return k->kind == CONFIG_SECTION ? NULL : getenv(name);
}

/* Between the same letters at their starts and at their ends, how many differ; two swapped ones are
 * counted once. */
static size_t difference(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	for (; n && m && *a == *b; a++, b++, n--, m--)
		;
	for (; n && m && a[n - 1] == b[m - 1]; n--, m--)
		;
	if (n == 2 && m == 2 && a[0] == b[1] && a[1] == b[0])
		return 1;
	return n > m ? n : m;
}

/* The last part of a path. */
static const char *leaf(const char *path)
{
	const char *dot;

	while ((dot = strchr(path, '.')) != NULL)
		path = dot + 1;
	return path;
}

/* Starts l->why with a key: "unknown key 'port' in 'server'". Returns its length. */
static size_t name_key(struct load *l, const struct yaml *y, const char *before, const char *behind)
{
	const char *name = y->path + y->name;
	int in = y->name ? (int)y->name - 1 : 0, quoted = *name == '"';
	size_t n = strlen(name) - 2 * (size_t)quoted;

	memcpy(l->key, name + quoted, n);
	l->key[n] = 0;
	return (size_t)SAY(l, "%s'%s'%s%s%.*s%s", before, l->key, behind, in ? " in '" : "", in,
			   y->path, in ? "'" : "");
}

/* Names the key that was probably meant: one of the same section rather than another one. */
static void unknown_key(struct load *l, const struct yaml *y)
{
	const struct config_key *k, *best = NULL;
	size_t used = name_key(l, y, "unknown key ", ""), least = SIZE_MAX, score, whole;
	char *out = l->why + used;
	const char *name;
	size_t i;
	int here;

	for (i = 0; (k = config_key(l->all, i)) != NULL; i++) {
		name = leaf(k->path);
		here = name - k->path == (ptrdiff_t)y->name && !memcmp(k->path, y->path, y->name);
		score = difference(l->key, name);
		whole = difference(l->key, k->path);
		score = 2 * (score < whole ? score : whole) + !here;
		if (score / 2 <= (strlen(name) < 6 ? 1 : 2) && score < least) {
			best = k;
			least = score;
		}
	}
	used = sizeof(l->why) - used;
	name = best ? leaf(best->path) : "";
	if (!best)
		snprintf(out, used, "; remove it, or see --print-defaults");
	else if (least % 2 == 0)
		snprintf(out, used, " (did you mean '%s'?)", name);
	else if (name == best->path)
		snprintf(out, used, " (did you mean '%s'? Write it without indentation)", name);
	else
		snprintf(out, used, " (did you mean '%s'? Write '%s:' indented below '%.*s:')",
			 best->path, name, (int)(name - best->path) - 1, best->path);
}

/* Takes an entry that is no error; returns whether what is below it can be read. */
static int entry(struct load *l, const struct yaml *y, int found)
{
	size_t i = find_key(l, y->path);
	const struct config_key *k = config_key(l->all, i);
	const char *at = l->text + y->key_at, *value = y->value;
	const char *what = found == YAML_SECTION ? "section" : found == YAML_LIST ? "list" : "value";

	if (!y->path[0]) {
		SAY(l, "a %s; write lines of 'key: value'", what);
	} else if (!k) {
		unknown_key(l, y);
	} else if (found == YAML_EMPTY || (found == YAML_SECTION && k->kind == CONFIG_SECTION)) {
		return 1;
	} else if (k->kind == CONFIG_SECTION) {
		SAY(l, "'%s' is a section, not a %s; write its keys on the lines below, indented",
		    k->path, what);
	} else if (found != YAML_VALUE) {
		SAY(l, "'%s' takes one value, not a %s; write it behind '%s:'", k->path, what,
		    leaf(k->path));
	} else {
		l->set[i] = at = l->text + y->at;
		if (!y->quoted && (!strcmp(value, "~") || !strcmp(value, "null") ||
				   !strcmp(value, "Null") || !strcmp(value, "NULL")))
			SAY(l, "'%s' takes a value, not %.4s; remove the line to have the default",
			    k->path, value);
		else if (!config_set(l->c, k, value, l->all, l->why))
			return 1;
	}
	report(l, NULL, at);
	return 0;
}

static void read_entries(struct load *l)
{
	struct yaml y;
	unsigned line, column;
	size_t used;
	int found;

	yaml_start(&y, l->text, l->n);
	while (l->errors <= ERRORS_MAX && (found = yaml_next(&y)) != YAML_END) {
		if (found != YAML_ERROR) {
			if (!entry(l, &y, found) && found >= YAML_SECTION)
				yaml_skip(&y);
			continue;
		}
		SAY(l, "%s", y.error);
		if (y.first) {
			yaml_where(l->text, y.first - 1, &line, &column);
			used = name_key(l, &y, "", " is set twice");
			snprintf(l->why + used, sizeof(l->why) - used,
				 " (first on line %u); remove one", line);
		}
		report(l, NULL, l->text + y.at);
	}
}

static void read_variables(struct load *l)
{
	const struct config_key *k;
	char name[VARIABLE_MAX];
	const char *value;
	size_t i;

	for (i = 0; (k = config_key(l->all, i)) != NULL; i++) {
		value = variable(k, name);
		if (!value)
			continue;
		l->set[i] = value;
		if (config_set(l->c, k, value, l->all, l->why))
			report(l, name, NULL);
	}
}

static int is_set(const struct load *l, const char *path)
{
	return l->set[find_key(l, path)] != NULL;
}

/* Reports l->why at the value of a key that is set. */
static void report_key(struct load *l, const char *path)
{
	size_t i = find_key(l, path);
	char name[VARIABLE_MAX];
	int here = variable(config_key(l->all, i), name) != NULL;

	report(l, here ? name : NULL, here ? NULL : l->set[i]);
}

/* Memory grows with the size of a message; when it is set, it is `least` or more. */
static void check_memory(struct load *l, const char *path, uint32_t *have, uint32_t least,
			 const char *sum)
{
	uint32_t grown = 4 * l->c->server_max_message_size;

	if (!is_set(l, path)) {
		*have = *have < grown ? grown : *have;
	} else if (*have < least) {
		SAY(l, "'%s' must be at least %s; write %u or more", path, sum, (unsigned)least);
		report_key(l, path);
	}
}

static void check_together(struct load *l)
{
	struct config *c = l->c;
	uint32_t size = c->server_max_message_size;

	check_memory(l, "memory.ring", &c->memory_ring, 3 * (size + 14),
		     "3 x (server.max_message_size + 14)");
	check_memory(l, "memory.budget", &c->memory_budget, 4 * size,
		     "4 x server.max_message_size");
	if (config_clash(c)) {
		SAY(l, "'metrics.port' and 'server.port' are both %u; write another one here",
		    (unsigned)c->server_port);
		report_key(l, is_set(l, "metrics.port") ? "metrics.port" : "server.port");
	}
}

/* Returns the file, at most one byte more than yaml_next() takes, or NULL after a report. */
static char *read_file(struct load *l)
{
	FILE *f = fopen(l->file, "rb");
	char *text = f ? malloc(YAML_FILE_MAX + 1) : NULL;

	if (text)
		l->n = fread(text, 1, YAML_FILE_MAX + 1, f);
	if (!text || ferror(f)) {
		SAY(l, "cannot read: %s", strerror(errno));
		report(l, NULL, NULL);
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

int config_load(struct config *c, const char *file, const struct app *const *all, FILE *err)
{
	struct load l;
	char *text = NULL;

	memset(&l, 0, sizeof(l));
	l.c = c;
	l.all = all;
	l.file = file ? file : "wsrelay";
	l.err = err;
	config_defaults(c, all);
	if (file) {
		l.text = text = read_file(&l);
		if (!text)
			return -1;
		read_entries(&l);
	}
	read_variables(&l);
	if (!l.errors)
		check_together(&l);
	if (l.errors > ERRORS_MAX) {
		put_end(&l, l.file, strlen(l.file), NAME_SHOWN);
		fputs(": error: there are more errors; mend these first\n", err);
	}
	free(text);
	return l.errors ? -1 : 0;
}
