/* scrape.c: GET /metrics for Prometheus (text 0.0.4), on a listener of its own. */
#include "client/client.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { REQUEST = 2048, PAGE = 6144, HEAD = 160, TIMEOUT_MS = 5000, REST_MS = 100 };

/* One scraper at a time: a newer one takes the place of one that says nothing. */
static struct {
	struct watch listener, watch;
	struct client *client;
	uint64_t since, rest_until;
	size_t have;                    /* bytes of the request in page */
	size_t start, end;              /* page[start..end) of the answer is to be sent */
	int listening, connected, answering, lingering;
	char page[PAGE];
} scrape;

/* ---- the page */

static void add(const char *format, ...) LOG_FORMAT(1, 2);

static void add(const char *format, ...)
{
	size_t room = sizeof scrape.page - scrape.end;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(scrape.page + scrape.end, room, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room)
		scrape.end += (size_t)n;
}

/* A counter's name ends with _total, by the custom of Prometheus, and all times are seconds. */
static void metrics(void)
{
	static const char units[][9] = { "_total", "", "_seconds", "_seconds" };
	const struct figure *f;

	report_count(scrape.client);
	for (f = report_figures; *f->name; f++) {
		uint64_t value = report_value(scrape.client, f);
		int micros = f->kind == FIGURE_MICROS;

		add("# HELP wsclient_%s%s %s\n", f->name, units[f->kind], f->help);
		add("# TYPE wsclient_%s%s %s\n", f->name, units[f->kind],
		    f->kind == FIGURE_COUNTER ? "counter" : "gauge");
		add("wsclient_%s%s %" PRIu64, f->name, units[f->kind],
		    micros ? value / 1000000 : value);
		add(micros ? ".%06u\n" : "\n", (unsigned)(value % 1000000));
	}
}

/* ---- one connection: request in, answer out, end of stream */

static void scrape_close(void)
{
	if (!scrape.connected)
		return;
	loop_remove(&scrape.watch);
	close(scrape.watch.fd);
	scrape.connected = 0;
}

