/* utf8.c: checks text as it comes, in pieces of any size (RFC 3629). */
#include "wsrelay.h"

#include <string.h>

/* A state says what the next byte must be: how many bytes the character still needs (bits 0 to 7),
 * the least (8 to 15) and the greatest (16 to 23) value. Bounds narrower than 80..BF come in a
 * second byte only: they keep out overlong forms, surrogates and all past U+10FFFF. */
#define NEED(bytes, least, greatest) \
	((uint32_t)(bytes) | (uint32_t)(least) << 8 | (uint32_t)(greatest) << 16)

/* The state after a character's first byte that is not ASCII; 0 if no character starts so. */
static uint32_t first_byte(uint8_t c)
{
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c < 0xe0)
		return NEED(1, 0x80, 0xbf);
	if (c < 0xf0)
		return NEED(2, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf);
	return NEED(3, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf);
}

/* How many bytes at p are ASCII before the first that is not. The high bits of a word are tested
 * together, which needs no byte order. */
static size_t ascii_run(const uint8_t *p, size_t n)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t w;
	size_t i = 0;

	for (; n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, p + i, sizeof w);
		if (w & high)
			break;
	}
	while (i < n && p[i] < 0x80)
		i++;
	return i;
}

int utf8_check(uint32_t *state, const void *data, size_t n)
{
	const uint8_t *p = data;
	uint32_t s = *state;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i];

		if (s) {
			if (c < (s >> 8 & 0xff) || c > (s >> 16 & 0xff))
				return -1;
			s = (s & 0xff) > 1 ? NEED((s & 0xff) - 1, 0x80, 0xbf) : 0;
		} else if (c < 0x80) {
			i += ascii_run(p + i, n - i) - 1;
		} else {
			s = first_byte(c);
			if (!s)
				return -1;
		}
	}
	*state = s;
	return 0;
}
