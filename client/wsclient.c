/* wsclient.c: start-up in its order, signals, one connection after the other, the end. */
#include "client/client.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { WATCHES = 16, WAIT_MS = 60000, SIGNALS_A_READ = 64, DOUBLINGS_MAX = 20,
       ONCE_CLOSE_MS = 250 };        /* a probe that said its line does not wait for long */

static struct client client;
static struct watch signal_watch;
static int signal_pipe[2] = { -1, -1 };

static int sooner(uint64_t at, uint64_t now, int most)
{
	return at <= now ? 0 : at - now < (uint64_t)most ? (int)(at - now) : most;
}

/* ---- the end */

/* Closes what is open, with a close code; the exit status is `code`. */
static void stop(struct client *c, int code, int close_code)
{
	if (c->stopping)
		return;
	c->stopping = 1;
	c->code = code;
	c->stop_until = loop_now() + (c->options->once ? ONCE_CLOSE_MS : CLOSE_MS);
	dial_stop(&c->dial);
	session_close(&c->session, close_code);
}

static int stopped(const struct client *c)
{
	if (!c->stopping)
		return 0;
	return loop_now() >= c->stop_until ||
	       (c->session.state == SESSION_NONE && (print_done(&c->print) || c->print.failed));
}

/* ---- signals: a handler only writes to a pipe that the loop watches */

static void signal_handler(int number)
{
	int saved = errno;
	unsigned char byte = (unsigned char)number;

	(void)!write(signal_pipe[1], &byte, 1);
	errno = saved;
}

static void signal_ready(struct watch *w, int events)
{
	unsigned char numbers[SIGNALS_A_READ];
	ssize_t i, n = read(w->fd, numbers, sizeof numbers);

	(void)events;
	for (i = 0; i < n; i++) {
		if (numbers[i] == SIGUSR1) {
			report_status(&client);
		} else if (client.stopping) {
			client.stop_until = 0;
		} else {
			log_line(LOG_LEVEL_INFO, "Stopping");
			stop(&client, client.options->once ? EXIT_FAILED : EXIT_OK,
			     CLOSE_GOING_AWAY);
		}
	}
}

