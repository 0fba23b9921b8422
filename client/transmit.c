/* transmit.c: what goes to the server: masked frames, control frames between messages. */
#include "client/client.h"

#include <string.h>

/* Room for a pong, a ping, a close frame and the header of a message. */
enum { MASKED = 0x80, ROOM = 4 * (FRAME_HEAD_MAX + FRAME_CONTROL_MAX) };

/* Writes a masked header; its key goes to mask (RFC 6455 section 5.3). Returns its length. */
static size_t put_head(uint8_t *out, int op, uint64_t len, uint8_t mask[4])
{
	size_t n = frame_head(out, op, len);

	out[1] |= MASKED;
	random_bytes(mask, 4);
	memcpy(out + n, mask, 4);
	return n + 4;
}

static void put_control(struct transmit *t, int op, const void *data, size_t n)
{
	uint8_t mask[4];

	t->end += put_head(t->out + t->end, op, n, mask);
	if (n)
		memcpy(t->out + t->end, data, n);
	frame_unmask(t->out + t->end, n, mask, 0);
	t->end += n;
}

static void put_controls(struct transmit *t, const struct queue *q)
{
	if (t->pong) {
		t->pong = 0;
		put_control(t, OP_PONG, t->pong_data, t->pong_len);
	}
	if (t->ping) {
		t->ping = 0;
		put_control(t, OP_PING, t->ping_data, sizeof t->ping_data);
		t->ping_end = t->end;
		t->ping_mark = q->next;
	}
	if (t->close) {
		uint8_t code[2] = { (uint8_t)(t->close >> 8), (uint8_t)t->close };

		/* An empty close frame is answered with one. */
		put_control(t, OP_CLOSE, code, t->close == CLOSE_NO_STATUS ? 0 : sizeof code);
		t->close = 0;
		t->closed = 1;
	}
}

/* The next piece of the message inside. */
static void put_message(struct transmit *t, struct queue *q, struct counts *counts)
{
	size_t n = t->len - t->at, room = sizeof t->out - t->end;

	n = n < room ? n : room;
	queue_copy(q, t->at, t->out + t->end, n);
	frame_unmask(t->out + t->end, n, t->mask, t->at);
	t->end += n;
	t->at += n;
	if (t->at < t->len)
		return;
	t->inside = 0;
	if (queue_sent(q))
		counts->resent++;
	else
		counts->sent++;
}

void transmit_fill(struct transmit *t, struct queue *q, struct counts *counts, int op,
                   size_t window)
{
	if (t->start == t->end)
		t->start = t->end = 0;
	while (!t->closed && sizeof t->out - t->end >= ROOM) {
		uint64_t was = q->next;

		if (!t->inside) {
			put_controls(t, q);
			if (t->closed || !window || !queue_next(q, &t->len))
				return;
			t->at = 0;
			t->inside = 1;
			t->end += put_head(t->out + t->end, op, t->len, t->mask);
		}
		put_message(t, q, counts);
		window -= q->next - was < window ? (size_t)(q->next - was) : window;
	}
}
