/* der.h: writes DER for the tests, right or with one length that is wrong. */
#ifndef DER_H
#define DER_H

#include "test.h"

#define P256 "\x2A\x86\x48\xCE\x3D\x03\x01\x07"
#define P384 "\x2B\x81\x04\x00\x22"
#define P521 "\x2B\x81\x04\x00\x23"
#define EC_ALGORITHM "\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01"
#define P256_ALGORITHM EC_ALGORITHM "\x06\x08" P256
#define RSA_ALGORITHM "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00"

enum { BUF_MAX = 32768 };

struct buf {
	uint8_t b[BUF_MAX];
	size_t n;
};

/* How a length can be wrong. */
enum {
	RIGHT, INDEFINITE, ONE_MORE, ONE_LESS, HUGE_4, LONG_4, LONG_3, LONG_2, RESERVED, NONE, FORMS
};

/* The element that has a wrong length: how many are built before it, negative for none; and how. */
static int form_at = -1, form;

static inline void raw(struct buf *o, const void *data, size_t n)
{
	if (n > BUF_MAX - o->n)
		exit(2);
	if (n)
		memcpy(o->b + o->n, data, n);
	o->n += n;
}

static inline void length(struct buf *o, size_t n, size_t bytes)
{
	uint8_t first = (uint8_t)(0x80 | bytes), b;

	raw(o, &first, 1);
	while (bytes--) {
		b = (uint8_t)(bytes < sizeof n ? n >> 8 * bytes : 0);
		raw(o, &b, 1);
	}
}

static inline void element(struct buf *o, int tag, const void *data, size_t n)
{
	int wrong = form_at-- == 0 ? form : RIGHT;
	uint8_t t = (uint8_t)tag, b = (uint8_t)n;
	size_t said = n + (wrong == ONE_MORE) - (wrong == ONE_LESS);

	raw(o, &t, 1);
	if (wrong == INDEFINITE || wrong == RESERVED)
		raw(o, wrong == INDEFINITE ? "\x80" : "\xff", 1);
	else if (wrong == HUGE_4)
		raw(o, "\x84\xff\xff\xff\xff", 5);
	else if (wrong == LONG_4 || wrong == LONG_3 || (wrong == LONG_2 && n < 256))
		length(o, n, wrong == LONG_4 ? 4 : wrong == LONG_3 ? 3 : n < 128 ? 1 : 2);
	else if (wrong == LONG_2)
		length(o, n, 3);
	else if (said < 128 && wrong != NONE)
		raw(o, (b = (uint8_t)said, &b), 1);
	else if (wrong != NONE)
		length(o, said, said < 256 ? 1 : 2);
	raw(o, data, n);
	if (wrong == INDEFINITE)
		raw(o, "\0\0", 2);
}

/* Puts what stands in o into an element of its own. */
static inline void wrap(struct buf *o, int tag)
{
	static struct buf copy;

	copy = *o;
	o->n = 0;
	element(o, tag, copy.b, copy.n);
}

#endif
