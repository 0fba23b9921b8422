/* client.h: what the files of wsclient may know of each other, a section a file, in reading order.
 *
 * Times are milliseconds of loop_now() unless a name says otherwise. One connection at a time: each
 * part is a struct inside struct client, and nothing is allocated per message. */
#ifndef CLIENT_H
#define CLIENT_H

#include "client/wire.h"

/* ---- options.c: ONE table of options --------------------------------------------------------- */

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
	uint32_t timeout;               /* to connect, or for all of --once */
	uint32_t quit_delay;
	uint32_t max_message;           /* bytes, either way */
	uint32_t buffer;                /* bytes of messages kept until they are delivered */
	uint32_t binary, once, json, keep, no_resend, insecure, quiet, version, help;
};

/* Reads the command line. Returns 0, or -1 after it has said what is wrong on stderr. */
int options_read(struct options *o, int argc, char **argv);

void options_usage(void);

/* ---- what all may count, and report.c and scrape.c show -------------------------------------- */

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

/* ---- print.c: messages to standard output ---------------------------------------------------- */

enum { PRINT_RAW, PRINT_LINES, PRINT_TERMINAL, PRINT_JSON };

struct print {
	struct watch watch;             /* of standard output */
	const uint8_t *data;            /* the message that is not wholly in buf; NULL: none */
	size_t len, at;
	int op, style, stage;
	int watched, waits;             /* waits: it takes no more until LOOP_OUT */
	int failed;                     /* errno; EPIPE: its reader is gone */
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

/* ---- lines.c: standard input to messages ----------------------------------------------------- */

struct lines {
	struct watch watch;             /* of standard input */
	struct queue *queue;
	struct counts *counts;
	uint8_t *buf;                   /* NULL: standard input is not read */
	size_t size;
	size_t start, end;              /* buf[start..end) waits */
	size_t scanned;                 /* of them, bytes without a line's end */
	int binary, watched;
	int full;                       /* the next message has no room in the queue */
	int skipping;                   /* inside a line that is too long */
	int ended;                      /* its end came */
	uint64_t number;                /* of the next line, from 1 on */
};

/* Reads standard input when it is a pipe, a socket, a file or a terminal. Returns 0, or -1: memory
 * is out. */
int lines_start(struct lines *l, const struct options *o, struct queue *q, struct counts *counts);
void lines_stop(struct lines *l);

/* Moves lines that wait into the queue, as far as there is room, and reads on; each turn. */
void lines_turn(struct lines *l);

/* Whether all of it, to its end, is in the queue. */
int lines_done(const struct lines *l);

/* ---- transmit.c: messages and control frames to bytes ---------------------------------------- */

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

/* Puts what is due into out: control frames first, between messages; then messages, as long as
 * `window` more bytes of them may go. Counts messages as sent. */
void transmit_fill(struct transmit *t, struct queue *q, struct counts *counts, int op,
                   size_t window);

/* ---- session.c: one connection, from the request to its end ---------------------------------- */

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
	uint64_t ping_sent, ping_micros;        /* when the last was handed over, 0: not yet */
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

/* ---- ping.c: pings of a session -------------------------------------------------------------- */

/* Makes a ping due; timed: one of --ping-interval, which measures the round trip. */
void ping_start(struct session *s, int timed);

/* A pong came. Only one to the last ping says anything: what was sent before that is delivered. */
void ping_pong(struct session *s, const uint8_t *data, size_t n);

/* Whether the pong, or the server's taking of bytes, is late: NULL, or what is, a constant. */
const char *ping_late(struct session *s, uint64_t now);

/* ---- report.c: status lines, the figures behind them, and the line of --once ----------------- */

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

/* ---- scrape.c: GET /metrics, Prometheus text 0.0.4 ------------------------------------------- */

/* Listens on [ADDRESS:]PORT. Returns 0, or an exit status after it has logged why. */
int scrape_start(struct client *c, const char *where);
void scrape_tick(uint64_t now);
void scrape_stop(void);

/* ---- wsclient.c: all of it ------------------------------------------------------------------- */

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
