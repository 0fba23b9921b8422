/* engines.c: two engines joined in memory, see engines.h. */
#include "engines.h"

static struct tls_pair pair;
static br_x509_decoder_context decoder;
static br_ssl_session_cache_lru sessions;
static uint8_t session_store[6400];

void engines_use(const char *folder, const char *name)
{
	char cert[256], key[256], why[TLS_WHY_MAX] = "";

	snprintf(cert, sizeof cert, "%s/%s.pem", folder, name);
	snprintf(key, sizeof key, "%s/%s.key", folder, name);
	tls_pair_free(&pair);
	if (tls_pair_load(&pair, cert, key, why)) {
		printf("%s\n", why);
		exit(2);
	}
	br_x509_decoder_init(&decoder, NULL, NULL);
	br_x509_decoder_push(&decoder, pair.chain[0].data, pair.chain[0].data_len);
	if (!br_x509_decoder_get_pkey(&decoder))
		exit(2);
}

/* Memory that is there for one call only: filled with what nobody wrote. */
static uint8_t *lent_out(void)
{
	static uint8_t none[BR_SSL_BUFSIZE_OUTPUT];

	memset(none, 0xEE, sizeof none);
	return test_guard(none, sizeof none);
}

static void queue_add(struct queue *q, const uint8_t *p, size_t n)
{
	if (n > QUEUE_MAX - q->n) {
		printf("more than %d bytes in a queue\n", QUEUE_MAX);
		exit(2);
	}
	memcpy(q->b + q->n, p, n);
	q->n += n;
}

static void queue_take(struct queue *q, size_t n)
{
	q->n -= n;
	memmove(q->b, q->b + n, q->n);
}

static void server_reset(struct engines *e)
{
	br_ssl_server_context *s = &e->server;
	uint8_t *out = lent_out();

	tls_engine_fresh(&s->eng, out);
	if (pair.key_type == BR_KEYTYPE_EC)
		br_ssl_server_set_single_ec(s, pair.chain, pair.chain_len, &pair.ec, BR_KEYTYPE_SIGN, 0,
		                            br_ssl_engine_get_ec(&s->eng),
		                            br_ecdsa_sign_asn1_get_default());
	else
		br_ssl_server_set_single_rsa(s, pair.chain, pair.chain_len, &pair.rsa, BR_KEYTYPE_SIGN,
		                             NULL, br_rsa_pkcs1_sign_get_default());
	CHECK(br_ssl_server_reset(s) == 1, "the server's engine does not start");
	test_unguard(out, BR_SSL_BUFSIZE_OUTPUT);
	e->to_server.n = e->to_client.n = e->at_server.n = e->at_client.n = 0;
	e->encrypted = 0;
	e->longest = 0;
	e->records = 0;
}

static void client_reset(struct engines *e, int resume)
{
	const br_x509_pkey *key = br_x509_decoder_get_pkey(&decoder);

	if (key->key_type == BR_KEYTYPE_EC)
		br_x509_knownkey_init_ec(&e->known, &key->key.ec, BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX);
	else
		br_x509_knownkey_init_rsa(&e->known, &key->key.rsa, BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX);
	br_ssl_engine_set_x509(&e->client.eng, &e->known.vtable);
	CHECK(br_ssl_client_reset(&e->client, "localhost", resume) == 1, "the client does not start");
}

void engines_start(struct engines *e, uint16_t suite, size_t client_in)
{
	br_x509_minimal_context unused;

	memset(e, 0, sizeof *e);
	br_ssl_server_zero(&e->server);
	tls_engine(&e->server.eng);
	br_ssl_session_cache_lru_init(&sessions, session_store, sizeof session_store);
	br_ssl_server_set_cache(&e->server, &sessions.vtable);
	server_reset(e);
	br_ssl_client_init_full(&e->client, &unused, NULL, 0);
	if (suite)
		br_ssl_engine_set_suites(&e->client.eng, &suite, 1);
	br_ssl_engine_set_buffers_bidi(&e->client.eng, e->client_in,
	                               client_in ? client_in : sizeof e->client_in, e->client_out,
	                               sizeof e->client_out);
	client_reset(e, 0);
}

void engines_again(struct engines *e, int resume)
{
	server_reset(e);
	client_reset(e, resume);
}

/* ---- the server */

static void server_out(struct engines *e)
{
	const uint8_t *p;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(&e->server.eng, &n))) {
		queue_add(&e->to_client, p, n);
		e->longest = n > e->longest ? n : e->longest;
		br_ssl_engine_sendrec_ack(&e->server.eng, n);
	}
}

int engines_feed(struct engines *e, const uint8_t *record, size_t n)
{
	uint8_t *in = test_guard(record, n), *out = lent_out(), *p;
	int failed = tls_engine_feed(&e->server.eng, in, n, out);
	size_t len;

	e->records++;
	if (!failed) {
		server_out(e);
		p = br_ssl_engine_recvapp_buf(&e->server.eng, &len);
		if (p) {
			queue_add(&e->at_server, p, len);
			br_ssl_engine_recvapp_ack(&e->server.eng, len);
		}
	}
	test_unguard(in, n);
	test_unguard(out, BR_SSL_BUFSIZE_OUTPUT);
	return failed;
}

