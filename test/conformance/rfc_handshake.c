/* rfc_handshake.c: the opening handshake (RFC 6455 sections 4.1, 4.2, 4.4, 11.3; RFC 9110, 9112).
 * Each request is sent whole, byte by byte and with more behind it in the same packet: frames
 * behind one that is accepted are read, a request behind one that is refused is not answered. */
#include "cases.h"

struct shake {
	const char *section, *name;
	int status;
	const char *request;
	size_t n;
};

/* The lines of a good request, and requests with one of them replaced or with more lines. */
#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: localhost\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define END "\r\n"
#define ALL_BUT_LINE HOST UPGRADE CONNECTION KEY VERSION
#define ALL LINE ALL_BUT_LINE
#define REQUEST(text) text, sizeof text - 1
#define WITH_LINE(line) REQUEST(line END ALL_BUT_LINE END)
#define WITH_HOST(line) REQUEST(LINE line END UPGRADE CONNECTION KEY VERSION END)
#define WITH_UPGRADE(line) REQUEST(LINE HOST line END CONNECTION KEY VERSION END)
#define WITH_CONNECTION(line) REQUEST(LINE HOST UPGRADE line END KEY VERSION END)
#define WITH_KEY(key) \
	REQUEST(LINE HOST UPGRADE CONNECTION "Sec-WebSocket-Key: " key END VERSION END)
#define WITH_VERSION(line) REQUEST(LINE HOST UPGRADE CONNECTION KEY line END END)
#define ALSO(lines) REQUEST(ALL lines END END)
#define TEN(text) text text text text text text text text text text

#include "rfc_handshake.h"

/* The answer to KEY. */
static const char sample_accept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
static struct server by_path;   /* serves /ws only */
static const char more_frames[] = "81'Hello' 89'p'", more_answers[] = "81'Hello' 8a'p'";

/* ---- looking at answers */

static int has(const struct client *c, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = c->at; i + n <= c->have; i++)
		if (!memcmp(c->buf + i, text, n))
			return 1;
	return 0;
}

/* Length of the head with its empty line, 0: not whole. */
static size_t head_length(const struct client *c)
{
	for (size_t i = c->at + 4; i <= c->have; i++)
		if (!memcmp(c->buf + i - 4, "\r\n\r\n", 4))
			return i - c->at;
	return 0;
}

/* The whole of a 101. Returns its length. */
static size_t answer_101(char head[CASES_TEXT], const char *accept)
{
	return (size_t)snprintf(head, CASES_TEXT, "HTTP/1.1 101 Switching Protocols\r\n"
	                        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	                        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
}

static const char *accepted(struct client *c, const char *accept, const struct script *behind)
{
	char head[CASES_TEXT];
	size_t len = answer_101(head, accept);

	cases_await(c, len + behind->len);
	if (c->have - c->at != len + behind->len || memcmp(c->buf + c->at, head, len))
		return "not the 101 of this key";
	if (behind->len && memcmp(c->buf + c->at + len, behind->data, behind->len))
		return "not the answer to the frames behind it";
	c->at = c->have;
	if (client_frame(c, 0x89, "p", 1) || !client_is(c, 10, "p", 1))
		return "no pong after it";
	return client_frame(c, 0x88, "\x03\xe8", 2) || !client_closed(c, 1000) ? "no close" : NULL;
}

/* Refused: one answer, whole, with what its status asks for, and the end. */
static const char *refused(struct client *c, const struct shake *s)
{
	char status[32], length[64];
	size_t head;

	cases_await(c, SIZE_MAX);
	head = head_length(c);
	if (!head)
		return c->ended ? "no answer" : "no answer in time";
	snprintf(status, sizeof status, "HTTP/1.1 %d ", s->status);
	if (memcmp(c->buf + c->at, status, strlen(status)))
		return "another status";
	if (!c->ended)
		return "TCP goes on";
	if (c->ended == C_RESET)
		return "TCP was reset";
	if (!has(c, "\r\nConnection: close\r\n") || has(c, "Sec-WebSocket-Accept"))
		return "its headers";
	if (s->status == 426 && (!has(c, "\r\nSec-WebSocket-Version: 13\r\n") ||
	                         !has(c, "\r\nUpgrade: websocket\r\n")))
		return "426 without the version or protocol it wants";
	if (s->status == 405 && !has(c, "\r\nAllow: GET\r\n"))
		return "405 without Allow";
	if (!strncmp(s->request, "HEAD ", 5))
		return c->have - c->at == head ? NULL : "a body for HEAD";
	snprintf(length, sizeof length, "\r\nContent-Length: %zu\r\n", c->have - c->at - head);
	return has(c, length) ? NULL : "a body of another length, or something behind it";
}

/* ---- sending */

enum { WHOLE, BYTES, MORE, WAYS };
enum { MANY = 2000 };   /* bytes: too many to be sent one by one */

static const char *const ways[WAYS] = { "whole", "byte by byte", "with more behind it" };

static int send_request(struct client *c, const struct shake *s, int way,
                        const struct script *frames)
{
	static const char again[] = ALL END;
	struct script all = { 0 };
	int failed = 0;

	if (way == BYTES) {
		for (size_t i = 0; i < s->n && !failed; i++)
			failed = client_send(c, s->request + i, 1) || cases_settle(ECHO);
		return failed;
	}
	script_add(&all, s->request, s->n);
	if (way == MORE && s->status == 101)
		script_add(&all, frames->data, frames->len);
	else if (way == MORE)
		script_add(&all, again, sizeof again - 1);
	failed = client_send(c, all.data, all.len);
	script_free(&all);
	return failed;
}

/* Returns whether it went well; a failure is counted. */
static int run_way(struct server *server, const struct shake *s, const char *accept, int way)
{
	static const struct script none;
	struct script frames, answers;
	const char *why = "no connection";
	char how[CASES_TEXT], want[64];
	struct client c;

	script_make(&frames, more_frames, 1);
	script_make(&answers, more_answers, 0);
	if (!client_connect(&c, server)) {
		if (send_request(&c, s, way, &frames))
			why = "it takes no more";
		else if (s->status == 101)
			why = accepted(&c, accept, way == MORE ? &answers : &none);
		else
			why = refused(&c, s);
	}
	if (why) {
		snprintf(how, sizeof how, "%s: %s", ways[way], why);
		snprintf(want, sizeof want, "HTTP/1.1 %d ", s->status);
		cases_count(0, &(struct verdict){ s->section, s->name, how, want,
		                                  c.buf ? c.buf : (const uint8_t *)"", strlen(want),
		                                  c.have });
	}
	client_leave(&c);
	script_free(&frames);
	script_free(&answers);
	return !why;
}

static void run_shake(struct server *server, const struct shake *s, const char *accept)
{
	/* Only the server of the other cases tells what it has read. */
	int by_byte = server != &by_path && s->n < MANY;

	for (int way = 0; way < WAYS; way++)
		if ((way != BYTES || by_byte) && !run_way(server, s, accept, way))
			return;
	cases_count(1, &(struct verdict){ .section = s->section });
}

static void run_shakes(const char *title, struct server *server, const struct shake *rows, size_t n)
{
	cases_begin(title);
	for (size_t i = 0; i < n; i++)
		run_shake(server, &rows[i], sample_accept);
	cases_done();
}

static void run_long_ones(void)
{
	cases_begin("long heads");
	for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
		struct shake s = long_ones[i].shake;
		struct script whole = { 0 };

		script_add(&whole, s.request, s.n);
		for (size_t k = 0; k < long_ones[i].fill; k++)
			script_add(&whole, "x", 1);
		script_add(&whole, long_ones[i].behind, strlen(long_ones[i].behind));
		s.request = (const char *)whole.data;
		s.n = whole.len;
		run_shake(cases_server(ECHO), &s, sample_accept);
		script_free(&whole);
	}
	cases_done();
}

