/* wsrelay.c: options, start-up in its order, signals, run, stop. */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { APPS_MAX = 16, SIGNALS_A_READ = 64 };

struct options {
	const char *config_file, *pid_file;
	int test;               /* 1: check the config, 2: print it too */
	int print_defaults, version, help;
};

static const struct option {
	char letter;            /* 0: -tt */
	char name[16], value[6], help[66];
} options_table[] = {
	{ 'c', "config-file", "FILE", "read this config (default: ./wsrelay.yaml if there is one)" },
	{ 't', "test", "", "check the config, print the memory it means, exit" },
	{ 0, "print-config", "", "check the config, print what is in force, exit" },
	{ 'd', "print-defaults", "", "print a commented config of all defaults, exit" },
	{ 'p', "pid-file", "FILE", "write the process id to FILE, remove it at the end" },
	{ 'V', "version", "", "print the version, exit" },
	{ 'h', "help", "", "print this, exit" },
};

static struct hub hub;
static struct watch signal_watch;
static int signal_pipe[2] = { -1, -1 };
static int stop_now;    /* a second SIGTERM or SIGINT came */

/* ---- options */

static void usage(FILE *out)
{
	size_t i;

	fprintf(out, "usage: wsrelay [options]\n"
	             "Relays every WebSocket message that a client sends to all clients.\n\n");
	for (i = 0; i < sizeof options_table / sizeof *options_table; i++) {
		const struct option *o = &options_table[i];

		fprintf(out, "  -%c%s --%-14s %-4s %s\n", o->letter ? o->letter : 't',
		        o->letter ? ", " : "t,", o->name, o->value, o->help);
	}
	fprintf(out, "\nIt stays in the foreground. SIGTERM: close all clients and stop; SIGUSR1: a line "
	             "of\nstatistics in the log. Start with: wsrelay -d > wsrelay.yaml\n");
}

static void options_set(struct options *o, char letter, const char *value)
{
	switch (letter) {
	case 'c': o->config_file = value; break;
	case 't': o->test++; break;
	case 0: o->test = 2; break;
	case 'd': o->print_defaults = 1; break;
	case 'p': o->pid_file = value; break;
	case 'V': o->version = 1; break;
	default: o->help = 1; break;
	}
}

/* Finds an option by its letter, or by its name, which ends at n characters. */
static const struct option *options_find(char letter, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < sizeof options_table / sizeof *options_table; i++) {
		const struct option *o = &options_table[i];

		if (name ? strlen(o->name) == n && !memcmp(o->name, name, n) : o->letter == letter)
			return o;
	}
	return NULL;
}

/* One argument, *next the one behind it, which becomes NULL when it was used as a value. Returns 0,
 * or -1 after it has said what is wrong. */
static int options_argument(struct options *to, const char *arg, const char **next)
{
	int is_long = arg[0] == '-' && arg[1] == '-' && arg[2];
	const char *at = arg + 1, *equals = is_long ? strchr(arg, '=') : NULL;
	size_t n = is_long ? (equals ? (size_t)(equals - arg) : strlen(arg)) - 2 : 0;

	if (arg[0] != '-' || !arg[1]) {
		fprintf(stderr, "wsrelay: unexpected argument '%s'; a config file is given by -c\n", arg);
		return -1;
	}
	do {
		const struct option *o = options_find(*at, is_long ? arg + 2 : NULL, n);
		const char *value = equals ? equals + 1 : !is_long && at[1] ? at + 1 : *next;

		if (!o || (equals && !*o->value)) {
			fprintf(stderr, "wsrelay: unknown option '%s'; wsrelay -h lists them\n", arg);
			return -1;
		}
		if (*o->value && !value) {
			fprintf(stderr, "wsrelay: option '%s' needs a %s\n", arg, o->value);
			return -1;
		}
		options_set(to, o->letter, value);
		if (*o->value) {
			if (value == *next)
				*next = NULL;
			return 0;
		}
	} while (!is_long && *++at);
	return 0;
}

static int options_read(struct options *o, int argc, char **argv)
{
	int i;

	memset(o, 0, sizeof *o);
	for (i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		const char *before = next;

		if (options_argument(o, argv[i], &next))
			return -1;
		if (next != before)
			i++;
	}
	return 0;
}

/* ---- signals: a handler only writes to a pipe that the loop watches */

static void signal_handler(int number)
{
	int saved = errno;
	unsigned char byte = (unsigned char)number;

	(void)!write(signal_pipe[1], &byte, 1);
	errno = saved;
}

static void log_statistics(void)
{
	const struct stats *s = &hub.stats;

	hub_gauges(&hub);
	log_line(LOG_LEVEL_INFO,
	         "Statistics: clients %" PRIu64 ", connections %" PRIu64 ", messages %" PRIu64
	         ", deliveries %" PRIu64 ", dropped %" PRIu64 ", ring %" PRIu64 "/%" PRIu64
	         ", budget %" PRIu64 "/%" PRIu64,
	         s->connected, s->connections, s->messages, s->deliveries, s->dropped, s->ring_used,
	         s->ring_size, s->budget_used, s->budget_size);
}

static void signal_ready(struct watch *w, int events)
{
	unsigned char numbers[SIGNALS_A_READ];
	ssize_t i, n = read(w->fd, numbers, sizeof numbers);

	(void)events;
	for (i = 0; i < n; i++) {
		if (numbers[i] == SIGUSR1) {
			log_statistics();
		} else if (numbers[i] == SIGHUP) {
			log_line(LOG_LEVEL_INFO, "SIGHUP: nothing can be reloaded; restart to apply changes");
		} else if (hub.drain_until) {
			stop_now = 1;
		} else {
			net_close(&hub);
			log_line(LOG_LEVEL_INFO, "Stopping: closing %" PRIu64 " clients",
			         hub.stats.connected);
			hub_drain(&hub);
		}
	}
}

