/* e2e.h: the end-to-end tests: real servers, started for the test, and clients that may misbehave.
 *
 * One thread. Whenever a test waits for anything, the logs of all servers and the sockets of all
 * clients that are not deaf are read too, so that nobody is slow by accident. Every wait has a
 * deadline, and so has the program. */
#ifndef E2E_H
#define E2E_H

#include "test.h"

#include <stddef.h>
#include <sys/types.h>

enum { E2E_MS = 8000 };         /* how long one thing may take, a slow machine included */
enum { E2E_PROGRAM_S = 90 };    /* and the whole program */

/* Sanitizers keep memory of their own, which grows with what was touched. */
#if defined(__SANITIZE_ADDRESS__)
enum { E2E_SLACK_KIB = 32 * 1024 };
#else
enum { E2E_SLACK_KIB = 1024 };
#endif

/* The start of most configs: a free port of the loopback. Keys of `server:` may follow. */
#define LOCAL "server:\n  address: 127.0.0.1\n  port: 0\n"
#define METRICS "metrics:\n  enabled: true\n  port: 0\n"

/* ---- e2e.c: servers and other processes ---------------------------------------------------- */

struct server {
	pid_t pid;              /* 0: not running */
	int port, metrics_port; /* as its log said; 0: none */
	int log_fd;             /* its stderr; -1: it ended */
	char *log;              /* all it wrote, NUL-terminated */
	size_t log_len, log_room;
	int status;             /* of its end: exit code, 128 + signal, 1000: a sanitizer spoke */
	void (*in_child)(void); /* called between fork and exec */
	const char *unix_path;  /* connect here instead */
	const char *option, *value;     /* a further option for its command line */
	char dir[128];          /* its temporary folder, removed by server_stop */
};

struct run {
	const char *dir;        /* to run in; NULL: here */
	const char *out_file;   /* for stdout; NULL: it goes to out */
	const char *in_file;    /* for stdin */
	int status;             /* as of a server; -1: it did not end */
	size_t out_len, err_len;
	char out[65536], err[65536];
};

/* Call it first. */
void e2e_start(void);

/* Monotonic. */
long long now_ms(void);

/* One wait: until fd (or -1) has one of the poll() events, or something else came, or the time is
 * over. Returns the events of fd, 0: look again, -1: over. */
int e2e_wait(int fd, int events, long long until);

/* Lets ms go by, reading. Only where the passing of time itself is tested. */
void e2e_pass(int ms);

/* Makes a temporary folder; server_start does it if it was not done. */
void e2e_folder(char dir[128]);
void e2e_remove(const char *dir);

/* Writes a file into a folder; returns its path, good until the next call. */
const char *e2e_file(const char *dir, const char *name, const char *text);

/* Starts ./wsrelay with a config and waits until it serves. Zero *s, or set its in_child,
 * unix_path, option, before. Returns 0, or -1 when it ended instead; what it wrote is in log. */
int server_start(struct server *s, const char *config);

/* The same without waiting for its log. */
void server_spawn(struct server *s, const char *config);

/* Waits until its log has `text`, `times` times. Returns where the last one begins, or NULL. */
const char *server_log(struct server *s, const char *text, int times);

/* How often its log has this. */
int server_count(const struct server *s, const char *text);

/* Waits for its end. Returns its status, or -1. */
int server_wait(struct server *s, int ms);

void server_signal(const struct server *s, int number);

/* Ends it, by a second SIGTERM if need be, and removes its folder. Returns its status. */
int server_stop(struct server *s);

#define STOP(s) \
	do { \
		int stopped = server_stop(s); \
		CHECK(stopped == 0, "the server ended with %d; its log: %s", stopped, (s)->log); \
		free((s)->log); \
		(s)->log = NULL; \
	} while (0)

/* Runs ./wsrelay with these arguments (up to a NULL) to its end. */
void run(struct run *r, ...);

/* e2e_run.c: CPU time of a process in ms; resident and virtual KiB; open descriptors. -1: the
 * system does not tell. */
double cpu_ms(pid_t pid);
long resident_kib(pid_t pid);
long virtual_kib(pid_t pid);
int open_files(pid_t pid);

