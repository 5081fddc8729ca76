/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of a command list, step by step: what each step loads into which GLB buffer,
 * and which earlier steps its commands wait for. Command lists (gen/command.c) and the
 * performance model (models/perf.c) both follow it.
 *
 * Order of the commands of steps s and s + 1: ... loads of s, COMPUTE s, STORE of step
 * s - 1 if that was the last of its ofmap tile, loads of s + 1, COMPUTE s + 1, ...
 */
#ifndef QADAM_COMMAND_PLAN_H
#define QADAM_COMMAND_PLAN_H

#include <stdint.h>

#include "gen/command_encode.h"
#include "gen/mapping.h"

enum { PLAN_LOADS = 3 }; /* weights, ifmap, bias, in this order */

/* What one step adds to the list. */
struct plan_step {
    struct mapping_step step;
    struct step_buffers buffers;
    struct dma loads[PLAN_LOADS]; /* merged; addresses are offsets into their areas */
    enum glb_use load_use[PLAN_LOADS];
    unsigned load_count;
    int64_t
        load_wait;    /* the first load waits until this step has retired; -1: does not */
    int waits_stored; /* COMPUTE waits until the ofmap tile before the last is stored */
    int store_signals; /* a later step waits for this step's STORE */
};

struct plan_buffers;
struct plan_window;

struct command_plan {
    const struct hw *hw;
    const struct layer *l; /* as the mapping views it */
    const struct mapping *m;
    struct mapping_loops n;
    struct kernel_slice *slices;   /* owned, [n.slices] */
    struct plan_window *windows;   /* owned, [n.slices], of the current column tile */
    uint64_t column_tile;          /* to which they belong */
    struct plan_buffers *buffers;  /* owned, [GLB_USES]: ifmap, filter and bias */
    struct mapping_step step;      /* the last one */
    unsigned group, slice;         /* of it */
    uint64_t next;                 /* index of the next step, 0..n.steps */
    int64_t last_wait;             /* last step that a load waits for, -1: none */
    uint64_t row_words, run_words; /* of a chain row's pass, of a full filter group */
    uint64_t channels;             /* of a channel group */
    uint64_t runs;                 /* of a filter group */
};

/* Whether a command list of layer *l with mapping *m can be made for *hw, up to its
 * length; *view is then the layer as *m views it.
 * Returns 0, or -1 with *err set: no array layer, or the mapping is not legal. */
int command_plan_check(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, struct layer *view, struct error *err);

/* Start at step 0. *l is the layer as *m views it, *m is legal (mapping_check); both are
 * borrowed, as *hw is. Caller ends with command_plan_close, also after an error.
 * Returns 0, or -1 with *err set: memory is out. */
int command_plan_init(struct command_plan *p, const struct hw *hw, const struct layer *l,
                      const struct mapping *m, struct error *err);
void command_plan_close(struct command_plan *p);

/* Back to step 0. */
void command_plan_restart(struct command_plan *p);

/* Plan the next step, of which there must be one. */
void command_plan_next(struct command_plan *p, struct plan_step *s);

/* How many of the next steps, whole channel groups, load the same amounts as those of the
 * last one, each into the buffers not used for longest and behind a step as far back: the
 * channel groups of an ofmap tile but its last, when no run and no tile comes back before
 * it has been overwritten. 0 if the last step is not the first of a channel group. */
uint64_t command_plan_regular(const struct command_plan *p);

/* Leave out that many steps, at most: *s, the last one, becomes the one that many steps
 * later. GLB addresses are void from here on. */
void command_plan_skip(struct command_plan *p, uint64_t steps, struct plan_step *s);

/* Transfer of the STORE of a step that is the last of its ofmap tile, merged. */
void command_plan_store(const struct command_plan *p, const struct mapping_step *s,
                        unsigned buffer, struct dma *dma);

/* A weight run: offset in its area in bytes, and bus words; and a bias run. */
uint64_t command_plan_run(const struct command_plan *p, uint64_t run, uint32_t *words);
uint64_t command_plan_bias(const struct command_plan *p, unsigned group, uint32_t *words);

/* Blocks of a list of `commands` commands, FETCH not counted: 7 in a block behind the
 * FETCH of the next, 8 in the last. And whether a list may have so many: 0, or -1 with
 * *err set. */
uint64_t command_blocks(uint64_t commands);
int command_blocks_check(uint64_t blocks, const struct layer *l, struct error *err);

#endif
