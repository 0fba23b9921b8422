/* unit_sha1.c: tests of sha1.c against RFC 3174 and digests made with coreutils' sha1sum. */
#include "wsrelay.h"
#include "test.h"

static const struct {
	const char *text, *digest;
} rfc3174[] = {
	{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
};

/* The digests of so many 'a': lengths around the edges of one and two blocks. */
static const struct {
	size_t n;
	const char *digest;
} repeated[] = {
	{ 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
	{ 1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8" },
	{ 54, "b05d71c64979cb95fa74a33cdb31a40d258ae02e" },
	{ 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
	{ 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699" },
	{ 57, "f08f24908d682555111be7ff6f004e78283d989a" },
	{ 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5" },
	{ 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
	{ 65, "11655326c708d70319be2610e8a57d9a5b959d3b" },
	{ 119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56" },
	{ 120, "f34c1488385346a55709ba056ddd08280dd4c6d6" },
	{ 121, "fa6b5a6f8ac27182f838fe7841ec6d2aef3ade29" },
	{ 127, "89d95fa32ed44a7c610b7ee38517ddf57e0bb975" },
	{ 128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0" },
	{ 129, "d96debf1bdcbc896e6c134ea76e8141f40d78536" },
	{ 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f" },        /* RFC 3174, TEST3 */
};

static void expect(const char *name, const void *data, size_t n, const char *want)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[20], *copy = test_guard(data, n);
	char text[41];

	sha1(digest, copy, n);
	test_unguard(copy, n);
	for (size_t i = 0; i < sizeof digest; i++) {
		text[2 * i] = hex[digest[i] >> 4];
		text[2 * i + 1] = hex[digest[i] & 15];
	}
	text[40] = 0;
	CHECK(!strcmp(text, want), "%s, %zu bytes: %s, not %s", name, n, text, want);
}

int main(void)
{
	static uint8_t data[1000000];

	for (size_t i = 0; i < sizeof rfc3174 / sizeof *rfc3174; i++)
		expect("text", rfc3174[i].text, strlen(rfc3174[i].text), rfc3174[i].digest);
	for (size_t i = 0; i < 640; i++)        /* RFC 3174, TEST4 */
		data[i] = (uint8_t)('0' + i % 8);
	expect("digits", data, 640, "dea356a2cddd90c7a7ecedc5ebb563934f460452");
	for (size_t i = 0; i < 256; i++)
		data[i] = (uint8_t)i;
	expect("all bytes", data, 256, "4916d6bdb7f78e6803698cab32d1586ea457dfc8");
	memset(data, 'a', sizeof data);
	for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
		expect("repeated a", data, repeated[i].n, repeated[i].digest);
	return test_end();
}
