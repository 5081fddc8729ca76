/* SPDX-License-Identifier: Apache-2.0
 *
 * The shapes that the mapper compares, and short sorted lists of them.
 */
#ifndef QADAM_MAPPER_LIST_H
#define QADAM_MAPPER_LIST_H

#include <stdint.h>

enum {
    MAPPER_STRIPS = 256, /* strips whose shapes are scored */
    MAPPER_LETTERS = 28  /* values tried for p and for q */
};

/* All letters of a shape that are set, and a lower bound or a score. */
struct mapper_candidate {
    uint64_t cycles;
    uint16_t plane, d, rk, sk, e, q, r, p, t;
    uint8_t p_index; /* of p among the values tried */
    uint8_t strip;   /* its number among the sorted strips */
    uint8_t
        doubtful; /* a bound is above its score: whether it is met depends on others */
};

/* Candidates in ascending order of cycles, of equals the one added first before. */
struct mapper_list {
    unsigned count, room;
    struct mapper_candidate *shapes;
};

/* The cycles that a candidate must stay below to enter a list. */
uint64_t mapper_list_limit(const struct mapper_list *list);

/* Add a copy if it does; a full list loses its last one. */
void mapper_list_add(struct mapper_list *list, const struct mapper_candidate *shape);

#endif
