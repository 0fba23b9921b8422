/* verify.c: whether a server's certificate is believed: BearSSL's judgement of the chain, and what that
 * lacks: its extended key usage, a server that is named by its address, and --insecure. */
#include "client/trust.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

enum { DAYS_TO_1970 = 719528, DAY = 86400, RSA_BYTES_MIN = 256 };

/* BearSSL passes a pointer to the member that is first. */
static struct verify *verify_of(const br_x509_class *const *ctx)
{
	return (struct verify *)(void *)(uintptr_t)ctx;
}

static void verify_start_chain(const br_x509_class **ctx, const char *name)
{
	struct verify *v = verify_of(ctx);

	v->certs = v->have = 0;
	br_x509_minimal_vtable.start_chain(&v->minimal.vtable, name);
}

static void verify_start_cert(const br_x509_class **ctx, uint32_t n)
{
	br_x509_minimal_vtable.start_cert(&verify_of(ctx)->minimal.vtable, n);
}

static void verify_append(const br_x509_class **ctx, const unsigned char *p, size_t n)
{
	struct verify *v = verify_of(ctx);
	size_t room = sizeof v->first - v->have;

	if (v->certs == 0) {
		memcpy(v->first + v->have, p, n < room ? n : room);
		v->have += n < room ? n : room;
	}
	br_x509_minimal_vtable.append(&v->minimal.vtable, p, n);
}

static void verify_end_cert(const br_x509_class **ctx)
{
	struct verify *v = verify_of(ctx);

	v->certs++;
	br_x509_minimal_vtable.end_cert(&v->minimal.vtable);
}

/* Whether the certificate names the address: subjectAltName, iPAddress (RFC 5280 section 4.2.1.6). */
static int verify_names_ip(const struct verify *v, const struct tls_cert *cert)
{
	static const uint8_t alt_names[] = { 0x55, 0x1D, 0x11 };
	enum { IP_ADDRESS = 0x87 };
	struct tls_der value = trust_extension(cert, alt_names, sizeof alt_names), names;

	names = tls_der_take(&value, DER_SEQUENCE);
	while (names.p && names.n > 0) {
		int is_address = tls_der_next(&names, IP_ADDRESS);
		struct tls_der name = tls_der_take(&names, names.p[0]);

		if (is_address && name.n == v->ip_len && !memcmp(name.p, v->ip, v->ip_len))
			return 1;
	}
	return 0;
}

/* Whether the certificate is for servers: it names no use, or this one, or any (section 4.2.1.12). */
static int verify_is_server(const struct tls_cert *cert)
{
	static const uint8_t usage[] = { 0x55, 0x1D, 0x25 }, any[] = { 0x55, 0x1D, 0x25, 0x00 },
		server[] = { 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01 };
	struct tls_der value = trust_extension(cert, usage, sizeof usage), uses;

	if (!value.p)
		return 1;
	uses = tls_der_take(&value, DER_SEQUENCE);
	while (uses.n > 0) {
		struct tls_der use = tls_der_take(&uses, DER_OID);

		if ((use.n == sizeof server && !memcmp(use.p, server, use.n)) ||
		    (use.n == sizeof any && !memcmp(use.p, any, use.n)))
			return 1;
	}
	return 0;
}

static unsigned verify_end_chain(const br_x509_class **ctx)
{
	struct verify *v = verify_of(ctx);
	struct tls_der first = { v->first, v->have };
	unsigned error = br_x509_minimal_vtable.end_chain(&v->minimal.vtable);
	struct tls_cert cert;

	if (!v->insecure && error)
		return error;
	if (tls_cert_read(first, &cert) || !cert.key.key_type)
		return BR_ERR_X509_UNSUPPORTED;
	v->key = cert.key;
	if (v->insecure)
		return 0;
	if (!verify_is_server(&cert))
		return BR_ERR_X509_FORBIDDEN_KEY_USAGE;
	return !v->ip_len || verify_names_ip(v, &cert) ? 0 : BR_ERR_X509_BAD_SERVER_NAME;
}

static const br_x509_pkey *verify_key(const br_x509_class *const *ctx, unsigned *usages)
{
	struct verify *v = verify_of(ctx);

	if (!v->insecure)
		return br_x509_minimal_vtable.get_pkey(&v->minimal.vtable, usages);
	if (usages)
		*usages = BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN;
	return &v->key;
}

static const br_x509_class verify_class = {
	sizeof(struct verify), verify_start_chain, verify_start_cert, verify_append, verify_end_cert,
	verify_end_chain, verify_key
};

void verify_start(struct verify *v, const br_x509_trust_anchor *anchors, size_t n,
                  const struct options *o)
{
	uint64_t now = (uint64_t)time(NULL);

	v->vtable = &verify_class;
	v->insecure = o->insecure != 0;
	v->ip_len = inet_pton(AF_INET, o->url.host, v->ip) == 1 ? 4 :
	            inet_pton(AF_INET6, o->url.host, v->ip) == 1 ? 16 : 0;
	br_x509_minimal_init(&v->minimal, &br_sha256_vtable, anchors, n);
	br_x509_minimal_set_hash(&v->minimal, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(&v->minimal, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(&v->minimal, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_rsa(&v->minimal, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_minrsa(&v->minimal, RSA_BYTES_MIN);
	br_x509_minimal_set_ecdsa(&v->minimal, br_ec_get_default(), br_ecdsa_vrfy_asn1_get_default());
	br_x509_minimal_set_time(&v->minimal, (uint32_t)(now / DAY + DAYS_TO_1970),
	                         (uint32_t)(now % DAY));
}
