/* frame.c: WebSocket frame headers, masks and close bodies (RFC 6455 section 5). */
#include "wsrelay.h"

#include <string.h>

enum { FIN = 0x80, RESERVED = 0x70, OPCODE = 0x0f, CONTROL = 0x08, MASKED = 0x80, LENGTH = 0x7f };

/* What the first two bytes show, as far as they are there. */
static int bad_start(const uint8_t *p, size_t n)
{
	int op = p[0] & OPCODE;

	if (p[0] & RESERVED || op > OP_PONG || (op > OP_BINARY && op < OP_CLOSE))
		return 1;
	if (op & CONTROL && !(p[0] & FIN))
		return 1;
	if (n < 2)
		return 0;
	return !(p[1] & MASKED) || (op & CONTROL && (p[1] & LENGTH) > FRAME_CONTROL_MAX);
}

int frame_parse(struct frame *f, const uint8_t *p, size_t n)
{
	size_t more, have;      /* bytes of the extended length */
	uint64_t len = 0;

	if (!n)
		return 0;
	if (bad_start(p, n))
		return -CLOSE_PROTOCOL;
	if (n < 2)
		return 0;
	more = (p[1] & LENGTH) == 127 ? 8 : (p[1] & LENGTH) == 126 ? 2 : 0;
	have = n - 2 < more ? n - 2 : more;
	for (size_t i = 0; i < have; i++)
		len = len << 8 | p[2 + i];
	if (more == 8 && have && p[2] & 0x80)
		return -CLOSE_PROTOCOL;
	/* Six zero bytes leave a length that fits in two. */
	if (more == 8 && have >= 6 && len >> 8 * (have - 6) == 0)
		return -CLOSE_PROTOCOL;
	if (more == 2 && have == 2 && len <= FRAME_CONTROL_MAX)
		return -CLOSE_PROTOCOL;
	if (n < 2 + more + 4)
		return 0;
	f->len = more ? len : p[1] & LENGTH;
	f->op = p[0] & OPCODE;
	f->fin = (p[0] & FIN) != 0;
	memcpy(f->mask, p + 2 + more, 4);
	return (int)(2 + more + 4);
}

size_t frame_head(uint8_t out[FRAME_OUT_HEAD_MAX], int op, uint64_t len)
{
	size_t more = len > 0xffff ? 8 : len > FRAME_CONTROL_MAX ? 2 : 0;

	out[0] = (uint8_t)(FIN | op);
	out[1] = (uint8_t)(more == 8 ? 127 : more == 2 ? 126 : len);
	for (size_t i = 0; i < more; i++)
		out[2 + i] = (uint8_t)(len >> 8 * (more - 1 - i));
	return 2 + more;
}

/* Eight bytes of mask repeat as four do, so whole words need no look at the position. */
void frame_unmask(uint8_t *p, size_t n, const uint8_t mask[4], uint64_t at)
{
	uint8_t turned[8];
	uint64_t key, w;
	size_t i = 0;

	for (size_t k = 0; k < sizeof turned; k++)
		turned[k] = mask[(at + k) & 3];
	memcpy(&key, turned, sizeof key);
	for (; n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, p + i, sizeof w);
		w ^= key;
		memcpy(p + i, &w, sizeof w);
	}
	for (; i < n; i++)
		p[i] ^= turned[i & 7];
}

int frame_close_code(const uint8_t *body, size_t n)
{
	uint32_t state = 0;
	int code;

	if (!n)
		return CLOSE_NO_STATUS;
	if (n < 2)
		return CLOSE_PROTOCOL;
	code = body[0] << 8 | body[1];
	/* 1004 to 1006 are never sent (section 7.4.1); the registry ends at 1014. */
	if (code < 1000 || (code > 1003 && code < 1007) || (code > 1014 && code < 3000) ||
			code > 4999)
		return CLOSE_PROTOCOL;
	if (utf8_check(&state, body + 2, n - 2) || state)
		return CLOSE_BAD_DATA;
	return code;
}
