/* SPDX-License-Identifier: Apache-2.0
 *
 * The units of the performance model. Each acts at known times on what the others
 * left behind earlier: tokens, with the cycle from which they can be taken, and a place
 * for one waiting command.
 */
#ifndef QADAM_TESTS_PERF_REFERENCE_UNITS_H
#define QADAM_TESTS_PERF_REFERENCE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "gen/command.h"
#include "gen/design.h"
#include "gen/error.h"
#include "verif/counters.h"

/* "Not known yet": the unit waits for another one. */
#define PERF_NEVER UINT64_MAX

/* Cycles at which tokens can be taken, oldest first. */
struct perf_tokens {
    uint64_t *from; /* owned */
    size_t count, taken, room;
};

/* A span of cycles, from <= cycle < to. */
struct perf_span {
    uint64_t from, to;
};

struct perf_spans {
    struct perf_span *span; /* owned, in time order */
    size_t count, room;
};

/* The waiting command of a unit. */
struct perf_wait {
    const struct command *command; /* NULL = none */
    uint64_t since;                /* cycle from which it waits */
    uint64_t free; /* without one: cycle from which one can be handed over */
};

enum { PERF_OUTSTANDING = 16, PERF_TRANSFERS = 4, PERF_CONTEXTS = 4 };

/* Load unit with the read channel. */
struct perf_load {
    struct perf_wait wait;
    uint64_t requests_free;          /* cycle after the last request */
    uint64_t last_data;              /* cycle of the last beat so far; 0 = none */
    uint64_t last[PERF_OUTSTANDING]; /* last beats of the latest bursts, a ring */
    uint64_t done[PERF_TRANSFERS];   /* last beats of the latest transfers, a ring */
    uint64_t bursts, transfers;
    uint64_t idle; /* cycle from which the unit is idle, if nothing waits */
};

/* Store unit with the write channel. */
struct perf_store {
    struct perf_wait wait;
    uint64_t free; /* cycle from which the next transfer can start */
    uint64_t idle;
};

/* What the chain does in one slot, as far as time is concerned. */
struct perf_beat {
    uint8_t active, load, bubble, last;
    uint8_t new_pass;   /* the first beat of a pass */
    uint8_t step;       /* context */
    uint32_t positions; /* delivered to the first row of a group for this beat */
    uint32_t existing;  /* of them, positions that exist */
};

/* What a step needs to be counted. */
struct perf_step {
    const struct command *command;
    unsigned ev, y_rows, existing_rows;
    unsigned existing_words; /* bus words of a position that exist, over all groups */
    unsigned columns;        /* ev * t */
    unsigned drain_words;    /* ev * t * kp */
};

enum { PERF_HISTORY = 256 }; /* beats remembered, more than chain rows + 2 */

enum perf_state { PERF_IDLE, PERF_BUBBLE, PERF_BEAT };

/* Compute unit. */
struct perf_array {
    struct perf_wait wait;
    /* configuration */
    unsigned chain_rows, rk, a, sk, kw, qt, kf, t, e, kp, bubbles, ready_bubbles, groups;
    uint64_t beat_cycles, p, sq, row_words;
    uint64_t config_free; /* cycle from which a step can be taken */
    /* step whose beats are made */
    enum perf_state state;
    unsigned bubbles_left, beat, beats, pass, passes, pos, current;
    int first, dir;
    int next_valid; /* the step after it is taken: its first loads are on their way */
    unsigned next;  /* context of the step taken last */
    struct perf_step steps[PERF_CONTEXTS];
    uint64_t taken;
    uint64_t retired[PERF_CONTEXTS]; /* retirement of the latest steps, a ring */
    uint64_t retirements;
    /* slots */
    int running;
    uint64_t slot, start, length; /* of the current slot */
    struct perf_beat history[PERF_HISTORY];
    uint64_t idle; /* cycle from which nothing runs */
    /* filter feed, at the start of the current slot */
    uint8_t load_pending[PERF_HISTORY]; /* rows whose filters are not all there */
    unsigned loads_pending;             /* their number */
    unsigned load_row;  /* the row whose turn it is, or from which to look for it */
    uint64_t load_done; /* words of it that are done */
    /* cycles for the reasons of waiting */
    struct perf_spans free_spans, load_spans, store_spans;
};

struct perf {
    const struct hw *hw;
    const struct command_list *list;
    unsigned latency;
    struct counters *counters;
    struct perf_tokens loaded, freed, computed, stored;
    uint64_t block_full[2]; /* cycle from which a command block can be read */
    uint64_t fetches;
    struct perf_load load;
    struct perf_store store;
    struct perf_array array;
    struct error *err;
};

/* Tokens and spans; return 0, or -1 when memory is out. */
int perf_tokens_give(struct perf_tokens *t, uint64_t from);
int perf_spans_add(struct perf_spans *s, uint64_t from, uint64_t to);

/* Cycle from which the next token can be taken; PERF_NEVER while it was not given. */
uint64_t perf_tokens_next(const struct perf_tokens *t);

/* When the unit can act next (PERF_NEVER: not known yet), and its act. */
uint64_t perf_load_next(const struct perf *p);
int perf_load_act(struct perf *p, uint64_t now);
uint64_t perf_store_next(const struct perf *p);
int perf_store_act(struct perf *p, uint64_t now);
uint64_t perf_array_next(const struct perf *p);
int perf_array_act(struct perf *p, uint64_t now);

/* Cycle from which the unit is idle; PERF_NEVER while it has something to do. */
uint64_t perf_array_idle(const struct perf *p);

static inline uint64_t perf_max(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

static inline uint64_t perf_min(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Bits high:low of word w of a command. */
static inline uint32_t perf_field(const struct command *c, unsigned w, unsigned high,
                                  unsigned low) {
    return (uint32_t)((c->w[w] >> low) & ((UINT64_C(2) << (high - low)) - 1));
}

#endif
