/* loop_kqueue.c: the watches, by kqueue, for the BSDs and macOS: a wait costs what is ready.
 *
 * It was written by their manuals and has run only on Linux, over test/kqueue, a stand-in made from
 * poll(): the tests of the loop and the hub and those end to end hold there. How a real kqueue
 * tells of resets, in which order it reports, and what it costs is not tested. */
#include "wsrelay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

enum { LOOP_REST_MS = 10, LOOP_FETCH = 64 };    /* as in loop_epoll.c */
enum {  /* Beside LOOP_IN and LOOP_OUT. */
	LOOP_OWED = 8,          /* the kernel did not take it */
	LOOP_GONE = 16          /* its connection is: said once by the kernel, and by us in each turn */
};

const char loop_kind[] = "kqueue";

static int queue = -1;

/* Dense: who leaves is replaced by the last. */
static struct watch **watches;
static uint8_t *want;           /* what each is watched for */
static uint8_t *is;             /* what it is ready for and was not told yet */
static size_t count, most;
static size_t next;     /* where the next look starts, so that nobody is always first */
static size_t ready;    /* still to be found in this turn */
static size_t owed, gone;

int loop_start(size_t watches_most)
{
	most = watches_most;
	watches = calloc(most, sizeof(struct watch *));
	want = calloc(most, 1);
	is = calloc(most, 1);
	queue = kqueue();
	if (queue < 0)
		log_line(LOG_LEVEL_ERROR, "cannot wait with kqueue: %s", strerror(errno));
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
	count = most = next = ready = owed = gone = 0;
}

static int loop_filter(size_t i, int filter, int how)
{
	const struct timespec now = { 0, 0 };
	struct kevent change;

	EV_SET(&change, (uintptr_t)watches[i]->fd, (short)filter, (unsigned short)how, 0, 0,
	       watches[i]);
	return kevent(queue, &change, 1, NULL, 0, &now);
}

/* Who does not ask for input has the filter too, but each time once: it tells of a reset. */
static void loop_tell(size_t i, int events)
{
	int failed = loop_filter(i, EVFILT_READ, EV_ADD | (events & LOOP_IN ? 0 : EV_CLEAR)) < 0;

	if (events & LOOP_OUT)
		failed |= loop_filter(i, EVFILT_WRITE, EV_ADD) < 0;
	owed += (size_t)failed;
	want[i] = (uint8_t)(events | (want[i] & LOOP_GONE) | (failed ? LOOP_OWED : 0));
}

static void loop_forget(size_t i)
{
	loop_filter(i, EVFILT_READ, EV_DELETE);
	if (want[i] & LOOP_OUT)
		loop_filter(i, EVFILT_WRITE, EV_DELETE);
	owed -= want[i] & LOOP_OWED ? 1 : 0;
}

void loop_add(struct watch *w, int events)
{
	assert(count < most);
	w->index = (uint32_t)count++;
	watches[w->index] = w;
	want[w->index] = is[w->index] = 0;
	loop_tell(w->index, events);
}

void loop_change(struct watch *w, int events)
{
	loop_forget(w->index);
	loop_tell(w->index, events);
}

void loop_remove(struct watch *w)
{
	assert(watches[w->index] == w);
	loop_forget(w->index);
	gone -= want[w->index] & LOOP_GONE ? 1 : 0;
	ready -= is[w->index] != 0;
	count--;
	watches[w->index] = watches[count];
	want[w->index] = want[count];
	is[w->index] = is[count];
	watches[w->index]->index = w->index;
}

static void loop_found(size_t i, int events)
{
	events &= (want[i] & (LOOP_IN | LOOP_OUT)) | LOOP_HUP;
	ready += events && !is[i];
	is[i] = (uint8_t)(is[i] | events);
}

/* The peer's end of stream is something to read. With an error, or when nothing can be sent, the
 * connection is gone. */
static void loop_event(const struct kevent *e)
{
	const struct watch *w = e->udata;
	int events = e->filter == EVFILT_READ ? LOOP_IN : LOOP_OUT;

	if (e->flags & EV_EOF && (e->fflags || e->filter == EVFILT_WRITE)) {
		gone += !(want[w->index] & LOOP_GONE);
		want[w->index] |= LOOP_GONE;
		events |= LOOP_HUP;
	}
	loop_found(w->index, events);
}

/* Returns 0, or -1. */
static int loop_fetch(int timeout)
{
	struct timespec wait = { timeout / 1000, timeout % 1000 * 1000000L };
	struct kevent events[LOOP_FETCH];
	size_t before;
	int i, n;

	do {
		before = ready;
		n = kevent(queue, NULL, 0, events, LOOP_FETCH, &wait);
		for (i = 0; i < n; i++)
			loop_event(&events[i]);
		wait.tv_sec = wait.tv_nsec = 0;
	} while (n == LOOP_FETCH && ready > before);
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
	if (owed && timeout > LOOP_REST_MS)
		timeout = LOOP_REST_MS;
	failed = loop_fetch(gone ? 0 : timeout) && errno != EINTR;
	if (failed)
		poll(NULL, 0, LOOP_REST_MS);
	/* As in loop_epoll.c. */
	for (i = 0; (failed || owed || gone) && i < count; i++) {
		if (want[i] & LOOP_OWED) {
			loop_forget(i);
			loop_tell(i, want[i] & (LOOP_IN | LOOP_OUT));
		}
		if (failed || want[i] & LOOP_OWED)
			loop_found(i, want[i]);
		if (want[i] & LOOP_GONE)
			loop_found(i, LOOP_HUP);
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
