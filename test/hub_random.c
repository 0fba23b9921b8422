/* hub_random.c: clients that come, send, stall, read and go at random, against a list of what
 * each is to get; every seed is another course of events. */
#include "client.h"
#include "fake.h"
#include "test.h"

#include <sys/socket.h>

enum { CLIENTS = 7, EVENTS = 20000, STEPS = 250, LONGEST = 3000 };

/* What was broadcast or sent to one, in order. */
static struct event {
	uint32_t n;
	uint8_t op;
	int8_t to;              /* index of a client, or -1: all */
} events[EVENTS];
static uint32_t count;

static struct party {
	struct client end;
	uint32_t first, next;   /* its events begin here; all before next are accounted for */
	uint32_t last;          /* and end here, EVENTS: not yet */
	uint64_t got, skipped;  /* broadcasts */
	uint32_t pings, ponged;
	int alive, clean;       /* clean: it was told to close by nobody */
	uint8_t script[2 * LONGEST + 400];
	size_t len, sent;       /* of a script half sent */
} who[CLIENTS];

static uint32_t seed;

static uint32_t rnd(uint32_t n)
{
	return fake_random(&seed, n);
}

/* The content of event i: its number, then filler made of it. */
static void content(uint8_t *out, uint32_t i, size_t n)
{
	uint8_t number[4];
	size_t k;

	for (k = 0; k < 4; k++)
		number[k] = (uint8_t)(i >> (8 * (3 - k)));
	for (k = 0; k < n; k++)
		out[k] = k < 4 ? number[k] : (uint8_t)(i * 31 + k);
}

static int party_of(const struct conn *c)
{
	int i;

	for (i = 0; i < CLIENTS; i++)
		if (who[i].alive && who[i].end.conn == c)
			return i;
	return -1;
}

static void event_add(int op, size_t n, int to)
{
	events[count].op = (uint8_t)op;
	events[count].n = (uint32_t)n;
	events[count].to = (int8_t)to;
	count++;
}

/* Each message makes a broadcast; now and then private ones before and behind it. */
static void message(struct conn *c, int op, const void *data, size_t n)
{
	uint8_t text[LONGEST];
	int to = (int)rnd(CLIENTS), me = party_of(c);

	(void)data;
	CHECK(me >= 0, "a message of nobody");
	if (count + 4 > EVENTS)
		return;
	if (rnd(3) == 0 && who[to].alive && who[to].end.conn->state == CONN_OPEN) {
		size_t k = 4 + rnd(200);

		content(text, count, k);
		if (conn_send(who[to].end.conn, OP_TEXT, text, k))
			event_add(OP_TEXT, k, to);
	}
	content(text, count, n);
	event_add(op, n, -1);
	hub_broadcast(&hub, op, text, n);
	if (rnd(5) == 0) {
		content(text, count, 9);
		if (conn_send(c, OP_BINARY, text, 9))
			event_add(OP_BINARY, 9, me);
	}
	if (rnd(100) == 0 && c->state == CONN_OPEN) {
		who[me].clean = 0;
		conn_close(c, 4000 + (int)rnd(999), "at random");
	}
}

static void closed(struct conn *c)
{
	int i = party_of(c);

	if (i >= 0)
		who[i].alive = 0;
}

/* ---- what came, against the list */

static int mine(const struct party *p, const struct event *e)
{
	return e->to < 0 || e->to == p - who;
}

static void party_pong(struct party *p, const struct message *m)
{
	uint32_t n = m->n == 4 ? (uint32_t)m->data[0] << 8 | m->data[1] : 0;

	CHECK(m->n == 4 && n > p->ponged && n <= p->pings, "pong %u after %u", n, p->ponged);
	p->ponged = n;
}

/* A data frame is the next event of this client; broadcasts before it may be missing, private ones
 * never. */
static void party_frame(struct party *p, const struct message *m)
{
	uint8_t want[LONGEST];
	uint32_t i = 0;
	size_t k;

	if (m->n < 4) {
		CHECK(0, "a frame of %zu bytes", m->n);
		return;
	}
	for (k = 0; k < 4; k++)
		i = i << 8 | m->data[k];
	CHECK(i >= p->next && i < count, "event %u when %u is next", i, p->next);
	for (; p->next < i; p->next++) {
		if (!mine(p, &events[p->next]))
			continue;
		CHECK(events[p->next].to < 0, "private event %u is missing", p->next);
		p->skipped++;
	}
	if (i >= count)
		return;
	/* Behind a disconnect's cut come private messages and the close only. */
	CHECK(hub_config.relay_slow_client == SLOW_DROP || !p->skipped || events[i].to >= 0,
	      "event %u behind a gap", i);
	content(want, i, events[i].n);
	CHECK(mine(p, &events[i]) && m->op == events[i].op && m->n == events[i].n &&
	      !memcmp(m->data, want, m->n), "event %u is wrong", i);
	p->got += events[i].to < 0;
	p->next = i + 1;
}

static void party_read(struct party *p)
{
	struct message m;

	if (p->end.fd < 0)
		return;
	client_read(&p->end);
	while (test_failed < 50 && client_next(&p->end, &m)) {
		if (m.op == OP_PONG)
			party_pong(p, &m);
		else if (m.op != OP_CLOSE)
			party_frame(p, &m);
	}
	CHECK(!p->end.wrong, "not a stream of frames");
}

/* ---- steps */

static void party_join(struct party *p)
{
	int before;

	hub_settle();
	client_free(&p->end);
	memset(p, 0, sizeof *p);
	p->clean = 1;
	client_open(&p->end);
	/* Who had this slot went before 101. */
	p->alive = 0;
	before = party_of(p->end.conn);
	if (before >= 0)
		who[before].alive = 0;
	p->alive = 1;
	p->end.mask = seed;
	p->len = strlen(client_request);
	memcpy(p->script, client_request, p->len);
	p->first = p->next = UINT32_MAX;
	p->last = EVENTS;
}

