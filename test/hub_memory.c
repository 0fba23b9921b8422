/* hub_memory.c: the budget: who goes when it is out, and what it takes to stay. */
#include "client.h"
#include "fake.h"
#include "test.h"

/* VICTIMS: how many may go for one block. */
enum { MOST = 4096, BUDGET = 4 * MOST + 512, HALF = 2000, VICTIMS = 2 };

static struct client who[12], last;
static uint8_t text[MOST];

static void begin(size_t n)
{
	size_t i;

	hub_defaults();
	hub_config.server_max_message_size = MOST;
	hub_config.memory_budget = BUDGET;
	hub_begin();
	for (i = 0; i < n; i++)
		client_join(&who[i]);
	last.fd = -1;
}

static void end(size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		client_free(&who[i]);
	client_free(&last);
	hub_settle();
	CHECK(hub.live_count == 0 && hub.budget.used == 0, "%zu left", hub.budget.used);
	hub_finish();
}

/* n of the bytes of a message of MOST. */
static void half(struct client *c, size_t n)
{
	uint8_t frame[MOST + 14];

	client_frame(c, frame, OP_BINARY, 1, text, MOST);
	client_send(c, frame, n);
	hub_settle();
}

static int open_now(struct client *c)
{
	client_skip(c);
	return c->end == CLIENT_OPEN && !c->closed;
}

/* Checks that of n clients, the oldest holder first, between `least` and `most` went, those first
 * in the order; each with 1013. Returns how many. */
static int victims(const int *age, int n, int least, int most)
{
	int i, gone = 0;

	while (gone < n && !open_now(&who[age[gone]]))
		gone++;
	for (i = gone; i < n; i++)
		CHECK(open_now(&who[age[i]]), "number %d went before number %d", i, gone);
	for (i = 0; i < gone; i++)
		CHECK(who[age[i]].closed == CLOSE_TRY_LATER && who[age[i]].end == CLIENT_END &&
		      client_quiet(&who[age[i]]), "number %d: %d", i, who[age[i]].closed);
	CHECK(gone >= least && gone <= most, "%d of %d went", gone, n);
	return gone;
}

/* Each half message takes a block of 4 KiB: four fill the budget, then each one more costs the
 * oldest its place. */
static void test_oldest(void)
{
	static const int age[] = { 3, 0, 4, 1, 2, 5, 6, 7 };
	int i, gone = 0;

	begin(8);
	for (i = 0; i < 8; i++) {
		half(&who[age[i]], HALF);
		gone = victims(age, i + 1, i < 4 ? 0 : gone, i < 4 ? 0 : gone + VICTIMS);
		CHECK(i + 1 - gone <= 4, "%d half messages at once", i + 1 - gone);
	}
	CHECK(gone >= 4, "%d went", gone);
	end(8);
}

/* Who completes its message holds no longer: it starts anew at the end of the list. */
static void test_honest(void)
{
	uint8_t frame[400];
	size_t n, i, k;

	begin(8);
	for (i = 0; i < 3; i++)
		half(&who[i], HALF);
	/* Each read of the fourth ends inside a message. */
	n = client_frame(&who[3], frame, OP_TEXT, 1, "honest traffic", 14);
	client_send(&who[3], frame, n / 2);
	hub_settle();
	for (k = 0; k < 50; k++) {
		client_send(&who[3], frame + n / 2, n - n / 2);
		client_send(&who[3], frame, n / 2);
		hub_settle();
		if (k % 10 == 9)
			half(&who[4 + k / 20], k % 20 == 9 ? HALF : 3000);
		CHECK(open_now(&who[3]), "closed after %zu messages", k);
	}
	CHECK(!open_now(&who[0]), "nobody went");
	end(8);
}

/* The asker may be the oldest. */
static void test_asker(void)
{
	static const int age[] = { 0, 1, 2, 3, 4 };
	int i;

	begin(5);
	for (i = 0; i < 5; i++)
		half(&who[i], i % 4 ? HALF : 400);
	CHECK(hub.budget.limit - hub.budget.used < 4096 && open_now(&who[0]), "%zu",
	      hub.budget.used);
	client_send(&who[0], text, 2500);
	hub_settle();
	victims(age, 5, 1, 1);
	end(5);
}

/* Out of the budget, newcomers come in and pings are answered: the oldest pays. */
static void test_served(size_t cut)
{
	static const int age[] = { 0, 1, 2, 3, 4 };
	size_t i, n = strlen(client_request);

	begin(6);
	for (i = 0; i < 4; i++)
		half(&who[i], HALF);
	half(&who[4], 3);
	CHECK(hub.budget.limit - hub.budget.used < 512, "%zu free",
	      hub.budget.limit - hub.budget.used);
	client_message(&who[5], OP_PING, "are you there", 13);
	hub_settle();
	CHECK(client_got(&who[5], OP_PONG, "are you there", 13), "no pong");
	victims(age, 5, 1, 1);
	/* What is left fills up again. */
	hub_run(7000);
	budget_stop(&hub.budget);
	hub.budget.limit = hub.budget.used;
	client_open(&last);
	client_send(&last, client_request, cut);
	hub_settle();
	client_send(&last, client_request + cut, n - cut);
	hub_settle();
	client_read(&last);
	CHECK(last.status == 101, "cut %zu: %d", cut, last.status);
	CHECK(hub_opened - hub_closed <= 7, "%u opened, %u closed", hub_opened, hub_closed);
	client_text(&who[5], "to all");
	hub_settle();
	CHECK(client_got_text(&last, "to all") && open_now(&who[5]), "not served");
	end(6);
}

