/* raw.c: the least that one thread can do to pass on messages: the kernel's limit. Linux only.
 *
 * There is no protocol. A client's bytes are cut into chunks of one size; every whole chunk goes
 * to all clients (fan: one send() for each and turn, with all that the turn read), or back to its
 * sender (echo). churn answers so many bytes by so many, as a handshake and a close would.
 * What a client cannot take waits in a buffer of its own. It listens on a free port of 127.0.0.1. */
#define _GNU_SOURCE
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILES = 65536, READ_MAX = 256 * 1024, EVENTS = 1024 };
enum { FAN, ECHO, CHURN };

struct client {
	char *part, *queue;     /* not a whole chunk yet; what it did not take */
	size_t part_n, queue_n, queue_at, queue_room;
	int place, open;        /* its place in files[], and in polled[] one further */
};

static struct client clients[FILES];
static struct pollfd polled[FILES];
static int files[FILES], count, epoll = -1, listener, mode;
static int look_first;  /* poll() without sleep before the one that may: it joins no wait queue */
static size_t chunk;
static char input[2 * READ_MAX], *turn;         /* what this turn read for all */
static size_t turn_n, turn_room;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void watch(int fd, int operation, int out)
{
	struct epoll_event e = { .events = out ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.fd = fd };

	if (epoll >= 0)
		epoll_ctl(epoll, operation, fd, &e);
	else
		polled[clients[fd].place + 1].events = out ? POLLIN | POLLOUT : POLLIN;
}

static void drop(int fd)
{
	int place = clients[fd].place, last = files[--count];

	files[place] = last;
	polled[place + 1] = polled[count + 1];
	clients[last].place = place;
	free(clients[fd].part);
	free(clients[fd].queue);
	memset(&clients[fd], 0, sizeof clients[fd]);
	close(fd);
}

static char *room(char *p, size_t *have, size_t need)
{
	if (need <= *have)
		return p;
	*have = 2 * need;
	p = realloc(p, *have);
	if (!p)
		die("realloc");
	return p;
}

/* Returns 0, or -1 when the client is gone. */
static int give(int fd, const char *p, size_t n)
{
	struct client *c = &clients[fd];

	if (c->queue_n == 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent == (ssize_t)n)
			return 0;
		if (sent < 0 && errno != EAGAIN)
			return -1;
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
		watch(fd, EPOLL_CTL_MOD, 1);
	}
	c->queue = room(c->queue, &c->queue_room, c->queue_n + n);
	memcpy(c->queue + c->queue_n, p, n);
	c->queue_n += n;
	return 0;
}

static int give_rest(int fd)
{
	struct client *c = &clients[fd];
	ssize_t n = send(fd, c->queue + c->queue_at, c->queue_n - c->queue_at, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	c->queue_at += (size_t)n;
	if (c->queue_at == c->queue_n) {
		c->queue_n = c->queue_at = 0;
		watch(fd, EPOLL_CTL_MOD, 0);
	}
	return 0;
}

/* Downwards, since drop() moves the last one into the place. */
static void give_all(void)
{
	int i;

	for (i = count - 1; i >= 0; i--)
		if (give(files[i], turn, turn_n))
			drop(files[i]);
	turn_n = 0;
}

/* part_n counts what came. Returns -1 at the end. */
static int churn(int fd, size_t n)
{
	struct client *c = &clients[fd];
	size_t before = c->part_n;

	c->part_n += n;
	if (before < RAW_REQUEST && c->part_n >= RAW_REQUEST && give(fd, input, RAW_ANSWER))
		return -1;
	if (c->part_n < RAW_REQUEST + RAW_CLOSE)
		return 0;
	give(fd, input, RAW_CLOSED);
	return -1;
}

static int readable(int fd)
{
	struct client *c = &clients[fd];
	size_t n, whole;
	ssize_t got;

	if (c->part)
		memcpy(input, c->part, c->part_n);
	got = recv(fd, input + (c->part ? c->part_n : 0), READ_MAX, 0);
	if (got <= 0)
		return got < 0 && errno == EAGAIN ? 0 : -1;
	if (mode == CHURN)
		return churn(fd, (size_t)got);
	n = c->part_n + (size_t)got;
	whole = n - n % chunk;
	c->part_n = n - whole;
	if (c->part_n > 0) {
		if (!c->part && !(c->part = malloc(chunk)))
			die("malloc");
		memcpy(c->part, input + whole, c->part_n);
	}
	if (whole == 0)
		return 0;
	if (mode == ECHO)
		return give(fd, input, whole);
	turn = room(turn, &turn_room, turn_n + whole);
	memcpy(turn + turn_n, input, whole);
	turn_n += whole;
	return 0;
}

static void accept_all(void)
{
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		if (fd >= FILES - 1) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		clients[fd].place = count;
		clients[fd].open = 1;
		files[count++] = fd;
		polled[count].fd = fd;
		polled[count].revents = 0;
		watch(fd, EPOLL_CTL_ADD, 0);
	}
}

static void ready(int fd, int in, int out)
{
	if (fd == listener)
		accept_all();
	else if (clients[fd].open &&
	         ((out && clients[fd].queue_n > 0 && give_rest(fd)) || (in && readable(fd))))
		drop(fd);
}

static void wait_epoll(void)
{
	static struct epoll_event e[EVENTS];
	int i, n = epoll_wait(epoll, e, EVENTS, -1);

	for (i = 0; i < n; i++)
		ready(e[i].data.fd, (e[i].events & ~(uint32_t)EPOLLOUT) != 0,
		      (e[i].events & EPOLLOUT) != 0);
}

static void wait_poll(void)
{
	int i, n = look_first ? poll(polled, (nfds_t)count + 1, 0) : 0;

	if (n == 0)
		n = poll(polled, (nfds_t)count + 1, -1);
	for (i = count; i >= 0 && n > 0; i--) {
		short events = polled[i].revents;

		if (!events)
			continue;
		polled[i].revents = 0;
		n--;
		ready(polled[i].fd, (events & ~POLLOUT) != 0, (events & POLLOUT) != 0);
	}
}

static void start(int use_epoll)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct epoll_event e = { .events = EPOLLIN };
	struct rlimit most;

	getrlimit(RLIMIT_NOFILE, &most);
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof a) ||
	    listen(listener, 4096))
		die("listen");
	polled[0].fd = e.data.fd = listener;
	polled[0].events = POLLIN;
	if (use_epoll) {
		epoll = epoll_create1(0);
		if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e))
			die("epoll");
	}
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "fan", "echo", "churn" };

	for (mode = 0; argc == 4 && mode < 3 && strcmp(argv[1], modes[mode]); mode++)
		;
	chunk = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	if (chunk < 1 || chunk > READ_MAX || mode == 3) {
		fprintf(stderr, "usage: raw fan|echo|churn poll|poll0|epoll bytes-of-a-chunk\n");
		return 2;
	}
	look_first = !strcmp(argv[2], "poll0");
	start(!strcmp(argv[2], "epoll"));
	for (;;) {
		if (epoll >= 0)
			wait_epoll();
		else
			wait_poll();
		if (turn_n > 0)
			give_all();
	}
}
