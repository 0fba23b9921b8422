/* load.c: loads a WebSocket server from one thread, and measures it. See usage() for how, and
 * test/bench/README for what the results mean. Linux only.
 *
 * The last line starts with RESULT and holds name=value pairs. Exit status 0: all was right, 1: a
 * check failed, 2: it could not be tried. */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STALLED_MS = 5000, SETTLE_MS = 100, ACTIVE = 10 };

struct plan plan = { .core = -1, .seconds = 1, .warmup = 0.3 };
struct tally tally;

uint64_t load_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void load_die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

void *load_memory(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (!p)
		load_die("calloc");
	return p;
}

/* ---- options */

static void usage(void)
{
	fprintf(stderr,
	        "usage: load [-r] [-t seconds] [-w warm-up] [-k core] [-c counts] -p port -i pid name\n"
	        "  fan-R-B-W     one sends to R receivers, itself one of them, B bytes, W in flight\n"
	        "  many-S-R-B-W  S of the R receivers send\n"
	        "  echo-N-B-W    N send, each gets its own back\n"
	        "  idle-N        N are idle, then 10 more ping, each one at a time\n"
	        "  churn-N       N at a time: connect, handshake, close\n"
	        "  wss-R-B-W     fan over TLS\n"
	        "-r: for the raw limit, without WebSocket\n");
	exit(2);
}

/* Reads the numbers behind the kind of a scenario. Returns how many there are, or -1. */
static int numbers(const char *text, unsigned long out[4])
{
	int n = 0;
	char *end;

	while (*text) {
		if (n == 4 || *text != '-' || text[1] < '1' || text[1] > '9')
			return -1;
		out[n] = strtoul(text + 1, &end, 10);
		if (out[n++] > 1 << 24)
			return -1;
		text = end;
	}
	return n;
}

static const struct form {
	char name[6];
	int kind, count;
} forms[] = {
	{ "fan", KIND_FAN, 3 }, { "wss", KIND_FAN, 3 }, { "many", KIND_FAN, 4 },
	{ "echo", KIND_ECHO, 3 }, { "idle", KIND_IDLE, 1 }, { "churn", KIND_CHURN, 1 }
};

static void scenario_read(const char *text)
{
	size_t i, length = strcspn(text, "-");
	unsigned long v[4];
	int n = numbers(text + length, v);

	for (i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strlen(forms[i].name) == length && !memcmp(text, forms[i].name, length))
			break;
	if (i == sizeof forms / sizeof *forms || n != forms[i].count)
		usage();
	plan.scenario = text;
	plan.kind = forms[i].kind;
	plan.tls = *text == 'w';
	plan.window = n > 1 ? (uint32_t)v[n - 1] : 1;
	plan.size = n > 1 ? v[n - 2] : 64;
	plan.clients = (uint32_t)v[n == 4];
	plan.senders = n == 4 ? (uint32_t)v[0] : 1;
	if (plan.kind == KIND_ECHO)
		plan.senders = plan.clients;
	if (plan.kind == KIND_CHURN)
		plan.senders = 0;
	if (plan.kind == KIND_IDLE) {
		plan.idle = plan.clients;
		plan.senders = ACTIVE;
		plan.clients += ACTIVE;
	}
	if (plan.size < MESSAGE_MIN || plan.senders > plan.clients)
		usage();
}

static void options_read(int argc, char **argv)
{
	int letter;

	while ((letter = getopt(argc, argv, "rt:w:k:c:p:i:")) != -1) {
		switch (letter) {
		case 'r': plan.raw = 1; break;
		case 't': plan.seconds = strtod(optarg, NULL); break;
		case 'w': plan.warmup = strtod(optarg, NULL); break;
		case 'k': plan.core = (int)strtol(optarg, NULL, 10); break;
		case 'c': plan.counts = optarg; break;
		case 'p': plan.port = (int)strtol(optarg, NULL, 10); break;
		case 'i': plan.pid = (pid_t)strtol(optarg, NULL, 10); break;
		default: usage();
		}
	}
	if (optind != argc - 1 || plan.port <= 0 || plan.pid <= 0 || plan.seconds <= 0)
		usage();
	scenario_read(argv[optind]);
}

/* ---- what happens when */