/* Heads of handshakes stand on the same list. */
static void test_heads(void)
{
	static char head[3000];
	static const int age[] = { 0, 1, 2, 3 };
	int i;

	begin(4);
	memset(head, 'x', sizeof head);
	memcpy(head, "GET / HTTP/1.1\r\n", 16);
	client_open(&last);
	client_send(&last, head, sizeof head);
	hub_settle();
	for (i = 0; i < 4; i++)
		half(&who[i], HALF);
	client_read(&last);
	CHECK(last.status == 503 && last.end == CLIENT_END, "%d", last.status);
	victims(age, 4, 0, VICTIMS - 1);
	end(4);
}

/* A dribbled header ages like any half message. */
static void test_dribbler(void)
{
	static const int age[] = { 0, 1, 2, 3, 4, 5 };
	int i;

	begin(6);
	client_send(&who[0], "\x89\xfdmask", 6);
	hub_settle();
	for (i = 1; i < 6; i++) {
		client_send(&who[0], "x", 1);
		hub_settle();
		half(&who[i], HALF);
	}
	/* Its small block gives less than its farewell takes, and the last half message asks twice. */
	victims(age, 6, 1, VICTIMS + 1);
	end(6);
}

/* One that cannot be helped brings nobody else down. */
static void echo_large(struct conn *c, int op, const void *data, size_t n)
{
	int i;

	(void)n;
	for (i = 0; i < 40; i++)
		conn_send(c, op, data, 1000);
}

static void test_alone(void)
{
	size_t i;

	begin(4);
	hub_message = echo_large;
	for (i = 1; i < 4; i++) {
		client_send(&who[i], "\x81\x8fmask", 6);
		hub_settle();
	}
	fake_hold(who[0].peer_fd, 0);
	client_message(&who[0], OP_TEXT, text, 1000);
	hub_settle();
	for (i = 1; i < 4; i++)
		CHECK(open_now(&who[i]), "client %zu pays for another", i);
	fake_release(who[0].peer_fd);
	end(4);
}

/* A block grows as bytes come, not as they are announced. */
static void test_growth(void)
{
	size_t n, used;

	begin(1);
	for (n = 8; n < MOST + 8; n += 100) {
		half(&who[0], n == 8 ? 8 : 0);
		if (n > 8)
			client_send(&who[0], text, 100);
		hub_settle();
		used = hub.budget.used;
		CHECK(used <= 2 * (n + 100) + 1024, "%zu in use for %zu bytes", used, n);
	}
	end(1);
	begin(1);
	for (n = 0; n < 10000; n++)
		client_send(&who[0], n ? "\0\x80mask" : "\x02\x80mask", 6);
	hub_settle();
	CHECK(hub.budget.used <= 512 && open_now(&who[0]), "%zu for empty fragments",
	      hub.budget.used);
	for (; n <= INPUT_FRAGMENTS_MAX; n++)
		client_send(&who[0], "\0\x80mask", 6);
	hub_settle();
	CHECK(!open_now(&who[0]) && who[0].closed == CLOSE_POLICY, "%d", who[0].closed);
	end(1);
}

/* Fragments whose sum is over the limit are refused at the header that shows it. */
static void test_sum(void)
{
	uint8_t frame[MOST + 14];
	size_t n;

	begin(1);
	n = client_frame(&who[0], frame, OP_BINARY, 0, text, MOST - 10);
	client_send(&who[0], frame, n);
	n = client_frame(&who[0], frame, OP_CONTINUATION, 1, text, 11);
	client_send(&who[0], frame, 6);
	hub_settle();
	client_skip(&who[0]);
	CHECK(who[0].closed == CLOSE_TOO_BIG && hub_messages == 0, "%d", who[0].closed);
	end(1);
	begin(1);
	n = client_frame(&who[0], frame, OP_BINARY, 0, text, MOST - 10);
	client_send(&who[0], frame, n);
	n = client_frame(&who[0], frame, OP_CONTINUATION, 1, text, 10);
	client_send(&who[0], frame, n);
	hub_settle();
	CHECK(hub_messages == 1 && client_skip(&who[0]) == 1 && !who[0].closed, "%d",
	      who[0].closed);
	end(1);
}

int main(void)
{
	size_t i;

	test_oldest();
	test_honest();
	test_asker();
	for (i = 0; i < strlen(client_request); i += 10)
		test_served(i);
	test_heads();
	test_dribbler();
	test_alone();
	test_growth();
	test_sum();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
