/* hub.c: all clients: the turn, the broadcast, room in the ring, the sweep. */
#include "core.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Two listeners may each push out a pending client per accept before the sweep frees its slot. */
enum { HUB_SPARE = 2 * NET_ACCEPTS_A_TURN };

static size_t hub_slots(const struct config *config)
{
	return (size_t)config->server_max_connections + HUB_PENDING_MAX + HUB_SPARE;
}

size_t hub_watches(const struct config *config)
{
	return hub_slots(config) + HUB_OTHER_WATCHES;
}

static uint64_t hub_part(FILE *out, const char *what, uint64_t bytes)
{
	if (out && bytes)
		fprintf(out, "  %-21s %12" PRIu64 " bytes\n", what, bytes);
	return bytes;
}

uint64_t hub_memory(const struct config *config, FILE *out)
{
	size_t client = sizeof(struct conn) + sizeof(struct conn *) + loop_watch_size();
	uint64_t sum = hub_part(out, "input buffer", config->memory_input);

	sum += hub_part(out, "ring", config->memory_ring);
	sum += hub_part(out, "waiting in and output", config->memory_budget);
	sum += hub_part(out, "table of clients", hub_watches(config) * client);
	sum += hub_part(out, "metrics", metrics_memory(config));
	sum += hub_part(out, "TLS", tls_memory(config, hub_watches(config)));
	return hub_part(out, "sum", sum);
}

/* Deadlines are looked at each second; more often when one of them is short. */
static int hub_tick_ms(const struct config *f)
{
	const uint32_t times[] = {
		f->server_handshake_timeout, f->server_ping_interval, f->server_pong_timeout,
		f->server_write_timeout, f->server_shutdown_timeout
	};
	int tick = HUB_TICK_MS;
	size_t i;

	for (i = 0; i < sizeof times / sizeof *times; i++)
		if (times[i] > 0 && times[i] < 2 * HUB_TICK_MS)
			tick = HUB_TICK_SHORT_MS;
	return tick;
}

int hub_start(struct hub *h, const struct config *config, const struct app *app)
{
	size_t share = config->memory_ring / 4, two = 2 * (size_t)config->server_max_message_size;
	size_t private = config->memory_budget / 4;
	uint8_t *ring = malloc(config->memory_ring);

	memset(h, 0, sizeof *h);
	h->config = config;
	h->app = app;
	h->input_max = config->memory_input < share ? config->memory_input : share;
	h->slice = HUB_SLICE_MAX < share ? HUB_SLICE_MAX : share;
	/* Rounded up to what a block's pieces are aligned to. */
	private = private < OUTPUT_MAX ? private : OUTPUT_MAX;
	h->output_max = ((two > private ? two : private) + 63) / 64 * 64;
	h->slots_max = hub_slots(config);
	h->input_block = malloc(INPUT_TAIL_MAX + h->input_max);
	h->slots = calloc(h->slots_max, sizeof *h->slots);
	h->live = calloc(h->slots_max, sizeof(struct conn *));
	ring_start(&h->ring, ring, config->memory_ring);
	budget_start(&h->budget, config->memory_budget);
	if (!ring || !h->input_block || !h->slots || !h->live || loop_start(hub_watches(config))) {
		hub_stop(h);
		return -1;
	}
	h->input = h->input_block + INPUT_TAIL_MAX;
	h->now = h->ticked = h->started = loop_now();
	h->tick_ms = hub_tick_ms(config);
	h->tick_at = h->now + (uint64_t)h->tick_ms;
	h->ping_number = (uint32_t)loop_micros();
	h->ping_at = h->now + config->server_ping_interval;
	return 0;
}

/* ---- clients come and go */

/* The client that is longest on its way to 101, or was refused longest ago. */
static struct conn *hub_oldest_pending(const struct hub *h)
{
	struct conn *oldest = NULL;
	size_t i;

