/* hub.c: a hub for tests, turned by hand, and the invariants that hold after each turn. */
#include "hub.h"
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { SETTLE_TURNS = 200000, SPANS = 4096 };

struct hub hub;
struct config hub_config;
unsigned hub_opened, hub_closed, hub_messages, hub_ticks, hub_broken;
int hub_admits, hub_close_queues;
void (*hub_message)(struct conn *c, int op, const void *data, size_t n);
void (*hub_open)(struct conn *c);
void (*hub_close)(struct conn *c);

static uint64_t ticked;         /* ms from the start to the last tick */
static uint8_t *open_now;       /* a flag for each slot: open() came, close() did not */

static void broken(const char *what)
{
	if (hub_broken++ < 20)
		printf("broken after a turn: %s\n", what);
}

/* ---- the application */

static int app_admit(struct conn *c, const struct http_req *q, const char *head)
{
	(void)c;
	(void)q;
	(void)head;
	return hub_admits;
}

static void app_open(struct conn *c)
{
	uint8_t *flag = &open_now[c - hub.slots];

	if (*flag)
		broken("open() twice");
	*flag = 1;
	hub_opened++;
	fake_forbid++;
	if (hub_open)
		hub_open(c);
	fake_forbid--;
}

static void app_message(struct conn *c, int op, const void *data, size_t n)
{
	size_t live = hub.live_count;

	if (!open_now[c - hub.slots])
		broken("message() without open()");
	hub_messages++;
	fake_forbid++;
	if (hub_message)
		hub_message(c, op, data, n);
	fake_forbid--;
	if (live != hub.live_count)
		broken("a client was freed inside a read");
}

static void app_close(struct conn *c)
{
	uint8_t *flag = &open_now[c - hub.slots];

	if (!*flag)
		broken("close() without open()");
	*flag = 0;
	hub_closed++;
	if (hub_close)
		hub_close(c);
}

/* Each tick goes on where the one before ended. */
static void app_tick(struct hub *h, uint64_t last, uint64_t now)
{
	if (h != &hub || last != ticked || now <= last)
		broken("tick() leaves out some time, or counts it twice");
	ticked = now;
	hub_ticks++;
}

static const struct app app = {
	.name = "test", .admit = app_admit, .open = app_open, .message = app_message,
	.close = app_close, .tick = app_tick
};

void hub_relay(struct conn *c, int op, const void *data, size_t n)
{
	hub_broadcast(conn_hub(c), op, data, n);
}

void hub_echo(struct conn *c, int op, const void *data, size_t n)
{
	conn_send(c, op, data, n);
}

/* ---- start, turns, end */

void hub_defaults(void)
{
	memset(&hub_config, 0, sizeof hub_config);
	hub_config.server_max_connections = 16;
	hub_config.server_max_message_size = 4096;
	hub_config.server_handshake_timeout = 10000;
	hub_config.server_pong_timeout = 60000;
	hub_config.server_write_timeout = 10000;
	hub_config.server_shutdown_timeout = 10000;
	hub_config.relay_slow_client = SLOW_DISCONNECT;
	hub_config.memory_input = 16384;
	hub_config.memory_ring = 65536;
	hub_config.memory_budget = 1 << 20;
	hub_config.log_level = LOG_LEVEL_ERROR;
}

void hub_begin(void)
{
	log_start(&hub_config);
	if (hub_start(&hub, &hub_config, &app)) {
		perror("hub_start");
		exit(2);
	}
	open_now = calloc(hub.slots_max, 1);
	hub_opened = hub_closed = hub_messages = hub_ticks = 0;
	ticked = 0;
	hub_admits = hub_close_queues = 0;
	hub_message = hub_relay;
	hub_open = hub_close = NULL;
}

void hub_finish(void)
{
	hub_stop(&hub);
	if (hub_opened != hub_closed)
		broken("open() and close() differ in number");
	free(open_now);
	open_now = NULL;
}

void hub_once(void)
{
	hub_turn(&hub);
	hub_check(&hub);
}

void hub_settle(void)
{
	unsigned idle = fake_idle;
	int n = 0;

	fake_until = fake_clock;
	while (idle == fake_idle && n++ < SETTLE_TURNS)
		hub_once();
	if (idle == fake_idle)
		broken("the hub never rests");
}

void hub_run(uint64_t ms)
{
	int n = 0;

	fake_until = fake_clock + ms * 1000;
	while (fake_clock < fake_until && n++ < SETTLE_TURNS)
		hub_once();
	if (fake_clock < fake_until)
		broken("the hub never sleeps");
	hub_settle();
}

/* ---- invariants */

/* The block's size is the first thing in it; the rest of struct out is output.c's own. */
static uint32_t block_size(const struct out *o)
{
	uint32_t size;

	memcpy(&size, o, sizeof size);
	return size;
}

