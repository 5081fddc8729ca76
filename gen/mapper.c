/* SPDX-License-Identifier: Apache-2.0
 *
 * The mapper: search for the mapping with the fewest cycles.
 *
 * A shape is everything about a mapping but its tiles and loop order: view, slice, e, q,
 * r, p and t. Strips (view, slice and e) are sorted by a lower bound of their cycles, and
 * the shapes of the best strips are scored by the slot rule; of every strip a few are
 * kept, of all strips KEEP. These then get their tiles, in the order of their scores,
 * until no score is below the best estimate (gen/mapper_tiles.c).
 *
 * Where that finds no mapping, a second search tries every strip, keeps only shapes that
 * fit the GLB, and checks all mappings; it also finds what is short.
 */
#include <string.h>

#include "gen/mapper_cost.h"
#include "gen/mapper_tiles.h"
#include "gen/mapping.h"

enum {
    STRIPS = 256,   /* strips whose shapes are scored */
    KEEP = 100,     /* shapes that get tiles */
    KEEP_STRIP = 5, /* of them, of one strip */
    FILTERS = 80,   /* choices of p and t */
    LETTERS = 28,   /* values tried for p and for q */
    RESPONSE = 88,  /* cycles from a token to the first word that it asks for */
    COMMANDS = 219, /* bytes of the commands of a step: three, and their FETCH */
    WORTH = 512     /* less than a part in this is not worth a try */
};

/* All letters of a shape that are set, and a lower bound or a score. */
struct shape {
    uint64_t cycles;
    uint16_t plane, d, rk, sk, e, q, r, p, t;
};

/* Shapes in ascending order of cycles. */
struct shape_list {
    unsigned count, room;
    struct shape *shapes;
};

/* A choice of p and t. */
struct filters {
    uint16_t p, t, kp;
    unsigned passes, slot; /* slots per weight, and per pass */
    uint64_t work;         /* passes times slots per weight */
};

struct search {
    const struct hw *hw;
    const struct layer *layer;
    struct layer l; /* as the shapes at hand view it */
    unsigned q[LETTERS], p[LETTERS];
    unsigned q_count, p_count;
    unsigned word_shift;             /* DRAM beats of a bus word: log2 */
    unsigned bank_shift;             /* words of a GLB bank: log2 */
    unsigned cb_shift, wb_shift;     /* acts and weights of a bus word: log2 */
    uint64_t macs;                   /* C * M */
    struct filters filters[FILTERS]; /* choices with t <= sets, least work first */
    unsigned filters_count, sets;
    int careful;    /* the second search */
    uint64_t banks; /* smallest demand of a shape that does not fit the GLB */
    struct shape strips[STRIPS], local[KEEP_STRIP], kept[KEEP];
    struct shape_list strip_list, local_list, kept_list;
    struct mapper_best best;
};

static unsigned ceil_div(unsigned a, unsigned b) {
    return a / b + (a % b != 0);
}

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

/* Whether n pieces of k are no better than pieces of k - step: as many, yet larger. */
static int dominated(unsigned n, unsigned k, unsigned step) {
    return k > step && ceil_div(n, k) == ceil_div(n, k - step);
}

/* Bus lanes or PE words filled when n is cut into pieces of v. */
static uint64_t padded(unsigned n, unsigned v) {
    return (uint64_t)ceil_div(n, v) * v;
}

/* Values for p or q, ascending: divisors and multiples of `lanes` up to max, and not far
 * beyond n. Of many, the larger ones are thinned out to one, the one that pads n least,
 * within a quarter. Returns their number. */
static unsigned letter_values(unsigned n, unsigned lanes, unsigned max,
                              unsigned *values) {
    unsigned count = 0, from = 0;
    for (unsigned v = 1; v <= max; v += v < lanes ? 1 : lanes) {
        if (v < lanes && lanes % v != 0) {
            continue;
        }
        if (count > LETTERS / 2 && v < from + from / 4) {
            if (padded(n, v) <= padded(n, values[count - 1])) {
                values[count - 1] = v;
            }
        } else if (count < LETTERS) {
            values[count++] = v;
            from = v;
        }
        if (v >= n) {
            break; /* one piece is enough */
        }
    }
    return count;
}

