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
    LAYER_CYCLES = 250, /* start, first commands, end */
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

/* Cycles of one pass of fv beats among others. One chain row after the other takes the
 * filters of the next pass; `extra` is 1 in the first pass, when those of the first pass
 * itself come with them, and -1 in the last. After a turn (rest) a group needs no ifmap
 * for rk beats, one group after the other. */
static uint64_t pass_cycles(const struct mapping *m, const struct slots *s, uint64_t fv,
                            int rest, int extra) {
    uint64_t chain = (uint64_t)m->rk * m->r, cycles = 0;
    uint64_t high = ceil_div(chain, fv), n_high = chain - (high - 1) * fv;
    for (uint64_t i = 0; i < 2; i++) { /* slots with many rows at their turn, and few */
        uint64_t rows = high - i, loads = rows;
        uint64_t resting = rest ? rows : rows - (rows > 0);
        uint64_t fed = m->r - min_u(resting, m->r);
        if (rows > 0) {
            loads = extra < 0 ? rows - 1 : rows + (uint64_t)extra;
        }
        uint64_t slot = max_u(max_u(s->base, fed * s->ifmap), loads * s->filters);
        cycles += (i ? fv - n_high : n_high) * even(slot);
    }
    return cycles;
}

/* Cycles of one step of passes x fv beats, among steps like it. In its first slots a
 * group gets its whole window. */
