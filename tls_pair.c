/* tls_pair.c: the server's certificates and private key: reads them, checks that they belong
 * together. */
#include "tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* BearSSL's decoder of private keys is not used: it copies what it finds to buffers of fixed size.
 * Here nothing is copied: what is handed over lies in the text of the file. */

/* BearSSL has room for RSA factors of half the modulus and 4 bytes more. */
enum { MODULUS_MAX = 512, FACTOR_SLACK = 4 };
enum { POINT_MAX = 97, NAME_SHOWN = 100 };

static const char unsupported[] = "the key is of a kind or size that is not supported; expected "
	"RSA of 2048 to 4096 bits, EC P-256 or EC P-384";
static const char bad_certificate[] = "a certificate is damaged; expected X.509";
static const char bad_key[] = "the private key is damaged; make it anew or fetch it again";
static const char mismatch[] = "the private key does not belong to the first certificate; the "
	"server's own must be the first";

static int is_label_end(const struct tls_pem *f, const char *end)
{
	size_t n = strlen(end);

	return f->label_len >= n && !memcmp(f->label + f->label_len - n, end, n);
}

static int is_label(const struct tls_pem *f, const char *label)
{
	return f->label_len == strlen(label) && is_label_end(f, label);
}

/* ---- the certificate file -------------------------------------------------------------------- */

/* Adds the certificate of the block that was found; key: where the first one's public key goes. */
static const char *add_certificate(struct tls_pair *p, br_x509_pkey *key)
{
	br_x509_certificate *c = &p->chain[p->chain_len];
	struct tls_cert cert;
	const char *wrong;
	struct tls_der d;

	if (p->chain_len == TLS_CHAIN_MAX)
		return "holds more than 8 certificates; expected the server's and its CA's";
	wrong = tls_pem_decode(&p->cert, &d.p, &d.n);
	if (wrong)
		return wrong;
	if (tls_cert_read(d, &cert))
		return bad_certificate;
	c->data = d.p;
	c->data_len = d.n;
	if (p->chain_len++)
		return NULL;
	*key = cert.key;
	p->not_before = cert.not_before;
	p->not_after = cert.not_after;
	return key->key_type ? NULL : unsupported;
}

static const char *read_chain(struct tls_pair *p, const char *file, br_x509_pkey *key)
{
	struct tls_pem *f = &p->cert;
	const char *wrong = tls_pem_load(f, file, TLS_FILE_MAX);
	int others = 0;

	while (!wrong && !(wrong = tls_pem_next(f)) && f->label) {
		if (is_label(f, "CERTIFICATE"))
			wrong = add_certificate(p, key);
		else
			others |= is_label_end(f, "PRIVATE KEY");
	}
	if (wrong || p->chain_len)
		return wrong;
	if (strlen(f->text) != f->size)
		return "is not PEM; if it is DER, convert it with: "
		       "openssl x509 -inform DER -in OLD -out NEW";
	return others ? "holds a private key; put the certificate here"
		      : "holds no certificate; expected a line -----BEGIN CERTIFICATE-----";
}

/* ---- private keys ---------------------------------------------------------------------------- */

/* Whether a number to the power of the private and of the public exponent is itself again. With one
 * wrong part the first signature would give the whole key away. */
static int rsa_works(const br_rsa_private_key *k, const br_rsa_public_key *public)
{
	uint8_t number[MODULUS_MAX];
	size_t i;
	uint32_t ok;

	/* Less than the modulus, whose first byte is not 0. */
	memset(number, 0x5A, sizeof number);
	number[0] = 0;
	ok = br_rsa_private_get_default()(number, k) &
	     br_rsa_public_get_default()(number, public->nlen, public);
	for (i = 0; i < public->nlen; i++)
		ok &= number[i] == (i ? 0x5A : 0);
	tls_wipe(number, sizeof number);
	return ok == 1;
}

static int is_rsa_factor(const struct tls_der *f, size_t modulus)
{
	return f->n + FACTOR_SLACK >= modulus / 2 && f->n <= modulus / 2 + FACTOR_SLACK &&
	       f->p[f->n - 1] & 1;
}

/* RFC 8017 appendix A.1.2. */
static const char *read_rsa(struct tls_pair *p, struct tls_der d, const br_x509_pkey *public)
{
	/* Modulus, public and private exponent, two factors, an exponent for each, coefficient. */
	struct tls_der k = tls_der_take(&d, DER_SEQUENCE), v[8];
	int i;

	tls_der_version(&k, 0, 0);
	for (i = 0; i < 8; i++)
		v[i] = tls_der_number(&k);
	if (!tls_der_done(&d) || !tls_der_done(&k))
		return bad_key;
	if (public->key_type != BR_KEYTYPE_RSA || v[0].n != public->key.rsa.nlen ||
	    memcmp(v[0].p, public->key.rsa.n, v[0].n))
		return mismatch;
	if (!is_rsa_factor(&v[3], v[0].n) || !is_rsa_factor(&v[4], v[0].n) || v[5].n > v[3].n ||
	    v[6].n > v[4].n || v[7].n > v[3].n)
		return bad_key;
	p->rsa.n_bitlen = (uint32_t)v[0].n * 8;
	for (i = v[0].p[0]; i < 0x80; i <<= 1)
		p->rsa.n_bitlen--;
	p->rsa.p = v[3].p;
	p->rsa.plen = v[3].n;
	p->rsa.q = v[4].p;
	p->rsa.qlen = v[4].n;
	p->rsa.dp = v[5].p;
	p->rsa.dplen = v[5].n;
	p->rsa.dq = v[6].p;
	p->rsa.dqlen = v[6].n;
	p->rsa.iq = v[7].p;
	p->rsa.iqlen = v[7].n;
	return rsa_works(&p->rsa, &public->key.rsa) ? NULL : bad_key;
}

