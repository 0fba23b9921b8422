/* soak.c: row 37: honest clients and all kinds of abuse together, for as long as MINUTES says.
 *
 * At the end the server is as large as after the first minute, has as many descriptors as at the
 * start and has counted every message. */
#include "abuse.h"

#include <signal.h>

enum { HONEST = 12, GUESTS = 200, LINE_MS = 5000, CALM_MS = 3000, GROWTH_KIB = 64 };

/* Abusers who stay for a while. */
static struct guest {
	struct client c;
	long long until;        /* 0: the place is free */
} guests[GUESTS];

static struct client honest[HONEST];
static struct abuse *a;
static uint64_t said;           /* messages of the honest and of newcomers */
static uint64_t actions;
static char trouble[160];       /* what went wrong first */
static uint32_t seed = 1;

#define TROUBLE(bad) \
	do { \
		if ((bad) && !*trouble) \
			snprintf(trouble, sizeof trouble, "line %d: %s", __LINE__, #bad); \
	} while (0)

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* ---- the honest */

/* Takes what came, answers pings. */
static void listen_to(struct client *c)
{
	uint8_t ping[125];
	int op;

	while ((op = client_read_for(c, 0)) >= 0) {
		size_t n = c->len;

		if (op == 8)
			TROUBLE(op == 8);
		if (op != 9)
			continue;
		memcpy(ping, c->data, n);
		client_frame(c, 0x8a, ping, n);
	}
	TROUBLE(op != C_TIMEOUT);
}

static void speak(struct client *c, int n)
{
	static uint8_t body[8000];
	uint8_t ping[125];
	size_t len = 20 + random_below(sizeof body - 20);
	int i, op, came = 0;

	memset(body, 's', sizeof body);
	memcpy(body, &said, sizeof said);
	for (i = 0; i < n; i++)
		TROUBLE(client_frame(c, 0x82, body, len) != 0);
	while (came < n && (op = abuse_read(c)) > 0) {
		if (op == 9) {
			memcpy(ping, c->data, c->len);
			client_frame(c, 0x8a, ping, c->len);
		}
		came += op == 2 && c->len == len && !memcmp(c->data, body, len);
	}
	TROUBLE(came != n);
	said += (uint64_t)n;
}

/* ---- the abuse */

static struct guest *free_guest(void)
{
	size_t i;

	for (i = 0; i < GUESTS && guests[i].until; i++)
		;
	return i < GUESTS ? &guests[i] : NULL;
}

static void leave(struct guest *g)
{
	g->until = 0;
	if (random_below(2))
		client_reset(&g->c);
	else
		client_leave(&g->c);
}

/* Somebody at some stage, who stays there for a while. */
static void stay(void)
{
	struct guest *g = free_guest();

	if (!g)
		return;
	stage_reach(a, &g->c, (int)random_below(STAGES));
	g->c.deaf = 1;
	g->until = now_ms() + 1 + random_below(6000);
}

static void illegal(void)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\xc1\x80\1\2\3\4", 6 }, { "\x83\x80\1\2\3\4", 6 }, { "\x81\x01" "a", 3 },
		{ "\x80\x80\1\2\3\4", 6 }, { "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4",
		14 },
		{ "\x81\x82\0\0\0\0\xff\xfe", 8 }, { "\x89\xfe\0\x7e\1\2\3\4", 8 },
	};
	size_t i = random_below(sizeof rows / sizeof *rows);
	struct client c;

	if (!client_open(&c, &a->s)) {
		client_send(&c, rows[i].bytes, rows[i].n);
		TROUBLE(abuse_read_close(&c) < 0);
	}
	client_leave(&c);
}

static void nonsense(int metrics)
{
	struct client c;

	client_take(&c, metrics ? socket_open_port(a->s.metrics_port) : socket_open(&a->s));
	client_send_text(&c,
	                 random_below(2) ? "\x16\x03\x01\r\n\r\n" : "GET /%00 HTTP/0.9\r\n\r\n");
	TROUBLE(client_answer(&c) < 400);
	client_leave(&c);
}

static void ping_flood(void)
{
	struct client c;
	int i;

	if (!client_open(&c, &a->s)) {
		for (i = 0; i < 300; i++)
			client_frame(&c, 0x89, "flood", 5);
		client_frame(&c, 0x88, "\x03\xe8", 2);
		TROUBLE(abuse_read_close(&c) != 1000);
	}
	client_leave(&c);
}