static uint64_t step_cycles(const struct mapping *m, const struct slots *s, uint64_t fv,
                            uint64_t passes, uint64_t bubbles) {
    uint64_t full = even(max_u(s->base, m->r * s->ifmap));
    uint64_t window = even(max_u(full, s->start + (m->r - 1u) * s->ifmap));
    uint64_t bubble = even(max_u(s->base, s->filters));
    uint64_t cycles = bubbles * bubble + m->r * (window - full);
    cycles += pass_cycles(m, s, fv, 0, passes > 1 ? 1 : 0);
    if (passes > 1) {
        cycles += (passes - 2) * pass_cycles(m, s, fv, 1, 0);
        cycles += pass_cycles(m, s, fv, 1, -1);
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
    uint64_t pass;         /* filters of a pass */
    uint64_t filter_words; /* of a step, per pass */
    uint64_t steps;        /* of an ofmap tile */
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

/* DRAM cycles of the commands of a step with `loads` LOADs: 512 bytes per 7 commands. */
static uint64_t command_cycles(const struct hw *hw, uint64_t loads) {
    return (loads + 1) * 512 / 7 / hw->design.dram_bytes_per_cycle;
}

/* The steps of the filter groups of one size over one column tile. */
struct group {
    uint64_t count;       /* filter groups */
    uint64_t step, drain; /* cycles of a step, and from its end until it has retired */
    uint64_t first, load; /* load groups: of a step with a new ifmap tile, of others */
    uint64_t slack;       /* stall of the step before, on average */
    uint64_t store;       /* of one ofmap tile */
    uint64_t inner;       /* cycles of the steps of a filter group but the last */
};

/* Cycles of a step of g if the step after it needs `load`, which waits until the step
 * before g's has left the chain, and the ofmap buffer that `store` empties since then. */
static uint64_t period(const struct group *g, uint64_t load, uint64_t store) {
    uint64_t ring = load ? load + LATENCY + TURNAROUND : 0;
    ring = g->drain + max_u(ring, store);
    return max_u(max_u(g->step, load), ring - min_u(g->slack, ring));
}

static uint64_t slack_of(const struct group *g) {
    uint64_t ring = g->drain + g->first + LATENCY + TURNAROUND;
    return g->first && ring > g->step ? (ring - g->step) / 2 : 0;
}

/* Fill *g for filter groups of `filters` filters; count the words that they move. */
static void make_group(struct walk *w, const struct slots *s, uint64_t ev, uint64_t fv,
                       uint64_t filters, int fresh, struct group *g) {
    const struct mapping_loops *n = &w->n;
    const struct mapping *m = w->m;
    uint64_t passes = ceil_div(filters, w->pass), tiles = fresh ? n->tile_slices : 0;
    uint64_t words = w->filters_stay ? 0 : passes * w->filter_words;
    uint64_t blocks = ceil_div(filters, w->hw->act_lanes), out = blocks * ev * fv;
    uint64_t load = load_cycles(w->hw, words, 1);
    *g = (struct group){.count = g->count};
    g->step = step_cycles(m, s, fv, passes, m->bubbles);
    g->drain = s->base * (m->rk * m->r + 1u) + s->psums + PSUM_DELAY;
    g->load = load ? load + command_cycles(w->hw, 1) : 0;
    g->first = g->load;
    for (int c = 0; c < 2; c++) {
        uint64_t tile_words = 0, tile = 0, k = w->channels.count[c];
        if (k == 0) {
            continue;
        }
        if (tiles) {
            tile_dma(w, ev, fv, w->channels.size[c], &tile_words, &tile);
            tile += load + command_cycles(w->hw, load ? 2 : 1);
            g->first = max_u(g->first, tile);
        }
        g->slack = slack_of(g);
        g->inner += k * (tiles * period(g, tile, 0) +
                         (n->slices - tiles) * period(g, g->load, 0));
        w->cost.dram_words += g->count * k * (tiles * tile_words + n->slices * words);
    }
    g->inner -= min_u(g->inner, period(g, g->first, 0));
    g->store = store_cycles(w->hw, out, fv == w->l->f ? blocks : blocks * ev);
    w->cost.dram_words += g->count * out;
    w->cost.glb_words +=
        g->count * w->steps *
        (passes * fv * (m->r * s->ifmap + 2 * s->psums) + passes * w->filter_words);
}

/* The steps of one column tile. */
struct tile {
    uint64_t count;
    struct group groups[2]; /* full ones, and the last if it is smaller */
    uint64_t entry;         /* load group of its first step */
};

static void make_tile(struct walk *w, uint64_t ev, uint64_t fv, struct tile *t) {
    struct slots s = slot_terms(w->hw, w->m, ev);
    struct mapping_cost before = w->cost;
    for (int k = 0; k < 2; k++) {
        struct group *g = &t->groups[k];
        g->count = w->filters.count[k];
        if (g->count) {
            make_group(w, &s, ev, fv, w->filters.size[k], !w->ifmap_stays, g);
        }
    }
    t->entry = t->groups[0].first;
    if (w->ifmap_stays) { /* the first filter group has to fetch the tiles */
        uint64_t words = 0, cycles = 0;
        tile_dma(w, ev, fv, w->channels.size[0], &words, &cycles);
        t->entry += cycles + command_cycles(w->hw, 1);
        w->cost.dram_words += words * w->n.tile_slices * w->n.channel_groups;
    }
    w->cost.dram_words += (t->count - 1) * (w->cost.dram_words - before.dram_words);
    w->cost.glb_words += (t->count - 1) * (w->cost.glb_words - before.glb_words);
}

/* Cycles of one column tile if the next one needs the load group `entry`. */
static uint64_t tile_cycles(const struct walk *w, const struct tile *t, uint64_t entry) {
    uint64_t cycles = 0;
    for (int k = 0; k < 2; k++) {
        const struct group *g = &t->groups[k], *other = &t->groups[!k];
        if (g->count == 0) {
            continue;
        }
        int mixed = other->count != 0;
        uint64_t next = k == 0 && mixed ? other->first : entry;
        /* output o + 2 waits until output o is stored: at once if outputs are steps */
        uint64_t own = w->steps == 1 ? g->store : 0;
        uint64_t before = w->steps == 1 && mixed ? other->store : own;
        uint64_t sum = g->count * g->inner;
        sum += (g->count - 1) * period(g, g->first, own) + period(g, next, before);
        uint64_t stores = max_u(g->store, (g->step + g->drain + g->store) / 2);
        cycles += max_u(sum, g->count * stores);
    }
    return cycles;
}

/* All column tiles of `count` strips of ev ofmap rows. */
static void add_strips(struct walk *w, uint64_t count, uint64_t ev) {
    struct tile tiles[2] = {{0}};
    uint64_t cycles = 0;
    struct mapping_cost before = w->cost;
    for (int k = 0; k < 2; k++) {
        tiles[k].count = w->tiles.count[k];
        if (tiles[k].count) {
            make_tile(w, ev, w->tiles.size[k], &tiles[k]);
        }
    }
    for (int k = 0; k < 2; k++) {
        const struct tile *t = &tiles[k], *other = &tiles[!k];
        if (t->count) {
            uint64_t next = other->count ? other->entry : t->entry;
            cycles +=
                (t->count - 1) * tile_cycles(w, t, t->entry) + tile_cycles(w, t, next);
        }
    }
    w->cost.cycles += count * cycles;
    w->cost.dram_words += (count - 1) * (w->cost.dram_words - before.dram_words);
    w->cost.glb_words += (count - 1) * (w->cost.glb_words - before.glb_words);
}

/* What cannot overlap: the first load group and the last store. */
static void add_ends(struct walk *w) {
    const struct mapping *m = w->m;
    const struct layer *l = w->l;
    uint64_t words, cycles, filters = w->filters.size[0];
    tile_dma(w, m->e, m->f, w->channels.size[0], &words, &cycles);
    cycles += load_cycles(w->hw, ceil_div(filters, w->pass) * w->filter_words, 1);
    uint64_t ev = w->strips.size[w->strips.count[1] != 0];
    uint64_t fv = w->tiles.size[w->tiles.count[1] != 0];
    uint64_t blocks =
        ceil_div(w->filters.size[w->filters.count[1] != 0], w->hw->act_lanes);
    cycles += store_cycles(w->hw, blocks * ev * fv, blocks * (fv < l->f ? ev : 1));
    if (w->filters_stay) {
        w->cost.dram_words +=
            ceil_div(l->m, w->pass) * w->filter_words * w->n.channel_groups * w->n.slices;
    }
    struct slots s = slot_terms(w->hw, m, ev);
    w->cost.cycles += cycles + LAYER_CYCLES + s.base * m->rk * m->r;
}

void mapper_cost(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 struct mapping_cost *cost) {
    struct walk w = {.hw = hw, .l = l, .m = m};
    mapping_loops(l, m, &w.n);
    w.strips = split(l->e, m->e);
    w.tiles = split(l->f, m->f);
    w.filters = split(l->m, min_u(m->m, l->m));
    w.pass = (uint64_t)m->p * m->t;
    w.channels = split(l->c, min_u((uint64_t)m->q * m->r, l->c));
    w.filter_words = (uint64_t)m->rk * m->r * m->t * mapping_kf(hw, m);
    w.steps = (uint64_t)w.n.channel_groups * w.n.slices;
    w.ifmap_stays = (uint64_t)w.n.channel_groups * w.n.tile_slices <= 2;
    w.filters_stay = w.n.filter_groups * w.steps <= 2;
    for (int i = 0; i < 2; i++) {
        if (w.strips.count[i]) {
            add_strips(&w, w.strips.count[i], w.strips.size[i]);
        }
    }
    add_ends(&w);
    *cost = w.cost;
}

uint64_t mapper_bound(const struct hw *hw, const struct layer *l,
                      const struct mapping *m) {
    struct parts strips = split(l->e, m->e);
    uint64_t passes = ceil_div(l->m, (uint64_t)m->p * m->t), cycles = 0;
    for (int i = 0; i < 2; i++) {
        if (strips.count[i]) {
            struct slots s = slot_terms(hw, m, strips.size[i]);
            cycles += strips.count[i] * step_cycles(m, &s, l->f, passes, 1);
        }
    }
    return cycles * mapping_slice_count(l, m) * ceil_div(l->c, (uint64_t)m->q * m->r);
}
