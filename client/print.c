/* print.c: messages to standard output, never waiting for its reader. */
#include "client/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { ESCAPED_MAX = 6, BASE64_BYTES = 48, BASE64_TEXT = 64 };
enum { STAGE_HEAD, STAGE_BODY, STAGE_TAIL };

/* ---- to the buffer */

static int put(struct print *p, const char *text)
{
	size_t n = strlen(text);

	if (p->room - p->end < n)
		return 0;
	memcpy(p->buf + p->end, text, n);
	p->end += n;
	return 1;
}

/* Bytes that could do something to a terminal: the C0 controls, in text those of C1 (U+0080 to
 * U+009F, two bytes each), in what is no text all that is not ASCII. */
static int is_control(const struct print *p)
{
	const uint8_t *c = p->data + p->at;

	if (*c < ' ' || *c == 0x7f || (*c >= 0x80 && p->op == OP_BINARY))
		return 1;
	if (*c == 0xc2)
		return c[1] < 0xa0;
	return *c >= 0x80 && *c < 0xa0 && p->at > 0 && c[-1] == 0xc2;
}

static int put_terminal(struct print *p)
{
	char hex[8];

	if (!is_control(p)) {
		p->buf[p->end++] = (char)p->data[p->at++];
		return 1;
	}
	snprintf(hex, sizeof hex, "\\x%02x", p->data[p->at++]);
	return put(p, hex);
}

static int put_json(struct print *p)
{
	uint8_t c = p->data[p->at++];
	char code[8];

	if (c >= ' ' && c != '"' && c != '\\') {
		p->buf[p->end++] = (char)c;
		return 1;
	}
	snprintf(code, sizeof code, c >= ' ' ? "\\%c" : "\\u%04x", c);
	return put(p, code);
}

static int put_base64(struct print *p)
{
	size_t n = p->len - p->at < BASE64_BYTES ? p->len - p->at : BASE64_BYTES;

	if (p->room - p->end < BASE64_TEXT)
		return 0;
	p->end += base64_encode(p->buf + p->end, p->data + p->at, n);
	p->at += n;
	return 1;
}

static void put_plain(struct print *p)
{
	size_t n = p->len - p->at, room = p->room - p->end;

	n = n < room ? n : room;
	memcpy(p->buf + p->end, p->data + p->at, n);
	p->end += n;
	p->at += n;
}

/* Returns whether all of the body is in the buffer. */
static int put_body(struct print *p)
{
	if (p->style == PRINT_RAW || p->style == PRINT_LINES)
		put_plain(p);
	else if (p->style == PRINT_JSON && p->op == OP_BINARY)
		while (p->at < p->len && put_base64(p))
			;
	else
		while (p->at < p->len && p->room - p->end >= ESCAPED_MAX)
			(void)(p->style == PRINT_JSON ? put_json(p) : put_terminal(p));
	return p->at == p->len;
}

/* Puts as much of the message into the buffer as there is room for. */
static void print_fill(struct print *p)
{
	static const char heads[2][28] = { "{\"type\":\"text\",\"data\":\"",
	                                   "{\"type\":\"binary\",\"base64\":\"" };
	const char *head = p->style == PRINT_JSON ? heads[p->op == OP_BINARY] : "";
	const char *tail = p->style == PRINT_RAW ? "" : p->style == PRINT_JSON ? "\"}\n" : "\n";

	if (p->stage == STAGE_HEAD && put(p, head))
		p->stage = STAGE_BODY;
	if (p->stage == STAGE_BODY && put_body(p))
		p->stage = STAGE_TAIL;
	if (p->stage == STAGE_TAIL && put(p, tail))
		p->data = NULL;
}

/* ---- from the buffer */

static void print_watch(struct print *p, int waits)
{
	if (p->watched && p->waits != waits)
		loop_change(&p->watch, waits ? LOOP_OUT : 0);
	p->waits = waits;
}

/* Standard output belongs to others too, who may not expect it not to block. So it stays as it is:
 * when poll() says that it takes bytes, it takes PIPE_BUF of them. Returns 0 when it takes none. */
static int print_write(struct print *p)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n;

	if (p->failed || poll(&out, 1, 0) != 1)
		return 0;
	n = write(STDOUT_FILENO, p->buf + p->start, p->end - p->start);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		p->failed = errno;
	if (n <= 0)
		return 0;
	p->start += (size_t)n;
	if (p->start == p->end)
		p->start = p->end = 0;
	return 1;
}

static void print_pump(struct print *p)
{
	while (p->data) {
		print_fill(p);
		if (p->data && !print_write(p))
			break;
		/* What is left moves to the start: there is room for the longest piece. */
		memmove(p->buf, p->buf + p->start, p->end - p->start);
		p->end -= p->start;
		p->start = 0;
	}
}

static void print_ready(struct watch *w, int events)
{
	struct print *p = (struct print *)(void *)((char *)w - offsetof(struct print, watch));

	/* Its reader is gone: nothing that comes could be shown. */
	if (events & LOOP_HUP && !(events & LOOP_OUT) && !p->failed)
		p->failed = EPIPE;
	print_watch(p, 0);
	print_flush(p);
}

void print_start(struct print *p, const struct options *o)
{
	long atomic = fpathconf(STDOUT_FILENO, _PC_PIPE_BUF);

	memset(p, 0, sizeof *p);
	p->style = o->json ? PRINT_JSON : isatty(STDOUT_FILENO) ? PRINT_TERMINAL :
	           o->binary ? PRINT_RAW : PRINT_LINES;
	p->room = atomic >= 512 && (size_t)atomic < sizeof p->buf ? (size_t)atomic : sizeof p->buf;
	p->watch.fd = STDOUT_FILENO;
	p->watch.ready = print_ready;
	p->watched = 1;
	loop_add(&p->watch, 0);
}

void print_message(struct print *p, int op, const void *data, size_t n)
{
	if (p->failed)
		return;
	p->op = op;
	p->data = data;
	p->len = n;
	p->at = 0;
	p->stage = STAGE_HEAD;
	print_pump(p);
}

int print_busy(const struct print *p)
{
	return p->data != NULL;
}

int print_done(const struct print *p)
{
	return !p->data && p->start == p->end;
}

void print_flush(struct print *p)
{
	do
		print_pump(p);
	while (p->start < p->end && print_write(p));
	print_watch(p, !print_done(p) && !p->failed);
	if (!p->failed)
		return;
	/* Nobody waits for a reader that is gone. */
	p->data = NULL;
	p->start = p->end = 0;
	if (p->watched)
		loop_remove(&p->watch);
	p->watched = 0;
}
