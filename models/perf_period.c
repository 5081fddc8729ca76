/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model: periods of long loops over channel groups.
 *
 * The steps of such a loop are alike. If before one of them all that the future depends
 * on is, relative to the cycle, as it was before an earlier one, the steps between come
 * again until the loop ends (docs/performance_model.md).
 */
#include <string.h>

#include "models/perf_run.h"

enum { GROUPS_MIN = 64, PAGE = 4096 };

/* Cycles from the array's cycle 0, as far as they can still be waited for: nothing will
 * happen before the next command can be handed out. */
static uint64_t relative(const struct perf *p, uint64_t cycle) {
    const uint64_t since = p->dispatch.since;
    return (cycle > since ? cycle : since) - p->base;
}

/* Where in a page a load begins, if that matters. */
static uint64_t phase(const struct perf *p, const struct plan_step *s, unsigned load) {
    const struct dma *dma = &s->loads[load];
    const struct dma_port *port = &p->load.port;
    const uint64_t stride =
        s->load_use[load] == GLB_FILTER
            ? dma->words
            : p->plan.channels / p->hw->act_lanes * p->plan.l->h * p->plan.l->w;
    const int whole = dma->segments * dma->planes == 1 && dma->words == stride &&
                      (dma->words & (dma->words - 1)) == 0 &&
                      dma->words <= port->max_words &&
                      (dma->dram >> port->shift) % dma->words == 0;
    return whole ? 0 : dma->dram % PAGE; /* one burst, in this step and the next ones */
}

/* All that the future depends on. The store unit has nothing to do. */
static void make_key(const struct perf *p, uint64_t step, uint64_t key[PERIOD_KEY]) {
    const struct dispatch *d = &p->dispatch;
    const struct dma_load *l = &p->load;
    const struct plan_step *s = &p->ahead[step % AHEAD];
    unsigned n = 0;
    key[n++] = p->state;
    key[n++] = chain_generation(p->chain);
    key[n++] = d->since - p->base;
    key[n++] = relative(p, d->full[d->block % 2]);
    key[n++] = relative(p, d->full[(d->block + 1) % 2]);
    key[n++] = d->slot;
    key[n++] = relative(p, p->wait_free);
    key[n++] = relative(p, p->idle.from);
    key[n++] = relative(p, p->idle.to);
    key[n++] = relative(p, l->wait_free);
    key[n++] = relative(p, l->requests_free);
    key[n++] = relative(p, l->last_data);
    for (unsigned i = 0; i < DMA_OUTSTANDING; i++) {
        const uint64_t last = l->last[(l->bursts + i) % DMA_OUTSTANDING];
        key[n++] = relative(p, l->bursts + i < DMA_OUTSTANDING ? 0 : last);
    }
    for (unsigned i = 0; i < DMA_TRANSFERS; i++) {
        key[n++] = relative(p, l->done[(l->transfers + i) % DMA_TRANSFERS]);
    }
    for (unsigned i = 0; i < HISTORY; i++) {
        key[n++] = relative(p, p->retired[(step + i) % HISTORY]);
    }
    key[n++] = step - p->retirements;
    key[n++] = step - (uint64_t)s->load_wait;
    key[n++] = s->load_count;
    for (unsigned i = 0; i < PLAN_LOADS; i++) {
        key[n++] = i < s->load_count ? phase(p, s, i) : 0;
    }
}

static void remember(struct perf *p, uint64_t step, const uint64_t key[PERIOD_KEY]) {
    struct period *r = &p->period;
    r->valid = 1;
    r->step = step;
    r->base = p->base;
    r->handed = p->dispatch.handed;
    r->block = p->dispatch.block;
    r->commands = p->commands;
    r->beats = p->load.beats;
    r->wait_load = p->wait_load;
    r->wait_store = p->wait_store;
    memcpy(r->counts, p->counts, sizeof r->counts);
    memcpy(r->key, key, sizeof r->key);
}

