/* unit_tls_der.c: keys and certificates built by hand: wrong lengths, numbers out of range, dates.
 *
 * Each is built from the parts of a pair that openssl made, so that only one thing is wrong. */
#include "pairs.h"

enum { BUF_MAX = 32768, PARTS = 9 };

struct buf {
	uint8_t b[BUF_MAX];
	size_t n;
};

/* How a length can be wrong. */
enum {
	RIGHT, INDEFINITE, ONE_MORE, ONE_LESS, HUGE_4, LONG_4, LONG_3, LONG_2, RESERVED, NONE, FORMS
};

/* The element that has a wrong length: how many are built before it, negative for none; and how. */
static int form_at = -1, form;

static void raw(struct buf *o, const void *data, size_t n)
{
	if (n > BUF_MAX - o->n)
		exit(2);
	if (n)
		memcpy(o->b + o->n, data, n);
	o->n += n;
}

static void length(struct buf *o, size_t n, size_t bytes)
{
	uint8_t first = (uint8_t)(0x80 | bytes), b;

	raw(o, &first, 1);
	while (bytes--) {
		b = (uint8_t)(bytes < sizeof n ? n >> 8 * bytes : 0);
		raw(o, &b, 1);
	}
}

static void element(struct buf *o, int tag, const void *data, size_t n)
{
	int wrong = form_at-- == 0 ? form : RIGHT;
	uint8_t t = (uint8_t)tag, b = (uint8_t)n;
	size_t said = n + (wrong == ONE_MORE) - (wrong == ONE_LESS);

	raw(o, &t, 1);
	if (wrong == INDEFINITE || wrong == RESERVED)
		raw(o, wrong == INDEFINITE ? "\x80" : "\xff", 1);
	else if (wrong == HUGE_4)
		raw(o, "\x84\xff\xff\xff\xff", 5);
	else if (wrong == LONG_4 || wrong == LONG_3 || (wrong == LONG_2 && n < 256))
		length(o, n, wrong == LONG_4 ? 4 : wrong == LONG_3 ? 3 : n < 128 ? 1 : 2);
	else if (wrong == LONG_2)
		length(o, n, 3);
	else if (said < 128 && wrong != NONE)
		raw(o, (b = (uint8_t)said, &b), 1);
	else if (wrong != NONE)
		length(o, said, said < 256 ? 1 : 2);
	raw(o, data, n);
	if (wrong == INDEFINITE)
		raw(o, "\0\0", 2);
}

/* Puts what stands in o into an element of its own. */
static void wrap(struct buf *o, int tag)
{
	static struct buf copy;

	copy = *o;
	o->n = 0;
	element(o, tag, copy.b, copy.n);
}

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

/* ---- what may be loaded */

static const char *cert;

/* wrong: a part of the message; "": any. NULL: it must be accepted and work. */
static void expect(const char *what, const char *label, const struct buf *key, const char *wrong)
{
	struct tls_pair p;
	int result;

	pairs_write_pem("made.key", label, key->b, key->n);
	result = pairs_load(&p, cert, "made.key");
	if (wrong) {
		CHECK(result == -1 && strstr(pairs_why, wrong), "%s: %d %s", what, result,
		      pairs_why);
	} else {
		CHECK(result == 0, "%s: %s", what, pairs_why);
		CHECK(result || pairs_works(&p), "%s", what);
	}
	tls_pair_free(&p);
}

/* ---- EC: RFC 5915 and RFC 5958 */

#define P256 "\x2A\x86\x48\xCE\x3D\x03\x01\x07"
#define P384 "\x2B\x81\x04\x00\x22"
#define P521 "\x2B\x81\x04\x00\x23"
#define EC_ALGORITHM "\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01"
#define P256_ALGORITHM EC_ALGORITHM "\x06\x08" P256
#define RSA_ALGORITHM "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"

static uint8_t scalar[32], scalar_long[200];

/* FIPS 186-4 section D.1.2.3: the order of P-256. */
static const uint8_t order[32] = {
	0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
	0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84,
	0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51
};

static void sec1(struct buf *o, int version, const uint8_t *x, size_t n, const char *oid)
{
	static struct buf part;
	uint8_t v = (uint8_t)version;

	o->n = part.n = 0;
	element(o, 0x02, &v, 1);
	element(o, 0x04, x, n);
	if (oid[0]) {
		element(&part, 0x06, oid, strcmp(oid, P256) ? 5 : 8);
		wrap(&part, 0xA0);
		raw(o, part.b, part.n);
	}
	wrap(o, 0x30);
}

