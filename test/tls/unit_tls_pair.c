/* unit_tls_pair.c: pairs as openssl writes them, in all formats, and files that are no pair. */
#include "pairs.h"

static const struct {
	const char *cert, *key, *make;
	size_t chain;
	const char *same;       /* has the same first certificate, when openssl cannot read cert */
} good[] = {
	{ "p256.pem", "p256.key", "", 1, NULL },
	{ "p384.pem", "p384.key", "", 1, NULL },
	{ "rsa2048.pem", "rsa2048.key", "", 1, NULL },
	{ "rsa4096.pem", "rsa4096.key", "", 1, NULL },
	{ "chain.pem", "chain.key", "", 2, NULL },
	{ "p256.pem", "p256.sec1", "openssl ec -in p256.key -out p256.sec1", 1, NULL },
	{ "p384.pem", "p384.sec1", "openssl ec -in p384.key -out p384.sec1", 1, NULL },
	{ "p256.pem", "p256.bare", "openssl ec -in p256.key -no_public -out p256.bare", 1, NULL },
	{ "rsa2048.pem", "rsa2048.pkcs1", "openssl rsa -traditional -in rsa2048.key -out rsa2048.pkcs1", 1, NULL },
	{ "rsa4096.pem", "rsa4096.pkcs1", "openssl rsa -traditional -in rsa4096.key -out rsa4096.pkcs1", 1, NULL },
	{ "p256.pem", "p256.parameters",
	  "{ openssl ecparam -name prime256v1; cat p256.sec1; } >p256.parameters && "
	  "grep -q 'BEGIN EC PARAMETERS' p256.parameters", 1, NULL },
	{ "text.pem", "text.key", "openssl x509 -in p256.pem -text -out text.pem && "
	  "openssl pkey -in p256.key -text -out text.key && grep -q Issuer text.pem", 1, NULL },
	{ "crlf.pem", "crlf.key", "for f in pem key; do sed 's/$/\r/' p256.$f >crlf.$f; done", 1, NULL },
	{ "bom.pem", "bom.key",
	  "for f in pem key; do { printf '\\357\\273\\277'; cat p256.$f; } >bom.$f; done", 1, NULL },
	{ "spaces.pem", "spaces.key",
	  "for f in pem key; do sed 's/$/ \t/; /^-/!s/^/  /' p256.$f >spaces.$f; done", 1, NULL },
	{ "open.pem", "open.key",
	  "for f in pem key; do printf %s \"$(cat p256.$f)\" >open.$f; done", 1, NULL },
	{ "joined.pem", "chain.key", "printf %s%s \"$(openssl x509 -in chain.pem)\" \"$(cat middle.pem)\" >joined.pem", 2, "chain.pem" },
	{ "both.pem", "both.pem", "cat p256.key chain.pem p256.pem >x; cat chain.key chain.pem >both.pem", 2, NULL },
	{ "eight.pem", "p256.key", "for i in 1 2 3 4 5 6 7 8; do cat p256.pem; done >eight.pem", 8, NULL },
	{ "two.pem", "two.key", "cp p256.pem two.pem; cat p256.key p384.key >two.key", 1, NULL },
	{ "long.pem", "p256.key", "openssl x509 -in p256.pem -out long.pem; "
	  "openssl req -new -config req.cnf -key p256.key -subj /CN=x -out r; openssl x509 -req -in r "
	  "-CA ca.pem -CAkey ca.key -CAcreateserial -days 20000 -out long.pem", 1, NULL },
	{ "old.pem", "p256.key", "openssl x509 -req -in r -signkey p256.key -days 1 -out old.pem", 1, NULL },
	{ "rsa3072.pem", "rsa3072.key", "openssl req -x509 -config req.cnf -newkey rsa:3072 -nodes "
	  "-subj /CN=x -keyout rsa3072.key -out rsa3072.pem", 1, NULL },
	{ "rsa2050.pem", "rsa2050.key", "openssl req -x509 -config req.cnf -newkey rsa:2050 -nodes "
	  "-subj /CN=x -keyout rsa2050.key -out rsa2050.pem", 1, NULL },
	{ "e3.pem", "e3.key", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_pubexp:3 -out e3.key; "
	  "openssl req -x509 -config req.cnf -key e3.key -subj /CN=x -out e3.pem", 1, NULL },
};

