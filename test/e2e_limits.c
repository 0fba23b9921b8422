/* e2e_limits.c: too few descriptors, none of the standard ones, a log that nobody reads, and what
 * peers and files would like to write into it. */
#include "e2e.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sysexits.h>

static struct server s;

/* ---- row 20: descriptors are out */

static void few_files(void)
{
	struct rlimit r = { 64, 64 };

	setrlimit(RLIMIT_NOFILE, &r);
}

static void test_few_files(void)
{
	enum { MANY = 128 };
	static int fds[MANY];
	struct client a, b, c;
	double before, used;
	long long begun;
	int i;

	s.in_child = few_files;
	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	s.in_child = NULL;
	CHECK(strstr(s.log, "only 64 files may be open"), "no warning: %s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no clients");
	for (i = 0; i < MANY; i++)
		CHECK((fds[i] = socket_open(&s)) >= 0, "connection %d", i);
	CHECK(server_log(&s, "cannot accept: ", 1) != NULL, "%s", s.log);
	CHECK(round_trip(&a, &b) >= 0 && round_trip(&a, &b) < 1000, "the others are disturbed");
	before = cpu_ms(s.pid);
	e2e_pass(1000);
	used = cpu_ms(s.pid) - before;
	CHECK(before >= 0 && used < 200, "%g ms of CPU time in a second", used);
	CHECK(round_trip(&a, &b) >= 0, "the others are disturbed");
	CHECK(server_count(&s, "cannot accept: ") == 1, "it says so again and again: %s", s.log);
	CHECK(open_files(s.pid) <= 64, "%d files", open_files(s.pid));
	for (i = 0; i < MANY; i++)
		close(fds[i]);
	begun = now_ms();
	CHECK(!client_open(&c, &s), "no place for a newcomer: %s", c.head);
	CHECK(now_ms() - begun < 5000, "it waited for %lld ms", now_ms() - begun);
	CHECK(round_trip(&a, &c) >= 0, "no round trip");
	CHECK(client_read(&b) == 1 && client_read(&b) == 1, "what went between the others");
	CHECK(client_bye(&a) && client_bye(&b) && client_bye(&c), "no close");
	CHECK(metric_await(&s, "websocket_connected_clients", 0) == 0, "the gauge");
	STOP(&s);
}

/* ---- servers whose log is not read: a unix socket tells that they serve */

static void start_silent(void (*in_child)(void))
{
	static char path[160], config[256];
	long long until = now_ms() + E2E_MS;
	int fd;

	memset(&s, 0, sizeof s);
	e2e_folder(s.dir);
	snprintf(path, sizeof path, "%s/socket", s.dir);
	snprintf(config, sizeof config, "server:\n  address: unix:%s\n", path);
	s.unix_path = path;
	s.in_child = in_child;
	server_spawn(&s, config);
	while ((fd = socket_open(&s)) < 0 && now_ms() < until)
		e2e_pass(5);
	CHECK(fd >= 0, "it does not serve: %s", s.log);
	if (fd >= 0)
		close(fd);
	s.in_child = NULL;
}

static void check_serves(const char *what)
{
	struct client a, b;
	int i, wrong = 0;

	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "%s: no clients", what);
	for (i = 0; i < 50; i++) {
		struct client c;

		wrong += client_open(&c, &s) || !client_bye(&c);
	}
	CHECK(wrong == 0, "%s: %d of 50", what, wrong);
	for (i = 0; i < 20; i++)
		wrong += round_trip(&a, &b) < 0;
	CHECK(wrong == 0, "%s: no round trip", what);
	CHECK(client_bye(&a) && client_bye(&b), "%s: no close", what);
}

static void no_standard_files(void)
{
	close(0);
	close(1);
	close(2);
}

/* Row 34. */
static void test_no_standard_files(void)
{
	struct client c;
	char path[64], to[256];
	ssize_t n;
	int fd;

	start_silent(no_standard_files);
	CHECK(!client_open(&c, &s), "no client");
	for (fd = 0; fd < 3; fd++) {
		snprintf(path, sizeof path, "/proc/%ld/fd/%d", (long)s.pid, fd);
		n = readlink(path, to, sizeof to - 1);
		to[n > 0 ? n : 0] = '\0';
		CHECK(!strcmp(to, "/dev/null"), "descriptor %d is %s", fd, to);
	}
	CHECK(client_bye(&c), "no close");
	check_serves("no standard files");
	STOP(&s);
}

/* Row 33. Its other end stays open, but nobody reads it. */
static void full_stderr(void)
{
	static const char zeros[4096];
	int ends[2];

	if (pipe(ends) || fcntl(ends[1], F_SETFL, O_NONBLOCK))
		_exit(126);
	while (write(ends[1], zeros, sizeof zeros) > 0)
		;
	while (write(ends[1], zeros, 1) > 0)
		;
	fcntl(ends[1], F_SETFL, 0);
	dup2(ends[1], STDERR_FILENO);
}

static void broken_stderr(void)
{
	int ends[2];

	if (pipe(ends))
		_exit(126);
	close(ends[0]);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
}

static void test_unread_log(void)
{
	start_silent(full_stderr);
	check_serves("a full pipe");
	server_signal(&s, SIGUSR1);
	check_serves("a full pipe, after SIGUSR1");
	STOP(&s);
	start_silent(broken_stderr);
	check_serves("a broken pipe");
	STOP(&s);
	memset(&s, 0, sizeof s);
}

/* ---- rows 35 and 36: what gets into the log */

