/* core.h: the hub from inside: what its own files share, from the listeners up to the metrics.
 *
 * Only budget, hold, ring, net, output, input, conn, hub, metrics, wsrelay.c and of TLS tls_none,
 * tls_conn and tls_server include it. */
#ifndef CORE_H
#define CORE_H

#include "wsrelay.h"

#include <sys/types.h>
#include <sys/uio.h>

enum {  /* Limits that are not keys: a knob nobody turns is a knob to audit. */
	HUB_PENDING_MAX = 256,          /* clients before 101; a flood of them pushes out its oldest */
	HUB_SLICE_MAX = 256 * 1024,     /* unsent bytes at which a turn flushes: they stay in cache */
	HUB_TURN_MS = 10,               /* a turn's reading ends here: others wait, deadlines too */
	HUB_PINGS_A_TURN = 1024,        /* so that the pongs come back together */
	HUB_TICK_MS = 1000,             /* between two looks at the deadlines */
	HUB_TICK_SHORT_MS = 250,        /* the same, when a timeout is under two seconds */
	NET_ACCEPTS_A_TURN = 64,
	NET_BACKLOG = 1024,
	NET_REST_MS = 100,              /* of a listener when descriptors are out */
	CONN_SEND_MAX = 256 * 1024,     /* handed over in one call */
	CONN_CLOSE_MS = 5000,           /* from queueing our close frame to the end of TCP */
	CONN_MESSAGE_MS = 30000,        /* first to last byte of a message */
	INPUT_FRAGMENTS_MAX = 65536,    /* of one message */
	INPUT_TAIL_MAX = 6 + FRAME_CONTROL_MAX, /* a header or control frame still incomplete */
	OUTPUT_MAX = 256 * 1024,        /* private output of one client: this, a quarter of the budget
	                                 * if that is less, two messages if that is more */
	OUTPUT_PONGS_MAX = 4096,        /* queued bytes from which only the last ping is answered */
	HUB_OTHER_WATCHES = 16,         /* listeners, signals, metrics */
	METRICS_CLIENTS_MAX = 4, METRICS_MS = 5000, METRICS_REQUEST_MAX = 2048
};

/* ---- net.c: listeners ---------------------------------------------------------------------------- */

struct peer {
	uint8_t addr[16];
	uint16_t port;
	uint8_t family;         /* 4, 6, or 0: a unix socket */
};

enum { PEER_TEXT = 56 };

/* "192.0.2.1:80", "[2001:db8::1]:80" or "unix"; text may hold it. */
const char *net_peer_text(const struct peer *peer, char text[PEER_TEXT]);

typedef void net_accepted(void *arg, int fd, const struct peer *peer);  /* takes over fd */

/* Listens and watches on address ("": all of IPv4 and IPv6, "unix:PATH", or an IP address) and port,
 * and says so in the log with `what`. Returns 0, or a sysexits code after it has logged why. */
int net_listen(const char *what, const char *address, unsigned port, net_accepted *accepted,
               void *arg);

/* Wakes the listeners that rest because descriptors are out; each turn. Returns ms until the next
 * wake, at most `most`. */
int net_tick(uint64_t now, int most);

ssize_t net_send(int fd, struct iovec *spans, int n);   /* as sendmsg(), no SIGPIPE */
int net_gone(void);   /* whether the recv() or send() that just failed says: connection gone */
void net_close(const void *arg);        /* the listeners that were made with this arg */

/* ---- budget.c: blocks out of one fixed sum ----------------------------------------------------- */

enum { BUDGET_BLOCK_MIN = 512, BUDGET_CLASSES = 8 };    /* 512 B to 64 KiB are kept when freed */

struct budget {
	size_t limit;
	size_t used;            /* in blocks handed out */
	size_t kept;            /* in freed blocks at hand; used + kept <= limit */
	struct kept *free[BUDGET_CLASSES];
};

void budget_start(struct budget *b, size_t limit);
void budget_stop(struct budget *b);
/* The block for `need` bytes: doubled from BUDGET_BLOCK_MIN on, at most `most` if that is more. */
size_t budget_size(size_t need, size_t most);

int budget_fits(const struct budget *b, size_t size);
/* A block, to be given back with the same size; NULL when it does not fit or malloc fails. */
void *budget_take(struct budget *b, size_t size);
/* The block of `had` bytes, or NULL and 0, made larger; it stays as it is when NULL is returned. */
void *budget_grow(struct budget *b, void *block, size_t had, size_t size);
void budget_give(struct budget *b, void *block, size_t size);

/* ---- hold.c: who holds memory of the budget ------------------------------------------------------ */

