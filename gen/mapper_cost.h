/* SPDX-License-Identifier: Apache-2.0
 *
 * What a mapping costs, estimated quickly enough to compare thousands of them.
 *
 * Compute time follows the slot rule of docs/architecture.md, section 2; a load group or
 * a store is a stream of bus words with a fixed price per burst and per group. Steps
 * overlap the load group of the next step: a step lasts as long as the longer of both.
 */
#ifndef QADAM_MAPPER_COST_H
#define QADAM_MAPPER_COST_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/mapping.h"
#include "gen/network.h"

struct mapping_cost {
    uint64_t cycles;     /* of the layer */
    uint64_t dram_words; /* bus words loaded and stored */
    uint64_t glb_words;  /* bus words to and from the array */
};

/* Estimate *m (glb need not be set). */
void mapper_cost(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 struct mapping_cost *cost);

/* A lower bound of the cycles of all mappings that differ from *m in f, m, bubbles and
 * share only. */
uint64_t mapper_bound(const struct hw *hw, const struct layer *l,
                      const struct mapping *m);

#endif
