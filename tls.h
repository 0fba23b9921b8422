/* tls.h: what the files of TLS share. Only they include it, in a build with TLS=bearssl. */
#ifndef TLS_H
#define TLS_H

#include "wsrelay.h"

#include <bearssl.h>

/* ---- tls_pem.c: a file of PEM blocks (RFC 7468), with or without text around them ------------ */

enum { TLS_FILE_MAX = 65536 };

struct tls_pem {
	char *text;             /* the whole file with a NUL behind it; malloc */
	size_t size;            /* without the NUL */
	char *at;               /* behind the block that tls_pem_next() found */
	const char *label;      /* of that block, not NUL-terminated; NULL: there was no more */
	size_t label_len;
	char *body;
	size_t body_len;
};

/* Zeroes n bytes that held a secret; no compiler leaves this out. */
void tls_wipe(void *data, size_t n);

/* These return NULL, or what is wrong, to be written behind the file's name. */

/* Reads a file of at most `most` bytes whole into f, which is zero; never waits for a pipe.
 * Afterwards the caller wipes and frees f->text, when it is not NULL, whatever is returned: it may
 * hold a key. */
const char *tls_pem_load(struct tls_pem *f, const char *file, size_t most);

/* Finds the next block, which must be whole: BEGIN and END line. */
const char *tls_pem_next(struct tls_pem *f);

/* Decodes the body of that block in place, once. */
const char *tls_pem_decode(struct tls_pem *f, uint8_t **data, size_t *len);

/* ---- tls_der.c: the elements of DER (X.690) -------------------------------------------------- */

enum {
	DER_INTEGER = 0x02, DER_BITS = 0x03, DER_OCTETS = 0x04, DER_OID = 0x06, DER_UTC_TIME = 0x17,
	DER_TIME = 0x18, DER_SEQUENCE = 0x30,
	DER_1_PRIMITIVE = 0x81, DER_2_PRIMITIVE = 0x82,
	DER_0 = 0xA0, DER_1 = 0xA1, DER_3 = 0xA3        /* [0] and so on, constructed */
};

/* What is left to read. From the first mistake on p is NULL and n is 0, and so is all that is taken
 * from it: one look at the end is enough. */
struct tls_der {
	uint8_t *p;
	size_t n;
};

int tls_der_next(const struct tls_der *d, int tag);     /* whether it goes on with this tag */
int tls_der_done(const struct tls_der *d);      /* whether all is read, without a mistake */
void tls_der_fail(struct tls_der *d);           /* what was read last is a mistake */

/* Takes the next element, which must have this tag. Returns its content, inside d. A mistake: it
 * has another tag, is cut, or its length is indefinite, not the shortest form, 64 KiB or more. */
struct tls_der tls_der_take(struct tls_der *d, int tag);

/* Passes over the next element if it has this tag. */
void tls_der_skip(struct tls_der *d, int tag);

/* Takes a positive INTEGER. Returns its bytes from the first that is not 0; after a mistake they are
 * of no use. */
struct tls_der tls_der_number(struct tls_der *d);

/* Takes an INTEGER from least to most, each 0 to 127. */
void tls_der_version(struct tls_der *d, int least, int most);

/* Takes the OID of a curve. Returns BR_EC_secp256r1, BR_EC_secp384r1 or 0. */
int tls_der_curve(struct tls_der *d);

/* Takes an AlgorithmIdentifier (RFC 5280 section 4.1.1.2). Returns BR_KEYTYPE_RSA, BR_KEYTYPE_EC
 * with its curve, or 0 for any other. */
int tls_der_algorithm(struct tls_der *d, int *curve);

/* ---- tls_cert.c: a certificate, RFC 5280 section 4.1 ----------------------------------------- */

struct tls_cert {
	br_x509_pkey key;       /* key_type 0: not RSA of 2048 to 4096 bits, EC P-256 or P-384 */
	int64_t not_before, not_after;  /* Unix time */
	struct tls_der subject; /* the whole element */
	struct tls_der extensions;      /* what is in the list; none: n is 0 */
};

/* Reads a certificate; all of c points into d. Returns 0, or -1: it is malformed. */
int tls_cert_read(struct tls_der d, struct tls_cert *c);

/* ---- tls_pair.c: the server's certificates and the private key of the first ------------------ */

enum { TLS_CHAIN_MAX = 8, TLS_WHY_MAX = 320 };

