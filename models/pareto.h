/* SPDX-License-Identifier: Apache-2.0
 *
 * Pareto fronts.
 */
#ifndef QADAM_PARETO_H
#define QADAM_PARETO_H

#include <stddef.h>

#include "gen/error.h"

enum { PARETO_OBJECTIVES = 8 };

/* The points that no other point is at least as good as in every objective; of equal
 * points the first.
 *
 *   values      in   [count][objectives], finite; less is better
 *   objectives  in   1..PARETO_OBJECTIVES
 *   front       out  [count], their indices, by rising values
 *   found       out  how many
 *
 * Makes O(n log n) comparisons for up to three objectives, O(n * front) for more.
 * Returns 0, or -1 with *err set: out of memory. */
int pareto_front(const double *values, size_t count, size_t objectives, size_t *front,
                 size_t *found, struct error *err);

#endif
