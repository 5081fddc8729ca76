/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model: the dispatcher, the tokens, and the units step by step.
 *
 * Every event is the latest of earlier ones plus a constant, and the commands of a step
 * depend on earlier commands only. So the model follows the plan of the command list
 * (gen/command_plan.h), not the clock. What the array does meanwhile is known up to the
 * slot in which the step is taken (models/perf_chain.h).
 */
#include "models/perf.h"

#include <stdlib.h>
#include <string.h>

#include "models/perf_counts.h"
#include "models/perf_run.h"

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t min_u(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* ---- Retirements ---- */

int perf_retirement(struct perf *p, uint64_t step, uint64_t *at) {
    if (step < p->retirements) {
        *at = step + HISTORY < p->retirements ? 0 : p->retired[step % HISTORY];
        return 0;
    }
    const struct chain_tail *t = chain_tail(p->chain, p->state);
    if (!t) {
        return error_set(p->err, "out of memory");
    }
    *at = p->base + t->retired[step - p->retirements];
    return 0;
}

static void retire(struct perf *p, uint64_t base, const uint64_t *at, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        p->retired[p->retirements++ % HISTORY] = base + at[i];
    }
}

/* ---- Dispatcher ---- */

void perf_plan(struct perf *p, uint64_t step) {
    const uint64_t steps = p->plan.n.steps;
    const uint64_t to = steps - step > NEAR_END ? step + 1 : step + AHEAD - 2;
    while (p->planned < steps && p->planned < to) {
        struct plan_step *s = &p->ahead[p->planned++ % AHEAD];
        command_plan_next(&p->plan, s);
        p->commands += s->load_count + 1u + (unsigned)s->step.last;
    }
}

static void fetch(struct perf *p, uint64_t since) {
    const struct dma dma = {.words = p->dispatch.fetch_words, .segments = 1, .planes = 1};
    const uint64_t beats = p->load.beats; /* those of blocks are counted in the end */
    dma_load_run(&p->load, &dma, since, 0);
    p->load.beats = beats;
}

/* Begin a block: its first command is FETCH unless it is the last. */
static void begin_block(struct perf *p) {
    struct dispatch *d = &p->dispatch;
    d->since = max_u(d->since, d->full[d->block % 2]) + d->read;
    d->slot = 0;
    if (p->planned < p->plan.n.steps || p->commands - d->handed > BLOCK_MAX) {
        const uint64_t now = max_u(d->since, p->load.wait_free);
        fetch(p, now + 1);
        d->full[(d->block + 1) % 2] = p->load.last_data + 2;
        d->since = now + d->read;
        d->slot = 1;
    }
}

/* Hand out the next command to a unit that has room from cycle *unit_free on (FETCH
 * before it may change that). Returns the cycle from which it waits there. */
static uint64_t hand_out(struct perf *p, const uint64_t *unit_free) {
    struct dispatch *d = &p->dispatch;
    if (d->slot == BLOCK_MAX) {
        d->block++;
        begin_block(p);
    }
    const uint64_t now = max_u(d->since, *unit_free);
    d->handed++;
    d->slot++;
    d->since = now + (d->slot == BLOCK_MAX ? 1 : d->read);
    return now + 1;
}

/* ---- Loads and stores ---- */

static int run_loads(struct perf *p, const struct plan_step *s) {
    uint64_t token = 0;
    for (unsigned i = 0; i < s->load_count; i++) {
        const uint64_t since = hand_out(p, &p->load.wait_free);
        if (i == 0 && s->load_wait >= 0) {
            if (perf_retirement(p, (uint64_t)s->load_wait, &token)) {
                return -1;
            }
            token++;
        } else {
            token = 0;
        }
        dma_load_run(&p->load, &s->loads[i], since, token);
    }
    p->loaded = s->load_count ? p->load.last_data + 2 : 0;
    return 0;
}

int perf_finish_store(struct perf *p) {
    uint64_t token = 0;
    if (!p->stored.waits) {
        return 0;
    }
    if (perf_retirement(p, p->stored.step, &token)) {
        return -1;
    }
    p->responses[p->stores++ % 2] =
        dma_store_run(&p->store, &p->stored.dma, p->stored.since, token + 1);
    p->stored.waits = 0;
    return 0;
}

static int hand_store(struct perf *p, uint64_t step) {
    const struct plan_step *s = &p->ahead[step % AHEAD];
    if (!s->step.last) {
        return 0;
    }
    if (perf_finish_store(p)) {
        return -1;
    }
    command_plan_store(&p->plan, &s->step, s->buffers.ofmap, &p->stored.dma);
    p->stored.since = hand_out(p, &p->store.wait_free);
    p->stored.step = step;
    p->stored.waits = 1;
    return 0;
}

/* ---- The array ---- */

static uint64_t common(uint64_t from, uint64_t to, const struct chain_span *s,
                       uint64_t base) {
    const uint64_t low = max_u(from, base + s->from), high = min_u(to, base + s->to);
    return high > low ? high - low : 0;
}

/* Cycles from .. to - 1, before the next step is taken, in which the first row has
 * nothing to do. t is the current state's tail if it has gone on for a while; at the end
 * the array is empty. */
