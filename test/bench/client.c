/* client.c: the connections of the load generator, on epoll. */
#define _GNU_SOURCE
#include "load.h"
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 256 * 1024,          /* one recv() */
	EVENTS = 512,                   /* of one turn */
	AT_ONCE = 64,                   /* connections being opened */
	ADDRESSES = 16,                 /* to connect from: each has some 28,000 ports */
	ANSWER_MAX = 4096
};

/* RFC 6455, section 1.3. */
static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
	"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	"Sec-WebSocket-Version: 13\r\n\r\n";
static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

struct client *clients;
static int epoll;
static uint32_t opening, opened, next;
static uint8_t *input;          /* room for what was left, then READ_MAX bytes */
static size_t left_max;

uint8_t *client_room(struct bytes *b, size_t n)
{
	if (b->n + n > b->room) {
		b->room = 2 * (b->n + n);
		b->p = realloc(b->p, b->room);
		if (!b->p)
			load_die("realloc");
	}
	return b->p + b->n;
}

static void watch(struct client *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	if (c->events == events)
		return;
	if (epoll_ctl(epoll, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e))
		load_die("epoll_ctl");
	c->events = events;
}

void client_drop(struct client *c, const char *why)
{
	if (c->state == CLIENT_CLOSED)
		return;
	if (c->state < CLIENT_OPEN)
		opening--;
	if (c->state != CLIENT_CLOSING && tally.closed++ == 0)
		fprintf(stderr, "load: client %u: %s\n", (unsigned)c->id, why);
	tls_end(c);
	close(c->fd);
	c->state = CLIENT_CLOSED;
	c->events = 0;
	c->part.n = c->out.n = c->written = 0;
}

static ssize_t put(struct client *c, const void *p, size_t n)
{
	return c->tls ? tls_write(c, p, n) : send(c->fd, p, n, MSG_NOSIGNAL);
}

void client_flush(struct client *c)
{
	while (c->written < c->out.n) {
		ssize_t n = put(c, c->out.p + c->written, c->out.n - c->written);

		if (n < 0 && errno == EAGAIN) {
			watch(c, EPOLLIN | EPOLLOUT);
			return;
		}
		if (n <= 0) {
			client_drop(c, "cannot send");
			return;
		}
		c->written += (size_t)n;
	}
	c->out.n = c->written = 0;
	watch(c, EPOLLIN);
}

/* ---- opening */

static void connect_begin(struct client *c)
{
	static uint32_t turn;
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	int one = 1;

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + turn++ % ADDRESSES);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons((uint16_t)plan.port);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		load_die("socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	if (bind(c->fd, (struct sockaddr *)&from, sizeof from))
		load_die("bind");
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
		load_die("connect");
	c->state = CLIENT_CONNECTING;
	c->begun = load_now();
	opening++;
	watch(c, EPOLLIN | EPOLLOUT);
}

static void ask(struct client *c)
{
	size_t n = plan.raw ? RAW_REQUEST : sizeof request - 1;

	memcpy(client_room(&c->out, RAW_REQUEST + sizeof request), request, sizeof request - 1);
	c->out.n = n;
	c->state = CLIENT_ASKED;
	client_flush(c);
}

/* It is open; churn closes it at once. */
static void greeted(struct client *c)
{
	static const uint8_t normal[] = { 1000 >> 8, 1000 & 0xff, 0, 0, 0, 0, 0, 0 };

	c->state = CLIENT_OPEN;
	opening--;
	opened++;
	watch(c, EPOLLIN);
	if (plan.kind != KIND_CHURN)
		return;
	tally.shaken++;
	message_time(load_now() - c->begun);
	frame_add(c, 8, normal, plan.raw ? RAW_CLOSE : 2);
	client_flush(c);
	if (c->state == CLIENT_OPEN)
		c->state = CLIENT_CLOSING;
}

static void connected(struct client *c)
{
	int error = 0;
	socklen_t n = sizeof error;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error) {
		client_drop(c, strerror(error));
	} else if (plan.tls) {
		c->state = CLIENT_TLS;
		tls_begin(c);
	} else if (plan.raw && plan.kind != KIND_CHURN) {
		greeted(c);
	} else {
		ask(c);
	}
}

