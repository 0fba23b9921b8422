/* plant.c: servers of the end-to-end tests with the shim of planted faults in them. */
#include "plant.h"

#include <fcntl.h>

struct shim_page *plant_page;

static char shim_file[1100], page_file[160], fault_call[64], fault_share[16], fault_seed[16];
static char fault_clock[32];

static void set(const char *name, const char *value)
{
	if (*value)
		setenv(name, value, 1);
}

static void plant_child(void)
{
	const char *options = getenv("ASAN_OPTIONS");
	char text[512];

	/* The sanitizers want to be the first that is loaded; with this they need not. */
	snprintf(text, sizeof text, "%.400s%sverify_asan_link_order=0", options ? options : "",
	         options ? ":" : "");
	set("ASAN_OPTIONS", text);
	set("LD_PRELOAD", shim_file);
	set("FAULT_PAGE", page_file);
	set("FAULT_CALL", fault_call);
	set("FAULT_SHARE", fault_share);
	set("FAULT_SEED", fault_seed);
	set("FAULT_CLOCK", fault_clock);
}

void plant_prepare(struct server *s, const char *call, unsigned share, unsigned seed,
                   long long clock)
{
	void *map;
	int fd;

	if (!*s->dir)
		e2e_folder(s->dir);
	if (!*shim_file && getcwd(shim_file, sizeof shim_file - 32))
		strcat(shim_file, "/test/faults/shim.so");
	snprintf(page_file, sizeof page_file, "%s/faults", s->dir);
	snprintf(fault_call, sizeof fault_call, "%s", call ? call : "");
	snprintf(fault_share, sizeof fault_share, "%u", share);
	snprintf(fault_seed, sizeof fault_seed, "%u", seed);
	*fault_clock = '\0';
	if (clock)
		snprintf(fault_clock, sizeof fault_clock, "%lld", clock);
	if (plant_page)
		munmap(plant_page, sizeof *plant_page);
	fd = open(page_file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, (off_t)sizeof *plant_page))
		e2e_die(page_file);
	map = mmap(NULL, sizeof *plant_page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		e2e_die("mmap");
	close(fd);
	plant_page = map;
	s->in_child = plant_child;
}

int plant_works(const char *what)
{
	if (plant_page->loaded)
		return 1;
	printf("SKIP %s: LD_PRELOAD does not reach this build (a static one?)\n", what);
	return 0;
}
