/* shim_own.h: what the shim's own files share. */
#ifndef SHIM_OWN_H
#define SHIM_OWN_H

#include "shim_errors.h"

#include <stddef.h>

/* The real call, found when it is first needed. */
#define REAL(name) (name##_real ? name##_real : (shim_find(#name, &name##_real), name##_real))
#define FOUND(name, result, ...) \
	typedef result name##_type(__VA_ARGS__); \
	static name##_type *name##_real

void shim_find(const char *name, void *real);

/* Counts a call. Returns whether it is to fail; errno is set then. */
int shim_fails(int call);

/* What a call that moves n bytes (0: none) is to do instead: -1 fail, > 0: that many bytes, 0: as
 * it is. other: an error of its own beside EINTR and EAGAIN, or 0. */
int shim_bad_luck(size_t n, int other);

void shim_listens(int port);    /* a listener is there */

#endif
