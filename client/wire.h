/* wire.h: what wsclient says to the network: URLs, names, bytes, the handshake, frames, and the
 * messages that wait. Nothing here knows of a session; client.h has the rest. */
#ifndef WIRE_H
#define WIRE_H

#include "wsrelay.h"

#include <sys/socket.h>

struct options;

enum {  /* Limits that are not options. */
	HEADERS_MAX = 16,               /* -H options */
	REQUEST_MAX = 8192,             /* bytes of our request head */
	RESPONSE_MAX = 8192,            /* bytes of the server's */
	RESPONSE_LINES_MAX = 64,
	ADDRESSES_MAX = 8,              /* of one name that are tried */
	CHUNK_MAX = 16384,              /* bytes of one message of --binary */
	BYTES_MAX = 16384,              /* read or written by one call */
	WINDOW_MAX = 65536,             /* bytes of messages behind an unanswered ping: a slow line
	                                 * must not carry so much that the pong comes too late */
	PONG_PATIENCE = 10,             /* pong timeouts for a pong while other bytes come */
	CLOSE_MS = 2000,                /* for the close handshake and the end of TCP */
	RECONNECT_MIN_MS = 100,
	WHY_MAX = 200                   /* bytes of a text that says why */
};

/* ---- url.c: ws:// and wss://, RFC 6455 section 3 and RFC 3986; pure -------------------------- */

enum { URL_MAX = 2048, URL_HOST_MAX = 254 };

struct url {
	char host[URL_HOST_MAX];        /* a name or an address, an IPv6 one without its brackets */
	char target[URL_MAX];           /* path and query: what the request asks for */
	uint16_t port;
	uint8_t secure;                 /* wss:// */
	uint8_t ip6;                    /* host is an IPv6 address */
	uint8_t port_given;             /* it is not the scheme's own */
};

/* Reads a whole URL; refuses user names, fragments, what is not ASCII, and hosts that end with a
 * number but are no IPv4 address. Returns 0, or -1 with what is wrong in *why, a constant. */
int url_parse(struct url *u, const char *text, const char **why);

/* ---- random.c: bytes that nobody can predict, from /dev/urandom ------------------------------ */

/* Returns 0, or -1: the system has none. */
int random_start(void);

/* Ends the process with a line in the log when the system has no more. */
void random_bytes(void *out, size_t n);

/* ---- queue.c: messages to send, kept until they are delivered -------------------------------- */

/* A ring of records, each a length and its bytes, at 64-bit positions that never wrap. */
struct queue {
	uint8_t *buf;
	size_t size;
	uint64_t base;                  /* the position at the start of buf */
	uint64_t tail;                  /* the oldest message that is not delivered */
	uint64_t next;                  /* the one to send next */
	uint64_t furthest;              /* next was here once: what is before it is sent again */
	uint64_t head;                  /* behind the newest */
	uint64_t careful;               /* up to here one at a time: one was refused */
	uint64_t count;                 /* messages from tail to head */
};

enum { QUEUE_HEAD = 4 };                /* bytes of a record beside the message */

/* Returns 0, or -1: memory is out. */
int queue_start(struct queue *q, size_t size);
void queue_stop(struct queue *q);

/* Whether a message of n bytes has room now. */
int queue_room(const struct queue *q, size_t n);

/* Adds a message that has room. */
void queue_add(struct queue *q, const void *data, size_t n);

/* Whether there is a message to send; its length in *len. */
int queue_next(const struct queue *q, size_t *len);

/* Copies n bytes of that message, from byte `at` on. */
void queue_copy(const struct queue *q, size_t at, void *out, size_t n);

/* That message was handed over. Returns whether it had been before. */
int queue_sent(struct queue *q);

/* All messages before a position that `next` had are delivered. Returns how many these are. */
uint64_t queue_delivered(struct queue *q, uint64_t position);

/* The connection is gone: what was sent and not delivered is sent again, or dropped.
 * Returns how many messages were dropped. */
uint64_t queue_again(struct queue *q, int resend);

/* Drops the oldest message. */
void queue_drop(struct queue *q);

/* ---- dial.c: the server's name to a connected socket ----------------------------------------- */

enum { DIAL_IDLE, DIAL_RESOLVING, DIAL_CONNECTING, DIAL_CONNECTED, DIAL_FAILED };

struct address {
	int family;
	socklen_t len;
	struct sockaddr_storage at;
};

/* What the process that looks up a name writes back. */
struct answer {
	int error, why;                 /* of getaddrinfo(), and errno if that is EAI_SYSTEM */
	uint32_t count;
	struct address list[ADDRESSES_MAX];
};

struct dial {
	struct watch watch;             /* of the pipe from that process, then of the socket */
	int state;
	int local;                      /* it failed for lack of something on this machine */
	long pid;                       /* of that process, 0: none */
	uint64_t until;                 /* the deadline of all */
	uint64_t turn_until;            /* of this address: the others get their share */
	size_t have;                    /* bytes of the answer */
	uint32_t at;                    /* the address that is tried */
	struct answer answer;
	char peer[80];                  /* "192.0.2.1:80": the address that is tried */
	char why[WHY_MAX];              /* DIAL_FAILED */
};

