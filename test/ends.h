/* ends.h: watches over real sockets and pipes, for the tests of the loop. */
#ifndef ENDS_H
#define ENDS_H

#include "test.h"
#include "wsrelay.h"

#include <fcntl.h>
#include <sys/socket.h>

enum { WATCHES = 300, FOR_EVER = 60000 };

/* A watch on one end, and the other end. */
struct end {
	struct watch watch;
	int peer;
	int told;               /* how often, since the test began */
};

static struct end ends[WATCHES];
static int last;                /* events of the last watch that was told */

static inline void die(const char *what)
{
	perror(what);
	exit(2);
}

static inline void must_start(void)
{
	if (loop_start(WATCHES))
		die("loop_start");
	memset(ends, 0, sizeof ends);
}

static inline void end_open(struct end *e, int events)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		die("socketpair");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	e->watch.fd = fds[0];
	e->peer = fds[1];
	e->told = 0;
	loop_add(&e->watch, events);
}

static inline void end_close(struct end *e)
{
	loop_remove(&e->watch);
	close(e->watch.fd);
	if (e->peer >= 0)
		close(e->peer);
}

static inline void say(const struct end *e)
{
	if (write(e->peer, "x", 1) != 1)
		die("write");
}

static inline void hear(const struct end *e)
{
	char bytes[64];

	while (read(e->watch.fd, bytes, sizeof bytes) > 0)
		;
}

static inline struct end *next_end(void)
{
	struct end *e = (struct end *)(void *)loop_next(&last);

	if (e)
		e->told++;
	return e;
}

/* A whole turn: returns how many watches were told, and the last one's events in `last`. */
static inline int turn(int timeout)
{
	int n = 0;

	loop_wait(timeout);
	while (n <= WATCHES && next_end())
		n++;
	return n;
}

/* Many descriptors of one pipe with something in it. */
static inline void crowd(int n, int pair[2])
{
	int i;

	if (pipe(pair) || write(pair[1], "x", 1) != 1)
		die("pipe");
	for (i = 0; i < n; i++) {
		ends[i].watch.fd = dup(pair[0]);
		ends[i].told = 0;
		ends[i].peer = -1;
		if (ends[i].watch.fd < 0)
			die("dup");
		loop_add(&ends[i].watch, LOOP_IN);
	}
}

static inline void disperse(int n, const int pair[2])
{
	while (n-- > 0)
		end_close(&ends[n]);
	close(pair[0]);
	close(pair[1]);
	loop_stop();
}

#endif
