/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of whole layers: mapping search and performance model.
 *
 * Networks repeat layers, so a predictor remembers what it has predicted of a design:
 * layers of equal shape are mapped and predicted once.
 */
#ifndef QADAM_PREDICT_H
#define QADAM_PREDICT_H

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/counters.h"

struct predictor;

/* For one thread at a time; any number of them work side by side. Caller owns the
 * result; NULL when out of memory. predictor_free accepts NULL. */
struct predictor *predictor_new(void);
void predictor_free(struct predictor *p);

/* Remember predictions from design to design too, in so many places (a power of two; a
 * few hundred bytes each): designs whose mappings of a layer are equal differ in its
 * counters only by what enters them (struct timing in predict.c). Searches remember too:
 * of one design after the other that differ only in their spads, best by falling sizes.
 * Returns 0, or -1 when memory is out. */
int predictor_keep(struct predictor *p, size_t places);

/* Predict for this design and memory from here on, and forget what was but for what is
 * kept. *hw is copied.
 *
 *   latency  of the memory in cycles, as in perf_predict */
void predictor_start(struct predictor *p, const struct hw *hw, unsigned latency);

/* Predict the counters of one run of an array layer, mapped as qadam simulate maps it;
 * its channel groups run one after the other and are summed.
 *
 *   mapping  out: of one channel group
 *   out      out: by enum counter
 *
 * Returns 0, or -1 with *err set: no mapping fits, or memory is out. */
int predictor_layer(struct predictor *p, const struct layer *l, struct mapping *mapping,
                    struct counters *out, struct error *err);

/* The same for all runs that a network's batch makes of one of its layers. */
int predictor_batch(struct predictor *p, const struct network *net, const struct layer *l,
                    struct mapping *mapping, struct counters *out, struct error *err);

/* predictor_layer for a single layer. */
int predict_layer(const struct hw *hw, const struct layer *l, unsigned latency,
                  struct mapping *mapping, struct counters *out, struct error *err);

#endif
