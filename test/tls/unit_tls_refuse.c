/* unit_tls_refuse.c: when tls_engine_lend() refuses, what tls_engine_feed() refuses and says then,
 * what tls_record_len() takes for a record. E2E_TLS: a folder of certs.sh. */
#include "engines.h"

static struct engines e;
static uint8_t data[200000];
static const char *folder;

/* ---- refusals */

static void test_lend_refuses(void)
{
	br_ssl_engine_context *s = &e.server.eng;
	uint8_t *in, *out, *p;
	size_t n, len, hello;

	/* A record is waiting to be sent. */
	engines_use(folder, "p256");
	engines_start(&e, 0, 0);
	engines_fill(&e);
	n = hello = e.to_server.n;
	in = test_guard(e.to_server.b, n);
	out = test_guard(data, BR_SSL_BUFSIZE_OUTPUT);
	CHECK(!tls_engine_feed(s, in, n, out), "the client's hello");
	CHECK(br_ssl_engine_sendrec_buf(s, &len) != NULL, "there is no answer");
	CHECK(tls_engine_lend(s, in, out) == -1, "lent while a record waits");
	CHECK(tls_engine_feed(s, in, n, out) == -1, "fed while a record waits");

	/* Payload is put in and no record made of it; payload is made a record and not sent. */
	engines_start(&e, 0, 0);
	CHECK(engines_handshake(&e) && engines_lends(&e), "handshake");
	CHECK(!tls_engine_lend(s, s->ibuf, out), "lend");
	p = br_ssl_engine_sendapp_buf(s, &len);
	memcpy(p, "abc", 3);
	br_ssl_engine_sendapp_ack(s, 3);
	CHECK(tls_engine_lend(s, in, out) == -1, "lent while payload is in it");
	br_ssl_engine_flush(s, 0);
	CHECK(tls_engine_lend(s, in, out) == -1, "lent while its record waits");
	p = br_ssl_engine_sendrec_buf(s, &len);
	br_ssl_engine_sendrec_ack(s, len - 1);
	CHECK(tls_engine_lend(s, in, out) == -1, "lent while a byte of it waits");
	br_ssl_engine_sendrec_ack(s, 1);
	CHECK(tls_engine_lend(s, in, out) == 0, "not lent when all is sent");

	/* A record has come in part: each byte of it. */
	e.to_server.n = 0;
	memcpy(br_ssl_engine_sendapp_buf(&e.client.eng, &len), "hello", 5);
	br_ssl_engine_sendapp_ack(&e.client.eng, 5);
	br_ssl_engine_flush(&e.client.eng, 0);
	engines_fill(&e);
	for (n = 0; n < e.to_server.n; n++) {
		p = br_ssl_engine_recvrec_buf(s, &len);
		CHECK(p && len > 0, "wants no byte %zu", n);
		if (!p)
			break;
		*p = e.to_server.b[n];
		br_ssl_engine_recvrec_ack(s, 1);
		CHECK(tls_engine_lend(s, in, out) == -1, "lent behind byte %zu", n);
	}

	/* Its payload is not taken, then in part, then all. */
	p = br_ssl_engine_recvapp_buf(s, &len);
	CHECK(p && len == 5 && !memcmp(p, "hello", 5), "payload");
	br_ssl_engine_recvapp_ack(s, 4);
	CHECK(tls_engine_lend(s, in, out) == -1, "lent while a byte of payload is left");
	br_ssl_engine_recvapp_ack(s, 1);
	CHECK(tls_engine_lend(s, in, out) == 0, "not lent when all is taken");
	test_unguard(out, BR_SSL_BUFSIZE_OUTPUT);
	test_unguard(in, hello);
}

/* A record that a new server is given, and what it says then. */
static void refused(const char *what, const void *record, size_t n, const char *want)
{
	engines_start(&e, 0, 0);
	CHECK(tls_record_len(record, n) == (int)n, "%s: it is no record", what);
	if (engines_feed(&e, record, n) == 0)
		CHECK(br_ssl_engine_current_state(&e.server.eng) == BR_SSL_CLOSED, "%s: it goes on", what);
	CHECK(!strcmp(tls_engine_error(&e.server.eng), want), "%s: '%s' (%d), not '%s'", what,
	      tls_engine_error(&e.server.eng), br_ssl_engine_last_error(&e.server.eng), want);
	CHECK(!engines_lends(&e), "%s: memory is lent to a failed engine", what);
	CHECK(engines_feed(&e, record, n) == -1, "%s: it is fed again", what);
}

