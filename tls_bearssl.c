/* tls_bearssl.c: BearSSL's engine, set up once, its memory lent record by record. */
#include "tls.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A build against another BearSSL than the one that tls_engine_lend() was written for stops here: this
 * is how version 0.6 lays out what that function writes to. */
typedef char tls_built_for_bearssl_0_6[
	offsetof(br_ssl_engine_context, obuf) ==
	offsetof(br_ssl_engine_context, ibuf) + sizeof(unsigned char *) &&
	offsetof(br_ssl_engine_context, ixb) ==
	offsetof(br_ssl_engine_context, ixa) + sizeof(size_t) &&
	offsetof(br_ssl_engine_context, oxb) ==
	offsetof(br_ssl_engine_context, oxa) + sizeof(size_t) ? 1 : -1];

uint32_t tls_costly;

static br_hmac_drbg_context pool;       /* seeded once: no descriptor is needed for a new connection */
static br_ec_impl ec;

/* ---- random numbers */

/* BearSSL asks the processor alone where that has random numbers: the kernel's are added. */
int tls_random_start(void)
{
	br_prng_seeder system = br_prng_seeder_system(NULL);
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	uint8_t seed[32];
	ssize_t n = fd < 0 ? -1 : read(fd, seed, sizeof seed);

	if (fd >= 0)
		close(fd);
	br_hmac_drbg_init(&pool, &br_sha256_vtable, NULL, 0);
	if (n == (ssize_t)sizeof seed)
		br_hmac_drbg_update(&pool, seed, sizeof seed);
	tls_wipe(seed, sizeof seed);
	return (system && system(&pool.vtable)) || n == (ssize_t)sizeof seed ? 0 : -1;
}

void tls_random(void *out, size_t n)
{
	br_hmac_drbg_generate(&pool, out, n);
}

/* ---- what is spoken */

static uint32_t tls_mul(unsigned char *g, size_t g_len, const unsigned char *x, size_t x_len, int curve)
{
	tls_costly++;
	return br_ec_get_default()->mul(g, g_len, x, x_len, curve);
}

