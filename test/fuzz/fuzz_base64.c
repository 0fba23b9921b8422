/* fuzz_base64.c: strict both ways: what is decoded gives the same text again, and the reverse. */
#include "fuzz.h"
#include "wsrelay.h"

#include <string.h>

enum { TEXT_MAX = 1 << 16, BYTES_MAX = TEXT_MAX / 4 * 3 };

/* Whole, or in pieces of whole groups: padding may stand in the last one only. */
static int decode(struct fuzz_cuts *cuts, uint8_t *out, size_t room, const char *text, size_t n)
{
	size_t at, piece, used = 0;

	for (at = 0; at < n || n == 0; at += piece) {
		int got;

		piece = n ? fuzz_cut(cuts, n - at) : 0;
		piece = (piece + 3) / 4 * 4 < n - at ? (piece + 3) / 4 * 4 : n - at;
		got = base64_decode(out + used, room - used, text + at, piece);
		if (got < 0 || n == 0)
			return got;
		/* Padding before the end: the next piece would not join. */
		if (at + piece < n && (size_t)got != piece / 4 * 3)
			return -1;
		used += (size_t)got;
	}
	return (int)used;
}

static void check_text(const uint8_t *steer, const char *text, size_t n)
{
	static uint8_t want[BYTES_MAX + 3], got[BYTES_MAX + 3];
	static char again[TEXT_MAX + 5];
	struct fuzz_cuts cuts;
	size_t len, room;
	int feed, good = naive_unbase64(want, &len, text, n), result;

	for (feed = 0; feed < FUZZ_FEEDS; feed++) {
		fuzz_cuts_start(&cuts, feed, steer);
		fuzz_begin(0);
		result = decode(&cuts, got, sizeof got, text, n);
		fuzz_end();
		FUZZ_ASSERT(result == (good ? (int)len : -1));
		FUZZ_ASSERT(!good || !memcmp(got, want, len));
	}
	if (!good)
		return;
	FUZZ_ASSERT(base64_encode(again, got, len) == n && !memcmp(again, text, n));
	/* Room that is short by one byte, or just enough, with a byte behind it that must stay. */
	room = steer[FUZZ_OPTION] & 1 && len ? len - 1 : len;
	got[room] = 0xa5;
	result = base64_decode(got, room, text, n);
	FUZZ_ASSERT(result == (room < len ? -1 : (int)len) && got[room] == 0xa5);
}

static void check_bytes(const uint8_t *steer, const uint8_t *data, size_t n)
{
	static char want[TEXT_MAX + 5], got[TEXT_MAX + 5];
	static uint8_t back[BYTES_MAX + 3];
	struct fuzz_cuts cuts;
	size_t at, piece, used;
	int feed;

	naive_base64(want, data, n);
	for (feed = 0; feed < FUZZ_FEEDS; feed++) {
		fuzz_cuts_start(&cuts, feed, steer);
		fuzz_begin(0);
		for (at = used = 0; at < n; at += piece) {
			piece = fuzz_cut(&cuts, n - at);
			piece = (piece + 2) / 3 * 3 < n - at ? (piece + 2) / 3 * 3 : n - at;
			used += base64_encode(got + used, data + at, piece);
		}
		fuzz_end();
		FUZZ_ASSERT(used == strlen(want) && !memcmp(got, want, used));
	}
	FUZZ_ASSERT(base64_decode(back, n, want, strlen(want)) == (int)n && !memcmp(back, data, n));
}

void fuzz_one(const uint8_t *data, size_t n)
{
	const uint8_t *p = data + FUZZ_STEER;

	n -= FUZZ_STEER;
	if (n > BYTES_MAX)
		n = BYTES_MAX;
	check_text(data, (const char *)p, n);
	check_bytes(data, p, n);
}
