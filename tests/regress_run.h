/* SPDX-License-Identifier: Apache-2.0
 *
 * Running one regression case, and its result file.
 */
#ifndef QADAM_TESTS_REGRESS_RUN_H
#define QADAM_TESTS_REGRESS_RUN_H

#include <stdint.h>
#include <stdio.h>

#include "tests/regress_cases.h"
#include "verif/coverage.h"

/* What came out of a case. Plain data: it crosses processes. */
struct regress_result {
    int passed;
    uint64_t runs, cycles, outputs, mismatches; /* runs: layers */
    double seconds; /* of processor time, with the golden model */
    char text[700]; /* what is wrong, "" if nothing */
    struct coverage coverage;
};

/* Compute the key of a case: a hash of this program, the simulator's sources, the design,
 * the layers and the case's numbers; equal keys give equal results.
 * Returns 0, or -1 with *err set. */
int regress_key(struct regress_case *c, const char *home, struct error *err);

/* Run a case. The details of failures go to details.
 *
 *   library  the design's simulator; not used for random designs
 */
void regress_run(const struct regress_case *c, const char *home, const char *library,
                 FILE *details, struct regress_result *r);

/* Write the result to FOLDER/ID.json: a temporary name first. Returns 0, or -1 with *err
 * set. */
int regress_save(const char *folder, const struct regress_case *c,
                 const struct regress_result *r, struct error *err);

/* Read it. Returns 1 if there is a result of the case's key, else 0. */
int regress_load(const char *folder, const struct regress_case *c,
                 struct regress_result *r);

#endif
