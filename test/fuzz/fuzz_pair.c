/* fuzz_pair.c: a certificate and its key with edits, or any two files: what is accepted must sign.
 *
 * The option: RAW takes the two files as they are, with the first byte SPLIT between them. Otherwise
 * the input is edits of four bytes, which EDIT describes, to a pair that is made here: EC or RSA,
 * PKCS#8 or not, in DER, or as PEM with TEXT. */
#include "fuzz.h"
#include "tls.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RAW = 1, RSA = 2, PKCS8 = 4, TEXT = 8, TWICE = 16, PARAMETERS = 32, SPLIT = 0xff };
enum { EDIT_KEY = 1, EDIT_KINDS = 4, PART_MAX = 1 << 17, NAME_MAX_LEN = 32 };

struct part {
	uint8_t b[PART_MAX];
	size_t n;
};

static struct part files[2], scratch;   /* certificate, key */

static void append(struct part *o, const void *data, size_t n)
{
	FUZZ_ASSERT(n <= PART_MAX - o->n);
	if (n)
		memcpy(o->b + o->n, data, n);
	o->n += n;
}

/* Puts what stands in o from `from` on into an element. */
static void wrap(struct part *o, size_t from, int tag)
{
	size_t n = o->n - from, head = n < 128 ? 2 : n < 256 ? 3 : 4;
	uint8_t *p = o->b + from;

	append(o, "\0\0\0\0", head);
	memmove(p + head, p, n);
	p[0] = (uint8_t)tag;
	p[1] = (uint8_t)(head == 2 ? n : 0x7E + head);
	if (head == 4)
		p[2] = (uint8_t)(n >> 8);
	p[head - 1] = (uint8_t)n;
}

/* ---- the pair that edits are made to */

#define EC_ALGORITHM "\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01" \
	"\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07"
#define RSA_ALGORITHM "\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"

/* A certificate without names, whose signature nobody judges. */
static void make_certificate(struct part *o, const char *algorithm, size_t n, const void *key,
			     size_t key_len)
{
	size_t at;

	o->n = 0;
	append(o, "\xA0\x03\x02\x01\x02\x02\x01\x01\x30\x00\x30\x00\x30\x1E\x17\x0D"
	       "700101000000Z\x17\x0D" "491231235959Z\x30\x00", 46);
	at = o->n;
	append(o, algorithm, n);
	append(o, "", 1);
	append(o, key, key_len);
	wrap(o, at + n, 0x03);
	wrap(o, at, 0x30);
	wrap(o, 0, 0x30);
	append(o, "\x30\x00\x03\x02\x00\x01", 6);
	wrap(o, 0, 0x30);
}

/* The private key is 1: the public one is the generator. */
static void make_ec(int option)
{
	uint8_t one = 1, point[65];
	br_ec_private_key k;

	k.curve = BR_EC_secp256r1;
	k.x = &one;
	k.xlen = 1;
	FUZZ_ASSERT(br_ec_all_m31.mulgen(point, &one, 1, k.curve) == sizeof point);
	make_certificate(&files[0], EC_ALGORITHM, sizeof EC_ALGORITHM - 1, point, sizeof point);
	files[1].n = option & PKCS8 ? br_encode_ec_pkcs8_der(files[1].b, &k, NULL)
				    : br_encode_ec_raw_der(files[1].b, &k, NULL);
}

static void make_rsa(int option)
{
	static uint8_t private[BR_RSA_KBUF_PRIV_SIZE(2048)], public[BR_RSA_KBUF_PUB_SIZE(2048)];
	static uint8_t d[256];
	static br_rsa_private_key k;
	static br_rsa_public_key pk;
	static struct part numbers;
	br_hmac_drbg_context random;

	if (!k.p) {
		/* A seed that comes upon primes soon: tens of milliseconds. */
		br_hmac_drbg_init(&random, &br_sha256_vtable, "49", 2);
		FUZZ_ASSERT(br_rsa_keygen_get_default()(&random.vtable, &k, private, &pk, public,
							2048, 65537));
		FUZZ_ASSERT(br_rsa_i31_compute_privexp(d, &k, 65537) == sizeof d);
		append(&numbers, "", 1);
		append(&numbers, pk.n, pk.nlen);
		wrap(&numbers, 0, 0x02);
		append(&numbers, "\x02\x03\x01\x00\x01", 5);
		wrap(&numbers, 0, 0x30);
	}
	make_certificate(&files[0], RSA_ALGORITHM, sizeof RSA_ALGORITHM - 1, numbers.b, numbers.n);
	files[1].n = option & PKCS8 ? br_encode_rsa_pkcs8_der(files[1].b, &k, &pk, d, sizeof d)
				    : br_encode_rsa_raw_der(files[1].b, &k, &pk, d, sizeof d);
}

