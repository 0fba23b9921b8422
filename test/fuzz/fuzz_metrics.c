/* fuzz_metrics.c: the metrics port: each request has one answer of bounded length.
 *
 * The input is the bytes of up to CLIENTS connections, split at SPLIT; the option says whether they
 * are open at the same time, take their answers badly or stay silent, and if the hub is closing. */
#include "fuzz.h"
#include "naive_http.h"
#include "system.h"

#include <stdio.h>
#include <string.h>

extern const struct app app_echo;

enum { CLIENTS = 6, SPLIT = 0xff, ANSWER_MAX = 12 * 1024, TURNS_MAX = 64 };
enum { TOGETHER = 1, HOSTILE = 2, DRAINING = 4, SILENT = 8, NUMBERS = 16, NO_USAGE = 32 };

struct client {
	const uint8_t *p;
	size_t n;
	struct system_socket *s;
};

static struct client clients[CLIENTS];
static int count, option;
static struct config config;
static struct hub hub;
static char answers[CLIENTS][ANSWER_MAX];
static size_t answer_lens[CLIENTS];

static void start(void)
{
	static const struct app *const all[] = { &app_echo, NULL };
	size_t i;

	config_defaults(&config, all);
	config.server_max_connections = 1;
	config.memory_ring = config.memory_budget = 1 << 18;
	config.memory_input = 4096;
	system_start();
	system_silent = option & NO_USAGE;
	FUZZ_ASSERT(!hub_start(&hub, &config, &app_echo));
	config.metrics_enabled = 0;
	FUZZ_ASSERT(!metrics_start(&hub) && !system_accepted);
	config.metrics_enabled = 1;
	FUZZ_ASSERT(!metrics_start(&hub) && system_accepted);
	if (option & DRAINING)
		hub_drain(&hub);
	if (!(option & NUMBERS))
		return;
	/* As wide as they come. */
	memset(&hub.stats, 0xff, sizeof hub.stats);
	for (i = 0; i < REASONS; i++)
		hub.closed[i] = UINT64_MAX;
	for (i = 0; i < CONN_REJECTIONS; i++)
		hub.rejected[i] = UINT64_MAX;
}

static void stop(void)
{
	memset(&hub.stats, 0, sizeof hub.stats);
	metrics_stop();
	hub_stop(&hub);
	FUZZ_ASSERT(system_watches == 0);
}

/* Turns while something moves. */
static void turns(const struct client *c)
{
	int calls, i;

	for (i = 0; i < TURNS_MAX; i++) {
		calls = c->s->calls;
		hub_turn(&hub);
		if (c->s->closed || c->s->calls == calls)
			return;
	}
	/* A connection that is ready for ever and does nothing is a busy loop. */
	FUZZ_ASSERT(c->s->closed);
}

static void connect_client(struct client *c)
{
	const struct peer peer = { .family = 4 };

	c->s = system_connect();
	c->s->in = c->p;
	system_accepted(system_arg, system_fd(c->s), &peer);
}

/* Everything a client sends, then its end of stream unless it stays silent. */
static void feed_client(struct client *c, struct fuzz_cuts *cuts)
{
	size_t n = 0;

	if (!c->s)
		connect_client(c);
	while (n < c->n && !c->s->closed) {
		n += fuzz_cut(cuts, c->n - n);
		c->s->in_len = n;
		if (option & HOSTILE)
			c->s->room = fuzz_random(cuts, 3) ? fuzz_random(cuts, 2000) : SIZE_MAX;
		turns(c);
	}
	if (option & HOSTILE && fuzz_random(cuts, 4) == 0)
		c->s->gone = 1;
	else
		c->s->room = SIZE_MAX;
	turns(c);
	c->s->eof = !(option & SILENT);
	turns(c);
}

/* What http_parse makes of the same bytes: the status of the answer, 0: none. */
static int expect(const struct client *c, int *head_only)
{
	struct http_req q;
	size_t n = c->n < METRICS_REQUEST_MAX ? c->n : METRICS_REQUEST_MAX, len;
	const char *p = (const char *)c->p;
	int used;

	memset(&q, 0, sizeof q);
	used = http_parse(&q, p, n);
	*head_only = q.method == HTTP_HEAD;
	if (used < 0)
		return -used;
	if (used == 0)
		return n == METRICS_REQUEST_MAX ? 431 : 0;
	p += q.path.at;
	len = q.path.len;
	if (!(len == 8 && !memcmp(p, "/metrics", 8)) && !(len == 7 && !memcmp(p, "/health", 7)))
		return 404;
	if (q.method == HTTP_OTHER)
		return 405;
	return len == 7 && option & DRAINING ? 503 : 200;
}

static void check_client(int i)
{
	const struct client *c = &clients[i];
	const char *out = (const char *)c->s->out;
	int head_only, status = expect(c, &head_only);

	FUZZ_ASSERT(c->s->out_len <= ANSWER_MAX);
	if (option & (HOSTILE | TOGETHER))
		return;
	if (status == 0)
		FUZZ_ASSERT(c->s->out_len == 0);
	else
		FUZZ_ASSERT(naive_answer(out, c->s->out_len, head_only) == status);
	/* Closed with input unread, TCP says reset, and the client may never see the answer. */
	FUZZ_ASSERT(!c->s->unread && c->s->in_at == c->n);
	FUZZ_ASSERT((c->s->closed || !c->s->eof) && c->s->shut == (status != 0));
}

/* The same bytes of answer for every cut. */
static void check_same(int i, int feed)
{
	const struct system_socket *s = clients[i].s;

	if (option & (HOSTILE | TOGETHER))
		return;
	FUZZ_ASSERT(feed == 0 || (answer_lens[i] == s->out_len &&
				  !memcmp(answers[i], s->out, s->out_len)));
	answer_lens[i] = s->out_len;
	memcpy(answers[i], s->out, s->out_len);
}

static void run(struct fuzz_cuts *cuts)
{
	int i;

	fuzz_begin((size_t)hub_memory(&config, NULL) + INPUT_TAIL_MAX + (1 << 20));
	start();
	for (i = 0; i < count; i++)
		clients[i].s = NULL;
	for (i = 0; i < count && option & TOGETHER; i++) {
		connect_client(&clients[i]);
		system_micros += 1000000;
	}
	for (i = 0; i < count; i++)
		if (!clients[i].s || !clients[i].s->closed)
			feed_client(&clients[i], cuts);
	for (i = 0; i < count; i++) {
		check_client(i);
		check_same(i, cuts->feed);
	}
	/* Whoever is left is silent, and goes in time. */
	system_micros += (METRICS_MS + HUB_TICK_MS) * 1000;
	hub_turn(&hub);
	for (i = 0; i < count; i++)
		FUZZ_ASSERT(clients[i].s->closed);
	stop();
	fuzz_end();
}

void fuzz_one(const uint8_t *data, size_t n)
{
	const uint8_t *p = data + FUZZ_STEER, *end = data + n, *split;
	struct fuzz_cuts cuts;
	int feed;

	option = data[FUZZ_OPTION];
	for (count = 0; count < CLIENTS && p <= end; count++) {
		split = p < end ? memchr(p, SPLIT, (size_t)(end - p)) : NULL;
		clients[count].p = p;
		clients[count].n = (size_t)((split ? split : end) - p);
		p = split ? split + 1 : end + 1;
	}
	for (feed = 0; feed < FUZZ_FEEDS; feed++) {
		fuzz_cuts_start(&cuts, feed, data);
		run(&cuts);
	}
}
