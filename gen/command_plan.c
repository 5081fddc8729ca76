/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of a command list.
 *
 * A command depends only on commands before it in the list, and every unit runs its own
 * in order, so the oldest unfinished command can always run: no deadlock. Nor does a
 * waiting command hold up one that could run: COMPUTE s stands before the loads of step
 * s + 1, which wait until step s - 1 has retired, and it is handed out as soon as step
 * s - 1 has started.
 */
#include "gen/command_plan.h"

#include <stdlib.h>

static const uint64_t COMMANDS_MAX = 1u << 23;

/* A GLB buffer: what it holds and which step used it last. */
struct plan_buffer {
    int64_t key, used; /* -1: nothing, never */
};

/* The GLB buffers of one region. */
struct plan_buffers {
    struct plan_buffer *buffer; /* owned */
    unsigned count;
    unsigned recent; /* the one used last */
};

/* What a slice asks for in the current column tile; a load of block 0. */
struct plan_window {
    int exists;
    struct dma dma;
};

static unsigned min_u(unsigned a, unsigned b) {
    return a < b ? a : b;
}

uint64_t command_blocks(uint64_t commands) {
    return commands <= COMMAND_BLOCK ? 1 : (commands + 5) / (COMMAND_BLOCK - 1);
}

int command_blocks_check(uint64_t blocks, const struct layer *l, struct error *err) {
    const unsigned long long count = blocks * COMMAND_BLOCK, limit = COMMANDS_MAX;
    if (count > limit) {
        return error_set(err, "%s needs %llu commands, the limit is %llu", l->name, count,
                         limit);
    }
    return 0;
}

int command_plan_check(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, struct layer *view, struct error *err) {
    if (!layer_on_array(l) || l->groups > 1) {
        return error_set(err, "%s is no dense convolution or fc: nothing for the array",
                         l->name);
    }
    if (!mapping_viewable(l, m->plane)) {
        return error_set(err, "mapping of %s: a plane of %u rows is no view of it",
                         l->name, m->plane);
    }
    *view = mapping_view(l, m);
    return mapping_check(hw, view, m, err);
}

int command_plan_init(struct command_plan *p, const struct hw *hw, const struct layer *l,
                      const struct mapping *m, struct error *err) {
    *p = (struct command_plan){.hw = hw, .l = l, .m = m};
    mapping_loops(l, m, &p->n);
    p->slices = calloc(p->n.slices, sizeof *p->slices);
    p->windows = calloc(p->n.slices, sizeof *p->windows);
    p->buffers = calloc(GLB_USES, sizeof *p->buffers);
    if (!p->slices || !p->windows || !p->buffers) {
        return error_set(err, "out of memory for the steps of %s", l->name);
    }
    for (unsigned i = 0; i < p->n.slices; i++) {
        p->slices[i] = mapping_slice(l, m, i);
    }
    for (unsigned i = 0; i < GLB_USES; i++) {
        struct plan_buffers *region = &p->buffers[i];
        region->count = m->glb[i].count;
        region->buffer = calloc(region->count, sizeof *region->buffer);
        if (!region->buffer) {
            return error_set(err, "out of memory for the GLB buffers of %s", l->name);
        }
    }
    p->row_words = (uint64_t)m->t * mapping_kf(hw, m);
    p->run_words = p->row_words * (m->m / (m->p * m->t)) * m->rk * m->r;
    p->channels = (uint64_t)m->q * m->r;
    p->runs = (uint64_t)p->n.channel_groups * p->n.slices;
    command_plan_restart(p);
    return 0;
}

void command_plan_close(struct command_plan *p) {
    for (unsigned i = 0; p->buffers && i < GLB_USES; i++) {
        free(p->buffers[i].buffer);
    }
    free(p->buffers);
    free(p->windows);
    free(p->slices);
    *p = (struct command_plan){0};
}

void command_plan_restart(struct command_plan *p) {
    for (unsigned i = 0; i < GLB_USES; i++) {
        for (unsigned k = 0; k < p->buffers[i].count; k++) {
            p->buffers[i].buffer[k] = (struct plan_buffer){-1, -1};
        }
        p->buffers[i].recent = 0;
    }
    p->column_tile = UINT64_MAX;
    p->next = 0;
    p->last_wait = -1;
}

/* Take the buffer that holds `key`, or else the one not used for longest, in step s.
 * Returns 1 if it must be loaded; *wait is then raised to the last step that used what it
 * held. */
static int take_buffer(struct plan_buffers *region, uint64_t key, uint64_t s,
                       unsigned *buffer, int64_t *wait) {
    const int64_t want = (int64_t)key, now = (int64_t)s;
    unsigned oldest = 0;
    struct plan_buffer *b = &region->buffer[region->recent];
    if (b->key == want) { /* spares the search */
        b->used = now;
        *buffer = region->recent;
        return 0;
    }
    for (unsigned i = 0; i < region->count; i++) {
        b = &region->buffer[i];
        if (b->key == want) {
            b->used = now;
            *buffer = region->recent = i;
            return 0;
        }
        oldest = b->used < region->buffer[oldest].used ? i : oldest;
    }
    b = &region->buffer[oldest];
    *wait = b->used > *wait ? b->used : *wait;
    *b = (struct plan_buffer){want, now};
    *buffer = region->recent = oldest;
    return 1;
}

