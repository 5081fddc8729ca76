/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lists: which step loads what into which GLB buffer, in which order the
 * commands stand, and who waits for whom.
 *
 * Order: COMPUTE s, STORE of step s - 1, loads of step s + 1, COMPUTE s + 1, ...
 * A command depends only on commands before it in the list, and every unit runs its own
 * in order, so the oldest unfinished command can always run: no deadlock. Nor does a
 * waiting command hold up one that could run: COMPUTE s stands before the loads of step
 * s + 1, which wait until step s - 1 has retired, and it is handed out as soon as step
 * s - 1 has started.
 */
#include "gen/command.h"

#include <stdlib.h>

#include "gen/command_encode.h"

enum { AREA_ALIGN = 4096, COMMAND_BYTES = COMMAND_WORDS * 4 };
static const uint64_t COMMANDS_MAX = 1u << 23;

/* A GLB buffer: what it holds and which step used it last. */
struct buffer {
    int64_t key, used; /* -1: nothing, never */
};

/* The GLB buffers of one region. */
struct buffers {
    struct buffer *buffer; /* owned */
    unsigned count;
};

/* The commands of one step. */
struct step_plan {
    struct mapping_step step;
    struct step_buffers buffers;
    struct command loads[3];
    unsigned load_count;
};

/* A walk over all steps. The first only counts (commands == NULL): addresses depend on
 * the length of the list. */
struct builder {
    const struct hw *hw;
    const struct layer *l;
    const struct mapping *m;
    const struct command_list *list;
    struct mapping_loops n;
    struct buffers buffers[GLB_USES]; /* ifmap, filter and bias */
    struct command *commands;         /* of the list */
    uint64_t blocks;
    uint64_t count;       /* commands emitted, FETCH not counted */
    uint64_t *compute_at; /* number of the COMPUTE of each step; NULL: counting */
    int64_t last_token;   /* last step whose retirement a load waits for, -1: none */
    struct error *err;
};

/* The place of command i (FETCH not counted): blocks of 7 behind their FETCH, the last
 * block of 8. */
static struct command *place(const struct builder *b, uint64_t i) {
    uint64_t payload = COMMAND_BLOCK - 1, block = i / payload, slot = i % payload + 1;
    if (block >= b->blocks - 1) {
        block = b->blocks - 1;
        slot = i - block * payload;
    }
    return &b->commands[block * COMMAND_BLOCK + slot];
}

static void emit(struct builder *b, const struct command *c) {
    if (b->commands) {
        *place(b, b->count) = *c;
    }
    b->count++;
}

/* Take the buffer that holds `key`, or else the one not used for longest, in step s.
 * Returns 1 if it must be loaded; *wait is then raised to the last step that used what it
 * held. */
static int take_buffer(struct buffers *region, int64_t key, int64_t s, unsigned *buffer,
                       int64_t *wait) {
    unsigned oldest = 0;
    for (unsigned i = 0; i < region->count; i++) {
        struct buffer *b = &region->buffer[i];
        if (b->key == key) {
            b->used = s;
            *buffer = i;
            return 0;
        }
        oldest = b->used < region->buffer[oldest].used ? i : oldest;
    }
    struct buffer *b = &region->buffer[oldest];
    *wait = b->used > *wait ? b->used : *wait;
    *b = (struct buffer){key, s};
    *buffer = oldest;
    return 1;
}

static int add_load(struct builder *b, struct step_plan *p, struct dma *dma) {
    command_dma_merge(dma, b->hw->bus_bytes);
    return command_encode_dma(CMD_LOAD, dma, b->hw->bus_bytes, &p->loads[p->load_count++],
                              b->err);
}

