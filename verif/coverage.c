/* SPDX-License-Identifier: Apache-2.0
 *
 * Functional coverage.
 */
#include "verif/coverage.h"

#include <string.h>

#include "verif/fault.h"

static const struct {
    const char *name, *meaning;
} bins[COVERAGE_COUNT] = {
    [COV_STRIDE_1] = {"stride_1", "stride 1"},
    [COV_STRIDE_2] = {"stride_2", "stride 2"},
    [COV_STRIDE_MORE] = {"stride_more", "stride 3 and up"},
    [COV_KERNEL_1X1] = {"kernel_1x1", "kernel of one tap"},
    [COV_KERNEL_OBLONG] = {"kernel_oblong", "kernel with other rows than columns"},
    [COV_FC_BATCH] = {"fc_batch", "fc with a batch in place of W"},
    [COV_GROUPS] = {"groups", "convolution in channel groups"},
    [COV_PLAIN] = {"plain", "the kernel in one slice"},
    [COV_ROW_FOLD] = {"row_fold", "kernel rows in several slices (rk)"},
    [COV_COLUMN_FOLD] = {"column_fold", "kernel columns in several slices (sk)"},
    [COV_POLYPHASE] = {"polyphase", "taps of one phase of the stride (d > 1)"},
    [COV_ARRAY_STRIDE] = {"array_stride", "the window advances by a > 1"},
    [COV_MISSING_TAPS] = {"missing_taps", "a slice reaches beyond the kernel"},
    [COV_EDGE_TOP] = {"edge_top", "a step reads padding above the ifmap"},
    [COV_EDGE_BOTTOM] = {"edge_bottom", "below it"},
    [COV_EDGE_LEFT] = {"edge_left", "left of it"},
    [COV_EDGE_RIGHT] = {"edge_right", "right of it"},
    [COV_EMPTY_TILE] = {"empty_tile", "a step that reads nothing but padding"},
    [COV_STRIPS] = {"strips", "several strips of ofmap rows"},
    [COV_TILES] = {"tiles", "several column tiles"},
    [COV_FILTER_GROUPS] = {"filter_groups", "several filter groups"},
    [COV_CHANNEL_GROUPS] = {"channel_groups", "several channel groups"},
    [COV_PARTIAL_E] = {"partial_e", "the last strip is lower than e"},
    [COV_PARTIAL_F] = {"partial_f", "the last tile is narrower than f"},
    [COV_PARTIAL_M] = {"partial_m", "the last filter group has less than m filters"},
    [COV_PARTIAL_PASS] = {"partial_pass", "the last pass has less than p*t filters"},
    [COV_PARTIAL_CHANNELS] = {"partial_channels", "the last channels do not fill q*r"},
    [COV_PARTIAL_BLOCK] = {"partial_block", "the last channels do not fill a bus word"},
    [COV_LANE] = {"lane", "a step starts in the middle of a bus word"},
    [COV_P_NARROW] = {"p_narrow", "p less than the psums of a bus word"},
    [COV_Q_NARROW] = {"q_narrow", "q less than the acts of a bus word"},
    [COV_SETS_STACKED] = {"sets_stacked", "several channel groups in the chain (r)"},
    [COV_SETS_BESIDE] = {"sets_beside", "several filter sets side by side (t)"},
    [COV_PASSES_ODD] = {"passes_odd", "an odd number of passes, 3 and up"},
    [COV_PASSES_EVEN] = {"passes_even", "an even number of passes"},
    [COV_ZIGZAG] = {"zigzag", "passes turn round without idle beats"},
    [COV_BUBBLES] = {"bubbles", "steps with more than one idle beat"},
    [COV_READY_BUBBLES] = {"ready_bubbles", "less idle beats for steps that are early"},
    [COV_PLANE] = {"plane", "the plane viewed in other rows"},
    [COV_FILTERS_OUTER] = {"filters_outer", "filter groups in the outermost loop"},
    [COV_SHARE_0] = {"share_0", "several slices, an ifmap tile each"},
    [COV_SHARE_1] = {"share_1", "several slices share an ifmap tile"},
    [COV_FIRST_LAST] = {"first_last", "steps both FIRST and LAST"},
    [COV_FIRST] = {"first", "steps FIRST but not LAST"},
    [COV_MIDDLE] = {"middle", "steps neither FIRST nor LAST"},
    [COV_LAST] = {"last", "steps LAST but not FIRST"},
    [COV_IFMAP_BANKS] = {"ifmap_banks", "loads alternate between two ifmap buffers"},
    [COV_IFMAP_MANY] = {"ifmap_many", "between three and more"},
    [COV_FILTER_MANY] = {"filter_many", "between three and more"},
    [COV_FILTER_BANKS] = {"filter_banks", "likewise filter buffers"},
    [COV_BIAS_BANKS] = {"bias_banks", "likewise bias buffers"},
    [COV_OFMAP_BANKS] = {"ofmap_banks", "stores alternate between two ofmap buffers"},
    [COV_ONE_BLOCK] = {"one_block", "commands in one block"},
    [COV_FETCH_CHAIN] = {"fetch_chain", "commands in several blocks, chained by FETCH"},
    [COV_RELU] = {"relu", "output stage with ReLU"},
    [COV_NO_RELU] = {"no_relu", "output stage without"},
    [COV_SHIFT_0] = {"shift_0", "output stage without a shift"},
    [COV_SHIFT] = {"shift", "output stage with a shift"},
    [COV_OVERFLOW] = {"overflow", "psums wrapped around"},
    [COV_STALL_IFMAP] = {"stall_ifmap", "slots prolonged by ifmap transfers"},
    [COV_STALL_FILTER] = {"stall_filter", "by filter transfers"},
    [COV_STALL_PSUM] = {"stall_psum", "by psum words"},
    [COV_BUBBLE_CYCLES] = {"bubble_cycles", "cycles of idle beats"},
    [COV_WAIT_LOAD] = {"wait_load", "the array waited for a load"},
    [COV_WAIT_STORE] = {"wait_store", "the array waited for a store"},
    [COV_FILL_DRAIN] = {"fill_drain", "the array filled or drained"},
    [COV_AR_WAITS] = {"ar_waits", "the memory held up a read address"},
    [COV_AW_WAITS] = {"aw_waits", "the memory held up a write address"},
    [COV_W_WAITS] = {"w_waits", "the memory held up write data"},
    [COV_FAULT_READ] = {"fault_read", "a read error ended the run before"},
    [COV_FAULT_WRITE] = {"fault_write", "a write error ended the run before"},
    [COV_FAULT_COMMAND] = {"fault_command", "an illegal command ended the run before"},
    [COV_FAULT_RESET] = {"fault_reset", "a soft reset ended the run before"}};

