/* SPDX-License-Identifier: Apache-2.0
 *
 * What the mapper remembers of a layer from one design to the next.
 *
 * Designs that differ only in the sizes of their spads share most of a search: a spad
 * decides which shapes are legal, not what they cost (but for the ifmap spad, on which
 * idle beats depend). So a memo keeps the sorted strips, the best shapes of each strip
 * with their scores, and what became of the best mapping when a shape got its tiles. A
 * search with a memo finds what it finds without (docs/mapper.md says why).
 */
#ifndef QADAM_MAPPER_MEMO_H
#define QADAM_MAPPER_MEMO_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/mapper_list.h"
#include "gen/mapper_tiles.h"
#include "gen/network.h"

enum { MAPPER_TABLE_ROOM = 16, MAPPER_TABLES = 6, MAPPER_NO_BEST = -1 };

/* The best shapes of a strip that are legal on a design with these spads: all that have
 * fewer cycles than `limit`, and of those that are tried with fewer values of p, all with
 * fewer than `less_p` too. */
struct mapper_table {
    unsigned filter_spad, p_count;
    unsigned p[MAPPER_LETTERS]; /* values of p that were tried */
    unsigned count;
    uint64_t limit, less_p;
    struct mapper_candidate shapes[MAPPER_TABLE_ROOM];
};

/* Choices of p and t for `sets` sets side by side that a design's search tries: bit t - 1
 * of has[i], i the index of p. */
struct mapper_members {
    unsigned p_count, p_last, sets;
    uint64_t has[MAPPER_LETTERS];
};

/* Make *memo ready for a search: what is of no use for it is forgotten. */
void mapper_memo_open(struct mapper_memo *memo, const struct hw *hw,
                      const struct layer *l);

/* The sorted strips: none yet if its count is 0. The caller fills it. */
struct mapper_list *mapper_memo_strips(struct mapper_memo *memo);

/* The members for this number of sets and these values of p; `sets` is 0 if the caller is
 * to fill them. */
struct mapper_members *mapper_memo_members(struct mapper_memo *memo, unsigned sets,
                                           const unsigned *p, unsigned p_count);

/* The tables of a strip that are filled, the latest first: table `index`, or NULL when
 * there are no more. */
const struct mapper_table *mapper_memo_table(const struct mapper_memo *memo,
                                             unsigned strip, unsigned index);

/* Room for another table of a strip, in place of the oldest; NULL when memory is out. */
struct mapper_table *mapper_memo_add_table(struct mapper_memo *memo, unsigned strip);

/* The best mapping after *shape has got its tiles, if that is known: *best is what it was
 * before and will be, *id its number (0 for no mapping, MAPPER_NO_BEST for one without a
 * number), `bubbles` of the shape's steps. Returns 1 if it is known. */
int mapper_memo_tiles(struct mapper_memo *memo, const struct mapper_candidate *shape,
                      unsigned bubbles, struct mapper_best *best, int *id);

/* Note that it became *best; *id is the number of what it was before and becomes that of
 * *best. */
void mapper_memo_note(struct mapper_memo *memo, const struct mapper_candidate *shape,
                      unsigned bubbles, const struct mapper_best *best, int *id);

#endif
