/* SPDX-License-Identifier: Apache-2.0
 *
 * Mappings: what their numbers mean, where their GLB regions go, and which are legal.
 */
#include "gen/mapping.h"

#include <stddef.h>

/* Steps of a layer, at most: keeps command lists below 512 MiB. */
static const uint64_t STEPS_MAX = 1u << 21;

static unsigned ceil_div(unsigned a, unsigned b) {
    return a / b + (a % b != 0);
}

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static unsigned gcd_u(unsigned a, unsigned b) {
    while (b) {
        unsigned c = a % b;
        a = b;
        b = c;
    }
    return a;
}

/* Taps of a kernel side of length n in phase ph: ph, ph + d, ... < n. */
static unsigned phase_taps(unsigned n, unsigned d, unsigned ph) {
    return ph < n ? ceil_div(n - ph, d) : 0;
}

/* Folds of all phases of a kernel side of length n. */
static unsigned side_folds(unsigned n, unsigned d, unsigned k) {
    unsigned folds = 0;
    for (unsigned ph = 0; ph < d && ph < n; ph++) {
        folds += ceil_div(phase_taps(n, d, ph), k);
    }
    return folds;
}

unsigned mapping_slice_count(const struct layer *l, const struct mapping *m) {
    return side_folds(l->r, m->d, m->rk) * side_folds(l->s, m->d, m->sk);
}

struct kernel_slice mapping_slice(const struct layer *l, const struct mapping *m,
                                  unsigned index) {
    struct kernel_slice slice = {0, 0};
    for (unsigned pr = 0; pr < m->d && pr < l->r; pr++) {
        unsigned row_folds = ceil_div(phase_taps(l->r, m->d, pr), m->rk);
        for (unsigned ps = 0; ps < m->d && ps < l->s; ps++) {
            unsigned col_folds = ceil_div(phase_taps(l->s, m->d, ps), m->sk);
            if (index < row_folds * col_folds) {
                slice.r0 = pr + index / col_folds * m->rk * m->d;
                slice.s0 = ps + index % col_folds * m->sk * m->d;
                return slice;
            }
            index -= row_folds * col_folds;
        }
    }
    return slice;
}

unsigned mapping_kf(const struct hw *hw, const struct mapping *m) {
    return ceil_div(m->p * m->q * m->sk, hw->weight_lanes);
}

unsigned mapping_kp(const struct hw *hw, const struct mapping *m) {
    return ceil_div(m->p, hw->psum_lanes);
}

uint64_t mapping_psum_stride(const struct hw *hw, const struct mapping *m, unsigned ev) {
    return ((uint64_t)ev * m->t * mapping_kp(hw, m) + 1) & ~UINT64_C(1);
}

void mapping_loops(const struct layer *l, const struct mapping *m,
                   struct mapping_loops *n) {
    n->strips = ceil_div(l->e, m->e);
    n->tiles = ceil_div(l->f, m->f);
    n->filter_groups = ceil_div(l->m, m->m);
    n->channel_groups = ceil_div(l->c, m->q * m->r);
    n->slices = mapping_slice_count(l, m);
    n->tile_slices = m->share ? min_u(m->d, l->r) : n->slices;
    n->outputs = (uint64_t)n->strips * n->tiles * n->filter_groups;
    n->steps = n->outputs * n->channel_groups * n->slices;
}

