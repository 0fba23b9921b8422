/* pairs.h: what the tests of tls_pair.c share: a folder with certs.sh's files, and a second opinion
 * on a pair by BearSSL's own decoder and signatures. */
#ifndef PAIRS_H
#define PAIRS_H

#include "test.h"
#include "tls.h"
#include "wsrelay.h"

#include <errno.h>
#include <sys/wait.h>

static char pairs_folder[] = "/tmp/wsrelay-pairs-XXXXXX";
static char pairs_why[TLS_WHY_MAX];

/* ---- linked with --wrap: memory is wiped before it is freed, and calls that fail ----------------- */

enum { PAIRS_BLOCKS = 4 };      /* of two pairs */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void __real_free(void *p);
void __wrap_free(void *p);
ssize_t __real_read(int fd, void *data, size_t n);
ssize_t __wrap_read(int fd, void *data, size_t n);

static struct {
	uint8_t *p;
	size_t n;
} pairs_blocks[PAIRS_BLOCKS];
static int pairs_freed, pairs_no_memory;        /* the call of malloc() that fails, from 1 on */
static int pairs_read_errno;                    /* of each second read(); the others are short */

void *__wrap_malloc(size_t n)
{
	uint8_t *p = pairs_no_memory && !--pairs_no_memory ? NULL : __real_malloc(n);

	for (int i = 0; p && i < PAIRS_BLOCKS; i++) {
		if (!pairs_blocks[i].p) {
			pairs_blocks[i].p = p;
			pairs_blocks[i].n = n;
			return memset(p, 0, n);
		}
	}
	CHECK(!p, "more than %d blocks", PAIRS_BLOCKS);
	return p;
}

void __wrap_free(void *p)
{
	size_t left = 0;

	for (int i = 0; p && i < PAIRS_BLOCKS; i++) {
		if (pairs_blocks[i].p != p)
			continue;
		for (size_t at = 0; at < pairs_blocks[i].n; at++)
			left += pairs_blocks[i].p[at] != 0;
		CHECK(!left, "%zu bytes are not wiped", left);
		pairs_blocks[i].p = NULL;
		pairs_freed++;
	}
	__real_free(p);
}

ssize_t __wrap_read(int fd, void *data, size_t n)
{
	static int turn;

	if (!pairs_read_errno)
		return __real_read(fd, data, n);
	errno = pairs_read_errno;
	return turn++ % 2 ? -1 : __real_read(fd, data, n < 7 ? n : 7);
}

/* ---- files and commands -------------------------------------------------------------------------- */

static inline const char *pairs_path(char path[128], const char *name)
{
	snprintf(path, 128, "%s%s%s", name[0] == '/' ? "" : pairs_folder,
		 name[0] == '/' ? "" : "/", name);
	return path;
}

/* Runs a command of sh in the folder. Returns its exit status; 0 is a passed check. */
static inline int pairs_run(const char *command)
{
	char line[1024];
	int status;

	snprintf(line, sizeof line, "cd %s && { %s\n} >run.log 2>&1", pairs_folder, command);
	status = system(line);
	CHECK(status == 0, "%s: status %d", command, status);
	return status;
}

static inline void pairs_write(const char *name, const void *data, size_t n)
{
	char path[128];
	FILE *f = fopen(pairs_path(path, name), "wb");

	if (!f || fwrite(data, 1, n, f) != n || fclose(f)) {
		perror(path);
		exit(2);
	}
}

/* At most `room` bytes and a NUL. */
static inline size_t pairs_read(const char *name, char *data, size_t room)
{
	char path[128];
	FILE *f = fopen(pairs_path(path, name), "rb");
	size_t n = f ? fread(data, 1, room, f) : 0;

	if (!f || fclose(f)) {
		perror(path);
		exit(2);
	}
	data[n] = '\0';
	return n;
}

/* Writes DER as one block, in one line. */
static inline void pairs_write_pem(const char *name, const char *label, const void *der, size_t n)
{
	static char text[TLS_FILE_MAX * 2];
	size_t at = (size_t)sprintf(text, "-----BEGIN %s-----\n", label);

	at += base64_encode(text + at, der, n);
	at += (size_t)sprintf(text + at, "\n-----END %s-----\n", label);
	pairs_write(name, text, at);
}

static inline int pairs_load(struct tls_pair *p, const char *cert, const char *key)
{
	char cert_path[128], key_path[128];

	memset(pairs_why, 0, sizeof pairs_why);
	return tls_pair_load(p, pairs_path(cert_path, cert), pairs_path(key_path, key), pairs_why);
}

/* Whether a signature with the private key is right for the public key that BearSSL's decoder finds
 * in the first certificate, and the dates are the ones it finds. */
static inline int pairs_works(const struct tls_pair *p)
{
	static br_x509_decoder_context x;
	uint8_t hash[32], sign[512], back[32];
	const br_x509_pkey *public;
	size_t n;
	int i;

	for (i = 0; i < 32; i++)
		hash[i] = (uint8_t)(i * 7 + 1);
	br_x509_decoder_init(&x, NULL, NULL);
	br_x509_decoder_push(&x, p->chain[0].data, p->chain[0].data_len);
	public = br_x509_decoder_get_pkey(&x);
	if (!public || public->key_type != p->key_type ||
	    p->not_before != ((int64_t)x.notbefore_days - 719528) * 86400 + x.notbefore_seconds ||
	    p->not_after != ((int64_t)x.notafter_days - 719528) * 86400 + x.notafter_seconds)
		return 0;
	if (p->key_type == BR_KEYTYPE_EC) {
		n = br_ecdsa_i31_sign_raw(&br_ec_all_m31, &br_sha256_vtable, hash, &p->ec, sign);
		return n && br_ecdsa_i31_vrfy_raw(&br_ec_all_m31, hash, sizeof hash,
						  &public->key.ec, sign, n) == 1;
	}
	n = (p->rsa.n_bitlen + 7) / 8;
	return br_rsa_i31_pkcs1_sign(BR_HASH_OID_SHA256, hash, sizeof hash, &p->rsa, sign) == 1 &&
	       br_rsa_i31_pkcs1_vrfy(sign, n, BR_HASH_OID_SHA256, sizeof hash, &public->key.rsa,
				     back) == 1 && !memcmp(hash, back, sizeof hash);
}

/* Makes the folder and its files. Without openssl the test ends here. */
static inline void pairs_start(const char *name)
{
	char line[128];
	int status;

	if (!mkdtemp(pairs_folder)) {
		perror(pairs_folder);
		exit(2);
	}
	snprintf(line, sizeof line, "sh test/tls/certs.sh %s", pairs_folder);
	status = system(line);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		printf("SKIP %s: there is no openssl\n", name);
		rmdir(pairs_folder);
		exit(test_end());
	}
	CHECK(status == 0, "certs.sh: %d", status);
}

static inline int pairs_end(void)
{
	char line[128];

	snprintf(line, sizeof line, "rm -rf %s", pairs_folder);
	CHECK(system(line) == 0, "%s", line);
	CHECK(pairs_freed > 0, "nothing was freed");
	for (int i = 0; i < PAIRS_BLOCKS; i++)
		CHECK(!pairs_blocks[i].p, "%zu bytes are not freed", pairs_blocks[i].n);
	return test_end();
}

#endif
