/* config_load.c: reads the config's file and variables, and says what is wrong with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wsrelay.h"

/* Ten errors in words are at most MESSAGE_MAX each, and together with the last line under 4 KiB. */
enum { ERRORS_MAX = 10, REPORT_MAX = 3500, MESSAGE_MAX = 1200, NAME_SHOWN = 100, LINE_SHOWN = 40 };
enum { KEYS_MAX = 64, VARIABLE_MAX = 64, WORD_MAX = 40 };

struct load {
	struct config *c;
	const char *const *app_names;
	const char *file;
	FILE *err;
	const char *text;
	size_t n;
	const char *set[KEYS_MAX];      /* where a key's value stands in text */
	int by_variable[KEYS_MAX];      /* it came from the environment */
	int errors;
	size_t reported;                /* bytes */
	char why[2 * CONFIG_WHY_MAX];
};

#define SAY(l, ...) snprintf((l)->why, sizeof((l)->why), __VA_ARGS__)

/* Appends n bytes, in characters that print, to out of room bytes. Returns how many are used. */
static size_t append(char *out, size_t room, size_t used, const char *s, size_t n)
{
	for (; n && used + 4 < room; s++, n--) {
		if (*s >= ' ' && *s < 127)
			out[used++] = *s;
		else
			used += (size_t)snprintf(out + used, room - used, "\\x%02X",
						 (unsigned)(uint8_t)*s);
	}
	out[used] = 0;
	return used;
}

static size_t append_file(const struct load *l, char *out)
{
	size_t n = strlen(l->file);

	if (n <= NAME_SHOWN)
		return append(out, MESSAGE_MAX, 0, l->file, n);
	memcpy(out, "...", 3);
	return append(out, MESSAGE_MAX, 3, l->file + n - NAME_SHOWN, NAME_SHOWN);
}

/* Writes the line of the file that at is in, cut if it is long, and a caret below. */
static size_t append_line(const struct load *l, char *out, size_t room, const char *at,
			  unsigned line)
{
	const char *start = at, *end = at;
	size_t caret, used = (size_t)snprintf(out, room, "%5u | ", line);

	while (start > l->text && start[-1] != '\n')
		start--;
	if (start == l->text && at - start >= 3 && !memcmp(start, "\xEF\xBB\xBF", 3))
		start += 3;
	while (end < l->text + l->n && *end != '\n' && *end != '\r' && end < at + LINE_SHOWN)
		end++;
	if (at - start > LINE_SHOWN) {
		start = at - LINE_SHOWN;
		used = append(out, room, used, "...", 3);
	}
	caret = used = append(out, room, used, start, (size_t)(at - start));
	used = append(out, room, used, at, (size_t)(end - at));
	return used + (size_t)snprintf(out + used, room - used, "\n%*s^\n", (int)caret, "");
}

/* Reports l->why: an error of a variable, or of the file, at a place in it if there is one. */
static void report(struct load *l, const char *variable, const char *at)
{
	char out[2 * MESSAGE_MAX];
	unsigned line = 0, column;
	size_t used;

	used = variable ? append(out, MESSAGE_MAX, 0, variable, strlen(variable)) :
			  append_file(l, out);
	if (at) {
		yaml_where(l->text, (size_t)(at - l->text), &line, &column);
		used += (size_t)snprintf(out + used, MESSAGE_MAX - used, ":%u:%u", line, column);
	}
	used = append(out, MESSAGE_MAX, used, ": error: ", 9);
	used = append(out, MESSAGE_MAX, used, l->why, strlen(l->why));
	out[used++] = '\n';
	if (at)
		used += append_line(l, out + used, sizeof(out) - used, at, line);
	if (l->errors >= ERRORS_MAX || l->reported + used > REPORT_MAX) {
		l->errors = ERRORS_MAX + 1;
		return;
	}
	l->errors++;
	l->reported += used;
	fwrite(out, 1, used, l->err);
}

/* A path has small letters, '_' and '.' only. */
static void variable_name(char name[VARIABLE_MAX], const char *path)
{
	size_t n = 8;

	memcpy(name, "WSRELAY_", n);
	for (; *path && n < VARIABLE_MAX - 1; path++)
		name[n++] = *path >= 'a' ? (char)(*path - 'a' + 'A') : '_';
	name[n] = 0;
}

