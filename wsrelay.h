/* wsrelay.h: what one file may know of another, a section a file, in reading order.
 *
 * Applications (apps/) include this header only. core.h adds what the hub's own files share.
 * Bytes are unsigned, lengths size_t, times milliseconds unless a name says otherwise.
 * Codecs return > 0: bytes consumed, 0: more bytes please, < 0: minus what to tell the peer. */
#ifndef WSRELAY_H
#define WSRELAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define WSRELAY_VERSION "0.1.0"

struct conn;    /* one client */
struct hub;     /* all clients */
struct app;     /* what clients are to each other */

/* ---- sha1.c: FIPS 180-4, for the handshake only: not for secrets ------------------------------ */

/* The SHA-1 digest of n bytes of data. */
void sha1(uint8_t digest[20], const void *data, size_t n);

/* ---- base64.c: RFC 4648 section 4 ------------------------------------------------------------- */

/* Writes the 4 * ((n + 2) / 3) characters that encode data, no NUL, and returns their number. */
size_t base64_encode(char *text, const void *data, size_t n);

/* Decodes exactly n characters into at most room bytes, which may be the text's own, in place. Strict:
 * the alphabet and its padding only, unused bits zero: encoding the result gives the same text again.
 * Returns the number of bytes, or -1 when the text is wrong or the room too small. */
int base64_decode(uint8_t *data, size_t room, const char *text, size_t n);

/* ---- utf8.c: RFC 3629, in pieces -------------------------------------------------------------- */

/* Goes on checking a text: n more bytes of it. *state is 0 before the first piece and is 0 again
 * whenever the text so far ends with a whole character.
 * Returns 0, or -1 at the first byte that no valid text can have here (state is then void). */
int utf8_check(uint32_t *state, const void *data, size_t n);

/* ---- frame.c: WebSocket frames, RFC 6455 section 5 -------------------------------------------- */

enum { OP_CONTINUATION = 0, OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };
enum { FRAME_CONTROL_MAX = 125, FRAME_HEAD_MAX = 14, FRAME_OUT_HEAD_MAX = 10 };

/* Close codes, RFC 6455 section 7.4.1 and the IANA registry. */
enum {
	CLOSE_NORMAL = 1000, CLOSE_GOING_AWAY = 1001, CLOSE_PROTOCOL = 1002, CLOSE_NO_STATUS = 1005,
	CLOSE_BAD_DATA = 1007, CLOSE_POLICY = 1008, CLOSE_TOO_BIG = 1009, CLOSE_INTERNAL = 1011,
	CLOSE_TRY_LATER = 1013
};

struct frame {
	uint64_t len;           /* payload bytes */
	uint8_t op, fin;
	uint8_t mask[4];
};

/* Reads the header of a client's frame (section 5.2) from the n bytes at p. Refuses, as soon as the
 * bytes that show it are there: reserved bits and opcodes, no mask, a length that is not minimal or
 * has bit 63 set, a control frame that is long or not final.
 * Returns the header's length (6 to 14), 0 or -CLOSE_PROTOCOL. */
int frame_parse(struct frame *f, const uint8_t *p, size_t n);

/* Writes the header of a final, unmasked frame; returns its length: 2, 4 or 10. */
size_t frame_head(uint8_t out[FRAME_OUT_HEAD_MAX], int op, uint64_t len);

/* Masks or unmasks n bytes in place (section 5.3); at: how many bytes of the payload stood before. */
void frame_unmask(uint8_t *p, size_t n, const uint8_t mask[4], uint64_t at);

/* Judges the body of a peer's close frame (sections 5.5.1, 7.4). Returns the code to answer with: the
 * peer's own, CLOSE_NO_STATUS for an empty body, CLOSE_PROTOCOL for a code that may not be sent or a
 * body of one byte, CLOSE_BAD_DATA for a reason that is not UTF-8. */
int frame_close_code(const uint8_t *body, size_t n);

/* ---- http.c: the request head (RFC 9112) and the opening handshake (RFC 6455 section 4.2) ------ */

