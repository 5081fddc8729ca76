/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of a layer from those of what it reads, and the limits of both.
 */
#ifndef QADAM_LAYER_SHAPE_H
#define QADAM_LAYER_SHAPE_H

#include "gen/network.h"

enum {
    LAYER_DIM_MAX = 65535,  /* any dimension of a map, channels and filters */
    LAYER_KERNEL_MAX = 255, /* filter rows and columns; padding */
    LAYER_STRIDE_MAX = 16
};

/* What the input or a layer hands on, for one image. */
struct layer_map {
    unsigned c, h, w;
};

/* Why a layer has no shape: the key of the network file at fault, and a sentence. */
struct layer_fault {
    const char *key;
    char text[300];
};

/* Infer all dimensions of a layer.
 *
 *   l      in: op; of conv and pooling r, s (both 0: a global pooling), u, pad; of conv
 *          and fc m; of conv groups; each within its limits above. out: the rest
 *   a, b   what it reads; b only for add and matmul
 *   batch  images
 *   out    what the layer hands on
 *
 * Returns 0, or -1 with *fault set. */
int layer_infer(struct layer *l, const struct layer_map *a, const struct layer_map *b,
                unsigned batch, struct layer_map *out, struct layer_fault *fault);

#endif
