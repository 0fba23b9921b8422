/* hub_time.c: every deadline, by a clock that the test moves. */
#include "client.h"
#include "fake.h"
#include "test.h"

static struct client a, b, c;

static void begin(void)
{
	hub_begin();
	client_join(&a);
}

static void end(void)
{
	client_free(&a);
	client_free(&b);
	client_free(&c);
	b.fd = c.fd = -1;
	hub_settle();
	hub_finish();
}

static int gone(struct client *who)
{
	client_read(who);
	return who->end != CLIENT_OPEN;
}

/* ms until the hub let go of it, at most `most`; every step ms `often` is called. */
static uint64_t lasts(struct client *who, uint64_t most, uint64_t step,
                      void (*often)(struct client *))
{
	uint64_t ms = 0;

	while (!gone(who) && ms < most) {
		hub_run(step);
		ms += step;
		if (often)
			often(who);
	}
	return ms;
}

static void one_byte(struct client *who)
{
	client_send(who, "x", 1);
}

static void test_handshake(void)
{
	uint64_t ms;

	hub_defaults();
	begin();
	client_open(&b);
	ms = lasts(&b, 20000, 100, NULL);
	CHECK(ms >= 10000 && ms <= 11100 && b.have == 0, "silent: %" PRIu64, ms);
	client_free(&b);
	client_open(&b);
	client_send(&b, client_request, 40);
	ms = lasts(&b, 20000, 100, NULL);
	CHECK(ms >= 10000 && ms <= 11100 && b.status == 408, "half: %" PRIu64 ", %d", ms, b.status);
	client_free(&b);
	/* The deadline is for all of it, not between two bytes. */
	client_open(&b);
	client_send(&b, client_request, 20);
	ms = lasts(&b, 20000, 300, one_byte);
	CHECK(ms >= 9900 && ms <= 11400, "dribbled: %" PRIu64, ms);
	client_text(&a, "still here");
	hub_settle();
	CHECK(client_got_text(&a, "still here"), "the other was harmed");
	end();
	hub_defaults();
	hub_config.server_handshake_timeout = 500;
	begin();
	client_open(&b);
	ms = lasts(&b, 5000, 50, NULL);
	CHECK(ms >= 500 && ms <= 800, "short: %" PRIu64, ms);
	end();
}

static void message_byte(struct client *who)
{
	client_send(who, "x", 1);
}

/* Enough that its block grows several times. */
static void message_bytes(struct client *who)
{
	client_send(who, "thirty bytes of a long message", 30);
}

static void empty_fragment(struct client *who)
{
	client_send(who, "\0\x80mask", 6);
}

static void test_message(const char *start, size_t n, void (*more)(struct client *),
                         const char *what)
{
	uint64_t ms;

	hub_defaults();
	begin();
	client_send(&a, start, n);
	hub_settle();
	ms = lasts(&a, 60000, 500, more);
	client_skip(&a);
	CHECK(ms >= 29500 && ms <= 31500 && a.closed == CLOSE_POLICY, "%s: %" PRIu64 ", %d", what,
	      ms, a.closed);
	end();
}

static void test_messages(void)
{
	test_message("\x82\xfe\x08\0mask", 8, NULL, "a payload that does not come");
	test_message("\x82\xfe\x08\0mask", 8, message_byte, "a dribbled payload");
	test_message("\x82\xfe\x08\0mask", 8, message_bytes, "a payload that grows");
	test_message("\x02\x80mask", 6, empty_fragment, "fragments without end");
	test_message("\x82", 1, NULL, "half a header");
	test_message("\x89\xfdmask", 6, message_byte, "a dribbled ping");
}

static void test_write(void)
{
	uint64_t ms;
	int i;

	hub_defaults();
	hub_config.relay_slow_client = SLOW_DROP;
	begin();
	client_join(&b);
	fake_hold(b.peer_fd, 3);
	client_text(&a, "for all");
	hub_settle();
	ms = lasts(&b, 30000, 100, NULL);
	CHECK(ms >= 10000 && ms <= 11100 && !gone(&a), "%" PRIu64, ms);
	CHECK(b.have - b.at == 3 && hub.closed[REASON_TIMEOUT] == 1, "%zu bytes", b.have - b.at);
	client_free(&b);
	/* Who sips is not stopped by this clock. */
	client_join(&b);
	for (i = 0; i < 9; i++) {
		client_text(&a, "for all, in sips");
		fake_hold(b.peer_fd, 1);
		hub_run(5000);
		CHECK(!gone(&b), "sip %d", i);
	}
	end();
}

