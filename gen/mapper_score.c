/* SPDX-License-Identifier: Apache-2.0
 *
 * The score of a shape.
 */
#include "gen/mapper_score.h"

enum {
    RESPONSE = 88, /* cycles from a token to the first word that it asks for */
    COMMANDS = 219 /* bytes of the commands of a step: three, and their FETCH */
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

/* The least n with `unit` << n >= size. */
static unsigned shift_to(unsigned unit, unsigned size) {
    unsigned n = 0;
    while (unit << n < size) {
        n++;
    }
    return n;
}

struct mapper_shifts mapper_shifts(const struct hw *hw) {
    return (struct mapper_shifts){
        .word = shift_to(hw->design.dram_bytes_per_cycle, hw->bus_bytes),
        .bank = shift_to(1, hw->glb_bank_words),
        .cb = shift_to(1, hw->act_lanes),
        .wb = shift_to(1, hw->weight_lanes),
    };
}

/* A bound of the DRAM cycles to load the ifmap once with strips of e rows. */
static uint64_t sweep_cycles(const struct mapper_strip *k) {
    const struct mapper_shape *x = &k->terms;
    const struct layer *l = x->l;
    const unsigned taps = k->slices > 1 ? ceil_div(l->r, x->d) : x->rk;
    const unsigned phases = k->slices > 1 ? min_u(x->d, l->r) : 1;
    uint64_t rows = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (k->count[i]) {
            rows += (uint64_t)k->count[i] *
                    min_u((k->rows[i] - 1) * x->a + taps, ceil_div(l->h, x->d));
        }
    }
    return rows * phases * l->w * ceil_div(l->c, x->hw->act_lanes) << k->shifts.word;
}

void mapper_strip_open(const struct hw *hw, const struct layer *l,
                       const struct mapper_shifts *shifts, const struct mapping *m,
                       struct mapper_strip *k) {
    const struct design *g = &hw->design;
    *k = (struct mapper_strip){.shifts = *shifts, .slices = mapping_slice_count(l, m)};
    k->terms = (struct mapper_shape){.hw = hw,
                                     .l = l,
                                     .rk = m->rk,
                                     .sk = m->sk,
                                     .d = m->d,
                                     .a = l->u / m->d,
                                     .e = m->e};
    k->count[0] = l->e / m->e;
    k->count[1] = l->e % m->e != 0;
    k->rows[0] = m->e;
    k->rows[1] = l->e % m->e;
    k->sets = g->cols / m->e;
    k->chains = g->rows / m->rk;
    const unsigned strips = k->count[0] + k->count[1];
    k->beats = (uint64_t)strips * k->slices * l->f;
    k->sweep = sweep_cycles(k);
    k->commands = (uint64_t)strips * k->slices * (COMMANDS / g->dram_bytes_per_cycle);
    k->tile_rows = min_u((m->e - 1) * k->terms.a + m->rk, ceil_div(l->h, m->d));
    const uint64_t all = (uint64_t)l->c * l->m * m->sk; /* weights of a filter row */
    const uint64_t macs =
        k->beats * m->sk * ceil_div(l->c, k->chains) * ceil_div(l->m, k->sets);
    const uint64_t words = all / hw->weight_lanes * k->slices * m->rk;
    k->read = (words << shifts->word) + k->sweep;
    k->bound = max_w(max_w(macs, words * strips), k->read + k->commands);
}

/* GLB banks of a buffer of some words. */
static unsigned region_banks(const struct mapper_strip *k, unsigned words) {
    return (words + k->terms.hw->glb_bank_words - 1) >> k->shifts.bank;
}

/* What the regions of a shape need. */
struct regions {
    unsigned run;    /* words of the weights of a pass */
    unsigned runs;   /* buffers of them */
    unsigned psums;  /* words of a pass */
    unsigned blocks; /* of channels of a pass's ofmap, times cb */
    unsigned area;   /* positions of an ofmap tile */
    unsigned room;   /* banks beside the ifmap and bias */
};

/* The least number of filter groups that fit, 0 if none does; or fewer, if to load the
 * ifmap so often takes `limit` cycles or more. */
static unsigned fewest_groups(const struct mapper_strip *k, const struct regions *g,
                              unsigned passes, uint64_t limit) {
    const unsigned cb = k->terms.hw->act_lanes;
    const unsigned words =
        g->run * g->runs + g->psums + ((2 * g->area * g->blocks) >> k->shifts.cb);
    const unsigned most = (g->room << k->shifts.bank) / (words + 1);
    if (most == 0) {
        return 0;
    }
    unsigned groups = most >= passes ? 1 : ceil_div(passes, most);
    for (unsigned i = 0; i < 3 && groups * k->sweep < limit; i++) {
        const unsigned n = groups == 1 ? passes : ceil_div(passes, groups);
        const unsigned need =
            g->runs * region_banks(k, n * g->run) + region_banks(k, n * g->psums) +
            2 * region_banks(k, ((n * g->blocks + cb - 1) >> k->shifts.cb) * g->area);
        if (need <= g->room) {
            return groups;
        }
        if (n == 1) {
            return 0;
        }
        const unsigned fewer = n * g->room / need;
        groups = ceil_div(passes, fewer < n ? fewer ? fewer : 1 : n - 1);
    }
    return groups;
}

