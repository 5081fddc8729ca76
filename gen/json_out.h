/* SPDX-License-Identifier: Apache-2.0
 *
 * Machine-readable results: JSON text that is the same bytes for the same values.
 */
#ifndef QADAM_JSON_OUT_H
#define QADAM_JSON_OUT_H

#include <jansson.h>

#include "gen/error.h"

/* Write value as indented JSON, keys in the order they were set, reals as %.17g, to
 * the file path (a temporary name first, renamed when complete), or to standard output
 * when path is "-". value is borrowed; NULL (a json_* call ran out of memory or was given
 * a number that is not finite) is an error.
 * Returns 0, or -1 with *err set. */
int json_out_write(const json_t *value, const char *path, struct error *err);

/* Can path be written to? Tells before long work what json_out_write would tell after it;
 * leaves nothing behind. NULL, no file, can. Returns 0, or -1 with *err set. */
int json_out_probe(const char *path, struct error *err);

#endif
