/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model: stretches in which the array need not wait.
 *
 * Step s is calm if it is ready before the last pass of step s - 1 begins, and the
 * loads of s, all that stands before them in the list, and the store of s - 2 can be
 * shown to end by then even if nothing overlaps from the cycle on in which step s - 2 has
 * retired (docs/performance_model.md). Then the array goes on as if it knew no memory.
 */
#include "models/perf_run.h"

enum {
    HANDED = 10, /* commands that the dispatcher hands out meanwhile, at most */
    BLOCKS = 2   /* that it reads */
};

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

uint64_t perf_dispatch_limit(const struct perf *p) {
    const struct dispatch *d = &p->dispatch;
    const struct dma dma = {.words = d->fetch_words, .segments = 1, .planes = 1};
    const uint64_t fetch = dma_load_limit(&p->load.port, &dma) + 2;
    return HANDED * (d->read + 2u) + BLOCKS * (fetch + 2 * (d->read + 3u));
}

/* Cycles from the retirement of step - 2 until `step` is ready and the store has ended.
 */
static uint64_t step_limit(const struct perf *p, uint64_t step) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    uint64_t cycles = p->dispatch_limit;
    for (unsigned i = 0; i < s->load_count; i++) {
        cycles += dma_load_limit(&p->load.port, &s->loads[i]) + 2;
    }
    if (p->stored.waits && p->stored.step + 2 == step) {
        cycles = max_u(cycles, dma_store_limit(&p->store.port, &p->stored.dma) + 4);
    }
    return cycles;
}

/* Whether the units have nothing to do when step - 2 retires but what waits for that. */
static int begins_calm(struct perf *p, uint64_t step) {
    const struct dispatch *d = &p->dispatch;
    const uint64_t retired = p->retired[(step - 2) % HISTORY];
    if (max_u(d->since, p->load.last_data + 2) + p->dispatch_limit > retired ||
        retired + p->dispatch_limit > p->base || p->idle.from < p->idle.to) {
        return 0;
    }
    if (p->stored.waits && p->stored.step + 2 < step && perf_finish_store(p)) {
        return -1;
    }
    return p->store.free + 1 <= retired;
}

/* Whether the exact state before a step is known after a calm stretch: the loads of the
 * step begin in the cycle after step - 2 has retired. */
static int ends_here(const struct perf *p, uint64_t step) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    return s->load_count > 0 && s->load_wait == (int64_t)step - 2;
}

/* The STORE of a step that waits now, and what went before it. */
static void hand_store(struct perf *p, uint64_t step) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    if (!s->step.last) {
        return;
    }
    if (p->stored.waits) {
        const struct dma *dma = &p->stored.dma;
        p->store.beats += dma->words * dma->segments * dma->planes * p->store.port.ratio;
        p->stores++;
    }
    command_plan_store(&p->plan, &s->step, s->buffers.ofmap, &p->stored.dma);
    p->stored.waits = 1;
    p->stored.since = 0;
    p->stored.step = step;
    p->dispatch.handed++;
}

static uint64_t load_beats(const struct perf *p, const struct plan_step *s) {
    uint64_t words = 0;
    for (unsigned i = 0; i < s->load_count; i++) {
        const struct dma *dma = &s->loads[i];
        words += dma->words * dma->segments * dma->planes;
    }
    return words * p->load.port.ratio;
}

/* Go through a step if it is calm and the stretch can end after it. Returns 1 if it is,
 * 0 if not, -1 with p->err set. */
static int calm_step(struct perf *p, uint64_t step, unsigned kind) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    if (p->retirements + 1 < step ||
        p->retired[(step - 2) % HISTORY] + 1 + step_limit(p, step) > p->base ||
        !ends_here(p, step + 1)) {
        return 0;
    }
    const struct chain_move *m = chain_move(p->chain, p->state, 0, kind);
    if (!m) {
        return error_set(p->err, "out of memory");
    }
    if (p->retirements + m->retired_count != step ||
        (m->retired_count && m->retired[m->retired_count - 1] >= m->next_at)) {
        return 0;
    }
    p->load.beats += load_beats(p, s);
    p->dispatch.handed += s->load_count + 1;
    hand_store(p, step - 1);
    return perf_move(p, 0, kind) ? -1 : 1;
}

/* After a calm step that left the array as it was: leave out the steps that are like it
 * and the next one. Returns their number. */
static uint64_t skip(struct perf *p, uint64_t step, unsigned kind) {
    struct plan_step next = p->ahead[(step + 1) % AHEAD];
    const uint64_t n = command_plan_regular(&p->plan);
    if (n == 0 || p->planned != step + 2 || step + n + NEAR_END > p->plan.n.steps ||
        p->retired[(step - 1) % HISTORY] + 1 + step_limit(p, step + 1) > p->base) {
        return 0;
    }
    const struct chain_move *m = chain_move(p->chain, p->state, 0, kind);
    if (!m || m->next != p->state || m->retired_count != 1) {
        return 0;
    }
    const uint64_t before = p->base;
    p->load.beats += n * load_beats(p, &next);
    p->dispatch.handed += n * (next.load_count + 1);
    p->commands += n * (next.load_count + 1);
    command_plan_skip(&p->plan, n, &next);
    p->planned += n;
    p->ahead[(step + n) % AHEAD] = p->ahead[step % AHEAD];
    p->ahead[(step + n + 1) % AHEAD] = next;
    p->base += n * m->next_at;
    for (unsigned i = 0; i < CHAIN_COUNTS; i++) {
        p->counts[i] += n * m->counts[i];
    }
    for (uint64_t i = n > HISTORY ? n - HISTORY : 0; i < n; i++) {
        p->retired[(p->retirements + i) % HISTORY] =
            before + i * m->next_at + m->retired[0];
    }
    p->retirements += n;
    return n;
}

int perf_calm(struct perf *p, uint64_t *step) {
    uint64_t s = *step;
    if (s < CHAIN_CONTEXTS || p->retirements + 1 < s || s + NEAR_END > p->plan.n.steps) {
        return 0;
    }
    int calm = begins_calm(p, s);
    while (calm > 0 && s + NEAR_END < p->plan.n.steps) {
        perf_plan(p, s);
        perf_plan(p, s + 1);
        const unsigned kind =
            chain_kind_of(p->plan.l, p->plan.m, &p->ahead[s % AHEAD].step);
        const uint32_t state = p->state;
        calm = calm_step(p, s, kind);
        if (calm > 0) {
            if (state == p->state) {
                s += skip(p, s, kind);
            }
            s++;
        }
    }
    if (calm < 0) {
        return -1;
    }
    if (s > *step) { /* the place in the blocks */
        struct dispatch *d = &p->dispatch;
        const uint64_t payload = COMMAND_BLOCK - 1;
        const int full = d->handed % payload == 0;
        d->block = d->handed / payload - (full ? 1 : 0);
        d->slot = full ? COMMAND_BLOCK : (unsigned)(d->handed % payload) + 1;
        *step = s;
    }
    return 0;
}
