/* unit_tls_cert.c: elements of DER, and certificates built by hand: lengths, versions, dates, keys. */
#include "der.h"
#include "tls.h"

/* ---- one element */

static const struct {
	const char *bytes;
	size_t n, content;      /* SIZE_MAX: a mistake */
} elements[] = {
	{ "\x30\x00", 2, 0 }, { "\x30\x01x", 3, 1 }, { "\x30\x01xy", 4, 1 },
	{ "", 0, SIZE_MAX }, { "\x30", 1, SIZE_MAX }, { "\x30\x01", 2, SIZE_MAX },
	{ "\x30\x7f", 2, SIZE_MAX }, { "\x30\x02x", 3, SIZE_MAX }, { "\x31\x01x", 3, SIZE_MAX },
	{ "\x10\x01x", 3, SIZE_MAX }, { "\x30\x80", 2, SIZE_MAX }, { "\x30\x81", 2, SIZE_MAX },
	{ "\x30\x81\x80", 3, SIZE_MAX }, { "\x30\x82", 2, SIZE_MAX }, { "\x30\x82\x01", 3, SIZE_MAX },
	{ "\x30\x82\x01\x00", 4, SIZE_MAX }, { "\x30\x82\xff\xff", 4, SIZE_MAX },
	{ "\x30\x84\xff\xff\xff\xff", 6, SIZE_MAX }, { "\x30\xff", 2, SIZE_MAX },
};

static void test_element(void)
{
	struct tls_der d, content;
	uint8_t *p;
	size_t n;

	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		n = elements[i].n;
		d.p = p = test_guard(elements[i].bytes, n);
		d.n = n;
		content = tls_der_take(&d, DER_SEQUENCE);
		if (elements[i].content == SIZE_MAX)
			CHECK(!d.p && !d.n && !content.p && !content.n && !tls_der_done(&d), "%zu", i);
		else
			CHECK(content.p == p + 2 && content.n == elements[i].content &&
			      d.p == content.p + content.n && d.n == n - 2 - content.n, "%zu", i);
		test_unguard(p, n);
	}
}

/* ---- certificates: RFC 5280 section 4.1 */

static void certificate_with(struct buf *o, const char *first, const char *last,
			     const char *algorithm, size_t n, const void *key, size_t key_len)
{
	static struct buf part;
	const char *time[2];

	time[0] = first;
	time[1] = last;
	o->n = part.n = 0;
	element(&part, 0x02, "\2", 1);
	wrap(&part, 0xA0);
	raw(o, part.b, part.n);
	element(o, 0x02, "\1", 1);
	element(o, 0x30, "", 0);
	element(o, 0x30, "", 0);
	part.n = 0;
	for (int i = 0; i < 2; i++)
		element(&part, strlen(time[i]) < 15 ? 0x17 : 0x18, time[i], strlen(time[i]));
	wrap(&part, 0x30);
	raw(o, part.b, part.n);
	element(o, 0x30, "", 0);
	part.n = 0;
	raw(&part, algorithm, n);
	wrap(&part, 0x30);
	element(&part, 0x03, key, key_len);
	wrap(&part, 0x30);
	raw(o, part.b, part.n);
	wrap(o, 0x30);
	element(o, 0x30, "", 0);
	element(o, 0x03, "\0\1", 2);
	wrap(o, 0x30);
}

static void certificate(struct buf *o, const char *first, const char *last)
{
	static const uint8_t point[66] = { 0, 4 };

	certificate_with(o, first, last, P256_ALGORITHM, sizeof P256_ALGORITHM - 1, point,
			 sizeof point);
}

/* Unix times as date(1) of GNU tells them: date -u -d TIME +%s */
static const struct {
	const char *text;
	int64_t unix;
} times[] = {
	{ "700101000000Z", 0 }, { "500101000000Z", -631152000 }, { "491231235959Z", 2524607999 },
	{ "000229120000Z", 951825600 }, { "000301000000Z", 951868800 }, { "240229235959Z", 1709251199 },
	{ "991231235959Z", 946684799 }, { "380119031408Z", 2147483648 }, { "20500101000000Z", 2524608000 },
	{ "21000228235959Z", 4107542399 }, { "21000301000000Z", 4107542400 },
	{ "99991231235959Z", 253402300799 }, { "19700101000001Z", 1 }, { "00010101000000Z", -62135596800 },
};

static const char *const no_times[] = {
	"", "Z", "7001010000Z", "700101000000", "700101000000z", "700101000000+", "700101000000+0000",
	"7001010000000Z", "700001000000Z", "701301000000Z", "700100000000Z", "700132000000Z",
	"700101240000Z", "700101006000Z", "700101000060Z", "70010100000 Z", "7001010000-1Z",
	"70:101000000Z", "700/01000000Z", "19700101000000", "19700101000000.5Z", "1970010100000Z",
	"19700001000000Z", "9999123123595:Z",
};

