/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model of the compute unit (hdl/qadam_sequencer.sv, the feeds and
 * hdl/qadam_psum_unit.sv): slot by slot.
 */
#include "tests/perf_reference_units.h"

enum {
    SLOT_MIN = 6,
    ARRAY_DELAY = 4,
    PSUM_WRITE = 3 /* beyond READ_DELAY and the psum accumulator's add: from a slot's
                      start to its last psum's write */
};

static struct perf_beat *beat_at(struct perf_array *a, uint64_t index) {
    return &a->history[index % PERF_HISTORY];
}

/* ---- When the next step can be taken ---------------------------------------------- */

static uint64_t context_free(const struct perf_array *a) {
    if (a->taken < PERF_CONTEXTS) {
        return 0;
    }
    uint64_t oldest = a->taken - PERF_CONTEXTS; /* the step that must have retired */
    return oldest < a->retirements ? a->retired[oldest % PERF_CONTEXTS] + 1 : PERF_NEVER;
}

static uint64_t step_ready(const struct perf *p) {
    const struct perf_array *a = &p->array;
    const struct command *c = a->wait.command;
    if (!c || (c->w[0] & 0xff) != CMD_COMPUTE) {
        return PERF_NEVER;
    }
    uint64_t at = perf_max(a->wait.since, perf_max(a->config_free, context_free(a)));
    if (c->w[0] & CMD_WAIT_A) {
        at = perf_max(at, perf_tokens_next(&p->loaded));
    }
    if (c->w[0] & CMD_WAIT_B) {
        at = perf_max(at, perf_tokens_next(&p->stored));
    }
    return at;
}

static uint64_t last_retirement(const struct perf_array *a) {
    return a->retirements ? a->retired[(a->retirements - 1) % PERF_CONTEXTS] + 1 : 0;
}

uint64_t perf_array_idle(const struct perf *p) {
    const struct perf_array *a = &p->array;
    if (a->wait.command || a->running || a->retirements < a->taken) {
        return PERF_NEVER;
    }
    return perf_max(perf_max(a->idle, last_retirement(a)), a->config_free);
}

uint64_t perf_array_next(const struct perf *p) {
    const struct perf_array *a = &p->array;
    if (a->running) {
        return a->start + a->length - 1;
    }
    if (a->wait.command && (a->wait.command->w[0] & 0xff) == CMD_CONFIG) {
        return perf_max(perf_max(a->wait.since, a->config_free),
                        perf_max(a->idle, last_retirement(a)));
    }
    return step_ready(p);
}

/* ---- Configuration and steps ------------------------------------------------------- */

static void take_config(struct perf *p, uint64_t now) {
    struct perf_array *a = &p->array;
    const struct command *c = a->wait.command;
    const struct design *d = &p->hw->design;
    a->chain_rows = perf_field(c, 1, 7, 0);
    a->rk = perf_field(c, 1, 15, 8);
    a->e = perf_field(c, 1, 23, 16);
    a->t = perf_field(c, 1, 31, 24);
    a->sq = perf_field(c, 2, 15, 0);
    a->p = perf_field(c, 2, 31, 16);
    a->a = perf_field(c, 4, 7, 0);
    a->sk = perf_field(c, 4, 15, 8);
    a->kw = perf_field(c, 4, 23, 16);
    a->qt = perf_field(c, 4, 31, 24);
    a->kf = perf_field(c, 5, 15, 0);
    a->row_words = perf_field(c, 5, 31, 16);
    a->kp = perf_field(c, 6, 7, 0);
    a->bubbles = perf_field(c, 7, 7, 0);
    a->ready_bubbles = perf_field(c, 7, 23, 16);
    a->groups = a->chain_rows / a->rk;
    a->dir = 0;
    a->beat_cycles = perf_max(a->p, p->hw->type.add_latency + 1) * a->sq;
    a->config_free = now + 2 + (d->rows > d->cols ? d->rows : d->cols);
    a->wait.command = NULL;
    a->wait.free = now + 1;
}

/* Bus words of one position and row that exist, over all channel groups. */
static unsigned existing_words(const struct perf *p, const struct command *c) {
    const struct perf_array *a = &p->array;
    unsigned blocks = perf_field(c, 7, 31, 16), lane = perf_field(c, 3, 31, 24);
    unsigned block = 0, words = 0;
    for (unsigned g = 0; g < a->groups; g++) {
        for (unsigned w = 0; w < a->kw; w++) {
            words += block + w < blocks;
        }
        lane += a->qt;
        if (a->qt == p->hw->act_lanes) {
            block += a->kw;
            lane = 0;
        } else if (lane == p->hw->act_lanes) {
            block++;
            lane = 0;
        }
    }
    return words;
}