enum { HTTP_HEAD_MAX = 8192, HTTP_LINES_MAX = 64, HTTP_ANSWER_MAX = 512 };
enum { HTTP_GET = 1, HTTP_HEAD, HTTP_OTHER };

struct http_span {
	uint16_t at, len;       /* bytes of the head */
};

struct http_req {
	uint16_t scanned;       /* bytes looked at, so that each is looked at once */
	uint16_t line;          /* where the unfinished line starts */
	uint16_t lines;         /* finished ones */
	uint8_t method;         /* HTTP_GET, HTTP_HEAD, HTTP_OTHER */
	uint8_t minor;          /* HTTP/1.minor */
	uint32_t seen;          /* http.c's: which headers came, and whether they were right */
	struct http_span path;  /* of an absolute target too; starts with '/' or is empty for "/" */
	struct http_span query; /* behind '?', which it leaves out. Holds secrets: never log it */
	struct http_span key;   /* Sec-WebSocket-Key */
};

/* Goes on reading a head. q is zeroed before the first call; each call passes all n bytes so far, at
 * the same or another place. Lines end with CRLF; what is wrong is refused with the line it is in.
 * Returns the head's length with its empty line, 0, or -status: 400, 414 (the request line fills
 * HTTP_HEAD_MAX), 431 (the head does, or has more than HTTP_LINES_MAX lines). */
int http_parse(struct http_req *q, const char *head, size_t n);

/* Whether a whole head asks for what RFC 6455 section 4.2.1 wants; path: the only one served, "" for
 * any. Returns 0, or the status to refuse with: 400, 404, 405, 413 (it announces a body) or
 * 426 (no WebSocket is asked for, HTTP/1.0, or another version than 13). */
int http_upgrade(const struct http_req *q, const char *head, const char *path);

/* Writes the answer 101 for a head that http_upgrade accepted; returns its length. */
size_t http_accept(char out[HTTP_ANSWER_MAX], const struct http_req *q, const char *head);

/* Writes a whole answer that refuses a request: status line, the headers that the status calls for
 * (401: WWW-Authenticate, 405: Allow, 426: Upgrade and Sec-WebSocket-Version, 503: Retry-After),
 * Connection: close and a body of one line. A status without a name of its own is called "Error";
 * one that has not three digits becomes 500. method HTTP_HEAD: without the body. Returns its length. */
size_t http_refuse(char out[HTTP_ANSWER_MAX], int status, int method);

/* ---- yaml_mini.c: a strict subset of YAML, pulled entry by entry ------------------------------- */

enum {
	YAML_FILE_MAX = 65536, YAML_LINE_MAX = 1024, YAML_DEPTH_MAX = 8,
	YAML_KEY_MAX = 64,      /* bytes of one key */
	YAML_KEYS_MAX = 256,    /* keys of all sections that are open at once */
	YAML_PATH_MAX = YAML_DEPTH_MAX * (YAML_KEY_MAX + 6)
};
enum { YAML_ERROR = -1, YAML_END, YAML_VALUE, YAML_EMPTY, YAML_SECTION, YAML_LIST };

struct yaml_block {
	uint16_t indent, path, keys;    /* column, length of its path, its first key in seen */
	uint16_t list;
};

struct yaml {
	/* What the last yaml_next found. Places are offsets into the text. */
	const char *error;              /* YAML_ERROR: "what; what to write instead" */
	size_t at, key_at;              /* the value or the wrong byte, and the key it belongs to */
	size_t first;                   /* a key set twice: 1 + where the first is, otherwise 0 */
	size_t name;                    /* where the last key starts in path */
	int depth;                      /* 1: an entry of the whole file, 2: of a section in it */
	int quoted;                     /* the value stood in quotes */
	/* The next are yaml_mini.c's. */
	const char *text;
	size_t n, line, next;           /* this line, the next */
	size_t more, inlined;           /* 1 + where the entry goes on, where the inline list */
	int document, skip, open;
	struct yaml_block *top, block[1 + YAML_DEPTH_MAX];      /* the innermost; from 1 to open */
	uint16_t keys, seen[YAML_KEYS_MAX];
	/* What was found, again. */
	char path[YAML_PATH_MAX];       /* "server.port"; the items of a list: "rooms[].name" */
	char value[YAML_LINE_MAX + 1];  /* YAML_VALUE: unquoted, NUL-terminated, no NUL inside */
};

