/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a prediction between two steps.
 */
#ifndef QADAM_PERF_RUN_H
#define QADAM_PERF_RUN_H

#include <stdint.h>

#include "gen/command_plan.h"
#include "gen/design.h"
#include "gen/error.h"
#include "models/perf_chain.h"
#include "models/perf_dma.h"

enum {
    AHEAD = 16,  /* steps planned ahead, a power of two */
    HISTORY = 8, /* retirements remembered; older ones are no limit any more */
    BLOCK_MAX = COMMAND_BLOCK,
    NEAR_END = 40 /* steps before the end: plan ahead */
};

/* Command blocks (hdl/qadam_dispatch.sv). */
struct dispatch {
    uint64_t since;   /* cycle from which the next command can be handed out or, if `slot`
                         is 0 or past the end, the next block read */
    uint64_t full[2]; /* cycle from which blocks can be read */
    uint64_t block;   /* the current one */
    unsigned slot;    /* of the next command in it */
    unsigned read;    /* cycles to read a command */
    uint64_t handed;  /* commands, FETCH not counted */
    uint64_t fetch_words;
};

/* A STORE that was handed over and has not started. */
struct stored {
    int waits;
    uint64_t since, step;
    struct dma dma;
};

enum { PERIOD_KEY = 12 + DMA_OUTSTANDING + DMA_TRANSFERS + HISTORY + 3 + PLAN_LOADS };

/* The state before an earlier step of a loop (models/perf_period.c). */
struct period {
    int valid;
    uint64_t begin, next; /* first step of the loop; step to remember next */
    uint64_t step, base, handed, block, commands, beats, wait_load, wait_store;
    uint64_t counts[CHAIN_COUNTS];
    uint64_t key[PERIOD_KEY];
};

struct perf {
    const struct hw *hw;
    struct command_plan plan;
    struct chain_config config;
    struct chain *chain; /* owned */
    struct dispatch dispatch;
    struct dma_load load;
    uint64_t
        loaded; /* cycle from which the token of the last step's loads can be taken */
    struct dma_store store;
    struct stored stored;
    uint64_t responses[2]; /* of the last two STOREs of outputs, a ring */
    uint64_t stores;
    /* planned steps, a ring */
    struct plan_step ahead[AHEAD];
    uint64_t planned, commands; /* steps and commands planned, FETCH and END not */
    /* array */
    uint32_t state;
    uint64_t base; /* cycle 0 of the state */
    uint64_t wait_free, config_free;
    uint64_t retired[HISTORY], retirements;
    struct chain_span idle; /* no beat after the last step was taken */
    uint64_t counts[CHAIN_COUNTS];
    uint64_t calm_next;      /* before this step no calm stretch is looked for */
    unsigned calm_fails;     /* how often none was found, one time after the other */
    uint64_t dispatch_limit; /* cycles to hand out the commands of a step, at most */
    uint64_t wait_load, wait_store;
    struct period period;
    struct error *err;
};

/* Calm stretches (docs/performance_model.md). Before step *step: go on through steps as
 * long as the array need not wait for them, whatever the memory does in detail; *step is
 * then the step before which that ends. Returns 0, or -1 with p->err set. */
int perf_calm(struct perf *p, uint64_t *step);

/* Before step *step, in a long loop over channel groups: leave out whole periods. *step
 * is then the step behind them. */
void perf_period(struct perf *p, uint64_t *step);

/* Plan step `step`, and near the end the next ones, so that the last block is known. */
void perf_plan(struct perf *p, uint64_t step);

/* Cycle in which a step retires that is taken already, if it does before the next one is
 * taken. 0: long ago. Same errors as perf_move. */
int perf_retirement(struct perf *p, uint64_t step, uint64_t *at);

/* Take a step of this kind in a slot of the current state. Returns 0, or -1 with p->err
 * set: memory is out. */
int perf_move(struct perf *p, uint64_t slot, unsigned kind);

/* Let the STORE run that waits. Same errors. */
int perf_finish_store(struct perf *p);

/* Cycles for handing out all commands of a step, at most. */
uint64_t perf_dispatch_limit(const struct perf *p);

#endif
