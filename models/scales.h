/* SPDX-License-Identifier: Apache-2.0
 *
 * The grids of a network's numbers in one integer PE type: what calibration chooses, and
 * what the network file keeps under "scales".
 *
 *     "scales": {"int8": {"input": {"frac_bits": 5},
 *                         "conv1": {"frac_bits": 4, "weight_frac_bits": 8,
 *                                   "bias": [-3, 12, ...]},
 *                         "add2_1": {"frac_bits": 4}}}
 *
 * An act stands for word * 2^-frac_bits, a weight for integer * 2^-weight_frac_bits.
 * bias, if there, is added to the biases of the layer, in psum units. Every array layer
 * and every add has its entry; pooling keeps the grid of its input.
 */
#ifndef QADAM_SCALES_H
#define QADAM_SCALES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/network.h"

/* The grids of a layer. */
struct scale {
    int frac_bits;        /* of its output */
    int weight_frac_bits; /* array layers */
    int32_t *bias;        /* owned, [M], or NULL: array layers */
};

struct scales {
    int input_frac_bits;
    struct scale *layers; /* owned, [layer_count]; of pooling too */
    size_t layer_count;
};

enum { SCALES_BITS_MAX = 400 }; /* magnitude of any of them */

/* Make room. Caller ends with scales_close. Returns 0, or -1 with *err set. */
int scales_init(struct scales *s, const struct network *net, struct error *err);
void scales_close(struct scales *s);

/* The grid that input number k of a layer is on. */
int scales_input(const struct scales *s, const struct layer *l, unsigned k);

/* The grid of a layer's sums, before its output stage: of an add the finer one. */
int scales_sum(const struct scales *s, const struct network *net, size_t layer);

/* Whether the output stage can bring every layer's sums to its grid: it divides by 2^0 to
 * 2^(psum_bits - 1), of an add by up to 2^63, and an add shifts by HOST_ALIGN_MAX at
 * most. Returns 0, or -1 with *err set: layer, file, line, limit. */
int scales_check(const struct scales *s, const struct hw *hw, const struct network *net,
                 struct error *err);

/* Read those of a type from the network's file. *found is 0 when it has none: *s is then
 * not to be closed. Returns 0, or -1 with *err set. */
int scales_read(struct scales *s, const struct network *net, const char *type, int *found,
                struct error *err);

/* As a JSON object; caller owns it, NULL when out of memory. */
json_t *scales_json(const struct scales *s, const struct network *net);

#endif
