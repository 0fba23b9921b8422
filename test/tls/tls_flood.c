/* tls_flood.c: row 26: a hundred connections that do one full handshake after the other, while an
 * established client's pings come back within the time of a few signatures. */
#include "abuse.h"
#include "tls.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

enum { FLOODERS = 100, PINGS = 1000, TRIES = 3, SIGNATURES = 200 };

/* Of these times 99 of 100 pings come back in, on a processor of the server's own. A turn is at most one
 * signature, and a key exchange; a ping waits for the rest of one and for its own. */
enum { MOST = 6 };

static double own_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The time of one ECDSA signature by BearSSL on this machine, in us. */
static double signature_us(void)
{
	static struct tls_pair pair;
	char cert[512], key[512], why[TLS_WHY_MAX] = "";
	uint8_t hash[32] = { 1 }, out[128];
	double begun;
	int i;

	snprintf(cert, sizeof cert, "%s/p256.pem", getenv("E2E_TLS"));
	snprintf(key, sizeof key, "%s/p256.key", getenv("E2E_TLS"));
	CHECK(!tls_pair_load(&pair, cert, key, why), "%s", why);
	begun = own_cpu_us();
	for (i = 0; i < SIGNATURES; i++)
		br_ecdsa_sign_asn1_get_default()(br_ec_get_default(), &br_sha256_vtable, hash,
		                                 &pair.ec, out);
	tls_pair_free(&pair);
	return (own_cpu_us() - begun) / SIGNATURES;
}

/* ---- the flood, in a process of its own */

struct flooder {
	SSL *ssl;
	int fd;
};

static void flood_begin(struct flooder *f, SSL_CTX *context, int port)
{
	if (f->ssl) {
		SSL_free(f->ssl);
		socket_reset(f->fd);
	}
	f->fd = socket_open_port(port);
	f->ssl = f->fd < 0 ? NULL : SSL_new(context);
	if (f->ssl) {
		SSL_set_fd(f->ssl, f->fd);
		SSL_set_connect_state(f->ssl);
	}
}

static void flood(int port)
{
	static struct flooder f[FLOODERS];
	static struct pollfd fds[FLOODERS];
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	for (i = 0; i < FLOODERS; i++)
		flood_begin(&f[i], context, port);
	for (;;) {
		for (i = 0; i < FLOODERS; i++) {
			int got = f[i].ssl ? SSL_do_handshake(f[i].ssl) : 1;

			/* Done or refused: once more from the start. */
			if (got == 1 || SSL_get_error(f[i].ssl, got) != SSL_ERROR_WANT_READ)
				flood_begin(&f[i], context, port);
			fds[i] = (struct pollfd){ .fd = f[i].fd, .events = POLLIN };
		}
		poll(fds, FLOODERS, 20);
	}
}

/* ---- the pings of one who is in */

static int compare(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The time that so many of 1,000 pings did not exceed. */
static void measure(struct client *c, double *median, double *p99)
{
	static double us[PINGS];
	struct timespec rest = { 0, 300000 };
	int i, good = 0;

	for (i = 0; i < PINGS; i++) {
		double begun = now_us();
		int op;

		good += !client_frame(c, 0x89, "ping", 4);
		do {
			op = client_read(c);
		} while (op > 0 && op != 10);
		good += op == 10;
		us[i] = now_us() - begun;
		nanosleep(&rest, NULL);
	}
	CHECK(good == 2 * PINGS, "%d of %d pings", good / 2, PINGS);
	qsort(us, PINGS, sizeof *us, compare);
	*median = us[PINGS / 2];
	*p99 = us[PINGS * 99 / 100];
}

static void test_flood(void)
{
	double signature = signature_us(), calm[2], busy[2] = { 0 }, done, cpu, took, best = 0;
	struct abuse *a = abuse_begin("26", "", "");
	struct client c;
	long long begun;
	int tries, newcomer = -1, whole = 0;
	pid_t pid;

	if (!a)
		return;
	bystanders_stop(a->b);
	CHECK(!client_open(&c, &a->s), "no client");
	measure(&c, &calm[0], &calm[1]);
	/* Others on the machine may spoil one: then the server does not get all of a processor. */
	for (tries = 0; tries < TRIES && !(whole && busy[1] <= MOST * signature); tries++) {
		fflush(stdout);
		done = metric(&a->s, "wsrelay_tls_handshakes_total");
		cpu = cpu_ms(a->s.pid);
		begun = now_ms();
		pid = fork();
		if (pid == 0)
			flood(a->s.port);
		measure(&c, &busy[0], &busy[1]);
		newcomer = abuse_newcomer(a);
		took = (double)(now_ms() - begun);
		done = metric(&a->s, "wsrelay_tls_handshakes_total") - done;
		cpu = cpu_ms(a->s.pid) - cpu;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		whole = cpu >= 0.97 * took;
		best = tries == 0 || busy[0] < best ? busy[0] : best;
		CHECK(done > 50, "only %g handshakes", done);
		printf("row 26: signature %.0f us; ping median %.0f us, p99 %.0f us; in the flood "
		       "%.0f us, p99 %.0f us; %.0f full handshakes a second, newcomer %d ms, "
		       "server's CPU %.0f %%\n", signature, calm[0], calm[1], busy[0], busy[1],
		       done * 1000 / took, newcomer, cpu * 100 / took);
	}
	CHECK(best <= 4 * signature || !ABUSE_EXACT, "median %.0f us in the flood, a signature is %.0f us",
	      best, signature);
	if (whole)
		CHECK(busy[1] <= MOST * signature || !ABUSE_EXACT,
		      "p99 %.0f us in the flood, %.0f us without; a signature is %.0f us", busy[1],
		      calm[1], signature);
	else
		printf("row 26: p99 is not judged: others took the processor from the server\n");
	CHECK(newcomer >= 0 && newcomer < 2000, "a newcomer: %d ms", newcomer);
	CHECK(abuse_bye(&c), "close");
	CHECK(abuse_files(a, a->fds - 2) == a->fds - 2, "%d descriptors", open_files(a->s.pid));
	bystanders_free(a->b);
	STOP(&a->s);
}

int main(void)
{
	abuse_start();
	if (!e2e_is_tls()) {
		printf("SKIP tls_flood: no E2E_TLS\n");
		return test_end();
	}
	test_flood();
	return test_end();
}
