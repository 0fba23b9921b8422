/* unit_base64.c: tests of base64.c against RFC 4648 and coreutils' base64. */
#include "wsrelay.h"
#include "test.h"

static const struct {
	const char *bytes, *text;
} rfc4648[] = {         /* section 10 */
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
};

/* The bytes 0 to 255, encoded with coreutils' base64. */
static const char all_bytes[] =
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"
	"MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5f"
	"YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6P"
	"kJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/"
	"wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v"
	"8PHy8/T19vf4+fr7/P3+/w==";

static const char *const wrong[] = {
	"Z", "Zg", "Zg=", "Zm9vY", "Zm9vYg", "Zm9vYg=",         /* lengths */
	"=", "==", "===", "====", "Z===", "A===", "Zg==Zg==", "Zg==Zm9v", "Zm8=Zm9v", "=Zg=",
	"Z=g=", "Zg=v", "=m9v", "Z=9v", "Zm=v", "Zm9vZ===", "Zm9v====", "Zg==\n", "Zg==    ",
	"Zm9v=", "Zh==", "Zi==", "Zo==", "Zw==Zw==", "Z/==", "ZB==", "Zm9=", "Zm+=", "Zm8B=",
	"//9=", "/x==", "Zm9\n", "Zm 9", " Zm9", "Zm9 ", "Zm-v", "Zm_v", "Zm9\xff", "Zm.v", "Zm,v",
};

static void vector(const void *bytes, size_t n, const char *text)
{
	size_t len = strlen(text);
	uint8_t *in = test_guard(bytes, n), *from = test_guard(text, len);
	uint8_t *to = test_guard(all_bytes, len), *out = test_guard(all_bytes, n);
	size_t wrote = base64_encode((char *)to, in, n);
	int got = base64_decode(out, n, (char *)from, len);

	CHECK(wrote == len && !memcmp(to, text, len), "encode %s: %zu", text, wrote);
	CHECK(got == (int)n && !memcmp(out, bytes, n), "decode %s: %d", text, got);
	for (size_t room = 0; room < n; room++)
		CHECK(base64_decode(out, room, text, len) == -1, "%s into %zu", text, room);
	got = base64_decode(from, len, (char *)from, len);
	CHECK(got == (int)n && !memcmp(from, bytes, n), "decode %s in place: %d", text, got);
	test_unguard(in, n);
	test_unguard(from, len);
	test_unguard(to, len);
	test_unguard(out, n);
}

/* Any byte at any of four places: right only if it is in the alphabet, and that is in all_bytes. */
static void every_byte(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t out[8];

	for (int c = 0; c < 256; c++) {
		int known = c && strchr(alphabet, c);

		for (size_t i = 0; i < 8; i++) {
			char text[] = "AAAAAAAA";
			int got, want = known ? 6 : -1;

			text[i] = (char)c;
			if (c == '=' && i == 7)
				want = 5;
			got = base64_decode(out, sizeof out, text, 8);
			CHECK(got == want, "byte %d at %zu: %d", c, i, got);
		}
	}
}

/* The last character before the padding: only when its unused bits are zero, for each of 64. */
static void unused_bits(void)
{
	uint8_t out[3];
	char text[5], again[5] = "";

	for (unsigned v = 0; v < 64; v++) {
		uint8_t bytes[3] = { 0, 0, (uint8_t)v };
		int one, two;

		base64_encode(again, bytes, 3);         /* the 64 characters, tested above */
		memcpy(text, "A?==", 5);
		text[1] = again[3];
		one = base64_decode(out, 3, text, 4);
		memcpy(text, "AA?=", 5);
		text[2] = again[3];
		two = base64_decode(out, 3, text, 4);
		CHECK(one == (v % 16 ? -1 : 1), "one byte, bits %u: %d", v, one);
		CHECK(two == (v % 4 ? -1 : 2), "two bytes, bits %u: %d", v, two);
	}
}

int main(void)
{
	uint8_t bytes[256], out[64];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof rfc4648 / sizeof *rfc4648; i++)
		vector(rfc4648[i].bytes, strlen(rfc4648[i].bytes), rfc4648[i].text);
	vector(bytes, sizeof bytes, all_bytes);
	vector("the sample nonce", 16, "dGhlIHNhbXBsZSBub25jZQ==");     /* RFC 6455 section 1.3 */
	vector("\x14\xfb\x9c\x03\xd9\x7e", 6, "FPucA9l+");              /* RFC 3548 section 7 */
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		int got = base64_decode(out, sizeof out, wrong[i], strlen(wrong[i]));

		CHECK(got == -1, "%s: %d", wrong[i], got);
	}
	CHECK(base64_decode(out, sizeof out, "Zm9\0", 4) == -1, "NUL");
	every_byte();
	unused_bits();
	return test_end();
}
