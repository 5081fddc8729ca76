/* SPDX-License-Identifier: Apache-2.0
 *
 * Command words.
 */
#include "gen/command_encode.h"

/* A number and its place in a command. */
struct field {
    const char *what;
    unsigned word, shift, bits;
    uint64_t value;
};

static int put_fields(struct command *c, const struct field *fields, size_t count,
                      struct error *err) {
    for (size_t i = 0; i < count; i++) {
        const struct field *f = &fields[i];
        if (f->value >> f->bits) {
            return error_set(err, "command field %s is %llu, at most %llu fits", f->what,
                             (unsigned long long)f->value,
                             (unsigned long long)((UINT64_C(1) << f->bits) - 1));
        }
        c->w[f->word] |= (uint32_t)f->value << f->shift;
    }
    return 0;
}

void command_dma_merge(struct dma *dma, unsigned bus_bytes) {
    if (dma->segments == 1 || dma->segment_bytes == dma->words * bus_bytes) {
        dma->words *= dma->segments;
        dma->segments = dma->planes;
        dma->segment_bytes = dma->plane_bytes;
        dma->planes = 1;
    }
    if (dma->planes == 1 &&
        (dma->segments == 1 || dma->segment_bytes == dma->words * bus_bytes)) {
        dma->words *= dma->segments;
        dma->segments = 1;
    }
    if (dma->segments == 1) {
        dma->segment_bytes = 0;
    }
    if (dma->planes == 1) {
        dma->plane_bytes = 0;
    }
}

int command_encode_dma(uint32_t op, const struct dma *dma, unsigned bus_bytes,
                       struct command *c, struct error *err) {
    const uint64_t span = (uint64_t)(dma->planes - 1) * dma->plane_bytes +
                          (uint64_t)(dma->segments - 1) * dma->segment_bytes +
                          (uint64_t)dma->words * bus_bytes;
    if (span >> 32) {
        return error_set(err, "a transfer spans %llu bytes of DRAM, the limit is 4 GB",
                         (unsigned long long)span);
    }
    const struct field fields[] = {
        {"address low", 1, 0, 32, dma->dram & UINT32_MAX},
        {"address high", 2, 0, 32, dma->dram >> 32},
        {"GLB address", 3, 0, 24, dma->glb},
        {"words per segment", 4, 0, 24, dma->words},
        {"segments per plane", 5, 0, 24, dma->segments},
        {"segment stride", 6, 0, 32, dma->segment_bytes},
        {"planes", 7, 0, 24, dma->planes},
        {"plane stride", 8, 0, 32, dma->plane_bytes},
        {"bus words", 9, 0, 24, (uint64_t)dma->words * dma->segments * dma->planes},
    };
    *c = (struct command){{op}};
    return put_fields(c, fields, sizeof fields / sizeof *fields, err);
}

static unsigned ceil_div(unsigned a, unsigned b) {
    return a / b + (a % b != 0);
}

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

int command_encode_config(const struct hw *hw, const struct layer *l,
                          const struct mapping *m, unsigned requant_shift,
                          struct command *c, struct error *err) {
    uint64_t q = m->q, d = m->d, kf = mapping_kf(hw, m);
    unsigned cb = hw->act_lanes, pb = hw->psum_lanes;
    uint32_t new_offset = m->sk * m->d - m->a * m->d; /* two's complement */
    const struct field fields[] = {
        {"chain_rows", 1, 0, 8, (uint64_t)m->rk * m->r},
        {"rk", 1, 8, 8, m->rk},
        {"e", 1, 16, 8, m->e},
        {"t", 1, 24, 8, m->t},
        {"sq", 2, 0, 16, m->sk * q},
        {"p", 2, 16, 16, m->p},
        {"ring_words", 3, 0, 16, hw->design.ifmap_spad_words / q * q},
        {"adv_words", 3, 16, 16, m->a * q},
        {"a", 4, 0, 8, m->a},
        {"sk", 4, 8, 8, m->sk},
        {"kw", 4, 16, 8, ceil_div(m->q, cb)},
        {"qt", 4, 24, 8, min_u(m->q, cb)},
        {"kf", 5, 0, 16, kf},
        {"row_words", 5, 16, 16, m->t * kf},
        {"kp", 6, 0, 8, mapping_kp(hw, m)},
        {"pt", 6, 8, 8, min_u(m->p, pb)},
        {"requant_shift", 6, 16, 6, requant_shift},
        {"relu", 6, 24, 1, l->relu != 0},
        {"bubbles", 7, 0, 8, m->bubbles},
        {"x_step", 7, 8, 8, m->d},
        {"ready_bubbles", 7, 16, 8, m->ready_bubbles},
        {"pos_step", 8, 0, 16, m->a * d},
        {"new_offset", 8, 16, 16, new_offset & 0xffffu},
    };
    *c = (struct command){{CMD_CONFIG}};
    return put_fields(c, fields, sizeof fields / sizeof *fields, err);
}