	for (i = 0; i < h->live_count; i++) {
		struct conn *c = h->live[i];

		if (!c->upgraded && c->state != CONN_DEAD && (!oldest || c->opened < oldest->opened))
			oldest = c;
	}
	return oldest;
}

struct conn *hub_slot(struct hub *h)
{
	struct conn *c;

	if (h->pending >= HUB_PENDING_MAX && (c = hub_oldest_pending(h)))
		conn_push_out(c);
	c = h->unused;
	if (c)
		h->unused = c->next_dead;
	else if (h->slots_used < h->slots_max)
		c = &h->slots[h->slots_used++];
	else
		return NULL;
	memset(c, 0, sizeof *c);
	c->live = (uint32_t)h->live_count;
	h->live[h->live_count++] = c;
	h->pending++;
	return c;
}

static void hub_leave(struct hub *h, struct conn *c)
{
	struct conn *last = h->live[--h->live_count];

	h->live[c->live] = last;
	last->live = c->live;
	conn_free(c);
	c->next_dead = h->unused;
	h->unused = c;
}

/* Who is killed by an application's close() stays for the next sweep: it may be on the list of the
 * next flush. */
static void hub_sweep(struct hub *h)
{
	struct conn *dead = h->dead;

	h->dead = NULL;
	while (dead) {
		struct conn *c = dead;

		dead = c->next_dead;
		hub_leave(h, c);
	}
}

void hub_stop(struct hub *h)
{
	while (h->live_count > 0) {
		conn_kill(h->live[h->live_count - 1], REASON_SHUTDOWN, "shutting down", 1);
		h->touched = NULL;
		hub_sweep(h);
	}
	budget_stop(&h->budget);
	free(h->ring.buf);
	free(h->input_block);
	free(h->slots);
	free(h->live);
	memset(h, 0, sizeof *h);
	loop_stop();
}

/* ---- output */

void hub_touch(struct conn *c)
{
	if (c->touched)
		return;
	c->touched = 1;
	c->next_touched = c->hub->touched;
	c->hub->touched = c;
}

static void hub_late(struct conn *c)
{
	char text[PEER_TEXT];
	int stays = c->state == CONN_OPEN && c->hub->config->relay_slow_client == SLOW_DROP;

	if (!stays)
		conn_end(c, REASON_SLOW, "too slow");
	if (conn_follows(c))
		conn_cut(c);
	if (stays)
		log_line(LOG_PEER + LOG_LEVEL_WARN, "Slow: %s (%" PRIu64 " messages dropped so far)",
		         net_peer_text(&c->peer, text), c->dropped);
}

/* Makes room for n more bytes before they overwrite what somebody still has to get. Looks a
 * sixteenth of the ring ahead, so that the clients are gone through once in that many bytes. */
static void hub_room(struct hub *h, size_t n)
{
	const struct ring *r = &h->ring;
	size_t i, reach = n > r->size / 16 ? n : r->size / 16;

	h->low = r->head;
	for (i = 0; i < h->live_count; i++) {
		struct conn *c = h->live[i];

		if (conn_follows(c) && r->head + reach - c->cursor > r->size)
			hub_late(c);
		if (conn_follows(c) && c->cursor < h->low)
			h->low = c->cursor;
	}
}

void hub_broadcast(struct hub *h, int op, const void *data, size_t n)
{
	size_t most = n + FRAME_OUT_HEAD_MAX;

	assert(n <= h->config->server_max_message_size);
	if (h->ring.head + most - h->low > h->ring.size)
		hub_room(h, most);
	h->unsent += ring_append(&h->ring, op, data, n);
}

