/* heap.c: the product's memory: counted, filled with rubbish, failing when the world says so. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

/* In front of each block; two words of a pointer's size keep it aligned. */
union head {
	struct {
		size_t size, mark;
	} h;
	long double align;
	uint64_t align_too[2];
};

enum { HEAP_MARK = 0x5ca1ab1e, HEAP_FREED = 0x0ddba11 };

size_t heap_live, heap_blocks;
unsigned long heap_calls;

static unsigned rate;
static unsigned long fail_at;

void heap_start(void)
{
	heap_live = heap_blocks = 0;
	heap_calls = fail_at = 0;
	rate = 0;
}

void heap_fail(unsigned per_mille)
{
	rate = per_mille;
}

void heap_fail_at(unsigned long call)
{
	fail_at = call;
}

static void *heap_take(size_t n, int fill)
{
	union head *p;

	heap_calls++;
	if (heap_calls == fail_at || rnd_chance(rate)) {
		TRACE("malloc(%zu) fails", n);
		world.faked++;
		return NULL;
	}
	p = malloc(sizeof *p + n);
	if (!p)
		main_fail("the simulator itself is out of memory");
	memset(p + 1, fill, n);
	p->h.size = n;
	p->h.mark = HEAP_MARK;
	heap_live += n;
	heap_blocks++;
	return p + 1;
}

void *heap_malloc(size_t n)
{
	return heap_take(n, 0xa5);
}

void *heap_calloc(size_t n, size_t size)
{
	CHECK(!size || n <= SIZE_MAX / size, "heap: calloc of more than there are bytes");
	return heap_take(n * size, 0);
}

void *heap_realloc(void *p, size_t n)
{
	union head *h = p;
	void *moved = heap_take(n, 0xa5);

	if (!moved || !p)
		return moved;
	h--;
	memcpy(moved, p, h->h.size < n ? h->h.size : n);
	heap_free(p);
	return moved;
}

void heap_free(void *p)
{
	union head *h = p;

	if (!p)
		return;
	h--;
	CHECK(h->h.mark == HEAP_MARK, "heap: freed twice, or no block of ours");
	h->h.mark = HEAP_FREED;
	heap_live -= h->h.size;
	heap_blocks--;
	memset(p, 0x5a, h->h.size);
	free(h);
}
