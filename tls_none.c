/* tls_none.c: stands where TLS would be, in a build without it. */
#include "core.h"

#include <sysexits.h>

const char tls_kind[] = "none";

int tls_start(const struct config *config)
{
	if (!config->server_tls_enabled)
		return 0;
	log_line(LOG_LEVEL_ERROR, "server.tls.enabled is true, but TLS is not built in; build with "
	         "make TLS=bearssl, or set it to false and put a TLS proxy in front");
	return EX_CONFIG;
}
