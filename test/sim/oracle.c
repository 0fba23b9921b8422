/* oracle.c: an application around the real one that knows what must come out, in which order. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

enum { APPLICATION_CODE = 4401 };

static const struct app *real;
static struct app around;

const struct app *oracle_app = &around;

struct client *oracle_client(const struct conn *conn)
{
	int fd = conn->watch.fd;

	CHECK(fd >= 0 && fd < SIM_FDS && sock_table[fd].kind == FD_CLIENT,
	      "a client of the hub has descriptor %d", fd);
	return sock_table[fd].client;
}

/* Reasons for which this client may go. NULL: it may. */
static const char *oracle_wrong(const struct client *c, const struct conn *conn)
{
	int excused = c->bystander && !c->gone && !c->rst && !c->fin;

	switch (conn->reason) {
	case REASON_PEER:
		return c->close_at && c->taken >= c->close_at ? NULL : "it sent no close frame";
	case REASON_LOST:
		return c->fin || c->rst ? NULL : "it is not lost";
	case REASON_PROTOCOL:
	case REASON_BAD_DATA:
	case REASON_TOO_BIG:
		return c->taken > c->poison ? NULL : "it did nothing illegal";
	case REASON_POLICY:
		return c->bystander ? "its messages came in time" : NULL;
	case REASON_TIMEOUT:
		return excused ? "it answers and reads all" : NULL;
	case REASON_SLOW:
		return excused && world.strict ? "it reads all at once" : NULL;
	case REASON_MEMORY:
		return excused && world.strict ? "memory is not short"
		     : !world.tight && !world.heap_faults && !world.slow_echo
		     ? "memory is not short" : NULL;
	case REASON_SHUTDOWN:
		return world.draining || world.phase >= PHASE_END ? NULL : "nothing is shut down";
	default:
		return world.moody && !c->bystander ? NULL : "the application closes nobody";
	}
}

/* Where in the ring each close stands: between what was there when the client was last seen open,
 * and what is there now. */
void oracle_scan(void)
{
	struct hub *h = &world.hub;
	size_t i;

	for (i = 0; i < h->live_count; i++) {
		const struct conn *conn = h->live[i];
		struct client *c = sock_table[conn->watch.fd].client;

		if (!c->opened || c->closing)
			continue;
		if (conn->state == CONN_OPEN) {
			c->floor = h->ring.seq;
			c->dropped_then = conn->dropped;
		} else {
			const char *wrong = oracle_wrong(c, conn);

			c->ceiling = h->ring.seq;
			c->closing = 1;
			CHECK(!wrong, "client %d is closed: %s, but %s", c->id, conn->why, wrong);
		}
	}
}

static int oracle_admit(struct conn *conn, const struct http_req *q, const char *head)
{
	struct client *c = oracle_client(conn);

	if (!world.moody || c->bystander || !rnd_chance(50))
		return real->admit ? real->admit(conn, q, head) : 0;
	c->poison = 0;
	c->code = c->code_too = 401;
	return 401;
}

static void oracle_open(struct conn *conn)
{
	struct client *c = oracle_client(conn);

	CHECK(!c->opened, "app->open comes twice for client %d", c->id);
	c->opened = 1;
	c->conn = conn;
	c->start = c->floor = conn->hub->ring.seq;
	TRACE("client %d is open", c->id);
	if (real->open)
		real->open(conn);
}

static void oracle_log(int op, size_t at, size_t n)
{
	struct logged *l;

	if (world.logged == world.log_room) {
		world.log_room = world.log_room ? 2 * world.log_room : 256;
		world.log = realloc(world.log, world.log_room * sizeof *world.log);
		if (!world.log)
			main_fail("the simulator itself is out of memory");
	}
	l = &world.log[world.logged++];
	l->op = (uint8_t)op;
	l->at = at;
	l->len = (uint32_t)n;
	l->pos = world.hub.ring.head;
}

static void oracle_closed(struct conn *conn)
{
	struct client *c = oracle_client(conn);

	oracle_scan();
	CHECK(c->opened, "app->close comes without app->open for client %d", c->id);
	CHECK(!c->left, "app->close comes twice for client %d", c->id);
	c->left = 1;
	c->conn = NULL;
	world.dropped += conn->dropped;
	if (real->close)
		real->close(conn);
	if (world.moody && !world.echo && world.phase < PHASE_END && rnd_chance(500)) {
		world.own++;
		oracle_log(OP_TEXT, world_store("left", 4), 4);
		hub_broadcast(conn_hub(conn), OP_TEXT, "left", 4);
	}
}

static void oracle_message(struct conn *conn, int op, const void *data, size_t n)
{
	struct client *c = oracle_client(conn);
	struct sent *s;

	oracle_scan();
	while (c->next_message < c->sents && c->sent[c->next_message].kind == SENT_PING)
		c->next_message++;
	CHECK(c->next_message < c->sents, "input: client %d sent no such message", c->id);
	s = &c->sent[c->next_message++];
	CHECK(c->opened && !c->left, "input: a message of client %d, which is not open", c->id);
	CHECK(s->end <= c->taken, "input: a message of client %d before it is whole", c->id);
	CHECK(!c->close_at || s->end <= c->close_at, "input: a message behind its close frame");
	CHECK(s->op == op && s->len == n && !memcmp(world.store + s->at, data, n),
	      "input: client %d sent another message: op %d of %lu bytes, not op %d of %zu", c->id,
	      s->op, (unsigned long)s->len, op, n);
	s->log = world.logged;
	TRACE("message %zu: client %d, %zu bytes", world.logged, c->id, n);
	oracle_log(op, s->at, n);
	real->message(conn, op, data, n);
	if (world.moody && !c->bystander && rnd_chance(20))
		conn_close(conn, APPLICATION_CODE, "the application's mood");
}

