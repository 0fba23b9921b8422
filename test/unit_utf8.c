/* unit_utf8.c: tests of utf8.c against a slow decoder of whole strings, at every cut. */
#include "wsrelay.h"
#include "test.h"

enum verdict { WHOLE, PART, BAD };

/* RFC 3629 by ranges: decodes a character from the bytes that are there, takes the missing bits as
 * all zeros and all ones, and asks whether any character lies between. */
static enum verdict judge(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	enum verdict v = WHOLE;

	for (size_t i = 0; i < n;) {
		size_t len = p[i] < 0x80 ? 1 : p[i] >> 5 == 6 ? 2 : p[i] >> 4 == 14 ? 3 :
			p[i] >> 3 == 30 ? 4 : 0;
		uint32_t from, to;

		if (!len)
			return BAD;
		from = to = len == 1 ? p[i] : p[i] & (0x7fu >> len);
		for (size_t k = 1; k < len; k++) {
			if (i + k < n && p[i + k] >> 6 != 2)
				return BAD;
			if (i + k >= n)
				v = PART;
			from = from << 6 | (i + k < n ? p[i + k] & 63u : 0);
			to = to << 6 | (i + k < n ? p[i + k] & 63u : 63);
		}
		if (to < least[len] || from > 0x10ffff || (from >= 0xd800 && to <= 0xdfff))
			return BAD;
		i += len;
	}
	return v;
}

static enum verdict check(uint32_t *state, const uint8_t *p, size_t n)
{
	if (utf8_check(state, p, n))
		return BAD;
	return *state ? PART : WHOLE;
}

/* Whether utf8_check comes to the same for n bytes cut anywhere; v[k] judges the first k. */
static int agrees(const uint8_t *p, size_t n, const enum verdict *v)
{
	for (size_t cut = 0; cut <= n; cut++) {
		uint32_t state = 0;

		if (check(&state, p, cut) != v[cut])
			return 0;
		if (v[cut] != BAD && check(&state, p + cut, n - cut) != v[n])
			return 0;
	}
	return 1;
}

static void short_sequences(void)
{
	enum verdict v[4] = { WHOLE };
	uint8_t p[3];

	for (int a = 0; a < 256; a++) {
		int wrong = 0;

		p[0] = (uint8_t)a;
		v[1] = judge(p, 1);
		wrong += !agrees(p, 1, v);
		for (int b = 0; b < 256; b++) {
			p[1] = (uint8_t)b;
			v[2] = judge(p, 2);
			wrong += !agrees(p, 2, v);
			for (int c = 0; c < 256; c++) {
				p[2] = (uint8_t)c;
				v[3] = judge(p, 3);
				wrong += !agrees(p, 3, v);
			}
		}
		CHECK(!wrong, "%d sequences that start with %02x", wrong, (unsigned)a);
	}
}

static void long_sequences(void)
{
	static const uint8_t edge[] = {
		0x00, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
		0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff
	};
	const size_t n = sizeof edge;

	for (size_t first = 0; first < n; first++) {
		int wrong = 0;

		for (size_t k = 0; k < n * n * n; k++) {
			uint8_t p[4] = {
				edge[first], edge[k / n / n], edge[k / n % n], edge[k % n]
			};
			enum verdict v[5];

			for (size_t i = 0; i <= 4; i++)
				v[i] = judge(p, i);
			wrong += !agrees(p, 4, v);
		}
		CHECK(!wrong, "%d sequences that start with %02x", wrong, edge[first]);
	}
}

