/* frames_make.c: makes frames that are nearly right out of few bytes: four for each. */
#include "frames_model.h"

#include <string.h>

enum { BYTES = 4, HEAD_MAX = 14 };

static const uint8_t ops[] = { 0, 1, 2, 8, 9, 10, 0, 1, 2, 0, 3, 11 };

/* Payloads, repeated; they start anywhere in it. */
static const struct {
	const char *text;
	size_t n;
} pieces[] = {
	{ "a", 1 }, { "\xc3\xa9", 2 }, { "\xe2\x82\xac", 3 }, { "\xf0\x9f\x98\x80", 4 },
	{ "ab\xc2\x80", 4 }, { "\xed\xa0\x80", 3 }, { "\xf4\x90\x80\x80", 4 }, { "\xff", 1 },
	{ "\x03\xe8", 2 }, { "\x03\xe8ok", 4 }, { "\x03\xec", 2 }, { "\x03\xee", 2 },
	{ "\x03\xf6", 2 }, { "\x03\xf7", 2 }, { "\x0b\xb7", 2 }, { "\x0b\xb8x", 3 },
	{ "\x13\x87", 2 }, { "\x13\x88", 2 }, { "\x03\xe7", 2 }, { "\x03\xe8\xe2\x82", 4 }
};

static uint64_t length(uint8_t choice, uint8_t other, uint32_t max)
{
	const uint64_t most = UINT64_MAX, lengths[] = {
		0, 1, 2, 3, 4, 5, 124, 125, 126, 127, max - 1, max, (uint64_t)max + 1, max / 2,
		65535, 65536, other, other, most >> 32, (most >> 32) + 1 + other, most >> 1, most,
		most - other
	};

	return lengths[choice % (sizeof lengths / sizeof *lengths)];
}

/* The header of a frame; form 2 and 3 are the long lengths, whether they are needed or not. */
static size_t head(uint8_t *out, const uint8_t *d, uint64_t len)
{
	int form = d[2] & 3;
	size_t wide = form == 3 || len > 65535 ? 8 : form == 2 || len > 125 ? 2 : 0, i;

	out[0] = (uint8_t)((d[0] & 16 ? 0 : 0x80) | (d[0] >> 5 == 7 ? 0x40 : 0) |
			   ops[d[0] % sizeof ops]);
	out[1] = (uint8_t)((d[2] >> 2 == 63 ? 0 : 0x80) |
			   (wide == 8 ? 127 : wide == 2 ? 126 : len));
	for (i = 0; i < wide; i++)
		out[2 + i] = (uint8_t)(len >> 8 * (wide - 1 - i));
	for (i = 0; i < 4; i++)
		out[2 + wide + i] = (uint8_t)(d[2] & 4 ? d[2] * (i + 3) : 0);
	return 2 + wide + 4;
}

size_t model_make(uint8_t *out, size_t room, const uint8_t *p, size_t n, uint32_t max)
{
	size_t used = 0, at, i;

	for (at = 0; at + BYTES <= n; at += BYTES) {
		const uint8_t *d = p + at, which = d[3] % (sizeof pieces / sizeof *pieces);
		uint64_t len = length(d[1], d[3], max);
		const uint8_t *mask;

		if (room - used < HEAD_MAX)
			break;
		used += head(out + used, d, len);
		/* More than there can be is only claimed. */
		if (len > room - used)
			continue;
		mask = out + used - 4;
		for (i = 0; i < len; i++)
			out[used + i] = mask[i % 4] ^ (uint8_t)
				pieces[which].text[(i + (d[3] >> 6)) % pieces[which].n];
		used += (size_t)len;
	}
	/* What is left is the start of one that never comes whole. */
	for (; at < n && used < room; at++)
		out[used++] = p[at];
	return used;
}
