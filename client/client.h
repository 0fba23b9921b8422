/* client.h: what the files of wsclient may know of each other, a section a file, in reading order.
 *
 * Times are milliseconds of loop_now() unless a name says otherwise. One connection at a time: each
 * part is a struct inside struct client, and nothing is allocated per message. */
#ifndef CLIENT_H
#define CLIENT_H

#include "wsrelay.h"

#include <sys/socket.h>

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
	PONG_PATIENCE = 10,             /* pong timeouts that a ping may take while other bytes come */
	CLOSE_MS = 2000,                /* for the close handshake and the end of TCP */
	RECONNECT_MIN_MS = 100,
	WHY_MAX = 200                   /* bytes of a text that says why */
};

/* ---- url.c: ws:// and wss://, RFC 6455 section 3 and RFC 3986; pure ------------------------------ */

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

/* ---- options.c: ONE table of options ------------------------------------------------------------- */

struct options {
	struct url url;
	const char *url_text;
	const char *headers[HEADERS_MAX + 1];   /* "Name: value", checked; NULL ends them */
	const char *subprotocol;        /* a list of tokens, checked; NULL: none */
	const char *origin;             /* visible ASCII; NULL: none */
	const char *cafile;             /* NULL: the system's certificates */
	const char *metrics;            /* [ADDRESS:]PORT; NULL: none */
	uint32_t ping_interval, pong_timeout, reconnect_delay;
	uint32_t backoff;               /* the longest delay; 0: the delay does not grow */
	uint32_t status_interval;       /* 0: no status lines */
	uint32_t timeout;               /* from the name's look-up to the handshake; --once: to the pong */
	uint32_t quit_delay;
	uint32_t max_message;           /* bytes, either way */
	uint32_t buffer;                /* bytes of messages kept until they are delivered */
	uint32_t binary, once, json, keep, no_resend, insecure, quiet, version, help;
};

/* Reads the command line. Returns 0, or -1 after it has said what is wrong on stderr. */
int options_read(struct options *o, int argc, char **argv);

void options_usage(void);

/* ---- random.c: bytes that nobody can predict, from /dev/urandom ---------------------------------- */

/* Returns 0, or -1: the system has none. */
int random_start(void);

/* Ends the process with a line in the log when the system has no more. */
void random_bytes(void *out, size_t n);

/* ---- queue.c: messages to send, kept until they are delivered ------------------------------------ */

