/* trust.h: what link_bearssl.c, trust.c and verify.c share, in a build with TLS=bearssl. */
#ifndef TRUST_H
#define TRUST_H

#include "client/client.h"
#include "tls.h"

/* ---- trust.c: the certificates of those who may vouch for a server ------------------------------------ */

/* Reads the PEM certificates of file, or of the system when it is NULL. Returns how many there are, or
 * 0 with in why what is wrong. They are there until the end. */
size_t trust_read(const char *file, const br_x509_trust_anchor **anchors, char why[WHY_MAX]);

/* The value of a certificate's extension with this OID; n is 0 when it has none. */
struct tls_der trust_extension(const struct tls_cert *cert, const uint8_t *oid, size_t n);

/* ---- verify.c: whether a server's certificate is believed ---------------------------------------------- */

enum { VERIFY_CERT_MAX = 16384 };

/* The engine's view of it starts with a pointer to its functions, as BearSSL wants it. */
struct verify {
	const br_x509_class *vtable;
	br_x509_minimal_context minimal;
	int insecure;                   /* believes everybody */
	size_t ip_len;                  /* the URL names an address: 4 or 16 bytes of it, else 0 */
	uint8_t ip[16];
	size_t certs, have;             /* so far; bytes of the first */
	br_x509_pkey key;               /* its public key, for insecure */
	uint8_t first[VERIFY_CERT_MAX];
};

/* Readies it for the server that u names. */
void verify_start(struct verify *v, const br_x509_trust_anchor *anchors, size_t n,
                  const struct options *o);

#endif
