/* options.c: ONE table of options: reads, checks and documents the command line. */
#include "client/client.h"

#include <string.h>
#include <unistd.h>

enum { SECOND = 1000, HOUR = 3600 * SECOND, KIB = 1024, MIB = 1024 * KIB };
enum kind { FLAG, TIME, SIZE, TEXT, ORIGIN, TOKENS, HEADER };

#define AT(field) offsetof(struct options, field)

static const struct option {
	char letters[3], name[16], value[7];
	uint8_t kind;
	uint16_t offset;                /* in struct options */
	uint32_t fallback, min, max;    /* of a number */
	char help[62];
} table[] = {
	{ "-b", "binary", "", FLAG, AT(binary), 0, 0, 0, "send standard input as binary chunks, print raw bytes" },
	{ "-B", "buffer", "SIZE", SIZE, AT(buffer), 0, 2 * KIB, 1024 * MIB, "keep undelivered messages (2MiB or two messages)" },
	{ "-c", "cafile", "FILE", TEXT, AT(cafile), 0, 0, 0, "trust these certificates (default: the system's)" },
	{ "-d", "quit-delay", "TIME", TIME, AT(quit_delay), SECOND, 0, HOUR, "quiet time before the end of a finished input (1s)" },
	{ "-h", "help", "", FLAG, AT(help), 0, 0, 0, "print this, exit" },
	{ "-H", "header", "TEXT", HEADER, AT(headers), 0, 0, 0, "send a header, 'Name: value'; up to 16 of them" },
	{ "-i", "insecure", "", FLAG, AT(insecure), 0, 0, 0, "do not verify the server's certificate" },
	{ "-j", "json", "", FLAG, AT(json), 0, 0, 0, "messages and status as JSON, a line each" },
	{ "-k", "keep", "", FLAG, AT(keep), 0, 0, 0, "stay connected at the end of standard input" },
	{ "-m", "metrics", "PORT", TEXT, AT(metrics), 0, 0, 0, "serve Prometheus at 127.0.0.1:PORT or ADDRESS:PORT" },
	{ "-n", "no-resend", "", FLAG, AT(no_resend), 0, 0, 0, "drop what a lost connection has not delivered" },
	{ "-o", "origin", "TEXT", ORIGIN, AT(origin), 0, 0, 0, "send this Origin header" },
	{ "-p", "ping-interval", "TIME", TIME, AT(ping_interval), 15 * SECOND, 100, 24 * HOUR, "between pings (15s)" },
	{ "-P", "pong-timeout", "TIME", TIME, AT(pong_timeout), 10 * SECOND, 100, 24 * HOUR, "who is silent for longer is lost (10s)" },
	{ "-q", "quiet", "", FLAG, AT(quiet), 0, 0, 0, "log errors only" },
	{ "-r", "reconnect-delay", "TIME", TIME, AT(reconnect_delay), 5 * SECOND, RECONNECT_MIN_MS, 24 * HOUR, "wait before the next connection (5s)" },
	{ "-R", "backoff", "TIME", TIME, AT(backoff), 0, RECONNECT_MIN_MS, 24 * HOUR, "double the wait at each failure, up to this; with jitter" },
	{ "-s", "subprotocol", "NAME", TOKENS, AT(subprotocol), 0, 0, 0, "ask for a subprotocol, or several: a,b" },
	{ "-S", "status-interval", "TIME", TIME, AT(status_interval), 30 * SECOND, 0, 24 * HOUR, "between status lines (30s); 0: none" },
	{ "-t", "timeout", "TIME", TIME, AT(timeout), 0, 10, HOUR, "to connect (10s); with --once for all of it (5s)" },
	{ "-V", "version", "", FLAG, AT(version), 0, 0, 0, "print the version, exit" },
	{ "-x", "max-message", "SIZE", SIZE, AT(max_message), MIB, KIB, 512 * MIB, "longest message, either way (1MiB)" },
	{ "-1", "once", "", FLAG, AT(once), 0, 0, 0, "connect, measure one round trip, say it, exit 0, 2 or 3" },
};

enum { OPTIONS = sizeof table / sizeof *table };

void options_usage(void)
{
	size_t i;

	printf("usage: wsclient [options] ws://HOST[:PORT][/PATH]\n"
	       "Keeps a WebSocket connection for ever, measures it, reconnects. Standard input goes to\n"
	       "the server, a message a line; its messages come to standard output.\n\n");
	for (i = 0; i < OPTIONS; i++)
		printf(" %s, --%-15s %-4s %s\n", table[i].letters, table[i].name, table[i].value,
		       table[i].help);
	printf("\nTIME is 500ms, 10s, 5m, 1h or seconds; SIZE is 64KiB, 1MiB or bytes.\n");
}

static int fail(const char *what, const char *value, const char *why)
{
	fprintf(stderr, "wsclient: %s '%s': %s\n", what, value, why);
	return -1;
}

