/* abuse.h: what the abuse tests share: a server with two bystanders, and what must hold at the end.
 *
 * A test is abuse_begin, the abuse, abuse_end. Each prints one line of figures. The environment:
 * ABUSE=full does all that the table asks for, else a share of it; FAULTS=20 lets that share of the
 * server's calls fail or come up short. */
#ifndef ABUSE_H
#define ABUSE_H

#include "bystander.h"

/* Sanitizers keep memory of their own, which grows with what was touched. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ABUSE_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ABUSE_SANITIZED
#endif
#if defined(ABUSE_SANITIZED)
enum { ABUSE_EXACT = 0, ABUSE_SLACK_KIB = 32 * 1024 };
#else
enum { ABUSE_EXACT = 1, ABUSE_SLACK_KIB = 1024 };
#endif

/* memory.input by default: pages that a large read may be the first to touch. */
enum { ABUSE_INPUT_KIB = 256 };

/* A client's state of TLS, fixed memory too, is not touched before a client comes. */
enum { ABUSE_TLS_KIB = 5 * 1024 };

/* One test. */
struct abuse {
	struct server s;
	struct bystanders *b;
	const char *row, *what;
	long long begun, took;  /* ms */
	long kib, cold_kib;     /* resident, fixed memory in use; before that */
	int fds;                /* open, the bystanders' included */
	double messages;        /* counted before the bystanders' first */
	long more_kib;          /* resident at the end, beyond kib */
	int worst_ms;           /* a round of theirs may take that long */
	char figures[256];      /* of its own */
};

extern int abuse_full;          /* ABUSE=full */
extern unsigned abuse_faults;   /* FAULTS=n */

/* The servers' CLOCK_MONOTONIC starts there, in ms; 0: the system's. */
extern long long abuse_clock;

/* Call it first: the end-to-end tests' start, the environment, descriptors. */
void abuse_start(void);

/* How many: with ABUSE=full, otherwise; of a share with FAULTS a fifth. */
int abuse_count(int full, int share);

/* Starts a server (with metrics; config: the other keys, first those of `server:`), uses all its
 * fixed memory once, lets the bystanders begin. Returns NULL when the test is to be skipped. */
struct abuse *abuse_begin(const char *row, const char *what, const char *config);

/* Adds to the line of figures. */
void abuse_figure(struct abuse *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Once all others have left: nothing is left of them. Ends the server: abuse_check, which lets one
 * more client say one message and stops the bystanders, and abuse_finish. */
void abuse_end(struct abuse *a);
void abuse_check(struct abuse *a);
void abuse_finish(struct abuse *a);

/* Whether the last frame is a message of the bystanders. */
int abuse_is_theirs(const struct client *c);

/* As client_read, but what the bystanders say is skipped. */
int abuse_read(struct client *c);

/* Reads up to the close frame; returns its code, or what client_read says instead. */
int abuse_read_close(struct client *c);

/* The close handshake, whatever comes before its end. */
int abuse_bye(struct client *c);

/* A client comes, is served and goes. Returns ms, or -1. */
int abuse_newcomer(struct abuse *a);

/* Waits until the gauge of connected clients has a value; returns the last one. */
double abuse_connected(struct abuse *a, double want);

/* Waits until the server has so many descriptors open; returns the last number. */
int abuse_files(struct abuse *a, int want);

/* The field of /proc/PID/status in KiB, as "VmHWM"; -1: it is not there. */
long abuse_status_kib(pid_t pid, const char *field);

/* Exact resident KiB; -1: the system does not tell. */
long abuse_resident_kib(pid_t pid);

/* ---- stage.c: the stages of a connection at which a client may leave ------------------------- */

enum { STAGES = 10 };

extern const char *const stage_names[STAGES];

/* Brings a client to its stage. Returns whether it got there. */
int stage_reach(struct abuse *a, struct client *c, int stage);

#endif