/* ---- frames behind the handshake */

/* The whole is cut after `cut` bytes; the server has read the first part before the second. */
static const char *glued(const struct row *row, const struct script *all, const struct script *want,
                         size_t cut)
{
	struct client c;
	const char *why = NULL;

	if (client_connect(&c, cases_server(ECHO)) || (cut && client_send(&c, all->data, cut)) ||
	    cases_settle(ECHO) || client_send(&c, all->data + cut, all->len - cut))
		why = "it takes no more";
	cases_await(&c, strstr(row->out, "88") ? SIZE_MAX : want->len);
	if (!why && (c.have != want->len || memcmp(c.buf, want->data, want->len)))
		why = "other bytes";
	if (!why && strstr(row->out, "88") && c.ended != C_EOF)
		why = "TCP goes on";
	client_leave(&c);
	return why;
}

static void run_glued(const struct row *row)
{
	struct verdict v = { .section = row->section, .name = row->name };
	struct script frames, answers, all = { 0 }, want = { 0 };
	size_t head = sizeof ALL END - 1;
	char answer[CASES_TEXT];

	script_make(&frames, row->in, 1);
	script_make(&answers, row->out, 0);
	script_add(&all, ALL END, head);
	script_add(&all, frames.data, frames.len);
	script_add(&want, answer, answer_101(answer, sample_accept));
	script_add(&want, answers.data, answers.len);
	for (size_t cut = 0; cut < all.len && !v.how; cut++)
		if (cut % 16 == 0 || (cut + 3 > head && cut < head + 16))
			v.how = glued(row, &all, &want, cut);
	cases_count(!v.how, &v);
	script_free(&frames);
	script_free(&answers);
	script_free(&all);
	script_free(&want);
}

/* Also when too much has failed. */
static void stop_by_path(void)
{
	server_stop(&by_path);
}

int main(void)
{
	cases_start("");
	atexit(stop_by_path);
	if (server_start(&by_path, "app: echo\n" LOCAL "  path: /ws\n"))
		e2e_die("a server does not start");
	cases_begin("keys and their answers");
	for (size_t i = 0; i < sizeof accepted_keys / sizeof *accepted_keys; i++)
		run_shake(cases_server(ECHO), &accepted_keys[i].shake, accepted_keys[i].accept);
	cases_done();
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		run_shakes(tables[i].title, cases_server(ECHO), tables[i].rows, tables[i].n);
	run_long_ones();
	run_shakes("a path", &by_path, paths, sizeof paths / sizeof *paths);
	cases_begin("frames in the packet of the handshake");
	for (size_t i = 0; i < sizeof frames_behind / sizeof *frames_behind; i++)
		run_glued(&frames_behind[i]);
	cases_done();
	STOP(&by_path);
	return cases_end();
}
