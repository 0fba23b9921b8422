/* net.c: listeners, and how they accept, even when descriptors are out; the plain send. */
#include "core.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

enum { NET_LISTENERS_MAX = 4, NET_SAY_MS = 10000 };

union net_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

struct listener {
	struct watch watch;     /* first: the loop hands it back */
	net_accepted *accepted;
	void *arg;
	uint64_t rest_until;    /* not watched until then; 0: watched */
	int tcp;
	char unlink[sizeof ((struct sockaddr_un *)0)->sun_path]; /* a socket to remove at the end */
};

static struct listener listeners[NET_LISTENERS_MAX];
static int count;
static int reserve = -1;        /* a descriptor to accept with when there is no other */
static uint64_t said_at;        /* when the log was last told that descriptors are out */

static void net_peer(struct peer *peer, const union net_address *a)
{
	memset(peer, 0, sizeof *peer);
	if (a->any.sa_family == AF_INET) {
		peer->family = 4;
		peer->port = ntohs(a->v4.sin_port);
		memcpy(peer->addr, &a->v4.sin_addr, 4);
	} else if (a->any.sa_family == AF_INET6) {
		peer->family = 6;
		peer->port = ntohs(a->v6.sin6_port);
		memcpy(peer->addr, &a->v6.sin6_addr, 16);
	}
}

const char *net_peer_text(const struct peer *peer, char text[PEER_TEXT])
{
	char addr[INET6_ADDRSTRLEN] = "?";

	if (peer->family == 0)
		return "unix";
	inet_ntop(peer->family == 4 ? AF_INET : AF_INET6, peer->addr, addr, sizeof addr);
	snprintf(text, PEER_TEXT, peer->family == 4 ? "%s:%u" : "[%s]:%u", addr, peer->port);
	return text;
}

int net_gone(void)
{
	return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ENOBUFS &&
	       errno != ENOMEM;
}

