/* SPDX-License-Identifier: Apache-2.0
 *
 * The hardware counters (docs/architecture.md, section 8) and what users see of them.
 */
#ifndef QADAM_COUNTERS_H
#define QADAM_COUNTERS_H

#include <stdint.h>

#include <jansson.h>

enum counter {
    CNT_CYCLES,
    CNT_SLOTS,
    CNT_BUSY,
    CNT_STALL_IFMAP,
    CNT_STALL_FILTER,
    CNT_STALL_PSUM,
    CNT_BUBBLE,
    CNT_WAIT_LOAD,
    CNT_WAIT_STORE,
    CNT_FILL_DRAIN,
    CNT_IFMAP_WORDS,
    CNT_FILTER_WORDS,
    CNT_PSUM_WORDS,
    CNT_GLB_READS,
    CNT_GLB_WRITES,
    CNT_AXI_READS,
    CNT_AXI_WRITES,
    CNT_OVERFLOWS,
    CNT_IFMAP_SPAD_READS,
    CNT_IFMAP_SPAD_WRITES,
    CNT_FILTER_SPAD_READS,
    CNT_FILTER_SPAD_WRITES,
    CNT_PSUM_SPAD_READS,
    CNT_PSUM_SPAD_WRITES,
    CNT_MACS,
    COUNTER_COUNT
};

/* Values of all counters, by enum counter. */
struct counters {
    uint64_t value[COUNTER_COUNT];
};

/* Name of a counter in messages: "stall_ifmap". */
const char *counter_name(unsigned counter);

/* sum += more, counter by counter. */
void counters_add(struct counters *sum, const struct counters *more);

/* The counters of so many equal runs: every one times factor. */
void counters_scale(struct counters *c, uint64_t factor);

/* Whether in the sum and `factor` times more of them no counter, nor a number of a JSON
 * result made of it, would pass 2^62. Only then may they be added up. */
int counters_fit(const struct counters *sum, const struct counters *more,
                 uint64_t factor);

/* The objects stall_cycles and accesses of a JSON result; beat_bytes is
 * dram_bytes_per_cycle. Caller owns the result; NULL when out of memory. */
json_t *counters_stalls_json(const struct counters *c);
json_t *counters_accesses_json(const struct counters *c, unsigned beat_bytes);

#endif