static uint64_t idle_cycles(const struct perf *p, const struct chain_tail *t, int empty,
                            uint64_t from, uint64_t to) {
    if (from >= to) {
        return 0;
    }
    uint64_t sum = common(from, to, &p->idle, 0);
    for (size_t i = 0; t && i < t->span_count; i++) {
        sum += common(from, to, &t->spans[i], p->base);
    }
    if (empty) {
        const struct chain_span rest = {t ? t->end + 1 : 0, UINT64_MAX - p->base};
        sum += common(from, to, &rest, p->base);
    }
    return sum;
}

/* When the step can be taken; the reasons are noted as cycles from which. */
struct readiness {
    uint64_t since, loaded, stored, ready;
};

static int step_ready(struct perf *p, uint64_t step, const struct plan_step *s,
                      struct readiness *r) {
    uint64_t at = 0;
    r->since = max_u(hand_out(p, &p->wait_free), p->config_free);
    r->loaded = max_u(r->since, p->loaded);
    r->stored = r->loaded;
    if (s->waits_stored) { /* the STORE of the ofmap tile before the last */
        if (p->stored.waits && p->stores < s->step.output - 1 && perf_finish_store(p)) {
            return -1;
        }
        r->stored = max_u(r->loaded, p->responses[s->step.output % 2] + 3);
    }
    if (step >= CHAIN_CONTEXTS) {
        if (perf_retirement(p, step - CHAIN_CONTEXTS, &at)) {
            return -1;
        }
        at++;
    }
    r->ready = max_u(r->stored, at);
    return 0;
}

static void add_counts(struct perf *p, const uint64_t *counts) {
    for (unsigned i = 0; i < CHAIN_COUNTS; i++) {
        p->counts[i] += counts[i];
    }
}

int perf_move(struct perf *p, uint64_t slot, unsigned kind) {
    const struct chain_move *m = chain_move(p->chain, &p->state, slot, kind);
    if (!m) {
        return error_set(p->err, "out of memory");
    }
    retire(p, p->base, m->retired, m->retired_count);
    add_counts(p, m->counts);
    p->idle = (struct chain_span){p->base + m->idle.from, p->base + m->idle.to};
    p->state = m->next;
    p->base += m->next_at;
    return 0;
}

/* Take a step as soon as it is ready and a slot ends. */
static int take_step(struct perf *p, const struct plan_step *s,
                     const struct readiness *r) {
    const struct chain_tail *t = NULL;
    uint64_t slot = 0, at = p->base;
    int empty = chain_is_empty(p->chain, p->state);
    if (!empty && r->ready > p->base) {
        t = chain_tail(p->chain, p->state);
        if (!t) {
            return error_set(p->err, "out of memory");
        }
        slot = chain_taken(t, r->ready - p->base, &at);
        at += p->base;
        empty = slot == UINT64_MAX;
    }
    at = empty ? r->ready : at;
    p->wait_load += idle_cycles(p, t, empty, r->since, min_u(r->loaded, at));
    p->wait_store += idle_cycles(p, t, empty, r->loaded, min_u(r->stored, at));
    if (empty) {
        if (t) {
            retire(p, p->base, t->retired, t->retired_count);
            add_counts(p, t->counts);
            p->state = t->empty;
        }
        p->base = at;
        slot = 0;
    }
    p->wait_free = at + 1;
    return perf_move(p, slot, chain_kind_of(p->plan.l, p->plan.m, &s->step));
}

static int run_step(struct perf *p, uint64_t step) {
    struct readiness r;
    perf_plan(p, step);
    const struct plan_step *s = &p->ahead[step % AHEAD];
    if (run_loads(p, s) || step_ready(p, step, s, &r) || take_step(p, s, &r)) {
        return -1;
    }
    if (p->stored.waits && p->stored.step < p->retirements && perf_finish_store(p)) {
        return -1;
    }
    return step > 0 ? hand_store(p, step - 1) : 0;
}

/* ---- The run ---- */

/* From the start to CONFIG. */
static void boot(struct perf *p) {
    struct dispatch *d = &p->dispatch;
    const struct design *g = &p->hw->design;
    p->commands = 2; /* CONFIG and END */
    perf_plan(p, 0);
    d->read = 2 + (unsigned)sizeof(struct command) / p->hw->bus_bytes;
    d->fetch_words = COMMAND_BLOCK * sizeof(struct command) / p->hw->bus_bytes;
    p->dispatch_limit = perf_dispatch_limit(p);
    d->since = 1;
    fetch(p, 1);
    d->full[0] = p->load.last_data + 2;
    begin_block(p);
    const uint64_t config = hand_out(p, &p->wait_free);
    p->config_free = config + 2 + (g->rows > g->cols ? g->rows : g->cols);
    p->wait_free = config + 1;
}

