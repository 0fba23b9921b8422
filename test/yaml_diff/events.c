/* events.c: prints what yaml_mini finds in many files: the other half of yaml_diff.py.
 *
 * In: each file as its length (4 bytes, big end first) and its bytes. Out: a line an entry, a line
 * "." behind each file: TYPE DEPTH QUOTED KEY VALUE in hexadecimal, or ! AT LINE COLUMN ERROR. */
#include "wsrelay.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, ERRORS_MAX = 50 };

static char text[FILE_MAX];

static void hex(const char *s, size_t n)
{
	size_t i;

	putchar(' ');
	putchar('x');
	for (i = 0; i < n; i++)
		printf("%02x", (unsigned)(uint8_t)s[i]);
}

/* The key or "[]" that an entry has, without the quotes of the path. */
static void name(const struct yaml *y)
{
	const char *s = y->path + y->name;
	size_t n = strlen(s);

	if (n >= 2 && *s == '"')
		hex(s + 1, n - 2);
	else
		hex(s, n);
}

/* A text in a block of its own length, for the checkers of memory. */
static void events(size_t n)
{
	static const char types[] = ".VESL";
	static struct yaml y;
	char *copy = malloc(n ? n : 1);
	unsigned line, column;
	int found, errors = 0;

	if (!copy)
		exit(2);
	memcpy(copy, text, n);
	yaml_start(&y, copy, n);
	while ((found = yaml_next(&y)) != YAML_END) {
		if (found != YAML_ERROR) {
			printf("%c %d %d", types[found], y.depth, found == YAML_VALUE && y.quoted);
			name(&y);
			hex(y.value, found == YAML_VALUE ? strlen(y.value) : 0);
			putchar('\n');
		} else if (errors++ < ERRORS_MAX) {
			yaml_where(copy, y.at, &line, &column);
			printf("! %lu %u %u %s\n", (unsigned long)y.at, line, column, y.error);
		}
	}
	puts(".");
	free(copy);
}

int main(void)
{
	uint8_t head[4];
	size_t n;

	while (fread(head, 1, 4, stdin) == 4) {
		n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
		if (n > FILE_MAX || fread(text, 1, n, stdin) != n)
			return 2;
		events(n);
	}
	return ferror(stdin) || fflush(stdout) ? 2 : 0;
}
