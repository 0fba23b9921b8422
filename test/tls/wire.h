/* wire.h: a client of TLS whose records are made one by one: BearSSL's, over a plain socket of the
 * end-to-end tests. What it makes waits in `made` until it is sent, whole or in pieces. */
#ifndef WIRE_H
#define WIRE_H

#include "e2e.h"

#include <bearssl.h>

enum { WIRE_MADE = 1 << 18, WIRE_GOT = 1 << 18 };
enum { WIRE_ALERT = 21, WIRE_HANDSHAKE = 22, WIRE_DATA = 23 };  /* types of records */

struct wire {
	struct client c;        /* its socket; c.buf is what came, encrypted */
	br_ssl_client_context tls;
	br_x509_knownkey_context known;
	br_x509_decoder_context decoder;
	uint8_t in[BR_SSL_BUFSIZE_INPUT], out[BR_SSL_BUFSIZE_OUTPUT];
	uint8_t *made, *got;    /* records to send; payload that came */
	size_t n_made, n_got;
};

/* Connects; its hello is made, nothing is sent. Returns 0 or -1. */
int wire_connect(struct wire *w, const struct server *s);

/* The TLS handshake, its records sent in pieces of so many bytes (0: whole). Returns 0 or -1. */
int wire_shake(struct wire *w, size_t piece);

int wire_is_ready(struct wire *w);      /* whether it is done */

/* Both, and the upgrade. Returns 0 or -1. */
int wire_open(struct wire *w, const struct server *s);

/* Makes a record of a type; of no bytes: an empty one. At most 16 KiB. */
void wire_make(struct wire *w, int type, const void *data, size_t n);

/* Makes a frame in records of so many bytes (0: as few as can be). */
void wire_frame(struct wire *w, int first, const void *data, size_t n, size_t each);

/* Sends what was made, each piece in a send() of its own (0: all in one). Returns 0 or -1. */
int wire_send(struct wire *w, size_t piece);

/* Sends its first n bytes and forgets the rest. */
int wire_send_part(struct wire *w, size_t n);

/* Waits for n bytes of payload more than were taken. Returns 0, or -1: they do not come. */
int wire_want(struct wire *w, size_t n);

/* Lets the engine see what comes next; its answer is made. Returns 0 or -1. */
int wire_want_more(struct wire *w, long long until);
void wire_take(struct wire *w, size_t n);       /* forgets the first n */

/* Ends TLS: close_notify is made. */
void wire_close(struct wire *w);

/* Leaves, by RST when `reset`. */
void wire_leave(struct wire *w, int reset);

#endif
