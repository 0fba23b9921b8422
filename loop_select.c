/* loop_select.c: the watches, by select(), for systems without a poll() that can be trusted. */
#include "wsrelay.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/select.h>

const char loop_kind[] = "select";

static struct watch **watches;  /* dense: who leaves is replaced by the last */
static size_t count, most;
static size_t next, looks;      /* as in loop_poll.c */
static int ready;
static fd_set want_in, want_out, is_in, is_out;

int loop_start(size_t watches_most)
{
	FD_ZERO(&want_in);
	FD_ZERO(&want_out);
	most = watches_most;
	watches = calloc(most, sizeof(struct watch *));
	return watches ? 0 : -1;
}

size_t loop_watch_size(void)
{
	return sizeof(struct watch *);
}

void loop_stop(void)
{
	free(watches);
	watches = NULL;
	count = most = next = looks = 0;
}

void loop_change(struct watch *w, int events)
{
	/* FD_SET of a larger one would write beyond the set; os_limit_files() keeps it from coming. */
	assert(w->fd >= 0 && w->fd < FD_SETSIZE);
	FD_CLR(w->fd, &want_in);
	FD_CLR(w->fd, &want_out);
	if (events & LOOP_IN)
		FD_SET(w->fd, &want_in);
	if (events & LOOP_OUT)
		FD_SET(w->fd, &want_out);
}

void loop_add(struct watch *w, int events)
{
	assert(count < most);
	w->index = (uint32_t)count++;
	watches[w->index] = w;
	FD_CLR(w->fd, &is_in);
	FD_CLR(w->fd, &is_out);
	loop_change(w, events);
}

void loop_remove(struct watch *w)
{
	assert(watches[w->index] == w);
	loop_change(w, 0);
	count--;
	watches[w->index] = watches[count];
	watches[w->index]->index = w->index;
}

void loop_ask(int timeout)
{
	struct timeval rest = { .tv_usec = 10000 };
	struct timeval wait;
	int highest = -1;
	size_t i;

	for (i = 0; i < count; i++)
		if (watches[i]->fd > highest)
			highest = watches[i]->fd;
	wait.tv_sec = timeout / 1000;
	wait.tv_usec = timeout % 1000 * 1000;
	is_in = want_in;
	is_out = want_out;
	ready = select(highest + 1, &is_in, &is_out, NULL, &wait);
	/* For good, perhaps, as in loop_poll.c. */
	if (ready < 0 && errno != EINTR) {
		select(0, NULL, NULL, NULL, &rest);
		is_in = want_in;
		is_out = want_out;
		ready = 2 * (int)count;
	}
	looks = ready > 0 ? count : 0;
}

struct watch *loop_next(int *events)
{
	while (ready > 0 && looks > 0) {
		int fd;

		looks--;
		next = next + 1 < count ? next + 1 : 0;
		fd = watches[next]->fd;
		*events = (FD_ISSET(fd, &is_in) ? LOOP_IN : 0) | (FD_ISSET(fd, &is_out) ? LOOP_OUT : 0);
		if (*events) {
			/* select() counts a descriptor once for each set. */
			ready -= *events == (LOOP_IN | LOOP_OUT) ? 2 : 1;
			FD_CLR(fd, &is_in);
			FD_CLR(fd, &is_out);
			return watches[next];
		}
	}
	return NULL;
}

size_t loop_limit(void)
{
	return FD_SETSIZE;
}
