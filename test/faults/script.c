/* script.c: one life of a server, the same each time, with one fault planted in it.
 *
 * Three clients, ten messages, fragments, pings, closes, a scrape, SIGTERM. Where the fault hits a
 * client, that one may be lost, and what it said last; the others get every other message. */
#include "script.h"

#include <signal.h>
#include <stdarg.h>
#include <sysexits.h>

enum { HANG_MS = 5000, STICKY_MS = 400, CLIENTS = 3, MESSAGES = 10, LARGE = 60000 };

static struct server server;
static struct client clients[CLIENTS];
static int gone[CLIENTS];       /* it was lost */
static int patience;            /* ms that anything may take */
static int doubtful;            /* a message whose sender was lost: some may get it */
static uint8_t bodies[MESSAGES + 1][LARGE];

static const size_t lengths[MESSAGES + 1] = { 0, 5, 125, 126, 3000, 65, LARGE, 1, 700, 40000, 12 };

static void wrong(struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct script *s, const char *format, ...)
{
	size_t n = strlen(s->wrong);
	va_list ap;

	if (n > sizeof s->wrong - 80)
		return;
	va_start(ap, format);
	vsnprintf(s->wrong + n, sizeof s->wrong - n - 2, format, ap);
	va_end(ap);
	strcat(s->wrong, "; ");
}

/* Where a call fails for good, nobody need be served. */
#define late(s, ...) \
	do { \
		if (!(s)->sticky) \
			wrong(s, __VA_ARGS__); \
	} while (0)

static void lose(struct script *s, int i)
{
	if (!gone[i])
		s->lost++;
	gone[i] = 1;
}

/* ---- start */

/* Waits until it listens twice, as the shim tells: its log may be what fails. */
static void start(struct script *s)
{
	static const char config[] = LOCAL METRICS;
	long long until = now_ms() + HANG_MS;
	static char pid_file[160];

	memset(&server, 0, sizeof server);
	plant_prepare(&server, s->call, 0, 0, 0);
	snprintf(pid_file, sizeof pid_file, "%s/pid", server.dir);
	server.option = "-p";
	server.value = pid_file;
	server_spawn(&server, config);
	while (plant_page->ports < 2 && server.log_fd >= 0 && now_ms() < until)
		e2e_wait(-1, 0, now_ms() + 1);
	if (plant_page->ports < 2)
		return;
	server.port = (int)plant_page->port[0];
	server.metrics_port = (int)plant_page->port[1];
	s->started = 1;
}

/* ---- the script */

/* Waits for a message at a client; one that is in doubt may come before it. */
static void await(struct script *s, int i, int sender, int number)
{
	struct client *c = &clients[i];
	long long until = now_ms() + patience;
	int op;

	while (!gone[i] && !gone[sender]) {
		op = client_read_for(c, 0);
		if (op == C_TIMEOUT && clients[sender].ended) {
			lose(s, sender);
			doubtful = number;
			return;
		}
		if (op == C_TIMEOUT && now_ms() > until) {
			late(s, "message %d does not come to client %d", number, i);
			lose(s, i);
		} else if (op == C_TIMEOUT) {
			e2e_wait(-1, 0, until);
		} else if (op < 0 || op == 8) {
			lose(s, i);
		} else if (op == 2 && c->len == lengths[number] && !memcmp(c->data, bodies[number],
		                                                           c->len)) {
			return;
		} else if (op != 9 && !(op == 2 && doubtful && c->len == lengths[doubtful])) {
			wrong(s, "instead of message %d client %d got opcode %d of %zu bytes",
			      number, i, op, c->len);
			lose(s, i);
		}
	}
}

/* Whole, or in three fragments with a ping among them. */
static int say(struct client *c, int number)
{
	const uint8_t *p = bodies[number];
	size_t n = lengths[number], third = n / 3;

	if (number % 3)
		return client_frame(c, 0x82, p, n);
	return client_frame(c, 0x02, p, third) || client_frame(c, 0x89, "among", 5) ||
	       client_frame(c, 0x00, p + third, third) || client_frame(c, 0x80, p + 2 * third,
	                                                               n - 2 * third);
}

static void pong(struct script *s, int i)
{
	struct client *c = &clients[i];
	int op;

	while ((op = client_read_for(c, patience)) == 2 && doubtful && c->len == lengths[doubtful])
		;
	if (op == 10 && c->len == 5)
		return;
	if (op == C_TIMEOUT)
		late(s, "no pong");
	lose(s, i);
}

static void talk(struct script *s)
{
	int number, sender, i;

	for (number = 1; number <= MESSAGES; number++) {
		for (i = 0; i < CLIENTS && gone[(number + i) % CLIENTS]; i++)
			;
		if (i == CLIENTS)
			return;
		sender = (number + i) % CLIENTS;
		if (say(&clients[sender], number)) {
			lose(s, sender);
			doubtful = number;
			continue;
		}
		if (number % 3 == 0)
			pong(s, sender);
		await(s, sender, sender, number);
		if (gone[sender])
			doubtful = number;
		for (i = 0; i < CLIENTS; i++)
			if (i != sender)
				await(s, i, sender, number);
	}
}

static void enter(struct script *s, int i)
{
	long long until = now_ms() + patience;
	struct client *c = &clients[i];

	if (!client_connect(c, &server) && !client_send_text(c, upgrade_request)) {
		while (c->have == 0 && !c->ended && client_more(c, until))
			;
		if (c->have == 0 && !c->ended)
			late(s, "client %d is not answered", i);
		else if (client_answer(c) == 101)
			return;
	}
	lose(s, i);
}