void mapping_step(const struct layer *l, const struct mapping *m, uint64_t index,
                  struct mapping_step *s) {
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    unsigned slice = (unsigned)(index % n.slices);
    index /= n.slices;
    unsigned group = (unsigned)(index % n.channel_groups);
    s->output = index / n.channel_groups;
    s->filter_group = (unsigned)(s->output % n.filter_groups);
    uint64_t tile = s->output / n.filter_groups;
    s->x0 = (unsigned)(tile % n.tiles) * m->f;
    s->fv = min_u(m->f, l->f - s->x0);
    s->y0 = (unsigned)(tile / n.tiles) * m->e;
    s->ev = min_u(m->e, l->e - s->y0);
    s->m0 = s->filter_group * m->m;
    s->passes = ceil_div(min_u(m->m, l->m - s->m0), m->p * m->t);
    s->c0 = group * m->q * m->r;
    s->slice = mapping_slice(l, m, slice);
    s->first = group == 0 && slice == 0;
    s->last = group == n.channel_groups - 1 && slice == n.slices - 1;
    s->tile = (tile * n.channel_groups + group) * n.tile_slices +
              (m->share ? s->slice.r0 % m->d : slice);
    s->run = ((uint64_t)s->filter_group * n.channel_groups + group) * n.slices + slice;
}

/* The existing ones of positions base, base + d, ... (count of them) in 0 .. size-1. */
static void clip(int64_t base, unsigned d, unsigned count, unsigned size, unsigned *lo,
                 unsigned *hi) {
    int64_t first = base < 0 ? (-base + d - 1) / d : 0;
    int64_t end = base < (int64_t)size ? ((int64_t)size - 1 - base) / d + 1 : 0;
    end = end < (int64_t)count ? end : (int64_t)count;
    *lo = end > first ? (unsigned)first : 0;
    *hi = end > first ? (unsigned)end : 0;
}

void mapping_window(const struct layer *l, const struct mapping *m,
                    const struct mapping_step *s, struct ifmap_window *w) {
    unsigned row_taps = min_u(m->rk, phase_taps(l->r, m->d, s->slice.r0));
    unsigned col_taps = min_u(m->sk, phase_taps(l->s, m->d, s->slice.s0));
    w->row = (int64_t)s->y0 * l->u + s->slice.r0 - l->pad;
    w->col = (int64_t)s->x0 * l->u + s->slice.s0 - l->pad;
    clip(w->row, m->d, (s->ev - 1) * m->a + row_taps, l->h, &w->y_lo, &w->y_hi);
    clip(w->col, m->d, (s->fv - 1) * m->a + col_taps, l->w, &w->pos_lo, &w->pos_hi);
    if (w->y_hi == 0 || w->pos_hi == 0) {
        w->y_lo = w->y_hi = w->pos_lo = w->pos_hi = 0;
    }
}

void mapping_tile(const struct hw *hw, const struct layer *l, const struct mapping *m,
                  const struct mapping_step *s, struct ifmap_tile *tile) {
    struct ifmap_window w;
    if (m->share) { /* the union over all slices of the phase row */
        unsigned ph = s->slice.r0 % m->d;
        w.row = (int64_t)s->y0 * l->u + ph - l->pad;
        w.col = (int64_t)s->x0 * l->u - l->pad;
        clip(w.row, m->d, (s->ev - 1) * m->a + phase_taps(l->r, m->d, ph), l->h, &w.y_lo,
             &w.y_hi);
        clip(w.col, 1, (s->fv - 1) * l->u + l->s, l->w, &w.pos_lo, &w.pos_hi);
    } else {
        mapping_window(l, m, s, &w);
    }
    unsigned step = m->share ? 1 : m->d;
    tile->rows = w.y_hi - w.y_lo;
    tile->row = tile->rows ? (unsigned)(w.row + (int64_t)w.y_lo * m->d) : 0;
    tile->cols = w.pos_hi ? (w.pos_hi - 1 - w.pos_lo) * step + 1 : 0;
    tile->col = tile->cols ? (unsigned)(w.col + (int64_t)w.pos_lo * step) : 0;
    unsigned channels = min_u(m->q * m->r, l->c - s->c0);
    tile->block = s->c0 / hw->act_lanes;
    tile->blocks = ceil_div(s->c0 % hw->act_lanes + channels, hw->act_lanes);
}