/* From the last step to the end, the cycle after END. */
static int finish(struct perf *p, uint64_t *end) {
    uint64_t last = 0;
    const uint64_t steps = p->plan.n.steps;
    if (hand_store(p, steps - 1) || perf_finish_store(p) ||
        perf_retirement(p, steps - 1, &last)) {
        return -1;
    }
    const struct chain_tail *t = chain_tail(p->chain, p->state);
    if (!t) {
        return error_set(p->err, "out of memory");
    }
    add_counts(p, t->counts);
    const uint64_t array = max_u(p->base + t->end + 1, last + 1);
    const uint64_t units = max_u(p->load.last_data + 1, p->store.free);
    const uint64_t idle = max_u(array, units);
    *end = hand_out(p, &idle);
    return 0;
}

static int run(struct perf *p, struct counters *out) {
    uint64_t end = 0, *v = out->value;
    boot(p);
    for (uint64_t s = 0; s < p->plan.n.steps; s++) {
        if (perf_calm(p, &s)) {
            return -1;
        }
        perf_period(p, &s);
        if (run_step(p, s)) {
            return -1;
        }
    }
    if (finish(p, &end)) {
        return -1;
    }
    memcpy(&v[CNT_SLOTS], p->counts, sizeof p->counts);
    v[CNT_CYCLES] = end;
    v[CNT_WAIT_LOAD] = p->wait_load;
    v[CNT_WAIT_STORE] = p->wait_store;
    v[CNT_FILL_DRAIN] = end - p->wait_load - p->wait_store;
    for (unsigned k = CNT_BUSY; k <= CNT_BUBBLE; k++) {
        v[CNT_FILL_DRAIN] -= v[k];
    }
    const uint64_t ratio = p->load.port.ratio;
    const uint64_t blocks = command_blocks(p->commands);
    v[CNT_AXI_READS] = p->load.beats + blocks * p->dispatch.fetch_words * ratio;
    v[CNT_AXI_WRITES] = p->store.beats;
    v[CNT_GLB_WRITES] = p->load.beats / ratio;
    v[CNT_GLB_READS] = p->store.beats / ratio;
    perf_counts(p->hw, p->plan.l, p->plan.m, p->plan.slices, out);
    return command_blocks_check(blocks, p->plan.l, p->err);
}

/* Whether no counter can pass 2^62, by generous limits of slots, their lengths, MACs and
 * the memory's cycles. */
static int check_size(const struct perf *p, unsigned latency) {
    const struct mapping *m = p->plan.m;
    const struct chain_config *c = &p->config;
    const struct chain_kind *k = &c->kinds[0];
    const double limit = 4611686018427387904.0, steps = (double)p->plan.n.steps;
    const double positions = (double)(c->sk + c->a) * (double)k->y_rows * c->kw;
    const double length = (double)c->beat_cycles + (double)k->psum_stride + 8 +
                          c->groups * positions +
                          (double)c->chain_rows * (double)c->row_words;
    const double slots = steps * ((double)k->passes * (double)k->beats + c->bubbles +
                                  2.0 * c->chain_rows + 4);
    const double macs = (double)m->p * m->sk * m->q * m->e * m->t * c->chain_rows;
    double words = COMMAND_BLOCK * COMMAND_BLOCK * COMMAND_WORDS;
    for (unsigned i = 0; i < GLB_USES; i++) {
        words += m->glb[i].words;
    }
    const double lanes = p->hw->weight_lanes + p->hw->act_lanes + 1.0;
    const double memory = steps * words * (p->load.port.ratio + 2.0 * latency + 64);
    if (slots * (length + macs + 1) * lanes + memory > limit) {
        return error_set(p->err, "the counters of %s could pass 2^62", p->plan.l->name);
    }
    return 0;
}

struct perf *perf_work_new(void) {
    struct perf *p = calloc(1, sizeof *p);
    if (p) {
        p->chain = chain_new();
    }
    if (p && !p->chain) {
        free(p);
        p = NULL;
    }
    return p;
}

void perf_work_free(struct perf *work) {
    if (work) {
        chain_free(work->chain);
        free(work);
    }
}

int perf_predict_in(struct perf *p, const struct hw *hw, const struct layer *l,
                    const struct mapping *m, unsigned latency, struct counters *out,
                    struct error *err) {
    struct layer view;
    struct chain *chain = p->chain;
    memset(out, 0, sizeof *out);
    if (command_plan_check(hw, l, m, &view, err)) {
        return -1;
    }
    memset(p, 0, sizeof *p);
    p->hw = hw;
    p->err = err;
    p->chain = chain;
    dma_port_init(&p->load.port, hw, latency);
    p->store.port = p->load.port;
    chain_configure(&p->config, hw, &view, m);
    int status = command_plan_init(&p->plan, hw, &view, m, err);
    if (status == 0 && chain_start(chain, &p->config)) {
        status = error_set(err, "out of memory");
    }
    if (status == 0) {
        status = check_size(p, latency);
    }
    if (status == 0) {
        status = run(p, out);
    }
    command_plan_close(&p->plan);
    return status;
}

int perf_predict(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 unsigned latency, struct counters *out, struct error *err) {
    struct perf *work = perf_work_new();
    if (!work) {
        memset(out, 0, sizeof *out);
        return error_set(err, "out of memory");
    }
    const int status = perf_predict_in(work, hw, l, m, latency, out, err);
    perf_work_free(work);
    return status;
}
