/* abuse_memory.c: rows 8, 9, 11 and 12: slow readers, single bytes, fragments without end. */
#include "abuse.h"

#include <poll.h>
#include <sys/socket.h>

static uint8_t body[60000];
static const char the_end[] = "this was the last one";

/* What `wsrelay -t` says of a config, in KiB. */
static long promised_kib(const char *config)
{
	static struct run r;
	static char text[2048];
	char dir[128];
	const char *at;

	e2e_folder(dir);
	snprintf(text, sizeof text, LOCAL "%s" METRICS, config);
	run(&r, "-t", "-c", e2e_file(dir, "t.yaml", text), NULL);
	e2e_remove(dir);
	at = strstr(r.out, "  sum ");
	return at ? strtol(at + 6, NULL, 10) / 1024 : -1;
}

/* ---- row 8: readers that do not keep up */

enum { SLOW = 8, DEAF = 4, SIP_MS = 100, SIP_BYTES = 512, WINDOW = 8 };

static void open_slow(struct abuse *a, struct client *c)
{
	client_take(c, socket_open_small(&a->s, 4096));
	CHECK(!client_send_text(c, upgrade_request) && client_answer(c) == 101, "%s", c->head);
	c->deaf = 1;
}

/* 5 KiB/s: half a KiB each tenth of a second, kept for later. */
static void sip(struct client *c)
{
	ssize_t n;

	if (c->room - c->have < SIP_BYTES) {
		c->room = c->room * 2 + 65536;
		c->buf = realloc(c->buf, c->room);
		if (!c->buf)
			e2e_die("realloc");
	}
	n = e2e_recv(c->fd, c->buf + c->have, SIP_BYTES, MSG_DONTWAIT);
	if (n > 0)
		c->have += (size_t)n;
}

/* Reads what is left for a slow one. Returns whether all of it was whole frames: numbers that only
 * rise, then the last message, or a close frame, or a reset. The last message is said again and
 * again, since one that is still slow may not get it. */
static int whole(struct client *talker, struct client *c, uint32_t *got)
{
	long long next = now_ms();
	uint32_t number, last = 0;
	int op;

	*got = 0;
	for (;;) {
		if (now_ms() >= next) {
			client_frame(talker, 0x82, the_end, sizeof the_end);
			next = now_ms() + 100;
		}
		op = client_read(c);
		if (op == 9 || (op == 2 && abuse_is_theirs(c)))
			continue;
		if (op != 2)
			break;
		if (c->len == sizeof the_end && !memcmp(c->data, the_end, c->len))
			return 1;
		memcpy(&number, c->data, sizeof number);
		if (c->len != sizeof body || (*got && number <= last) ||
		    memcmp(c->data + sizeof number, body + sizeof number,
		           sizeof body - sizeof number))
			return 0;
		last = number;
		++*got;
	}
	return op == 8 || op == C_RESET;
}

/* Broadcasts n messages. Nobody who reads gets further behind than WINDOW of them. */
static int broadcast(struct abuse *a, struct client *talker, struct client *sippers, uint32_t n)
{
	uint64_t before[2] = { a->b->foreign[0], a->b->foreign[1] };
	long long next = now_ms();
	uint32_t sent = 0, came = 0;
	int i;

	while (came < n) {
		uint64_t most = came < WINDOW ? 0 : (uint64_t)(came - WINDOW) * sizeof body;

		if (now_ms() >= next) {
			next += SIP_MS;
			for (i = 0; i < SLOW - DEAF; i++)
				sip(&sippers[i]);
		}
		if (a->b->foreign[0] - before[0] < most || a->b->foreign[1] - before[1] < most) {
			if (*a->b->wrong || a->b->finished)
				return 0;
			e2e_pass(1);
			continue;
		}
		for (; sent < n && sent < came + WINDOW; sent++) {
			memcpy(body, &sent, sizeof sent);
			if (client_frame(talker, 0x82, body, sizeof body))
				return 0;
		}
		if (abuse_read(talker) != 2 || memcmp(talker->data, &came, sizeof came))
			return 0;
		came++;
	}
	return 1;
}

