/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden layer model of float types.
 */
#include "verif/golden_float.h"

/* One output. */
struct position {
    unsigned m, e, f;
};

/* The sum of a chain row's products, on top of sum: filter row `row`, channels c0 and
 * up, taps from column s0 on. Adding a product of +-0 to a sum that began as +0 changes
 * nothing, so what is zero for certain is skipped. */
static uint32_t add_row(const struct pe_golden *type, const struct layer *l,
                        const struct mapping *m, const struct tensors *t,
                        const struct position *o, const unsigned first[3], uint32_t sum) {
    const unsigned row = first[0], c0 = first[1], s0 = first[2];
    const long y = (long)(o->e * l->u + row) - (long)l->pad;
    if (row >= l->r || y < 0 || y >= (long)l->h) {
        return sum;
    }
    for (unsigned s = s0; s < s0 + m->sk * m->d && s < l->s; s += m->d) {
        const long x = (long)(o->f * l->u + s) - (long)l->pad;
        for (unsigned c = c0; c < c0 + m->q && c < l->c && x >= 0 && x < (long)l->w;
             c++) {
            size_t act = ((size_t)c * l->h + (size_t)y) * l->w + (size_t)x;
            size_t weight = (((size_t)o->m * l->c + c) * l->r + row) * l->s + s;
            uint32_t product =
                type->multiply((uint32_t)t->ifmap[act], (uint32_t)t->weights[weight]);
            sum = type->add(sum, product);
        }
    }
    return sum;
}

static uint32_t psum_of(const struct pe_golden *type, const struct layer *l,
                        const struct mapping *m, const struct tensors *t,
                        const struct position *o, unsigned steps) {
    uint32_t psum = (uint32_t)t->bias[o->m];
    for (unsigned k = 0; k < steps; k++) {
        struct mapping_step step;
        uint32_t chain = 0;
        mapping_step(l, m, k, &step);
        for (unsigned i = 0; i < m->rk * m->r; i++) {
            const unsigned first[3] = {step.slice.r0 + i % m->rk * m->d,
                                       step.c0 + i / m->rk * m->q, step.slice.s0};
            chain = add_row(type, l, m, t, o, first, chain);
        }
        psum = type->add(chain, psum);
    }
    return psum;
}

static void run_group(const struct pe_golden *type, const struct layer *l,
                      const struct mapping *m, struct tensors *t) {
    struct mapping_loops loops;
    mapping_loops(l, m, &loops);
    const unsigned steps = loops.channel_groups * loops.slices; /* of one ofmap tile */
    int32_t *ofmap = t->ofmap;
    struct position o;
    for (o.m = 0; o.m < l->m; o.m++) {
        for (o.e = 0; o.e < l->e; o.e++) {
            for (o.f = 0; o.f < l->f; o.f++) {
                uint32_t psum = psum_of(type, l, m, t, &o, steps);
                *ofmap++ = l->relu && psum >> 31 ? 0 : (int32_t)psum;
            }
        }
    }
}

void golden_float(const struct pe_golden *type, const struct layer *l,
                  const struct mapping *m, struct tensors *t) {
    const struct layer part = tensor_group_layer(l);
    for (unsigned g = 0; g < l->groups; g++) {
        struct tensors view = tensor_group(t, l, g);
        run_group(type, &part, m, &view);
    }
}
