/* SPDX-License-Identifier: Apache-2.0
 *
 * Inference engine: whole networks in the arithmetic of a PE type, many images a second.
 *
 * Every activation is that of the golden forward pass (verif/forward.h), bit by bit, and
 * so that of the RTL. The two share the host's layers (verif/host_ops.h) and nothing
 * else.
 */
#ifndef QADAM_INFER_H
#define QADAM_INFER_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "pe_lib/golden.h"

/* The numbers of a layer; borrowed, and no longer needed after infer_init. */
struct infer_params {
    const int32_t *weights; /* [M][C/groups][R][S] words; array layers */
    const int64_t *bias;    /* [M] in psum units, floats as bit patterns; array layers */
    unsigned shift;         /* of the output stage: array layers and add, integer types */
    unsigned align[2];      /* add: left shifts of the operands before the sum */
};

struct infer_layer;

/* A network made ready; read-only while images run. */
struct infer {
    const struct hw *hw;          /* borrowed, as all of these */
    const struct pe_golden *type; /* of hw */
    const struct network *net;
    struct infer_layer *layers; /* owned, [net->layer_count] */
};

/* Make a network ready for single images.
 *
 *   params    [net->layer_count]
 *   mappings  [net->layer_count], of one channel group of each array layer: the order of
 *             a float type's additions. NULL: any order, as software has it. Not used
 * with integer types
 *
 * Caller ends with infer_close, also after a failure. Returns 0, or -1 with *err set
 * (matmul, out of memory). */
int infer_init(struct infer *n, const struct hw *hw, const struct pe_golden *type,
               const struct network *net, const struct infer_params *params,
               const struct mapping *mappings, struct error *err);
void infer_close(struct infer *n);

/* What one thread needs to run images. */
struct infer_work {
    const struct infer *n;  /* borrowed */
    int32_t *input;         /* owned, [C][H][W]: the caller fills it */
    int32_t **maps;         /* owned, [layer_count]: the outputs, [M][E][F] */
    double *largest;        /* owned, [layer_count], or NULL = not wanted: the largest
                               magnitude of an array layer's sums before ReLU, of float
                               types, over all images so far */
    void *padded, *windows; /* owned scratch */
    uint64_t *sums;         /* owned scratch */
};

/* Caller ends with infer_work_close, also after a failure. Returns 0, or -1 with *err set
 * (out of memory). */
int infer_work_init(struct infer_work *w, const struct infer *n, int want_largest,
                    struct error *err);
void infer_work_close(struct infer_work *w);

/* Run the image in w->input; w->maps are then its activations. Returns 0, or -1 with *err
 * set (a float that is not finite). */
int infer_run(struct infer_work *w, struct error *err);

#endif
