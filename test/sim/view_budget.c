/* view_budget.c: the product's budget.c, and a look at the blocks that it keeps. */
#include "../../budget.c"

size_t view_budget_kept(const struct budget *b);

size_t view_budget_kept(const struct budget *b)
{
	size_t class, size = BUDGET_BLOCK_MIN, sum = 0;

	for (class = 0; class < BUDGET_CLASSES; class++, size *= 2) {
		const struct kept *k;

		for (k = b->free[class]; k; k = k->next)
			sum += size;
	}
	return sum;
}
