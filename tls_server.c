/* tls_server.c: TLS as a server: certificate and key, their reload, what a new client starts with. */
#include "core.h"
#include "tls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>

enum {
	TLS_SESSIONS = 64, TLS_SESSION_SIZE = 100,
	TLS_SOON = 14 * 86400,          /* seconds before its end in which a certificate is warned of */
	TLS_INPUT_MIN = 32 * 1024, TLS_RING_MIN = 128 * 1024, TLS_BUDGET_MIN = 256 * 1024
};

const char tls_kind[] = "bearssl";

static struct tls *table;       /* one for each slot of the hub */
static br_ssl_server_context fresh;     /* what a new one is copied from */
static struct tls_pair pair;
static const struct config *config;
static br_ssl_session_cache_lru sessions;
static uint8_t session_store[TLS_SESSIONS * TLS_SESSION_SIZE];
static uint64_t signatures;
struct tls_counts tls_counts;
uint8_t tls_scratch[TLS_SCRATCH];

/* ---- start and reload */

/* Said at the start and at each reload; the metrics show it all the time. */
static void tls_warn(const struct tls_pair *p)
{
	int64_t left = p->not_after - (int64_t)time(NULL);

	if (left <= 0)
		log_line(LOG_LEVEL_WARN, "%s: the certificate has expired %" PRId64 " days ago; renew it",
		         config->server_tls_cert_file, -left / 86400);
	else if (left <= TLS_SOON)
		log_line(LOG_LEVEL_WARN, "%s: the certificate expires in %" PRId64 " days; renew it",
		         config->server_tls_cert_file, left / 86400);
	else if (p->not_before > (int64_t)time(NULL))
		log_line(LOG_LEVEL_WARN, "%s: the certificate is not valid yet; is the clock right?",
		         config->server_tls_cert_file);
}

int tls_start(const struct config *f, size_t clients)
{
	static const char *names[] = { "http/1.1" };
	const struct rlimit no_core = { 0, 0 };         /* it would hold the key */
	char why[TLS_WHY_MAX];

	config = f;
	if (!f->server_tls_enabled)
		return 0;
	if (f->memory_input < TLS_INPUT_MIN || f->memory_ring < TLS_RING_MIN ||
	    f->memory_budget < TLS_BUDGET_MIN) {
		log_line(LOG_LEVEL_ERROR, "server.tls needs memory.input of 32KiB, memory.ring of 128KiB and "
		         "memory.budget of 256KiB or more; set them larger");
		return EX_CONFIG;
	}
	if (tls_pair_load(&pair, f->server_tls_cert_file, f->server_tls_key_file, why)) {
		log_line(LOG_LEVEL_ERROR, "%s", why);
		return EX_CONFIG;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	tls_warn(&pair);
	table = calloc(clients, sizeof *table);
	if (!table || tls_random_start()) {
		log_line(LOG_LEVEL_ERROR, table ? "the system gives no random numbers: no TLS without them"
		                                : "out of memory for TLS");
		return EX_OSERR;
	}
	br_ssl_server_zero(&fresh);
	tls_engine(&fresh.eng);
	br_ssl_engine_add_flags(&fresh.eng, BR_OPT_ENFORCE_SERVER_PREFERENCES);
	br_ssl_engine_set_protocol_names(&fresh.eng, names, 1);
	br_ssl_session_cache_lru_init(&sessions, session_store, sizeof session_store);
	br_ssl_server_set_cache(&fresh, &sessions.vtable);
	return 0;
}

void tls_stop(void)
{
	tls_pair_free(&pair);
	free(table);
	table = NULL;
}

void tls_reload(void)
{
	struct tls_pair next;
	char why[TLS_WHY_MAX];

	if (!table) {
		log_line(LOG_LEVEL_INFO, "SIGHUP: nothing can be reloaded; restart to apply changes");
	} else if (tls_pair_load(&next, config->server_tls_cert_file, config->server_tls_key_file, why)) {
		log_line(LOG_LEVEL_ERROR, "SIGHUP: the certificate in use stays: %s", why);
	} else {
		/* No handshake holds on to the old pair: each step of one takes what is here. */
		tls_pair_free(&pair);
		pair = next;
		tls_warn(&pair);
		log_line(LOG_LEVEL_INFO, "SIGHUP: certificate and key reloaded from %s",
		         config->server_tls_cert_file);
	}
}

uint64_t tls_memory(const struct config *f, size_t clients)
{
	/* Two files, and the two of before while a reload reads them. */
	return f->server_tls_enabled ? clients * sizeof(struct tls) + sizeof tls_scratch +
	                               sizeof session_store + (size_t)4 * TLS_FILE_MAX : 0;
}

size_t tls_metrics(char *page, size_t room)
{
	int n = !table ? 0 : snprintf(page, room,
		"# HELP wsrelay_tls_certificate_expiry_timestamp_seconds When it expires, Unix time.\n"
		"# TYPE wsrelay_tls_certificate_expiry_timestamp_seconds gauge\n"
		"wsrelay_tls_certificate_expiry_timestamp_seconds %" PRId64 "\n"
		"# HELP wsrelay_tls_handshakes_total TLS handshakes completed.\n"
		"# TYPE wsrelay_tls_handshakes_total counter\n"
		"wsrelay_tls_handshakes_total %" PRIu64 "\n"
		"# HELP wsrelay_tls_signatures_total Of all begun, those that resumed no session.\n"
		"# TYPE wsrelay_tls_signatures_total counter\n"
		"wsrelay_tls_signatures_total %" PRIu64 "\n"
		"# HELP wsrelay_tls_failures_total TLS handshakes that failed.\n"
		"# TYPE wsrelay_tls_failures_total counter\n"
		"wsrelay_tls_failures_total %" PRIu64 "\n",
		pair.not_after, tls_counts.handshakes, signatures, tls_counts.failures);

	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/* ---- the key's part */

static size_t tls_sign_ec(const br_ec_impl *impl, const br_hash_class *hash, const void *value,
                          const br_ec_private_key *key, void *signature)
{
	tls_costly++;
	signatures++;
	return br_ecdsa_sign_asn1_get_default()(impl, hash, value, key, signature);
}

static uint32_t tls_sign_rsa(const unsigned char *oid, const unsigned char *hash, size_t n,
                             const br_rsa_private_key *key, unsigned char *signature)
{
	tls_costly++;
	signatures++;
	return br_rsa_pkcs1_sign_get_default()(oid, hash, n, key, signature);
}

void tls_use_pair(br_ssl_server_context *s)
{
	if (pair.key_type == BR_KEYTYPE_EC)
		br_ssl_server_set_single_ec(s, pair.chain, pair.chain_len, &pair.ec, BR_KEYTYPE_SIGN, 0,
		                            br_ssl_engine_get_ec(&s->eng), tls_sign_ec);
	else
		br_ssl_server_set_single_rsa(s, pair.chain, pair.chain_len, &pair.rsa, BR_KEYTYPE_SIGN,
		                             NULL, tls_sign_rsa);
}

int tls_open(struct conn *c)
{
	struct tls *t;

	if (!table)
		return 0;
	t = c->tls = &table[c - c->hub->slots];
	memset(t, 0, sizeof *t);
	t->server = fresh;
	tls_engine_fresh(&t->server.eng, tls_scratch);
	return br_ssl_server_reset(&t->server) ? 0 : -1;
}
