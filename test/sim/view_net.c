/* view_net.c: the product's net.c, and how the next world starts as a new process would. */
#include "../../net.c"

void view_net_reset(void);
int view_net_resting(void);

void view_net_reset(void)
{
	if (reserve >= 0)
		close(reserve);
	memset(listeners, 0, sizeof listeners);
	reserve = -1;
	said_at = 0;
	count = 0;
}

int view_net_resting(void)
{
	int i, n = 0;

	for (i = 0; i < count; i++)
		n += listeners[i].rest_until != 0;
	return n;
}
