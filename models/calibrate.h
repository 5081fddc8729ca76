/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration: choosing the grids of a trained network's numbers from sample images.
 *
 * Grids are powers of two, one for each layer's weights and one for its output: what the
 * output stage (shift and saturate) can do, and no more.
 */
#ifndef QADAM_CALIBRATE_H
#define QADAM_CALIBRATE_H

#include <stddef.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"
#include "gen/weights.h"
#include "models/cifar.h"
#include "models/scales.h"
#include "pe_lib/golden.h"
#include "pe_lib/quantize.h"

/* What float inference of the sample images has shown; of no PE type. */
struct calibration {
    const struct network *net;     /* borrowed */
    const struct weights *weights; /* borrowed */
    double images;                 /* how many have run */
    double **windows;              /* owned, [layer_count]: of array layers the sum of
                                      the images' mean windows, [C][R][S] */
    size_t room;                   /* acts of a map, at most */
    float *acts;                   /* owned, [1 + layer_count][room]: drawn at random
                                      from all images, those of the input first */
    size_t *counts;                /* owned, [1 + layer_count]: how many */
    double *largest;               /* owned, [layer_count]: the largest magnitude of
                                      an array layer's sums, before ReLU */
};

enum { CALIBRATION_IMAGES = 128 /* by default */ };

/* Run the first count images, 1 to images->count, in float arithmetic.
 *
 *   hw  any design of type fp32
 *
 * Caller ends with calibration_close, also after a failure. Returns 0, or -1 with *err
 * set. */
int calibration_init(struct calibration *c, const struct hw *hw,
                     const struct network *net, const struct weights *weights,
                     const struct cifar *images, const struct preprocess *preprocess,
                     size_t count, struct error *err);
void calibration_close(struct calibration *c);

/* Choose the grids for an integer type, layer by layer and by the rule:
 *
 *   weights  those of the rule, but so coarse that the largest sum that was seen fills
 *            no more than half the range of a psum
 *   outputs  those of the rule for the sampled acts, but no finer than the sums are
 *   biases   what rounding the weights takes from a filter's mean sum is added again
 *
 * Caller ends with scales_close. Returns 0, or -1 with *err set. */
int calibrate(const struct calibration *c, const struct hw *hw,
              const struct pe_golden *type, enum quantize_rule rule, struct scales *s,
              struct error *err);

#endif
