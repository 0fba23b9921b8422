/* link_bearssl.c: the bytes to and from the peer, by plain TCP or, for wss://, through BearSSL. There is
 * one connection at a time, so the engine has buffers of its own. */
#include "client/trust.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READS_A_TURN = 32 };     /* a record takes two */

const char link_kind[] = "bearssl";

static struct secure {
	br_ssl_client_context client;
	struct verify verify;
	int held;                       /* the last byte handed over is in a record that waits */
	uint8_t in[BR_SSL_BUFSIZE_INPUT], out[BR_SSL_BUFSIZE_OUTPUT];
} secure;

static const br_x509_trust_anchor *anchors;
static size_t anchors_count;

const char *link_start(const struct options *o)
{
	static char why[WHY_MAX];

	if (!o->url.secure)
		return o->cafile || o->insecure ? "--cafile and --insecure are for wss:// only" : NULL;
	if (tls_random_start())
		return "the system gives no random numbers: no TLS without them";
	if (o->insecure) {
		log_line(LOG_LEVEL_ERROR, "--insecure: whoever answers is believed to be the server; "
		         "all that is sent can be read by others");
		return NULL;
	}
	anchors_count = trust_read(o->cafile, &anchors, why);
	return anchors_count ? NULL : why;
}

/* What ended the engine: of a certificate in words that say what to do. */
static const char *link_why(const br_ssl_engine_context *e)
{
	enum { HANDSHAKE_FAILURE = 40, PROTOCOL_VERSION = 70 };         /* alerts, RFC 5246 7.2 */
	int error = br_ssl_engine_last_error(e);

	switch (error) {
	case BR_ERR_X509_NOT_TRUSTED:
		return "the certificate comes from nobody who is trusted; --cafile FILE trusts others";
	case BR_ERR_X509_EXPIRED:
		return "the certificate is expired or not valid yet; is the clock right?";
	case BR_ERR_X509_BAD_SERVER_NAME:
		return "the certificate is for another name";
	case BR_ERR_X509_BAD_SIGNATURE:
		return "the certificate has a wrong signature";
	case BR_ERR_X509_UNSUPPORTED:
	case BR_ERR_X509_WRONG_KEY_TYPE:
	case BR_ERR_X509_CRITICAL_EXTENSION:
		return "the certificate is of a kind that is not supported";
	case BR_ERR_X509_NOT_CA:
		return "the certificate was signed by one that is no CA's";
	case BR_ERR_X509_FORBIDDEN_KEY_USAGE:
		return "the certificate, or one that signed it, is not for that use";
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		return "the certificate, or one that signed it, has a key that is too short";
	case BR_ERR_RECV_FATAL_ALERT + HANDSHAKE_FAILURE:
		return "the server has no cipher suite, or no kind of key, in common";
	case BR_ERR_UNSUPPORTED_VERSION:
		return "the server speaks no TLS, or not TLS 1.2";
	case BR_ERR_RECV_FATAL_ALERT + PROTOCOL_VERSION:
		return "the server does not speak TLS 1.2";
	default:
		return error > BR_ERR_X509_OK && error <= BR_ERR_X509_NOT_TRUSTED ?
		       "the certificate is malformed" : tls_engine_error(e);
	}
}

int link_open(struct link *l, int fd, const struct options *o)
{
	br_ssl_engine_context *e = &secure.client.eng;
	static const char *names[] = { "http/1.1" };
	char host[URL_HOST_MAX];
	size_t n = strlen(o->url.host);

	memset(l, 0, sizeof *l);
	l->fd = fd;
	if (!o->url.secure)
		return 0;
	l->tls = e;
	memset(&secure.client, 0, sizeof secure.client);
	secure.held = 0;
	tls_engine(e);
	br_ssl_engine_set_rsavrfy(e, br_rsa_pkcs1_vrfy_get_default());
	br_ssl_engine_set_ecdsa(e, br_ecdsa_vrfy_asn1_get_default());
	br_ssl_engine_set_protocol_names(e, names, 1);
	verify_start(&secure.verify, anchors, anchors_count, o);
	br_ssl_engine_set_x509(e, &secure.verify.vtable);
	tls_engine_fresh(e, secure.out);
	br_ssl_engine_set_buffers_bidi(e, secure.in, sizeof secure.in, secure.out, sizeof secure.out);
	/* An address is no server name, and a name has no dot behind it (RFC 6066 section 3). */
	memcpy(host, o->url.host, n + 1);
	if (host[n - 1] == '.')
		host[n - 1] = '\0';
	if (br_ssl_client_reset(&secure.client, secure.verify.ip_len ? NULL : host, 0))
		return 0;
	l->why = link_why(e);
	return -1;
}

static long link_failed(struct link *l, const char *why)
{
	l->why = why;
	return LINK_FAILED;
}

