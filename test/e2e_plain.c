/* e2e_plain.c: clients use sockets as they are. With TLS=bearssl tls/e2e_tls.c stands here. */
#include "e2e.h"

#include <sys/socket.h>

int e2e_is_tls(void)
{
	return 0;
}

void e2e_open(int fd, int tls)
{
	(void)fd;
	(void)tls;
}

ssize_t e2e_send(int fd, const void *data, size_t n)
{
	return send(fd, data, n, MSG_NOSIGNAL);
}

ssize_t e2e_recv(int fd, void *data, size_t n, int flags)
{
	return recv(fd, data, n, flags);
}

const char *e2e_config(const char *config)
{
	return config;
}
