/* abuse_config.c: row 32: config files that are hostile or wrong are refused by line, at once. */
#include "abuse.h"

#include <fcntl.h>
#include <sysexits.h>

enum { QUICK_MS = 2000, REPORT = 4096, LARGE = 200000 };

static struct run r;
static char dir[128];
static long long slowest;
static size_t longest, files;

static int printable(const char *text)
{
	for (; *text; text++)
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			return 0;
	return 1;
}

/* One file, by its name: refused, and the report has what is wanted in it. */
static void refused(const char *what, const char *file, const char *want)
{
	long long begun = now_ms(), took;

	run(&r, "-c", file, NULL);
	took = now_ms() - begun;
	CHECK(r.status == EX_CONFIG, "%s: exit status %d: %.300s", what, r.status, r.err);
	CHECK(took < QUICK_MS, "%s: it took %lld ms", what, took);
	CHECK(r.err_len > 0 && r.err_len < REPORT && r.out_len == 0, "%s: a report of %zu bytes",
	      what,
	      r.err_len);
	CHECK(printable(r.err), "%s: it is not printable: %.300s", what, r.err);
	CHECK(strstr(r.err, want), "%s: no '%s' in: %.300s", what, want, r.err);
	slowest = took > slowest ? took : slowest;
	longest = r.err_len > longest ? r.err_len : longest;
	files++;
}

/* The same for n bytes of text, whose first error is in a line; 0: it is too large. */
static void refused_text(const char *what, const char *text, size_t n, int line)
{
	char path[160], want[32];
	int fd;

	snprintf(path, sizeof path, "%s/hostile.yaml", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd))
		e2e_die(path);
	snprintf(want, sizeof want, line ? "hostile.yaml:%d:" : "larger than 64 KiB", line);
	refused(what, path, want);
}

/* ---- values that a key does not take */

static const struct key_row {
	const char *start, *key;
	char kind;              /* n: number, s: size, t: time, b: switch, w: word, a: address,
	p: path */
} keys[] = {
	{ "", "app", 'w' }, { "server:\n  ", "address", 'a' }, { "server:\n  ", "port", 'n' },
	{ "server:\n  ", "path", 'p' }, { "server:\n  tls:\n    ", "enabled", 'b' },
	{ "server:\n  ", "max_connections", 'n' }, { "server:\n  ", "max_message_size", 's' },
	{ "server:\n  ", "handshake_timeout", 't' }, { "server:\n  ", "ping_interval", 't' },
	{ "server:\n  ", "pong_timeout", 't' }, { "server:\n  ", "write_timeout", 't' },
	{ "server:\n  ", "shutdown_timeout", 't' }, { "relay:\n  ", "slow_client", 'w' },
	{ "memory:\n  ", "input", 's' }, { "memory:\n  ", "ring", 's' }, { "memory:\n  ", "budget",
	's' },
	{ "metrics:\n  ", "enabled", 'b' }, { "metrics:\n  ", "address", 'a' },
	{ "metrics:\n  ", "port", 'n' }, { "log:\n  ", "level", 'w' }, { "log:\n  ", "format",
	'w' },
	{ "log:\n  ", "target", 'w' },
};

static const struct value_row {
	const char *kinds, *value;
} values[] = {
	{ "nstbw", "-1" }, { "nst", "99999999999999999999999999" }, { "nst", "1e3" }, { "nst",
	"0x10" },
	{ "nst", "1.5" }, { "nst", "007" }, { "nst", "1 2" }, { "n", "1KiB" }, { "s", "1KB" },
	{ "t", "1d" }, { "nst", "\xd9\xa1\xd9\xa2" }, { "nstb", "\"\"" }, { "b", "maybe" },
	{ "b", "2" },
	{ "w", "Relay" }, { "w", "none" }, { "a", "localhost" }, { "a", "256.0.0.1" },
	{ "a", "[::1]" },
	{ "a", "unix:relative" }, { "a", "1.2.3.4:80" }, { "p", "relative" },
	{ "p", "\"/with space\"" },
	{ "p", "\"/a?b\"" }, { "nstbwap", "null" }, { "nstbwap", "~" }, { "nstbwap", "[1, 2]" },
	{ "nstbwap", "{ a: 1 }" }, { "nstbwap", "&anchor x" }, { "nstbwap", "*alias" },
	{ "nstbwap", "!!str x" }, { "nstbwap", "|\n    text" },
};

