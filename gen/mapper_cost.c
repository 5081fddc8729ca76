/* SPDX-License-Identifier: Apache-2.0
 *
 * Estimated cost of a mapping.
 */
#include "gen/mapper_cost.h"

enum {
    SLOT_MIN = 6,       /* cycles of the shortest slot */
    LATENCY = 64,       /* from a read request to its data, or a write to its response */
    OUTSTANDING = 16,   /* read bursts on their way at a time */
    TURNAROUND = 24,    /* from token to request, and from data to the next step */
    PSUM_DELAY = 16,    /* from the last slot of a step to its retirement */
    LAYER_CYCLES = 320, /* start, first commands, end */
    BURST_BEATS = 256,
    PAGE_BYTES = 4096 /* bursts do not cross */
};

static uint64_t ceil_div(uint64_t a, uint64_t b) {
    return (a + b - 1) / b;
}

static uint64_t min_u(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t even(uint64_t a) {
    return (a + 1) & ~UINT64_C(1);
}

/* Full and cut-off iterations of a loop that covers n in pieces of k. */
struct parts {
    uint64_t count[2], size[2];
};

static struct parts split(uint64_t n, uint64_t k) {
    struct parts p = {{n / k, n % k != 0}, {k, n % k}};
    return p;
}

/* Terms of the slot rule for steps of ev rows. */
struct slots {
    uint64_t base;    /* slot without ifmap and filters */
    uint64_t ifmap;   /* transfers of one chain group in a normal beat */
    uint64_t start;   /* the same at the start of a step */
    uint64_t filters; /* transfers of one chain row for one pass */
    uint64_t psums;   /* words per beat */
};

static struct slots slot_terms(const struct hw *hw, const struct mapping *m,
                               uint64_t ev) {
    uint64_t latency = hw->type.add_latency + 1u, y_rows = (ev - 1) * m->a + m->rk;
    uint64_t kw = ceil_div(m->q, hw->act_lanes);
    uint64_t beat = max_u(m->p, latency) * m->sk * m->q;
    struct slots s;
    s.psums = even(ev * m->t * mapping_kp(hw, m));
    s.base = even(max_u(max_u(beat, s.psums), SLOT_MIN));
    s.ifmap = m->a * y_rows * kw;
    s.start = m->sk * y_rows * kw;
    s.filters = (uint64_t)m->t * mapping_kf(hw, m);
    return s;
}

/* Cycles of one pass of fv beats, in which r groups are fed with ifmap and one chain row
 * after the other takes the filters of `loads` passes. After a turn (rest) a group needs
 * no ifmap for rk beats. */
static uint64_t pass_cycles(const struct mapping *m, const struct slots *s, uint64_t fv,
                            int rest, uint64_t loads) {
    uint64_t chain = (uint64_t)m->rk * m->r, cycles = 0;
    uint64_t high = ceil_div(chain, fv), n_high = chain - (high - 1) * fv;
    for (uint64_t i = 0; i < 2; i++) { /* slots with many rows at their turn, and few */
        uint64_t rows = high - i, fed = m->r - (rest ? min_u(rows, m->r) : 0);
        uint64_t slot = max_u(max_u(s->base, fed * s->ifmap), rows * loads * s->filters);
        cycles += (i ? fv - n_high : n_high) * even(slot);
    }
    return cycles;
}

/* Cycles of one step of passes x fv beats, among steps like it. In its first slots a
 * group gets its whole window, and a row takes the filters of the first pass besides
 * those of the second. */
static uint64_t step_cycles(const struct mapping *m, const struct slots *s, uint64_t fv,
                            uint64_t passes, uint64_t bubbles) {
    uint64_t full = even(max_u(s->base, m->r * s->ifmap));
    uint64_t window = even(max_u(full, s->start + (m->r - 1u) * s->ifmap));
    uint64_t bubble = even(max_u(s->base, s->filters));
    uint64_t cycles = bubbles * bubble + m->r * (window - full);
    cycles += pass_cycles(m, s, fv, 0, passes > 1 ? 2 : 1);
    if (passes > 1) {
        cycles += (passes - 2) * pass_cycles(m, s, fv, 1, 1);
        cycles += pass_cycles(m, s, fv, 1, 0);
    }
    return max_u(cycles, passes * m->rk * m->r * s->filters);
}

/* Cycles of the memory port to load `words` in `segments` contiguous pieces. */
static uint64_t load_cycles(const struct hw *hw, uint64_t words, uint64_t segments) {
    uint64_t bytes = words * hw->bus_bytes, beat = hw->design.dram_bytes_per_cycle;
    uint64_t burst = min_u(PAGE_BYTES, BURST_BEATS * beat);
    if (words == 0) {
        return 0;
    }
    uint64_t bursts = segments * ceil_div(ceil_div(bytes, segments), burst);
    return max_u(ceil_div(bytes, beat), bursts * LATENCY / OUTSTANDING);
}

/* The same to store, response included. */
static uint64_t store_cycles(const struct hw *hw, uint64_t words, uint64_t segments) {
    uint64_t bytes = words * hw->bus_bytes, beat = hw->design.dram_bytes_per_cycle;
    uint64_t burst = min_u(PAGE_BYTES, BURST_BEATS * beat);
    return ceil_div(bytes, beat) + segments * ceil_div(ceil_div(bytes, segments), burst) +
           LATENCY + TURNAROUND;
}

/* Everything about a mapping that the walk over its steps needs. */
struct walk {
    const struct hw *hw;
    const struct layer *l;
    const struct mapping *m;
    struct mapping_loops n;
    struct parts strips, tiles, filters, channels;
    uint64_t filter_words; /* of a step, per pass */
    int ifmap_stays;       /* the tiles of a column tile stay in the GLB */
    int filters_stay;      /* all weights stay in the GLB */
    struct mapping_cost cost;
};

/* DMA of the ifmap tile of ev x fv outputs and `channels` channels. */
static void tile_dma(const struct walk *w, uint64_t ev, uint64_t fv, uint64_t channels,
                     uint64_t *words, uint64_t *cycles) {
    const struct layer *l = w->l;
    const struct mapping *m = w->m;
    uint64_t taps = m->share ? ceil_div(l->r, m->d) : m->rk;
    uint64_t span =
        m->share ? (fv - 1) * l->u + l->s : ((fv - 1) * m->a + m->sk - 1) * m->d + 1;
    uint64_t rows = min_u((ev - 1) * m->a + taps, ceil_div(l->h, m->d));
    uint64_t cols = min_u(span, l->w), blocks = ceil_div(channels, w->hw->act_lanes);
    uint64_t segments = rows * blocks;
    if (cols == l->w && m->d == 1) {
        segments = rows == l->h ? 1 : blocks;
    }
    *words = rows * cols * blocks;
    *cycles = load_cycles(w->hw, *words, segments);
}

/* The steps of `count` filter groups of `passes` passes over one column tile. */
struct group_sum {
    uint64_t count, passes, ev, fv;
    int load_filters;
};

/* Cycles from step to step: of the array; of the loads; and of the ring that both make,
 * since the load for step s + 2 waits until step s has left the chain. */
static uint64_t period(uint64_t step, uint64_t drain, uint64_t load) {
    uint64_t ring = (step + drain + load + LATENCY + TURNAROUND) / 2;
    return load ? max_u(max_u(step, load), ring) : step;
}

/* DRAM bytes of the commands of one step with `loads` LOADs: 7 commands of 64 bytes
 * per block of 8. */
static uint64_t command_cycles(const struct hw *hw, uint64_t loads) {
    return (loads + 1) * 512 / 7 / hw->design.dram_bytes_per_cycle;
}

static uint64_t add_groups(struct walk *w, const struct group_sum *g,
                           const struct slots *s, int load_ifmap) {
    const struct mapping_loops *n = &w->n;
    const struct mapping *m = w->m;
    uint64_t step = step_cycles(m, s, g->fv, g->passes, m->bubbles);
    uint64_t slots = g->passes * g->fv + m->bubbles;
    uint64_t drain = step / slots * (m->rk * m->r + 1u) + s->psums + PSUM_DELAY;
    uint64_t filter_words = g->load_filters ? g->passes * w->filter_words : 0;
    uint64_t filters = load_cycles(w->hw, filter_words, 1);
    uint64_t one = filters ? filters + command_cycles(w->hw, 1) : 0;
    uint64_t cycles = 0, loads = load_ifmap ? n->tile_slices : 0;
    for (int c = 0; c < 2; c++) {
        uint64_t words = 0, ifmap = 0, k = g->count * w->channels.count[c];
        if (k == 0) {
            continue;
        }
        if (loads) {
            tile_dma(w, g->ev, g->fv, w->channels.size[c], &words, &ifmap);
        }
        uint64_t both = ifmap + filters + command_cycles(w->hw, filters ? 2 : 1);
        cycles += k * (loads * period(step, drain, both) +
                       (n->slices - loads) * period(step, drain, one));
        w->cost.dram_words += k * (loads * words + n->slices * filter_words);
    }
    uint64_t steps = g->count * n->channel_groups * n->slices;
    uint64_t beats = g->passes * g->fv;
    uint64_t blocks = ceil_div(g->passes * m->p * m->t, w->hw->act_lanes);
    uint64_t out = blocks * g->ev * g->fv, whole = g->fv == w->l->f;
    uint64_t store = store_cycles(w->hw, out, whole ? blocks : blocks * g->ev);
    w->cost.dram_words += g->count * out;
    w->cost.glb_words +=
        steps * (beats * (m->r * s->ifmap + 2 * s->psums) + g->passes * w->filter_words);
    /* output o + 2 waits until output o is stored */
    return max_u(cycles, g->count * max_u(store, (step + drain + store) / 2));
}

/* All filter groups over `count` column tiles of ev x fv outputs. */
static void add_tiles(struct walk *w, uint64_t count, uint64_t ev, uint64_t fv) {
    struct slots s = slot_terms(w->hw, w->m, ev);
    struct mapping_cost before = w->cost;
    uint64_t cycles = 0;
    int fresh = 1; /* the first filter group finds no ifmap tiles in the GLB */
    for (int k = 0; k < 2; k++) {
        struct group_sum g = {w->filters.count[k],
                              ceil_div(w->filters.size[k], w->m->p * w->m->t), ev, fv,
                              !w->filters_stay};
        if (g.count == 0) {
            continue;
        }
        if (w->ifmap_stays && fresh) {
            uint64_t rest = g.count - 1;
            g.count = 1;
            cycles += add_groups(w, &g, &s, 1);
            g.count = rest;
        }
        if (g.count) {
            cycles += add_groups(w, &g, &s, !w->ifmap_stays);
        }
        fresh = 0;
    }
    w->cost.cycles += count * cycles;
    w->cost.dram_words += (count - 1) * (w->cost.dram_words - before.dram_words);
    w->cost.glb_words += (count - 1) * (w->cost.glb_words - before.glb_words);
}

/* What cannot overlap: the first load group and the last store. */
static void add_ends(struct walk *w) {
    const struct mapping *m = w->m;
    const struct layer *l = w->l;
    uint64_t ev = min_u(m->e, l->e), fv = min_u(m->f, l->f), words, cycles;
    uint64_t filters = min_u(m->m, l->m);
    uint64_t passes = ceil_div(filters, m->p * m->t);
    tile_dma(w, ev, fv, min_u(m->q * m->r, l->c), &words, &cycles);
    w->cost.cycles += cycles + load_cycles(w->hw, passes * w->filter_words, 1);
    uint64_t blocks = ceil_div(filters, w->hw->act_lanes);
    w->cost.cycles +=
        store_cycles(w->hw, blocks * ev * fv, blocks * (fv < l->f ? ev : 1));
    if (w->filters_stay) {
        w->cost.dram_words += ceil_div(l->m, m->p * m->t) * w->filter_words *
                              w->n.channel_groups * w->n.slices;
    }
    struct slots s = slot_terms(w->hw, m, ev);
    w->cost.cycles += LAYER_CYCLES + s.base * m->rk * m->r;
}

void mapper_cost(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 struct mapping_cost *cost) {
    struct walk w = {.hw = hw, .l = l, .m = m};
    mapping_loops(l, m, &w.n);
    w.strips = split(l->e, m->e);
    w.tiles = split(l->f, m->f);
    w.filters = split(l->m, min_u(m->m, l->m));
    w.channels = split(l->c, min_u(m->q * m->r, l->c));
    w.filter_words = (uint64_t)m->rk * m->r * m->t * mapping_kf(hw, m);
    w.ifmap_stays = w.n.channel_groups * w.n.tile_slices <= 2;
    w.filters_stay = w.n.filter_groups * w.n.channel_groups * w.n.slices <= 2;
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++) {
            if (w.strips.count[i] && w.tiles.count[k]) {
                add_tiles(&w, w.strips.count[i] * w.tiles.count[k], w.strips.size[i],
                          w.tiles.size[k]);
            }
        }
    }
    add_ends(&w);
    *cost = w.cost;
}

