/* e2e_tls.c: with E2E_TLS=FOLDER, of certs.sh, clients speak TLS by OpenSSL to the servers, which
 * get p256.pem; without it all is plain. It stands where e2e_plain.c would.
 *
 * The TLS handshake comes with the first bytes that a client sends. Most resume the session of the
 * one before, which is quicker. A server's end of stream is one only behind its close_notify. */
#include "e2e.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

enum { FDS = 16384, FULL_EACH = 8 };

static SSL *streams[FDS];
static SSL_SESSION *session;    /* the last full handshake's */
static unsigned session_port, handshakes;
static SSL_CTX *context;
static const char *folder;

static void start(void)
{
	char path[512];

	folder = getenv("E2E_TLS");
	if (!folder || context)
		return;
	snprintf(path, sizeof path, "%s/ca.pem", folder);
	context = SSL_CTX_new(TLS_client_method());
	if (!context || SSL_CTX_load_verify_locations(context, path, NULL) != 1)
		e2e_die(path);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                          SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

int e2e_is_tls(void)
{
	return getenv("E2E_TLS") != NULL;
}

void e2e_open(int fd, int tls)
{
	start();
	if (fd < 0 || fd >= FDS || !folder)
		return;
	/* Else its session could not be resumed. */
	if (streams[fd])
		SSL_set_shutdown(streams[fd], SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(streams[fd]);
	streams[fd] = NULL;
	if (!tls)
		return;
	streams[fd] = SSL_new(context);
	if (!streams[fd] || !SSL_set_fd(streams[fd], fd) || !SSL_set1_host(streams[fd], "localhost"))
		e2e_die("SSL_new");
	SSL_set_connect_state(streams[fd]);
}

static SSL *stream_of(int fd)
{
	return fd >= 0 && fd < FDS ? streams[fd] : NULL;
}

/* What recv() or send() would have said. */
static ssize_t result(SSL *s, int got)
{
	int kind = SSL_get_error(s, got), code = errno;

	if (kind == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = ECONNRESET;
	if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
		errno = EAGAIN;
	else if (kind == SSL_ERROR_SYSCALL && code)
		errno = code;
	ERR_clear_error();
	return -1;
}

static unsigned port_of(int fd)
{
	struct sockaddr_in a = { 0 };
	socklen_t n = sizeof a;

	return getpeername(fd, (void *)&a, &n) || a.sin_family != AF_INET ? 0 : ntohs(a.sin_port);
}

/* Returns 0 or -1, as connect(). */
static int shake(SSL *s, int fd)
{
	long long until = now_ms() + E2E_MS;
	unsigned port;
	int got;

	if (SSL_is_init_finished(s))
		return 0;
	port = port_of(fd);
	if (SSL_in_before(s) && session && port && port == session_port &&
	    ++handshakes % FULL_EACH)
		SSL_set_session(s, session);
	while (!SSL_is_init_finished(s)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		ERR_clear_error();
		errno = 0;
		got = SSL_do_handshake(s);
		if (got == 1)
			break;
		if (result(s, got) == 0 || errno != EAGAIN)
			return -1;
		if (SSL_want_write(s))
			p.events = POLLOUT;
		if (now_ms() > until) {
			errno = ETIMEDOUT;
			return -1;
		}
		poll(&p, 1, 100);
	}
	if (!SSL_session_reused(s)) {
		SSL_SESSION_free(session);
		session = SSL_get1_session(s);
		session_port = port;
	}
	return 0;
}

ssize_t e2e_send(int fd, const void *data, size_t n)
{
	SSL *s = stream_of(fd);
	int got;

	if (!s)
		return send(fd, data, n, MSG_NOSIGNAL);
	if (shake(s, fd))
		return -1;
	if (n == 0)
		return 0;
	ERR_clear_error();
	errno = 0;
	got = SSL_write(s, data, n < 1 << 30 ? (int)n : 1 << 30);
	if (got > 0)
		return got;
	/* Behind the peer's close_notify nothing can be sent. */
	if (result(s, got) == 0)
		errno = EPIPE;
	return -1;
}

ssize_t e2e_recv(int fd, void *data, size_t n, int flags)
{
	SSL *s = stream_of(fd);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	int got;

	/* Before its hello nothing comes but an end. */
	if (!s || SSL_in_before(s))
		return recv(fd, data, n, flags);
	while (have < n) {
		if ((flags & MSG_DONTWAIT) && !SSL_pending(s) && poll(&p, 1, 0) == 0) {
			errno = EAGAIN;
			return have ? (ssize_t)have : -1;
		}
		ERR_clear_error();
		errno = 0;
		got = SSL_read(s, (char *)data + have, (int)(n - have));
		/* What ends the stream is said again. */
		if (got <= 0)
			return have ? (ssize_t)have : result(s, got);
		have += (size_t)got;
		if (!SSL_pending(s) && !flags)
			break;
	}
	return (ssize_t)have;
}

/* Makes `key: nKiB` one of at least `least`, which has as many digits or more. */
static void at_least(char *text, size_t room, const char *key, long least)
{
	char *at = strstr(text, key), *end, rest[8192];
	long n;

	if (!at)
		return;
	at += strlen(key);
	n = strtol(at, &end, 10);
	if (strncmp(end, "KiB", 3) || n >= least)
		return;
	snprintf(rest, sizeof rest, "%s", end);
	snprintf(at, room - (size_t)(at - text), "%ld%s", least, rest);
}

const char *e2e_config(const char *config)
{
	static const char section[] = "server:\n";
	static char text[16384];
	const char *at;

	start();
	at = strstr(config, section);
	if (!folder || !at || strstr(config, "tls:"))
		return config;
	at += strlen(section);
	snprintf(text, sizeof text, "%.*s  tls:\n    enabled: true\n    cert_file: %s/p256.pem\n"
	         "    key_file: %s/p256.key\n%s", (int)(at - config), config, folder, folder, at);
	/* TLS does not start with less. */
	at_least(text, sizeof text, "  input: ", 32);
	at_least(text, sizeof text, "  ring: ", 128);
	at_least(text, sizeof text, "  budget: ", 256);
	return text;
}
