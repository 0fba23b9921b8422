/* hub_malloc.c: turns that only relay call malloc() not once, and each call of it may fail.
 *
 * malloc() is replaced here, by a way of glibc's; a sanitizer replaces it too, so not both. */
#include "client.h"
#include "fake.h"
#include "test.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OTHER_MALLOC 1
#endif
#endif
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__)
#define OTHER_MALLOC 1
#endif

#ifdef OTHER_MALLOC

int main(void)
{
	puts("SKIP hub_malloc: malloc() can be replaced with glibc only, and without a sanitizer");
	return test_end();
}

#else

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);

enum { CLIENTS = 4, ROUNDS = 300, NEVER = 1 << 30 };

static struct client who[CLIENTS];
static int watched;             /* calls count */
static int calls, fails_at = NEVER;

static int failing(void)
{
	return watched && ++calls == fails_at;
}

void *malloc(size_t n)
{
	return failing() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return failing() ? NULL : __libc_calloc(n, size);
}

static int keeps = 1;           /* freed blocks stay at hand */

static void turns(void)
{
	if (!keeps)
		budget_stop(&hub.budget);
	watched = 1;
	hub_settle();
	watched = 0;
}

/* A message of n bytes, in two reads that are cut at `cut`, perhaps in two fragments. */
static void send_cut(struct client *c, size_t n, size_t cut, int fragments)
{
	static uint8_t text[4096], frame[5000];
	size_t len = 0;

	if (fragments)
		len = client_frame(c, frame, OP_BINARY, 0, text, n / 3);
	len += client_frame(c, frame + len, fragments ? OP_CONTINUATION : OP_BINARY, 1, text,
	                    fragments ? n - n / 3 : n);
	cut %= len + 1;
	client_send(c, frame, cut);
	turns();
	client_send(c, frame + cut, len - cut);
	turns();
}

static void begin(void)
{
	hub_defaults();
	hub_config.server_ping_interval = 1000;
	hub_begin();
}

static void end(void)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++)
		client_free(&who[i]);
	hub_settle();
	CHECK(hub.live_count == 0 && hub.budget.used == 0, "%zu left", hub.budget.used);
	hub_finish();
}

static void round_of(uint32_t *seed, int echo)
{
	size_t i = fake_random(seed, CLIENTS);

	hub_message = echo ? hub_echo : hub_relay;
	send_cut(&who[i], fake_random(seed, 3000), fake_random(seed, 3000),
	         fake_random(seed, 3) == 0);
	client_message(&who[i], OP_PING, "ping", 4);
	turns();
	for (i = 0; i < CLIENTS; i++)
		client_skip(&who[i]);
}

static void test_none(int echo)
{
	uint32_t seed = 11;
	int i;

	begin();
	for (i = 0; i < CLIENTS; i++)
		client_join(&who[i]);
	/* The first messages fetch the blocks that are kept from then on. */
	for (i = 0; i < ROUNDS; i++)
		round_of(&seed, echo);
	calls = 0;
	for (i = 0; i < ROUNDS; i++)
		round_of(&seed, echo);
	CHECK(calls == 0, "%d calls of malloc in %d rounds", calls, ROUNDS);
	CHECK(hub.stats.connected == CLIENTS, "somebody went");
	end();
}

/* All that asks for memory: a head in pieces, a half message, a pong, an echo, a cut in a frame. */
static void script(void)
{
	static char request[1200];
	size_t n = strlen(client_request), i;

	memcpy(request, client_request, n - 2);
	memset(request + n - 2, 'x', 700);
	memcpy(request + n + 698, ": y\r\n\r\n", 7);
	for (i = 0; i < 2; i++) {
		client_open(&who[i]);
		client_send(&who[i], request, 600);
		turns();
		client_send(&who[i], request + 600, n + 705 - 600);
		turns();
	}
	send_cut(&who[1], 3000, 1500, 1);
	client_message(&who[1], OP_PING, "ping", 4);
	turns();
	fake_hold(who[0].peer_fd, 1);
	hub_message = hub_echo;
	for (i = 0; i < 5; i++)
		send_cut(&who[1], 2000, 5, 0);
	send_cut(&who[0], 900, 300, 0);
	fake_release(who[0].peer_fd);
	turns();
	hub_message = hub_relay;
	client_close_frame(&who[0], CLOSE_NORMAL);
	turns();
}

/* The k-th call fails: one client may go for it, the hub and the others stay. */
static void test_each(void)
{
	int k, total, i;

	keeps = 0;
	begin();
	calls = 0;
	script();
	total = calls;
	CHECK(total > 10, "%d calls", total);
	end();
	for (k = 1; k <= total; k++) {
		int gone = 0;

		begin();
		client_join(&who[2]);
		client_join(&who[3]);
		calls = 0;
		fails_at = k;
		script();
		fails_at = NEVER;
		client_text(&who[2], "still served");
		hub_settle();
		client_drain(who, CLIENTS);
		for (i = 2; i < CLIENTS; i++) {
			struct message m;
			int served = 0;

			while (client_next(&who[i], &m))
				served |= m.op == OP_TEXT && m.n == 12 &&
					!memcmp(m.data, "still served", 12);
			CHECK(served && who[i].end == CLIENT_OPEN, "call %d: client %d", k, i);
		}
		client_skip(&who[1]);
		gone = who[1].end != CLIENT_OPEN;
		client_skip(&who[0]);
		/* The first closes at the end of the script: that is no harm. */
		gone += who[0].closed != CLOSE_NORMAL && who[0].end != CLIENT_OPEN;
		CHECK(gone <= 1, "call %d: %d went", k, gone);
		end();
	}
}

static const struct app nothing = { .name = "nothing" };

/* Start-up says that memory is out, and leaks nothing. */
static void test_start(void)
{
	struct hub h;
	int k, total;

	hub_defaults();
	calls = 0;
	watched = 1;
	CHECK(hub_start(&h, &hub_config, &nothing) == 0, "does not start");
	watched = 0;
	total = calls;
	hub_stop(&h);
	for (k = 1; k <= total; k++) {
		calls = 0;
		fails_at = k;
		watched = 1;
		CHECK(hub_start(&h, &hub_config, &nothing) == -1, "call %d of %d", k, total);
		watched = 0;
		fails_at = NEVER;
	}
	CHECK(total >= 5, "%d calls", total);
}

int main(void)
{
	test_none(0);
	test_none(1);
	test_each();
	test_start();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}

#endif
