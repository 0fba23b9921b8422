/* fuzz_config.c: yaml_mini and config_load: places, messages, and what is printed reads the same.
 *
 * The option: VARIABLES takes NAME=VALUE lines from in front of the first byte SPLIT, MISSING has
 * no file, REPEAT makes the text as long as a file may be, or, with the lowest bit of the first
 * byte, longer. */
#include "fuzz.h"
#include "yaml_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIABLES = 1, MISSING = 2, WITH_HELP = 4, LONG_NAME = 8, REPEAT = 0xa5, SPLIT = 0xff };
enum { REPORT_MAX = 4096, TEXT_MAX = YAML_FILE_MAX + 1024, PRINT_MAX = 1 << 20 };
enum { VARIABLES_MAX = 2048 };

/* Linked with --wrap: the file and the environment are the input. */
FILE *__real_fopen(const char *name, const char *mode);
FILE *__wrap_fopen(const char *name, const char *mode);
FILE *__wrap_fopen64(const char *name, const char *mode);
char *__real_getenv(const char *name);
char *__wrap_getenv(const char *name);

/* Applications with names and, the second, keys alone: nothing runs here. */
static const struct config_key keys[] = {
	{ .path = "echo", .kind = CONFIG_SECTION },
	{ "echo.status_interval", offsetof(struct config, echo_status_interval), CONFIG_TIME_OR_0,
	  "30s", 1000, 86400000, "" },
	{ .path = "" }
};
static const struct app relay = { .name = "relay" }, echo = { .name = "echo", .keys = keys },
	notify = { .name = "notify" }, chat = { .name = "chat" };
static const struct app *const all_apps[] = { &relay, &echo, &notify, &chat, NULL };
static char text[TEXT_MAX], report[REPORT_MAX + 1], variables[VARIABLES_MAX];
static size_t text_len;
static int option;

FILE *__wrap_fopen(const char *name, const char *mode)
{
	if (!strstr(name, "fuzz.yaml"))
		return __real_fopen(name, mode);
	if (option & MISSING)
		return NULL;
	return text_len ? fmemopen(text, text_len, "r") : __real_fopen("/dev/null", "r");
}

/* What fopen() is called where files were once shorter. */
FILE *__wrap_fopen64(const char *name, const char *mode)
{
	return __wrap_fopen(name, mode);
}

/* The lines of variables each end with a NUL, the last with two. */
char *__wrap_getenv(const char *name)
{
	size_t n = strlen(name);
	char *line;

	if (strncmp(name, "WSRELAY_", 8))
		return __real_getenv(name);
	for (line = variables; *line; line += strlen(line) + 1)
		if (!strncmp(line, name, n) && line[n] == '=')
			return line + n + 1;
	return NULL;
}

/* What load reports, and whether it took the file. */
static int load(struct config *c)
{
	static const char long_name[] =
		"/a/long/name/that/is/cut/in/the/middle/since/it/would/fill/the/line/or/even/"
		"more/of/them/than/anybody/reads/fuzz.yaml";
	const char *name = option & LONG_NAME ? long_name : "fuzz.yaml";
	FILE *err = fmemopen(report, REPORT_MAX, "w");
	int result;

	FUZZ_ASSERT(err);
	memset(report, 0, sizeof report);
	fuzz_begin(YAML_FILE_MAX + 1);
	result = config_load(c, name, all_apps, err);
	fuzz_end();
	FUZZ_ASSERT(!fclose(err));
	return result;
}

/* One line of the report. Returns whether it says where an error is, in a line that exists. */
static int check_place(const char *line, unsigned long lines)
{
	const char *at = strstr(line, "fuzz.yaml");
	unsigned long number;
	char *end;

	if (!at || at[9] != ':' || at[10] < '0' || at[10] > '9')
		return 0;
	number = strtoul(at + 10, &end, 10);
	FUZZ_ASSERT(number >= 1 && number <= lines && *end == ':');
	FUZZ_ASSERT(strtoul(end + 1, &end, 10) >= 1 && !strncmp(end, ": error: ", 9));
	return 1;
}

/* Under 4 KiB, printable, each error with its line, none without a word. */
static void check_report(void)
{
	unsigned long lines = 1, placed = 0, errors = 0;
	char *line, *end;
	size_t i;

	for (i = 0; i < text_len; i++)
		lines += text[i] == '\n';
	FUZZ_ASSERT(strlen(report) > 0 && strlen(report) < REPORT_MAX - 1);
	for (i = 0; report[i]; i++)
		FUZZ_ASSERT(report[i] == '\n' || (report[i] >= ' ' && report[i] < 127));
	for (line = report; *line; line = end + 1) {
		end = strchr(line, '\n');
		FUZZ_ASSERT(end);
		*end = 0;
		placed += (unsigned long)check_place(line, lines);
		errors += strstr(line, ": error: ") != NULL;
	}
	FUZZ_ASSERT(errors > 0 && (placed > 0 || *variables || option & MISSING || text_len == 0 ||
				   text_len > YAML_FILE_MAX));
}

static void print(const struct config *c, int with_help)
{
	FILE *out = fmemopen(text, TEXT_MAX, "w");

	FUZZ_ASSERT(out);
	fuzz_begin(0);
	config_print(c, all_apps, out, with_help);
	fuzz_end();
	FUZZ_ASSERT(!fclose(out));
	text_len = strlen(text);
}