static void test_certificate(void)
{
	static const char good_time[] = "700101000000Z";
	static struct buf o;
	struct tls_der d;
	struct tls_cert c;
	int f, at, used;
	size_t i;

	d.p = o.b;
	for (i = 0; i < sizeof times / sizeof *times; i++) {
		certificate(&o, good_time, times[i].text);
		d.n = o.n;
		CHECK(!tls_cert_read(d, &c) && c.not_before == 0 && c.not_after == times[i].unix,
		      "%s: %" PRId64, times[i].text, c.not_after);
		CHECK(c.key.key_type == BR_KEYTYPE_EC && c.key.key.ec.curve == BR_EC_secp256r1 &&
		      c.key.key.ec.qlen == 65 && c.key.key.ec.q[0] == 4, "key");
	}
	for (i = 0; i < sizeof no_times / sizeof *no_times; i++) {
		certificate(&o, good_time, no_times[i]);
		d.n = o.n;
		CHECK(tls_cert_read(d, &c) == -1, "%s", no_times[i]);
		certificate(&o, no_times[i], good_time);
		d.n = o.n;
		CHECK(tls_cert_read(d, &c) == -1, "%s", no_times[i]);
	}
	for (f = RIGHT; f < FORMS; f++) {
		for (at = 0, used = 1; used; at++) {
			form = f;
			form_at = at;
			certificate(&o, good_time, good_time);
			used = form_at < 0;
			form_at = -1;
			d.p = test_guard(o.b, o.n);
			d.n = o.n;
			CHECK(tls_cert_read(d, &c) == (used && f != RIGHT ? -1 : 0),
			      "form %d of element %d", f, at);
			test_unguard(d.p, o.n);
		}
		CHECK(at == 17, "%d elements", at);
	}
}

/* RSA keys of certificates: a modulus of n bytes that starts with top. Returns the key_type, or -1. */
static int rsa_certificate(size_t n, int top, int unused_bits, int change)
{
	static struct buf o, key;
	static uint8_t modulus[1024];
	uint8_t first = (uint8_t)unused_bits;
	const br_x509_pkey *k;
	struct tls_cert c;
	struct tls_der d;

	memset(modulus, 0x55, sizeof modulus);
	modulus[0] = 0;
	modulus[1] = (uint8_t)top;
	key.n = o.n = 0;
	element(&key, 0x02, modulus + (top < 0x80), n + (top >= 0x80));
	element(&key, 0x02, "\3", change == 1 ? 0 : 1);
	raw(&key, "", change == 2);
	wrap(&key, 0x30);
	raw(&key, "", change == 3);
	raw(&o, &first, change != 4);
	raw(&o, key.b, change == 4 ? 0 : key.n);
	key = o;
	certificate_with(&o, "700101000000Z", "700101000000Z", RSA_ALGORITHM,
			 sizeof RSA_ALGORITHM - 1, key.b, key.n);
	d.p = o.b;
	d.n = o.n;
	if (tls_cert_read(d, &c))
		return -1;
	k = &c.key;
	CHECK(!k->key_type || (k->key.rsa.nlen == n && k->key.rsa.n[0] == top &&
			       k->key.rsa.elen == 1 && k->key.rsa.e[0] == 3), "%zu", n);
	return k->key_type;
}

static void test_rsa_certificate(void)
{
	CHECK(rsa_certificate(256, 0x80, 0, 0) == BR_KEYTYPE_RSA, "2048 bits");
	CHECK(rsa_certificate(257, 0x01, 0, 0) == BR_KEYTYPE_RSA, "2049 bits");
	CHECK(rsa_certificate(512, 0xff, 0, 0) == BR_KEYTYPE_RSA, "4096 bits");
	CHECK(rsa_certificate(256, 0x7f, 0, 0) == 0, "2047 bits");
	CHECK(rsa_certificate(255, 0xff, 0, 0) == 0, "2040 bits");
	CHECK(rsa_certificate(513, 0x01, 0, 0) == 0, "4097 bits");
	CHECK(rsa_certificate(1000, 0xff, 0, 0) == 0, "8000 bits");
	CHECK(rsa_certificate(256, 0x00, 0, 0) == -1, "a zero too many");
	CHECK(rsa_certificate(256, 0x80, 1, 0) == -1, "an unused bit");
	CHECK(rsa_certificate(256, 0x80, 0, 1) == -1, "no exponent");
	CHECK(rsa_certificate(256, 0x80, 0, 2) == -1, "a byte inside");
	CHECK(rsa_certificate(256, 0x80, 0, 3) == -1, "a byte behind");
	CHECK(rsa_certificate(256, 0x80, 0, 4) == -1, "empty");
}

int main(void)
{
	test_element();
	test_certificate();
	test_rsa_certificate();
	return test_end();
}
