/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden layer model of float types. Their sums depend on the order of additions, so it
 * follows the mapping (docs/architecture.md, sections 2 and 3).
 */
#ifndef QADAM_GOLDEN_FLOAT_H
#define QADAM_GOLDEN_FLOAT_H

#include "gen/mapping.h"
#include "gen/network.h"
#include "pe_lib/golden.h"
#include "verif/tensor.h"

/* Fill t->ofmap of a layer (groups >= 1; *m maps one channel group). For every output and
 * in the order of the steps: the chain's sum, from +0 and row by row, in a row by idx =
 * s*q + c, is added to the psum, which is the bias at first; at the end ReLU.
 *
 * Acts and weights must be finite: products with padding or missing taps, which are
 * zero, are left out. */
void golden_float(const struct pe_golden *type, const struct layer *l,
                  const struct mapping *m, struct tensors *t);

#endif
