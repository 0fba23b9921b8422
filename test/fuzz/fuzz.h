/* fuzz.h: what the fuzzers share: cuts, the limits of memory and time, and how one fails.
 *
 * A harness is one file with fuzz_one. It is built twice: with libFuzzer and the sanitizers, and
 * with replay.c as a plain program for the kept corpus. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* An input starts with bytes that steer: three of them cut it, one is the harness's. */
enum { FUZZ_STEER = 4, FUZZ_OPTION = 3 };

/* How long the product may take for one input; best of three. The sanitizers slow it down ten
 * times: they set their own. */
#ifndef FUZZ_MS
#define FUZZ_MS 10
#endif

/* Ends the process, and says where and for what. */
#define FUZZ_ASSERT(cond) ((cond) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #cond))

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void fuzz_fail(const char *file, int line, const char *what);

/* The harness: one input, steering bytes included. */
void fuzz_one(const uint8_t *data, size_t n);

/* What libFuzzer and replay.c call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* How an input is fed. */
enum { FUZZ_WHOLE, FUZZ_BYTES, FUZZ_PIECES, FUZZ_FEEDS };

struct fuzz_cuts {
	int feed;
	uint32_t random;
};

void fuzz_cuts_start(struct fuzz_cuts *c, int feed, const uint8_t *data);

/* The length of the next piece of what is left (> 0): 1 to left. */
size_t fuzz_cut(struct fuzz_cuts *c, size_t left);

/* The next pseudo-random number below `below`. */
uint32_t fuzz_random(struct fuzz_cuts *c, uint32_t below);

/* From here to fuzz_end the product may hold at most `budget` bytes of malloc at a time, must have
 * given all back and be done in time. */
void fuzz_begin(size_t budget);
void fuzz_end(void);

/* Pauses the clock: the harness looks at something in between. */
void fuzz_pause(void);
void fuzz_go_on(void);

/* naive.c: the standards once more, as plainly as can be, to compare with. */

/* Whether some valid UTF-8 text starts with these bytes (1), ends with them (2), or neither (0). */
int naive_utf8(const uint8_t *p, size_t n);

void naive_sha1(uint8_t digest[20], const uint8_t *data, size_t n);

/* The text of n bytes in base64, NUL-terminated. */
void naive_base64(char *text, const uint8_t *data, size_t n);

/* Whether n characters are what naive_base64 writes; their bytes to data, their number to *len. */
int naive_unbase64(uint8_t *data, size_t *len, const char *text, size_t n);

#endif
