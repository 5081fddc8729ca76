/* SPDX-License-Identifier: Apache-2.0
 *
 * The second half of the mapper: the best tiles, loop order and buffers for a shape.
 */
#ifndef QADAM_MAPPER_TILES_H
#define QADAM_MAPPER_TILES_H

#include "gen/mapper_cost.h"
#include "gen/mapping.h"

/* The best mapping so far. */
struct mapper_best {
    int found;
    int checked; /* only mappings that mapping_check accepts: slow */
    struct mapping m;
    struct mapping_cost cost;
    struct mapping rejected; /* one that mapping_check refused; e == 0: none */
    unsigned estimates;
};

/* Compare tiles for shape *s, a view of `plane` rows, with *best and keep the better.
 * Tiles whose lower bound is not below the best cycles are not estimated. */
void mapper_tiles(const struct mapper_shape *s, unsigned plane, struct mapper_best *best);

#endif
