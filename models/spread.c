/* SPDX-License-Identifier: Apache-2.0
 *
 * Thinning points for plots.
 */
#include "models/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

enum { SLOTS_MIN = 1024 };

static double gain(const struct explore_point *p) {
    return p->value[COLUMN_GOPS_PER_MM2];
}

static double cost(const struct explore_point *p) {
    return p->value[COLUMN_ENERGY];
}

int spread_open(struct spread *s, size_t types, struct error *err) {
    s->type_count = types;
    s->types = calloc(types, sizeof *s->types);
    return s->types ? 0 : error_set(err, "out of memory");
}

void spread_close(struct spread *s) {
    for (size_t i = 0; s->types && i < s->type_count; i++) {
        free(s->types[i].front);
        free(s->types[i].cells);
        free(s->types[i].slots);
    }
    free(s->types);
    memset(s, 0, sizeof *s);
}

/* ---- the front ---- */

/* Add to the front and take out what p dominates; of equal points the first stays. */
static int front_add(struct spread_type *t, const struct explore_point *p,
                     struct error *err) {
    size_t low = 0, high = t->front_count; /* low: the first with less gain than p */
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (gain(&t->front[middle]) >= gain(p)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0 && cost(&t->front[low - 1]) <= cost(p)) {
        return 0;
    }
    size_t end = low;
    while (end < t->front_count && cost(&t->front[end]) >= cost(p)) {
        end++;
    }
    const int equal = low > 0 && gain(&t->front[low - 1]) == gain(p); /* costs more */
    low -= (size_t)equal;
    if (t->front_count == t->front_room) {
        const size_t room = 2 * t->front_room + 16;
        struct explore_point *more = realloc(t->front, room * sizeof *more);
        if (!more) {
            return error_set(err, "out of memory");
        }
        t->front = more;
        t->front_room = room;
    }
    memmove(&t->front[low + 1], &t->front[end], (t->front_count - end) * sizeof *p);
    t->front[low] = *p;
    t->front_count = low + 1 + (t->front_count - end);
    return 0;
}

/* ---- cells ---- */

static int32_t cell_of(double value) {
    const double k = floor(log(value) / log(SPREAD_CELL));
    return isfinite(k) ? (int32_t)k : INT32_MIN;
}

/* The slot of a cell, or the free one where it would be. */
static size_t *find_slot(const struct spread_type *t, const int32_t *at) {
    size_t i = (size_t)emit_fnv(EMIT_FNV_START, at, 2 * sizeof *at);
    for (;; i++) {
        size_t *slot = &t->slots[i & (t->slot_count - 1)];
        if (*slot == 0 || memcmp(t->cells[*slot - 1].at, at, 2 * sizeof *at) == 0) {
            return slot;
        }
    }
}

/* Room for one more cell: twice the slots when half of them are taken. */
static int grow_cells(struct spread_type *t, struct error *err) {
    if (2 * t->cell_count < t->slot_count) {
        return 0;
    }
    const size_t count = t->slot_count ? 2 * t->slot_count : SLOTS_MIN;
    struct spread_cell *cells = realloc(t->cells, count / 2 * sizeof *cells);
    if (!cells) {
        return error_set(err, "out of memory");
    }
    t->cells = cells;
    size_t *slots = calloc(count, sizeof *slots);
    if (!slots) {
        return error_set(err, "out of memory");
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = count;
    for (size_t i = 0; i < t->cell_count; i++) {
        *find_slot(t, cells[i].at) = i + 1;
    }
    return 0;
}

static int cell_add(struct spread_type *t, const struct explore_point *p,
                    struct error *err) {
    const int32_t at[2] = {cell_of(gain(p)), cell_of(cost(p))};
    if (grow_cells(t, err)) {
        return -1;
    }
    size_t *slot = find_slot(t, at);
    if (*slot == 0) {
        *slot = ++t->cell_count;
        t->cells[*slot - 1] = (struct spread_cell){{at[0], at[1]}, 0, *p};
    }
    struct spread_cell *c = &t->cells[*slot - 1];
    c->points++;
    if (gain(p) * cost(&c->point) > gain(&c->point) * cost(p)) {
        c->point = *p;
    }
    return 0;
}

int spread_add(struct spread *s, size_t type, const struct explore_point *p,
               struct error *err) {
    struct spread_type *t = &s->types[type];
    if (t->points == 0 || gain(p) < gain(&t->worst[0])) {
        t->worst[0] = *p;
    }
    if (t->points == 0 || cost(p) > cost(&t->worst[1])) {
        t->worst[1] = *p;
    }
    t->points++;
    return front_add(t, p, err) || cell_add(t, p, err) ? -1 : 0;
}
