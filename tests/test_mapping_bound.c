/* SPDX-License-Identifier: Apache-2.0
 *
 * What bounds a mapping: against the performance model, and what is said about it.
 */
#include "gen/mapping_bound.h"

#include <criterion/criterion.h>
#include <string.h>

#include "models/perf.h"
#include "tests/mapper_cases.h"

static void predict(const struct hw *hw, const struct layer *l, const struct mapping *m,
                    struct counters *out) {
    struct error err = {0};
    cr_assert_eq(perf_predict(hw, l, m, 64, out, &err), 0, "%s", err.text);
}

/* The MACs' bound is what the model counts as busy, and no bound is above the cycles.
 * Reads are left out: they are bounds of whole tiles, padding included. */
Test(mapping_bound, prediction) {
    unsigned found = 0;
    for (unsigned i = 0; i < 150; i++) {
        struct prng g = prng_make(4, "bounds", i);
        struct hw hw = case_random_design(&g);
        struct layer l = case_random_layer(&g, 300000);
        struct mapping m;
        struct counters counters;
        struct mapping_bounds b;
        char text[400];
        if (mapping_search(&hw, &l, &m, NULL)) {
            continue;
        }
        predict(&hw, &l, &m, &counters);
        const uint64_t cycles = counters.value[CNT_CYCLES];
        mapping_bounds_of(&hw, &l, &m, cycles, &b);
        case_text(&hw, &l, &m, text, sizeof text);
        cr_assert_eq(b.cycles[BOUND_MACS], counters.value[CNT_BUSY], "%s", text);
        cr_assert_leq(b.ideal, b.cycles[BOUND_MACS], "%s", text);
        cr_assert_leq(b.cycles[BOUND_GLB], b.cycles[BOUND_DRAM_READ], "%s", text);
        for (unsigned k = 0; k <= BOUND_DRAM_WRITE; k++) {
            if (k != BOUND_DRAM_READ) {
                cr_assert_leq(b.cycles[k], cycles, "%s of %s", mapping_bound_name(k),
                              text);
            }
        }
        found++;
    }
    cr_assert_gt(found, 100);
}

/* Which bound binds. */
Test(mapping_bound, binding) {
    struct mapping_bounds b = {.cycles = {100, 90, 80, 70, 60, 50, 0, 10}};
    cr_assert_eq(mapping_bounds_binding(&b), BOUND_MACS);
    cr_assert_eq(mapping_bounds_next(&b), BOUND_IFMAP_BUS);
    b.cycles[BOUND_PSUM_BUS] = 110;
    cr_assert_eq(mapping_bounds_binding(&b), BOUND_PSUM_BUS);
    b.cycles[BOUND_DRAM_READ] = 200;
    b.cycles[BOUND_GLB] = 80; /* 120 without the reloads */
    cr_assert_eq(mapping_bounds_binding(&b), BOUND_DRAM_READ);
    b.cycles[BOUND_GLB] = 150;
    cr_assert_eq(mapping_bounds_binding(&b), BOUND_GLB);
    cr_assert_eq(mapping_bounds_next(&b), BOUND_PSUM_BUS);
    b.cycles[BOUND_LATENCY] = 201;
    cr_assert_eq(mapping_bounds_binding(&b), BOUND_LATENCY);
}

/* What would relieve it. */
Test(mapping_bound, relief) {
    static const struct {
        enum mapping_bound bound;
        const char *text;
    } cases[] = {
        {BOUND_MACS, "rows or cols: 16 of 16 PEs"},
        {BOUND_IFMAP_BUS,
         "filter_spad_words for more filters per pass than 4, or bus_bits"},
        {BOUND_FILTER_BUS, "cols for more ofmap rows e in a set, or bus_bits"},
        {BOUND_PSUM_BUS, "more channels in a PE than q = 4, or bus_bits"},
        {BOUND_DRAM_READ, "dram_bytes_per_cycle, now 8, and with it bus_bits"},
        {BOUND_DRAM_WRITE, "dram_bytes_per_cycle, now 8, and with it bus_bits"},
        {BOUND_LATENCY, "nothing in the design"},
    };
    const unsigned spads[3] = {24, 104, 8};
    const struct hw hw = case_design(4, 4, spads, 8192, 64);
    const struct layer l = case_conv(8, 16, 64, 3, 1, 1);
    const struct mapping m = {
        .e = 4, .p = 4, .q = 4, .r = 1, .t = 1, .m = 16, .f = 16, .rk = 4, .sk = 3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mapping_bounds b = {.ideal = 1};
        char text[160];
        b.cycles[cases[i].bound] = 10;
        mapping_bounds_relief(&hw, &l, &m, &b, text, sizeof text);
        cr_assert(strstr(text, cases[i].text), "%s: %s", cases[i].text, text);
    }
}
