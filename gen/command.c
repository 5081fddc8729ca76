/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lists: the plan of gen/command_plan.h as commands in blocks.
 */
#include "gen/command.h"

#include <stdlib.h>

#include "gen/command_encode.h"
#include "gen/command_plan.h"

enum { AREA_ALIGN = 4096, COMMAND_BYTES = COMMAND_WORDS * 4 };

/* A walk over all steps. The first only counts (commands == NULL): addresses depend on
 * the length of the list. */
struct builder {
    const struct hw *hw;
    const struct layer *l;
    const struct mapping *m;
    const struct command_list *list;
    struct command_plan plan;
    struct command *commands; /* of the list */
    uint64_t blocks;
    uint64_t count;       /* commands emitted, FETCH not counted */
    uint64_t *compute_at; /* number of the COMPUTE of each step; NULL: counting */
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

static int emit_loads(struct builder *b, const struct plan_step *p) {
    const struct dram_map *d = &b->list->dram;
    for (unsigned i = 0; i < p->load_count; i++) {
        struct dma dma = p->loads[i];
        struct command c;
        dma.dram += p->load_use[i] == GLB_IFMAP    ? d->ifmap
                    : p->load_use[i] == GLB_FILTER ? d->weights
                                                   : d->bias;
        if (command_encode_dma(CMD_LOAD, &dma, b->hw->bus_bytes, &c, b->err)) {
            return -1;
        }
        if (i == 0 && p->load_wait >= 0) {
            c.w[0] |= CMD_WAIT_A;
            if (b->commands) {
                place(b, b->compute_at[p->load_wait])->w[0] |= CMD_SIGNAL_A;
            }
        }
        if (i + 1 == p->load_count) {
            c.w[0] |= CMD_SIGNAL_A;
        }
        emit(b, &c);
    }
    return 0;
}

static int emit_compute(struct builder *b, uint64_t s, const struct plan_step *p) {
    struct command c;
    if (command_encode_compute(b->hw, b->l, b->m, &p->step, &p->buffers, &c, b->err)) {
        return -1;
    }
    if (p->load_count) {
        c.w[0] |= CMD_WAIT_A;
    }
    if (p->step.last) {
        c.w[0] |= CMD_SIGNAL_B | (p->waits_stored ? (uint32_t)CMD_WAIT_B : 0);
    }
    if (b->compute_at) {
        b->compute_at[s] = b->count;
    }
    emit(b, &c);
    return 0;
}

static int emit_store(struct builder *b, const struct plan_step *p) {
    struct command c;
    struct dma dma;
    if (!p->step.last) {
        return 0;
    }
    command_plan_store(&b->plan, &p->step, p->buffers.ofmap, &dma);
    dma.dram += b->list->dram.ofmap;
    uint32_t signal = p->store_signals ? (uint32_t)CMD_SIGNAL_A : 0;
    if (command_encode_dma(CMD_STORE | CMD_WAIT_A | signal, &dma, b->hw->bus_bytes, &c,
                           b->err)) {
        return -1;
    }
    emit(b, &c);
    return 0;
}

/* All commands but FETCH, in list order. */
static int walk(struct builder *b, unsigned requant_shift) {
    struct plan_step prev = {.load_count = 0}, cur;
    struct command c;
    b->count = 0;
    command_plan_restart(&b->plan);
    if (command_encode_config(b->hw, b->l, b->m, requant_shift, &c, b->err)) {
        return -1;
    }
    emit(b, &c);
    for (uint64_t s = 0; s < b->plan.n.steps; s++) {
        command_plan_next(&b->plan, &cur);
        if (emit_loads(b, &cur) || emit_compute(b, s, &cur) || emit_store(b, &prev)) {
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
    const struct command_plan *p = &b->plan;
    struct mapping strips_outer =
        *b->m; /* the first steps then run through all weights */
    strips_outer.filters_outer = 0;
    const struct mapping_loops *n = &p->n;
    uint64_t bytes = b->hw->bus_bytes, i = 0;
    list->weight_run_count = n->filter_groups * (size_t)p->runs;
    list->bias_run_count = n->filter_groups;
    list->weight_runs = calloc(list->weight_run_count, sizeof *list->weight_runs);
    list->bias_runs = calloc(list->bias_run_count, sizeof *list->bias_runs);
    if (!list->weight_runs || !list->bias_runs) {
        return error_set(b->err, "out of memory for the weight runs of %s", b->l->name);
    }
    for (unsigned g = 0; g < n->filter_groups; g++) {
        struct mapping_step s = {0};
        for (uint64_t k = 0; k < p->runs; k++, i++) {
            struct weight_run *r = &list->weight_runs[i];
            mapping_step(b->l, &strips_outer, i, &s);
            *r = (struct weight_run){s.m0, s.c0, s.slice, s.passes, 0, 0};
            r->address = command_plan_run(p, i, &r->words);
            list->dram.weights_bytes = r->address + r->words * bytes;
        }
        struct bias_run *r = &list->bias_runs[g];
        *r = (struct bias_run){s.m0, s.passes, 0, 0};
        r->address = command_plan_bias(p, g, &r->words);
        list->dram.bias_bytes = r->address + r->words * bytes;
    }
    return 0;
}

static int build(struct builder *b, unsigned requant_shift, struct command_list *list) {
    if (command_plan_init(&b->plan, b->hw, b->l, b->m, b->err) || make_runs(b, list) ||
        walk(b, requant_shift)) {
        return -1;
    }
    b->blocks = command_blocks(b->count);
    if (command_blocks_check(b->blocks, b->l, b->err)) {
        return -1;
    }
    const uint64_t count = b->blocks * COMMAND_BLOCK;
    list->steps = b->plan.n.steps;
    list->count = (size_t)count;
    map_dram(b, list);
    list->commands = calloc(list->count, sizeof *list->commands);
    b->commands = list->commands;
    b->compute_at = calloc((size_t)list->steps, sizeof *b->compute_at);
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
    unsigned limit = hw->design.psum_bits < 64 ? hw->design.psum_bits - 1 : 63;
    if (requant_shift > limit) {
        return error_set(err, "requant_shift of %s is %u, at most %u", l->name,
                         requant_shift, limit);
    }
    struct layer view;
    struct builder b = {.hw = hw, .l = &view, .m = m, .list = list, .err = err};
    int rc =
        command_plan_check(hw, l, m, &view, err) ? -1 : build(&b, requant_shift, list);
    command_plan_close(&b.plan);
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
