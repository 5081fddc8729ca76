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

/* Cycles of one pass of fv beats among others. After a turn (rest) a group needs no ifmap
 * for rk beats, one group after the other. */
static uint64_t pass_cycles(const struct mapping *m, const struct slots *s, uint64_t fv,
                            int rest) {
    uint64_t chain = (uint64_t)m->rk * m->r, cycles = 0;
    uint64_t high = ceil_div(chain, fv), n_high = chain - (high - 1) * fv;
    for (uint64_t i = 0; i < 2; i++) { /* slots with many rows at their turn, and few */
        uint64_t rows = high - i;
        uint64_t resting = rest ? rows : rows - (rows > 0);
        uint64_t fed = m->r - min_u(resting, m->r);
        cycles += (i ? fv - n_high : n_high) * even(max_u(s->base, fed * s->ifmap));
    }
    return cycles;
}

/* Cycles of one step of passes x fv beats, among steps like it. In its first slots a
 * group gets its whole window. The filters of a pass have the time of the pass before
 * it. */
static uint64_t step_cycles(const struct mapping *m, const struct slots *s, uint64_t fv,
                            uint64_t passes, uint64_t bubbles) {
    uint64_t chain = (uint64_t)m->rk * m->r, filters = chain * s->filters;
    uint64_t full = even(max_u(s->base, m->r * s->ifmap));
    uint64_t window = even(max_u(full, s->start + (m->r - 1u) * s->ifmap));
    uint64_t cycles = bubbles * s->base + m->r * (window - full);
    cycles += max_u(pass_cycles(m, s, fv, 0), filters);
    return cycles + (passes - 1) * max_u(pass_cycles(m, s, fv, 1), filters);
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

/* Everything about a mapping that the sum over its ofmap tiles needs. */
struct walk {
    const struct hw *hw;
    const struct layer *l;
    const struct mapping *m;
    struct mapping_loops n;
    struct parts strips, tiles, filters, channels;
    uint64_t pass;         /* filters of a pass */
    uint64_t filter_words; /* of a step, per pass */
    uint64_t steps;        /* of an ofmap tile */
    int ifmap_stays;       /* only the first filter group loads the ifmap */
    int filters_stay;      /* only the first column tile loads the weights */
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

/* The steps of an ofmap tile. */
struct output {
    uint64_t step, drain; /* cycles of a step, and from its end until it has retired */
    uint64_t first, load; /* load groups: of a step with a new ifmap tile, of others */
    uint64_t slack;       /* stall of the step before, on average */
    uint64_t fill;        /* from a step's filters in the GLB to its first beat, stalls */
    uint64_t ahead;       /* steps that a load may be ahead */
    uint64_t store;       /* of the ofmap tile */
    uint64_t inner;       /* cycles of the steps but the last */
    uint64_t words;       /* DRAM words */
};

/* Cycles of a step of o if the step after it needs `load`, which waits until the step
 * before o's has left the chain, and the ofmap buffer that `store` empties since then. */
static uint64_t period(const struct output *o, uint64_t load, uint64_t store) {
    uint64_t ring = load ? load + LATENCY + TURNAROUND + o->fill : 0;
    ring = max_u((o->drain + ring) / o->ahead, o->drain + store);
    return max_u(max_u(o->step, load), ring - min_u(o->slack, ring));
}

static uint64_t slack_of(const struct output *o) {
    uint64_t ring = (o->drain + o->first + LATENCY + TURNAROUND + o->fill) / o->ahead;
    return o->first && ring > o->step ? (ring - o->step) / 2 : 0;
}

/* The steps of an ofmap tile of ev x fv positions and `filters` filters that loads its
 * weights, its ifmap tiles, or not. */
static struct output make_output(const struct walk *w, const struct slots *s,
                                 const uint64_t size[3], int weights, int ifmap) {
    const struct mapping_loops *n = &w->n;
    const struct mapping *m = w->m;
    const uint64_t ev = size[0], fv = size[1], filters = size[2];
    const uint64_t chain = (uint64_t)m->rk * m->r;
    uint64_t passes = ceil_div(filters, w->pass), tiles = ifmap ? n->tile_slices : 0;
    uint64_t words = weights ? passes * w->filter_words : 0;
    uint64_t blocks = ceil_div(filters, w->hw->act_lanes), out = blocks * ev * fv;
    uint64_t load = load_cycles(w->hw, words, 1);
    struct output o = {.words = out};
    o.step = step_cycles(m, s, fv, passes, m->ready_bubbles);
    o.drain = s->base * (chain + 1) + s->psums + PSUM_DELAY;
    o.load = load ? load + command_cycles(w->hw, 1) : 0;
    o.first = o.load;
    o.fill = s->filters + (chain - 1) * (s->filters - min_u(s->filters, s->base));
    o.ahead = max_u(2, min_u(words ? max_u(2, m->filter_buffers) : UINT64_MAX,
                             tiles ? max_u(2, m->ifmap_buffers) : UINT64_MAX)) -
              1;
    for (int c = 0; c < 2; c++) {
        uint64_t tile_words = 0, tile = 0, k = w->channels.count[c];
        if (k == 0) {
            continue;
        }
        if (tiles) {
            tile_dma(w, ev, fv, w->channels.size[c], &tile_words, &tile);
            tile += load + command_cycles(w->hw, load ? 2 : 1);
            o.first = max_u(o.first, tile);
        }
        o.slack = slack_of(&o);
        o.inner += k * (tiles * period(&o, tile, 0) +
                        (n->slices - tiles) * period(&o, o.load, 0));
        o.words += k * (tiles * tile_words + n->slices * words);
    }
    o.inner -= min_u(o.inner, period(&o, o.first, 0));
    o.store = store_cycles(w->hw, out, fv == w->l->f ? blocks : blocks * ev);
    return o;
}

/* Add `count` ofmap tiles like o. */
static void add_outputs(struct walk *w, uint64_t count, const struct output *o) {
    /* output o + 2 waits until output o is stored: at once if outputs are steps */
    const uint64_t cycles = o->inner + period(o, o->first, w->steps == 1 ? o->store : 0);
    const uint64_t stores = max_u(o->store, (o->step + o->drain + o->store) / 2);
    w->cost.cycles += count * max_u(cycles, stores);
    w->cost.dram_words += count * o->words;
}

/* All ofmap tiles of a size, of which the loops make strips x tiles x groups. What stays
 * in the GLB is loaded with the first column tile or filter group (`first`: of this
 * size). */
static void add_size(struct walk *w, const struct slots *s, const uint64_t size[3],
                     const uint64_t count[3], const int first[2]) {
    const uint64_t columns = count[0] * count[1], groups = count[2];
    const uint64_t weights = !w->filters_stay ? columns : first[0] != 0;
    const uint64_t ifmap = !w->ifmap_stays ? groups : first[1] != 0;
    const uint64_t passes = ceil_div(size[2], w->pass);
    for (unsigned i = 0; i < 4; i++) {
        const int loads[2] = {(i & 1) != 0, (i & 2) != 0};
        const uint64_t n = (loads[0] ? weights : columns - weights) *
                           (loads[1] ? ifmap : groups - ifmap);
        if (n) {
            const struct output o = make_output(w, s, size, loads[0], loads[1]);
            add_outputs(w, n, &o);
        }
    }
    w->cost.glb_words += columns * groups * w->steps *
                         (passes * size[1] * (w->m->r * s->ifmap + 2 * s->psums) +
                          passes * w->filter_words);
}

/* All ofmap tiles. */
static void add_tiles(struct walk *w) {
    for (unsigned i = 0; i < 8; i++) {
        const unsigned a = i & 1, b = i >> 1 & 1, c = i >> 2;
        const uint64_t size[3] = {w->strips.size[a], w->tiles.size[b],
                                  w->filters.size[c]};
        const uint64_t count[3] = {w->strips.count[a], w->tiles.count[b],
                                   w->filters.count[c]};
        const int first[2] = {a == (w->strips.count[0] == 0) &&
                                  b == (w->tiles.count[0] == 0),
                              c == (w->filters.count[0] == 0)};
        if (count[0] && count[1] && count[2]) {
            const struct slots s = slot_terms(w->hw, w->m, size[0]);
            add_size(w, &s, size, count, first);
        }
    }
}

/* Whether as many buffers as the region has make it load nothing twice. */
static int stays(const struct walk *w, enum glb_use use, unsigned buffers) {
    struct mapping_contents c;
    mapping_contents(w->l, w->m, use, &c);
    return c.cycle <= 2 || c.cycle <= buffers;
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
    w.ifmap_stays = stays(&w, GLB_IFMAP, m->ifmap_buffers);
    w.filters_stay = stays(&w, GLB_FILTER, m->filter_buffers);
    add_tiles(&w);
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
            cycles += strips.count[i] * step_cycles(m, &s, l->f, passes, 0);
        }
    }
    return cycles * mapping_slice_count(l, m) * ceil_div(l->c, (uint64_t)m->q * m->r);
}