/* Goes on for so long. Returns 0, or -1 when a connection failed or nothing came for too long. */
static int run(double seconds)
{
	static uint64_t came, last;     /* what came, and when the last of it did */
	uint64_t now = load_now(), end = now + (uint64_t)(seconds * 1e9);

	if (last == 0)
		last = now;
	for (; now < end; now = load_now()) {
		uint64_t wait = (end - now) / 1000000 + 1;

		client_turn(wait < 50 ? (int)wait : 50);
		if (plan.kind == KIND_CHURN)
			client_reopen();
		if (tally.closed > 0)
			return -1;
		if (came != tally.arrived + tally.shaken ||
		    (plan.kind != KIND_CHURN && message_outstanding() == 0))
			last = now;
		came = tally.arrived + tally.shaken;
		if (now - last > STALLED_MS * 1000000ull) {
			fprintf(stderr, "load: nothing comes any more\n");
			return -1;
		}
	}
	return 0;
}

/* Waits for what is still on its way, and for what must not come any more. */
static int finish(void)
{
	message_halt();
	while (message_outstanding() > 0)
		if (run(0.02))
			return -1;
	return run(SETTLE_MS / 1e3);
}

struct measured {
	struct usage before, after;
	double seconds, idle_kib;
	uint64_t arrived, shaken;
};

/* The measured time itself: more of it when the machine was too busy for a single message. */
static int measure(struct measured *m)
{
	struct tally begun = tally;
	uint64_t start = load_now();
	int failed;

	server_usage(&m->before);
	message_measure(1);
	do {
		failed = run(plan.seconds);
		m->arrived = tally.arrived - begun.arrived;
		m->shaken = tally.shaken - begun.shaken;
	} while (!failed && m->arrived + m->shaken == 0);
	message_measure(0);
	server_usage(&m->after);
	m->seconds = (double)(load_now() - start) / 1e9;
	return failed;
}

/* All of it. Returns 0, or -1 when a connection failed, or messages did not come. */
static int work(struct measured *m)
{
	double resident = server_resident();

	if (plan.kind != KIND_CHURN) {
		uint32_t still = plan.idle > 0 ? plan.idle : plan.clients;

		if (client_open(still) || run(SETTLE_MS / 1e3))
			return -1;
		m->idle_kib = (server_resident() - resident) / still;
		if (client_open(plan.clients))
			return -1;
	}
	message_go();
	return run(plan.warmup) || measure(m) ||
	       (plan.kind != KIND_CHURN && finish()) ? -1 : 0;
}

/* Prints the result. Returns whether all was right. */
static int result(const struct measured *m, int failed)
{
	uint64_t wrong = tally.lost + tally.again + tally.bad + tally.closed;
	uint64_t left = message_outstanding();
	double n = (double)(plan.kind == KIND_CHURN ? m->shaken : m->arrived);
	double cpu = m->after.cpu - m->before.cpu, core = m->after.core - m->before.core;
	double each = n > 0 ? 1 / n : 0, copies = plan.kind == KIND_FAN ? plan.clients : 1;
	int right = !failed && n > 0 && wrong == 0;

	if (!right)
		printf("load: %s: lost %lu, twice or overtaken %lu, wrong %lu, connections lost %lu, "
		       "never came %lu\n", plan.scenario, (unsigned long)tally.lost,
		       (unsigned long)tally.again, (unsigned long)tally.bad,
		       (unsigned long)tally.closed, (unsigned long)left);
	printf("RESULT scenario=%s n=%.0f rate=%.0f cpu=%.4f p50=%.1f p99=%.1f p999=%.1f idle=%.3f",
	       plan.scenario, n, n / m->seconds, cpu * 1e6 * each, message_latency(0.5),
	       message_latency(0.99), message_latency(0.999), m->idle_kib);
	if (plan.counts)
		printf(" calls=%.4f allocations=%.4f",
		       (double)(m->after.calls - m->before.calls) * each,
		       (double)(m->after.allocations - m->before.allocations) * each * copies);
	if (plan.core >= 0)
		printf(" others=%.0f", 100 * (core - cpu) / m->seconds);
	printf(" own=%.0f ok=%d\n", 100 * (m->after.own - m->before.own) / m->seconds, right);
	return right;
}

int main(int argc, char **argv)
{
	struct measured m;
	int failed;

	memset(&m, 0, sizeof m);
	m.seconds = 1;
	options_read(argc, argv);
	tls_start();
	client_start();
	message_start();
	failed = work(&m);
	return result(&m, failed) ? 0 : 1;
}
