/* rnd.c: one seed, one world: the only source of chance. */
#include "sim.h"

static uint64_t state;

void rnd_start(uint64_t seed)
{
	state = seed * 0xd1342543de82ef95u + 0x2545f4914f6cdd1du;
}

/* SplitMix64. */
uint64_t rnd_next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

size_t rnd_below(size_t n)
{
	return (size_t)((rnd_next() >> 32) * n >> 32);
}

size_t rnd_between(size_t least, size_t most)
{
	return least + rnd_below(most - least + 1);
}

int rnd_chance(unsigned per_mille)
{
	return per_mille && rnd_below(1000) < per_mille;
}
