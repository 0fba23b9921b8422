/* cases.h: tables of what RFC 6455 wants, run against real servers.
 *
 * Each case is what a client sends and exactly what it must get. It is run against an echo server,
 * and against a relay with small reads where another client must see the legal messages of the case
 * and nothing else; and it is sent in many ways: whole, byte by byte, cut in two, in pieces.
 * After an answer that closes, the server must end TCP in order and without another byte. After
 * another one a ping must be answered next, and a close frame. */
#ifndef CASES_H
#define CASES_H

#include "../e2e.h"
#include "script.h"

enum { CASES_TEXT = 512 };      /* room for a name or a script that is put together */
enum { CASES_WAIT_MS = 2000 };  /* for one answer */
enum { CASES_FAILURES_MAX = 10 };       /* then the program ends: all is wrong */

struct row {
	const char *section, *name;     /* of RFC 6455 */
	const char *in, *out;           /* scripts with as many pauses; see script.h */
};

/* ---- cases.c: the servers, and what is said */

/* Starts the servers; server: further keys of `server:`, each in a line of its own. */
void cases_start(const char *server);

/* Stops them; others may be started. */
void cases_stop(void);

/* Stops them, prints the sum, returns the exit status. */
int cases_end(void);

/* Between these two cases are run; the second prints how many they were. */
void cases_begin(const char *title);
void cases_done(void);

/* Counts a case that a program has run itself, and prints what is needed if it failed. how: what
 * was special about this run, or what went wrong. */
struct verdict {
	const char *section, *name, *how;
	const void *want, *got;
	size_t want_len, got_len;
};
void cases_count(int ok, const struct verdict *v);

/* The servers, for such cases. */
enum { ECHO, RELAY, WORLDS };
struct server *cases_server(int world);

struct cases_world {
	struct server server;
	struct client witness;  /* tells when the server has read; sends the honest messages */
	struct client observer; /* of a relay: sees all of its messages */
	int number, relay;
};
struct cases_world *cases_world(int world);

/* Waits until n bytes are there that were not used, or the end, or the time is over. */
void cases_await(struct client *c, size_t n);

/* Waits until a server has read all that was sent to it: what another client sends behind it is
 * answered. Returns 0, or -1: it is not. */
int cases_settle(int world);

/* ---- cases_rows.c */

/* Runs a table. */
void cases_run(const char *title, const struct row *rows, size_t n);

/* Runs one case, between cases_begin and cases_done. */
void cases_row(const char *section, const char *name, const char *in, const char *out);

#endif
