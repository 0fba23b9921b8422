/* unit_loop.c: what the loop reports, over real sockets, whichever way it waits. */
#include "ends.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

/* ---- what is reported, and when */

static void test_level(void)
{
	struct end *e = &ends[0];
	char full[4096] = "";

	must_start();
	end_open(e, LOOP_IN);
	CHECK(turn(0) == 0, "nothing to read");
	say(e);
	CHECK(turn(FOR_EVER) == 1 && last == LOOP_IN, "to read: %d", last);
	CHECK(turn(FOR_EVER) == 1 && last == LOOP_IN, "still to read: %d", last);
	loop_change(&e->watch, LOOP_IN | LOOP_OUT);
	CHECK(turn(FOR_EVER) == 1 && last == (LOOP_IN | LOOP_OUT), "both: %d", last);
	hear(e);
	CHECK(turn(FOR_EVER) == 1 && last == LOOP_OUT, "to write: %d", last);
	while (write(e->watch.fd, full, sizeof full) > 0)
		;
	CHECK(turn(0) == 0, "it is full");
	say(e);
	CHECK(turn(FOR_EVER) == 1 && last == LOOP_IN, "full, and to read: %d", last);
	loop_change(&e->watch, LOOP_OUT);
	CHECK(turn(0) == 0, "to read, which nobody asked for");
	while (read(e->peer, full, sizeof full) > 0)
		;
	CHECK(turn(FOR_EVER) == 1 && last == LOOP_OUT, "to write again: %d", last);
	end_close(e);
	loop_stop();
}

static void test_silent(void)
{
	struct end *e = &ends[0];

	must_start();
	end_open(e, LOOP_IN);
	end_open(&ends[1], LOOP_IN);
	say(e);
	loop_change(&e->watch, 0);
	CHECK(turn(0) == 0, "told although it is watched for nothing");
	say(&ends[1]);
	CHECK(turn(FOR_EVER) == 1 && ends[1].told == 1, "the other one");
	/* The peer's end of stream is something to read. */
	shutdown(e->peer, SHUT_WR);
	hear(&ends[1]);
	CHECK(turn(0) == 0, "an end of stream, which nobody asked for: %d", last);
	loop_change(&e->watch, LOOP_IN);
	CHECK(turn(FOR_EVER) == 1 && last == LOOP_IN && e->told == 1, "watched again: %d", last);
	end_close(e);
	end_close(&ends[1]);
	loop_stop();
}

/* A TCP connection whose peer resets it. */
static void end_reset(struct end *e)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	e->peer = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&a, &len) ||
	    connect(e->peer, (struct sockaddr *)&a, len) ||
	    (e->watch.fd = accept(fd, NULL, NULL)) < 0)
		die("a TCP connection");
	close(fd);
	loop_add(&e->watch, 0);
	setsockopt(e->peer, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(e->peer);
	e->peer = -1;
}

static void test_hup(void)
{
	struct end *e = &ends[0];
	int unasked = strcmp(loop_kind, "select") != 0;

	must_start();
	end_reset(e);
	if (unasked) {
		CHECK(turn(FOR_EVER) == 1 && last == LOOP_HUP, "a reset: %d", last);
		CHECK(turn(FOR_EVER) == 1 && last == LOOP_HUP, "a reset, again: %d", last);
	} else {
		printf("select() tells of a reset to who reads only\n");
		CHECK(turn(0) == 0, "select() told %d", last);
	}
	loop_change(&e->watch, LOOP_IN);
	CHECK(turn(FOR_EVER) == 1 && last & LOOP_IN, "a reset, to who reads: %d", last);
	CHECK(!unasked || last & LOOP_HUP, "a reset, to who reads: %d", last);
	end_close(e);
	CHECK(turn(0) == 0, "told of one that is gone");
	loop_stop();
}

/* ---- waits */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void test_wait(void)
{
	struct sigaction act;
	struct itimerval each = { .it_interval = { .tv_usec = 10000 },
	                          .it_value = { .tv_usec = 10000 } };
	uint64_t begun;

	must_start();
	end_open(&ends[0], LOOP_IN);
	begun = loop_micros();
	CHECK(turn(40) == 0, "told of nothing");
	CHECK(loop_micros() - begun >= 39000, "it did not wait: %" PRIu64 " us", loop_micros() - begun);
	/* A signal ends the wait; the timer goes on, for one that came before the wait. */
	memset(&act, 0, sizeof act);
	act.sa_handler = on_alarm;
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
	begun = loop_micros();
	CHECK(turn(FOR_EVER) == 0, "told of nothing");
	CHECK(alarms > 0, "it waited to the end");
	say(&ends[0]);
	CHECK(turn(FOR_EVER) == 1 && ends[0].told == 1, "one that is ready, among signals");
	memset(&each, 0, sizeof each);
	setitimer(ITIMER_REAL, &each, NULL);
	end_close(&ends[0]);
	loop_stop();
}

/* With fewer files allowed than are open some waits fail for good: all are tried then. */
static void test_failing(int n)
{
	struct rlimit limit, less;
	int pair[2], i, turns, told = 0;

	must_start();
	crowd(n, pair);
	getrlimit(RLIMIT_NOFILE, &limit);
	less = limit;
	less.rlim_cur = (rlim_t)n / 2;
	if (setrlimit(RLIMIT_NOFILE, &less))
		die("setrlimit");
	for (turns = 0; turns < 3; turns++)
		told += turn(FOR_EVER);
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK(told == 3 * n, "%d told, not %d in three turns", told, 3 * n);
	for (i = 0; i < n; i++)
		loop_change(&ends[i].watch, 0);
	CHECK(turn(0) == 0, "told although nobody is watched for anything");
	disperse(n, pair);
}

/* epoll takes no such file: it is tried all the same, and the others do not notice. */
static void test_untakable(void)
{
	struct watch *file = &ends[0].watch;
	uint64_t begun;

	must_start();
	end_open(&ends[1], LOOP_IN);
	file->fd = open("/dev/null", O_RDONLY);
	loop_add(file, LOOP_IN);
	CHECK(turn(FOR_EVER) == 1 && ends[0].told == 1 && last == LOOP_IN, "told %d", last);
	CHECK(turn(0) == 1 && ends[0].told == 2, "without a wait");
	say(&ends[1]);
	CHECK(turn(FOR_EVER) == 2 && ends[0].told == 3 && ends[1].told == 1, "both");
	loop_change(file, 0);
	CHECK(turn(FOR_EVER) == 1 && ends[1].told == 2, "the other one");
	hear(&ends[1]);
	loop_remove(file);
	close(file->fd);
	begun = loop_micros();
	CHECK(turn(40) == 0 && loop_micros() - begun >= 39000, "it still tries");
	end_close(&ends[1]);
	loop_stop();
}

int main(void)
{
	alarm(120);
	CHECK(loop_limit() >= WATCHES && loop_watch_size() > 0, "limit %zu", loop_limit());
	test_level();
	test_silent();
	test_hup();
	test_wait();
	test_failing(WATCHES);
	test_untakable();
	return test_end();
}
