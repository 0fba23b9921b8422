/* tls_reload.c: SIGHUP with a new pair and with bad ones; start-up errors, expiry, its metric. */
#include "wire.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sysexits.h>

static struct server s;
static char dir[128];           /* where the server's pair lies: pair.pem, pair.key */
static const char *folder;

/* Runs a command of sh in the folder of certs.sh, with $P as where the server's pair lies. */
static int sh(const char *command)
{
	char line[4096];
	int status;

	snprintf(line, sizeof line, "cd %s && P=%s && { %s\n} >/dev/null 2>&1", folder, dir, command);
	status = system(line);
	CHECK(status == 0, "%s: %d", command, status);
	return status;
}

/* As `mv`: the server never sees half a file. */
static void install(const char *name)
{
	char command[256];

	snprintf(command, sizeof command, "cp %s.pem $P/new.pem; cp %s.key $P/new.key; "
	         "mv $P/new.pem $P/pair.pem; mv $P/new.key $P/pair.key", name, name);
	sh(command);
}

static const char *config(void)
{
	static char text[1024];

	snprintf(text, sizeof text, LOCAL "  tls:\n    enabled: true\n    cert_file: %s/pair.pem\n"
	         "    key_file: %s/pair.key\n" METRICS, dir, dir);
	return text;
}

/* The serial number of the certificate that a new connection is shown, and whether it resumed. */
static void shown(SSL_SESSION **session, char serial[64], int *resumed)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(context);
	int fd = socket_open_port(s.port), flags = SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN, got;
	X509 *cert;
	BIGNUM *n;
	char *hex;

	strcpy(serial, "none");
	fcntl(fd, F_SETFL, 0);
	SSL_set_fd(ssl, fd);
	if (session && *session)
		SSL_set_session(ssl, *session);
	got = SSL_connect(ssl);
	CHECK(got == 1, "handshake: %d", SSL_get_error(ssl, got));
	cert = got == 1 ? SSL_get1_peer_certificate(ssl) : NULL;
	if (cert) {
		n = ASN1_INTEGER_to_BN(X509_get_serialNumber(cert), NULL);
		hex = BN_bn2hex(n);
		snprintf(serial, 64, "%.63s", hex);
		OPENSSL_free(hex);
		BN_free(n);
		X509_free(cert);
	}
	if (resumed)
		*resumed = SSL_session_reused(ssl);
	if (session && !*session)
		*session = SSL_get1_session(ssl);
	SSL_set_shutdown(ssl, flags);
	SSL_free(ssl);
	SSL_CTX_free(context);
	close(fd);
}

/* The serial number in a file. */
static void serial_of(const char *name, char serial[64])
{
	char path[512], *hex;
	FILE *f;
	X509 *cert;
	BIGNUM *n;

	snprintf(path, sizeof path, "%s/%s.pem", folder, name);
	f = fopen(path, "r");
	cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	if (!cert)
		e2e_die(path);
	n = ASN1_INTEGER_to_BN(X509_get_serialNumber(cert), NULL);
	hex = BN_bn2hex(n);
	snprintf(serial, 64, "%.63s", hex);
	OPENSSL_free(hex);
	BN_free(n);
	X509_free(cert);
	fclose(f);
}

static void reload(const char *says)
{
	int n = server_count(&s, says);

	server_signal(&s, SIGHUP);
	CHECK(server_log(&s, says, n + 1) != NULL, "no '%s' in %s", says, s.log);
}

static void test_reload(void)
{
	static const char *const names[] = { "rsa2048", "p384", "chain", "p256", "rsa4096", "p256" };
	char want[64], got[64];
	SSL_SESSION *session = NULL;
	static struct wire half, old;
	size_t i;
	int resumed, is_known;

	install("p256");
	CHECK(!server_start(&s, config()), "%s", s.log);
	CHECK(!wire_open(&old, &s), "no client");
	shown(&session, got, NULL);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		/* It has sent its hello and got the answer by the old pair, the only one it knows. */
		is_known = i == 0 || !strcmp(names[i - 1], "p256");
		if (is_known)
			CHECK(!wire_connect(&half, &s) && !wire_send(&half, 0), "half a handshake");
		while (is_known && !half.n_made && !wire_want_more(&half, now_ms() + E2E_MS))
			;
		install(names[i]);
		reload("certificate and key reloaded");
		serial_of(names[i], want);
		shown(NULL, got, NULL);
		CHECK(!strcmp(got, want), "%s: %s is shown, not %s", names[i], got, want);
		if (is_known) {
			CHECK(!wire_shake(&half, 0), "the handshake that was under way");
			wire_leave(&half, 0);
		}
		shown(&session, got, &resumed);
		CHECK(resumed, "%s: a session from before is not resumed", names[i]);
		wire_frame(&old, 0x81, "still here", 10, 0);
		CHECK(!wire_send(&old, 0) && !wire_want(&old, 12) && !memcmp(old.got + 2, "still here", 10),
		      "%s: the connection from before", names[i]);
		wire_take(&old, old.n_got);
	}
	SSL_SESSION_free(session);
	wire_leave(&old, 0);
	STOP(&s);
}