/* Whether the private key is from 1 to the order of its curve less 1; it has no leading zeros. */
static int is_ec_scalar(const br_ec_impl *ec, const br_ec_private_key *k)
{
	size_t n;
	const uint8_t *order = ec->order(k->curve, &n);

	return k->xlen && (k->xlen < n || (k->xlen == n && memcmp(k->x, order, n) < 0));
}

/* RFC 5915. curve: the one that PKCS#8 names, or 0. The certificate's holds when none is named. */
static const char *read_ec(struct tls_pair *p, struct tls_der d, int curve,
			   const br_x509_pkey *public)
{
	struct tls_der k = tls_der_take(&d, DER_SEQUENCE), x, parameters;
	const br_ec_impl *ec = br_ec_get_default();
	uint8_t point[POINT_MAX];
	int inner = curve;
	size_t n;

	tls_der_version(&k, 1, 1);
	x = tls_der_take(&k, DER_OCTETS);
	if (tls_der_next(&k, DER_0)) {
		parameters = tls_der_take(&k, DER_0);
		inner = tls_der_curve(&parameters);
		if (!inner)
			return unsupported;
	}
	tls_der_skip(&k, DER_1);        /* the public key */
	if (!tls_der_done(&d) || !tls_der_done(&k) || (curve && curve != inner))
		return bad_key;
	if (public->key_type != BR_KEYTYPE_EC || (inner && inner != public->key.ec.curve))
		return mismatch;
	for (; x.n && !x.p[0]; x.n--)
		x.p++;
	p->ec.curve = public->key.ec.curve;
	p->ec.x = x.p;
	p->ec.xlen = x.n;
	if (!is_ec_scalar(ec, &p->ec))
		return bad_key;
	n = ec->mulgen(point, p->ec.x, p->ec.xlen, p->ec.curve);
	return n == public->key.ec.qlen && !memcmp(point, public->key.ec.q, n) ? NULL : mismatch;
}

/* RFC 5958 section 2. */
static const char *read_pkcs8(struct tls_pair *p, struct tls_der d, const br_x509_pkey *public)
{
	struct tls_der k = tls_der_take(&d, DER_SEQUENCE), key;
	int curve, type;

	tls_der_version(&k, 0, 1);
	type = tls_der_algorithm(&k, &curve);
	key = tls_der_take(&k, DER_OCTETS);
	tls_der_skip(&k, DER_0);                /* attributes */
	tls_der_skip(&k, DER_1_PRIMITIVE);      /* the public key */
	if (!tls_der_done(&d) || !tls_der_done(&k))
		return bad_key;
	if (type == BR_KEYTYPE_RSA)
		return read_rsa(p, key, public);
	return type ? read_ec(p, key, curve, public) : unsupported;
}

/* Reads the key of the block that was found. */
static const char *read_key(struct tls_pair *p, const br_x509_pkey *public)
{
	struct tls_pem *f = &p->key;
	const char *wrong, *header = strstr(f->body, "Proc-Type:");
	struct tls_der d;

	if (is_label(f, "ENCRYPTED PRIVATE KEY") || (header && header < f->body + f->body_len))
		return "the private key is encrypted; decrypt it with: "
		       "openssl pkey -in OLD -out NEW";
	wrong = tls_pem_decode(f, &d.p, &d.n);
	if (wrong)
		return wrong;
	if (is_label(f, "RSA PRIVATE KEY"))
		return read_rsa(p, d, public);
	if (is_label(f, "EC PRIVATE KEY"))
		return read_ec(p, d, 0, public);
	return is_label(f, "PRIVATE KEY") ? read_pkcs8(p, d, public) : unsupported;
}

static const char *read_key_file(struct tls_pair *p, const char *file, const br_x509_pkey *public)
{
	struct tls_pem *f = &p->key;
	const char *wrong = tls_pem_load(f, file, TLS_FILE_MAX);
	int others = 0;

	while (!wrong && !(wrong = tls_pem_next(f)) && f->label) {
		if (is_label_end(f, "PRIVATE KEY"))
			return read_key(p, public);
		others |= is_label(f, "CERTIFICATE");
	}
	if (wrong)
		return wrong;
	if (strlen(f->text) != f->size)
		return "is not PEM; if it is DER, convert it with: "
		       "openssl pkey -inform DER -in OLD -out NEW";
	return others ? "holds a certificate; put its private key here"
		      : "holds no private key; expected a line -----BEGIN PRIVATE KEY-----";
}

/* ---- both ------------------------------------------------------------------------------------ */

int tls_pair_load(struct tls_pair *p, const char *cert_file, const char *key_file,
		  char why[TLS_WHY_MAX])
{
	const char *file = cert_file, *wrong;
	br_x509_pkey public = { 0 };
	size_t n;

	memset(p, 0, sizeof *p);
	wrong = read_chain(p, file, &public);
	if (!wrong)
		wrong = read_key_file(p, file = key_file, &public);
	if (!wrong) {
		p->key_type = public.key_type;
		return 0;
	}
	n = strlen(file);
	snprintf(why, TLS_WHY_MAX, "%s%s: %s", n > NAME_SHOWN ? "..." : "",
		 file + (n > NAME_SHOWN ? n - NAME_SHOWN : 0), wrong);
	tls_pair_free(p);
	return -1;
}

void tls_pair_free(struct tls_pair *p)
{
	if (p->cert.text)
		tls_wipe(p->cert.text, p->cert.size);
	if (p->key.text)
		tls_wipe(p->key.text, p->key.size);
	free(p->cert.text);
	free(p->key.text);
	memset(p, 0, sizeof *p);
}