/* Whether all of it is printable lines. */
static int clean(const char *text)
{
	for (; *text; text++)
		if (*text != '\n' && (*text < ' ' || *text > '~'))
			return 0;
	return 1;
}

static void test_injection(void)
{
	static const char *const requests[] = {
		"GET /\x1b[31m HTTP/1.1\r\n\r\n",
		"GET /a\rError: forged HTTP/1.1\r\n\r\n",
		"GET /a\nError: forged HTTP/1.1\r\n\r\n",
		"GET /%0d%0aError:%20forged?token=SECRET HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nX-\x1b[2J: \x07\r\n\r\n",
		"GET /?token=SECRET HTTP/1.1\r\nHost: a\r\n"
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: \x1b]0;forged\x07\r\nSec-WebSocket-Version: 13\r\n\r\n",
		"\x1b[31mError: forged SECRET\r\n",
	};
	struct client c;
	size_t i;
	int lines = 0;
	const char *p;

	CHECK(server_start(&s, LOCAL "log:\n  level: debug\n") == 0, "%s", s.log);
	for (p = s.log; *p; p++)
		lines -= *p == '\n';
	for (i = 0; i < sizeof requests / sizeof *requests; i++) {
		CHECK(!client_connect(&c, &s), "no connection");
		client_send_text(&c, requests[i]);
		CHECK(client_answer(&c) >= 400, "request %zu: %s", i, c.head);
		client_leave(&c);
	}
	CHECK(server_log(&s, "Refused: ", (int)i) != NULL, "%s", s.log);
	for (p = s.log; *p; p++)
		lines += *p == '\n';
	CHECK(lines == (int)i, "%d lines for %zu requests: %s", lines, i, s.log);
	/* One that is let in, with a secret in its query, and a forged close reason. */
	CHECK(!client_connect(&c, &s), "no connection");
	client_send_text(&c, "GET /chat?token=SECRET");
	client_send_text(&c, upgrade_request + 5);
	CHECK(client_answer(&c) == 101, "%s", c.head);
	client_frame(&c, 0x88, "\x03\xe8\r\nError: forged\x1b[2J", 21);
	CHECK(client_closed(&c, 1000), "%d", c.code);
	client_leave(&c);
	CHECK(server_log(&s, "Disconnected: ", 1) != NULL, "%s", s.log);
	CHECK(clean(s.log), "something of it came through: %s", s.log);
	CHECK(!strstr(s.log, "SECRET") && !strstr(s.log, "forged"), "%s", s.log);
	STOP(&s);
}

/* Names in a config file, and of one, are not the log's own either. */
static void test_injection_by_config(void)
{
	static struct run r;
	char dir[128];
	const char *file;

	e2e_folder(dir);
	file = e2e_file(dir, "k.yaml", "log:\n  le\x1b[31mvel: x\n");
	run(&r, "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && r.err_len > 0 && clean(r.err), "a key: %d %s", r.status,
	      r.err);
	file = e2e_file(dir, "v.yaml", "app: \"a\\x1b[31m\\r\\nb\"\n");
	run(&r, "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && r.err_len > 0 && clean(r.err), "a value: %d %s", r.status,
	      r.err);
	setenv("WSRELAY_APP", "a\x1b[31m\nforged", 1);
	run(&r, "-t", NULL);
	unsetenv("WSRELAY_APP");
	CHECK(r.status == EX_CONFIG && clean(r.err) && !strstr(r.err, "\nforged"),
	      "a variable: %d %s", r.status, r.err);
	run(&r, "-c", "no\nsuch\x1b[31mfile", NULL);
	CHECK(r.status == EX_CONFIG && clean(r.err) && !strstr(r.err, "\nsuch"), "a file: %d %s",
	      r.status, r.err);
	file = e2e_file(dir, "p.yaml", LOCAL);
	run(&r, "-c", file, "-p", "/no\nsuch\x1b[31m/pid", NULL);
	CHECK(r.status == EX_CANTCREAT && clean(r.err) && !strstr(r.err, "\nsuch"),
	      "a pid file: %d %s", r.status, r.err);
	e2e_remove(dir);
}

/* Lines that a peer causes are few, and those left out are counted. */
static void test_flood(void)
{
	enum { REFUSED = 500 };
	long long begun = now_ms(), took = 0;
	struct client c;
	const char *line;
	int i, shown, left_out = 0;

	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	for (i = 0; i < REFUSED; i++) {
		if (client_connect(&c, &s) || client_send_text(&c, "nonsense\r\n") ||
		    client_answer(&c) != 400)
			break;
		client_leave(&c);
	}
	CHECK(i == REFUSED, "request %d was not answered", i);
	/* Once a second: a slow machine makes several lines of it. */
	for (i = 1, shown = 0; shown + left_out < REFUSED; i++) {
		CHECK(server_log(&s, "more lines like these left out", i) != NULL, "%s", s.log);
		took = now_ms() - begun;
		if (took > E2E_MS)
			break;
		shown = server_count(&s, "Refused: ");
		for (left_out = 0, line = s.log; (line = strstr(line, "warn  ")); line++)
			left_out += (int)strtol(line + 6, NULL, 10);
	}
	CHECK(shown <= 50 + 10 * (int)(took / 1000 + 1), "%d lines in %lld ms", shown, took);
	CHECK(shown + left_out == REFUSED, "%d shown, %d left out", shown, left_out);
	STOP(&s);
}

int main(void)
{
	e2e_start();
	test_few_files();
	test_no_standard_files();
	test_unread_log();
	test_injection();
	test_injection_by_config();
	test_flood();
	return test_end();
}
