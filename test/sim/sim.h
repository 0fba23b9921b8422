/* sim.h: the simulated world: what the simulator's files know of one another. */
#ifndef SIM_H
#define SIM_H

#include "core.h"
#include "calls.h"

#define SIM_NEVER UINT64_MAX
#define SIM_MS ((uint64_t)1000)
#define SIM_SECOND ((uint64_t)1000000)

enum { SIM_FDS = 1024, SIM_CLIENTS = 400, SIM_FIRST_FD = 3, SIM_BYSTANDERS = 2 };

/* ---- rnd.c: one seed, one world ---------------------------------------- */

void rnd_start(uint64_t seed);
uint64_t rnd_next(void);
size_t rnd_below(size_t n);                     /* 0 to n - 1 */
size_t rnd_between(size_t least, size_t most);  /* both of them too */
int rnd_chance(unsigned per_mille);

/* ---- heap.c: every block of the product is known ---------------------------------------- */

extern size_t heap_live, heap_blocks;           /* bytes and blocks allocated now */
extern unsigned long heap_calls;                /* allocations asked for so far */

void heap_start(void);
void heap_fail(unsigned per_mille);             /* from now on */
void heap_fail_at(unsigned long call);          /* the one with this number; 0: none */

/* ---- clients ---------------------------------------- */

enum { HEAD_GOOD, HEAD_GLUED, HEAD_BAD, HEAD_SILENT, HEAD_CUT, HEAD_HTTP };
enum { READ_PROMPT, READ_CHUNKS, READ_SIPS, READ_NEVER };
enum { PONG_SOON, PONG_LATE, PONG_NEVER };
enum { SPLIT_NONE, SPLIT_PIECES, SPLIT_BYTES };
enum { END_HOLD, END_CLOSE, END_FIN, END_RST, END_HALF, END_ILLEGAL, END_CUT, ENDS };
enum { LIFE_UNBORN, LIFE_BACKLOG, LIFE_ACCEPTED, LIFE_OVER };

/* What a client sent and what it must cause. */
enum { SENT_MESSAGE, SENT_PING };

struct sent {
	uint8_t kind, op;
	uint32_t len;
	size_t at;              /* its payload in the world's store */
	uint64_t end;           /* bytes of the stream up to its end */
	uint64_t log;           /* its number among all messages, once delivered */
};

/* The server's output to one client, parsed as it is handed over. */
struct stream {
	enum { IN_HEAD, IN_BODY, IN_FRAME_HEAD, IN_PAYLOAD, IN_NOTHING } at;
	uint8_t head[1024];
	size_t have;            /* bytes of head */
	uint64_t left;          /* of a body or a payload */
	uint64_t len;
	size_t want_at;         /* the payload must be this: an offset in the store */
	uint32_t want_len;
	uint8_t want_op;
	uint8_t op;
	uint8_t control[128];
	int status;             /* of the answer; 0: none yet */
	int closes;
};

/* A server's ping or close that the client comes to when it reads this far. */
struct event {
	uint64_t at;
	uint8_t op, len, data[125];
};

enum { EVENTS = 16 };