/* The server's metrics, and its health. */
static void scrape(struct script *s)
{
	static char answer[32768];
	static const char *const requests[] = {
		"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
	};
	long long begun = now_ms();
	int i;

	/* Nobody is served: neither are they, and each would be waited for. */
	if (s->sticky && s->lost >= CLIENTS)
		return;
	for (i = 0; i < 2; i++)
		s->lost += http_get(&server, requests[i], answer, sizeof answer) < 0 ||
		           memcmp(answer, "HTTP/1.1 200 ", 13);
	if (now_ms() - begun > patience)
		late(s, "a scrape took %lld ms", now_ms() - begun);
}

/* Nothing is held or counted of those who left. The fault may hit the scrape that tells. */
static void check_given_back(struct script *s)
{
	long long until = now_ms() + patience;
	double connected, used;

	if (s->sticky)
		return;
	do {
		connected = metric(&server, "websocket_connected_clients");
		used = metric(&server, "wsrelay_budget_used_bytes");
	} while ((connected > !gone[2] || used > 0) && now_ms() < until);
	if (connected > !gone[2])
		wrong(s, "the gauge says %g", connected);
	if (used > 0)
		wrong(s, "%g bytes of the budget are in use", used);
}

/* One closes as it should, one vanishes; the third waits for the server's end. The descriptors that
 * they had are given back. */
static void leave(struct script *s)
{
	long long until = now_ms() + (s->most ? patience : STICKY_MS);
	int left = !gone[2], op = 0, n;

	if (!gone[0]) {
		client_frame(&clients[0], 0x88, "\x03\xe8", 2);
		while ((op = client_read_for(&clients[0], patience)) == 2 && doubtful)
			;
		if (op == C_TIMEOUT)
			late(s, "a close is not answered");
		if (op != 8)
			lose(s, 0);
	}
	client_leave(&clients[0]);
	client_reset(&clients[1]);
	do {
		e2e_pass(2);
		n = open_files(server.pid) - left;
		s->files = s->files < 0 || n < s->files ? n : s->files;
	} while (s->files > s->most && now_ms() < until);
	if (s->most && s->files > s->most)
		late(s, "%d descriptors are open, not %d", s->files, s->most);
	check_given_back(s);
}

/* ---- end */

/* The last client is told, and leaves. The byte that a signal writes may be what fails: then there
 * is a second one. */
static void tell_last(struct script *s)
{
	int op = C_TIMEOUT, tries;

	for (tries = 0; op == C_TIMEOUT && tries < 2; tries++) {
		server_signal(&server, SIGTERM);
		while ((op = client_read_for(&clients[2], tries ? patience : STICKY_MS)) == 2 &&
		       doubtful)
			;
	}
	if (op == C_TIMEOUT)
		late(s, "the last client is not told");
	if (op != 8 || clients[2].code != 1001)
		lose(s, 2);
}

static void stop(struct script *s)
{
	long long until = now_ms() + HANG_MS;
	int tries;

	if (!gone[2])
		tell_last(s);
	else
		server_signal(&server, SIGTERM);
	client_leave(&clients[2]);
	for (tries = 1; server_wait(&server, 500) < 0 && server.pid > 0 &&
	     now_ms() < until; tries++)
		server_signal(&server, SIGTERM);
	if (server.pid > 0) {
		wrong(s, "it does not end");
		server_signal(&server, SIGKILL);
		server_wait(&server, HANG_MS);
	} else if (tries > 2) {
		late(s, "it took %d signals to end it", tries);
	}
}

/* A start that fails says why, in the log, and with its exit status. */
static void judge_start(struct script *s, int status)
{
	if (status < EX__BASE || status > EX__MAX)
		wrong(s, "exit status %d of a start that failed", status);
	/* The log itself may be what fails. */
	if (server.log_len == 0 && !(s->call && (!strncmp(s->call, "write:", 6) || !strncmp(s->call,
	                                                                                    "poll:",
	5))))
		wrong(s, "it ended with %d without a word", status);
}

static void judge(struct script *s)
{
	int status = s->status = server.status;

	if (status >= 128)
		wrong(s, "%s %d", status == 1000 ? "a sanitizer spoke," : "ended by signal",
		      status - 128);
	else if (status != 0 && strstr(server.log, " KiB of memory"))
		wrong(s, "it served, and ended with %d", status);
	else if (status != 0 || !s->started)
		judge_start(s, status);
	if (status == 0 && !s->sticky && s->lost > !s->harmless)
		wrong(s, "%d were lost by one fault", s->lost);
}

int script_run(struct script *s)
{
	int number, i;

	for (number = 1; number <= MESSAGES; number++)
		memset(bodies[number], 'A' + number, lengths[number]);
	memset(gone, 0, sizeof gone);
	memset(clients, 0, sizeof clients);
	doubtful = 0;
	s->started = s->lost = 0;
	s->files = -1;
	*s->wrong = '\0';
	patience = s->sticky ? STICKY_MS : HANG_MS;
	start(s);
	if (s->started) {
		for (i = 0; i < CLIENTS; i++)
			enter(s, i);
		talk(s);
		scrape(s);
		leave(s);
		stop(s);
	} else if (server_wait(&server, HANG_MS) < 0) {
		wrong(s, "it neither starts nor ends");
		stop(s);
	}
	judge(s);
	s->page = *plant_page;
	snprintf(s->log, sizeof s->log, "%s", server.log);
	server_stop(&server);
	free(server.log);
	server.log = NULL;
	return *s->wrong ? -1 : 0;
}