/* What a failed recv() or send() means. */
static long link_errno(struct link *l)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS ||
	    errno == ENOMEM)
		return LINK_WAIT;
	return link_failed(l, strerror(errno));
}

/* Sends the records that wait. Returns 0, or LINK_FAILED: then nothing waits any more. */
static long link_flush(struct link *l)
{
	br_ssl_engine_context *e = l->tls;
	long failed = 0;
	const uint8_t *p;
	ssize_t n;
	size_t len;

	while ((p = br_ssl_engine_sendrec_buf(e, &len))) {
		n = failed ? (ssize_t)len : send(l->fd, p, len, MSG_NOSIGNAL);
		if (n >= 0)
			br_ssl_engine_sendrec_ack(e, (size_t)n);
		else if (!(failed = link_errno(l)))
			break;
	}
	return failed;
}

/* Receives until there is payload, nothing more comes, or the end; and sends what that causes, whose
 * failure does not matter here: what came may still be read, and then the end of the stream.
 * Returns LINK_WAIT, LINK_END or LINK_FAILED. */
static long link_fill(struct link *l)
{
	br_ssl_engine_context *e = l->tls;
	int reads;
	uint8_t *p;
	ssize_t n;
	size_t len;

	/* Records without payload may come without an end: the deadlines must have their turn. */
	for (reads = 0; reads < READS_A_TURN; reads++) {
		link_flush(l);
		if (br_ssl_engine_current_state(e) == BR_SSL_CLOSED)
			return br_ssl_engine_last_error(e) == BR_ERR_OK ? LINK_END
			                                                : link_failed(l, link_why(e));
		if (br_ssl_engine_recvapp_buf(e, &len) || !(p = br_ssl_engine_recvrec_buf(e, &len)))
			return LINK_WAIT;
		n = recv(l->fd, p, len, 0);
		if (n <= 0)
			return n < 0 ? link_errno(l) : LINK_END;
		br_ssl_engine_recvrec_ack(e, (size_t)n);
	}
	link_flush(l);
	return LINK_WAIT;
}

long link_recv(struct link *l, void *data, size_t n)
{
	br_ssl_engine_context *e = l->tls;
	const uint8_t *p;
	size_t len;
	ssize_t got;
	long state;

	if (!e) {
		got = recv(l->fd, data, n, 0);
		return got > 0 ? (long)got : got == 0 ? LINK_END : link_errno(l);
	}
	state = link_fill(l);
	p = br_ssl_engine_recvapp_buf(e, &len);
	if (!p)
		return state;
	len = len < n ? len : n;
	memcpy(data, p, len);
	br_ssl_engine_recvapp_ack(e, len);
	return (long)len;
}

/* Receives nothing: payload that came would wait in the engine, where nobody looks before the socket
 * has more. The last byte counts as sent when its record is out: until then the caller comes back,
 * even one that receives nothing meanwhile. */
long link_send(struct link *l, const void *data, size_t n)
{
	br_ssl_engine_context *e = l->tls;
	uint8_t *p;
	size_t len;
	ssize_t sent;

	if (!e) {
		sent = send(l->fd, data, n, MSG_NOSIGNAL);
		return sent >= 0 ? (long)sent : link_errno(l);
	}
	if (link_flush(l))
		return LINK_FAILED;
	if (br_ssl_engine_current_state(e) == BR_SSL_CLOSED)
		return link_failed(l, br_ssl_engine_last_error(e) == BR_ERR_OK ? "the server ended TLS"
		                                                              : link_why(e));
	p = br_ssl_engine_sendapp_buf(e, &len);
	if (!p)
		return LINK_WAIT;
	if (secure.held) {
		secure.held = 0;
		return 1;
	}
	n = len < n ? len : n;
	memcpy(p, data, n);
	br_ssl_engine_sendapp_ack(e, n);
	br_ssl_engine_flush(e, 0);
	if (link_flush(l))
		return LINK_FAILED;
	secure.held = br_ssl_engine_sendrec_buf(e, &len) ? 1 : 0;
	return (long)n - secure.held;
}

/* A record that waits, or a handshake, needs the socket for its own direction. */
int link_events(const struct link *l, int want)
{
	const br_ssl_engine_context *e = l->tls;
	size_t len;

	if (!e)
		return want;
	if (br_ssl_engine_sendrec_buf(e, &len))
		want |= LOOP_OUT;
	else if (!br_ssl_engine_sendapp_buf(e, &len))
		want = LOOP_IN;
	return want;
}

void link_shutdown(struct link *l)
{
	if (l->tls) {
		br_ssl_engine_close(l->tls);
		link_flush(l);
	}
	shutdown(l->fd, SHUT_WR);
}

void link_close(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}