/* Another load of a step; its fields are filled in by the caller. */
static struct dma *add_load(struct plan_step *s, enum glb_use use) {
    s->load_use[s->load_count] = use;
    return &s->loads[s->load_count++];
}

static void add_run(struct command_plan *p, struct plan_step *s, enum glb_use use,
                    unsigned buffer, uint64_t address, uint32_t words) {
    *add_load(s, use) = (struct dma){.dram = address,
                                     .glb = mapping_buffer(p->m, use, buffer),
                                     .words = words,
                                     .segments = 1,
                                     .planes = 1};
}

uint64_t command_plan_run(const struct command_plan *p, uint64_t run, uint32_t *words) {
    const struct mapping *m = p->m;
    const uint64_t group = run / p->runs, bytes = p->hw->bus_bytes;
    uint64_t size = p->run_words;
    if (group + 1 == p->n.filter_groups) {
        const unsigned filters = p->l->m - (unsigned)group * m->m, pass = m->p * m->t;
        size = p->row_words * ((filters + pass - 1) / pass) * m->rk * m->r;
    }
    *words = (uint32_t)size;
    return (group * p->runs * p->run_words + run % p->runs * size) * bytes;
}

uint64_t command_plan_bias(const struct command_plan *p, unsigned group,
                           uint32_t *words) {
    const struct mapping *m = p->m;
    const unsigned pass = m->p * m->t, filters = min_u(m->m, p->l->m - group * m->m);
    const uint64_t pass_words = (uint64_t)m->t * mapping_kp(p->hw, m);
    *words = (uint32_t)((filters + pass - 1) / pass * pass_words);
    return (uint64_t)group * (m->m / pass) * pass_words * p->hw->bus_bytes;
}

/* The loads of all slices in the column tile of a step, as far as they do not depend on
 * the channels. */
static void make_windows(struct command_plan *p) {
    const struct layer *l = p->l;
    const uint64_t bytes = p->hw->bus_bytes;
    struct mapping_step s = p->step;
    for (unsigned i = 0; i < p->n.slices; i++) {
        struct ifmap_window w;
        struct ifmap_tile t;
        s.slice = p->slices[i];
        mapping_window(l, p->m, &s, &w);
        mapping_tile(p->hw, l, p->m, &s, &t);
        p->windows[i].exists = w.y_hi != 0;
        p->windows[i].dma = (struct dma){
            .dram = ((uint64_t)t.row * l->w + t.col) * bytes,
            .words = t.cols,
            .segments = t.rows,
            .segment_bytes = (uint64_t)p->m->d * l->w * bytes,
            .plane_bytes = (uint64_t)l->h * l->w * bytes,
        };
    }
}

static void plan_ifmap(struct command_plan *p, struct plan_step *s, uint64_t index,
                       int64_t *wait) {
    const struct plan_window *w = &p->windows[p->slice];
    if (!w->exists || !take_buffer(&p->buffers[GLB_IFMAP], s->step.tile, index,
                                   &s->buffers.ifmap, wait)) {
        return;
    }
    const unsigned lanes = p->hw->act_lanes, c0 = s->step.c0;
    const unsigned channels = min_u((unsigned)p->channels, p->l->c - c0);
    struct dma *dma = add_load(s, GLB_IFMAP);
    *dma = w->dma;
    dma->dram += c0 / lanes * dma->plane_bytes;
    dma->glb = mapping_buffer(p->m, GLB_IFMAP, s->buffers.ifmap);
    dma->planes = (c0 % lanes + channels + lanes - 1) / lanes;
    command_dma_merge(dma, p->hw->bus_bytes);
}

/* p->step becomes step p->next: the innermost loops here, the outer ones by
 * mapping_step. */
static void advance(struct command_plan *p) {
    struct mapping_step *s = &p->step;
    const struct mapping_loops *n = &p->n;
    if (p->next % p->runs == 0) {
        mapping_step(p->l, p->m, p->next, s);
        p->group = p->slice = 0;
        const uint64_t tile = s->tile / n->tile_slices / n->channel_groups;
        if (tile != p->column_tile) {
            p->column_tile = tile;
            make_windows(p);
        }
    } else {
        if (++p->slice == n->slices) {
            p->slice = 0;
            p->group++;
            s->c0 += (unsigned)p->channels;
        }
        s->slice = p->slices[p->slice];
        s->first = 0;
        s->run++;
        s->tile = (p->column_tile * n->channel_groups + p->group) * n->tile_slices +
                  (p->m->share ? s->slice.r0 % p->m->d : p->slice);
        s->last = p->group + 1 == n->channel_groups && p->slice + 1 == n->slices;
    }
    p->next++;
}

