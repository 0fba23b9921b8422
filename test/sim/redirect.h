/* redirect.h: put before every product file by the compiler: system calls and memory are simulated.
 * Object-like macros, so that a member of the same name is renamed wherever it stands. */
#ifndef REDIRECT_H
#define REDIRECT_H

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

#define accept sock_accept
#define recv link_recv
#define send link_send
#define sendmsg link_sendmsg
#define shutdown link_shutdown
#define close sock_close
#define setsockopt sock_setsockopt
#define getsockname sock_getsockname
#define socket sock_socket
#define bind sock_bind
#define listen sock_listen
#define connect sock_connect
#define stat(path, to) sock_stat(path, to)
#define unlink sock_unlink
#define fcntl sock_fcntl
#define open sock_open
#define read sock_read
#define write sock_write
#define poll wait_poll
#define select wait_select
#define epoll_create1 wait_epoll_create
#define epoll_ctl wait_epoll_ctl
#define epoll_wait wait_epoll
#define clock_gettime wait_clock
#define time wait_time
#define getrusage wait_getrusage
#define getrlimit wait_getrlimit
#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free

#endif
