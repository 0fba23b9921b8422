/* report.c: status lines, as text or JSON, and the one line of --once. */
#include "client/client.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *report_state(const struct client *c)
{
	if (c->stopping)
		return "stopping";
	if (c->session.state == SESSION_OPEN)
		return "connected";
	return c->session.state == SESSION_NONE && c->dial.state == DIAL_IDLE ? "waiting" : "connecting";
}

void report_micros(char text[24], uint64_t micros)
{
	snprintf(text, 24, "%" PRIu64 ".%03u", micros / 1000, (unsigned)(micros % 1000));
}

static uint64_t report_average(const struct counts *k)
{
	return k->rtts ? k->rtt_sum / k->rtts : 0;
}

static uint64_t report_connected_s(const struct client *c)
{
	return c->session.state == SESSION_OPEN ? (loop_now() - c->session.opened) / 1000 : 0;
}

static uint64_t report_reconnects(const struct counts *k)
{
	return k->connects ? k->connects - 1 : 0;
}

static void report_text(const struct client *c)
{
	const struct counts *k = &c->counts;
	char min[24], avg[24], max[24];
	unsigned permille = k->pings ? (unsigned)(k->lost * 1000 / k->pings) : 0;

	report_micros(min, k->rtt_min);
	report_micros(avg, report_average(k));
	report_micros(max, k->rtt_max);
	log_line(LOG_LEVEL_INFO, "Status: %s for %" PRIu64 " s, up %" PRIu64 " s, reconnects %" PRIu64
	         ", pings %" PRIu64 ", lost %" PRIu64 " (%u.%u%%), round trip %s/%s/%s ms, sent %" PRIu64
	         ", delivered %" PRIu64 ", waiting %" PRIu64 ", resent %" PRIu64 ", dropped %" PRIu64
	         ", received %" PRIu64, report_state(c), report_connected_s(c),
	         (loop_now() - c->started) / 1000, report_reconnects(k), k->pings, k->lost,
	         permille / 10, permille % 10, min, avg, max, k->sent, k->delivered, c->queue.count,
	         k->resent, k->dropped, k->received);
}

/* As log.c's lines in JSON, and with the figures as numbers. Never waits for a reader. */
static void report_json(const struct client *c)
{
	const struct counts *k = &c->counts;
	struct pollfd err = { .fd = STDERR_FILENO, .events = POLLOUT };
	char line[LINE_MAX_BYTES], stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	int n;

	if (gmtime_r(&now, &tm))
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(line, sizeof line,
	             "{\"time\":\"%s\",\"level\":\"info\",\"message\":\"Status\",\"state\":\"%s\","
	             "\"connected_s\":%" PRIu64 ",\"up_s\":%" PRIu64 ",\"reconnects\":%" PRIu64
	             ",\"failures\":%" PRIu64 ",\"pings\":%" PRIu64 ",\"pongs\":%" PRIu64
	             ",\"lost\":%" PRIu64 ",\"rtt_last_us\":%" PRIu64 ",\"rtt_min_us\":%" PRIu64
	             ",\"rtt_avg_us\":%" PRIu64 ",\"rtt_max_us\":%" PRIu64 ",\"sent\":%" PRIu64
	             ",\"delivered\":%" PRIu64 ",\"waiting\":%" PRIu64 ",\"resent\":%" PRIu64
	             ",\"dropped\":%" PRIu64 ",\"received\":%" PRIu64 "}\n", stamp, report_state(c),
	             report_connected_s(c), (loop_now() - c->started) / 1000, report_reconnects(k),
	             k->failures, k->pings, k->pongs, k->lost, k->rtt_last, k->rtt_min,
	             report_average(k), k->rtt_max, k->sent, k->delivered, c->queue.count, k->resent,
	             k->dropped, k->received);
	if (n > 0 && (size_t)n < sizeof line && poll(&err, 1, 0) == 1 && (err.revents & POLLOUT))
		(void)!write(STDERR_FILENO, line, (size_t)n);
}

void report_status(const struct client *c)
{
	if (c->options->json)
		report_json(c);
	else
		report_text(c);
}

/* Why a server ended it is the server's text: it must break neither a terminal nor JSON. */
static void report_clean(char text[WHY_MAX], const char *why)
{
	size_t n;

	for (n = 0; why[n] && n < WHY_MAX - 1; n++)
		text[n] = why[n] >= ' ' && why[n] < 0x7f && why[n] != '"' && why[n] != '\\' ? why[n] : '?';
	text[n] = '\0';
}

void report_once(const struct client *c, int code, const char *why)
{
	static const char results[][14] = { "ok", "", "failed", "could not try" };
	const struct counts *k = &c->counts;
	char rtt[24], text[WHY_MAX];

	report_micros(rtt, k->rtt_last);
	report_clean(text, why);
	if (c->options->json && code == EXIT_OK)
		printf("{\"result\":\"ok\",\"peer\":\"%s\",\"rtt_us\":%" PRIu64 "}\n", c->dial.peer,
		       k->rtt_last);
	else if (c->options->json)
		printf("{\"result\":\"%s\",\"why\":\"%s\"}\n", results[code], text);
	else if (code == EXIT_OK)
		printf("ok: %s (%s) answered, round trip %s ms\n", c->options->url_text, c->dial.peer, rtt);
	else
		printf("%s: %s: %s\n", results[code], c->options->url_text, text);
	fflush(stdout);
}
