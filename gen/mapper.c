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
#include "gen/mapper_score.h"
#include "gen/mapper_tiles.h"
#include "gen/mapping.h"

enum {
    STRIPS = 256,   /* strips whose shapes are scored */
    KEEP = 100,     /* shapes that get tiles */
    KEEP_STRIP = 5, /* of them, of one strip */
    FILTERS = 80,   /* choices of p and t */
    LETTERS = 28,   /* values tried for p and for q */
    FILTER_LISTS = 8,
    WORTH = 512 /* less than a part in this is not worth a try */
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
    unsigned psums;        /* bus words of a beat's psums, per ofmap row */
    unsigned passes, slot; /* slots per weight, and per pass */
    uint64_t work;         /* passes times slots per weight */
};

/* Choices with t <= sets, least work first. */
struct filters_list {
    unsigned count, sets;
    struct filters choices[FILTERS];
};

struct search {
    const struct hw *hw;
    const struct layer *layer;
    struct layer l; /* as the shapes at hand view it */
    unsigned q[LETTERS], p[LETTERS];
    unsigned q_count, p_count;
    struct mapper_shifts shifts;
    struct filters_list
        filter_lists[FILTER_LISTS]; /* by sets, the latest of each place */
    int careful;                    /* the second search */
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

static void open_strip(const struct search *s, const struct shape *shape,
                       struct mapper_strip *k) {
    const struct mapping m = shape_mapping(s, shape);
    mapper_strip_open(s->hw, &s->l, &s->shifts, &m, k);
}

/* The cycles that a shape must stay below. */
static uint64_t shape_limit(const struct search *s) {
    const uint64_t local = list_limit(&s->local_list), kept = list_limit(&s->kept_list);
    const uint64_t limit = s->careful || local < kept ? local : kept;
    const uint64_t best = s->best.cost.cycles - s->best.cost.cycles / WORTH;
    return s->best.found && best < limit ? best : limit;
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

/* The largest p whose weights fit the filter spad beside a bus word's padding. */
static unsigned largest_p(const struct search *s, unsigned taps) {
    const unsigned lanes = s->hw->weight_lanes, room = s->hw->design.filter_spad_words;
    unsigned p = room / (2 * taps);
    while (p > 0 && padded(p * taps, lanes) + (uint64_t)p * taps > room) {
        p--;
    }
    return p;
}

static void add_filters(struct filters_list *list, const struct filters *x) {
    unsigned at = list->count;
    while (at > 0 && list->choices[at - 1].work > x->work) {
        at--;
    }
    if (at == FILTERS) {
        return;
    }
    list->count += list->count < FILTERS;
    memmove(&list->choices[at + 1], &list->choices[at],
            (list->count - 1 - at) * sizeof *list->choices);
    list->choices[at] = *x;
}

/* Choices of p and t that no other one dominates: as few passes, with smaller p or t. */
static const struct filters_list *open_filters(struct search *s, unsigned sets) {
    const unsigned latency = s->hw->type.add_latency + 1u;
    struct filters_list *list = &s->filter_lists[sets % FILTER_LISTS];
    if (list->sets == sets) {
        return list;
    }
    list->sets = sets;
    list->count = 0;
    for (unsigned i = 0; i < s->p_count; i++) {
        const unsigned p = s->p[i], blocks = ceil_div(s->l.m, p);
        struct filters x = {.p = (uint16_t)p, .slot = p > latency ? p : latency};
        x.kp = (uint16_t)ceil_div(p, s->hw->psum_lanes);
        for (x.passes = ceil_div(blocks, sets);; x.passes = ceil_div(blocks, x.t - 1u)) {
            x.t = (uint16_t)ceil_div(blocks, x.passes);
            x.psums = (unsigned)x.t * x.kp;
            x.work = (uint64_t)x.passes * x.slot;
            if (i == 0 || ceil_div(s->l.m, s->p[i - 1] * x.t) > x.passes) {
                add_filters(list, &x);
            }
            if (x.t == 1) {
                break;
            }
        }
    }
    return list;
}

/* Part of the cycles of a shape's DRAM reads: a lower bound once p and t are known. */
static uint64_t read_bound(const struct mapper_strip *k, uint64_t run, unsigned groups) {
    return (run * k->slices + k->commands) * groups + k->sweep;
}

/* All p and t for a shape whose other letters are set. */
static void visit_filters(struct search *s, const struct shape *strip,
                          struct mapper_strip *k, const struct filters_list *list,
                          unsigned groups) {
    struct mapper_shape *x = &k->terms;
    const uint64_t beats = k->beats * groups;
    const unsigned taps = x->sk * x->q, fed = (x->r - 1) * k->ifmap;
    const unsigned most = largest_p(s, taps);
    uint64_t limit = shape_limit(s);
    for (unsigned i = 0; i < list->count; i++) {
        const struct filters *y = &list->choices[i];
        const unsigned macs = y->slot * taps, psums = x->e * y->psums;
        if (beats * y->work * taps >= limit) {
            break;
        }
        const unsigned slot = macs > psums ? macs : psums;
        const uint64_t compute = beats * y->passes * (fed > slot ? fed : slot);
        if (y->p > most || compute >= limit) {
            continue;
        }
        x->p = y->p, x->t = y->t, x->kp = y->kp;
        x->kf = (x->p * taps + s->hw->weight_lanes - 1) >> s->shifts.wb;
        const uint64_t run = (uint64_t)y->passes * x->chain * x->t * x->kf
                             << k->shifts.word;
        if ((uint64_t)x->t * x->kf > UINT16_MAX ||
            max_w(compute, read_bound(k, run, groups)) + run >= limit) {
            continue;
        }
        const uint64_t cycles = mapper_score(k, groups, y->passes, limit);
        if (cycles < limit) {
            struct shape shape = *strip;
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
static void visit_strip(struct search *s, const struct shape *y, struct mapper_strip *k) {
    struct mapper_shape *x = &k->terms;
    const unsigned window = x->sk + x->a * x->rk;
    s->local_list = (struct shape_list){0, KEEP_STRIP, s->local};
    const struct filters_list *list = open_filters(s, k->sets);
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
            const uint64_t macs =
                k->beats * groups * x->q * x->sk * list->choices[0].work;
            if (max_w(macs, k->read + k->commands * groups) >= shape_limit(s)) {
                break;
            }
            visit_filters(s, y, k, list, groups);
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
    for (unsigned e = min_u(l->e, s->hw->design.cols); e >= 1; e--) {
        struct mapper_strip k;
        if (dominated(l->e, e, 1)) {
            continue;
        }
        shape->e = (uint16_t)e;
        open_strip(s, shape, &k);
        shape->cycles = k.bound;
        if (s->careful) {
            visit_strip(s, shape, &k);
        } else {
            list_add(&s->strip_list, shape);
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
        struct mapper_strip k;
        s->local_list = (struct shape_list){0, KEEP_STRIP, s->local};
        if (x->cycles >= shape_limit(s)) {
            break;
        }
        use_view(s, x);
        open_strip(s, x, &k);
        visit_strip(s, x, &k);
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
    s->shifts = mapper_shifts(s->hw);
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
