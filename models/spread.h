/* SPDX-License-Identifier: Apache-2.0
 *
 * The points of a network thinned for plots of performance per area against energy, in
 * bounded memory.
 *
 * For each PE type, kept are
 *   - the front: all points that no other of the type is at least as good as in both;
 *     its ends are the best point of the type in each;
 *   - the worst point in each;
 *   - of every cell of 4 % by 4 % the point with the most performance per area for its
 *     energy, and how many points the cell has.
 */
#ifndef QADAM_SPREAD_H
#define QADAM_SPREAD_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "models/explore_point.h"

#define SPREAD_CELL 1.04 /* upper over lower edge of a cell */

struct spread_cell {
    int32_t at[2];   /* which cell: of performance per area, of energy */
    uint64_t points; /* in it */
    struct explore_point point;
};

struct spread_type {
    uint64_t points;             /* all that were added */
    struct explore_point *front; /* owned; by falling performance per area */
    size_t front_count, front_room;
    struct explore_point worst[2]; /* least performance per area, most energy */
    struct spread_cell *cells;     /* owned; in the order in which they were met */
    size_t cell_count;
    size_t *slots; /* owned; hash table: index of a cell + 1, 0 = free */
    size_t slot_count;
};

struct spread {
    struct spread_type *types; /* owned, [type_count] */
    size_t type_count;
};

/* Returns 0 (end with spread_close), or -1 with *err set: out of memory. */
int spread_open(struct spread *s, size_t types, struct error *err);
void spread_close(struct spread *s);

/* Add a point of a type. Returns 0, or -1 with *err set: out of memory. */
int spread_add(struct spread *s, size_t type, const struct explore_point *p,
               struct error *err);

#endif