static void shift(uint64_t *cycles, unsigned count, uint64_t by) {
    for (unsigned i = 0; i < count; i++) {
        cycles[i] += by;
    }
}

static void shift_units(struct perf *p, uint64_t by) {
    struct dma_load *l = &p->load;
    shift(&p->base, 1, by);
    shift(&p->wait_free, 1, by);
    shift(&p->idle.from, 1, by);
    shift(&p->idle.to, 1, by);
    shift(&p->dispatch.since, 1, by);
    shift(p->dispatch.full, 2, by);
    shift(&l->wait_free, 1, by);
    shift(&l->requests_free, 1, by);
    shift(&l->last_data, 1, by);
    shift(l->last, DMA_OUTSTANDING, by);
    shift(l->done, DMA_TRANSFERS, by);
}

/* Leave out `times` periods. */
static void repeat(struct perf *p, uint64_t step, uint64_t times) {
    const struct period *r = &p->period;
    struct dispatch *d = &p->dispatch;
    const uint64_t steps = times * (step - r->step), by = times * (p->base - r->base);
    struct plan_step next = p->ahead[step % AHEAD];
    const struct plan_step last = p->ahead[(step - 1) % AHEAD];
    uint64_t retired[HISTORY];
    shift_units(p, by);
    for (unsigned i = 0; i < HISTORY; i++) {
        retired[(i + steps) % HISTORY] = p->retired[i] + by;
    }
    memcpy(p->retired, retired, sizeof p->retired);
    p->retirements += steps;
    const uint64_t blocks = times * (d->block - r->block);
    if (blocks % 2) {
        const uint64_t full = d->full[0];
        d->full[0] = d->full[1];
        d->full[1] = full;
    }
    d->block += blocks;
    d->handed += times * (d->handed - r->handed);
    p->commands += times * (p->commands - r->commands);
    p->load.beats += times * (p->load.beats - r->beats);
    p->wait_load += times * (p->wait_load - r->wait_load);
    p->wait_store += times * (p->wait_store - r->wait_store);
    for (unsigned i = 0; i < CHAIN_COUNTS; i++) {
        p->counts[i] += times * (p->counts[i] - r->counts[i]);
    }
    command_plan_skip(&p->plan, steps, &next);
    p->planned += steps;
    p->ahead[(step + steps - 1) % AHEAD] = last;
    p->ahead[(step + steps) % AHEAD] = next;
}

/* Whether no STORE is or will be under way before the loop ends. */
static int stores_rest(const struct perf *p, uint64_t step) {
    const uint64_t since = p->dispatch.since;
    return !p->stored.waits && !p->ahead[(step - 1) % AHEAD].step.last &&
           p->store.free < since && p->config_free <= since;
}

void perf_period(struct perf *p, uint64_t *step) {
    struct period *r = &p->period;
    const uint64_t s = *step;
    uint64_t key[PERIOD_KEY];
    if (p->plan.n.channel_groups < GROUPS_MIN || s < HISTORY ||
        s + NEAR_END > p->plan.n.steps) {
        return;
    }
    perf_plan(p, s);
    const uint64_t left = command_plan_regular(&p->plan);
    if (left == 0 || p->planned != s + 1 || !stores_rest(p, s)) {
        r->valid = r->valid && p->plan.slice != 0; /* inside of a channel group */
        return;
    }
    dma_load_settle(&p->load);
    make_key(p, s, key);
    if (r->valid && memcmp(key, r->key, sizeof key) == 0) {
        uint64_t most = p->plan.n.steps - NEAR_END - s;
        most = left < most ? left : most;
        const uint64_t times = most / (s - r->step), steps = times * (s - r->step);
        repeat(p, s, times);
        *step = s + steps;
        r->valid = 0;
        r->next = UINT64_MAX;
        return;
    }
    if (!r->valid) {
        if (p->plan.group <= 4) { /* a new loop */
            r->begin = s;
            r->next = s;
        }
    }
    if (s >= r->next) {
        remember(p, s, key);
        r->next = s + (s - r->begin) + 1; /* Brent's algorithm */
    }
}
