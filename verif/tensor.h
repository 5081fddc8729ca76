/* SPDX-License-Identifier: Apache-2.0
 *
 * The tensors of one layer: random numbers on the PE type's fixed-point grid.
 */
#ifndef QADAM_TENSOR_H
#define QADAM_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"
#include "pe_lib/golden.h"

/* Words as the memory holds them, sign-extended (fp32: bit patterns). */
struct tensors {
    int32_t *ifmap;   /* [C][H][W] acts */
    int32_t *weights; /* [M][C/groups][R][S] weight words */
    int64_t *bias;    /* [M], in psum units */
    int32_t *ofmap;   /* [M][E][F] acts, zero until golden_layer fills it */
    unsigned requant_shift;
    int owned;
};

enum tensor_range {
    /* Sums of products stay inside a psum (six sigma) and outputs fill the range of an
     * act, with a few that saturate. */
    TENSOR_NORMAL,
    /* All words, with many extreme ones: psums wrap around where they can; any shift. */
    TENSOR_FULL,
    /* Numbers of few bits and small shifts: many outputs are ties of the rounding. */
    TENSOR_SMALL
};

/* Draw the tensors of an array layer and choose requant_shift. The numbers depend on
 * seed, the layer's name and its shape only (given the design's number formats); the
 * ifmap also on the number of its image in the batch, 0 for fc.
 * type must be the design's (golden_type). Caller ends with tensors_close.
 * Float types: NORMAL is -1..1, FULL has all finite exponents, SMALL integers.
 * Returns 0, or -1 with *err set (out of memory). */
int tensors_init(struct tensors *t, const struct hw *hw, const struct pe_golden *type,
                 const struct layer *l, uint64_t seed, unsigned image,
                 enum tensor_range range, struct error *err);
void tensors_close(struct tensors *t);

/* Elements of each tensor. */
size_t tensor_ifmap_count(const struct layer *l);
size_t tensor_weight_count(const struct layer *l);
size_t tensor_ofmap_count(const struct layer *l);

/* The layer for one image: without the batch that an fc layer has in place of W. */
struct layer tensor_image_layer(const struct layer *l);

/* One channel group of a grouped convolution as a layer of its own (groups == 1), and
 * its part of the tensors (borrowed, no tensors_close). group < l->groups. */
struct layer tensor_group_layer(const struct layer *l);
struct tensors tensor_group(const struct tensors *t, const struct layer *l,
                            unsigned group);

#endif
