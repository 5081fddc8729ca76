/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained network in the words of a PE type: its tensors quantized to given grids
 * (models/scales.h), for the inference engine and for the golden forward pass.
 */
#ifndef QADAM_TRAINED_H
#define QADAM_TRAINED_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"
#include "gen/weights.h"
#include "models/cifar.h"
#include "models/infer.h"
#include "models/scales.h"
#include "pe_lib/golden.h"
#include "pe_lib/quantize.h"
#include "verif/forward.h"

struct trained {
    const struct hw *hw;          /* borrowed, as all of these */
    const struct pe_golden *type; /* of hw */
    const struct network *net;
    struct scales scales;        /* of integer types, without bias */
    struct infer_params *params; /* owned, and what they point to: [layer_count] */
};

/* Quantize all tensors. Biases are rounded to psum units, and what the scales have of
 * them is added.
 *
 *   scales  of an integer type, copied; NULL for float types
 *
 * Caller ends with trained_close, also after a failure. Returns 0, or -1 with *err set
 * (missing tensors, scales that the output stage cannot do). */
int trained_init(struct trained *t, const struct hw *hw, const struct pe_golden *type,
                 const struct network *net, const struct weights *weights,
                 const struct scales *scales, struct error *err);
void trained_close(struct trained *t);

/* The words of a network input of count numbers. */
void trained_input(const struct trained *t, const float *input, size_t count,
                   int32_t *words);

/* Images for a golden forward pass: the batch is images number first and up, which must
 * be there. */
struct trained_images {
    const struct trained *trained; /* borrowed, as all of these */
    const struct cifar *images;
    const struct preprocess *preprocess;
    size_t first;
};

/* A source with these weights and images (images borrowed). */
struct forward_source trained_source(struct trained_images *images);

#endif
