/* wait.c: time: the clock, and the waits in which the world goes on. */
#include "sim.h"

#include <errno.h>
#include <string.h>

uint64_t wait_now, wait_stopped;
int wait_slept;

void wait_start(void)
{
	wait_now = 1000 * SIM_SECOND + rnd_below(1000000);
	wait_stopped = 0;
	wait_slept = 0;
}

/* The process did not run for a while. */
static void wait_jump(void)
{
	uint64_t jump = SIM_MS * rnd_between(1200, rnd_chance(100) ? 4000000 : 60000);

	TRACE("the process is stopped for %llu ms", (unsigned long long)(jump / SIM_MS));
	wait_now += jump;
	wait_stopped += jump;
	world.faked++;
}

int wait_clock(clockid_t id, struct timespec *t)
{
	CHECK(id == CLOCK_MONOTONIC, "clock: %d is not the monotonic one", (int)id);
	oracle_scan();
	wait_now += 1 + (world.slow_cpu && world_stormy() ? rnd_below(world.slow_cpu) : 0);
	if (world.jumps && world_stormy() && rnd_below(4000) < world.jumps)
		wait_jump();
	t->tv_sec = (time_t)(wait_now / SIM_SECOND);
	t->tv_nsec = (long)(wait_now % SIM_SECOND * 1000);
	return 0;
}

time_t wait_time(time_t *t)
{
	time_t now = (time_t)(1500000000 + wait_now / SIM_SECOND);

	if (t)
		*t = now;
	return now;
}

int wait_getrusage(int who, struct rusage *u)
{
	(void)who;
	memset(u, 0, sizeof *u);
	return 0;
}

int wait_getrlimit(int what, struct rlimit *r)
{
	(void)what;
	r->rlim_cur = r->rlim_max = SIM_FDS;
	return 0;
}

static int wait_client(const struct client *c)
{
	size_t space = client_space(c);
	int events = 0;

	if (c->rst)
		return POLLIN | POLLOUT | POLLERR | POLLHUP;
	if (c->ready > c->taken || c->fin)
		events |= POLLIN;
	/* A socket is writable when a third of its buffer is free. */
	if (space > 0 && space >= c->window / 3)
		events |= POLLOUT;
	if (c->fin && c->shut)
		events |= POLLHUP;
	return events;
}

static int wait_events(int fd, int events)
{
	const struct sock *s = &sock_table[fd];

	switch (s->kind) {
	case FD_LISTENER:
		return sock_queued(fd) ? POLLIN : 0;
	case FD_CLIENT:
		CHECK(!s->want || events == ((s->want - 1) & LOOP_IN ? POLLIN : 0) +
		      ((s->want - 1) & LOOP_OUT ? POLLOUT : 0), "watch: descriptor %d is asked for "
		      "%d, not %d",
		      fd, events, s->want - 1);
		return wait_client(s->client);
	case FD_PIPE:
		return world.draining == 1 ? POLLIN : 0;
	default:
		main_fail("poll: descriptor %d is closed, or nothing to wait for", fd);
		return 0;
	}
}

static int wait_look(struct pollfd *fds, nfds_t n)
{
	int ready = 0, events;
	nfds_t i;

	for (i = 0; i < n; i++) {
		CHECK(fds[i].fd >= SIM_FIRST_FD && fds[i].fd < SIM_FDS, "poll: descriptor %d",
		      fds[i].fd);
		events = wait_events(fds[i].fd, fds[i].events);
		fds[i].revents = (short)(events & (fds[i].events | POLLERR | POLLHUP));
		ready += fds[i].revents != 0;
	}
	return ready;
}

/* A turn begins: some time has passed in the one before. */
void wait_turn(void)
{
	wait_now += rnd_below(world.slow_cpu && world_stormy() ? 5000 : 100);
	if (world.jumps && world_stormy() && rnd_below(2000) < world.jumps)
		wait_jump();
	client_run();
}

int wait_fault(void)
{
	if (!world_stormy() || !rnd_chance(world.poll_faults))
		return 0;
	world.faked++;
	errno = EINTR;
	return 1;
}

int wait_until(struct pollfd *fds, nfds_t n, uint64_t end)
{
	for (;;) {
		int ready;

		client_run();
		ready = wait_look(fds, n);
		if (ready || wait_now >= end)
			return ready;
		if (client_soonest > wait_now)
			wait_now = client_soonest < end ? client_soonest : end;
	}
}

int wait_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (n == 1 && fds->fd == 2) {
		fds->revents = POLLOUT;
		return 1;
	}
	CHECK(timeout >= 0, "poll: waits for ever");
	CHECK(!timeout || !world.unflushed, "poll: sleeps before it has sent all");
	if (timeout == 0)
		wait_turn();
	else
		wait_slept = 1;
	if (wait_fault())
		return rnd_chance(500) ? -1 : 0;
	return wait_until(fds, n, wait_now + (uint64_t)timeout * SIM_MS);
}

int wait_select(int n, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
	static struct pollfd fds[SIM_FDS];
	uint64_t wait = (uint64_t)timeout->tv_sec * SIM_SECOND + (uint64_t)timeout->tv_usec;
	nfds_t i, count = 0;
	unsigned fd;
	int ready = 0;

	(void)err;
	CHECK(n <= SIM_FDS && timeout->tv_usec < 1000000, "select: %d descriptors", n);
	for (fd = 0; fd < (unsigned)n; fd++) {
		int events = (FD_ISSET(fd, in) ? POLLIN : 0) | (FD_ISSET(fd, out) ? POLLOUT : 0);

		if (!events)
			continue;
		fds[count].fd = (int)fd;
		fds[count++].events = (short)events;
	}
	wait_turn();
	wait_slept = wait > 0;
	if (wait_fault())
		return -1;
	wait_until(fds, count, wait_now + wait);
	for (i = 0; i < count; i++) {
		int is = fds[i].revents & (POLLERR | POLLHUP) ? POLLIN | POLLOUT : fds[i].revents;

		fd = (unsigned)fds[i].fd;
		FD_CLR(fd, in);
		FD_CLR(fd, out);
		if (is & fds[i].events & POLLIN)
			FD_SET(fd, in), ready++;
		if (is & fds[i].events & POLLOUT)
			FD_SET(fd, out), ready++;
	}
	return ready;
}