/* A block for c, to be given back with its size, or its block of `had` bytes made larger. may_evict:
 * who holds memory longest loses it when none is free. Returns NULL when there is none: the block is
 * as it was, or gone because c itself was ended. */
void *hold_grow(struct conn *c, void *block, size_t had, size_t size, int may_evict);
void hold_give(struct conn *c, void *block, size_t size);
void hold_on(struct conn *c);           /* c has a block: it is the newest holder if it had none */
void hold_off(struct conn *c);          /* c->in or c->out is gone: perhaps it holds nothing now */

/* ---- ring.c: the broadcast frames --------------------------------------------------------------- */

/* Frames back to back, unmasked and final, at 64-bit positions that never wrap. There is no tail:
 * what is older than head - size is gone. Clients hold positions. */
struct ring {
	uint8_t *buf;
	size_t size;
	size_t at;              /* where in buf the head stands, < size */
	uint64_t head;          /* position behind the last frame */
	uint64_t seq;           /* number of frames so far */
};

/* Starts empty on the caller's size bytes at buf. */
void ring_start(struct ring *r, uint8_t *buf, size_t size);

/* Adds a frame with n bytes of payload; the caller has made room. Returns its length. */
size_t ring_append(struct ring *r, int op, const void *data, size_t n);
/* The bytes from pos on that lie together, not beyond end: their number, and in *p where. */
size_t ring_span(const struct ring *r, uint64_t pos, uint64_t end, const uint8_t **p);

void ring_copy(const struct ring *r, uint8_t *out, uint64_t pos, size_t n);

uint64_t ring_next(const struct ring *r, uint64_t pos); /* behind the frame that starts at pos */

/* Goes on at the start of buf, so that a calm relay touches little memory. Only when no client
 * stands behind the head. */
void ring_restart(struct ring *r);

/* ---- conn.c: one client ------------------------------------------------------------------------- */

/* In the order of its life. */
enum {
	CONN_FREE,
	CONN_HANDSHAKE, /* reads the request head */
	CONN_OPEN,      /* 101 is queued: frames in, frames out */
	CONN_CLOSING,   /* the last it will be sent is queued; input is thrown away */
	CONN_LINGER,    /* all handed over and SHUT_WR: thrown away until its end of stream */
	CONN_DEAD       /* waits for the sweep */
};

/* Why a client went. */
enum reason {
	REASON_PEER,            /* its close frame */
	REASON_LOST,            /* end of stream or reset without one */
	REASON_PROTOCOL, REASON_BAD_DATA, REASON_POLICY, REASON_TOO_BIG,
	REASON_TIMEOUT, REASON_SLOW, REASON_MEMORY, REASON_SHUTDOWN, REASON_APPLICATION,
	REASONS
};

struct reason_info {
	char label[14];         /* in the metrics */
	uint16_t code;          /* of our close frame */
};

enum { CONN_REJECTIONS = 11 };  /* HTTP statuses that refuse, the last for all others */

struct conn {
	struct watch watch;     /* first: the loop hands it back */
	uint64_t cursor;        /* next byte of the ring to hand over */
	uint64_t edge;          /* end of the frame that byte is inside; == cursor between frames */
	uint64_t seq;           /* number of the frame at edge */
	struct out *out;        /* private output, NULL when there is none */
	struct in *in;          /* incomplete input, NULL when there is none */
	struct tls *tls;        /* NULL: plain */
	struct hub *hub;
	uint16_t code;          /* close code or HTTP status that ends it */
	uint8_t state;
	uint8_t reason;
	uint8_t upgraded;       /* 101 was queued at some time */
	uint8_t want;           /* what the loop watches */
	uint8_t pinged;         /* a ping is unanswered */
	uint8_t waiting;        /* output waits: the write clock runs */
	uint8_t blocked;        /* the kernel takes no more until LOOP_OUT */
	uint8_t touched;        /* on hub->touched */
	uint8_t holding;        /* on the list of holders */
	uint8_t ended;          /* its end of stream came */
	uint8_t reset;          /* end with RST, so that the kernel keeps nothing either */
	uint64_t opened, closed;        /* accepted; our close was queued. Times are loop_now() */
	uint64_t heard;         /* life was last seen: what pong_timeout counts from */
	uint64_t wrote;         /* output began to wait, or some was last handed over */
	uint64_t dropped;       /* messages it never got (relay.slow_client: drop) */
	struct conn *older, *newer;     /* in the order in which they began to hold memory */
	struct conn *next_touched, *next_dead;
	const char *why;        /* it went, for the log: a constant */
	uint32_t live;          /* index in hub->live */
	uint32_t held;          /* bytes of the budget */
	uint32_t raw;           /* bytes of a TLS record that came in part */
	uint32_t sealed;        /* bytes of TLS records that the kernel did not take yet */
	uint32_t ping_first;    /* number of the oldest unanswered ping */
	struct peer peer;
};