/* A number with the unit of its kind. Returns 0, or -1: it is none, or out of range. */
static int number(uint32_t *to, const struct option *o, const char *text)
{
	static const struct { char name[4]; uint8_t kind; uint32_t factor; } units[] = {
		{ "ms", TIME, 1 }, { "s", TIME, SECOND }, { "", TIME, SECOND },
		{ "m", TIME, 60 * SECOND }, { "h", TIME, HOUR }, { "", SIZE, 1 },
		{ "KiB", SIZE, KIB }, { "MiB", SIZE, MIB }
	};
	size_t digits = strspn(text, "0123456789"), i;
	uint64_t value = 0;

	if (!digits || digits > 10)
		return -1;
	for (i = 0; i < digits; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	for (i = 0; i < sizeof units / sizeof *units; i++) {
		if (units[i].kind != o->kind || strcmp(units[i].name, text + digits))
			continue;
		value *= units[i].factor;
		if (value < o->min || value > o->max)
			return -1;
		*to = (uint32_t)value;
		return 0;
	}
	return -1;
}

static int is_visible(const char *text)
{
	const char *p = text;

	while (*p > ' ' && *p < 0x7f)
		p++;
	return p > text && !*p;
}

static int header(struct options *o, const char *text)
{
	const char *why = handshake_check_header(text);
	size_t n = 0;

	while (o->headers[n])
		n++;
	if (!why && n == HEADERS_MAX)
		why = "there are more than 16";
	o->headers[n] = text;
	return why ? fail("--header", text, why) : 0;
}

static int set(struct options *o, const struct option *which, const char *value)
{
	char *field = (char *)o + which->offset, name[20];
	uint32_t n = 1;

	snprintf(name, sizeof name, "--%s", which->name);
	if (which->kind == HEADER)
		return header(o, value);
	if ((which->kind == TIME || which->kind == SIZE) && number(&n, which, value))
		return fail(name, value, which->kind == TIME ?
		            "must be a time like 500ms, 10s or 5m, not too short and not too long" :
		            "must be a size like 4096, 64KiB or 1MiB, not too small and not too large");
	if (which->kind == TOKENS && !handshake_check_tokens(value))
		return fail(name, value, "must be a name, or names with commas between");
	if (which->kind == ORIGIN && !is_visible(value))
		return fail(name, value, "must be visible ASCII without spaces");
	if (which->kind >= TEXT)
		memcpy(field, &value, sizeof value);
	else
		memcpy(field, &n, sizeof n);
	return 0;
}

/* Makes a long option the short one that getopt() knows, in its own bytes, which are more: as in
 * wsrelay.c. Returns 0, or -1 when there is no such option. */
static int shorten(char **arg)
{
	char *name = *arg + 2, *equals = strchr(name, '=');
	size_t i, n = equals ? (size_t)(equals - name) : strlen(name);

	for (i = 0; i < OPTIONS; i++) {
		const struct option *o = &table[i];

		if (strlen(o->name) != n || memcmp(o->name, name, n))
			continue;
		if (equals && (!*o->value || !equals[1]))
			return -1;
		/* "--origin=TEXT" ends as "-oTEXT". */
		*arg = equals ? equals - 1 : *arg;
		memcpy(*arg, o->letters, equals ? 2 : sizeof o->letters);
		return 0;
	}
	return -1;
}

static void defaults(struct options *o, char letters[2 * OPTIONS + 2])
{
	size_t i;

	memset(o, 0, sizeof *o);
	*letters++ = ':';
	for (i = 0; i < OPTIONS; i++) {
		if (table[i].kind == TIME || table[i].kind == SIZE)
			memcpy((char *)o + table[i].offset, &table[i].fallback, sizeof table[i].fallback);
		*letters++ = table[i].letters[1];
		if (*table[i].value)
			*letters++ = ':';
	}
	*letters = '\0';
}

static int url(struct options *o, const char *text)
{
	const char *why;

	if (o->url_text)
		return fail("unexpected argument", text, "there is one URL");
	o->url_text = text;
	return url_parse(&o->url, text, &why) ? fail("the URL", text, why) : 0;
}

/* What depends on other options. */
static int finish(struct options *o)
{
	static char request[REQUEST_MAX];
	uint8_t nonce[16] = { 0 };
	struct handshake h;

	if (o->help || o->version)
		return 0;
	if (!o->url_text) {
		fprintf(stderr, "wsclient: which URL? wsclient -h shows how to call it\n");
		return -1;
	}
	if (!o->timeout)
		o->timeout = o->once ? 5 * SECOND : 10 * SECOND;
	if (!o->buffer)
		o->buffer = o->max_message > MIB ? 2 * o->max_message : 2 * MIB;
	if (o->buffer < o->max_message + QUEUE_HEAD) {
		fprintf(stderr, "wsclient: --buffer must be larger than --max-message\n");
		return -1;
	}
	if (!handshake_request(&h, request, o, nonce)) {
		fprintf(stderr, "wsclient: the headers are too long\n");
		return -1;
	}
	return 0;
}

int options_read(struct options *o, int argc, char **argv)
{
	char letters[2 * OPTIONS + 2];
	size_t i;

	defaults(o, letters);
	opterr = 0;
	while (optind < argc) {
		const char *arg = argv[optind];
		int is_option = arg[0] == '-' && arg[1], c;

		if (!is_option) {
			optind++;
			if (url(o, arg))
				return -1;
			continue;
		}
		if (arg[1] == '-' && shorten(&argv[optind]))
			return fail("unknown option", arg, "wsclient -h lists them");
		c = getopt(argc, argv, letters);
		for (i = 0; i < OPTIONS && table[i].letters[1] != c; i++)
			;
		if (c == ':')
			return fail("option", arg, "needs a value");
		if (i == OPTIONS)
			return fail("unknown option", arg, "wsclient -h lists them");
		if (set(o, &table[i], optarg))
			return -1;
	}
	return finish(o);
}
