/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors in DRAM.
 */
#include "verif/layout.h"

#include <string.h>

void layout_put(uint8_t *array, size_t lane, unsigned bits, int64_t value) {
    uint64_t v = (uint64_t)value;
    if (bits < 8) {
        size_t per_byte = 8 / bits;
        unsigned shift = (unsigned)(lane % per_byte) * bits;
        unsigned mask = ((1u << bits) - 1u) << shift;
        uint8_t *byte = array + lane / per_byte;
        *byte = (uint8_t)((*byte & ~mask) | ((unsigned)(v << shift) & mask));
        return;
    }
    uint8_t *at = array + lane * (bits / 8);
    for (unsigned i = 0; i < bits / 8; i++) {
        at[i] = (uint8_t)(v >> (8 * i));
    }
}

int64_t layout_get(const uint8_t *array, size_t lane, unsigned bits) {
    uint64_t v = 0;
    if (bits < 8) {
        size_t per_byte = 8 / bits;
        v = (uint64_t)array[lane / per_byte] >> ((lane % per_byte) * bits);
    } else {
        const uint8_t *at = array + lane * (bits / 8);
        for (unsigned i = 0; i < bits / 8; i++) {
            v |= (uint64_t)at[i] << (8 * i);
        }
    }
    if (bits < 64) { /* sign-extend */
        uint64_t sign = UINT64_C(1) << (bits - 1);
        v = ((v & ((sign << 1) - 1)) ^ sign) - sign;
    }
    return (int64_t)v;
}

uint64_t layout_map_bytes(const struct hw *hw, unsigned channels, unsigned rows,
                          unsigned columns) {
    uint64_t blocks = (channels + hw->act_lanes - 1) / hw->act_lanes;
    return blocks * rows * columns * hw->bus_bytes;
}

void layout_pack_ifmap(uint8_t *image, const struct hw *hw, const struct layer *l,
                       uint64_t address, const int32_t *ifmap) {
    const size_t plane = (size_t)l->h * l->w;
    const size_t lanes = hw->act_lanes;
    uint8_t *region = image + address;
    for (unsigned c = 0; c < l->c; c++) {
        size_t base = (c / lanes) * plane * lanes + c % lanes;
        for (size_t i = 0; i < plane; i++) {
            layout_put(region, base + i * lanes, hw->act_mem_bits, ifmap[c * plane + i]);
        }
    }
}

/* The weight word of filter at[0], channel at[1], tap at[2], at[3]; zero beyond them. */
static int64_t weight_or_zero(const struct hw *hw, const struct layer *l,
                              const unsigned at[4], const int32_t *weights) {
    if (at[0] >= l->m || at[1] >= l->c || at[2] >= l->r || at[3] >= l->s) {
        return hw->type.weight_zero;
    }
    return weights[(((size_t)at[0] * l->c + at[1]) * l->r + at[2]) * l->s + at[3]];
}

/* One filter row of one chain row and set: p filters x q channels x sk taps. */
static void pack_filter_row(uint8_t *to, const struct hw *hw, const struct layer *l,
                            const struct mapping *m, const unsigned first[4],
                            const int32_t *weights) {
    for (unsigned s = 0; s < m->sk; s++) {
        for (unsigned c = 0; c < m->q; c++) {
            size_t idx = (size_t)s * m->q + c;
            for (unsigned f = 0; f < m->p; f++) {
                const unsigned at[4] = {first[0] + f, first[1] + c, first[2],
                                        first[3] + s * m->d};
                layout_put(to, idx * m->p + f, hw->weight_mem_bits,
                           weight_or_zero(hw, l, at, weights));
            }
        }
    }
}

static unsigned filter_words(const struct hw *hw, const struct mapping *m) {
    return (m->p * m->q * m->sk + hw->weight_lanes - 1) / hw->weight_lanes;
}

void layout_pack_weights(uint8_t *image, const struct hw *hw, const struct layer *l,
                         const struct mapping *m, const struct weight_run *run,
                         const int32_t *weights) {
    const size_t row_bytes = (size_t)filter_words(hw, m) * hw->bus_bytes;
    uint8_t *at = image + run->address;
    for (unsigned pass = 0; pass < run->passes; pass++) {
        for (unsigned i = 0; i < m->rk * m->r; i++) {
            unsigned row = run->slice.r0 + (i % m->rk) * m->d;
            for (unsigned h = 0; h < m->t; h++, at += row_bytes) {
                const unsigned first[4] = {run->m0 + (pass * m->t + h) * m->p,
                                           run->c0 + (i / m->rk) * m->q, row,
                                           run->slice.s0};
                pack_filter_row(at, hw, l, m, first, weights);
            }
        }
    }
}

void layout_pack_bias(uint8_t *image, const struct hw *hw, const struct layer *l,
                      const struct mapping *m, const struct bias_run *run,
                      const int64_t *bias) {
    const unsigned words = (m->p + hw->psum_lanes - 1) / hw->psum_lanes;
    uint8_t *at = image + run->address;
    for (unsigned i = 0; i < run->passes * m->t; i++) {
        for (unsigned f = 0; f < m->p; f++) {
            unsigned filter = run->m0 + i * m->p + f;
            if (filter < l->m) {
                layout_put(at, f, hw->psum_mem_bits, bias[filter]);
            }
        }
        at += (size_t)words * hw->bus_bytes;
    }
}

