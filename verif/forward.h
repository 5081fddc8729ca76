/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden forward pass: every activation of a whole network, bit by bit
 * (docs/networks.md). The array layers' outputs are what the accelerator must make; the
 * host layers' outputs are made here (verif/host_ops.h).
 */
#ifndef QADAM_FORWARD_H
#define QADAM_FORWARD_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "pe_lib/golden.h"
#include "verif/tensor.h"

enum { FORWARD_CHOOSE = -1 }; /* a shift that the forward pass shall choose */

/* What the input or a layer hands on: [N][C][H][W] acts. An integer word stands for
 * word * 2^-frac_bits, the same for all images; floats are bit patterns, frac_bits 0. */
struct forward_map {
    int32_t *words; /* owned */
    size_t count;   /* acts of one image */
    int frac_bits;
};

/* The parameters of an array layer. */
struct forward_params {
    int32_t *weights;     /* owned, [M][C/groups][R][S] weight words */
    int64_t *bias;        /* owned, [M], in psum units */
    int weight_frac_bits; /* value of a weight = integer * 2^-weight_frac_bits */
    int shift;            /* requant_shift, or FORWARD_CHOOSE */
};

/* Where a network's numbers come from: random ones (verif/random_params.h), or trained
 * ones. Functions return 0, or -1 with *err set. */
struct forward_source {
    void *context;
    int64_t act_limit; /* largest act that a chosen shift aims at */
    /* Fill map->words (allocated, count set) with one image and set frac_bits. */
    int (*input)(void *context, const struct network *net, unsigned image,
                 struct forward_map *map, struct error *err);
    /* Fill *p for layer l, whose weights and bias are allocated; in is its input, of the
     * first image: parameters do not depend on the batch. */
    int (*params)(void *context, const struct layer *l, const struct forward_map *in,
                  struct forward_params *p, struct error *err);
    /* The shift of an integer add, or FORWARD_CHOOSE; NULL = always choose. */
    int (*add_shift)(void *context, const struct layer *l);
};

/* One layer after the forward pass. */
struct forward_layer {
    struct forward_map out;
    struct forward_params params; /* of an array layer, else empty */
    unsigned shift;               /* of the output stage of array layers and of add */
    unsigned align[2];            /* add: left shifts of the operands before the sum */
    int overflow;                 /* of an array layer's psums: 0 or OVERFLOW_POSSIBLE */
    int32_t *columns[2];          /* fc of a batch: owned, input [C][N], output [M][N] */
};

struct forward {
    const struct hw *hw;          /* borrowed, as all of these */
    const struct pe_golden *type; /* of hw */
    const struct network *net;
    struct forward_map input;
    struct forward_layer *layers; /* owned, [net->layer_count] */
};

/* Whether a whole-network run of *net can be made: no matmul, and all
 * layers connected.
 * Returns 0, or -1 with *err set. */
int forward_check(const struct network *net, struct error *err);

/* Run the network for all images of its batch. Shifts are chosen by the first image, as
 * the parameters are: it is the same whatever the batch is (with float types up to the
 * mapping of fc layers, which may depend on the batch).
 *
 *   mappings  [net->layer_count], of one channel group of each array layer: the order of
 *             a float type's additions; not used with integer types
 *
 * Caller ends with forward_close, also after a failure. Returns 0, or -1 with *err set
 * (forward_check, out of memory, the source, a float that is not finite). */
int forward_run(struct forward *f, const struct hw *hw, const struct pe_golden *type,
                const struct network *net, const struct mapping *mappings,
                const struct forward_source *source, struct error *err);
void forward_close(struct forward *f);

/* Acts of an image of a map, [C][H][W]. */
int32_t *forward_image(const struct forward_map *map, unsigned image);

/* The map that input number k of a layer reads. */
const struct forward_map *forward_input(const struct forward *f, size_t layer,
                                        unsigned k);

/* The tensors of a run of an array layer (borrowed, no tensors_close), which is for one
 * image, and for fc the only one; run < layer_runs. */
struct tensors forward_tensors(const struct forward *f, size_t layer, unsigned run);

/* The smallest shift with which at most one in 1000 of the sums, after ReLU if relu is
 * set, is more than limit after rounding. */
unsigned forward_shift(const int64_t *sums, size_t count, int relu, int64_t limit);

#endif
