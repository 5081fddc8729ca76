/* SPDX-License-Identifier: Apache-2.0
 *
 * The slots of the compute unit.
 */
#include "models/perf_slots.h"

#include "verif/counters.h"

enum { SLOT_MIN = 6 };

static uint64_t max_u(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static uint64_t *count(struct slots *s, enum counter counter) {
    return &s->counts[counter - CNT_SLOTS];
}

static uint64_t rows_mask(const struct slots *s) {
    return UINT64_MAX >> (64 - s->config->chain_rows);
}

/* ---- Beats ---- */

static void enter_step(struct slots *s, unsigned kind, uint64_t bubbles) {
    s->kind = kind;
    s->beat = s->pass = 0;
    s->first = 1;
    s->bubbles_left = bubbles;
    s->state = bubbles ? SLOTS_BUBBLE : SLOTS_BEAT;
}

static uint32_t make_beat(struct slots *s, int take) {
    const struct chain_config *c = s->config;
    const struct chain_kind *k = &c->kinds[s->kind];
    uint32_t beat = BEAT_ACTIVE | s->kind << BEAT_KIND, positions = 0;
    if (s->first) {
        positions = c->sk;
    } else if (s->beat != 0 && (s->pass == 0 || s->beat >= c->rk)) {
        positions = c->a;
    }
    beat |= positions << BEAT_POSITIONS;
    if (s->beat == 0) {
        beat |= BEAT_PASS | (s->pass + 1 < k->passes ? BEAT_LOAD : 0u);
    }
    if (s->pass + 1 == k->passes && !s->next_valid && take != SLOTS_NO_STEP) {
        s->next_kind = (unsigned)take;
        s->next_valid = 1;
        beat |= BEAT_LOAD;
    }
    s->first = 0;
    if (++s->beat == k->beats) {
        s->beat = 0;
        if (++s->pass == k->passes) {
            beat |= BEAT_LAST;
            s->state = SLOTS_IDLE;
            if (s->next_valid) {
                s->next_valid = 0;
                enter_step(s, s->next_kind, c->ready_bubbles);
            }
        }
    }
    return beat;
}

/* ---- Filter feed ---- */

/* Rows hand in their loads; then those that the next slot needs are done first. Returns
 * the cycles that they take. */
static uint64_t load_due_rows(struct slots *s) {
    s->pending |= s->loads & rows_mask(s);
    const uint64_t due = s->pending & s->new_pass & rows_mask(s);
    if (due == 0) {
        return 0;
    }
    uint64_t cycles = 0;
    for (uint64_t rows = due; rows; rows &= rows - 1) {
        cycles += s->config->row_words;
    }
    if (s->load_done > 0 && due >> s->load_row & 1) { /* the rest of it */
        cycles -= s->load_done;
        s->load_done = 0;
        s->load_row++;
    }
    s->pending &= ~due;
    return cycles;
}

/* The other rows take turns for some cycles. */
static void load_other_rows(struct slots *s, uint64_t cycles) {
    while (s->pending && cycles > 0) {
        while (s->load_row >= s->config->chain_rows || !(s->pending >> s->load_row & 1)) {
            s->load_row = s->load_row + 1 < s->config->chain_rows ? s->load_row + 1 : 0;
        }
        const uint64_t left = s->config->row_words - s->load_done;
        if (cycles < left) {
            s->load_done += cycles;
            return;
        }
        cycles -= left;
        s->load_done = 0;
        s->pending &= ~(UINT64_C(1) << s->load_row);
        s->load_row++;
    }
}

/* ---- Slots ---- */

/* What the cycles of a slot are spent on, `times` over. */
static void count_slot(struct slots *s, uint64_t times, uint64_t beat_cycles,
                       uint64_t ifmap, uint64_t filter) {
    const uint32_t head = slots_beat(s, 1);
    const uint64_t work = beat_cycles ? beat_cycles : s->length;
    *count(s, CNT_SLOTS) += times;
    s->head_idle = !(head & (BEAT_ACTIVE | BEAT_BUBBLE));
    s->idle = s->head_idle ? work : 0;
    if (head & BEAT_ACTIVE) {
        *count(s, CNT_BUSY) += times * work;
    } else if (head & BEAT_BUBBLE) {
        *count(s, CNT_BUBBLE) += times * work;
    }
    const uint64_t ifmap_end = max_u(work, ifmap), filter_end = max_u(ifmap_end, filter);
    *count(s, CNT_STALL_IFMAP) += times * (ifmap_end - work);
    *count(s, CNT_STALL_FILTER) += times * (filter_end - ifmap_end);
    *count(s, CNT_STALL_PSUM) += times * (s->length - filter_end);
}

/* Transfers of ifmap positions in the slot that begins. */
static uint64_t ifmap_transfers(const struct slots *s) {
    const struct chain_config *c = s->config;
    uint64_t sum = 0;
    for (unsigned g = 0; g < c->groups; g++) {
        const uint32_t b = slots_beat(s, g * c->rk);
        sum += (uint64_t)(b >> BEAT_POSITIONS) *
               c->kinds[b >> BEAT_KIND & (CHAIN_KINDS - 1)].y_rows;
    }
    return sum * c->kw;
}

/* Length of the slot that begins. */
static void begin_slot(struct slots *s) {
    const struct chain_config *c = s->config;
    const uint64_t beat_cycles = (s->active & rows_mask(s)) ? c->beat_cycles : 0;
    const uint32_t bottom = slots_beat(s, c->chain_rows + 1);
    const uint64_t ifmap = ifmap_transfers(s), filter = load_due_rows(s);
    uint64_t length = max_u(max_u(beat_cycles, SLOT_MIN), max_u(ifmap, filter));
    if (bottom & BEAT_ACTIVE) {
        length =
            max_u(length, c->kinds[bottom >> BEAT_KIND & (CHAIN_KINDS - 1)].psum_stride);
    }
    s->length = length + length % 2;
    s->end += s->length;
    load_other_rows(s, s->length - filter);
    count_slot(s, 1, beat_cycles, ifmap, filter);
}

static void push(struct slots *s, uint32_t beat) {
    const uint32_t flags = BEAT_LOAD | BEAT_BUBBLE | BEAT_LAST | BEAT_PASS;
    const int plain = (beat & BEAT_ACTIVE) && !(beat & flags) && beat >> BEAT_POSITIONS;
    const uint32_t last = slots_beat(s, 0);
    s->same = !plain ? 0 : s->same && last == beat ? s->same + 1 : 1;
    s->head = (s->head + 1) % SLOTS_RING;
    s->ring[s->head] = beat;
    s->active = s->active << 1 | (last & BEAT_ACTIVE ? 1 : 0);
    s->loads = s->loads << 1 | (last & BEAT_LOAD ? 1 : 0);
    s->new_pass = s->new_pass << 1 | (beat & BEAT_PASS ? 1 : 0);
}

/* Something is left to do. */
static int still_busy(const struct slots *s, uint32_t bottom) {
    return s->state != SLOTS_IDLE || ((s->active | s->loads) & rows_mask(s)) != 0 ||
           (slots_beat(s, 0) & (BEAT_ACTIVE | BEAT_LOAD)) || (bottom & BEAT_ACTIVE);
}

void slots_advance(struct slots *s, int take) {
    const struct chain_config *c = s->config;
    uint32_t beat = 0;
    if (s->state == SLOTS_IDLE && take != SLOTS_NO_STEP) {
        enter_step(s, (unsigned)take, c->bubbles - 1);
        beat = BEAT_LOAD | BEAT_BUBBLE;
    } else if (s->state == SLOTS_BUBBLE) {
        beat = BEAT_BUBBLE;
        s->state = --s->bubbles_left ? SLOTS_BUBBLE : SLOTS_BEAT;
    } else if (s->state == SLOTS_BEAT) {
        beat = make_beat(s, take);
    }
    push(s, beat);
    const uint32_t bottom = slots_beat(s, c->chain_rows + 1);
    s->retires = (bottom & BEAT_LAST) != 0;
    if (s->retires) {
        s->retired = s->end + 1 + c->retire +
                     c->kinds[bottom >> BEAT_KIND & (CHAIN_KINDS - 1)].drain_words;
    }
    s->running = still_busy(s, bottom);
    if (s->running) {
        begin_slot(s);
    }
}

uint64_t slots_repeat(struct slots *s, uint64_t most) {
    const struct chain_config *c = s->config;
    const struct chain_kind *k = &c->kinds[s->kind];
    if (s->same < c->chain_rows + 2u || s->state != SLOTS_BEAT || s->beat == 0) {
        return 0;
    }
    uint64_t left = k->beats - s->beat - 1; /* the last one is for slots_advance */
    left = left < most ? left : most;
    if (left == 0) {
        return 0;
    }
    s->beat += left;
    s->end += left * s->length;
    count_slot(s, left, c->beat_cycles, ifmap_transfers(s), 0);
    load_other_rows(s, left * s->length);
    return left;
}
