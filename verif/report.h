/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of simulated layers for people and for programs.
 */
#ifndef QADAM_REPORT_H
#define QADAM_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "gen/design.h"
#include "gen/network.h"
#include "verif/testbench.h"

/* Share of the multipliers' cycles that made products of the layer, 0..1. */
double report_utilization(const struct hw *hw, uint64_t macs, uint64_t cycles);

/* Of several images, a line that says what the rows of a table count. */
void report_batch(FILE *out, unsigned batch);

/* One row per layer, under a header; the total has the layer name "total". */
void report_header(FILE *out);
void report_row(FILE *out, const struct hw *hw, const struct bench_result *r);

/* What went wrong in a layer: the error and all counters, or the first mismatches. */
void report_failure(FILE *out, const struct bench_result *r);

/* sum += r: everything that can be summed. */
void report_add(struct bench_result *sum, const struct bench_result *r);

/* What simulation and prediction have in common, as a JSON object; name NULL = total.
 * Caller owns the result; NULL when out of memory. */
json_t *report_counts_json(const struct hw *hw, const char *name, uint64_t macs,
                           const struct counters *c);
json_t *report_mapping_json(const struct mapping *m);

/* A layer or, with l == NULL, the total as a JSON object. Caller owns
 * the result; NULL when out of memory. */
json_t *report_json(const struct hw *hw, const struct layer *l,
                    const struct bench_result *r);

#endif
