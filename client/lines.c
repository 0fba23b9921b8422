/* lines.c: standard input to messages: a line each, or with --binary a chunk each. */
#include "client/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_MAX = 65536 };

/* Under an init system standard input is /dev/null: its end is no reason to stop. */
static int lines_wanted(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st))
		return 0;
	return S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode) ||
	       isatty(STDIN_FILENO);
}

static void lines_refuse(struct lines *l, const char *why)
{
	log_line(LOG_LEVEL_ERROR, "line %llu of standard input is not sent: %s",
	         (unsigned long long)l->number, why);
	l->counts->dropped++;
}

/* Returns whether it is gone: into the queue, or refused for good. */
static int lines_send(struct lines *l, const uint8_t *line, size_t n)
{
	uint32_t state = 0;

	if (!l->binary && (utf8_check(&state, line, n) || state)) {
		lines_refuse(l, "it is no UTF-8; see --binary");
		return 1;
	}
	l->full = !queue_room(l->queue, n);
	if (!l->full)
		queue_add(l->queue, line, n);
	return !l->full;
}

static void lines_too_long(struct lines *l)
{
	if (!l->skipping)
		lines_refuse(l, "it is longer than --max-message");
	l->skipping = 1;
	l->start = l->end = l->scanned = 0;
}

/* Takes one message off the buffer. Returns 0 when there is none, or no room for it. */
static int lines_take(struct lines *l)
{
	const uint8_t *from = l->buf + l->start, *end = NULL;
	size_t have = l->end - l->start, n;

	if (!have)
		return 0;
	if (!l->binary)
		end = memchr(from + l->scanned, '\n', have - l->scanned);
	if (!end && !l->binary && !l->ended) {
		l->scanned = have;
		if (have == l->size)
			lines_too_long(l);
		return 0;
	}
	n = end ? (size_t)(end - from) : have;
	if (!l->skipping && !lines_send(l, from, n))
		return 0;
	l->number++;
	l->skipping = 0;
	l->scanned = 0;
	l->start += end ? n + 1 : n;
	return 1;
}

static void lines_watch(struct lines *l, int watched)
{
	if (l->watched != watched && watched)
		loop_add(&l->watch, LOOP_IN);
	else if (l->watched != watched)
		loop_remove(&l->watch);
	l->watched = watched;
}

/* Only when poll() says so: it may belong to others, and stays as it is. */
static void lines_ready(struct watch *w, int events)
{
	struct lines *l = (struct lines *)(void *)((char *)w - offsetof(struct lines, watch));
	size_t room, most;
	ssize_t n;

	(void)events;
	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	room = l->size - l->end;
	most = l->binary && room > CHUNK_MAX ? CHUNK_MAX : room;
	n = read(w->fd, l->buf + l->end, most < READ_MAX ? most : READ_MAX);
	if (n > 0) {
		l->end += (size_t)n;
	} else if (n < 0 && errno == EIO) {
		/* A terminal that is another's now: as if there were no standard input. */
		lines_stop(l);
	} else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
		l->ended = 1;
	}
	lines_turn(l);
}

int lines_start(struct lines *l, const struct options *o, struct queue *q, struct counts *counts)
{
	memset(l, 0, sizeof *l);
	l->queue = q;
	l->counts = counts;
	l->binary = o->binary ? 1 : 0;
	l->number = 1;
	l->size = (size_t)o->max_message + 1;
	l->watch.fd = STDIN_FILENO;
	l->watch.ready = lines_ready;
	if (o->once || !lines_wanted())
		return 0;
	l->buf = malloc(l->size);
	if (!l->buf)
		return -1;
	lines_watch(l, 1);
	return 0;
}

void lines_stop(struct lines *l)
{
	lines_watch(l, 0);
	free(l->buf);
	l->buf = NULL;
}

void lines_turn(struct lines *l)
{
	if (!l->buf)
		return;
	l->full = 0;
	while (lines_take(l))
		;
	/* Nothing is read behind a message that waits. */
	lines_watch(l, !l->ended && !l->full);
}

int lines_done(const struct lines *l)
{
	return l->buf && l->ended && l->start == l->end;
}
