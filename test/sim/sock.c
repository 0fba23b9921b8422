/* sock.c: descriptors, and how connections come to be: what the kernel would do, with its moods. */
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

struct sock sock_table[SIM_FDS];

static size_t queued[SIM_FDS], opened;
static int signalled, scattered;        /* scattered: numbers are not the lowest free ones */

void sock_start(void)
{
	memset(sock_table, 0, sizeof sock_table);
	memset(queued, 0, sizeof queued);
	opened = 0;
	signalled = 0;
	scattered = rnd_chance(500);
}

size_t sock_open_count(void)
{
	return opened;
}

size_t sock_queued(int fd)
{
	return queued[fd];
}

int sock_fail(int why)
{
	errno = why;
	return -1;
}

int sock_fake(int why)
{
	world.faked++;
	return sock_fail(why);
}

struct sock *sock_of(int fd, const char *call)
{
	CHECK(fd >= SIM_FIRST_FD && fd < SIM_FDS, "descriptor: %s of %d", call, fd);
	CHECK(sock_table[fd].kind != FD_FREE, "descriptor: %s of %d, which is closed", call, fd);
	return &sock_table[fd];
}

static int sock_new(int kind)
{
	int fd = SIM_FIRST_FD;

	if (opened >= world.fd_limit)
		return sock_fail(EMFILE);
	if (scattered)
		fd = (int)rnd_between(SIM_FIRST_FD, SIM_FDS - 1);
	while (sock_table[fd].kind != FD_FREE)
		fd = fd + 1 < SIM_FDS ? fd + 1 : SIM_FIRST_FD;
	memset(&sock_table[fd], 0, sizeof sock_table[fd]);
	sock_table[fd].kind = (uint8_t)kind;
	queued[fd] = 0;
	opened++;
	return fd;
}

int sock_pipe(void)
{
	return sock_new(FD_PIPE);
}

int sock_epoll(void)
{
	return sock_new(FD_EPOLL);
}

void sock_signal(void)
{
	signalled = 1;
}

int sock_socket(int family, int type, int protocol)
{
	(void)type;
	(void)protocol;
	if (world.phase == PHASE_START && rnd_chance(5))
		return sock_fail(EMFILE);
	if (family == AF_INET6 && world.seed % 7 == 0)
		return sock_fail(EAFNOSUPPORT);
	return sock_new(FD_SOCKET);
}

int sock_bind(int fd, const struct sockaddr *a, socklen_t len)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
	struct sock *s = sock_of(fd, "bind");

	if (rnd_chance(5))
		return sock_fail(rnd_chance(500) ? EADDRINUSE : EACCES);
	if (a->sa_family == AF_UNIX) {
		s->port = (uint16_t)world.config.server_port;
		return 0;
	}
	memset(&u, 0, sizeof u);
	memcpy(&u, a, len < sizeof u ? len : sizeof u);
	s->port = ntohs(a->sa_family == AF_INET ? u.v4.sin_port : u.v6.sin6_port);
	return 0;
}

int sock_listen(int fd, int backlog)
{
	struct sock *s = sock_of(fd, "listen");

	CHECK(s->kind == FD_SOCKET && backlog > 0, "listen: not a socket");
	s->kind = FD_LISTENER;
	return 0;
}

/* A unix socket that stands in the way: in use, or stale. */
int sock_connect(int fd, const struct sockaddr *a, socklen_t len)
{
	(void)a;
	(void)len;
	sock_of(fd, "connect");
	return rnd_chance(100) ? 0 : sock_fail(ECONNREFUSED);
}

int sock_stat(const char *path, struct stat *to)
{
	(void)path;
	memset(to, 0, sizeof *to);
	if (rnd_chance(500))
		return sock_fail(ENOENT);
	to->st_mode = rnd_chance(900) ? S_IFSOCK : S_IFREG;
	return 0;
}

int sock_unlink(const char *path)
{
	(void)path;
	return 0;
}

int sock_getsockname(int fd, struct sockaddr *a, socklen_t *len)
{
	(void)a;
	(void)len;
	sock_of(fd, "getsockname");
	return 0;
}

int sock_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct sock *s = sock_of(fd, "setsockopt");
	struct linger l;

	if (level == SOL_SOCKET && name == SO_LINGER && len == sizeof l) {
		memcpy(&l, value, sizeof l);
		if (s->kind == FD_CLIENT && l.l_onoff && !l.l_linger)
			s->client->reset = 1;
	}
	return 0;
}