const char *coverage_name(unsigned bin) {
    return bin < COVERAGE_COUNT ? bins[bin].name : "?";
}

const char *coverage_meaning(unsigned bin) {
    return bin < COVERAGE_COUNT ? bins[bin].meaning : "?";
}

static void hit(struct coverage *c, enum coverage_bin bin, int condition) {
    if (condition) {
        c->hits[bin] = 1;
    }
}

static void shape_bins(struct coverage *c, const struct coverage_run *run) {
    const struct layer *l = run->l;
    hit(c, COV_STRIDE_1, l->u == 1);
    hit(c, COV_STRIDE_2, l->u == 2);
    hit(c, COV_STRIDE_MORE, l->u > 2);
    hit(c, COV_KERNEL_1X1, l->r == 1 && l->s == 1);
    hit(c, COV_KERNEL_OBLONG, l->r != l->s);
    hit(c, COV_FC_BATCH, l->op == OP_FC && l->w > 1);
    hit(c, COV_GROUPS, run->groups > 1);
    hit(c, COV_RELU, l->relu);
    hit(c, COV_NO_RELU, !l->relu);
    hit(c, COV_SHIFT_0, run->requant_shift == 0);
    hit(c, COV_SHIFT, run->requant_shift != 0);
}

static void mapping_bins(struct coverage *c, const struct coverage_run *run,
                         const struct layer *l) {
    const struct mapping *m = run->mapping;
    const struct hw *hw = run->hw;
    struct mapping_loops n;
    mapping_loops(l, m, &n);
    hit(c, COV_PLAIN, n.slices == 1);
    hit(c, COV_ROW_FOLD, m->rk * m->d < l->r);
    hit(c, COV_COLUMN_FOLD, m->sk * m->d < l->s);
    hit(c, COV_POLYPHASE, m->d > 1);
    hit(c, COV_ARRAY_STRIDE, m->a > 1);
    hit(c, COV_STRIPS, n.strips > 1);
    hit(c, COV_TILES, n.tiles > 1);
    hit(c, COV_FILTER_GROUPS, n.filter_groups > 1);
    hit(c, COV_CHANNEL_GROUPS, n.channel_groups > 1);
    hit(c, COV_PARTIAL_E, l->e % m->e != 0);
    hit(c, COV_PARTIAL_F, l->f % m->f != 0);
    hit(c, COV_PARTIAL_M, l->m % m->m != 0);
    hit(c, COV_PARTIAL_PASS, l->m % (m->p * m->t) != 0);
    hit(c, COV_PARTIAL_CHANNELS, l->c % (m->q * m->r) != 0);
    hit(c, COV_PARTIAL_BLOCK, l->c % hw->act_lanes != 0);
    hit(c, COV_P_NARROW, m->p < hw->psum_lanes);
    hit(c, COV_Q_NARROW, m->q < hw->act_lanes);
    hit(c, COV_SETS_STACKED, m->r > 1);
    hit(c, COV_SETS_BESIDE, m->t > 1);
    hit(c, COV_BUBBLES, m->bubbles > 1);
    hit(c, COV_READY_BUBBLES, m->ready_bubbles < m->bubbles);
    hit(c, COV_PLANE, m->plane != 0);
    hit(c, COV_FILTERS_OUTER, m->filters_outer && n.filter_groups > 1 && n.strips > 1);
    hit(c, COV_SHARE_0, n.slices > 1 && !m->share);
    hit(c, COV_SHARE_1, n.slices > 1 && m->share);
}