static void test_slow(const char *policy)
{
	static struct client slow[SLOW];
	uint32_t n = (uint32_t)abuse_count(200, 40) * 1048576u / sizeof body, got, most = 0;
	char config[128];
	struct abuse *a;
	struct client talker;
	long peak, promised;
	int i;

	snprintf(config, sizeof config, "relay:\n  slow_client: %s\n", policy);
	promised = promised_kib(config);
	a = abuse_begin("8", policy, config);
	if (!a)
		return;
	CHECK(!client_open(&talker, &a->s), "no client");
	for (i = 0; i < SLOW; i++)
		open_slow(a, &slow[i]);
	for (i = 0; i < (int)sizeof body; i++)
		body[i] = (uint8_t)(i * 31);
	CHECK(broadcast(a, &talker, slow + DEAF, n), "the broadcast did not come through");
	peak = abuse_status_kib(a->s.pid, "VmHWM") - a->cold_kib;
	CHECK(promised > 0 && peak <= promised + (ABUSE_EXACT ? 0 : ABUSE_SLACK_KIB),
	      "%ld KiB at the peak, %ld promised", peak, promised);
	CHECK(metric(&a->s, "wsrelay_dropped_messages_total") > 0, "nobody was slow");
	for (i = 0; i < SLOW; i++)
		slow[i].deaf = 0;
	for (i = 0; i < SLOW; i++) {
		CHECK(whole(&talker, &slow[i], &got),
		      "slow client %d: opcode %d, %u bytes, end %d after %u", i,
		      slow[i].op, (unsigned)slow[i].len, slow[i].ended, got);
		most = got > most ? got : most;
		client_leave(&slow[i]);
	}
	CHECK(most > 0 && most < n, "the best of the slow got %u of %u", most, n);
	CHECK(abuse_bye(&talker), "no close");
	abuse_figure(a, ": %u MiB, peak %ld of %ld KiB, the slow got at most %u of %u",
	             (unsigned)((uint64_t)n * sizeof body >> 20), peak, promised, most, n);
	abuse_end(a);
}

/* ---- row 9: one byte per send */

enum { DRIBBLERS = 30, DRIBBLE_ROOM = 1024 };

static struct dribbler {
	struct client c;
	uint8_t bytes[DRIBBLE_ROOM];
	size_t n, at;
	char text[64];
} dribblers[DRIBBLERS];

static void test_single_bytes(void)
{
	struct abuse *a = abuse_begin("9", "30 clients that send byte by byte", "");
	int i, k, left = DRIBBLERS, wrong = 0;
	size_t bytes = 0;

	if (!a)
		return;
	for (i = 0; i < DRIBBLERS; i++) {
		struct dribbler *d = &dribblers[i];
		size_t half;

		CHECK(!client_connect(&d->c, &a->s), "no connection");
		snprintf(d->text, sizeof d->text, "dribbled by number %02d, in fragments", i);
		half = strlen(d->text) / 2;
		d->n = strlen(upgrade_request);
		memcpy(d->bytes, upgrade_request, d->n);
		d->n += frame_make(d->bytes + d->n, 0x01, d->text, half);
		d->n += frame_make(d->bytes + d->n, 0x89, "inside", 6);
		d->n += frame_make(d->bytes + d->n, 0x80, d->text + half, strlen(d->text) - half);
		d->at = 0;
	}
	while (left > 0) {
		for (i = 0, left = 0; i < DRIBBLERS; i++) {
			struct dribbler *d = &dribblers[i];

			if (d->at == d->n)
				continue;
			wrong += client_send(&d->c, d->bytes + d->at++, 1) != 0;
			bytes++;
			left++;
		}
	}
	for (i = 0; i < DRIBBLERS; i++) {
		struct dribbler *d = &dribblers[i];
		int pongs = 0, own = 0, op;

		CHECK(client_answer(&d->c) == 101, "client %d: %s", i, d->c.head);
		/* Their order is not known; each gets its own, and its pong first. */
		while (!own && (op = abuse_read(&d->c)) > 0) {
			pongs += op == 10 && d->c.len == 6 && !memcmp(d->c.data, "inside", 6);
			own = op == 1 && d->c.len == strlen(d->text) && !memcmp(d->c.data, d->text,
			                                                        d->c.len);
		}
		wrong += !own || pongs != 1;
		for (k = 0; k < 4; k++)
			wrong += client_send(&d->c, &"\x88\x80\1\2\3\4"[k], 1) != 0;
	}
	CHECK(wrong == 0, "%d things went wrong", wrong);
	for (i = 0; i < DRIBBLERS; i++)
		client_leave(&dribblers[i].c);
	abuse_figure(a, ": %u bytes", (unsigned)bytes);
	abuse_end(a);
}

