/* config.c: ONE table of keys types, checks, prints and documents the config. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wsrelay.h"

enum { HELP_COLUMN = 34, HELP_MAX = 160, HOUR = 3600000, DAY = 24 * HOUR };
enum { KIB = 1 << 10, MIB = 1 << 20, GIB = 1 << 30 };

/* The largest first: a value is printed in the first one that divides it. */
static const struct unit {
	char name[4];
	uint32_t factor;        /* 0: the end */
} counts[] = { { "", 1 }, { "", 0 } },
  sizes[] = { { "GiB", GIB }, { "MiB", MIB }, { "KiB", KIB }, { "", 1 }, { "", 0 } },
  times[] = { { "h", HOUR }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { "", 1000 }, { "", 0 } };

/* What a switch takes: the words at odd places, from 0 on, switch it on. */
static const char no_yes[] = "false | true | no | yes | off | on";

#define SAY(...) snprintf(why, CONFIG_WHY_MAX, __VA_ARGS__)
#define KEY(section, name) #section "." #name, offsetof(struct config, section##_##name)
#define TLS_KEY(name) "server.tls." #name, offsetof(struct config, server_tls_##name)

static const struct config_key core_keys[] = {
	{ "app", offsetof(struct config, app), CONFIG_APP, "", 0, 0,
	  "what clients are to each other" },
	{ "server", 0, CONFIG_SECTION, "", 0, 0, "where clients come in" },
	{ KEY(server, address), CONFIG_ADDRESS, "", 0, 0,
	  "\"\": all; 127.0.0.1, \"::1\", unix:/run/ws" },
	{ KEY(server, port), CONFIG_COUNT, "8080", 0, 65535, "0: a free one, named in the log" },
	{ KEY(server, path), CONFIG_PATH, "", 0, 0, "the only one served; \"\": any" },
	{ "server.tls", 0, CONFIG_SECTION, "", 0, 0, "wss:// instead of ws://" },
	{ TLS_KEY(enabled), CONFIG_SWITCH, "false", 0, 0, "true or false" },
	{ TLS_KEY(cert_file), CONFIG_NAME, "cert.pem", 0, 0, "the certificate and its chain" },
	{ TLS_KEY(key_file), CONFIG_NAME, "key.pem", 0, 0, "the private key" },
	{ KEY(server, max_connections), CONFIG_COUNT, "1024", 1, 100000, "clients at a time" },
	{ KEY(server, max_message_size), CONFIG_SIZE, "64KiB", 125, 16 * MIB,
	  "a longer message closes its connection" },
	{ KEY(server, handshake_timeout), CONFIG_TIME, "10s", 100, DAY,
	  "for the opening handshake" },
	{ KEY(server, ping_interval), CONFIG_TIME_OR_0, "30s", 100, DAY,
	  "between pings to every client; 0: no pings" },
	{ KEY(server, pong_timeout), CONFIG_TIME, "1m", 100, DAY,
	  "who answers no ping for longer is closed" },
	{ KEY(server, write_timeout), CONFIG_TIME, "10s", 100, DAY,
	  "who takes no output for longer is closed" },
	{ KEY(server, shutdown_timeout), CONFIG_TIME, "10s", 0, DAY,
	  "for the last messages at the end" },
	{ "relay", 0, CONFIG_SECTION, "", 0, 0, "how messages are passed on" },
	{ KEY(relay, slow_client), CONFIG_CHOICE, "disconnect", 0, 0,
	  "disconnect | drop: who falls behind a ring" },
	{ "memory", 0, CONFIG_SECTION, "", 0, 0, "never more, whatever clients do" },
	{ KEY(memory, input), CONFIG_SIZE, "256KiB", 4 * KIB, 16 * MIB, "the one input buffer" },
	{ KEY(memory, ring), CONFIG_SIZE, "1MiB", 4 * KIB, GIB,
	  "messages to all; over 3 x max_message_size" },
	{ KEY(memory, budget), CONFIG_SIZE, "4MiB", 4 * KIB, GIB,
	  "all the rest; 4 x max_message_size or more" },
	{ "metrics", 0, CONFIG_SECTION, "", 0, 0, "figures for Prometheus" },
	{ KEY(metrics, enabled), CONFIG_SWITCH, "false", 0, 0, "true or false" },
	{ KEY(metrics, address), CONFIG_ADDRESS, "127.0.0.1", 0, 0, "as server.address" },
	{ KEY(metrics, port), CONFIG_COUNT, "9090", 0, 65535, "as server.port" },
	{ "log", 0, CONFIG_SECTION, "", 0, 0, "one line an event" },
	{ KEY(log, level), CONFIG_CHOICE, "info", 0, 0, "error | warn | info | debug" },
	{ KEY(log, format), CONFIG_CHOICE, "text", 0, 0, "text | json" },
	{ KEY(log, target), CONFIG_CHOICE, "stderr", 0, 0, "stderr | syslog" },
	{ .path = "" }
};

