/* message.c: the messages of the load generator: made, checked and timed.
 *
 * Each holds its sender, its number, the time it was sent and a check of the three. What follows is
 * a slice of a table of noise that sender and number choose, compared whole on arrival. So loss,
 * repetition, overtaking (for each sender and receiver) and corruption all show. */
#include "load.h"

#include <stdlib.h>
#include <string.h>

enum { SLICES = 16384 };        /* places in the noise */
enum { STEPS = 128, POWERS = 58 };      /* of the times: 128 steps for each power of two */

struct head {
	uint32_t sender, number;
	uint64_t time, check;
};

struct sender {
	struct client *client;
	uint32_t next, base;    /* the next to send, the lowest that not all have */
	uint32_t *got;          /* how many have number n, at n % ring */
	int waits;              /* it is in waiting[] */
};

static struct sender *senders;
static uint32_t *waiting, waiting_count, ring, receivers;
static uint8_t *noise, *scratch;
static int sending, measuring;
static uint64_t times[POWERS][STEPS], times_count;

/* ---- how long it took */

void message_measure(int on)
{
	measuring = on;
}

/* times[0] counts 0 to 127 ns one by one, times[e] those that are 64 to 127 after e halvings. */
void message_time(uint64_t ns)
{
	unsigned e = ns < STEPS ? 0 : 57 - (unsigned)__builtin_clzll(ns);

	if (!measuring)
		return;
	times[e][ns >> e & (STEPS - 1)]++;
	times_count++;
}

double message_latency(double q)
{
	uint64_t want = (uint64_t)((double)times_count * q), sum = 0;
	unsigned e, i;

	for (e = 0; e < POWERS; e++)
		for (i = 0; i < STEPS; i++)
			if ((sum += times[e][i]) > want)
				return (double)((uint64_t)i << e) / 1e3;
	return 0;
}

/* ---- making and checking */

static uint64_t noise_next(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static uint64_t check(const struct head *h)
{
	uint64_t x = h->time ^ ((uint64_t)h->sender << 32 | h->number) * 0x9e3779b97f4a7c15u;

	return (x ^ x >> 30) * 0x94d049bb133111ebu;
}

static const uint8_t *filler(const struct head *h)
{
	return noise + (h->number * 61u + h->sender * 7919u) % SLICES;
}

static void send_one(struct sender *s, uint64_t now)
{
	struct head h = { (uint32_t)(s - senders), s->next, now, 0 };

	h.check = check(&h);
	memcpy(scratch, &h, sizeof h);
	memcpy(scratch + sizeof h, filler(&h), plan.size - sizeof h);
	frame_add(s->client, plan.kind == KIND_IDLE ? 9 : 2, scratch, plan.size);
	s->got[s->next++ % ring] = 0;
}

static void credit(struct sender *s, uint32_t number)
{
	if (++s->got[number % ring] < receivers || number != s->base)
		return;
	while (s->base != s->next && s->got[s->base % ring] >= receivers)
		s->base++;
	if (!s->waits) {
		s->waits = 1;
		waiting[waiting_count++] = (uint32_t)(s - senders);
	}
}

void message_arrived(struct client *c, const uint8_t *p, size_t n, uint64_t now)
{
	struct head h;
	uint32_t *expect;

	memcpy(&h, p, n < sizeof h ? n : sizeof h);
	if (n != plan.size || h.check != check(&h) || h.sender >= plan.senders ||
	    h.number >= senders[h.sender].next || !c->expect ||
	    (plan.kind != KIND_FAN && senders[h.sender].client != c) ||
	    memcmp(p + sizeof h, filler(&h), n - sizeof h)) {
		tally.bad++;
		return;
	}
	expect = &c->expect[plan.kind == KIND_FAN ? h.sender : 0];
	if (h.number < *expect) {
		tally.again++;
		return;
	}
	for (; *expect < h.number; ++*expect) {
		tally.lost++;
		credit(&senders[h.sender], *expect);
	}
	++*expect;
	credit(&senders[h.sender], h.number);
	tally.arrived++;
	message_time(now - h.time);
}

/* ---- sending */

static void fill_window(struct sender *s, uint64_t now)
{
	if (!sending || s->client->state != CLIENT_OPEN)
		return;
	while (s->next - s->base < plan.window)
		send_one(s, now);
	client_flush(s->client);
}

void message_pump(void)
{
	uint64_t now = waiting_count > 0 ? load_now() : 0;
	uint32_t i;

	for (i = 0; i < waiting_count; i++) {
		senders[waiting[i]].waits = 0;
		fill_window(&senders[waiting[i]], now);
	}
	waiting_count = 0;
}

void message_go(void)
{
	uint32_t i;

	sending = 1;
	for (i = 0; i < plan.senders; i++)
		fill_window(&senders[i], load_now());
}

void message_halt(void)
{
	sending = 0;
}

uint64_t message_outstanding(void)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < plan.senders; i++)
		n += senders[i].next - senders[i].base;
	return n;
}

/* Senders are spread evenly over the order of connecting; behind the idle clients, all others. */
void message_start(void)
{
	uint32_t heard = plan.kind == KIND_FAN ? plan.senders : 1;
	uint32_t *expect = load_memory((size_t)plan.clients * heard, sizeof *expect);
	size_t i;

	receivers = plan.kind == KIND_FAN ? plan.clients : 1;
	for (ring = 1; ring < plan.window; ring *= 2)
		;
	noise = load_memory(1, SLICES + plan.size);
	for (i = 0; i < SLICES + plan.size; i++)
		noise[i] = (uint8_t)(noise_next() >> 32);
	scratch = load_memory(1, plan.size);
	senders = load_memory(plan.senders, sizeof *senders);
	waiting = load_memory(plan.senders, sizeof *waiting);
	for (i = 0; i < plan.senders; i++) {
		size_t step = (plan.clients - plan.idle) / plan.senders;

		senders[i].client = &clients[plan.idle + i * step];
		senders[i].got = load_memory(ring, sizeof *senders[i].got);
	}
	for (i = plan.idle; i < plan.clients; i++)
		clients[i].expect = expect + i * heard;
}