/* ---- rows 11 and 12: fragments without end */

/*
 * What the process may hold more than before: the message up to its limit, and
 * the pages of memory.input that a read after a pause is the first to touch.
 */
enum { SLACK_KIB = 128 };

/* Sends fragments of `each` bytes, at most `most`, until the server closes. */
static void endless(struct client *c, size_t each, long most)
{
	static uint8_t block[1 << 20], frames[(1 << 20) + 16];
	long at_once = each > 1 ? 1 : 4096, count;
	size_t n = 0;

	for (count = 0; count < at_once; count++)
		n += frame_make(frames + n, 0x00, block, each);
	client_frame(c, 0x02, block, each);
	for (count = 0; !c->ended && count < most; count += at_once) {
		if (client_send(c, frames, n))
			break;
		e2e_wait(-1, 0, now_ms());
	}
}

static void test_large_fragments(void)
{
	int mib = abuse_full ? 16 : 2, code;
	struct abuse *a;
	char config[256];
	struct client c;
	long peak;

	snprintf(config, sizeof config, "  max_message_size: %dMiB\n", mib);
	a = abuse_begin("11", "fragments of 1 MiB without end", config);
	if (!a)
		return;
	peak = abuse_status_kib(a->s.pid, "VmHWM");
	CHECK(!client_open(&c, &a->s), "no client");
	endless(&c, 1 << 20, 200);
	code = abuse_read_close(&c);
	CHECK(code == 1009, "closed with %d", code);
	peak = abuse_status_kib(a->s.pid, "VmHWM") - peak;
	CHECK(peak <= mib * 1024L + ABUSE_INPUT_KIB + SLACK_KIB || !ABUSE_EXACT,
	      "%ld KiB more at the peak", peak);
	client_leave(&c);
	abuse_figure(a, ": limit %d MiB, peak %+ld KiB", mib, peak);
	abuse_end(a);
}

static void test_small_fragments(size_t each)
{
	/* Room for more fragments than may be. */
	struct abuse *a = abuse_begin("12", each ? "1-byte fragments" : "0-byte fragments",
	                              "  max_message_size: 128KiB\n");
	long before, peak;
	struct client c;
	int code;

	if (!a)
		return;
	CHECK(!client_open(&c, &a->s), "no client");
	before = abuse_status_kib(a->s.pid, "VmHWM");
	endless(&c, each, abuse_faults ? 100000 : 500000);
	code = abuse_read_close(&c);
	CHECK(code == 1008, "closed with %d", code);
	peak = abuse_status_kib(a->s.pid, "VmHWM") - before;
	CHECK(peak <= 128 + ABUSE_INPUT_KIB + SLACK_KIB || !ABUSE_EXACT,
	      "%ld KiB more at the peak", peak);
	client_leave(&c);
	abuse_figure(a, ": %d, peak %+ld KiB", code, peak);
	abuse_end(a);
}

int main(void)
{
	abuse_start();
	test_slow("disconnect");
	test_slow("drop");
	test_single_bytes();
	test_large_fragments();
	test_small_fragments(0);
	test_small_fragments(1);
	if (!abuse_faults && !abuse_full) {
		abuse_faults = 20;
		test_slow("drop");
		test_single_bytes();
		test_small_fragments(1);
	}
	return test_end();
}
