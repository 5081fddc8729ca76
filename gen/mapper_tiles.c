/* SPDX-License-Identifier: Apache-2.0
 *
 * The best tiles, loop order and buffers for a shape.
 *
 * For given f, share and loop order the cycles of all steps are linear in the number of
 * filter groups, and so is the DRAM traffic; both are summed once per f. Of the sizes of
 * a filter group, the largest that fits the GLB beside the buffers is tried first, then a
 * few smaller ones. What a lower bound cannot rule out is estimated.
 */
#include "gen/mapper_tiles.h"

#include <stddef.h>

enum {
    WIDTHS = 4, /* values tried for f */
    GROUPS = 2, /* values tried for m, for every f, order and choice of buffers */
    FIT_TRIES = 24,
    ENOUGH = 128,  /* within a part in this of its bound nothing better is sought */
    ALL = 0,       /* as many buffers as there are contents that come back */
    RESPONSE = 88, /* cycles from a token to the first word that it asks for */
    RETIRE = 16
};

static unsigned ceil_div(unsigned a, unsigned b) {
    return a / b + (a % b != 0);
}

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static uint64_t max_w(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t min_w(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* What does not depend on f. */
struct tiling {
    const struct mapper_shape *s;
    struct mapper_best *best;
    unsigned plane;
    unsigned unit;   /* m is a multiple of this, unless one group holds all filters */
    unsigned passes; /* of all filters */
    unsigned bank_shift;
    uint64_t limit; /* words of the GLB */
    uint64_t store; /* DRAM cycles to store the ofmap, latencies left out */
    int whole;      /* psums never leave the array */
};

/* What follows from f and share. */
struct width {
    unsigned f, share;
    unsigned columns;     /* column tiles */
    unsigned tiles;       /* ifmap tiles of a column tile */
    uint64_t first, next; /* cycles of all steps of a filter group of one pass, and of
                             every further pass */
    uint64_t sweep;       /* DRAM cycles to load all ifmap tiles once */
    uint64_t tile_words;  /* GLB words of an ifmap tile */
    uint64_t psum_words;  /* of a pass */
    uint64_t tile_load;   /* DRAM cycles of a full ifmap tile */
};

enum fit { NO_FIT, FITS, UNTRIED };

/* A choice of the loop order, buffers and m. */
struct choice {
    unsigned outer, ifmap, filter; /* buffers: 2, 3, ALL */
    unsigned m, groups;
};

static uint64_t banks(const struct tiling *t, uint64_t words) {
    return (words + (UINT64_C(1) << t->bank_shift) - 1) >> t->bank_shift;
}

/* Contents that come back, of the ifmap tiles and of the weight runs. */
static uint64_t ifmap_cycle(const struct width *w, unsigned outer) {
    return outer ? (uint64_t)w->columns * w->tiles : w->tiles;
}

static uint64_t filter_cycle(const struct tiling *t, unsigned outer, unsigned groups) {
    return outer ? t->s->steps : (uint64_t)groups * t->s->steps;
}

/* Buffers of a region whose contents number `all` and come back after `cycle` others. */
static uint64_t buffers(unsigned wanted, uint64_t cycle, uint64_t all) {
    const uint64_t n = wanted == ALL ? cycle : wanted;
    return min_w(all, n > 2 ? n : 2);
}

/* Whether a choice fits the GLB: mapping_place's rule. */
static int fits(const struct tiling *t, const struct width *w, const struct choice *c) {
    const struct mapper_shape *s = t->s;
    const uint64_t passes = ceil_div(min_u(c->m, s->l->m), s->pass);
    const uint64_t blocks = ceil_div((unsigned)passes * s->pass, s->hw->act_lanes);
    const uint64_t tiles = (uint64_t)w->columns * w->tiles;
    const uint64_t outputs = (uint64_t)w->columns * c->groups;
    const uint64_t bias = passes * s->t * s->kp;
    uint64_t at =
        banks(t, w->tile_words) * buffers(c->ifmap, ifmap_cycle(w, c->outer), tiles);
    at += banks(t, passes * s->filter_words) *
          buffers(c->filter, filter_cycle(t, c->outer, c->groups),
                  (uint64_t)c->groups * s->steps);
    at += t->whole ? 0 : banks(t, passes * w->psum_words);
    at += banks(t, blocks * s->e * w->f) * min_w(2, outputs);
    at += banks(t, bias) * (min_w(2, c->groups) - 1);
    return (at << t->bank_shift) + bias <= t->limit;
}

/* Set m and groups of a choice: about `groups` filter groups, rounded to legal ones. */
static void set_groups(const struct tiling *t, unsigned groups, struct choice *c) {
    const unsigned filters = t->s->l->m;
    const unsigned m = ceil_div(ceil_div(filters, groups), t->unit) * t->unit;
    c->m = m >= filters ? t->passes * t->s->pass : m;
    c->groups = ceil_div(filters, c->m);
}

/* The next smaller m. Returns 0 if there is none. */
static int next_groups(const struct tiling *t, struct choice *c) {
    const unsigned m = c->m;
    if (m <= t->unit) {
        return 0;
    }
    set_groups(t, c->groups + 1, c);
    if (c->m >= m) { /* as large as before: cut one unit off */
        c->m = (m - 1) / t->unit * t->unit;
        c->groups = ceil_div(t->s->l->m, c->m);
    }
    return 1;
}

/* The largest m that fits. Returns 0 if none does. */
static int largest_group(const struct tiling *t, const struct width *w,
                         struct choice *c) {
    const struct mapper_shape *s = t->s;
    const uint64_t ifmap =
        w->tile_words * (c->ifmap == ALL ? ifmap_cycle(w, c->outer) : c->ifmap);
    const uint64_t runs = c->filter != ALL ? c->filter : c->outer ? s->steps : 0;
    const uint64_t all = c->filter == ALL && !c->outer
                             ? (uint64_t)t->passes * s->steps * s->filter_words
                             : 0;
    const uint64_t pass = s->filter_words * runs + (t->whole ? 0 : w->psum_words) +
                          (uint64_t)s->pass * s->e * w->f / s->hw->act_lanes + 1;
    if (ifmap + all >= t->limit) {
        return 0;
    }
    const uint64_t room = (t->limit - ifmap - all) / pass;
    if (room == 0) {
        return 0;
    }
    set_groups(t, room >= t->passes ? 1 : ceil_div(t->passes, (unsigned)room), c);
    for (unsigned i = 0; !fits(t, w, c); i++) {
        if (!next_groups(t, c)) {
            return 0;
        }
        if (i >= FIT_TRIES) { /* take larger steps */
            set_groups(t, c->groups + ceil_div(c->groups, 4), c);
        }
    }
    return 1;
}

/* A lower bound of the cycles of a choice, as good as few operations allow; *floor: with
 * any buffers. */
static uint64_t choice_bound(const struct tiling *t, const struct width *w,
                             const struct choice *c, uint64_t *floor) {
    const struct mapper_shape *s = t->s;
    const uint64_t cycle_i = ifmap_cycle(w, c->outer);
    const uint64_t cycle_f = filter_cycle(t, c->outer, c->groups);
    const int ifmap_stays = cycle_i <= 2 || c->ifmap == ALL || cycle_i <= c->ifmap;
    const int filters_stay = cycle_f <= 2 || c->filter == ALL || cycle_f <= c->filter;
    const uint64_t weights = (uint64_t)t->passes * s->filter_words * s->steps
                             << s->word_shift;
    const uint64_t steps = (uint64_t)w->columns * c->groups * s->steps;
    const uint64_t compute = c->groups * w->first + (t->passes - c->groups) * w->next;
    const uint64_t read = weights * (filters_stay ? 1 : w->columns) +
                          w->sweep * (ifmap_stays ? 1 : c->groups);
    const uint64_t filter_load =
        ((uint64_t)min_u(c->m / s->pass, t->passes) * s->filter_words) << s->word_shift;
    const uint64_t outputs = (uint64_t)w->columns * c->groups;
    const uint64_t drain = (uint64_t)s->slots[0].base * (s->chain + 1) + RETIRE;
    const uint64_t store = t->store + outputs * RESPONSE;
    *floor =
        max_w(compute, max_w(store, (compute / s->steps + outputs * drain + store) / 2));
    uint64_t bound = max_w(*floor, read);
    if ((c->ifmap == 2 || ifmap_stays) && (c->filter == 2 || filters_stay) &&
        !(ifmap_stays && filters_stay)) { /* a load waits for the step before the last */
        const uint64_t ring = read + steps * (drain + RESPONSE);
        bound = ring > compute ? max_w(bound, (ring + compute) / 2) : bound;
    }
    *floor += w->tile_load + filter_load;
    return bound + w->tile_load + filter_load;
}

static int lexical(const struct mapping *a, const struct mapping *b) {
    const unsigned x[] = {a->e,
                          a->p,
                          a->q,
                          a->r,
                          a->t,
                          a->m,
                          a->f,
                          a->d,
                          a->rk,
                          a->sk,
                          a->share,
                          a->plane,
                          a->filters_outer,
                          a->ifmap_buffers,
                          a->filter_buffers};
    const unsigned y[] = {b->e,
                          b->p,
                          b->q,
                          b->r,
                          b->t,
                          b->m,
                          b->f,
                          b->d,
                          b->rk,
                          b->sk,
                          b->share,
                          b->plane,
                          b->filters_outer,
                          b->ifmap_buffers,
                          b->filter_buffers};
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_u64(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

/* Whether m at this cost is better than the best so far. */
static int better(const struct mapper_best *best, const struct mapping *m,
                  const struct mapping_cost *cost) {
    if (!best->found) {
        return 1;
    }
    int c = compare_u64(cost->cycles, best->cost.cycles);
    c = c ? c : compare_u64(cost->dram_words, best->cost.dram_words);
    c = c ? c : compare_u64(cost->glb_words, best->cost.glb_words);
    c = c ? c : lexical(m, &best->m);
    return c < 0;
}

static uint64_t estimate(const struct tiling *t, const struct width *w,
                         const struct choice *c) {
    const struct mapper_shape *s = t->s;
    struct mapper_best *best = t->best;
    const uint64_t ifmap = c->ifmap == ALL ? ifmap_cycle(w, c->outer) : c->ifmap;
    const uint64_t filter =
        c->filter == ALL ? filter_cycle(t, c->outer, c->groups) : c->filter;
    struct mapping m = {.e = s->e,
                        .p = s->p,
                        .q = s->q,
                        .r = s->r,
                        .t = s->t,
                        .m = c->m,
                        .f = w->f,
                        .rk = s->rk,
                        .sk = s->sk,
                        .d = s->d,
                        .a = s->a,
                        .share = w->share,
                        .plane = t->plane,
                        .filters_outer = c->outer};
    m.ifmap_buffers = (unsigned)min_w(ifmap > 2 ? ifmap : 2, UINT16_MAX);
    m.filter_buffers = (unsigned)min_w(filter > 2 ? filter : 2, UINT16_MAX);
    struct mapping_cost cost;
    mapper_estimate(s, &m, &cost);
    best->estimates++;
    if (!better(best, &m, &cost)) {
        return cost.cycles;
    }
    if (best->checked) {
        mapping_bubbles(s->hw, s->l, &m);
        if (mapping_place(s->hw, s->l, &m, NULL) ||
            mapping_check(s->hw, s->l, &m, NULL)) {
            best->rejected = m;
            return cost.cycles;
        }
    }
    best->found = 1;
    best->m = m;
    best->cost = cost;
    return cost.cycles;
}

/* Whether the mapping with this bound may still be the best. */
static int promising(const struct mapper_best *best, uint64_t bound) {
    return !best->found || bound + best->cost.cycles / 1024 < best->cost.cycles;
}

/* All m for a choice of loop order and buffers. *enough is set where the largest m is as
 * good as its bound. */
static enum fit visit_groups(const struct tiling *t, const struct width *w,
                             struct choice *c, int *enough) {
    uint64_t floor;
    c->groups = 1;
    c->m = t->s->pass;
    if (!promising(t->best, choice_bound(t, w, c, &floor))) {
        return UNTRIED;
    }
    if (!largest_group(t, w, c)) {
        return NO_FIT;
    }
    for (unsigned i = 0; i < GROUPS; i++) {
        const uint64_t bound = choice_bound(t, w, c, &floor);
        if (promising(t->best, bound)) {
            const uint64_t cycles = estimate(t, w, c);
            if (i == 0 && cycles - cycles / ENOUGH <= floor) {
                *enough = 1;
                break;
            }
        }
        if (!next_groups(t, c)) {
            break;
        }
    }
    return FITS;
}

/* All choices for a width. Returns whether any fits. */
static int visit_choices(const struct tiling *t, const struct width *w) {
    static const unsigned char pairs[][2] = {{2, 2},   {3, 3},   {3, 2},
                                             {2, 3},   {2, ALL}, {3, ALL},
                                             {ALL, 2}, {ALL, 3}, {ALL, ALL}};
    int any = 0, none = 0;
    for (unsigned outer = 0; outer < 2; outer++) {
        if (outer && (none || w->columns == 1 || t->passes * t->s->pass <= t->unit)) {
            break;
        }
        const uint64_t cycle = ifmap_cycle(w, outer);
        const uint64_t runs = outer ? t->s->steps : 0; /* else they depend on m */
        for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++) {
            struct choice c = {
                .outer = outer, .ifmap = pairs[i][0], .filter = pairs[i][1]};
            if ((i == 2 && t->s->steps > 2) || (i == 3 && cycle > 2)) {
                continue; /* both are loaded again and again: as many buffers of each */
            }
            if ((c.ifmap == ALL && cycle <= 3) ||
                (c.filter == ALL && outer && runs <= 3)) {
                continue;
            }
            int enough = 0;
            const enum fit fit = visit_groups(t, w, &c, &enough);
            any |= fit == FITS;
            none = i == 0 && fit == NO_FIT;
            if (none || (i == 0 && enough)) {
                break;
            }
        }
    }
    return any;
}

/* Work out a width. */
static void open_width(const struct tiling *t, unsigned f, unsigned share,
                       struct width *w) {
    const struct mapper_shape *s = t->s;
    const struct layer *l = s->l;
    const unsigned full = l->f / f, rest = l->f - full * f;
    const unsigned sizes[2] = {f, rest}, counts[2] = {full, rest != 0};
    const struct mapping m = {.e = s->e,
                              .f = f,
                              .q = s->q,
                              .r = s->r,
                              .rk = s->rk,
                              .sk = s->sk,
                              .d = s->d,
                              .a = s->a,
                              .share = share};
    *w = (struct width){.f = f, .share = share};
    w->columns = (s->strips.count[0] + s->strips.count[1]) * (full + (rest != 0));
    w->tiles = s->channel_groups * (share ? s->phase_rows : s->slices);
    w->tile_words = mapping_ifmap_need(s->hw, l, &m);
    w->psum_words = (uint64_t)f * s->slots[0].psums;
    for (unsigned i = 0; i < 4; i++) {
        const unsigned a = i & 1, b = i >> 1;
        const uint64_t count = (uint64_t)s->strips.count[a] * counts[b];
        uint64_t first, next;
        if (count == 0) {
            continue;
        }
        mapper_step_cycles(&s->slots[a], sizes[b], &first, &next);
        w->first += count * s->steps * (first + s->bubbles * (uint64_t)s->slots[a].base);
        w->next += count * s->steps * next;
        for (unsigned c = 0; c < 2; c++) {
            if (s->channels.count[c]) {
                uint64_t words, cycles;
                mapper_tile_load(s, share, s->strips.size[a], sizes[b],
                                 s->channels.size[c], &words, &cycles);
                w->sweep += count * s->channels.count[c] *
                            (share ? s->phase_rows : s->slices) * cycles;
                w->tile_load = i == 0 && c == 0 ? cycles : w->tile_load;
            }
        }
    }
}

static void open_tiling(const struct mapper_shape *s, unsigned plane,
                        struct mapper_best *best, struct tiling *t) {
    const struct hw *hw = s->hw;
    *t = (struct tiling){.s = s, .best = best, .plane = plane, .unit = s->pass};
    while (t->unit % hw->act_lanes != 0) { /* a power of two */
        t->unit *= 2;
    }
    t->passes = ceil_div(s->l->m, s->pass);
    while (1u << t->bank_shift < hw->glb_bank_words) {
        t->bank_shift++;
    }
    t->limit = min_u(hw->glb_words, 1u << 24);
    t->store = (uint64_t)ceil_div(s->l->m, hw->act_lanes) * s->l->e * s->l->f
               << s->word_shift;
    t->whole = s->channel_groups == 1 && s->slices == 1;
}

void mapper_tiles(const struct mapper_shape *s, unsigned plane,
                  struct mapper_best *best) {
    struct tiling t;
    open_tiling(s, plane, best, &t);
    unsigned fit = 0, last = 0;
    for (unsigned n = 1; fit < WIDTHS; n += fit ? 1 : ceil_div(n, 4)) {
        const unsigned f = ceil_div(s->l->f, n);
        int any = 0, hope = 0;
        for (unsigned share = 0; f != last && share <= (s->slices > 1); share++) {
            struct width w;
            open_width(&t, f, share, &w);
            if (promising(best, w.first + (t.passes - 1) * w.next)) {
                hope = 1;
                any |= visit_choices(&t, &w);
            }
        }
        fit += any != 0;
        if (f == 1 || (f != last && !hope)) {
            break;
        }
        last = f;
    }
}
