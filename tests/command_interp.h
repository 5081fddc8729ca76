/* SPDX-License-Identifier: Apache-2.0
 *
 * A functional interpreter of command lists (docs/architecture.md, sections 4 to 7): the
 * accelerator without its timing, for tests.
 *
 * The dispatcher and the three units run in any order that the rules allow: a schedule
 * decides which of them moves next, so that many schedules show that a list is free from
 * deadlock and races. Refused are: a deadlock, tokens left over, a read of a GLB word
 * that nothing wrote, two units in one GLB bank at a time, addresses out of range, and
 * derived command fields that contradict the others. Integer types only.
 */
#ifndef QADAM_TESTS_COMMAND_INTERP_H
#define QADAM_TESTS_COMMAND_INTERP_H

#include <stdint.h>

#include "gen/command.h"
#include "gen/design.h"
#include "gen/error.h"

/* Schedules below this number are fixed priorities of the units, others seeds. */
enum { INTERP_PRIORITIES = 6 };

struct interp_counts {
    uint64_t loads, computes, stores, blocks;
    uint64_t load_words, store_words;
};

/* Run the list at dram->commands of image (dram->total_bytes bytes).
 * counts may be NULL. Returns 0, or -1 with *err set: what went wrong, and where. */
int interp_run(const struct hw *hw, const struct dram_map *dram, uint8_t *image,
               uint64_t schedule, struct interp_counts *counts, struct error *err);

#endif