/* What single steps bring about. Rows and columns beyond the ifmap, in array terms. */
static void step_bins(struct coverage *c, const struct coverage_run *run,
                      const struct layer *l, const struct mapping_step *s) {
    const struct mapping *m = run->mapping;
    struct ifmap_window w;
    struct ifmap_tile tile;
    mapping_window(l, m, s, &w);
    mapping_tile(run->hw, l, m, s, &tile);
    const unsigned rows = (s->ev - 1) * m->a + m->rk;
    const unsigned positions = (s->fv - 1) * m->a + m->sk;
    const int64_t last_row = w.row + (int64_t)(rows - 1) * m->d;
    const int64_t last_col = w.col + (int64_t)(positions - 1) * m->d;
    hit(c, COV_EMPTY_TILE, tile.rows == 0 || tile.cols == 0);
    hit(c, COV_EDGE_TOP, w.row < 0);
    hit(c, COV_EDGE_LEFT, w.col < 0);
    hit(c, COV_EDGE_BOTTOM, last_row >= (int64_t)l->h);
    hit(c, COV_EDGE_RIGHT, last_col >= (int64_t)l->w);
    hit(c, COV_MISSING_TAPS,
        s->slice.r0 + (m->rk - 1) * m->d >= l->r ||
            s->slice.s0 + (m->sk - 1) * m->d >= l->s);
    hit(c, COV_LANE, s->c0 % run->hw->act_lanes != 0);
    hit(c, COV_PASSES_ODD, s->passes > 2 && s->passes % 2 == 1);
    hit(c, COV_PASSES_EVEN, s->passes % 2 == 0);
    hit(c, COV_ZIGZAG, s->passes > 1 && m->bubbles == 1);
    hit(c, COV_FIRST_LAST, s->first && s->last);
    hit(c, COV_FIRST, s->first && !s->last);
    hit(c, COV_MIDDLE, !s->first && !s->last);
    hit(c, COV_LAST, !s->first && s->last);
}

/* The number of a region's buffers that transfers of the list go to, up to 64. */
static unsigned buffers_used(const struct coverage_run *run, enum glb_use use) {
    const struct mapping *m = run->mapping;
    const unsigned op = use == GLB_OFMAP ? CMD_STORE : CMD_LOAD;
    uint64_t used = 0;
    unsigned n = 0;
    for (size_t i = 0; i < run->list->count; i++) {
        const uint32_t *w = run->list->commands[i].w;
        for (unsigned k = 0; (w[0] & 255) == op && k < m->glb[use].count && k < 64; k++) {
            used |= w[3] == mapping_buffer(m, use, k) ? UINT64_C(1) << k : 0;
        }
    }
    for (; used != 0; used &= used - 1) {
        n++;
    }
    return n;
}

