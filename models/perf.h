/* SPDX-License-Identifier: Apache-2.0
 *
 * The performance model: what the hardware counters will say after a layer has run.
 *
 * Exact, cycle by cycle and access by access, for a memory of fixed latency
 * (verif/memory.h); docs/performance_model.md says how, and why it is quick.
 */
#ifndef QADAM_PERF_H
#define QADAM_PERF_H

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/counters.h"

/* Memory for predictions, used again by the next one: one for each thread. Caller owns
 * it. perf_work_new returns NULL when memory is out; perf_work_free accepts NULL. */
struct perf;
struct perf *perf_work_new(void);
void perf_work_free(struct perf *work);

/* Predict the counters of a run of the command list that command_list_build makes of an
 * array layer (conv with groups == 1, or fc) and its mapping.
 *
 *   latency  of the memory, cycles from an AR handshake to the first data and from the
 *            last write data to the response, >= 1
 *   out      by enum counter; CNT_OVERFLOWS depends on the data and is left 0
 *
 * Returns 0, or -1 with *err set: there is no such command list, a counter could pass
 * 2^62, or memory is out. */
int perf_predict_in(struct perf *work, const struct hw *hw, const struct layer *l,
                    const struct mapping *m, unsigned latency, struct counters *out,
                    struct error *err);

/* The same with memory of its own. */
int perf_predict(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 unsigned latency, struct counters *out, struct error *err);

#endif
