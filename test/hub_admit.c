/* hub_admit.c: the way from a new descriptor to 101: admission, refusals, the flood of the
 * pending. */
#include "client.h"
#include "fake.h"
#include "test.h"

enum { FLOOD = HUB_PENDING_MAX + 20 };

static struct client a, b, flood[FLOOD];

/* The whole structure, its place in the table and its watch: what an idle client costs. */
static void test_size(void)
{
	size_t n = sizeof(struct conn) + sizeof(struct conn *) + loop_watch_size();

	CHECK(n <= 256, "an idle client takes %zu bytes", n);
}

static void test_join(void)
{
	hub_defaults();
	hub_begin();
	client_join(&a);
	CHECK(a.status == 101 && hub_opened == 1 && hub.stats.connected == 1, "%d", a.status);
	client_text(&a, "Hello");
	hub_settle();
	CHECK(client_got_text(&a, "Hello") && client_quiet(&a), "no echo");
	CHECK(hub.budget.used == 0, "%zu bytes for an idle client", hub.budget.used);
	client_close_frame(&a, CLOSE_NORMAL);
	hub_settle();
	client_skip(&a);
	CHECK(a.closed == CLOSE_NORMAL && a.end == CLIENT_END, "%d %d", a.closed, a.end);
	CHECK(hub_closed == 0, "gone before its TCP ended");
	client_leave(&a, 0);
	hub_settle();
	CHECK(hub_closed == 1 && hub.live_count == 0 && hub.closed[REASON_PEER] == 1, "%u",
	      hub_closed);
	client_free(&a);
	hub_finish();
}

/* Frames right behind the request, cut at every place. */
static void test_glued(void)
{
	static const char text[] = "glued", large[200] = "a longer one";
	uint8_t script[1024];
	size_t n = 1, cut, head = strlen(client_request);

	for (cut = 0; cut <= n; cut++) {
		hub_defaults();
		hub_begin();
		client_open(&a);
		memcpy(script, client_request, head);
		n = head + client_frame(&a, script + head, OP_TEXT, 1, text, 5);
		n += client_frame(&a, script + n, OP_BINARY, 1, large, sizeof large);
		client_send(&a, script, cut);
		hub_settle();
		client_send(&a, script + cut, n - cut);
		hub_settle();
		CHECK(client_got_text(&a, text) && client_got(&a, OP_BINARY, large, sizeof large) &&
		      client_quiet(&a), "cut at %zu", cut);
		CHECK(hub_opened == 1 && hub.budget.used == 0, "cut at %zu", cut);
		client_free(&a);
		hub_settle();
		hub_finish();
	}
}

static void test_status(int status, int want)
{
	hub_defaults();
	hub_begin();
	hub_admits = status;
	client_open(&a);
	client_send(&a, client_request, strlen(client_request));
	/* Nothing behind a refused request is read as frames. */
	client_text(&a, "smuggled");
	hub_settle();
	client_read(&a);
	CHECK(a.status == want && a.end == CLIENT_END, "%d: %d", status, a.status);
	CHECK(hub_opened == 0 && hub_messages == 0 && hub.stats.connections == 0, "%d", status);
	client_leave(&a, 0);
	hub_settle();
	CHECK(hub_closed == 0 && hub.live_count == 0, "%d", status);
	client_free(&a);
	hub_finish();
}

static void test_rejected(void)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "NONSENSE\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"
	};
	static const int want[] = { 426, 400, 400 };
	static char large[HTTP_HEAD_MAX + 100];
	size_t i;

	for (i = 0; i < 3; i++) {
		hub_defaults();
		hub_begin();
		client_open(&a);
		client_send(&a, bad[i], strlen(bad[i]));
		hub_settle();
		client_read(&a);
		CHECK(a.status == want[i], "%zu: %d", i, a.status);
		client_free(&a);
		hub_settle();
		hub_finish();
	}
	hub_defaults();
	hub_begin();
	client_open(&a);
	memset(large, 'a', sizeof large);
	memcpy(large, "GET / HTTP/1.1\r\nHost: x\r\nX: ", 28);
	client_send(&a, large, sizeof large);
	hub_settle();
	client_read(&a);
	CHECK(a.status == 431 && hub.budget.used == 0, "%d", a.status);
	client_free(&a);
	hub_settle();
	hub_finish();
}

static void test_full(void)
{
	hub_defaults();
	hub_config.server_max_connections = 1;
	hub_begin();
	client_join(&a);
	client_open(&b);
	client_send(&b, client_request, strlen(client_request));
	hub_settle();
	client_read(&b);
	CHECK(b.status == 503 && hub_opened == 1, "%d", b.status);
	client_text(&a, "still here");
	hub_settle();
	CHECK(client_got_text(&a, "still here"), "the first was harmed");
	client_free(&a);
	client_free(&b);
	hub_settle();
	client_join(&a);
	CHECK(a.status == 101, "the place is not free again: %d", a.status);
	client_free(&a);
	hub_settle();
	hub_finish();
}

