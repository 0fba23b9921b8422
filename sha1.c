/* sha1.c: the SHA-1 digest that the opening handshake asks for (FIPS 180-4 section 6.1.3). */
#include "wsrelay.h"

#include <string.h>

enum { BLOCK = 64 };

static uint32_t rotate(uint32_t x, int bits)
{
	return x << bits | x >> (32 - bits);
}

static uint32_t load(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The schedule W[80] needs only its last 16 words, so it goes round in w. */
static void add_block(uint32_t h[5], const uint8_t *p)
{
	static const uint32_t k[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f, t, w[16];

	for (int i = 0; i < 80; i++) {
		if (i < 16)
			w[i] = load(p + 4 * i);
		else
			w[i & 15] = rotate(w[(i + 13) & 15] ^ w[(i + 8) & 15] ^
					w[(i + 2) & 15] ^ w[i & 15], 1);
		if (i < 20)
			f = (b & c) | (~b & d);
		else if (i >= 40 && i < 60)
			f = (b & c) | (b & d) | (c & d);
		else
			f = b ^ c ^ d;
		t = rotate(a, 5) + f + e + k[i / 20] + w[i & 15];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void sha1(uint8_t digest[20], const void *data, size_t n)
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	const uint8_t *p = data;
	uint8_t tail[2 * BLOCK] = { 0 };
	size_t rest = n % BLOCK, size = rest + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
	uint64_t bits = (uint64_t)n << 3;

	for (size_t i = 0; i < n - rest; i += BLOCK)
		add_block(h, p + i);
	if (rest)
		memcpy(tail, p + (n - rest), rest);
	tail[rest] = 0x80;
	for (size_t i = 0; i < 8; i++)
		tail[size - 1 - i] = (uint8_t)(bits >> (8 * i));
	for (size_t i = 0; i < size; i += BLOCK)
		add_block(h, tail + i);
	for (int i = 0; i < 20; i++)
		digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}