/* How many letters differ, two swapped ones counted once; WORD_MAX for words that are too long. */
static unsigned distance(const char *a, const char *b)
{
	uint8_t d[WORD_MAX][WORD_MAX];
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n >= WORD_MAX || m >= WORD_MAX)
		return WORD_MAX;
	for (i = 0; i <= n; i++) {
		for (j = 0; j <= m; j++) {
			unsigned least = (unsigned)(i + j);

			if (i && j) {
				least = d[i - 1][j - 1] + (a[i - 1] != b[j - 1] ? 1u : 0u);
				least = least > d[i - 1][j] + 1u ? d[i - 1][j] + 1u : least;
				least = least > d[i][j - 1] + 1u ? d[i][j - 1] + 1u : least;
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    least > d[i - 2][j - 2] + 1u)
				least = d[i - 2][j - 2] + 1u;
			d[i][j] = (uint8_t)least;
		}
	}
	return d[n][m];
}

/* Names the key that was probably meant: one of the same section rather than another one. */
static void unknown_key(struct load *l, const struct yaml *y)
{
	const struct config_key *k, *best = NULL;
	const char *name = y->path + y->name, *leaf;
	char bare[YAML_KEY_MAX + 3], hint[160] = "; remove it, or see --print-defaults";
	int parent = y->name ? (int)y->name - 1 : 0, near;
	unsigned d, score, least = WORD_MAX;

	snprintf(bare, sizeof(bare), "%s", name + (*name == '"'));
	if (*name == '"')
		bare[strlen(bare) - 1] = 0;
	for (k = config_keys; *k->path; k++) {
		leaf = strrchr(k->path, '.');
		leaf = leaf ? leaf + 1 : k->path;
		near = leaf - k->path == (ptrdiff_t)y->name && !memcmp(k->path, y->path, y->name);
		d = distance(bare, leaf);
		if (!near && d && distance(bare, k->path) < d)
			d = distance(bare, k->path);
		score = 2 * d + !near;
		if (d > (strlen(leaf) < 6 ? 1 : 2) || score >= least)
			continue;
		best = k;
		least = score;
	}
	leaf = best ? strrchr(best->path, '.') : NULL;
	if (best && least % 2 == 0)
		snprintf(hint, sizeof(hint), " (did you mean '%s'?)", leaf ? leaf + 1 : best->path);
	else if (leaf)
		snprintf(hint, sizeof(hint),
			 " (did you mean '%s'? Write '%s:' indented below '%.*s:')", best->path,
			 leaf + 1, (int)(leaf - best->path), best->path);
	else if (best)
		snprintf(hint, sizeof(hint), " (did you mean '%s'? Write it without indentation)",
			 best->path);
	SAY(l, "unknown key '%s'%s%.*s%s%s", bare, parent ? " in '" : "", parent, y->path,
	    parent ? "'" : "", hint);
}

/* Takes an entry that is no error; returns whether what is below it can be read. */
static int entry(struct load *l, const struct yaml *y, int found)
{
	const struct config_key *k = config_keys;
	const char *at = l->text + y->key_at, *value = y->value;

	while (*k->path && strcmp(k->path, y->path))
		k++;
	if (!y->path[0]) {
		SAY(l, "a list; write lines of 'key: value'");
	} else if (!*k->path) {
		unknown_key(l, y);
	} else if (k->kind == CONFIG_SECTION) {
		if (found == YAML_EMPTY || found == YAML_SECTION)
			return 1;
		SAY(l, "'%s' is a section, not a %s; write its keys on the lines below, indented",
		    k->path, found == YAML_LIST ? "list" : "value");
	} else if (found == YAML_SECTION || found == YAML_LIST) {
		SAY(l, "'%s' takes one value, not a %s; write it behind '%s:'", k->path,
		    found == YAML_LIST ? "list" : "section", y->path + y->name);
	} else if (found == YAML_VALUE) {
		at = l->text + y->at;
		if (!y->quoted && (!strcmp(value, "~") || !strcmp(value, "null") ||
				   !strcmp(value, "Null") || !strcmp(value, "NULL"))) {
			SAY(l, "'%s' takes a value, not %.4s; remove the line to have the default",
			    k->path, value);
		} else if (!config_set(l->c, k, value, l->app_names, l->why)) {
			l->set[k - config_keys] = at;
			return 1;
		}
	} else {
		return 1;
	}
	report(l, NULL, at);
	return 0;
}

