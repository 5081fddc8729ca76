/* SPDX-License-Identifier: Apache-2.0
 *
 * Result files of a campaign: one JSON object for each design, in FOLDER/HASH.json, of
 * those that failed in FOLDER/failed/HASH.json.
 *
 *     format        RESULT_FORMAT
 *     design_hash   of the design, the file's name
 *     pe_type
 *     parameters    the design, as a design file has it
 *     set           "train" or "test"
 *     inputs        what the figures depend on: hashes of program, scripts, RTL, library;
 *                   versions of the tools; options
 *     synthesis     as qadam synth --json writes it; not of a failed design
 *     simulations   as qadam simulate --json writes them, when they were asked for
 *     error         of a failed design: {file, text}
 *     check         hash of all the rest: tells a damaged file
 */
#ifndef QADAM_SYNTH_RESULT_H
#define QADAM_SYNTH_RESULT_H

#include <stddef.h>

#include <jansson.h>

#include "gen/error.h"

#define RESULT_FORMAT "qadam-result-1"

enum result_state {
    RESULT_NONE,    /* no such file */
    RESULT_GOOD,    /* read, and intact */
    RESULT_DAMAGED, /* truncated, changed, or no result file */
    RESULT_FOREIGN  /* a result of another format */
};

/* Write a result: adds "check", a temporary name first. Returns 0, or -1 with *err set.
 */
int result_save(json_t *result, const char *path, struct error *err);

/* Read the result file of a design (hash; NULL: whatever its name says).
 *
 *   result  out: caller owns it when RESULT_GOOD, else NULL
 *   why     what is wrong with a damaged or foreign file; or NULL
 */
enum result_state result_load(const char *path, const char *hash, json_t **result,
                              struct error *why);

/* The names of the inputs in which two results' "inputs" differ, "a, b, c" in buf; ""
 * when in none. Returns the number of them. */
size_t result_differences(const json_t *a, const json_t *b, char *buf, size_t size);

#endif