static void take_step(struct perf *p) {
    struct perf_array *a = &p->array;
    const struct command *c = a->wait.command;
    a->next = (unsigned)(a->taken++ % PERF_CONTEXTS);
    struct perf_step *s = &a->steps[a->next];
    s->command = c;
    s->ev = perf_field(c, 1, 31, 24);
    s->y_rows = perf_field(c, 2, 31, 16);
    unsigned lo = perf_field(c, 5, 15, 0), hi = perf_field(c, 5, 31, 16);
    s->existing_rows = hi > lo ? hi - lo : 0;
    s->existing_words = existing_words(p, c);
    s->columns = s->ev * a->t;
    s->drain_words = s->columns * a->kp;
}

/* The step taken last is the one whose beats are made, after some bubbles. */
static void enter_step(struct perf_array *a, unsigned bubbles) {
    const struct command *c = a->steps[a->next].command;
    a->current = a->next;
    a->beats = perf_field(c, 6, 15, 0);
    a->passes = perf_field(c, 6, 31, 16);
    a->beat = a->pass = 0;
    a->first = 1;
    a->bubbles_left = bubbles;
    a->state = bubbles ? PERF_BUBBLE : PERF_BEAT;
}

/* Remember why the array waited for the step that is taken in cycle now. */
static int note_waiting(struct perf *p, uint64_t now) {
    struct perf_array *a = &p->array;
    const struct command *c = a->wait.command;
    uint64_t from = perf_max(a->wait.since, a->config_free), loaded = from;
    if (c->w[0] & CMD_WAIT_A) {
        loaded = perf_max(from, perf_tokens_next(&p->loaded));
        if (perf_spans_add(&a->load_spans, from, perf_min(loaded, now))) {
            return -1;
        }
        p->loaded.taken++;
    }
    if (c->w[0] & CMD_WAIT_B) {
        uint64_t stored = perf_tokens_next(&p->stored);
        if (stored > loaded &&
            perf_spans_add(&a->store_spans, loaded, perf_min(stored, now))) {
            return -1;
        }
        p->stored.taken++;
    }
    a->wait.command = NULL;
    a->wait.free = now + 1;
    return 0;
}

/* ---- Beats --------------------------------------------------------------------------
 */

static void deliver(struct perf_array *a, struct perf_beat *b) {
    const struct command *c = a->steps[a->current].command;
    unsigned lo = perf_field(c, 4, 15, 0), hi = perf_field(c, 4, 31, 16);
    unsigned from = a->pos;
    if (a->first) {
        b->positions = a->sk;
    } else if (a->beat != 0 && (a->pass == 0 || a->beat >= a->rk)) {
        b->positions = a->a;
        from = a->dir ? a->pos : a->pos + a->sk - a->a;
    }
    unsigned to = from + b->positions;
    from = from < lo ? lo : from;
    to = to > hi ? hi : to;
    b->existing = to > from ? to - from : 0;
}

/* The beat that enters the chain next; as the hardware's sequencer makes it. Returns 0,
 * or -1 when memory is out. */
static int make_beat(struct perf *p, uint64_t now, struct perf_beat *head) {
    struct perf_array *a = &p->array;
    struct perf_beat b = {0};
    const struct command *c = a->steps[a->current].command;
    b.step = (uint8_t)a->current;
    b.active = 1;
    if (a->first) {
        a->pos = a->dir ? perf_field(c, 7, 15, 0) : 0;
    } else if (a->beat == 0) {
        a->dir = !a->dir;
    } else {
        a->pos = a->dir ? a->pos - a->a : a->pos + a->a;
    }
    deliver(a, &b);
    b.new_pass = a->beat == 0;
    b.load = b.new_pass && a->pass + 1 < a->passes;
    if (a->pass + 1 == a->passes && !a->next_valid && step_ready(p) <= now) {
        take_step(p);
        if (note_waiting(p, now)) {
            return -1;
        }
        a->next_valid = 1;
        b.load = 1;
    }
    a->first = 0;
    if (++a->beat == a->beats) {
        a->beat = 0;
        if (++a->pass == a->passes) {
            b.last = 1;
            a->state = PERF_IDLE;
            if (a->next_valid) {
                a->next_valid = 0;
                enter_step(a, a->ready_bubbles);
            }
        }
    }
    *head = b;
    return 0;
}

