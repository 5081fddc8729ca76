/* SPDX-License-Identifier: Apache-2.0
 *
 * Random designs, layers and mappings.
 */
#include "tests/mapper_cases.h"

#include <stdio.h>
#include <string.h>

static unsigned pow2_up(unsigned n) {
    unsigned p = 1;
    while (p < n) {
        p *= 2;
    }
    return p;
}

static unsigned pow2_down(unsigned n) {
    unsigned p = pow2_up(n);
    return p > n ? p / 2 : p;
}

static void derive(struct hw *hw) {
    const struct design *d = &hw->design;
    hw->act_mem_bits = pow2_up(hw->type.act_bits);
    hw->weight_mem_bits = pow2_up(hw->type.weight_bits);
    hw->act_lanes = d->bus_bits / hw->act_mem_bits;
    hw->weight_lanes = d->bus_bits / hw->weight_mem_bits;
    hw->psum_lanes = pow2_down(d->bus_bits / d->psum_bits);
    hw->psum_mem_bits = d->bus_bits / hw->psum_lanes;
    hw->bus_bytes = d->bus_bits / 8;
    hw->glb_bank_words = pow2_down(hw->glb_words / 16);
    hw->glb_banks = (hw->glb_words + hw->glb_bank_words - 1) / hw->glb_bank_words;
}

struct hw case_design(unsigned rows, unsigned cols, const unsigned spads[3],
                      unsigned glb_words, unsigned bus_bits) {
    struct hw hw = {0};
    hw.design = (struct design){.name = "case",
                                .pe_type = "int16",
                                .rows = rows,
                                .cols = cols,
                                .ifmap_spad_words = spads[0],
                                .filter_spad_words = spads[1],
                                .psum_spad_words = spads[2],
                                .glb_kib = 1,
                                .bus_bits = bus_bits,
                                .dram_bytes_per_cycle = bus_bits / 8,
                                .psum_bits = bus_bits < 32 ? bus_bits : 32};
    hw.type = (struct pe_type){.name = "int16",
                               .kind = PE_INTEGER,
                               .act_bits = 16,
                               .weight_bits = 16,
                               .psum_bits_default = 32,
                               .psum_bits_min = 32,
                               .mul_latency = 1,
                               .add_latency = 1,
                               .psum_add_latency = 1};
    hw.glb_words = glb_words;
    derive(&hw);
    return hw;
}

struct hw case_random_design(struct prng *g) {
    const unsigned spads[3] = {2 + (unsigned)prng_below(g, 60),
                               16 + (unsigned)prng_below(g, 300),
                               1 + (unsigned)prng_below(g, 32)};
    unsigned words = 64u << prng_below(g, 9);
    struct hw hw = case_design(
        1 + (unsigned)prng_below(g, 16), 1 + (unsigned)prng_below(g, 16), spads,
        words + (unsigned)prng_below(g, words), 16u << prng_below(g, 5));
    unsigned bits = hw.design.bus_bits;
    hw.type.act_bits = 2 + (unsigned)prng_below(g, 15);
    hw.type.weight_bits = 2 + (unsigned)prng_below(g, 15);
    hw.type.add_latency = 1 + (unsigned)prng_below(g, 3);
    hw.design.psum_bits =
        bits < 32 ? bits : 24 + (unsigned)prng_below(g, (bits < 64 ? bits : 64) - 23);
    hw.design.dram_bytes_per_cycle = 1u << prng_below(g, 1 + bits / 64);
    derive(&hw);
    return hw;
}

struct layer case_conv(unsigned c, unsigned size, unsigned m, unsigned r, unsigned u,
                       unsigned pad) {
    struct layer l = {.name = "case",
                      .op = OP_CONV,
                      .input_count = 1,
                      .c = c,
                      .h = size,
                      .w = size,
                      .m = m,
                      .r = r,
                      .s = r,
                      .u = u,
                      .pad = pad,
                      .groups = 1};
    l.e = l.f = (size + 2 * pad - r) / u + 1;
    return l;
}