ssize_t net_send(int fd, struct iovec *spans, int n)
{
	struct msghdr msg = { .msg_iov = spans };

	msg.msg_iovlen = (size_t)n;
	return n == 1 ? send(fd, spans->iov_base, spans->iov_len, MSG_NOSIGNAL)
	              : sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static void net_hold_reserve(void)
{
	if (reserve < 0)
		reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Descriptors are out. The reserve lets one client in to be told so; then the listener rests, since
 * it would be ready again at once and the loop would spin. */
static void net_rest(struct listener *l, int why)
{
	static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\n"
	                             "Content-Length: 0\r\nConnection: close\r\n\r\n";
	uint64_t now = loop_now();
	int fd;

	if (reserve >= 0) {
		close(reserve);
		reserve = -1;
		fd = accept(l->watch.fd, NULL, NULL);
		if (fd >= 0) {
			/* One try; the buffer of a new connection takes it without a wait. */
			(void)!send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
			close(fd);
		}
		net_hold_reserve();
	}
	l->rest_until = now + NET_REST_MS;
	loop_change(&l->watch, 0);
	if (said_at == 0 || now - said_at >= NET_SAY_MS) {
		said_at = now;
		log_line(LOG_LEVEL_WARN, "cannot accept: %s; the listener rests until some close",
		         strerror(why));
	}
}

static void net_ready(struct watch *w, int events)
{
	struct listener *l = (struct listener *)(void *)w;
	int i, one = 1;

	(void)events;
	for (i = 0; i < NET_ACCEPTS_A_TURN; i++) {
		union net_address a;
		socklen_t len = sizeof a;
		struct peer peer;
		int fd;

		memset(&a, 0, sizeof a);
		fd = accept(w->fd, &a.any, &len);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			net_rest(l, errno);
			return;
		}
		if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (fd < 0)
			continue;       /* that connection is gone already; there may be others */
		if ((size_t)fd >= loop_limit() || os_nonblocking(fd)) {
			close(fd);
			continue;
		}
		if (l->tcp)
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		net_peer(&peer, &a);
		l->accepted(l->arg, fd, &peer);
	}
}

/* A unix socket file that nobody listens on any more is in the way; one that is in use is not ours. */
static void net_remove_stale(const union net_address *a, socklen_t len)
{
	struct stat st;
	int fd;

	if (stat(a->local.sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return;
	if (connect(fd, &a->any, len) && errno == ECONNREFUSED)
		unlink(a->local.sun_path);
	close(fd);
}

/* Says why there is no listener, and what to do. Returns a sysexits code. */
static int net_failed(const char *name, int why)
{
	const char *advice = "";
	int code = EX_CANTCREAT;

	if (why == EADDRINUSE) {
		advice = "; stop the program that uses it or set another port";
	} else if (why == EADDRNOTAVAIL) {
		advice = "; no interface has this address";
	} else if (why == EACCES || why == EPERM) {
		advice = "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
		code = EX_NOPERM;
	} else if (why != ENOENT && why != ENOTDIR) {
		code = EX_OSERR;
	}
	log_line(LOG_LEVEL_ERROR, "cannot listen on %s: %s%s", name, strerror(why), advice);
	return code;
}

/* Opens one listener. Returns 0, or errno. */
static int net_open(struct listener *l, const union net_address *a, socklen_t len)
{
	int one = 1, family = a->any.sa_family, why;
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	if (family == AF_UNIX)
		net_remove_stale(a, len);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	/* Whatever the system's default is, each family has its own socket. */
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (os_nonblocking(fd) || bind(fd, &a->any, len) || listen(fd, NET_BACKLOG)) {
		why = errno;
		close(fd);
		return why;
	}
	l->watch.fd = fd;
	l->watch.ready = net_ready;
	l->tcp = family != AF_UNIX;
	if (family == AF_UNIX)
		memcpy(l->unlink, a->local.sun_path, sizeof l->unlink);
	return 0;
}

/* One listener, its line in the log included. *port becomes the one that it got. */
static int net_add(const char *what, union net_address *a, socklen_t len, net_accepted *accepted,
                   void *arg, int may_lack, unsigned *port)
{
	struct listener *l = &listeners[count];
	int why = net_open(l, a, len);
	char text[PEER_TEXT];
	const char *name;
	struct peer self;

	if (!why)
		getsockname(l->watch.fd, &a->any, &len);
	net_peer(&self, a);
	name = self.family ? net_peer_text(&self, text) : a->local.sun_path;
	if (why && may_lack && (why == EAFNOSUPPORT || why == EADDRNOTAVAIL)) {
		log_line(LOG_LEVEL_INFO, "Skipped %s: the system has no such addresses", name);
		return 0;
	}
	if (why)
		return net_failed(name, why);
	l->accepted = accepted;
	l->arg = arg;
	count++;
	loop_add(&l->watch, LOOP_IN);
	*port = self.port;
	log_line(LOG_LEVEL_INFO, "Listening on %s (%s)", name, what);
	return 0;
}

int net_listen(const char *what, const char *address, unsigned port, net_accepted *accepted,
               void *arg)
{
	union net_address a;
	int code, all = !*address;

	net_hold_reserve();
	memset(&a, 0, sizeof a);
	if (!strncmp(address, "unix:", 5)) {
		a.local.sun_family = AF_UNIX;
		/* The config has checked the length. */
		memcpy(a.local.sun_path, address + 5, strlen(address + 5));
		return net_add(what, &a, sizeof a.local, accepted, arg, 0, &port);
	}
	if (all || inet_pton(AF_INET, address, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons((uint16_t)port);
		code = net_add(what, &a, sizeof a.v4, accepted, arg, all, &port);
		if (code || !all)
			return code;
	}
	memset(&a, 0, sizeof a);
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_port = htons((uint16_t)port);
	if (!all)
		inet_pton(AF_INET6, address, &a.v6.sin6_addr);
	return net_add(what, &a, sizeof a.v6, accepted, arg, all, &port);
}

int net_tick(uint64_t now, int most)
{
	int i;

	for (i = 0; i < count; i++) {
		struct listener *l = &listeners[i];

		if (l->rest_until && now >= l->rest_until) {
			l->rest_until = 0;
			net_hold_reserve();
			loop_change(&l->watch, LOOP_IN);
		} else if (l->rest_until && l->rest_until - now < (uint64_t)most) {
			most = (int)(l->rest_until - now);
		}
	}
	return most;
}

void net_close(const void *arg)
{
	int i;

	for (i = 0; i < count; i++) {
		struct listener *l = &listeners[i];

		if (l->arg != arg)
			continue;
		loop_remove(&l->watch);
		close(l->watch.fd);
		if (*l->unlink)
			unlink(l->unlink);
		/* The others stay where the loop knows them. */
		l->arg = NULL;
		l->rest_until = 0;
	}
}
