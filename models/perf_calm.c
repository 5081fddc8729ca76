/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model: stretches in which the array need not wait.
 *
 * In a calm stretch the loads of step s wait until step s - lag has retired. Step s is
 * calm if what begins then can be shown to end, wherever blocks and pages begin, before
 * the last pass of step s - 1 begins, and before the loads of s + 1 may begin
 * (docs/performance_model.md). Then the array goes on as if it knew no memory.
 */
#include "models/perf_run.h"

enum {
    HANDED = 10, /* commands and blocks that are handed out or read meanwhile, at most */
    LAG_MAX = 3,
    PATIENCE = 8 /* steps without a look after many looks in vain */
};

struct calm {
    uint64_t lag;
    uint64_t same;  /* steps that left the array's state as it was */
    uint64_t beats; /* loaded when the current channel group began */
    int steady;     /* the last step's loads alone bounded when it was taken */
};

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Also of a FETCH. */
uint64_t perf_dispatch_limit(const struct perf *p) {
    const struct dispatch *d = &p->dispatch;
    return (uint64_t)HANDED * (d->read + 3) + d->fetch_words * p->load.port.ratio +
           p->load.port.latency;
}

/* The cycle in which a step retires that is taken by the move *m from now on: before the
 * move, in it, or in the tail of the next state *tail, if that is not NULL. Returns 0 if
 * that does not tell. */
static int retired_at(const struct perf *p, const struct chain_move *m,
                      const struct chain_tail *tail, uint64_t step, uint64_t *at) {
    if (step < p->retirements) {
        *at = p->retired[step % HISTORY];
        return step + HISTORY >= p->retirements;
    }
    uint64_t index = step - p->retirements;
    if (index < m->retired_count) {
        *at = p->base + m->retired[index];
        return 1;
    }
    index -= m->retired_count;
    if (!tail || index >= tail->retired_count) {
        return 0;
    }
    *at = p->base + m->next_at + tail->retired[index];
    return 1;
}

/* Whether the units have nothing to do when step - lag retires but what waits for that.
 */
static int begins_calm(struct perf *p, uint64_t step, uint64_t lag) {
    uint64_t retired;
    if (p->idle.from < p->idle.to || step - lag + HISTORY < p->retirements) {
        return 0;
    }
    if (perf_retirement(p, step - lag, &retired)) {
        return -1;
    }
    if (max_u(p->dispatch.since, p->load.last_data + 2) + p->dispatch_limit > retired) {
        return 0;
    }
    if (p->stored.waits && p->stored.step + lag < step && perf_finish_store(p)) {
        return -1;
    }
    return p->store.free + 1 <= retired &&
           !(p->stored.waits && p->stored.step + lag < step);
}

/* Whether the exact state before a step is known after a calm stretch: its loads begin in
 * the cycle after step - lag has retired. */
static int ends_here(const struct perf *p, uint64_t step, uint64_t lag) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    return s->load_count > 0 && s->load_wait == (int64_t)(step - lag);
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

/* Whether the STORE of step - 2, if there is one, ends before step - 1 retires, and, when
 * this step may wait for it, before that is due. */
static int store_ends(const struct perf *p, const struct chain_move *m,
                      const struct chain_tail *tail, uint64_t step) {
    uint64_t begin, end;
    if (!p->stored.waits || p->stored.step + 2 != step) {
        return 1;
    }
    if (!retired_at(p, m, NULL, step - 2, &begin) ||
        !retired_at(p, m, tail, step - 1, &end)) {
        return 0;
    }
    if (p->plan.runs == 1 && p->base < end) {
        end = p->base;
    }
    return begin + 5 + dma_store_limit(&p->store.port, &p->stored.dma) <= end;
}

/* The cycle by which a step is ready whose loads begin in cycle `begin` and are there by
 * `loaded` unless commands come late: none does if all loads but the last take longer
 * than the way of a command through the dispatcher and to the memory. One FETCH at most
 * is among them. */
static uint64_t ready_by(const struct perf *p, const struct plan_step *s,
                         uint64_t loaded) {
    const struct dma_port *port = &p->load.port;
    const uint64_t way = UINT64_C(3) * (p->dispatch.read + 3);
    for (unsigned i = 0; i + 1 < s->load_count; i++) {
        const struct dma *dma = &s->loads[i];
        const uint64_t beats = dma->words * dma->segments * dma->planes * port->ratio;
        if (beats < port->latency + way + DMA_OUTSTANDING) {
            return loaded + p->dispatch_limit;
        }
    }
    return loaded + p->dispatch.fetch_words * port->ratio + way;
}

/* When the step that is ready by cycle `ready` is taken, at the latest (*taken), if it
 * makes no difference to the array whether it is earlier. Returns 1 if so, -1 with p->err
 * set. */
static int taken_by(struct perf *p, uint64_t ready, uint64_t *taken) {
    uint64_t at;
    *taken = p->base;
    if (ready <= p->base) {
        return 1;
    }
    if (!chain_indifferent(p->chain, p->state, 0)) {
        return 0;
    }
    const struct chain_tail *t = chain_tail(p->chain, p->state);
    if (!t) {
        return error_set(p->err, "out of memory");
    }
    const uint64_t slot = chain_taken(t, ready - p->base, &at);
    *taken = p->base + at;
    return slot != UINT64_MAX && chain_indifferent(p->chain, p->state, slot);
}

