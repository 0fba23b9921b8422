/* budget.c: the memory of everything that waits: blocks out of one fixed sum. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* Freed blocks kept at hand take at most this share of the limit. */
enum { BUDGET_KEPT_SHARE = 8 };

/* A block while it is kept. */
struct kept {
	struct kept *next;
};

void budget_start(struct budget *b, size_t limit)
{
	memset(b, 0, sizeof *b);
	b->limit = limit;
}

/* The list that keeps blocks of this size; BUDGET_CLASSES when they are not kept. */
static size_t budget_class(size_t size)
{
	size_t class = 0, s = BUDGET_BLOCK_MIN;

	while (class < BUDGET_CLASSES && s != size) {
		s *= 2;
		class++;
	}
	return class;
}

static void budget_trim(struct budget *b, size_t kept)
{
	size_t class, size = BUDGET_BLOCK_MIN;

	for (class = 0; class < BUDGET_CLASSES; class++, size *= 2) {
		while (b->kept > kept && b->free[class]) {
			struct kept *k = b->free[class];

			b->free[class] = k->next;
			b->kept -= size;
			free(k);
		}
	}
}

void budget_stop(struct budget *b)
{
	budget_trim(b, 0);
}

size_t budget_size(size_t need, size_t most)
{
	size_t size = BUDGET_BLOCK_MIN;

	while (size < need)
		size *= 2;
	return size > most && size > BUDGET_BLOCK_MIN ? most : size;
}

int budget_fits(const struct budget *b, size_t size)
{
	return size <= b->limit - b->used;
}

void *budget_take(struct budget *b, size_t size)
{
	size_t class = budget_class(size);
	struct kept *k = class < BUDGET_CLASSES ? b->free[class] : NULL;
	void *block = k;

	if (!budget_fits(b, size))
		return NULL;
	if (k) {
		b->free[class] = k->next;
		b->kept -= size;
	} else {
		size_t spare = b->limit - b->used - size;

		if (b->kept > spare)
			budget_trim(b, spare);
		block = malloc(size);
		if (!block)
			return NULL;
	}
	b->used += size;
	return block;
}

void *budget_grow(struct budget *b, void *block, size_t had, size_t size)
{
	size_t more = size - had;
	void *bigger;

	if (!block)
		return budget_take(b, size);
	/* Small ones change places, so that none of them ever needs malloc() twice. */
	if (budget_class(size) < BUDGET_CLASSES && (bigger = budget_take(b, size))) {
		memcpy(bigger, block, had);
		budget_give(b, block, had);
		return bigger;
	}
	if (!budget_fits(b, more))
		return NULL;
	if (b->kept > b->limit - b->used - more)
		budget_trim(b, b->limit - b->used - more);
	bigger = realloc(block, size);
	if (bigger)
		b->used += more;
	return bigger;
}

void budget_give(struct budget *b, void *block, size_t size)
{
	size_t class = budget_class(size);

	b->used -= size;
	if (class < BUDGET_CLASSES && b->kept + size <= b->limit / BUDGET_KEPT_SHARE) {
		struct kept *k = block;

		k->next = b->free[class];
		b->free[class] = k;
		b->kept += size;
	} else {
		free(block);
	}
}
