/* loop_epoll.c: the watches, by epoll, for Linux: a wait costs what is ready. */
#include "wsrelay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* LOOP_FETCH: of one epoll_wait(), on the stack. When more are ready there are more calls, all in
 * the same turn: the kernel hands out the next ones each time. */
enum { LOOP_REST_MS = 10, LOOP_FETCH = 64 };
enum { LOOP_OWED = 8 };         /* beside LOOP_IN and LOOP_OUT: the kernel did not take it */

const char loop_kind[] = "epoll";

static int queue = -1;

/* Dense: who leaves is replaced by the last. */
static struct watch **watches;
static uint8_t *want;           /* what each is watched for */
static uint8_t *is;             /* what it is ready for and was not told yet */
static size_t count, most;
static size_t next;     /* where the next look starts, so that nobody is always first */
static size_t ready;    /* still to be found in this turn */
static size_t owed;

int loop_start(size_t watches_most)
{
	most = watches_most;
	watches = calloc(most, sizeof(struct watch *));
	want = calloc(most, 1);
	is = calloc(most, 1);
	queue = epoll_create1(EPOLL_CLOEXEC);
	if (queue < 0)
		log_line(LOG_LEVEL_ERROR, "cannot wait with epoll: %s", strerror(errno));
	if (queue < 0 || !watches || !want || !is) {
		loop_stop();
		return -1;
	}
	return 0;
}

size_t loop_watch_size(void)
{
	return sizeof(struct watch *) + 2;
}

void loop_stop(void)
{
	if (queue >= 0)
		close(queue);
	queue = -1;
	free(watches);
	free(want);
	free(is);
	watches = NULL;
	want = is = NULL;
	count = most = next = ready = owed = 0;
}

/* How much the user may watch is limited, and memory may be out: the kernel is told again in each
 * turn then, and until it listens the watch is tried in each, as all are when a wait fails. */
static void loop_tell(size_t i, int events, int how)
{
	struct epoll_event e = { .data.ptr = watches[i] };
	int fd = watches[i]->fd;

	e.events = (events & LOOP_IN ? EPOLLIN : 0u) | (events & LOOP_OUT ? EPOLLOUT : 0u);
	owed -= want[i] / LOOP_OWED;
	want[i] = (uint8_t)events;
	if (epoll_ctl(queue, how, fd, &e) &&
	    (errno != ENOENT || epoll_ctl(queue, EPOLL_CTL_ADD, fd, &e))) {
		want[i] = (uint8_t)(events | LOOP_OWED);
		owed++;
	}
}

void loop_add(struct watch *w, int events)
{
	assert(count < most);
	w->index = (uint32_t)count++;
	watches[w->index] = w;
	want[w->index] = is[w->index] = 0;
	loop_tell(w->index, events, EPOLL_CTL_ADD);
}

void loop_change(struct watch *w, int events)
{
	loop_tell(w->index, events, EPOLL_CTL_MOD);
}

void loop_remove(struct watch *w)
{
	struct epoll_event none = { .events = 0 };

	assert(watches[w->index] == w);
	epoll_ctl(queue, EPOLL_CTL_DEL, w->fd, &none);
	owed -= want[w->index] / LOOP_OWED;
	ready -= is[w->index] != 0;
	count--;
	watches[w->index] = watches[count];
	want[w->index] = want[count];
	is[w->index] = is[count];
	watches[w->index]->index = w->index;
}

static void loop_found(size_t i, int events)
{
	events &= (want[i] & ~LOOP_OWED) | LOOP_HUP;
	ready += events && !is[i];
	is[i] = (uint8_t)(is[i] | events);
}

/* Returns 0, or -1. */
static int loop_fetch(int timeout)
{
	struct epoll_event events[LOOP_FETCH];
	size_t before;
	int i, n;

	do {
		before = ready;
		n = epoll_wait(queue, events, LOOP_FETCH, timeout);
		for (i = 0; i < n; i++) {
			const struct watch *w = events[i].data.ptr;
			uint32_t e = events[i].events;

			loop_found(w->index, (e & EPOLLIN ? LOOP_IN : 0) | (e & EPOLLOUT ? LOOP_OUT : 0) |
			           (e & (EPOLLERR | EPOLLHUP) ? LOOP_HUP : 0));
		}
		timeout = 0;
	} while (ready - before == LOOP_FETCH);
	return ready == 0 && n < 0 ? -1 : 0;
}

void loop_ask(int timeout)
{
	int failed;
	size_t i;

	/* The last turn was cut. */
	if (ready > 0)
		memset(is, 0, count);
	ready = 0;
	failed = loop_fetch(owed && timeout > LOOP_REST_MS ? LOOP_REST_MS : timeout) &&
	         errno != EINTR;
	if (failed)
		poll(NULL, 0, LOOP_REST_MS);
	for (i = 0; (failed || owed) && i < count; i++) {
		if (want[i] & LOOP_OWED)
			loop_tell(i, want[i] & ~LOOP_OWED, EPOLL_CTL_MOD);
		if (failed || want[i] & LOOP_OWED)
			loop_found(i, want[i]);
	}
}

/* The first from i on that is ready; eight at a time, since most are not. */
static size_t loop_find(size_t i)
{
	uint64_t eight = 0;

	for (; i + sizeof eight <= count; i += sizeof eight) {
		memcpy(&eight, is + i, sizeof eight);
		if (eight)
			break;
	}
	while (i < count && !is[i])
		i++;
	return i;
}

struct watch *loop_next(int *events)
{
	if (ready == 0)
		return NULL;
	next = loop_find(next + 1);
	if (next >= count)
		next = loop_find(0);
	*events = is[next];
	is[next] = 0;
	ready--;
	return watches[next];
}

size_t loop_limit(void)
{
	return SIZE_MAX;
}
