/* SPDX-License-Identifier: Apache-2.0
 *
 * Functional coverage: which situations of the accelerator a simulated layer brought
 * about, from its mapping, its command list, the counters and the memory's handshakes.
 */
#ifndef QADAM_COVERAGE_H
#define QADAM_COVERAGE_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "gen/command.h"
#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/counters.h"

/* The situations; names and meanings are in the table of coverage.c. */
enum coverage_bin {
    COV_STRIDE_1,
    COV_STRIDE_2,
    COV_STRIDE_MORE,
    COV_KERNEL_1X1,
    COV_KERNEL_OBLONG,
    COV_FC_BATCH,
    COV_GROUPS,
    COV_PLAIN,
    COV_ROW_FOLD,
    COV_COLUMN_FOLD,
    COV_POLYPHASE,
    COV_ARRAY_STRIDE,
    COV_MISSING_TAPS,
    COV_EDGE_TOP,
    COV_EDGE_BOTTOM,
    COV_EDGE_LEFT,
    COV_EDGE_RIGHT,
    COV_EMPTY_TILE,
    COV_STRIPS,
    COV_TILES,
    COV_FILTER_GROUPS,
    COV_CHANNEL_GROUPS,
    COV_PARTIAL_E,
    COV_PARTIAL_F,
    COV_PARTIAL_M,
    COV_PARTIAL_PASS,
    COV_PARTIAL_CHANNELS,
    COV_PARTIAL_BLOCK,
    COV_LANE,
    COV_P_NARROW,
    COV_Q_NARROW,
    COV_SETS_STACKED,
    COV_SETS_BESIDE,
    COV_PASSES_ODD,
    COV_PASSES_EVEN,
    COV_ZIGZAG,
    COV_BUBBLES,
    COV_READY_BUBBLES,
    COV_PLANE,
    COV_FILTERS_OUTER,
    COV_SHARE_0,
    COV_SHARE_1,
    COV_FIRST_LAST,
    COV_FIRST,
    COV_MIDDLE,
    COV_LAST,
    COV_IFMAP_BANKS,
    COV_IFMAP_MANY,
    COV_FILTER_BANKS,
    COV_FILTER_MANY,
    COV_BIAS_BANKS,
    COV_OFMAP_BANKS,
    COV_ONE_BLOCK,
    COV_FETCH_CHAIN,
    COV_RELU,
    COV_NO_RELU,
    COV_SHIFT_0,
    COV_SHIFT,
    COV_OVERFLOW,
    COV_STALL_IFMAP,
    COV_STALL_FILTER,
    COV_STALL_PSUM,
    COV_BUBBLE_CYCLES,
    COV_WAIT_LOAD,
    COV_WAIT_STORE,
    COV_FILL_DRAIN,
    COV_AR_WAITS,
    COV_AW_WAITS,
    COV_W_WAITS,
    COV_FAULT_READ, /* in the order of enum fault_kind */
    COV_FAULT_WRITE,
    COV_FAULT_COMMAND,
    COV_FAULT_RESET,
    COVERAGE_COUNT
};

/* Numbers of runs that brought each situation about. Plain data: it crosses processes. */
struct coverage {
    uint64_t hits[COVERAGE_COUNT];
};

/* One run of a layer (or of one channel group of it, then groups > 1). */
struct coverage_run {
    const struct hw *hw;
    const struct layer *l; /* groups == 1 */
    unsigned groups;       /* of the whole layer */
    const struct mapping *mapping;
    const struct command_list *list;
    const struct counters *counters;
    unsigned requant_shift;
    uint64_t waits[3]; /* cycles in which AR, AW, W were valid and not ready */
    int fault;         /* enum fault_kind that ended a run before this one, or -1 */
};

/* Add what a run brought about: at most 1 to each situation. */
void coverage_add_run(struct coverage *c, const struct coverage_run *run);

/* sum += more. */
void coverage_add(struct coverage *sum, const struct coverage *more);

/* Short name ("row_fold") and meaning of a situation. */
const char *coverage_name(unsigned bin);
const char *coverage_meaning(unsigned bin);

/* Print the table of all situations; those never hit say so. Returns their number. */
unsigned coverage_print(FILE *out, const struct coverage *c);

/* Situations that were hit, by name. Caller owns the result; NULL when out of memory. */
json_t *coverage_json(const struct coverage *c);

/* Read the same; unknown names and wrong values are ignored. */
void coverage_read(const json_t *object, struct coverage *c);

#endif
