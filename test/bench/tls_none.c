/* tls_none.c: stands where TLS would be in the load generator (make BENCH_TLS=1). */
#include "load.h"

#include <errno.h>

void tls_start(void)
{
	if (plan.tls) {
		errno = ENOTSUP;
		load_die("built without TLS (make BENCH_TLS=1)");
	}
}

void tls_begin(struct client *c)
{
	(void)c;
}

int tls_shake(struct client *c, uint32_t *events)
{
	(void)c;
	(void)events;
	return -1;
}

void tls_end(struct client *c)
{
	(void)c;
}

ssize_t tls_read(struct client *c, void *p, size_t n)
{
	(void)c;
	(void)p;
	(void)n;
	return 0;
}

ssize_t tls_write(struct client *c, const void *p, size_t n)
{
	(void)c;
	(void)p;
	(void)n;
	return 0;
}
