/* start.c: how long a server takes to start: from fork() to the answer to the first handshake.
 * Linux only.
 *
 * start TIMES PROGRAM [ARGUMENT...]: starts wsrelay so often, on a free port of 127.0.0.1 that its
 * environment tells it, and prints the median in milliseconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES_MAX = 1000, GIVE_UP_MS = 5000 };

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
	"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	"Sec-WebSocket-Version: 13\r\n\r\n";

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A port that was free a moment ago. */
static struct sockaddr_in free_address(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) ||
	    getsockname(fd, (struct sockaddr *)&a, &n)) {
		perror("start: bind");
		exit(2);
	}
	close(fd);
	return a;
}

/* Whether the server has answered a handshake. */
static int answered(const struct sockaddr_in *a)
{
	char answer[512];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes;

	yes = fd >= 0 && !connect(fd, (const struct sockaddr *)a, sizeof *a) &&
	      send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1 &&
	      recv(fd, answer, sizeof answer, 0) >= 12 && !memcmp(answer, "HTTP/1.1 101", 12);
	if (fd >= 0)
		close(fd);
	return yes;
}

/* Milliseconds, or -1: it does not start. */
static double once(char **command)
{
	struct sockaddr_in a = free_address();
	double begun, took = -1;
	char port[8];
	pid_t pid;

	snprintf(port, sizeof port, "%u", (unsigned)ntohs(a.sin_port));
	setenv("WSRELAY_SERVER_ADDRESS", "127.0.0.1", 1);
	setenv("WSRELAY_SERVER_PORT", port, 1);
	begun = now_ms();
	pid = fork();
	if (pid == 0) {
		execv(*command, command);
		_exit(127);
	}
	while (took < 0 && now_ms() < begun + GIVE_UP_MS && waitpid(pid, NULL, WNOHANG) == 0) {
		if (answered(&a))
			took = now_ms() - begun;
		else
			sched_yield();
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return took;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double took[TIMES_MAX];
	long i, times = argc > 2 ? strtol(argv[1], NULL, 10) : 0;

	if (times < 1 || times > TIMES_MAX) {
		fprintf(stderr, "usage: start times program [argument...]\n");
		return 2;
	}
	for (i = 0; i < times; i++) {
		took[i] = once(argv + 2);
		if (took[i] < 0) {
			fprintf(stderr, "start: %s does not start\n", argv[2]);
			return 1;
		}
	}
	qsort(took, (size_t)times, sizeof *took, compare);
	printf("%.1f\n", took[times / 2]);
	return 0;
}
