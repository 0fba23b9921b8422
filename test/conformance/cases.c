/* cases.c: the servers of the cases, and what is said of them. */
#include "cases.h"

static struct cases_world worlds[WORLDS];
static const char *table;
static int table_cases, table_failed;
static unsigned ping_number;

/* ---- reports */

static void hex_print(const char *what, const uint8_t *p, size_t n, size_t from)
{
	size_t end = from + 40 < n ? from + 40 : n;

	printf("    %-8s %zu bytes:", what, n);
	if (from > 0)
		printf(" ... from %zu:", from);
	for (size_t i = from; i < end; i++)
		printf(" %02x", p[i]);
	puts(end < n ? " ..." : "");
}

void cases_count(int ok, const struct verdict *v)
{
	const uint8_t *want = v->want, *got = v->got;
	size_t same = 0, from;

	table_cases++;
	if (ok) {
		test_passed++;
		return;
	}
	test_failed++;
	table_failed++;
	printf("FAILED section %s: %s (%s)\n", v->section, v->name, v->how);
	if (want && got) {
		while (same < v->want_len && same < v->got_len && want[same] == got[same])
			same++;
		from = same > 60 ? same - 8 : 0;
		hex_print("expected", want, v->want_len, from);
		hex_print("got", got, v->got_len, from);
	}
	if (test_failed < CASES_FAILURES_MAX)
		return;
	puts("too many failures");
	exit(cases_end());
}

void cases_begin(const char *title)
{
	table = title;
	table_cases = table_failed = 0;
}

void cases_done(void)
{
	printf("%-40s %4d cases%s\n", table, table_cases, table_failed ? ", FAILED" : "");
}

/* ---- servers */

static void world_open(struct cases_world *w)
{
	if (client_open(&w->witness, &w->server) ||
	    (w->relay && client_open(&w->observer, &w->server)))
		e2e_die("no connection to a server of its own");
}

void cases_start(const char *server)
{
	static const char *const heads[WORLDS] = {
		[ECHO] = "app: echo\n", [RELAY] = "app: relay\nmemory:\n  input: 4KiB\n"
	};
	char config[1024];

	if (!*e2e_program)
		e2e_start();
	for (int i = 0; i < WORLDS; i++) {
		struct cases_world *w = &worlds[i];

		snprintf(config, sizeof config, "%s" LOCAL "  ping_interval: 0\n%s", heads[i],
		         server);
		w->number = i;
		w->relay = i == RELAY;
		if (server_start(&w->server, config))
			e2e_die("a server does not start");
		world_open(w);
	}
}

void cases_stop(void)
{
	for (int i = 0; i < WORLDS; i++) {
		client_leave(&worlds[i].witness);
		if (worlds[i].relay)
			client_leave(&worlds[i].observer);
		STOP(&worlds[i].server);
		memset(&worlds[i], 0, sizeof worlds[i]);
	}
}

int cases_end(void)
{
	cases_stop();
	return test_end();
}

struct server *cases_server(int world)
{
	return &worlds[world].server;
}

void cases_await(struct client *c, size_t n)
{
	long long until = now_ms() + CASES_WAIT_MS;

	while (!c->ended && c->have - c->at < n)
		if (e2e_wait(-1, 0, until) < 0)
			return;
}

struct cases_world *cases_world(int world)
{
	return &worlds[world];
}

int cases_settle(int world)
{
	struct cases_world *w = &worlds[world];
	uint8_t number[4];
	int op;

	ping_number++;
	memcpy(number, &ping_number, sizeof number);
	if (client_frame(&w->witness, 0x89, number, sizeof number))
		return -1;
	while ((op = client_read(&w->witness)) == 1 || op == 2)
		;
	return op == 10 && w->witness.len == 4 && !memcmp(w->witness.data, number, 4) ? 0 : -1;
}