static const char head[] =
	"# wsrelay.yaml: all keys of wsrelay, with their defaults.\n"
	"#\n"
	"# Keep only what you change: a key that is left out has its default. Indent with spaces.\n"
	"# Put a text with special characters in quotes: \"::1\".\n"
	"# Sizes: 64KiB, 1MiB, 1GiB, or bytes. Times: 500ms, 10s, 5m, 1h, or seconds.\n"
	"# An environment variable overrides its key: WSRELAY_SERVER_PORT=9000 for server.port.\n"
	"# Test a file with: wsrelay -t -c FILE\n\n";

const struct config_key *config_key(const struct app *const *all, size_t number)
{
	const struct config_key *k = core_keys;
	size_t i;

	for (i = 0; i < CONFIG_KEYS_MAX; i++, k++) {
		while (!k || !*k->path) {
			if (!*all)
				return NULL;
			k = (*all++)->keys;
		}
		if (i == number)
			return k;
	}
	return NULL;
}

static const struct unit *units(const struct config_key *k)
{
	return k->kind == CONFIG_COUNT ? counts : k->kind == CONFIG_SIZE ? sizes : times;
}

/* The help of a key; that of the application starts with the names there are. */
static const char *help(const struct config_key *k, const struct app *const *all,
			char room[HELP_MAX])
{
	size_t n = 0;

	if (k->kind != CONFIG_APP)
		return k->help;
	for (; *all && n < HELP_MAX; all++)
		n += (size_t)snprintf(room + n, HELP_MAX - n, "%s%s", (*all)->name,
				      all[1] ? " | " : ": ");
	if (n < HELP_MAX)
		snprintf(room + n, HELP_MAX - n, "%s", k->help);
	return room;
}

/* The word number i, from 0 on, of "one | two: text", and its length; NULL behind the last. */
static const char *word(const char *list, uint32_t i, size_t *n)
{
	for (;; list += *n + 3, i--) {
		*n = strcspn(list, " :");
		if (!i || list[*n] != ' ')
			return i ? NULL : list;
	}
}

static uint32_t *number(const struct config *c, const struct config_key *k)
{
	return (uint32_t *)(void *)((char *)(uintptr_t)c + k->offset);
}

static void format(char out[16], const struct unit *u, uint32_t value)
{
	while (value && value % u->factor)
		u++;
	snprintf(out, 16, "%u%s", (unsigned)(value / u->factor), value ? u->name : "");
}

