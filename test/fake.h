/* fake.h: a clock and sockets that do what a test says. fake.c stands in libc's place for the
 * objects it is linked with; the product has no hook. */
#ifndef FAKE_H
#define FAKE_H

#include <stddef.h>
#include <stdint.h>

/* The time in microseconds. Only a wait that would sleep moves it, and only up to
 * fake_until; each look at it moves it by fake_step. */
extern uint64_t fake_clock, fake_until, fake_step;

/* Added to the next sleep: the process was stopped in it. */
extern uint64_t fake_stopped;

/* How often a wait found nothing and would have slept. */
extern unsigned fake_idle;

/* From now on send() takes this many bytes on fd, then no more until this is called again. */
void fake_hold(int fd, size_t bytes);

/* send() on fd takes all that the kernel takes. */
void fake_release(int fd);

/* Not 0: sends and receives come up short at random, and now and then with EAGAIN or EINTR. */
extern uint32_t fake_short;

/* Bytes that send() was given on fd since fake_hold or fake_release, and by how many calls. */
size_t fake_sent(int fd);
extern unsigned fake_sends;

/* While not 0 nothing may be sent; what is sent all the same is counted. */
extern int fake_forbid;
extern unsigned fake_forbidden;

/* For the waits: whether send() takes no more on fd; the time that a wait sleeps. */
int fake_full(int fd);
void fake_sleep(uint64_t ms);

/* The next of a row of pseudo-random numbers, below n. */
uint32_t fake_random(uint32_t *seed, uint32_t n);

#endif