/* Each four bytes: what to do with which file, where in it (two bytes), and with what. */
static void edit(const uint8_t *p, size_t n)
{
	for (; n >= 4; p += 4, n -= 4) {
		struct part *f = &files[p[0] & EDIT_KEY];
		size_t at = ((size_t)p[1] << 8 | p[2]) % (f->n + 1), cut = f->n - at;

		switch (p[0] / 2 % EDIT_KINDS) {
		case 0:         /* set */
			if (cut)
				f->b[at] = p[3];
			break;
		case 1:         /* turn bits round */
			if (cut)
				f->b[at] ^= p[3];
			break;
		case 2:         /* put in */
			append(f, "", 1);
			memmove(f->b + at + 1, f->b + at, cut);
			f->b[at] = p[3];
			break;
		default:        /* take out */
			cut = cut < p[3] ? cut : p[3];
			memmove(f->b + at, f->b + at + cut, f->n - at - cut);
			f->n -= cut;
		}
	}
}

/* Turns DER into PEM, once or twice. */
static void to_pem(struct part *f, const char *label, int times)
{
	static char text[PART_MAX];

	scratch = *f;
	f->n = 0;
	naive_base64(text, scratch.b, scratch.n);
	while (times--) {
		append(f, "-----BEGIN ", 11);
		append(f, label, strlen(label));
		append(f, "-----\n", 6);
		append(f, text, strlen(text));
		append(f, "\n-----END ", 10);
		append(f, label, strlen(label));
		append(f, "-----\n", 6);
	}
}

static void make(const uint8_t *p, size_t n, int option)
{
	const uint8_t *split = memchr(p, SPLIT, n);
	int i;

	if (option & RAW) {
		files[0].n = files[1].n = 0;
		append(&files[0], p, split ? (size_t)(split - p) : n);
		if (split)
			append(&files[1], split + 1, n - (size_t)(split + 1 - p));
		return;
	}
	if (option & RSA)
		make_rsa(option);
	else
		make_ec(option);
	if (!(option & TEXT))
		edit(p, n);
	to_pem(&files[0], "CERTIFICATE", option & TWICE ? 2 : 1);
	to_pem(&files[1], option & PKCS8 ? "PRIVATE KEY" : option & RSA ? "RSA PRIVATE KEY"
	       : "EC PRIVATE KEY", 1);
	if (option & PARAMETERS) {
		scratch = files[1];
		files[1].n = 0;
		append(&files[1], "x\n-----BEGIN EC PARAMETERS-----\nAA==\n", 37);
		append(&files[1], "-----END EC PARAMETERS-----\r\n", 29);
		append(&files[1], scratch.b, scratch.n);
	}
	if (option & TEXT)
		edit(p, n);
	for (i = 0; i < 2; i++)
		FUZZ_ASSERT(files[i].n < PART_MAX);
}

/* ---- what is accepted */

static int is_inside(const struct tls_pem *f, const uint8_t *p, size_t n)
{
	const uint8_t *text = (const uint8_t *)f->text;

	return p >= text && p <= text + f->size && n <= (size_t)(text + f->size - p);
}