/* ---- bad pairs: at a reload the old one stays, at the start it is the end */

static const struct bad {
	const char *what, *command;     /* in the folder of certs.sh; $P: where the pair lies */
	const char *why;                /* part of the line in the log */
} bad[] = {
	{ "no certificate", "rm -f $P/pair.pem", "No such file" },
	{ "no key", "rm -f $P/pair.key", "No such file" },
	{ "an empty certificate", ": >$P/pair.pem", "is empty" },
	{ "an empty key", ": >$P/pair.key", "is empty" },
	{ "another's key", "cp p384.key $P/pair.key", "does not belong" },
	{ "another's key of the same curve", "cp chain.key $P/pair.key", "does not belong" },
	{ "an RSA key", "cp rsa2048.key $P/pair.key", "does not belong" },
	{ "a cut certificate", "head -c 300 p256.pem >$P/pair.pem", "PEM block is cut" },
	{ "a cut key", "head -c 100 p256.key >$P/pair.key", "PEM block is cut" },
	{ "files the wrong way round", "cp p256.pem $P/pair.key; cp p256.key $P/pair.pem",
	  "holds a private key" },
	{ "a DER certificate", "openssl x509 -in p256.pem -outform DER -out $P/pair.pem", "is not PEM" },
	{ "an encrypted key", "openssl pkey -in p256.key -aes128 -passout pass:x -out $P/pair.key",
	  "is encrypted" },
	{ "a P-521 key", "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-521 -nodes "
	                 "-subj /CN=x -keyout $P/pair.key -out $P/pair.pem", "not supported" },
	{ "an RSA key of 1024 bits", "openssl req -x509 -newkey rsa:1024 -nodes -subj /CN=x "
	                             "-keyout $P/pair.key -out $P/pair.pem", "not supported" },
	{ "an Ed25519 key", "openssl req -x509 -newkey ed25519 -nodes -subj /CN=x "
	                    "-keyout $P/pair.key -out $P/pair.pem", "not supported" },
	{ "a text", "echo hello >$P/pair.pem", "no certificate" },
	{ "a folder", "rm $P/pair.pem; mkdir $P/pair.pem", "not a regular file" },
	{ "more than 64 KiB", "yes | head -c 70000 >>$P/pair.pem", "larger than 64 KiB" },
	{ "nine certificates", "for i in 1 2 3 4 5 6 7 8 9; do cat p256.pem; done >$P/pair.pem",
	  "more than 8" },
};

static void test_bad_pairs(void)
{
	char want[64], got[64];
	static struct run r;
	char file[512];
	size_t i;

	install("p256");
	serial_of("p256", want);
	CHECK(!server_start(&s, config()), "%s", s.log);
	snprintf(file, sizeof file, "%s", e2e_file(dir, "config.yaml", config()));
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *line;

		sh(bad[i].command);
		reload("the certificate in use stays: ");
		line = s.log + s.log_len;
		while (line > s.log && strncmp(line, "the certificate in use stays: ", 30))
			line--;
		CHECK(strstr(line, bad[i].why), "%s: no '%s' in %s", bad[i].what, bad[i].why, line);
		CHECK(strstr(line, "/pair."), "%s: no file in %s", bad[i].what, line);
		shown(NULL, got, NULL);
		CHECK(!strcmp(got, want), "%s: %s is shown, not %s", bad[i].what, got, want);
		/* The same at the start and for -t. */
		run(&r, "-c", file, NULL);
		CHECK(r.status == EX_CONFIG && strstr(r.err, bad[i].why) && strstr(r.err, "/pair."),
		      "%s: %d %s", bad[i].what, r.status, r.err);
		run(&r, "-t", "-c", file, NULL);
		CHECK(r.status == EX_CONFIG && strstr(r.err, bad[i].why), "%s: -t: %d %s", bad[i].what,
		      r.status, r.err);
		sh("rm -rf $P/pair.*");
		install("p256");
	}
	reload("certificate and key reloaded");
	STOP(&s);
}