static void shake(struct client *c)
{
	uint32_t events = EPOLLIN;
	int done = tls_shake(c, &events);

	if (done < 0)
		client_drop(c, "the TLS handshake failed");
	else if (done > 0)
		ask(c);
	else
		watch(c, events);
}

/* The answer to the handshake. Returns its length, 0: more bytes, or -1. */
static int answer_read(const uint8_t *p, size_t n)
{
	const uint8_t *end;

	if (plan.raw)
		return n < RAW_ANSWER ? 0 : RAW_ANSWER;
	end = memmem(p, n, "\r\n\r\n", 4);
	if (!end)
		return n < ANSWER_MAX ? 0 : -1;
	if (memcmp(p, "HTTP/1.1 101", 12) ||
	    !memmem(p, (size_t)(end - p), accepted, sizeof accepted - 1))
		return -1;
	return (int)(end - p) + 4;
}

/* ---- reading */

/* Takes what it can of n bytes. Returns how many. */
static size_t take(struct client *c, const uint8_t *p, size_t n)
{
	int head = 0;

	if (c->state == CLIENT_ASKED) {
		head = answer_read(p, n);
		if (head < 0)
			client_drop(c, "the handshake is refused");
		if (head <= 0)
			return 0;
		greeted(c);
		if (c->state == CLIENT_CLOSED)
			return 0;
	}
	if (plan.raw && plan.kind == KIND_CHURN)
		return n;
	return (size_t)head + frame_take(c, p + head, n - (size_t)head, load_now());
}

/* What was left of the last read goes in front of the new bytes. */
static void readable(struct client *c)
{
	for (;;) {
		size_t left = c->part.n, taken;
		uint8_t *p = input + left_max - left;
		ssize_t n = c->tls ? tls_read(c, input + left_max, READ_MAX) :
		                     recv(c->fd, input + left_max, READ_MAX, 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			client_drop(c, n ? strerror(errno) : "the server ended it");
			return;
		}
		if (left > 0)
			memcpy(p, c->part.p, left);
		left += (size_t)n;
		taken = take(c, p, left);
		if (c->state == CLIENT_CLOSED)
			return;
		c->part.n = 0;
		if (left > taken) {
			memcpy(client_room(&c->part, left - taken), p + taken, left - taken);
			c->part.n = left - taken;
		}
		if (!c->tls && n < READ_MAX)
			return;
	}
}

/* ---- the turn */

static void ready(struct client *c, uint32_t events)
{
	if (c->state == CLIENT_CONNECTING)
		connected(c);
	else if (c->state == CLIENT_TLS)
		shake(c);
	if (c->state < CLIENT_ASKED)
		return;
	if ((events & EPOLLOUT) && c->out.n > 0)
		client_flush(c);
	if (c->state != CLIENT_CLOSED && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		readable(c);
}

void client_turn(int milliseconds)
{
	static struct epoll_event events[EVENTS];
	int i, n = epoll_wait(epoll, events, EVENTS, milliseconds);

	if (n < 0 && errno != EINTR)
		load_die("epoll_wait");
	for (i = 0; i < n; i++)
		ready(events[i].data.ptr, events[i].events);
	message_pump();
}

int client_open(uint32_t count)
{
	uint64_t end = load_now() + 60000000000u;

	while (opened < count && tally.closed == 0 && load_now() < end) {
		while (next < count && opening < AT_ONCE)
			connect_begin(&clients[next++]);
		client_turn(20);
	}
	return opened < count ? -1 : 0;
}

void client_reopen(void)
{
	uint32_t i;

	for (i = 0; i < plan.clients; i++)
		if (clients[i].state == CLIENT_CLOSED)
			connect_begin(&clients[i]);
}

void client_start(void)
{
	struct rlimit files;
	uint32_t i;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		load_die("epoll_create1");
	left_max = plan.size + ANSWER_MAX;
	input = load_memory(1, left_max + READ_MAX);
	clients = load_memory(plan.clients, sizeof *clients);
	for (i = 0; i < plan.clients; i++)
		clients[i].id = i;
}
