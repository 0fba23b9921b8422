/* test.h: the harness of the unit tests: one program a file, each check counted.
 *
 * A program ends with `return test_end();`, whose line test/run.sh adds up. */
#ifndef TEST_H
#define TEST_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int test_passed, test_failed;

/* Counts a check; a failure says where and what. Later checks go on. */
#define CHECK(cond, ...) test_check((cond) ? 1 : 0, __FILE__, __LINE__, #cond, __VA_ARGS__)

#define test_check(ok, file, line, text, ...) \
	do { \
		if (ok) { \
			test_passed++; \
		} else { \
			test_failed++; \
			printf("%s:%d: failed: %s: ", file, line, text); \
			printf(__VA_ARGS__); \
			putchar('\n'); \
		} \
	} while (0)

/* A copy of n bytes whose end touches a page that may not be read: one byte too far is a crash.
 * Give it back with test_unguard. */
static inline uint8_t *test_guard(const void *data, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (n / page + 2) * page;
	uint8_t *map = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room - page, page, PROT_NONE)) {
		perror("test_guard");
		exit(2);
	}
	if (n)
		memcpy(map + room - page - n, data, n);
	return map + room - page - n;
}

static inline void test_unguard(uint8_t *copy, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (n / page + 2) * page;

	munmap(copy + n - (room - page), room);
}

static inline int test_end(void)
{
	printf("%d passed, %d failed\n", test_passed, test_failed);
	return test_failed != 0;
}

#endif
