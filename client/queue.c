/* queue.c: messages to send, in a ring, kept until the pong to a later ping is back. */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

int queue_start(struct queue *q, size_t size)
{
	memset(q, 0, sizeof *q);
	q->buf = malloc(size);
	q->size = size;
	return q->buf ? 0 : -1;
}

void queue_stop(struct queue *q)
{
	free(q->buf);
	q->buf = NULL;
}

/* Where a position lies in buf, and how many of n bytes lie together there. */
static size_t queue_span(const struct queue *q, uint64_t position, size_t n, size_t *at)
{
	*at = (size_t)((position - q->base) % q->size);
	return n < q->size - *at ? n : q->size - *at;
}

static void queue_write(struct queue *q, uint64_t position, const void *data, size_t n)
{
	size_t at, first = queue_span(q, position, n, &at);

	memcpy(q->buf + at, data, first);
	memcpy(q->buf, (const uint8_t *)data + first, n - first);
}

static void queue_read(const struct queue *q, uint64_t position, void *out, size_t n)
{
	size_t at, first = queue_span(q, position, n, &at);

	memcpy(out, q->buf + at, first);
	memcpy((uint8_t *)out + first, q->buf, n - first);
}

/* The length of the record at a position, its head included. */
static size_t queue_record(const struct queue *q, uint64_t position)
{
	uint32_t n;

	queue_read(q, position, &n, sizeof n);
	return QUEUE_HEAD + (size_t)n;
}

int queue_room(const struct queue *q, size_t n)
{
	size_t free = q->size - (size_t)(q->head - q->tail);

	return free >= QUEUE_HEAD && n <= free - QUEUE_HEAD;
}

void queue_add(struct queue *q, const void *data, size_t n)
{
	uint32_t len = (uint32_t)n;

	/* An empty ring starts anew, so that a calm client touches little memory. */
	if (q->tail == q->head)
		q->base = q->head;
	queue_write(q, q->head, &len, sizeof len);
	if (n)
		queue_write(q, q->head + QUEUE_HEAD, data, n);
	q->head += QUEUE_HEAD + n;
	q->count++;
}

int queue_next(const struct queue *q, size_t *len)
{
	if (q->next == q->head)
		return 0;
	*len = queue_record(q, q->next) - QUEUE_HEAD;
	return 1;
}

void queue_copy(const struct queue *q, size_t at, void *out, size_t n)
{
	if (n)
		queue_read(q, q->next + QUEUE_HEAD + at, out, n);
}

int queue_sent(struct queue *q)
{
	int before = q->next < q->furthest;

	q->next += queue_record(q, q->next);
	if (q->furthest < q->next)
		q->furthest = q->next;
	return before;
}

uint64_t queue_delivered(struct queue *q, uint64_t position)
{
	uint64_t was = q->count;

	while (q->tail < position && q->tail < q->next)
		queue_drop(q);
	return was - q->count;
}

uint64_t queue_again(struct queue *q, int resend)
{
	if (!resend)
		return queue_delivered(q, q->next);
	q->next = q->tail;
	return 0;
}

void queue_drop(struct queue *q)
{
	if (q->tail == q->head)
		return;
	q->tail += queue_record(q, q->tail);
	q->count--;
	if (q->next < q->tail)
		q->next = q->tail;
	if (q->furthest < q->tail)
		q->furthest = q->tail;
}
