/* metrics.c: GET /metrics (Prometheus text 0.0.4) and GET /health, on a listener of their own. */
#include "core.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { METRICS_PAGE = 12 * 1024, METRICS_HEAD = 256 };

enum { SCRAPE_FREE, SCRAPE_READING, SCRAPE_ANSWERING, SCRAPE_LINGERING };

/* One connection: request in, answer out, end of stream. */
struct scrape {
	struct watch watch;     /* first: the loop hands it back */
	uint64_t since;
	struct http_req req;
	uint32_t have;          /* bytes of the request in page */
	uint32_t start, end;    /* page[start..end) of the answer is to be sent */
	int state;
	char page[METRICS_PAGE];
};

static struct scrape *scrapes;
static struct hub *hub;
static time_t started;

#define AT(field) offsetof(struct stats, field)

static const struct metric metrics_core[] = {
	{ "websocket_connected_clients", "Clients connected now.", AT(connected) },
	{ "websocket_connections_total", "Clients that completed the handshake.", AT(connections) },
	{ "websocket_disconnections_total", "Clients that went after it.", AT(disconnections) },
	{ "websocket_messages_total", "Messages received and relayed.", AT(messages) },
	{ "wsrelay_deliveries_total", "Messages handed over, once for each receiver.", AT(deliveries) },
	{ "wsrelay_dropped_messages_total", "Messages that slow clients were not sent.", AT(dropped) },
	{ "wsrelay_received_bytes_total", "Bytes received from clients.", AT(bytes_in) },
	{ "wsrelay_sent_bytes_total", "Bytes handed over to clients.", AT(bytes_out) },
	{ "wsrelay_ring_bytes", "Size of the shared ring.", AT(ring_size) },
	{ "wsrelay_ring_used_bytes", "How far the slowest client is behind.", AT(ring_used) },
	{ "wsrelay_budget_bytes", "Partial messages and private output.", AT(budget_size) },
	{ "wsrelay_budget_used_bytes", "How much of it is in use.", AT(budget_used) },
	{ .name = "" }
};

size_t metrics_memory(const struct config *config)
{
	return config->metrics_enabled ? METRICS_CLIENTS_MAX * sizeof(struct scrape) : 0;
}

static void metrics_add(struct scrape *s, const char *format, ...) LOG_FORMAT(2, 3);

/* Adds to the page; what does not fit is left out, whole. */
static void metrics_add(struct scrape *s, const char *format, ...)
{
	size_t room = sizeof s->page - s->end;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(s->page + s->end, room, format, ap);
	va_end(ap);
	if (n > 0 && (size_t)n < room)
		s->end += (uint32_t)n;
}

/* By the custom of Prometheus a counter's name ends with _total. */
static void metrics_family(struct scrape *s, const char *name, const char *help)
{
	metrics_add(s, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	            strstr(name, "_total") ? "counter" : "gauge");
}

static void metrics_one(struct scrape *s, const char *name, const char *help, uint64_t value)
{
	metrics_family(s, name, help);
	metrics_add(s, "%s %" PRIu64 "\n", name, value);
}

static void metrics_seconds(struct scrape *s, const char *name, const char *help, uint64_t micros)
{
	metrics_family(s, name, help);
	metrics_add(s, "%s %" PRIu64 ".%06u\n", name, micros / 1000000,
	            (unsigned)(micros % 1000000));
}

static void metrics_table(struct scrape *s, const struct metric *m)
{
	for (; m && *m->name; m++) {
		uint64_t value;

		memcpy(&value, (const char *)&hub->stats + m->offset, sizeof value);
		metrics_one(s, m->name, m->help, value);
	}
}