static void test_good(void)
{
	static char want[TLS_FILE_MAX + 1];
	char command[256];
	struct tls_pair p;
	size_t n;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		pairs_run(good[i].make[0] ? good[i].make : "true");
		CHECK(!pairs_load(&p, good[i].cert, good[i].key), "%s: %s", good[i].key, pairs_why);
		CHECK(p.chain_len == good[i].chain, "%s: %zu", good[i].cert, p.chain_len);
		if (p.chain_len) {
			CHECK(pairs_works(&p), "%s, %s", good[i].cert, good[i].key);
			snprintf(command, sizeof command,
				 "openssl x509 -in %s -outform DER -out want",
				 good[i].same ? good[i].same : good[i].cert);
			pairs_run(command);
			n = pairs_read("want", want, TLS_FILE_MAX);
			CHECK(n == p.chain[0].data_len && !memcmp(want, p.chain[0].data, n),
			      "%s: DER", good[i].cert);
		}
		tls_pair_free(&p);
		CHECK(!p.chain_len && !p.cert.text && !p.key.text, "freed");
		tls_pair_free(&p);
	}
}

static const struct {
	const char *cert, *key, *make, *file, *why;
} bad[] = {
	{ "no.pem", "p256.key", "", "no.pem", "No such file" },
	{ "p256.pem", "no.key", "", "no.key", "No such file" },
	{ "empty", "p256.key", ": >empty", "empty", "is empty" },
	{ "p256.pem", "empty", "", "empty", "is empty" },
	{ "folder", "p256.key", "mkdir folder", "folder", "not a regular file" },
	{ "p256.pem", "folder", "", "folder", "not a regular file" },
	{ "pipe", "p256.key", "mkfifo pipe", "pipe", "not a regular file" },
	{ "p256.pem", "pipe", "", "pipe", "not a regular file" },
	{ "/dev/null", "p256.key", "", "/dev/null", "not a regular file" },
	{ "big", "p256.key", "{ cat p256.pem; dd if=/dev/zero bs=65536 count=1; } >big", "big", "larger than 64 KiB" },
	{ "p256.pem", "big", "", "big", "larger than 64 KiB" },
	{ "hello", "p256.key", "echo hello >hello", "hello", "expected a line -----BEGIN CERTIFICATE-----" },
	{ "p256.pem", "hello", "", "hello", "expected a line -----BEGIN PRIVATE KEY-----" },
	{ "csr", "p256.key", "openssl req -new -config req.cnf -key p256.key -subj /CN=x -out csr", "csr", "holds no certificate" },
	{ "p256.pem", "public", "openssl pkey -in p256.key -pubout -out public", "public", "holds no private key" },
	{ "der", "p256.key", "openssl x509 -in p256.pem -outform DER -out der", "der", "openssl x509 -inform DER" },
	{ "p256.pem", "der.key", "openssl pkey -in p256.key -outform DER -out der.key", "der.key", "openssl pkey -inform DER" },
	{ "p256.pem", "der.rsa", "openssl pkey -in rsa2048.key -outform DER -out der.rsa", "der.rsa", "openssl pkey -inform DER" },
	{ "p256.key", "p256.key", "", "p256.key", "holds a private key; put the certificate here" },
	{ "p256.pem", "p256.pem", "", "p256.pem", "holds a certificate; put its private key here" },
	{ "p256.key", "p256.pem", "", "p256.key", "holds a private key; put the certificate here" },
	{ "p256.pem", "secret8", "openssl pkcs8 -topk8 -in p256.key -passout pass:x -out secret8", "secret8", "openssl pkey -in OLD -out NEW" },
	{ "p256.pem", "secret1", "openssl ec -in p256.key -aes128 -passout pass:x -out secret1", "secret1", "is encrypted" },
	{ "rsa2048.pem", "secret1", "openssl rsa -traditional -in rsa2048.key -aes128 -passout pass:x -out secret1; grep -q Proc-Type secret1", "secret1", "is encrypted" },
	{ "p256.pem", "ed25519.key", "openssl genpkey -algorithm ED25519 -out ed25519.key", "ed25519.key", "not supported" },
	{ "ed25519.pem", "ed25519.key", "openssl req -x509 -config req.cnf -key ed25519.key -subj /CN=x -out ed25519.pem", "ed25519.pem", "expected RSA of 2048 to 4096 bits, EC P-256 or EC P-384" },
	{ "p256.pem", "p521.key", "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out p521.key", "p521.key", "not supported" },
	{ "p256.pem", "p521.sec1", "openssl ec -in p521.key -out p521.sec1", "p521.sec1", "not supported" },
	{ "p521.pem", "p521.key", "openssl req -x509 -config req.cnf -key p521.key -subj /CN=x -out p521.pem", "p521.pem", "not supported" },
	{ "p256.pem", "k1.key", "openssl ecparam -genkey -noout -name secp256k1 -out k1.key", "k1.key", "not supported" },
	{ "p256.pem", "explicit.key", "openssl ec -in p256.key -param_enc explicit -out explicit.key", "explicit.key", "not supported" },
	{ "p256.pem", "explicit8", "openssl pkcs8 -topk8 -nocrypt -in explicit.key -out explicit8", "explicit8", "not supported" },
	{ "p256.pem", "dsa.key", "openssl dsaparam -genkey -noout -out dsa.key 1024 && openssl dsa -in dsa.key -out dsa.old", "dsa.key", "not supported" },
	{ "p256.pem", "dsa.old", "", "dsa.old", "" },
	{ "rsa1024.pem", "rsa1024.key", "openssl req -x509 -config req.cnf -newkey rsa:1024 -nodes -subj /CN=x -keyout rsa1024.key -out rsa1024.pem", "rsa1024.pem", "RSA of 2048 to 4096" },
	{ "rsa2047.pem", "rsa2047.key", "openssl req -x509 -config req.cnf -newkey rsa:2047 -nodes -subj /CN=x -keyout rsa2047.key -out rsa2047.pem", "rsa2047.pem", "RSA of 2048 to 4096" },
	{ "rsa4104.pem", "rsa4104.key", "openssl req -x509 -config req.cnf -newkey rsa:4104 -nodes -subj /CN=x -keyout rsa4104.key -out rsa4104.pem", "rsa4104.pem", "RSA of 2048 to 4096" },
	{ "pss.pem", "pss.key", "openssl genpkey -algorithm RSA-PSS -out pss.key; openssl req -x509 -config req.cnf -key pss.key -subj /CN=x -out pss.pem", "pss.pem", "not supported" },
	{ "short.pem", "p256.key", "openssl ec -in p256.key -conv_form compressed -out short.key; openssl req -x509 -config req.cnf -key short.key -subj /CN=x -out short.pem", "p256.key", "does not belong" },
	{ "nine.pem", "p256.key", "for i in 1 2 3 4 5 6 7 8 9; do cat p256.pem; done >nine.pem", "nine.pem", "more than 8 certificates" },
	{ "p256.pem", "p384.key", "", "p384.key", "does not belong" },
	{ "p256.pem", "rsa2048.key", "", "rsa2048.key", "does not belong" },
	{ "rsa2048.pem", "p256.key", "", "p256.key", "does not belong" },
	{ "p256.pem", "chain.key", "", "chain.key", "does not belong" },
	{ "rsa2048.pem", "rsa4096.key", "", "rsa4096.key", "does not belong" },
	{ "rsa2048.pem", "other.key", "openssl genpkey -algorithm RSA -out other.key", "other.key", "does not belong" },
	{ "wrong.pem", "chain.key", "{ cat middle.pem; openssl x509 -in chain.pem; } >wrong.pem", "chain.key", "must be the first" },
	{ "star.pem", "p256.key", "sed '2s/./*/5' p256.pem >star.pem", "star.pem", "base64" },
	{ "p256.pem", "star.key", "sed '2s/./*/5' p256.key >star.key", "star.key", "base64" },
	{ "padded.pem", "p256.key", "sed '2s/./=/64' p256.pem >padded.pem", "padded.pem", "base64" },
	{ "nothing.pem", "p256.key", "sed '/^-/!d' p256.pem >nothing.pem", "nothing.pem", "damaged" },
	{ "p256.pem", "nothing.key", "sed '/^-/!d' p256.key >nothing.key", "nothing.key", "damaged" },
	{ "crossed.pem", "p256.key", "sed 's/END CERT/END X509 CERT/' p256.pem >crossed.pem", "crossed.pem", "is cut" },
	{ "renamed.pem", "p256.key", "sed 's/END CERTIFICATE/END CERTIFICATF/' p256.pem >renamed.pem", "renamed.pem", "is cut" },
	{ "unended.pem", "p256.key", "{ sed '/END/d' p256.pem; cat p256.pem; } >unended.pem", "unended.pem", "is cut" },
	{ "tail.pem", "p256.key", "{ sed 1d p256.pem; cat p256.pem; } >tail.pem", "tail.pem", "is cut" },
	{ "second.pem", "p256.key", "{ cat p256.pem; sed '/END/d' p256.pem; } >second.pem", "second.pem", "is cut" },
	{ "swapped.pem", "p256.key", "sed 's/CERTIFICATE/PRIVATE KEY/' p256.pem >swapped.pem", "swapped.pem", "holds a private key" },
	{ "p256.pem", "swapped.key", "sed 's/CERTIFICATE/PRIVATE KEY/' p256.pem >swapped.key", "swapped.key", "is damaged" },
	{ "notcert.pem", "p256.key", "sed 's/PRIVATE KEY/CERTIFICATE/' p256.key >notcert.pem", "notcert.pem", "expected X.509" },
	{ "third.pem", "p256.key", "{ cat p256.pem; sed 's/PRIVATE KEY/CERTIFICATE/' p256.key; } >third.pem", "third.pem", "expected X.509" },
	{ "utf16.pem", "p256.key", "sed 's/./&\\n/g' p256.pem | tr '\\n' '\\0' >utf16.pem", "utf16.pem", "is not PEM" },
};