int engines_lends(struct engines *e)
{
	uint8_t *out = lent_out();
	int good = tls_engine_lend(&e->server.eng, out, out) == 0;

	test_unguard(out, BR_SSL_BUFSIZE_OUTPUT);
	return good;
}

/* The whole records that came; a record in part stays. */
static int server_in(struct engines *e)
{
	struct queue *q = &e->to_server;
	uint8_t part[64];
	int len;

	while ((len = tls_record_len(q->b, q->n)) > 0 && (size_t)len <= q->n) {
		size_t head = TLS_HEAD, step = (size_t)len - head, at;

		/* RFC 5246 section 6.2.1: a message may be cut over several records. */
		if (e->split && !e->encrypted && q->b[0] == 22)
			step = e->split;
		e->encrypted |= q->b[0] == 20;
		for (at = head; at < (size_t)len; at += step) {
			size_t n = (size_t)len - at < step ? (size_t)len - at : step;
			int failed;

			if (step == (size_t)len - head) {
				failed = engines_feed(e, q->b, (size_t)len);
			} else {
				memcpy(part, q->b, 3);
				part[3] = 0;
				part[4] = (uint8_t)n;
				memcpy(part + head, q->b + at, n);
				failed = engines_feed(e, part, head + n);
			}
			if (failed)
				return -1;
		}
		queue_take(q, (size_t)len);
	}
	return 0;
}

void engines_seal(struct engines *e, const uint8_t *data, size_t n)
{
	br_ssl_engine_context *s = &e->server.eng;
	size_t at = 0, len;
	uint8_t *out, *p;

	do {
		out = lent_out();
		if (tls_engine_lend(s, s->ibuf, out))
			return;
		while (at < n && (p = br_ssl_engine_sendapp_buf(s, &len))) {
			len = len < n - at ? len : n - at;
			memcpy(p, data + at, len);
			br_ssl_engine_sendapp_ack(s, len);
			at += len;
		}
		br_ssl_engine_flush(s, n == 0);
		server_out(e);
		test_unguard(out, BR_SSL_BUFSIZE_OUTPUT);
	} while (at < n);
}

/* ---- the client */

void engines_fill(struct engines *e)
{
	const uint8_t *p;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(&e->client.eng, &n))) {
		queue_add(&e->to_server, p, n);
		br_ssl_engine_sendrec_ack(&e->client.eng, n);
	}
}

static void client_in(struct engines *e)
{
	br_ssl_engine_context *c = &e->client.eng;
	uint8_t *p;
	size_t n;

	for (;;) {
		engines_fill(e);
		if ((p = br_ssl_engine_recvapp_buf(c, &n))) {
			queue_add(&e->at_client, p, n);
			br_ssl_engine_recvapp_ack(c, n);
		} else if (e->to_client.n && (p = br_ssl_engine_recvrec_buf(c, &n))) {
			n = n < e->to_client.n ? n : e->to_client.n;
			memcpy(p, e->to_client.b, n);
			br_ssl_engine_recvrec_ack(c, n);
			queue_take(&e->to_client, n);
		} else {
			return;
		}
	}
}

/* ---- both */

int engines_run(struct engines *e)
{
	int failed = 0;

	do {
		client_in(e);
		failed = server_in(e);
	} while (!failed && e->to_client.n &&
	         br_ssl_engine_current_state(&e->client.eng) != BR_SSL_CLOSED);
	client_in(e);
	return failed;
}

int engines_handshake(struct engines *e)
{
	size_t n;

	return !engines_run(e) && br_ssl_engine_sendapp_buf(&e->client.eng, &n) &&
	       br_ssl_engine_sendapp_buf(&e->server.eng, &n) && engines_lends(e);
}

int engines_up(struct engines *e, const uint8_t *data, size_t n)
{
	br_ssl_engine_context *c = &e->client.eng;
	size_t at = 0, len;
	uint8_t *p;

	e->at_server.n = 0;
	if (!br_ssl_engine_sendapp_buf(c, &len))
		return 0;
	do {
		while (at < n && (p = br_ssl_engine_sendapp_buf(c, &len))) {
			len = len < n - at ? len : n - at;
			memcpy(p, data + at, len);
			br_ssl_engine_sendapp_ack(c, len);
			at += len;
		}
		br_ssl_engine_flush(c, n == 0);
		engines_fill(e);
	} while (at < n);
	return !engines_run(e) && e->at_server.n == n && !memcmp(e->at_server.b, data, n) &&
	       engines_lends(e);
}

int engines_say(struct engines *e, uint8_t type, const void *bytes, size_t n)
{
	br_ssl_engine_context *c = &e->client.eng;
	uint8_t *p;
	size_t len;

	p = br_ssl_engine_sendapp_buf(c, &len);
	if (!p || len < n)
		return -1;
	c->record_type_out = type;
	memcpy(p, bytes, n);
	br_ssl_engine_sendapp_ack(c, n);
	br_ssl_engine_flush(c, 0);
	engines_fill(e);
	c->record_type_out = 23;
	return server_in(e);
}

int engines_down(struct engines *e, const uint8_t *data, size_t n)
{
	e->at_client.n = 0;
	engines_seal(e, data, n);
	return !engines_run(e) && e->at_client.n == n && !memcmp(e->at_client.b, data, n) &&
	       engines_lends(e);
}
