/* shim_errors.h: how each call may fail. */
#ifndef SHIM_ERRORS_H
#define SHIM_ERRORS_H

#include "shim.h"

extern const char *const shim_names[SHIM_COUNT];

/* No error: the call does its work for three bytes. */
enum { SHIM_SHORT = 100000, SHIM_SHORT_BYTES = 3 };

int shim_variants(int call);                    /* how many errors a call has */
int shim_error(int call, int variant);          /* errno of one */
int shim_harmless(int call, int variant);       /* whether nobody may lose anything by it */

#endif