/* The cursor is inside what the ring holds; from the edge on there are whole frames up to the
 * head, and as many as seq says. */
static void check_position(const struct hub *h, const struct conn *c)
{
	const struct ring *r = &h->ring;
	uint64_t pos = c->edge, seq = c->seq;

	if (c->cursor > c->edge || c->edge > r->head || r->head - c->cursor > r->size) {
		broken("cursor or edge is outside the ring");
		return;
	}
	while (pos < r->head && seq < r->seq) {
		pos = ring_next(r, pos);
		seq++;
	}
	if (pos != r->head || seq != r->seq)
		broken("edge is no frame's boundary, or seq is not its number");
	if (c->cursor < h->low)
		broken("a cursor is below hub.low");
}

/* What is to be handed over is all of the ring from the cursor to the end and all private. */
static void check_output(const struct hub *h, const struct conn *c)
{
	static struct iovec spans[SPANS];
	size_t total, sum = 0;
	int i, n = output_gather(c, spans, SPANS, &total);

	for (i = 0; i < n; i++)
		sum += spans[i].iov_len;
	if (sum != total || total < output_len(c))
		broken("output_gather's sum is wrong");
	if (c->state == CONN_OPEN && total < CONN_SEND_MAX &&
	    total != output_len(c) + (size_t)(h->ring.head - c->cursor))
		broken("output_gather leaves out something");
	if (!hub_close_queues && (total > 0) != (c->waiting != 0))
		broken("output waits without the write clock, or the clock without output");
	if (c->waiting && !c->blocked)
		broken("output waits and nobody will send it");
}

static void check_client(const struct hub *h, const struct conn *c)
{
	int reads = (c->want & LOOP_IN) != 0;

	if (hub_close_queues && (c->touched || c->state == CONN_DEAD))
		return;
	if (c->state == CONN_FREE || c->state == CONN_DEAD)
		broken("a dead client is left");
	if (c->touched)
		broken("a touched client is left");
	if (c->holding != (c->in || c->out))
		broken("holding is wrong");
	if (c->blocked != ((c->want & LOOP_OUT) != 0))
		broken("LOOP_OUT is watched for nothing, or not watched");
	if (reads != (!c->ended && input_room(c) > 0))
		broken("LOOP_IN is watched for nothing, or not watched");
	if (!reads && !c->waiting)
		broken("a client is not read and no clock runs");
	if (c->in && (c->state > CONN_OPEN || c->in->have > c->in->size))
		broken("input is kept that nobody wants");
	if (conn_follows(c)) {
		check_position(h, c);
		check_output(h, c);
	} else if (c->out) {
		broken("private output of one that takes none");
	}
}

/* The budget is the sum of the blocks; the holders are on one list. */
static void check_memory(const struct hub *h)
{
	const struct conn *c, *before = NULL;
	size_t i, sum = 0, holders = 0, listed = 0;

	for (i = 0; i < h->live_count; i++) {
		size_t held;

		c = h->live[i];
		held = (c->in ? c->in->size : 0) + (c->out ? block_size(c->out) : 0);
		if (held != c->held)
			broken("a client's share of the budget is not its blocks");
		sum += held;
		holders += c->holding;
	}
	if (sum != h->budget.used)
		broken("the budget in use is not the sum of the blocks");
	if (h->budget.used > h->budget.limit || h->budget.kept > h->budget.limit - h->budget.used)
		broken("more than the budget is in use");
	for (c = h->oldest; c && listed <= h->live_count; c = c->newer) {
		if (!c->holding || c->older != before)
			broken("the list of holders is wrong");
		before = c;
		listed++;
	}
	if (listed != holders || h->newest != before)
		broken("the list of holders is not all of them");
}

unsigned hub_check(struct hub *h)
{
	unsigned before = hub_broken;
	size_t i, upgraded = 0, unused = 0;
	const struct conn *c;

	for (i = 0; i < h->live_count; i++) {
		c = h->live[i];
		if (c->live != i)
			broken("the table of live clients is wrong");
		check_client(h, c);
		upgraded += c->upgraded;
	}
	check_memory(h);
	if (h->stats.connected != upgraded || h->pending != h->live_count - upgraded)
		broken("connected or pending is wrong");
	if (h->stats.connections - h->stats.disconnections != upgraded)
		broken("connections less disconnections is not connected");
	for (c = h->unused; c && unused <= h->slots_max; c = c->next_dead)
		unused++;
	if (unused + h->live_count != h->slots_used)
		broken("a slot is lost");
	if (!hub_close_queues && (h->dead || h->touched))
		broken("a list of this turn is not empty");
	if (fake_forbidden)
		broken("something was sent inside a callback");
	fake_forbidden = 0;
	return hub_broken - before;
}
