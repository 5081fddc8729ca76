/* SPDX-License-Identifier: Apache-2.0
 *
 * The slots of the compute unit (hdl/qadam_sequencer.sv, the feeds and
 * hdl/qadam_psum_unit.sv): docs/architecture.md, sections 2 and 9.
 */
#ifndef QADAM_PERF_SLOTS_H
#define QADAM_PERF_SLOTS_H

#include <stdint.h>

#include "models/perf_chain.h"

/* A beat: flags, kind of its step from bit 5, positions for its row group from bit 8. */
enum {
    BEAT_ACTIVE = 1,
    BEAT_LOAD = 2, /* hands in a load of filters */
    BEAT_BUBBLE = 4,
    BEAT_LAST = 8,  /* of its step */
    BEAT_PASS = 16, /* first of a pass */
    BEAT_KIND = 5,
    BEAT_POSITIONS = 8
};

enum { SLOTS_RING = 128, SLOTS_NO_STEP = -1 };

enum slots_state { SLOTS_IDLE, SLOTS_BUBBLE, SLOTS_BEAT };

/* The compute unit in the last cycle of a slot. Beats are numbered from the one that
 * entered last, 0; chain row i works on beat i + 1. */
struct slots {
    const struct chain_config *config;
    /* step whose beats are made */
    enum slots_state state;
    unsigned kind, next_kind;
    int first, next_valid;
    uint64_t bubbles_left, beat, pass;
    /* the chain */
    uint32_t ring[SLOTS_RING]; /* of beats */
    unsigned head;             /* place of beat 0 in it */
    uint64_t active, loads;    /* masks of flags: bit i is beat i + 1, of row i */
    uint64_t new_pass;         /* bit i is beat i, row i's next */
    uint64_t same;             /* beats 0 .. same - 1 are the same, and plain */
    /* filter feed: rows whose filters are not all there, the row whose turn it is or from
     * which to look for it, words of it that are done */
    uint64_t pending, load_done;
    unsigned load_row;
    /* time */
    int running;
    uint64_t end, length; /* last cycle of the slot, its length */
    uint64_t idle;        /* of it, cycles counted for a first row without beat */
    int head_idle;        /* the first row has no beat and no bubble */
    uint64_t counts[CHAIN_COUNTS];
    /* the retirement that this slot brings */
    int retires;
    uint64_t retired;
};

/* Begin the next slot; take a step of kind `take`, or SLOTS_NO_STEP. */
void slots_advance(struct slots *s, int take);

/* Take no step, and begin up to `most` slots that are the same as this one. Returns how
 * many. */
uint64_t slots_repeat(struct slots *s, uint64_t most);

/* Beat i of the chain, i <= chain_rows. */
static inline uint32_t slots_beat(const struct slots *s, unsigned i) {
    return s->ring[(s->head - i) % SLOTS_RING];
}

#endif