static void opened(struct conn *c)
{
	int i = party_of(c);

	who[i].first = who[i].next = count;
}

static void party_script(struct party *p)
{
	uint8_t text[LONGEST] = { 0 }, ping[4] = { 0 };
	size_t n = 4 + (rnd(6) ? rnd(300) : rnd(LONGEST - 4)), cut = rnd((uint32_t)n + 1);
	int pinged = rnd(4) == 0;

	p->len = p->sent = 0;
	if (rnd(60) == 0) {
		p->clean = 0;
		p->len = client_frame(&p->end, p->script, OP_CLOSE, 1, "\x0f\xa0", 2);
	} else if (rnd(2)) {
		p->len = client_frame(&p->end, p->script, OP_BINARY, 1, text, n);
	} else {
		p->len = client_frame(&p->end, p->script, OP_TEXT, 0, text, cut);
		if (pinged) {
			p->pings++;
			ping[0] = (uint8_t)(p->pings >> 8);
			ping[1] = (uint8_t)p->pings;
			p->len += client_frame(&p->end, p->script + p->len, OP_PING, 1, ping, 4);
		}
		p->len += client_frame(&p->end, p->script + p->len, OP_CONTINUATION, 1, text,
		                       n - cut);
	}
}

static void party_send(struct party *p)
{
	size_t n;
	ssize_t k;

	if (p->end.fd < 0)
		return;
	if (p->sent == p->len)
		party_script(p);
	n = rnd(3) ? p->len - p->sent : rnd((uint32_t)(p->len - p->sent) + 1);
	k = sendto(p->end.fd, p->script + p->sent, n, MSG_NOSIGNAL, NULL, 0);
	p->sent += k > 0 ? (size_t)k : 0;
}

/* Nothing holds its end up, so that the hub is rid of it before the party comes again. */
static void party_leave(struct party *p)
{
	if (p->alive)
		fake_release(p->end.peer_fd);
	client_leave(&p->end, p->alive && rnd(2));
}

static void step(void)
{
	struct party *p = &who[rnd(CLIENTS)];

	switch (rnd(12)) {
	case 0:
		if (p->end.fd < 0 || (p->end.end && !p->alive))
			party_join(p);
		break;
	case 1:
		if (p->end.fd >= 0 && p->alive)
			fake_hold(p->end.peer_fd, rnd(2) ? rnd(400) : rnd(6000));
		break;
	case 2:
		if (p->end.fd >= 0 && p->alive)
			fake_release(p->end.peer_fd);
		break;
	case 3:
		if (p->end.fd >= 0 && rnd(12) == 0)
			party_leave(p);
		break;
	case 4: case 5:
		party_read(p);
		break;
	case 6:
		hub_once();
		break;
	default:
		party_send(p);
	}
}

static void finish(struct party *p)
{
	uint32_t i;

	if (p->end.fd < 0 || p->first == UINT32_MAX)
		return;
	party_read(p);
	if (!p->alive || p->end.closed || p->end.end)
		return;
	for (i = p->next; i < count; i++)
		p->skipped += (unsigned)mine(p, &events[i]);
	CHECK(p->skipped == p->end.conn->dropped, "%" PRIu64 " missing, %" PRIu64 " counted",
	      p->skipped, p->end.conn->dropped);
	CHECK(client_quiet(&p->end), "half a frame at the end");
}

static void run(uint32_t s)
{
	size_t i, k, came, before = 0;

	seed = s;
	hub_defaults();
	hub_config.relay_slow_client = s & 1 ? SLOW_DROP : SLOW_DISCONNECT;
	hub_config.server_max_message_size = LONGEST;
	hub_config.memory_ring = s & 2 ? 16384 : 3 * (LONGEST + 14);
	hub_config.memory_budget = s & 4 ? 1 << 20 : 1 << 16;
	hub_begin();
	hub_message = message;
	hub_open = opened;
	hub_close = closed;
	count = 0;
	fake_short = s & 8 ? s : 0;
	for (i = 0; i < CLIENTS; i++)
		party_join(&who[i]);
	for (k = 0; k < STEPS * (1 + rnd(8)) && test_failed < 50; k++)
		step();
	fake_short = 0;
	for (i = 0; i < CLIENTS; i++)
		if (who[i].end.fd >= 0 && who[i].alive)
			fake_release(who[i].end.peer_fd);
	do {
		hub_settle();
		for (came = 0, i = 0; i < CLIENTS; i++) {
			party_read(&who[i]);
			came += who[i].end.came;
		}
	} while (came != before && (before = came, 1));
	for (i = 0; i < CLIENTS; i++)
		finish(&who[i]);
	for (i = 0; i < CLIENTS; i++) {
		client_leave(&who[i].end, 0);
		client_free(&who[i].end);
	}
	hub_settle();
	CHECK(hub.live_count == 0 && hub.budget.used == 0, "seed %u: %zu left", s, hub.live_count);
	hub_finish();
}

int main(int argc, char **argv)
{
	uint32_t s, first = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1;
	uint32_t last = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : argc > 1 ? first : 300;
	size_t i;

	for (i = 0; i < CLIENTS; i++)
		who[i].end.fd = -1;
	for (s = first; s <= last && test_failed < 50; s++) {
		unsigned before = hub_broken + (unsigned)test_failed;

		run(s);
		if (before != hub_broken + (unsigned)test_failed)
			printf("seed %u\n", s);
	}
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