/* Returns 0 or -1. */
static int signals_start(void)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };
	/* SIGTTIN: in the background of a terminal, reading it fails instead. */
	static const int ignored[] = { SIGPIPE, SIGUSR2, SIGALRM, SIGTTIN };
	struct sigaction act, was;
	size_t i;

	if (pipe(signal_pipe) || os_nonblocking(signal_pipe[0]) || os_nonblocking(signal_pipe[1])) {
		log_line(LOG_LEVEL_ERROR, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	memset(&act, 0, sizeof act);
	sigemptyset(&act.sa_mask);
	act.sa_handler = SIG_IGN;
	for (i = 0; i < sizeof ignored / sizeof *ignored; i++)
		sigaction(ignored[i], &act, NULL);
	act.sa_handler = signal_handler;
	for (i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaction(caught[i], &act, &was);
	/* The last is SIGHUP: what nohup has set to be ignored stays so. */
	if (was.sa_handler == SIG_IGN)
		sigaction(SIGHUP, &was, NULL);
	signal_watch.fd = signal_pipe[0];
	signal_watch.ready = signal_ready;
	loop_add(&signal_watch, LOOP_IN);
	return 0;
}

/* ---- one connection after the other */

/* Half of it is chance, so that many clients of one server do not come back at once. */
static uint64_t delay(const struct client *c)
{
	const struct options *o = c->options;
	unsigned doublings = c->failures < DOUBLINGS_MAX ? c->failures : DOUBLINGS_MAX;
	uint64_t ms = o->reconnect_delay;
	uint32_t random;

	if (!o->backoff)
		return ms;
	ms <<= doublings;
	ms = ms < o->backoff ? ms : o->backoff;
	random_bytes(&random, sizeof random);
	return ms - random % (ms / 2 + 1);
}

/* There is no connection any more, or there never was. */
static void lost(struct client *c, const char *what, const char *why, int local)
{
	uint64_t ms;

	if (c->stopping)
		return;
	c->counts.failures++;
	if (c->options->once) {
		report_once(c, local ? EXIT_COULD_NOT_TRY : EXIT_FAILED, why);
		stop(c, local ? EXIT_COULD_NOT_TRY : EXIT_FAILED, CLOSE_NORMAL);
		return;
	}
	ms = delay(c);
	c->failures++;
	c->retry_at = loop_now() + ms;
	log_line(LOG_LEVEL_WARN, "%s: %s; next try in %" PRIu64 ".%" PRIu64 " s", what, why,
	         ms / 1000, ms / 100 % 10);
}

static void session_over(struct client *c)
{
	struct session *s = &c->session;
	int done = lines_done(&c->lines) && !c->options->keep;

	if (s->proved)
		c->failures = 0;
	/* All is said and the server has closed in order: it will not say more. */
	done = done && (c->queue.count == 0 ? s->opened > 0 :
	                s->peer_code == CLOSE_NORMAL && c->queue.next == c->queue.head);
	session_stop(s);
	if (!done)
		lost(c, s->opened ? "Connection lost" : "Connection failed", s->why, 0);
	else if (!c->stopping)
		log_line(LOG_LEVEL_INFO, "Connection ended: %s", s->why);
	if (done) {
		c->counts.dropped += c->queue.count;
		stop(c, c->counts.dropped ? EXIT_FAILED : EXIT_OK, CLOSE_NORMAL);
	}
}

/* From no connection towards an open one. Returns the ms to the next deadline, at most `most`. */
static int connect_on(struct client *c, uint64_t now, int most)
{
	struct dial *d = &c->dial;
	uint64_t until = d->until;

	if (c->stopping || c->session.state != SESSION_NONE)
		return most;
	if (d->state == DIAL_IDLE && now >= c->retry_at)
		dial_start(d, &c->options->url, now + c->options->timeout);
	most = dial_tick(d, now, most);
	if (d->state == DIAL_CONNECTED) {
		session_start(&c->session, c, dial_take(d), until);
		return 0;
	}
	if (d->state == DIAL_FAILED) {
		d->state = DIAL_IDLE;
		lost(c, "Cannot connect", d->why, d->local);
	}
	return d->state == DIAL_IDLE ? sooner(c->retry_at, now, most) : most;
}

/* At the end of standard input: waits until all is delivered and the server has been quiet. */
static int input_end(struct client *c, uint64_t now, int most)
{
	uint64_t quiet;

	if (!lines_done(&c->lines) || c->options->keep || c->stopping)
		return most;
	if (!c->input_ended)
		c->input_ended = now;
	if (c->session.state != SESSION_OPEN || c->queue.count || !print_done(&c->print))
		return most;
	quiet = (c->session.active > c->input_ended ? c->session.active : c->input_ended) +
	        c->options->quit_delay;
	if (now >= quiet)
		stop(c, c->counts.dropped ? EXIT_FAILED : EXIT_OK, CLOSE_NORMAL);
	return sooner(quiet, now, most);
}

/* --once: ends with the first pong, or when its time is over. */
static int once(struct client *c, uint64_t now, int most)
{
	uint64_t until = c->started + c->options->timeout;

	if (!c->options->once || c->stopping)
		return most;
	if (c->session.proved) {
		report_once(c, EXIT_OK, "");
		stop(c, EXIT_OK, CLOSE_NORMAL);
	} else if (now >= until) {
		report_once(c, EXIT_FAILED,
		            c->session.opened ? "no pong in time" : "no answer in time");
		stop(c, EXIT_FAILED, CLOSE_NORMAL);
	}
	return sooner(until, now, most);
}

static int status(struct client *c, uint64_t now, int most)
{
	uint32_t interval = c->options->status_interval;

	if (!interval || c->options->once)
		return most;
	if (now >= c->status_at) {
		report_status(c);
		c->status_at = now + interval;
	}
	return sooner(c->status_at, now, most);
}

static void output_failed(struct client *c)
{
	if (!c->print.failed || c->stopping)
		return;
	log_line(LOG_LEVEL_ERROR, "cannot write to standard output: %s", strerror(c->print.failed));
	stop(c, EX_IOERR, CLOSE_GOING_AWAY);
}

/* All that is due. Returns how long to wait for something else. */
static int turn(struct client *c)
{
	uint64_t now = loop_now(), head;
	int most = connect_on(c, now, WAIT_MS), was_stopping = c->stopping, was_busy;

	lines_turn(&c->lines);
	head = c->queue.head;
	most = session_turn(&c->session, now, most);
	/* What was delivered made room. */
	lines_turn(&c->lines);
	if (c->queue.head != head)
		most = 0;
	was_busy = print_busy(&c->print);
	print_flush(&c->print);
	/* The session stopped in front of bytes that came already: no descriptor tells of them. */
	if (was_busy && !print_busy(&c->print))
		most = 0;
	output_failed(c);
	most = once(c, now, most);
	most = input_end(c, now, most);
	if (c->session.state == SESSION_ENDED && !print_busy(&c->print)) {
		session_over(c);
		most = 0;
	}
	most = status(c, now, most);
	scrape_tick(now);
	if (c->stopping)
		most = was_stopping ? sooner(c->stop_until, now, most) : 0;
	return most;
}

/* ---- start-up */

/* All that can fail, in its order. Returns 0 or an exit status, after it has said why. */
static int start(struct client *c)
{
	const struct options *o = c->options;
	const char *why = link_start(o);

	if (!why && random_start())
		why = "cannot open /dev/urandom";
	if (!why && (loop_start(WATCHES) || queue_start(&c->queue, o->buffer) ||
	             lines_start(&c->lines, o, &c->queue, &c->counts)))
		why = "out of memory";
	if (why && o->once)
		report_once(c, EXIT_COULD_NOT_TRY, why);
	else if (why)
		log_line(LOG_LEVEL_ERROR, "%s", why);
	if (why)
		return EXIT_COULD_NOT_TRY;
	print_start(&c->print, o);
	if (signals_start())
		return EXIT_COULD_NOT_TRY;
	return o->metrics ? scrape_start(c, o->metrics) : 0;
}

static int run(struct client *c)
{
	int events, code = start(c);
	struct watch *w;

	if (code)
		return code;
	c->started = c->retry_at = loop_now();
	c->status_at = c->started + c->options->status_interval;
	for (;;) {
		int most = turn(c);

		if (stopped(c))
			break;
		loop_wait(most);
		while ((w = loop_next(&events)))
			w->ready(w, events);
	}
	if (c->queue.count)
		log_line(LOG_LEVEL_WARN, "%" PRIu64 " messages are not known to be delivered",
		         c->queue.count);
	if (!c->options->once)
		report_status(c);
	session_stop(&c->session);
	scrape_stop();
	lines_stop(&c->lines);
	queue_stop(&c->queue);
	return c->code;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct config config;

	if (os_standard_files()) {
		fprintf(stderr, "wsclient: cannot open /dev/null: %s\n", strerror(errno));
		return EXIT_COULD_NOT_TRY;
	}
	if (options_read(&options, argc, argv))
		return EX_USAGE;
	if (options.help || options.version) {
		if (options.help)
			options_usage();
		else
			printf(WSRELAY_VERSION "\nwsclient with %s, TLS: %s\n", loop_kind,
			       link_kind);
		return fflush(stdout) || ferror(stdout) ? EX_IOERR : 0;
	}
	config.log_level = options.once || options.quiet ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
	config.log_format = options.json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT;
	log_start(&config);
	client.options = &options;
	return run(&client);
}