/* ---- reloads under way, one after the other */

static void test_storm(void)
{
	struct client c;
	int i, good = 0;

	install("p256");
	CHECK(!server_start(&s, config()), "%s", s.log);
	for (i = 0; i < 200; i++) {
		server_signal(&s, SIGHUP);
		good += !client_open(&c, &s);
		server_signal(&s, SIGHUP);
		good += client_bye(&c);
	}
	CHECK(good == 400, "%d of 200 clients and their closes", good);
	STOP(&s);
}

/* ---- dates */

/* A pair that ends in so many seconds from now. */
static void make_until(long seconds)
{
	FILE *f;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	char path[512];

	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), seconds < 0 ? seconds - 1000 : -1000);
	X509_gmtime_adj(X509_getm_notAfter(cert), seconds);
	X509_set_version(cert, 2);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
	                           (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509_sign(cert, key, EVP_sha256());
	snprintf(path, sizeof path, "%s/pair.pem", dir);
	f = fopen(path, "w");
	CHECK(f && PEM_write_X509(f, cert), "%s", path);
	fclose(f);
	snprintf(path, sizeof path, "%s/pair.key", dir);
	f = fopen(path, "w");
	CHECK(f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), "%s", path);
	fclose(f);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void test_dates(void)
{
	static const struct row {
		long days;
		const char *says;       /* NULL: nothing */
	} rows[] = {
		{ -3, "has expired 3 days ago" }, { -400, "has expired 400 days ago" },
		{ 2, "expires in 1 days" }, { 13, "expires in 12 days" }, { 16, NULL }, { 400, NULL },
		{ 20000, NULL },
	};
	static const char name[] = "wsrelay_tls_certificate_expiry_timestamp_seconds";
	char command[512];
	char got[64];
	size_t i;
	double is;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		make_until(rows[i].days * 86400 - 60);
		CHECK(!server_start(&s, config()), "%ld days: %s", rows[i].days, s.log);
		if (rows[i].says)
			CHECK(server_count(&s, rows[i].says) == 1 && server_count(&s, "warn ") == 1, "%s",
			      s.log);
		else
			CHECK(server_count(&s, "warn ") == 0, "%ld days: %s", rows[i].days, s.log);
		shown(NULL, got, NULL);
		CHECK(!strcmp(got, "01"), "it is not served: %s", got);
		is = metric(&s, name);
		snprintf(command, sizeof command, "test $(date -d \"$(openssl x509 -in $P/pair.pem -noout "
		         "-enddate | cut -d= -f2)\" +%%s) = %.0f", is);
		CHECK(is > 1e9, "%s: %g", name, is);
		sh(command);
		reload("certificate and key reloaded");
		CHECK(server_count(&s, "warn ") == (rows[i].says ? 2 : 0), "a reload: %s", s.log);
		STOP(&s);
	}
}

/* Settings that are too small for TLS. */
static void test_settings(void)
{
	static const char *const small[] = { "  input: 31KiB\n", "  ring: 127KiB\n",
	                                     "  budget: 255KiB\n" };
	static struct run r;
	char text[2048];
	size_t i;

	install("p256");
	for (i = 0; i < sizeof small / sizeof *small; i++) {
		/* With small messages, so that only TLS minds; config() begins with LOCAL. */
		snprintf(text, sizeof text, LOCAL "  max_message_size: 1KiB\n%smemory:\n%s",
		         config() + strlen(LOCAL), small[i]);
		run(&r, "-c", e2e_file(dir, "t.yaml", text), NULL);
		CHECK(r.status == EX_CONFIG && strstr(r.err, "server.tls needs memory.input of 32KiB"),
		      "%s: %d %s", small[i], r.status, r.err);
	}
}

int main(void)
{
	e2e_start();
	folder = getenv("E2E_TLS");
	if (!folder) {
		printf("SKIP tls_reload: no E2E_TLS\n");
		return test_end();
	}
	e2e_folder(dir);
	test_reload();
	test_bad_pairs();
	test_storm();
	test_dates();
	test_settings();
	e2e_remove(dir);
	return test_end();
}