void command_plan_next(struct command_plan *p, struct plan_step *s) {
    const uint64_t index = p->next;
    int64_t wait = -1;
    uint32_t words;
    advance(p);
    s->step = p->step;
    s->buffers = (struct step_buffers){.ofmap = p->step.output & 1};
    s->load_count = 0;
    if (take_buffer(&p->buffers[GLB_FILTER], s->step.run, index, &s->buffers.filter,
                    &wait)) {
        const uint64_t address = command_plan_run(p, s->step.run, &words);
        add_run(p, s, GLB_FILTER, s->buffers.filter, address, words);
    }
    plan_ifmap(p, s, index, &wait);
    if (s->step.first && take_buffer(&p->buffers[GLB_BIAS], s->step.filter_group, index,
                                     &s->buffers.bias, &wait)) {
        const uint64_t address = command_plan_bias(p, s->step.filter_group, &words);
        add_run(p, s, GLB_BIAS, s->buffers.bias, address, words);
    }
    s->load_wait = -1;
    if (wait > p->last_wait) { /* else an earlier load has waited for a later step */
        p->last_wait = s->load_wait = wait;
    }
    s->waits_stored = s->step.last && s->step.output >= 2;
    s->store_signals = s->step.last && s->step.output + 2 < p->n.outputs;
}

/* Whether a region's buffers hold the latest contents, one for each of the latest steps.
 */
static int buffers_regular(const struct plan_buffers *region, uint64_t key,
                           uint64_t step) {
    for (unsigned i = 0; i < region->count; i++) {
        const struct plan_buffer *b = &region->buffer[i];
        const int64_t age = (int64_t)key - b->key;
        if (b->key < 0 || age < 0 || age >= region->count ||
            (int64_t)step - b->used != age) {
            return 0;
        }
    }
    return 1;
}

uint64_t command_plan_regular(const struct command_plan *p) {
    const struct plan_buffers *b = p->buffers;
    const unsigned groups = p->n.channel_groups;
    const uint64_t step = p->next - 1;
    const unsigned least = min_u(b[GLB_IFMAP].count, b[GLB_FILTER].count);
    if (p->slice != 0 || p->group + 2 >= groups || p->channels % p->hw->act_lanes ||
        (p->m->share && p->n.slices > 1) || p->last_wait != (int64_t)step - least ||
        !buffers_regular(&b[GLB_IFMAP], p->step.tile, step) ||
        !buffers_regular(&b[GLB_FILTER], p->step.run, step)) {
        return 0;
    }
    for (unsigned i = 0; i < p->n.slices; i++) {
        if (!p->windows[i].exists) {
            return 0;
        }
    }
    return (uint64_t)(groups - 2 - p->group) * p->n.slices;
}

void command_plan_skip(struct command_plan *p, uint64_t steps, struct plan_step *s) {
    static const enum glb_use uses[2] = {GLB_IFMAP, GLB_FILTER};
    for (unsigned i = 0; i < 2; i++) {
        struct plan_buffers *region = &p->buffers[uses[i]];
        for (unsigned k = 0; k < region->count; k++) {
            region->buffer[k].key += (int64_t)steps;
            region->buffer[k].used += (int64_t)steps;
        }
    }
    const uint64_t groups = steps / p->n.slices;
    p->next += steps;
    p->group += (unsigned)groups;
    p->step.c0 += (unsigned)(groups * p->channels);
    p->step.run += steps;
    p->step.tile += steps;
    p->last_wait += (int64_t)steps;
    s->step = p->step;
    s->load_wait += (int64_t)steps;
    for (unsigned i = 0; i < s->load_count; i++) {
        const uint64_t words =
            s->load_use[i] == GLB_FILTER
                ? steps * s->loads[i].words
                : groups * (p->channels / p->hw->act_lanes) * p->l->h * p->l->w;
        s->loads[i].dram += words * p->hw->bus_bytes;
    }
}

void command_plan_store(const struct command_plan *p, const struct mapping_step *s,
                        unsigned buffer, struct dma *dma) {
    const struct layer *l = p->l;
    const unsigned lanes = p->hw->act_lanes, bytes = p->hw->bus_bytes;
    const unsigned filters = min_u(l->m - s->m0, p->m->m);
    const uint64_t block = s->m0 / lanes;
    *dma = (struct dma){
        .dram = ((block * l->e + s->y0) * l->f + s->x0) * bytes,
        .glb = mapping_buffer(p->m, GLB_OFMAP, buffer),
        .words = s->fv,
        .segments = s->ev,
        .planes = (filters + lanes - 1) / lanes,
        .segment_bytes = (uint64_t)l->f * bytes,
        .plane_bytes = (uint64_t)l->e * l->f * bytes,
    };
    command_dma_merge(dma, bytes);
}
