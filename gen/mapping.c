/* SPDX-License-Identifier: Apache-2.0
 *
 * Mappings: what their numbers mean, where their GLB regions go, and which are legal.
 */
#include "gen/mapping.h"

#include <stddef.h>

/* Steps of a layer, at most: keeps command lists below 512 MiB. */
static const uint64_t STEPS_MAX = 1u << 21;

/* Buffers that are worth while where fewer would do to load nothing twice. */
enum { BUFFERS_AHEAD = 3 };

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

int mapping_viewable(const struct layer *l, unsigned plane) {
    return plane == 0 || (l->r == 1 && l->s == 1 && l->u == 1 && l->pad == 0 &&
                          l->h * l->w % plane == 0);
}

struct layer mapping_view(const struct layer *l, const struct mapping *m) {
    struct layer view = *l;
    if (m->plane) {
        view.h = view.e = m->plane;
        view.w = view.f = l->h * l->w / m->plane;
    }
    return view;
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
    const uint64_t column_tiles = (uint64_t)n.strips * n.tiles;
    uint64_t outer = s->output / n.filter_groups, inner = s->output % n.filter_groups;
    if (m->filters_outer) {
        outer = s->output / column_tiles;
        inner = s->output % column_tiles;
    }
    const uint64_t tile = m->filters_outer ? inner : outer;
    s->filter_group = (unsigned)(m->filters_outer ? outer : inner);
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

void mapping_rows(const struct layer *l, const struct mapping *m,
                  const struct mapping_step *s, struct ifmap_window *w) {
    unsigned taps = min_u(m->rk, phase_taps(l->r, m->d, s->slice.r0));
    w->row = (int64_t)s->y0 * l->u + s->slice.r0 - l->pad;
    clip(w->row, m->d, (s->ev - 1) * m->a + taps, l->h, &w->y_lo, &w->y_hi);
}

void mapping_positions(const struct layer *l, const struct mapping *m,
                       const struct mapping_step *s, struct ifmap_window *w) {
    unsigned taps = min_u(m->sk, phase_taps(l->s, m->d, s->slice.s0));
    w->col = (int64_t)s->x0 * l->u + s->slice.s0 - l->pad;
    clip(w->col, m->d, (s->fv - 1) * m->a + taps, l->w, &w->pos_lo, &w->pos_hi);
}

void mapping_window(const struct layer *l, const struct mapping *m,
                    const struct mapping_step *s, struct ifmap_window *w) {
    mapping_rows(l, m, s, w);
    mapping_positions(l, m, s, w);
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

/* The least number of idle beats, at least `least`, before a step: its first window goes
 * into the ring while the rows of a set still use the positions of the last beats. */
static unsigned idle_beats(const struct hw *hw, const struct mapping *m, unsigned least) {
    const unsigned depth = hw->design.ifmap_spad_words / m->q;
    for (unsigned n = least; n < m->rk; n++) {
        if (depth >= m->a * (m->rk - 1 - n) + 2 * m->sk) {
            return n;
        }
    }
    return m->rk;
}

unsigned mapping_idle_beats(const struct hw *hw, const struct mapping *m) {
    return idle_beats(hw, m, 0);
}

/* Whether some step has fewer beats than its sets have rows. */
static int short_steps(const struct layer *l, const struct mapping *m) {
    unsigned passes = ceil_div(min_u(m->m, l->m), m->p * m->t);
    unsigned rest = l->m % m->m, narrow = l->f % m->f;
    unsigned tail = rest ? ceil_div(rest, m->p * m->t) : passes;
    narrow = narrow ? narrow : m->f;
    return (uint64_t)min_u(tail, passes) * narrow < m->rk;
}

void mapping_bubbles(const struct hw *hw, const struct layer *l, struct mapping *m) {
    const int all = short_steps(l, m);
    m->bubbles = all ? m->rk : idle_beats(hw, m, 1);
    m->ready_bubbles = all ? m->rk : idle_beats(hw, m, 0);
}

unsigned mapping_tile_blocks(const struct hw *hw, const struct layer *l,
                             const struct mapping *m) {
    unsigned cb = hw->act_lanes, n = m->q * m->r;
    if (n >= l->c) {
        return ceil_div(l->c, cb);
    }
    unsigned lane = cb - gcd_u(n, cb); /* the worst first lane */
    return min_u(ceil_div(lane + n, cb), ceil_div(l->c, cb));
}

uint64_t mapping_ifmap_need(const struct hw *hw, const struct layer *l,
                            const struct mapping *m) {
    uint64_t taps = m->share ? ceil_div(l->r, m->d) : m->rk;
    uint64_t rows = (uint64_t)(m->e - 1) * m->a + taps;
    uint64_t cols = m->share ? (uint64_t)(m->f - 1) * l->u + l->s
                             : ((uint64_t)(m->f - 1) * m->a + m->sk - 1) * m->d + 1;
    uint64_t h = ceil_div(l->h, m->d);
    return (rows < h ? rows : h) * (cols < l->w ? cols : l->w) *
           mapping_tile_blocks(hw, l, m);
}

static void region_needs(const struct hw *hw, const struct layer *l,
                         const struct mapping *m, uint64_t need[GLB_USES]) {
    uint64_t passes = ceil_div(min_u(m->m, l->m), m->p * m->t);
    uint64_t stride = mapping_psum_stride(hw, m, m->e);
    uint64_t filters = passes * m->p * m->t, cb = hw->act_lanes;
    int whole = m->q * m->r >= l->c && mapping_slice_count(l, m) == 1;
    need[GLB_IFMAP] = mapping_ifmap_need(hw, l, m);
    need[GLB_FILTER] = passes * m->rk * m->r * m->t * mapping_kf(hw, m);
    need[GLB_PSUM] = whole ? 0 : passes * m->f * stride;
    need[GLB_OFMAP] = (filters + cb - 1) / cb * m->e * m->f;
    need[GLB_BIAS] = passes * m->t * mapping_kp(hw, m);
}

static struct mapping_contents contents_of(const struct mapping_loops *n,
                                           const struct mapping *m, enum glb_use use) {
    const uint64_t column_tiles = (uint64_t)n->strips * n->tiles;
    const uint64_t tiles = (uint64_t)n->channel_groups * n->tile_slices;
    const uint64_t runs = (uint64_t)n->channel_groups * n->slices;
    struct mapping_contents c = {1, 1};
    switch (use) {
    case GLB_IFMAP:
        c.all = column_tiles * tiles;
        c.cycle = m->filters_outer ? c.all : tiles;
        break;
    case GLB_FILTER:
        c.all = n->filter_groups * runs;
        c.cycle = m->filters_outer ? runs : c.all;
        break;
    case GLB_OFMAP:
        c.all = c.cycle = n->outputs;
        break;
    case GLB_BIAS:
        c.all = c.cycle = n->filter_groups;
        break;
    case GLB_PSUM:
    case GLB_USES:
        break;
    }
    return c;
}

void mapping_contents(const struct layer *l, const struct mapping *m, enum glb_use use,
                      struct mapping_contents *c) {
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    *c = contents_of(&n, m, use);
}

/* Buffers of a region: two, so that one is filled while the other is used, or more. */
static uint64_t region_buffers(const struct mapping_loops *n, const struct mapping *m,
                               enum glb_use use) {
    const struct mapping_contents c = contents_of(n, m, use);
    uint64_t buffers = use == GLB_IFMAP    ? m->ifmap_buffers
                       : use == GLB_FILTER ? m->filter_buffers
                                           : 2;
    const uint64_t most = c.cycle > BUFFERS_AHEAD ? c.cycle : BUFFERS_AHEAD;
    buffers = buffers < most ? buffers : most;
    buffers = buffers > 2 ? buffers : 2;
    return c.all < buffers ? c.all : buffers;
}

int mapping_place(const struct hw *hw, const struct layer *l, struct mapping *m,
                  uint64_t *banks) {
    uint64_t need[GLB_USES], at = 0, end = 0, bank = hw->glb_bank_words;
    uint64_t limit = hw->glb_words < (1u << 24) ? hw->glb_words : 1u << 24;
    struct glb_region glb[GLB_USES] = {{0}};
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    region_needs(hw, l, m, need);
    for (unsigned i = 0; i < GLB_USES; i++) {
        const uint64_t pitch = (need[i] + bank - 1) / bank;
        const uint64_t count = region_buffers(&n, m, (enum glb_use)i);
        if (need[i] > UINT32_MAX || pitch > UINT32_MAX / count ||
            at > UINT32_MAX - pitch * count) {
            at = UINT64_MAX;
            break;
        }
        glb[i] = (struct glb_region){(uint32_t)(at * bank), (uint32_t)(pitch * bank),
                                     (uint32_t)count, (uint32_t)need[i]};
        end = need[i] ? (at + pitch * (count - 1)) * bank + need[i] : end;
        at += pitch * count;
    }
    if (banks) {
        *banks = at;
    }
    if (at == UINT64_MAX || end > limit) {
        return -1;
    }
    for (unsigned i = 0; i < GLB_USES; i++) {
        m->glb[i] = glb[i];
    }
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
        {"filters_outer", m->filters_outer, 0, 1},
        {"ifmap_buffers", m->ifmap_buffers, 0, UINT16_MAX},
        {"filter_buffers", m->filter_buffers, 0, UINT16_MAX},
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
    struct mapping idle = *m;
    mapping_loops(l, m, &n);
    mapping_bubbles(hw, l, &idle);
    const struct rule rules[] = {
        {"rk", m->rk, 1, ceil_div(l->r, m->d)},
        {"sk", m->sk, 1, min_u(ceil_div(l->s, m->d), 255)},
        {"filter spad words", kf * hw->weight_lanes + (uint64_t)m->p * m->q * m->sk, 1,
         g->filter_spad_words},
        {"ifmap spad positions", g->ifmap_spad_words / m->q,
         m->sk + (uint64_t)m->a * m->rk, UINT16_MAX},
        {"bubbles", m->bubbles, idle.bubbles, idle.bubbles},
        {"ready_bubbles", m->ready_bubbles, idle.ready_bubbles, idle.ready_bubbles},
        {"stride", l->u, 1, 255},
        {"weights of a pass", (uint64_t)m->sk * m->q, 1, UINT16_MAX},
        {"weight words of a chain row", m->t * kf, 1, UINT16_MAX},
        {"q", m->q, 1, hw->act_lanes > 255 ? 255 : 255 * (uint64_t)hw->act_lanes},
        {"p", m->p, 1, hw->psum_lanes > 255 ? 255 : 255 * (uint64_t)hw->psum_lanes},
        {"jump to a new window", jump * m->d, 0, INT16_MAX},
        {"ifmap rows", (uint64_t)(m->e - 1) * m->a + m->rk, 1, UINT16_MAX},
        {"ifmap columns", (m->f - 1) * (uint64_t)l->u + l->s, 1, UINT16_MAX},
        {"ifmap positions", end + m->sk, 1, UINT16_MAX},
        {"blocks", mapping_tile_blocks(hw, l, m), 1, UINT16_MAX},
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
    uint64_t need[GLB_USES], bank = hw->glb_bank_words;
    uint64_t limit = hw->glb_words < (1u << 24) ? hw->glb_words : 1u << 24;
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    region_needs(hw, l, m, need);
    for (unsigned i = 0; i < GLB_USES; i++) {
        const struct glb_region *g = &m->glb[i];
        const uint64_t last = (uint64_t)g->base + (uint64_t)(g->count - 1) * g->pitch;
        if (g->words < need[i] || g->pitch < g->words || g->base % bank ||
            g->pitch % bank || (need[i] && last + g->words > limit)) {
            return error_set(err, "mapping of %s: GLB region %u is short or misplaced",
                             l->name, i);
        }
        if (g->count != region_buffers(&n, m, (enum glb_use)i)) {
            return error_set(err, "mapping of %s: GLB region %u has %u buffers, not %llu",
                             l->name, i, g->count,
                             (unsigned long long)region_buffers(&n, m, (enum glb_use)i));
        }
        for (unsigned k = 0; k < i; k++) {
            const struct glb_region *h = &m->glb[k];
            const uint64_t h_end = h->base + (uint64_t)h->count * h->pitch;
            if (need[i] && need[k] && g->base < h_end &&
                h->base < g->base + (uint64_t)g->count * g->pitch) {
                return error_set(err, "mapping of %s: GLB regions %u and %u meet",
                                 l->name, k, i);
            }
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
