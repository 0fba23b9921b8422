/* link_plain.c: the bytes to and from the peer over plain TCP, in a build without TLS. */
#include "client/client.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const char link_kind[] = "none";

const char *link_start(const struct options *o)
{
	if (!o->url.secure && !o->cafile && !o->insecure)
		return NULL;
	return "wss://, --cafile and --insecure need TLS, which is not built in; build with: "
	       "make TLS=bearssl";
}

int link_open(struct link *l, int fd, const struct options *o)
{
	(void)o;
	memset(l, 0, sizeof *l);
	l->fd = fd;
	return 0;
}

static long link_failed(struct link *l)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS ||
	    errno == ENOMEM)
		return LINK_WAIT;
	l->why = strerror(errno);
	return LINK_FAILED;
}

long link_recv(struct link *l, void *data, size_t n)
{
	ssize_t got = recv(l->fd, data, n, 0);

	return got > 0 ? (long)got : got == 0 ? LINK_END : link_failed(l);
}

long link_send(struct link *l, const void *data, size_t n)
{
	ssize_t sent = send(l->fd, data, n, MSG_NOSIGNAL);

	return sent >= 0 ? (long)sent : link_failed(l);
}

int link_events(const struct link *l, int want)
{
	(void)l;
	return want;
}

void link_shutdown(struct link *l)
{
	shutdown(l->fd, SHUT_WR);
}

void link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
