/* base64.c: bytes as text and back (RFC 4648 section 4). */
#include "wsrelay.h"

#include <limits.h>

size_t base64_encode(char *text, const void *data, size_t n)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = data;
	char *out = text;

	for (size_t i = 0; i < n; i += 3) {
		size_t have = n - i;
		uint32_t v = (uint32_t)p[i] << 16;

		if (have > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (have > 2)
			v |= p[i + 2];
		*out++ = alphabet[v >> 18];
		*out++ = alphabet[v >> 12 & 63];
		*out++ = have > 1 ? alphabet[v >> 6 & 63] : '=';
		*out++ = have > 2 ? alphabet[v & 63] : '=';
	}
	return (size_t)(out - text);
}

/* The six bits of a character, or -1. */
static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int base64_decode(uint8_t *data, size_t room, const char *text, size_t n)
{
	size_t pad = 0, size;
	uint32_t v = 0;

	if (n % 4 || n > INT_MAX)
		return -1;
	while (pad < 2 && pad < n && text[n - 1 - pad] == '=')
		pad++;
	size = n / 4 * 3 - pad;
	if (size > room)
		return -1;
	for (size_t i = 0, out = 0; i < n; i++) {
		int bits = i < n - pad ? value(text[i]) : 0;

		if (bits < 0)
			return -1;
		v = v << 6 | (uint32_t)bits;
		if (i % 4 && out < size)
			data[out++] = (uint8_t)(v >> (6 - 2 * (i % 4)));
	}
	if (v & ((1u << 8 * pad) - 1))
		return -1;
	return (int)size;
}
