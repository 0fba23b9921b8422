/* options.c: ONE table of options: reads, checks and documents the command line. */
#include "client/client.h"

#include <string.h>
#include <unistd.h>

enum { SECOND = 1000, DAY = 86400 * SECOND, KIB = 1024, MIB = 1024 * KIB };

/* A DELAY may be 0, a PERIOD not. Behind TEXT, kinds with more checks. */
enum kind { FLAG, DELAY, PERIOD, SIZE, TEXT, ORIGIN, TOKENS, HEADER };
enum { PERIOD_LEAST = 100, SIZE_LEAST = KIB, SIZE_MOST = 512 * MIB };

#define AT(field) offsetof(struct options, field)

static const struct option {            /* texts inside: no pointer has to be relocated */
	char letter, name[16];
	uint8_t kind;
	uint16_t at;                    /* in struct options */
	char help[41];
} table[] = {
	{ 'b', "binary", FLAG, AT(binary), "binary chunks in, raw bytes out" },
	{ 'B', "buffer", SIZE, AT(buffer), "kept until delivered (2 x max-message)" },
	{ 'c', "cafile", TEXT, AT(cafile), "trust the certificates in this file" },
	{ 'd', "quit-delay", DELAY, AT(quit_delay), "quiet time at the input's end (1s)" },
	{ 'h', "help", FLAG, AT(help), "print this, exit" },
	{ 'H', "header", HEADER, AT(headers), "send a header, 'Name: value'; up to 16" },
	{ 'i', "insecure", FLAG, AT(insecure), "do not verify the certificate" },
	{ 'j', "json", FLAG, AT(json), "messages and status as JSON lines" },
	{ 'k', "keep", FLAG, AT(keep), "stay connected at the end of the input" },
	{ 'm', "metrics", TEXT, AT(metrics), "Prometheus on PORT or ADDRESS:PORT" },
	{ 'n', "no-resend", FLAG, AT(no_resend), "drop what was sent and not delivered" },
	{ 'o', "origin", ORIGIN, AT(origin), "send this Origin header" },
	{ 'p', "ping-interval", PERIOD, AT(ping_interval), "between pings (15s)" },
	{ 'P', "pong-timeout", PERIOD, AT(pong_timeout), "who is silent for longer is lost (10s)" },
	{ 'q', "quiet", FLAG, AT(quiet), "log errors only" },
	{ 'r', "reconnect-delay", PERIOD, AT(reconnect_delay), "before the next connection (5s)" },
	{ 'R', "backoff", PERIOD, AT(backoff), "double the delay up to this, jitter" },
	{ 's', "subprotocol", TOKENS, AT(subprotocol), "ask for a subprotocol, or several: a,b" },
	{ 'S', "status-interval", DELAY, AT(status_interval),
	  "between status lines (30s), 0: none" },
	{ 't', "timeout", PERIOD, AT(timeout), "to connect (10s), for all of --once (5s)" },
	{ 'V', "version", FLAG, AT(version), "print the version, exit" },
	{ 'x', "max-message", SIZE, AT(max_message), "longest message, either way (1MiB)" },
	{ '1', "once", FLAG, AT(once), "probe: a round trip, exit 0, 2 or 3" },
};

enum { OPTIONS = sizeof table / sizeof *table };

void options_usage(void)
{
	static const char values[][5] = {
		"", "TIME", "TIME", "SIZE", "TEXT", "TEXT", "TEXT", "TEXT"
	};
	size_t i;

	printf("usage: wsclient [options] ws://HOST[:PORT][/PATH]\n"
	       "Keeps a WebSocket connection and measures it. Standard input goes to the server,\n"
	       "a message a line; its messages come to standard output.\n\n");
	for (i = 0; i < OPTIONS; i++)
		printf(" -%c, --%-15s %-4s %s\n", table[i].letter, table[i].name,
		       values[table[i].kind], table[i].help);
	printf("\nTIME: 500ms, 10s, 5m, 1h or seconds. SIZE: 64KiB, 1MiB or bytes.\n");
}

static int fail(const char *what, const char *value, const char *why)
{
	fprintf(stderr, "wsclient: %s '%s': %s\n", what, value, why);
	return -1;
}

