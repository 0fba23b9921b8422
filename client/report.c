/* report.c: status lines, as text or JSON, and the one line of --once. */
#include "client/client.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MAX = 1024 };

#define AT(field) offsetof(struct counts, field) / sizeof(uint64_t)

/* ONE table for the log and for Prometheus. */
const struct figure report_figures[] = {
	{ "connected", "1 while it is open.", FIGURE_GAUGE, AT(connected) },
	{ "connected", "Age of the connection.", FIGURE_SECONDS, AT(connected_s) },
	{ "up", "Age of the process.", FIGURE_SECONDS, AT(up_s) },
	{ "reconnects", "Connections after the first.", FIGURE_COUNTER, AT(reconnects) },
	{ "failures", "Connections failed or lost.", FIGURE_COUNTER, AT(failures) },
	{ "pings", "Pings of --ping-interval.", FIGURE_COUNTER, AT(pings) },
	{ "lost_pings", "Pings never answered.", FIGURE_COUNTER, AT(lost) },
	{ "rtt_last", "The last round trip.", FIGURE_MICROS, AT(rtt_last) },
	{ "rtt_min", "The shortest round trip.", FIGURE_MICROS, AT(rtt_min) },
	{ "rtt_avg", "The average round trip.", FIGURE_MICROS, AT(rtt_avg) },
	{ "rtt_max", "The longest round trip.", FIGURE_MICROS, AT(rtt_max) },
	{ "sent", "Messages handed over.", FIGURE_COUNTER, AT(sent) },
	{ "delivered", "Messages with a pong behind.", FIGURE_COUNTER, AT(delivered) },
	{ "waiting", "Messages not delivered yet.", FIGURE_GAUGE, AT(waiting) },
	{ "resent", "Messages handed over again.", FIGURE_COUNTER, AT(resent) },
	{ "dropped", "Messages given up.", FIGURE_COUNTER, AT(dropped) },
	{ "received", "Messages that came.", FIGURE_COUNTER, AT(received) },
	{ "", "", 0, 0 }
};

void report_count(struct client *c)
{
	struct counts *k = &c->counts;
	uint64_t now = loop_now();

	k->connected = c->session.state == SESSION_OPEN;
	k->connected_s = k->connected ? (now - c->session.opened) / 1000 : 0;
	k->up_s = (now - c->started) / 1000;
	k->reconnects = k->connects ? k->connects - 1 : 0;
	k->rtt_avg = k->rtts ? k->rtt_sum / k->rtts : 0;
	k->waiting = c->queue.count;
}

uint64_t report_value(const struct client *c, const struct figure *f)
{
	uint64_t value;

	memcpy(&value, (const char *)&c->counts + f->at * sizeof value, sizeof value);
	return value;
}

/* Adds a figure to the n bytes of a line. Returns how many there are then. */
static size_t report_add(char *line, size_t n, const struct client *c, const struct figure *f)
{
	int json = c->options->json ? 1 : 0;
	uint64_t value = report_value(c, f);
	char text[32];

	if (f->kind == FIGURE_MICROS)
		snprintf(text, sizeof text, "%" PRIu64 ".%03u", value / 1000,
		         (unsigned)(value % 1000));
	else
		snprintf(text, sizeof text, "%" PRIu64, value);
	return n + (size_t)snprintf(line + n, STATUS_MAX - n, json ? ",\"%s%s\":%s" :
	                            " %s%s=%s", f->name, f->kind == FIGURE_MICROS ? "_ms" :
	                            f->kind == FIGURE_SECONDS ? "_s" : "", text);
}

/* As a line of log.c in JSON, the figures as numbers. Never waits for a reader. */
static void report_json(const struct client *c)
{
	struct pollfd err = { .fd = STDERR_FILENO, .events = POLLOUT };
	const struct figure *f;
	char line[STATUS_MAX];
	time_t now = time(NULL);
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&now, &tm))
		n = strftime(line, sizeof line,
		             "{\"time\":\"%Y-%m-%dT%H:%M:%SZ\",\"level\":\"info\","
		             "\"message\":\"Status\"", &tm);
	for (f = report_figures; *f->name; f++)
		n = report_add(line, n, c, f);
	memcpy(line + n, "}\n", 2);
	if (poll(&err, 1, 0) == 1 && (err.revents & POLLOUT))
		(void)!write(STDERR_FILENO, line, n + 2);
}

void report_status(struct client *c)
{
	const struct figure *f = report_figures;
	char line[STATUS_MAX];
	size_t n = 0;

	report_count(c);
	if (c->options->quiet)
		return;
	if (c->options->json) {
		report_json(c);
		return;
	}
	/* The connection; and the messages, when there are any, in a line of their own. */
	for (f++; f->at != AT(sent); f++)
		n = report_add(line, n, c, f);
	log_line(LOG_LEVEL_INFO, "Status: %s%s",
	         c->counts.connected ? "connected," : "not connected,", line);
	if (!c->counts.sent && !c->counts.received && !c->counts.dropped && !c->queue.count)
		return;
	for (n = 0; *f->name; f++)
		n = report_add(line, n, c, f);
	log_line(LOG_LEVEL_INFO, "Messages:%s", line);
}

/* Why a server ended it is the server's text: it must break neither a terminal nor JSON. */
static void report_clean(char text[WHY_MAX], const char *why)
{
	size_t n;

	for (n = 0; n < WHY_MAX - 1 && why[n]; n++)
		text[n] = why[n] < ' ' || why[n] >= 0x7f || why[n] == '"' || why[n] == '\\' ?
		          '?' : why[n];
	text[n] = '\0';
}

void report_once(const struct client *c, int code, const char *why)
{
	static const char results[][14] = { "ok", "", "failed", "could not try" };
	const struct counts *k = &c->counts;
	char rtt[32], text[WHY_MAX];
	/* A query may hold a secret. */
	int n = (int)strcspn(c->options->url_text, "?");

	snprintf(rtt, sizeof rtt, "%" PRIu64 ".%03u", k->rtt_last / 1000,
	         (unsigned)(k->rtt_last % 1000));
	report_clean(text, why);
	if (c->options->json && code == EXIT_OK)
		printf("{\"result\":\"ok\",\"peer\":\"%s\",\"rtt_ms\":%s}\n", c->dial.peer, rtt);
	else if (c->options->json)
		printf("{\"result\":\"%s\",\"why\":\"%s\"}\n", results[code], text);
	else if (code == EXIT_OK)
		printf("ok: %.*s: %s answered, round trip %s ms\n", n, c->options->url_text,
		       c->dial.peer, rtt);
	else
		printf("%s: %.*s: %s\n", results[code], n, c->options->url_text, text);
	(void)fflush(stdout);
}
