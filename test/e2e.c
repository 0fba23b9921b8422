/* e2e.c: servers and other processes of the end-to-end tests. */
#include "e2e.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { SERVERS_MAX = 8, FDS_MAX = 2048 };

static struct server *servers[SERVERS_MAX];
char e2e_program[1024];         /* absolute: tests change folders */

long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The test itself failed or takes too long: what it started ends with it. */
static void give_up(int number)
{
	static const char text[] = "e2e: the program's time is over, or it crashed\n";
	size_t i;

	for (i = 0; i < SERVERS_MAX; i++)
		if (servers[i] && servers[i]->pid > 0)
			kill(servers[i]->pid, SIGKILL);
	(void)!write(STDOUT_FILENO, text, sizeof text - 1);
	_exit(128 + number);
}

void e2e_die(const char *what)
{
	printf("e2e: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	give_up(0);
}

void e2e_start(void)
{
	static const int ends[] = { SIGALRM, SIGSEGV, SIGBUS, SIGABRT,
				    SIGFPE,  SIGTERM, SIGINT, SIGHUP };
	size_t i;

	for (i = 0; i < sizeof ends / sizeof *ends; i++)
		signal(ends[i], give_up);
	signal(SIGPIPE, SIG_IGN);
	alarm(E2E_PROGRAM_S);
	unsetenv("JOURNAL_STREAM");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!getcwd(e2e_program, sizeof e2e_program - 16))
		e2e_die("getcwd");
	strcat(e2e_program, "/wsrelay");
	if (access(e2e_program, X_OK))
		e2e_die(e2e_program);
}

/* ---- waiting */

static void log_read(struct server *s)
{
	ssize_t n;

	if (s->log_room - s->log_len < 4096) {
		s->log_room = s->log_room * 2 + 8192;
		s->log = realloc(s->log, s->log_room);
		if (!s->log)
			e2e_die("realloc");
	}
	n = read(s->log_fd, s->log + s->log_len, s->log_room - s->log_len - 1);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(s->log_fd);
		s->log_fd = -1;
		return;
	}
	/* A NUL would hide the rest from strstr. */
	for (ssize_t i = 0; i < n; i++)
		if (!s->log[s->log_len + (size_t)i])
			s->log[s->log_len + (size_t)i] = '?';
	s->log_len += (size_t)n;
	s->log[s->log_len] = '\0';
}

int e2e_wait(int fd, int events, long long until)
{
	static struct pollfd fds[FDS_MAX];
	struct server *logs[SERVERS_MAX];
	size_t n = 1, first_client, i;
	long long left = until - now_ms();

	fds[0] = (struct pollfd){ .fd = fd, .events = (short)events };
	for (i = 0; i < SERVERS_MAX; i++) {
		if (servers[i] && servers[i]->log_fd >= 0) {
			logs[n - 1] = servers[i];
			fds[n++] = (struct pollfd){ .fd = servers[i]->log_fd, .events = POLLIN };
		}
	}
	first_client = n;
	n += clients_poll(fds + n, FDS_MAX - n);
	if (poll(fds, (nfds_t)n, left > 0 ? (int)left : 0) <= 0)
		return left > 0 ? 0 : -1;
	for (i = 1; i < first_client; i++)
		if (fds[i].revents)
			log_read(logs[i - 1]);
	clients_ready(fds + first_client, n - first_client);
	return fds[0].revents;
}

void e2e_pass(int ms)
{
	long long until = now_ms() + ms;

	while (e2e_wait(-1, 0, until) >= 0)
		;
}

/* ---- servers */

int e2e_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void e2e_open_as(const char *file, int flags, int fd)
{
	int got = open(file, flags);

	if (got < 0 || (got != fd && dup2(got, fd) < 0))
		_exit(126);
	if (got != fd)
		close(got);
}

