/* wsrelay.c: options, start-up in its order, signals, run, stop. */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { SIGNALS_A_READ = 64 };

struct options {
	const char *config_file, *pid_file;
	int test;               /* 1: check the config, 2: print it too */
	int print_defaults, version, help;
};

static const struct option {
	char letters[4], name[16], value[5], help[59];
} options_table[] = {
	{ "-c", "config-file", "FILE", "read this config (default: ./wsrelay.yaml if there is one)" },
	{ "-t", "test", "", "check the config, print the memory it means, exit" },
	{ "-tt", "print-config", "", "check the config, print what is in force, exit" },
	{ "-d", "print-defaults", "", "print a commented config of all defaults, exit" },
	{ "-p", "pid-file", "FILE", "write the process id to FILE, remove it at the end" },
	{ "-V", "version", "", "print the version, exit" },
	{ "-h", "help", "", "print this, exit" },
};

enum { OPTIONS = sizeof options_table / sizeof *options_table };

static struct hub hub;
static struct watch signal_watch;
static int signal_pipe[2] = { -1, -1 };
static int stop_now;    /* a second SIGTERM or SIGINT came */

/* ---- options */

static void usage(void)
{
	size_t i;

	printf("usage: wsrelay [options]\n"
	       "Relays every WebSocket message that a client sends to all clients.\n\n");
	for (i = 0; i < OPTIONS; i++)
		printf(" %3s, --%-14s %-4s %s\n", options_table[i].letters, options_table[i].name,
		       options_table[i].value, options_table[i].help);
	printf("\nIt stays in the foreground. SIGTERM: close all clients and stop; SIGUSR1: a line "
	       "of\nstatistics in the log. Start with: wsrelay -d > wsrelay.yaml\n");
}

/* Makes a long option the short one that getopt() knows, in its own bytes, which are more.
 * Returns 0, or -1 when there is no such option. */
static int options_shorten(char **arg)
{
	char *name = *arg + 2, *equals = strchr(name, '=');
	size_t i, n = equals ? (size_t)(equals - name) : strlen(name);

	for (i = 0; i < OPTIONS; i++) {
		const struct option *o = &options_table[i];

		if (strlen(o->name) != n || memcmp(o->name, name, n))
			continue;
		if (equals && (!*o->value || !equals[1]))
			return -1;
		/* "--config-file=FILE" ends as "-cFILE". */
		*arg = equals ? equals - 1 : *arg;
		memcpy(*arg, o->letters, equals ? 2 : sizeof o->letters);
		return 0;
	}
	return -1;
}

/* Returns 0, or -1 after it has said what is wrong. */
static int options_read(struct options *o, int argc, char **argv)
{
	memset(o, 0, sizeof *o);
	opterr = 0;
	while (optind < argc) {
		const char *arg = argv[optind];
		int is_option = arg[0] == '-' && arg[1];
		int is_known = is_option && (arg[1] != '-' || !options_shorten(&argv[optind]));

		switch (is_known ? getopt(argc, argv, ":c:tdp:Vh") : '?') {
		case 'c': o->config_file = optarg; break;
		case 't': o->test++; break;
		case 'd': o->print_defaults = 1; break;
		case 'p': o->pid_file = optarg; break;
		case 'V': o->version = 1; break;
		case 'h': o->help = 1; break;
		case ':':
			fprintf(stderr, "wsrelay: option '-%c' needs a FILE\n", optopt);
			return -1;
		default:
			fprintf(stderr, is_option ?
			        "wsrelay: unknown option '%s'; wsrelay -h lists them\n" :
			        "wsrelay: unexpected argument '%s'; a config file is given by -c\n", arg);
			return -1;
		}
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
			tls_reload();
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
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
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

	if ((code = tls_start(config, hub_watches(config))) || (code = limit_files(config)))
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
	log_line(LOG_LEVEL_INFO, "wsrelay " WSRELAY_VERSION ": app %s, at most %u clients and %" PRIu64
	         " KiB of memory", apps[config->app]->name, (unsigned)config->server_max_connections,
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
	tls_stop();
	if (!code && o->pid_file)
		unlink(o->pid_file);
	if (!code)
		log_line(LOG_LEVEL_INFO, "Stopped");
	return code;
}

/* The calls that only print. */
static int print(const struct options *o, struct config *config)
{
	size_t i;

	if (o->help) {
		usage();
	} else if (o->version) {
		printf(WSRELAY_VERSION "\nwsrelay with %s, TLS: %s, apps:", loop_kind, tls_kind);
		for (i = 0; apps[i]; i++)
			printf(apps[i + 1] ? " %s" : " %s\n", apps[i]->name);
	} else if (o->print_defaults || o->test > 1) {
		if (o->print_defaults)
			config_defaults(config, apps);
		config_print(config, apps, stdout, o->print_defaults);
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
	struct options o;

	if (os_standard_files()) {
		fprintf(stderr, "wsrelay: cannot open /dev/null: %s\n", strerror(errno));
		return EX_OSERR;
	}
	if (options_read(&o, argc, argv))
		return EX_USAGE;
	if (o.help || o.version || o.print_defaults)
		return print(&o, &config);
	if (!o.config_file && access("wsrelay.yaml", F_OK) == 0)
		o.config_file = "wsrelay.yaml";
	if (config_load(&config, o.config_file, apps, stderr))
		return EX_CONFIG;
	log_start(&config);
	if (!o.test)
		return run(&config, &o);
	return tls_start(&config, 1) ? EX_CONFIG : print(&o, &config);
}
