/* SPDX-License-Identifier: Apache-2.0
 *
 * Performance model of the compute unit: the chain of PE rows, slot by slot where it
 * changes and in one go where it does not, and a memory of all that was simulated.
 *
 * The only thing that the outside world decides is in which slot a step is taken. So the
 * compute unit is an automaton: its states are what the chain holds when the last pass of
 * a step is about to begin (or nothing at all), its inputs are the slot in which the next
 * step is taken, and that step's kind. Each transition is simulated once.
 */
#ifndef QADAM_PERF_CHAIN_H
#define QADAM_PERF_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/mapping.h"
#include "gen/network.h"

enum {
    CHAIN_ROWS = 64,    /* PE rows, at most */
    CHAIN_KINDS = 8,    /* kinds of steps */
    CHAIN_CONTEXTS = 4, /* steps in flight */
    CHAIN_COUNTS = 6    /* counters from CNT_SLOTS to CNT_BUBBLE */
};

/* Steps that take the same time if they meet the same chain. */
struct chain_kind {
    uint64_t beats, passes;
    uint64_t y_rows;      /* ifmap rows */
    uint64_t psum_stride; /* psum words of a beat, even */
    uint64_t drain_words; /* the same, not rounded */
};

/* What all steps of a run share. */
struct chain_config {
    unsigned chain_rows, rk, a, sk, kw, groups, bubbles, ready_bubbles;
    uint64_t beat_cycles; /* T */
    uint64_t row_words;   /* filter words of a chain row's pass */
    uint64_t retire;      /* from a slot's start to a retirement, without the drain */
    struct chain_kind kinds[CHAIN_KINDS];
};

/* A span of cycles, from <= cycle < to. */
struct chain_span {
    uint64_t from, to;
};

/* Slots of the same length, one after the other: slot first + i ends `length` * i
 * cycles after `end`. */
struct chain_run {
    uint64_t first, end, length;
};

/* How a state goes on if no step is taken. Times are relative to the last cycle before
 * the slot in which its last pass enters, cycle 0. */
struct chain_tail {
    struct chain_run *runs; /* owned, of slots as they end */
    size_t run_count, run_room;
    uint64_t slots;           /* in the last cycle of this one nothing is left to do */
    uint64_t end;             /* and this is that cycle */
    struct chain_span *spans; /* owned: slots in which the first row has no beat */
    size_t span_count, span_room;
    uint64_t retired[CHAIN_CONTEXTS]; /* retirements, in order */
    unsigned retired_count;
    uint64_t counts[CHAIN_COUNTS];
    uint32_t empty; /* the state in the end */
};

/* What happens from a state's cycle 0 to the next state's, cycle `next_at`. */
struct chain_move {
    uint32_t next;
    int stays; /* the next state is the same one */
    uint32_t retired_count;
    uint64_t next_at;
    uint64_t retired[CHAIN_CONTEXTS];
    uint64_t counts[CHAIN_COUNTS];
    struct chain_span idle; /* after the step was taken: the first row has no beat */
};

struct chain; /* the automaton */

/* Returns NULL when memory is out. */
struct chain *chain_new(void);
void chain_free(struct chain *c);

/* Make it the automaton of *config, which is borrowed, in its first state, number 0: the
 * array is empty. Returns 0, or -1 when memory is out. */
int chain_start(struct chain *c, const struct chain_config *config);

/* Fill in what follows from design, layer (as the mapping views it) and mapping. */
void chain_configure(struct chain_config *config, const struct hw *hw,
                     const struct layer *l, const struct mapping *m);

/* Kind of a step. */
unsigned chain_kind_of(const struct layer *l, const struct mapping *m,
                       const struct mapping_step *s);

/* How often the states were numbered anew. */
uint64_t chain_generation(const struct chain *c);

/* 1 if nothing runs in this state. */
int chain_is_empty(const struct chain *c, uint32_t state);

/* The tail of a state that is not empty; NULL when memory is out. Valid until the next
 * call of chain_move. */
const struct chain_tail *chain_tail(struct chain *c, uint32_t state);

/* The slot, counted from cycle 0, at whose last cycle a step that is ready in cycle
 * `ready` is taken, and that cycle (*at); UINT64_MAX if not before the chain is empty. */
uint64_t chain_taken(const struct chain_tail *t, uint64_t ready, uint64_t *at);

/* Whether a step that is taken in a slot from 0 to `slot` makes the same move in all of
 * them: a sufficient condition (docs/performance_model.md, section 5). */
int chain_indifferent(const struct chain *c, uint32_t state, uint64_t slot);

/* Take a step of some kind in slot `slot` (0 in an empty state). Returns NULL when memory
 * is out. The automaton may forget its states to make room; *state is then numbered
 * anew. Valid until the next call with other numbers. */
const struct chain_move *chain_move(struct chain *c, uint32_t *state, uint64_t slot,
                                    unsigned kind);

#endif