/* A signature is right for the public key that BearSSL finds, if it takes the certificate. */
static void check_signature(const struct tls_pair *p)
{
	static br_x509_decoder_context x;
	static const uint8_t hash[32] = { 1, 2, 3 };
	uint8_t sign[512], back[32];
	const br_x509_pkey *k;
	size_t n;

	br_x509_decoder_init(&x, NULL, NULL);
	br_x509_decoder_push(&x, p->chain[0].data, p->chain[0].data_len);
	k = br_x509_decoder_get_pkey(&x);
	if (!k)
		return;
	FUZZ_ASSERT(k->key_type == p->key_type);
	FUZZ_ASSERT(p->not_before == ((int64_t)x.notbefore_days - 719528) * 86400 +
				     x.notbefore_seconds);
	FUZZ_ASSERT(p->not_after == ((int64_t)x.notafter_days - 719528) * 86400 +
				    x.notafter_seconds);
	if (p->key_type == BR_KEYTYPE_EC) {
		n = br_ecdsa_i31_sign_raw(&br_ec_all_m31, &br_sha256_vtable, hash, &p->ec, sign);
		FUZZ_ASSERT(n && br_ecdsa_i31_vrfy_raw(&br_ec_all_m31, hash, sizeof hash,
						       &k->key.ec, sign, n) == 1);
		return;
	}
	n = (p->rsa.n_bitlen + 7) / 8;
	FUZZ_ASSERT(br_rsa_i31_pkcs1_sign(BR_HASH_OID_SHA256, hash, sizeof hash, &p->rsa, sign));
	FUZZ_ASSERT(br_rsa_i31_pkcs1_vrfy(sign, n, BR_HASH_OID_SHA256, sizeof hash, &k->key.rsa,
					  back) && !memcmp(hash, back, sizeof hash));
}

static void check_good(const struct tls_pair *p)
{
	const br_rsa_private_key *r = &p->rsa;
	size_t i;

	FUZZ_ASSERT(p->chain_len >= 1 && p->chain_len <= TLS_CHAIN_MAX);
	for (i = 0; i < p->chain_len; i++)
		FUZZ_ASSERT(is_inside(&p->cert, p->chain[i].data, p->chain[i].data_len));
	if (p->key_type == BR_KEYTYPE_EC)
		FUZZ_ASSERT(p->ec.xlen <= 48 && is_inside(&p->key, p->ec.x, p->ec.xlen));
	else
		FUZZ_ASSERT(is_inside(&p->key, r->p, r->plen) &&
			    is_inside(&p->key, r->q, r->qlen) &&
			    is_inside(&p->key, r->dp, r->dplen) &&
			    is_inside(&p->key, r->dq, r->dqlen) &&
			    is_inside(&p->key, r->iq, r->iqlen));
	check_signature(p);
}

/* A file of its own for both, which is written anew each time. */
static void write_file(int i, char name[NAME_MAX_LEN])
{
	static FILE *f[2];

	if (!f[i])
		f[i] = tmpfile();
	FUZZ_ASSERT(f[i] && !ftruncate(fileno(f[i]), 0));
	FUZZ_ASSERT(pwrite(fileno(f[i]), files[i].b, files[i].n, 0) == (ssize_t)files[i].n);
	snprintf(name, NAME_MAX_LEN, "/proc/self/fd/%d", fileno(f[i]));
}

void fuzz_one(const uint8_t *data, size_t n)
{
	char names[2][NAME_MAX_LEN], why[TLS_WHY_MAX];
	struct tls_pair p;
	int i, result;

	make(data + FUZZ_STEER, n - FUZZ_STEER, data[FUZZ_OPTION]);
	for (i = 0; i < 2; i++)
		write_file(i, names[i]);
	memset(why, 0, sizeof why);
	fuzz_begin(2 * (TLS_FILE_MAX + 1));
	result = tls_pair_load(&p, names[0], names[1], why);
	fuzz_pause();
	if (result == 0) {
		check_good(&p);
	} else {
		FUZZ_ASSERT(result == -1 && !p.cert.text && !p.key.text && !p.chain_len);
		FUZZ_ASSERT(!strncmp(why, "/proc/self/fd/", 14) && strstr(why, ": ") &&
			    !strchr(why, '\n') && strlen(why) < TLS_WHY_MAX - 1);
	}
	fuzz_go_on();
	tls_pair_free(&p);
	fuzz_end();
}