static void pkcs8(struct buf *o, int version, const char *algorithm, size_t n)
{
	static struct buf key, part;
	uint8_t v = (uint8_t)version;

	key = *o;
	o->n = part.n = 0;
	raw(&part, algorithm, n);
	element(o, 0x02, &v, 1);
	wrap(&part, 0x30);
	raw(o, part.b, part.n);
	element(o, 0x04, key.b, key.n);
	wrap(o, 0x30);
}

static void test_ec(void)
{
	static const uint8_t zero[200];
	static uint8_t more[33], less[32], longer[200];
	static struct buf o;
	const char *wrong;
	unsigned carry = 0;
	int i, v;

	for (i = 31; i >= 0; i--) {
		carry += (unsigned)scalar[i] + order[i];
		more[i + 1] = (uint8_t)carry;
		carry >>= 8;
	}
	more[0] = (uint8_t)carry;
	memcpy(less, order, 32);
	less[31]--;
	memcpy(longer, scalar, 32);

	const struct {
		const char *what;
		const uint8_t *x;
		size_t n;
		const char *oid, *wrong;
	} rows[] = {
		{ "as it was", scalar, 32, P256, NULL },
		{ "no curve", scalar, 32, "", NULL },
		{ "67 bytes, padded", scalar_long + 200 - 67, 67, P256, NULL },
		{ "200 bytes, padded", scalar_long, 200, P256, NULL },
		{ "P-384", scalar, 32, P384, "does not belong" },
		{ "P-521", scalar, 32, P521, "not supported" },
		{ "empty", zero, 0, P256, "is damaged" }, { "0", zero, 1, P256, "is damaged" },
		{ "0, 32 bytes", zero, 32, P256, "is damaged" }, { "0, 67 bytes", zero, 67, P256, "is damaged" },
		{ "0, 200 bytes", zero, 200, P256, "is damaged" }, { "order", order, 32, P256, "is damaged" },
		{ "order less 1", less, 32, P256, "does not belong" },
		{ "with the order", more + !more[0], 33 - !more[0], P256, "is damaged" },
		{ "67 bytes", longer, 67, P256, "is damaged" }, { "200 bytes", longer, 200, P256, "is damaged" },
		{ "31 bytes", scalar + 1, 31, P256, "does not belong" },
	};

	for (i = 0; i < (int)(sizeof rows / sizeof *rows); i++) {
		sec1(&o, 1, rows[i].x, rows[i].n, rows[i].oid);
		expect(rows[i].what, "EC PRIVATE KEY", &o, rows[i].wrong);
		pkcs8(&o, 0, P256_ALGORITHM, sizeof P256_ALGORITHM - 1);
		/* Two curves that differ are damage. */
		wrong = strcmp(rows[i].what, "P-384") ? rows[i].wrong : "is damaged";
		expect(rows[i].what, "PRIVATE KEY", &o, wrong);
	}
	for (v = 0; v < 256; v++) {
		sec1(&o, v, scalar, 32, P256);
		expect("version", "EC PRIVATE KEY", &o, v == 1 ? NULL : "is damaged");
		sec1(&o, 1, scalar, 32, P256);
		pkcs8(&o, v, P256_ALGORITHM, sizeof P256_ALGORITHM - 1);
		expect("version", "PRIVATE KEY", &o, v < 2 ? NULL : "is damaged");
	}
	sec1(&o, 1, scalar, 32, P256);
	raw(&o, "", 1);
	expect("a byte behind it", "EC PRIVATE KEY", &o, "is damaged");
	sec1(&o, 1, scalar, 32, "");
	pkcs8(&o, 0, EC_ALGORITHM, sizeof EC_ALGORITHM - 1);
	expect("PKCS#8 without a curve", "PRIVATE KEY", &o, "not supported");
	sec1(&o, 1, scalar, 32, P256);
	pkcs8(&o, 0, RSA_ALGORITHM, sizeof RSA_ALGORITHM - 1);
	expect("EC called RSA", "PRIVATE KEY", &o, "is damaged");
	expect("PKCS#8 called SEC1", "EC PRIVATE KEY", &o, "is damaged");
	expect("PKCS#8 called PKCS#1", "RSA PRIVATE KEY", &o, "is damaged");
}

