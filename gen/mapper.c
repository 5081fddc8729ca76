/* SPDX-License-Identifier: Apache-2.0
 *
 * The mapper: search for the mapping with the fewest cycles.
 *
 * A shape is everything about a mapping but its tiles and loop order: view, slice, e, q,
 * r, p and t. All
 * shapes that could be best are compared by a lower bound of their cycles; for every
 * (slice, e) the best few are kept, since these two decide the DRAM traffic. The kept
 * shapes then get their tiles (f, m, share) and loop orders, and are estimated in the
 * order of their bounds until no bound is below the best estimate.
 */
#include <stdlib.h>
#include <string.h>

#include "gen/mapper_cost.h"
#include "gen/mapping.h"

enum {
    KEEP = 16,         /* shapes kept for every (slice, e) */
    LETTERS = 28,      /* values tried for p and for q */
    WIDTHS = 4,        /* values tried for f */
    GROUPS = 10,       /* values tried for m, for every f */
    EVALUATIONS = 8000 /* estimates, at most */
};

/* A shape and its bound; glb, m, f, bubbles and share are still open. */
struct shape {
    uint64_t bound;
    struct mapping m;
};

struct shape_list {
    struct shape *shapes; /* owned */
    size_t count, room;
    size_t start; /* first of the current (slice, e) */
};

