/* dial.c: the server's name to a connected socket: IPv6 and IPv4, one address after the other. */
#include "client/client.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* local: this machine lacks something; otherwise it is the network or the server. */
static void dial_fail(struct dial *d, int local, const char *what, const char *why)
{
	dial_stop(d);
	d->state = DIAL_FAILED;
	d->local = local;
	snprintf(d->why, sizeof d->why, "%s%s%s", what, *what ? ": " : "", why);
}

static void dial_watch(struct dial *d, int fd, void (*ready)(struct watch *, int), int events)
{
	d->watch.fd = fd;
	d->watch.ready = ready;
	loop_add(&d->watch, events);
}

static void dial_unwatch(struct dial *d)
{
	if (d->watch.fd >= 0)
		loop_remove(&d->watch);
	d->watch.fd = -1;
}

static struct dial *dial_of(struct watch *w)
{
	return (struct dial *)(void *)((char *)w - offsetof(struct dial, watch));
}

/* ---- addresses to a connection */

static void dial_name(struct dial *d, const struct address *a)
{
	char host[64] = "?", port[8] = "?";

	getnameinfo((const struct sockaddr *)&a->at, a->len, host, sizeof host, port, sizeof port,
	            NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(d->peer, sizeof d->peer, a->family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void dial_ready(struct watch *w, int events);

/* Starts to connect to the next address that can be tried at all. */
static void dial_next(struct dial *d, const char *why)
{
	uint64_t now = loop_now(), left;
	int fd, one = 1, local = 0;

	dial_unwatch(d);
	for (; d->at < d->answer.count; d->at++) {
		const struct address *a = &d->answer.list[d->at];

		dial_name(d, a);
		fd = socket(a->family, SOCK_STREAM, 0);
		if (fd < 0 || os_nonblocking(fd)) {
			local = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			        errno == ENOMEM;
			why = strerror(errno);
			if (fd >= 0)
				close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (connect(fd, (const struct sockaddr *)&a->at, a->len) && errno != EINPROGRESS) {
			why = strerror(errno);
			close(fd);
			continue;
		}
		/* Each of those that are left gets the same share of the time. */
		left = d->until > now ? d->until - now : 0;
		d->turn_until = now + left / (d->answer.count - d->at);
		d->state = DIAL_CONNECTING;
		dial_watch(d, fd, dial_ready, LOOP_OUT);
		return;
	}
	dial_fail(d, local, d->peer, why);
}

static void dial_try_next(struct dial *d, const char *why)
{
	int fd = d->watch.fd;

	dial_unwatch(d);
	close(fd);
	d->at++;
	dial_next(d, why);
}

static void dial_ready(struct watch *w, int events)
{
	struct dial *d = dial_of(w);
	int error = 0;
	socklen_t len = sizeof error;

	(void)events;
	if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	if (error) {
		dial_try_next(d, strerror(error));
		return;
	}
	loop_remove(w);
	d->state = DIAL_CONNECTED;
}

/* ---- a name to addresses */

/* Fills the answer. flags: AI_NUMERICHOST for no look-up. */
static void dial_resolve(struct answer *a, const struct url *u, int flags)
{
	struct addrinfo hints, *list = NULL, *i;
	char port[8];

	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = flags;
	snprintf(port, sizeof port, "%u", (unsigned)u->port);
	memset(a, 0, sizeof *a);
	a->error = getaddrinfo(u->host, port, &hints, &list);
	a->why = errno;
	if (a->error)
		return;
	for (i = list; i && a->count < ADDRESSES_MAX; i = i->ai_next) {
		struct address *to = &a->list[a->count];

		if (i->ai_addrlen > sizeof to->at)
			continue;
		to->family = i->ai_family;
		to->len = i->ai_addrlen;
		memcpy(&to->at, i->ai_addr, i->ai_addrlen);
		a->count++;
	}
	freeaddrinfo(list);
}

/* The answer is there: goes on with it. */
static void dial_answered(struct dial *d)
{
	const struct answer *a = &d->answer;

	if (a->error) {
		dial_fail(d, a->error == EAI_MEMORY, "cannot resolve the name",
		          a->error == EAI_SYSTEM ? strerror(a->why) : gai_strerror(a->error));
		return;
	}
	d->at = 0;
	dial_next(d, "the name has no address");
}

static void dial_end_process(struct dial *d)
{
	int fd = d->watch.fd;

	if (!d->pid)
		return;
	dial_unwatch(d);
	if (fd >= 0)
		close(fd);
	/* It has written its answer, or is not wanted any more. */
	kill((pid_t)d->pid, SIGKILL);
	while (waitpid((pid_t)d->pid, NULL, 0) < 0 && errno == EINTR)
		;
	d->pid = 0;
}

/* The pipe has something, or its end. */
static void dial_read(struct watch *w, int events)
{
	struct dial *d = dial_of(w);
	ssize_t n = read(w->fd, (char *)&d->answer + d->have, sizeof d->answer - d->have);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	d->have += n > 0 ? (size_t)n : 0;
	if (n > 0 && d->have < sizeof d->answer)
		return;
	dial_end_process(d);
	if (d->have < sizeof d->answer)
		dial_fail(d, 1, "cannot resolve the name", "the look-up process ended early");
	else
		dial_answered(d);
}

/* In the new process: our signals would reach our pipe for signals from here too. */
static void dial_child(const struct url *u, int out, const sigset_t *mask)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM };
	struct answer answer;
	size_t i, sent = 0;
	ssize_t n;

	for (i = 0; i < sizeof caught / sizeof *caught; i++)
		(void)signal(caught[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	dial_resolve(&answer, u, 0);
	for (; sent < sizeof answer; sent += (size_t)n) {
		n = write(out, (const char *)&answer + sent, sizeof answer - sent);
		if (n <= 0)
			break;
	}
	_exit(0);
}

static void dial_look_up(struct dial *d, const struct url *u)
{
	sigset_t all, mask;
	int ends[2];
	pid_t pid;

	if (pipe(ends)) {
		dial_fail(d, 1, "cannot make a pipe", strerror(errno));
		return;
	}
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	pid = fork();
	if (pid == 0)
		dial_child(u, ends[1], &mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(ends[1]);
	if (pid < 0 || os_nonblocking(ends[0])) {
		close(ends[0]);
		dial_fail(d, 1, "cannot start a process", strerror(errno));
		return;
	}
	d->pid = pid;
	d->have = 0;
	d->state = DIAL_RESOLVING;
	dial_watch(d, ends[0], dial_read, LOOP_IN);
}

/* ---- life */

void dial_start(struct dial *d, const struct url *u, uint64_t until)
{
	memset(d, 0, sizeof *d);
	d->watch.fd = -1;
	d->until = until;
	snprintf(d->peer, sizeof d->peer, "%.64s", u->host);
	dial_resolve(&d->answer, u, AI_NUMERICHOST);
	if (d->answer.error)
		dial_look_up(d, u);
	else
		dial_answered(d);
}

int dial_tick(struct dial *d, uint64_t now, int most)
{
	uint64_t until = d->state == DIAL_CONNECTING ? d->turn_until : d->until;

	if (d->state != DIAL_RESOLVING && d->state != DIAL_CONNECTING)
		return most;
	if (now < until)
		return until - now < (uint64_t)most ? (int)(until - now) : most;
	if (d->state == DIAL_CONNECTING && d->at + 1 < d->answer.count)
		dial_try_next(d, "no answer in time");
	else if (d->state == DIAL_CONNECTING)
		dial_fail(d, 0, d->peer, "no answer in time");
	else
		dial_fail(d, 0, "cannot resolve the name", "no answer in time");
	return 0;
}

int dial_take(struct dial *d)
{
	int fd = d->watch.fd;

	d->watch.fd = -1;
	d->state = DIAL_IDLE;
	return fd;
}

void dial_stop(struct dial *d)
{
	int fd = d->watch.fd;

	dial_end_process(d);
	if (d->state == DIAL_CONNECTING) {
		dial_unwatch(d);
		if (fd >= 0)
			close(fd);
	} else if (d->state == DIAL_CONNECTED) {
		close(dial_take(d));
	}
	d->state = DIAL_IDLE;
}