/* Returns 0 or a sysexits code. */
static int signals_start(void)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	static const int ignored[] = { SIGPIPE, SIGUSR2, SIGALRM };
	struct sigaction act;
	size_t i;

	if (pipe(signal_pipe) || os_nonblocking(signal_pipe[0]) || os_nonblocking(signal_pipe[1])) {
		log_line(LOG_LEVEL_ERROR, "cannot make a pipe: %s", strerror(errno));
		return EX_OSERR;
	}
	memset(&act, 0, sizeof act);
	sigemptyset(&act.sa_mask);
	act.sa_handler = SIG_IGN;
	for (i = 0; i < sizeof ignored / sizeof *ignored; i++)
		sigaction(ignored[i], &act, NULL);
	act.sa_handler = signal_handler;
	for (i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaction(caught[i], &act, NULL);
	signal_watch.fd = signal_pipe[0];
	signal_watch.ready = signal_ready;
	loop_add(&signal_watch, LOOP_IN);
	return 0;
}

/* ---- start-up */

static void accepted(void *arg, int fd, const struct peer *peer)
{
	conn_open(arg, fd, peer);
}

static int pid_write(const char *file)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, (size_t)n) != n) {
		log_line(LOG_LEVEL_ERROR, "cannot write the pid file %s: %s", file, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EX_CANTCREAT;
	}
	close(fd);
	return 0;
}

/* As many descriptors as the config can use; fewer are a warning, since most never come. */
static int limit_files(const struct config *config)
{
	size_t want = hub_watches(config) + HUB_OTHER_WATCHES, have;

	if (config->server_max_connections > loop_limit()) {
		log_line(LOG_LEVEL_ERROR, "server.max_connections must be at most %zu in a build with %s()",
		         loop_limit(), loop_kind);
		return EX_CONFIG;
	}
	have = os_limit_files(want, loop_limit());
	if (have < config->server_max_connections + HUB_OTHER_WATCHES)
		log_line(LOG_LEVEL_WARN, "only %zu files may be open: fewer clients than "
		         "server.max_connections; raise the limit (ulimit -n)", have);
	return 0;
}

/* All that can fail, in its order. Returns 0 or a sysexits code. */
static int start(const struct config *config, const struct options *o)
{
	int code;

	if ((code = tls_start(config)) || (code = limit_files(config)))
		return code;
	if (hub_start(&hub, config, apps[config->app])) {
		log_line(LOG_LEVEL_ERROR, "out of memory: %" PRIu64 " bytes are needed (wsrelay -t lists them)",
		         hub_memory(config, NULL));
		return EX_OSERR;
	}
	if ((code = signals_start()) ||
	    (code = net_listen(apps[config->app]->name, config->server_address, config->server_port,
	                       accepted, &hub)) ||
	    (code = metrics_start(&hub)) ||
	    (o->pid_file && (code = pid_write(o->pid_file))))
		return code;
	log_line(LOG_LEVEL_INFO, "wsrelay %s: app %s, at most %u clients and %" PRIu64 " KiB of memory",
	         WSRELAY_VERSION, apps[config->app]->name, (unsigned)config->server_max_connections,
	         (hub_memory(config, NULL) + 1023) / 1024);
	return 0;
}

static int run(const struct config *config, const struct options *o)
{
	int code = start(config, o);

	while (!code && !stop_now && !hub_drained(&hub))
		hub_turn(&hub);
	metrics_stop();
	net_close(&hub);
	hub_stop(&hub);
	if (!code && o->pid_file)
		unlink(o->pid_file);
	if (!code)
		log_line(LOG_LEVEL_INFO, "Stopped");
	return code;
}

/* The calls that only print. */
static int print(const struct options *o, struct config *config, const char *const *names)
{
	size_t i;

	if (o->help) {
		usage(stdout);
	} else if (o->version) {
		printf("%s\nwsrelay with %s(), TLS: %s, apps:", WSRELAY_VERSION, loop_kind, tls_kind);
		for (i = 0; names[i]; i++)
			printf(" %s", names[i]);
		printf("\n");
	} else if (o->print_defaults) {
		config_defaults(config, names);
		config_print(config, names, stdout, 1);
	} else if (o->test > 1) {
		config_print(config, names, stdout, 0);
	} else {
		printf("%s: ok; the memory it will ever use:\n",
		       o->config_file ? o->config_file : "defaults");
		hub_memory(config, stdout);
	}
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "wsrelay: cannot write: %s\n", strerror(errno));
		return EX_IOERR;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct config config;
	const char *names[APPS_MAX + 1] = { NULL };
	struct options o;
	size_t i;

	for (i = 0; i < APPS_MAX && apps[i]; i++)
		names[i] = apps[i]->name;
	if (os_standard_files())
		return EX_OSERR;
	if (options_read(&o, argc, argv))
		return EX_USAGE;
	if (o.help || o.version || o.print_defaults)
		return print(&o, &config, names);
	if (!o.config_file && access("wsrelay.yaml", F_OK) == 0)
		o.config_file = "wsrelay.yaml";
	if (config_load(&config, o.config_file, names, stderr))
		return EX_CONFIG;
	log_start(&config);
	if (!o.test)
		return run(&config, &o);
	return tls_start(&config) ? EX_CONFIG : print(&o, &config, names);
}
