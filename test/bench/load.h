/* load.h: what the files of the load generator know of each other. Linux only. */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- load.c: options, what is measured when, the result */

enum { KIND_FAN, KIND_ECHO, KIND_IDLE, KIND_CHURN };

struct plan {
	const char *scenario;   /* its name, as usage() in load.c explains */
	int kind, tls, raw;     /* raw: chunks instead of WebSocket, for raw.c */
	int port, core;         /* core: the server's, -1 when it is not pinned */
	pid_t pid;              /* of the server */
	const char *counts;     /* the file of count.c, or NULL */
	double seconds, warmup;
	uint32_t idle;          /* clients that only wait */
	uint32_t clients;       /* all of them */
	uint32_t senders, window;
	size_t size;            /* bytes of a message */
};

/* What happened so far. All but the last two must stay 0 for a good run. */
struct tally {
	uint64_t lost, again, bad, closed;      /* again: twice, or overtaken by a later one */
	uint64_t arrived, shaken;               /* messages, opening handshakes */
};

extern struct plan plan;
extern struct tally tally;

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t load_now(void);

/* Says what failed, and errno, and ends the program with status 2. */
void load_die(const char *what) __attribute__((noreturn));

/* Zeroed memory, or the end of the program. */
void *load_memory(size_t count, size_t size);

/* ---- client.c: connections */

enum { CLIENT_CLOSED, CLIENT_CONNECTING, CLIENT_TLS, CLIENT_ASKED, CLIENT_OPEN, CLIENT_CLOSING };

struct bytes {
	uint8_t *p;
	size_t n, room;
};

struct tls_client;

struct client {
	int fd;
	int state;
	uint32_t events;        /* what epoll watches */
	uint32_t id;
	uint32_t *expect;       /* the next number of each sender it hears */
	struct bytes part;      /* read, and no whole frame yet */
	struct bytes out;       /* to be written, from `written` on */
	size_t written;
	struct tls_client *tls; /* NULL without */
	uint64_t begun;         /* when the connect began */
};

extern struct client *clients;          /* plan.clients of them, the idle ones first */

void client_start(void);

/* Waits at most this many milliseconds, and serves what is ready. */
void client_turn(int milliseconds);

/* Opens clients until the first `count` of them are open, or one has failed. Returns 0 or -1. */
int client_open(uint32_t count);

/* Opens again all that are closed (churn). */
void client_reopen(void);

/* Makes room for n bytes more and returns where they go. */
uint8_t *client_room(struct bytes *b, size_t n);

/* Sends what is in c->out. */
void client_flush(struct client *c);

/* Closes it; why: what is said of it when it was still in use, which is counted. */
void client_drop(struct client *c, const char *why);

/* ---- frame.c: WebSocket frames, or the raw chunks in their place */

/* Adds a frame with these n bytes to c->out, masked. */
void frame_add(struct client *c, int op, const uint8_t *p, size_t n);

/* Takes the whole frames among the n bytes that came at p. Returns how many bytes they were. */
size_t frame_take(struct client *c, const uint8_t *p, size_t n, uint64_t now);

/* ---- message.c: the messages: made, checked, timed */

enum { MESSAGE_MIN = 24 };

void message_start(void);

/* From now on senders keep plan.window messages in flight each. */
void message_go(void);
void message_halt(void);

/* A whole message came to c. */
void message_arrived(struct client *c, const uint8_t *p, size_t n, uint64_t now);

/* Sends for those who may again, since their oldest message came to all. */
void message_pump(void);

/* Messages that not all have who should. */
uint64_t message_outstanding(void);

/* From now on latencies count; message_latency tells the microseconds that the share q of them did
 * not exceed. */
void message_measure(int on);
void message_time(uint64_t nanoseconds);
double message_latency(double q);

/* ---- server.c: what the server takes */

struct usage {
	double cpu;             /* its CPU seconds */
	double core;            /* busy seconds of its core, by whomever */
	double own;             /* CPU seconds of the load generator */
	uint64_t calls, allocations;    /* with plan.counts */
};

void server_usage(struct usage *u);

/* Resident KiB of the server. */
double server_resident(void);

/* ---- tls_openssl.c or tls_none.c */

void tls_start(void);

/* Begins on c->fd. */
void tls_begin(struct client *c);

/* Goes on with the handshake. Returns 1: done, 0: wait for *events of epoll, or -1. */
int tls_shake(struct client *c, uint32_t *events);

void tls_end(struct client *c);

/* As recv() and send(): -1 with EAGAIN when nothing goes now. */
ssize_t tls_read(struct client *c, void *p, size_t n);
ssize_t tls_write(struct client *c, const void *p, size_t n);

#endif
