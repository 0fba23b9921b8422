/* script.h: frames written as text, so that a table of cases can be read.
 *
 * A script is a list of frames with blanks between them:
 *
 *   81'Hello'        first byte in hex (FIN, RSV1-3, opcode), then the payload in parts:
 *     'text'         characters
 *     [e282ac]       bytes in hex
 *     =1000          a close code
 *     #200           200 letters of a pattern, which goes on from one fragment to the next
 *     %200           the same with bytes of all values
 *     *200a          200 times the letter a
 *   81k00000000'Hi'  with this mask (each frame has another one otherwise)
 *   81u'Hi'          unmasked
 *   81n2'Hi'         length written in 2 bytes, n8: in 8, needed or not
 *   81L7fffffffffffffff   this length, whatever the payload is
 *   81#200~5         only the first 5 bytes of the frame
 *   3*00'a'          three times the frame; the number has not two digits: 012*00'a'
 *   <81fe>           bytes as they are
 *   |                here the script pauses: all answers so far must have come, and nothing else
 *   !                the end of the stream: FIN
 *
 * What a server sends is written in the same way; masks and ! have no meaning there. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stddef.h>
#include <stdint.h>

enum { SCRIPT_PARTS_MAX = 8 };

struct script {
	uint8_t *data;
	size_t len, room;
	size_t end[SCRIPT_PARTS_MAX];   /* where each part (up to a pause) ends */
	int parts;
	int finish;                     /* it ends with the end of the stream */
	uint32_t seed;                  /* for masks */
	size_t pattern;                 /* where the pattern of the message goes on */
};

/* Makes the bytes of a client (masked) or a server. The program ends at a mistake. */
void script_make(struct script *s, const char *text, int masked);

/* Appends bytes. */
void script_add(struct script *s, const void *data, size_t n);

void script_free(struct script *s);

/* Takes the next frame of a server off the n bytes at p. Returns its length, 0: it is not whole. */
size_t script_frame(const uint8_t *p, size_t n, int *op, size_t *head);

#endif
