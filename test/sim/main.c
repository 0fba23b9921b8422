/* main.c: worlds by the thousand, or one of them: sim [-n WORLDS] [-s SEED] [-t] [-b BUGS]. */
#include "sim.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HANG_SECONDS = 20, TEXT = 512 };

int world_trace;

/* What the process that runs the worlds tells the one that counts them. */
static struct shared {
	volatile uint64_t seed;
	volatile unsigned long done;
	char text[TEXT];
	char what[TEXT];
} *shared;

void main_trace(const char *format, ...)
{
	va_list ap;

	printf("%12.6f  ", (double)(wait_now - 1000 * SIM_SECOND) / 1e6);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

void main_describe(const char *what)
{
	snprintf(shared->what, sizeof shared->what, "%s", what);
}

void main_fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(shared->text, sizeof shared->text, format, ap);
	va_end(ap);
	fflush(stdout);
	exit(3);
}

static double main_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void main_progress(unsigned long done, unsigned long worlds, unsigned failed, double begun)
{
	double took = main_clock() - begun;

	fprintf(stderr, "worlds %9lu of %9lu  %7.0f/s  failed %4u\n", done, worlds,
	        took > 0 ? (double)done / took : 0, failed);
}

/* Runs worlds until one fails; in a process of its own, which then ends. */
static void main_worlds(uint64_t seed, unsigned long n)
{
	size_t i;

	for (; n > 0; n--, seed++) {
		shared->seed = seed;
		alarm(HANG_SECONDS);
		world_run(seed);
		shared->done++;
	}
	for (i = 0; i < SIM_CLIENTS; i++)
		client_free(&world.clients[i]);
	free(world.store);
	free(world.log);
	exit(0);
}

static void main_say(int status)
{
	const char *text = shared->text;
	char other[64];

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 3) {
		snprintf(other, sizeof other, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM
		         ? "hang: more than %d s" : "crash: status %x",
		         WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? HANG_SECONDS
		         : status);
		text = other;
	}
	printf("FAILED seed %llu: %s\n  %s\n", (unsigned long long)shared->seed, text,
	       shared->what);
	fflush(stdout);
	shared->text[0] = shared->what[0] = 0;
}

/* Waits for the worlds of one process. Returns its status. */
static int main_watch(pid_t pid, unsigned long worlds, unsigned failed, double begun, double *said)
{
	const struct timespec nap = { 0, 10000000 };
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		nanosleep(&nap, NULL);
		if (main_clock() - *said >= 5) {
			*said = main_clock();
			main_progress(shared->done + failed, worlds, failed, begun);
		}
	}
	return status;
}

static int main_run(uint64_t seed, unsigned long worlds, unsigned most)
{
	double begun = main_clock(), said = begun;
	unsigned failed = 0;

	while (shared->done + failed < worlds && failed < most) {
		unsigned long left = worlds - shared->done - failed;
		uint64_t first = seed + shared->done + failed;
		pid_t pid = fork();
		int status;

		if (pid == 0)
			main_worlds(first, left);
		if (pid < 0) {
			perror("sim: fork");
			return 2;
		}
		status = main_watch(pid, worlds, failed, begun, &said);
		if (status) {
			failed++;
			main_say(status);
		}
	}
	main_progress(shared->done + failed, worlds, failed, begun);
	printf("%lu passed, %u failed\n", shared->done, failed);
	return failed > 0;
}

int main(int argc, char **argv)
{
	unsigned long worlds = 1000, most = 20;
	uint64_t seed = 1;
	int letter;

	while ((letter = getopt(argc, argv, "n:s:b:t")) != -1) {
		if (letter == 'n')
			worlds = strtoul(optarg, NULL, 10);
		else if (letter == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (letter == 'b')
			most = strtoul(optarg, NULL, 10);
		else if (letter == 't')
			world_trace = 1;
		else
			return 2;
	}
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	              0);
	if (shared == MAP_FAILED) {
		perror("sim: mmap");
		return 2;
	}
	return main_run(seed, worlds, (unsigned)most);
}
