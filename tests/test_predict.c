/* SPDX-License-Identifier: Apache-2.0
 *
 * Prediction of whole layers: what is remembered, sums, limits, and extreme designs.
 */
#include "models/predict.h"

#include <criterion/criterion.h>
#include <string.h>

#include "models/perf.h"
#include "tests/mapper_cases.h"
#include "tests/perf_cases.h"
#include "verif/tensor.h"

static struct hw small_design(void) {
    const unsigned spads[3] = {24, 100, 8};
    return case_design(4, 4, spads, 2048, 64);
}

static void predict(struct predictor *p, const struct layer *l, struct counters *out) {
    struct mapping m;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(predictor_layer(p, l, &m, out, &err), 0, "%s", err.text);
}

/* Layers of one shape get the same counters, whatever their names; other shapes, other
 * designs and other memories get their own. */
Test(predict, remembers_shapes) {
    const struct hw hw = small_design();
    struct hw wide = hw;
    struct predictor *p = predictor_new();
    struct layer l = case_conv(4, 8, 4, 3, 1, 1), twin = l, other = l;
    struct counters a, b, c, alone;
    struct mapping m;
    wide.design.dram_bytes_per_cycle = 1;
    strcpy(twin.name, "twin");
    other.m = 5;
    cr_assert_not_null(p);
    predictor_start(p, &hw, 64);
    predict(p, &l, &a);
    predict(p, &twin, &b);
    predict(p, &other, &c);
    cr_assert_eq(memcmp(&a, &b, sizeof a), 0);
    cr_assert_neq(memcmp(&a, &c, sizeof a), 0);
    predict(p, &l, &b);
    cr_assert_eq(memcmp(&a, &b, sizeof a), 0);
    predictor_start(p, &hw, 300);
    predict(p, &l, &b);
    cr_assert_gt(b.value[CNT_CYCLES], a.value[CNT_CYCLES]);
    predictor_start(p, &wide, 64);
    predict(p, &l, &b);
    cr_assert_gt(b.value[CNT_CYCLES], a.value[CNT_CYCLES]);
    cr_assert_eq(predict_layer(&wide, &l, 64, &m, &alone, NULL), 0);
    cr_assert_eq(memcmp(&alone, &b, sizeof b), 0);
    predictor_free(p);
}

/* More shapes than are remembered: the first ones are predicted again, the same. */
Test(predict, forgets_the_oldest) {
    const struct hw hw = small_design();
    struct predictor *p = predictor_new();
    struct counters first, again;
    cr_assert_not_null(p);
    predictor_start(p, &hw, 64);
    for (unsigned i = 0; i < 600; i++) {
        const struct layer l = case_conv(1 + i % 2, 2 + i / 100, 1 + i / 2 % 50, 1, 1, 0);
        predict(p, &l, i == 0 ? &first : &again);
    }
    const struct layer l = case_conv(1, 2, 1, 1, 1, 0);
    predict(p, &l, &again);
    cr_assert_eq(memcmp(&first, &again, sizeof first), 0);
    predictor_free(p);
}

/* Channel groups are summed. */
Test(predict, groups) {
    const struct hw hw = small_design();
    struct layer l = case_conv(8, 8, 4, 3, 1, 1);
    struct mapping m;
    struct counters whole, part;
    l.groups = 2;
    cr_assert_eq(predict_layer(&hw, &l, 64, &m, &whole, NULL), 0);
    const struct layer one = tensor_group_layer(&l);
    cr_assert_eq(predict_layer(&hw, &one, 64, &m, &part, NULL), 0);
    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        cr_assert_eq(whole.value[i], 2 * part.value[i], "%s", counter_name(i));
    }
}

/* Sums of counters end at 2^62. */
Test(predict, sums_fit) {
    struct counters sum = {{0}}, more = {{0}};
    const uint64_t limit = UINT64_C(1) << 62;
    more.value[CNT_MACS] = 1u << 31;
    cr_assert(counters_fit(&sum, &more, 1u << 31));
    cr_assert(!counters_fit(&sum, &more, (1u << 31) + 1u));
    sum.value[CNT_MACS] = limit - more.value[CNT_MACS];
    cr_assert(counters_fit(&sum, &more, 1));
    sum.value[CNT_MACS]++;
    cr_assert(!counters_fit(&sum, &more, 1));
    cr_assert(!counters_fit(&sum, &more, UINT64_MAX));
    sum.value[CNT_MACS] = limit;
    more.value[CNT_MACS] = 0;
    cr_assert(counters_fit(&sum, &more, UINT64_MAX));
    more.value[CNT_AXI_READS] = 1;
    cr_assert(counters_fit(&sum, &more, limit / 64)); /* bytes */
    cr_assert(!counters_fit(&sum, &more, limit / 64 + 1));
}

/* The largest planes on the smallest array: refused at once, with the limit. */
Test(predict, too_large) {
    const unsigned spads[3] = {24, 224, 24};
    struct hw hw = case_design(1, 1, spads, 13824, 64);
    const struct layer l = case_conv(65535, 65535, 65535, 3, 1, 1);
    struct mapping m;
    struct counters out;
    struct error err = {"", 0, 0, ""};
    hw.design.dram_bytes_per_cycle = 1;
    cr_assert_eq(predict_layer(&hw, &l, 64, &m, &out, &err), -1);
    cr_assert_str_eq(err.text,
                     "mapping of case: steps is 2559936466206720, must be 1 to 2097152");
}

/* One PE, one byte per cycle: exact, whatever the spads, the latency and the layer. */
Test(predict, one_pe_one_byte) {
    unsigned equal = 0;
    for (unsigned i = 0; i < 300; i++) {
        struct prng g = prng_make(5, "one_pe_one_byte", i);
        const unsigned spads[3] = {2 + (unsigned)prng_below(&g, 30),
                                   6 + (unsigned)prng_below(&g, 60),
                                   1 + (unsigned)prng_below(&g, 24)};
        const unsigned latency = 1 + (unsigned)prng_below(&g, 200);
        struct hw hw = case_design(1, 1, spads, 512u << prng_below(&g, 4), 64);
        const struct layer l = case_random_layer(&g, 20000);
        struct mapping m;
        hw.design.dram_bytes_per_cycle = 1;
        if (mapping_search(&hw, &l, &m, NULL) == 0) {
            char text[1200];
            cr_assert_eq(perf_case_compare(&hw, &l, &m, latency, text, sizeof text), 0,
                         "%s", text);
            equal++;
        }
    }
    cr_assert_gt(equal, 200);
}