static void test_errors(void)
{
	static const uint16_t cbc[] = { BR_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA };
	uint8_t *at;
	size_t n;

	engines_use(folder, "p256");
	refused("alert 42", "\x15\3\3\0\2\2\x2a", 7, "peer refuses the certificate");
	refused("alert 45", "\x15\3\3\0\2\2\x2d", 7, "peer: certificate expired");
	refused("alert 46", "\x15\3\3\0\2\2\x2e", 7, "peer refuses the certificate");
	refused("alert 48", "\x15\3\3\0\2\2\x30", 7, "peer does not know the CA");
	refused("alert 80", "\x15\3\3\0\2\2\x50", 7, "peer gave up");
	refused("data", "\x17\3\3\0\1x", 6, "message out of order");
	refused("change of cipher", "\x14\3\3\0\1\1", 6, "message out of order");
	refused("a server's hello", "\x16\3\3\0\4\2\0\0\0", 9, "message out of order");

	engines_start(&e, cbc[0], 0);
	CHECK(engines_run(&e) == 0, "no suite in common");
	CHECK(!strcmp(tls_engine_error(&e.server.eng), "no cipher suite in common"), "%s",
	      tls_engine_error(&e.server.eng));
	CHECK(br_ssl_engine_last_error(&e.client.eng) == BR_ERR_RECV_FATAL_ALERT + 40,
	      "the client was told %d", br_ssl_engine_last_error(&e.client.eng));

	engines_start(&e, 0, 0);
	br_ssl_engine_set_versions(&e.client.eng, BR_TLS10, BR_TLS11);
	engines_again(&e, 0);
	engines_run(&e);
	CHECK(!strcmp(tls_engine_error(&e.server.eng), "needs TLS 1.2"), "TLS 1.1: %s, %d",
	      tls_engine_error(&e.server.eng), br_ssl_engine_last_error(&e.server.eng));

	/* Each byte of a record, flipped. */
	for (n = 0; n < 5 + 8 + 5 + 16; n++) {
		engines_start(&e, BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0);
		if (!engines_handshake(&e))
			break;
		at = br_ssl_engine_sendapp_buf(&e.client.eng, &(size_t){ 0 });
		memcpy(at, "hello", 5);
		br_ssl_engine_sendapp_ack(&e.client.eng, 5);
		br_ssl_engine_flush(&e.client.eng, 0);
		engines_fill(&e);
		e.to_server.b[n] ^= 1;
		if (tls_record_len(e.to_server.b, e.to_server.n) == (int)e.to_server.n)
			CHECK((engines_feed(&e, e.to_server.b, e.to_server.n) || !engines_lends(&e)) &&
			      e.at_server.n == 0, "byte %zu of a record is flipped, and it is taken", n);
		else
			CHECK(n >= 1 && n <= 4, "byte %zu", n);
	}
	CHECK(n == 34, "stopped at byte %zu", n);
}

/* A client that begins a new handshake is told no each time, and data goes on; whatever length its
 * hello has, and however it is cut. */
static void test_renegotiation(void)
{
	static const uint8_t hello[44] = { 1, 0, 0, 40, 3, 3 }, request[4] = { 0 };
	size_t cut;

	engines_use(folder, "p256");
	engines_start(&e, 0, 0);
	CHECK(engines_handshake(&e), "handshake");
	for (cut = 0; cut < sizeof hello; cut++) {
		if (cut)
			CHECK(!engines_say(&e, 22, hello, cut) && engines_lends(&e), "a hello's first %zu",
			      cut);
		CHECK(!engines_say(&e, 22, hello + cut, sizeof hello - cut) && engines_lends(&e),
		      "its rest behind %zu: %s", cut, tls_engine_error(&e.server.eng));
		/* One warning, no_renegotiation, for each record of them at most. */
		CHECK(e.to_client.n > 0 && e.to_client.n <= 2 * (5 + 8 + 2 + 16) &&
		      e.to_client.b[0] == 21, "hello cut at %zu: %zu bytes of answer", cut,
		      e.to_client.n);
		/* BearSSL's client would give up at that. */
		e.to_client.n = 0;
		e.at_server.n = 0;
		CHECK(!engines_say(&e, 23, "data", 4) && e.at_server.n == 4, "data behind hello %zu", cut);
	}
	engines_start(&e, 0, 0);
	CHECK(engines_handshake(&e), "handshake");
	engines_say(&e, 22, request, sizeof request);
	CHECK(!engines_lends(&e) && br_ssl_engine_last_error(&e.server.eng) == BR_ERR_UNEXPECTED,
	      "a hello request: %d", br_ssl_engine_last_error(&e.server.eng));
	engines_start(&e, 0, 0);
	CHECK(engines_handshake(&e) && br_ssl_engine_renegotiate(&e.client.eng), "the client asks");
	CHECK(!engines_run(&e) && engines_lends(&e), "refused");
	CHECK(br_ssl_engine_last_error(&e.client.eng) == BR_ERR_RECV_FATAL_ALERT + 100,
	      "the client was told %d", br_ssl_engine_last_error(&e.client.eng));
}