static void test_values(void)
{
	size_t i, k;
	char text[512];
	const char *p;
	int line;

	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		for (k = 0; k < sizeof values / sizeof *values; k++) {
			if (!strchr(values[k].kinds, keys[i].kind))
				continue;
			snprintf(text, sizeof text, "%s%s: %s\n", keys[i].start, keys[i].key,
			         values[k].value);
			for (line = 1, p = keys[i].start; *p; p++)
				line += *p == '\n';
			refused_text(text, text, strlen(text), line);
		}
	}
}

/* ---- files that are no config */

static const struct text_row {
	const char *text;
	int line;
} texts[] = {
	{ "server:\n  prot: 1\n", 2 }, { "servers:\n  port: 1\n", 1 }, { "port: 1\n", 1 },
	{ "server:\n  port: 1\n  port: 2\n", 3 }, { "server:\n  port: 1\nserver:\n  path: /\n", 3 },
	{ "server:\n\tport: 1\n", 2 }, { "server:\n  port: 1\n   path: /\n", 3 },
	{ "server:\n    port: 1\n  path: /\n", 3 }, { "  server:\nport: 1\n", 2 },
	{ "server:\n  port 1\n", 2 }, { "server:\n  port:1\n", 2 }, { "server:\n  : 1\n", 2 },
	{ "- server\n", 1 }, { "server:\n  - port\n", 1 }, { "server\n", 1 }, { "{}\n", 1 },
	{ "[]\n", 1 },
	{ "{ server: { port: 1 } }\n", 1 }, { "%YAML 1.2\n---\n", 1 },
	{ "app: relay\n---\napp: echo\n", 2 },
	{ "app: relay\n...\napp: echo\n", 3 }, { "? app\n: relay\n", 1 }, { "<<: *x\n", 1 },
	{ "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", 1 }, { "app: >\n  relay\n", 1 },
	{ "app: \"relay\n", 1 }, { "app: 'relay\n", 1 }, { "app: \"\\q\"\n", 1 },
	{ "app: \"\\x00\"\n", 1 },
	{ "app: \"relay\" echo\n", 1 }, { "app: @relay\n", 1 }, { "app: `relay\n", 1 },
	{ "app: %relay\n", 1 }, { "app: re: lay\n", 1 }, { "app: relay\n\x1b[31m: 1\n", 2 },
	{ "app: relay\n\x07\n", 2 }, { "app: \x80\x81\n", 1 }, { "app: \xc0\xaf\n", 1 },
	{ "app: \xed\xa0\x80\n", 1 }, { "app: \xf4\x90\x80\x80\n", 1 },
	{ "app: relay\n\xff\xfe: 1\n", 2 },
	{ "app: relay\n\xef\xbb\xbflog:\n", 2 }, { "app: relay\rlog:\r  level: loud\r", 0 },
	{ "app: a\x7f" "b\n", 1 }, { "app: a\xc2\x85" "b\n", 1 }, { "app: a\xe2\x80\xa8" "b\n", 1 },
	{ "app: \"a\\x1b[31m\\r\\nb\"\n", 1 }, { "\"app\\n\": relay\n", 1 }, { "app:\n  relay: 1\n",
	1 },
	{ "memory: 5\n", 1 }, { "memory:\n  ring: 64KiB\n", 2 }, { "memory:\n  budget: 128KiB\n",
	2 },
	{ "server:\n  max_message_size: 1MiB\nmemory:\n  ring: 1MiB\n", 4 },
	{ "metrics:\n  enabled: true\n  port: 8080\n", 3 }, { "log: [info]\n", 1 },
	{ "server:\n  tls: true\n", 2 }, { "server:\n  tls:\n    key: x\n", 3 },
	{ "server: &s\n  port: 1\nmetrics: *s\n", 1 }, { "# only this\nsrever:\n", 2 },
	{ "server:\n  port: 1 # fine\n  path: / # fine\n  x: 1\n", 4 },
	{ "PK\x03\x04\x14\n", 1 }, { "\x7f" "ELF\x02\x01\x01\n", 1 }, { "<?xml version=\"1.0\"?>\n",
	1 },
	{ "#!/bin/sh\nrm -rf /\n", 2 }, { "[server]\nport=1\n", 1 },
	{ "{\"server\": {\"port\": 1}}\n", 1 },
	{ "server.port: 1\n", 1 }, { "SERVER:\n  PORT: 1\n", 1 },
	{ "app: relay\n\n\n\n\nlog:\n  leve: x\n", 7 },
};