struct search {
    const struct hw *hw;
    const struct layer *layer;
    struct layer l; /* as the mappings at hand view it */
    struct shape_list list;
    unsigned q[LETTERS], p[LETTERS];
    unsigned q_count, p_count;
    unsigned evaluations;
    uint64_t banks;          /* smallest demand of a shape that does not fit the GLB */
    struct mapping rejected; /* a mapping that no command list can hold; e == 0: none */
    int found;
    struct mapping best;
    struct mapping_cost cost;
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
static int shape_legal(const struct search *s, const struct mapping *m) {
    const struct design *g = &s->hw->design;
    unsigned kf = mapping_kf(s->hw, m);
    return kf * s->hw->weight_lanes + m->p * m->q * m->sk <= g->filter_spad_words &&
           m->t * kf <= UINT16_MAX;
}

/* Keep a shape if it is among the KEEP best of its (slice, e). */
static void keep(struct search *s, const struct shape *shape) {
    struct shape_list *list = &s->list;
    struct shape *mine = list->shapes + list->start;
    size_t n = list->count - list->start, at = n;
    while (at > 0 && mine[at - 1].bound > shape->bound) {
        at--;
    }
    if (at == KEEP || !shape_fits(s, shape->m)) {
        return;
    }
    if (n < KEEP) {
        n++;
        list->count++;
    }
    memmove(&mine[at + 1], &mine[at], (n - 1 - at) * sizeof *mine);
    mine[at] = *shape;
}

/* The bound that a shape must stay below to be kept. */
static uint64_t keep_limit(const struct search *s) {
    const struct shape_list *list = &s->list;
    int full = list->count == list->start + KEEP;
    return full ? list->shapes[list->count - 1].bound : UINT64_MAX;
}

/* All p and t for a shape whose other letters are set. */
static void visit_filters(struct search *s, struct mapping *m) {
    const struct layer *l = &s->l;
    unsigned sets = s->hw->design.cols / m->e;
    uint64_t beats = (uint64_t)ceil_div(l->e, m->e) * l->f * ceil_div(l->c, m->q * m->r) *
                     mapping_slice_count(l, m);
    for (unsigned i = 0; i < s->p_count; i++) {
        m->p = s->p[i];
        unsigned macs = m->p * m->sk * m->q, psums = m->e * mapping_kp(s->hw, m);
        for (m->t = 1; m->t <= sets; m->t++) {
            uint64_t slot = macs > psums * m->t ? macs : psums * m->t;
            if (dominated(ceil_div(l->m, m->p), m->t, 1) ||
                beats * slot * ceil_div(l->m, m->p * m->t) >= keep_limit(s)) {
                continue;
            }
            if (!shape_legal(s, m)) {
                break;
            }
            struct shape shape = {mapper_bound(s->hw, l, m), *m};
            keep(s, &shape);
        }
    }
}

/* All q and r for a slice and e. */
static int visit_strip(struct search *s, struct mapping *m) {
    struct shape_list *list = &s->list;
    unsigned chains = s->hw->design.rows / m->rk;
    list->start = list->count;
    if (list->room < list->count + KEEP) {
        size_t room = 2 * list->room + KEEP;
        struct shape *shapes = realloc(list->shapes, room * sizeof *shapes);
        if (!shapes) {
            return -1;
        }
        list->shapes = shapes;
        list->room = room;
    }
    for (unsigned i = 0; i < s->q_count; i++) {
        m->q = s->q[i];
        if (s->hw->design.ifmap_spad_words / m->q < m->sk + m->a * m->rk) {
            break;
        }
        for (m->r = 1; m->r <= chains; m->r++) {
            if (!dominated(ceil_div(s->l.c, m->q), m->r, 1)) {
                visit_filters(s, m);
            }
        }
    }
    return 0;
}

/* All slices with taps d apart, and all e. */
static int visit_slices(struct search *s, unsigned d, unsigned plane) {
    const struct layer *l = &s->l;
    unsigned rows = ceil_div(l->r, d), cols = ceil_div(l->s, d);
    struct mapping m = {.d = d, .a = l->u / d, .f = l->f, .plane = plane};
    for (m.rk = min_u(rows, s->hw->design.rows); m.rk >= 1; m.rk--) {
        if (d == 1 && dominated(rows, m.rk, 1)) {
            continue;
        }
        for (m.sk = min_u(cols, 255); m.sk >= 1; m.sk--) {
            if (d == 1 && dominated(cols, m.sk, 1)) {
                continue;
            }
            for (m.e = min_u(l->e, s->hw->design.cols); m.e >= 1; m.e--) {
                if (!dominated(l->e, m.e, 1) && visit_strip(s, &m)) {
                    return -1;
                }
            }
        }
    }
    return 0;
}

/* The shapes of all views of the plane: as it is, and cut into no more rows than the
 * array has columns. */
static int visit_views(struct search *s) {
    const unsigned size = s->layer->h * s->layer->w;
    for (unsigned plane = 0; plane <= min_u(s->hw->design.cols, size); plane++) {
        const struct mapping view = {.plane = plane};
        if (plane == s->layer->h || !mapping_viewable(s->layer, plane)) {
            continue;
        }
        s->l = mapping_view(s->layer, &view);
        if (visit_slices(s, 1, plane) || (s->l.u > 1 && visit_slices(s, s->l.u, plane))) {
            return -1;
        }
    }
    s->l = *s->layer;
    return 0;
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

static int compare_shapes(const void *a, const void *b) {
    const struct shape *x = a, *y = b;
    int c = compare_u64(x->bound, y->bound);
    return c ? c : lexical(&x->m, &y->m);
}

/* Estimate a placed mapping and keep it if it is the best so far. Returns its cycles. */
static uint64_t evaluate(struct search *s, const struct mapping *m) {
    struct mapping_cost cost;
    mapper_cost(s->hw, &s->l, m, &cost);
    s->evaluations++;
    if (s->found) {
        int c = compare_u64(cost.cycles, s->cost.cycles);
        c = c ? c : compare_u64(cost.dram_words, s->cost.dram_words);
        c = c ? c : compare_u64(cost.glb_words, s->cost.glb_words);
        c = c ? c : lexical(m, &s->best);
        if (c >= 0) {
            return cost.cycles;
        }
    }
    if (mapping_check(s->hw, &s->l, m, NULL) == 0) {
        s->found = 1;
        s->best = *m;
        s->cost = cost;
    } else {
        s->rejected = *m;
    }
    return cost.cycles;
}

/* Numbers of buffers to try for a region that has `cycle` contents. Returns how many. */
static unsigned buffer_values(uint64_t cycle, unsigned values[3]) {
    values[0] = 2;
    values[1] = 3;
    values[2] = cycle < UINT16_MAX ? (unsigned)cycle : 3;
    return cycle <= 2 ? 1 : cycle == 3 ? 2 : 3;
}

/* Buffers for a mapping whose loop order is set. The plain choice, two of each, comes
 * first; where it is as good as the bound or does not fit, it is the only one. Returns
 * whether it fits. */
static int visit_buffers(struct search *s, const struct mapping *m, uint64_t bound) {
    struct mapping_contents ifmap, filters;
    unsigned ifmaps[3], runs[3];
    mapping_contents(&s->l, m, GLB_IFMAP, &ifmap);
    mapping_contents(&s->l, m, GLB_FILTER, &filters);
    const unsigned ifmap_count = buffer_values(ifmap.cycle, ifmaps);
    const unsigned filter_count = buffer_values(filters.cycle, runs);
    for (unsigned i = 0; i < ifmap_count; i++) {
        for (unsigned k = 0; k < filter_count; k++) {
            struct mapping v = *m;
            v.ifmap_buffers = ifmaps[i];
            v.filter_buffers = runs[k];
            const int plain = i == 0 && k == 0;
            if (mapping_place(s->hw, &s->l, &v, NULL)) {
                if (plain) {
                    return 0;
                }
                break; /* nor do more filters fit */
            }
            const uint64_t cycles = evaluate(s, &v);
            if (plain && cycles - cycles / 64 <= bound) {
                return 1;
            }
        }
    }
    return 1;
}

/* Loop orders for a shape whose tiles are set. Returns whether any fits. */
static int visit_orders(struct search *s, const struct mapping *m, uint64_t bound) {
    struct mapping v = *m;
    struct mapping_loops n;
    mapping_loops(&s->l, m, &n);
    const int fits = visit_buffers(s, &v, bound);
    if (fits && n.filter_groups > 1 && n.strips * n.tiles > 1) {
        v.filters_outer = 1;
        (void)visit_buffers(s, &v, bound);
    }
    return fits;
}

/* Filter groups for a shape with a given f: the largest that fit and some smaller.
 * Returns whether any fits. */
static int visit_groups(struct search *s, const struct shape *shape, unsigned f,
                        unsigned share) {
    unsigned filters = s->l.m, pieces = 0, groups = 1;
    struct mapping m = shape->m;
    m.f = f;
    m.share = share;
    for (;;) {
        m.m = round_m(s, &m, ceil_div(filters, groups));
        mapping_bubbles(s->hw, &s->l, &m);
        pieces += visit_orders(s, &m, shape->bound) != 0;
        if (pieces == GROUPS || m.m == round_m(s, &m, 1)) {
            return pieces > 0;
        }
        do { /* until m is smaller */
            groups++;
        } while (round_m(s, &m, ceil_div(filters, groups)) == m.m);
    }
}

/* Tiles for a shape. */
static void visit_tiles(struct search *s, const struct shape *shape) {
    int slices = mapping_slice_count(&s->l, &shape->m) > 1;
    unsigned fits = 0, last = 0;
    for (unsigned n = 1; fits < WIDTHS; n += fits ? 1 : ceil_div(n, 4)) {
        unsigned f = ceil_div(s->l.f, n);
        if (f != last) {
            int any = visit_groups(s, shape, f, 0);
            if (slices) {
                any |= visit_groups(s, shape, f, 1);
            }
            fits += any != 0;
        }
        last = f;
        if (f == 1) {
            break;
        }
    }
}

/* Why there is no mapping: the first memory that is too small for all of them. */
static int report_short(const struct search *s, struct error *err) {
    const struct hw *hw = s->hw;
    const struct design *g = &hw->design;
    const char *name = s->l.name;
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
    if (s->list.count == 0) {
        return error_set(err,
                         "global buffer has %u banks of %u bus words, the smallest "
                         "mapping of %s needs %llu",
                         hw->glb_banks, hw->glb_bank_words, name,
                         (unsigned long long)s->banks);
    }
    if (s->rejected.e && mapping_check(hw, &s->l, &s->rejected, err)) {
        return -1;
    }
    return error_set(err, "no mapping of %s found", name);
}

static int search_run(struct search *s, struct error *err) {
    const struct design *g = &s->hw->design;
    unsigned cb = s->hw->act_lanes, pb = s->hw->psum_lanes;
    unsigned q_max = min_u(g->ifmap_spad_words, cb > 255 ? cb / 2 : 255 * cb);
    unsigned p_max = min_u(g->psum_spad_words, pb > 255 ? pb / 2 : 255 * pb);
    s->q_count = letter_values(s->l.c, cb, q_max, s->q);
    s->p_count = letter_values(s->l.m, pb, p_max, s->p);
    if (visit_views(s)) {
        return error_set(err, "out of memory in the mapper");
    }
    if (s->list.count) {
        qsort(s->list.shapes, s->list.count, sizeof *s->list.shapes, compare_shapes);
    }
    for (size_t i = 0; i < s->list.count && s->evaluations < EVALUATIONS; i++) {
        if (s->found && s->list.shapes[i].bound >= s->cost.cycles) {
            break;
        }
        s->l = mapping_view(s->layer, &s->list.shapes[i].m);
        visit_tiles(s, &s->list.shapes[i]);
    }
    return s->found ? 0 : report_short(s, err);
}

int mapping_search(const struct hw *hw, const struct layer *l, struct mapping *m,
                   struct error *err) {
    struct search s = {.hw = hw, .layer = l, .l = *l, .banks = UINT64_MAX};
    if (!layer_on_array(l) || l->groups > 1) {
        return error_set(err, "%s is no dense convolution or fc: nothing for the array",
                         l->name);
    }
    int rc = search_run(&s, err);
    *m = s.best;
    free(s.list.shapes);
    return rc;
}