/* ---- Counting -----------------------------------------------------------------------
 */

/* Everything that a beat will cause on its way down the chain, except time. */
static void count_beat(struct perf *p, const struct perf_beat *b) {
    struct perf_array *a = &p->array;
    uint64_t *v = p->counters->value;
    const struct perf_step *s = &a->steps[b->step];
    if (b->load) {
        uint64_t words = a->chain_rows * a->row_words;
        v[CNT_FILTER_WORDS] += words;
        v[CNT_GLB_READS] += words;
        v[CNT_FILTER_SPAD_WRITES] += words * a->e * p->hw->weight_lanes;
    }
    if (!b->active) {
        return;
    }
    uint64_t macs = a->p * a->sq * s->columns, group = a->p * s->columns;
    v[CNT_MACS] += macs * a->chain_rows;
    v[CNT_IFMAP_SPAD_READS] += macs * a->chain_rows;
    v[CNT_FILTER_SPAD_READS] += macs * a->chain_rows;
    v[CNT_PSUM_SPAD_READS] += macs * a->chain_rows - group;
    v[CNT_PSUM_SPAD_WRITES] += macs * a->chain_rows - group;
    v[CNT_PSUM_WORDS] += s->drain_words;
    v[CNT_GLB_READS] += s->drain_words;
    v[CNT_GLB_WRITES] += s->drain_words;
    uint64_t position_words = (uint64_t)b->positions * a->groups * a->kw;
    v[CNT_IFMAP_WORDS] += position_words * s->y_rows;
    v[CNT_IFMAP_SPAD_WRITES] += position_words * a->rk * s->columns * a->qt;
    v[CNT_GLB_READS] += (uint64_t)b->existing * s->existing_rows * s->existing_words;
}

/* What the cycles of the current slot are spent on. */
static int count_slot(struct perf *p, uint64_t beat_cycles, uint64_t ifmap,
                      uint64_t filter) {
    struct perf_array *a = &p->array;
    uint64_t *v = p->counters->value;
    const struct perf_beat *head = beat_at(a, a->slot - 1);
    uint64_t work = beat_cycles ? beat_cycles : a->length;
    v[CNT_SLOTS]++;
    if (head->active) {
        v[CNT_BUSY] += work;
    } else if (head->bubble) {
        v[CNT_BUBBLE] += work;
    } else if (perf_spans_add(&a->free_spans, a->start, a->start + work)) {
        return -1;
    }
    uint64_t ifmap_end = perf_max(work, ifmap), filter_end = perf_max(ifmap_end, filter);
    v[CNT_STALL_IFMAP] += ifmap_end - work;
    v[CNT_STALL_FILTER] += filter_end - ifmap_end;
    v[CNT_STALL_PSUM] += a->length - filter_end;
    return 0;
}

/* ---- Slots ---------------------------------------------------------------------------
 */

/* Rows hand in their loads; then those that the next slot needs are done first. Returns
 * the cycles that they take. */
static uint64_t load_due_rows(struct perf_array *a) {
    uint64_t cycles = 0;
    for (unsigned i = 0; i < a->chain_rows; i++) {
        if (beat_at(a, a->slot - 1 - i)->load) {
            a->load_pending[i] = 1;
            a->loads_pending++;
        }
        if (a->load_pending[i] && beat_at(a, a->slot - i)->new_pass) {
            a->load_pending[i] = 0;
            a->loads_pending--;
            cycles += a->row_words;
            if (i == a->load_row && a->load_done > 0) { /* the rest of it */
                cycles -= a->load_done;
                a->load_done = 0;
                a->load_row++;
            }
        }
    }
    return cycles;
}

/* The other rows take turns for some cycles. */
static void load_other_rows(struct perf_array *a, uint64_t cycles) {
    while (a->loads_pending > 0 && cycles > 0) {
        while (a->load_row >= a->chain_rows || !a->load_pending[a->load_row]) {
            a->load_row = a->load_row + 1 < a->chain_rows ? a->load_row + 1 : 0;
        }
        const uint64_t words = perf_min(cycles, a->row_words - a->load_done);
        a->load_done += words;
        cycles -= words;
        if (a->load_done == a->row_words) {
            a->load_done = 0;
            a->load_pending[a->load_row++] = 0;
            a->loads_pending--;
        }
    }
}

