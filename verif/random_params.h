/* SPDX-License-Identifier: Apache-2.0
 *
 * Random parameters for whole networks: activations neither vanish nor saturate, however
 * deep the network is.
 */
#ifndef QADAM_RANDOM_PARAMS_H
#define QADAM_RANDOM_PARAMS_H

#include <stdint.h>

#include "gen/design.h"
#include "pe_lib/golden.h"
#include "verif/forward.h"
#include "verif/tensor.h"

struct random_params {
    const struct hw *hw;          /* borrowed */
    const struct pe_golden *type; /* of hw, borrowed */
    uint64_t seed;
    enum tensor_range range;
};

/* A source that draws from seed and the layers' names (r borrowed):
 *
 *   NORMAL  acts fill their range. Weights are as wide as the psum permits (six sigma
 *           by the acts' mean square); weight words of a type's own are all equally
 *           frequent
 *   FULL    weights and biases are all words, psums wrap around (integer types only)
 *   SMALL   acts and weights of few bits, so that many outputs are ties; floats are
 *           small integers times a power of two
 *
 * The grid of the weights (floats: their size) keeps the mean square from layer to layer:
 * sum of squares of a filter's weights = 2, to a power of two, as He et al. have it. */
struct forward_source random_params_source(struct random_params *r);

#endif