struct layer case_random_layer(struct prng *g, uint64_t max_macs) {
    struct layer l;
    do {
        l = case_conv(1 + (unsigned)prng_below(g, 40), 1 + (unsigned)prng_below(g, 24),
                      1 + (unsigned)prng_below(g, 40), 1, 1, 0);
        l.r = 1 + (unsigned)prng_below(g, prng_below(g, 4) ? 4 : 11);
        l.s = prng_below(g, 3) ? l.r : 1 + (unsigned)prng_below(g, 11);
        l.w = 1 + (unsigned)prng_below(g, 24);
        l.u = prng_below(g, 2) ? 1 : 1 + (unsigned)prng_below(g, 4);
        l.pad = prng_below(g, 2) ? (l.r - 1) / 2 : (unsigned)prng_below(g, l.r + 1);
        l.relu = (int)prng_below(g, 2);
        if (prng_below(g, 8) == 0) { /* FC: the batch in place of W */
            l.op = OP_FC;
            l.c = 1 + (unsigned)prng_below(g, 500);
            l.r = l.s = l.u = l.h = 1;
            l.w = 1 + (unsigned)prng_below(g, 4);
            l.pad = 0;
        }
        if (l.h + 2 * l.pad >= l.r && l.w + 2 * l.pad >= l.s) {
            l.e = (l.h + 2 * l.pad - l.r) / l.u + 1;
            l.f = (l.w + 2 * l.pad - l.s) / l.u + 1;
        } else {
            l.e = 0;
        }
    } while (l.e == 0 || layer_macs(&l) > max_macs);
    return l;
}

/* A number from 1 to max, often max. */
static unsigned pick(struct prng *g, unsigned max) {
    return prng_below(g, 4) ? 1 + (unsigned)prng_below(g, max) : max;
}

/* A divisor or multiple of lanes, from 1 to max. */
static unsigned pick_lanes(struct prng *g, unsigned lanes, unsigned max) {
    for (;;) {
        unsigned v = pick(g, max);
        if (v < lanes ? lanes % v == 0 : v % lanes == 0) {
            return v;
        }
    }
}

int case_random_mapping(struct prng *g, const struct hw *hw, const struct layer *layer,
                        struct mapping *m) {
    const struct design *z = &hw->design;
    for (unsigned tries = 0; tries < 2000; tries++) {
        *m = (struct mapping){.filters_outer = (unsigned)prng_below(g, 2),
                              .ifmap_buffers = (unsigned)prng_below(g, 6),
                              .filter_buffers = (unsigned)prng_below(g, 12)};
        m->plane = 1 + (unsigned)prng_below(g, 16);
        m->plane = mapping_viewable(layer, m->plane) ? m->plane : 0;
        const struct layer viewed = mapping_view(layer, m), *l = &viewed;
        m->d = prng_below(g, 2) ? l->u : 1;
        m->a = l->u / m->d;
        m->rk = pick(g, z->rows < l->r ? z->rows : (l->r + m->d - 1) / m->d);
        m->sk = pick(g, (l->s + m->d - 1) / m->d);
        m->e = pick(g, z->cols < l->e ? z->cols : l->e);
        m->f = pick(g, l->f);
        m->t = pick(g, z->cols / m->e);
        if (m->rk > z->rows || m->sk + m->a * m->rk > z->ifmap_spad_words) {
            continue;
        }
        m->r = pick(g, z->rows / m->rk);
        m->q = pick_lanes(g, hw->act_lanes, z->ifmap_spad_words / (m->sk + m->a * m->rk));
        m->p = pick_lanes(g, hw->psum_lanes, z->psum_spad_words);
        m->share = (unsigned)prng_below(g, 2);
        m->m = m->p * m->t * (1 + (unsigned)prng_below(g, 1 + l->m / (m->p * m->t)));
        mapping_bubbles(hw, l, m);
        if (mapping_place(hw, l, m, NULL) == 0 && mapping_check(hw, l, m, NULL) == 0) {
            return 0;
        }
    }
    return -1;
}

const char *case_text(const struct hw *hw, const struct layer *l, const struct mapping *m,
                      char *buf, size_t size) {
    const struct design *z = &hw->design;
    (void)snprintf(buf, size,
                   "array %ux%u spads %u/%u/%u glb %u bus %u psum %u lanes %u/%u/%u; "
                   "C%u H%u W%u M%u E%u F%u R%u S%u U%u pad %u; "
                   "e%u p%u q%u r%u t%u m%u f%u rk%u sk%u d%u share %u "
                   "plane %u outer %u buffers %u %u",
                   z->rows, z->cols, z->ifmap_spad_words, z->filter_spad_words,
                   z->psum_spad_words, hw->glb_words, z->bus_bits, z->psum_bits,
                   hw->act_lanes, hw->weight_lanes, hw->psum_lanes, l->c, l->h, l->w,
                   l->m, l->e, l->f, l->r, l->s, l->u, l->pad, m->e, m->p, m->q, m->r,
                   m->t, m->m, m->f, m->rk, m->sk, m->d, m->share, m->plane,
                   m->filters_outer, m->ifmap_buffers, m->filter_buffers);
    return buf;
}