static void command_bins(struct coverage *c, const struct coverage_run *run) {
    unsigned fetches = 0;
    for (size_t i = 0; i < run->list->count; i++) {
        fetches += (run->list->commands[i].w[0] & 255) == CMD_FETCH;
    }
    hit(c, COV_ONE_BLOCK, fetches == 0);
    hit(c, COV_FETCH_CHAIN, fetches > 0);
    hit(c, COV_IFMAP_BANKS, buffers_used(run, GLB_IFMAP) == 2);
    hit(c, COV_IFMAP_MANY, buffers_used(run, GLB_IFMAP) > 2);
    hit(c, COV_FILTER_BANKS, buffers_used(run, GLB_FILTER) == 2);
    hit(c, COV_FILTER_MANY, buffers_used(run, GLB_FILTER) > 2);
    hit(c, COV_BIAS_BANKS, buffers_used(run, GLB_BIAS) > 1);
    hit(c, COV_OFMAP_BANKS, buffers_used(run, GLB_OFMAP) > 1);
}

static void counter_bins(struct coverage *c, const struct coverage_run *run) {
    static const struct {
        enum coverage_bin bin;
        enum counter counter;
    } counted[] = {
        {COV_OVERFLOW, CNT_OVERFLOWS},        {COV_STALL_IFMAP, CNT_STALL_IFMAP},
        {COV_STALL_FILTER, CNT_STALL_FILTER}, {COV_STALL_PSUM, CNT_STALL_PSUM},
        {COV_BUBBLE_CYCLES, CNT_BUBBLE},      {COV_WAIT_LOAD, CNT_WAIT_LOAD},
        {COV_WAIT_STORE, CNT_WAIT_STORE},     {COV_FILL_DRAIN, CNT_FILL_DRAIN}};
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        hit(c, counted[i].bin, run->counters->value[counted[i].counter] != 0);
    }
    hit(c, COV_AR_WAITS, run->waits[0] != 0);
    hit(c, COV_AW_WAITS, run->waits[1] != 0);
    hit(c, COV_W_WAITS, run->waits[2] != 0);
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        hit(c, (enum coverage_bin)(COV_FAULT_READ + kind), run->fault == kind);
    }
}

void coverage_add_run(struct coverage *c, const struct coverage_run *run) {
    struct coverage one;
    struct mapping_loops n;
    memset(&one, 0, sizeof one);
    shape_bins(&one, run);
    const struct layer view = mapping_view(run->l, run->mapping);
    mapping_bins(&one, run, &view);
    mapping_loops(&view, run->mapping, &n);
    for (uint64_t i = 0; i < n.steps; i++) {
        struct mapping_step s;
        mapping_step(&view, run->mapping, i, &s);
        step_bins(&one, run, &view, &s);
    }
    command_bins(&one, run);
    counter_bins(&one, run);
    coverage_add(c, &one);
}

void coverage_add(struct coverage *sum, const struct coverage *more) {
    for (unsigned i = 0; i < COVERAGE_COUNT; i++) {
        sum->hits[i] += more->hits[i];
    }
}

unsigned coverage_print(FILE *out, const struct coverage *c) {
    unsigned never = 0;
    for (unsigned i = 0; i < COVERAGE_COUNT; i++) {
        if (c->hits[i] == 0) {
            (void)fprintf(out, "  %-16s %10s  %s\n", bins[i].name, "never hit",
                          bins[i].meaning);
            never++;
        } else {
            (void)fprintf(out, "  %-16s %10llu  %s\n", bins[i].name,
                          (unsigned long long)c->hits[i], bins[i].meaning);
        }
    }
    return never;
}

json_t *coverage_json(const struct coverage *c) {
    json_t *object = json_object();
    for (unsigned i = 0; i < COVERAGE_COUNT; i++) {
        if (c->hits[i] != 0) {
            (void)json_object_set_new(object, bins[i].name,
                                      json_integer((json_int_t)c->hits[i]));
        }
    }
    return object;
}

void coverage_read(const json_t *object, struct coverage *c) {
    memset(c, 0, sizeof *c);
    for (unsigned i = 0; i < COVERAGE_COUNT; i++) {
        json_int_t hits = json_integer_value(json_object_get(object, bins[i].name));
        c->hits[i] = hits > 0 ? (uint64_t)hits : 0;
    }
}