static void test_bad(void)
{
	const char *slash;
	struct tls_pair p;
	size_t i, n;

	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		pairs_run(bad[i].make[0] ? bad[i].make : "true");
		CHECK(pairs_load(&p, bad[i].cert, bad[i].key) == -1, "%s", bad[i].file);
		slash = strrchr(pairs_why, '/');
		n = strlen(bad[i].file);
		CHECK(bad[i].file[0] == '/' || (slash && !strncmp(slash + 1, bad[i].file, n) &&
						!strncmp(slash + 1 + n, ": ", 2)),
		      "%s: %s", bad[i].file, pairs_why);
		CHECK(strstr(pairs_why, bad[i].why) && !strchr(pairs_why, '\n') &&
		      strlen(pairs_why) < 240, "%s: %s", bad[i].file, pairs_why);
		CHECK(!p.chain_len && !p.cert.text && !p.key.text && !p.rsa.p && !p.ec.x, "%s",
		      bad[i].file);
	}
}

/* A long name is cut at its start, so that what is wrong is not. */
static void test_name(void)
{
	char name[600] = "/";
	struct tls_pair p;

	memset(name + 1, 'x', sizeof name - 2);
	memcpy(name + sizeof name - 5, ".pem", 5);
	CHECK(tls_pair_load(&p, name, name, pairs_why) == -1, "name");
	CHECK(!strncmp(pairs_why, "...xxx", 6) && strstr(pairs_why, "xx.pem: "), "%s", pairs_why);
}

