/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of models/pareto.c against the definition.
 */
#include <criterion/criterion.h>
#include <stdint.h>

#include "models/pareto.h"

enum { COUNT = 400, OBJECTIVES = 5 };

/* 1 if a is at least as good as b everywhere, and better or earlier. */
static int beats(const double *values, size_t n, size_t a, size_t b) {
    int better = 0;
    for (size_t i = 0; i < n; i++) {
        if (values[a * n + i] > values[b * n + i]) {
            return 0;
        }
        better |= values[a * n + i] < values[b * n + i];
    }
    return better || a < b;
}

/* Random points, on a coarse grid so that values and points are often equal. */
static void expect_front(size_t count, size_t n, unsigned grid, uint32_t seed) {
    static double values[COUNT * OBJECTIVES];
    size_t front[COUNT], found;
    for (size_t i = 0; i < count * n; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (double)((seed >> 16) % grid) - 3;
    }
    cr_assert_eq(pareto_front(values, count, n, front, &found, NULL), 0);
    size_t wanted = 0;
    for (size_t b = 0; b < count; b++) {
        int beaten = 0, listed = 0;
        for (size_t a = 0; a < count && !beaten; a++) {
            beaten = a != b && beats(values, n, a, b);
        }
        for (size_t k = 0; k < found; k++) {
            listed += front[k] == b;
        }
        cr_assert_eq(listed, !beaten, "point %zu of %zu, %zu objectives, grid %u", b,
                     count, n, grid);
        wanted += !beaten;
    }
    cr_expect_eq(found, wanted);
    for (size_t k = 1; k < found; k++) {
        cr_expect_leq(values[front[k - 1] * n], values[front[k] * n]);
    }
}

/* cppcheck-suppress unknownMacro */
Test(pareto, is_what_the_definition_says) {
    static const unsigned grids[] = {2, 5, 30, 60000};
    for (size_t n = 1; n <= OBJECTIVES; n++) {
        for (unsigned g = 0; g < 4; g++) {
            for (uint32_t seed = 1; seed <= 4; seed++) {
                expect_front(seed < 3 ? COUNT : 17, n, grids[g], seed);
            }
        }
    }
}

Test(pareto, of_nothing_is_nothing) {
    size_t found = 7;
    cr_expect_eq(pareto_front(NULL, 0, 2, NULL, &found, NULL), 0);
    cr_expect_eq(found, 0u);
}