/* Takes over a connected descriptor. */
void conn_open(struct hub *h, int fd, const struct peer *peer);

void conn_upgrade(struct conn *c);      /* 101 is queued: it follows the ring from now on */

/* Refuses the handshake with an HTTP status; method: the request's, 0 when it is not known. */
void conn_refuse(struct conn *c, int status, int method, const char *why);

/* Ends a client in order: a close frame with the reason's code behind all that is queued, or before
 * 101 a refusal. why: a constant, for the log. Does nothing when it is ending already. */
void conn_end(struct conn *c, enum reason reason, const char *why);

/* As conn_end, with the code that answers the peer's close frame (CLOSE_NO_STATUS: an empty one). */
void conn_end_code(struct conn *c, enum reason reason, int code, const char *why);

/* Ends a client now: what is queued is lost, TCP is reset when `reset`. The sweep does the rest. */
void conn_kill(struct conn *c, enum reason reason, const char *why, int reset);

/* Ends a client that is pending for longest, for newer ones. */
void conn_push_out(struct conn *c);

/* Takes its incomplete input and, when that was nothing, all, because memory is out. */
void conn_evict(struct conn *c);

/* Stops following: the rest of a begun frame goes before the private output, the messages between
 * are dropped, it stands at the head. */
void conn_cut(struct conn *c);

/* Hands over what waits: the only caller of tls_send(). */
void conn_flush(struct conn *c);

/* Looks at its deadlines; passed: ms since the last look. */
void conn_tick(struct conn *c, uint64_t passed);

void conn_ping(struct conn *c);
void conn_pong(struct conn *c, const uint8_t *data, size_t n);  /* this pong came */

/* It has nothing to get of what is in the ring. */
void conn_stand_at_head(struct conn *c);

/* The end: descriptor and memory. From the sweep only. */
void conn_free(struct conn *c);

/* Whether it is to be sent what stands in the ring. */
int conn_follows(const struct conn *c);

extern const struct reason_info conn_reasons[REASONS];
extern const uint16_t conn_rejection_status[CONN_REJECTIONS];

/* ---- input.c: bytes from a client --------------------------------------------------------------- */

/* A message, head or header that is not whole yet, in one block of the budget. */
struct in {
	uint32_t size;          /* of the block */
	uint32_t have;          /* bytes of data */
	uint64_t since;         /* when it began */
	struct http_req req;    /* CONN_HANDSHAKE: data is the head so far */
	uint64_t left;          /* CONN_OPEN: bytes of the current frame to come; data is the message */
	uint64_t at;            /* bytes of the current frame that came */
	uint8_t mask[4];
	uint8_t op;             /* of the message, 0 between messages */
	uint8_t fin;            /* the current frame is the message's last */
	uint8_t tail_len;
	uint32_t fragments;
	uint32_t utf8;
	uint8_t tail[INPUT_TAIL_MAX];   /* a header or control frame that is not whole yet */
	uint8_t data[];
};

/* Takes n bytes that a client sent; INPUT_TAIL_MAX bytes before p may be overwritten, and p's. */
void input_take(struct conn *c, uint8_t *p, size_t n);

/* How many bytes may be read from it now, so that all they can cause has room; 0: none. */
size_t input_room(const struct conn *c);

void input_clear(struct conn *c);       /* frees what is incomplete */

/* ---- output.c: private output ------------------------------------------------------------------- */

/* Queues a frame at the head of the ring, behind all broadcasts so far. Messages and pongs may push
 * out older holders of memory; pings and close take only what is free. Returns 0, or -1: no room. */
int output_frame(struct conn *c, int op, const void *data, size_t n);

/* Queues bytes as they are, an HTTP answer. Returns 0 or -1. */
int output_bytes(struct conn *c, const void *data, size_t n, int may_evict);

size_t output_len(const struct conn *c);        /* bytes of it that wait */

/* How many messages it would not get if it stopped here: those before its end. */
uint64_t output_missed(const struct conn *c);

/* The bytes to hand over next, ring and private pieces in order, at most `most` spans. Returns how
 * many spans, and in *total the bytes. */
int output_gather(const struct conn *c, struct iovec *spans, int most, size_t *total);

/* n bytes of those were handed over. */
void output_advance(struct conn *c, size_t n);

