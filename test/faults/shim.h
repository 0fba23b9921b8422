/* shim.h: what the shim of planted faults and those who preload it into a server share.
 *
 * The environment tells the shim what to do:
 *   FAULT_PAGE=FILE          where struct shim_page is; without it nothing is done
 *   FAULT_CALL=NAME:K:V      the K-th call of NAME fails in the V-th of its ways
 *   FAULT_CALL=NAME:K:V:on   and so does each one after it
 *   FAULT_SHARE=N            N of 100 calls that move data, wait or accept fail or come up short
 *   FAULT_SEED=N             of their choice
 *   FAULT_CLOCK=MS           CLOCK_MONOTONIC starts there */
#ifndef SHIM_H
#define SHIM_H

#include <stdint.h>

/* The calls that may fail, in the order of the page. */
#define SHIM_CALLS(X) \
	X(malloc) X(calloc) X(realloc) X(read) X(recv) X(write) X(send) X(sendmsg) X(accept) \
	X(poll) X(select) X(socket) X(bind) X(listen) X(connect) X(fcntl) X(setsockopt) \
	X(getsockname) X(shutdown) X(open) X(fopen) X(opendir) X(pipe) X(close) X(getrlimit) \
	X(setrlimit) X(getrusage) X(unlink) X(epoll_create1) X(epoll_ctl) X(epoll_wait)

#define SHIM_NAME(name) CALL_##name,
enum { SHIM_CALLS(SHIM_NAME) SHIM_COUNT };
#undef SHIM_NAME

enum { SHIM_VARIANTS = 6, SHIM_PORTS = 4 };

struct shim_page {
	uint32_t loaded;                /* 1: the shim is in the process */
	uint32_t ports;                 /* listeners so far */
	uint32_t port[SHIM_PORTS];      /* theirs */
	uint32_t failed;                /* calls that were made to fail or to come up short */
	int32_t error;                  /* the last such error */
	uint64_t clock;                 /* ms that CLOCK_MONOTONIC was last said to be */
	uint32_t count[SHIM_COUNT];     /* calls so far */
};

#endif
