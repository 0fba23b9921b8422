/* link.c: connections: what goes through them, with the moods of a kernel. */
#include "sim.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

ssize_t link_recv(int fd, void *to, size_t n, int flags)
{
	struct sock *s = sock_of(fd, "recv");
	struct client *c = s->client;
	size_t have;

	CHECK(s->kind == FD_CLIENT && !flags && n > 0, "recv: of kind %d, %zu bytes", s->kind, n);
	oracle_scan();
	if (world_stormy() && rnd_chance(world.faults))
		return sock_fake(rnd_chance(500) ? EINTR : EAGAIN);
	have = c->ready - c->taken;
	if (have == 0 && c->rst)
		return sock_fail(ECONNRESET);
	if (have == 0 && c->fin) {
		world.progress++;
		return 0;
	}
	if (have == 0) {
		CHECK(s->nonblocking, "recv: would block");
		return sock_fail(EAGAIN);
	}
	if (have > n)
		have = n;
	if (world_stormy() && rnd_chance(world.shorts))
		have = rnd_between(1, have < 8 || rnd_chance(300) ? have : 7);
	memcpy(to, c->up + c->taken, have);
	c->taken += have;
	if (!c->scraper)
		world.bytes_in += have;
	world.progress++;
	TRACE("recv: %zu bytes from client %d (%zu so far)", have, c->id, c->taken);
	return (ssize_t)have;
}

static int link_may_send(struct sock *s, struct client *c)
{
	CHECK(!c->shut, "send: to client %d, behind its end of stream", c->id);
	if (c->rst)
		return sock_fail(rnd_chance(500) ? EPIPE : ECONNRESET);
	if (!c->bystander && world_stormy() && rnd_chance(world.faults / 20)) {
		c->rst = c->gone = 1;
		c->act_at = c->read_at = SIM_NEVER;
		return sock_fake(ETIMEDOUT);
	}
	if (!(c->bystander && world.strict) && world_stormy() && rnd_chance(world.faults)) {
		static const int whys[] = { EINTR, EAGAIN, ENOBUFS, ENOMEM };

		return s->nonblocking ? sock_fake(whys[rnd_below(4)]) : 0;
	}
	if (client_space(c) == 0) {
		CHECK(s->nonblocking, "send: would block");
		return sock_fail(EAGAIN);
	}
	return 0;
}

ssize_t link_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct sock *s = sock_of(fd, "send");
	struct client *c = s->client;
	size_t i, n = 0, space, sent = 0;

	CHECK(s->kind == FD_CLIENT && flags & MSG_NOSIGNAL, "send: kind %d, flags %d", s->kind,
	      flags);
	for (i = 0; i < (size_t)msg->msg_iovlen; i++)
		n += msg->msg_iov[i].iov_len;
	CHECK(n > 0, "send: nothing to client %d", c->id);
	if (link_may_send(s, c))
		return -1;
	space = client_space(c);
	if (n > space)
		n = space;
	if (!(c->bystander && world.strict) && world_stormy() && rnd_chance(world.shorts))
		n = rnd_between(1, n < 8 || rnd_chance(300) ? n : 7);
	for (i = 0; sent < n; i++) {
		size_t k = msg->msg_iov[i].iov_len < n - sent ? msg->msg_iov[i].iov_len : n - sent;

		stream_take(c, msg->msg_iov[i].iov_base, k);
		sent += k;
	}
	if (!c->scraper && !c->turned_away)
		world.bytes_out += n;
	if (c->gone)
		c->rst = 1;
	world.progress++;
	TRACE("send: %zu bytes to client %d (%llu so far)", n, c->id, (unsigned long long)c->given);
	return (ssize_t)n;
}

ssize_t link_send(int fd, const void *from, size_t n, int flags)
{
	struct iovec v = { (void *)(uintptr_t)from, n };
	struct msghdr msg;

	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &v;
	msg.msg_iovlen = 1;
	return link_sendmsg(fd, &msg, flags);
}

int link_shutdown(int fd, int how)
{
	struct sock *s = sock_of(fd, "shutdown");
	struct client *c = s->client;

	CHECK(s->kind == FD_CLIENT && how == SHUT_WR && !c->shut, "shutdown: again, or how %d",
	      how);
	world.progress++;
	if (c->rst)
		return sock_fail(ENOTCONN);
	CHECK(stream_at_end(c), "shutdown: client %d has half of something", c->id);
	c->shut = 1;
	if (c->reads != READ_NEVER)
		client_reads(c, wait_now + c->lag);
	TRACE("shutdown: client %d", c->id);
	return 0;
}

void link_close(const struct sock *s)
{
	struct client *c = s->client;

	TRACE("close: client %d%s", c->id, c->reset ? " with a reset" : "");
	/* One that cannot be made non-blocking is closed at once. */
	if (client_alive(c) && !c->reset && !c->scraper && !c->turned_away && !s->unset) {
		CHECK(stream_at_end(c), "close: client %d has half of something and no reset",
		      c->id);
		CHECK(c->taken == c->ready, "close: client %d sent what nobody read: its kernel "
		      "resets",
		      c->id);
	}
	CHECK(!c->opened || c->left, "close: client %d, and app->close has not come", c->id);
	c->closed = 1;
	sock_over(c);
}