/* A ring of records, each a length and its bytes, at 64-bit positions that never wrap. */
struct queue {
	uint8_t *buf;
	size_t size;
	uint64_t base;                  /* the position at the start of buf */
	uint64_t tail;                  /* the oldest message that is not delivered */
	uint64_t next;                  /* the one to send next */
	uint64_t furthest;              /* next was here once: what is before it is sent again */
	uint64_t head;                  /* behind the newest */
	uint64_t careful;               /* up to here one message at a time: one of them was refused */
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

/* ---- what all may count, and report.c and scrape.c show ------------------------------------------- */

struct counts {
	uint64_t failures;              /* connections that failed or were lost */
	uint64_t pings, lost;           /* of --ping-interval; those never answered */
	uint64_t rtt_last, rtt_min, rtt_max, rtt_sum;   /* microseconds */
	uint64_t rtts;                  /* how many are in the sum */
	uint64_t sent, resent, delivered, dropped;      /* messages; dropped: never delivered */
	uint64_t received;
	uint64_t connects;              /* handshakes that were done */
	/* Set by report_count only. */
	uint64_t connected, connected_s, up_s, reconnects, rtt_avg, waiting;
};

/* ---- print.c: messages to standard output --------------------------------------------------------- */

enum { PRINT_RAW, PRINT_LINES, PRINT_TERMINAL, PRINT_JSON };

struct print {
	struct watch watch;             /* of standard output */
	const uint8_t *data;            /* the message that is not wholly in buf; NULL: none */
	size_t len, at;
	int op, style, stage;
	int watched, waits;             /* waits: it takes no more until LOOP_OUT */
	int failed;                     /* errno of a write that failed; EPIPE: its reader is gone */
	size_t room;                    /* bytes of buf in use: one write never blocks */
	size_t start, end;              /* buf[start..end) is to be written */
	char buf[4096];
};

void print_start(struct print *p, const struct options *o);

/* Takes a message, whose data must stay until print_busy says 0. */
void print_message(struct print *p, int op, const void *data, size_t n);

/* Whether the message is not taken over wholly: wait for the reader. */
int print_busy(const struct print *p);

/* Whether all was written. */
int print_done(const struct print *p);

/* Writes what it can without a wait; each turn. */
void print_flush(struct print *p);

/* ---- lines.c: standard input to messages ----------------------------------------------------------- */

struct lines {
	struct watch watch;             /* of standard input */
	struct queue *queue;
	struct counts *counts;
	uint8_t *buf;                   /* NULL: standard input is not read */
	size_t size;
	size_t start, end;              /* buf[start..end) waits */
	size_t scanned;                 /* of them, bytes without a line's end */
	int binary, watched;
	int skipping;                   /* inside a line that is too long */
	int ended;                      /* its end came */
	uint64_t number;                /* of the next line, from 1 on */
};

/* Reads standard input when it is a pipe, a socket, a file or a terminal. Returns 0, or -1: memory is
 * out. */
int lines_start(struct lines *l, const struct options *o, struct queue *q, struct counts *counts);
void lines_stop(struct lines *l);

/* Moves lines that wait into the queue, as far as there is room, and reads on; each turn. */
void lines_turn(struct lines *l);

/* Whether all of it, to its end, is in the queue. */
int lines_done(const struct lines *l);

/* ---- dial.c: the server's name to a connected socket ------------------------------------------------ */

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

/* ---- link_plain.c, or a file with TLS: the bytes to and from the peer -------------------------------- */

struct link {
	int fd;
	void *tls;                      /* of a file with TLS */
	const char *why;                /* LINK_FAILED: what happened */
};

enum { LINK_WAIT = 0, LINK_END = -1, LINK_FAILED = -2 };

extern const char link_kind[];          /* as tls_kind: "none" */

/* Before the first connection: reads the certificates. Without TLS it refuses wss://, --cafile and
 * --insecure; with TLS the log is told loudly of --insecure. Returns NULL, or why nothing can be tried: a text that stays. */
const char *link_start(const struct options *o);

/* Takes over a connected, non-blocking socket. Returns 0, or -1 with l->why; the socket is the
 * link's then too. A TLS handshake goes on inside link_recv and link_send. */
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

/* ---- handshake.c: the opening handshake, RFC 6455 section 4.1 ----------------------------------------- */

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

/* ---- receive.c: bytes of a server to messages ----------------------------------------------------------- */

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
	int got;                        /* OP_TEXT, OP_BINARY, OP_PING, OP_PONG, OP_CLOSE; 0: nothing */
	const uint8_t *data;            /* of what it got, good until the next call */
	size_t data_len;
};

void receive_start(struct receive *r, size_t max);
void receive_stop(struct receive *r);

/* Takes bytes up to the end of the next message or control frame, which r->got tells. Returns how
 * many of the n bytes were taken, 0: the start of a header, which is to be passed again with more,
 * or minus the close code that ends the connection, with r->why. */
long receive_take(struct receive *r, const uint8_t *p, size_t n);

/* ---- transmit.c: messages and control frames to bytes ----------------------------------------------------- */

struct transmit {
	size_t start, end;              /* out[start..end) is to be sent */
	size_t len, at;                 /* of the message inside: bytes of it that are in out */
	uint8_t mask[4];
	uint8_t inside;                 /* a message is not wholly in out */
	uint8_t pong, pong_len;         /* a pong is due */
	uint8_t ping;                   /* a ping is due */
	uint8_t closed;                 /* our close frame is in out: nothing comes behind it */
	uint16_t close;                 /* a close frame is due */
	size_t ping_end;                /* where the ping in out ends; 0: none there */
	uint64_t ping_mark;             /* position in the queue that the last ping stands behind */
	uint8_t pong_data[FRAME_CONTROL_MAX];
	uint8_t ping_data[8];
	uint8_t out[BYTES_MAX];
};

enum { TRANSMIT_FRAME_MAX = FRAME_HEAD_MAX + FRAME_CONTROL_MAX };

/* Puts what is due into out: control frames first, between messages; then messages, as long as
 * `window` more bytes of them may go. Counts messages as sent. */