static int plan_ifmap(struct builder *b, struct step_plan *p, int64_t s, int64_t *wait) {
    const struct layer *l = b->l;
    unsigned bytes = b->hw->bus_bytes;
    struct ifmap_window w;
    struct ifmap_tile t;
    mapping_window(l, b->m, &p->step, &w);
    if (w.y_hi == 0 || !take_buffer(&b->buffers[GLB_IFMAP], (int64_t)p->step.tile, s,
                                    &p->buffers.ifmap, wait)) {
        return 0;
    }
    mapping_tile(b->hw, l, b->m, &p->step, &t);
    struct dma dma = {
        .dram = b->list->dram.ifmap +
                (((uint64_t)t.block * l->h + t.row) * l->w + t.col) * bytes,
        .glb = mapping_buffer(b->m, GLB_IFMAP, p->buffers.ifmap),
        .words = t.cols,
        .segments = t.rows,
        .planes = t.blocks,
        .segment_bytes = (uint64_t)b->m->d * l->w * bytes,
        .plane_bytes = (uint64_t)l->h * l->w * bytes,
    };
    return add_load(b, p, &dma);
}

static int plan_run(struct builder *b, struct step_plan *p, uint64_t address,
                    uint32_t words, uint32_t glb) {
    struct dma dma = {
        .dram = address, .glb = glb, .words = words, .segments = 1, .planes = 1};
    return add_load(b, p, &dma);
}

/* Give the first load of a group its wait, and the step its signal. */
static void plan_tokens(struct builder *b, struct step_plan *p, int64_t wait) {
    if (p->load_count == 0) {
        return;
    }
    p->loads[p->load_count - 1].w[0] |= CMD_SIGNAL_A;
    if (wait > b->last_token) { /* else an earlier load has waited for a later step */
        b->last_token = wait;
        p->loads[0].w[0] |= CMD_WAIT_A;
        if (b->commands) {
            place(b, b->compute_at[wait])->w[0] |= CMD_SIGNAL_A;
        }
    }
}

static int plan_step(struct builder *b, uint64_t s, struct step_plan *p) {
    int64_t wait = -1;
    *p = (struct step_plan){0};
    mapping_step(b->l, b->m, s, &p->step);
    p->buffers.ofmap = p->step.output & 1;
    if (take_buffer(&b->buffers[GLB_FILTER], (int64_t)p->step.run, (int64_t)s,
                    &p->buffers.filter, &wait)) {
        const struct weight_run *r = &b->list->weight_runs[p->step.run];
        if (plan_run(b, p, r->address, r->words,
                     mapping_buffer(b->m, GLB_FILTER, p->buffers.filter))) {
            return -1;
        }
    }
    if (plan_ifmap(b, p, (int64_t)s, &wait)) {
        return -1;
    }
    if (p->step.first && take_buffer(&b->buffers[GLB_BIAS], p->step.filter_group,
                                     (int64_t)s, &p->buffers.bias, &wait)) {
        const struct bias_run *r = &b->list->bias_runs[p->step.filter_group];
        if (plan_run(b, p, r->address, r->words,
                     mapping_buffer(b->m, GLB_BIAS, p->buffers.bias))) {
            return -1;
        }
    }
    plan_tokens(b, p, wait);
    return 0;
}

static int emit_compute(struct builder *b, uint64_t s, const struct step_plan *p) {
    struct command c;
    if (command_encode_compute(b->hw, b->l, b->m, &p->step, &p->buffers, &c, b->err)) {
        return -1;
    }
    if (p->load_count) {
        c.w[0] |= CMD_WAIT_A;
    }
    if (p->step.last) {
        c.w[0] |= CMD_SIGNAL_B | (p->step.output >= 2 ? (uint32_t)CMD_WAIT_B : 0);
    }
    if (b->compute_at) {
        b->compute_at[s] = b->count;
    }
    emit(b, &c);
    return 0;
}

static int emit_store(struct builder *b, const struct step_plan *p) {
    const struct layer *l = b->l;
    const struct mapping_step *s = &p->step;
    unsigned cb = b->hw->act_lanes, bytes = b->hw->bus_bytes;
    unsigned filters = l->m - s->m0 < b->m->m ? l->m - s->m0 : b->m->m;
    uint64_t block = s->m0 / cb;
    if (!s->last) {
        return 0;
    }
    struct dma dma = {
        .dram = b->list->dram.ofmap + ((block * l->e + s->y0) * l->f + s->x0) * bytes,
        .glb = mapping_buffer(b->m, GLB_OFMAP, p->buffers.ofmap),
        .words = s->fv,
        .segments = s->ev,
        .planes = (filters + cb - 1) / cb,
        .segment_bytes = (uint64_t)l->f * bytes,
        .plane_bytes = (uint64_t)l->e * l->f * bytes,
    };
    struct command c;
    command_dma_merge(&dma, bytes);
    uint32_t signal = s->output + 2 < b->n.outputs ? (uint32_t)CMD_SIGNAL_A : 0;
    if (command_encode_dma(CMD_STORE | CMD_WAIT_A | signal, &dma, bytes, &c, b->err)) {
        return -1;
    }
    emit(b, &c);
    return 0;
}

