/* SPDX-License-Identifier: Apache-2.0
 *
 * Predictions against the slot-by-slot reference.
 */
#include "tests/perf_cases.h"

#include <stdio.h>
#include <string.h>

#include "gen/command.h"
#include "models/perf.h"
#include "tests/mapper_cases.h"
#include "tests/perf_reference.h"

static int explain(const struct counters *want, const struct counters *got, char *text,
                   size_t size) {
    size_t used = strlen(text);
    for (unsigned k = 0; k < COUNTER_COUNT && used < size; k++) {
        if (want->value[k] != got->value[k]) {
            const int n = snprintf(text + used, size - used, "; %s %llu, want %llu",
                                   counter_name(k), (unsigned long long)got->value[k],
                                   (unsigned long long)want->value[k]);
            used += n > 0 ? (size_t)n : 0;
        }
    }
    return -1;
}

int perf_case_compare(const struct hw *hw, const struct layer *l, const struct mapping *m,
                      unsigned latency, char *text, size_t size) {
    struct command_list list;
    struct counters want, got;
    struct error err = {"", 0, 0, ""};
    (void)case_text(hw, l, m, text, size);
    const size_t used = strlen(text);
    (void)snprintf(text + used, size - used, "; dram %u latency %u",
                   hw->design.dram_bytes_per_cycle, latency);
    if (command_list_build(hw, l, m, 0, &list, &err)) {
        struct error again = {"", 0, 0, ""}; /* both must refuse */
        return perf_predict(hw, l, m, latency, &got, &again) == 0 ||
                       strcmp(err.text, again.text) != 0
                   ? -1
                   : 0;
    }
    int status = perf_reference(hw, &list, latency, &want, &err);
    command_list_close(&list);
    if (status || perf_predict(hw, l, m, latency, &got, &err)) {
        (void)snprintf(text, size, "%s", err.text);
        return -1;
    }
    return memcmp(&want, &got, sizeof want) == 0 ? 0 : explain(&want, &got, text, size);
}

enum family {
    ANY,
    TINY,
    SLOW_MEMORY,
    NARROW,
    ONE_PE,
    SMALL,
    LONG,
    CHANNELS,
    MAPPED,
    FAMILIES
};

static struct hw draw_design(struct prng *g, enum family family) {
    struct hw hw = case_random_design(g);
    const struct design *d = &hw.design;
    if (family == ONE_PE || family == SMALL || family == NARROW) {
        const unsigned spads[3] = {2 + (unsigned)prng_below(g, family == SMALL ? 8 : 60),
                                   16 + (unsigned)prng_below(g, 40),
                                   1 + (unsigned)prng_below(g, family == SMALL ? 3 : 32)};
        const unsigned words =
            family == SMALL ? 64 + (unsigned)prng_below(g, 200) : hw.glb_words;
        hw = case_design(family == ONE_PE ? 1 : d->rows, family == ONE_PE ? 1 : d->cols,
                         spads, words, family == NARROW ? 16 : d->bus_bits);
    } else if (family == LONG || family == CHANNELS) {
        const unsigned spads[3] = {12 + (unsigned)prng_below(g, 20),
                                   100 + (unsigned)prng_below(g, 200),
                                   16 + (unsigned)prng_below(g, 16)};
        hw = case_design(4 + (unsigned)prng_below(g, 13), 4 + (unsigned)prng_below(g, 13),
                         spads, 4096u << prng_below(g, 4), 64u << prng_below(g, 2));
        hw.design.dram_bytes_per_cycle >>= prng_below(g, 4);
    }
    if (family == SLOW_MEMORY) {
        hw.design.dram_bytes_per_cycle = 1;
    }
    return hw;
}

static struct layer draw_layer(struct prng *g, enum family family) {
    if (family == CHANNELS) {
        struct layer l = case_conv(300 + (unsigned)prng_below(g, 3000), 1,
                                   1 + (unsigned)prng_below(g, 64), 1, 1, 0);
        l.op = OP_FC;
        l.w = l.f = 1 + (unsigned)prng_below(g, 2);
        return l;
    }
    if (family != LONG) {
        return case_random_layer(g, family == TINY ? 2000 : 200000);
    }
    const unsigned r = 1 + 2 * (unsigned)prng_below(g, 3);
    const unsigned size = r + (unsigned)prng_below(g, 60);
    return case_conv(1 + (unsigned)prng_below(g, 256), size,
                     1 + (unsigned)prng_below(g, 256), r,
                     prng_below(g, 4) ? 1 : 1 + (unsigned)prng_below(g, 2),
                     prng_below(g, 2) ? r / 2 : 0);
}

int perf_case_random(uint64_t seed, uint64_t number, char *text, size_t size) {
    static const unsigned latencies[8] = {1, 2, 7, 64, 64, 64, 300, 2000};
    struct prng g = prng_make(seed, "perf", number);
    const enum family family = (enum family)(number % FAMILIES);
    const struct hw hw = draw_design(&g, family);
    const struct layer l = draw_layer(&g, family);
    struct mapping m;
    text[0] = '\0';
    /* the mapper takes a while; its choices are one in sixteen */
    if (family == MAPPED && number / FAMILIES % 2
            ? mapping_search(&hw, &l, &m, NULL)
            : case_random_mapping(&g, &hw, &l, &m)) {
        return 1;
    }
    struct mapping_loops n;
    const struct layer view = mapping_view(&l, &m);
    mapping_loops(&view, &m, &n);
    if (n.steps * (m.m / (m.p * m.t)) * m.f > 400000) { /* slots of the reference */
        return 1;
    }
    return perf_case_compare(&hw, &l, &m, latencies[prng_below(&g, 8)], text, size);
}