static void read_entries(struct load *l)
{
	struct yaml y;
	unsigned line, column;
	int found, parent;

	yaml_start(&y, l->text, l->n);
	while (l->errors <= ERRORS_MAX && (found = yaml_next(&y)) != YAML_END) {
		if (found != YAML_ERROR) {
			if (!entry(l, &y, found) && (found == YAML_SECTION || found == YAML_LIST))
				yaml_skip(&y);
			continue;
		}
		SAY(l, "%s", y.error);
		if (y.first) {
			yaml_where(l->text, y.first - 1, &line, &column);
			parent = y.name ? (int)y.name - 1 : 0;
			SAY(l, "'%s' is set twice%s%.*s%s (first on line %u); remove one",
			    y.path + y.name, parent ? " in '" : "", parent, y.path,
			    parent ? "'" : "", line);
		}
		report(l, NULL, l->text + y.at);
	}
}

static void read_variables(struct load *l)
{
	const struct config_key *k;
	char name[VARIABLE_MAX];
	const char *value;

	for (k = config_keys; *k->path; k++) {
		variable_name(name, k->path);
		value = k->kind == CONFIG_SECTION ? NULL : getenv(name);
		if (!value)
			continue;
		l->set[k - config_keys] = NULL;
		l->by_variable[k - config_keys] = 1;
		if (config_set(l->c, k, value, l->app_names, l->why))
			report(l, name, NULL);
	}
}

/* The row of a key if the file or a variable sets it, otherwise -1. */
static int find_set(const struct load *l, const char *path)
{
	int i = 0;

	while (strcmp(config_keys[i].path, path))
		i++;
	return l->set[i] || l->by_variable[i] ? i : -1;
}

/* The values that depend on others, then the rules between values. */
static void check_together(struct load *l)
{
	struct config *c = l->c;
	uint32_t least = 4 * c->server_max_message_size;
	char name[VARIABLE_MAX];
	const char *path;
	int rule, i;

	if (find_set(l, "memory.ring") < 0 && c->memory_ring < least)
		c->memory_ring = least;
	if (find_set(l, "memory.budget") < 0 && c->memory_budget < least)
		c->memory_budget = least;
	for (rule = 0; (path = config_check(c, rule, l->why)) == NULL || *path; rule++) {
		if (!path)
			continue;
		i = find_set(l, path);
		i = i < 0 ? find_set(l, "server.port") : i;
		if (i >= 0)
			variable_name(name, config_keys[i].path);
		report(l, i >= 0 && l->by_variable[i] ? name : NULL, i >= 0 ? l->set[i] : NULL);
	}
}

/* Returns the bytes of the file, at most one more than it may have, or NULL after a report. */
static char *read_file(struct load *l)
{
	FILE *f = fopen(l->file, "rb");
	char *text = f ? malloc(YAML_FILE_MAX + 1) : NULL;

	if (text)
		l->n = fread(text, 1, YAML_FILE_MAX + 1, f);
	if (!text || ferror(f))
		SAY(l, "cannot read: %s", strerror(errno));
	else if (l->n > YAML_FILE_MAX)
		SAY(l, "larger than 64 KiB; write a smaller file");
	if (l->why[0]) {
		report(l, NULL, NULL);
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

int config_load(struct config *c, const char *file, const char *const *app_names, FILE *err)
{
	struct load l;
	char *text = NULL, name[MESSAGE_MAX];

	memset(&l, 0, sizeof(l));
	l.c = c;
	l.app_names = app_names;
	l.file = file ? file : "wsrelay";
	l.err = err;
	config_defaults(c, app_names);
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
		append_file(&l, name);
		fprintf(err, "%s: error: there are more errors; mend these first\n", name);
	}
	free(text);
	return l.errors ? -1 : 0;
}
