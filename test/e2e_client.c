/* e2e_client.c: clients of the end-to-end tests: honest ones, and parts for others. */
#include "e2e.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The key and its answer are those of RFC 6455 section 1.3. */
const char upgrade_request[] =
	"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char accept_line[] = "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

static struct client *clients;

/* ---- sockets */

static int socket_connect(int family, const void *address, socklen_t len, int receive)
{
	int fd = socket(family, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		return -1;
	if (receive)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
	if (connect(fd, address, len)) {
		close(fd);
		return -1;
	}
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	e2e_open(fd, 0);
	return fd;
}

static int socket_loopback(int port, int receive)
{
	struct sockaddr_in a;

	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return socket_connect(AF_INET, &a, sizeof a, receive);
}

int socket_open_port(int port)
{
	return socket_loopback(port, 0);
}

int socket_open_small(const struct server *s, int bytes)
{
	struct sockaddr_un a;
	int fd;

	if (!s->unix_path) {
		fd = socket_loopback(s->port, bytes);
		e2e_open(fd, 1);
		return fd;
	}
	memset(&a, 0, sizeof a);
	a.sun_family = AF_UNIX;
	snprintf(a.sun_path, sizeof a.sun_path, "%s", s->unix_path);
	fd = socket_connect(AF_UNIX, &a, sizeof a, bytes);
	e2e_open(fd, 1);
	return fd;
}

int socket_open(const struct server *s)
{
	return socket_open_small(s, 0);
}

void socket_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

/* ---- what comes */

/* Reads all that is there. */
static void client_fill(struct client *c)
{
	ssize_t n;

	do {
		if (c->at > 65536 && c->at > c->have / 2) {
			c->have -= c->at;
			memmove(c->buf, c->buf + c->at, c->have);
			c->at = 0;
		}
		if (c->room - c->have < 65536) {
			c->room = c->room * 2 + 131072;
			c->buf = realloc(c->buf, c->room);
			if (!c->buf)
				e2e_die("realloc");
		}
		n = e2e_recv(c->fd, c->buf + c->have, c->room - c->have, 0);
		if (n > 0)
			c->have += (size_t)n;
	} while (n > 0);
	if (n == 0)
		c->ended = C_EOF;
	else if (errno != EAGAIN && errno != EINTR)
		c->ended = C_RESET;
}

size_t clients_poll(struct pollfd *fds, size_t room)
{
	struct client *c;
	size_t n = 0;

	for (c = clients; c && n < room; c = c->next)
		if (!c->deaf && !c->ended)
			fds[n++] = (struct pollfd){ .fd = c->fd, .events = POLLIN };
	return n;
}

void clients_ready(const struct pollfd *fds, size_t n)
{
	struct client *c;
	size_t i = 0;

	/* The same ones in the same order: nobody came or went meanwhile. */
	for (c = clients; c && i < n; c = c->next) {
		if (c->deaf || c->ended)
			continue;
		if (fds[i++].revents)
			client_fill(c);
	}
}

int client_more(struct client *c, long long until)
{
	size_t have = c->have - c->at;

	if (c->deaf)
		e2e_die("a deaf client was to read");
	while (!c->ended && c->have - c->at == have)
		if (e2e_wait(-1, 0, until) < 0)
			return 0;
	return 1;
}

/* ---- a client */

void client_take(struct client *c, int fd)
{
	memset(c, 0, sizeof *c);
	c->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	c->next = clients;
	clients = c;
}

int client_connect(struct client *c, const struct server *s)
{
	client_take(c, socket_open(s));
	if (c->fd < 0)
		c->ended = C_RESET;
	return c->fd < 0 ? -1 : 0;
}

int client_open(struct client *c, const struct server *s)
{
	if (client_connect(c, s) || client_send_text(c, upgrade_request))
		return -1;
	return client_answer(c) == 101 ? 0 : -1;
}

static void client_forget(struct client *c)
{
	struct client **at = &clients;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	free(c->buf);
	c->buf = NULL;
	c->have = c->at = c->room = 0;
	c->ended = C_EOF;
}

void client_leave(struct client *c)
{
	client_forget(c);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void client_reset(struct client *c)
{
	client_forget(c);
	if (c->fd >= 0)
		socket_reset(c->fd);
	c->fd = -1;
}

int client_send(struct client *c, const void *data, size_t n)
{
	long long until = now_ms() + E2E_MS;
	const uint8_t *p = data;

	while (n > 0) {
		ssize_t sent = e2e_send(c->fd, p, n);

		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		} else if (errno != EAGAIN && errno != EINTR) {
			return -1;
		} else if (e2e_wait(c->fd, POLLOUT, until) < 0) {
			return -1;
		}
	}
	return 0;
}

int client_send_text(struct client *c, const char *text)
{
	return client_send(c, text, strlen(text));
}

void client_finish(struct client *c)
{
	shutdown(c->fd, SHUT_WR);
}

int client_answer(struct client *c)
{
	long long until = now_ms() + E2E_MS;
	size_t i, n;

	for (;;) {
		n = c->have - c->at;
		for (i = 4; i <= n && memcmp(c->buf + c->at + i - 4, "\r\n\r\n", 4); i++)
			;
		if (i <= n && n >= 4)
			break;
		if (c->ended)
			return c->ended;
		if (!client_more(c, until))
			return C_TIMEOUT;
	}
	n = i < sizeof c->head ? i : sizeof c->head - 1;
	memcpy(c->head, c->buf + c->at, n);
	c->head[n] = '\0';
	c->at += i;
	if (strncmp(c->head, "HTTP/1.1 ", 9))
		return 1;
	n = (size_t)strtoul(c->head + 9, NULL, 10);
	return n == 101 && !strstr(c->head, accept_line) ? 1 : (int)n;
}

int client_ended(struct client *c)
{
	long long until = now_ms() + E2E_MS;

	while (!c->ended && client_more(c, until))
		;
	return c->ended;
}

int client_gone(struct client *c)
{
	long long until = now_ms() + E2E_MS;

	while (!c->ended && client_more(c, until) && c->have == c->at)
		;
	return c->ended && c->have == c->at;
}