struct client {
	int id, fd;
	uint8_t life, bystander, scraper;
	uint8_t head, reads, pongs, split, end;
	uint8_t unasked;                /* sends pongs that nobody asked for */
	uint8_t hangs;                  /* does not end its stream when the server does */
	/* To the server. Absolute offsets: bytes are never moved. */
	uint8_t *up;
	size_t room, taken, ready, made;        /* taken <= ready <= made <= room */
	size_t bulk;                    /* bytes that go into the socket at once */
	uint8_t fin, rst, gone, fin_due, rst_due;
	/* From the server. */
	uint64_t given, seen;
	size_t window;
	uint8_t shut, closed, reset, aborted;
	uint64_t act_at, read_at;
	uint32_t gap, lag;              /* microseconds between two acts; until it reads */
	size_t chunk;                   /* bytes of one read */
	int met;                        /* it is connected */
	unsigned steps;
	int cut;                        /* it ends inside a frame: nothing may follow */
	int ended;                      /* its script is done */
	size_t head_end;
	uint64_t poison, poison_end;    /* the stream's first illegal byte, and where it shows */
	int code, code_too;             /* close codes that answer it, or HTTP status */
	uint64_t close_at;              /* its own close frame ends here */
	int close_code;
	struct sent *sent;
	size_t sents, sent_room;
	size_t next_message, next_echo, next_pong;
	struct stream in;
	struct event events[EVENTS];
	unsigned event_first, event_count;
	unsigned bare_pings;            /* without a payload to know them by */
	/* Beside the ring. */
	const struct conn *conn;        /* between app->open and app->close */
	uint8_t opened, left;           /* app->open, app->close came */
	uint8_t turned_away;            /* by the reserve descriptor */
	uint64_t start;                 /* ring.seq at open */
	uint64_t whole;                 /* data frames handed over whole */
	uint8_t begun;                  /* one more has begun */
	uint64_t dropped;               /* the last seen value */
	uint64_t floor, ceiling;        /* its close stands between these messages */
	uint64_t dropped_then;          /* when it began to close */
	int closing;
};

void client_make(struct client *c, int id);     /* a random one */
void client_bystander(struct client *c, int id);
void client_free(struct client *c);
extern uint64_t client_soonest;                 /* nobody acts or reads before this */
void client_acts(struct client *c, uint64_t at);
void client_reads(struct client *c, uint64_t at);
void client_run(void);                          /* all do what is due now */
void client_leave(struct client *c);            /* the world ends: goes soon, one way or another */
void client_answered(struct client *c, int op, const uint8_t *data, size_t n);
size_t client_space(const struct client *c);    /* what its socket takes from the server now */
int client_alive(const struct client *c);       /* it could be told something */

/* ---- compose.c, illegal.c: bytes that clients send ---------------------------------------- */

void compose_bytes(struct client *c, const void *data, size_t n);
void compose_frame(struct client *c, int first, const void *data, size_t n);    /* masked */
void compose_head(struct client *c);
void compose_message(struct client *c);
void compose_ping(struct client *c);
void compose_close(struct client *c);
void compose_scrape(struct client *c);
size_t compose_text(uint8_t *to, size_t n);     /* n bytes of UTF-8 */
size_t compose_size(void);                      /* of a message: the edges more often */
void illegal_frame(struct client *c);
void illegal_head(struct client *c);

/* ---- stream.c: what the server hands over ---------------------------------------- */

void stream_start(struct client *c);
void stream_take(struct client *c, const uint8_t *p, size_t n);
/* Whether it stands where a stream may end. */
int stream_at_end(const struct client *c);

/* ---- oracle.c: the application that the hub sees, and the order of all messages ---------- */

struct logged {
	uint64_t pos;           /* in the ring */
	size_t at;
	uint32_t len;
	uint8_t op;
};

extern const struct app *oracle_app;    /* looks at everything, then asks the real one */

void oracle_start(const struct app *real);
struct client *oracle_client(const struct conn *conn);
/* The data frame that a client must get next. */
int oracle_next(struct client *c);      /* sets in.want_*; -1: none is due */
void oracle_scan(void);                 /* who began to close since the last look? */
void oracle_pong(struct client *c, const uint8_t *data, size_t n);
void oracle_close(struct client *c, int code);

/* ---- sock.c, link.c, wait.c ---------------------------------------- */

enum { FD_FREE, FD_SOCKET, FD_LISTENER, FD_CLIENT, FD_PIPE, FD_NULL, FD_EPOLL };

struct sock {
	uint8_t kind, nonblocking, unset;
	uint8_t want;           /* 1 + what the loop watches a client for; 0: not known */
	uint8_t listed;         /* epoll's */
	uint16_t port;
	struct client *client;
};

extern struct sock sock_table[SIM_FDS];