static int scrape_gone(void)
{
	return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

static void scrape_send(void)
{
	ssize_t n = send(scrape.watch.fd, scrape.page + scrape.start, scrape.end - scrape.start,
	                 MSG_NOSIGNAL);

	if (n < 0 && scrape_gone()) {
		scrape_close();
		return;
	}
	scrape.start += n > 0 ? (size_t)n : 0;
	if (scrape.start < scrape.end) {
		loop_change(&scrape.watch, LOOP_OUT);
		return;
	}
	/* Closed at once, unread input would turn our end of stream into a reset. */
	scrape.lingering = 1;
	shutdown(scrape.watch.fd, SHUT_WR);
	loop_change(&scrape.watch, LOOP_IN);
}

/* The request is whole. Only its first line matters. */
static void scrape_answer(void)
{
	static const char get[] = "GET /metrics ";
	int found = !memcmp(scrape.page, get, sizeof get - 1);
	char head[HEAD];
	int n;

	/* The body is written first, behind room for the head. */
	scrape.answering = 1;
	scrape.end = HEAD;
	if (found)
		metrics();
	else
		add("Only GET /metrics is served here.\n");
	n = snprintf(head, sizeof head,
	             "%sContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
	             found ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 404 Not Found\r\n",
	             scrape.end - HEAD);
	scrape.start = (size_t)(HEAD - n);
	memcpy(scrape.page + scrape.start, head, (size_t)n);
	scrape_send();
}

static void scrape_ready(struct watch *w, int events)
{
	/* What comes behind the request is thrown away, over the answer that has gone. */
	size_t at = scrape.lingering ? 0 : scrape.have;
	ssize_t n;

	if (events & LOOP_OUT && scrape.answering) {
		scrape_send();
		return;
	}
	n = recv(w->fd, scrape.page + at, REQUEST - at, 0);
	if (n < 0 && !scrape_gone())
		return;
	if (n <= 0) {
		scrape_close();
		return;
	}
	if (scrape.answering)
		return;
	scrape.have += (size_t)n;
	scrape.page[scrape.have] = '\0';
	if (strstr(scrape.page, "\r\n\r\n") || scrape.have == REQUEST)
		scrape_answer();
}

static void scrape_accept(struct watch *w, int events)
{
	int fd = accept(w->fd, NULL, NULL);

	(void)events;
	if (fd < 0) {
		/* Descriptors may be out: it would be ready again at once. */
		if (scrape_gone()) {
			scrape.rest_until = loop_now() + REST_MS;
			loop_change(w, 0);
		}
		return;
	}
	if (os_nonblocking(fd)) {
		close(fd);
		return;
	}
	scrape_close();
	scrape.have = 0;
	scrape.answering = scrape.lingering = 0;
	scrape.connected = 1;
	scrape.since = loop_now();
	scrape.watch.fd = fd;
	scrape.watch.ready = scrape_ready;
	loop_add(&scrape.watch, LOOP_IN);
}

/* ---- the listener */

/* Cuts [ADDRESS:]PORT; an IPv6 address stands in brackets. */
static void scrape_split(const char *where, char host[64], const char **port)
{
	const char *colon = strrchr(where, ':');
	size_t from = *where == '[', n = colon ? (size_t)(colon - where) : 0;

	*port = colon ? colon + 1 : where;
	if (from && n > 1 && where[n - 1] == ']')
		n--;
	else
		from = 0;
	snprintf(host, 64, "%.*s", (int)(n < 63 ? n - from : 63), where + from);
	if (!colon)
		memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
}

static int scrape_listen(const struct addrinfo *a)
{
	int one_ = 1, fd = socket(a->ai_family, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one_, sizeof one_);
	if (os_nonblocking(fd) || bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 8)) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

int scrape_start(struct client *c, const char *where)
{
	struct addrinfo hints, *list;
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	char host[64], number[8] = "?";
	const char *port;

	scrape_split(where, host, &port);
	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
	/* Of 70000 getaddrinfo() may make 4464. */
	if (!*port || port[strspn(port, "0123456789")] || strlen(port) > 5 ||
	    strtoul(port, NULL, 10) > 65535 ||
	    getaddrinfo(*host ? host : NULL, port, &hints, &list)) {
		log_line(LOG_LEVEL_ERROR, "--metrics %s: it must be PORT or ADDRESS:PORT", where);
		return EX_USAGE;
	}
	scrape.listener.fd = scrape_listen(list);
	freeaddrinfo(list);
	if (scrape.listener.fd < 0) {
		log_line(LOG_LEVEL_ERROR, "cannot listen on %s (metrics): %s", where,
		         strerror(errno));
		return EXIT_COULD_NOT_TRY;
	}
	scrape.client = c;
	scrape.listening = 1;
	scrape.listener.ready = scrape_accept;
	loop_add(&scrape.listener, LOOP_IN);
	if (!getsockname(scrape.listener.fd, (struct sockaddr *)&at, &len))
		getnameinfo((struct sockaddr *)&at, len, host, sizeof host, number, sizeof number,
		            NI_NUMERICHOST | NI_NUMERICSERV);
	log_line(LOG_LEVEL_INFO, strchr(host, ':') ? "Listening on [%s]:%s (metrics)" :
	         "Listening on %s:%s (metrics)", host, number);
	return 0;
}

void scrape_tick(uint64_t now)
{
	if (scrape.connected && now - scrape.since >= TIMEOUT_MS)
		scrape_close();
	if (scrape.rest_until && now >= scrape.rest_until) {
		scrape.rest_until = 0;
		loop_change(&scrape.listener, LOOP_IN);
	}
}

void scrape_stop(void)
{
	scrape_close();
	if (!scrape.listening)
		return;
	loop_remove(&scrape.listener);
	close(scrape.listener.fd);
	scrape.listening = 0;
}