unsigned mapping_bubbles(const struct hw *hw, const struct layer *l,
                         const struct mapping *m) {
    unsigned depth = hw->design.ifmap_spad_words / m->q;
    unsigned passes = ceil_div(min_u(m->m, l->m), m->p * m->t);
    unsigned rest = l->m % m->m, narrow = l->f % m->f;
    unsigned tail = rest ? ceil_div(rest, m->p * m->t) : passes;
    narrow = narrow ? narrow : m->f;
    if ((uint64_t)min_u(tail, passes) * narrow < m->rk) {
        return m->rk;
    }
    for (unsigned n = 1; n < m->rk; n++) {
        if (depth >= m->a * (m->rk - 1 - n) + 2 * m->sk) {
            return n;
        }
    }
    return m->rk;
}

/* The largest number of blocks that the channels of a step touch. */
static unsigned tile_blocks(const struct hw *hw, const struct layer *l,
                            const struct mapping *m) {
    unsigned cb = hw->act_lanes, n = m->q * m->r;
    if (n >= l->c) {
        return ceil_div(l->c, cb);
    }
    unsigned lane = cb - gcd_u(n, cb); /* the worst first lane */
    return min_u(ceil_div(lane + n, cb), ceil_div(l->c, cb));
}

static uint64_t ifmap_need(const struct hw *hw, const struct layer *l,
                           const struct mapping *m) {
    uint64_t taps = m->share ? ceil_div(l->r, m->d) : m->rk;
    uint64_t rows = (uint64_t)(m->e - 1) * m->a + taps;
    uint64_t cols = m->share ? (uint64_t)(m->f - 1) * l->u + l->s
                             : ((uint64_t)(m->f - 1) * m->a + m->sk - 1) * m->d + 1;
    uint64_t h = ceil_div(l->h, m->d);
    return (rows < h ? rows : h) * (cols < l->w ? cols : l->w) * tile_blocks(hw, l, m);
}

/* Region sizes in bus words: ifmap, filter, psum, ofmap, bias. */
enum { REGIONS = 5 };
static void region_needs(const struct hw *hw, const struct layer *l,
                         const struct mapping *m, uint64_t need[REGIONS]) {
    uint64_t passes = ceil_div(min_u(m->m, l->m), m->p * m->t);
    uint64_t stride = mapping_psum_stride(hw, m, m->e);
    uint64_t filters = passes * m->p * m->t, cb = hw->act_lanes;
    int whole = m->q * m->r >= l->c && mapping_slice_count(l, m) == 1;
    need[0] = ifmap_need(hw, l, m);
    need[1] = passes * m->rk * m->r * m->t * mapping_kf(hw, m);
    need[2] = whole ? 0 : passes * m->f * stride;
    need[3] = (filters + cb - 1) / cb * m->e * m->f;
    need[4] = passes * m->t * mapping_kp(hw, m);
}

int mapping_place(const struct hw *hw, const struct layer *l, struct mapping *m,
                  uint64_t *banks) {
    struct glb_regions g = {0};
    uint32_t *base[REGIONS] = {g.ifmap, g.filter, &g.psum, g.ofmap, g.bias};
    uint32_t *words[REGIONS] = {&g.ifmap_words, &g.filter_words, &g.psum_words,
                                &g.ofmap_words, &g.bias_words};
    uint64_t need[REGIONS], at = 0, end = 0, bank = hw->glb_bank_words;
    uint64_t limit = hw->glb_words < (1u << 24) ? hw->glb_words : 1u << 24;
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    region_needs(hw, l, m, need);
    const uint64_t loads[REGIONS] = {
        (uint64_t)n.strips * n.tiles * n.channel_groups * n.tile_slices,
        (uint64_t)n.filter_groups * n.channel_groups * n.slices, 1, n.outputs,
        n.filter_groups};
    for (size_t i = 0; i < REGIONS; i++) {
        if (need[i] > UINT32_MAX) {
            at = UINT64_MAX;
            break;
        }
        *words[i] = (uint32_t)need[i];
        for (size_t k = 0; k < (loads[i] > 1 ? 2 : 1); k++) {
            base[i][k] = (uint32_t)(at * bank);
            end = need[i] ? at * bank + need[i] : end;
            at += (need[i] + bank - 1) / bank;
        }
        if (loads[i] == 1 && i != 2) {
            base[i][1] = base[i][0];
        }
    }
    if (banks) {
        *banks = at;
    }
    if (at == UINT64_MAX || end > limit) {
        return -1;
    }
    m->glb = g;
    return 0;
}