/* Each length of each element, wrong in each way. */
static void test_ec_lengths(void)
{
	static struct buf o;
	char what[64];
	int kind, at, f, used;

	for (kind = 0; kind < 2; kind++) {
		for (f = RIGHT; f < FORMS; f++) {
			for (at = 0, used = 1; used; at++) {
				form = f;
				form_at = at;
				sec1(&o, 1, scalar, 32, P256);
				if (kind)
					pkcs8(&o, 0, P256_ALGORITHM,
					      sizeof P256_ALGORITHM - 1);
				used = form_at < 0;
				form_at = -1;
				snprintf(what, sizeof what, "kind %d, form %d of element %d", kind,
					 f, at);
				expect(what, kind ? "PRIVATE KEY" : "EC PRIVATE KEY", &o,
				       used && f != RIGHT ? "" : NULL);
			}
			CHECK(at > (kind ? 8 : 5), "%d elements", at);
		}
	}
}

/* ---- RSA: RFC 8017 appendix A.1.2 */

struct part {
	uint8_t b[2600];
	size_t n;
};

static struct part parts[PARTS];        /* version, n, e, d, p, q, dp, dq, iq; with sign bytes */

static void pkcs1(struct buf *o)
{
	o->n = 0;
	for (int i = 0; i < PARTS; i++)
		element(o, 0x02, parts[i].b, parts[i].n);
	wrap(o, 0x30);
}

/* Takes openssl's key apart; what stands there is short, so nothing is checked. */
static void take_parts(void)
{
	static char text[TLS_FILE_MAX + 1];
	size_t n = pairs_read("rsa.der", text, TLS_FILE_MAX), at = 4, len;
	const uint8_t *b = (uint8_t *)text;

	for (int i = 0; i < PARTS && at + 4 < n; i++) {
		len = b[at + 1] < 0x80 ? b[at + 1] : b[at + 1] == 0x81 ? b[at + 2] :
		      (size_t)b[at + 2] << 8 | b[at + 3];
		at += b[at + 1] < 0x80 ? 2 : b[at + 1] == 0x81 ? 3 : 4;
		CHECK(len <= sizeof parts[i].b && len <= n - at, "part %d", i);
		memcpy(parts[i].b, b + at, parts[i].n = len);
		at += len;
	}
	CHECK(at == n, "%zu of %zu", at, n);
}

enum {
	EMPTY, ZERO, ONE, MINUS_ONE, NEGATED, PADDED, EVEN, OTHER, TOP, MODULUS, OVER, BITS_20000,
	CHANGES
};

static void change(struct part *p, int how)
{
	switch (how) {
	case EMPTY: p->n = 0; break;
	case ZERO: p->n = 1; p->b[0] = 0; break;
	case ONE: p->n = 1; p->b[0] = 1; break;
	case MINUS_ONE: p->n = 1; p->b[0] = 0xff; break;
	case NEGATED: p->b[0] |= 0x80; break;
	case PADDED: memmove(p->b + 1, p->b, p->n++); p->b[0] = 0; break;
	case EVEN: p->b[p->n - 1] &= 0xfe; break;
	case OTHER: p->b[p->n - 1] ^= 2; break;
	case TOP: p->b[p->n > 1] ^= 1; break;
	case MODULUS: *p = parts[1]; break;
	case OVER: p->n = 258; memset(p->b, 0x7f, p->n); break;
	default: p->n = 2500; memset(p->b, 0x7f, p->n); break;
	}
}

