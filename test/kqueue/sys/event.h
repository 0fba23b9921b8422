/* event.h: stands in for the BSDs' where there is no kqueue, so that loop_kqueue.c can be compiled
 * and tested there: make POLL=kqueue CPPFLAGS=-Itest/kqueue
 *
 * One queue, over poll(), by what kqueue(2) says of the filters for reading and writing: the level
 * is reported each time; with EV_CLEAR once, where a real one tells of more input again. Who was
 * reported goes to the end. */
#ifndef KQUEUE_EVENT_H
#define KQUEUE_EVENT_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>

enum { EVFILT_READ = -1, EVFILT_WRITE = -2 };
enum { EV_ADD = 1, EV_DELETE = 2, EV_CLEAR = 0x20, EV_EOF = 0x8000 };

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned int fflags;
	intptr_t data;
	void *udata;
};

#define EV_SET(e, i, f, how, ff, d, u) \
	(*(e) = (struct kevent){ (i), (f), (how), (ff), (d), (u) })

enum { KQUEUE_MAX = 30000 };

/* The filters, dense. */
static struct kevent kqueue_filters[KQUEUE_MAX];
static struct pollfd kqueue_fds[KQUEUE_MAX];
static int kqueue_count, kqueue_next;

static int kqueue(void)
{
	kqueue_count = kqueue_next = 0;
	return open("/dev/null", O_RDONLY);
}

static int kqueue_change(const struct kevent *change)
{
	int i = 0;

	while (i < kqueue_count && (kqueue_filters[i].ident != change->ident ||
	                            kqueue_filters[i].filter != change->filter))
		i++;
	if (i == kqueue_count && (change->flags & EV_DELETE || i == KQUEUE_MAX)) {
		errno = change->flags & EV_DELETE ? ENOENT : ENOMEM;
		return -1;
	}
	if (change->flags & EV_DELETE) {
		kqueue_count--;
		kqueue_filters[i] = kqueue_filters[kqueue_count];
		kqueue_fds[i] = kqueue_fds[kqueue_count];
		return 0;
	}
	kqueue_count += i == kqueue_count;
	kqueue_filters[i] = *change;
	kqueue_fds[i].fd = (int)change->ident;
	kqueue_fds[i].events = change->filter == EVFILT_READ ? POLLIN : POLLOUT;
	return 0;
}

/* Whether filter i is to be reported. What was reported once and for all is not polled again. */
static int kqueue_is(int i)
{
	struct pollfd *p = &kqueue_fds[i];

	if (p->revents && kqueue_filters[i].flags & EV_CLEAR) {
		p->events = 0;
		p->fd = p->revents & (POLLHUP | POLLERR) ? -1 : p->fd;
	}
	return p->revents != 0;
}

static int kqueue_gather(struct kevent *events, int most)
{
	int i, n = 0, start = kqueue_next;

	for (i = 0; i < kqueue_count && n < most; i++) {
		int at = (start + i) % kqueue_count;
		short is = kqueue_fds[at].revents;

		if (!kqueue_is(at))
			continue;
		kqueue_next = at + 1;
		events[n] = kqueue_filters[at];
		events[n].flags = is & (POLLHUP | POLLERR) ? EV_EOF : 0;
		events[n++].fflags = is & POLLERR ? ECONNRESET : 0;
	}
	return n;
}

static int kevent(int queue, const struct kevent *changes, int n, struct kevent *events, int most,
                  const struct timespec *wait)
{
	int ready, timeout = (int)(wait->tv_sec * 1000 + wait->tv_nsec / 1000000);

	(void)queue;
	while (n-- > 0)
		if (kqueue_change(changes++))
			return -1;
	if (most == 0)
		return 0;
	ready = poll(kqueue_fds, (nfds_t)kqueue_count, 0);
	ready = ready > 0 ? kqueue_gather(events, most) : ready;
	if (ready == 0 && timeout > 0) {
		ready = poll(kqueue_fds, (nfds_t)kqueue_count, timeout);
		ready = ready > 0 ? kqueue_gather(events, most) : ready;
	}
	return ready;
}

#endif
