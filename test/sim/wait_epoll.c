/* wait_epoll.c: waits with epoll: who is ready is handed out in turns, who is closed is forgotten. */
#include "sim.h"

#include <errno.h>
#include <sys/epoll.h>

static struct {
	uint32_t events;
	epoll_data_t data;
} listed[SIM_FDS];

static unsigned at;             /* where it goes on to hand out */

int wait_epoll_create(int flags)
{
	CHECK(flags == EPOLL_CLOEXEC, "epoll: flags %d", flags);
	if (rnd_chance(5))
		return sock_fail(EMFILE);
	at = 0;
	return sock_epoll();
}

int wait_epoll_ctl(int queue, int how, int fd, struct epoll_event *e)
{
	struct sock *s = sock_of(fd, "epoll_ctl");

	CHECK(sock_of(queue, "epoll_ctl")->kind == FD_EPOLL, "epoll: %d is none", queue);
	CHECK(how != EPOLL_CTL_ADD || !s->listed, "epoll: descriptor %d is added again", fd);
	if (how != EPOLL_CTL_ADD && !s->listed)
		return sock_fail(ENOENT);
	if (how == EPOLL_CTL_ADD && world_stormy() && rnd_chance(world.poll_faults))
		return sock_fake(rnd_chance(500) ? ENOSPC : ENOMEM);
	s->listed = how != EPOLL_CTL_DEL;
	listed[fd].events = e->events;
	listed[fd].data = e->data;
	return 0;
}

int wait_epoll(int queue, struct epoll_event *events, int most, int timeout)
{
	static struct pollfd fds[SIM_FDS];
	int ready = 0;
	unsigned i;
	nfds_t n = 0;

	CHECK(sock_of(queue, "epoll_wait")->kind == FD_EPOLL, "epoll: %d is none", queue);
	CHECK(timeout >= 0 && most > 0, "epoll: waits %d ms for %d", timeout, most);
	CHECK(!timeout || !world.unflushed, "epoll: sleeps before it has sent all");
	wait_turn();
	wait_slept |= timeout > 0;
	if (wait_fault())
		return rnd_chance(500) ? -1 : 0;
	for (i = 1; i <= SIM_FDS; i++) {
		unsigned fd = (at + i) % SIM_FDS;

		if (sock_table[fd].kind == FD_FREE || !sock_table[fd].listed)
			continue;
		fds[n].fd = (int)fd;
		fds[n++].events = (short)((listed[fd].events & EPOLLIN ? POLLIN : 0) |
		                          (listed[fd].events & EPOLLOUT ? POLLOUT : 0));
	}
	wait_until(fds, n, wait_now + (uint64_t)timeout * SIM_MS);
	for (i = 0; i < n && ready < most; i++) {
		short is = fds[i].revents;

		if (!is)
			continue;
		at = (unsigned)fds[i].fd;
		events[ready].events = (is & POLLIN ? EPOLLIN : 0u) | (is & POLLOUT ? EPOLLOUT : 0u) |
		                       (is & POLLERR ? EPOLLERR : 0u) | (is & POLLHUP ? EPOLLHUP : 0u);
		events[ready++].data = listed[at].data;
	}
	return ready;
}