/* One rule: value must be at least min and at most max. */
struct rule {
    const char *what;
    uint64_t value, min, max;
};

static int check_rules(const struct rule *rules, size_t count, const struct layer *l,
                       struct error *err) {
    for (size_t i = 0; i < count; i++) {
        const struct rule *r = &rules[i];
        if (r->value < r->min || r->value > r->max) {
            return error_set(err, "mapping of %s: %s is %llu, must be %llu to %llu",
                             l->name, r->what, (unsigned long long)r->value,
                             (unsigned long long)r->min, (unsigned long long)r->max);
        }
    }
    return 0;
}

static int check_letters(const struct hw *hw, const struct layer *l,
                         const struct mapping *m, struct error *err) {
    const struct design *g = &hw->design;
    unsigned cb = hw->act_lanes, pb = hw->psum_lanes;
    const struct rule rules[] = {
        {"e", m->e, 1, min_u(l->e, g->cols)},
        {"f", m->f, 1, l->f},
        {"p", m->p, 1, g->psum_spad_words},
        {"q", m->q, 1, g->ifmap_spad_words},
        {"r", m->r, 1, g->rows},
        {"t", m->t, 1, g->cols},
        {"d", m->d, 1, l->u},
        {"rk", m->rk, 1, g->rows},
        {"sk", m->sk, 1, l->s},
        {"m", m->m, 1, 1u << 24},
        {"share", m->share, 0, 1},
        {"rows of the chain", (uint64_t)m->rk * m->r, 1, g->rows},
        {"columns of the sets", (uint64_t)m->e * m->t, 1, g->cols},
    };
    if (check_rules(rules, sizeof rules / sizeof *rules, l, err)) {
        return -1;
    }
    if ((m->d != 1 && m->d != l->u) || m->a * m->d != l->u) {
        return error_set(err, "mapping of %s: d = %u, a = %u do not make stride %u",
                         l->name, m->d, m->a, l->u);
    }
    if ((cb % m->q && m->q % cb) || (pb % m->p && m->p % pb)) {
        return error_set(err, "mapping of %s: q = %u or p = %u does not fit lanes %u, %u",
                         l->name, m->q, m->p, cb, pb);
    }
    if (m->m % (m->p * m->t) || (m->m < l->m && m->m % cb)) {
        return error_set(err, "mapping of %s: m = %u is no multiple of p*t = %u or of %u",
                         l->name, m->m, m->p * m->t, cb);
    }
    return 0;
}

