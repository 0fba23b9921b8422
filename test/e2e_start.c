/* e2e_start.c: the command line, start-up and its errors, the first lines of the log. */
#include "e2e.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>

static struct run r;
static char dir[128];

static int lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_options(void)
{
	size_t digits;

	run(&r, "-h", NULL);
	CHECK(r.status == 0 && lines(r.out) <= 24 && r.err_len == 0, "-h: %d, %s", r.status, r.err);
	CHECK(strstr(r.out, "--config-file ") && strstr(r.out, "--pid-file ") &&
	      strstr(r.out, "--print-config") && strstr(r.out, "--print-defaults"), "%s", r.out);
	run(&r, "--help", NULL);
	CHECK(r.status == 0 && strstr(r.out, "-V"), "--help: %d", r.status);
	run(&r, "-V", NULL);
	digits = strspn(r.out, "0123456789.");
	CHECK(r.status == 0 && digits >= 5 && r.out[digits] == '\n', "-V: %s", r.out);
	CHECK(strstr(r.out, "relay") && strstr(r.out, "echo"), "-V: %s", r.out);
	run(&r, "--version", NULL);
	CHECK(r.status == 0 && strspn(r.out, "0123456789.") == digits, "--version: %s", r.out);
	run(&r, "--nonsense", NULL);
	CHECK(r.status == EX_USAGE && lines(r.err) == 1 && strstr(r.err, "--nonsense"), "%d %s",
	      r.status, r.err);
	run(&r, "-x", NULL);
	CHECK(r.status == EX_USAGE && r.out_len == 0, "-x: %d %s", r.status, r.out);
	run(&r, "file.yaml", NULL);
	CHECK(r.status == EX_USAGE && strstr(r.err, "-c"), "file.yaml: %d %s", r.status, r.err);
	run(&r, "-c", NULL);
	CHECK(r.status == EX_USAGE && strstr(r.err, "FILE"), "-c: %d %s", r.status, r.err);
	run(&r, "--test=yes", NULL);
	CHECK(r.status == EX_USAGE, "--test=yes: %d", r.status);
	run(&r, "--config-file=", NULL);
	CHECK(r.status == EX_USAGE && strstr(r.err, "--config-file="), "%d %s", r.status, r.err);
	run(&r, "-", NULL);
	CHECK(r.status == EX_USAGE && lines(r.err) == 1, "-: %d %s", r.status, r.err);
	r.out_file = "/dev/full";
	run(&r, "-h", NULL);
	CHECK(r.status == EX_IOERR && lines(r.err) == 1, "stdout full: %d %s", r.status, r.err);
	run(&r, "-d", NULL);
	CHECK(r.status == EX_IOERR, "-d, stdout full: %d %s", r.status, r.err);
	r.out_file = NULL;
}

/* The figures behind the names add up to the one of the last line. */
static void check_sum(const char *text)
{
	long long sum = 0, last = -1;
	int rows = 0;
	const char *at = text;

	while ((at = strstr(at, " bytes\n"))) {
		const char *p = at;

		while (p > text && p[-1] >= '0' && p[-1] <= '9')
			p--;
		if (last >= 0)
			sum += last;
		last = strtoll(p, NULL, 10);
		rows++;
		at++;
	}
	CHECK(rows >= 5 && sum == last, "%d rows: %lld, %lld: %s", rows, sum,
	      last, text);
}

