/* hub_leave.c: clients that go while others are served: in the middle of a broadcast, inside the
 * read of another, in the close of another. */
#include "client.h"
#include "fake.h"
#include "test.h"

#include <sys/socket.h>

enum { MANY = 200 };

static struct client who[MANY], a, b;

static void begin(void)
{
	hub_defaults();
	hub_config.server_max_connections = MANY + 2;
	hub_begin();
	client_join(&a);
	client_join(&b);
}

static void end(void)
{
	client_free(&a);
	client_free(&b);
	hub_settle();
	CHECK(hub.live_count == 0 && hub.stats.connected == 0, "%zu left", hub.live_count);
	CHECK(hub_opened == hub_closed, "%u opened, %u closed", hub_opened, hub_closed);
	hub_finish();
}

/* Reset at once, in the turn in which a message goes to all. */
static void test_resets(int order)
{
	int i;

	begin();
	for (i = 0; i < MANY; i++)
		client_join(&who[i]);
	/* The message is there, and the resets. */
	if (order)
		client_text(&a, "to all");
	for (i = 0; i < MANY; i++)
		client_leave(&who[i], i & 1);
	if (!order)
		client_text(&a, "to all");
	hub_settle();
	CHECK(hub.live_count == 2 && hub.stats.connected == 2, "%zu live", hub.live_count);
	CHECK(client_got_text(&a, "to all") && client_got_text(&b, "to all"), "not delivered");
	CHECK(hub_closed == MANY && hub.closed[REASON_LOST] == MANY, "%u closed", hub_closed);
	for (i = 0; i < MANY; i++)
		client_free(&who[i]);
	/* The slots are good again. */
	for (i = 0; i < MANY; i++)
		client_join(&who[i]);
	client_text(&b, "again");
	hub_settle();
	for (i = 0; i < MANY; i++) {
		CHECK(client_got_text(&who[i], "again") && client_quiet(&who[i]), "client %d", i);
		client_free(&who[i]);
	}
	hub_settle();
	CHECK(hub.slots_used <= MANY + 3, "%zu slots", hub.slots_used);
	end();
}

/* The application closes all others, those before and behind the sender, inside its message. */
static void close_others(struct conn *c, int op, const void *data, size_t n)
{
	struct hub *h = conn_hub(c);
	size_t i;

	for (i = 0; i < h->live_count; i++)
		if (h->live[i] != c)
			conn_close(h->live[i], 4000, "by another");
	hub_broadcast(h, op, data, n);
}

/* The same without a farewell. */
static void kill_others(struct conn *c, int op, const void *data, size_t n)
{
	struct hub *h = conn_hub(c);
	size_t i;

	for (i = 0; i < h->live_count; i++)
		if (h->live[i] != c)
			conn_kill(h->live[i], REASON_APPLICATION, "by another", 1);
	hub_broadcast(h, op, data, n);
}

static void kill_self(struct conn *c, int op, const void *data, size_t n)
{
	conn_send(c, op, data, n);
	conn_kill(c, REASON_APPLICATION, "by itself", 0);
	hub_broadcast(conn_hub(c), op, data, n);
}

static void test_inside(void (*what)(struct conn *, int, const void *, size_t), int farewell)
{
	int i;

	begin();
	for (i = 0; i < 20; i++)
		client_join(&who[i]);
	hub_message = what;
	/* All have sent when the first is read. */
	for (i = 0; i < 20; i++)
		client_text(&who[i], "the last");
	hub_settle();
	CHECK(hub_messages == 1 || !farewell, "%u messages", hub_messages);
	for (i = 0; i < 20; i++) {
		client_skip(&who[i]);
		CHECK(client_quiet(&who[i]) && (who[i].end || hub_messages == 1), "client %d", i);
		CHECK(!farewell || who[i].closed == 4000 || !who[i].closed, "client %d", i);
		client_free(&who[i]);
	}
	hub_settle();
	end();
}

/* close() may send and broadcast: it goes out at once, not with the next tick. */
static void say_left(struct conn *c)
{
	hub_broadcast(conn_hub(c), OP_TEXT, "one left", 8);
}

static void test_farewell(void)
{
	uint64_t begun;
	int i;

	begin();
	hub_close = say_left;
	hub_close_queues = 1;
	client_join(&who[0]);
	client_leave(&who[0], 0);
	/* A turn that slept would move the clock. */
	begun = fake_clock;
	fake_until = fake_clock + 10000000;
	for (i = 0; i < 20 && a.have == a.at; i++) {
		hub_once();
		client_read(&a);
	}
	CHECK(fake_clock == begun, "sent %" PRIu64 " us later", fake_clock - begun);
	CHECK(client_got_text(&a, "one left") && client_got_text(&b, "one left"), "not sent");
	client_free(&who[0]);
	hub_close = NULL;
	end();
}