/* Length of slot a->slot, which begins in cycle a->start. */
static int begin_slot(struct perf *p) {
    struct perf_array *a = &p->array;
    uint64_t ifmap = 0, filter = 0, drain = 0;
    int active = 0;
    for (unsigned g = 0; g < a->groups; g++) {
        const struct perf_beat *b = beat_at(a, a->slot - (uint64_t)g * a->rk);
        if (b->positions) {
            ifmap += (uint64_t)b->positions * a->steps[b->step].y_rows * a->kw;
        }
    }
    for (unsigned i = 0; i < a->chain_rows; i++) {
        const struct perf_beat *b = beat_at(a, a->slot - 1 - i);
        active |= b->active;
    }
    filter = load_due_rows(a);
    const struct perf_beat *bottom = beat_at(a, a->slot - 1 - a->chain_rows);
    if (bottom->active) {
        drain = perf_field(a->steps[bottom->step].command, 15, 15, 0);
    }
    uint64_t beat_cycles = active ? a->beat_cycles : 0;
    uint64_t length = perf_max(perf_max(beat_cycles, drain), perf_max(ifmap, filter));
    length = perf_max(length, SLOT_MIN);
    a->length = length + length % 2;
    load_other_rows(a, a->length - filter);
    return count_slot(p, beat_cycles, ifmap, filter);
}

/* The bottom row has ended its last beat of a step: its psums are drained in the slot
 * that begins in cycle start. */
static int retire(struct perf *p, const struct perf_beat *bottom, uint64_t start) {
    struct perf_array *a = &p->array;
    const struct perf_step *s = &a->steps[bottom->step];
    const struct pe_type *type = &p->hw->type;
    uint64_t read_delay = ARRAY_DELAY + 2 + type->mul_latency + type->add_latency;
    uint64_t at =
        start + read_delay + s->drain_words + type->psum_add_latency + PSUM_WRITE;
    a->retired[a->retirements++ % PERF_CONTEXTS] = at;
    uint32_t flags = s->command->w[0];
    if (flags & CMD_SIGNAL_A && perf_tokens_give(&p->freed, at + 1)) {
        return -1;
    }
    return flags & CMD_SIGNAL_B ? perf_tokens_give(&p->computed, at + 1) : 0;
}

/* Something is left to do after slot number slot - 1. */
static int still_busy(struct perf_array *a) {
    if (a->state != PERF_IDLE) {
        return 1;
    }
    for (unsigned i = 0; i <= a->chain_rows; i++) { /* head and rows */
        const struct perf_beat *b = beat_at(a, a->slot - i);
        if (b->active || b->load) {
            return 1;
        }
    }
    return beat_at(a, a->slot - 1 - a->chain_rows)->active;
}

/* The last cycle before a slot: choose what enters the chain, and begin the slot. */
static int advance(struct perf *p, uint64_t now) {
    struct perf_array *a = &p->array;
    struct perf_beat head = {0};
    if (a->state == PERF_IDLE && step_ready(p) <= now) {
        take_step(p);
        if (note_waiting(p, now)) {
            return -1;
        }
        enter_step(a, a->bubbles - 1);
        head.load = head.bubble = 1;
        head.step = (uint8_t)a->current;
    } else if (a->state == PERF_BUBBLE) {
        head.bubble = 1;
        a->state = --a->bubbles_left ? PERF_BUBBLE : PERF_BEAT;
    } else if (a->state == PERF_BEAT && make_beat(p, now, &head)) {
        return -1;
    }
    count_beat(p, &head);
    a->slot++;
    *beat_at(a, a->slot) = head;
    const struct perf_beat *bottom = beat_at(a, a->slot - 1 - a->chain_rows);
    if (bottom->last && retire(p, bottom, now + 1)) {
        return -1;
    }
    a->running = still_busy(a);
    if (!a->running) {
        a->idle = now + 1;
        return 0;
    }
    a->start = now + 1;
    return begin_slot(p);
}

int perf_array_act(struct perf *p, uint64_t now) {
    struct perf_array *a = &p->array;
    if (!a->running && (a->wait.command->w[0] & 0xff) == CMD_CONFIG) {
        take_config(p, now);
        return 0;
    }
    if (!a->running) { /* nothing of an earlier run is left in the chain */
        if (a->idle < now + 1 && perf_spans_add(&a->free_spans, a->idle, now + 1)) {
            return -1;
        }
        for (unsigned i = 0; i < PERF_HISTORY; i++) {
            a->history[i] = (struct perf_beat){0};
        }
    }
    return advance(p, now);
}