/* Which sockets an address stands for, -1: none. Its bytes, all 0 for "all of the family". */
static int family(const char *text, uint8_t bytes[16])
{
	const struct sockaddr_un *room;

	memset(bytes, 0, 16);
	if (!*text)
		return AF_UNSPEC;
	if (!strncmp(text, "unix:/", 6))
		return strlen(text + 5) < sizeof(room->sun_path) ? AF_UNIX : -1;
	if (inet_pton(AF_INET, text, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, text, bytes) == 1 ? AF_INET6 : -1;
}

/* What the kinds from CONFIG_COUNT on take, and what to write. */
static const struct {
	char what[15], instead[72];
} forms[] = {
	{ "a whole number", "digits only, no 0 in front" },
	{ "a size", "64KiB, 1MiB, 1GiB or bytes" },
	{ "a time", "500ms, 10s, 5m, 1h or seconds" },
	{ "a time", "500ms, 10s, 5m, 1h or seconds" },
	{ "an address",
	  "\"\" for all, 127.0.0.1, \"::1\" (no brackets) or unix:/path (a short one)" },
	{ "a path", "\"\" for any, or one that starts with / and has no space, ? or #" },
};

static int wrong(const struct config_key *k, const char *text, char *why)
{
	SAY("'%s' takes %s, not '%.100s'; write %s", k->path, forms[k->kind - CONFIG_COUNT].what,
	    text, forms[k->kind - CONFIG_COUNT].instead);
	return -1;
}

static int set_text(struct config *c, const struct config_key *k, const char *text, char *why)
{
	char *field = (char *)c + k->offset;
	size_t n = strlen(text);
	const char *error = "tab; remove it";
	uint8_t bytes[16];

	if (strchr(text, '\t') || yaml_check(text, n, &error) < n) {
		SAY("'%s' holds a wrong character: %s", k->path, error);
		return -1;
	}
	if (n >= CONFIG_TEXT_MAX) {
		SAY("'%s' is too long; write %d bytes at most", k->path, CONFIG_TEXT_MAX - 1);
		return -1;
	}
	if ((k->kind == CONFIG_ADDRESS && family(text, bytes) < 0) ||
	    (k->kind == CONFIG_PATH && n && (*text != '/' || text[strcspn(text, " ?#")])))
		return wrong(k, text, why);
	memset(field, 0, CONFIG_TEXT_MAX);
	memcpy(field, text, n);
	return 0;
}

static int set_choice(struct config *c, const struct config_key *k, const char *text,
		      const struct app *const *all, char *why)
{
	char room[HELP_MAX];
	const char *said = help(k, all, room), *list = k->kind == CONFIG_SWITCH ? no_yes : said, *w;
	size_t n;
	uint32_t i;

	for (i = 0; (w = word(list, i, &n)) != NULL; i++) {
		if (n == strlen(text) && !memcmp(w, text, n)) {
			*number(c, k) = k->kind == CONFIG_SWITCH ? i & 1 : i;
			return 0;
		}
	}
	SAY("'%s' takes %.*s, not '%.100s'; write one of them", k->path, (int)strcspn(said, ":"),
	    said, text);
	return -1;
}

static int set_number(struct config *c, const struct config_key *k, const char *text, char *why)
{
	const struct unit *u = units(k);
	const char *s = text;
	uint64_t value = 0;
	char min[16], max[16];

	for (; *s >= '0' && *s <= '9'; s++)
		value = value > UINT32_MAX ? value : value * 10 + (uint64_t)(*s - '0');
	while (u->factor && strcmp(u->name, s))
		u++;
	if (s == text || !u->factor || (*text == '0' && s > text + 1))
		return wrong(k, text, why);
	/* The cap keeps the product below 2^63. */
	value = (value > UINT32_MAX ? (uint64_t)UINT32_MAX + 1 : value) * u->factor;
	if ((value < k->min || value > k->max) && (value || k->kind != CONFIG_TIME_OR_0)) {
		format(min, units(k), k->min);
		format(max, units(k), k->max);
		SAY("'%s' must be %s to %s%s (got %.100s)", k->path, min, max,
		    k->kind == CONFIG_TIME_OR_0 ? ", or 0" : "", text);
		return -1;
	}
	*number(c, k) = (uint32_t)value;
	return 0;
}

int config_set(struct config *c, const struct config_key *k, const char *text,
	       const struct app *const *all, char why[CONFIG_WHY_MAX])
{
	if (k->kind >= CONFIG_ADDRESS)
		return set_text(c, k, text, why);
	if (k->kind >= CONFIG_COUNT)
		return set_number(c, k, text, why);
	return set_choice(c, k, text, all, why);
}

void config_defaults(struct config *c, const struct app *const *all)
{
	const struct config_key *k;
	char why[CONFIG_WHY_MAX];
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; (k = config_key(all, i)) != NULL; i++)
		if (*k->value)
			config_set(c, k, k->value, all, why);
}

int config_clash(const struct config *c)
{
	static const uint8_t all[16];
	uint8_t x[16], y[16];
	int f = family(c->server_address, x), g = family(c->metrics_address, y);

	if (!c->metrics_enabled || !c->server_port || c->metrics_port != c->server_port)
		return 0;
	if (f == AF_UNIX || g == AF_UNIX)
		return !strcmp(c->server_address, c->metrics_address);
	if (f != g && f != AF_UNSPEC && g != AF_UNSPEC)
		return 0;
	return !memcmp(x, y, 16) || !memcmp(x, all, 16) || !memcmp(y, all, 16);
}

/* In quotes, so that no reader of YAML takes it for something else than a text. */
static void format_text(char *out, const char *text)
{
	for (*out++ = '"'; *text; *out++ = *text++)
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
	memcpy(out, "\"", 2);
}

void config_print(const struct config *c, const struct app *const *all, FILE *out, int with_help)
{
	char value[2 * CONFIG_TEXT_MAX + 3], room[HELP_MAX];
	const struct config_key *k;
	size_t i, n;

	if (with_help)
		fputs(head, out);
	for (i = 0; (k = config_key(all, i)) != NULL; i++) {
		const char *said = help(k, all, room), *name = k->path, *dot, *w;
		int column = 0;

		for (; (dot = strchr(name, '.')) != NULL; name = dot + 1)
			column += 2;
		value[0] = 0;
		if (k->kind >= CONFIG_ADDRESS) {
			format_text(value, (const char *)c + k->offset);
		} else if (k->kind >= CONFIG_COUNT) {
			format(value, units(k), *number(c, k));
		} else if (k->kind != CONFIG_SECTION) {
			w = word(k->kind == CONFIG_SWITCH ? no_yes : said, *number(c, k), &n);
			snprintf(value, sizeof(value), "%.*s", (int)n, w);
		} else if (with_help && !column) {
			fputs("\n", out);
		}
		column = fprintf(out, "%*s%s:%s%s", column, "", name, *value ? " " : "", value);
		if (with_help)
			fprintf(out, "%*s # %s", column < HELP_COLUMN ? HELP_COLUMN - column : 0,
				"", said);
		fputs("\n", out);
	}
}