/* Starts reading the n bytes of text, which must stay. */
void yaml_start(struct yaml *y, const char *text, size_t n);

/* Finds the next entry: YAML_VALUE; YAML_EMPTY, a key or item without a value; YAML_SECTION or
 * YAML_LIST, whose entries follow; YAML_END; or YAML_ERROR, after which it goes on behind what the
 * wrong line holds. In path, a key that is empty or has one of . [ " in it stands in quotes. */
int yaml_next(struct yaml *y);

/* Leaves out the entries of the section or list that was just found. */
void yaml_skip(struct yaml *y);

/* ---- yaml_text.c: the texts of such a file ------------------------------------------------------ */

/* Where the first character is that no file may hold, in n bytes of one line: sets *error and
 * returns its offset, or n. */
size_t yaml_check(const char *text, size_t n, const char **error);

/* The line and the column (in characters), from 1 on, of an offset. */
void yaml_where(const char *text, size_t at, unsigned *line, unsigned *column);

/* The rest is for yaml_mini.c. A byte of the text; all line ends, and what is behind, are '\n'. */
int yaml_byte(const struct yaml *y, size_t i);
int yaml_blank(const struct yaml *y, size_t i); /* a space, a tab or a line's end */

/* Says what is wrong, and where. Returns YAML_ERROR. */
int yaml_fail(struct yaml *y, size_t at, const char *error);

/* Unquotes the quoted or plain text at *p, which is left at what ends it: a line's
 * end, a comment, ": ", or in an inline list , or ]. Returns 0, or YAML_ERROR with y->at and error. */
int yaml_text(struct yaml *y, size_t *p, char *out, int inlined);

/* ---- config.c: ONE table of keys types, checks, prints and documents the config ----------------- */

enum { SLOW_DISCONNECT, SLOW_DROP };
enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

enum { CONFIG_TEXT_MAX = 256 };         /* bytes of a text, its NUL included */

/* The fields are named after their keys. Switches are 0 or 1, sizes in bytes, times in ms. */
struct config {
	uint32_t app;                   /* index into the caller's applications */
	uint32_t server_port;           /* 0: a free one */
	uint32_t server_tls_enabled;
	uint32_t server_max_connections;
	uint32_t server_max_message_size;
	uint32_t server_handshake_timeout;
	uint32_t server_ping_interval;  /* 0: no pings */
	uint32_t server_pong_timeout;
	uint32_t server_write_timeout;
	uint32_t server_shutdown_timeout;
	uint32_t relay_slow_client;     /* SLOW_ */
	uint32_t memory_input;
	uint32_t memory_ring;           /* at least 3 * (server_max_message_size + 14) */
	uint32_t memory_budget;         /* at least 4 * server_max_message_size */
	uint32_t metrics_enabled;
	uint32_t metrics_port;
	uint32_t log_level;             /* LOG_LEVEL_ */
	uint32_t log_format;            /* LOG_FORMAT_ */
	uint32_t log_target;            /* LOG_TARGET_ */
	uint32_t echo_status_interval;  /* 0: no status lines */
	char server_address[CONFIG_TEXT_MAX];   /* "": all; IPv4, IPv6 or unix:/path */
	char server_path[CONFIG_TEXT_MAX];      /* "": any */
	char server_tls_cert_file[CONFIG_TEXT_MAX];
	char server_tls_key_file[CONFIG_TEXT_MAX];
	char metrics_address[CONFIG_TEXT_MAX];
};

/* The defaults. all, here and below: the applications, NULL-terminated; the first is the default.
 * Only what is in it has its name and its keys in the config. */
