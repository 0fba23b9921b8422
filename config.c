/* config.c: ONE table of keys types, checks, prints and documents the config. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wsrelay.h"

enum { HELP_COLUMN = 34, HOUR = 3600000, DAY = 24 * HOUR };
enum { KIB = 1 << 10, MIB = 1 << 20, GIB = 1 << 30 };

/* The kinds of values, by their order: words, numbers, texts. */
enum {
	SWITCH = CONFIG_SECTION + 1, SLOW, LEVEL, FORMAT, TARGET, APP,
	COUNT, SIZE, TIME, TIME_OR_0,
	ADDRESS, PATH, NAME
};

static const char *const no_yes[] = { "false", "true", "no", "yes", "off", "on", NULL };
static const char *const slow[] = { "disconnect", "drop", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const targets[] = { "stderr", "syslog", NULL };

/* The largest first: a value is printed in the first one that divides it. */
static const struct unit {
	const char *name;
	uint32_t factor;
} counts[] = { { "", 1 }, { NULL, 0 } },
  sizes[] = { { "GiB", GIB }, { "MiB", MIB }, { "KiB", KIB }, { "", 1 }, { NULL, 0 } },
  times[] = {
	{ "h", HOUR }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { "", 1000 }, { NULL, 0 }
};

#define SAY(...) snprintf(why, CONFIG_WHY_MAX, __VA_ARGS__)
#define AT(field) offsetof(struct config, field)
#define TEXT(field) AT(field), 0, sizeof(((struct config *)0)->field)

const struct config_key config_keys[] = {
	{ "app", APP, AT(app), 0, 0, "", "what clients are to each other" },
	{ "server", CONFIG_SECTION, 0, 0, 0, "", "where clients come in" },
	{ "server.address", ADDRESS, TEXT(server_address), "",
	  "\"\": all; or 127.0.0.1, \"::1\", unix:/run/ws.sock" },
	{ "server.port", COUNT, AT(server_port), 0, 65535, "8080",
	  "0: a free one, named in the log" },
	{ "server.path", PATH, TEXT(server_path), "", "the only one served; \"\": any" },
	{ "server.tls", CONFIG_SECTION, 0, 0, 0, "", "wss:// instead of ws://" },
	{ "server.tls.enabled", SWITCH, AT(server_tls_enabled), 0, 1, "false",
	  "true or false" },
	{ "server.tls.cert_file", NAME, TEXT(server_tls_cert_file), "cert.pem",
	  "the certificate and its chain" },
	{ "server.tls.key_file", NAME, TEXT(server_tls_key_file), "key.pem",
	  "the private key" },
	{ "server.max_connections", COUNT, AT(server_max_connections), 1, 100000, "1024",
	  "clients at a time" },
	{ "server.max_message_size", SIZE, AT(server_max_message_size), 125, 16 * MIB, "64KiB",
	  "a longer message closes its connection" },
	{ "server.handshake_timeout", TIME, AT(server_handshake_timeout), 100, DAY, "10s",
	  "for the whole opening handshake" },
	{ "server.ping_interval", TIME_OR_0, AT(server_ping_interval), 100, DAY, "30s",
	  "between pings to every client; 0: no pings" },
	{ "server.pong_timeout", TIME, AT(server_pong_timeout), 100, DAY, "60s",
	  "who answers no ping for longer is closed" },
	{ "server.write_timeout", TIME, AT(server_write_timeout), 100, DAY, "10s",
	  "who takes no output for longer is closed" },
	{ "server.shutdown_timeout", TIME, AT(server_shutdown_timeout), 0, DAY, "10s",
	  "for the last messages at the end" },
	{ "relay", CONFIG_SECTION, 0, 0, 0, "", "how messages are passed on" },
	{ "relay.slow_client", SLOW, AT(relay_slow_client), 0, 0, "disconnect",
	  "who falls behind by a ring" },
	{ "memory", CONFIG_SECTION, 0, 0, 0, "", "never more, whatever clients do" },
	{ "memory.input", SIZE, AT(memory_input), 4 * KIB, 16 * MIB, "256KiB",
	  "the one input buffer" },
	{ "memory.ring", SIZE, AT(memory_ring), 4 * KIB, GIB, "1MiB",
	  "messages to all; over 3 x max_message_size" },
	{ "memory.budget", SIZE, AT(memory_budget), 4 * KIB, GIB, "4MiB",
	  "the rest, for all; 4 x max_message_size or more" },
	{ "metrics", CONFIG_SECTION, 0, 0, 0, "", "figures for Prometheus" },
	{ "metrics.enabled", SWITCH, AT(metrics_enabled), 0, 1, "false", "true or false" },
	{ "metrics.address", ADDRESS, TEXT(metrics_address), "127.0.0.1",
	  "as server.address" },
	{ "metrics.port", COUNT, AT(metrics_port), 0, 65535, "9090", "as server.port" },
	{ "log", CONFIG_SECTION, 0, 0, 0, "", "one line an event" },
	{ "log.level", LEVEL, AT(log_level), 0, 0, "info", "" },
	{ "log.format", FORMAT, AT(log_format), 0, 0, "text", "" },
	{ "log.target", TARGET, AT(log_target), 0, 0, "stderr", "" },
	{ "", 0, 0, 0, 0, "", "" }
};

static const char head[] =
	"# wsrelay.yaml: all keys of wsrelay, with their defaults.\n"
	"#\n"
	"# Keep only what you change: a key that is left out has its default. Indent with spaces.\n"
	"# Put a text with special characters in quotes: \"::1\".\n"
	"# Sizes: 64KiB, 1MiB, 1GiB, or bytes. Times: 500ms, 10s, 5m, 1h, or seconds.\n"
	"# An environment variable overrides its key: WSRELAY_SERVER_PORT=9000 for server.port.\n"
	"# Test a file with: wsrelay -t -c FILE\n\n";

static const struct unit *units(const struct config_key *k)
{
	return k->kind == COUNT ? counts : k->kind == SIZE ? sizes : times;
}

/* The words that a key takes, or NULL. */
static const char *const *words(const struct config_key *k, const char *const *app_names)
{
	static const char *const *const lists[] = { no_yes, slow, levels, formats, targets };

	if (k->kind == APP)
		return app_names;
	return k->kind >= SWITCH && k->kind < APP ? lists[k->kind - SWITCH] : NULL;
}

static uint32_t *number(const struct config *c, const struct config_key *k)
{
	return (uint32_t *)(void *)((char *)(uintptr_t)c + k->offset);
}

static void join(char *out, size_t room, const char *const *choices)
{
	size_t n = 0;

	for (out[0] = 0; *choices && n < room; choices++)
		n += (size_t)snprintf(out + n, room - n, n ? " | %s" : "%s", *choices);
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

/* Whether two addresses could want the same port. */
static int overlap(const char *a, const char *b)
{
	static const uint8_t all[16];
	uint8_t x[16], y[16];
	int f = family(a, x), g = family(b, y);

	if (f == AF_UNIX || g == AF_UNIX)
		return !strcmp(a, b);
	if (f == AF_UNSPEC || g == AF_UNSPEC)
		return 1;
	return f == g && (!memcmp(x, y, 16) || !memcmp(x, all, 16) || !memcmp(y, all, 16));
}

static int set_text(struct config *c, const struct config_key *k, const char *text, char *why)
{
	char *field = (char *)c + k->offset;
	size_t n = strlen(text);
	const char *error = "";
	uint8_t bytes[16];

	if (yaml_check(text, n, &error) < n || strchr(text, '\t'))
		SAY("'%s' holds a wrong character: %s", k->path,
		    strchr(text, '\t') ? "tab; remove it" : error);
	else if (k->kind == ADDRESS && family(text, bytes) < 0)
		SAY("'%s' takes an address, not '%.100s'; write \"\" for all, 127.0.0.1, \"::1\" "
		    "(no brackets) or unix:/path (a short one)", k->path, text);
	else if (n >= k->max)
		SAY("'%s' is too long; write %u bytes at most", k->path, (unsigned)k->max - 1);
	else if (k->kind == PATH && n && (*text != '/' || strpbrk(text, " ?#")))
		SAY("'%s' takes a path, not '%.100s'; write \"\" for any, or one that starts with "
		    "/ and has no space, ? or #", k->path, text);
	else {
		memset(field, 0, k->max);
		memcpy(field, text, n);
		return 0;
	}
	return -1;
}

static int set_choice(struct config *c, const struct config_key *k, const char *text,
		      const char *const *app_names, char *why)
{
	const char *const *choices = words(k, app_names);
	char all[128];
	uint32_t i;

	for (i = 0; choices[i]; i++) {
		if (!strcmp(choices[i], text)) {
			*number(c, k) = k->kind == SWITCH ? i & 1 : i;
			return 0;
		}
	}
	join(all, sizeof(all), choices);
	SAY("'%s' takes %s, not '%.100s'; write one of them", k->path,
	    k->kind == SWITCH ? "true or false" : all, text);
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
	while (u->name && strcmp(u->name, s))
		u++;
	if (s == text || !u->name || (*text == '0' && s > text + 1)) {
		SAY(k->kind == COUNT ?
		    "'%s' takes a whole number, not '%.100s'; write digits only, no 0 in front" :
		    k->kind == SIZE ?
		    "'%s' takes a size, not '%.100s'; write 64KiB, 1MiB, 1GiB or bytes" :
		    "'%s' takes a time, not '%.100s'; write 500ms, 10s, 5m, 1h or seconds",
		    k->path, text);
		return -1;
	}
	/* The cap keeps the product below 2^63. */
	value = (value > UINT32_MAX ? (uint64_t)UINT32_MAX + 1 : value) * u->factor;
	if ((value < k->min || value > k->max) && (value || k->kind != TIME_OR_0)) {
		format(min, units(k), k->min);
		format(max, units(k), k->max);
		SAY("'%s' must be %s to %s%s (got %.100s)", k->path, min, max,
		    k->kind == TIME_OR_0 ? ", or 0" : "", text);
		return -1;
	}
	*number(c, k) = (uint32_t)value;
	return 0;
}

int config_set(struct config *c, const struct config_key *k, const char *text,
	       const char *const *app_names, char why[CONFIG_WHY_MAX])
{
	if (k->kind >= ADDRESS)
		return set_text(c, k, text, why);
	if (k->kind >= COUNT)
		return set_number(c, k, text, why);
	return set_choice(c, k, text, app_names, why);
}

void config_defaults(struct config *c, const char *const *app_names)
{
	const struct config_key *k;
	char why[CONFIG_WHY_MAX];

	memset(c, 0, sizeof(*c));
	for (k = config_keys; *k->path; k++)
		if (*k->value)
			config_set(c, k, k->value, app_names, why);
}

const char *config_check(const struct config *c, int rule, char why[CONFIG_WHY_MAX])
{
	uint32_t size = c->server_max_message_size;

	if (rule == 0 && c->memory_ring < 3 * (size + 14)) {
		SAY("'memory.ring' must be at least 3 x (server.max_message_size + 14); "
		    "write %u or more", (unsigned)(3 * (size + 14)));
		return "memory.ring";
	}
	if (rule == 1 && c->memory_budget < 4 * size) {
		SAY("'memory.budget' must be at least 4 x server.max_message_size; "
		    "write %u or more", (unsigned)(4 * size));
		return "memory.budget";
	}
	if (rule == 2 && c->metrics_enabled && c->server_port &&
	    c->metrics_port == c->server_port && overlap(c->server_address, c->metrics_address)) {
		SAY("'metrics.port' and 'server.port' are both %u; write another one here",
		    (unsigned)c->server_port);
		return "metrics.port";
	}
	return rule > 2 ? "" : NULL;
}

/* Quotes all that another reader of YAML could take for something else than a text. */
static void format_text(char *out, const char *text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz0123456789_-./";
	const char *quote = *text != '-' && *text != '.' && strpbrk(text, "./") &&
			    !text[strspn(text, safe)] ? "" : "\"";

	*out = *quote;
	out += *quote != 0;
	for (; *text; *out++ = *text++)
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
	*out++ = *quote;
	*out = 0;
}

void config_print(const struct config *c, const char *const *app_names, FILE *out, int with_help)
{
	char value[2 * sizeof(c->server_path) + 3], help[160];
	const struct config_key *k;
	struct config defaults;

	config_defaults(&defaults, app_names);
	if (with_help)
		fputs(head, out);
	for (k = config_keys; *k->path; k++) {
		const char *const *choices = words(k, app_names);
		const char *name = strrchr(k->path, '.'), *dot;
		int column = 0;

		for (dot = k->path; (dot = strchr(dot, '.')) != NULL; dot++)
			column += 2;
		value[0] = help[0] = 0;
		if (choices && choices != no_yes)
			join(help, sizeof(help), choices);
		if (k->kind >= ADDRESS)
			format_text(value, (const char *)c + k->offset);
		else if (choices)
			snprintf(value, sizeof(value), "%s", choices[*number(c, k)]);
		else if (*number(c, k) == *number(&defaults, k))
			snprintf(value, sizeof(value), "%s", k->value);
		else if (k->kind != CONFIG_SECTION)
			format(value, units(k), *number(c, k));
		if (with_help && k->kind == CONFIG_SECTION && !column)
			putc('\n', out);
		column = fprintf(out, "%*s%s:%s%s", column, "", name ? name + 1 : k->path,
				 *value ? " " : "", value);
		column = column < HELP_COLUMN ? HELP_COLUMN - column : 1;
		if (with_help)
			fprintf(out, "%*s # %s%s%s", column, "", help,
				*help && *k->help ? ": " : "", k->help);
		putc('\n', out);
	}
}