void tls_engine(br_ssl_engine_context *e)
{
	static const uint16_t suites[] = {
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
	};
	enum { CHACHAS = 2, SUITES = sizeof suites / sizeof *suites - CHACHAS };
	/* Without instructions for AES, ChaCha20 is several times as fast. */
	int aes = br_aes_x86ni_ctr_get_vtable() || br_aes_pwr8_ctr_get_vtable();

	br_ssl_engine_set_versions(e, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(e, aes ? suites + CHACHAS : suites, SUITES);
	br_ssl_engine_add_flags(e, BR_OPT_NO_RENEGOTIATION);
	br_ssl_engine_set_hash(e, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(e, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(e, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(e, &br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(e, &br_tls12_sha384_prf);
	br_ssl_engine_set_default_aes_gcm(e);
	br_ssl_engine_set_default_chapol(e);
	ec = *br_ec_get_default();
	ec.mul = tls_mul;
	ec.supported_curves &= 1u << BR_EC_secp256r1 | 1u << BR_EC_secp384r1 | 1u << BR_EC_curve25519;
	br_ssl_engine_set_ec(e, &ec);
}

void tls_engine_fresh(br_ssl_engine_context *e, uint8_t *out)
{
	static uint8_t nowhere[1];      /* no byte of input is written before memory is lent for it */
	uint8_t seed[32];

	tls_random(seed, sizeof seed);
	br_ssl_engine_inject_entropy(e, seed, sizeof seed);
	tls_wipe(seed, sizeof seed);
	/* Else each new connection would open /dev/urandom, which fails when descriptors are out. */
	e->rng_os_rand_done = 1;
	/* Less room for input than BUFSIZE_INPUT would make the engine offer smaller records. */
	br_ssl_engine_set_buffers_bidi(e, nowhere, BR_SSL_BUFSIZE_INPUT, out, BR_SSL_BUFSIZE_OUTPUT);
}

/* ---- records */

/*
 * BearSSL has no call that changes buffers and keeps the session, so this writes its pointers. It is
 * safe because the engine (0.6, ssl_engine.c) keeps no other pointer into them from one call to the
 * next: all its marks are offsets, hbuf_in and hbuf_out are set anew whenever the handshake runs. And
 * because it is done only while both buffers hold nothing:
 * - in: it waits for the first byte of a record (the header's five at offset 0), so that none has come
 *   and no payload is left. We give it whole records only and take out all that they cause.
 * - out: no record is waiting to be sent, and no payload for the next one has been put in.
 * The lengths that it knows do not change; a record in, which is no longer than TLS_RECORD_MAX, is
 * decrypted in place and nothing behind it is written.
 */
int tls_engine_lend(br_ssl_engine_context *e, uint8_t *in, uint8_t *out)
{
	size_t n;

	if (br_ssl_engine_recvrec_buf(e, &n) != e->ibuf || n != TLS_HEAD ||
	    br_ssl_engine_sendrec_buf(e, &n) || e->oxa != e->oxc)
		return -1;
	e->ibuf = in;
	e->obuf = out;
	return 0;
}

int tls_record_len(const uint8_t *record, size_t n)
{
	enum { CHANGE_CIPHER_SPEC = 20, APPLICATION_DATA = 23 };
	int len;

	if ((n > 0 && (record[0] < CHANGE_CIPHER_SPEC || record[0] > APPLICATION_DATA)) ||
	    (n > 1 && record[1] != 3))
		return -1;
	if (n < TLS_HEAD)
		return 0;
	len = TLS_HEAD + (record[3] << 8 | record[4]);
	return len > TLS_RECORD_MAX ? -1 : len;
}

int tls_engine_feed(br_ssl_engine_context *e, uint8_t *record, size_t n, uint8_t *out)
{
	size_t want;

	if (tls_engine_lend(e, record, out))
		return -1;
	br_ssl_engine_recvrec_ack(e, TLS_HEAD);
	if (n == TLS_HEAD)
		return br_ssl_engine_current_state(e) == BR_SSL_CLOSED ? -1 : 0;
	if (br_ssl_engine_recvrec_buf(e, &want) != record + TLS_HEAD || want != n - TLS_HEAD)
		return -1;
	br_ssl_engine_recvrec_ack(e, want);
	return 0;
}

const char *tls_engine_error(const br_ssl_engine_context *e)
{
	static const struct {
		uint16_t code;
		char text[34];
	} errors[] = {
		{ BR_ERR_OK, "closed" },
		{ BR_ERR_UNSUPPORTED_VERSION, "needs TLS 1.2" },
		{ BR_ERR_BAD_VERSION, "changes its version" },
		{ BR_ERR_BAD_LENGTH, "record of a wrong length" },
		{ BR_ERR_TOO_LARGE, "record too long" },
		{ BR_ERR_BAD_MAC, "record damaged or forged" },
		{ BR_ERR_UNEXPECTED, "message out of order" },
		{ BR_ERR_BAD_HANDSHAKE, "malformed handshake" },
		{ BR_ERR_BAD_FINISHED, "handshake was tampered with" },
		{ BR_ERR_SEND_FATAL_ALERT + 40, "no cipher suite in common" },
		{ BR_ERR_SEND_FATAL_ALERT + 70, "needs TLS 1.2" },
		{ BR_ERR_SEND_FATAL_ALERT + 86, "falls back to an older version" },
		{ BR_ERR_RECV_FATAL_ALERT + 42, "peer refuses the certificate" },
		{ BR_ERR_RECV_FATAL_ALERT + 45, "peer: certificate expired" },
		{ BR_ERR_RECV_FATAL_ALERT + 46, "peer refuses the certificate" },
		{ BR_ERR_RECV_FATAL_ALERT + 48, "peer does not know the CA" },
	};
	int error = br_ssl_engine_last_error(e);
	size_t i;

	for (i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].code == error)
			return errors[i].text;
	return error >= BR_ERR_RECV_FATAL_ALERT && error < BR_ERR_SEND_FATAL_ALERT ?
	       "peer gave up" : "not understood";
}
