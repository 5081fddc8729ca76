/* SPDX-License-Identifier: Apache-2.0
 *
 * Accesses of the array.
 */
#include "models/perf_counts.h"

enum { RIGHT, LEFT, WAYS };

struct sums {
    const struct hw *hw;
    const struct layer *l;
    const struct mapping *m;
    const struct kernel_slice *slices;
    struct mapping_loops n;
    uint64_t runs; /* steps of an ofmap tile */
    uint64_t *v;   /* the counters */
};

static uint64_t min_u(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t ceil_div(uint64_t a, uint64_t b) {
    return (a + b - 1) / b;
}

/* Passes of a filter group. */
static uint64_t passes_of(const struct sums *s, unsigned group) {
    const struct mapping *m = s->m;
    return ceil_div(min_u(m->m, s->l->m - (uint64_t)group * m->m), (uint64_t)m->p * m->t);
}

/* ---- What all steps do ---- */

/* Steps of a size: ev rows, fv columns, passes. */
static void add_steps(const struct sums *s, uint64_t steps, uint64_t ev, uint64_t fv,
                      uint64_t passes) {
    const struct hw *hw = s->hw;
    const struct mapping *m = s->m;
    uint64_t *v = s->v;
    const uint64_t chain = (uint64_t)m->rk * m->r, columns = ev * m->t;
    const uint64_t loads = steps * passes, beats = loads * fv;
    const uint64_t words = loads * chain * m->t * mapping_kf(hw, m);
    const uint64_t macs = beats * m->p * m->sk * m->q * columns * chain;
    const uint64_t groups = beats * m->p * columns;
    const uint64_t psums = beats * columns * mapping_kp(hw, m);
    v[CNT_FILTER_WORDS] += words;
    v[CNT_FILTER_SPAD_WRITES] += words * m->e * hw->weight_lanes;
    v[CNT_MACS] += macs;
    v[CNT_IFMAP_SPAD_READS] += macs;
    v[CNT_FILTER_SPAD_READS] += macs;
    v[CNT_PSUM_SPAD_READS] += macs - groups;
    v[CNT_PSUM_SPAD_WRITES] += macs - groups;
    v[CNT_PSUM_WORDS] += psums;
    v[CNT_GLB_READS] += words + psums;
    v[CNT_GLB_WRITES] += psums;
    const uint64_t later = fv > m->rk ? (fv - m->rk) * m->a : 0; /* passes after a turn */
    const uint64_t kw = ceil_div(m->q, hw->act_lanes), qt = min_u(m->q, hw->act_lanes);
    const uint64_t positions =
        steps * (m->sk + (fv - 1) * m->a + (passes - 1) * later) * m->r * kw;
    v[CNT_IFMAP_WORDS] += positions * ((ev - 1) * m->a + m->rk);
    v[CNT_IFMAP_SPAD_WRITES] += positions * m->rk * columns * qt;
}

/* Full pieces of k of n, or the cut-off one. */
static unsigned pieces(unsigned n, unsigned k, unsigned cut) {
    return cut ? (n % k != 0 ? 1u : 0u) : n / k;
}

static void add_sizes(const struct sums *s) {
    const struct layer *l = s->l;
    const struct mapping *m = s->m;
    for (unsigned i = 0; i < 8; i++) {
        const unsigned cut[3] = {i & 1, i >> 1 & 1, i >> 2};
        const unsigned strips = pieces(l->e, m->e, cut[0]);
        const unsigned tiles = pieces(l->f, m->f, cut[1]);
        const unsigned groups = pieces(l->m, m->m, cut[2]);
        const uint64_t steps = (uint64_t)strips * tiles * groups * s->runs;
        if (steps) {
            add_steps(s, steps, cut[0] ? l->e % m->e : m->e, cut[1] ? l->f % m->f : m->f,
                      passes_of(s, cut[2] ? s->n.filter_groups - 1 : 0));
        }
    }
}

/* ---- Positions that exist ---- */

/* Bus words of one position and row that exist in a channel group that begins in some
 * lane of its first block, over all chain groups. */
static uint64_t existing_words(const struct sums *s, unsigned lane, uint64_t channels) {
    const unsigned cb = s->hw->act_lanes, q = s->m->q;
    const uint64_t blocks = ceil_div(lane + channels, cb), kw = ceil_div(q, cb);
    uint64_t words = 0;
    for (uint64_t g = 0; g < s->m->r; g++) {
        const uint64_t block = (lane + g * q) / cb;
        words += block < blocks ? min_u(kw, blocks - block) : 0;
    }
    return words;
}

/* The same, summed over the channel groups: those whose step of slice 0 is the first,
 * third, ... of the ofmap tile, and the others. */
static void sum_words(const struct sums *s, uint64_t words[2]) {
    const unsigned cb = s->hw->act_lanes;
    const uint64_t channels = (uint64_t)s->m->q * s->m->r;
    const uint64_t groups = s->n.channel_groups, odd = s->n.slices & 1;
    const uint64_t rest = s->l->c - (groups - 1) * channels;
    words[0] = words[1] = 0;
    if (channels % cb == 0) {
        const uint64_t each = existing_words(s, 0, channels);
        words[1] = odd ? (groups - 1) / 2 * each : 0;
        words[0] = (groups - 1) * each - words[1];
    } else {
        for (uint64_t g = 0; g + 1 < groups; g++) {
            words[g & odd] += existing_words(s, (unsigned)(g * channels % cb), channels);
        }
    }
    words[(groups - 1) & odd] +=
        existing_words(s, (unsigned)((groups - 1) * channels % cb), rest);
}

/* Rows that exist in a slice, over the even strips and the odd ones. */
static void sum_rows(const struct sums *s, struct kernel_slice slice, uint64_t rows[2]) {
    rows[0] = rows[1] = 0;
    for (unsigned i = 0; i < s->n.strips; i++) {
        struct mapping_step step = {.y0 = i * s->m->e, .slice = slice};
        struct ifmap_window w;
        step.ev = (unsigned)min_u(s->m->e, s->l->e - step.y0);
        mapping_rows(s->l, s->m, &step, &w);
        rows[i & 1] += w.y_hi - w.y_lo;
    }
}

static uint64_t clip(uint64_t from, uint64_t to, const struct ifmap_window *w) {
    const uint64_t low = from > w->pos_lo ? from : w->pos_lo, high = min_u(to, w->pos_hi);
    return high > low ? high - low : 0;
}

/* Positions delivered that exist in the steps of a slice, with some passes, that begin to
 * the right or to the left; over the even tiles and the odd ones. */
static void sum_positions(const struct sums *s, struct kernel_slice slice,
                          uint64_t passes, uint64_t positions[2][WAYS]) {
    const struct mapping *m = s->m;
    const uint64_t back = passes / 2, forth = passes - 1 - back;
    positions[0][RIGHT] = positions[0][LEFT] = 0;
    positions[1][RIGHT] = positions[1][LEFT] = 0;
    for (unsigned i = 0; i < s->n.tiles; i++) {
        struct mapping_step step = {.x0 = i * m->f, .slice = slice};
        struct ifmap_window w;
        step.fv = (unsigned)min_u(m->f, s->l->f - step.x0);
        mapping_positions(s->l, m, &step, &w);
        uint64_t right = 0, left = 0; /* of a pass after a turn */
        if (step.fv > m->rk) {
            const uint64_t end = (uint64_t)(step.fv - 1) * m->a + m->sk;
            const uint64_t delivered = (uint64_t)(step.fv - m->rk) * m->a;
            right = clip(end - delivered, end, &w);
            left = clip(0, delivered, &w);
        }
        const uint64_t all = w.pos_hi - w.pos_lo;
        positions[i & 1][RIGHT] += all + back * left + forth * right;
        positions[i & 1][LEFT] += all + back * right + forth * left;
    }
}

/* Filter groups with the same passes, by the way in which their first step begins if
 * strip and tile are 0. */
struct group_class {
    uint64_t passes, count[WAYS];
    unsigned by_strip, by_tile; /* odd strips or tiles begin the other way */
};

/* Every pass turns, so a step of an even number of passes begins the next one the other
 * way. */
static void classify(const struct sums *s, struct group_class classes[2]) {
    const struct mapping_loops *n = &s->n;
    const unsigned last = n->filter_groups - 1;
    unsigned turns[2], all = 0; /* of the steps of an ofmap tile; of a column tile */
    for (unsigned k = 0; k < 2; k++) {
        classes[k] = (struct group_class){.passes = passes_of(s, k ? last : 0)};
        turns[k] = (unsigned)(s->runs * (classes[k].passes - 1) & 1);
    }
    for (unsigned g = 0; g <= last; g++) {
        const unsigned begins = s->m->filters_outer ? n->strips * n->tiles * all : all;
        classes[g == last].count[begins & 1]++;
        all += turns[g == last];
    }
    for (unsigned k = 0; k < 2; k++) {
        classes[k].by_tile = (s->m->filters_outer ? turns[k] : all) & 1;
        classes[k].by_strip = classes[k].by_tile & n->tiles & 1;
    }
}

/* GLB reads of the ifmap for a slice and a class of filter groups. */
static uint64_t slice_reads(const struct sums *s, unsigned slice,
                            const struct group_class *c, const uint64_t rows[2],
                            const uint64_t words[2]) {
    uint64_t positions[2][WAYS], sum = 0;
    sum_positions(s, s->slices[slice], c->passes, positions);
    for (unsigned i = 0; i < 16; i++) {
        const unsigned strip = i & 1, tile = i >> 1 & 1, begins = i >> 2 & 1,
                       odd = i >> 3;
        /* words[odd]: with the other steps of the ofmap tile before them */
        const unsigned turned = c->passes % 2 == 0 ? odd ^ (slice & 1) : 0;
        const unsigned way =
            begins ^ (strip & c->by_strip) ^ (tile & c->by_tile) ^ turned;
        sum += c->count[begins] * rows[strip] * positions[tile][way] * words[odd];
    }
    return sum;
}

static void add_existing(const struct sums *s) {
    struct group_class classes[2];
    uint64_t words[2], rows[2];
    classify(s, classes);
    sum_words(s, words);
    for (unsigned i = 0; i < s->n.slices; i++) {
        sum_rows(s, s->slices[i], rows);
        for (unsigned k = 0; k < 2; k++) {
            if (classes[k].count[0] + classes[k].count[1]) {
                s->v[CNT_GLB_READS] += slice_reads(s, i, &classes[k], rows, words);
            }
        }
    }
}

void perf_counts(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 const struct kernel_slice *slices, struct counters *out) {
    struct sums s = {.hw = hw, .l = l, .m = m, .slices = slices, .v = out->value};
    mapping_loops(l, m, &s.n);
    s.runs = (uint64_t)s.n.channel_groups * s.n.slices;
    add_sizes(&s);
    add_existing(&s);
}
