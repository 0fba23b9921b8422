/* wrap.c: a clock that jumps and a resolver that fails, for a wsclient linked with --wrap.
 *
 * The file $WRAP says how: "OFFSET_REAL OFFSET_MONOTONIC RESOLVER", the offsets in seconds; the
 * resolver is ok (all names are 127.0.0.1), two (127.0.0.2 first), none, again, system, hang or
 * slow. It is read at each call, so that a test changes it while the client runs. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int __real_clock_gettime(clockid_t clock, struct timespec *t);
int __wrap_clock_gettime(clockid_t clock, struct timespec *t);
int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);

static void wrap_read(long offsets[2], char resolver[16])
{
	const char *name = getenv("WRAP");
	FILE *f = name ? fopen(name, "r") : NULL;

	offsets[0] = offsets[1] = 0;
	strcpy(resolver, "ok");
	if (f && fscanf(f, "%ld %ld %15s", &offsets[0], &offsets[1], resolver) != 3)
		strcpy(resolver, "ok");
	if (f)
		fclose(f);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	char resolver[16];
	long offsets[2];
	int result = __real_clock_gettime(clock, t);

	wrap_read(offsets, resolver);
	t->tv_sec += offsets[clock == CLOCK_MONOTONIC];
	return result;
}

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list)
{
	char resolver[16];
	long offsets[2];

	if (hints->ai_flags & AI_NUMERICHOST)
		return __real_getaddrinfo(host, port, hints, list);
	wrap_read(offsets, resolver);
	if (!strcmp(resolver, "none"))
		return EAI_NONAME;
	if (!strcmp(resolver, "again"))
		return EAI_AGAIN;
	if (!strcmp(resolver, "system")) {
		errno = ENETDOWN;
		return EAI_SYSTEM;
	}
	while (!strcmp(resolver, "hang"))
		sleep(1);
	if (!strcmp(resolver, "slow"))
		usleep(300000);
	if (!strcmp(resolver, "two")) {
		int error = __real_getaddrinfo("127.0.0.2", port, hints, list);

		/* Its list has one entry, since hints ask for one kind of socket. */
		return error ? error :
		       __real_getaddrinfo("127.0.0.1", port, hints, &(*list)->ai_next);
	}
	return __real_getaddrinfo("127.0.0.1", port, hints, list);
}
