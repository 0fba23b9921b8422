/* system.h: a stub of the system for the harnesses that run the real hub.
 *
 * It replaces loop.c, loop_poll.c, net.c, log.c, os.c and tls_none.c, and by --wrap the calls on
 * sockets. One client's end of a socket is what the harness sees. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "core.h"

enum { SYSTEM_SOCKETS = 8, SYSTEM_FD = 1000, SYSTEM_OUT_MAX = 1 << 18 };

struct system_socket {
	const uint8_t *in;      /* what the client has sent, and how much was read */
	size_t in_len, in_at;
	int eof;                /* the client's end of stream is behind it */
	int gone;               /* it was reset: reads and writes fail */
	size_t room;            /* bytes that a write may take, SIZE_MAX: all */
	uint8_t *out;           /* what the server sent */
	size_t out_len;
	int shut, closed, linger;       /* what the server did: shutdown, close, close with RST */
	int unread;             /* it closed before it had read all */
	int calls;              /* reads and writes so far */
};

extern struct system_socket system_sockets[SYSTEM_SOCKETS];
extern uint64_t system_micros;          /* the clock */
extern uint64_t system_step;            /* by which each look at it moves it */
extern net_accepted *system_accepted;   /* of the last net_listen */
extern void *system_arg;
extern int system_silent;               /* it does not tell what the process uses */
extern int system_watches;              /* in the loop now */

/* Nothing is open, the clock starts. */
void system_start(void);

/* A new connection; its descriptor is SYSTEM_FD + its index. */
struct system_socket *system_connect(void);
int system_fd(const struct system_socket *s);

#endif
