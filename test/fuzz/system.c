/* system.c: a stub of the system for the harnesses that run the real hub. */
#include "system.h"
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags);
ssize_t __wrap___recv_chk(int fd, void *buf, size_t n, size_t room, int flags);
ssize_t __wrap_send(int fd, const void *buf, size_t n, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
int __wrap_shutdown(int fd, int how);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n);
int __wrap_close(int fd);
int __real_close(int fd);
time_t __wrap_time(time_t *t);
int64_t __wrap___time64(int64_t *t);

struct system_socket system_sockets[SYSTEM_SOCKETS];
uint64_t system_micros, system_step;
net_accepted *system_accepted;
void *system_arg;
int system_watches, system_silent;

const char loop_kind[] = "stub";

static uint8_t outs[SYSTEM_SOCKETS][SYSTEM_OUT_MAX];
static struct watch *watches[SYSTEM_SOCKETS];
static int wanted[SYSTEM_SOCKETS], looks;
static size_t sockets;

void system_start(void)
{
	memset(system_sockets, 0, sizeof system_sockets);
	memset(watches, 0, sizeof watches);
	system_micros = 5000000;
	system_step = 0;
	system_accepted = NULL;
	system_watches = system_silent = 0;
	sockets = 0;
	looks = 0;
}

struct system_socket *system_connect(void)
{
	struct system_socket *s = &system_sockets[sockets];

	FUZZ_ASSERT(sockets < SYSTEM_SOCKETS);
	s->out = outs[sockets++];
	s->room = SIZE_MAX;
	return s;
}

int system_fd(const struct system_socket *s)
{
	return SYSTEM_FD + (int)(s - system_sockets);
}

static struct system_socket *find(int fd)
{
	FUZZ_ASSERT(fd >= SYSTEM_FD && (size_t)(fd - SYSTEM_FD) < sockets);
	FUZZ_ASSERT(!system_sockets[fd - SYSTEM_FD].closed);
	return &system_sockets[fd - SYSTEM_FD];
}

static int fail(int why)
{
	errno = why;
	return -1;
}

/* ---- sockets */

ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags)
{
	struct system_socket *s = find(fd);
	size_t have = s->in_len - s->in_at;

	FUZZ_ASSERT(flags == 0);
	s->calls++;
	if (s->gone)
		return fail(ECONNRESET);
	if (have == 0 && n > 0)
		return s->eof ? 0 : fail(EAGAIN);
	if (have > n)
		have = n;
	if (have)
		memcpy(buf, s->in + s->in_at, have);
	s->in_at += have;
	return (ssize_t)have;
}

ssize_t __wrap___recv_chk(int fd, void *buf, size_t n, size_t room, int flags)
{
	FUZZ_ASSERT(n <= room);
	return __wrap_recv(fd, buf, n, flags);
}

ssize_t __wrap_send(int fd, const void *buf, size_t n, int flags)
{
	struct system_socket *s = find(fd);

	FUZZ_ASSERT(flags == MSG_NOSIGNAL && !s->shut && n > 0);
	s->calls++;
	if (s->gone)
		return fail(EPIPE);
	if (s->room == 0)
		return fail(EAGAIN);
	if (n > s->room)
		n = s->room;
	if (s->room != SIZE_MAX)
		s->room -= n;
	FUZZ_ASSERT(n <= SYSTEM_OUT_MAX - s->out_len);
	memcpy(s->out + s->out_len, buf, n);
	s->out_len += n;
	return (ssize_t)n;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t sum = 0, n;
	size_t i;

	for (i = 0; i < (size_t)msg->msg_iovlen; i++) {
		n = __wrap_send(fd, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len, flags);
		if (n < 0)
			return sum ? sum : n;
		sum += n;
		if ((size_t)n < msg->msg_iov[i].iov_len)
			break;
	}
	return sum;
}

int __wrap_shutdown(int fd, int how)
{
	struct system_socket *s = find(fd);

	FUZZ_ASSERT(how == SHUT_WR && !s->shut);
	s->shut = 1;
	return s->gone ? fail(ENOTCONN) : 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	(void)value;
	(void)n;
	FUZZ_ASSERT(level == SOL_SOCKET && name == SO_LINGER);
	find(fd)->linger = 1;
	return 0;
}