/* Begins. getaddrinfo() may block for a minute, so a process of its own calls it, which is ended at
 * the deadline; an address needs none. */
void dial_start(struct dial *d, const struct url *u, uint64_t until);

/* Looks at the deadlines. Returns the ms to the next, at most `most`. */
int dial_tick(struct dial *d, uint64_t now, int most);

/* DIAL_CONNECTED: the socket, which is the caller's from now on. */
int dial_take(struct dial *d);

/* Ends it, in whatever state. */
void dial_stop(struct dial *d);

/* ---- link_plain.c, or a file with TLS: the bytes to and from the peer ------------------------ */

struct link {
	int fd;
	void *tls;                      /* of a file with TLS */
	const char *why;                /* LINK_FAILED: what happened */
};

enum { LINK_WAIT = 0, LINK_END = -1, LINK_FAILED = -2 };

extern const char link_kind[];          /* as tls_kind: "none" */

/* Before the first connection: reads the certificates. Without TLS it refuses wss://, --cafile and
 * --insecure; with TLS the log is told loudly of --insecure. Returns NULL, or why nothing can be
 * tried: a text that stays. */
const char *link_start(const struct options *o);

/* Takes over a connected, non-blocking socket. Returns 0, or -1 with l->why; the socket is the
 * link's then too. A TLS handshake goes on inside link_recv and link_send, and either of them sends
 * what TLS still holds: link_events asks for LOOP_OUT as long as there is some. */
int link_open(struct link *l, int fd, const struct options *o);

/* Receives at most n bytes. Returns > 0: how many, LINK_WAIT: none now, LINK_END: the peer's end of
 * the stream, LINK_FAILED. May hold bytes that came already: who stops before LINK_WAIT calls it
 * again without a look at the socket. */
long link_recv(struct link *l, void *data, size_t n);

/* Sends at most n (> 0) bytes. Returns > 0: how many were handed over, LINK_WAIT or LINK_FAILED. */
long link_send(struct link *l, const void *data, size_t n);

/* What to watch the socket for, when the caller wants these of LOOP_IN and LOOP_OUT. */
int link_events(const struct link *l, int want);

/* No more is sent: the peer reads the end of the stream. */
void link_shutdown(struct link *l);

/* Closes the socket. */
void link_close(struct link *l);

/* ---- handshake.c: the opening handshake, RFC 6455 section 4.1 -------------------------------- */

enum { HANDSHAKE_KEY = 24 };

struct handshake {
	char key[HANDSHAKE_KEY];        /* what we sent, base64 */
	const char *subprotocols;       /* what we asked for; NULL: none */
	size_t scanned, line, lines;    /* bytes looked at, start of the line, finished lines */
	unsigned seen;                  /* handshake.c's */
	char subprotocol[64];           /* the one that the server chose, "": none */
	char why[WHY_MAX];
};

/* Checks a "Name: value" of -H: returns NULL, or what is wrong with it, a constant. */
const char *handshake_check_header(const char *text);

/* Whether text is a list of tokens with commas between. */
int handshake_check_tokens(const char *text);

/* Makes a key of these 16 bytes and writes the request. Returns its length, 0: it has no room. */
size_t handshake_request(struct handshake *h, char out[REQUEST_MAX], const struct options *o,
                         const uint8_t nonce[16]);

/* Goes on reading the answer; each call passes all n bytes so far, at the same or another place.
 * Returns the head's length, 0: more bytes please, or -1 with h->why. */
long handshake_response(struct handshake *h, const char *head, size_t n);

/* ---- receive.c: bytes of a server to messages ------------------------------------------------ */

struct receive {
	size_t max;                     /* bytes of a message */
	uint8_t *message;               /* grows as bytes come, to max at most */
	size_t room, len;
	uint64_t left;                  /* bytes of the frame that are still to come */
	uint32_t utf8;
	uint8_t message_op;             /* of the message that is not whole, 0: none */
	uint8_t op, fin, inside;        /* the frame whose payload comes */
	uint8_t done;                   /* the message was given out: the next byte clears it */
	uint8_t control[FRAME_CONTROL_MAX];
	uint8_t control_len;
	const char *why;                /* a constant: what the server did wrong */
	int got;                        /* OP_TEXT, OP_BINARY, OP_PING, OP_PONG, OP_CLOSE or 0 */
	const uint8_t *data;            /* of what it got, good until the next call */
	size_t data_len;
};

void receive_start(struct receive *r, size_t max);
void receive_stop(struct receive *r);

/* Takes bytes up to the end of the next message or control frame, which r->got tells. Returns how
 * many of the n bytes were taken, 0: the start of a header, which is to be passed again with more,
 * or minus the close code that ends the connection, with r->why. */
long receive_take(struct receive *r, const uint8_t *p, size_t n);

#endif