/* Records that the protocol allows at no time, or that end it, in the middle of the data. */
static void test_strangers(void)
{
	static const struct row {
		const char *what;
		uint8_t type;
		const char *bytes;
		size_t n;
		int ends;       /* the error, -1: goes on */
	} rows[] = {
		{ "a warning", 21, "\1\x5a", 2, -1 },
		{ "half an alert", 21, "\1", 1, -1 },
		{ "close_notify", 21, "\1\0", 2, 0 },
		{ "a fatal alert", 21, "\2\x28", 2, BR_ERR_RECV_FATAL_ALERT + 40 },
		{ "a change of cipher", 20, "\1", 1, BR_ERR_UNEXPECTED },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		int error;

		engines_start(&e, 0, 0);
		CHECK(engines_handshake(&e), "handshake");
		engines_say(&e, r->type, r->bytes, r->n);
		error = br_ssl_engine_last_error(&e.server.eng);
		CHECK(engines_lends(&e) == (r->ends < 0), "%s: lent or not", r->what);
		CHECK(error == (r->ends < 0 ? 0 : r->ends), "%s: error %d", r->what, error);
		if (r->ends < 0)
			CHECK(engines_down(&e, data, 100), "%s: data behind it", r->what);
	}
}

/* ---- lengths */

static void test_record_len(void)
{
	static const struct row {
		const char *what, *bytes;
		size_t n;
		int want;
	} rows[] = {
		{ "nothing", "", 0, 0 },
		{ "a type", "\x16", 1, 0 },
		{ "a type and half a version", "\x16\3", 2, 0 },
		{ "no length", "\x16\3\3", 3, 0 },
		{ "half a length", "\x16\3\3\x40", 4, 0 },
		{ "empty", "\x17\3\3\0\0", 5, 5 },
		{ "one byte", "\x14\3\3\0\1", 5, 6 },
		{ "alert", "\x15\3\1\0\2", 5, 7 },
		{ "handshake", "\x16\3\1\1\0", 5, 261 },
		{ "the longest", "\x17\3\3\x40\x18", 5, TLS_RECORD_MAX },
		{ "one more", "\x17\3\3\x40\x19", 5, -1 },
		{ "64 KiB", "\x17\3\3\xff\xff", 5, -1 },
		{ "type 19", "\x13", 1, -1 },
		{ "type 24", "\x18", 1, -1 },
		{ "SSL 2", "\x80\x2e\1", 3, -1 },
		{ "version 2", "\x16\2", 2, -1 },
		{ "version 4", "\x16\4", 2, -1 },
		{ "HTTP", "GET / HTTP/1.1", 14, -1 },
		{ "more than the record", "\x17\3\3\0\1abcdef", 11, 6 },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		uint8_t *p = test_guard(r->bytes, r->n);
		int got = tls_record_len(p, r->n);

		CHECK(got == r->want, "%s: %d, not %d", r->what, got, r->want);
		test_unguard(p, r->n);
	}
}

int main(int argc, char **argv)
{
	size_t i;

	folder = argc > 1 ? argv[1] : getenv("E2E_TLS");
	if (!folder) {
		printf("SKIP unit_tls_refuse: there are no certificates (no openssl)\n");
		return test_end();
	}
	for (i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	CHECK(tls_random_start() == 0, "no randomness");
	test_record_len();
	test_lend_refuses();
	test_errors();
	test_renegotiation();
	test_strangers();
	return test_end();
}
