/* check.c: what must hold after every turn: the invariants of the design, and the books. */
#include "sim.h"

#include <string.h>

struct sums {
	size_t used, upgraded, pending, holders, live;
	uint64_t dropped, handed;
};

/* Where frame number seq begins in the ring. */
static uint64_t check_position(uint64_t seq)
{
	return seq < world.logged ? world.log[seq].pos : world.hub.ring.head;
}

static void check_ring(const struct conn *c, const struct client *of, int begun)
{
	const struct ring *r = &world.hub.ring;

	CHECK(c->cursor <= c->edge && c->edge <= r->head && r->head - c->cursor <= r->size,
	      "invariant 1: client %d: cursor %llu, edge %llu, head %llu", of->id,
	      (unsigned long long)c->cursor, (unsigned long long)c->edge,
	      (unsigned long long)r->head);
	CHECK(world.hub.low <= c->cursor, "invariant 1: client %d is below the lower bound",
	      of->id);
	CHECK(!begun || c->cursor == c->edge, "invariant 1: client %d: a piece inside a frame",
	      of->id);
	if (world.echo || !c->upgraded)
		return;
	CHECK(c->seq <= r->seq && check_position(c->seq) == c->edge,
	      "invariant 1: client %d: edge %llu is not where frame %llu begins", of->id,
	      (unsigned long long)c->edge, (unsigned long long)c->seq);
	if (c->state == CONN_OPEN)
		CHECK(of->whole + of->begun + c->dropped == c->seq - of->start,
		      "invariant 5: client %d: %llu delivered + %llu dropped, but %llu passed",
		      of->id,
		      (unsigned long long)(of->whole + of->begun), (unsigned long long)c->dropped,
		      (unsigned long long)(c->seq - of->start));
}

static void check_late(const struct client *of, const char *what, uint64_t since, uint64_t limit)
{
	uint64_t now = world.hub.now;

	CHECK(since <= now, "clock: client %d: %s began in %llu ms", of->id, what,
	      (unsigned long long)(since - now));
	CHECK(now - since < limit + (uint64_t)world.hub.tick_ms + 1100,
	      "clock: client %d: %s since %llu ms, limit %llu", of->id, what,
	      (unsigned long long)(now - since), (unsigned long long)limit);
}

static void check_times(const struct conn *c, const struct client *of)
{
	const struct config *f = &world.config;
	uint64_t closing = CONN_CLOSE_MS;

	if (world.draining && f->server_shutdown_timeout > closing)
		closing = f->server_shutdown_timeout;
	if (c->state == CONN_HANDSHAKE)
		check_late(of, "handshake", c->opened, f->server_handshake_timeout);
	if (c->state == CONN_CLOSING || c->state == CONN_LINGER)
		check_late(of, "closing", c->closed, closing);
	if (c->state != CONN_OPEN)
		return;
	if (c->waiting)
		check_late(of, "output waits", c->wrote, f->server_write_timeout);
	if (c->in)
		check_late(of, "message", c->in->since, input_room(c) ? CONN_MESSAGE_MS
		           : SIM_NEVER / 2);
	if (c->pinged && !c->waiting && input_room(c))
		check_late(of, "no pong", c->heard, f->server_pong_timeout);
}

