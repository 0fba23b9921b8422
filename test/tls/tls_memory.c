/* tls_memory.c: a budget that is used up by half records and half messages; what an idle client
 * costs, and the sum that -t prints. */
#include "wire.h"

#include <sys/resource.h>

static struct server s;
static uint8_t body[16384];

#define SMALL \
	"  max_message_size: 32KiB\n" \
	"memory:\n  input: 32KiB\n  ring: 128KiB\n  budget: 256KiB\n" METRICS

/* A full budget: eight first fragments, each in a block of 32 KiB. */
enum { HOLDERS = 8, FRAGMENT = 16376 };

static void hold_all(struct wire *w)
{
	int i;

	for (i = 0; i < HOLDERS; i++)
		CHECK(!wire_open(&w[i], &s), "holder %d", i);
	for (i = 0; i < HOLDERS; i++) {
		wire_frame(&w[i], 0x02, body, FRAGMENT, 0);
		CHECK(!wire_send(&w[i], 0), "holder %d", i);
		CHECK(metric_await(&s, "wsrelay_budget_used_bytes", (i + 1) * 32768) ==
		      (i + 1) * 32768, "holder %d: %g bytes", i,
		      metric(&s, "wsrelay_budget_used_bytes"));
	}
}

/* An illegal frame and a record that is forged, in one read, while nothing is free: there is no
 * room for the close frame, so the client goes while its records are being opened. */
static void test_killed_while_opening(void)
{
	static struct wire holders[HOLDERS], w;
	static const struct row {
		const char *what;
		int notify;     /* close_notify, or else a forged record */
	} rows[] = { { "a forged record", 0 }, { "close_notify", 1 } };
	size_t i, n;
	int k;

	for (i = 0; i < 2; i++) {
		CHECK(!server_start(&s, LOCAL SMALL), "%s", s.log);
		CHECK(!wire_open(&w, &s), "no client");
		hold_all(holders);
		wire_frame(&w, 0x83, "reserved", 8, 0);
		n = w.n_made;
		if (rows[i].notify)
			wire_close(&w);
		else
			wire_make(&w, WIRE_DATA, "forged", 6);
		w.made[n + 20] ^= (uint8_t)!rows[i].notify;
		CHECK(!wire_send(&w, 0) && client_ended(&w.c), "%s: it is not ended", rows[i].what);
		wire_leave(&w, 0);
		for (k = 0; k < HOLDERS; k++)
			wire_leave(&holders[k], 0);
		CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "%s: budget is in use",
		      rows[i].what);
		STOP(&s);
	}
}

/* ---- more half records than the budget has room for */