/* A file cut behind each byte: it is refused, unless only the end of the last line is gone. */
static void test_cut(const char *const pair[2], int which)
{
	const char *cut = pair[which];
	static char text[TLS_FILE_MAX + 1];
	struct tls_pair p;
	size_t n = pairs_read(cut, text, TLS_FILE_MAX), accepted = 0, i;

	for (i = 0; i < n; i++) {
		pairs_write("cut", text, i);
		if (pairs_load(&p, which ? pair[0] : "cut", which ? "cut" : pair[1]))
			continue;
		CHECK(i == n - 1, "%s, %zu of %zu bytes", cut, i, n);
		accepted++;
		tls_pair_free(&p);
	}
	CHECK(accepted == 1, "%s: %zu", cut, accepted);
}

/* Bits of a file's text turned round: what is accepted signs for the certificate as it was. */
static void test_flip(const char *const pair[2], int which, unsigned bits)
{
	static char text[TLS_FILE_MAX + 1];
	size_t n = pairs_read(pair[which], text, TLS_FILE_MAX), accepted = 0, i;
	struct tls_pair p, copy, good_pair;
	unsigned bit;

	CHECK(!pairs_load(&good_pair, pair[0], pair[1]), "%s", pairs_why);
	for (i = 0; i < n * bits; i++) {
		bit = 1u << i % bits;
		text[i / bits] = (char)((unsigned)text[i / bits] ^ bit);
		pairs_write("flip", text, n);
		text[i / bits] = (char)((unsigned)text[i / bits] ^ bit);
		if (pairs_load(&p, which ? pair[0] : "flip", which ? "flip" : pair[1]))
			continue;
		accepted++;
		copy = p;
		copy.chain[0] = good_pair.chain[0];
		copy.not_before = good_pair.not_before;
		copy.not_after = good_pair.not_after;
		CHECK(pairs_works(&copy), "%s: %u in byte %zu", pair[which], bit, i / bits);
		tls_pair_free(&p);
	}
	tls_pair_free(&good_pair);
	/* A key: text before it, ends of lines, the exponent or point that are not used. */
	CHECK(accepted < (which ? n * bits / 2 : n * bits), "%s: %zu of %zu", pair[which],
	      accepted, n * bits);
	printf("%s: %zu of %zu flips do not matter\n", pair[which], accepted, n * bits);
}

