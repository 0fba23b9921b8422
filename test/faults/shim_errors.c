/* shim_errors.c: how each call may fail. */
#include "shim_errors.h"

#include <errno.h>

/* A row ends with 0. Negative: nobody may lose anything by it, the call is to be made again. */
static const int errors[SHIM_COUNT][SHIM_VARIANTS + 1] = {
	[CALL_malloc] = { ENOMEM },
	[CALL_calloc] = { ENOMEM },
	[CALL_realloc] = { ENOMEM },
	[CALL_read] = { EIO, -EINTR, -EAGAIN },
	[CALL_recv] = { ECONNRESET, -EINTR, -EAGAIN, ETIMEDOUT, -ENOMEM, -SHIM_SHORT },
	[CALL_write] = { EIO, -EINTR, -EAGAIN, ENOSPC, EPIPE },
	[CALL_send] = { EPIPE, -EINTR, -EAGAIN, ECONNRESET, -ENOBUFS, -SHIM_SHORT },
	[CALL_sendmsg] = { EPIPE, -EINTR, -EAGAIN, EHOSTUNREACH, -ENOMEM, -SHIM_SHORT },
	[CALL_accept] = { EMFILE, -EINTR, -EAGAIN, -ECONNABORTED, ENFILE, ENOBUFS },
	[CALL_poll] = { -EINTR, -ENOMEM, -EAGAIN },
	[CALL_select] = { -EINTR, -ENOMEM },
	[CALL_socket] = { EMFILE, ENFILE, EACCES, ENOBUFS, EAFNOSUPPORT },
	[CALL_bind] = { EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOMEM },
	[CALL_listen] = { EADDRINUSE, EOPNOTSUPP },
	[CALL_connect] = { ECONNREFUSED, EINTR },
	[CALL_fcntl] = { EINVAL, ENOMEM },
	[CALL_setsockopt] = { -ENOPROTOOPT, -EINVAL },
	[CALL_getsockname] = { -ENOBUFS },
	[CALL_shutdown] = { ENOTCONN, ENOBUFS },
	[CALL_open] = { EMFILE, ENFILE, EACCES, ENOENT },
	[CALL_fopen] = { EMFILE, ENOENT, EACCES, ENOMEM },
	[CALL_opendir] = { -EMFILE, -ENOENT },
	[CALL_pipe] = { EMFILE, ENFILE },
	[CALL_close] = { -EIO, -EINTR },
	[CALL_getrlimit] = { -EPERM },
	[CALL_setrlimit] = { -EPERM },
	[CALL_getrusage] = { -EINVAL },
	[CALL_unlink] = { -EACCES, -ENOENT },
	[CALL_epoll_create1] = { EMFILE, ENOMEM },
	[CALL_epoll_ctl] = { -ENOSPC, -ENOMEM },
	[CALL_epoll_wait] = { -EINTR, -ENOMEM },
};

#define SHIM_TEXT(name) #name,
const char *const shim_names[SHIM_COUNT] = { SHIM_CALLS(SHIM_TEXT) };

int shim_variants(int call)
{
	int n = 0;

	while (n < SHIM_VARIANTS && errors[call][n])
		n++;
	return n;
}

int shim_error(int call, int variant)
{
	int error = errors[call][variant % shim_variants(call)];

	return error < 0 ? -error : error;
}

int shim_harmless(int call, int variant)
{
	return errors[call][variant % shim_variants(call)] < 0;
}
