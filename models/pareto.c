/* SPDX-License-Identifier: Apache-2.0
 *
 * Pareto fronts by sorting: after sorting by all objectives in turn a point can only be
 * dominated by one before it.
 */
#include "models/pareto.h"

#include <stdlib.h>
#include <string.h>

/* A point to be sorted: qsort has no context. */
struct item {
    const double *value;
    size_t objectives, index;
};

static int by_values(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    for (size_t i = 0; i < x->objectives; i++) {
        if (x->value[i] != y->value[i]) {
            return x->value[i] < y->value[i] ? -1 : 1;
        }
    }
    return (x->index > y->index) - (x->index < y->index);
}

/* The front so far in its last two objectives: y rises, z falls. */
struct stair {
    double y, z;
};

/* How many steps have a y of at most this. */
static size_t steps_up_to(const struct stair *stairs, size_t count, double y) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (stairs[middle].y <= y) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Add the point (y, z) unless a step is at least as good in both. Returns 1 if added. */
static int climb(struct stair *stairs, size_t *count, double y, double z) {
    size_t at = steps_up_to(stairs, *count, y), end = at;
    if (at > 0 && stairs[at - 1].z <= z) {
        return 0;
    }
    if (at > 0 && stairs[at - 1].y == y) {
        at--; /* the same y with a larger z */
    }
    while (end < *count && stairs[end].z >= z) {
        end++; /* steps that the new one is at least as good as */
    }
    memmove(stairs + at + 1, stairs + end, (*count - end) * sizeof *stairs);
    stairs[at] = (struct stair){y, z};
    *count += 1 + at - end;
    return 1;
}

/* 1 if a is at least as good as b in every objective. */
static int covers(const double *a, const double *b, size_t objectives) {
    size_t i = 0;
    while (i < objectives && a[i] <= b[i]) {
        i++;
    }
    return i == objectives;
}

/* Whether sorted point k is on the front, given those before it that are. */
static int is_new(const struct item *items, size_t k, const double *values,
                  const size_t *front, size_t found, struct stair *stairs,
                  size_t *stair_count) {
    const double *v = items[k].value;
    const size_t n = items[k].objectives;
    if (n <= 3) { /* a missing objective is the same for all */
        return climb(stairs, stair_count, n > 1 ? v[1] : 0, n > 2 ? v[2] : 0);
    }
    for (size_t i = 0; i < found; i++) {
        if (covers(values + front[i] * n, v, n)) {
            return 0;
        }
    }
    return 1;
}

int pareto_front(const double *values, size_t count, size_t objectives, size_t *front,
                 size_t *found, struct error *err) {
    struct item *items = calloc(count + 1, sizeof *items);
    struct stair *stairs = calloc(count + 1, sizeof *stairs);
    size_t stair_count = 0;
    *found = 0;
    if (!items || !stairs) {
        free(items);
        free(stairs);
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct item){values + i * objectives, objectives, i};
    }
    qsort(items, count, sizeof *items, by_values);
    for (size_t k = 0; k < count; k++) {
        if (is_new(items, k, values, front, *found, stairs, &stair_count)) {
            front[(*found)++] = items[k].index;
        }
    }
    free(items);
    free(stairs);
    return 0;
}
