/* plant.h: servers of the end-to-end tests with the shim of planted faults in them. */
#ifndef PLANT_H
#define PLANT_H

#include "e2e.h"
#include "shim.h"

/* What happened so far in the server that was prepared last. */
extern struct shim_page *plant_page;

/* Prepares the next start of s: its calls will fail as these say. call: as FAULT_CALL, or NULL.
 * clock: as FAULT_CLOCK, 0: the system's. */
void plant_prepare(struct server *s, const char *call, unsigned share, unsigned seed,
                   long long clock);

/* Once it runs: whether the shim is in it. If not, says SKIP and why. */
int plant_works(const char *what);

#endif
