/* tls_conn.c: a client's bytes on their way from and to the kernel when they are encrypted.
 *
 * BearSSL's engine holds no record from one call to the next: a record that came in part waits in `in`
 * of the client, what the kernel did not take in `out`, both blocks of the budget. So an idle client
 * has neither, and all share the hub's input buffer and tls_scratch. */
#include "core.h"
#include "tls.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
	TLS_COSTLY_A_TURN = 1,          /* nobody begins once so many are done: at most a signature
	                                 * and a key exchange stall the others in a flood */
	TLS_OUT_MAX = 128 * 1024        /* a flight with the longest chain, and what stood before it */
};

static uint32_t costly, costly_turn;    /* tls_costly at the start of this turn of the hub */
static const struct conn *first, *next; /* whose step of a handshake is the first in this turn; in the
                                         * next. NULL: anybody's. To compare with only */

static void tls_drop_in(struct conn *c)
{
	struct tls *t = c->tls;

	if (!t->in)
		return;
	hold_give(c, t->in, t->in_size);
	t->in = NULL;
	c->raw = 0;
	hold_off(c);
}

static void tls_drop_out(struct conn *c)
{
	struct tls *t = c->tls;

	if (!t->out)
		return;
	hold_give(c, t->out, t->out_size);
	t->out = NULL;
	c->sealed = 0;
	hold_off(c);
}

void tls_drop(struct conn *c)
{
	if (!c->tls)
		return;
	tls_drop_in(c);
	tls_drop_out(c);
	/* Its keys; the compiler may not leave that out, since the table outlives this. */
	memset(c->tls, 0, sizeof *c->tls);
	c->tls = NULL;
}

/* ---- records of one client */

/* Gives *block room for n bytes. Returns 0, or -1: c is dead, and its state with it. */
static int tls_grow(struct conn *c, uint8_t **block, uint32_t *size, size_t n)
{
	size_t more = budget_size(n, SIZE_MAX);
	uint8_t *bigger;

	if (*block && n <= *size)
		return 0;
	bigger = hold_grow(c, *block, *block ? *size : 0, more, 1);
	if (!bigger) {
		conn_kill(c, REASON_MEMORY, "out of memory budget", 1);
		return -1;
	}
	*block = bigger;
	*size = (uint32_t)more;
	hold_on(c);
	return 0;
}

/* Keeps n bytes of records until the kernel takes them. Returns 0, or -1: c is dead. */
static int tls_keep_out(struct conn *c, const uint8_t *p, size_t n)
{
	struct tls *t = c->tls;

	if (n > TLS_OUT_MAX - c->sealed) {
		conn_kill(c, REASON_POLICY, "reads no answers of TLS", 1);
		return -1;
	}
	if (t->out_at) {
		memmove(t->out, t->out + t->out_at, c->sealed);
		t->out_at = 0;
	}
	if (tls_grow(c, &t->out, &t->out_size, c->sealed + n))
		return -1;
	memcpy(t->out + c->sealed, p, n);
	c->sealed += (uint32_t)n;
	return 0;
}

/* Takes out what the engine has to say by itself: handshake, alerts. Returns 0, or -1: c is dead. */
static int tls_take_out(struct conn *c)
{
	br_ssl_engine_context *e = &c->tls->server.eng;
	const uint8_t *p;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(e, &n))) {
		if (tls_keep_out(c, p, n))
			return -1;
		hub_touch(c);
		br_ssl_engine_sendrec_ack(e, n);
	}
	return 0;
}

/* The rest of a read: the beginning of a record. The age of what c holds stays while that record is
 * the one of before. Returns 0, or -1: c is dead. */
static int tls_keep_in(struct conn *c, const uint8_t *p, size_t n, int is_new)
{
	struct tls *t = c->tls;

	if (is_new)
		tls_drop_in(c);
	if (n == 0)
		return 0;
	if (tls_grow(c, &t->in, &t->in_size, n))
		return -1;
	memcpy(t->in, p, n);
	c->raw = (uint32_t)n;
	return 0;
}