void config_defaults(struct config *c, const struct app *const *all);

/* The defaults, overridden by the file (NULL: none), overridden by the environment:
 * WSRELAY_SERVER_PORT for server.port. memory.ring and memory.budget, when neither sets them, grow to 4 times
 * server.max_message_size. In config_load.c. Returns 0, or -1 after it has written what is wrong,
 * less than 4 KiB of printable text, to err. */
int config_load(struct config *c, const char *file, const struct app *const *all, FILE *err);

/* Writes the config as a file that config_load reads back as the same. with_help: with a comment for
 * each key; for the defaults that is the wsrelay.yaml we ship. */
void config_print(const struct config *c, const struct app *const *all, FILE *out, int with_help);

/* A row of the table, for config_load.c; applications have rows of their own. */
enum { CONFIG_KEYS_MAX = 96, CONFIG_WHY_MAX = 320 };

/* The kinds of keys, by the order of their values: none, words, numbers, texts. */
enum {
	CONFIG_SECTION, CONFIG_SWITCH, CONFIG_CHOICE, CONFIG_APP,
	CONFIG_COUNT, CONFIG_SIZE, CONFIG_TIME, CONFIG_TIME_OR_0,
	CONFIG_ADDRESS, CONFIG_PATH, CONFIG_NAME
};

struct config_key {                     /* texts inside: no pointer has to be relocated */
	char path[25];                  /* "": the end */
	uint16_t offset;                /* in struct config */
	uint8_t kind;
	char value[11];                 /* the default, as in a file */
	uint32_t min, max;              /* of a number */
	char help[44];                  /* of a choice: starts with its words */
};

/* The key of this number, from 0 on: the core's, then those of the applications; NULL: no more. */
const struct config_key *config_key(const struct app *const *all, size_t number);

/* Sets a key that is no section. Returns 0, or -1 with what is wrong in why; c is then as before. */
int config_set(struct config *c, const struct config_key *k, const char *text,
	       const struct app *const *all, char why[CONFIG_WHY_MAX]);

/* Whether server and metrics want the same port of the same address. */
int config_clash(const struct config *c);

/* ---- log.c: one line an event, to stderr or syslog, as text or JSON ----------------------------- */

enum { LOG_TEXT_MAX = 256 };    /* of one line's message: a peer cannot make longer ones */

#if defined(__GNUC__)
#define LOG_FORMAT(f, a) __attribute__((format(printf, f, a)))
#else
#define LOG_FORMAT(f, a)
#endif

/* Until this is called lines go to stderr as text from info on. */
void log_start(const struct config *config);

/* A line. Never blocks: what stderr does not take is dropped. Control bytes show as \xNN. */
void log_line(int level, const char *format, ...) LOG_FORMAT(2, 3);

/* Added to the level of a line that a peer can cause at will: 10 a second, 50 in a burst, the rest is
 * counted. At log.level debug all are written. */
enum { LOG_PEER = 8 };

/* Says how many of those were left out, when it is time to; each second. */
void log_tick(void);

/* ---- os.c: what the system does for a process ---------------------------------------------------- */

/* Descriptors 0 to 2 are open from now on, so that no socket ever gets one of them. -1: cannot. */
int os_standard_files(void);

/* Raises the soft limit of open files to at least `files`, but to no more than `most`. Returns the
 * limit now in force. */
size_t os_limit_files(size_t files, size_t most);

/* Sets O_NONBLOCK and FD_CLOEXEC. Returns 0 or -1. */
int os_nonblocking(int fd);

/* The CPU time of the process in microseconds. */
uint64_t os_cpu_micros(void);

/* Resident bytes and open descriptors of the process. Returns 0, or -1 where the system does not
 * tell. */
int os_usage(uint64_t *resident, uint64_t *files);

/* ---- loop.c with one of loop_poll.c, loop_select.c, loop_epoll.c, loop_kqueue.c: descriptors to
 *      watch, and the clock ----------------------------------------------------------------------- */

