/* abuse.c: what the abuse tests share: a server with two bystanders, what must hold at the end. */
#include "abuse.h"
#include "plant.h"

#include <poll.h>
#include <stdarg.h>
#include <sys/resource.h>

enum { PROGRAM_S = 900, FILES = 8192, NEWCOMER_MS = 2000, WORST_MS = 1000 };

/* A second of idling takes less CPU time than this, with room for sanitizers. */
enum { IDLE_MS = 400, IDLE_CPU_MS = 100 };

int abuse_full;
unsigned abuse_faults;
long long abuse_clock;

void abuse_start(void)
{
	const char *full = getenv("ABUSE"), *faults = getenv("FAULTS");
	struct rlimit r;

	e2e_start();
	alarm(PROGRAM_S);
	abuse_full = full && !strcmp(full, "full");
	abuse_faults = faults ? (unsigned)strtoul(faults, NULL, 10) : 0;
	if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < FILES) {
		r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > FILES ? FILES : r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

int abuse_count(int full, int share)
{
	if (abuse_full)
		return full;
	return abuse_faults ? (share + 4) / 5 : share;
}

/* ---- what the system tells */

static long field_kib(const char *path, const char *field)
{
	char line[256];
	FILE *f = fopen(path, "r");
	size_t n = strlen(field);
	long kib = -1;

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, field, n) && line[n] == ':')
			kib = strtol(line + n + 1, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

long abuse_status_kib(pid_t pid, const char *field)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	return field_kib(path, field);
}

/* statm counts in batches of pages; this looks at each page. */
long abuse_resident_kib(pid_t pid)
{
	char path[64];
	long kib;

	snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)pid);
	kib = field_kib(path, "Rss");
	return kib < 0 ? resident_kib(pid) : kib;
}

/* ---- begin */

/* What comes behind a refused request is read by the whole input buffer and thrown away. */
static void warm_input(struct server *s)
{
	static const uint8_t zeros[8 << 20];
	struct client c;

	CHECK(!client_connect(&c, s) && !client_send_text(&c, "nonsense\r\n\r\n"), "warming up");
	client_send(&c, zeros, abuse_faults ? sizeof zeros / 8 : sizeof zeros);
	client_leave(&c);
}

/* A client that does not read makes the ring full, so that all of it is resident from then on; the
 * messages go through the input buffer and through a client's own block. */
static void warm(struct server *s)
{
	static uint8_t body[60000];
	struct client a, deaf;
	size_t n = sizeof body;
	long limit = (long)metric(s, "wsrelay_ring_bytes") / 4;
	int i;

	if (limit > 0 && (size_t)limit < n)
		n = (size_t)limit;
	client_take(&deaf, socket_open_small(s, 4096));
	CHECK(!client_send_text(&deaf, upgrade_request) && client_answer(&deaf) == 101,
	      "warming up");
	deaf.deaf = 1;
	CHECK(!client_open(&a, s), "warming up: no client");
	for (i = 0; i < 20000; i++) {
		if (client_frame(&a, 0x82, body, n) || client_read(&a) != 2)
			break;
		if (i % 32 == 31 && metric(s, "wsrelay_dropped_messages_total") > 0)
			break;
	}
	CHECK(a.op == 2, "warming up: opcode %d, code %d, end %d after %d", a.op, a.code, a.ended,
	      i);
	CHECK(client_bye(&a), "warming up: no close");
	client_reset(&deaf);
	warm_input(s);
	CHECK(metric_await(s, "websocket_connected_clients", 0) == 0, "warming up: somebody stays");
}

struct abuse *abuse_begin(const char *row, const char *what, const char *config)
{
	static struct abuse abuse;
	struct abuse *a = &abuse;
	char text[2048];

	memset(a, 0, sizeof *a);
	a->row = row;
	a->what = what;
	a->worst_ms = WORST_MS;
	if (abuse_faults || abuse_clock)
		plant_prepare(&a->s, NULL, abuse_faults, abuse_faults, abuse_clock);
	snprintf(text, sizeof text, LOCAL "%s" METRICS, config);
	CHECK(server_start(&a->s, text) == 0, "row %s: %s", row, a->s.log);
	if ((abuse_faults || abuse_clock) && !plant_works("abuse")) {
		STOP(&a->s);
		return NULL;
	}
	a->cold_kib = abuse_resident_kib(a->s.pid);
	a->fds = open_files(a->s.pid) + 2;
	warm(&a->s);
	a->messages = metric(&a->s, "websocket_messages_total");
	a->b = bystanders_start(&a->s);
	CHECK(a->b != NULL, "row %s: the bystanders are not served: %s", row, a->s.log);
	if (!a->b) {
		server_stop(&a->s);
		return NULL;
	}
	CHECK(abuse_connected(a, 2) == 2, "row %s: two bystanders", row);
	a->kib = abuse_resident_kib(a->s.pid);
	a->begun = now_ms();
	return a;
}

