/* hold.c: who holds memory of the budget, and who loses it when there is no more. */
#include "core.h"

void hold_on(struct conn *c)
{
	struct hub *h = c->hub;

	if (c->holding)
		return;
	c->holding = 1;
	c->newer = NULL;
	c->older = h->newest;
	if (h->newest)
		h->newest->newer = c;
	else
		h->oldest = c;
	h->newest = c;
}

void hold_off(struct conn *c)
{
	struct hub *h = c->hub;

	if (!c->holding || c->in || c->out || c->raw || c->sealed)
		return;
	c->holding = 0;
	if (c->older)
		c->older->newer = c->newer;
	else
		h->oldest = c->newer;
	if (c->newer)
		c->newer->older = c->older;
	else
		h->newest = c->older;
}

void *hold_grow(struct conn *c, void *block, size_t had, size_t size, int may_evict)
{
	struct hub *h = c->hub;
	size_t more = size - had;
	int state = c->state;
	void *bigger;

	/* Nobody is to go for what cannot fit beside c's own. */
	if (more > h->budget.limit - c->held)
		return NULL;
	while (may_evict && !budget_fits(&h->budget, more) && h->oldest && c->state == state)
		conn_evict(h->oldest);
	/* When that was c, the block may be gone with it. */
	bigger = c->state == state ? budget_grow(&h->budget, block, had, size) : NULL;
	if (bigger)
		c->held += (uint32_t)more;
	return bigger;
}

void hold_give(struct conn *c, void *block, size_t size)
{
	c->held -= (uint32_t)size;
	budget_give(&c->hub->budget, block, size);
}