/* After our close frame 5 s, whether it is taken or not. */
static void test_close(void)
{
	uint64_t ms;
	int held;

	for (held = 0; held < 2; held++) {
		hub_defaults();
		begin();
		client_join(&b);
		if (held)
			fake_hold(b.peer_fd, 0);
		client_close_frame(&b, CLOSE_NORMAL);
		for (ms = 0; ms < 20000 && hub.live_count > 1; ms += 100)
			hub_run(100);
		CHECK(ms >= 4900 && ms <= 6100, "held %d: %" PRIu64, held, ms);
		client_skip(&b);
		CHECK(b.closed == (held ? 0 : CLOSE_NORMAL) && gone(&b), "held %d: %d", held,
		      b.closed);
		CHECK(hub.closed[REASON_PEER] == 1, "another reason");
		end();
	}
}

/* ---- pings */

static int answers;             /* of the pings that came: how many were answered */
static uint8_t last_ping[4], old_ping[4];

static void answer(struct client *who)
{
	struct message m;

	client_read(who);
	while (client_next(who, &m)) {
		if (m.op != OP_PING || m.n != 4)
			continue;
		memcpy(old_ping, last_ping, 4);
		memcpy(last_ping, m.data, 4);
		answers++;
		client_message(who, OP_PONG, m.data, 4);
	}
}

static void answer_wrong(struct client *who)
{
	client_message(who, OP_PONG, "", 0);
	client_message(who, OP_PONG, "abcd", 4);
	client_message(who, OP_PONG, "a longer one", 12);
}

static void begin_pings(void)
{
	hub_defaults();
	hub_config.server_ping_interval = 30000;
	hub_config.server_pong_timeout = 60000;
	hub_config.server_max_connections = 2000;
	begin();
	answers = 0;
}

static void test_pings(void)
{
	uint64_t ms;

	begin_pings();
	ms = lasts(&a, 3600 * 1000, 500, answer);
	CHECK(ms == 3600 * 1000 && answers >= 118 && answers <= 121, "%" PRIu64 ", %d", ms,
	      answers);
	ms = lasts(&a, 200000, 500, NULL);
	CHECK(ms >= 60000 && ms <= 92000, "deaf: gone after %" PRIu64, ms);
	CHECK(hub.closed[REASON_TIMEOUT] == 1, "another reason");
	end();
	begin_pings();
	ms = lasts(&a, 200000, 500, answer_wrong);
	CHECK(ms >= 60000 && ms <= 92000, "pongs nobody asked for: gone after %" PRIu64, ms);
	end();
}

/* The pong of the ping before the last is life too; the same again is not. */
static void test_old_pong(void)
{
	uint64_t ms;
	int i;

	begin_pings();
	for (i = 0; i < 10; i++) {
		struct message m;

		hub_run(30000);
		client_read(&a);
		while (client_next(&a, &m))
			if (m.op == OP_PING) {
				memcpy(old_ping, last_ping, 4);
				memcpy(last_ping, m.data, 4);
			}
		if (i > 0)
			client_message(&a, OP_PONG, old_ping, 4);
		hub_settle();
		CHECK(!gone(&a), "after %d pings", i);
	}
	for (ms = 0; ms < 200000 && !gone(&a); ms += 500) {
		client_message(&a, OP_PONG, old_ping, 4);
		hub_run(500);
	}
	CHECK(ms >= 59000 && ms <= 92000, "the same pong again: gone after %" PRIu64, ms);
	end();
}

