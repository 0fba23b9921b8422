/* loop.c: the clock of the loop; one of loop_poll.c, loop_select.c, loop_epoll.c and loop_kqueue.c
 * holds the watches and waits. */
#include "wsrelay.h"

#include <time.h>

/* A turn that took this much longer than asked was a process that did not run: it was stopped, or
 * the machine slept. No peer is to be blamed for that time. */
enum { LOOP_SLACK = 1000 };

static uint64_t lost;   /* ms in which the process did not run */
static uint64_t last;   /* when the last wait ended */

uint64_t loop_micros(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* The same for all of a turn: a stop in the middle of it is in no time that anybody keeps. */
uint64_t loop_now(void)
{
	if (!last)
		last = loop_micros() / 1000u;
	return last;
}

void loop_wait(int timeout)
{
	uint64_t now, begun = loop_now();

	loop_ask(timeout);
	now = loop_micros() / 1000u - lost;
	if (now - begun > (uint64_t)timeout + LOOP_SLACK) {
		lost += now - begun - (uint64_t)timeout;
		now = begun + (uint64_t)timeout;
	}
	last = now;
}
