/* view_loop.c: the product's loop.c, and how the next world starts as a new process would. */
#include "../../loop.c"

void view_loop_reset(void);

void view_loop_reset(void)
{
	lost = last = 0;
}
