/* log.c: one line an event, to stderr or syslog, as text or JSON; what a peer can cause is limited. */
#include "wsrelay.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { LOG_A_SECOND = 10, LOG_BURST = 50, LOG_LINE_MAX = 4 * LOG_TEXT_MAX + 128 };

static const char levels[][6] = { "error", "warn", "info", "debug" };
static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

static uint32_t most = LOG_LEVEL_INFO;
static uint32_t style = LOG_FORMAT_TEXT, target = LOG_TARGET_STDERR;
static int stamped = 1;
static unsigned tokens = LOG_BURST;
static unsigned long left_out;

void log_start(const struct config *config)
{
	most = config->log_level;
	style = config->log_format;
	target = config->log_target;
	/* The journal puts its own time beside each line. */
	stamped = !getenv("JOURNAL_STREAM");
	if (target == LOG_TARGET_SYSLOG)
		openlog("wsrelay", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

/* Copies text with what could break a line or a terminal as \xNN, in JSON as \u00NN. Returns the
 * length. */
static size_t log_escape(char *out, size_t room, const char *text)
{
	int json = style == LOG_FORMAT_JSON;
	size_t n = 0;

	for (; *text && n + 7 < room; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f && !(json && (c == '"' || c == '\\')))
			out[n++] = (char)c;
		else
			n += (size_t)snprintf(out + n, room - n, json ? "\\u%04x" : "\\x%02x", c);
	}
	out[n] = '\0';
	return n;
}

/* Never waits: a full pipe or a stopped terminal loses the line. */
static void log_write(const char *line, size_t n)
{
	struct pollfd err = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&err, 1, 0) == 1 && (err.revents & POLLOUT))
		(void)!write(STDERR_FILENO, line, n);
}

void log_line(int level, const char *fmt, ...)
{
	char text[LOG_TEXT_MAX], safe[3 * LOG_TEXT_MAX], line[LOG_LINE_MAX], stamp[32] = "";
	int n, peer = level & LOG_PEER;
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;

	level -= peer;
	if ((uint32_t)level > most)
		return;
	if (peer && tokens == 0 && most < LOG_LEVEL_DEBUG) {
		left_out++;
		return;
	}
	tokens -= peer && tokens > 0;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	log_escape(safe, sizeof safe, text);
	if (target == LOG_TARGET_SYSLOG) {
		syslog(priorities[level], "%s", safe);
		return;
	}
	if ((stamped || style == LOG_FORMAT_JSON) && gmtime_r(&now, &tm))
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", &tm);
	if (style == LOG_FORMAT_JSON)
		n = snprintf(line, sizeof line, "{\"time\":\"%.20s\",\"level\":\"%s\",\"message\":\"%s\"}\n",
		             stamp, levels[level], safe);
	else
		n = snprintf(line, sizeof line, "%s%-5s %s\n", stamp, levels[level], safe);
	if (n > 0 && (size_t)n < sizeof line)
		log_write(line, (size_t)n);
}

void log_tick(void)
{
	static time_t last;
	time_t now = time(NULL);

	if (now == last)
		return;
	last = now;
	tokens = tokens + LOG_A_SECOND < LOG_BURST ? tokens + LOG_A_SECOND : LOG_BURST;
	if (left_out) {
		log_line(LOG_LEVEL_WARN, "%lu more lines like these left out", left_out);
		left_out = 0;
	}
}