int __wrap_close(int fd)
{
	struct system_socket *s;
	size_t i;

	if (fd < SYSTEM_FD)
		return __real_close(fd);
	s = find(fd);
	for (i = 0; i < SYSTEM_SOCKETS; i++)
		FUZZ_ASSERT(!watches[i] || watches[i]->fd != fd);
	s->closed = 1;
	s->unread = s->in_at < s->in_len;
	return 0;
}

/* ---- loop */

int loop_start(size_t most)
{
	(void)most;
	return 0;
}

void loop_stop(void)
{
}

size_t loop_watch_size(void)
{
	return 0;
}

void loop_add(struct watch *w, int events)
{
	uint32_t i = 0;

	while (i < SYSTEM_SOCKETS && watches[i])
		i++;
	FUZZ_ASSERT(i < SYSTEM_SOCKETS);
	w->index = i;
	watches[i] = w;
	wanted[i] = events;
	system_watches++;
}

void loop_change(struct watch *w, int events)
{
	FUZZ_ASSERT(watches[w->index] == w);
	wanted[w->index] = events;
}

void loop_remove(struct watch *w)
{
	FUZZ_ASSERT(watches[w->index] == w);
	watches[w->index] = NULL;
	system_watches--;
}

void loop_wait(int timeout)
{
	FUZZ_ASSERT(timeout >= 0);
	looks = 0;
}

struct watch *loop_next(int *events)
{
	while (looks < SYSTEM_SOCKETS) {
		struct watch *w = watches[looks];
		int want = wanted[looks++];
		const struct system_socket *s = w ? find(w->fd) : NULL;

		if (!s)
			continue;
		*events = (s->in_at < s->in_len || s->eof || s->gone ? want & LOOP_IN : 0) |
			  (s->room > 0 || s->gone ? want & LOOP_OUT : 0) | (s->gone ? LOOP_HUP : 0);
		if (*events)
			return w;
	}
	return NULL;
}

size_t loop_limit(void)
{
	return SIZE_MAX;
}

uint64_t loop_micros(void)
{
	system_micros += system_step;
	return system_micros;
}

uint64_t loop_now(void)
{
	return loop_micros() / 1000;
}

/* ---- the rest */

time_t __wrap_time(time_t *t)
{
	if (t)
		*t = 1700000000;
	return 1700000000;
}

/* What time() is called where time_t was once shorter. */
int64_t __wrap___time64(int64_t *t)
{
	if (t)
		*t = 1700000000;
	return 1700000000;
}

int net_listen(const char *what, const char *address, unsigned port, net_accepted *accepted,
               void *arg)
{
	(void)what;
	(void)address;
	(void)port;
	system_accepted = accepted;
	system_arg = arg;
	return 0;
}

const char *net_peer_text(const struct peer *peer, char text[PEER_TEXT])
{
	(void)peer;
	(void)text;
	return "peer";
}

ssize_t net_send(int fd, struct iovec *spans, int n)
{
	struct msghdr msg = { .msg_iov = spans };

	msg.msg_iovlen = (size_t)n;
	return __wrap_sendmsg(fd, &msg, MSG_NOSIGNAL);
}

int net_gone(void)
{
	return errno != EAGAIN;
}

int net_tick(uint64_t now, int most)
{
	(void)now;
	return most;
}

void net_close(const void *arg)
{
	FUZZ_ASSERT(arg == system_arg);
	system_accepted = NULL;
}

void log_line(int level, const char *format, ...)
{
	(void)level;
	(void)format;
}

void log_tick(void)
{
}

uint64_t os_cpu_micros(void)
{
	return 1500000;
}

size_t os_limit_files(size_t files, size_t most)
{
	(void)files;
	(void)most;
	return 1024;
}

int os_usage(uint64_t *resident, uint64_t *files)
{
	*resident = 1 << 20;
	*files = 10;
	return system_silent ? -1 : 0;
}
