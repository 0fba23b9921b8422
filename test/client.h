/* client.h: the other end of a client of the hub: it sends bytes and reads frames. */
#ifndef CLIENT_H
#define CLIENT_H

#include "hub.h"

enum { CLIENT_OPEN, CLIENT_END, CLIENT_RESET };

struct client {
	int fd;                 /* our end, -1: closed */
	int peer_fd;            /* the hub's */
	struct conn *conn;      /* the hub's; good while it lives */
	uint8_t *in;            /* all that came */
	size_t have, room, at;  /* in[at..have) is not looked at yet */
	size_t came;            /* bytes so far */
	uint32_t mask;
	int status;             /* of the HTTP answer, 0: none yet */
	int closed;             /* code of the close frame that came, 0: none */
	int end;                /* CLIENT_ */
	int wrong;              /* the stream is not what a server may send */
};

struct message {
	int op;
	const uint8_t *data;    /* good until the next client_read */
	size_t n;
};

/* The request that all send. */
extern const char client_request[];

/* A socketpair, one end given to conn_open. */
void client_open(struct client *c);

/* As client_open, with the handshake, whose answer must be 101. */
void client_join(struct client *c);

/* Sends bytes, turning the hub while the socket is full. Returns how many it took. */
size_t client_send(struct client *c, const void *data, size_t n);

/* Writes a masked frame; returns its length. */
size_t client_frame(struct client *c, uint8_t *out, int op, int fin, const void *data, size_t n);

/* Sends a whole masked frame. */
void client_message(struct client *c, int op, const void *data, size_t n);
void client_text(struct client *c, const char *text);
void client_close_frame(struct client *c, int code);

/* Reads all that is there. */
void client_read(struct client *c);

/* Turns the hub and reads for n clients until nothing comes any more. */
void client_drain(struct client *c, size_t n);

/* The next frame that came: 1, or 0: none. After a close frame there is none. */
int client_next(struct client *c, struct message *m);

/* Reads, then whether the next frame is this one. */
int client_got(struct client *c, int op, const void *data, size_t n);
int client_got_text(struct client *c, const char *text);

/* Reads, and skips what came. Returns the number of frames. */
unsigned client_skip(struct client *c);

/* Whether nothing is left and nothing was wrong. */
int client_quiet(struct client *c);

/* Closes our end; reset: so that the hub sees a reset. */
void client_leave(struct client *c, int reset);

/* Frees what came. */
void client_free(struct client *c);

#endif