/* Cycles when a step's load waits, with two buffers, for the step before the last. */
static uint64_t ring_cycles(uint64_t read, uint64_t compute, uint64_t steps,
                            uint64_t drain) {
    const uint64_t ring = read + steps * drain;
    return ring > compute ? max_w(read, (ring + compute) / 2) : read;
}

/* A guess of the cycles of a shape with the best tiles, by its DRAM traffic: weights come
 * once per column tile and the ifmap once per filter group, unless they stay in the GLB.
 * Loads run ahead only with three buffers. Stops at `compute`, and looks
 * for nothing from `limit` on. */
static uint64_t traffic(const struct mapper_strip *k, const struct mapper_slots *x,
                        unsigned groups, unsigned passes, uint64_t compute,
                        uint64_t limit) {
    const struct mapper_shape *y = &k->terms;
    const struct layer *l = y->l;
    const unsigned strips = k->count[0] + k->count[1], steps = groups * k->slices;
    const unsigned blocks =
        (min_u(y->q * y->r, l->c) + y->hw->act_lanes - 1) >> k->shifts.cb;
    struct regions g = {.run = y->chain * x->filters, .blocks = y->p * y->t};
    const uint64_t weights = ((uint64_t)g.run * passes * steps << k->shifts.word) +
                             k->commands * groups / strips;
    const uint64_t drain = (uint64_t)x->base * (y->chain + 1) + RESPONSE;
    const unsigned most = y->hw->glb_banks - 1; /* one for the bias */
    const int stays = steps * region_banks(k, g.run) < most;
    uint64_t best = min_w(limit, UINT64_MAX / 4);
    for (unsigned n = 1;; n += 1 + n / 8) {
        const unsigned f = ceil_div(l->f, n);
        const unsigned cols = min_u((f - 1) * l->u + y->sk, l->w);
        const unsigned tile = region_banks(k, k->tile_rows * blocks * cols);
        const uint64_t reload = weights * strips * n;
        const int worth = reload + k->sweep < best;
        if (best <= compute || (!worth && !stays)) {
            break;
        }
        g.psums = steps == 1 ? 0 : f * x->psums;
        g.area = y->e * f;
        for (unsigned i = 2; i <= 3 && worth && best > compute; i++) { /* buffers */
            g.room = most > i * tile ? most - i * tile : 0;
            g.runs = i;
            const unsigned fit = g.room ? fewest_groups(k, &g, passes, best - reload) : 0;
            if (fit) {
                const uint64_t read = reload + k->sweep * fit;
                best = min_w(
                    best, i == 2 ? ring_cycles(read, compute,
                                               (uint64_t)strips * n * fit * steps, drain)
                                 : read);
            }
        }
        if (worth && tile * steps < most) { /* tiles stay */
            g.room = most - tile * steps;
            g.runs = 3;
            if (best > reload + k->sweep && fewest_groups(k, &g, passes, UINT64_MAX)) {
                best = reload + k->sweep;
            }
        }
        if (stays &&
            steps + 3 * tile < most) { /* weights stay, the filter group is outermost */
            g.room = most - 3 * tile;
            g.runs = steps;
            const unsigned fit =
                best > weights ? fewest_groups(k, &g, passes, best - weights) : 0;
            best = fit ? min_w(best, weights + k->sweep * fit) : best;
        }
        if (f == 1) {
            break;
        }
    }
    return best;
}

uint64_t mapper_score(const struct mapper_strip *k, unsigned groups, unsigned passes,
                      uint64_t limit) {
    const struct mapper_shape *x = &k->terms;
    const unsigned steps = groups * k->slices, shift = k->shifts.word;
    const uint64_t run = ((uint64_t)passes * x->chain * x->t * x->kf) << shift;
    const uint64_t tile = k->sweep / ((uint64_t)(k->count[0] + k->count[1]) * steps);
    uint64_t cycles = 0, base = 0;
    struct mapper_slots slots[2] = {{0}};
    for (unsigned i = 0; i < 2; i++) {
        if (k->count[i]) {
            slots[i] = mapper_slot_terms(x, k->rows[i]);
            uint64_t first, next;
            mapper_step_cycles(&slots[i], x->l->f, &first, &next);
            first += slots[i].base * (uint64_t)x->bubbles + (passes - 1) * next;
            base = slots[i].base;
            const uint64_t ring = (base * (x->chain + 1) + run + tile + 100) / 2;
            cycles += k->count[i] * max_w(first, ring);
        }
    }
    cycles *= steps;
    if (cycles < limit) {
        cycles = max_w(cycles, traffic(k, &slots[0], groups, passes, cycles, limit));
    }
    return cycles + base * x->chain + run + tile;
}
