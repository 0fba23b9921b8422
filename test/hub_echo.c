/* hub_echo.c: private output: echo to a client that does not read, pongs nobody reads, closes. */
#include "client.h"
#include "fake.h"
#include "test.h"

enum { MESSAGE = 3000, LONGEST = 4096, PINGS = 20000 };

static struct client a, b;
static uint8_t text[LONGEST];

static void begin(void)
{
	hub_defaults();
	hub_begin();
	hub_message = hub_echo;
	client_join(&a);
}

static void end(void)
{
	fake_release(a.peer_fd);
	client_free(&a);
	client_free(&b);
	b.fd = -1;
	hub_settle();
	CHECK(hub.live_count == 0 && hub.budget.used == 0, "%zu left", hub.budget.used);
	hub_finish();
}

static size_t most_used;

/* All that one client may hold: its private output at its limit, and a message in the making. */
static void watch_memory(void)
{
	if (hub.budget.used > most_used)
		most_used = hub.budget.used;
}

/* Sends numbered messages without reading until the hub takes no more. Returns how many bytes. */
static size_t stuff(size_t from, size_t bytes)
{
	static uint8_t script[4000 * (MESSAGE + 8)];
	size_t n = 0, i;

	for (i = 0; n < bytes; i++) {
		text[0] = (uint8_t)(i >> 8);
		text[1] = (uint8_t)i;
		a.mask = (uint32_t)i * 77777;
		n += client_frame(&a, script + n, OP_BINARY, 1, text, MESSAGE);
	}
	if (from >= n)
		return 0;
	return client_send(&a, script + from, n - from);
}

/* It is paused, not closed; memory is bounded; when it reads again all comes back. */
static void test_deaf(size_t hold)
{
	enum { TOTAL = 3000000 };
	size_t sent, k, limit;
	struct message m;
	unsigned got = 0, wrong = 0;

	begin();
	most_used = 0;
	fake_hold(a.peer_fd, hold);
	sent = stuff(0, TOTAL);
	watch_memory();
	limit = hub.output_max + 1024 + LONGEST + 1024;
	CHECK(most_used <= limit, "%zu in use", most_used);
	CHECK(!(a.conn->want & LOOP_IN) && a.conn->state == CONN_OPEN && sent < TOTAL,
	      "not paused");
	hub_run(3000);
	CHECK(a.conn->state == CONN_OPEN && a.end == CLIENT_OPEN, "closed for what we do not read");
	fake_release(a.peer_fd);
	do {
		hub_settle();
		client_read(&a);
		while (client_next(&a, &m)) {
			wrong += m.op != OP_BINARY || m.n != MESSAGE ||
			         (unsigned)(m.data[0] << 8 | m.data[1]) != got;
			got++;
		}
		watch_memory();
		k = stuff(sent, TOTAL);
		sent += k;
	} while (k > 0);
	client_drain(&a, 1);
	while (client_next(&a, &m)) {
		wrong += m.n != MESSAGE || (unsigned)(m.data[0] << 8 | m.data[1]) != got;
		got++;
	}
	CHECK(got == hub_messages && wrong == 0 && client_quiet(&a), "%u of %u, %u wrong", got,
	      hub_messages, wrong);
	CHECK(sent >= TOTAL && most_used <= limit && a.end == CLIENT_OPEN, "%zu in use", most_used);
	CHECK(hub.stats.deliveries == got, "%" PRIu64, hub.stats.deliveries);
	end();
}

/* Half a message that began just before the pause has all its time left. */
static void test_paused_half(void)
{
	uint8_t frame[LONGEST + 14];
	size_t n;

	begin();
	hub_config.server_write_timeout = 100000;
	fake_hold(a.peer_fd, 0);
	hub_run(1300);
	while (input_room(a.conn) > 0 && a.conn->state == CONN_OPEN) {
		n = client_frame(&a, frame, OP_BINARY, 1, text, LONGEST);
		n += client_frame(&a, frame + n, OP_BINARY, 1, text, 0) - 1;
		client_send(&a, frame, n);
		hub_settle();
		if (a.conn->state != CONN_OPEN || input_room(a.conn) == 0)
			break;
		client_send(&a, frame + n, 1);
		hub_settle();
	}
	CHECK(a.conn->in != NULL, "no half message");
	hub_run(2500);
	CHECK(a.conn->state == CONN_OPEN, "closed: %s", a.conn->why);
	hub_run(40000);
	CHECK(a.conn->state == CONN_OPEN, "closed: %s", a.conn->why);
	end();
}

static void test_sizes(void)
{
	static const size_t lengths[] = { 0, 1, 125, 126, 127, LONGEST };
	size_t i, hold;

	for (i = 0; i < LONGEST; i++)
		text[i] = (uint8_t)(i * 13);
	for (hold = 0; hold < 140; hold++) {
		begin();
		fake_hold(a.peer_fd, hold);
		for (i = 0; i < 6; i++)
			client_message(&a, i & 1 ? OP_TEXT : OP_BINARY,
			               i & 1 ? (uint8_t *)"aaa" : text,
			               i & 1 ? 3 : lengths[i]);
		hub_settle();
		fake_release(a.peer_fd);
		client_drain(&a, 1);
		for (i = 0; i < 6; i++)
			CHECK(client_got(&a, i & 1 ? OP_TEXT : OP_BINARY,
			                 i & 1 ? (uint8_t *)"aaa" : text,
			                 i & 1 ? 3 : lengths[i]), "hold %zu, message %zu", hold, i);
		CHECK(client_quiet(&a), "more than that");
		end();
	}
}

