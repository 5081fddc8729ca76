/* SPDX-License-Identifier: Apache-2.0
 *
 * Predictions against the slot-by-slot reference, counter by counter.
 */
#ifndef QADAM_TESTS_PERF_CASES_H
#define QADAM_TESTS_PERF_CASES_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/mapping.h"
#include "gen/network.h"

/* Predict a mapped layer both ways. Returns 0 if all counters agree, or -1 with the case
 * and the counters that differ in text. */
int perf_case_compare(const struct hw *hw, const struct layer *l, const struct mapping *m,
                      unsigned latency, char *text, size_t size);

/* The same for a random design, layer and mapping, which depend on seed and number only.
 * Nine families take turns: anything; tiny layers; a memory of one byte a cycle; narrow
 * buses; one PE; small buffers and spads; long runs of equal steps and passes;
 * long loops over channel groups; the mapper's choice. Returns 1 if no legal mapping was
 * drawn. */
int perf_case_random(uint64_t seed, uint64_t number, char *text, size_t size);

#endif
