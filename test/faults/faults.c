/* faults.c: every call of the system that the server makes fails once, in each of its ways.
 *
 * First the calls of one life are counted; then life after life the next one fails. FAULTS=all
 * takes all of them and some that go on failing; otherwise it is a share. */
#include "script.h"
#include "shim_errors.h"

enum { PROGRAM_S = 3600, STICKY_EACH = 4 };

static int all;
static int lives, planted;

static const char *error_name(int error)
{
	static char text[64];

	snprintf(text, sizeof text, "%s", error == SHIM_SHORT ? "short" : strerror(error));
	return text;
}

/* One life with one fault. most: of open descriptors, when that is known. */
static void plant(int call, uint32_t number, int variant, int sticky, int most)
{
	struct script s;
	char text[64];
	int failed;

	snprintf(text, sizeof text, "%s:%u:%d%s", shim_names[call], number, variant,
	         sticky ? ":on" : "");
	memset(&s, 0, sizeof s);
	s.call = text;
	s.sticky = sticky;
	s.harmless = shim_harmless(call, variant);
	s.most = most;
	failed = script_run(&s);
	CHECK(!failed, "%s (%s): %s", text, error_name(shim_error(call, variant)), s.wrong);
	if (failed && !all)
		printf("  its log: %s\n", s.log);
	lives++;
	planted += s.page.failed > 0;
}

/* The call fails from some number on: from the first, sampled others. */
static void plant_for_good(int call, uint32_t count, int most)
{
	uint32_t number, step = (count + STICKY_EACH - 1) / STICKY_EACH;
	/* Nobody is interrupted for ever. */
	int variant = call == CALL_poll || call == CALL_select || call == CALL_epoll_wait;

	for (number = 1; number <= count; number += step)
		if (all || number == 1)
			plant(call, number, variant, 1, most);
}

static void plant_call(int call, uint32_t count, int most)
{
	int variants = shim_variants(call), before = lives, turn = 0, variant;
	uint32_t number, step = 1;

	/* A share: up to six numbers, each with two other errors. */
	if (!all && count > 6)
		step = (count + 5) / 6;
	for (number = 1; number <= count; number += step, turn++)
		for (variant = 0; variant < variants; variant++)
			if (all || (variant - turn) % (variants / 2 + variants % 2) == 0)
				plant(call, number, variant, 0, most);
	/* The signal pipe is read and written: without it nobody can end the server. */
	if (call != CALL_read && call != CALL_write)
		plant_for_good(call, count, most);
	printf("%-12s %4u calls  %4d lives, %d failed so far\n", shim_names[call], count,
	       lives - before, test_failed);
}

/* faults NAME:K:V[:on]: just that one. */
static int alone(char *call)
{
	struct script s;
	int failed;

	memset(&s, 0, sizeof s);
	s.call = call;
	s.sticky = strstr(call, ":on") != NULL;
	failed = script_run(&s);
	printf("%s: %s%d lost, status %d, %d descriptors, %u calls failed\n%s", call, s.wrong,
	       s.lost,
	       s.status, s.files, s.page.failed, s.log);
	return failed != 0;
}

int main(int argc, char **argv)
{
	const char *how = getenv("FAULTS");
	struct script s;
	long long begun = now_ms();
	uint32_t calls = 0;
	int call;

	e2e_start();
	alarm(PROGRAM_S);
	all = how && !strcmp(how, "all");
	if (argc > 1)
		return alone(argv[1]);
	memset(&s, 0, sizeof s);
	CHECK(!script_run(&s), "without a fault: %s\n  its log: %s", s.wrong, s.log);
	if (!s.page.loaded) {
		printf("SKIP faults: LD_PRELOAD does not reach this build (a static one?)\n");
		return test_end();
	}
	CHECK(s.lost == 0 && s.status == 0, "without a fault: %d lost, status %d", s.lost,
	      s.status);
	if (!s.page.count[CALL_malloc])
		printf("SKIP faults of memory: this build has a sanitizer's own, out of reach\n");
	for (call = 0; call < SHIM_COUNT; call++)
		calls += s.page.count[call];
	printf("%u calls of one life may fail; %d descriptors\n", calls, s.files);
	for (call = 0; call < SHIM_COUNT; call++)
		if (s.page.count[call] > 0)
			plant_call(call, s.page.count[call], s.files);
	CHECK(planted > lives / 2, "only %d of %d faults were met", planted, lives);
	printf("%d lives, %d met their fault, %.1f s\n", lives, planted,
	       (double)(now_ms() - begun) / 1000);
	return test_end();
}
