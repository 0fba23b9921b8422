/* shim.c: preloaded into a server: makes chosen calls of the system fail. See shim.h. */
#define _GNU_SOURCE
#include "shim_own.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static struct shim_page nowhere, *page = &nowhere;
static int chosen = -1, sticky, variant;        /* of FAULT_CALL */
static uint32_t chosen_number;
static uint32_t share, seed = 1;
static int64_t clock_offset;
static int started;

void shim_find(const char *name, void *real)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(real, &found, sizeof found);
}

FOUND(open, int, const char *, int, ...);
FOUND(close, int, int);
FOUND(clock_gettime, int, clockid_t, struct timespec *);

static void shim_choose(const char *text)
{
	size_t n;
	int i;

	for (i = 0; text && i < SHIM_COUNT; i++) {
		n = strlen(shim_names[i]);
		if (strncmp(text, shim_names[i], n) || text[n] != ':')
			continue;
		chosen = i;
		chosen_number = (uint32_t)strtoul(text + n + 1, NULL, 10);
		text = strchr(text + n + 1, ':');
		variant = text ? (int)strtol(text + 1, NULL, 10) : 0;
		sticky = text && strstr(text, ":on");
		return;
	}
}

static uint32_t shim_number(const char *name)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void shim_start(void)
{
	const char *file = getenv("FAULT_PAGE"), *clock = getenv("FAULT_CLOCK");
	struct timespec t;
	void *map;
	int fd;

	if (!file)
		return;
	fd = REAL(open)(file, O_RDWR);
	map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	                                 0);
	if (map == MAP_FAILED)
		return;
	REAL(close)(fd);
	page = map;
	shim_choose(getenv("FAULT_CALL"));
	share = shim_number("FAULT_SHARE");
	seed = shim_number("FAULT_SEED") * 2654435761u + 1;
	if (clock && !REAL(clock_gettime)(CLOCK_MONOTONIC, &t))
		clock_offset = (int64_t)strtoll(clock, NULL, 10) - (int64_t)t.tv_sec * 1000 -
		               t.tv_nsec / 1000000;
	page->loaded = 1;
	started = 1;
}

static uint32_t shim_random(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

void shim_listens(int port)
{
	if (started && page->ports < SHIM_PORTS)
		page->port[page->ports++] = (uint32_t)port;
}

int shim_fails(int call)
{
	uint32_t number;

	if (!started)
		return 0;
	number = ++page->count[call];
	if (call != chosen || number < chosen_number || (number > chosen_number && !sticky))
		return 0;
	page->failed++;
	page->error = errno = shim_error(call, variant);
	return 1;
}

int shim_bad_luck(size_t n, int other)
{
	static const int again[] = { EINTR, EAGAIN };

	if (!started || !share || shim_random(100) >= share)
		return 0;
	page->failed++;
	if (n > 7 && shim_random(3) == 0)
		return (int)shim_random(7) + 1;
	if (other && shim_random(2))
		errno = other;
	else
		errno = again[shim_random(2)];
	return -1;
}

/* ---- memory */

/* What dlsym() may need while it looks for the real ones. */
static char early[8192];
static size_t early_used;

FOUND(malloc, void *, size_t);
FOUND(calloc, void *, size_t, size_t);
FOUND(realloc, void *, void *, size_t);
FOUND(free, void, void *);

static int shim_is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof early;
}

static void *shim_early(size_t n)
{
	void *p = early + early_used;

	early_used += (n + 15) / 16 * 16;
	return early_used <= sizeof early ? p : NULL;
}

/* dlsym() itself may want memory, and give some back. */
static int finding;

static void shim_find_memory(void)
{
	finding = 1;
	(void)REAL(malloc);
	(void)REAL(calloc);
	(void)REAL(realloc);
	(void)REAL(free);
	finding = 0;
}

void *malloc(size_t n)
{
	if (finding)
		return shim_early(n);
	if (!malloc_real)
		shim_find_memory();
	return shim_fails(CALL_malloc) ? NULL : malloc_real(n);
}

void *calloc(size_t n, size_t size)
{
	if (finding)
		return shim_early(n * size);
	if (!calloc_real)
		shim_find_memory();
	return shim_fails(CALL_calloc) ? NULL : calloc_real(n, size);
}

void *realloc(void *p, size_t n)
{
	void *new;

	if (shim_fails(CALL_realloc))
		return NULL;
	if (!shim_is_early(p))
		return REAL(realloc)(p, n);
	new = malloc(n);
	if (new)
		memcpy(new, p, n < sizeof early ? n : sizeof early);
	return new;
}

void free(void *p)
{
	if (finding || shim_is_early(p))
		return;
	if (!free_real)
		shim_find_memory();
	free_real(p);
}

/* ---- data */