static void metrics_labelled(struct scrape *s)
{
	size_t i;

	metrics_family(s, "wsrelay_closed_total", "Clients that went, by reason.");
	for (i = 0; i < REASONS; i++)
		metrics_add(s, "wsrelay_closed_total{reason=\"%s\"} %" PRIu64 "\n",
		            conn_reasons[i].label, hub->closed[i]);
	metrics_family(s, "wsrelay_rejected_total",
	               "Connections refused before the handshake was complete, by HTTP status.");
	for (i = 0; i + 1 < CONN_REJECTIONS; i++)
		metrics_add(s, "wsrelay_rejected_total{status=\"%u\"} %" PRIu64 "\n",
		            (unsigned)conn_rejection_status[i], hub->rejected[i]);
	metrics_add(s, "wsrelay_rejected_total{status=\"other\"} %" PRIu64 "\n", hub->rejected[i]);
	metrics_family(s, "wsrelay_build_info", "What this program was built from.");
	metrics_add(s, "wsrelay_build_info{version=\"" WSRELAY_VERSION "\",app=\"%s\",poll=\"%s\","
	            "tls=\"%s\"} 1\n", hub->app->name, loop_kind, tls_kind);
}

static void metrics_process(struct scrape *s)
{
	uint64_t resident, files;

	metrics_seconds(s, "wsrelay_longest_turn_seconds",
	                "Longest turn of the loop since the last scrape.", hub->longest_turn);
	hub->longest_turn = 0;
	metrics_seconds(s, "process_cpu_seconds_total", "CPU time, user and system.", os_cpu_micros());
	metrics_one(s, "process_start_time_seconds", "Start of the process, Unix time.",
	            (uint64_t)started);
	metrics_one(s, "process_max_fds", "Limit of open descriptors.", os_limit_files(0, SIZE_MAX));
	if (os_usage(&resident, &files))
		return;
	metrics_one(s, "process_open_fds", "Open descriptors.", files);
	metrics_one(s, "process_resident_memory_bytes", "Resident memory.", resident);
}

static void metrics_close(struct scrape *s)
{
	if (s->state == SCRAPE_FREE)
		return;
	s->state = SCRAPE_FREE;
	loop_remove(&s->watch);
	close(s->watch.fd);
}

static void metrics_send(struct scrape *s)
{
	ssize_t n = send(s->watch.fd, s->page + s->start, s->end - s->start, MSG_NOSIGNAL);

	if (n < 0 && net_gone()) {
		metrics_close(s);
		return;
	}
	if (n > 0)
		s->start += (uint32_t)n;
	if (s->start < s->end) {
		s->state = SCRAPE_ANSWERING;
		loop_change(&s->watch, LOOP_OUT);
	} else if (shutdown(s->watch.fd, SHUT_WR)) {
		metrics_close(s);
	} else {
		/* Closed at once, unread input would turn our end of stream into a reset. */
		s->state = SCRAPE_LINGERING;
		loop_change(&s->watch, LOOP_IN);
	}
}

/* The body stands behind the room for the head: puts the head right before it. */
static void metrics_head(struct scrape *s, const char *status, const char *type)
{
	char head[METRICS_HEAD];
	int n = snprintf(head, sizeof head,
	                 "HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %" PRIu32
	                 "\r\n%sCache-Control: no-store\r\nConnection: close\r\n\r\n",
	                 status, type, s->end - METRICS_HEAD,
	                 memcmp(status, "405", 3) ? "" : "Allow: GET, HEAD\r\n");

	s->start = METRICS_HEAD - (uint32_t)n;
	memcpy(s->page + s->start, head, (size_t)n);
	if (s->req.method == HTTP_HEAD)
		s->end = METRICS_HEAD;
}

static int metrics_path(const struct scrape *s, const char *path)
{
	return s->req.path.len == strlen(path) && !memcmp(s->page + s->req.path.at, path, strlen(path));
}

