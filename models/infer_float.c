/* SPDX-License-Identifier: Apache-2.0
 *
 * Inference engine: float types, in the order of a mapping (verif/golden_float.h).
 *
 * The golden model leaves out products with padding. Here they are zeros, which change
 * nothing: a sum that began as +0 never is -0.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/infer_run.h"

static float to_float(int32_t word) {
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static int32_t to_word(float value) {
    int32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

/* The taps of a chain row: filter row `row`, channels c0 and up, columns from s0 on. */
static void order_row(struct infer_order *o, const struct layer *l,
                      const struct mapping *m, unsigned row, unsigned c0, unsigned s0) {
    for (unsigned s = s0; row < l->r && s < s0 + m->sk * m->d && s < l->s; s += m->d) {
        for (unsigned c = c0; c < c0 + m->q && c < l->c; c++) {
            o->taps[o->count++] = ((size_t)row * l->s + s) * l->c + c;
        }
    }
}

/* The order of a mapping; of one chain without a mapping. */
static int order_init(struct infer_order *o, const struct infer_layer *x,
                      const struct mapping *m, struct error *err) {
    const struct layer *l = &x->part;
    struct mapping_loops loops = {.channel_groups = 1, .slices = 1};
    if (m) {
        mapping_loops(l, m, &loops);
    }
    const unsigned steps = loops.channel_groups * loops.slices;
    o->taps = calloc(x->taps + 1, sizeof *o->taps);
    o->ends = calloc((size_t)steps + 1, sizeof *o->ends);
    if (!o->taps || !o->ends) {
        return error_set(err, "layer %s: out of memory for its order", l->name);
    }
    for (unsigned k = 0; k < steps; k++) {
        struct mapping_step step;
        if (m) {
            mapping_step(l, m, k, &step);
        }
        for (unsigned i = 0; m && i < m->rk * m->r; i++) {
            order_row(o, l, m, step.slice.r0 + i % m->rk * m->d,
                      step.c0 + i / m->rk * m->q, step.slice.s0);
        }
        for (; !m && o->count < x->taps; o->count++) {
            o->taps[o->count] = o->count;
        }
        o->ends[o->chains++] = o->count;
    }
    return 0;
}

int infer_float_init(struct infer_layer *x, const struct infer_params *params,
                     const struct mapping *mapping, struct error *err) {
    if (order_init(&x->order, x, mapping, err)) {
        return -1;
    }
    float *to = calloc(x->one.groups * x->taps + 1, x->filters * sizeof *to);
    if (!to) {
        return error_set(err, "layer %s: out of memory for its weights", x->one.name);
    }
    x->weights = to;
    for (size_t m = 0; m < x->one.m; m++) {
        const size_t group = m / x->part.m;
        for (size_t k = 0; k < x->taps; k++) {
            const size_t tap = infer_tap(&x->part, x->order.taps[k]);
            to[(group * x->taps + k) * x->filters + m % x->part.m] =
                to_float(params->weights[m * x->taps + tap]);
        }
    }
    return 0;
}

/* What pe_golden.accumulate does, by the type's own operations. */
static void accumulate(const struct pe_golden *type, float *sums, const float *acts,
                       const float *weights, size_t taps, size_t filters) {
    if (type->accumulate) {
        type->accumulate(sums, acts, weights, taps, filters);
        return;
    }
    for (size_t k = 0; k < taps; k++, weights += filters) {
        const uint32_t act = (uint32_t)to_word(acts[k]);
        for (size_t m = 0; m < filters; m++) {
            const uint32_t product = type->multiply(act, (uint32_t)to_word(weights[m]));
            sums[m] = to_float((int32_t)type->add((uint32_t)to_word(sums[m]), product));
        }
    }
}

/* The psums of one window: [filters], with chain, [filters], and acts, [taps], as work
 * areas. */
static void sum_window(const struct pe_golden *type, const struct infer_layer *x,
                       const float *window, const float *weights, float *psums,
                       float *chain, float *acts) {
    const float one = 1;
    size_t from = 0;
    for (size_t k = 0; k < x->taps; k++) {
        acts[k] = window[x->order.taps[k]];
    }
    for (size_t i = 0; i < x->order.chains; from = x->order.ends[i++]) {
        const size_t taps = x->order.ends[i] - from;
        memset(chain, 0, x->filters * sizeof *chain);
        if (taps != 0) {
            accumulate(type, chain, acts + from, weights + from * x->filters, taps,
                       x->filters);
        }
        accumulate(type, psums, &one, chain, 1, x->filters); /* psum + 1 * chain */
    }
}

double infer_float_group(struct infer_work *w, const struct infer_layer *x,
                         unsigned group, int32_t *out) {
    const size_t plane = (size_t)x->part.e * x->part.f;
    const int64_t *bias = x->bias + (size_t)group * x->part.m;
    const float *weights = (const float *)x->weights + group * x->taps * x->filters;
    float *psums = (float *)(void *)w->sums;
    float *chain = psums + x->filters, *acts = chain + x->filters;
    float largest = 0;
    for (size_t position = 0; position < plane; position += INFER_BLOCK) {
        const size_t count = infer_gather(w, x, position);
        for (size_t i = 0; i < count; i++) {
            memset(psums, 0, x->filters * sizeof *psums);
            for (size_t m = 0; m < x->part.m; m++) {
                psums[m] = to_float((int32_t)bias[m]);
            }
            sum_window(w->n->type, x, (const float *)w->windows + i * x->row, weights,
                       psums, chain, acts);
            for (size_t m = 0; m < x->part.m; m++) {
                const int32_t word = to_word(psums[m]);
                largest = fmaxf(largest, fabsf(psums[m]));
                out[m * plane + position + i] = x->one.relu && word < 0 ? 0 : word;
            }
        }
    }
    return (double)largest;
}