/* Hands over what waits, for all when the ring moved, else for those who were touched. */
static void hub_flush(struct hub *h)
{
	struct ring *r = &h->ring;
	int behind = 0;
	size_t i;

	if (r->head != h->flushed) {
		for (i = 0; i < h->live_count; i++) {
			struct conn *c = h->live[i];

			if (conn_follows(c))
				conn_flush(c);
			if (conn_follows(c) && c->cursor != r->head)
				behind = 1;
		}
		h->flushed = r->head;
		if (!behind)
			ring_restart(r);
	}
	while (h->touched) {
		struct conn *c = h->touched;

		h->touched = c->next_touched;
		c->touched = 0;
		/* Before 101 a handshake of TLS may wait. */
		if (conn_follows(c) || c->state == CONN_HANDSHAKE)
			conn_flush(c);
	}
	h->unsent = 0;
}

/* ---- time */

static void hub_tick(struct hub *h)
{
	uint64_t last = h->ticked, passed = h->now - last;
	size_t i;

	if (h->now < h->tick_at)
		return;
	h->ticked = h->now;
	h->tick_at = h->now + (uint64_t)h->tick_ms;
	for (i = 0; i < h->live_count; i++)
		conn_tick(h->live[i], passed);
	if (h->app->tick)
		h->app->tick(h, last - h->started, h->now - h->started);
	metrics_tick(h->now);
	log_tick();
}

/* Pings all clients in one go, so that the pongs come back together: a poll() that wakes for one
 * client costs as much as one for all. From the last on: the sweep moves only clients behind. */
static void hub_ping(struct hub *h)
{
	int n = HUB_PINGS_A_TURN;

	if (h->config->server_ping_interval && h->now >= h->ping_at) {
		h->ping_at = h->now + h->config->server_ping_interval;
		h->ping_left = h->live_count;
		h->ping_number++;
	}
	if (h->ping_left > h->live_count)
		h->ping_left = h->live_count;
	while (h->ping_left > 0 && n-- > 0)
		conn_ping(h->live[--h->ping_left]);
}

/* How long the next wait may be. */
static int hub_wait(struct hub *h)
{
	uint64_t now = loop_now(), next = h->tick_at;

	if (h->config->server_ping_interval && h->ping_at < next)
		next = h->ping_at;
	if (h->drain_until && h->drain_until < next)
		next = h->drain_until;
	/* Pings to go on with, or what an application's close() queued or killed. */
	if (h->ping_left > 0 || h->touched || h->dead || h->ring.head != h->flushed || next <= now)
		return net_tick(now, 0);
	return net_tick(now, (int)(next - now));
}

void hub_turn(struct hub *h)
{
	struct watch *w;
	uint64_t begun, took;
	int events;

	loop_wait(hub_wait(h));
	begun = loop_micros();
	h->now = loop_now();
	h->turn++;
	while ((w = loop_next(&events))) {
		w->ready(w, events);
		if (h->unsent >= h->slice)
			hub_flush(h);
		if (loop_micros() - begun >= HUB_TURN_MS * 1000)
			break;
	}
	hub_tick(h);
	hub_ping(h);
	hub_flush(h);
	hub_sweep(h);
	took = loop_micros() - begun;
	if (took > h->longest_turn)
		h->longest_turn = took;
}

void hub_drain(struct hub *h)
{
	size_t i;

	h->drain_until = h->now + h->config->server_shutdown_timeout + 1;
	for (i = 0; i < h->live_count; i++)
		conn_end(h->live[i], REASON_SHUTDOWN, "shutting down");
	hub_flush(h);
}

int hub_drained(const struct hub *h)
{
	return h->drain_until && (h->live_count == 0 || h->now >= h->drain_until);
}

const struct config *hub_settings(const struct hub *h)
{
	return h->config;
}

const struct stats *hub_stats(const struct hub *h)
{
	return &h->stats;
}

void hub_gauges(struct hub *h)
{
	uint64_t low = h->ring.head;
	size_t i;

	for (i = 0; i < h->live_count; i++)
		if (conn_follows(h->live[i]) && h->live[i]->cursor < low)
			low = h->live[i]->cursor;
	h->stats.ring_used = h->ring.head - low;
	h->stats.ring_size = h->ring.size;
	h->stats.budget_used = h->budget.used;
	h->stats.budget_size = h->budget.limit;
}