void abuse_figure(struct abuse *a, const char *format, ...)
{
	size_t n = strlen(a->figures);
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->figures + n, sizeof a->figures - n, format, ap);
	va_end(ap);
}

double abuse_connected(struct abuse *a, double want)
{
	return metric_await(&a->s, "websocket_connected_clients", want);
}

int abuse_is_theirs(const struct client *c)
{
	enum { MARK = sizeof bystander_mark };

	return c->op == 2 && c->len >= MARK && !memcmp(c->data, bystander_mark, MARK);
}

int abuse_read(struct client *c)
{
	int op;

	do {
		op = client_read(c);
	} while (op == 2 && abuse_is_theirs(c));
	return op;
}

int abuse_read_close(struct client *c)
{
	int op;

	do {
		op = client_read(c);
	} while (op >= 0 && op != 8);
	return op == 8 ? c->code : op;
}

int abuse_bye(struct client *c)
{
	int good = !client_frame(c, 0x88, "\x03\xe8", 2) && abuse_read_close(c) == 1000 &&
	           client_gone(c);

	client_leave(c);
	return good;
}

int abuse_newcomer(struct abuse *a)
{
	long long begun = now_ms();
	struct client c;
	int good;

	good = !client_open(&c, &a->s) && !client_frame(&c, 0x81, "new", 3);
	while (good && abuse_read(&c) > 0 && (c.op != 1 || c.len != 3))
		good = c.op != 8;
	good = good && c.op == 1;
	return abuse_bye(&c) && good ? (int)(now_ms() - begun) : -1;
}

/* ---- end */

int abuse_files(struct abuse *a, int want)
{
	long long until = now_ms() + E2E_MS;
	int n;

	while ((n = open_files(a->s.pid)) != want && now_ms() < until)
		e2e_pass(10);
	return n;
}

static void check_bystanders(struct abuse *a)
{
	struct bystanders *b = a->b;

	bystanders_stop(b);
	CHECK(!*b->wrong, "row %s: a bystander: %s", a->row, b->wrong);
	CHECK(b->rounds > 0, "row %s: they did not talk", a->row);
	CHECK(b->worst_us < (uint32_t)a->worst_ms * 1000, "row %s: a round took %u us", a->row,
	      b->worst_us);
}

void abuse_check(struct abuse *a)
{
	int came, fds;

	came = abuse_newcomer(a);
	CHECK(came >= 0 && came < NEWCOMER_MS, "row %s: a newcomer: %d ms", a->row, came);
	CHECK(abuse_connected(a, 2) == 2, "row %s: the gauge says %g", a->row, abuse_connected(a,
	                                                                                       2));
	fds = abuse_files(a, a->fds);
	CHECK(fds == a->fds, "row %s: %d descriptors, %d at the start", a->row, fds, a->fds);
	a->more_kib = abuse_resident_kib(a->s.pid) - a->kib;
	CHECK(a->more_kib <= ABUSE_SLACK_KIB + (e2e_is_tls() ? ABUSE_TLS_KIB : 0), "row %s: %ld KiB more than at the start", a->row,
	      a->more_kib);
	check_bystanders(a);
	CHECK(abuse_connected(a, 0) == 0, "row %s: the gauge says %g", a->row, abuse_connected(a,
	                                                                                       0));
	fds = abuse_files(a, a->fds - 2);
	CHECK(fds == a->fds - 2, "row %s: %d descriptors at the end", a->row, fds);
	CHECK(metric_await(&a->s, "wsrelay_budget_used_bytes", 0) == 0, "row %s: budget is in use",
	      a->row);
}

void abuse_finish(struct abuse *a)
{
	struct bystanders *b = a->b;
	double idle = cpu_ms(a->s.pid);

	e2e_pass(IDLE_MS);
	idle = cpu_ms(a->s.pid) - idle;
	CHECK(idle < IDLE_CPU_MS, "row %s: %g ms of CPU time in %d ms of nothing", a->row, idle,
	      IDLE_MS);
	if (abuse_faults)
		abuse_figure(a, ", %u calls failed", plant_page->failed);
	printf("row %-3s %6.1f s  worst %4u ms  p99 %5.2f ms  %6u rounds  ", a->row,
	       (double)a->took / 1000, b->worst_us / 1000, bystanders_share_ms(b, 990), b->rounds);
	printf("%+5ld KiB  %2.0f ms idle  %s%s\n", a->more_kib, idle, a->what, a->figures);
	bystanders_free(b);
	STOP(&a->s);
}

void abuse_end(struct abuse *a)
{
	a->took = now_ms() - a->begun;
	abuse_check(a);
	abuse_finish(a);
}