static void test_test(void)
{
	const char *file =
	      e2e_file(dir, "good.yaml", "server:\n  port: 9123\nmemory:\n  ring: 2MiB\n");
	static char defaults[sizeof r.out];

	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == 0 && strstr(r.out, "good.yaml: ok"), "-t: %d %s%s", r.status, r.out,
	      r.err);
	check_sum(r.out);
	CHECK(strstr(r.out, "2097152 bytes"), "the ring: %s", r.out);
	run(&r, "--test", "--config-file", file, NULL);
	CHECK(r.status == 0, "--test: %d %s", r.status, r.err);
	run(&r, "-tt", "-c", file, NULL);
	CHECK(r.status == 0 && strstr(r.out, "  port: 9123\n") && strstr(r.out, "  ring: 2MiB\n"),
	      "-tt: %s", r.out);
	run(&r, "--print-config", "-c", file, NULL);
	CHECK(r.status == 0 && strstr(r.out, "  port: 9123\n"), "--print-config: %s", r.out);
	file = e2e_file(dir, "printed.yaml", r.out);
	memcpy(defaults, r.out, r.out_len + 1);
	run(&r, "-tt", "-c", file, NULL);
	CHECK(r.status == 0 && !strcmp(r.out, defaults), "-tt of -tt differs: %s%s", r.out, r.err);
	/* The defaults, read back, are the defaults; and they are the file that we ship. */
	run(&r, "-d", NULL);
	CHECK(r.status == 0 && strstr(r.out, "# "), "-d: %d", r.status);
	file = e2e_file(dir, "defaults.yaml", r.out);
	run(&r, "-tt", "-c", file, NULL);
	CHECK(r.status == 0, "-d does not load: %s", r.err);
	memcpy(defaults, r.out, r.out_len + 1);
	r.dir = dir;
	run(&r, "-tt", NULL);
	r.dir = NULL;
	CHECK(r.status == 0 && !strcmp(r.out, defaults), "without a file: %s", r.out);
	run(&r, "-tt", "-c", "wsrelay.yaml", NULL);
	CHECK(r.status == 0 && !strcmp(r.out, defaults), "wsrelay.yaml: %s%s", r.out, r.err);
}

static void test_config_errors(void)
{
	const char *file;
	int has_tls;

	run(&r, "-c", "/nonexistent/wsrelay.yaml", NULL);
	CHECK(r.status == EX_CONFIG && strstr(r.err, "/nonexistent/wsrelay.yaml") &&
		    lines(r.err) == 1,
	      "missing file: %d %s", r.status, r.err);
	file = e2e_file(dir, "bad.yaml", "server:\n  port: 8080\n  prot: 1\nlog:\n  level: loud\n");
	run(&r, "-c", file, NULL);
	CHECK(r.status == EX_CONFIG, "bad config: %d", r.status);
	CHECK(strstr(r.err, "bad.yaml:3:3: error: "), "place of the first: %s", r.err);
	CHECK(strstr(r.err, "bad.yaml:5:10: error: "), "place of the second: %s", r.err);
	CHECK(strstr(r.err, "did you mean 'port'") && strstr(r.err, "^\n"), "%s", r.err);
	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && r.out_len == 0, "-t: %d", r.status);
	run(&r, "-V", NULL);
	has_tls = !strstr(r.out, "TLS: none");
	file = e2e_file(dir, "tls.yaml", "server:\n  tls:\n    enabled: true\n    cert_file: no.pem\n");
	run(&r, "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && strstr(r.err, has_tls ? "no.pem: No such file" : "make TLS="),
	      "TLS: %d %s", r.status, r.err);
	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == EX_CONFIG, "-t, TLS: %d", r.status);
}

static void test_environment(void)
{
	const char *file = e2e_file(dir, "port.yaml", "server:\n  port: 8081\n");

	setenv("WSRELAY_SERVER_PORT", "9001", 1);
	run(&r, "-tt", "-c", file, NULL);
	CHECK(r.status == 0 && strstr(r.out, "  port: 9001\n"), "override: %s%s", r.out, r.err);
	setenv("WSRELAY_SERVER_PORT", "tcp://10.0.0.1:80", 1);
	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == EX_CONFIG && strstr(r.err, "WSRELAY_SERVER_PORT: error: "), "%d %s",
	      r.status, r.err);
	unsetenv("WSRELAY_SERVER_PORT");
	setenv("WSRELAY_SERVICE_HOST", "10.0.0.1", 1);
	run(&r, "-t", "-c", file, NULL);
	CHECK(r.status == 0, "another name: %d %s", r.status, r.err);
	unsetenv("WSRELAY_SERVICE_HOST");
	/* ./wsrelay.yaml is used when there is one. */
	e2e_file(dir, "wsrelay.yaml", "server:\n  port: 9124\n");
	r.dir = dir;
	run(&r, "-tt", NULL);
	r.dir = NULL;
	CHECK(r.status == 0 && strstr(r.out, "  port: 9124\n"), "./wsrelay.yaml: %s", r.out);
}