static int check_fields(const struct hw *hw, const struct layer *l,
                        const struct mapping *m, struct error *err) {
    const struct design *g = &hw->design;
    uint64_t kf = mapping_kf(hw, m), end = (uint64_t)(m->f - 1) * m->a;
    uint64_t jump = (m->sk > m->a ? m->sk - m->a : m->a - m->sk);
    uint64_t stride = mapping_psum_stride(hw, m, m->e);
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    const struct rule rules[] = {
        {"rk", m->rk, 1, ceil_div(l->r, m->d)},
        {"sk", m->sk, 1, min_u(ceil_div(l->s, m->d), 255)},
        {"filter spad words", kf * hw->weight_lanes + (uint64_t)m->p * m->q * m->sk, 1,
         g->filter_spad_words},
        {"ifmap spad positions", g->ifmap_spad_words / m->q,
         m->sk + (uint64_t)m->a * m->rk, UINT16_MAX},
        {"bubbles", m->bubbles, mapping_bubbles(hw, l, m), mapping_bubbles(hw, l, m)},
        {"stride", l->u, 1, 255},
        {"weights of a pass", (uint64_t)m->sk * m->q, 1, UINT16_MAX},
        {"weight words of a chain row", m->t * kf, 1, UINT16_MAX},
        {"q", m->q, 1, hw->act_lanes > 255 ? 255 : 255 * (uint64_t)hw->act_lanes},
        {"p", m->p, 1, hw->psum_lanes > 255 ? 255 : 255 * (uint64_t)hw->psum_lanes},
        {"jump to a new window", jump * m->d, 0, INT16_MAX},
        {"ifmap rows", (uint64_t)(m->e - 1) * m->a + m->rk, 1, UINT16_MAX},
        {"ifmap columns", (m->f - 1) * (uint64_t)l->u + l->s, 1, UINT16_MAX},
        {"ifmap positions", end + m->sk, 1, UINT16_MAX},
        {"blocks", tile_blocks(hw, l, m), 1, UINT16_MAX},
        {"passes", m->m / (m->p * m->t), 1, UINT16_MAX},
        {"psum stride", stride, 1, UINT16_MAX},
        {"psum words of a pass", m->f * stride, 1, (1u << 24) - 1},
        {"steps", n.steps, 1, STEPS_MAX},
    };
    return check_rules(rules, sizeof rules / sizeof *rules, l, err);
}

/* Regions hold what they must, start on banks, and do not meet. */
static int check_regions(const struct hw *hw, const struct layer *l,
                         const struct mapping *m, struct error *err) {
    const struct glb_regions *g = &m->glb;
    uint64_t need[REGIONS], bank = hw->glb_bank_words;
    const struct {
        uint64_t base, words, need;
    } all[] = {{g->ifmap[0], g->ifmap_words, 0},   {g->ifmap[1], g->ifmap_words, 0},
               {g->filter[0], g->filter_words, 1}, {g->filter[1], g->filter_words, 1},
               {g->psum, g->psum_words, 2},        {g->ofmap[0], g->ofmap_words, 3},
               {g->ofmap[1], g->ofmap_words, 3},   {g->bias[0], g->bias_words, 4},
               {g->bias[1], g->bias_words, 4}};
    struct mapping placed = *m;
    region_needs(hw, l, m, need);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t end = all[i].base + all[i].words;
        if (all[i].words < need[all[i].need] || all[i].base % bank ||
            end > hw->glb_words || end > 1u << 24) {
            return error_set(err, "mapping of %s: GLB region %zu is short or misplaced",
                             l->name, i);
        }
        for (size_t k = 0; k < i; k++) {
            uint64_t last = (all[k].base + all[k].words + bank - 1) / bank * bank;
            int meet = all[i].base < last && all[k].base < (end + bank - 1) / bank * bank;
            int twins = all[i].need == all[k].need && all[i].base == all[k].base;
            if (all[i].words && all[k].words && meet && !twins) {
                return error_set(err, "mapping of %s: GLB regions %zu and %zu meet",
                                 l->name, k, i);
            }
        }
    }
    /* a buffer may be single only where mapping_place makes it so */
    if (mapping_place(hw, l, &placed, NULL) == 0) {
        const struct glb_regions *h = &placed.glb;
        if ((g->ifmap[0] == g->ifmap[1] && h->ifmap[0] != h->ifmap[1]) ||
            (g->filter[0] == g->filter[1] && h->filter[0] != h->filter[1]) ||
            (g->ofmap[0] == g->ofmap[1] && h->ofmap[0] != h->ofmap[1]) ||
            (g->bias[0] == g->bias[1] && h->bias[0] != h->bias[1])) {
            return error_set(err, "mapping of %s: a GLB buffer is not doubled", l->name);
        }
    }
    return 0;
}

int mapping_check(const struct hw *hw, const struct layer *l, const struct mapping *m,
                  struct error *err) {
    if (check_letters(hw, l, m, err) || check_fields(hw, l, m, err)) {
        return -1;
    }
    return check_regions(hw, l, m, err);
}