enum { LOOP_IN = 1, LOOP_OUT = 2, LOOP_HUP = 4 };

/* Owned by whoever embeds it, which sets fd and ready before loop_add. */
struct watch {
	void (*ready)(struct watch *w, int events);     /* LOOP_IN, LOOP_OUT, LOOP_HUP */
	int fd;
	uint32_t index;         /* the loop's */
};

/* Room for this many watches, of loop_watch_size() bytes each. Returns 0, or -1: memory is out,
 * or the log says what is. */
int loop_start(size_t watches);
void loop_stop(void);
size_t loop_watch_size(void);

/* LOOP_HUP comes unasked, and again each turn: who gets it removes the watch or reads. */
void loop_add(struct watch *w, int events);
void loop_change(struct watch *w, int events);
void loop_remove(struct watch *w);

/* Waits until a watch is ready, a signal came or timeout ms are over. */
void loop_wait(int timeout);

void loop_ask(int timeout);     /* the system's half of it */

/* The ready watches of the last wait, each once, first the one behind where the last turn stopped;
 * NULL: no more. The others are ready again in the next turn. */
struct watch *loop_next(int *events);

size_t loop_limit(void);        /* descriptors from this number on cannot be watched */

/* Monotonic ms that stand still while the process is stopped: for deadlines. */
uint64_t loop_now(void);

extern const char loop_kind[];  /* "poll", "select", "epoll" or "kqueue" */
uint64_t loop_micros(void);     /* monotonic microseconds */

/* ---- hub.c and conn.c, as an application sees them ------------------------------------------------ */

/* What is counted since the start; the metrics and SIGUSR1 show it. */
struct stats {
	uint64_t connected;             /* now: upgraded and not yet gone */
	uint64_t connections, disconnections;
	uint64_t messages;              /* received whole */
	uint64_t deliveries;            /* messages handed over to a client, once for each */
	uint64_t dropped;               /* messages that slow clients were not sent */
	uint64_t bytes_in, bytes_out;
	uint64_t ring_used, ring_size, budget_used, budget_size;        /* now, in bytes */
};

struct metric {                         /* a Prometheus metric without labels */
	char name[31], help[45];        /* a counter's name ends with _total; "": the end of a table */
	uint16_t offset;                /* of its uint64_t in struct stats */
};

struct app {
	const char *name;               /* `app: name` in the config */
	const struct config_key *keys;  /* its section of the config, of struct config; NULL: none */
	const struct metric *metrics;   /* beside the hub's own; NULL: none */
	int (*admit)(struct conn *c, const struct http_req *q, const char *head);
	                                /* 0: welcome, or an HTTP status: 401, 403, 429 ... */
	void (*open)(struct conn *c);   /* 101 is queued: the client may be sent messages */
	void (*message)(struct conn *c, int op, const void *data, size_t n);
	                                /* a whole message; data is the hub's and good for the call */
	void (*close)(struct conn *c);  /* once for each open, from the sweep: let go of c here */
	void (*tick)(struct hub *h, uint64_t last, uint64_t now);
	                                /* about each second; ms from the start to the last and this */
};                                      /* NULL: nothing to do. They queue only; nothing is sent inside */

/* The applications of this build, in apps/apps.c; ends with NULL. */
extern const struct app *const apps[];

/* Queues a message for all clients, c's own included, in the one order that all of them see. */
void hub_broadcast(struct hub *h, int op, const void *data, size_t n);

/* Queues a message for one client, behind all broadcasts so far. Returns 1, or 0 when it takes no
 * more: it is closing, or its private output is at its limit (then it is closed with 1013). */
int conn_send(struct conn *c, int op, const void *data, size_t n);

/* Closes a client with a close code; why: a constant, for the log. */
void conn_close(struct conn *c, int code, const char *why);

/* The hub that a client belongs to, what it runs with, what it counts. */
struct hub *conn_hub(const struct conn *c);
const struct config *hub_settings(const struct hub *h);
const struct stats *hub_stats(const struct hub *h);

#endif
