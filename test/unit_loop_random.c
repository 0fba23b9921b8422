/* unit_loop_random.c: the loop at random, beside what poll() says of each descriptor. */
#include "ends.h"

#include <poll.h>
#include <signal.h>

enum { ENDS = 70, TURNS = 3000 };

static uint32_t seed;
static unsigned long told_all;

static struct {
	int open, events;       /* what it is watched for */
	int due;                /* what this turn is to report; 0: nothing */
	int added, touched;     /* in this turn */
	int told;               /* in this turn */
} model[ENDS];

static int moved;               /* in this turn some came or went: others may miss theirs */

static int rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (int)((uint64_t)seed * n >> 32);
}

/* What a turn that starts now is to report. select() has no word for a descriptor that is gone. */
static int due(int i)
{
	int plain = !strcmp(loop_kind, "select");
	struct pollfd p = { .fd = ends[i].watch.fd };

	p.events = (short)((model[i].events & LOOP_IN ? POLLIN : 0) |
	                   (model[i].events & LOOP_OUT ? POLLOUT : 0));
	if (!model[i].open || poll(&p, 1, 0) != 1)
		return 0;
	return (p.revents & POLLIN ? LOOP_IN : 0) | (p.revents & POLLOUT ? LOOP_OUT : 0) |
	       (p.revents & (POLLHUP | POLLERR) && !plain ? LOOP_HUP : 0);
}

static void open_or_close(int i)
{
	if (model[i].open) {
		end_close(&ends[i]);
	} else {
		model[i].events = rnd(4);
		end_open(&ends[i], model[i].events);
		model[i].added = 1;
	}
	model[i].open = !model[i].open;
	moved = 1;
}

static void watch_again(int i)
{
	loop_remove(&ends[i].watch);
	loop_add(&ends[i].watch, model[i].events);
	moved = model[i].added = 1;
}

/* Something happens to i. */
static void happen(int i)
{
	static char bytes[4096];
	struct end *e = &ends[i];
	int what = model[i].open ? rnd(10) : 0;

	model[i].touched = 1;
	if (what == 0) {
		open_or_close(i);
	} else if (what == 1) {
		watch_again(i);
	} else if (what <= 3) {
		model[i].events = rnd(4);
		loop_change(&e->watch, model[i].events);
	} else if (what == 4) {
		while (write(e->watch.fd, bytes, sizeof bytes) > 0)
			;
	} else if (what == 5) {
		hear(e);
	} else if (e->peer < 0) {
		return;
	} else if (what == 6) {
		while (read(e->peer, bytes, sizeof bytes) > 0)
			;
	} else if (what == 7 && rnd(3) == 0 && strcmp(loop_kind, "kqueue") != 0) {
		/* A kqueue says that it is gone where there was an error only. */
		close(e->peer);
		e->peer = -1;
	} else {
		(void)!write(e->peer, bytes, 1);
	}
}

/* One turn, of which at most `most` are told; who is told does something to others. */
static void some_turn(int most)
{
	int i, n = 0, missed = 0;
	struct end *e;

	for (i = 0; i < ENDS; i++) {
		model[i].due = due(i);
		model[i].added = model[i].touched = model[i].told = 0;
	}
	moved = 0;
	loop_wait(0);
	while (n < most && (e = next_end())) {
		i = (int)(e - ends);
		n++;
		CHECK(model[i].open && !model[i].added && !model[i].told++,
		      "seed %u: %d is told: open %d, added %d, told %d times", seed, i, model[i].open,
		      model[i].added, model[i].told);
		CHECK(last && (model[i].touched ? (last & ~model[i].due) == 0 : last == model[i].due),
		      "seed %u: %d is told %d, not %d", seed, i, last, model[i].due);
		happen(rnd(ENDS));
	}
	for (i = 0; i < ENDS; i++)
		missed += model[i].due && !model[i].touched && !model[i].told;
	CHECK(n == most || moved || !missed, "seed %u: %d are not told", seed, missed);
	told_all += (unsigned long)n;
}

int main(void)
{
	int i, n;

	alarm(120);
	signal(SIGPIPE, SIG_IGN);
	for (seed = 1, n = 0; n < 3; n++) {
		must_start();
		memset(model, 0, sizeof model);
		for (i = 0; i < TURNS; i++) {
			happen(rnd(ENDS));
			some_turn(rnd(2) ? 2 * ENDS : rnd(8));
		}
		for (i = 0; i < ENDS; i++)
			if (model[i].open)
				open_or_close(i);
		loop_stop();
	}
	CHECK(told_all > 100000, "only %lu were told", told_all);
	return test_end();
}