/* A reload must not leave descriptors or memory behind; sanitizers see the memory. */
static void test_descriptors(void)
{
	int before = dup(0), after;
	struct tls_pair p;

	close(before);
	CHECK(!pairs_load(&p, "p256.pem", "p256.key"), "%s", pairs_why);
	tls_pair_free(&p);
	CHECK(pairs_load(&p, "pipe", "p256.key") && pairs_load(&p, "p256.pem", "hello"), "refused");
	after = dup(0);
	close(after);
	CHECK(before == after, "%d %d", before, after);
}

/* Memory that is out, reads that are interrupted, short, or fail. */
static void test_system(void)
{
	struct tls_pair p;
	int i;

	for (i = 1; i <= 2; i++) {
		pairs_no_memory = i;
		CHECK(pairs_load(&p, "p256.pem", "p256.key") == -1 && !pairs_no_memory, "%d", i);
		CHECK(strstr(pairs_why, i == 1 ? "p256.pem: " : "p256.key: ") &&
		      strstr(pairs_why, strerror(ENOMEM)), "%s", pairs_why);
	}
	pairs_read_errno = EINTR;
	CHECK(!pairs_load(&p, "p256.pem", "p256.key") && pairs_works(&p), "%s", pairs_why);
	tls_pair_free(&p);
	pairs_read_errno = EIO;
	CHECK(pairs_load(&p, "p256.pem", "p256.key") && strstr(pairs_why, strerror(EIO)), "%s",
	      pairs_why);
	pairs_read_errno = 0;
}

int main(void)
{
	static const char *const p256[] = { "p256.pem", "p256.sec1" };
	static const char *const p384[] = { "p384.pem", "p384.key" };
	static const char *const rsa[] = { "rsa2048.pem", "rsa2048.pkcs1" };

	pairs_start("test/tls/unit_tls_pair");
	test_good();
	test_bad();
	test_name();
	test_cut(p256, 0);
	test_cut(p256, 1);
	test_cut(p384, 1);
	test_cut(rsa, 0);
	test_cut(rsa, 1);
	test_flip(p256, 0, 2);
	test_flip(p256, 1, 8);
	test_flip(rsa, 1, 1);
	test_descriptors();
	test_system();
	return pairs_end();
}
