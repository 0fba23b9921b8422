/* hub_slow.c: clients that take less than they are sent: behind, late, dropped, disconnected. */
#include "client.h"
#include "fake.h"
#include "test.h"

enum { LARGE = 70000, ROWS = 3 };

static struct client who[8];
static uint8_t text[LARGE];

/* Message number i of n bytes: the number, then bytes that depend on it. */
static void numbered(uint32_t i, size_t n)
{
	size_t k;

	for (k = 0; k < n; k++)
		text[k] = (uint8_t)(k < 4 ? i >> (8 * k) : i + k);
}

static int is_numbered(const struct message *m, uint32_t *number)
{
	size_t k;

	if (m->op != OP_BINARY || m->n < 4)
		return 0;
	*number = (uint32_t)m->data[0] | (uint32_t)m->data[1] << 8 | (uint32_t)m->data[2] << 16 |
	          (uint32_t)m->data[3] << 24;
	for (k = 4; k < m->n; k++)
		if (m->data[k] != (uint8_t)(*number + k))
			return 0;
	return 1;
}

/* What a slow client got. */
struct got {
	uint32_t messages, gaps, skipped, others, next;
	int ok;
};

static struct got got(struct client *c)
{
	struct got g = { 0, 0, 0, 0, 0, 1 };
	struct message m;
	uint32_t i = 0;

	while (client_next(c, &m)) {
		if (m.op == OP_BINARY) {
			g.ok &= is_numbered(&m, &i) && i >= g.next;
			g.gaps += i != g.next;
			g.skipped += i - g.next;
			g.next = i + 1;
			g.messages++;
		} else {
			g.others++;
		}
	}
	g.ok &= client_quiet(c);
	return g;
}

/* Messages of three lengths, one for each form of header. */
static const struct row {
	uint32_t message, ring;
	size_t lengths[4];
} rows[ROWS] = {
	{ 4096, 12330, { 4, 125, 50, 7 } },
	{ 4096, 12330, { 126, 4000, 300, 1000 } },
	{ LARGE, 3 * (LARGE + 14), { LARGE, 65536, 40, 66000 } }
};

static void begin(const struct row *r, uint32_t policy)
{
	hub_defaults();
	hub_config.server_max_message_size = r->message;
	hub_config.memory_ring = r->ring;
	hub_config.relay_slow_client = policy;
	hub_begin();
	client_join(&who[0]);
	client_join(&who[1]);
}

static void end(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		client_free(&who[i]);
	hub_settle();
	hub_finish();
}

/* One client sends this many bytes of messages; it reads, the others do not. */
static uint32_t flood(const struct row *r, uint32_t i, size_t bytes)
{
	size_t sum = 0;

	while (sum < bytes) {
		size_t n = r->lengths[i & 3];

		numbered(i++, n);
		client_message(&who[0], OP_BINARY, text, n);
		sum += n + 4;
		if (i & 3 && sum < bytes)
			continue;
		hub_settle();
		client_read(&who[0]);
	}
	return i;
}

/* Behind, but not late: all comes, from the byte on at which the socket was full. */
static void test_behind(const struct row *r, size_t hold)
{
	uint32_t sent;
	struct got g;

	begin(r, SLOW_DISCONNECT);
	fake_hold(who[1].peer_fd, hold);
	sent = flood(r, 0, r->ring - r->ring / 16 - r->message - 14);
	client_read(&who[1]);
	CHECK(who[1].have - who[1].at == hold, "%zu of %zu came", who[1].have - who[1].at, hold);
	fake_hold(who[1].peer_fd, 3);
	hub_settle();
	fake_release(who[1].peer_fd);
	client_drain(who, 2);
	g = got(&who[1]);
	CHECK(g.ok && g.messages == sent && g.gaps == 0, "hold %zu: %u of %u", hold, g.messages,
	      sent);
	CHECK(hub.stats.dropped == 0 && who[1].end == CLIENT_OPEN, "hold %zu", hold);
	g = got(&who[0]);
	CHECK(g.ok && g.messages == sent, "the sender: %u of %u", g.messages, sent);
	CHECK(hub.stats.deliveries == 2 * sent, "%" PRIu64, hub.stats.deliveries);
	end(2);
}

