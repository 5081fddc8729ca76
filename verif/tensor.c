/* SPDX-License-Identifier: Apache-2.0
 *
 * Random tensors of one layer.
 */
#include "verif/tensor.h"

#include <math.h>
#include <stdlib.h>

#include "verif/draw.h"

/* Largest magnitudes to draw. */
struct limits {
    int64_t act, weight; /* uniform in -limit .. limit */
    double sigma;        /* of a sum of products, psum units */
};

size_t tensor_ifmap_count(const struct layer *l) {
    return (size_t)l->c * l->h * l->w;
}

size_t tensor_weight_count(const struct layer *l) {
    return (size_t)l->m * (l->c / l->groups) * l->r * l->s;
}

size_t tensor_ofmap_count(const struct layer *l) {
    return (size_t)l->m * l->e * l->f;
}

/* Choose magnitudes such that sums of taps products reach one sixth of a psum, at most.
 */
static struct limits choose_limits(const struct hw *hw, const struct pe_golden *type,
                                   double taps, enum tensor_range range) {
    struct limits lim = {draw_largest(hw->type.act_bits),
                         draw_largest(hw->type.weight_bits), 0};
    double psum_max = ldexp(1, (int)hw->design.psum_bits - 1);
    double target = psum_max / 6;
    double weight =
        type->weight_value ? draw_word_sigma(hw, type) : draw_uniform_sigma(lim.weight);
    if (range == TENSOR_SMALL) {
        lim.act = lim.act < 3 ? lim.act : 3;
        lim.weight = lim.weight < 3 ? lim.weight : 3;
        weight = type->weight_value ? weight : draw_uniform_sigma(lim.weight);
    }
    if (range == TENSOR_FULL) {
        double sigma = sqrt(taps) * draw_uniform_sigma(lim.act) * weight;
        lim.sigma = fmin(sigma, psum_max / 1.7);
        return lim;
    }
    while (sqrt(taps) * draw_uniform_sigma(lim.act) * weight > target) {
        if (!type->weight_value && lim.weight > 1 &&
            (lim.weight >= lim.act || lim.act == 1)) {
            lim.weight /= 2;
            weight = draw_uniform_sigma(lim.weight);
        } else if (lim.act > 1) {
            lim.act /= 2;
        } else {
            break;
        }
    }
    lim.sigma = sqrt(taps) * draw_uniform_sigma(lim.act) * weight;
    return lim;
}

/* The shift that brings three sigma to the largest act; for the other ranges a random
 * one. */
static unsigned choose_shift(const struct hw *hw, double sigma, struct prng *g,
                             enum tensor_range range) {
    int exponent = 0;
    if (range != TENSOR_NORMAL) {
        unsigned end = range == TENSOR_SMALL ? 5 : hw->design.psum_bits;
        return (unsigned)prng_below(g, end);
    }
    double top = (double)draw_largest(hw->type.act_bits);
    (void)frexp(3 * sigma / top / 1.4142135623730951, &exponent); /* nearest power of 2 */
    return exponent < 0 ? 0 : exponent > 63 ? 63 : (unsigned)exponent;
}

/* The generator of an image's acts; 1 and 2 are those of weights and biases. */
static struct prng act_prng(uint64_t seed, const struct layer *l, unsigned image) {
    return prng_make(seed, l->name, UINT64_C(3) * image);
}

static void draw_layer_floats(struct tensors *t, const struct layer *l, uint64_t seed,
                              unsigned image, enum tensor_range range) {
    struct prng acts = act_prng(seed, l, image);
    struct prng weights = prng_make(seed, l->name, 1);
    struct prng bias = prng_make(seed, l->name, 2);
    for (size_t i = 0; i < tensor_ifmap_count(l); i++) {
        t->ifmap[i] = draw_float(&acts, range);
    }
    for (size_t i = 0; i < tensor_weight_count(l); i++) {
        t->weights[i] = draw_float(&weights, range);
    }
    for (size_t i = 0; i < l->m; i++) {
        t->bias[i] = draw_float(&bias, range);
    }
}

static int allocate(struct tensors *t, const struct layer *l, struct error *err) {
    t->ifmap = calloc(tensor_ifmap_count(l), sizeof *t->ifmap);
    t->weights = calloc(tensor_weight_count(l), sizeof *t->weights);
    t->bias = calloc(l->m, sizeof *t->bias);
    t->ofmap = calloc(tensor_ofmap_count(l), sizeof *t->ofmap);
    t->requant_shift = 0;
    t->owned = 1;
    if (!t->ifmap || !t->weights || !t->bias || !t->ofmap) {
        tensors_close(t);
        return error_set(err, "layer '%s': out of memory for its tensors", l->name);
    }
    return 0;
}

int tensors_init(struct tensors *t, const struct hw *hw, const struct pe_golden *type,
                 const struct layer *l, uint64_t seed, unsigned image,
                 enum tensor_range range, struct error *err) {
    if (allocate(t, l, err)) {
        return -1;
    }
    if (hw->type.kind == PE_FLOAT) {
        draw_layer_floats(t, l, seed, image, range);
        return 0;
    }
    const struct layer part = tensor_group_layer(l);
    const double taps = (double)part.c * part.r * part.s;
    struct limits lim = choose_limits(hw, type, taps, range);
    struct prng acts = act_prng(seed, l, image);
    struct prng weights = prng_make(seed, l->name, 1);
    struct prng bias = prng_make(seed, l->name, 2);
    draw_words(t->ifmap, tensor_ifmap_count(l), &acts, lim.act, hw->type.act_bits, range);
    draw_words(t->weights, tensor_weight_count(l), &weights, lim.weight,
               hw->type.weight_bits, type->weight_value ? TENSOR_FULL : range);
    draw_bias(t->bias, l->m, &bias, hw, lim.sigma, range);
    t->requant_shift = choose_shift(hw, lim.sigma, &bias, range);
    return 0;
}

void tensors_close(struct tensors *t) {
    if (t->owned) {
        free(t->ifmap);
        free(t->weights);
        free(t->bias);
        free(t->ofmap);
    }
    *t = (struct tensors){NULL, NULL, NULL, NULL, 0, 0};
}

struct layer tensor_image_layer(const struct layer *l) {
    struct layer one = *l;
    if (l->op == OP_FC) {
        one.w = one.f = 1;
    }
    return one;
}

struct layer tensor_group_layer(const struct layer *l) {
    struct layer part = *l;
    part.c /= l->groups;
    part.m /= l->groups;
    part.groups = 1;
    return part;
}

struct tensors tensor_group(const struct tensors *t, const struct layer *l,
                            unsigned group) {
    struct layer part = tensor_group_layer(l);
    struct tensors view = *t;
    view.owned = 0;
    view.ifmap += group * tensor_ifmap_count(&part);
    view.weights += group * tensor_weight_count(&part);
    view.bias += (size_t)group * part.m;
    view.ofmap += group * tensor_ofmap_count(&part);
    return view;
}
