/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of results (qadam results --csv) as the result files that they came from.
 */
#ifndef QADAM_FIT_CSV_H
#define QADAM_FIT_CSV_H

#include <jansson.h>

#include "gen/error.h"

/* Read a table whose columns are design_hash, keys of a design, set, inputs, and numbers
 * of "synthesis" by their path with dots; columns of simulations (with a colon) are left
 * out. Returns an array with an object for each row, as a campaign's result file has it,
 * and "line"; caller owns it. NULL with *err set: file, line and what is wrong. */
json_t *fit_csv_load(const char *path, struct error *err);

#endif