/* Answers the request whose head is complete. */
static void metrics_answer(struct scrape *s)
{
	const char *status = "200 OK", *type = "text/plain";
	int metrics = metrics_path(s, "/metrics"), health = metrics_path(s, "/health");

	s->end = METRICS_HEAD;
	if (!metrics && !health) {
		status = "404 Not Found";
		metrics_add(s, "Only /metrics and /health are served here.\n");
	} else if (s->req.method == HTTP_OTHER) {
		status = "405 Method Not Allowed";
		metrics_add(s, "Only GET and HEAD are served here.\n");
	} else if (metrics) {
		type = "text/plain; version=0.0.4";
		hub_gauges(hub);
		metrics_table(s, metrics_core);
		metrics_table(s, hub->app->metrics);
		metrics_labelled(s);
		metrics_process(s);
		s->end += (uint32_t)tls_metrics(s->page + s->end, sizeof s->page - s->end);
	} else if (hub->drain_until) {
		status = "503 Service Unavailable";
		metrics_add(s, "draining\n");
	} else {
		metrics_add(s, "ok\n");
	}
	metrics_head(s, status, type);
	metrics_send(s);
}

static void metrics_read(struct scrape *s)
{
	/* What comes behind the request is thrown away, over the answer that has gone. */
	uint32_t at = s->state == SCRAPE_READING ? s->have : 0;
	ssize_t n = recv(s->watch.fd, s->page + at, METRICS_REQUEST_MAX - at, 0);
	int used;

	if (n < 0 && !net_gone())
		return;
	if (n <= 0) {
		metrics_close(s);
		return;
	}
	if (s->state != SCRAPE_READING)
		return;
	s->have += (uint32_t)n;
	used = http_parse(&s->req, s->page, s->have);
	if (used == 0 && s->have == METRICS_REQUEST_MAX)
		used = -431;
	if (used > 0) {
		metrics_answer(s);
	} else if (used < 0) {
		s->start = 0;
		s->end = (uint32_t)http_refuse(s->page, -used, s->req.method);
		metrics_send(s);
	}
}

static void metrics_ready(struct watch *w, int events)
{
	struct scrape *s = (struct scrape *)(void *)w;

	if (events & LOOP_OUT)
		metrics_send(s);
	else if (events & LOOP_IN)
		metrics_read(s);
	else
		metrics_close(s);
}

static void metrics_accepted(void *arg, int fd, const struct peer *peer)
{
	struct scrape *s = scrapes, *end = scrapes + METRICS_CLIENTS_MAX, *i;

	(void)arg;
	(void)peer;
	/* A free one, else the oldest: a silent scraper must not keep the others out. */
	for (i = scrapes; i < end; i++)
		if (i->state == SCRAPE_FREE || (s->state != SCRAPE_FREE && i->since < s->since))
			s = i;
	metrics_close(s);
	memset(s, 0, offsetof(struct scrape, page));
	s->watch.fd = fd;
	s->watch.ready = metrics_ready;
	s->since = loop_now();
	s->state = SCRAPE_READING;
	loop_add(&s->watch, LOOP_IN);
}

void metrics_tick(uint64_t now)
{
	size_t i;

	for (i = 0; scrapes && i < METRICS_CLIENTS_MAX; i++)
		if (scrapes[i].state != SCRAPE_FREE && now - scrapes[i].since >= METRICS_MS)
			metrics_close(&scrapes[i]);
}

int metrics_start(struct hub *h)
{
	const struct config *config = h->config;

	if (!config->metrics_enabled)
		return 0;
	hub = h;
	started = time(NULL);
	scrapes = calloc(METRICS_CLIENTS_MAX, sizeof *scrapes);
	if (!scrapes) {
		log_line(LOG_LEVEL_ERROR, "out of memory for the metrics");
		return EX_OSERR;
	}
	return net_listen("metrics", config->metrics_address, config->metrics_port, metrics_accepted,
	                  scrapes);
}

void metrics_stop(void)
{
	/* Late enough for all of them. */
	metrics_tick(UINT64_MAX);
	if (scrapes)
		net_close(scrapes);
	free(scrapes);
	scrapes = NULL;
}