/* GLB word of position 0 of row 0 of block 0, modulo 2^24. */
static uint32_t origin(const struct mapping *m, const struct ifmap_tile *tile,
                       const struct ifmap_window *w, unsigned buffer) {
    int64_t rows = (w->row - (int64_t)tile->row) / m->d; /* whole: rows of one phase */
    int64_t at = mapping_buffer(m, GLB_IFMAP, buffer) + rows * tile->cols + w->col -
                 (int64_t)tile->col;
    return w->y_hi ? (uint32_t)((uint64_t)at & 0xffffffu) : 0;
}

int command_encode_compute(const struct hw *hw, const struct layer *l,
                           const struct mapping *m, const struct mapping_step *s,
                           const struct step_buffers *buffers, struct command *c,
                           struct error *err) {
    uint64_t end = (uint64_t)(s->fv - 1) * m->a;
    uint64_t stride = mapping_psum_stride(hw, m, s->ev);
    struct ifmap_window w;
    struct ifmap_tile tile;
    mapping_window(l, m, s, &w);
    mapping_tile(hw, l, m, s, &tile);
    const struct field fields[] = {
        {"origin", 1, 0, 24, origin(m, &tile, &w, buffers->ifmap)},
        {"ev", 1, 24, 8, s->ev},
        {"row_pitch", 2, 0, 16, tile.cols},
        {"y_rows", 2, 16, 16, (uint64_t)(s->ev - 1) * m->a + m->rk},
        {"blk_pitch", 3, 0, 24, (uint64_t)tile.rows * tile.cols},
        {"lane0", 3, 24, 8, s->c0 % hw->act_lanes},
        {"pos_lo", 4, 0, 16, w.pos_lo},
        {"pos_hi", 4, 16, 16, w.pos_hi},
        {"y_lo", 5, 0, 16, w.y_lo},
        {"y_hi", 5, 16, 16, w.y_hi},
        {"beats", 6, 0, 16, s->fv},
        {"passes", 6, 16, 16, s->passes},
        {"end_pos", 7, 0, 16, end},
        {"blocks", 7, 16, 16, tile.blocks},
        {"end_addr", 8, 0, 24, end * m->d},
        {"filter base", 9, 0, 24, mapping_buffer(m, GLB_FILTER, buffers->filter)},
        {"psum base", 10, 0, 24, m->glb[GLB_PSUM].base},
        {"psum_end", 11, 0, 24, (s->fv - 1) * stride},
        {"bias base", 12, 0, 24, mapping_buffer(m, GLB_BIAS, buffers->bias)},
        {"ofmap base", 13, 0, 24, mapping_buffer(m, GLB_OFMAP, buffers->ofmap)},
        {"ofmap blk_pitch", 14, 0, 24, (uint64_t)s->ev * s->fv},
        {"psum_stride", 15, 0, 16, stride},
    };
    uint32_t flags = (s->first ? (uint32_t)CMD_FIRST : 0) | (s->last ? CMD_LAST : 0);
    *c = (struct command){{CMD_COMPUTE | flags}};
    return put_fields(c, fields, sizeof fields / sizeof *fields, err);
}
