/* frames_model.h: what an echo server must answer to a stream of frames: RFC 6455 once more. */
#ifndef FRAMES_MODEL_H
#define FRAMES_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Frames of a server, back to back: opcode, length (4 bytes, big end first), payload. */
struct model_list {
	uint8_t *at;
	size_t n, room;
	size_t last;            /* where the last frame starts */
	int last_op;            /* -1: none */
	int no_pongs;           /* they are left out */
};

void model_list_start(struct model_list *l, uint8_t *at, size_t room);

/* Adds a frame. A pong right behind a pong replaces it: section 5.5.3 lets a server answer the last
 * ping only. */
void model_list_add(struct model_list *l, int op, const uint8_t *payload, size_t n);

/* Whether there is a frame at *pos, which it moves behind it. */
int model_list_next(const struct model_list *l, size_t *pos, int *op, const uint8_t **p, size_t *n);

/* What comes back for n bytes of a client that then ends its stream. max: of a message. Returns the
 * close code that is sent. */
int model_echo(struct model_list *l, const uint8_t *p, size_t n, uint64_t max);

/* Takes a server's stream apart: each frame final, unmasked and of minimal length. Returns the
 * bytes of whole frames, or -1. Nothing may follow a close. */
long model_decode(struct model_list *l, const uint8_t *p, size_t n);

/* Writes a client's frame; returns its length. mask: 4 bytes. */
size_t model_encode(uint8_t *out, int fin, int op, const uint8_t *mask, const uint8_t *p, size_t n);

/* Makes a stream of frames in which a few are wrong out of n bytes. In frames_make.c. Returns the
 * length. max: of a message. */
size_t model_make(uint8_t *out, size_t room, const uint8_t *p, size_t n, uint32_t max);

#endif