FOUND(read, ssize_t, int, void *, size_t);
FOUND(recv, ssize_t, int, void *, size_t, int);
FOUND(write, ssize_t, int, const void *, size_t);
FOUND(send, ssize_t, int, const void *, size_t, int);
FOUND(sendmsg, ssize_t, int, const struct msghdr *, int);

/* Files are neither short nor busy, and the log is what the tests look at. */
static int shim_is_stream(int fd)
{
	struct stat st;

	return fd != STDERR_FILENO && !fstat(fd, &st) && (S_ISSOCK(st.st_mode) ||
	                                                  S_ISFIFO(st.st_mode));
}

ssize_t read(int fd, void *to, size_t n)
{
	int luck = 0;

	if (shim_fails(CALL_read))
		return -1;
	if (share && shim_is_stream(fd) && (luck = shim_bad_luck(n, 0)) < 0)
		return -1;
	return REAL(read)(fd, to, luck ? (size_t)luck : n);
}

/* What a call that moves n bytes on a socket is to do: as shim_bad_luck, or as it was chosen. */
static int shim_moves(int call, size_t n)
{
	if (!shim_fails(call))
		return shim_bad_luck(n, 0);
	if (errno != SHIM_SHORT)
		return -1;
	return n < SHIM_SHORT_BYTES ? 0 : SHIM_SHORT_BYTES;
}

ssize_t recv(int fd, void *to, size_t n, int flags)
{
	int luck = shim_moves(CALL_recv, n);

	return luck < 0 ? -1 : REAL(recv)(fd, to, luck ? (size_t)luck : n, flags);
}

ssize_t write(int fd, const void *from, size_t n)
{
	return shim_fails(CALL_write) ? -1 : REAL(write)(fd, from, n);
}

ssize_t send(int fd, const void *from, size_t n, int flags)
{
	int luck = shim_moves(CALL_send, n);

	return luck < 0 ? -1 : REAL(send)(fd, from, luck ? (size_t)luck : n, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct iovec *v = msg->msg_iov;
	int luck = shim_moves(CALL_sendmsg, 8);
	size_t i = 0, n;

	if (luck < 0)
		return -1;
	if (!luck)
		return REAL(sendmsg)(fd, msg, flags);
	while (i + 1 < (size_t)msg->msg_iovlen && v[i].iov_len == 0)
		i++;
	n = v[i].iov_len < (size_t)luck ? v[i].iov_len : (size_t)luck;
	return REAL(send)(fd, v[i].iov_base, n, flags);
}

/* With _FORTIFY_SOURCE programs call these. */
ssize_t __read_chk(int fd, void *to, size_t n, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room);

ssize_t __read_chk(int fd, void *to, size_t n, size_t room)
{
	if (n > room)
		abort();
	return read(fd, to, n);
}

ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags)
{
	if (n > room)
		abort();
	return recv(fd, to, n, flags);
}

int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t room)
{
	if (n > room / sizeof *fds)
		abort();
	return poll(fds, n, timeout);
}

/* ---- waiting, and the clock */

FOUND(poll, int, struct pollfd *, nfds_t, int);
FOUND(select, int, int, fd_set *, fd_set *, fd_set *, struct timeval *);

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	nfds_t i;

	/* Without descriptors it is a sleep. */
	if (n > 0 && shim_fails(CALL_poll))
		return -1;
	/* The log asks whether its line can be written. */
	if ((n != 1 || fds->fd != STDERR_FILENO) && shim_bad_luck(0, 0) < 0) {
		if (errno == EINTR)
			return -1;
		for (i = 0; i < n; i++)
			fds[i].revents = 0;
		return 0;
	}
	return REAL(poll)(fds, n, timeout);
}

int select(int n, fd_set *in, fd_set *out, fd_set *other, struct timeval *timeout)
{
	if (n > 0 && shim_fails(CALL_select))
		return -1;
	if (shim_bad_luck(0, 0) < 0) {
		if (errno == EINTR)
			return -1;
		if (in)
			FD_ZERO(in);
		if (out)
			FD_ZERO(out);
		return 0;
	}
	return REAL(select)(n, in, out, other, timeout);
}

FOUND(epoll_wait, int, int, struct epoll_event *, int, int);

int epoll_wait(int queue, struct epoll_event *events, int most, int timeout)
{
	if (shim_fails(CALL_epoll_wait))
		return -1;
	if (shim_bad_luck(0, 0) < 0)
		return errno == EINTR ? -1 : 0;
	return REAL(epoll_wait)(queue, events, most, timeout);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int failed = REAL(clock_gettime)(clock, t);
	int64_t ms;

	if (failed || clock != CLOCK_MONOTONIC || !clock_offset)
		return failed;
	ms = (int64_t)t->tv_sec * 1000 + t->tv_nsec / 1000000 + clock_offset;
	page->clock = (uint64_t)ms;
	t->tv_nsec = (long)(ms % 1000) * 1000000 + t->tv_nsec % 1000000;
	t->tv_sec = (time_t)(ms / 1000);
	return 0;
}