void server_spawn(struct server *s, const char *config)
{
	const char *file;
	int ends[2], fd;
	size_t i;

	if (!*s->dir)
		e2e_folder(s->dir);
	file = e2e_file(s->dir, "config.yaml", e2e_config(config));
	s->port = s->metrics_port = 0;
	free(s->log);
	s->log = calloc(1, 1);
	s->log_len = s->log_room = 0;
	s->status = -1;
	if (pipe(ends) || fcntl(ends[0], F_SETFD, FD_CLOEXEC) ||
	    fcntl(ends[0], F_SETFL, O_NONBLOCK))
		e2e_die("pipe");
	s->pid = fork();
	if (s->pid < 0)
		e2e_die("fork");
	if (s->pid == 0) {
		alarm(0);
		e2e_open_as("/dev/null", O_RDWR, STDIN_FILENO);
		e2e_open_as("/dev/null", O_RDWR, STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		/* Whatever was open for us is not for it. */
		for (fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
			close(fd);
		if (s->in_child)
			s->in_child();
		execl(e2e_program, "wsrelay", "-c", file, s->option, s->value, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	s->log_fd = ends[0];
	for (i = 0; i < SERVERS_MAX && servers[i] && servers[i] != s; i++)
		;
	if (i == SERVERS_MAX)
		e2e_die("too many servers");
	servers[i] = s;
}

/* The port in a line "Listening on ADDRESS:PORT (metrics)". */
static void read_ports(struct server *s)
{
	const char *line = s->log, *mark = "Listening on ";

	while (line && (line = strstr(line, mark))) {
		const char *end = strchr(line, ')'), *colon = NULL, *p;

		line += strlen(mark);
		for (p = line; end && p < end; p++)
			if (*p == ':')
				colon = p;
		if (!colon)
			continue;
		if (end - line > 8 && !strncmp(end - 7, "metrics", 7))
			s->metrics_port = (int)strtol(colon + 1, NULL, 10);
		else
			s->port = (int)strtol(colon + 1, NULL, 10);
	}
}

int server_start(struct server *s, const char *config)
{
	server_spawn(s, config);
	if (!server_log(s, " KiB of memory", 1)) {
		server_wait(s, E2E_MS);
		return -1;
	}
	read_ports(s);
	return 0;
}

int server_count(const struct server *s, const char *text)
{
	const char *at = s->log_len ? s->log : NULL;
	int n = 0;

	while (at && (at = strstr(at, text))) {
		n++;
		at += strlen(text);
	}
	return n;
}

const char *server_log(struct server *s, const char *text, int times)
{
	long long until = now_ms() + E2E_MS;
	const char *at;
	int i;

	while (server_count(s, text) < times) {
		if (s->log_fd < 0 || e2e_wait(-1, 0, until) < 0)
			return NULL;
	}
	for (at = strstr(s->log, text), i = 1; i < times; i++)
		at = strstr(at + strlen(text), text);
	return at;
}

int server_wait(struct server *s, int ms)
{
	long long until = now_ms() + ms;
	int status;
	size_t i;

	if (s->pid == 0)
		return s->status;
	/* Its end of the pipe closes with it; then the wait is short. */
	while (s->log_fd >= 0)
		if (e2e_wait(-1, 0, until) < 0)
			return -1;
	while (waitpid(s->pid, &status, 0) < 0)
		if (errno != EINTR)
			e2e_die("waitpid");
	s->pid = 0;
	s->status = e2e_status(status);
	if (server_count(s, "Sanitizer") || server_count(s, "runtime error:"))
		s->status = 1000;
	for (i = 0; i < SERVERS_MAX; i++)
		if (servers[i] == s)
			servers[i] = NULL;
	return s->status;
}

void server_signal(const struct server *s, int number)
{
	if (s->pid > 0)
		kill(s->pid, number);
}

int server_stop(struct server *s)
{
	int tries;

	/* Two signals that come together are one for the system: hence again. */
	for (tries = 0; s->pid > 0 && tries < 20; tries++) {
		server_signal(s, SIGTERM);
		server_wait(s, 250);
	}
	if (s->pid > 0) {
		server_signal(s, SIGKILL);
		server_wait(s, E2E_MS);
	}
	if (*s->dir)
		e2e_remove(s->dir);
	*s->dir = '\0';
	return s->status;
}