/* Each message makes many: over the limit it is closed, behind what it was promised. */
static int taken, refused;

static void many(struct conn *c, int op, const void *data, size_t n)
{
	int i;

	(void)n;
	for (i = 0; i < 1000; i++) {
		if (conn_send(c, op, data, 2000))
			taken++;
		else
			refused++;
	}
}

static void test_limit(void)
{
	struct message m;
	int got = 0;

	begin();
	hub_message = many;
	client_message(&a, OP_BINARY, text, LONGEST);
	hub_settle();
	CHECK(taken > 0 && refused > 0 && (size_t)taken * 2004 <= hub.output_max, "%d taken",
	      taken);
	client_drain(&a, 1);
	while (client_next(&a, &m))
		got += m.op == OP_BINARY && m.n == 2000;
	CHECK(got == taken && a.closed == CLOSE_TRY_LATER && client_quiet(&a), "%d, %d", got,
	      a.closed);
	end();
}

static void say_and_close(struct conn *c, int op, const void *data, size_t n)
{
	hub_broadcast(conn_hub(c), op, data, n);
	conn_send(c, op, "last", 4);
	conn_close(c, 4401, "token expired");
	hub_broadcast(conn_hub(c), op, "behind", 6);
	CHECK(!conn_send(c, op, "more", 4), "takes more");
}

/* The close stands behind all that was queued, and nothing stands behind it. */
static void test_close(size_t hold)
{
	begin();
	hub_message = say_and_close;
	client_join(&b);
	fake_hold(a.peer_fd, hold);
	client_text(&a, "first");
	client_text(&a, "never read");
	hub_settle();
	fake_release(a.peer_fd);
	client_drain(&a, 1);
	CHECK(client_got_text(&a, "first") && client_got_text(&a, "last"), "hold %zu", hold);
	client_skip(&a);
	CHECK(a.closed == 4401 && client_quiet(&a) && a.end == CLIENT_END, "%d", a.closed);
	CHECK(client_got_text(&b, "first") && client_got_text(&b, "behind") && client_quiet(&b),
	      "b");
	CHECK(hub_messages == 1, "read on");
	end();
}

/* ---- pings: RFC 6455 section 5.5.3: only the last need be answered */

static void test_pings(size_t hold, size_t between)
{
	uint8_t number[8] = { 0 }, frame[20];
	uint32_t i, last = 0, pongs = 0;
	struct message m;
	int ordered = 1;

	begin();
	hub_message = hub_relay;
	most_used = 0;
	fake_hold(a.peer_fd, hold);
	for (i = 1; i <= PINGS; i++) {
		number[0] = (uint8_t)(i >> 16);
		number[1] = (uint8_t)(i >> 8);
		number[2] = (uint8_t)i;
		client_send(&a, frame, client_frame(&a, frame, OP_PING, 1, number, 3 + i % 5));
		if (i % 64 == 0)
			hub_once();
		if (between && i % between == 0)
			client_text(&a, "between");
		watch_memory();
	}
	hub_settle();
	watch_memory();
	CHECK(most_used <= 2 * (OUTPUT_PONGS_MAX + 2048), "%zu in use", most_used);
	CHECK(a.conn->state == CONN_OPEN, "closed");
	fake_release(a.peer_fd);
	client_drain(&a, 1);
	while (client_next(&a, &m)) {
		if (m.op != OP_PONG)
			continue;
		i = (uint32_t)m.data[0] << 16 | (uint32_t)m.data[1] << 8 | m.data[2];
		ordered &= i > last && m.n == 3 + i % 5;
		last = i;
		pongs++;
	}
	CHECK(ordered && last == PINGS && client_quiet(&a), "the last pong is for ping %u", last);
	CHECK(pongs < PINGS / 2, "%u pongs", pongs);
	end();
}

/* Read, each is answered; pongs nobody asked for are nothing. */
static void test_pings_read(void)
{
	char number[8];
	int i, good = 1;

	begin();
	for (i = 0; i < 2000; i++) {
		size_t n = (size_t)snprintf(number, sizeof number, "%d", i);

		client_message(&a, OP_PING, number, n);
		client_message(&a, OP_PONG, "unasked", 7);
		hub_settle();
		good &= client_got(&a, OP_PONG, number, n);
	}
	CHECK(good && client_quiet(&a) && hub.budget.used == 0, "a pong is missing");
	end();
}

int main(void)
{
	size_t i;

	b.fd = -1;
	for (i = 0; i < 12; i++)
		test_deaf(i * 997);
	test_paused_half();
	test_sizes();
	test_limit();
	for (i = 0; i < 20; i++)
		test_close(i);
	for (i = 0; i < 12; i++)
		test_pings(i, 0);
	test_pings(4, 1000);
	test_pings_read();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
