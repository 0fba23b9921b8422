/* yaml_trace.h: the entries that yaml_mini finds, to compare one reading with another. */
#ifndef YAML_TRACE_H
#define YAML_TRACE_H

#include <stddef.h>

#include "wsrelay.h"

enum { TRACE_ENTRIES_MAX = YAML_FILE_MAX + 2, TRACE_BYTES_MAX = 1 << 22 };

struct trace_entry {
	int found, depth, quoted;
	size_t at, key_at;      /* of the text */
	size_t path, value;     /* of bytes, each with a NUL behind it */
};

struct trace {
	struct trace_entry entries[TRACE_ENTRIES_MAX];
	size_t count, errors, used;
	char bytes[TRACE_BYTES_MAX];
};

/* Reads n bytes of text, and checks of each entry what must hold for all. skips: bit i says whether
 * the block of entry i is left out. */
void trace_read(struct trace *t, const char *text, size_t n, const unsigned char *skips,
                size_t skips_n);

/* Reads it once more, against the clock; as config_load does, until there are too many errors. */
void trace_time(const char *text, size_t n);

/* Whether entry i of a and entry j of b are the same, wherever they stand. */
int trace_same(const struct trace *a, size_t i, const struct trace *b, size_t j);

/* Writes a trace without errors as YAML again, all values in quotes. Returns the length. */
size_t trace_print(const struct trace *t, char *out, size_t room);

#endif
