/* engines.h: the server's engine of tls_bearssl.c and BearSSL's client, joined in memory.
 *
 * What the server is lent is unmapped after each call, and the page behind each record cannot be
 * touched: a pointer that the engine kept, or a byte too far, is a crash. */
#ifndef ENGINES_H
#define ENGINES_H

#include "test.h"
#include "tls.h"

enum { QUEUE_MAX = 400 * 1024 };

/* Bytes on their way. */
struct queue {
	uint8_t b[QUEUE_MAX];
	size_t n;
};

struct engines {
	br_ssl_server_context server;
	br_ssl_client_context client;
	br_x509_knownkey_context known;
	uint8_t client_in[BR_SSL_BUFSIZE_INPUT], client_out[BR_SSL_BUFSIZE_OUTPUT];
	struct queue to_server, to_client;      /* records */
	struct queue at_server, at_client;      /* payload that came */
	size_t split;           /* handshake messages in the clear go in records of so many bytes */
	int encrypted;          /* the client has changed its cipher */
	size_t longest;         /* record that the server made */
	unsigned records;       /* that the server was given */
};

/* Loads NAME.pem and NAME.key of the folder; its public key is what the client expects. */
void engines_use(const char *folder, const char *name);

/* Both new. suite 0: all; client_in: bytes of its input buffer, 0: the most. */
void engines_start(struct engines *e, uint16_t suite, size_t client_in);

/* The same two again, the client with the session of before. */
void engines_again(struct engines *e, int resume);

/* Lets both work until neither has anything to say. Returns 0, or -1: the server's failed. */
int engines_run(struct engines *e);

/* The handshake. Returns whether both are ready for data. */
int engines_handshake(struct engines *e);

/* Sends n bytes through. Returns whether they came as they are. */
int engines_up(struct engines *e, const uint8_t *data, size_t n);
int engines_down(struct engines *e, const uint8_t *data, size_t n);

/* The client sends the server an encrypted record of any type. Returns as engines_run(); what the
 * server says to it stays in to_client. */
int engines_say(struct engines *e, uint8_t type, const void *bytes, size_t n);

/* The server's side of one direction alone. */
int engines_feed(struct engines *e, const uint8_t *record, size_t n);
void engines_fill(struct engines *e);   /* the client's records to to_server */
void engines_seal(struct engines *e, const uint8_t *data, size_t n);

/* Whether memory can be lent now. */
int engines_lends(struct engines *e);

#endif
