/* loop_poll.c: the watches, by poll(). */
#include "wsrelay.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

enum { LOOP_REST_MS = 10 };

const char loop_kind[] = "poll";

/* Dense, so that poll() looks at no hole: who leaves is replaced by the last. */
static struct pollfd *fds;
static struct watch **watches;
static size_t count, most;
static size_t next;     /* where the next look starts, so that nobody is always first */
static size_t looks;    /* still to be done in this turn */
static int ready;       /* still to be found in this turn */

int loop_start(size_t watches_most)
{
	most = watches_most;
	fds = calloc(most, sizeof *fds);
	watches = calloc(most, sizeof(struct watch *));
	if (!fds || !watches) {
		loop_stop();
		return -1;
	}
	return 0;
}

size_t loop_watch_size(void)
{
	return sizeof(struct pollfd) + sizeof(struct watch *);
}

void loop_stop(void)
{
	free(fds);
	free(watches);
	fds = NULL;
	watches = NULL;
	count = most = next = looks = 0;
}

static short loop_events(int events)
{
	return (short)((events & LOOP_IN ? POLLIN : 0) | (events & LOOP_OUT ? POLLOUT : 0));
}

void loop_add(struct watch *w, int events)
{
	assert(count < most);
	w->index = (uint32_t)count++;
	watches[w->index] = w;
	fds[w->index].fd = w->fd;
	fds[w->index].events = loop_events(events);
	fds[w->index].revents = 0;
}

void loop_change(struct watch *w, int events)
{
	fds[w->index].events = loop_events(events);
}

void loop_remove(struct watch *w)
{
	assert(watches[w->index] == w);
	count--;
	fds[w->index] = fds[count];
	watches[w->index] = watches[count];
	watches[w->index]->index = w->index;
}

/* poll() fails, for good perhaps: somebody lowered the limit of open files below what is open. All
 * are tried then, a hundred times a second; none of them blocks. */
static void loop_all(void)
{
	size_t i;

	poll(NULL, 0, LOOP_REST_MS);
	for (i = 0; i < count; i++)
		fds[i].revents = fds[i].events;
	ready = (int)count;
}

void loop_ask(int timeout)
{
	/* A poll() that may sleep joins the wait queue of every descriptor and costs three to four
	 * times one that may not. */
	ready = poll(fds, (nfds_t)count, 0);
	if (ready == 0 && timeout > 0)
		ready = poll(fds, (nfds_t)count, timeout);
	if (ready < 0 && errno != EINTR)
		loop_all();
	looks = ready > 0 ? count : 0;
}

struct watch *loop_next(int *events)
{
	while (ready > 0 && looks > 0) {
		struct pollfd *f;

		looks--;
		next = next + 1 < count ? next + 1 : 0;
		f = &fds[next];
		if (f->revents) {
			*events = (f->revents & POLLIN ? LOOP_IN : 0) |
			          (f->revents & POLLOUT ? LOOP_OUT : 0) |
			          (f->revents & (POLLERR | POLLHUP | POLLNVAL) ? LOOP_HUP : 0);
			f->revents = 0;
			ready--;
			return watches[next];
		}
	}
	return NULL;
}

size_t loop_limit(void)
{
	return SIZE_MAX;
}