/* Each of a flood of silent connections pushes out the oldest; those inside stay. */
static void test_flood(void)
{
	int i, gone = 0, order = 1;

	hub_defaults();
	hub_begin();
	client_join(&a);
	for (i = 0; i < FLOOD; i++) {
		client_open(&flood[i]);
		hub_run(5);
		CHECK(hub.pending <= HUB_PENDING_MAX, "%zu pending", hub.pending);
	}
	for (i = 0; i < FLOOD; i++) {
		client_read(&flood[i]);
		gone += flood[i].end != CLIENT_OPEN;
		order &= (flood[i].end != CLIENT_OPEN) == (i < FLOOD - HUB_PENDING_MAX);
	}
	CHECK(gone == FLOOD - HUB_PENDING_MAX && order, "%d gone, oldest first: %d", gone, order);
	client_join(&b);
	client_text(&b, "through");
	hub_settle();
	CHECK(client_got_text(&b, "through") && client_got_text(&a, "through"), "not served");
	for (i = 0; i < FLOOD; i++)
		client_free(&flood[i]);
	client_free(&a);
	client_free(&b);
	hub_settle();
	CHECK(hub.live_count == 0 && hub_opened == 2 && hub_closed == 2, "%zu", hub.live_count);
	hub_finish();
}

/* Many in one turn, as a listener accepts them: more than slots are never handed out. */
static void test_flood_at_once(void)
{
	int i, round;

	hub_defaults();
	hub_config.server_max_connections = 1;
	hub_begin();
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 2 * NET_ACCEPTS_A_TURN; i++) {
			client_free(&flood[i]);
			client_open(&flood[i]);
		}
		hub_once();
		CHECK(hub.pending <= HUB_PENDING_MAX, "%zu pending", hub.pending);
		CHECK(hub.slots_used <= hub.slots_max, "%zu slots", hub.slots_used);
	}
	client_join(&a);
	CHECK(a.status == 101, "%d", a.status);
	for (i = 0; i < 2 * NET_ACCEPTS_A_TURN; i++)
		client_free(&flood[i]);
	client_free(&a);
	hub_settle();
	hub_finish();
}

/* open() may send, and may close. */
static void open_sends(struct conn *c)
{
	conn_send(c, OP_TEXT, "welcome", 7);
	hub_broadcast(conn_hub(c), OP_TEXT, "joined", 6);
}

static void open_closes(struct conn *c)
{
	conn_send(c, OP_TEXT, "sorry", 5);
	conn_close(c, 4401, "token expired");
	CHECK(conn_send(c, OP_TEXT, "more", 4) == 0, "takes more after its close");
	conn_close(c, 4000, "again");
}

static void test_open(void)
{
	hub_defaults();
	hub_begin();
	hub_open = open_sends;
	client_join(&a);
	CHECK(client_got_text(&a, "welcome") && client_got_text(&a, "joined"), "no welcome");
	hub_open = open_closes;
	client_join(&b);
	CHECK(client_got_text(&b, "sorry"), "no message before the close");
	client_skip(&b);
	CHECK(b.closed == 4401 && client_quiet(&b) && b.end == CLIENT_END, "%d", b.closed);
	client_text(&b, "ignored");
	hub_settle();
	CHECK(hub_messages == 0, "reads from one that is closing");
	client_free(&a);
	client_free(&b);
	hub_settle();
	CHECK(hub.closed[REASON_APPLICATION] == 1 && hub_closed == 2, "%u", hub_closed);
	hub_finish();
}

/* Who goes before or inside the handshake never was open. */
static void test_early_end(void)
{
	size_t n;
	int reset;

	for (n = 0; n < strlen(client_request); n += 7) {
		for (reset = 0; reset < 2; reset++) {
			hub_defaults();
			hub_begin();
			client_open(&a);
			client_send(&a, client_request, n);
			if (n & 1)
				hub_settle();
			client_leave(&a, reset);
			hub_settle();
			CHECK(hub.live_count == 0 && hub_opened == 0 && hub.budget.used == 0, "%zu",
			      n);
			client_free(&a);
			hub_finish();
		}
	}
}

int main(void)
{
	test_size();
	test_join();
	test_glued();
	test_status(401, 401);
	test_status(403, 403);
	test_status(429, 429);
	test_status(7, 500);
	test_rejected();
	test_full();
	test_flood();
	test_flood_at_once();
	test_open();
	test_early_end();
	CHECK(hub_broken == 0, "%u invariants broken", hub_broken);
	return test_end();
}