static void test_texts(void)
{
	size_t i;

	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		char path[32];

		snprintf(path, sizeof path, "text %zu", i);
		/* Old Macintosh line ends: whatever it is taken for, it is refused. */
		if (texts[i].line)
			refused_text(path, texts[i].text, strlen(texts[i].text), texts[i].line);
		else
			refused_text(path, texts[i].text, strlen(texts[i].text), 1);
	}
	refused_text("a NUL", "app: re\0lay\n", 12, 1);
	refused_text("a NUL alone", "\0", 1, 1);
}

/* ---- large ones */

static size_t repeat(char *out, size_t n, const char *text)
{
	size_t len = strlen(text), at = 0;

	for (; at + len <= n; at += len)
		memcpy(out + at, text, len);
	return at;
}

static void test_large(void)
{
	static const struct {
		const char *what, *start, *again;
		size_t n;
		int line;
	} rows[] = {
		{ "a file over 64 KiB", "", "# a comment\n", 70000, 0 },
		{ "60,000 unknown keys", "", "k: 1\n", 60000, 1 },
		{ "60,000 errors", "", "\t\n\x01\n", 60000, 2 },
		{ "one long line", "app: ", "x", 60000, 1 },
		{ "one long key", "", "k", 60000, 1 },
		{ "deep flow lists", "app: ", "[", 60000, 1 },
		{ "deep flow maps", "app: ", "{a: ", 60000, 1 },
		{ "long quotes", "app: \"", "\\x41", 60000, 1 },
		{ "lists in lists", "", "- ", 60000, 1 },
		{ "many documents", "", "---\n", 60000, 2 },
		{ "colons", "", ": ", 60000, 1 },
		{ "anchors", "a: ", "&a ", 60000, 1 },
		{ "quotes", "", "\"", 60001, 1 },
		{ "NULs", "", "\xff", 60000, 1 },
	};
	static char text[LARGE];
	size_t i, n;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		n = strlen(rows[i].start);
		memcpy(text, rows[i].start, n);
		n += repeat(text + n, rows[i].n, rows[i].again);
		refused_text(rows[i].what, text, n, rows[i].line);
	}
	/* Sections in sections, each a column further in. */
	for (i = 0, n = 0; i < 300 && n + i + 8 < sizeof text; i++) {
		memset(text + n, ' ', i);
		n += i;
		memcpy(text + n, "a:\n", 3);
		n += 3;
	}
	refused_text("300 sections in each other", text, n, 1);
	n = 0;
	for (i = 0; i < 8000; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "k%zu:\n", i);
	refused_text("8,000 different sections", text, n < 65536 ? n : 65535, 1);
}

/* What is no file, and what is not for reading. */
static void test_no_files(void)
{
	char path[200], self[1100] = "";
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	refused("a folder", dir, "error: cannot read: ");
	refused("nothing", "/nonexistent/a.yaml", "/nonexistent/a.yaml: error: cannot read: ");
	refused("no name", "", "error: cannot read: ");
	refused("/dev/zero", "/dev/zero", "larger than 64 KiB");
	if (n > 0)
		refused("a program", self, "error: ");
	snprintf(path, sizeof path, "%s/loop", dir);
	if (!symlink(path, path))
		refused("a link to itself", path, "error: cannot read: ");
	memset(self, 'a', sizeof self - 1);
	refused("a long name", self, "error: cannot read: ");
}

static void test_variables(void)
{
	static const char *const rows[][2] = {
		{ "WSRELAY_SERVER_PORT", "tcp://10.0.0.1:80" }, { "WSRELAY_SERVER_PORT", "" },
		{ "WSRELAY_SERVER_PORT", "-1" }, { "WSRELAY_APP", "\x1b[31m" },
		{ "WSRELAY_LOG_LEVEL", "\xff\xfe" }, { "WSRELAY_MEMORY_RING", "1" },
		{ "WSRELAY_SERVER_PATH", "a\nb" }, { "WSRELAY_SERVER_ADDRESS", "\t" },
	};
	const char *file = e2e_file(dir, "good.yaml", LOCAL);
	char keep[512];
	size_t i;

	snprintf(keep, sizeof keep, "%s", file);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		setenv(rows[i][0], rows[i][1], 1);
		refused(rows[i][0], keep, rows[i][0]);
		unsetenv(rows[i][0]);
	}
}

int main(void)
{
	abuse_start();
	e2e_folder(dir);
	test_values();
	test_texts();
	test_large();
	test_no_files();
	test_variables();
	CHECK(files >= 150, "only %zu files", files);
	e2e_remove(dir);
	printf("row 32  %zu configs refused, slowest in %lld ms, longest report %zu bytes\n",
	       files, slowest, longest);
	return test_end();
}