/* All pointers are into the two texts, which it owns: it may be copied, and one copy freed. */
struct tls_pair {
	br_x509_certificate chain[TLS_CHAIN_MAX];       /* as in the file: the server's first */
	size_t chain_len;
	int key_type;                   /* BR_KEYTYPE_RSA or BR_KEYTYPE_EC: which of these is set */
	br_rsa_private_key rsa;         /* 2048 to 4096 bits */
	br_ec_private_key ec;           /* P-256 or P-384 */
	int64_t not_before, not_after;  /* Unix time, of the first certificate */
	struct tls_pem cert, key;       /* the files */
};

/* Reads both files and checks that they can be used together: PEM, each at most 64 KiB; X.509
 * certificates (RFC 5280), of which signatures, names, dates and order are not judged; the first
 * private key, unencrypted: PKCS#1 (RFC 8017), SEC1 (RFC 5915) or PKCS#8 (RFC 5958). Blocks of other
 * kinds are passed over, so both may be one file. Takes as long as a signature with that key.
 * Returns 0, or -1 with one line in `why`: the file's name, cut at its start when it is long, and
 * what is wrong. p need not be set before; after -1 it holds nothing. */
int tls_pair_load(struct tls_pair *p, const char *cert_file, const char *key_file,
		  char why[TLS_WHY_MAX]);

/* Wipes and frees all of it. A pair that is zero, or freed before, is fine. */
void tls_pair_free(struct tls_pair *p);

/* ---- tls_bearssl.c: the engine, for the server and for a client ---------------------------------- */

/* Header, explicit nonce, 16 KiB and tag: no suite of ours makes or takes a longer record. */
enum { TLS_HEAD = 5, TLS_RECORD_MAX = TLS_HEAD + 8 + 16384 + 16 };

/* Gathers randomness from the system. Returns 0, or -1: it has none to give. */
int tls_random_start(void);

/* n bytes that nobody can foretell. */
void tls_random(void *out, size_t n);

/* Sets what both sides speak: TLS 1.2, ECDHE with AES-GCM and ChaCha20-Poly1305. */
void tls_engine(br_ssl_engine_context *e);

/* Seeds a new connection's random numbers and lends it `out`; its reset comes next. */
void tls_engine_fresh(br_ssl_engine_context *e, uint8_t *out);

/* Lends the engine memory for the next record in and for those it makes out of it, of which `out` has
 * BR_SSL_BUFSIZE_OUTPUT bytes. Returns 0, or -1: it has failed, is closed, or holds a record. */
int tls_engine_lend(br_ssl_engine_context *e, uint8_t *in, uint8_t *out);

/* The length of the record that starts with these n bytes, 0: more please, -1: no TLS, or too long. */
int tls_record_len(const uint8_t *record, size_t n);

/* Lends it both and gives it the whole record of n bytes, which is decrypted where it lies. What it
 * has to say to that is to be taken out next, by br_ssl_engine_sendrec_buf() and _ack(), until there
 * is no more; then the payload by br_ssl_engine_recvapp_buf() and _ack(). Returns 0, or -1: it takes
 * no record. A record that it refuses shows in its state: BR_SSL_CLOSED. */
int tls_engine_feed(br_ssl_engine_context *e, uint8_t *record, size_t n, uint8_t *out);

/* Why it has failed, in words; "closed" when it has not. */
const char *tls_engine_error(const br_ssl_engine_context *e);

/* The operations with a private or ephemeral key so far, each as dear as a signature. */
extern uint32_t tls_costly;

/* ---- tls_server.c, for tls_conn.c ---------------------------------------------------------------- */

struct tls {
	br_ssl_server_context server;
	uint8_t *in, *out;              /* c->raw bytes of a record; c->sealed from out_at on */
	uint32_t in_size, out_size, out_at;
	uint8_t ready;                  /* the handshake is done */
	uint8_t ended;                  /* our close_notify was made */
};

/* Records on their way out: two long ones go with one send(). */
enum { TLS_SCRATCH = 2 * BR_SSL_BUFSIZE_OUTPUT };
extern uint8_t tls_scratch[TLS_SCRATCH];

extern struct tls_counts {
	uint64_t handshakes, failures;
} tls_counts;

/* The next step of a handshake takes the pair of now: a reload may come between two. */
void tls_use_pair(br_ssl_server_context *s);

#endif
