/* SPDX-License-Identifier: Apache-2.0
 *
 * What a mapping costs, estimated quickly enough to compare hundreds of them.
 *
 * Compute time follows the slot rule of docs/architecture.md, section 2; a load group or
 * a store is a stream of bus words with a fixed price per burst and per group. Steps
 * overlap the load group of the next step: a step lasts as long as the longer of both.
 *
 * A mapping has a shape (slice, e, q, r, p, t and the view of the plane) and tiles (f, m,
 * share, loop order and buffers). All that follows from the shape is worked out once, by
 * mapper_shape_open; nothing here allocates.
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

/* Full and cut-off iterations of a loop that covers n in pieces of k. */
struct mapper_parts {
    unsigned count[2], size[2];
};

/* Terms of the slot rule for steps of some ofmap rows. */
struct mapper_slots {
    unsigned base;    /* slot without ifmap and filters */
    unsigned ifmap;   /* transfers of one chain group in a normal beat */
    unsigned start;   /* the same at the start of a step */
    unsigned filters; /* transfers of one chain row for one pass */
    unsigned psums;   /* words per beat */
    unsigned chain;   /* PE rows */
    unsigned groups;  /* r */
};

/* What the mappings of one shape have in common. */
struct mapper_shape {
    const struct hw *hw;   /* borrowed */
    const struct layer *l; /* borrowed: as the mapping views it */
    unsigned e, p, q, r, t, rk, sk, d, a;
    unsigned chain, pass;             /* PE rows; filters of a pass */
    unsigned kf, kp;                  /* bus words: weights of a row, psums of a column */
    unsigned channel_groups, slices;  /* trip counts */
    unsigned phase_rows;              /* tile slices of shared ifmap tiles */
    unsigned steps;                   /* of an ofmap tile */
    unsigned filter_words;            /* of a step, per pass */
    unsigned blocks;                  /* of CB channels that a step touches, at most */
    unsigned bubbles;                 /* before a step that was ready, in general */
    unsigned word_shift, burst_shift; /* beats of a bus word, words of a burst: log2 */
    struct mapper_parts strips, channels;
    struct mapper_slots slots[2]; /* of full and of cut-off strips */
};

/* Work out *s for the shape of *m (f, m, share, loop order, buffers, bubbles and glb are
 * not looked at). hw and l must outlive it. */
void mapper_shape_open(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, struct mapper_shape *s);

/* The slot rule's terms for ev ofmap rows; of *s, all letters, chain, kf and kp are set.
 */
struct mapper_slots mapper_slot_terms(const struct mapper_shape *s, unsigned ev);

/* Cycles of a step of passes of fv beats, idle beats left out: *first if it has one pass,
 * and *next for every further one. */
void mapper_step_cycles(const struct mapper_slots *x, unsigned fv, uint64_t *first,
                        uint64_t *next);

/* Bus words and DRAM cycles of the ifmap tile of ev x fv outputs and `channels`
 * channels. */
void mapper_tile_load(const struct mapper_shape *s, unsigned share, unsigned ev,
                      unsigned fv, unsigned channels, uint64_t *words, uint64_t *cycles);

/* Estimate the mapping of shape *s with the tiles of *m. */
void mapper_estimate(const struct mapper_shape *s, const struct mapping *m,
                     struct mapping_cost *cost);

/* Estimate *m (bubbles and glb need not be set). */
void mapper_cost(const struct hw *hw, const struct layer *l, const struct mapping *m,
                 struct mapping_cost *cost);

#endif
