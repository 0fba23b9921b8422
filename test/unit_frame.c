/* unit_frame.c: tests of frame.c: RFC 6455 sections 5.2 to 5.7 and 7.4. */
#include "wsrelay.h"
#include "test.h"

/* What frame_parse says of n bytes that end at a guard page. */
static int parse(struct frame *f, const void *bytes, size_t n)
{
	uint8_t *p = test_guard(bytes, n);
	int got = frame_parse(f, p, n);

	test_unguard(p, n);
	return got;
}

static void examples(void)      /* section 5.7 */
{
	static const uint8_t hello[] = {
		0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58
	};
	uint8_t pong[sizeof hello], out[FRAME_OUT_HEAD_MAX];
	struct frame f;

	for (size_t n = 0; n < 6; n++)
		CHECK(!parse(&f, hello, n), "%zu bytes of six", n);
	memset(&f, 0xff, sizeof f);
	CHECK(parse(&f, hello, 6) == 6 && f.fin == 1 && f.op == OP_TEXT && f.len == 5, "hello");
	memcpy(pong, hello, sizeof pong);
	frame_unmask(pong + 6, 5, f.mask, 0);
	CHECK(!memcmp(pong + 6, "Hello", 5), "unmasked");
	pong[0] = 0x8a;
	CHECK(parse(&f, pong, sizeof pong) == 6 && f.op == OP_PONG && f.len == 5, "pong");
	pong[0] = 0x01;
	CHECK(parse(&f, pong, 6) == 6 && f.op == OP_TEXT && f.fin == 0, "first fragment");
	pong[0] = 0x80;
	CHECK(parse(&f, pong, 6) == 6 && f.op == OP_CONTINUATION && f.fin == 1, "last fragment");
	CHECK(parse(&f, "\x81\x05Hello", 7) == -CLOSE_PROTOCOL, "unmasked text");
	CHECK(frame_head(out, OP_TEXT, 5) == 2 && !memcmp(out, "\x81\x05", 2), "text head");
	CHECK(frame_head(out, OP_PING, 5) == 2 && !memcmp(out, "\x89\x05", 2), "ping head");
	CHECK(frame_head(out, OP_BINARY, 256) == 4 && !memcmp(out, "\x82\x7e\x01\x00", 4), "256");
	CHECK(frame_head(out, OP_BINARY, 65536) == 10 &&
			!memcmp(out, "\x82\x7f\0\0\0\0\0\1\0\0", 10), "64 KiB");
}

/* All first two bytes, behind which nothing is wrong. */
static void first_bytes(void)
{
	for (unsigned a = 0; a < 256; a++) {
		unsigned op = a & 15, fin = a >= 128, wrong = 0;
		int known = op == 0 || op == 1 || op == 2 || op == 8 || op == 9 || op == 10;
		int good = known && (a & 0x70) == 0 && (op < 8 || fin);
		struct frame f;

		CHECK(parse(&f, &(uint8_t){ (uint8_t)a }, 1) == (good ? 0 : -CLOSE_PROTOCOL),
				"first byte %02x", a);
		for (unsigned b = 0; b < 256; b++) {
			uint8_t p[14] = {
				(uint8_t)a, (uint8_t)b, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4
			};
			unsigned len = b & 127;
			int fine = good && b >= 128 && (op < 8 || len < 126), got;
			int size = len == 127 ? 14 : len == 126 ? 8 : 6;

			wrong += frame_parse(&f, p, 2) != (fine ? 0 : -CLOSE_PROTOCOL);
			got = frame_parse(&f, p, sizeof p);
			wrong += got != (fine ? size : -CLOSE_PROTOCOL);
			if (fine)
				wrong += f.op != op || f.fin != fin ||
					memcmp(f.mask, p + size - 4, 4) ||
					f.len != (len == 127 ? UINT64_C(1) << 56 :
						len == 126 ? 256 : len);
		}
		CHECK(!wrong, "%u second bytes behind %02x", wrong, a);
	}
}

/* A length in more bytes, from each number of bytes of the header: wrong as soon as no length that
 * starts so would be right. */
static void length(uint64_t len, unsigned more)
{
	uint8_t p[FRAME_HEAD_MAX] = { 0x82, more == 8 ? 0xff : 0xfe };
	uint64_t least = more == 8 ? 65536 : 126, most = more == 8 ? UINT64_MAX / 2 : 65535;

	for (unsigned i = 0; i < more; i++)
		p[2 + i] = (uint8_t)(len >> 8 * (more - 1 - i));
	memcpy(p + 2 + more, "\x01\x02\x03\x04", 4);
	for (unsigned n = 0; n <= 2 + more + 4; n++) {
		unsigned shown = n < 2 ? 0 : n - 2 < more ? n - 2 : more;
		unsigned hidden = 8 * (more - shown);
		uint64_t rest = hidden == 64 ? UINT64_MAX : (UINT64_C(1) << hidden) - 1;
		struct frame f = { 0 };
		int got = parse(&f, p, n), want = n == 2 + more + 4 ? (int)n : 0;

		if ((len | rest) < least || (len & ~rest) > most)
			want = -CLOSE_PROTOCOL;
		CHECK(got == want, "length %" PRIu64 " in %u, %u bytes: %d", len, more, n, got);
		CHECK(got <= 0 || (f.len == len && f.mask[0] == 1 && f.mask[3] == 4),
				"length %" PRIu64 " came as %" PRIu64, len, f.len);
	}
}

