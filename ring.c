/* ring.c: the shared ring: every broadcast frame once, back to back, for all clients to send from. */
#include "core.h"

#include <string.h>

void ring_start(struct ring *r, uint8_t *buf, size_t size)
{
	memset(r, 0, sizeof *r);
	r->buf = buf;
	r->size = size;
}

/* Where in buf the byte at pos stands: counted back from the head, so that no division is needed. */
static size_t ring_offset(const struct ring *r, uint64_t pos)
{
	size_t back = (size_t)(r->head - pos);

	return back <= r->at ? r->at - back : r->at + r->size - back;
}

static void ring_add(struct ring *r, const uint8_t *p, size_t n)
{
	size_t first = r->size - r->at < n ? r->size - r->at : n;

	memcpy(r->buf + r->at, p, first);
	if (first < n)
		memcpy(r->buf, p + first, n - first);
	r->at = first < n ? n - first : r->at + n;
	if (r->at == r->size)
		r->at = 0;
	r->head += n;
}

size_t ring_append(struct ring *r, int op, const void *data, size_t n)
{
	uint8_t head[FRAME_OUT_HEAD_MAX];
	size_t len = frame_head(head, op, n);

	ring_add(r, head, len);
	if (n)
		ring_add(r, data, n);
	r->seq++;
	return len + n;
}

size_t ring_span(const struct ring *r, uint64_t pos, uint64_t end, const uint8_t **p)
{
	size_t at = ring_offset(r, pos), n = (size_t)(end - pos);

	*p = r->buf + at;
	return n < r->size - at ? n : r->size - at;
}

void ring_copy(const struct ring *r, uint8_t *out, uint64_t pos, size_t n)
{
	const uint8_t *p;
	size_t first = ring_span(r, pos, pos + n, &p);

	memcpy(out, p, first);
	if (first < n)
		memcpy(out + first, r->buf, n - first);
}

uint64_t ring_next(const struct ring *r, uint64_t pos)
{
	uint8_t h[FRAME_OUT_HEAD_MAX];
	uint64_t len = 0;
	size_t i, ext;

	ring_copy(r, h, pos, 2);
	if (h[1] < 126)
		return pos + 2 + h[1];
	ext = h[1] == 126 ? 2 : 8;
	ring_copy(r, h, pos + 2, ext);
	for (i = 0; i < ext; i++)
		len = len << 8 | h[i];
	return pos + 2 + ext + len;
}

void ring_restart(struct ring *r)
{
	r->at = 0;
}
