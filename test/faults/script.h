/* script.h: one life of a server, the same each time, with one fault planted in it. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "plant.h"

struct script {
	const char *call;       /* as FAULT_CALL; NULL: none */
	int sticky;             /* the call goes on failing: clients need not be served */
	int harmless;           /* nobody may lose anything by it */
	int most;               /* descriptors that may be open before the end; 0: not known */
	/* What came of it. */
	struct shim_page page;
	int started;            /* it served */
	int status;             /* its exit status */
	int lost;               /* clients and scrapes that were not served to their end */
	int files;              /* descriptors open before the end, the last client's left out */
	char wrong[400];        /* "": all is as it should be */
	char log[4000];
};

/* Runs it. Returns 0, or -1 when something was wrong. */
int script_run(struct script *s);

#endif
