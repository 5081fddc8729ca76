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
    STRIPS = 64,    /* strips whose shapes are scored */
    KEEP = 24,      /* shapes that get tiles */
    KEEP_STRIP = 4, /* of them, of one strip */
    LETTERS = 28,   /* values tried for p and for q */
    SLOT_MIN = 6,   /* cycles of the shortest slot */
    ROOM = KEEP + KEEP_STRIP
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

struct search {
    const struct hw *hw;
    const struct layer *layer;
    struct layer l; /* as the shapes at hand view it */
    unsigned q[LETTERS], p[LETTERS];
    unsigned q_count, p_count;
    unsigned word_shift; /* DRAM beats of a bus word: log2 */
    uint64_t macs;       /* C * M */
    int careful;         /* the second search */
    uint64_t banks;      /* smallest demand of a shape that does not fit the GLB */
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

/* What the shapes of a strip have in common. */
struct strip {
    struct search *s;
    struct shape shape; /* q, r, p and t open */
    struct mapper_shape terms;
    unsigned count[2], rows[2]; /* of strips, full and cut off; their ofmap rows */
    unsigned slices, sets, chains;
    uint64_t beats; /* of all strips, for one channel group and pass */
    uint64_t sweep; /* DRAM cycles to load the ifmap once */
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
    const uint64_t all = s->macs * sk; /* weights of a filter row */
    const uint64_t macs =
        k->beats * sk * ceil_div(l->c, k->chains) * ceil_div(l->m, k->sets);
    const uint64_t filters = strips * slices * rk * (all / s->hw->weight_lanes);
    const uint64_t load = (slices * rk * (all / s->hw->weight_lanes) << s->word_shift);
    k->shape.cycles = max_w(max_w(macs, filters), load + k->sweep);
}

/* The score of a shape: its cycles if tiles were free. */
static uint64_t score(const struct strip *k, unsigned groups, unsigned passes) {
    const struct mapper_shape *x = &k->terms;
    const unsigned steps = groups * k->slices;
    uint64_t cycles = 0, base = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (k->count[i]) {
            const struct mapper_slots slots = mapper_slot_terms(x, k->rows[i]);
            uint64_t first, next;
            mapper_step_cycles(&slots, k->s->l.f, &first, &next);
            first += slots.base * (uint64_t)x->bubbles;
            cycles += k->count[i] * (first + (passes - 1) * next);
            base = slots.base;
        }
    }
    const uint64_t words = (uint64_t)passes * steps * x->chain * x->t * x->kf;
    const uint64_t read = (words << k->s->word_shift) + k->sweep;
    return max_w(cycles * steps, read) + base * x->chain;
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

/* The cycles that a shape must stay below. */
static uint64_t shape_limit(const struct search *s) {
    const uint64_t local = list_limit(&s->local_list), kept = list_limit(&s->kept_list);
    return s->careful || local < kept ? local : kept;
}

/* All p and t for a shape whose other letters are set. */
static void visit_filters(struct strip *k, unsigned groups) {
    struct search *s = k->s;
    struct mapper_shape *x = &k->terms;
    const unsigned filters = s->l.m, latency = s->hw->type.add_latency + 1u;
    const uint64_t beats = k->beats * groups;
    for (unsigned i = 0; i < s->p_count; i++) {
        x->p = s->p[i];
        x->kf = ceil_div(x->p * x->q * x->sk, s->hw->weight_lanes);
        x->kp = ceil_div(x->p, s->hw->psum_lanes);
        if (x->kf * s->hw->weight_lanes + x->p * x->q * x->sk >
            s->hw->design.filter_spad_words) {
            break;
        }
        const unsigned blocks = ceil_div(filters, x->p);
        const uint64_t pass = beats * ((x->p > latency ? x->p : latency) * x->sk * x->q);
        unsigned passes = ceil_div(blocks, k->sets);
        for (;;) {
            x->t = ceil_div(blocks, passes);
            if (pass * passes >= shape_limit(s)) {
                break;
            }
            const uint64_t cycles = score(k, groups, passes);
            if (cycles < shape_limit(s) && shape_legal(s, x)) {
                struct shape shape = k->shape;
                shape.cycles = cycles;
                shape.q = (uint16_t)x->q, shape.r = (uint16_t)x->r;
                shape.p = (uint16_t)x->p, shape.t = (uint16_t)x->t;
                if (!s->careful || shape_fits(s, shape_mapping(s, &shape))) {
                    list_add(&s->local_list, &shape);
                }
            }
            if (x->t == 1) {
                break;
            }
            passes = ceil_div(blocks, x->t - 1);
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
    *x = (struct mapper_shape){
        .hw = s->hw, .l = &s->l, .rk = y->rk, .sk = y->sk, .d = y->d, .a = s->l.u / y->d};
    s->local_list = (struct shape_list){0, KEEP_STRIP, s->local};
    for (unsigned i = 0; i < s->q_count; i++) {
        x->q = s->q[i];
        if (s->hw->design.ifmap_spad_words / x->q < window) {
            break;
        }
        const struct mapping m = {.q = x->q, .a = x->a, .rk = x->rk, .sk = x->sk};
        const unsigned pieces = ceil_div(s->l.c, x->q);
        unsigned groups = ceil_div(pieces, k->chains);
        x->bubbles = mapping_idle_beats(s->hw, &m);
        for (;;) {
            x->r = ceil_div(pieces, groups);
            x->chain = x->rk * x->r;
            const uint64_t macs =
                k->beats * groups * x->q * x->sk * ceil_div(s->l.m, k->sets);
            if (macs >= shape_limit(s)) {
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
        if (s->careful) {
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

static void view(struct search *s, const struct shape *shape) {
    const struct mapping m = {.plane = shape->plane};
    s->l = mapping_view(s->layer, &m);
}

/* The shapes of the best strips, and the tiles of the best shapes. */
static void visit_best(struct search *s) {
    for (unsigned i = 0; i < s->strip_list.count; i++) {
        const struct shape *x = &s->strips[i];
        const struct mapping m = {.d = x->d, .rk = x->rk, .sk = x->sk};
        struct strip k;
        if (x->cycles >= list_limit(&s->kept_list)) {
            break;
        }
        view(s, x);
        open_strip(s, x, mapping_slice_count(&s->l, &m), &k);
        visit_strip(s, &k);
    }
    for (unsigned i = 0; i < s->kept_list.count; i++) {
        const struct shape *x = &s->kept[i];
        if (s->best.found && x->cycles >= s->best.cost.cycles) {
            break;
        }
        view(s, x);
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