int sock_fail(int why);                 /* errno, and -1 */
int sock_fake(int why);                 /* the same, for what the world makes up */
struct sock *sock_of(int fd, const char *call);         /* an open one */
void sock_over(struct client *c);       /* its connection is no more */
void link_close(const struct sock *s);  /* link.c */
void sock_start(void);
int sock_pipe(void);
int sock_epoll(void);
void sock_signal(void);                 /* the pipe becomes readable */
size_t sock_open_count(void);
size_t sock_queued(int fd);             /* connections that wait at a listener */
int sock_dial(struct client *c);     /* 0: it waits there; -1: nobody listens */

extern uint64_t wait_now;               /* microseconds */
extern uint64_t wait_stopped;           /* of them the process was stopped */
extern int wait_slept;                  /* since the turn began */
void wait_start(void);
/* For wait_epoll.c: a turn begins; whether a wait fails; one until end or until some are ready. */
void wait_turn(void);
int wait_fault(void);
int wait_until(struct pollfd *fds, nfds_t n, uint64_t end);

/* ---- views of the product's own files ---------------------------------------- */

void view_loop_reset(void);
void view_net_reset(void);
int view_net_resting(void);
/* NULL, or what is wrong with a client's private output. *size: of its block. */
const char *view_output_check(const struct conn *c, size_t *size, uint32_t *messages, int *begun);
/* Bytes in the budget's freed blocks. */
size_t view_budget_kept(const struct budget *b);

/* ---- check.c: after every turn ---------------------------------------- */

void check_turn(void);
int check_settled(void);                /* the bystanders have all that is theirs */
void check_quiet(void);                 /* they must */
void check_end(void);

/* ---- world.c ---------------------------------------- */

enum { PHASE_START, PHASE_STORM, PHASE_LEAVE, PHASE_SETTLE, PHASE_END, PHASE_DRAIN };

struct world {
	uint64_t seed;
	struct config config;
	struct hub hub;
	int phase;
	int echo;               /* the application */
	int slow_echo;          /* private output may reach its limit */
	int moody;              /* its application refuses, closes, speaks itself */
	size_t own;             /* messages of the application itself */
	int unflushed;          /* app->close has queued something */
	int tight;              /* memory may close anybody */
	int strict;             /* bystanders must lose nothing */
	int draining;
	int hasty;              /* a second SIGTERM comes at once */
	uint64_t drain_floor;   /* ring.seq at the drain */
	/* Faults, per mille. */
	unsigned faults, shorts, accept_faults, jumps, heap_faults, poll_faults, slow_cpu;
	size_t fd_limit;
	uint64_t storm_end, phase_end;
	uint64_t drain_at;
	unsigned turns;
	unsigned long progress; /* effective calls so far */
	unsigned long faked;    /* failures that the simulator made up */
	size_t memory_fixed;    /* allocated by hub_start and metrics_start */
	struct client clients[SIM_CLIENTS];
	size_t count;
	uint8_t *store;         /* payloads */
	size_t stored, store_room, store_limit;
	size_t socket_room;     /* of a client's socket, towards the server */
	int bulk;               /* all send much */
	uint64_t pulse;         /* all act at multiples of this, to come in one turn */
	int crowd;              /* more come at once than may be pending */
	struct logged *log;
	size_t logged, log_room;
	uint64_t bytes_in, bytes_out, handed, dropped;
};

extern struct world world;
extern int world_trace;

void world_run(uint64_t seed);
size_t world_store(const void *data, size_t n);         /* returns where */
int world_stormy(void);                                 /* faults happen now */

/* ---- main.c ---------------------------------------- */

/* Says what is wrong and ends this world's process. */
void main_fail(const char *format, ...) LOG_FORMAT(1, 2);
/* One line about this world. */
void main_describe(const char *what);

void main_trace(const char *format, ...) LOG_FORMAT(1, 2);

#define CHECK(cond, ...) ((cond) ? (void)0 : main_fail(__VA_ARGS__))
#define TRACE(...) (world_trace ? main_trace(__VA_ARGS__) : (void)0)

#endif