void oracle_start(const struct app *app)
{
	real = app;
	around = *app;
	around.admit = oracle_admit;
	around.open = oracle_open;
	around.close = oracle_closed;
	around.message = oracle_message;
}

/* ---- what must come out */

static int oracle_next_echo(struct client *c)
{
	struct stream *in = &c->in;
	const struct sent *s;

	while (c->next_echo < c->sents && c->sent[c->next_echo].kind == SENT_PING)
		c->next_echo++;
	if (c->next_echo >= c->next_message)
		return -1;
	s = &c->sent[c->next_echo++];
	in->want_at = s->at;
	in->want_len = s->len;
	in->want_op = s->op;
	return 0;
}

/* The number of the message that it gets next. */
static uint64_t oracle_place(const struct client *c)
{
	return c->start + c->whole + (c->conn ? c->conn->dropped : 0);
}

int oracle_next(struct client *c)
{
	struct stream *in = &c->in;
	const struct logged *l;
	uint64_t place = oracle_place(c);

	if (world.echo)
		return oracle_next_echo(c);
	if (place >= world.logged)
		return -1;
	l = &world.log[place];
	in->want_at = l->at;
	in->want_len = l->len;
	in->want_op = l->op;
	return 0;
}

/* A pong stands behind all that its peer sent before the ping, before all that it sent later. */
static void oracle_pong_order(const struct client *c, size_t ping)
{
	size_t before = ping, after = ping;

	while (before > 0 && c->sent[before - 1].kind == SENT_PING)
		before--;
	while (after < c->sents && c->sent[after].kind == SENT_PING)
		after++;
	if (world.echo) {
		CHECK(c->next_echo >= before, "pong: client %d gets it before what it sent before",
		      c->id);
		CHECK(c->next_echo <= after, "pong: client %d gets it behind what it sent later",
		      c->id);
		return;
	}
	if (before > 0)
		CHECK(c->sent[before - 1].log < oracle_place(c),
		      "pong: client %d gets it before what it sent before", c->id);
	if (after < c->sents && c->conn && !c->conn->dropped)
		CHECK(oracle_place(c) <= c->sent[after].log,
		      "pong: client %d gets it behind what it sent later", c->id);
}

void oracle_pong(struct client *c, const uint8_t *data, size_t n)
{
	size_t i = c->next_pong;

	if (n == 0) {
		CHECK(c->bare_pings > 0, "pong: client %d sent no empty ping", c->id);
		return;
	}
	for (; i < c->sents; i++) {
		const struct sent *s = &c->sent[i];

		if (s->kind == SENT_PING && s->len == n && !memcmp(world.store + s->at, data, n))
			break;
		/* Only the last of pings in a row need be answered. */
		CHECK(!world.echo || s->kind != SENT_PING || i + 1 >= c->sents ||
		      c->sent[i + 1].kind == SENT_PING || c->bare_pings,
		      "pong: client %d gets none for a ping with a message behind it", c->id);
	}
	CHECK(i < c->sents, "pong: client %d sent no such ping, or long ago", c->id);
	CHECK(c->sent[i].end <= c->taken, "pong: client %d sent its ping not yet", c->id);
	oracle_pong_order(c, i);
	c->next_pong = i + 1;
}

static int oracle_code_fits(const struct client *c, const struct conn *conn, int code)
{
	switch (conn->reason) {
	case REASON_PEER:
		return code == c->close_code;
	case REASON_LOST:
		return code == CLOSE_PROTOCOL;
	case REASON_PROTOCOL:
	case REASON_BAD_DATA:
	case REASON_TOO_BIG:
		return code == c->code || code == c->code_too;
	case REASON_POLICY:
		return code == CLOSE_POLICY;
	case REASON_SLOW:
	case REASON_MEMORY:
		return code == CLOSE_TRY_LATER;
	case REASON_SHUTDOWN:
		return code == CLOSE_GOING_AWAY;
	case REASON_APPLICATION:
		return code == APPLICATION_CODE;
	default:
		return 0;
	}
}

void oracle_close(struct client *c, int code)
{
	const struct conn *conn = c->conn;
	uint64_t place = oracle_place(c);
	size_t last = c->next_message;

	oracle_scan();
	CHECK(conn != NULL, "close: client %d was gone already", c->id);
	CHECK(oracle_code_fits(c, conn, code), "close: client %d gets %d for '%s' (its own: %d)",
	      c->id,
	      code, conn->why, conn->reason == REASON_PEER ? c->close_code : c->code);
	if (world.echo) {
		while (last > 0 && c->sent[last - 1].kind == SENT_PING)
			last--;
		CHECK(conn->reason == REASON_MEMORY || c->next_echo >= last,
		      "close: client %d gets it before its own messages", c->id);
		return;
	}
	CHECK(place >= c->floor, "close: client %d gets it behind message %llu, but %llu stand "
	      "before it",
	      c->id, (unsigned long long)place, (unsigned long long)c->floor);
	if (conn->dropped == c->dropped_then)
		CHECK(place <= c->ceiling, "close: client %d gets it behind message %llu, %llu "
		      "were there",
		      c->id, (unsigned long long)place, (unsigned long long)c->ceiling);
}
