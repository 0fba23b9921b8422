/* hub.h: the helper of the hub tests: a hub without ports, its application, its invariants.
 *
 * A test program is linked with hub.c, client.c, fake.c and the core, and with no apps/. */
#ifndef TEST_HUB_H
#define TEST_HUB_H

#include "core.h"

/* The one hub of a test program. */
extern struct hub hub;
extern struct config hub_config;

/* What the application saw. */
extern unsigned hub_opened, hub_closed, hub_messages, hub_ticks;

/* What it does: the answer of admit(), and what is called for a message, open or close (NULL:
 * nothing). hub_begin sets them to 0, hub_relay, NULL, NULL. */
extern int hub_admits;
extern void (*hub_message)(struct conn *c, int op, const void *data, size_t n);
extern void (*hub_open)(struct conn *c);
extern void (*hub_close)(struct conn *c);

/* Set when close() queues or kills: that is for the next turn, which follows at once. hub_begin
 * sets it to 0. */
extern int hub_close_queues;

void hub_relay(struct conn *c, int op, const void *data, size_t n);
void hub_echo(struct conn *c, int op, const void *data, size_t n);

/* A small config: messages of 4 KiB, a ring of 64 KiB, no pings; to be changed before hub_begin. */
void hub_defaults(void);

void hub_begin(void);
void hub_finish(void);

/* Turns until a wait finds nothing; the time stands still. */
void hub_settle(void);

/* Turns for so many ms of the fake clock. */
void hub_run(uint64_t ms);

/* One turn, and the invariants after it. */
void hub_once(void);

/* The invariants. Returns how many do not hold, after it has printed them. */
unsigned hub_check(struct hub *h);

/* All that were broken since the start of the program. */
extern unsigned hub_broken;

#endif
