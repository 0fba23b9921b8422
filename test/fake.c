/* fake.c: clock_gettime(), poll(), select(), send(), sendmsg() and recv() of the hub tests. */
#define _GNU_SOURCE     /* ppoll */
#include "fake.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

enum { FDS = 4096, MESSAGE_MAX = 1 << 20 };

uint64_t fake_clock = 1000000000, fake_until, fake_step, fake_stopped;
unsigned fake_idle, fake_sends, fake_forbidden;
uint32_t fake_short;
int fake_forbid;

static struct {
	int held;
	size_t room, sent;
} fds[FDS];

uint32_t fake_random(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)*seed * n >> 32);
}

void fake_hold(int fd, size_t bytes)
{
	fds[fd].held = 1;
	fds[fd].room = bytes;
	fds[fd].sent = 0;
}

void fake_release(int fd)
{
	fds[fd].held = 0;
	fds[fd].sent = 0;
}

size_t fake_sent(int fd)
{
	return fds[fd].sent;
}

/* ---- time */

int clock_gettime(clockid_t id, struct timespec *t)
{
	(void)id;
	fake_clock += fake_step;
	t->tv_sec = (time_t)(fake_clock / 1000000);
	t->tv_nsec = (long)(fake_clock % 1000000) * 1000;
	return 0;
}

void fake_sleep(uint64_t ms)
{
	uint64_t end = fake_clock + ms * 1000;

	fake_idle++;
	if (fake_stopped) {
		fake_clock += fake_stopped;
		fake_stopped = 0;
	} else if (fake_clock < fake_until) {
		fake_clock = end < fake_until ? end : fake_until;
	}
}

/* ---- waits */

int fake_full(int fd)
{
	return fds[fd].held && fds[fd].room == 0;
}

static int fake_poll(struct pollfd *p, nfds_t n)
{
	static const struct timespec none;
	int ready = ppoll(p, n, &none, NULL);
	nfds_t i;

	for (i = 0; ready > 0 && i < n; i++) {
		if (!(p[i].revents & POLLOUT) || !fake_full(p[i].fd))
			continue;
		p[i].revents &= (short)~POLLOUT;
		ready -= p[i].revents == 0;
	}
	return ready;
}

int poll(struct pollfd *p, nfds_t n, int timeout)
{
	int ready = fake_poll(p, n);

	if (ready == 0 && timeout > 0) {
		fake_sleep((uint64_t)timeout);
		ready = fake_poll(p, n);
	}
	return ready;
}

static int fake_select(int n, fd_set *in, fd_set *out)
{
	static const struct timespec none;
	int ready = pselect(n, in, out, NULL, &none, NULL), fd;

	for (fd = 0; ready > 0 && fd < n; fd++) {
		if (FD_ISSET(fd, out) && fake_full(fd)) {
			FD_CLR(fd, out);
			ready--;
		}
	}
	return ready;
}

int select(int n, fd_set *in, fd_set *out, fd_set *bad, struct timeval *timeout)
{
	fd_set want_in = *in, want_out = *out;
	int ready = fake_select(n, in, out);
	uint64_t ms = (uint64_t)timeout->tv_sec * 1000 + (uint64_t)timeout->tv_usec / 1000;

	(void)bad;
	if (ready == 0 && ms > 0) {
		fake_sleep(ms);
		*in = want_in;
		*out = want_out;
		ready = fake_select(n, in, out);
	}
	return ready;
}

/* ---- bytes */

static size_t fake_less(size_t n)
{
	if (!fake_short || n < 2 || fake_random(&fake_short, 4) == 0)
		return n;
	if (fake_random(&fake_short, 2))
		return 1 + fake_random(&fake_short, n < 8 ? (uint32_t)n : 8);
	return 1 + fake_random(&fake_short, (uint32_t)n);
}

static int fake_fails(void)
{
	if (!fake_short || fake_random(&fake_short, 8))
		return 0;
	errno = fake_random(&fake_short, 2) ? EAGAIN : EINTR;
	return 1;
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
	ssize_t sent;

	fake_sends++;
	fake_forbidden += fake_forbid != 0;
	if (fake_fails())
		return -1;
	n = fake_less(n);
	if (fds[fd].held && n > fds[fd].room)
		n = fds[fd].room;
	if (n == 0 && fake_full(fd)) {
		errno = EAGAIN;
		return -1;
	}
	sent = sendto(fd, data, n, flags, NULL, 0);
	if (sent > 0) {
		fds[fd].sent += (size_t)sent;
		fds[fd].room -= fds[fd].held ? (size_t)sent : 0;
	}
	return sent;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	static uint8_t all[MESSAGE_MAX];
	size_t n = 0, i;

	for (i = 0; i < (size_t)m->msg_iovlen; i++) {
		const struct iovec *v = &m->msg_iov[i];

		if (v->iov_len > sizeof all - n)
			break;
		memcpy(all + n, v->iov_base, v->iov_len);
		n += v->iov_len;
	}
	return send(fd, all, n, flags);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
	if (fake_fails())
		return -1;
	return recvfrom(fd, data, fake_less(n), flags, NULL, NULL);
}
