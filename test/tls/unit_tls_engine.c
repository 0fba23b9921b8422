/* unit_tls_engine.c: tls_engine_lend() and tls_engine_feed() at every record boundary and state,
 * against BearSSL's own client. The first argument or E2E_TLS: a folder of certs.sh. */
#include "engines.h"

static struct engines e;
static uint8_t data[200000];
static const char *folder;

static const struct suite {
	uint16_t id;
	int rsa;
	const char *name;
} suites[] = {
	{ BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 0, "ECDSA ChaCha20" },
	{ BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0, "ECDSA AES-128" },
	{ BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0, "ECDSA AES-256" },
	{ BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 1, "RSA ChaCha20" },
	{ BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, 1, "RSA AES-128" },
	{ BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 1, "RSA AES-256" },
};
enum { SUITES = sizeof suites / sizeof *suites };

/* ---- what there is to send */

static void test_payload(const char *what)
{
	static const size_t sizes[] = { 1, 2, 5, 255, 256, 511, 512, 513, 4096, 16383, 16384, 16385,
		                        32768, 65536, 150000 };
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CHECK(engines_up(&e, data, sizes[i]), "%s: %zu bytes up", what, sizes[i]);
		CHECK(engines_down(&e, data + 7, sizes[i]), "%s: %zu bytes down", what, sizes[i]);
	}
	CHECK(engines_up(&e, data, 0), "%s: an empty record up", what);
	CHECK(engines_down(&e, data, 0), "%s: an empty record down", what);
	CHECK(engines_up(&e, data, 3) && engines_down(&e, data, 3), "%s: behind empty ones", what);
}

/* Both ends close; which: who begins. */
static void test_close(const char *what, int server_begins)
{
	uint8_t *out, *p;
	size_t n;

	if (server_begins) {
		out = test_guard(data, BR_SSL_BUFSIZE_OUTPUT);
		CHECK(!tls_engine_lend(&e.server.eng, out, out), "%s: lend for close", what);
		br_ssl_engine_close(&e.server.eng);
		p = br_ssl_engine_sendrec_buf(&e.server.eng, &n);
		memcpy(e.to_client.b, p, n);
		e.to_client.n = n;
		br_ssl_engine_sendrec_ack(&e.server.eng, n);
		test_unguard(out, BR_SSL_BUFSIZE_OUTPUT);
	} else {
		br_ssl_engine_close(&e.client.eng);
	}
	engines_run(&e);
	CHECK(br_ssl_engine_current_state(&e.client.eng) == BR_SSL_CLOSED &&
	      br_ssl_engine_last_error(&e.client.eng) == 0, "%s: the client's close: %d", what,
	      br_ssl_engine_last_error(&e.client.eng));
	CHECK(br_ssl_engine_current_state(&e.server.eng) == BR_SSL_CLOSED &&
	      br_ssl_engine_last_error(&e.server.eng) == 0, "%s: the server's close: %d", what,
	      br_ssl_engine_last_error(&e.server.eng));
	CHECK(!engines_lends(&e), "%s: a closed engine takes memory", what);
	CHECK(!strcmp(tls_engine_error(&e.server.eng), "closed"), "%s: a close is an error", what);
}

static void test_suites(void)
{
	char what[64];
	unsigned full;
	int i;

	for (i = 0; i < SUITES; i++) {
		const struct suite *s = &suites[i];

		engines_use(folder, s->rsa ? "rsa2048" : "p256");
		snprintf(what, sizeof what, "%s, full", s->name);
		engines_start(&e, s->id, 0);
		CHECK(engines_handshake(&e), "%s: server %d, client %d", what,
		      br_ssl_engine_last_error(&e.server.eng), br_ssl_engine_last_error(&e.client.eng));
		full = e.records;
		test_payload(what);
		test_close(what, i % 2);
		snprintf(what, sizeof what, "%s, resumed", s->name);
		engines_again(&e, 1);
		CHECK(engines_handshake(&e) && e.records < full, "%s: %u records, %u of the full one",
		      what, e.records, full);
		test_payload(what);
		test_close(what, !(i % 2));
	}
}

static void test_sizes(void)
{
	int bad = -1, n;

	engines_use(folder, "p256");
	engines_start(&e, 0, 0);
	CHECK(engines_handshake(&e), "handshake");
	for (n = 0; n <= 16384 && bad < 0; n += n < 600 || n > 16300 ? 1 : 7)
		if (!engines_up(&e, data + n % 97, (size_t)n) ||
		    !engines_down(&e, data + n % 89, (size_t)n))
			bad = n;
	CHECK(bad < 0, "%d bytes", bad);
	CHECK(e.longest <= TLS_RECORD_MAX && e.longest >= 16384 + TLS_HEAD + 16,
	      "longest record %zu", e.longest);
}

static void test_keys(void)
{
	static const char *const names[] = { "p256", "p384", "rsa2048", "rsa4096", "chain" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		engines_use(folder, names[i]);
		engines_start(&e, 0, 0);
		CHECK(engines_handshake(&e) && engines_up(&e, data, 1000) &&
		      engines_down(&e, data, 1000), "%s: server %d, client %d", names[i],
		      br_ssl_engine_last_error(&e.server.eng), br_ssl_engine_last_error(&e.client.eng));
	}
}

/* Handshake messages in records of k bytes: each leaves the engine inside a message. */
static void test_split(void)
{
	size_t k;

	engines_use(folder, "p256");
	for (k = 1; k <= 40; k += k < 8 ? 1 : 8) {
		unsigned records;

		engines_start(&e, 0, 0);
		e.split = k;
		CHECK(engines_handshake(&e) && engines_up(&e, data, 100) && engines_down(&e, data, 100),
		      "records of %zu bytes: %d", k, br_ssl_engine_last_error(&e.server.eng));
		records = e.records;
		CHECK(records > 200 / k, "%u records of %zu bytes", records, k);
		engines_again(&e, 1);
		CHECK(engines_handshake(&e) && engines_up(&e, data, 100), "resumed, %zu bytes", k);
	}
}

/* RFC 6066 section 4: the client asks for shorter records. */
static void test_fragment_length(void)
{
	size_t n;

	engines_use(folder, "p256");
	for (n = 512; n <= 4096; n *= 2) {
		engines_start(&e, 0, n + 325);
		CHECK(engines_handshake(&e), "%zu: %d", n, br_ssl_engine_last_error(&e.server.eng));
		CHECK(e.server.eng.max_frag_len == n, "%zu: agreed on %u", n, e.server.eng.max_frag_len);
		CHECK(engines_down(&e, data, 60000) && engines_up(&e, data, 60000), "%zu: 60,000 bytes",
		      n);
		CHECK(e.longest <= n + 325 && e.longest >= n, "%zu: a record of %zu", n, e.longest);
	}
}

int main(int argc, char **argv)
{
	size_t i;

	folder = argc > 1 ? argv[1] : getenv("E2E_TLS");
	if (!folder) {
		printf("SKIP unit_tls_engine: there are no certificates (no openssl)\n");
		return test_end();
	}
	for (i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	CHECK(tls_random_start() == 0, "no randomness");
	test_suites();
	test_sizes();
	test_keys();
	test_split();
	test_fragment_length();
	return test_end();
}