/* Ends c in order: an alert that waits goes out before. */
static void tls_fail(struct conn *c, const char *why)
{
	char text[PEER_TEXT];

	if (!c->tls->ready)
		tls_counts.failures++;
	if (!c->upgraded) {
		conn_stand_at_head(c);
		c->hub->rejected[CONN_REJECTIONS - 1]++;
		log_line(LOG_PEER + LOG_LEVEL_INFO, "Refused: %s (TLS: %s)",
		         net_peer_text(&c->peer, text), why);
	}
	input_clear(c);
	tls_drop_in(c);
	/* Before 101 it followed no ring: it holds up no other now. */
	if (!c->upgraded)
		c->cursor = c->edge = c->hub->ring.head;
	c->reason = REASON_PROTOCOL;
	c->why = why;
	c->state = CONN_CLOSING;
	c->closed = c->hub->now;
	hub_touch(c);
}

/* Opens one whole record; its payload goes to *end, which moves. Returns 1, 0: the peer ends its
 * stream or has broken it, or -1: c is dead. */
static int tls_open_record(struct conn *c, uint8_t *record, size_t n, uint8_t **end)
{
	struct tls *t = c->tls;
	br_ssl_engine_context *e = &t->server.eng;
	const uint8_t *p;
	size_t len;

	if (!t->ready)
		tls_use_pair(&t->server);
	if (tls_engine_feed(e, record, n, tls_scratch))
		return 0;
	if (tls_take_out(c))
		return -1;
	if ((p = br_ssl_engine_recvapp_buf(e, &len))) {
		memmove(*end, p, len);
		*end += len;
		br_ssl_engine_recvapp_ack(e, len);
	}
	if (!t->ready && br_ssl_engine_sendapp_buf(e, &len)) {
		t->ready = 1;
		tls_counts.handshakes++;
	}
	return br_ssl_engine_current_state(e) != BR_SSL_CLOSED;
}

/* The stream ends behind n bytes of payload, in order unless `why` says what is wrong. Returns as
 * recv(). */
static ssize_t tls_stream_ends(struct conn *c, uint8_t *payload, size_t n, const char *why)
{
	/* What came whole before the end counts. It may be what kills c. */
	if (n > 0)
		input_take(c, payload, n);
	if (!why)
		return 0;
	if (c->state <= CONN_OPEN)
		tls_fail(c, why);
	errno = EAGAIN;
	return -1;
}

/* Opens the whole records among n bytes, puts their payload to the front, keeps the rest. Returns as
 * recv(), with EAGAIN when there is no payload. */
static ssize_t tls_open_records(struct conn *c, uint8_t *raw, size_t n)
{
	const br_ssl_engine_context *e = &c->tls->server.eng;
	uint8_t *end = raw;
	size_t at = 0;
	int len, more = 1;

	while ((len = tls_record_len(raw + at, n - at)) > 0 && (size_t)len <= n - at && more > 0) {
		more = tls_open_record(c, raw + at, (size_t)len, &end);
		at += (size_t)len;
	}
	if (more == 0)
		return tls_stream_ends(c, raw, (size_t)(end - raw),
		                       br_ssl_engine_last_error(e) ? tls_engine_error(e) : NULL);
	if (more > 0 && len < 0)
		return tls_stream_ends(c, raw, (size_t)(end - raw), "speaks no TLS");
	if (more > 0 && tls_keep_in(c, raw + at, n - at, at > 0) == 0 && end > raw)
		return end - raw;
	/* Only now: the log of those who were evicted for it may have set another. */
	errno = EAGAIN;
	return -1;
}

/* Whether c may take a step of its handshake in this turn. Who finds no place in one begins the
 * next: else those whom the loop comes to first would leave none to the others. */
static int tls_may_step(const struct conn *c)
{
	if (costly_turn != c->hub->turn) {
		costly_turn = c->hub->turn;
		costly = tls_costly;
		first = next;
		next = NULL;
	}
	if (first && first != c)
		return 0;
	if (tls_costly - costly >= TLS_COSTLY_A_TURN) {
		if (!next)
			next = c;
		return 0;
	}
	first = NULL;
	return 1;
}