/* drop: whole messages only, each gap counted. */
static void test_drop(const struct row *r, size_t hold)
{
	uint64_t start, dropped;
	uint32_t sent;
	struct got g;

	begin(r, SLOW_DROP);
	start = who[1].conn->seq;
	fake_hold(who[1].peer_fd, hold);
	sent = flood(r, 0, 2 * r->ring + r->ring / 3);
	CHECK(who[1].conn->state == CONN_OPEN, "hold %zu: closed", hold);
	fake_release(who[1].peer_fd);
	sent = flood(r, sent, r->ring / 4);
	client_drain(who, 2);
	dropped = who[1].conn->dropped;
	g = got(&who[1]);
	CHECK(g.ok && dropped > 0, "hold %zu: %" PRIu64, hold, dropped);
	CHECK(g.messages + dropped == hub.ring.seq - start && hub.ring.seq == sent,
	      "hold %zu: %u and %" PRIu64 " of %u", hold, g.messages, dropped, sent);
	CHECK(g.skipped == dropped && g.next == sent && hub.stats.dropped == dropped, "hold %zu",
	      hold);
	g = got(&who[0]);
	CHECK(g.ok && g.messages == sent && g.gaps == 0, "the sender: %u of %u", g.messages, sent);
	end(2);
}

/* disconnect: no gap up to the cut, then 1013 and the end. */
static void test_disconnect(const struct row *r, size_t hold)
{
	uint32_t sent;
	struct got g;

	begin(r, SLOW_DISCONNECT);
	fake_hold(who[1].peer_fd, hold);
	sent = flood(r, 0, 2 * r->ring);
	fake_release(who[1].peer_fd);
	client_drain(who, 2);
	g = got(&who[1]);
	CHECK(g.ok && g.gaps == 0, "hold %zu: %u messages", hold, g.messages);
	CHECK(who[1].closed == CLOSE_TRY_LATER && who[1].end == CLIENT_END, "%d", who[1].closed);
	g = got(&who[0]);
	CHECK(g.ok && g.messages == sent, "the sender: %u of %u", g.messages, sent);
	client_leave(&who[1], 0);
	hub_settle();
	CHECK(hub.closed[REASON_SLOW] == 1 && hub.live_count == 1, "%" PRIu64,
	      hub.closed[REASON_SLOW]);
	end(2);
}

static void test_holds(void)
{
	size_t i, k;

	for (i = 0; i < ROWS; i++) {
		/* Each byte of the first header, then some that go through the messages. */
		size_t step = i == 2 ? 9001 : i == 1 ? 43 : 1;

		for (k = 0; k < (i == 2 ? 60000 : 3000) && k < 140 * step; k += k < 12 ? 1 : step) {
			test_behind(&rows[i], k);
			test_drop(&rows[i], k);
			test_disconnect(&rows[i], k);
		}
	}
}

/* A private message that is cut in its middle is finished first; those that wait keep their order,
 * and the close comes last. */
static struct conn *extra;

static void relay_and_send(struct conn *c, int op, const void *data, size_t n)
{
	hub_broadcast(conn_hub(c), op, data, n);
	if (n == 7 && extra) {
		conn_send(extra, OP_TEXT, "private one", 11);
		conn_send(extra, OP_TEXT, "private two", 11);
	}
}

static void test_private(uint32_t policy, size_t hold)
{
	struct message m;
	char order[8] = "";
	size_t n = 0;
	int ok = 1;

	begin(&rows[0], policy);
	hub_message = relay_and_send;
	extra = who[1].conn;
	fake_hold(who[1].peer_fd, hold);
	/* The fourth has seven bytes: the private ones stand behind it. */
	flood(&rows[0], 0, 2 * rows[0].ring);
	extra = NULL;
	fake_release(who[1].peer_fd);
	client_drain(who, 2);
	while (client_next(&who[1], &m) && n < sizeof order - 1) {
		if (m.op != OP_TEXT)
			continue;
		ok &= m.n == 11 && !memcmp(m.data, n & 1 ? "private two" : "private one", 11);
		n++;
	}
	while (client_next(&who[1], &m))
		ok &= m.op != OP_TEXT || m.n == 11;
	CHECK(ok && n > 1 && client_quiet(&who[1]), "hold %zu: %zu private", hold, n);
	CHECK(policy == SLOW_DROP ? who[1].closed == 0 : who[1].closed == CLOSE_TRY_LATER, "%d",
	      who[1].closed);
	end(2);
}

/* No memory for the rest of a message: a reset, and nothing behind the half frame. */
static void test_no_memory(void)
{
	struct message m;

	begin(&rows[0], SLOW_DROP);
	fake_hold(who[1].peer_fd, 50);
	budget_stop(&hub.budget);
	hub.budget.limit = 0;
	flood(&rows[0], 1, 30000);
	fake_release(who[1].peer_fd);
	client_drain(who, 2);
	CHECK(!client_next(&who[1], &m) && who[1].have - who[1].at == 50,
	      "more than the half frame");
	CHECK(who[1].end != CLIENT_OPEN && hub.closed[REASON_SLOW] == 1, "%d", who[1].end);
	CHECK(who[0].end == CLIENT_OPEN, "the sender went too");
	end(2);
}