/* Between the library's own files. */
extern char e2e_program[];
struct pollfd;
void e2e_die(const char *what);
void e2e_open_as(const char *file, int flags, int fd);  /* in a child */
int e2e_status(int status);                             /* of waitpid */
size_t clients_poll(struct pollfd *fds, size_t room);
void clients_ready(const struct pollfd *fds, size_t n);
struct client;
int client_more(struct client *c, long long until);     /* waits for more; 0: the time is over */

/* ---- e2e_plain.c, or tls/e2e_tls.c with TLS=bearssl: between a client and its socket ------- */

/* Whether clients speak TLS to the servers. */
int e2e_is_tls(void);

/* A new socket; tls: it goes to a server's main port. */
void e2e_open(int fd, int tls);

/* As recv() and send(), with EAGAIN too while the other has to come first. */
ssize_t e2e_send(int fd, const void *data, size_t n);
ssize_t e2e_recv(int fd, void *data, size_t n, int flags);

/* The config to start with; good until the next call. */
const char *e2e_config(const char *config);

/* ---- e2e_client.c: clients ----------------------------------------------------------------- */

enum { C_EOF = -1, C_TIMEOUT = -2, C_RESET = -3, C_BAD = -4 };

struct client {
	int fd;
	int deaf;               /* do not read, whatever is waited for */
	int ended;              /* 0, C_EOF or C_RESET */
	uint8_t *buf;           /* what came; at: behind the last frame */
	size_t at, have, room;
	/* The last frame; good until the next wait for anything. */
	int op;
	const uint8_t *data;
	size_t len;
	int code;               /* of a close frame; 0: it had none */
	char head[2048];        /* the HTTP answer without its body, NUL-terminated */
	struct client *next;    /* of all that are open */
};

/* What clients send to be let in. */
extern const char upgrade_request[];

/* A connected socket, or -1. */
int socket_open(const struct server *s);
int socket_open_port(int port);

/* The same with a small receive buffer (0: as it is). */
int socket_open_small(const struct server *s, int bytes);

/* Closes with RST. */
void socket_reset(int fd);

/* Takes a socket over. */
void client_take(struct client *c, int fd);

/* Connects only. Returns 0 or -1. */
int client_connect(struct client *c, const struct server *s);

/* Connects and upgrades. Returns 0 or -1. */
int client_open(struct client *c, const struct server *s);

/* Sends all of it. Returns 0, or -1: the peer does not take it. */
int client_send(struct client *c, const void *data, size_t n);
int client_send_text(struct client *c, const char *text);

/* Closes the socket, or resets it. */
void client_leave(struct client *c);
void client_reset(struct client *c);

/* Sends no more: FIN. */
void client_finish(struct client *c);

/* Reads an HTTP answer's head, and checks Sec-WebSocket-Accept of a 101. Returns its status, 1:
 * that was wrong, or C_EOF, C_TIMEOUT, C_RESET. */
int client_answer(struct client *c);

/* Waits for the end, whatever comes before it. Returns C_EOF, C_RESET, or 0: the time is over. */
int client_ended(struct client *c);

/* Whether no more comes but the end: FIN or RST. */
int client_gone(struct client *c);

/* ---- e2e_frame.c: frames, messages, metrics ------------------------------------------------ */

/* Writes a masked frame to out, whose room is n + 14; first: its first byte. Returns its length. */
size_t frame_make(uint8_t *out, int first, const void *data, size_t n);

int client_frame(struct client *c, int first, const void *data, size_t n);
int client_text(struct client *c, const char *text);

/* The next frame: its opcode, or C_EOF, C_TIMEOUT, C_RESET, C_BAD: none that a server may send. */
int client_read(struct client *c);
int client_read_for(struct client *c, int ms);

/* Whether the next frame is this. */
int client_is(struct client *c, int op, const void *data, size_t n);
int client_text_is(struct client *c, const char *text);

/* Whether the next frame is a close frame with this code (0: none), and the end behind it. */
int client_closed(struct client *c, int code);

/* The close handshake; returns whether it went well. Then client_leave. */
int client_bye(struct client *c);

/* A message through the server from a to b and back; returns ms, or -1. */
int round_trip(struct client *a, struct client *b);

/* One request to the metrics port; the answer, head and body, NUL-terminated. Returns its length,
 * or -1. */
long http_get(const struct server *s, const char *request, char *answer, size_t room);

/* A metric, written as in the page, labels included. -1: it is not there. */
double metric(const struct server *s, const char *name);

/* Waits until a metric has a value; returns the last value seen. */
double metric_await(const struct server *s, const char *name, double value);

#endif
