/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden layer model: what the accelerator must compute, bit by bit
 * (docs/architecture.md, section 7).
 */
#ifndef QADAM_GOLDEN_H
#define QADAM_GOLDEN_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"
#include "pe_lib/golden.h"
#include "verif/tensor.h"

/* The golden functions of a PE type. Returns NULL with *err set when there are none. */
const struct pe_golden *golden_type(const char *name, struct error *err);

/* value in psum_bits, two's complement: what is left after wrapping around. */
int64_t golden_wrap(int64_t value, unsigned psum_bits);

/* value / 2^shift, rounded to the nearest integer, ties to even; shift 0..63. */
int64_t golden_round(int64_t value, unsigned shift);

/* value limited to the range of act_bits. */
int64_t golden_saturate(int64_t value, unsigned act_bits);

/* The output stage: a wrapped psum to an act. */
int64_t golden_output(int64_t psum, int relu, unsigned requant_shift, unsigned act_bits);

/* The psums of a convolution or FC layer (groups >= 1), before the output stage:
 *
 *     psum = wrap(bias + sum of products)
 *
 *   psums              out: [M][E][F]
 *   overflow  out: 0 when no order of additions can leave the psum range, so that the
 *             hardware must count no overflow; OVERFLOW_POSSIBLE; with OVERFLOW_CERTAIN
 *             some sum left the range, so that it must count one; may be NULL
 *
 * Returns 0, or -1 with *err set (float type, out of memory). */
enum golden_overflow { OVERFLOW_POSSIBLE = 1, OVERFLOW_CERTAIN = 2 };
int golden_psums(const struct hw *hw, const struct pe_golden *type, const struct layer *l,
                 const struct tensors *t, int64_t *psums, int *overflow,
                 struct error *err);

/* The output stage for all psums of a layer: golden_output with t->requant_shift into
 * t->ofmap. */
void golden_outputs(const struct hw *hw, const struct layer *l, const int64_t *psums,
                    struct tensors *t);

/* Both: fill t->ofmap. Returns 0, or -1 with *err set as golden_psums does. */
int golden_layer(const struct hw *hw, const struct pe_golden *type, const struct layer *l,
                 struct tensors *t, int *overflow, struct error *err);

#endif