/* Whoever takes all it is given is never late, whatever comes in one turn: the hub flushes
 * between two reads. The smallest ring, and senders with a message all but whole. */
static void test_prompt(uint32_t ring, uint32_t message)
{
	enum { SENDERS = 6 };
	uint8_t frame[5000], last[SENDERS];
	size_t n, i, round;

	hub_defaults();
	hub_config.server_max_message_size = message;
	hub_config.memory_ring = ring;
	hub_begin();
	for (i = 0; i <= SENDERS; i++)
		client_join(&who[i]);
	for (round = 0; round < 20; round++) {
		numbered(0, message);
		for (i = 0; i < SENDERS; i++) {
			n = client_frame(&who[i], frame, OP_BINARY, 1, text, message);
			last[i] = frame[n - 1];
			client_send(&who[i], frame, n - 1);
		}
		hub_settle();
		for (i = 0; i < SENDERS; i++) {
			client_send(&who[i], &last[i], 1);
			n = client_frame(&who[i], frame, OP_BINARY, 1, text, message / 2);
			client_send(&who[i], frame, n);
		}
		/* One turn reads from all. */
		hub_once();
		CHECK(hub.stats.connected == SENDERS + 1, "%" PRIu64 " left", hub.stats.connected);
		client_drain(who, SENDERS + 1);
		for (i = 0; i <= SENDERS; i++)
			CHECK(client_skip(&who[i]) == 2 * SENDERS, "round %zu, client %zu", round,
			      i);
	}
	CHECK(hub.stats.dropped == 0 && hub.closed[REASON_SLOW] == 0, "somebody was late");
	end(SENDERS + 1);
}

/* Several slow ones at once, each held elsewhere. */
static void test_many(uint32_t policy)
{
	uint32_t seed = 5, sent = 0, round;
	size_t i;
	struct got g;

	begin(&rows[0], policy);
	for (i = 2; i < 8; i++)
		client_join(&who[i]);
	for (round = 0; round < 40; round++) {
		for (i = 1; i < 8; i++)
			if (who[i].end == CLIENT_OPEN && !who[i].closed)
				fake_hold(who[i].peer_fd, fake_random(&seed, 3000));
		sent = flood(&rows[0], sent, 2000);
		for (i = 1; i < 8; i++)
			client_read(&who[i]);
	}
	for (i = 1; i < 8; i++)
		fake_release(who[i].peer_fd);
	client_drain(who, 8);
	for (i = 0; i < 8; i++) {
		g = got(&who[i]);
		CHECK(g.ok, "client %zu", i);
		if (policy == SLOW_DROP)
			CHECK(g.messages + who[i].conn->dropped == sent && g.next == sent,
			      "client %zu", i);
		else
			CHECK(g.gaps == 0 &&
			      (g.messages == sent || who[i].closed == CLOSE_TRY_LATER),
			      "client %zu: %u of %u, %d", i, g.messages, sent, who[i].closed);
	}
	end(8);
}

/* Who is refused or closing loses no messages: it is to get none. */
static void test_not_dropped(void)
{
	uint32_t i;

	begin(&rows[0], SLOW_DROP);
	client_open(&who[2]);
	fake_hold(who[2].peer_fd, 0);
	client_send(&who[2], "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27);
	client_join(&who[3]);
	fake_hold(who[3].peer_fd, 0);
	client_close_frame(&who[3], CLOSE_NORMAL);
	hub_settle();
	for (i = 0; i < 16; i++) {
		flood(&rows[0], i, rows[0].ring / 4);
		client_read(&who[1]);
	}
	CHECK(hub.stats.dropped == 0, "%" PRIu64 " dropped", hub.stats.dropped);
	fake_release(who[2].peer_fd);
	fake_release(who[3].peer_fd);
	client_drain(who, 4);
	CHECK(who[2].status == 426 && who[2].end == CLIENT_END, "%d", who[2].status);
	CHECK(client_skip(&who[3]) == 1 && who[3].closed == CLOSE_NORMAL, "%d", who[3].closed);
	CHECK(client_quiet(&who[3]) && who[3].end == CLIENT_END, "something behind the close");
	end(4);
}

int main(void)
{
	size_t k;

	test_holds();
	for (k = 0; k < 400; k++) {
		test_private(SLOW_DROP, k);
		test_private(SLOW_DISCONNECT, k);
	}
	test_no_memory();
	test_prompt(12330, 4096);
	test_prompt(65536, 4096);
	test_prompt(4096, 1000);
	test_many(SLOW_DROP);
	test_many(SLOW_DISCONNECT);
	test_not_dropped();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
