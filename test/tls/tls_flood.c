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
enum { NEWCOMERS = 10, NEWCOMER_MS = 2000 };

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

/* The median and what 99 of 100 pings did not exceed, in time, which is the machine's too when it
 * is busy; the median and what 9 of 10 did not exceed, in what the server has worked meanwhile. */
struct figures {
	double us[2], work_us[2];
};

static void measure(struct client *c, pid_t pid, struct figures *f)
{
	static double us[PINGS], work[PINGS];
	struct timespec rest = { 0, 300000 };
	int i, good = 0;

	for (i = 0; i < PINGS; i++) {
		double begun = now_us(), before = cpu_ms(pid);
		int op;

		good += !client_frame(c, 0x89, "ping", 4);
		do {
			op = client_read(c);
		} while (op > 0 && op != 10);
		good += op == 10;
		us[i] = now_us() - begun;
		work[i] = (cpu_ms(pid) - before) * 1000;
		nanosleep(&rest, NULL);
	}
	CHECK(good == 2 * PINGS, "%d of %d pings", good / 2, PINGS);
	qsort(us, PINGS, sizeof *us, compare);
	qsort(work, PINGS, sizeof *work, compare);
	f->work_us[0] = work[PINGS / 2];
	f->work_us[1] = work[PINGS * 9 / 10];
	f->us[0] = us[PINGS / 2];
	f->us[1] = us[PINGS * 99 / 100];
}

static void test_flood(void)
{
	double signature = signature_us(), done, took;
	struct abuse *a = abuse_begin("26", "", "");
	struct figures calm, busy = { { 0 }, { 0 } };
	int tries, i, ms, newcomer = 0, slow = 0;
	long long begun;
	struct client c;
	pid_t pid;

	if (!a)
		return;
	bystanders_stop(a->b);
	CHECK(!client_open(&c, &a->s), "no client");
	measure(&c, a->s.pid, &calm);
	/* Others on the machine may spoil one: what we are late to see counts too. */
	for (tries = 0; tries < TRIES && (!tries || busy.work_us[0] > 3 * signature); tries++) {
		fflush(stdout);
		done = metric(&a->s, "wsrelay_tls_handshakes_total");
		begun = now_ms();
		pid = fork();
		if (pid == 0)
			flood(a->s.port);
		measure(&c, a->s.pid, &busy);
		for (i = 0, newcomer = 0; i < NEWCOMERS; i++) {
			ms = abuse_newcomer(a);
			newcomer = ms > newcomer ? ms : newcomer;
			slow += ms < 0 || ms > NEWCOMER_MS;
		}
		took = (double)(now_ms() - begun);
		done = metric(&a->s, "wsrelay_tls_handshakes_total") - done;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		CHECK(done > 50, "only %g handshakes", done);
		printf("row 26: signature %.0f us; ping median %.0f us, p99 %.0f us; in the flood %.0f "
		       "us, p99 %.0f us, work of the server meanwhile %.0f us, p90 %.0f us; %.0f "
		       "handshakes a second, the slowest newcomer %d ms\n", signature, calm.us[0], calm.us[1],
		       busy.us[0], busy.us[1], busy.work_us[0], busy.work_us[1], done * 1000 / took,
		       newcomer);
	}
	CHECK(slow == 0, "%d newcomers took more than %d ms", slow, NEWCOMER_MS);
	/* One turn and a half. */
	CHECK(busy.work_us[0] <= 3 * signature || !ABUSE_EXACT, "half of the pings wait for %.0f us of "
	      "work, a signature is %.0f us", busy.work_us[0], signature);
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