static void test_rsa(void)
{
	static struct buf o;
	static struct part was;
	char what[64];
	int i, how;

	pkcs1(&o);
	expect("as it was", "RSA PRIVATE KEY", &o, NULL);
	pkcs8(&o, 0, RSA_ALGORITHM, sizeof RSA_ALGORITHM - 1);
	expect("as it was", "PRIVATE KEY", &o, NULL);
	raw(&o, "", 1);
	expect("a byte behind it", "PRIVATE KEY", &o, "is damaged");
	pkcs1(&o);
	raw(&o, "", 1);
	expect("a byte behind it", "RSA PRIVATE KEY", &o, "is damaged");
	pkcs8(&o, 0, RSA_ALGORITHM, sizeof RSA_ALGORITHM - 1);
	expect("a byte behind it, inside", "PRIVATE KEY", &o, "is damaged");
	for (i = 0; i < PARTS; i++) {
		for (how = 0; how < CHANGES; how++) {
			/* The key's e and d are not used; some changes change nothing. */
			int unused = (i == 2 || i == 3) && (how == ONE || how >= EVEN);
			int same;

			was = parts[i];
			change(&parts[i], how);
			same = was.n == parts[i].n && !memcmp(was.b, parts[i].b, was.n);
			snprintf(what, sizeof what, "part %d, change %d", i, how);
			pkcs1(&o);
			expect(what, "RSA PRIVATE KEY", &o, unused || same ? NULL : "");
			parts[i] = was;
		}
		was = parts[i];
		o.n = 0;
		for (how = 0; how < PARTS; how++)
			if (how != i)
				element(&o, 0x02, parts[how].b, parts[how].n);
		wrap(&o, 0x30);
		expect("one missing", "RSA PRIVATE KEY", &o, "is damaged");
	}
	was = parts[4];
	parts[4] = parts[5];
	pkcs1(&o);
	expect("q twice", "RSA PRIVATE KEY", &o, "is damaged");
	parts[5] = was;
	pkcs1(&o);
	expect("p and q swapped", "RSA PRIVATE KEY", &o, "is damaged");
	parts[5] = parts[4];
	parts[4] = was;
}

static void test_rsa_lengths(void)
{
	static struct buf o;
	int at, f, used;

	for (f = INDEFINITE; f < FORMS; f++) {
		for (at = 0, used = 1; used; at++) {
			form = f;
			form_at = at;
			pkcs1(&o);
			pkcs8(&o, 0, RSA_ALGORITHM, sizeof RSA_ALGORITHM - 1);
			used = form_at < 0;
			form_at = -1;
			expect("length", "PRIVATE KEY", &o, used ? "" : NULL);
		}
		CHECK(at == 15, "%d elements", at);
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
	br_x509_pkey key;
	int64_t time[2];
	int f, at, used;
	size_t i;

	d.p = o.b;
	for (i = 0; i < sizeof times / sizeof *times; i++) {
		certificate(&o, good_time, times[i].text);
		d.n = o.n;
		CHECK(!tls_cert_read(d, &key, time) && time[0] == 0 && time[1] == times[i].unix,
		      "%s: %" PRId64, times[i].text, time[1]);
		CHECK(key.key_type == BR_KEYTYPE_EC && key.key.ec.curve == BR_EC_secp256r1 &&
		      key.key.ec.qlen == 65 && key.key.ec.q[0] == 4, "key");
	}
	for (i = 0; i < sizeof no_times / sizeof *no_times; i++) {
		certificate(&o, good_time, no_times[i]);
		d.n = o.n;
		CHECK(tls_cert_read(d, &key, time) == -1, "%s", no_times[i]);
		certificate(&o, no_times[i], good_time);
		d.n = o.n;
		CHECK(tls_cert_read(d, &key, time) == -1, "%s", no_times[i]);
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
			CHECK(tls_cert_read(d, &key, time) == (used && f != RIGHT ? -1 : 0),
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
	br_x509_pkey k;
	int64_t time[2];
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
	if (tls_cert_read(d, &k, time))
		return -1;
	CHECK(!k.key_type || (k.key.rsa.nlen == n && k.key.rsa.n[0] == top &&
			      k.key.rsa.elen == 1 && k.key.rsa.e[0] == 3), "%zu", n);
	return k.key_type;
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
	struct tls_pair p;

	test_element();
	test_certificate();
	test_rsa_certificate();
	pairs_start("test/tls/unit_tls_der");
	cert = "p256.pem";
	CHECK(!pairs_load(&p, cert, "p256.key") && p.ec.xlen <= 32, "%s", pairs_why);
	memcpy(scalar + 32 - p.ec.xlen, p.ec.x, p.ec.xlen);
	memcpy(scalar_long + 200 - p.ec.xlen, p.ec.x, p.ec.xlen);
	tls_pair_free(&p);
	test_ec();
	test_ec_lengths();
	cert = "rsa2048.pem";
	pairs_run("openssl rsa -traditional -in rsa2048.key -outform DER -out rsa.der");
	take_parts();
	test_rsa();
	test_rsa_lengths();
	return pairs_end();
}
