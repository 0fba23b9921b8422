/* shim_calls.c: the calls of the shim that move no data. */
#include "shim_own.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

FOUND(accept, int, int, struct sockaddr *, socklen_t *);
FOUND(socket, int, int, int, int);
FOUND(bind, int, int, const struct sockaddr *, socklen_t);
FOUND(listen, int, int, int);
FOUND(connect, int, int, const struct sockaddr *, socklen_t);
FOUND(fcntl, int, int, int, ...);
FOUND(setsockopt, int, int, int, int, const void *, socklen_t);
FOUND(getsockname, int, int, struct sockaddr *, socklen_t *);
FOUND(shutdown, int, int, int);
FOUND(open, int, const char *, int, ...);
FOUND(fopen, FILE *, const char *, const char *);
FOUND(opendir, DIR *, const char *);
FOUND(pipe, int, int *);
FOUND(close, int, int);
FOUND(getrlimit, int, int, struct rlimit *);
FOUND(setrlimit, int, int, const struct rlimit *);
FOUND(getrusage, int, int, struct rusage *);
FOUND(unlink, int, const char *);
FOUND(epoll_create1, int, int);
FOUND(epoll_ctl, int, int, int, int, struct epoll_event *);

/* ---- sockets */

int accept(int fd, struct sockaddr *a, socklen_t *len)
{
	if (shim_fails(CALL_accept) || shim_bad_luck(0, ECONNABORTED) < 0)
		return -1;
	return REAL(accept)(fd, a, len);
}

int socket(int family, int type, int protocol)
{
	return shim_fails(CALL_socket) ? -1 : REAL(socket)(family, type, protocol);
}

int bind(int fd, const struct sockaddr *a, socklen_t len)
{
	return shim_fails(CALL_bind) ? -1 : REAL(bind)(fd, a, len);
}

int listen(int fd, int backlog)
{
	struct sockaddr_in a;
	socklen_t len = sizeof a;

	if (shim_fails(CALL_listen) || REAL(listen)(fd, backlog))
		return -1;
	memset(&a, 0, sizeof a);
	REAL(getsockname)(fd, (struct sockaddr *)&a, &len);
	shim_listens(ntohs(a.sin_port));
	return 0;
}

int connect(int fd, const struct sockaddr *a, socklen_t len)
{
	return shim_fails(CALL_connect) ? -1 : REAL(connect)(fd, a, len);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return shim_fails(CALL_setsockopt) ? -1 : REAL(setsockopt)(fd, level, name, value, len);
}

int getsockname(int fd, struct sockaddr *a, socklen_t *len)
{
	return shim_fails(CALL_getsockname) ? -1 : REAL(getsockname)(fd, a, len);
}

int shutdown(int fd, int how)
{
	return shim_fails(CALL_shutdown) ? -1 : REAL(shutdown)(fd, how);
}

/* ---- descriptors and files */

int fcntl(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return shim_fails(CALL_fcntl) ? -1 : REAL(fcntl)(fd, command, argument);
}

int open(const char *file, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return shim_fails(CALL_open) ? -1 : REAL(open)(file, flags, mode);
}

FILE *fopen(const char *file, const char *mode)
{
	return shim_fails(CALL_fopen) ? NULL : REAL(fopen)(file, mode);
}

DIR *opendir(const char *name)
{
	return shim_fails(CALL_opendir) ? NULL : REAL(opendir)(name);
}

int pipe(int ends[2])
{
	return shim_fails(CALL_pipe) ? -1 : REAL(pipe)(ends);
}

/* The descriptor is gone all the same, as on Linux. */
int close(int fd)
{
	int result = REAL(close)(fd);

	return shim_fails(CALL_close) ? -1 : result;
}

int unlink(const char *file)
{
	return shim_fails(CALL_unlink) ? -1 : REAL(unlink)(file);
}

/* ---- watches */

int epoll_create1(int flags)
{
	return shim_fails(CALL_epoll_create1) ? -1 : REAL(epoll_create1)(flags);
}

int epoll_ctl(int queue, int how, int fd, struct epoll_event *e)
{
	return shim_fails(CALL_epoll_ctl) ? -1 : REAL(epoll_ctl)(queue, how, fd, e);
}

/* ---- limits */

int getrlimit(int what, struct rlimit *r)
{
	return shim_fails(CALL_getrlimit) ? -1 : REAL(getrlimit)(what, r);
}

int setrlimit(int what, const struct rlimit *r)
{
	return shim_fails(CALL_setrlimit) ? -1 : REAL(setrlimit)(what, r);
}

int getrusage(int who, struct rusage *usage)
{
	return shim_fails(CALL_getrusage) ? -1 : REAL(getrusage)(who, usage);
}
