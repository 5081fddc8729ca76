/* SPDX-License-Identifier: Apache-2.0
 *
 * Random parameters for whole networks.
 *
 * Source of the weights' size: He et al., Delving deep into rectifiers, 2015, eq. 10.
 */
#include "verif/random_params.h"

#include <math.h>
#include <string.h>

#include "verif/draw.h"

enum { SMALL_WEIGHT = 3, SMALL_ACT = 7 };

static double taps_of(const struct layer *l) {
    return (double)tensor_weight_count(l) / l->m;
}

static int fill_input(void *context, const struct network *net, unsigned image,
                      struct forward_map *map, struct error *err) {
    const struct random_params *r = context;
    const struct pe_type *type = &r->hw->type;
    struct prng g = prng_make(r->seed, "input", image);
    (void)net;
    (void)err;
    if (type->kind == PE_FLOAT) {
        for (size_t i = 0; i < map->count; i++) {
            map->words[i] = draw_float(&g, r->range);
        }
        map->frac_bits = 0;
        return 0;
    }
    int64_t top = draw_largest(type->act_bits);
    int64_t limit = r->range == TENSOR_SMALL && top > SMALL_ACT ? SMALL_ACT : top;
    draw_words(map->words, map->count, &g, limit, type->act_bits, r->range);
    map->frac_bits = (int)type->act_bits - 1;
    return 0;
}

/* Root of the mean square of words. */
static double rms_of(const int32_t *words, size_t count, int64_t (*value)(int64_t)) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double v = (double)(value ? value(words[i]) : words[i]);
        sum += v * v;
    }
    return count ? sqrt(sum / (double)count) : 0;
}

/* The power of two, as its exponent, next to a ratio. */
static int nearest_log2(double ratio) {
    return ratio > 0 ? (int)lround(log2(ratio)) : 0;
}

/* The largest weight with which sums of products stay within a psum. */
static int64_t weight_limit(const struct random_params *r, const struct layer *l,
                            double act_rms) {
    const double target = ldexp(1, (int)r->hw->design.psum_bits - 1) / 6;
    int64_t limit = draw_largest(r->hw->type.weight_bits);
    if (r->range == TENSOR_SMALL && limit > SMALL_WEIGHT) {
        limit = SMALL_WEIGHT;
    }
    while (limit > 1 && r->range != TENSOR_FULL &&
           sqrt(taps_of(l)) * act_rms * draw_uniform_sigma(limit) > target) {
        limit /= 2;
    }
    return limit;
}

/* Words that are no magnitudes are all equally frequent: their values then have the mean
 * that the type gives them, which is 0 for signed powers of two. */
static void draw_weights(const struct random_params *r, int32_t *words, size_t count,
                         struct prng *g, int64_t limit) {
    const int64_t top = draw_largest(r->hw->type.weight_bits);
    if (!r->type->weight_value || r->range == TENSOR_FULL) {
        draw_words(words, count, g, limit, r->hw->type.weight_bits, r->range);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        words[i] = (int32_t)prng_range(g, -top - 1, top);
    }
}

static void fill_integers(const struct random_params *r, const struct layer *l,
                          const struct forward_map *in, struct forward_params *p) {
    const size_t count = tensor_weight_count(l);
    const double act_rms = rms_of(in->words, in->count, NULL);
    struct prng weights = prng_make(r->seed, l->name, 1);
    struct prng bias = prng_make(r->seed, l->name, 2);
    draw_weights(r, p->weights, count, &weights, weight_limit(r, l, act_rms));
    const double rms = rms_of(p->weights, count, r->type->weight_value);
    draw_bias(p->bias, l->m, &bias, r->hw, sqrt(taps_of(l)) * act_rms * rms, r->range);
    p->weight_frac_bits = nearest_log2(rms * sqrt(taps_of(l) / 2));
}

/* A drawn number times a factor. */
static int32_t scaled(struct prng *g, enum tensor_range range, float factor) {
    float value;
    int32_t word = draw_float(g, range);
    memcpy(&value, &word, sizeof value);
    value *= factor;
    memcpy(&word, &value, sizeof word);
    return word;
}

static void fill_floats(const struct random_params *r, const struct layer *l,
                        struct forward_params *p) {
    struct prng weights = prng_make(r->seed, l->name, 1);
    struct prng bias = prng_make(r->seed, l->name, 2);
    const double small_rms = 2.345; /* of -4 .. 3 */
    const float factor = r->range == TENSOR_SMALL
                             ? ldexpf(1, -nearest_log2(small_rms * sqrt(taps_of(l) / 2)))
                             : (float)sqrt(6 / taps_of(l));
    for (size_t i = 0; i < tensor_weight_count(l); i++) {
        p->weights[i] = scaled(&weights, r->range, factor);
    }
    for (size_t i = 0; i < l->m; i++) {
        p->bias[i] = scaled(&bias, r->range, factor);
    }
    p->weight_frac_bits = 0;
}

static int fill_params(void *context, const struct layer *l, const struct forward_map *in,
                       struct forward_params *p, struct error *err) {
    const struct random_params *r = context;
    p->shift = FORWARD_CHOOSE;
    if (r->hw->type.kind == PE_INTEGER) {
        fill_integers(r, l, in, p);
        return 0;
    }
    if (r->range == TENSOR_FULL) {
        return error_set(err,
                         "PE type '%s' is a float type: with the full range of numbers a "
                         "network's activations are not finite",
                         r->hw->type.name);
    }
    fill_floats(r, l, p);
    return 0;
}

struct forward_source random_params_source(struct random_params *r) {
    const int64_t top =
        r->hw->type.kind == PE_INTEGER ? draw_largest(r->hw->type.act_bits) : 0;
    const int64_t limit = r->range == TENSOR_SMALL && top > SMALL_ACT ? SMALL_ACT : top;
    const struct forward_source source = {r, limit, fill_input, fill_params, NULL};
    return source;
}
