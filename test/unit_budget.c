/* unit_budget.c: blocks out of one sum: sizes, limits, and what is kept for the next. */
#include "core.h"
#include "test.h"

enum { BLOCKS = 64 };

static uint32_t seed = 7;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * n >> 32);
}

static void test_size(void)
{
	static const struct {
		size_t need, most, want;
	} table[] = {
		{ 0, 4096, 512 }, { 1, 4096, 512 }, { 512, 4096, 512 }, { 513, 4096, 1024 },
		{ 2049, 4096, 4096 }, { 4096, 4096, 4096 }, { 3000, 3500, 3500 },
		{ 3500, 3500, 3500 }, { 2048, 2048, 2048 }, { 100, 300, 512 }, { 512, 512, 512 },
		{ 600, 600, 600 }, { 65537, 1 << 20, 131072 }, { 1 << 20, 1 << 20, 1 << 20 },
		{ 524289, 600000, 600000 }
	};
	size_t i, got;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		got = budget_size(table[i].need, table[i].most);
		CHECK(got == table[i].want, "%zu of at most %zu: %zu", table[i].need, table[i].most,
		      got);
	}
}

static size_t kept(const struct budget *b)
{
	size_t sum = 0, class, size = BUDGET_BLOCK_MIN;

	for (class = 0; class < BUDGET_CLASSES; class++, size *= 2) {
		void *k = b->free[class];

		/* A kept block starts with the next one's address. */
		while (k) {
			sum += size;
			memcpy(&k, k, sizeof k);
		}
	}
	return sum;
}

static void test_limit(void)
{
	struct budget b;
	void *p[4];
	int i;

	budget_start(&b, 2048);
	for (i = 0; i < 4; i++) {
		CHECK(budget_fits(&b, 512), "block %d", i);
		p[i] = budget_take(&b, 512);
		CHECK(p[i] != NULL, "block %d", i);
	}
	CHECK(b.used == 2048 && !budget_fits(&b, 1) && !budget_take(&b, 512), "%zu", b.used);
	CHECK(budget_fits(&b, 0), "nothing does not fit");
	budget_give(&b, p[0], 512);
	CHECK(b.used == 1536 && budget_fits(&b, 512) && !budget_fits(&b, 513), "%zu", b.used);
	CHECK(!budget_take(&b, SIZE_MAX) && !budget_take(&b, 2049), "more than there is");
	for (i = 1; i < 4; i++)
		budget_give(&b, p[i], 512);
	CHECK(b.used == 0 && b.kept <= 2048 / 8, "%zu kept", b.kept);
	p[0] = budget_take(&b, 2048);
	CHECK(p[0] && b.used == 2048 && b.kept == 0, "%zu used, %zu kept", b.used, b.kept);
	budget_give(&b, p[0], 2048);
	budget_stop(&b);
	CHECK(b.kept == 0 && b.used == 0, "%zu", b.kept);
}

/* A block of a size that is kept comes back at once. */
static void test_kept(void)
{
	struct budget b;
	void *p, *q;
	size_t size, class = 0;

	budget_start(&b, 1 << 20);
	for (size = BUDGET_BLOCK_MIN; size <= 65536; size *= 2, class++) {
		p = budget_take(&b, size);
		budget_give(&b, p, size);
		CHECK(b.kept == kept(&b) && b.free[class] == p, "%zu", size);
		q = budget_take(&b, size);
		CHECK(p == q, "%zu", size);
		budget_give(&b, q, size);
	}
	CHECK(class == BUDGET_CLASSES, "%zu", class);
	p = budget_take(&b, 70000);
	size = b.kept;
	budget_give(&b, p, 70000);
	CHECK(b.kept == size, "an odd size is kept");
	budget_stop(&b);
}

/* Blocks come and go; each is filled to its last byte, and the sums are right all the time. */
static void test_random(size_t limit)
{
	static const size_t sizes[] = { 512, 600, 1024, 4096, 5000, 16384, 65536, 70000 };
	struct {
		uint8_t *p;
		size_t size;
	} block[BLOCKS] = { { NULL, 0 } };
	size_t sum = 0, i, step;
	struct budget b;

	budget_start(&b, limit);
	for (step = 0; step < 20000; step++) {
		i = rnd(BLOCKS);
		if (block[i].p) {
			CHECK(block[i].p[0] == (uint8_t)i &&
			      block[i].p[block[i].size - 1] == (uint8_t)i,
			      "block %zu was overwritten", i);
			budget_give(&b, block[i].p, block[i].size);
			sum -= block[i].size;
			block[i].p = NULL;
		} else {
			size_t size = sizes[rnd(8)];

			block[i].p = budget_take(&b, size);
			block[i].size = size;
			CHECK((block[i].p != NULL) == (size <= limit - sum), "%zu of %zu", size,
			      limit - sum);
			if (!block[i].p)
				continue;
			sum += size;
			memset(block[i].p, (int)i, size);
		}
		CHECK(b.used == sum && b.kept == kept(&b) && b.kept <= limit - sum, "%zu %zu",
		      b.used, b.kept);
	}
	for (i = 0; i < BLOCKS; i++)
		if (block[i].p)
			budget_give(&b, block[i].p, block[i].size);
	CHECK(b.used == 0, "%zu", b.used);
	budget_stop(&b);
}

int main(void)
{
	test_size();
	test_limit();
	test_kept();
	test_random(4096);
	test_random(100000);
	test_random(1 << 20);
	return test_end();
}
