/* SPDX-License-Identifier: Apache-2.0
 *
 * The score of a shape: a guess of its cycles with the best tiles, before any are known.
 *
 * Shapes of the same view, slice and e are a strip; what they share is worked out once.
 * Nothing here allocates.
 */
#ifndef QADAM_MAPPER_SCORE_H
#define QADAM_MAPPER_SCORE_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/mapper_cost.h"
#include "gen/mapping.h"
#include "gen/network.h"

/* Sizes of a design that are powers of two: log2. */
struct mapper_shifts {
    unsigned word;   /* DRAM beats of a bus word */
    unsigned bank;   /* words of a GLB bank */
    unsigned cb, wb; /* acts and weights of a bus word */
};

struct mapper_shifts mapper_shifts(const struct hw *hw);

/* What the shapes of a strip have in common. */
struct mapper_strip {
    struct mapper_shifts shifts;
    struct mapper_shape terms;  /* q, r, p and t open, and what follows from them */
    unsigned count[2], rows[2]; /* of strips, full and cut off; their ofmap rows */
    unsigned slices, sets, chains;
    unsigned ifmap;     /* transfers of a chain group in a beat, in the smaller strips;
                           open, as it follows from q */
    uint64_t beats;     /* of all strips, for one channel group and pass */
    unsigned tile_rows; /* of an ifmap tile */
    uint64_t read;      /* DRAM cycles to load everything once */
    uint64_t sweep;     /* DRAM cycles to load the ifmap once */
    uint64_t commands;  /* DRAM cycles of the commands of a channel group's steps */
    uint64_t bound;     /* lower bound of the cycles of all its shapes */
};

/* Open the strip of *m, of which e, rk, sk and d are set. hw and l, the layer as *m views
 * it, must outlive it. */
void mapper_strip_open(const struct hw *hw, const struct layer *l,
                       const struct mapper_shifts *shifts, const struct mapping *m,
                       struct mapper_strip *k);

/* The score of a shape of the strip: of k->terms all letters, chain, kf, kp and bubbles
 * are set; it has `groups` channel groups and `passes` passes for all filters. Scores
 * from `limit` on are rough. */
uint64_t mapper_score(const struct mapper_strip *k, unsigned groups, unsigned passes,
                      uint64_t limit);

#endif