static void check_conn(const struct conn *c, size_t i, struct sums *sums)
{
	struct client *of = oracle_client(c);
	int follows = c->state == CONN_OPEN || c->state == CONN_CLOSING, begun, want;
	uint32_t messages;
	size_t size;
	const char *wrong = view_output_check(c, &size, &messages, &begun);

	CHECK(c->live == i && c->hub == &world.hub, "hub: client %d is not in its place", of->id);
	CHECK(c->state >= CONN_HANDSHAKE && c->state <= CONN_LINGER, "hub: client %d in state %d",
	      of->id, c->state);
	CHECK(!wrong, "client %d: %s", of->id, wrong);
	CHECK((c->in || c->out) == c->holding, "holders: client %d", of->id);
	if (follows)
		check_ring(c, of, begun);
	if (follows && !c->blocked && !world.unflushed)
		CHECK(c->state == CONN_OPEN && !c->out && c->cursor == world.hub.ring.head,
		      "flush: client %d has output and nobody waits for room", of->id);
	if (c->state == CONN_OPEN && world.config.relay_slow_client == SLOW_DISCONNECT)
		CHECK(c->dropped == 0, "disconnect: client %d is open and lost messages", of->id);
	CHECK(c->state >= CONN_CLOSING || of->taken < of->poison_end,
	      "input: client %d did something illegal (%d) and goes on", of->id, of->code);
	want = (c->blocked ? LOOP_OUT : 0) | (!c->ended && input_room(c) > 0 ? LOOP_IN : 0);
	CHECK(c->want == want, "watch: client %d is watched for %d, not %d", of->id, c->want, want);
	sock_table[c->watch.fd].want = (uint8_t)(1 + want);
	check_times(c, of);
	sums->used += size + (c->in ? c->in->size : 0);
	sums->upgraded += c->upgraded;
	sums->pending += !c->upgraded;
	sums->holders += c->holding;
	sums->dropped += c->dropped;
}

static void check_holders(const struct hub *h, size_t count)
{
	const struct conn *c, *last = NULL;
	size_t n = 0;

	for (c = h->oldest; c && n <= count; c = c->newer, n++) {
		CHECK(c->older == last && c->holding, "holders: the list is broken");
		last = c;
	}
	CHECK(n == count && h->newest == last, "holders: %zu on the list, %zu hold memory", n,
	      count);
}

static void check_memory(const struct hub *h, const struct sums *s)
{
	size_t kept = view_budget_kept(&h->budget);

	CHECK(h->budget.used == s->used, "invariant 7: budget %zu, blocks %zu", h->budget.used,
	      s->used);
	CHECK(h->budget.kept == kept, "invariant 7: kept %zu, blocks %zu", h->budget.kept, kept);
	CHECK(s->used + kept <= h->budget.limit, "invariant 7: %zu used, %zu kept of %zu", s->used,
	      kept, h->budget.limit);
	CHECK(heap_live == world.memory_fixed + s->used + kept,
	      "memory: %zu allocated, %zu + %zu + %zu accounted for", heap_live, world.memory_fixed,
	      s->used, kept);
	CHECK(heap_live <= hub_memory(&world.config, NULL), "memory: %zu allocated, -t says %llu",
	      heap_live, (unsigned long long)hub_memory(&world.config, NULL));
}

static void check_books(const struct hub *h, const struct sums *s)
{
	const struct stats *t = &h->stats;

	CHECK(h->pending == s->pending, "gauge: pending %zu, not %zu", h->pending, s->pending);
	CHECK(t->connected == s->upgraded, "gauge: connected %llu, not %zu",
	      (unsigned long long)t->connected, s->upgraded);
	CHECK(t->connections - t->disconnections == t->connected, "gauge: %llu came, %llu went",
	      (unsigned long long)t->connections, (unsigned long long)t->disconnections);
	CHECK(t->connected <= world.config.server_max_connections, "gauge: over max_connections");
	CHECK(t->messages == world.logged - world.own, "count: %llu messages, not %zu",
	      (unsigned long long)t->messages, world.logged - world.own);
	CHECK(h->ring.seq == (world.echo ? 0 : world.logged), "count: the ring has %llu",
	      (unsigned long long)h->ring.seq);
	CHECK(t->bytes_in == world.bytes_in, "count: %llu bytes in, not %llu",
	      (unsigned long long)t->bytes_in, (unsigned long long)world.bytes_in);
	CHECK(t->bytes_out == world.bytes_out, "count: %llu bytes out, not %llu",
	      (unsigned long long)t->bytes_out, (unsigned long long)world.bytes_out);
	CHECK(t->dropped == world.dropped + s->dropped, "count: %llu dropped, not %llu",
	      (unsigned long long)t->dropped, (unsigned long long)(world.dropped + s->dropped));
	CHECK(world.echo || t->deliveries == s->handed, "count: %llu deliveries, not %llu",
	      (unsigned long long)t->deliveries, (unsigned long long)s->handed);
}

