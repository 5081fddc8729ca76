/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors of simulated layers as NumPy files, for other tools: integers as int64 on the
 * PE type's grid, float types as float32.
 */
#ifndef QADAM_DUMP_H
#define QADAM_DUMP_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"
#include "pe_lib/golden.h"
#include "verif/forward.h"
#include "verif/tensor.h"

/* Where the tensors of a run go: of a layer that runs once, to FOLDER/LAYER.KIND.npy;
 * otherwise those of an image to FOLDER/LAYER.IMAGE.KIND.npy, image = 0 .. images - 1. */
struct dump_place {
    const char *folder;
    unsigned image, images;
};

/* Write input, weights, bias and output of an array layer: weights as values on their
 * grid. Weights and bias, which all images have in common, are LAYER.KIND.npy always.
 *
 *   got  [M][E][F] the ofmap as the accelerator made it
 *
 * Returns 0, or -1 with *err set. */
int dump_layer(const struct dump_place *place, const struct hw *hw,
               const struct pe_golden *type, const struct layer *l,
               const struct tensors *t, const int32_t *got, struct error *err);

/* Write input and output of a layer that the host ran, and of an add also input2, for all
 * images. Returns 0, or -1 with *err set. */
int dump_host_layer(const char *folder, const struct forward *f, size_t layer,
                    struct error *err);

#endif
