/* fuzz_utf8.c: utf8_check against a decoder without tables, at every cut. */
#include "fuzz.h"
#include "wsrelay.h"

#include <string.h>

/* Whether the text is refused, and if not, if it ends with a whole character: as naive_utf8. */
static int feed(struct fuzz_cuts *cuts, const uint8_t *p, size_t n)
{
	uint32_t state = 0;
	size_t at, piece;
	int verdict = -1;

	fuzz_begin(0);
	for (at = 0; at < n && verdict; at += piece) {
		piece = fuzz_cut(cuts, n - at);
		verdict = utf8_check(&state, p + at, piece) ? 0 : -1;
	}
	fuzz_end();
	return verdict == 0 ? 0 : state == 0 ? 2 : 1;
}

/* The first byte that no text can have is refused with its piece, none before it is. */
static void check_each(const uint8_t *p, size_t n)
{
	enum { EACH_MAX = 512 };
	uint32_t state = 0;
	size_t i;

	for (i = 0; i < n && i < EACH_MAX; i++) {
		int want = naive_utf8(p, i + 1), bad = utf8_check(&state, p + i, 1);

		FUZZ_ASSERT((bad == 0) == (want != 0));
		if (bad)
			break;
		FUZZ_ASSERT((state == 0) == (want == 2));
	}
}

void fuzz_one(const uint8_t *data, size_t n)
{
	const uint8_t *p = data + FUZZ_STEER;
	struct fuzz_cuts cuts;
	int feeds, want;

	n -= FUZZ_STEER;
	want = naive_utf8(p, n);
	for (feeds = 0; feeds < FUZZ_FEEDS; feeds++) {
		fuzz_cuts_start(&cuts, feeds, data);
		FUZZ_ASSERT(feed(&cuts, p, n) == want);
	}
	check_each(p, n);
}