/* Whether a step is calm, and the stretch can end after it. Returns -1 with p->err set.
 */
static int is_calm(struct perf *p, uint64_t step, struct calm *c,
                   const struct chain_move *m) {
    uint64_t begin, next, taken;
    if (!ends_here(p, step + 1, c->lag)) {
        return 0;
    }
    const struct chain_tail *tail = chain_tail(p->chain, m->next);
    if (!tail) {
        return error_set(p->err, "out of memory");
    }
    /* the tail holds until step + 1 is taken, hence until step + 1 - lag has retired */
    if (!retired_at(p, m, NULL, step - c->lag, &begin) ||
        !retired_at(p, m, tail, step + 1 - c->lag, &next)) {
        return 0;
    }
    const struct plan_step *s = &p->ahead[step % AHEAD];
    const uint64_t loaded = begin + 1 + dma_load_limit(&p->load, s->loads, s->load_count);
    const uint64_t handed = max_u(loaded, p->wait_free); /* COMPUTE can be */
    const uint64_t end = handed + p->dispatch_limit;
    const uint64_t ready =
        loaded >= p->wait_free + p->dispatch_limit ? ready_by(p, s, loaded) : end;
    if (end > next || !store_ends(p, m, c->lag == 2 ? tail : NULL, step)) {
        return 0;
    }
    const int taken_in_time = taken_by(p, ready, &taken);
    if (taken_in_time <= 0 || (ready > p->base && taken + p->dispatch_limit > next)) {
        return taken_in_time < 0 ? -1 : 0;
    }
    c->steady = taken == p->base || loaded >= p->wait_free;
    p->wait_free = taken + 1; /* or earlier */
    return 1;
}

/* Before the first step of a channel group, after a whole one that left the array as it
 * was: leave out the groups that are like it. Returns their steps. */
static uint64_t skip(struct perf *p, uint64_t step, const struct chain_move *m,
                     uint64_t group_beats) {
    struct plan_step next = p->ahead[(step + 1) % AHEAD];
    const uint64_t n = command_plan_regular(&p->plan), groups = n / p->plan.n.slices;
    if (n == 0 || p->planned != step + 2 || step + n + NEAR_END > p->plan.n.steps ||
        !m->stays || m->retired_count != 1) {
        return 0;
    }
    const uint64_t before = p->base;
    p->load.beats += groups * group_beats;
    p->dispatch.handed += n * (next.load_count + 1);
    p->commands += n * (next.load_count + 1);
    command_plan_skip(&p->plan, n, &next);
    p->planned += n;
    p->ahead[(step + n) % AHEAD] = p->ahead[step % AHEAD];
    p->ahead[(step + n + 1) % AHEAD] = next;
    p->base += n * m->next_at;
    p->wait_free += n * m->next_at;
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

/* Go through a step if it is calm, and through those that follow like it. Returns their
 * number, -1 with p->err set. */
static int64_t calm_steps(struct perf *p, uint64_t step, struct calm *c) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    const unsigned kind = chain_kind_of(p->plan.l, p->plan.m, &s->step);
    const struct chain_move *m = chain_move(p->chain, &p->state, 0, kind);
    if (!m) {
        return error_set(p->err, "out of memory");
    }
    const int calm = is_calm(p, step, c, m);
    if (calm <= 0) {
        return calm;
    }
    const uint64_t slices = p->plan.n.slices, slice = step % slices;
    if (slice == 0) {
        c->beats = p->load.beats;
    }
    p->load.beats += load_beats(p, s);
    p->dispatch.handed += s->load_count + 1;
    hand_store(p, step - 1);
    c->same = s->step.first || !m->stays ? 0 : c->same + 1;
    if (perf_move(p, 0, kind)) {
        return -1;
    }
    uint64_t more = 0;
    if (slice + 1 == slices && c->same >= slices + LAG_MAX && c->steady) {
        more = skip(p, step, m, p->load.beats - c->beats);
    }
    return (int64_t)(1 + more);
}

/* The lag if a calm stretch may begin with a step, else 0. */
static uint64_t lag_of(const struct perf *p, uint64_t step) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    const uint64_t lag = s->load_wait < 0 ? 0 : step - (uint64_t)s->load_wait;
    return lag == 2 || (lag == LAG_MAX && p->plan.runs > 1) ? lag : 0;
}

int perf_calm(struct perf *p, uint64_t *step) {
    uint64_t s = *step;
    if (s < CHAIN_CONTEXTS || s + NEAR_END > p->plan.n.steps || s < p->calm_next) {
        return 0;
    }
    perf_plan(p, s);
    struct calm c = {lag_of(p, s), 0, 0, 0};
    int64_t steps = c.lag ? begins_calm(p, s, c.lag) : 0;
    while (steps > 0 && s + NEAR_END < p->plan.n.steps) {
        perf_plan(p, s);
        perf_plan(p, s + 1);
        steps = calm_steps(p, s, &c);
        s += steps > 0 ? (uint64_t)steps : 0;
    }
    if (steps < 0) {
        return -1;
    }
    p->calm_fails = s > *step ? 0 : p->calm_fails + (p->calm_fails < PATIENCE);
    p->calm_next = s + 1 + p->calm_fails / 2;
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
