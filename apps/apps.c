/* apps.c: the applications of this build: the only place that names them. */
#include "wsrelay.h"

extern const struct app app_relay, app_echo;

const struct app *const apps[] = {
	&app_relay,
	&app_echo,
	NULL
};
