/* random.c: bytes that nobody can predict, for keys, masks and jitter. */
#include "client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Read in blocks: a mask needs four bytes, and there may be many of them. The file stays open, so
 * that nothing can take it away later. */
static uint8_t block[256];
static size_t left;
static int file = -1;

int random_start(void)
{
	if (file < 0)
		file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	return file < 0 ? -1 : 0;
}

static void random_read(void)
{
	while (left < sizeof block) {
		ssize_t n = read(file, block + left, sizeof block - left);

		if (n > 0) {
			left += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			log_line(LOG_LEVEL_ERROR, "cannot read /dev/urandom: %s", strerror(errno));
			exit(EXIT_COULD_NOT_TRY);
		}
	}
}

void random_bytes(void *out, size_t n)
{
	uint8_t *p = out;

	while (n--) {
		if (!left)
			random_read();
		*p++ = block[--left];
		/* What was used as a mask is nobody's business any more. */
		block[left] = 0;
	}
}