static void test_half_records(void)
{
	enum { MANY = 300, HALF = 10000, BUDGET = 512 * 1024, PLACES = BUDGET / 16384 };
	static struct wire w[MANY];
	static uint8_t rest[MANY][20000];
	static size_t left[MANY];
	struct client a, b;
	int i, gone = 0, first = -1, worst = 0, trip;
	double used, most = 0;

	CHECK(!server_start(&s, LOCAL "  max_message_size: 32KiB\nmemory:\n  budget: 512KiB\n" METRICS),
	      "%s", s.log);
	CHECK(!client_open(&a, &s) && !client_open(&b, &s), "no honest clients");
	for (i = 0; i < MANY; i++)
		CHECK(!wire_open(&w[i], &s), "client %d", i);
	for (i = 0; i < MANY; i++) {
		wire_frame(&w[i], 0x82, body, FRAGMENT, 0);
		left[i] = w[i].n_made - HALF;
		memcpy(rest[i], w[i].made + HALF, left[i]);
		CHECK(!wire_send_part(&w[i], HALF), "half a record of %d", i);
		trip = round_trip(&a, &b);
		worst = trip < 0 ? 100000 : trip > worst ? trip : worst;
		used = metric(&s, "wsrelay_budget_used_bytes");
		most = used > most ? used : most;
	}
	CHECK(worst < 1000, "honest ones waited for %d ms", worst);
	CHECK(most > BUDGET - 32768 && most <= BUDGET, "%g bytes of the budget were in use", most);
	for (i = 0; i < MANY; i++) {
		if (w[i].c.ended)
			gone++;
		else if (first < 0)
			first = i;
	}
	CHECK(first == gone, "%d went, and number %d is still there: not the oldest", gone, first);
	CHECK(MANY - gone <= PLACES && MANY - gone >= PLACES - 2, "%d of %d are left", MANY - gone,
	      PLACES);
	/* Those who stayed are none the worse: the other half comes, and is relayed. */
	for (i = first; i >= 0 && i < MANY; i++) {
		CHECK(!client_send(&w[i].c, rest[i], left[i]), "the other half of %d", i);
		CHECK(client_is(&a, 2, body, FRAGMENT) && client_read(&b) == 2, "the record of %d", i);
	}
	for (i = 0; i < MANY; i++)
		wire_leave(&w[i], 0);
	CHECK(metric_await(&s, "websocket_connected_clients", 2) == 2, "somebody stays");
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "budget is in use");
	CHECK(client_bye(&a) && client_bye(&b), "close");
	printf("half records: %d of %d were ended, worst round trip meanwhile %d ms\n", gone, MANY, worst);
	STOP(&s);
}

/* ---- what an idle client costs */

/* The figure in the line of `wsrelay -t` that begins so. */
static long promised(const char *config, const char *line)
{
	static struct run r;
	char dir[128];
	const char *at;

	e2e_folder(dir);
	run(&r, "-t", "-c", e2e_file(dir, "t.yaml", e2e_config(config)), NULL);
	e2e_remove(dir);
	CHECK(r.status == 0, "-t: %d %s", r.status, r.err);
	at = strstr(r.out, line);
	return at ? strtol(at + strlen(line), NULL, 10) : -1;
}

static void test_idle(void)
{
	enum { IDLE = 1000 };
	static struct client c[IDLE];
	static const char config[] = LOCAL METRICS;
	long before, after, state = promised(config, "  TLS "), sum = promised(config, "  sum ");
	struct rlimit r;
	int i;

	if (!getrlimit(RLIMIT_NOFILE, &r)) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
	CHECK(!server_start(&s, config), "%s", s.log);
	CHECK(!client_open(&c[0], &s), "no client");
	before = resident_kib(s.pid);
	for (i = 1; i < IDLE; i++)
		CHECK(!client_open(&c[i], &s), "client %d", i);
	CHECK(metric_await(&s, "wsrelay_budget_used_bytes", 0) == 0, "idle ones hold memory");
	after = resident_kib(s.pid);
	/* What is shared and touched once, like the ring, is far less. */
	CHECK(after - before <= 6 * IDLE || after - before <= E2E_SLACK_KIB,
	      "%ld KiB for %d idle clients", after - before, IDLE);
	/* Each client in the table has its place: 1,024 and 400 for those that are not in yet. */
	CHECK(state > 1424 * 4096L && state < 1424 * 6144L, "-t says %ld bytes of TLS", state);
	CHECK((after - before) * 1024 < sum, "%ld KiB; -t promises %ld bytes", after - before, sum);
	CHECK(strstr(s.log, " KiB of memory") != NULL, "%s", s.log);
	printf("idle: %.2f KiB each, resident; -t: %.2f KiB of TLS for each in the table\n",
	       (double)(after - before) / (IDLE - 1), (double)state / 1024 / 1424);
	for (i = 0; i < IDLE; i++)
		client_leave(&c[i]);
	STOP(&s);
}

int main(void)
{
	e2e_start();
	if (!e2e_is_tls()) {
		printf("SKIP tls_memory: no E2E_TLS\n");
		return test_end();
	}
	test_killed_while_opening();
	test_half_records();
	test_idle();
	return test_end();
}
