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

static unsigned ceil_div(unsigned a, unsigned b) {
    return a / b + (a % b != 0);
}

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static unsigned max_u(unsigned a, unsigned b) {
    return a > b ? a : b;
}

static uint64_t min_w(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t max_w(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static unsigned even(unsigned a) {
    return (a + 1) & ~1u;
}

static unsigned log2_of(unsigned power) {
    unsigned n = 0;
    for (; power > 1; power >>= 1) {
        n++;
    }
    return n;
}

static struct mapper_parts split(unsigned n, unsigned k) {
    const unsigned full = n / k, rest = n - full * k;
    struct mapper_parts p = {{full, rest != 0}, {k, rest}};
    return p;
}

struct mapper_slots mapper_slot_terms(const struct mapper_shape *s, unsigned ev) {
    const unsigned latency = s->hw->type.add_latency + 1u;
    const unsigned y_rows = (ev - 1) * s->a + s->rk;
    const unsigned kw = ceil_div(s->q, s->hw->act_lanes);
    const unsigned beat = max_u(s->p, latency) * s->sk * s->q;
    struct mapper_slots slots;
    slots.psums = even(ev * s->t * s->kp);
    slots.base = even(max_u(max_u(beat, slots.psums), SLOT_MIN));
    slots.ifmap = s->a * y_rows * kw;
    slots.start = s->sk * y_rows * kw;
    slots.filters = s->t * s->kf;
    slots.chain = s->chain;
    slots.groups = s->r;
    return slots;
}

void mapper_shape_open(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, struct mapper_shape *s) {
    const unsigned beat = hw->design.dram_bytes_per_cycle;
    const unsigned burst = min_u(PAGE_BYTES, BURST_BEATS * beat);
    *s = (struct mapper_shape){.hw = hw, .l = l};
    s->e = m->e, s->p = m->p, s->q = m->q, s->r = m->r, s->t = m->t;
    s->rk = m->rk, s->sk = m->sk, s->d = m->d, s->a = m->a;
    s->chain = m->rk * m->r;
    s->pass = m->p * m->t;
    s->kf = mapping_kf(hw, m);
    s->kp = mapping_kp(hw, m);
    s->channels = split(l->c, min_u(m->q * m->r, l->c));
    s->channel_groups = s->channels.count[0] + s->channels.count[1];
    s->slices = mapping_slice_count(l, m);
    s->phase_rows = min_u(m->d, l->r);
    s->steps = s->channel_groups * s->slices;
    s->filter_words = s->chain * m->t * s->kf;
    s->blocks = mapping_tile_blocks(hw, l, m);
    s->bubbles = mapping_idle_beats(hw, m);
    s->word_shift = log2_of(hw->bus_bytes / beat);
    s->burst_shift = log2_of(burst / hw->bus_bytes);
    s->strips = split(l->e, m->e);
    s->slots[0] = mapper_slot_terms(s, m->e);
    s->slots[1] =
        s->strips.count[1] ? mapper_slot_terms(s, s->strips.size[1]) : s->slots[0];
}

/* Cycles of one pass of fv beats among others. After a turn (rest) a group needs no ifmap
 * for rk beats, one group after the other. Slots have `high` rows at their turn, or one
 * less. */
static uint64_t pass_cycles(const struct mapper_slots *x, unsigned fv, unsigned high,
                            unsigned rest) {
    const unsigned n_high = x->chain - (high - 1) * fv;
    const unsigned many = rest ? high : high - 1;
    const unsigned few = rest || high == 1 ? high - 1 : high - 2;
    const unsigned fed_many = (x->groups - min_u(many, x->groups)) * x->ifmap;
    const unsigned fed_few = (x->groups - min_u(few, x->groups)) * x->ifmap;
    return (uint64_t)n_high * even(max_u(x->base, fed_many)) +
           (uint64_t)(fv - n_high) * even(max_u(x->base, fed_few));
}

/* In its first slots a group gets its whole window. The filters of a pass have the time
 * of the pass before it. */
void mapper_step_cycles(const struct mapper_slots *x, unsigned fv, uint64_t *first,
                        uint64_t *next) {
    const uint64_t filters = (uint64_t)x->chain * x->filters;
    const unsigned full = even(max_u(x->base, x->groups * x->ifmap));
    const unsigned window = even(max_u(full, x->start + (x->groups - 1) * x->ifmap));
    const unsigned high = x->chain <= fv ? 1 : ceil_div(x->chain, fv);
    *first = x->groups * (uint64_t)(window - full) +
             max_w(pass_cycles(x, fv, high, 0), filters);
    *next = max_w(pass_cycles(x, fv, high, 1), filters);
}

/* Cycles of the memory port to load `words` in segments of `run` words each. */
static uint64_t load_cycles(const struct mapper_shape *s, uint64_t words,
                            uint64_t segments, uint64_t run) {
    const uint64_t burst = (UINT64_C(1) << s->burst_shift) - 1;
    const uint64_t bursts = segments * ((run + burst) >> s->burst_shift);
    return max_w(words << s->word_shift, bursts * LATENCY / OUTSTANDING);
}

/* The same to store, response included. */
static uint64_t store_cycles(const struct mapper_shape *s, uint64_t words,
                             uint64_t segments, uint64_t run) {
    const uint64_t burst = (UINT64_C(1) << s->burst_shift) - 1;
    return (words << s->word_shift) + segments * ((run + burst) >> s->burst_shift) +
           LATENCY + TURNAROUND;
}

void mapper_tile_load(const struct mapper_shape *s, unsigned share, unsigned ev,
                      unsigned fv, unsigned channels, uint64_t *words, uint64_t *cycles) {
    const struct layer *l = s->l;
    const unsigned taps = share ? (s->d == 1 ? l->r : ceil_div(l->r, s->d)) : s->rk;
    const unsigned height = s->d == 1 ? l->h : ceil_div(l->h, s->d);
    const unsigned span =
        share ? (fv - 1) * l->u + l->s : ((fv - 1) * s->a + s->sk - 1) * s->d + 1;
    const unsigned rows = min_u((ev - 1) * s->a + taps, height);
    const unsigned cols = min_u(span, l->w);
    const unsigned blocks = ceil_div(channels, s->hw->act_lanes);
    uint64_t segments = (uint64_t)rows * blocks, run = cols;
    *words = segments * cols;
    if (cols == l->w && s->d == 1) {
        segments = rows == l->h ? 1 : blocks;
        run = rows == l->h ? *words : (uint64_t)rows * cols;
    }
    *cycles = load_cycles(s, *words, segments, run);
}

/* Everything about a mapping that the sum over its ofmap tiles needs. */
struct walk {
    const struct mapper_shape *s;
    const struct mapping *m;
    struct mapper_parts tiles, filters;
    unsigned bubbles;    /* before a step that was ready */
    int ifmap_stays;     /* only the first filter group loads the ifmap */
    int filters_stay;    /* only the first column tile loads the weights */
    uint64_t command[2]; /* DRAM cycles of the commands of a step of one and two LOADs */
    struct mapping_cost cost;
};

/* Terms of the steps of ev x fv positions. */
struct size_terms {
    const struct mapper_slots *slots;
    unsigned ev, fv;
    uint64_t first, next;            /* cycles of a step's first pass, and of others */
    uint64_t tile_words[2], tile[2]; /* ifmap tile, by part of the channels */
    uint64_t drain, fill;
};

/* The steps of an ofmap tile. */
struct output {
    uint64_t step;        /* cycles of a step */
    uint64_t first, load; /* load groups: of a step with a new ifmap tile, of others */
    uint64_t slack;       /* stall of the step before, on average */
    uint64_t drain;       /* from the end of a step until it has retired */
    uint64_t fill;        /* from a step's filters in the GLB to its first beat, stalls */
    unsigned ahead;       /* steps that a load may be ahead */
    uint64_t store;       /* of the ofmap tile */
    uint64_t inner;       /* cycles of the steps but the last */
    uint64_t words;       /* DRAM words */
};

static uint64_t shared_out(uint64_t ring, unsigned ahead) {
    return ahead == 1 ? ring : ahead == 2 ? ring / 2 : ring / ahead;
}

/* Cycles of a step of o if the step after it needs `load`, which waits until the step
 * before o's has left the chain, and the ofmap buffer that `store` empties since then. */
static uint64_t period(const struct output *o, uint64_t load, uint64_t store) {
    uint64_t ring = load ? load + LATENCY + TURNAROUND + o->fill : 0;
    ring = max_w(shared_out(o->drain + ring, o->ahead), o->drain + store);
    return max_w(max_w(o->step, load), ring - min_w(o->slack, ring));
}

static uint64_t slack_of(const struct output *o) {
    uint64_t ring =
        shared_out(o->drain + o->first + LATENCY + TURNAROUND + o->fill, o->ahead);
    return o->first && ring > o->step ? (ring - o->step) / 2 : 0;
}

static unsigned ahead_of(const struct walk *w, int weights, int ifmap) {
    const unsigned i = max_u(2, w->m->ifmap_buffers), f = max_u(2, w->m->filter_buffers);
    if (!weights && !ifmap) {
        return UINT32_MAX;
    }
    if (weights && ifmap && w->s->steps == 1) { /* they wait for each other */
        return 1;
    }
    return (!weights ? i : !ifmap ? f : min_u(i, f)) - 1;
}

/* The steps of an ofmap tile of `filters` filters that loads its weights, its ifmap
 * tiles, or not. */
static struct output make_output(const struct walk *w, const struct size_terms *x,
                                 unsigned filters, int weights, int ifmap) {
    const struct mapper_shape *s = w->s;
    const unsigned passes = ceil_div(filters, s->pass);
    const unsigned tiles = !ifmap ? 0 : w->m->share ? s->phase_rows : s->slices;
    const uint64_t words = weights ? (uint64_t)passes * s->filter_words : 0;
    const uint64_t load = weights ? load_cycles(s, words, 1, words) : 0;
    struct output o = {.drain = x->drain, .fill = x->fill};
    o.step = w->bubbles * (uint64_t)x->slots->base + x->first + (passes - 1) * x->next;
    o.load = weights ? load + w->command[0] : 0;
    o.first = o.load;
    o.ahead = ahead_of(w, weights, ifmap);
    for (unsigned c = 0; c < 2; c++) {
        const uint64_t k = s->channels.count[c];
        uint64_t tile = 0;
        if (k == 0) {
            continue;
        }
        if (tiles) {
            tile = x->tile[c] + load + w->command[weights];
            o.first = max_w(o.first, tile);
        }
        o.slack = s->steps > 1 ? slack_of(&o) : 0;
        o.inner += k * tiles * (tiles ? period(&o, tile, 0) : 0);
        if (s->slices > tiles) {
            o.inner += k * (s->slices - tiles) * period(&o, o.load, 0);
        }
        o.words += k * (tiles * x->tile_words[c] + s->slices * words);
    }
    o.inner -= min_w(o.inner, period(&o, o.first, 0));
    const uint64_t blocks = ceil_div(filters, s->hw->act_lanes);
    const uint64_t area = (uint64_t)x->ev * x->fv;
    o.words += blocks * area;
    o.store = x->fv == s->l->f ? store_cycles(s, blocks * area, blocks, area)
                               : store_cycles(s, blocks * area, blocks * x->ev, x->fv);
    return o;
}

/* Add `count` ofmap tiles like o; the store of the one before takes `before`. */
static void add_outputs(struct walk *w, uint64_t count, const struct output *o,
                        uint64_t before) {
    /* output o + 2 waits until output o is stored: at once if outputs are steps */
    const uint64_t store = w->s->steps == 1 ? max_w(before, o->store) : 0;
    const uint64_t cycles = o->inner + period(o, o->first, store);
    const uint64_t stores = max_w(o->store, (o->step + o->drain + o->store) / 2);
    w->cost.cycles += count * max_w(cycles, stores);
    w->cost.dram_words += count * o->words;
}

/* All ofmap tiles of ev x fv positions, `columns` of them per filter group. What stays in
 * the GLB is loaded with the first column tile (first: among these) or filter group. */
static void add_size(struct walk *w, const struct size_terms *x, unsigned columns,
                     int first) {
    const struct mapper_shape *s = w->s;
    const uint64_t weights = !w->filters_stay ? columns : first != 0;
    uint64_t store = 0;
    for (unsigned c = 0; c < 2; c++) {
        const uint64_t groups = w->filters.count[c];
        const unsigned filters = w->filters.size[c];
        const int first_group = c == (w->filters.count[0] == 0);
        const uint64_t ifmap = !w->ifmap_stays ? groups : first_group != 0;
        const uint64_t passes = groups ? ceil_div(filters, s->pass) : 0;
        for (unsigned i = 0; groups && i < 4; i++) {
            const int loads[2] = {(i & 1) != 0, (i & 2) != 0};
            const uint64_t n = (loads[0] ? weights : columns - weights) *
                               (loads[1] ? ifmap : groups - ifmap);
            if (n) {
                const struct output o = make_output(w, x, filters, loads[0], loads[1]);
                add_outputs(w, n, &o, store);
                store = w->m->filters_outer ? 0 : o.store; /* of the group before */
            }
        }
        w->cost.glb_words +=
            columns * groups * s->steps * passes *
            (x->fv * ((uint64_t)s->r * x->slots->ifmap + UINT64_C(2) * x->slots->psums) +
             s->filter_words);
    }
}

/* All ofmap tiles. */
static void add_tiles(struct walk *w) {
    const struct mapper_shape *s = w->s;
    for (unsigned i = 0; i < 4; i++) {
        const unsigned a = i & 1, b = i >> 1;
        const unsigned columns = s->strips.count[a] * w->tiles.count[b];
        struct size_terms x = {.slots = &s->slots[a]};
        if (columns == 0) {
            continue;
        }
        x.ev = s->strips.size[a];
        x.fv = w->tiles.size[b];
        mapper_step_cycles(x.slots, x.fv, &x.first, &x.next);
        for (unsigned c = 0; c < 2; c++) {
            if (s->channels.count[c]) {
                mapper_tile_load(s, w->m->share, x.ev, x.fv, s->channels.size[c],
                                 &x.tile_words[c], &x.tile[c]);
            }
        }
        const uint64_t filters = x.slots->filters, base = x.slots->base;
        x.drain = base * (s->chain + 1) + x.slots->psums + PSUM_DELAY;
        x.fill = filters + (s->chain - 1) * (filters - min_w(filters, base));
        add_size(w, &x, columns,
                 a == (s->strips.count[0] == 0) && b == (w->tiles.count[0] == 0));
    }
}

/* What cannot overlap: the first load group and the last store. */
static void add_ends(struct walk *w) {
    const struct mapper_shape *s = w->s;
    uint64_t words, cycles;
    mapper_tile_load(s, w->m->share, s->e, w->m->f, s->channels.size[0], &words, &cycles);
    words = (uint64_t)ceil_div(w->filters.size[0], s->pass) * s->filter_words;
    cycles += load_cycles(s, words, 1, words);
    const unsigned part = s->strips.count[1] != 0;
    const uint64_t ev = s->strips.size[part];
    const uint64_t fv = w->tiles.size[w->tiles.count[1] != 0];
    const uint64_t blocks =
        ceil_div(w->filters.size[w->filters.count[1] != 0], s->hw->act_lanes);
    cycles += fv < s->l->f ? store_cycles(s, blocks * ev * fv, blocks * ev, fv)
                           : store_cycles(s, blocks * ev * fv, blocks, ev * fv);
    w->cost.cycles += cycles + LAYER_CYCLES + (uint64_t)s->slots[part].base * s->chain;
}

/* Whether as many buffers as a region has make it load nothing twice. */
static int stays(uint64_t cycle, unsigned buffers) {
    return cycle <= 2 || cycle <= buffers;
}

void mapper_estimate(const struct mapper_shape *s, const struct mapping *m,
                     struct mapping_cost *cost) {
    const unsigned dram = s->hw->design.dram_bytes_per_cycle;
    struct walk w = {.s = s, .m = m};
    w.tiles = split(s->l->f, m->f);
    w.filters = split(s->l->m, min_u(m->m, s->l->m));
    const uint64_t strips = s->strips.count[0] + s->strips.count[1];
    const uint64_t columns = strips * (w.tiles.count[0] + w.tiles.count[1]);
    const uint64_t groups = w.filters.count[0] + w.filters.count[1];
    const uint64_t tiles =
        (uint64_t)s->channel_groups * (m->share ? s->phase_rows : s->slices);
    const uint64_t runs = s->steps;
    w.ifmap_stays = stays(m->filters_outer ? columns * tiles : tiles, m->ifmap_buffers);
    w.filters_stay = stays(m->filters_outer ? runs : groups * runs, m->filter_buffers);
    const unsigned least = min_u(ceil_div(w.filters.size[w.filters.count[1]], s->pass),
                                 ceil_div(w.filters.size[0], s->pass));
    const uint64_t beats = (uint64_t)least * w.tiles.size[w.tiles.count[1]];
    w.bubbles = beats < s->rk ? s->rk : s->bubbles;
    w.command[0] = 2 * 512 / 7 / dram;
    w.command[1] = 3 * 512 / 7 / dram;
    add_tiles(&w);
    add_ends(&w);
    *cost = w.cost;
}

void mapper_cost(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 struct mapping_cost *cost) {
    struct mapper_shape s;
    mapper_shape_open(hw, l, m, &s);
    mapper_estimate(&s, m, cost);
}