static uint64_t max_w(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t min_w(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* The cycles that a shape must stay below to enter a list. */
static uint64_t list_limit(const struct shape_list *list) {
    return list->count == list->room ? list->shapes[list->count - 1].cycles : UINT64_MAX;
}

static void list_add(struct shape_list *list, const struct shape *shape) {
    unsigned at = list->count;
    if (shape->cycles >= list_limit(list)) {
        return;
    }
    while (at > 0 && list->shapes[at - 1].cycles > shape->cycles) {
        at--;
    }
    if (list->count < list->room) {
        list->count++;
    }
    memmove(&list->shapes[at + 1], &list->shapes[at],
            (list->count - 1 - at) * sizeof *list->shapes);
    list->shapes[at] = *shape;
}

static struct mapping shape_mapping(const struct search *s, const struct shape *x) {
    return (struct mapping){.e = x->e,
                            .p = x->p,
                            .q = x->q,
                            .r = x->r,
                            .t = x->t,
                            .rk = x->rk,
                            .sk = x->sk,
                            .d = x->d,
                            .a = s->l.u / x->d,
                            .plane = x->plane};
}

/* What the shapes of a strip have in common. */
struct strip {
    struct search *s;
    struct shape shape; /* q, r, p and t open */
    struct mapper_shape terms;
    unsigned count[2], rows[2]; /* of strips, full and cut off; their ofmap rows */
    unsigned slices, sets, chains;
    unsigned ifmap;     /* transfers of a chain group in a beat, in the smaller strips */
    uint64_t beats;     /* of all strips, for one channel group and pass */
    unsigned tile_rows; /* of an ifmap tile */
    uint64_t read;      /* DRAM cycles to load everything once */
    uint64_t sweep;     /* DRAM cycles to load the ifmap once */
    uint64_t commands;  /* DRAM cycles of the commands of a channel group's steps */
};

/* A bound of the DRAM cycles to load the ifmap once with strips of e rows. */
static uint64_t sweep_cycles(const struct search *s, const struct strip *k) {
    const struct layer *l = &s->l;
    const unsigned taps = k->slices > 1 ? ceil_div(l->r, k->shape.d) : k->shape.rk;
    const unsigned a = l->u / k->shape.d,
                   phases = k->slices > 1 ? min_u(k->shape.d, l->r) : 1;
    uint64_t rows = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (k->count[i]) {
            rows += (uint64_t)k->count[i] *
                    min_u((k->rows[i] - 1) * a + taps, ceil_div(l->h, k->shape.d));
        }
    }
    return rows * phases * l->w * ceil_div(l->c, s->hw->act_lanes) << s->word_shift;
}

/* Open a strip and set the bound of its shapes' cycles. */
static void open_strip(struct search *s, const struct shape *shape, unsigned slices,
                       struct strip *k) {
    const struct design *g = &s->hw->design;
    const struct layer *l = &s->l;
    const unsigned e = shape->e, rk = shape->rk, sk = shape->sk;
    *k = (struct strip){.s = s, .shape = *shape, .slices = slices};
    k->count[0] = l->e / e;
    k->count[1] = l->e % e != 0;
    k->rows[0] = e;
    k->rows[1] = l->e % e;
    k->sets = g->cols / e;
    k->chains = g->rows / rk;
    const unsigned strips = k->count[0] + k->count[1];
    k->beats = (uint64_t)strips * slices * l->f;
    k->sweep = sweep_cycles(s, k);
    k->commands = (uint64_t)strips * slices * (COMMANDS / g->dram_bytes_per_cycle);
    k->tile_rows = min_u((e - 1) * (l->u / shape->d) + rk, ceil_div(l->h, shape->d));
    const uint64_t all = s->macs * sk; /* weights of a filter row */
    const uint64_t macs =
        k->beats * sk * ceil_div(l->c, k->chains) * ceil_div(l->m, k->sets);
    const uint64_t words = all / s->hw->weight_lanes * slices * rk;
    const uint64_t filters = words * strips, load = words << s->word_shift;
    k->read = load + k->sweep;
    k->shape.cycles = max_w(max_w(macs, filters), k->read + k->commands);
}

/* The cycles that a shape must stay below. */
static uint64_t shape_limit(const struct search *s) {
    const uint64_t local = list_limit(&s->local_list), kept = list_limit(&s->kept_list);
    const uint64_t limit = s->careful || local < kept ? local : kept;
    const uint64_t best = s->best.cost.cycles - s->best.cost.cycles / WORTH;
    return s->best.found && best < limit ? best : limit;
}

/* GLB banks of a buffer of some words. */
static unsigned region_banks(const struct search *s, unsigned words) {
    return (words + s->hw->glb_bank_words - 1) >> s->bank_shift;
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

/* The least number of filter groups that fit; 0 if none does. */
static unsigned fewest_groups(const struct search *s, const struct regions *g,
                              unsigned passes) {
    const unsigned cb = s->hw->act_lanes;
    const unsigned words =
        g->run * g->runs + g->psums + ((2 * g->area * g->blocks) >> s->cb_shift);
    const unsigned most = (g->room << s->bank_shift) / (words + 1);
    if (most == 0) {
        return 0;
    }
    unsigned groups = most >= passes ? 1 : ceil_div(passes, most);
    for (unsigned i = 0; i < 3; i++) {
        const unsigned n = groups == 1 ? passes : ceil_div(passes, groups);
        const unsigned need =
            g->runs * region_banks(s, n * g->run) + region_banks(s, n * g->psums) +
            2 * region_banks(s, ((n * g->blocks + cb - 1) >> s->cb_shift) * g->area);
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
 * Loads run ahead only with three buffers. Stops at `compute`. */
static uint64_t traffic(const struct strip *k, const struct mapper_slots *x,
                        unsigned groups, unsigned passes, uint64_t compute) {
    const struct search *s = k->s;
    const struct mapper_shape *y = &k->terms;
    const unsigned strips = k->count[0] + k->count[1], steps = groups * k->slices;
    const unsigned blocks =
        (min_u(y->q * y->r, s->l.c) + s->hw->act_lanes - 1) >> s->cb_shift;
    struct regions g = {.run = y->chain * x->filters, .blocks = y->p * y->t};
    const uint64_t weights = ((uint64_t)g.run * passes * steps << s->word_shift) +
                             k->commands * groups / strips;
    const uint64_t limit = shape_limit(s);
    const uint64_t drain = (uint64_t)x->base * (y->chain + 1) + RESPONSE;
    const unsigned most = s->hw->glb_banks - 1; /* one for the bias */
    const int stays = steps * region_banks(s, g.run) < most;
    uint64_t best = UINT64_MAX / 4;
    for (unsigned n = 1;; n += 1 + n / 8) {
        const unsigned f = ceil_div(s->l.f, n);
        const unsigned cols = min_u((f - 1) * s->l.u + y->sk, s->l.w);
        const unsigned tile = region_banks(s, k->tile_rows * blocks * cols);
        const uint64_t reload = weights * strips * n;
        const int worth = reload + k->sweep < min_w(best, limit);
        if (best <= compute || (!worth && !stays)) {
            break;
        }
        g.psums = steps == 1 ? 0 : f * x->psums;
        g.area = k->shape.e * f;
        for (unsigned i = 2; i <= 3 && worth && best > compute; i++) { /* buffers */
            g.room = most > i * tile ? most - i * tile : 0;
            g.runs = i;
            const unsigned fit = g.room ? fewest_groups(s, &g, passes) : 0;
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
            best = fewest_groups(s, &g, passes) ? min_w(best, reload + k->sweep) : best;
        }
        if (stays &&
            steps + 3 * tile < most) { /* weights stay, the filter group is outermost */
            g.room = most - 3 * tile;
            g.runs = steps;
            const unsigned fit = fewest_groups(s, &g, passes);
            best = fit ? min_w(best, weights + k->sweep * fit) : best;
        }
        if (f == 1) {
            break;
        }
    }
    return best;
}

/* The score of a shape: its cycles with the best tiles, guessed. */
static uint64_t score(const struct strip *k, unsigned groups, unsigned passes) {
    const struct mapper_shape *x = &k->terms;
    const unsigned steps = groups * k->slices, shift = k->s->word_shift;
    const uint64_t run = ((uint64_t)passes * x->chain * x->t * x->kf) << shift;
    const uint64_t tile = k->sweep / ((uint64_t)(k->count[0] + k->count[1]) * steps);
    uint64_t cycles = 0, base = 0;
    struct mapper_slots slots[2] = {{0}};
    for (unsigned i = 0; i < 2; i++) {
        if (k->count[i]) {
            slots[i] = mapper_slot_terms(x, k->rows[i]);
            uint64_t first, next;
            mapper_step_cycles(&slots[i], k->s->l.f, &first, &next);
            first += slots[i].base * (uint64_t)x->bubbles + (passes - 1) * next;
            base = slots[i].base;
            const uint64_t ring = (base * (x->chain + 1) + run + tile + 100) / 2;
            cycles += k->count[i] * max_w(first, ring);
        }
    }
    cycles *= steps;
    if (cycles < shape_limit(k->s)) {
        cycles = max_w(cycles, traffic(k, &slots[0], groups, passes, cycles));
    }
    return cycles + base * x->chain + run + tile;
}

/* The smallest legal m that is at least `filters`. */
static unsigned round_m(const struct search *s, const struct mapping *m,
                        unsigned filters) {
    unsigned pt = m->p * m->t, unit = pt;
    while (unit % s->hw->act_lanes != 0) { /* a power of two */
        unit *= 2;
    }
    unsigned v = ceil_div(filters, unit) * unit;
    return v >= s->l.m ? ceil_div(s->l.m, pt) * pt : v; /* one group: no blocks to cut */
}

/* Whether a shape fits the GLB with small tiles; notes the smallest demand seen. */
static int shape_fits(struct search *s, struct mapping m) {
    const unsigned widths[] = {1, s->l.f}, groups[] = {1, s->l.m};
    for (unsigned i = 0; i < 8; i++) {
        uint64_t banks;
        m.f = widths[i >> 1 & 1];
        m.m = round_m(s, &m, groups[i >> 2]);
        m.share = i & 1;
        if (mapping_place(s->hw, &s->l, &m, &banks) == 0) {
            return 1;
        }
        s->banks = banks < s->banks ? banks : s->banks;
    }
    return 0;
}

/* Whether a shape obeys the limits of the spads and of the command fields. */
static int shape_legal(const struct search *s, const struct mapper_shape *x) {
    return (uint64_t)x->kf * s->hw->weight_lanes + (uint64_t)x->p * x->q * x->sk <=
               s->hw->design.filter_spad_words &&
           (uint64_t)x->t * x->kf <= UINT16_MAX;
}

static void add_filters(struct search *s, const struct filters *x) {
    unsigned at = s->filters_count;
    while (at > 0 && s->filters[at - 1].work > x->work) {
        at--;
    }
    if (at == FILTERS) {
        return;
    }
    s->filters_count += s->filters_count < FILTERS;
    memmove(&s->filters[at + 1], &s->filters[at],
            (s->filters_count - 1 - at) * sizeof *s->filters);
    s->filters[at] = *x;
}

/* Choices of p and t that no other one dominates: as few passes, with smaller p or t. */
static void open_filters(struct search *s, unsigned sets) {
    const unsigned latency = s->hw->type.add_latency + 1u;
    if (s->sets == sets) {
        return;
    }
    s->sets = sets;
    s->filters_count = 0;
    for (unsigned i = 0; i < s->p_count; i++) {
        const unsigned p = s->p[i], blocks = ceil_div(s->l.m, p);
        struct filters x = {.p = (uint16_t)p, .slot = p > latency ? p : latency};
        x.kp = (uint16_t)ceil_div(p, s->hw->psum_lanes);
        for (x.passes = ceil_div(blocks, sets);; x.passes = ceil_div(blocks, x.t - 1u)) {
            x.t = (uint16_t)ceil_div(blocks, x.passes);
            x.work = (uint64_t)x.passes * x.slot;
            if (i == 0 || ceil_div(s->l.m, s->p[i - 1] * x.t) > x.passes) {
                add_filters(s, &x);
            }
            if (x.t == 1) {
                break;
            }
        }
    }
}

/* A lower bound of a shape's cycles that needs few operations; legal shapes only. */
static uint64_t quick_bound(const struct strip *k, const struct filters *y,
                            uint64_t beats, unsigned groups) {
    const struct mapper_shape *x = &k->terms;
    const unsigned psums = (unsigned)k->shape.e * y->t * y->kp,
                   fed = (x->r - 1) * k->ifmap;
    const unsigned macs = y->slot * x->sk * x->q;
    const unsigned slot = macs > psums ? macs : psums;
    const uint64_t run = (uint64_t)y->passes * x->chain * x->t * x->kf
                         << k->s->word_shift;
    const uint64_t read = (run * k->slices + k->commands) * groups + k->sweep;
    return max_w(beats * y->passes * (fed > slot ? fed : slot), read) + run;
}

/* All p and t for a shape whose other letters are set. */
static void visit_filters(struct strip *k, unsigned groups) {
    struct search *s = k->s;
    struct mapper_shape *x = &k->terms;
    const uint64_t beats = k->beats * groups;
    const unsigned taps = x->sk * x->q;
    uint64_t limit = shape_limit(s);
    for (unsigned i = 0; i < s->filters_count; i++) {
        const struct filters *y = &s->filters[i];
        if (beats * y->work * taps >= limit) {
            break;
        }
        x->p = y->p, x->t = y->t, x->kp = y->kp;
        x->kf = (x->p * taps + s->hw->weight_lanes - 1) >> s->wb_shift;
        if (!shape_legal(s, x) || quick_bound(k, y, beats, groups) >= limit) {
            continue;
        }
        const uint64_t cycles = score(k, groups, y->passes);
        if (cycles < limit) {
            struct shape shape = k->shape;
            shape.cycles = cycles;
            shape.q = (uint16_t)x->q, shape.r = (uint16_t)x->r;
            shape.p = (uint16_t)x->p, shape.t = (uint16_t)x->t;
            if (!s->careful || shape_fits(s, shape_mapping(s, &shape))) {
                list_add(&s->local_list, &shape);
                limit = shape_limit(s);
            }
        }
    }
}

static void tiles(struct search *s, const struct shape *shape) {
    const struct mapping m = shape_mapping(s, shape);
    struct mapper_shape x;
    mapper_shape_open(s->hw, &s->l, &m, &x);
    mapper_tiles(&x, shape->plane, &s->best);
}

/* All q and r of a strip. */
static void visit_strip(struct search *s, struct strip *k) {
    struct mapper_shape *x = &k->terms;
    const struct shape *y = &k->shape;
    const unsigned window = y->sk + s->l.u / y->d * y->rk;
    *x = (struct mapper_shape){.hw = s->hw,
                               .l = &s->l,
                               .rk = y->rk,
                               .sk = y->sk,
                               .d = y->d,
                               .a = s->l.u / y->d,
                               .e = y->e};
    s->local_list = (struct shape_list){0, KEEP_STRIP, s->local};
    open_filters(s, k->sets);
    for (unsigned i = s->q_count; i-- > 0;) {
        x->q = s->q[i];
        if (s->hw->design.ifmap_spad_words / x->q < window) {
            continue;
        }
        const struct mapping m = {.q = x->q, .a = x->a, .rk = x->rk, .sk = x->sk};
        const unsigned pieces = ceil_div(s->l.c, x->q);
        unsigned groups = ceil_div(pieces, k->chains);
        x->bubbles = mapping_idle_beats(s->hw, &m);
        k->ifmap = x->a * ((k->rows[k->count[1]] - 1) * x->a + x->rk) *
                   ceil_div(x->q, s->hw->act_lanes);
        for (;;) {
            x->r = ceil_div(pieces, groups);
            x->chain = x->rk * x->r;
            const uint64_t macs = k->beats * groups * x->q * x->sk * s->filters[0].work;
            if (max_w(macs, k->read + k->commands * groups) >= shape_limit(s)) {
                break;
            }
            visit_filters(k, groups);
            if (x->r == 1) {
                break;
            }
            groups = ceil_div(pieces, x->r - 1);
        }
    }
    for (unsigned i = 0; i < s->local_list.count; i++) {
        if (s->careful || i == 0) {
            tiles(s, &s->local[i]);
        } else {
            list_add(&s->kept_list, &s->local[i]);
        }
    }
}

/* All e of a slice. */
static void visit_slice(struct search *s, struct shape *shape) {
    const struct layer *l = &s->l;
    const struct mapping m = {.d = shape->d, .rk = shape->rk, .sk = shape->sk};
    const unsigned slices = mapping_slice_count(l, &m);
    for (unsigned e = min_u(l->e, s->hw->design.cols); e >= 1; e--) {
        struct strip k;
        if (dominated(l->e, e, 1)) {
            continue;
        }
        shape->e = (uint16_t)e;
        open_strip(s, shape, slices, &k);
        if (s->careful) {
            visit_strip(s, &k);
        } else {
            list_add(&s->strip_list, &k.shape);
        }
    }
}

/* All slices with taps d apart, and all e. */
static void visit_slices(struct search *s, unsigned d, unsigned plane) {
    const struct layer *l = &s->l;
    const unsigned rows = ceil_div(l->r, d), cols = ceil_div(l->s, d);
    for (unsigned rk = min_u(rows, s->hw->design.rows); rk >= 1; rk--) {
        if (d == 1 && dominated(rows, rk, 1)) {
            continue;
        }
        for (unsigned sk = min_u(cols, 255); sk >= 1; sk--) {
            if (d > 1 || !dominated(cols, sk, 1)) {
                struct shape shape = {.plane = (uint16_t)plane, .d = (uint16_t)d};
                shape.rk = (uint16_t)rk, shape.sk = (uint16_t)sk;
                visit_slice(s, &shape);
            }
        }
    }
}

/* The shapes of all views of the plane: as it is, and cut into no more rows than the
 * array has columns. */
static void visit_views(struct search *s) {
    const unsigned size = s->layer->h * s->layer->w;
    for (unsigned plane = 0; plane <= min_u(s->hw->design.cols, size); plane++) {
        const struct mapping view = {.plane = plane};
        if (plane == s->layer->h || !mapping_viewable(s->layer, plane)) {
            continue;
        }
        s->l = mapping_view(s->layer, &view);
        visit_slices(s, 1, plane);
        if (s->l.u > 1) {
            visit_slices(s, s->l.u, plane);
        }
    }
    s->l = *s->layer;
}

/* Why there is no mapping: the first memory that is too small for all of them. */
static int report_short(const struct search *s, struct error *err) {
    const struct hw *hw = s->hw;
    const struct design *g = &hw->design;
    const char *name = s->l.name;
    const struct mapping *rejected = &s->best.rejected;
    const struct layer view = mapping_view(s->layer, rejected);
    if (g->ifmap_spad_words < 2) { /* one tap and one position ahead */
        return error_set(err,
                         "ifmap spad has %u words, the smallest mapping of %s needs 2",
                         g->ifmap_spad_words, name);
    }
    if (g->filter_spad_words < hw->weight_lanes + 1) { /* a bus word and a weight */
        return error_set(err,
                         "filter spad has %u words, the smallest mapping of %s needs %u",
                         g->filter_spad_words, name, hw->weight_lanes + 1);
    }
    if (s->banks != UINT64_MAX && !s->best.rejected.e) {
        return error_set(err,
                         "global buffer has %u banks of %u bus words, the smallest "
                         "mapping of %s needs %llu",
                         hw->glb_banks, hw->glb_bank_words, name,
                         (unsigned long long)s->banks);
    }
    if (rejected->e && mapping_check(hw, &view, rejected, err)) {
        return -1;
    }
    return error_set(err, "no mapping of %s found", name);
}

static void use_view(struct search *s, const struct shape *shape) {
    const struct mapping m = {.plane = shape->plane};
    s->l = mapping_view(s->layer, &m);
}

/* The shapes of the best strips, and the tiles of the best shapes. */
static void visit_best(struct search *s) {
    for (unsigned i = 0; i < s->strip_list.count; i++) {
        const struct shape *x = &s->strips[i];
        const struct mapping m = {.d = x->d, .rk = x->rk, .sk = x->sk};
        struct strip k;
        s->local_list = (struct shape_list){0, KEEP_STRIP, s->local};
        if (x->cycles >= shape_limit(s)) {
            break;
        }
        use_view(s, x);
        open_strip(s, x, mapping_slice_count(&s->l, &m), &k);
        visit_strip(s, &k);
    }
    for (unsigned i = 0; i < s->kept_list.count; i++) {
        const struct shape *x = &s->kept[i];
        const uint64_t best = s->best.cost.cycles;
        if (s->best.found && x->cycles >= best - best / WORTH) {
            break;
        }
        use_view(s, x);
        tiles(s, x);
    }
}

/* Complete the best mapping and check it. */
static int finish(struct search *s) {
    struct mapping *m = &s->best.m;
    const struct layer l = mapping_view(s->layer, m);
    if (!s->best.found) {
        return -1;
    }
    mapping_bubbles(s->hw, &l, m);
    return mapping_place(s->hw, &l, m, NULL) || mapping_check(s->hw, &l, m, NULL) ? -1
                                                                                  : 0;
}

static int search_run(struct search *s, struct error *err) {
    const struct design *g = &s->hw->design;
    unsigned cb = s->hw->act_lanes, pb = s->hw->psum_lanes;
    unsigned q_max = min_u(g->ifmap_spad_words, cb > 255 ? cb / 2 : 255 * cb);
    unsigned p_max = min_u(g->psum_spad_words, pb > 255 ? pb / 2 : 255 * pb);
    s->q_count = letter_values(s->l.c, cb, q_max, s->q);
    s->p_count = letter_values(s->l.m, pb, p_max, s->p);
    s->macs = (uint64_t)s->l.c * s->l.m;
    while (g->dram_bytes_per_cycle << s->word_shift < s->hw->bus_bytes) {
        s->word_shift++;
    }
    while (1u << s->bank_shift < s->hw->glb_bank_words) {
        s->bank_shift++;
    }
    while (1u << s->cb_shift < cb) {
        s->cb_shift++;
    }
    while (1u << s->wb_shift < s->hw->weight_lanes) {
        s->wb_shift++;
    }
    s->strip_list = (struct shape_list){0, STRIPS, s->strips};
    s->kept_list = (struct shape_list){0, KEEP, s->kept};
    visit_views(s);
    visit_best(s);
    if (finish(s) == 0) {
        return 0;
    }
    s->careful = 1;
    s->best = (struct mapper_best){.checked = 1};
    visit_views(s);
    s->l = *s->layer;
    return finish(s) ? report_short(s, err) : 0;
}

int mapping_search(const struct hw *hw, const struct layer *l, struct mapping *m,
                   struct error *err) {
    struct search s;
    if (!layer_on_array(l) || l->groups > 1) {
        return error_set(err, "%s is no dense convolution or fc: nothing for the array",
                         l->name);
    }
    memset(&s, 0, sizeof s);
    s.hw = hw;
    s.layer = l;
    s.l = *l;
    s.banks = UINT64_MAX;
    int rc = search_run(&s, err);
    *m = s.best.m;
    return rc;
}
