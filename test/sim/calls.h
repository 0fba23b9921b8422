/* calls.h: the simulated system calls, as the product calls them. */
#ifndef CALLS_H
#define CALLS_H

#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* ---- sock.c */
int sock_socket(int family, int type, int protocol);
int sock_bind(int fd, const struct sockaddr *a, socklen_t len);
int sock_listen(int fd, int backlog);
int sock_connect(int fd, const struct sockaddr *a, socklen_t len);
int sock_stat(const char *path, struct stat *to);
int sock_unlink(const char *path);
int sock_getsockname(int fd, struct sockaddr *a, socklen_t *len);
int sock_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int sock_fcntl(int fd, int command, ...);
int sock_open(const char *path, int flags, ...);
int sock_accept(int fd, struct sockaddr *a, socklen_t *len);
int sock_close(int fd);
ssize_t sock_read(int fd, void *to, size_t n);
ssize_t sock_write(int fd, const void *from, size_t n);

/* ---- link.c */
ssize_t link_recv(int fd, void *to, size_t n, int flags);
ssize_t link_send(int fd, const void *from, size_t n, int flags);
ssize_t link_sendmsg(int fd, const struct msghdr *msg, int flags);
int link_shutdown(int fd, int how);

/* ---- wait.c */
int wait_poll(struct pollfd *fds, nfds_t n, int timeout);
int wait_select(int n, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout);
int wait_clock(clockid_t id, struct timespec *t);
time_t wait_time(time_t *t);
int wait_getrusage(int who, struct rusage *u);
int wait_getrlimit(int what, struct rlimit *r);

/* ---- wait_epoll.c */
struct epoll_event;
int wait_epoll_create(int flags);
int wait_epoll_ctl(int queue, int how, int fd, struct epoll_event *e);
int wait_epoll(int queue, struct epoll_event *events, int most, int timeout);

/* ---- heap.c */
void *heap_malloc(size_t n);
void *heap_calloc(size_t n, size_t size);
void *heap_realloc(void *p, size_t n);
void heap_free(void *p);

#endif
