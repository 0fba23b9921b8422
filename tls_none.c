/* tls_none.c: stands where TLS would be, in a build without it. */
#include "core.h"

#include <sys/socket.h>
#include <sysexits.h>

const char tls_kind[] = "none";

int tls_start(const struct config *config, size_t clients)
{
	(void)clients;
	if (!config->server_tls_enabled)
		return 0;
	log_line(LOG_LEVEL_ERROR, "server.tls.enabled is true, but TLS is not built in; build with "
	         "make TLS=bearssl, or set it to false and put a TLS proxy in front");
	return EX_CONFIG;
}

void tls_stop(void)
{
}

void tls_reload(void)
{
	log_line(LOG_LEVEL_INFO, "SIGHUP: nothing can be reloaded; restart to apply changes");
}

uint64_t tls_memory(const struct config *config, size_t clients)
{
	(void)config;
	(void)clients;
	return 0;
}

size_t tls_metrics(char *page, size_t room)
{
	(void)page;
	(void)room;
	return 0;
}

int tls_open(struct conn *c)
{
	(void)c;
	return 0;
}

void tls_drop(struct conn *c)
{
	(void)c;
}

ssize_t tls_recv(struct conn *c, size_t room)
{
	return recv(c->watch.fd, c->hub->input, room, 0);
}

ssize_t tls_send(struct conn *c, struct iovec *spans, int n)
{
	return net_send(c->watch.fd, spans, n);
}

int tls_end(struct conn *c)
{
	(void)c;
	return 0;
}
