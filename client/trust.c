/* trust.c: the certificates of those who may vouch for a server. */
#include "client/trust.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STORE_MAX = 1 << 20 };           /* bytes of a file of certificates */

static struct tls_pem store;
static br_x509_trust_anchor *trusted;

/* Where systems keep theirs. */
static const char *const places[] = {
	"/etc/ssl/certs/ca-certificates.crt",   /* Debian, Alpine, Arch, OpenWrt */
	"/etc/ssl/cert.pem",                    /* BSD, macOS, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt",     /* Fedora */
	NULL
};

struct tls_der trust_extension(const struct tls_cert *cert, const uint8_t *oid, size_t n)
{
	enum { BOOLEAN = 0x01 };
	struct tls_der list = cert->extensions, one, id, value = { NULL, 0 };

	while (list.n > 0 && !value.p) {
		one = tls_der_take(&list, DER_SEQUENCE);
		id = tls_der_take(&one, DER_OID);
		tls_der_skip(&one, BOOLEAN);    /* critical */
		if (id.n == n && !memcmp(id.p, oid, n))
			value = tls_der_take(&one, DER_OCTETS);
	}
	return value;
}

/* Whether it may vouch for others: basicConstraints with cA (RFC 5280 section 4.2.1.9). One that may
 * not is believed for itself only. */
static int trust_is_ca(const struct tls_cert *cert)
{
	static const uint8_t constraints[] = { 0x55, 0x1D, 0x13 };
	enum { BOOLEAN = 0x01 };
	struct tls_der value = trust_extension(cert, constraints, sizeof constraints), fields, ca;

	fields = tls_der_take(&value, DER_SEQUENCE);
	if (!tls_der_next(&fields, BOOLEAN))
		return 0;
	ca = tls_der_take(&fields, BOOLEAN);
	return ca.n == 1 && ca.p[0] == 0xFF;
}

/* Takes the certificates that can be used: of a large store some cannot. */
static size_t trust_take(const char **wrong)
{
	size_t n = 0, room = 0;

	while (!(*wrong = tls_pem_next(&store)) && store.label) {
		br_x509_trust_anchor *a;
		struct tls_cert cert;
		struct tls_der der;

		if (store.label_len != strlen("CERTIFICATE") ||
		    memcmp(store.label, "CERTIFICATE", store.label_len))
			continue;
		if ((*wrong = tls_pem_decode(&store, &der.p, &der.n)))
			break;
		if (tls_cert_read(der, &cert) || !cert.key.key_type)
			continue;
		if (n == room) {
			room = room ? 2 * room : 4;
			a = realloc(trusted, room * sizeof *trusted);
			if (!a) {
				*wrong = "memory is out";
				break;
			}
			trusted = a;
		}
		a = &trusted[n++];
		memset(a, 0, sizeof *a);
		a->dn.data = cert.subject.p;
		a->dn.len = cert.subject.n;
		a->flags = trust_is_ca(&cert) ? BR_X509_TA_CA : 0;
		a->pkey = cert.key;
	}
	return n;
}

size_t trust_read(const char *file, const br_x509_trust_anchor **anchors, char why[WHY_MAX])
{
	const char *wrong = "there is no file of trusted certificates on this system; give one by --cafile";
	const char *const *place;
	size_t n = 0;

	for (place = places; !file && *place; place++)
		file = access(*place, R_OK) ? NULL : *place;
	if (file)
		wrong = tls_pem_load(&store, file, STORE_MAX);
	if (!wrong)
		n = trust_take(&wrong);
	if (!wrong && n == 0)
		wrong = "holds no certificate that can be used; expected PEM, RSA or EC";
	*anchors = trusted;
	if (!wrong)
		return n;
	snprintf(why, WHY_MAX, "%s%s%s", file ? file : "", file ? ": " : "", wrong);
	return 0;
}
