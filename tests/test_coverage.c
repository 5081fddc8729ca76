/* SPDX-License-Identifier: Apache-2.0
 *
 * Coverage of single runs, without a simulation.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/mapper_cases.h"
#include "verif/coverage.h"
#include "verif/fault.h"

/* Map the layer on a small design and take its situations; counter `counter` counts. */
static struct coverage cover(struct layer l, unsigned counter, struct mapping *m) {
    const unsigned spads[3] = {24, 64, 8};
    struct hw hw = case_design(4, 4, spads, 2048, 64);
    struct error err = {"", 0, 0, ""};
    struct command_list list;
    struct counters counters;
    struct coverage c;
    memset(&c, 0, sizeof c);
    memset(&counters, 0, sizeof counters);
    counters.value[counter] = 7;
    cr_assert_eq(mapping_search(&hw, &l, m, &err), 0, "%s", err.text);
    cr_assert_eq(command_list_build(&hw, &l, m, 3, &list, &err), 0, "%s", err.text);
    const struct coverage_run run = {.hw = &hw,
                                     .l = &l,
                                     .groups = 1,
                                     .mapping = m,
                                     .list = &list,
                                     .counters = &counters,
                                     .requant_shift = 3,
                                     .waits = {0, 5, 0},
                                     .fault = FAULT_WRITE};
    coverage_add_run(&c, &run);
    command_list_close(&list);
    return c;
}

Test(coverage, sees_shape_counters_and_port) {
    struct mapping m;
    struct coverage c = cover(case_conv(6, 9, 5, 3, 1, 1), CNT_WAIT_STORE, &m);
    cr_assert_eq(c.hits[COV_STRIDE_1], 1);
    cr_assert_eq(c.hits[COV_STRIDE_2], 0);
    cr_assert_eq(c.hits[COV_KERNEL_1X1], 0);
    cr_assert_eq(c.hits[COV_EDGE_TOP], 1);
    cr_assert_eq(c.hits[COV_EDGE_RIGHT], 1);
    cr_assert_eq(c.hits[COV_PARTIAL_BLOCK], 1);
    cr_assert_eq(c.hits[COV_SHIFT], 1);
    cr_assert_eq(c.hits[COV_SHIFT_0], 0);
    cr_assert_eq(c.hits[COV_WAIT_STORE], 1);
    cr_assert_eq(c.hits[COV_WAIT_LOAD], 0);
    cr_assert_eq(c.hits[COV_AW_WAITS], 1);
    cr_assert_eq(c.hits[COV_AR_WAITS], 0);
    cr_assert_eq(c.hits[COV_FAULT_WRITE], 1);
    cr_assert_eq(c.hits[COV_FAULT_READ] + c.hits[COV_FAULT_RESET], 0);
}

Test(coverage, sees_folds_and_no_edges) {
    struct mapping m;
    struct coverage c = cover(case_conv(4, 12, 4, 7, 2, 0), CNT_OVERFLOWS, &m);
    cr_assert_eq(c.hits[COV_STRIDE_2], 1);
    cr_assert_eq(c.hits[COV_ROW_FOLD], m.rk * m.d < 7);
    cr_assert_eq(c.hits[COV_POLYPHASE], m.d > 1);
    cr_assert_eq(c.hits[COV_ARRAY_STRIDE], m.a > 1);
    cr_assert_eq(c.hits[COV_EDGE_TOP] + c.hits[COV_EDGE_LEFT], 0);
    cr_assert_eq(c.hits[COV_OVERFLOW], 1);
    cr_assert_eq(c.hits[COV_SHARE_0] + c.hits[COV_SHARE_1], !c.hits[COV_PLAIN]);
}

/* Steps are FIRST and LAST at once exactly when nothing is accumulated in the GLB. */
Test(coverage, sees_first_and_last) {
    struct mapping m;
    struct coverage one = cover(case_conv(1, 4, 2, 1, 1, 0), CNT_BUSY, &m);
    cr_assert_eq(one.hits[COV_FIRST_LAST], 1);
    cr_assert_eq(one.hits[COV_FIRST] + one.hits[COV_MIDDLE] + one.hits[COV_LAST], 0);
    struct coverage many = cover(case_conv(400, 4, 2, 3, 1, 1), CNT_BUSY, &m);
    cr_assert_eq(many.hits[COV_FIRST_LAST], 0);
    cr_assert_eq(many.hits[COV_FIRST] + many.hits[COV_MIDDLE] + many.hits[COV_LAST], 3);
    cr_assert_eq(many.hits[COV_CHANNEL_GROUPS], 1);
    cr_assert_eq(many.hits[COV_FETCH_CHAIN], 1);
    cr_assert_eq(many.hits[COV_FILTER_BANKS] + many.hits[COV_FILTER_MANY], 1);
}

Test(coverage, adds_prints_and_reads_back) {
    struct coverage a, b;
    memset(&a, 0, sizeof a);
    a.hits[COV_RELU] = 2;
    a.hits[COV_W_WAITS] = 1;
    json_t *object = coverage_json(&a);
    cr_assert_eq(json_object_size(object), 2);
    coverage_read(object, &b);
    json_decref(object);
    cr_assert_eq(memcmp(&a, &b, sizeof a), 0);
    coverage_add(&b, &a);
    cr_assert_eq(b.hits[COV_RELU], 4);
    coverage_read(NULL, &b);
    cr_assert_eq(b.hits[COV_RELU], 0);
    FILE *out = tmpfile();
    cr_assert_not_null(out);
    cr_assert_eq(coverage_print(out, &a), COVERAGE_COUNT - 2);
    (void)fclose(out);
    for (unsigned i = 0; i < COVERAGE_COUNT; i++) {
        cr_assert_not_null(coverage_name(i), "%u", i);
        cr_assert_not_null(coverage_meaning(i), "%u", i);
        for (unsigned k = 0; k < i; k++) {
            cr_assert_str_neq(coverage_name(i), coverage_name(k));
        }
    }
}