static void test_log_of_start(void)
{
	struct server s = { 0 };
	const char *p, *stamp = "0000-00-00T00:00:00Z info  Listening on 127.0.0.1:";
	int i;

	CHECK(server_start(&s, LOCAL METRICS) == 0, "%s", s.log);
	CHECK(s.port > 0 && s.metrics_port > 0 && s.port != s.metrics_port, "%s", s.log);
	CHECK(strstr(s.log, " (relay)\n") && strstr(s.log, " (metrics)\n"), "%s", s.log);
	CHECK(strstr(s.log, "app relay, at most 1024 clients and "), "%s", s.log);
	for (p = strstr(s.log, "Listening"); p && p > s.log && p[-1] != '\n'; p--)
		;
	for (i = 0; p && stamp[i]; i++)
		if (stamp[i] == '0' ? p[i] < '0' || p[i] > '9' : p[i] != stamp[i])
			break;
	CHECK(p && !stamp[i], "the form of a line: %s", s.log);
	STOP(&s);
	CHECK(server_start(&s, "app: echo\n" LOCAL "log:\n  format: json\n") == 0, "%s", s.log);
	CHECK(strstr(s.log, " (echo)\"}\n") && strstr(s.log, "\"level\":\"info\"") &&
	      s.log[0] == '{' && strstr(s.log, "{\"time\":\"20"), "%s", s.log);
	STOP(&s);
}

/* What could end a string or a line of JSON stands escaped (RFC 8259 section 7). */
static void test_json_escapes(void)
{
	struct server s = { 0 };
	char config[256];

	e2e_folder(s.dir);
	snprintf(config, sizeof config, "server:\n  address: \"unix:%s/q\\\"b\\\\c\"\n"
	         "log:\n  format: json\n", s.dir);
	server_start(&s, config);
	CHECK(strstr(s.log, "/q\\u0022b\\u005c") && strstr(s.log, "{\"time\":\"20"), "%s", s.log);
	CHECK(!strstr(s.log, "q\"b") && !strstr(s.log, "b\\c"), "%s", s.log);
	server_stop(&s);
	s.status = 0;
	free(s.log);
}

/* An address that no interface has: one line that says so. 192.0.2.1 is for documentation. */
static void test_foreign_address(void)
{
	struct server s = { 0 };

	CHECK(server_start(&s, "server:\n  address: 192.0.2.1\n") == -1 &&
	      s.status == EX_CANTCREAT && strstr(s.log, "cannot listen on 192.0.2.1:8080: "),
	      "%d %s", s.status, s.log);
	server_stop(&s);
	s.status = 0;
	free(s.log);
}

static void test_port_in_use(void)
{
	struct server s = { 0 }, t = { 0 };
	char config[128];

	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	snprintf(config, sizeof config, "server:\n  address: 127.0.0.1\n  port: %d\n", s.port);
	CHECK(server_start(&t, config) == -1 && t.status == EX_CANTCREAT, "%d %s", t.status, t.log);
	CHECK(server_count(&t, "Z error ") == 1 &&
		    strstr(t.log, "error cannot listen on 127.0.0.1:") &&
		    !strstr(t.log, "Listening"),
	      "%s", t.log);
	server_stop(&t);
	t.status = 0;
	free(t.log);
	STOP(&s);
}

static void test_pid_file(void)
{
	struct server s = { .option = "-p" };
	char path[160], text[32] = "";
	struct stat st;
	FILE *f;

	e2e_folder(s.dir);
	snprintf(path, sizeof path, "%s/pid", s.dir);
	s.value = path;
	CHECK(server_start(&s, LOCAL) == 0, "%s", s.log);
	f = fopen(path, "r");
	CHECK(f && fgets(text, sizeof text, f) && strtol(text, NULL, 10) == (long)s.pid,
	      "%s, not %ld", text, (long)s.pid);
	if (f)
		fclose(f);
	server_signal(&s, SIGTERM);
	CHECK(server_wait(&s, E2E_MS) == 0, "%d", s.status);
	CHECK(stat(path, &st) && errno == ENOENT, "the pid file is still there");
	STOP(&s);
	s.value = "/nonexistent/pid";
	CHECK(server_start(&s, LOCAL) == -1 && s.status == EX_CANTCREAT &&
	      strstr(s.log, "/nonexistent/pid"), "%d %s", s.status, s.log);
	server_stop(&s);
	free(s.log);
}

