/* unit_tls_key.c: keys built by hand: lengths that lie, numbers out of range.
 *
 * Each is built from the parts of a pair that openssl made, so that only one thing is wrong. */
#include "der.h"
#include "pairs.h"

enum { PARTS = 9 };     /* of an RSA key */

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

int main(void)
{
	struct tls_pair p;

	pairs_start("test/tls/unit_tls_key");
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