static void emit_loads(struct builder *b, const struct step_plan *p) {
    for (unsigned i = 0; i < p->load_count; i++) {
        emit(b, &p->loads[i]);
    }
}

static int make_buffers(struct builder *b) {
    for (unsigned i = 0; i < GLB_USES; i++) {
        struct buffers *region = &b->buffers[i];
        region->count = b->m->glb[i].count;
        region->buffer = calloc(region->count, sizeof *region->buffer);
        if (!region->buffer) {
            return error_set(b->err, "out of memory for the GLB buffers of %s",
                             b->l->name);
        }
    }
    return 0;
}

static void forget_buffers(struct builder *b) {
    for (unsigned i = 0; i < GLB_USES; i++) {
        for (unsigned k = 0; k < b->buffers[i].count; k++) {
            b->buffers[i].buffer[k] = (struct buffer){-1, -1};
        }
    }
}

/* All commands but FETCH, in list order. */
static int walk(struct builder *b, unsigned requant_shift) {
    struct step_plan prev = {0}, cur;
    struct command c;
    forget_buffers(b);
    b->count = 0;
    b->last_token = -1;
    if (command_encode_config(b->hw, b->l, b->m, requant_shift, &c, b->err)) {
        return -1;
    }
    emit(b, &c);
    for (uint64_t s = 0; s < b->n.steps; s++) {
        if (plan_step(b, s, &cur)) {
            return -1;
        }
        emit_loads(b, &cur);
        if (emit_compute(b, s, &cur) || emit_store(b, &prev)) {
            return -1;
        }
        prev = cur;
    }
    if (emit_store(b, &prev)) {
        return -1;
    }
    c = (struct command){{CMD_END}};
    emit(b, &c);
    return 0;
}

static void emit_fetches(const struct builder *b) {
    uint64_t next = b->list->dram.commands;
    for (uint64_t i = 0; i + 1 < b->blocks; i++) {
        next += (uint64_t)COMMAND_BLOCK * COMMAND_BYTES;
        b->commands[i * COMMAND_BLOCK] =
            (struct command){{CMD_FETCH, (uint32_t)next, (uint32_t)(next >> 32)}};
    }
}

static uint64_t aligned(uint64_t address) {
    return (address + AREA_ALIGN - 1) / AREA_ALIGN * AREA_ALIGN;
}

/* Sizes of the areas and their places, once the number of commands is known. */
static void map_dram(const struct builder *b, struct command_list *list) {
    const struct layer *l = b->l;
    struct dram_map *d = &list->dram;
    uint64_t cb = b->hw->act_lanes, bytes = b->hw->bus_bytes;
    d->commands = 0;
    d->commands_bytes = list->count * COMMAND_BYTES;
    d->ifmap = aligned(d->commands + d->commands_bytes);
    d->ifmap_bytes = (l->c + cb - 1) / cb * l->h * l->w * bytes;
    d->weights = aligned(d->ifmap + d->ifmap_bytes);
    d->bias = aligned(d->weights + d->weights_bytes);
    d->ofmap = aligned(d->bias + d->bias_bytes);
    d->ofmap_bytes = (l->m + cb - 1) / cb * l->e * l->f * bytes;
    d->total_bytes = aligned(d->ofmap + d->ofmap_bytes);
    for (size_t i = 0; i < list->weight_run_count; i++) {
        list->weight_runs[i].address += d->weights;
    }
    for (size_t i = 0; i < list->bias_run_count; i++) {
        list->bias_runs[i].address += d->bias;
    }
}