/* All that is queued now stands at the head, behind `rest` bytes of the ring from the cursor on.
 * Returns 0, or -1: no room. */
int output_cut(struct conn *c, size_t rest);

void output_clear(struct conn *c);      /* frees it */

/* ---- hub.c: all clients -------------------------------------------------------------------------- */

struct hub {
	const struct config *config;
	const struct app *app;
	uint64_t now;           /* loop_now() of this turn */
	uint32_t turn;          /* its number */
	uint64_t drain_until;   /* 0: not draining */
	struct ring ring;
	uint64_t low;           /* no client's cursor is below this position */
	uint64_t flushed;       /* the ring's head at the last flush */
	size_t unsent;          /* bytes queued since the last flush */
	struct conn **live;     /* dense: who leaves is replaced by the last */
	size_t live_count, pending;     /* pending: live and never upgraded */
	struct conn *touched, *dead;
	size_t input_max;       /* bytes of one read */
	size_t slice;
	size_t output_max;      /* private bytes of one client */
	uint8_t *input_block;   /* INPUT_TAIL_MAX bytes, then the input buffer */
	uint8_t *input;
	struct conn *slots;     /* a client does not move */
	struct conn *unused;    /* slots used before, by next_dead */
	struct conn *oldest, *newest;   /* holders of memory */
	size_t slots_max, slots_used;
	int tick_ms;
	uint64_t tick_at, ticked, started;
	uint64_t ping_at;       /* when the next round of pings starts */
	size_t ping_left;       /* clients that this round has not come to */
	uint32_t ping_number;   /* of this round */
	struct budget budget;
	struct stats stats;
	uint64_t closed[REASONS], rejected[CONN_REJECTIONS];
	uint64_t longest_turn;  /* microseconds, since somebody asked */
};

/* Allocates all that it will ever use. Returns 0, or -1: memory is out. */
int hub_start(struct hub *h, const struct config *config, const struct app *app);
void hub_stop(struct hub *h);

/* Watches that the loop has room for: clients, listeners, metrics, signals. */
size_t hub_watches(const struct config *config);

/* All the memory that will ever be used, in bytes; the lines of the sum to out when not NULL. */
uint64_t hub_memory(const struct config *config, FILE *out);

/* One turn: wait, read, flush, sweep, deadlines. */
void hub_turn(struct hub *h);

/* Closes everybody with 1001 and refuses who is pending; the turns go on until hub_drained. */
void hub_drain(struct hub *h);
int hub_drained(const struct hub *h);

/* A zeroed slot for a new client; pushes out the oldest pending one when there are too many. NULL:
 * none is free in this turn. */
struct conn *hub_slot(struct hub *h);

/* Output was queued for c, or its state changed: the next flush looks at it. */
void hub_touch(struct conn *c);

/* Brings the gauges of h->stats up to date. */
void hub_gauges(struct hub *h);

/* ---- metrics.c ----------------------------------------------------------------------------------- */

size_t metrics_memory(const struct config *config);     /* bytes that metrics_start takes */

/* Serves GET and HEAD of /metrics and /health when the config asks for it. Returns 0, or a sysexits
 * code after it has logged why. */
int metrics_start(struct hub *h);
void metrics_tick(uint64_t now);
void metrics_stop(void);

/* ---- tls_none.c, or tls_conn.c: a client's bytes on their way from and to the kernel ------------- */

extern const char tls_kind[];   /* "none" or "bearssl" */

/* Readies TLS for so many clients when the config asks for it: certificate and key are read and
 * checked. Returns 0, or a sysexits code after it has logged why. */
int tls_start(const struct config *config, size_t clients);
void tls_stop(void);
void tls_reload(void);  /* reads them again, and says in the log what came of it */
uint64_t tls_memory(const struct config *config, size_t clients);       /* bytes that tls_start takes */
size_t tls_metrics(char *page, size_t room);    /* writes its metrics; returns their length */

int tls_open(struct conn *c);   /* a new client. Returns 0, or -1: it cannot be served */
void tls_drop(struct conn *c);  /* it is dead: wipes its keys, frees what it holds */

/* The only recv(), into hub->input, at most `room` bytes, and the only sends of clients. As the system
 * calls; with TLS they take and give what is inside, tls_recv() fails with EAGAIN when that is nothing,
 * and tls_send(), which uses up the spans, also sends what is sealed when n is 0. */
ssize_t tls_recv(struct conn *c, size_t room);
ssize_t tls_send(struct conn *c, struct iovec *spans, int n);

/* All is handed over: has TLS a last word? Returns 1: c is to be flushed again, or 0. */
int tls_end(struct conn *c);

#endif
