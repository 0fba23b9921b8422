/* fuzz.c: cuts, the limits of memory and time, and how a fuzzer fails. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* BYTES_MAX: of an input that are fed one by one. */
enum { BLOCKS_MAX = 1024, TRIES = 3, BYTES_MAX = 2048 };

/* Linked with --wrap: the product's calls come here. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static struct block {
	void *p;
	size_t n;
} blocks[BLOCKS_MAX];
static size_t blocks_count, held, most;
static int counting;
static uint64_t begun, spent, slowest;

void fuzz_fail(const char *file, int line, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* ---- cuts */

void fuzz_cuts_start(struct fuzz_cuts *c, int feed, const uint8_t *data)
{
	c->feed = feed;
	c->random = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
}

uint32_t fuzz_random(struct fuzz_cuts *c, uint32_t below)
{
	c->random = c->random * 1664525u + 1013904223u;
	return (c->random >> 8) % below;
}

size_t fuzz_cut(struct fuzz_cuts *c, size_t left)
{
	size_t piece = left;

	if (c->feed == FUZZ_BYTES)
		return left > BYTES_MAX ? left - BYTES_MAX : 1;
	if (c->feed == FUZZ_PIECES) {
		uint32_t bits = fuzz_random(c, 12);

		piece = 1 + fuzz_random(c, (uint32_t)1 << bits);
	}
	return piece < left ? piece : left;
}

/* ---- memory */

static void *count(void *p, size_t n)
{
	if (!counting || !p)
		return p;
	FUZZ_ASSERT(blocks_count < BLOCKS_MAX);
	FUZZ_ASSERT(n <= most && held <= most - n);
	blocks[blocks_count].p = p;
	blocks[blocks_count++].n = n;
	held += n;
	return p;
}

static void forget(const void *p)
{
	size_t i;

	for (i = blocks_count; i-- > 0;) {
		if (blocks[i].p == p) {
			held -= blocks[i].n;
			blocks[i] = blocks[--blocks_count];
			return;
		}
	}
}

void *__wrap_malloc(size_t n)
{
	return count(__real_malloc(n), n);
}

void *__wrap_calloc(size_t number, size_t n)
{
	return count(__real_calloc(number, n), number * n);
}

void *__wrap_realloc(void *p, size_t n)
{
	forget(p);
	return count(__real_realloc(p, n), n);
}

void __wrap_free(void *p)
{
	if (counting && p)
		forget(p);
	__real_free(p);
}

/* ---- time */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

void fuzz_begin(size_t budget)
{
	blocks_count = held = 0;
	most = budget;
	counting = 1;
	spent = 0;
	begun = now();
}

void fuzz_pause(void)
{
	spent += now() - begun;
	counting = 0;
}

void fuzz_go_on(void)
{
	counting = 1;
	begun = now();
}

void fuzz_end(void)
{
	fuzz_pause();
	if (spent > slowest)
		slowest = spent;
	FUZZ_ASSERT(blocks_count == 0 && held == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *ms = getenv("FUZZ_MS");     /* for machines that are emulated */
	uint64_t limit = 1000 * (ms ? strtoul(ms, NULL, 10) : FUZZ_MS);
	int i;

	if (n < FUZZ_STEER)
		return 0;
	for (i = 0; i < TRIES; i++) {
		slowest = 0;
		fuzz_one(data, n);
		if (slowest <= limit)
			return 0;
	}
	fprintf(stderr, "one call took %lu us\n", (unsigned long)slowest);
	FUZZ_ASSERT(slowest <= limit);
	return 0;
}
