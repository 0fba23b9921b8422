/* e2e_run.c: folders, runs to the end, and what the system tells of a process. */
#include "e2e.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>

enum { ARGS_MAX = 12 };

/* ---- folders and files */

void e2e_folder(char dir[128])
{
	const char *tmp = getenv("TMPDIR");

	/* A unix socket in it has room for about a hundred characters. */
	snprintf(dir, 128, "%s/wsrelay-XXXXXX", tmp && *tmp && strlen(tmp) < 60 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		e2e_die("mkdtemp");
}

void e2e_remove(const char *dir)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "%.128s/%.255s", dir, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

const char *e2e_file(const char *dir, const char *name, const char *text)
{
	static char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%.128s/%.128s", dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		e2e_die(path);
	return path;
}

/* ---- one run to its end */

static void run_child(const struct run *r, char *args[], int out, int err)
{
	alarm(0);
	e2e_open_as(r->in_file ? r->in_file : "/dev/null", O_RDONLY, STDIN_FILENO);
	if (r->out_file)
		e2e_open_as(r->out_file, O_WRONLY, STDOUT_FILENO);
	else
		dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (r->dir && chdir(r->dir))
		_exit(126);
	execv(e2e_program, args);
	_exit(127);
}

/* Returns whether there may be more. */
static int run_read(int *fd, char *to, size_t room, size_t *len)
{
	ssize_t n = read(*fd, to + *len, room - 1 - *len);

	if (n <= 0) {
		close(*fd);
		*fd = -1;
		return 0;
	}
	*len += (size_t)n;
	return 1;
}

void run(struct run *r, ...)
{
	char *args[ARGS_MAX + 1] = { (char *)(uintptr_t)"wsrelay" };
	long long until = now_ms() + E2E_MS;
	int out[2], err[2], n = 1, status;
	va_list ap;
	pid_t pid;

	va_start(ap, r);
	while (n < ARGS_MAX && (args[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	r->out_len = r->err_len = 0;
	if (pipe(out) || pipe(err) || (pid = fork()) < 0) {
		e2e_die("pipe or fork");
		return;
	}
	if (pid == 0) {
		close(out[0]);
		close(err[0]);
		fcntl(out[1], F_SETFD, FD_CLOEXEC);
		fcntl(err[1], F_SETFD, FD_CLOEXEC);
		run_child(r, args, out[1], err[1]);
	}
	close(out[1]);
	close(err[1]);
	while ((out[0] >= 0 || err[0] >= 0) && now_ms() < until) {
		struct pollfd fds[2] = { { out[0], POLLIN, 0 }, { err[0], POLLIN, 0 } };

		poll(fds, 2, 100);
		if (fds[0].revents)
			run_read(&out[0], r->out, sizeof r->out, &r->out_len);
		if (fds[1].revents)
			run_read(&err[0], r->err, sizeof r->err, &r->err_len);
	}
	r->out[r->out_len] = r->err[r->err_len] = '\0';
	r->status = 0;
	if (out[0] >= 0 || err[0] >= 0) {
		kill(pid, SIGKILL);
		r->status = -1;
		close(out[0]);
		close(err[0]);
	}
	waitpid(pid, &status, 0);
	if (r->status == 0)
		r->status = e2e_status(status);
}

/* ---- what the system tells of a process */

double cpu_ms(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return -1;
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

/* A field of /proc/PID/statm in KiB. */
static long statm_kib(pid_t pid, int field)
{
	long pages[2] = { -1, -1 };
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%ld %ld", &pages[0], &pages[1]) != 2)
		pages[field] = -1;
	if (f)
		fclose(f);
	return pages[field] < 0 ? -1 : pages[field] * (sysconf(_SC_PAGESIZE) / 1024);
}

long resident_kib(pid_t pid)
{
	return statm_kib(pid, 1);
}

long virtual_kib(pid_t pid)
{
	return statm_kib(pid, 0);
}

int open_files(pid_t pid)
{
	char path[64];
	int n = 0;
	DIR *d;

	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	d = opendir(path);
	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}
