/* server.c: what the server takes: its CPU time and memory, and what count.c counted in it. */
#include "load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static double seconds(clockid_t id)
{
	struct timespec t;

	if (clock_gettime(id, &t))
		return 0;
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Busy seconds of the server's core, from /proc/stat; 0: it is not pinned. */
static double core_busy(void)
{
	char line[512], name[16];
	unsigned long long user, nice, system, idle, wait, irq, soft;
	double busy = 0;
	long ticks = sysconf(_SC_CLK_TCK);
	FILE *f = fopen("/proc/stat", "r");
	int n = snprintf(name, sizeof name, "cpu%d ", plan.core);

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, name, (size_t)n) &&
		    sscanf(line + n, "%llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
		           &idle, &wait, &irq, &soft) == 7)
			busy = (double)(user + nice + system + irq + soft);
	if (f)
		fclose(f);
	return busy / (double)ticks;
}

/* The counters of count.c: calls of the system, allocations. */
static const volatile uint64_t *counters(void)
{
	static const volatile uint64_t *mapped;
	int fd;

	if (mapped || !plan.counts)
		return mapped;
	fd = open(plan.counts, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		load_die(plan.counts);
	mapped = mmap(NULL, 2 * sizeof *mapped, PROT_READ, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		load_die(plan.counts);
	close(fd);
	return mapped;
}

void server_usage(struct usage *u)
{
	const volatile uint64_t *counted = counters();
	clockid_t clock;

	if (clock_getcpuclockid(plan.pid, &clock))
		load_die("the server is gone");
	u->cpu = seconds(clock);
	u->own = seconds(CLOCK_PROCESS_CPUTIME_ID);
	u->core = core_busy();
	u->calls = counted ? counted[0] : 0;
	u->allocations = counted ? counted[1] : 0;
}

double server_resident(void)
{
	char name[64], line[256];
	double kib = 0;
	FILE *f;

	snprintf(name, sizeof name, "/proc/%ld/smaps_rollup", (long)plan.pid);
	f = fopen(name, "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "Rss:", 4))
			kib = strtod(line + 4, NULL);
	if (f)
		fclose(f);
	return kib;
}
