/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lists: what the accelerator runs for one layer (docs/architecture.md,
 * sections 4 to 6).
 */
#ifndef QADAM_COMMAND_H
#define QADAM_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"

enum { COMMAND_WORDS = 16, COMMAND_BLOCK = 8 };

enum command_op {
    CMD_LOAD = 1,
    CMD_COMPUTE = 2,
    CMD_STORE = 3,
    CMD_FETCH = 4,
    CMD_CONFIG = 5,
    CMD_END = 6
};

enum command_flag {
    CMD_WAIT_A = 1u << 8,
    CMD_WAIT_B = 1u << 9,
    CMD_SIGNAL_A = 1u << 10,
    CMD_SIGNAL_B = 1u << 11,
    CMD_FIRST = 1u << 12,
    CMD_LAST = 1u << 13
};

struct command {
    uint32_t w[COMMAND_WORDS];
};

/* Where a layer's data lies in DRAM: byte addresses, 4096-byte aligned, and sizes. */
struct dram_map {
    uint64_t commands, commands_bytes;
    uint64_t ifmap, ifmap_bytes;
    uint64_t weights, weights_bytes;
    uint64_t bias, bias_bytes;
    uint64_t ofmap, ofmap_bytes;
    uint64_t total_bytes;
};

/* One run of packed weights: the weights of one step, shared by all tiles. */
struct weight_run {
    unsigned m0;               /* first filter */
    unsigned c0;               /* first channel */
    struct kernel_slice slice; /* first tap */
    unsigned passes;
    uint64_t address; /* DRAM byte address */
    uint32_t words;   /* bus words */
};

/* One run of packed bias: the bias of one filter group. */
struct bias_run {
    unsigned m0;
    unsigned passes;
    uint64_t address;
    uint32_t words;
};

struct command_list {
    struct command *commands; /* owned, [count], FETCH and END included */
    size_t count;             /* a whole number of blocks; END is followed by zeros */
    struct dram_map dram;
    struct weight_run *weight_runs; /* owned */
    size_t weight_run_count;
    struct bias_run *bias_runs; /* owned */
    size_t bias_run_count;
    uint64_t steps;
};

/* Build the command list of an array layer (conv with groups == 1, or fc).
 *
 *   requant_shift  right shift of the output stage, 0..psum_bits-1 (0 for float types)
 *   relu           from the layer
 *
 * Caller ends with command_list_close. Returns 0, or -1 with *err set. */
int command_list_build(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, unsigned requant_shift,
                       struct command_list *list, struct error *err);
void command_list_close(struct command_list *list);

#endif