void transmit_fill(struct transmit *t, struct queue *q, struct counts *counts, int op, size_t window);

/* ---- session.c: one connection, from the request to its end ------------------------------------------------- */

enum { SESSION_NONE, SESSION_HANDSHAKE, SESSION_OPEN, SESSION_CLOSING, SESSION_ENDED };

struct session {
	struct watch watch;             /* first: the loop hands it back */
	struct client *client;
	struct link link;
	int state, watched;             /* watched: for what, 0: not at all */
	int again;                      /* there may be more to read already */
	int mute;                       /* it takes nothing any more; what came may still be read */
	int broken;                     /* it broke the protocol: what comes is thrown away */
	int peer_code;                  /* of its close frame, 0: none came */
	int proved;                     /* it answered a ping */
	int ping_flying, ping_timed;    /* unanswered; one of --ping-interval */
	int refused;                    /* close code with which it refused a message, 0: none */
	uint64_t until;                 /* deadline of the handshake, or of the close */
	uint64_t opened;
	uint64_t active;                /* a message came, or one was delivered */
	uint64_t heard;                 /* bytes came, or we did not read */
	uint64_t wrote;                 /* output moved, or none waited */
	uint64_t ping_due;              /* when the next of --ping-interval is */
	uint64_t ping_sent, ping_micros;        /* when the last one was handed over, 0: it was not */
	uint64_t ping_waited;           /* how long it is unanswered, our pauses left out */
	uint64_t turned;                /* the last turn */
	uint64_t ping_number;
	size_t start, end;              /* in[start..end) was received and not looked at */
	struct handshake handshake;
	struct receive receive;
	struct transmit transmit;
	char why[WHY_MAX];              /* SESSION_ENDED */
	uint8_t in[BYTES_MAX];
};

/* Takes over a connected socket. */
void session_start(struct session *s, struct client *c, int fd, uint64_t until);

/* Goes on, whatever can: each turn. Returns the ms to the next deadline, at most `most`. */
int session_turn(struct session *s, uint64_t now, int most);

/* Closes in order, with this code; at once when the handshake is not done. */
void session_close(struct session *s, int code);

/* Frees all, in whatever state; what it learnt of the messages goes to the queue. */
void session_stop(struct session *s);

/* ---- report.c: status lines, the figures behind them, and the line of --once ------------------------- */

enum { FIGURE_COUNTER, FIGURE_GAUGE, FIGURE_SECONDS, FIGURE_MICROS };

struct figure {                         /* texts inside: no pointer has to be relocated */
	char name[12], help[30];        /* "": the end of the table */
	uint8_t kind;
	uint8_t at;                     /* in struct counts, in uint64_t */
};

extern const struct figure report_figures[];

/* Brings the figures up to date. */
void report_count(struct client *c);

/* The value of a figure. */
uint64_t report_value(const struct client *c, const struct figure *f);

/* The status, to the log. */
void report_status(struct client *c);

/* The line of --once on standard output; code: the exit status. */
void report_once(const struct client *c, int code, const char *why);

/* ---- scrape.c: GET /metrics, Prometheus text 0.0.4 ------------------------------------------------------------ */

/* Listens on [ADDRESS:]PORT. Returns 0, or -1 after it has logged why. */
int scrape_start(struct client *c, const char *where);
void scrape_tick(uint64_t now);
void scrape_stop(void);

/* ---- wsclient.c: all of it -------------------------------------------------------------------------------------- */

enum { EXIT_OK = 0, EXIT_FAILED = 2, EXIT_COULD_NOT_TRY = 3 };  /* and EX_USAGE, EX_IOERR */

struct client {
	const struct options *options;
	struct counts counts;
	struct dial dial;
	struct session session;
	struct queue queue;
	struct lines lines;
	struct print print;
	uint64_t started;
	uint64_t retry_at;              /* when the next connection is tried, if there is none */
	uint64_t status_at;             /* when the next status line is due */
	uint64_t input_ended;           /* when standard input ended, 0: it did not */
	uint64_t stop_until;            /* the deadline of the end */
	unsigned failures;              /* connections without a pong, one after the other */
	int stopping, code;             /* code: exit status */
};

#endif
