/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the inference engine: a layer made ready, and the steps of running it.
 *
 * Windows of a channel group are gathered from a padded, channel-last copy of the ifmap,
 * INFER_BLOCK positions at a time; a window's and a filter's elements are in the order
 * row, column, channel.
 */
#ifndef QADAM_INFER_RUN_H
#define QADAM_INFER_RUN_H

#include "models/infer.h"

enum { INFER_BLOCK = 16, INFER_LANES = 16 };

enum infer_kind {
    INFER_HOST,    /* add or pooling */
    INFER_NARROW,  /* all numbers fit int16, psums 32 bits: sums modulo 2^32 */
    INFER_WIDE,    /* linear types: sums modulo 2^64 */
    INFER_PRODUCT, /* the type's own product */
    INFER_FLOAT
};

/* The order of a float type's additions in one output. */
struct infer_order {
    size_t *taps; /* owned: which element of a window comes next */
    size_t count;
    size_t *ends; /* owned: where each chain's sum, from +0, goes to the psum */
    size_t chains;
};

struct infer_layer {
    struct layer one;  /* the layer for one image */
    struct layer part; /* one channel group of it */
    enum infer_kind kind;
    size_t taps, row; /* elements of a window; the same rounded up, zeros behind */
    size_t filters;   /* of a group, rounded up: INFER_FILTERS, floats INFER_LANES */
    void *weights;    /* owned, [groups][filters][row] int16_t or int32_t, floats
                         [groups][taps in order][filters] */
    int64_t *bias;    /* owned, [M] */
    struct infer_params params; /* shift and align; weights and bias are NULL */
    struct infer_order order;
};

/* Prepare and run a layer of a float type; all as in infer_init, and for one channel
 * group of one layer. infer_float_group returns the largest magnitude of a sum before
 * ReLU. */
int infer_float_init(struct infer_layer *x, const struct infer_params *params,
                     const struct mapping *mapping, struct error *err);
double infer_float_group(struct infer_work *w, const struct infer_layer *x,
                         unsigned group, int32_t *out);

/* Copy the windows of up to INFER_BLOCK positions from position on to w->windows,
 * [INFER_BLOCK][row]. Returns their number. */
size_t infer_gather(struct infer_work *w, const struct infer_layer *x, size_t position);

/* Element of a filter, in the order of a window, as the index into [C][R][S]. */
size_t infer_tap(const struct layer *part, size_t tap);

#endif