/* Where output waits the write clock watches: no ping is queued behind it. */
static void test_no_ping(void)
{
	begin_pings();
	hub_config.server_write_timeout = 3000000;
	client_join(&b);
	fake_hold(b.peer_fd, 2);
	client_text(&a, "waits");
	hub_settle();
	lasts(&a, 300000, 500, answer);
	CHECK(!gone(&b) && output_len(b.conn) == 0, "%zu bytes of pings", output_len(b.conn));
	fake_release(b.peer_fd);
	hub_settle();
	CHECK(client_got_text(&b, "waits"), "lost");
	lasts(&b, 59000, 500, NULL);
	CHECK(!gone(&b), "blamed for a time in which it was not asked");
	end();
}

/* An unanswered ping is forgiven while output waits: the pong may stand behind what we do not
 * take. */
static void test_waiting(void)
{
	begin_pings();
	hub_config.server_write_timeout = 3000000;
	client_join(&b);
	lasts(&a, 31000, 500, answer);
	fake_hold(b.peer_fd, 2);
	client_text(&a, "waits");
	hub_settle();
	lasts(&a, 300000, 500, answer);
	CHECK(!gone(&b), "blamed while output waited");
	fake_release(b.peer_fd);
	lasts(&a, 50000, 500, answer);
	CHECK(!gone(&b), "blamed for the time before");
	lasts(&a, 50000, 500, answer);
	CHECK(gone(&b), "its clock stands still");
	end();
}

/* More clients than pings in a turn: each gets one a round, in turns that follow at once. */
static void test_round(void)
{
	enum { MANY = 300 };
	static struct client many[MANY];
	struct message m;
	int i, pings = 0, twice = 0;

	begin_pings();
	hub_config.server_max_connections = MANY + 1;
	for (i = 0; i < MANY; i++)
		client_join(&many[i]);
	hub_run(31000);
	for (i = 0; i < MANY; i++) {
		int n = 0;

		client_read(&many[i]);
		while (client_next(&many[i], &m))
			n += m.op == OP_PING;
		pings += n > 0;
		twice += n > 1;
		client_free(&many[i]);
	}
	CHECK(pings == MANY && twice == 0, "%d pinged, %d twice", pings, twice);
	end();
}

/* ---- the process stops for a while */

static void test_stop(void)
{
	int i;

	begin_pings();
	client_join(&b);
	fake_hold(b.peer_fd, 0);
	client_text(&a, "waits");
	client_send(&a, "\x82\xfe\x08\0mask", 8);
	client_open(&c);
	client_send(&c, client_request, 50);
	hub_run(2000);
	/* Each client is near some deadline, none is past it. */
	for (i = 0; i < 3; i++) {
		fake_stopped = UINT64_C(600) * 1000000;
		hub_run(2000);
		CHECK(!gone(&a) && !gone(&b) && !gone(&c), "stop %d", i);
	}
	CHECK(hub.stats.disconnections == 0 && hub.live_count == 3, "somebody went");
	client_send(&c, client_request + 50, strlen(client_request) - 50);
	hub_settle();
	client_read(&c);
	CHECK(c.status == 101, "%d", c.status);
	/* The clocks go on behind it. */
	hub_run(12000);
	CHECK(gone(&b), "the write clock stands still");
	hub_run(20000);
	CHECK(gone(&a), "the message clock stands still");
	end();
}

/* The application's: about one a second, four when a timeout is short. */
static void test_ticks(void)
{
	hub_defaults();
	hub_begin();
	hub_run(60000);
	CHECK(hub_ticks >= 58 && hub_ticks <= 60, "%u ticks in a minute", hub_ticks);
	CHECK(hub_settings(&hub) == &hub_config && hub_stats(&hub) == &hub.stats, "its sources");
	hub_finish();
	hub_config.server_write_timeout = 1000;
	hub_begin();
	hub_run(60000);
	CHECK(hub_ticks >= 230 && hub_ticks <= 240, "%u ticks in a minute", hub_ticks);
	hub_finish();
}

int main(void)
{
	b.fd = c.fd = -1;
	test_ticks();
	test_handshake();
	test_messages();
	test_write();
	test_close();
	test_pings();
	test_old_pong();
	test_no_ping();
	test_waiting();
	test_round();
	test_stop();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
