/* SPDX-License-Identifier: Apache-2.0
 *
 * The performance model: what the hardware counters will say after a command list.
 *
 * Exact, cycle by cycle and access by access, for a memory of fixed latency
 * (verif/memory.h). It follows the timing table of docs/architecture.md; it moves from
 * slot to slot and from transfer to transfer, never through single cycles.
 */
#ifndef QADAM_TESTS_PERF_REFERENCE_H
#define QADAM_TESTS_PERF_REFERENCE_H

#include "gen/command.h"
#include "gen/design.h"
#include "gen/error.h"
#include "verif/counters.h"

/* Predict the counters of a run of *list.
 *
 *   latency  of the memory, cycles from an AR handshake to the first data and from the
 *            last write data to the response, >= 1
 *   out      by enum counter; CNT_OVERFLOWS depends on the data and is left 0
 *
 * Returns 0, or -1 with *err set: the list deadlocks, or memory is out. */
int perf_reference(const struct hw *hw, const struct command_list *list, unsigned latency,
                   struct counters *out, struct error *err);

#endif
