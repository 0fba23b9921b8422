/* tls_der.c: the elements of DER (X.690): strict, and never beyond what is left. */
#include "tls.h"

#include <string.h>

int tls_der_next(const struct tls_der *d, int tag)
{
	return d->n && d->p[0] == tag;
}

int tls_der_done(const struct tls_der *d)
{
	return d->p && !d->n;
}

void tls_der_fail(struct tls_der *d)
{
	d->p = NULL;
	d->n = 0;
}

/* The bytes of tag and length that d starts with, 2 to 4; *len: what they announce. Returns 0 when
 * they are cut, not the shortest form, or announce 64 KiB or more. */
static size_t head(const struct tls_der *d, size_t *len)
{
	const uint8_t *p = d->p;

	if (d->n < 2)
		return 0;
	*len = p[1];
	if (*len < 0x80)
		return 2;
	if (*len == 0x81 && d->n > 2) {
		*len = p[2];
		return *len < 0x80 ? 0 : 3;
	}
	if (*len == 0x82 && d->n > 3) {
		*len = (size_t)p[2] << 8 | p[3];
		return *len < 0x100 ? 0 : 4;
	}
	return 0;
}

struct tls_der tls_der_take(struct tls_der *d, int tag)
{
	struct tls_der content = { NULL, 0 };
	size_t used = head(d, &content.n);

	if (!used || d->p[0] != tag || content.n > d->n - used) {
		tls_der_fail(d);
		return *d;
	}
	content.p = d->p + used;
	d->p += used + content.n;
	d->n -= used + content.n;
	return content;
}

void tls_der_skip(struct tls_der *d, int tag)
{
	if (tls_der_next(d, tag))
		tls_der_take(d, tag);
}

struct tls_der tls_der_number(struct tls_der *d)
{
	struct tls_der v = tls_der_take(d, DER_INTEGER);

	if (v.n > 1 && v.p[0] == 0 && v.p[1] >= 0x80) {
		v.p++;
		v.n--;
	} else if (!v.n || v.p[0] == 0 || v.p[0] >= 0x80) {
		tls_der_fail(d);
	}
	return v;
}

void tls_der_version(struct tls_der *d, int least, int most)
{
	struct tls_der v = tls_der_take(d, DER_INTEGER);

	if (v.n != 1 || v.p[0] < least || v.p[0] > most)
		tls_der_fail(d);
}

/* Whether an OID is this one. */
static int is(const struct tls_der *d, const char *oid, size_t n)
{
	return d->n == n && !memcmp(d->p, oid, n);
}

#define IS(d, oid) is(d, oid, sizeof(oid) - 1)

int tls_der_curve(struct tls_der *d)
{
	struct tls_der oid = tls_der_take(d, DER_OID);

	if (IS(&oid, "\x2A\x86\x48\xCE\x3D\x03\x01\x07"))               /* 1.2.840.10045.3.1.7 */
		return BR_EC_secp256r1;
	return IS(&oid, "\x2B\x81\x04\x00\x22") ? BR_EC_secp384r1 : 0;  /* 1.3.132.0.34 */
}

int tls_der_algorithm(struct tls_der *d, int *curve)
{
	struct tls_der a = tls_der_take(d, DER_SEQUENCE), oid = tls_der_take(&a, DER_OID);

	*curve = 0;
	if (IS(&oid, "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"))           /* 1.2.840.113549.1.1.1 */
		return BR_KEYTYPE_RSA;
	if (IS(&oid, "\x2A\x86\x48\xCE\x3D\x02\x01"))                   /* 1.2.840.10045.2.1 */
		*curve = tls_der_curve(&a);
	return *curve ? BR_KEYTYPE_EC : 0;
}