static void lengths(void)
{
	static const uint64_t some[] = {
		0, 1, 124, 125, 126, 127, 128, 255, 256, 257, 32767, 32768, 65534, 65535,
		65536, 65537, UINT64_C(1) << 24, (UINT64_C(1) << 31) - 1, UINT64_C(1) << 31,
		UINT32_MAX, UINT64_C(1) << 32, (UINT64_C(1) << 32) + 16, UINT64_C(1) << 40,
		UINT64_C(1) << 62,
		UINT64_MAX / 2 - 1, UINT64_MAX / 2, UINT64_MAX / 2 + 1, UINT64_MAX - 14,
		UINT64_MAX - 4, UINT64_MAX
	};

	for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
		uint8_t out[FRAME_OUT_HEAD_MAX];
		size_t n = frame_head(out, OP_BINARY, some[i]);
		size_t want = some[i] < 126 ? 2 : some[i] < 65536 ? 4 : 10;
		uint64_t back = 0;

		length(some[i], 8);
		if (some[i] < 65536)
			length(some[i], 2);
		for (size_t k = n == 2 ? 1 : 2; k < n; k++)
			back = back << 8 | out[k];
		CHECK(n == want && back == some[i], "head for %" PRIu64, some[i]);
		CHECK(out[0] == 0x82, "first byte %02x", out[0]);
		CHECK(n == 2 || out[1] == (n == 4 ? 126 : 127), "second byte %02x", out[1]);
	}
}

/* Every length to 70 at every alignment and position, with untouched bytes around; the end is once
 * at a guard page. */
static void unmask(void)
{
	static const uint8_t mask[4] = { 0x12, 0x00, 0xff, 0x87 };
	static const uint64_t base[] = { 0, 65536, UINT64_MAX - 1 };

	for (size_t n = 0; n <= 70; n++) {
		int wrong = 0;

		for (size_t k = 0; k < 9 * 9 * 3; k++) {
			size_t from = k % 9;
			uint64_t at = base[k / 81] + k / 9 % 9;
			uint8_t data[96], was[96], *end;

			for (size_t i = 0; i < sizeof data; i++)
				was[i] = data[i] = (uint8_t)(i * 37 + n);
			frame_unmask(data + from, n, mask, at);
			for (size_t i = 0; i < sizeof data; i++) {
				int in = i >= from && i < from + n;
				uint8_t m = in ? mask[(at + i - from) % 4] : 0;

				wrong += data[i] != (uint8_t)(was[i] ^ m);
			}
			if (from)
				continue;
			end = test_guard(was, n);
			frame_unmask(end, n, mask, at);
			wrong += memcmp(end, data, n) != 0;
			test_unguard(end, n);
		}
		CHECK(!wrong, "%d of %zu bytes", wrong, n);
	}
}

static int close_code(const void *bytes, size_t n)
{
	uint8_t *p = test_guard(bytes, n);
	int got = frame_close_code(p, n);

	test_unguard(p, n);
	return got;
}

static void close_codes(void)
{
	uint8_t body[FRAME_CONTROL_MAX];

	for (int code = 0; code < 65536; code++) {
		int good = code == 1000 || code == 1001 || code == 1002 || code == 1003 ||
			(code >= 1007 && code <= 1014) || (code >= 3000 && code < 5000);
		int want = good ? code : CLOSE_PROTOCOL, got, reason;

		memcpy(body, (uint8_t[]){ (uint8_t)(code >> 8), (uint8_t)code, 'o', 'k' }, 4);
		got = frame_close_code(body, 2);
		reason = frame_close_code(body, 4);
		CHECK(got == want && reason == want, "code %d: %d, %d", code, got, reason);
	}
	CHECK(close_code("", 0) == CLOSE_NO_STATUS, "empty body");
	CHECK(close_code("\x03", 1) == CLOSE_PROTOCOL, "one byte");
	CHECK(close_code("\x03\xe8\xc3\xbc", 4) == CLOSE_NORMAL, "UTF-8");
	CHECK(close_code("\x03\xe8\xc3", 3) == CLOSE_BAD_DATA, "half a character");
	CHECK(close_code("\x03\xe8ok\xff", 5) == CLOSE_BAD_DATA, "no UTF-8");
	CHECK(close_code("\x03\xe8\xed\xa0\x80", 5) == CLOSE_BAD_DATA, "surrogate");
	CHECK(close_code("\x03\xec\xff", 3) == CLOSE_PROTOCOL, "wrong code before wrong reason");
	memset(body + 2, 'r', sizeof body - 2);
	body[0] = 4999 >> 8;
	body[1] = 4999 & 255;
	CHECK(close_code(body, sizeof body) == 4999, "longest reason");
	body[sizeof body - 1] = 0xc3;
	CHECK(close_code(body, sizeof body) == CLOSE_BAD_DATA, "longest reason, cut");
}

int main(void)
{
	examples();
	first_bytes();
	lengths();
	unmask();
	close_codes();
	return test_end();
}