static void check_files(const struct hub *h, struct sums *s)
{
	size_t i, mine = 0, scrapers = 0;

	for (i = 0; i < world.count; i++) {
		const struct client *c = &world.clients[i];

		s->handed += c->whole + c->begun;
		mine += c->life == LIFE_ACCEPTED && !c->scraper;
		scrapers += c->life == LIFE_ACCEPTED && c->scraper;
	}
	CHECK(mine == h->live_count, "descriptors: %zu of clients, but %zu clients", mine,
	      h->live_count);
	CHECK(scrapers <= METRICS_CLIENTS_MAX, "descriptors: %zu scrapers", scrapers);
}

/* A turn that neither slept nor did anything may come, but not again and again. */
static void check_spin(void)
{
	static unsigned long before, idle;
	unsigned long now = world.progress + world.faked;

	idle = wait_slept || now != before ? 0 : idle + 1;
	before = now;
	wait_slept = 0;
	CHECK(idle < 8, "spin: %lu turns did nothing and did not sleep", idle);
}

void check_turn(void)
{
	struct hub *h = &world.hub;
	struct sums sums;
	size_t i;

	memset(&sums, 0, sizeof sums);
	oracle_scan();
	/* What app->close queues comes behind the flush: the next turn may not sleep. */
	world.unflushed = world.moody && (h->touched || h->dead || h->ring.head != h->flushed);
	CHECK(world.unflushed || (!h->dead && !h->touched), 
	      "hub: somebody is dead or touched behind the turn");
	for (i = 0; i < h->live_count; i++)
		check_conn(h->live[i], i, &sums);
	check_holders(h, sums.holders);
	check_files(h, &sums);
	check_memory(h, &sums);
	check_books(h, &sums);
	check_spin();
}

static int check_bystander(const struct client *c)
{
	size_t i;

	if (!c->conn || c->closing)
		return 1;
	if (c->ready < c->made || c->taken < c->ready || !c->ended || c->given != c->seen)
		return 0;
	if (!world.echo)
		return c->start + c->whole + c->conn->dropped == world.logged;
	for (i = c->next_echo; i < c->sents; i++)
		if (c->sent[i].kind == SENT_MESSAGE)
			return 0;
	return 1;
}

int check_settled(void)
{
	size_t i;

	for (i = 0; i < SIM_BYSTANDERS; i++)
		if (!check_bystander(&world.clients[i]))
			return 0;
	for (i = 0; i < world.count; i++)
		if (world.clients[i].life == LIFE_BACKLOG)
			return 0;
	return 1;
}

void check_quiet(void)
{
	size_t i, k;

	for (i = 0; i < world.count; i++)
		CHECK(world.clients[i].life != LIFE_BACKLOG, "accept: client %zu is not let in", i);
	for (i = 0; i < SIM_BYSTANDERS; i++) {
		const struct client *c = &world.clients[i];

		if (!c->conn || c->closing) {
			CHECK(!world.strict, "bystander %d is not there any more", c->id);
			continue;
		}
		CHECK(check_bystander(c), "bystander %d: %llu of %zu messages came (%zu of %zu "
		      "bytes sent, %zu read)", c->id, (unsigned long long)c->whole, world.logged,
		      c->ready, c->made, c->taken);
		for (k = 0; k < c->sents; k++)
			CHECK(c->sent[k].kind == SENT_PING || c->sent[k].log != SIM_NEVER,
			      "bystander %d: its message %zu was never relayed", c->id, k);
		while (k > c->next_pong)
			CHECK(c->sent[--k].kind != SENT_PING || c->bare_pings,
			      "bystander %d: its last ping got no pong", c->id);
	}
}

void check_end(void)
{
	CHECK(heap_blocks == 0, "end: %zu blocks of %zu bytes are not freed", heap_blocks,
	      heap_live);
	CHECK(sock_open_count() == 0, "end: %zu descriptors are open", sock_open_count());
}
