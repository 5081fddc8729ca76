/* SPDX-License-Identifier: Apache-2.0
 *
 * The performance model equals its slot-by-slot reference in every counter. A short
 * version of `make perf-proof`.
 */
#include "models/perf.h"

#include <criterion/criterion.h>

#include "tests/mapper_cases.h"
#include "tests/perf_cases.h"

/* Random designs, layers and mappings of all families. */
Test(perf, random_cases) {
    char text[1200];
    unsigned equal = 0;
    for (unsigned i = 0; i < 1500; i++) {
        const int outcome = perf_case_random(3, i, text, sizeof text);
        cr_assert_geq(outcome, 0, "case %u: %s", i, text);
        equal += outcome == 0;
    }
    cr_assert_gt(equal, 800);
}

/* What cannot be a command list is refused in the same words. */
Test(perf, refusals) {
    const unsigned spads[3] = {24, 100, 8};
    const struct hw hw = case_design(4, 4, spads, 2048, 64);
    const struct layer l = case_conv(4, 8, 4, 3, 1, 1);
    struct counters out;
    struct mapping m;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(mapping_search(&hw, &l, &m, NULL), 0);
    cr_assert_eq(perf_predict(&hw, &l, &m, 64, &out, NULL), 0);
    struct layer wrong = l;
    wrong.op = OP_ADD;
    cr_assert_eq(perf_predict(&hw, &wrong, &m, 64, &out, &err), -1);
    cr_assert_str_eq(err.text,
                     "case is no dense convolution or fc: nothing for the array");
    err.text[0] = '\0';
    m.bubbles = 99;
    cr_assert_eq(perf_predict(&hw, &l, &m, 64, &out, &err), -1);
    cr_assert_neq(err.text[0], '\0');
}
