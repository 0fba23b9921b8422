/* tls_openssl.c: TLS of the load generator, by OpenSSL. It trusts any certificate. */
#include "load.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

struct tls_client {
	SSL *ssl;
};

static SSL_CTX *context;

void tls_start(void)
{
	if (!plan.tls)
		return;
	context = SSL_CTX_new(TLS_client_method());
	if (!context)
		load_die("SSL_CTX_new");
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_read_ahead(context, 1);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
	                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

void tls_begin(struct client *c)
{
	c->tls = load_memory(1, sizeof *c->tls);
	c->tls->ssl = SSL_new(context);
	if (!c->tls->ssl || SSL_set_fd(c->tls->ssl, c->fd) != 1)
		load_die("SSL_new");
	SSL_set_connect_state(c->tls->ssl);
}

int tls_shake(struct client *c, uint32_t *events)
{
	int result = SSL_do_handshake(c->tls->ssl), error;

	if (result == 1)
		return 1;
	error = SSL_get_error(c->tls->ssl, result);
	*events = error == SSL_ERROR_WANT_WRITE ? EPOLLIN | EPOLLOUT : EPOLLIN;
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

void tls_end(struct client *c)
{
	if (!c->tls)
		return;
	SSL_free(c->tls->ssl);
	free(c->tls);
	c->tls = NULL;
}

/* What recv() and send() would return for a result that is not a number of bytes; end: when the
 * connection is over. */
static ssize_t failed(struct client *c, int result, ssize_t end)
{
	int error = SSL_get_error(c->tls->ssl, result);

	ERR_clear_error();
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		return end;
	errno = EAGAIN;
	return -1;
}

ssize_t tls_read(struct client *c, void *p, size_t n)
{
	int result = SSL_read(c->tls->ssl, p, n < INT_MAX ? (int)n : INT_MAX);

	return result > 0 ? result : failed(c, result, 0);
}

ssize_t tls_write(struct client *c, const void *p, size_t n)
{
	int result = SSL_write(c->tls->ssl, p, n < INT_MAX ? (int)n : INT_MAX);

	return result > 0 ? result : failed(c, result, 0);
}
