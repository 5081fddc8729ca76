/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of a whole layer: mapping, command list, performance model.
 */
#ifndef QADAM_PREDICT_H
#define QADAM_PREDICT_H

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/counters.h"

/* Predict the counters of one run of an array layer, mapped as qadam simulate maps it;
 * its channel groups run one after the other and are summed.
 *
 *   latency  of the memory in cycles, as in perf_predict
 *   mapping  out: of one channel group
 *   out      out: by enum counter
 *
 * Returns 0, or -1 with *err set: no mapping fits, or memory is out. */
int predict_layer(const struct hw *hw, const struct layer *l, unsigned latency,
                  struct mapping *mapping, struct counters *out, struct error *err);

#endif