uint64_t mapper_bound(const struct hw *hw, const struct layer *l,
                      const struct mapping *m) {
    struct parts strips = split(l->e, m->e);
    uint64_t passes = ceil_div(l->m, m->p * m->t), cycles = 0;
    for (int i = 0; i < 2; i++) {
        if (strips.count[i]) {
            struct slots s = slot_terms(hw, m, strips.size[i]);
            cycles += strips.count[i] * step_cycles(m, &s, l->f, passes, 1);
        }
    }
    return cycles * mapping_slice_count(l, m) * ceil_div(l->c, m->q * m->r);
}

uint64_t mapper_ideal(const struct hw *hw, const struct layer *l) {
    uint64_t pes = (uint64_t)hw->design.rows * hw->design.cols;
    uint64_t taps = (uint64_t)l->r * l->s;
    uint64_t macs = taps * l->c * l->m * l->e * l->f / pes;
    uint64_t weights = taps * l->c * l->m / hw->weight_lanes;
    uint64_t words = weights + (uint64_t)ceil_div(l->c, hw->act_lanes) *
                                   min_u(l->h, (uint64_t)l->e * l->r) *
                                   min_u(l->w, (uint64_t)l->f * l->s);
    return max_u(macs, words * hw->bus_bytes / hw->design.dram_bytes_per_cycle);
}
