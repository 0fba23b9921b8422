/* naive.c: UTF-8, SHA-1 and base64 once more, as plainly as can be, to compare with. */
#include "fuzz.h"

#include <string.h>

/* ---- RFC 3629: by the value of the character, not by its bytes */

/* Whether one of the values from low to high is a character that needs `bytes` bytes. */
static int has_character(uint32_t low, uint32_t high, int bytes)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (low < least[bytes])
		low = least[bytes];
	if (high > 0x10ffff)
		high = 0x10ffff;
	if (low >= 0xd800 && low <= 0xdfff)
		low = 0xe000;
	return low <= high;
}

int naive_utf8(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n) {
		uint8_t c = p[i++];
		int bytes = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 :
			    (c & 0xf8) == 0xf0 ? 4 : 0, more;
		uint32_t value = bytes == 1 ? c : c & (0xffu >> (bytes + 1));

		if (!bytes)
			return 0;
		for (more = bytes - 1; more > 0 && i < n; more--) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			value = value << 6 | (p[i++] & 0x3fu);
			/* What the rest can still make of it. */
			if (!has_character(value << 6 * (more - 1),
					   ((value + 1) << 6 * (more - 1)) - 1, bytes))
				return 0;
		}
		if (more > 0)
			return has_character(value << 6 * more, ((value + 1) << 6 * more) - 1,
					     bytes);
		if (!has_character(value, value, bytes))
			return 0;
	}
	return 2;
}

/* ---- FIPS 180-4 */

static uint32_t turn(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static void sha1_block(uint32_t h[5], const uint8_t *p)
{
	static const uint32_t k[4] = { 0x5a827999u, 0x6ed9eba1u, 0x8f1bbcdcu, 0xca62c1d6u };
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	int t;

	for (t = 0; t < 16; t++)
		w[t] = (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 |
		       (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3];
	for (; t < 80; t++)
		w[t] = turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (t = 0; t < 80; t++) {
		uint32_t f = t < 20 ? (b & c) | (~b & d) : t < 40 || t >= 60 ? b ^ c ^ d :
			     (b & c) | (b & d) | (c & d);
		uint32_t next = turn(a, 5) + f + e + k[t / 20] + w[t];

		e = d;
		d = c;
		c = turn(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void naive_sha1(uint8_t digest[20], const uint8_t *data, size_t n)
{
	uint32_t h[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
	uint8_t last[128];
	size_t i, whole = n / 64 * 64, rest = n - whole, end = rest < 56 ? 64 : 128;

	for (i = 0; i < whole; i += 64)
		sha1_block(h, data + i);
	memset(last, 0, sizeof last);
	if (rest)
		memcpy(last, data + whole, rest);
	last[rest] = 0x80;
	for (i = 0; i < 8; i++)
		last[end - 1 - i] = (uint8_t)((uint64_t)n * 8 >> 8 * i);
	for (i = 0; i < end; i += 64)
		sha1_block(h, last + i);
	for (i = 0; i < 20; i++)
		digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- RFC 4648: bit by bit */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void naive_base64(char *text, const uint8_t *data, size_t n)
{
	size_t bit, i;
	unsigned value = 0;

	for (bit = 0; bit < 8 * n || bit % 6; bit++) {
		value = value << 1 | (bit < 8 * n ? data[bit / 8] >> (7 - bit % 8) & 1u : 0u);
		if (bit % 6 == 5) {
			*text++ = alphabet[value];
			value = 0;
		}
	}
	for (i = n; i % 3; i++)
		*text++ = '=';
	*text = 0;
}

int naive_unbase64(uint8_t *data, size_t *len, const char *text, size_t n)
{
	size_t bit = 0, i, k;

	while (n % 4 == 0 && n && bit < 2 && text[n - 1 - bit] == '=')
		bit++;
	*len = n / 4 * 3 - bit;
	if (n % 4)
		return 0;
	memset(data, 0, n / 4 * 3);
	for (i = 0; i < n - bit; i++) {
		const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!at)
			return 0;
		for (k = 0; k < 6; k++)
			if ((at - alphabet) >> (5 - k) & 1)
				data[(6 * i + k) / 8] |= (uint8_t)(0x80 >> (6 * i + k) % 8);
	}
	/* The bits behind the last byte are unused, so zero. */
	for (i = *len; i < n / 4 * 3; i++)
		if (data[i])
			return 0;
	return 1;
}
