/* tls_cert.c: a certificate (RFC 5280 section 4.1): its public key and its dates. */
#include "tls.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 4096 };

/* Two decimal digits, or -1. */
static int two_digits(const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + p[1] - '0';
}

/* A time as Unix time: YYMMDDhhmmssZ from 1950 to 2049, or YYYYMMDDhhmmssZ (section 4.1.2.5). */
static int64_t take_time(struct tls_der *d)
{
	static const int most[] = { 99, 99, 12, 31, 23, 59, 59 };
	int short_year = tls_der_next(d, DER_UTC_TIME), v[7] = { 0 }, i = short_year, ok;
	struct tls_der t = tls_der_take(d, short_year ? DER_UTC_TIME : DER_TIME);
	int64_t days, year, month;

	ok = t.n == (short_year ? 13 : 15) && t.p[t.n - 1] == 'Z';
	for (; ok && i < 7; i++, t.p += 2) {
		v[i] = two_digits(t.p);
		ok = v[i] >= 0 && v[i] <= most[i];
	}
	if (!ok || !v[2] || !v[3]) {
		tls_der_fail(d);
		return 0;
	}
	if (short_year)
		v[0] = v[1] < 50 ? 20 : 19;
	/* Years from March on, so that the leap day is the last: 153 days in each five months. Between
	 * the first of March of year 0 and 1970 are 719468 days. */
	month = (v[2] + 9) % 12;
	year = v[0] * 100 + v[1] - (v[2] < 3);
	days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + v[3] - 1;
	return (((days - 719468) * 24 + v[4]) * 60 + v[5]) * 60 + v[6];
}

static int is_rsa_size(const struct tls_der *modulus)
{
	size_t n = modulus->n, least = RSA_BITS_MIN / 8;

	return n <= RSA_BITS_MAX / 8 && (n > least || (n == least && modulus->p[0] >= 0x80));
}

/* The public key of a certificate. key_type is 0 when it is not supported. */
static void take_public_key(struct tls_der *d, br_x509_pkey *key)
{
	struct tls_der info = tls_der_take(d, DER_SEQUENCE), text, numbers, n, e;
	int curve, type = tls_der_algorithm(&info, &curve);

	key->key_type = 0;
	text = tls_der_take(&info, DER_BITS);
	/* The first byte: how many bits of the last one are unused. */
	if (!tls_der_done(&info) || !text.n || text.p[0]) {
		tls_der_fail(d);
	} else if (type == BR_KEYTYPE_EC) {
		key->key_type = BR_KEYTYPE_EC;
		key->key.ec.curve = curve;
		key->key.ec.q = text.p + 1;
		key->key.ec.qlen = text.n - 1;
	} else if (type == BR_KEYTYPE_RSA) {
		text.p++;
		text.n--;
		numbers = tls_der_take(&text, DER_SEQUENCE);
		n = tls_der_number(&numbers);
		e = tls_der_number(&numbers);
		if (!tls_der_done(&numbers) || !tls_der_done(&text))
			tls_der_fail(d);
		else if (is_rsa_size(&n))
			key->key_type = BR_KEYTYPE_RSA;
		key->key.rsa.n = n.p;
		key->key.rsa.nlen = n.n;
		key->key.rsa.e = e.p;
		key->key.rsa.elen = e.n;
	}
}

int tls_cert_read(struct tls_der d, struct tls_cert *cert)
{
	struct tls_der all = tls_der_take(&d, DER_SEQUENCE), version, validity, extensions;
	struct tls_der c = tls_der_take(&all, DER_SEQUENCE);

	tls_der_take(&all, DER_SEQUENCE);       /* signature algorithm */
	tls_der_take(&all, DER_BITS);           /* signature */
	if (tls_der_next(&c, DER_0)) {
		version = tls_der_take(&c, DER_0);
		tls_der_version(&version, 0, 2);
		if (!tls_der_done(&version))
			return -1;
	}
	tls_der_take(&c, DER_INTEGER);          /* serial number */
	tls_der_take(&c, DER_SEQUENCE);         /* signature algorithm */
	tls_der_take(&c, DER_SEQUENCE);         /* issuer */
	validity = tls_der_take(&c, DER_SEQUENCE);
	cert->not_before = take_time(&validity);
	cert->not_after = take_time(&validity);
	cert->subject = c;
	tls_der_take(&c, DER_SEQUENCE);         /* subject */
	cert->subject.n -= c.n;
	take_public_key(&c, &cert->key);
	tls_der_skip(&c, DER_1_PRIMITIVE);      /* unique identifiers */
	tls_der_skip(&c, DER_2_PRIMITIVE);
	extensions = c;
	cert->extensions.n = 0;
	if (c.n) {
		extensions = tls_der_take(&c, DER_3);
		cert->extensions = tls_der_take(&extensions, DER_SEQUENCE);
	}
	return tls_der_done(&d) && tls_der_done(&all) && tls_der_done(&c) &&
	       tls_der_done(&validity) && tls_der_done(&extensions) ? 0 : -1;
}