static void test_unix_socket(void)
{
	struct server s = { 0 }, t = { 0 };
	char path[160], config[256];
	struct client a, b;
	struct stat st;

	e2e_folder(s.dir);
	snprintf(path, sizeof path, "%s/socket", s.dir);
	snprintf(config, sizeof config, "server:\n  address: unix:%s\n", path);
	s.unix_path = path;
	CHECK(server_start(&s, config) == 0, "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "%s", s.log);
	CHECK(round_trip(&a, &b) >= 0, "no round trip");
	CHECK(server_log(&s, "Connected: unix\n", 2) != NULL, "%s", s.log);
	CHECK(server_start(&t, config) == -1 && t.status == EX_CANTCREAT, "in use: %d %s", t.status,
	      t.log);
	server_stop(&t);
	free(t.log);
	CHECK(round_trip(&a, &b) >= 0, "the other start took the socket away");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	/* Killed, it leaves the socket behind; the next start takes its place. */
	server_signal(&s, SIGKILL);
	CHECK(server_wait(&s, E2E_MS) == 128 + SIGKILL && !stat(path, &st), "%d", s.status);
	CHECK(server_start(&s, config) == 0 && !client_open(&a, &s) && client_bye(&a), "%s", s.log);
	server_signal(&s, SIGTERM);
	CHECK(server_wait(&s, E2E_MS) == 0 && stat(path, &st), "the socket is still there");
	STOP(&s);
}

/* A connection to the loopback of IPv6, or -1. */
static int open_v6(int port)
{
	struct sockaddr_in6 a;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	memset(&a, 0, sizeof a);
	a.sin6_family = AF_INET6;
	a.sin6_port = htons((uint16_t)port);
	a.sin6_addr = in6addr_loopback;
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int has_v6(void)
{
	struct sockaddr_in6 a;
	int fd = socket(AF_INET6, SOCK_STREAM, 0), good;

	memset(&a, 0, sizeof a);
	a.sin6_family = AF_INET6;
	a.sin6_addr = in6addr_loopback;
	good = fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof a);
	if (fd >= 0)
		close(fd);
	return good;
}

static void test_v6(void)
{
	struct server s = { 0 };
	struct client a, b;

	if (!has_v6()) {
		printf("SKIP e2e_start IPv6: this machine has no ::1\n");
		return;
	}
	CHECK(server_start(&s, "server:\n  address: \"::1\"\n  port: 0\n") == 0, "%s", s.log);
	CHECK(strstr(s.log, "Listening on [::1]:"), "%s", s.log);
	CHECK(socket_open(&s) < 0, "it listens on IPv4 too");
	client_take(&a, open_v6(s.port));
	CHECK(!client_send_text(&a, upgrade_request) && client_answer(&a) == 101, "%s", a.head);
	CHECK(server_log(&s, "Connected: [::1]:", 1) != NULL, "%s", s.log);
	CHECK(client_bye(&a), "no close");
	STOP(&s);
	/* All addresses: one port for both families. */
	CHECK(server_start(&s, "server:\n  port: 0\n") == 0, "%s", s.log);
	CHECK(strstr(s.log, "Listening on 0.0.0.0:") && strstr(s.log, "Listening on [::]:"), "%s",
	      s.log);
	CHECK(!client_open(&a, &s), "IPv4");
	client_take(&b, open_v6(s.port));
	CHECK(!client_send_text(&b, upgrade_request) && client_answer(&b) == 101, "IPv6: %s",
	      b.head);
	CHECK(round_trip(&a, &b) >= 0, "no round trip between the families");
	CHECK(client_bye(&a) && client_bye(&b), "no close");
	STOP(&s);
}

/* Without a file the port is 8080, which may be taken here: either way it says so. */
static void test_defaults(void)
{
	struct server s = { 0 };
	char config[1] = "";

	setenv("WSRELAY_SERVER_PORT", "0", 1);
	setenv("WSRELAY_SERVER_ADDRESS", "127.0.0.1", 1);
	CHECK(server_start(&s, config) == 0 && s.port > 0, "an empty file: %s", s.log);
	unsetenv("WSRELAY_SERVER_PORT");
	unsetenv("WSRELAY_SERVER_ADDRESS");
	STOP(&s);
}

int main(void)
{
	e2e_start();
	e2e_folder(dir);
	test_options();
	test_test();
	test_config_errors();
	test_environment();
	test_log_of_start();
	test_json_escapes();
	test_foreign_address();
	test_port_in_use();
	test_pid_file();
	test_unix_socket();
	test_v6();
	test_defaults();
	e2e_remove(dir);
	return test_end();
}
