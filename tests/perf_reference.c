/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model: the dispatcher, and the units in time order.
 */
#include "tests/perf_reference.h"

#include <stdlib.h>
#include <string.h>

#include "tests/perf_reference_units.h"

/* ---- Tokens and spans -----------------------------------------------------------------
 */

static void *grow(void *items, size_t *room, size_t size) {
    size_t more = *room ? 2 * *room : 64;
    void *bigger = realloc(items, more * size);
    if (bigger) {
        *room = more;
    }
    return bigger;
}

int perf_tokens_give(struct perf_tokens *t, uint64_t from) {
    if (t->count == t->room) {
        uint64_t *bigger = grow(t->from, &t->room, sizeof *t->from);
        if (!bigger) {
            return -1;
        }
        t->from = bigger;
    }
    t->from[t->count++] = from;
    return 0;
}

uint64_t perf_tokens_next(const struct perf_tokens *t) {
    return t->taken < t->count ? t->from[t->taken] : PERF_NEVER;
}

int perf_spans_add(struct perf_spans *s, uint64_t from, uint64_t to) {
    if (from >= to) {
        return 0;
    }
    if (s->count == s->room) {
        struct perf_span *bigger = grow(s->span, &s->room, sizeof *s->span);
        if (!bigger) {
            return -1;
        }
        s->span = bigger;
    }
    s->span[s->count++] = (struct perf_span){from, to};
    return 0;
}

/* Cycles that are in both sets of spans. */
static uint64_t spans_common(const struct perf_spans *a, const struct perf_spans *b) {
    uint64_t cycles = 0;
    size_t i = 0, j = 0;
    while (i < a->count && j < b->count) {
        uint64_t from = perf_max(a->span[i].from, b->span[j].from);
        uint64_t to = perf_min(a->span[i].to, b->span[j].to);
        cycles += to > from ? to - from : 0;
        if (a->span[i].to < b->span[j].to) {
            i++;
        } else {
            j++;
        }
    }
    return cycles;
}

/* ---- Dispatcher (hdl/qadam_dispatch.sv)
 * ------------------------------------------------ */

enum dispatch_state { READ_BLOCK, ISSUE };

struct dispatch {
    enum dispatch_state state;
    uint64_t since; /* cycle from which the state holds */
    size_t index;   /* next command */
};

static struct perf_wait *target(struct perf *p, const struct command *c) {
    switch (c->w[0] & 0xff) {
    case CMD_LOAD:
    case CMD_FETCH:
        return &p->load.wait;
    case CMD_STORE:
        return &p->store.wait;
    default:
        return &p->array.wait;
    }
}

/* When the END command ends the run. */
static uint64_t all_idle(const struct perf *p) {
    if (p->load.wait.command || p->store.wait.command) {
        return PERF_NEVER;
    }
    return perf_max(perf_max(p->load.idle, p->store.idle), perf_array_idle(p));
}

static uint64_t dispatch_next(struct perf *p, const struct dispatch *d) {
    if (d->state == READ_BLOCK) {
        return perf_max(d->since, p->block_full[d->index / COMMAND_BLOCK % 2]);
    }
    const struct command *c = &p->list->commands[d->index];
    if ((c->w[0] & 0xff) == CMD_END) {
        return perf_max(d->since, all_idle(p));
    }
    const struct perf_wait *w = target(p, c);
    return w->command ? PERF_NEVER : perf_max(d->since, w->free);
}

static void dispatch_act(struct perf *p, struct dispatch *d, uint64_t now) {
    const uint64_t read = 2 + sizeof(struct command) / p->hw->bus_bytes;
    if (d->state == READ_BLOCK) {
        d->state = ISSUE;
        d->since = now + read;
        return;
    }
    const struct command *c = &p->list->commands[d->index];
    struct perf_wait *w = target(p, c);
    w->command = c;
    w->since = now + 1;
    d->index++;
    if (d->index % COMMAND_BLOCK == 0) {
        p->block_full[(d->index / COMMAND_BLOCK - 1) % 2] = PERF_NEVER;
        d->state = READ_BLOCK;
        d->since = now + 1;
    } else {
        d->since = now + read;
    }
}

/* ---- The run
 * ---------------------------------------------------------------------------- */

/* Let the unit that can act first act, until END is reached; *end is the cycle after it.
 */
static int run(struct perf *p, uint64_t *end) {
    struct command boot = {{CMD_FETCH, (uint32_t)p->list->dram.commands,
                            (uint32_t)(p->list->dram.commands >> 32)}};
    struct dispatch d = {READ_BLOCK, 1, 0};
    p->load.wait.command = &boot;
    p->load.wait.since = 1;
    for (;;) {
        const uint64_t at[4] = {dispatch_next(p, &d), perf_load_next(p),
                                perf_store_next(p), perf_array_next(p)};
        unsigned first = 0;
        for (unsigned i = 1; i < 4; i++) {
            first = at[i] < at[first] ? i : first;
        }
        uint64_t now = at[first];
        if (now == PERF_NEVER) {
            return error_set(p->err, "the command list deadlocks at command %zu",
                             d.index);
        }
        if (first == 0 && d.state == ISSUE &&
            (p->list->commands[d.index].w[0] & 0xff) == CMD_END) {
            *end = now + 1;
            return 0;
        }
        int failed = 0;
        if (first == 0) {
            dispatch_act(p, &d, now);
        } else {
            failed = first == 1   ? perf_load_act(p, now)
                     : first == 2 ? perf_store_act(p, now)
                                  : perf_array_act(p, now);
        }
        if (failed) {
            return error_set(p->err, "out of memory");
        }
    }
}

int perf_reference(const struct hw *hw, const struct command_list *list, unsigned latency,
                   struct counters *out, struct error *err) {
    memset(out, 0, sizeof *out);
    struct perf *p = calloc(1, sizeof *p);
    if (!p) {
        return error_set(err, "out of memory");
    }
    p->hw = hw;
    p->list = list;
    p->latency = latency;
    p->counters = out;
    p->err = err;
    p->block_full[0] = p->block_full[1] = PERF_NEVER;
    uint64_t end = 0, *v = out->value;
    int status = run(p, &end);
    struct perf_array *a = &p->array;
    if (status == 0 && a->idle < end && perf_spans_add(&a->free_spans, a->idle, end)) {
        status = error_set(err, "out of memory");
    }
    v[CNT_CYCLES] = end;
    v[CNT_WAIT_LOAD] = spans_common(&a->free_spans, &a->load_spans);
    v[CNT_WAIT_STORE] = spans_common(&a->free_spans, &a->store_spans);
    v[CNT_FILL_DRAIN] = end - v[CNT_WAIT_LOAD] - v[CNT_WAIT_STORE];
    for (unsigned k = CNT_BUSY; k <= CNT_BUBBLE; k++) {
        v[CNT_FILL_DRAIN] -= v[k];
    }
    free(p->loaded.from);
    free(p->freed.from);
    free(p->computed.from);
    free(p->stored.from);
    free(a->free_spans.span);
    free(a->load_spans.span);
    free(a->store_spans.span);
    free(p);
    return status;
}