static void check_load(void)
{
	struct config c, again;
	int result = load(&c);

	FUZZ_ASSERT(result == 0 || result == -1);
	if (result) {
		check_report();
		return;
	}
	FUZZ_ASSERT(!*report);
	print(&c, option & WITH_HELP);
	*variables = 0;
	memset(&again, 0xa5, sizeof again);
	FUZZ_ASSERT(!load(&again) && !memcmp(&c, &again, sizeof c));
}

/* ---- the parser alone */

static struct trace all, part;

static void read_trace(struct trace *t, size_t n, const unsigned char *skips, size_t skips_n)
{
	char *copy = malloc(n ? n : 1);

	FUZZ_ASSERT(copy);
	memcpy(copy, text, n);
	trace_read(t, copy, n, skips, skips_n);
	trace_time(copy, n);
	free(copy);
}

/* A text that ends earlier, with a line, has the same entries up to there. Only a key without a
 * value that is the last one may have its block behind, perhaps one too deep. */
static void check_cuts(const uint8_t *steer)
{
	struct fuzz_cuts cuts;
	size_t at, i, end;
	int round;

	fuzz_cuts_start(&cuts, FUZZ_PIECES, steer);
	for (round = 0; round < 3 && text_len && text_len <= YAML_FILE_MAX; round++) {
		at = fuzz_random(&cuts, (uint32_t)text_len);
		while (at < text_len && text[at] != '\n')
			at++;
		at += at < text_len;
		read_trace(&part, at, NULL, 0);
		for (i = part.count; i > 0 && part.entries[i - 1].found == YAML_ERROR; i--)
			;
		end = i;
		for (i = 0; i < part.count; i++) {
			int last = i + 1 == end && part.entries[i].found == YAML_EMPTY;

			FUZZ_ASSERT(i < all.count);
			FUZZ_ASSERT(trace_same(&part, i, &all, i) ||
				    (last && (all.entries[i].found >= YAML_SECTION ||
					      all.entries[i].found == YAML_ERROR)));
		}
		FUZZ_ASSERT(i == all.count || all.entries[i].at >= at ||
			    all.entries[i].key_at >= at || all.entries[i].found == YAML_ERROR);
	}
}

/* Leaving blocks out changes nothing of the rest. */
static void check_skips(const uint8_t *steer, size_t n)
{
	size_t i, j = 0;

	read_trace(&part, text_len, steer, n);
	for (i = 0; i < part.count; i++, j++) {
		FUZZ_ASSERT(j < all.count && trace_same(&part, i, &all, j));
		if (part.entries[i].found < YAML_SECTION || i >= 8 * n ||
		    !(steer[i / 8] >> i % 8 & 1))
			continue;
		while (j + 1 < all.count && all.entries[j + 1].depth > part.entries[i].depth)
			j++;
	}
	FUZZ_ASSERT(j == all.count);
}

/* What was read, printed, reads the same. */
static void check_print(void)
{
	static char out[PRINT_MAX];
	size_t n = trace_print(&all, out, sizeof out), i;

	if (n > YAML_FILE_MAX)
		return;
	memcpy(text, out, n);
	text_len = n;
	read_trace(&part, n, NULL, 0);
	for (i = 0; i < all.count; i++) {
		/* A line may be longer than one may be: escapes are. */
		if (i < part.count && part.entries[i].found == YAML_ERROR &&
		    strstr(part.bytes + part.entries[i].value, "longer than"))
			return;
		all.entries[i].quoted = all.entries[i].found == YAML_VALUE;
		FUZZ_ASSERT(i < part.count && trace_same(&all, i, &part, i));
	}
	FUZZ_ASSERT(part.count == all.count);
}

static void set_input(const uint8_t *data, size_t n)
{
	const uint8_t *p = data + FUZZ_STEER, *split = memchr(p, SPLIT, n - FUZZ_STEER);
	size_t i, len;

	n -= FUZZ_STEER;
	memset(variables, 0, sizeof variables);
	if (option & VARIABLES && split && option != REPEAT) {
		len = (size_t)(split - p);
		len = len < VARIABLES_MAX - 2 ? len : VARIABLES_MAX - 2;
		for (i = 0; i < len; i++)
			variables[i] = p[i] == '\n' ? 0 : (char)p[i];
		n -= (size_t)(split + 1 - p);
		p = split + 1;
	}
	text_len = n < TEXT_MAX ? n : TEXT_MAX;
	memcpy(text, p, text_len);
	while (option == REPEAT && n && text_len + n <= (data[0] & 1 ? TEXT_MAX : YAML_FILE_MAX)) {
		memcpy(text + text_len, p, n);
		text_len += n;
	}
}

void fuzz_one(const uint8_t *data, size_t n)
{
	option = data[FUZZ_OPTION];
	set_input(data, n);
	if (option == REPEAT) {
		/* Nothing but the time that it takes. */
		option = 0;
		trace_time(text, text_len);
		check_load();
		return;
	}
	read_trace(&all, text_len, NULL, 0);
	check_cuts(data);
	if (!all.errors)
		check_skips(data, FUZZ_STEER);
	check_load();
	if (all.errors)
		return;
	set_input(data, n);
	check_print();
}