/* A region must hold what the layer puts there, and the image the region. */
static int check_region(const char *what, uint64_t address, uint64_t bytes, uint64_t need,
                        const struct dram_map *dram, struct error *err) {
    if (need > bytes || address > dram->total_bytes ||
        bytes > dram->total_bytes - address) {
        return error_set(err,
                         "DRAM region %s at %llu with %llu bytes must hold %llu bytes "
                         "and end within %llu",
                         what, (unsigned long long)address, (unsigned long long)bytes,
                         (unsigned long long)need, (unsigned long long)dram->total_bytes);
    }
    return 0;
}

static int check_run(const char *what, uint64_t address, uint64_t words, uint64_t need,
                     uint64_t base, uint64_t bytes, const struct hw *hw,
                     struct error *err) {
    const uint64_t end = base + bytes;
    if (words != need || address < base || address + words * hw->bus_bytes > end) {
        return error_set(err,
                         "%s run at %llu has %llu bus words, must have %llu and lie in "
                         "%llu..%llu",
                         what, (unsigned long long)address, (unsigned long long)words,
                         (unsigned long long)need, (unsigned long long)base,
                         (unsigned long long)end);
    }
    return 0;
}

static int pack_runs(uint8_t *image, const struct hw *hw, const struct layer *l,
                     const struct mapping *m, const struct command_list *list,
                     const struct tensors *t, struct error *err) {
    const struct dram_map *dram = &list->dram;
    const uint64_t row_words = filter_words(hw, m);
    const uint64_t bias_words = (m->p + hw->psum_lanes - 1) / hw->psum_lanes;
    for (size_t i = 0; i < list->weight_run_count; i++) {
        const struct weight_run *run = &list->weight_runs[i];
        uint64_t need = (uint64_t)run->passes * m->rk * m->r * m->t * row_words;
        if (check_run("weight", run->address, run->words, need, dram->weights,
                      dram->weights_bytes, hw, err)) {
            return -1;
        }
        layout_pack_weights(image, hw, l, m, run, t->weights);
    }
    for (size_t i = 0; i < list->bias_run_count; i++) {
        const struct bias_run *run = &list->bias_runs[i];
        uint64_t need = (uint64_t)run->passes * m->t * bias_words;
        if (check_run("bias", run->address, run->words, need, dram->bias,
                      dram->bias_bytes, hw, err)) {
            return -1;
        }
        layout_pack_bias(image, hw, l, m, run, t->bias);
    }
    return 0;
}

int layout_fill(uint8_t *image, const struct hw *hw, const struct layer *l,
                const struct mapping *m, const struct command_list *list,
                const struct tensors *t, struct error *err) {
    const struct dram_map *dram = &list->dram;
    const uint64_t bytes = list->count * sizeof list->commands[0];
    if (check_region("commands", dram->commands, dram->commands_bytes, bytes, dram,
                     err) ||
        check_region("ifmap", dram->ifmap, dram->ifmap_bytes,
                     layout_map_bytes(hw, l->c, l->h, l->w), dram, err) ||
        check_region("weights", dram->weights, dram->weights_bytes, 0, dram, err) ||
        check_region("bias", dram->bias, dram->bias_bytes, 0, dram, err) ||
        check_region("ofmap", dram->ofmap, dram->ofmap_bytes,
                     layout_map_bytes(hw, l->m, l->e, l->f), dram, err)) {
        return -1;
    }
    for (size_t i = 0; i < list->count; i++) {
        for (unsigned w = 0; w < COMMAND_WORDS; w++) {
            layout_put(image + dram->commands, i * COMMAND_WORDS + w, 32,
                       (int32_t)list->commands[i].w[w]);
        }
    }
    layout_pack_ifmap(image, hw, l, dram->ifmap, t->ifmap);
    return pack_runs(image, hw, l, m, list, t, err);
}

uint64_t layout_compare(const uint8_t *image, const struct hw *hw, const struct layer *l,
                        uint64_t address, const int32_t *ofmap, struct mismatch *first) {
    const unsigned lanes = hw->act_lanes;
    const unsigned blocks = (l->m + lanes - 1) / lanes;
    const size_t plane = (size_t)l->e * l->f;
    const uint8_t *region = image + address;
    uint64_t count = 0;
    for (unsigned m = 0; m < blocks * lanes; m++) {
        size_t base = (m / lanes) * plane * lanes + m % lanes;
        for (size_t i = 0; i < plane; i++) {
            int64_t got = layout_get(region, base + i * lanes, hw->act_mem_bits);
            int64_t want = m < l->m ? ofmap[m * plane + i] : 0;
            if (got != want) {
                if (count < LAYOUT_SHOWN) {
                    first[count] = (struct mismatch){m, (unsigned)(i / l->f),
                                                     (unsigned)(i % l->f), got, want};
                }
                count++;
            }
        }
    }
    return count;
}

void layout_unpack_ofmap(const uint8_t *image, const struct hw *hw, const struct layer *l,
                         uint64_t address, int32_t *ofmap) {
    const size_t lanes = hw->act_lanes;
    const size_t plane = (size_t)l->e * l->f;
    for (unsigned m = 0; m < l->m; m++) {
        size_t base = (m / lanes) * plane * lanes + m % lanes;
        for (size_t i = 0; i < plane; i++) {
            ofmap[m * plane + i] =
                (int32_t)layout_get(image + address, base + i * lanes, hw->act_mem_bits);
        }
    }
}