ssize_t tls_recv(struct conn *c, size_t room)
{
	struct tls *t = c->tls;
	struct hub *h = c->hub;
	ssize_t n;

	if (!t || c->state > CONN_OPEN)
		return recv(c->watch.fd, h->input, room, 0);
	if (!t->ready && !tls_may_step(c)) {
		errno = EAGAIN;
		return -1;
	}
	if (t->in)
		memcpy(h->input, t->in, c->raw);
	n = recv(c->watch.fd, h->input + c->raw, room, 0);
	return n <= 0 ? n : tls_open_records(c, h->input, c->raw + (size_t)n);
}

/* Hands over what waits. Returns 0, or -1 as send(). */
static int tls_send_kept(struct conn *c)
{
	struct tls *t = c->tls;
	ssize_t sent = send(c->watch.fd, t->out + t->out_at, c->sealed, MSG_NOSIGNAL);

	if (sent < 0)
		return -1;
	c->wrote = c->hub->now;
	t->out_at += (uint32_t)sent;
	c->sealed -= (uint32_t)sent;
	errno = EAGAIN;
	if (c->sealed)
		return -1;
	t->out_at = 0;
	tls_drop_out(c);
	return 0;
}

/* Makes records of the spans, which are used up, in tls_scratch as far as that has room. Returns their
 * bytes, and adds to *taken what they hold. */
static size_t tls_seal(br_ssl_engine_context *e, struct iovec **spans, int *n, size_t *taken)
{
	size_t made = 0, len;
	uint8_t *p;

	while (*n > 0 && made <= sizeof tls_scratch - BR_SSL_BUFSIZE_OUTPUT) {
		if (tls_engine_lend(e, e->ibuf, tls_scratch + made))
			break;
		while (*n > 0 && (p = br_ssl_engine_sendapp_buf(e, &len))) {
			struct iovec *s = *spans;

			len = len < s->iov_len ? len : s->iov_len;
			memcpy(p, s->iov_base, len);
			br_ssl_engine_sendapp_ack(e, len);
			*taken += len;
			s->iov_base = (uint8_t *)s->iov_base + len;
			s->iov_len -= len;
			if (s->iov_len == 0) {
				(*spans)++;
				(*n)--;
			}
		}
		br_ssl_engine_flush(e, 0);
		p = br_ssl_engine_sendrec_buf(e, &len);
		if (!p)
			break;
		memmove(tls_scratch + made, p, len);
		made += len;
		br_ssl_engine_sendrec_ack(e, len);
	}
	return made;
}

ssize_t tls_send(struct conn *c, struct iovec *spans, int n)
{
	struct tls *t = c->tls;
	size_t made, taken = 0;
	ssize_t sent;

	if (!t)
		return net_send(c->watch.fd, spans, n);
	if (c->sealed && tls_send_kept(c))
		return -1;
	while (n > 0) {
		made = tls_seal(&t->server.eng, &spans, &n, &taken);
		errno = EPIPE;          /* its handshake is not done, or its stream is closed */
		sent = made ? send(c->watch.fd, tls_scratch, made, MSG_NOSIGNAL) : -1;
		if (sent < 0 && net_gone())
			return -1;
		sent = sent < 0 ? 0 : sent;
		if ((size_t)sent == made)
			continue;
		if (tls_keep_out(c, tls_scratch + sent, made - (size_t)sent)) {
			errno = ECONNRESET;
			return -1;
		}
		break;
	}
	return (ssize_t)taken;
}

int tls_end(struct conn *c)
{
	struct tls *t = c->tls;

	if (!t || t->ended || tls_engine_lend(&t->server.eng, t->server.eng.ibuf, tls_scratch))
		return 0;
	t->ended = 1;
	br_ssl_engine_close(&t->server.eng);
	/* Nor is anything more done with it when that killed it. */
	return tls_take_out(c) ? 1 : c->sealed > 0;
}
