/* fake_epoll.c: epoll_ctl() and epoll_wait() of the hub tests, beside fake.c. */
#define _GNU_SOURCE     /* syscall */
#include "fake.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FDS = 4096 };

static epoll_data_t data[FDS];  /* the caller's: the kernel is given the descriptor */

int epoll_ctl(int queue, int how, int fd, struct epoll_event *e)
{
	struct epoll_event own = { .events = e->events, .data.fd = fd };

	data[fd] = e->data;
	return (int)syscall(SYS_epoll_ctl, queue, how, fd, &own);
}

static int look(int queue, struct epoll_event *events, int most)
{
	int n = (int)syscall(SYS_epoll_pwait, queue, events, most, 0, NULL, (size_t)8), i, found = 0;

	for (i = 0; i < n; i++) {
		int fd = events[i].data.fd;

		if (fake_full(fd))
			events[i].events &= ~(uint32_t)EPOLLOUT;
		if (!events[i].events)
			continue;
		events[found].events = events[i].events;
		events[found++].data = data[fd];
	}
	return n < 0 ? -1 : found;
}

int epoll_wait(int queue, struct epoll_event *events, int most, int timeout)
{
	int ready = look(queue, events, most);

	if (ready == 0 && timeout > 0) {
		fake_sleep((uint64_t)timeout);
		ready = look(queue, events, most);
	}
	return ready;
}