/* Half a message, of up to 40 KB, then gone. */
static void half_message(void)
{
	static uint8_t block[40000];
	struct client c;

	if (!client_open(&c, &a->s))
		client_frame(&c, 0x02, block, random_below(sizeof block));
	client_reset(&c);
}

static void act(void)
{
	switch (random_below(12)) {
	case 0: case 1: case 2: stay(); break;
	case 3: TROUBLE(abuse_newcomer(a) < 0); said++; break;
	case 4: illegal(); break;
	case 5: nonsense(0); break;
	case 6: nonsense(1); break;
	case 7: ping_flood(); break;
	case 8: half_message(); break;
	case 9: speak(&honest[random_below(HONEST)], 1); break;
	case 10: speak(&honest[random_below(HONEST)], 30); break;
	default: server_signal(&a->s, random_below(2) ? SIGUSR1 : SIGHUP); break;
	}
	actions++;
}

/* ---- the course of it */

static void line(long long since)
{
	long long s = (now_ms() - since) / 1000;

	printf("%4lld:%02lld  clients %4.0f  messages %9.0f  RSS %6ld KiB  fds %4d  worst %4u ms  "
	       "actions %7llu\n", s / 60, s % 60, metric(&a->s, "websocket_connected_clients"),
	       metric(&a->s, "websocket_messages_total"), abuse_resident_kib(a->s.pid),
	       open_files(a->s.pid), a->b->worst_us / 1000, (unsigned long long)actions);
	fflush(stdout);
}

static void soak(long long begun, long long until)
{
	long long next = now_ms() + LINE_MS;
	int i;

	while (now_ms() < until && !*trouble && !*a->b->wrong) {
		act();
		for (i = 0; i < HONEST; i++)
			listen_to(&honest[i]);
		for (i = 0; i < GUESTS; i++)
			if (guests[i].until && guests[i].until < now_ms())
				leave(&guests[i]);
		e2e_pass(2);
		/* What it logs is not kept. */
		a->s.log_len = 0;
		if (now_ms() >= next) {
			line(begun);
			next += LINE_MS;
		}
	}
}

/* All abusers leave; only the bystanders and the honest for a while. Returns resident KiB. */
static long calm(void)
{
	long long until;
	int i;

	for (i = 0; i < GUESTS; i++)
		if (guests[i].until)
			leave(&guests[i]);
	CHECK(abuse_connected(a, 2 + HONEST) == 2 + HONEST, "%g stay", abuse_connected(a,
	                                                                               2 + HONEST));
	for (until = now_ms() + CALM_MS; now_ms() < until; e2e_pass(20))
		for (i = 0; i < HONEST; i++)
			listen_to(&honest[i]);
	return abuse_resident_kib(a->s.pid);
}

int main(void)
{
	const char *text = getenv("MINUTES");
	double minutes = text && *text ? strtod(text, NULL) : 10, counted;
	long long begun, all = (long long)(minutes * 60000), mark = all < 120000 ? all / 2 : 60000;
	long first, last;
	int i;

	abuse_start();
	alarm((unsigned)(all / 1000 + 120));
	a = abuse_begin("37", "soak",
	                "  handshake_timeout: 3s\n  ping_interval: 2s\n  pong_timeout: 5s\n");
	if (!a)
		return test_end();
	for (i = 0; i < HONEST; i++)
		CHECK(!client_open(&honest[i], &a->s), "honest client %d", i);
	begun = now_ms();
	soak(begun, begun + mark);
	first = calm();
	line(begun);
	soak(begun, begun + all);
	last = calm();
	line(begun);
	CHECK(!*trouble, "after %llu actions: %s", (unsigned long long)actions, trouble);
	CHECK(last <= first + GROWTH_KIB || !ABUSE_EXACT,
	      "%ld KiB at the end, %ld at first", last,
	      first);
	for (i = 0; i < HONEST; i++)
		CHECK(abuse_bye(&honest[i]), "honest client %d: no close", i);
	a->took = now_ms() - a->begun;
	abuse_check(a);
	counted = metric(&a->s, "websocket_messages_total") - a->messages;
	/* The one that abuse_check lets in says one more. */
	CHECK(counted == (double)said + a->b->messages + 1, "%.0f messages counted, %.0f sent",
	      counted,
	      (double)said + a->b->messages + 1);
	abuse_figure(a, ": %.1f minutes, %+ld KiB since %lld s, %.0f messages, %llu actions",
	             minutes,
	             last - first, mark / 1000, counted, (unsigned long long)actions);
	abuse_finish(a);
	return test_end();
}
