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
#include <stddef.h>
#include <string.h>

#include "gen/mapper_cost.h"
#include "gen/mapper_list.h"
#include "gen/mapper_memo.h"
#include "gen/mapper_score.h"
#include "gen/mapper_tiles.h"
#include "gen/mapping.h"

enum {
    KEEP = 100,     /* shapes that get tiles */
    KEEP_STRIP = 5, /* of them, of one strip */
    FILTERS = 80,   /* choices of p and t */
    FILTER_LISTS = 8,
    TABLE_MORE = 16, /* a part that tables reach beyond the limit at hand */
    WORTH = 512      /* less than a part in this is not worth a try */
};

/* A choice of p and t. */
struct filters {
    uint16_t p, t, kp, index; /* index of p */
    unsigned psums;           /* bus words of a beat's psums, per ofmap row */
    unsigned passes, slot;    /* slots per weight, and per pass */
    uint64_t work;            /* passes times slots per weight */
};

/* Choices with t <= sets, least work first. */
struct filters_list {
    unsigned count, sets;
    int dropped; /* there are more, with more work */
    struct filters choices[FILTERS];
};

struct search {
    const struct hw *hw;
    const struct layer *layer;
    struct layer l; /* as the shapes at hand view it */
    unsigned q_count, p_count;
    struct mapper_shifts shifts;
    int careful;                /* the second search */
    uint64_t banks;             /* smallest demand of a shape that does not fit the GLB */
    struct mapper_memo *memo;   /* or NULL */
    int best_id;                /* of s->best, in the memo */
    struct mapper_table *table; /* that is being filled, or NULL */
    struct mapper_list *strip_list, *list; /* of strips; of the shapes of a strip */
    struct mapper_list own_strips, local_list, kept_list;
    struct mapper_best best;
    unsigned q[MAPPER_LETTERS], p[MAPPER_LETTERS];
    struct filters_list
        filter_lists[FILTER_LISTS]; /* by sets, the latest of each place */
    struct mapper_candidate strips[MAPPER_STRIPS], local[KEEP_STRIP], kept[KEEP];
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
        if (count > MAPPER_LETTERS / 2 && v < from + from / 4) {
            if (padded(n, v) <= padded(n, values[count - 1])) {
                values[count - 1] = v;
            }
        } else if (count < MAPPER_LETTERS) {
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

static struct mapping shape_mapping(const struct search *s,
                                    const struct mapper_candidate *x) {
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

static void open_strip(const struct search *s, const struct mapper_candidate *shape,
                       struct mapper_strip *k) {
    const struct mapping m = shape_mapping(s, shape);
    mapper_strip_open(s->hw, &s->l, &s->shifts, &m, k);
}

static void use_view(struct search *s, const struct mapper_candidate *shape) {
    const struct mapping m = {.plane = shape->plane};
    s->l = mapping_view(s->layer, &m);
}

/* The cycles that a shape must stay below. */
static uint64_t shape_limit(const struct search *s) {
    const uint64_t local = mapper_list_limit(s->list);
    if (s->table) {
        return min_w(local, s->table->limit);
    }
    const uint64_t limit =
        s->careful ? local : min_w(local, mapper_list_limit(&s->kept_list));
    const uint64_t best = s->best.cost.cycles - s->best.cost.cycles / WORTH;
    return s->best.found ? min_w(best, limit) : limit;
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
    list->dropped |= list->count == FILTERS;
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
    list->dropped = 0;
    for (unsigned i = 0; i < s->p_count; i++) {
        const unsigned p = s->p[i], blocks = ceil_div(s->l.m, p);
        struct filters x = {.p = (uint16_t)p, .index = (uint16_t)i};
        x.slot = p > latency ? p : latency;
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

/* What a bound of the shapes with some q and r is made of. */
struct quick {
    uint64_t beats;     /* of a pass */
    unsigned taps;      /* slots of a weight in a beat */
    unsigned rows, fed; /* ofmap rows that make psums; cycles for the ifmap of a beat */
    uint64_t read;      /* DRAM cycles for all but weights */
};

/* The parts of a bound that holds for nearly all shapes, or (sure) for all. */
static struct quick open_quick(const struct mapper_strip *k, unsigned groups, int sure) {
    const struct mapper_shape *x = &k->terms;
    struct quick q = {.beats = k->beats * groups,
                      .taps = x->sk * x->q,
                      .rows = x->e,
                      .fed = (x->r - 1) * k->ifmap,
                      .read = k->commands * groups};
    if (sure) {
        q.rows = k->rows[k->count[1]];
        q.fed = x->chain > x->l->f ? 0 : q.fed;
        q.read /= k->count[0] + k->count[1];
    }
    q.read += k->sweep;
    return q;
}

/* The array's part of the bound. */
static uint64_t compute_bound(const struct quick *q, const struct filters *y) {
    const unsigned macs = y->slot * q->taps, psums = q->rows * y->psums;
    const unsigned slot = macs > psums ? macs : psums;
    return q->beats * y->passes * (q->fed > slot ? q->fed : slot);
}

static uint64_t quick_bound(const struct mapper_strip *k, const struct quick *q,
                            const struct filters *y, unsigned groups, uint64_t compute) {
    const struct mapper_shape *x = &k->terms;
    const uint64_t run = (uint64_t)y->passes * x->chain * x->t * x->kf << k->shifts.word;
    return max_w(compute, run * k->slices * groups + q->read) + run;
}

/* The bound that stops the search for shapes with more groups. */
static uint64_t groups_bound(const struct mapper_strip *k, unsigned groups, int sure) {
    const uint64_t commands = k->commands * groups;
    return k->read + (sure ? commands / (k->count[0] + k->count[1]) : commands);
}

/* Whether some bound of a shape is above its score. */
static int is_doubtful(const struct mapper_strip *k, const struct filters *y,
                       unsigned groups, uint64_t score) {
    const struct quick q = open_quick(k, groups, 0);
    return quick_bound(k, &q, y, groups, compute_bound(&q, y)) > score ||
           groups_bound(k, groups, 0) > score;
}

/* Add a shape to the list at hand if it is below the limit. */
static void visit_shape(struct search *s, const struct mapper_candidate *strip,
                        struct mapper_strip *k, const struct filters *y, unsigned groups,
                        uint64_t *limit) {
    const struct mapper_shape *x = &k->terms;
    struct mapper_candidate shape = *strip;
    shape.cycles = mapper_score(k, groups, y->passes, *limit);
    if (shape.cycles >= *limit) {
        return;
    }
    shape.q = (uint16_t)x->q, shape.r = (uint16_t)x->r;
    shape.p = (uint16_t)x->p, shape.t = (uint16_t)x->t;
    shape.p_index = (uint8_t)y->index;
    shape.doubtful = s->table && is_doubtful(k, y, groups, shape.cycles);
    if (!s->careful || shape_fits(s, shape_mapping(s, &shape))) {
        mapper_list_add(s->list, &shape);
        *limit = shape_limit(s);
    }
}

/* All p and t for a shape whose other letters are set. */
static void visit_filters(struct search *s, const struct mapper_candidate *strip,
                          struct mapper_strip *k, const struct filters_list *list,
                          unsigned groups) {
    struct mapper_shape *x = &k->terms;
    const struct quick q = open_quick(k, groups, s->table != NULL);
    const unsigned most = largest_p(s, q.taps);
    uint64_t limit = shape_limit(s);
    unsigned i = 0;
    for (; i < list->count; i++) {
        const struct filters *y = &list->choices[i];
        if (q.beats * y->work * q.taps >= limit) {
            return;
        }
        const uint64_t compute = compute_bound(&q, y);
        if (y->p > most || compute >= limit) {
            continue;
        }
        x->p = y->p, x->t = y->t, x->kp = y->kp;
        x->kf = (x->p * q.taps + s->hw->weight_lanes - 1) >> s->shifts.wb;
        if ((uint64_t)x->t * x->kf <= UINT16_MAX &&
            quick_bound(k, &q, y, groups, compute) < limit) {
            visit_shape(s, strip, k, y, groups, &limit);
        }
    }
    if (s->table && list->dropped) { /* those dropped have as much work at least */
        const uint64_t macs = q.beats * list->choices[i - 1].work * q.taps;
        s->table->less_p = min_w(s->table->less_p, macs);
    }
}

/* Best tiles of a shape, or what they were last time. */
static void tiles(struct search *s, const struct mapper_candidate *shape) {
    const struct mapping m = shape_mapping(s, shape);
    const int memo = s->memo && !s->careful;
    const unsigned bubbles = mapping_idle_beats(s->hw, &m);
    struct mapper_shape x;
    if (memo && mapper_memo_tiles(s->memo, shape, bubbles, &s->best, &s->best_id)) {
        return;
    }
    use_view(s, shape);
    mapper_shape_open(s->hw, &s->l, &m, &x);
    mapper_tiles(&x, shape->plane, &s->best);
    if (memo) {
        mapper_memo_note(s->memo, shape, bubbles, &s->best, &s->best_id);
    }
}

/* Fill the list at hand: all q and r of a strip. */
static void list_shapes(struct search *s, const struct mapper_candidate *y,
                        struct mapper_strip *k) {
    struct mapper_shape *x = &k->terms;
    const unsigned window = x->sk + x->a * x->rk;
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
            if (max_w(macs, groups_bound(k, groups, s->table != NULL)) >=
                shape_limit(s)) {
                break;
            }
            visit_filters(s, y, k, list, groups);
            if (x->r == 1) {
                break;
            }
            groups = ceil_div(pieces, x->r - 1);
        }
    }
}

/* Give the best shape of a strip its tiles, and keep the others. */
static void use_shapes(struct search *s) {
    for (unsigned i = 0; i < s->local_list.count; i++) {
        if (s->careful || i == 0) {
            tiles(s, &s->local[i]);
        } else {
            mapper_list_add(&s->kept_list, &s->local[i]);
        }
    }
}

/* All e of a slice. */
static void visit_slice(struct search *s, struct mapper_candidate *shape) {
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
            s->local_list.count = 0;
            list_shapes(s, shape, &k);
            use_shapes(s);
        } else {
            mapper_list_add(s->strip_list, shape);
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
                struct mapper_candidate shape = {.plane = (uint16_t)plane,
                                                 .d = (uint16_t)d};
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

/* The choices of p and t that this search tries with so many sets side by side. */
static const struct mapper_members *open_members(struct search *s, unsigned sets) {
    struct mapper_members *m = mapper_memo_members(s->memo, sets, s->p, s->p_count);
    if (m->sets == 0) {
        const struct filters_list *list = open_filters(s, sets);
        m->sets = sets;
        for (unsigned i = 0; i < list->count; i++) {
            m->has[list->choices[i].index] |= UINT64_C(1) << (list->choices[i].t - 1);
        }
    }
    return m;
}

/* Whether a shape of a table is legal on this design, and tried. */
static int is_tried(const struct search *s, const struct mapper_members *m,
                    const struct mapper_candidate *x) {
    const unsigned taps = (unsigned)x->sk * x->q;
    return x->p_index < s->p_count && (m->has[x->p_index] >> (x->t - 1) & 1) &&
           x->p <= largest_p(s, taps);
}

enum known { KNOWN, DOUBTFUL, UNKNOWN };

/* The best shapes of a strip below the limit, by a table. */
static enum known look_up(struct search *s, const struct mapper_table *t,
                          const struct mapper_members *m, uint64_t limit) {
    struct mapper_list *list = &s->local_list;
    if (t->filter_spad < s->hw->design.filter_spad_words || t->p_count < s->p_count ||
        t->p[s->p_count - 1] != s->p[s->p_count - 1]) {
        return UNKNOWN;
    }
    const uint64_t less_p = t->p_count == s->p_count ? UINT64_MAX : t->less_p;
    const uint64_t end = min_w(limit, less_p);
    list->count = 0;
    for (unsigned i = 0; i < t->count && list->count < KEEP_STRIP; i++) {
        const struct mapper_candidate *x = &t->shapes[i];
        if (x->cycles >= end) {
            break;
        }
        if (is_tried(s, m, x)) {
            if (x->doubtful) {
                list->count = 0;
                return DOUBTFUL;
            }
            s->local[list->count++] = *x;
        }
    }
    if (list->count == KEEP_STRIP || limit <= min_w(t->limit, less_p)) {
        return KNOWN;
    }
    list->count = 0;
    return UNKNOWN;
}

/* Fill another table for a strip. Returns NULL when memory is out. */
static const struct mapper_table *make_table(struct search *s,
                                             const struct mapper_candidate *strip,
                                             struct mapper_strip *k, uint64_t limit) {
    struct mapper_table *t = mapper_memo_add_table(s->memo, strip->strip);
    if (!t) {
        return NULL;
    }
    struct mapper_list list = {0, MAPPER_TABLE_ROOM, t->shapes};
    t->filter_spad = s->hw->design.filter_spad_words;
    t->p_count = s->p_count;
    memcpy(t->p, s->p, sizeof t->p);
    t->limit = limit < UINT64_MAX / 2 ? limit + limit / TABLE_MORE : limit;
    t->less_p = UINT64_MAX;
    s->table = t;
    s->list = &list;
    list_shapes(s, strip, k);
    s->table = NULL;
    s->list = &s->local_list;
    t->count = list.count;
    t->limit = min_w(t->limit, mapper_list_limit(&list));
    return t;
}

/* Fill the local list with the best shapes of a strip: by what is remembered, if that
 * tells. */
static void find_shapes(struct search *s, const struct mapper_candidate *strip) {
    const uint64_t limit = shape_limit(s);
    const struct mapper_members *members = NULL;
    enum known known = UNKNOWN;
    struct mapper_strip k;
    if (s->memo) {
        const struct mapper_table *t;
        members = open_members(s, s->hw->design.cols / strip->e);
        for (unsigned i = 0; known == UNKNOWN &&
                             (t = mapper_memo_table(s->memo, strip->strip, i)) != NULL;
             i++) {
            known = look_up(s, t, members, limit);
        }
    }
    if (known == KNOWN) {
        return;
    }
    use_view(s, strip);
    open_strip(s, strip, &k);
    if (s->memo && known == UNKNOWN) {
        const struct mapper_table *t = make_table(s, strip, &k, limit);
        known = t ? look_up(s, t, members, limit) : UNKNOWN;
    }
    if (known != KNOWN) {
        list_shapes(s, strip, &k);
    }
}

/* The shapes of the best strips, and the tiles of the best shapes. */
static void visit_best(struct search *s) {
    for (unsigned i = 0; i < s->strip_list->count; i++) {
        const struct mapper_candidate *x = &s->strip_list->shapes[i];
        s->local_list.count = 0;
        if (x->cycles >= shape_limit(s)) {
            break;
        }
        find_shapes(s, x);
        use_shapes(s);
    }
    for (unsigned i = 0; i < s->kept_list.count; i++) {
        const struct mapper_candidate *x = &s->kept[i];
        const uint64_t best = s->best.cost.cycles;
        if (s->best.found && x->cycles >= best - best / WORTH) {
            break;
        }
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
    s->kept_list = (struct mapper_list){0, KEEP, s->kept};
    if (s->strip_list->count == 0) {
        visit_views(s);
        for (unsigned i = 0; i < s->strip_list->count; i++) {
            s->strip_list->shapes[i].strip = (uint8_t)i;
        }
    }
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

int mapping_search_with(struct mapper_memo *memo, const struct hw *hw,
                        const struct layer *l, struct mapping *m, struct error *err) {
    struct search s;
    if (!layer_on_array(l) || l->groups > 1) {
        return error_set(err, "%s is no dense convolution or fc: nothing for the array",
                         l->name);
    }
    memset(&s, 0,
           offsetof(struct search, q)); /* what follows is filled before it is read */
    for (unsigned i = 0; i < FILTER_LISTS; i++) {
        s.filter_lists[i].sets = 0;
    }
    s.hw = hw;
    s.layer = l;
    s.l = *l;
    s.banks = UINT64_MAX;
    s.own_strips = (struct mapper_list){0, MAPPER_STRIPS, s.strips};
    s.strip_list = &s.own_strips;
    s.local_list = (struct mapper_list){0, KEEP_STRIP, s.local};
    s.list = &s.local_list;
    s.memo = memo;
    if (memo) {
        mapper_memo_open(memo, hw, l);
        s.strip_list = mapper_memo_strips(memo);
    }
    int rc = search_run(&s, err);
    *m = s.best.m;
    return rc;
}

int mapping_search(const struct hw *hw, const struct layer *l, struct mapping *m,
                   struct error *err) {
    return mapping_search_with(NULL, hw, l, m, err);
}
