/* count.c: preloaded into a server, counts its calls of the system and its allocations. For glibc.
 *
 * The file named by BENCH_COUNTS holds the two counters, for load.c to read meanwhile. Counted are
 * the calls below, which are those a server makes while it serves, so often as libc is asked for
 * them. Nothing of what the server does is changed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CALLS, ALLOCATIONS, COUNTERS };

static uint64_t none[COUNTERS], *counters = none;

/* glibc's own names for what is replaced here. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t n);

__attribute__((constructor)) static void start(void)
{
	const char *name = getenv("BENCH_COUNTS");
	int fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ | PROT_WRITE,
	                                     MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		counters = p;
	if (fd >= 0)
		close(fd);
}

void *malloc(size_t n)
{
	counters[ALLOCATIONS]++;
	return __libc_malloc(n);
}

void *calloc(size_t count, size_t size)
{
	counters[ALLOCATIONS]++;
	return __libc_calloc(count, size);
}

void *realloc(void *p, size_t n)
{
	counters[ALLOCATIONS]++;
	return __libc_realloc(p, n);
}

/* The next function of that name, which is libc's; what dlsym() returns is no function in C99. */
static void find(void *function, const char *name)
{
	*(void **)function = dlsym(RTLD_NEXT, name);
	if (!*(void **)function)
		abort();
}

#define COUNT(type, name, parameters, arguments)        \
type name parameters                                    \
{                                                       \
	static type (*next) parameters;                 \
                                                        \
	if (!next)                                      \
		find(&next, #name);                     \
	counters[CALLS]++;                              \
	return next arguments;                          \
}

/* The prototypes that glibc has for them: transparent unions stand for addresses. */
#define ADDRESS __SOCKADDR_ARG
#define CONST_ADDRESS __CONST_SOCKADDR_ARG

COUNT(int, accept, (int fd, ADDRESS a, socklen_t *n), (fd, a, n))
COUNT(int, accept4, (int fd, ADDRESS a, socklen_t *n, int flags), (fd, a, n, flags))
COUNT(int, getpeername, (int fd, ADDRESS a, socklen_t *n), (fd, a, n))
COUNT(int, getsockname, (int fd, ADDRESS a, socklen_t *n), (fd, a, n))
COUNT(int, getsockopt, (int fd, int level, int name, void *p, socklen_t *n),
      (fd, level, name, p, n))
COUNT(int, setsockopt, (int fd, int level, int name, const void *p, socklen_t n),
      (fd, level, name, p, n))
COUNT(int, shutdown, (int fd, int how), (fd, how))
COUNT(int, close, (int fd), (fd))

COUNT(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
COUNT(ssize_t, sendto, (int fd, const void *p, size_t n, int flags, CONST_ADDRESS a, socklen_t m),
      (fd, p, n, flags, a, m))
COUNT(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
COUNT(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
COUNT(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
COUNT(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
COUNT(ssize_t, recvfrom, (int fd, void *p, size_t n, int flags, ADDRESS a, socklen_t *m),
      (fd, p, n, flags, a, m))
COUNT(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
COUNT(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
COUNT(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n))

COUNT(int, poll, (struct pollfd *p, nfds_t n, int timeout), (p, n, timeout))
COUNT(int, select, (int n, fd_set *in, fd_set *out, fd_set *other, struct timeval *t),
      (n, in, out, other, t))
COUNT(int, epoll_ctl, (int epoll, int what, int fd, struct epoll_event *e), (epoll, what, fd, e))
COUNT(int, epoll_wait, (int epoll, struct epoll_event *e, int n, int timeout),
      (epoll, e, n, timeout))

int fcntl64(int fd, int command, ...);

/* All its arguments fit a pointer. */
int fcntl(int fd, int command, ...)
{
	static int (*next)(int, int, ...);
	va_list ap;
	void *p;

	if (!next)
		find(&next, "fcntl");
	va_start(ap, command);
	p = va_arg(ap, void *);
	va_end(ap);
	counters[CALLS]++;
	return next(fd, command, p);
}

int fcntl64(int fd, int command, ...)
{
	va_list ap;
	void *p;

	va_start(ap, command);
	p = va_arg(ap, void *);
	va_end(ap);
	return fcntl(fd, command, p);
}