/* A number with the unit of its kind. Returns 0, or -1: it is none, or out of range. */
static int number(uint32_t *to, int kind, const char *text)
{
	static const struct { char name[4]; uint32_t time, size; } units[] = {
		{ "", SECOND, 1 }, { "ms", 1, 0 }, { "s", SECOND, 0 }, { "m", 60 * SECOND, 0 },
		{ "h", 3600 * SECOND, 0 }, { "KiB", 0, KIB }, { "MiB", 0, MIB }
	};
	uint64_t value = 0, most = kind == SIZE ? SIZE_MOST : DAY;
	uint64_t least = kind == SIZE ? SIZE_LEAST : kind == PERIOD ? PERIOD_LEAST : 0;
	size_t digits = strspn(text, "0123456789"), i;

	if (!digits || digits > 10)
		return -1;
	for (i = 0; i < digits; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	for (i = 0; i < sizeof units / sizeof *units; i++) {
		uint64_t unit = kind == SIZE ? units[i].size : units[i].time;

		if (!unit || strcmp(units[i].name, text + digits))
			continue;
		*to = (uint32_t)(value * unit);
		return value * unit < least || value * unit > most ? -1 : 0;
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
	char *field = (char *)o + which->at, name[20];
	uint32_t n = 1;
	int bad = 0;

	if (which->kind == HEADER)
		return header(o, value);
	if (which->kind == TOKENS)
		bad = !handshake_check_tokens(value);
	else if (which->kind == ORIGIN)
		bad = !is_visible(value);
	else if (which->kind != FLAG && which->kind != TEXT)
		bad = number(&n, which->kind, value);
	if (which->kind >= TEXT)
		memcpy(field, &value, sizeof value);
	else
		memcpy(field, &n, sizeof n);
	snprintf(name, sizeof name, "--%s", which->name);
	return !bad ? 0 : fail(name, value, which->kind == SIZE ? "must be 1KiB to 512MiB" :
	                       which->kind == PERIOD ? "must be 100ms to 24h" :
	                       which->kind == DELAY ? "must be 0 to 24h" :
	                       which->kind == ORIGIN ? "must be visible ASCII" :
	                       "must be names, with commas between");
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
		if (equals && (o->kind == FLAG || !equals[1]))
			return -1;
		/* "--origin=TEXT" ends as "-oTEXT". */
		*arg = equals ? equals - 1 : *arg;
		(*arg)[0] = '-';
		(*arg)[1] = o->letter;
		if (!equals)
			(*arg)[2] = '\0';
		return 0;
	}
	return -1;
}

/* Sets the defaults; letters: what getopt() is to know. */
static void defaults(struct options *o, char letters[2 * OPTIONS + 2])
{
	size_t i;

	memset(o, 0, sizeof *o);
	o->quit_delay = SECOND;
	o->ping_interval = 15 * SECOND;
	o->pong_timeout = 10 * SECOND;
	o->reconnect_delay = 5 * SECOND;
	o->status_interval = 30 * SECOND;
	o->max_message = MIB;
	*letters++ = ':';
	for (i = 0; i < OPTIONS; i++) {
		*letters++ = table[i].letter;
		if (table[i].kind != FLAG)
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
	if (!o->url_text)
		return fail("missing URL", "", "wsclient -h lists all");
	if (!o->timeout)
		o->timeout = (o->once ? 5 : 10) * SECOND;
	if (!o->buffer)
		o->buffer = 2 * o->max_message;
	if (o->buffer < o->max_message + QUEUE_HEAD)
		return fail("--buffer", "", "must be larger than --max-message");
	if (!handshake_request(&h, request, o, nonce))
		return fail("the request", "", "is too long");
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
			return fail("unknown option", arg, "wsclient -h lists all");
		c = getopt(argc, argv, letters);
		for (i = 0; i < OPTIONS && table[i].letter != c; i++)
			;
		if (c == ':')
			return fail("option", arg, "needs a value");
		if (i == OPTIONS)
			return fail("unknown option", arg, "wsclient -h lists all");
		if (set(o, &table[i], optarg))
			return -1;
	}
	return finish(o);
}
