/* wire.c: a client of TLS whose records are made one by one, see wire.h. */
#include "wire.h"
#include "tls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static struct tls_pair pair;

/* The certificate is the one that e2e_tls.c writes into the configs. */
static void load(void)
{
	char cert[512], key[512], why[TLS_WHY_MAX];
	const char *folder = getenv("E2E_TLS");

	if (pair.chain_len)
		return;
	snprintf(cert, sizeof cert, "%s/p256.pem", folder);
	snprintf(key, sizeof key, "%s/p256.key", folder);
	if (tls_pair_load(&pair, cert, key, why) || tls_random_start())
		e2e_die(why);
}

/* Moves what the engine has to send to `made`. */
static void gather(struct wire *w)
{
	const uint8_t *p;
	size_t n;

	while ((p = br_ssl_engine_sendrec_buf(&w->tls.eng, &n))) {
		if (n > WIRE_MADE - w->n_made)
			e2e_die("too many records");
		memcpy(w->made + w->n_made, p, n);
		w->n_made += n;
		br_ssl_engine_sendrec_ack(&w->tls.eng, n);
	}
}

/* Gives the engine what came. Returns whether there was anything. */
static int take_in(struct wire *w)
{
	struct client *c = &w->c;
	uint8_t *p;
	size_t n;
	int moved = 0;

	for (;;) {
		gather(w);
		if ((p = br_ssl_engine_recvapp_buf(&w->tls.eng, &n))) {
			if (n > WIRE_GOT - w->n_got)
				e2e_die("too much payload");
			memcpy(w->got + w->n_got, p, n);
			w->n_got += n;
			br_ssl_engine_recvapp_ack(&w->tls.eng, n);
		} else if (c->have > c->at && (p = br_ssl_engine_recvrec_buf(&w->tls.eng, &n))) {
			n = n < c->have - c->at ? n : c->have - c->at;
			memcpy(p, c->buf + c->at, n);
			c->at += n;
			br_ssl_engine_recvrec_ack(&w->tls.eng, n);
		} else {
			return moved;
		}
		moved = 1;
	}
}

int wire_connect(struct wire *w, const struct server *s)
{
	br_x509_minimal_context unused;
	const br_x509_pkey *key;
	uint8_t seed[32];

	load();
	memset(w, 0, sizeof *w);
	w->made = malloc(WIRE_MADE);
	w->got = malloc(WIRE_GOT);
	/* Few bytes wait in the kernel for one that does not read. */
	client_take(&w->c, socket_open_small(s, 65536));
	e2e_open(w->c.fd, 0);
	if (w->c.fd < 0 || !w->made || !w->got)
		return -1;
	br_ssl_client_init_full(&w->tls, &unused, NULL, 0);
	br_x509_decoder_init(&w->decoder, NULL, NULL);
	br_x509_decoder_push(&w->decoder, pair.chain[0].data, pair.chain[0].data_len);
	key = br_x509_decoder_get_pkey(&w->decoder);
	br_x509_knownkey_init_ec(&w->known, &key->key.ec, BR_KEYTYPE_SIGN | BR_KEYTYPE_KEYX);
	br_ssl_engine_set_x509(&w->tls.eng, &w->known.vtable);
	br_ssl_engine_set_buffers_bidi(&w->tls.eng, w->in, sizeof w->in, w->out, sizeof w->out);
	tls_random(seed, sizeof seed);
	br_ssl_engine_inject_entropy(&w->tls.eng, seed, sizeof seed);
	if (!br_ssl_client_reset(&w->tls, "localhost", 0))
		return -1;
	gather(w);
	return 0;
}

int wire_is_ready(struct wire *w)
{
	size_t n;

	return br_ssl_engine_sendapp_buf(&w->tls.eng, &n) != NULL;
}

int wire_shake(struct wire *w, size_t piece)
{
	long long until = now_ms() + E2E_MS;

	while (!wire_is_ready(w)) {
		if (wire_send(w, piece) || br_ssl_engine_current_state(&w->tls.eng) == BR_SSL_CLOSED)
			return -1;
		if (!take_in(w) && (w->c.ended || !client_more(&w->c, until)))
			return -1;
	}
	return wire_send(w, piece);
}

int wire_open(struct wire *w, const struct server *s)
{
	if (wire_connect(w, s) || wire_shake(w, 0))
		return -1;
	wire_make(w, WIRE_DATA, upgrade_request, strlen(upgrade_request));
	if (wire_send(w, 0) || wire_want(w, 13) || memcmp(w->got, "HTTP/1.1 101 ", 13))
		return -1;
	while (w->n_got < 4 || memcmp(w->got + w->n_got - 4, "\r\n\r\n", 4))
		if (wire_want(w, w->n_got + 1))
			return -1;
	w->n_got = 0;
	return 0;
}

void wire_make(struct wire *w, int type, const void *data, size_t n)
{
	br_ssl_engine_context *e = &w->tls.eng;
	uint8_t *p;
	size_t len;

	gather(w);
	p = br_ssl_engine_sendapp_buf(e, &len);
	if (!p || len < n)
		return;
	e->record_type_out = (unsigned char)type;
	if (n)
		memcpy(p, data, n);
	br_ssl_engine_sendapp_ack(e, n);
	br_ssl_engine_flush(e, n == 0);
	gather(w);
	e->record_type_out = WIRE_DATA;
}

void wire_frame(struct wire *w, int first, const void *data, size_t n, size_t each)
{
	uint8_t *frame = malloc(n + 14);
	size_t len, at, step;

	if (!frame)
		e2e_die("malloc");
	len = frame_make(frame, first, data, n);
	for (at = 0; at < len; at += step) {
		step = each && each < 16384 ? each : 16384;
		step = len - at < step ? len - at : step;
		wire_make(w, WIRE_DATA, frame + at, step);
	}
	free(frame);
}

int wire_send(struct wire *w, size_t piece)
{
	size_t at, n;

	for (at = 0; at < w->n_made; at += n) {
		n = piece && piece < w->n_made - at ? piece : w->n_made - at;
		if (client_send(&w->c, w->made + at, n))
			return -1;
	}
	w->n_made = 0;
	return 0;
}

int wire_send_part(struct wire *w, size_t n)
{
	w->n_made = n < w->n_made ? n : w->n_made;
	return wire_send(w, 0);
}

int wire_want_more(struct wire *w, long long until)
{
	return take_in(w) || (!w->c.ended && client_more(&w->c, until)) ? 0 : -1;
}

int wire_want(struct wire *w, size_t n)
{
	long long until = now_ms() + E2E_MS;

	while (w->n_got < n)
		if (!take_in(w) && (w->c.ended || !client_more(&w->c, until)))
			return -1;
	return 0;
}

void wire_take(struct wire *w, size_t n)
{
	w->n_got -= n;
	memmove(w->got, w->got + n, w->n_got);
}

void wire_close(struct wire *w)
{
	br_ssl_engine_close(&w->tls.eng);
	gather(w);
}

void wire_leave(struct wire *w, int reset)
{
	if (reset)
		client_reset(&w->c);
	else
		client_leave(&w->c);
	free(w->made);
	free(w->got);
	w->made = w->got = NULL;
}