/* Whole texts. `good` bytes of each may stand; then comes a byte that may not, or the end. */
static const struct {
	const char *text;
	int good, whole;
} texts[] = {
	/* RFC 3629 section 7 */
	{ "A\xe2\x89\xa2\xce\x91.", 7, 1 },
	{ "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4", 9, 1 },
	{ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 9, 1 },
	{ "\xef\xbb\xbf\xf0\xa3\x8e\xb4", 7, 1 },
	/* Autobahn testsuite, section 6 */
	{ "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!", 29, 1 },
	{ "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80" "edited", 12, 0 },
	{ "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80" "edited", 12, 0 },
	{ "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", 11, 1 },
	{ "\xce\xba\xe1\xbd\xb9\xcf\x83\xce", 8, 0 },
	/* Markus Kuhn's UTF-8 decoder test, sections 2.1 and 2.2: first and last of each length */
	{ "\xc2\x80", 2, 1 }, { "\xe0\xa0\x80", 3, 1 }, { "\xf0\x90\x80\x80", 4, 1 },
	{ "\xf8\x88\x80\x80\x80", 0, 0 }, { "\xfc\x84\x80\x80\x80\x80", 0, 0 },
	{ "\x7f", 1, 1 }, { "\xdf\xbf", 2, 1 }, { "\xef\xbf\xbf", 3, 1 },
	{ "\xf7\xbf\xbf\xbf", 0, 0 },
	{ "\xfb\xbf\xbf\xbf\xbf", 0, 0 }, { "\xfd\xbf\xbf\xbf\xbf\xbf", 0, 0 },
	/* 2.3: around the surrogates and the last character */
	{ "\xed\x9f\xbf", 3, 1 }, { "\xee\x80\x80", 3, 1 }, { "\xef\xbf\xbd", 3, 1 },
	{ "\xf4\x8f\xbf\xbf", 4, 1 }, { "\xf4\x90\x80\x80", 1, 0 },
	/* 3.1 to 3.3: stray and missing continuation bytes */
	{ "\x80", 0, 0 }, { "\xbf", 0, 0 }, { "\x80\xbf\x80\xbf\x80\xbf", 0, 0 },
	{ "\xc0 \xc1 ", 0, 0 }, { "\xc2 ", 1, 0 }, { "\xdf ", 1, 0 }, { "\xe0 ", 1, 0 },
	{ "\xef ", 1, 0 }, { "\xf0 ", 1, 0 }, { "\xf4 ", 1, 0 }, { "\xc2", 1, 0 },
	{ "\xe0\xa0", 2, 0 },
	{ "\xf0\x90\x80", 3, 0 }, { "\xdf", 1, 0 }, { "\xef\xbf", 2, 0 }, { "\xf7\xbf\xbf", 0, 0 },
	{ "\xc3\xc3", 1, 0 }, { "\xe1\x80\xc3", 2, 0 },
	/* 3.5: impossible bytes */
	{ "\xfe", 0, 0 }, { "\xff", 0, 0 }, { "\xfe\xfe\xff\xff", 0, 0 },
	{ "\xf5\x80\x80\x80", 0, 0 },
	/* 4.1 to 4.3: overlong '/', greatest overlong, overlong NUL */
	{ "\xc0\xaf", 0, 0 }, { "\xe0\x80\xaf", 1, 0 }, { "\xf0\x80\x80\xaf", 1, 0 },
	{ "\xc1\xbf", 0, 0 }, { "\xe0\x9f\xbf", 1, 0 }, { "\xf0\x8f\xbf\xbf", 1, 0 },
	{ "\xc0\x80", 0, 0 }, { "\xe0\x80\x80", 1, 0 }, { "\xf0\x80\x80\x80", 1, 0 },
	/* 5.1 and 5.2: surrogates, single and paired */
	{ "\xed\xa0\x80", 1, 0 }, { "\xed\xad\xbf", 1, 0 }, { "\xed\xae\x80", 1, 0 },
	{ "\xed\xaf\xbf", 1, 0 }, { "\xed\xb0\x80", 1, 0 }, { "\xed\xbe\x80", 1, 0 },
	{ "\xed\xbf\xbf", 1, 0 }, { "\xed\xa0\x80\xed\xb0\x80", 1, 0 },
	/* 5.3: noncharacters are characters here */
	{ "\xef\xbf\xbe", 3, 1 }, { "\xef\xb7\x90", 3, 1 }, { "\xf0\x9f\xbf\xbe", 4, 1 },
};

/* Each text behind 0 to 40 and before 0 to 17 letters, whole and cut, the end at a guard page: the
 * words of the fast way start and stop at each place. */
static void in_ascii(const char *text, size_t good, int whole)
{
	size_t n = strlen(text);

	for (size_t k = 0; k < 41 * 18; k++) {
		size_t before = k % 41, after = k / 41, all = before + n + after;
		uint8_t buf[128], *p;
		int ok = 1;

		memset(buf, 'x', sizeof buf);
		memcpy(buf + before, text, n);
		p = test_guard(buf, all);
		for (size_t cut = 0; cut <= all; cut++) {
			uint32_t state = 0;
			enum verdict first = check(&state, p, cut), then = first;

			if (first != BAD)
				then = check(&state, p + cut, all - cut);
			ok = ok && (first == BAD) == (!whole && good + before < cut);
			ok = ok && then == (whole ? WHOLE : good < n || after ? BAD : PART);
		}
		test_unguard(p, all);
		CHECK(ok, "%s, %zu letters before, %zu behind", text, before, after);
	}
}

int main(void)
{
	uint32_t state = 0;

	short_sequences();
	long_sequences();
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		in_ascii(texts[i].text, (size_t)texts[i].good, texts[i].whole);
	CHECK(!utf8_check(&state, "", 0) && !state, "empty");
	CHECK(!utf8_check(&state, "a\0b", 3) && !state, "NUL is a character");
	return test_end();
}