/* Who is killed in another's close(), with output queued there, is let go of everywhere. */
static struct conn *victim;

static void send_and_kill(struct conn *c)
{
	if (c == victim || !victim)
		return;
	conn_send(a.conn, OP_TEXT, "for a", 5);
	conn_send(victim, OP_TEXT, "for the victim", 14);
	conn_send(b.conn, OP_TEXT, "for b", 5);
	conn_kill(victim, REASON_MEMORY, "evicted", 1);
	victim = NULL;
}

static void test_killed_in_close(void)
{
	int i;

	begin();
	client_join(&who[0]);
	client_join(&who[1]);
	victim = who[0].conn;
	hub_close = send_and_kill;
	hub_close_queues = 1;
	client_leave(&who[1], 0);
	hub_once();
	hub_once();
	for (i = 2; i < 6; i++)
		client_open(&who[i]);
	hub_settle();
	CHECK(client_got_text(&a, "for a") && client_got_text(&b, "for b"), "lost");
	for (i = 0; i < 6; i++)
		client_free(&who[i]);
	hub_close = NULL;
	end();
}

/* At each of a row of stages, by end of stream and by reset; nothing is left behind. */
static void test_stages(void)
{
	static const char mid[] = "\x01\x83mask" "\x0c\x04\x17" "\x89\x85mask" "\x80\x84mask";
	size_t n;
	int reset, held;

	for (n = 0; n < sizeof mid; n++) {
		for (reset = 0; reset < 2; reset++) {
			for (held = 0; held < 2; held++) {
				begin();
				client_join(&who[0]);
				if (held)
					fake_hold(who[0].peer_fd, n);
				client_text(&a, "to all");
				client_send(&who[0], mid, n);
				if (n & 1)
					hub_settle();
				client_leave(&who[0], reset);
				client_text(&b, "to all who are left");
				hub_settle();
				if (held && hub.live_count == 3) {
					/* It ended its stream, and takes nothing: the close
					 * timeout is its end. */
					hub_run(7000);
				}
				CHECK(hub.live_count == 2 && hub.budget.used == 0,
				      "stage %zu: %zu live, %zu", n,
				      hub.live_count, hub.budget.used);
				client_free(&who[0]);
				end();
			}
		}
	}
}

/* Our side of a client that ends its stream only: it gets what is its due and a close. */
static void test_half_closed(void)
{
	begin();
	client_text(&a, "one");
	shutdown(a.fd, SHUT_WR);
	client_text(&b, "two");
	hub_settle();
	CHECK(client_got_text(&b, "one") && client_got_text(&a, "one"), "lost");
	client_skip(&a);
	CHECK(a.closed != 0 && a.end == CLIENT_END && client_quiet(&a), "%d", a.closed);
	CHECK(hub.live_count == 1, "it is kept");
	end();
}

/* SIGTERM: all get 1001 behind what was accepted before it, and nobody new comes in; the deaf have
 * shutdown_timeout. */
static void test_drain(int deaf)
{
	struct client *c = &who[0];
	uint64_t ms = 0;

	hub_defaults();
	hub_config.server_shutdown_timeout = 3000;
	hub_begin();
	client_join(&a);
	client_join(&b);
	client_open(c);
	hub_settle();
	if (deaf)
		fake_hold(b.peer_fd, 3);
	client_text(&a, "before");
	hub_settle();
	hub_drain(&hub);
	CHECK(!hub_drained(&hub), "drained at once");
	hub_settle();
	CHECK(client_got_text(&a, "before"), "what came before is lost");
	client_skip(&a);
	CHECK(a.closed == CLOSE_GOING_AWAY && client_quiet(&a) && a.end == CLIENT_END, "%d",
	      a.closed);
	client_read(c);
	CHECK(c->status == 503, "%d", c->status);
	client_leave(&a, 0);
	client_free(c);
	if (!deaf)
		client_leave(&b, 0);
	client_open(c);
	client_send(c, client_request, strlen(client_request));
	hub_settle();
	client_read(c);
	CHECK(c->status == 503, "a newcomer gets %d", c->status);
	client_free(c);
	hub_settle();
	while (!hub_drained(&hub) && ms < 20000) {
		hub_run(100);
		ms += 100;
	}
	CHECK(deaf ? ms >= 2900 && ms <= 4000 : ms == 0, "drained after %" PRIu64, ms);
	fake_release(b.peer_fd);
	end();
}

int main(void)
{
	int i;

	for (i = 0; i < 4; i++)
		test_resets(i & 1);
	test_inside(close_others, 1);
	test_inside(kill_others, 0);
	test_inside(kill_self, 0);
	test_farewell();
	test_killed_in_close();
	test_stages();
	test_half_closed();
	test_drain(0);
	test_drain(1);
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