int sock_fcntl(int fd, int command, ...)
{
	struct sock *s = sock_of(fd, "fcntl");
	va_list ap;
	int value;

	va_start(ap, command);
	value = va_arg(ap, int);
	va_end(ap);
	if (s->kind == FD_CLIENT && world_stormy() && !s->client->bystander &&
	    rnd_chance(world.faults / 8)) {
		s->unset = 1;
		return sock_fake(ENOLCK);
	}
	if (command == F_SETFL)
		s->nonblocking = (value & O_NONBLOCK) != 0;
	return 0;
}

int sock_open(const char *path, int flags, ...)
{
	(void)flags;
	if (strcmp(path, "/dev/null"))
		return sock_fail(ENOENT);
	if (world_stormy() && rnd_chance(world.accept_faults))
		return sock_fake(ENFILE);
	return sock_new(FD_NULL);
}

/* ---- connections */

int sock_dial(struct client *c)
{
	unsigned port = c->scraper ? world.config.metrics_port : world.config.server_port;
	int fd, at = -1;

	for (fd = SIM_FIRST_FD; fd < SIM_FDS; fd++)
		if (sock_table[fd].kind == FD_LISTENER && sock_table[fd].port == port &&
		    (at < 0 || rnd_chance(500)))
			at = fd;
	if (at < 0)
		return -1;
	c->life = LIFE_BACKLOG;
	c->fd = at;
	queued[at]++;
	return 0;
}

static struct client *sock_waiting(int fd)
{
	size_t i;

	for (i = 0; i < world.count; i++)
		if (world.clients[i].life == LIFE_BACKLOG && world.clients[i].fd == fd)
			return &world.clients[i];
	return NULL;
}

void sock_over(struct client *c)
{
	c->life = LIFE_OVER;
	c->act_at = c->read_at = SIM_NEVER;
	c->ended = 1;
	c->fd = -1;
}

static int sock_accept_fault(int fd)
{
	static const int whys[] = {
		EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EPROTO, EINTR, EAGAIN
	};
	int why = whys[rnd_below(sizeof whys / sizeof *whys)];
	struct client *c = sock_waiting(fd);

	if (c && (why == ECONNABORTED || why == EPROTO)) {
		queued[fd]--;
		sock_over(c);
	}
	TRACE("accept: made up errno %d", why);
	return sock_fake(why);
}

int sock_accept(int fd, struct sockaddr *a, socklen_t *len)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sock *s = sock_of(fd, "accept");
	struct client *c;
	int new;

	CHECK(s->kind == FD_LISTENER, "accept: not a listener");
	if (a && world_stormy() && rnd_chance(world.accept_faults))
		return sock_accept_fault(fd);
	if (opened >= world.fd_limit)
		return sock_fail(EMFILE);
	c = sock_waiting(fd);
	if (!c) {
		CHECK(s->nonblocking, "accept: would block");
		return sock_fail(EAGAIN);
	}
	new = sock_new(FD_CLIENT);
	sock_table[new].client = c;
	queued[fd]--;
	c->fd = new;
	c->life = LIFE_ACCEPTED;
	c->turned_away = a == NULL;
	if (a) {
		from.sin_port = htons((uint16_t)(10000 + c->id));
		from.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		memcpy(a, &from, *len < sizeof from ? *len : sizeof from);
	}
	world.progress++;
	TRACE("accept: client %d is descriptor %d%s", c->id, new, a ? "" : ", turned away");
	return new;
}

int sock_close(int fd)
{
	struct sock *s = sock_of(fd, "close");
	struct client *c;

	world.progress++;
	if (s->kind == FD_CLIENT)
		link_close(s);
	while (s->kind == FD_LISTENER && (c = sock_waiting(fd)) != NULL)
		sock_over(c);
	s->kind = FD_FREE;
	opened--;
	if (world_stormy() && rnd_chance(world.faults))
		return sock_fail(EINTR);
	return 0;
}

ssize_t sock_read(int fd, void *to, size_t n)
{
	struct sock *s = sock_of(fd, "read");

	CHECK(s->kind == FD_PIPE, "read: of kind %d", s->kind);
	if (!signalled || n == 0)
		return sock_fail(EAGAIN);
	signalled = 0;
	world.progress++;
	memset(to, 15, 1);
	return 1;
}

/* The log. */
ssize_t sock_write(int fd, const void *from, size_t n)
{
	CHECK(fd == STDERR_FILENO, "write: to %d", fd);
	if (world_trace)
		main_trace("log: %.*s", (int)(n > 0 ? n - 1 : 0), (const char *)from);
	return (ssize_t)n;
}
