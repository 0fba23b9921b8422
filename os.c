/* os.c: what the system does for a process: descriptors, limits, usage. */
#include "wsrelay.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

int os_standard_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
		if (fd < 0)
			return -1;
	} while (fd <= STDERR_FILENO);
	close(fd);
	return 0;
}

size_t os_limit_files(size_t files, size_t most)
{
	struct rlimit r;
	rlim_t want = files < most ? files : most;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return files;
	if (r.rlim_cur < want || r.rlim_cur > most) {
		r.rlim_cur = r.rlim_max == RLIM_INFINITY || want < r.rlim_max ? want : r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
		getrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur < SIZE_MAX ? (size_t)r.rlim_cur : SIZE_MAX;
}

int os_nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC) ? -1 : 0;
}

uint64_t os_cpu_micros(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u))
		return 0;
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Linux tells in /proc; elsewhere there is nothing portable to ask. */
int os_usage(uint64_t *resident, uint64_t *files)
{
	unsigned long long pages;
	char text[128];
	ssize_t n;
	DIR *d;
	int fd = open("/proc/self/statm", O_RDONLY);

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	if (sscanf(text, "%*u %llu", &pages) != 1)
		return -1;
	d = opendir("/proc/self/fd");
	if (!d)
		return -1;
	for (*files = 0; readdir(d); )
		++*files;
	closedir(d);
	/* Less ".", ".." and the descriptor that read the folder. */
	*files -= 3;
	*resident = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}