/* The runs of weights and bias, addresses relative to their areas. */
static int make_runs(const struct builder *b, struct command_list *list) {
    const struct mapping *m = b->m;
    struct mapping strips_outer = *m; /* the first steps then run through all weights */
    strips_outer.filters_outer = 0;
    const struct mapping_loops *n = &b->n;
    uint64_t bytes = b->hw->bus_bytes;
    uint64_t row_words = (uint64_t)m->t * mapping_kf(b->hw, m);
    size_t per_group = (size_t)n->channel_groups * n->slices, i = 0;
    list->weight_run_count = n->filter_groups * per_group;
    list->bias_run_count = n->filter_groups;
    list->weight_runs = calloc(list->weight_run_count, sizeof *list->weight_runs);
    list->bias_runs = calloc(list->bias_run_count, sizeof *list->bias_runs);
    if (!list->weight_runs || !list->bias_runs) {
        return error_set(b->err, "out of memory for the weight runs of %s", b->l->name);
    }
    for (unsigned g = 0; g < n->filter_groups; g++) {
        struct mapping_step s = {0};
        for (size_t k = 0; k < per_group; k++, i++) {
            mapping_step(b->l, &strips_outer, i, &s);
            list->weight_runs[i] =
                (struct weight_run){s.m0,
                                    s.c0,
                                    s.slice,
                                    s.passes,
                                    list->dram.weights_bytes,
                                    (uint32_t)(row_words * s.passes * m->rk * m->r)};
            list->dram.weights_bytes += list->weight_runs[i].words * bytes;
        }
        list->bias_runs[g] = (struct bias_run){s.m0, s.passes, list->dram.bias_bytes,
                                               s.passes * m->t * mapping_kp(b->hw, m)};
        list->dram.bias_bytes += list->bias_runs[g].words * bytes;
    }
    return 0;
}

static int build(struct builder *b, unsigned requant_shift, struct command_list *list) {
    mapping_loops(b->l, b->m, &b->n);
    if (make_buffers(b) || make_runs(b, list) || walk(b, requant_shift)) {
        return -1;
    }
    b->blocks = b->count <= COMMAND_BLOCK ? 1 : (b->count + 5) / (COMMAND_BLOCK - 1);
    unsigned long long count = b->blocks * COMMAND_BLOCK;
    if (count > COMMANDS_MAX) {
        return error_set(b->err, "%s needs %llu commands, the limit is %llu", b->l->name,
                         count, (unsigned long long)COMMANDS_MAX);
    }
    list->steps = b->n.steps;
    list->count = (size_t)count;
    map_dram(b, list);
    list->commands = calloc(list->count, sizeof *list->commands);
    b->commands = list->commands;
    b->compute_at = calloc((size_t)b->n.steps, sizeof *b->compute_at);
    if (!b->commands || !b->compute_at) {
        return error_set(b->err, "out of memory for the %zu commands of %s", list->count,
                         b->l->name);
    }
    emit_fetches(b);
    return walk(b, requant_shift);
}

int command_list_build(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, unsigned requant_shift,
                       struct command_list *list, struct error *err) {
    *list = (struct command_list){0};
    if (!layer_on_array(l) || l->groups > 1) {
        return error_set(err, "%s is no dense convolution or fc: nothing for the array",
                         l->name);
    }
    unsigned limit = hw->design.psum_bits < 64 ? hw->design.psum_bits - 1 : 63;
    if (requant_shift > limit) {
        return error_set(err, "requant_shift of %s is %u, at most %u", l->name,
                         requant_shift, limit);
    }
    if (!mapping_viewable(l, m->plane)) {
        return error_set(err, "mapping of %s: a plane of %u rows is no view of it",
                         l->name, m->plane);
    }
    const struct layer view = mapping_view(l, m);
    struct builder b = {.hw = hw, .l = &view, .m = m, .list = list, .err = err};
    int rc = mapping_check(hw, &view, m, err) ? -1 : build(&b, requant_shift, list);
    for (unsigned i = 0; i < GLB_USES; i++) {
        free(b.buffers[i].buffer);
    }
    free(b.compute_at);
    if (rc) {
        command_list_close(list);
    }
    return rc;
}

void command_list_close(struct command_list *list) {
    free(list->commands);
    free(list->weight_runs);
    free(list->bias_runs);
    *list = (struct command_list){0};
}
