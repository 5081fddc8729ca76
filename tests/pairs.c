/* SPDX-License-Identifier: Apache-2.0
 *
 * Random designs, layers and mappings, run on the RTL.
 */
#include "tests/pairs.h"

#include <stdio.h>
#include <string.h>

#include "tests/mapper_cases.h"
#include "verif/build.h"

enum { TRIES = 300 };

/* A number from 1 to max, small ones more often. */
static unsigned small_first(struct prng *g, unsigned max) {
    return 1 + (unsigned)prng_below(g, 1 + prng_below(g, max));
}

int pairs_design(const struct pairs *c, unsigned number, struct hw *hw,
                 struct error *err) {
    struct prng g = prng_make(c->seed, "design", number);
    for (unsigned i = 0; i < TRIES; i++) {
        struct design d;
        struct pe_type type;
        memset(&d, 0, sizeof d);
        (void)snprintf(d.name, sizeof d.name, "random_%u", number);
        (void)snprintf(d.pe_type, sizeof d.pe_type, "%s", c->type);
        if (pe_type_load(c->home, d.pe_type, &type, err)) {
            return -1;
        }
        d.rows = 1 + (unsigned)prng_below(&g, 16);
        d.cols = 1 + (unsigned)prng_below(&g, 16);
        d.ifmap_spad_words = 1 + small_first(&g, 60);
        d.filter_spad_words = 15 + small_first(&g, 300);
        d.psum_spad_words = small_first(&g, 40);
        d.glb_kib = small_first(&g, 64);
        d.bus_bits = 32u << prng_below(&g, 3);
        unsigned max = d.bus_bits < 64 ? d.bus_bits : 64, min = type.psum_bits_min;
        d.psum_bits = prng_below(&g, 2) || max < min
                          ? type.psum_bits_default
                          : min + (unsigned)prng_below(&g, max - min + 1);
        do {
            d.dram_bytes_per_cycle = 1u << prng_below(&g, 5);
        } while (d.dram_bytes_per_cycle > d.bus_bits / 8);
        (void)snprintf(d.spad_style, sizeof d.spad_style,
                       prng_below(&g, 2) ? "latch" : "flop");
        /* a filter spad that one weight beside a bus word overfills takes no layer */
        if (design_derive(c->home, &d, hw, NULL) == 0 &&
            d.filter_spad_words > hw->weight_lanes) {
            return 0;
        }
    }
    return error_set(err, "no legal design in %d draws", TRIES);
}

/* Draw a layer that fits the design, and its mapping. Returns the number of layers that
 * were refused before it, -1 if none fits. */
static int draw_layer(const struct pairs *c, unsigned number, unsigned index,
                      const struct hw *hw, struct layer *l, struct mapping *m,
                      int mapped) {
    struct prng g = prng_make(c->seed, "layer", (uint64_t)number << 32 | index);
    const uint64_t max_macs = 20000 + 6000ull * hw->design.rows * hw->design.cols;
    for (int i = 0; i < TRIES; i++) {
        *l = case_random_layer(&g, max_macs);
        (void)snprintf(l->name, sizeof l->name, "layer_%u_%u", number, index);
        if (mapped ? mapping_search(hw, l, m, NULL) == 0
                   : case_random_mapping(&g, hw, l, m) == 0) {
            return i;
        }
    }
    return -1;
}

/* Run one pair; a bench that failed is replaced by a new one. */
static void run_pair(const struct pairs *c, unsigned number, unsigned index,
                     const struct hw *hw, const struct sim_api *api, struct bench *bench,
                     struct pairs_outcome *out) {
    struct layer l;
    struct mapping m;
    struct bench_result *r = &out->pair[out->count].result;
    int mapped = index % 2 == 0;
    int refused = draw_layer(c, number, index, hw, &l, &m, mapped);
    if (refused < 0) {
        return;
    }
    out->refused += (unsigned)refused;
    out->pair[out->count].number = index;
    out->pair[out->count].mapped = mapped;
    (void)case_text(hw, &l, &m, out->pair[out->count].text, PAIRS_TEXT);
    out->count++;
    if (bench->host.sim == NULL) {
        static const unsigned latencies[4] = {1, 7, 64, 300};
        const struct bench_options options = {
            .seed = c->seed + number,
            .stall_seed = c->stall_seed ? c->stall_seed + number : 0,
            .fault_seed = c->fault_seed ? c->fault_seed + number : 0,
            .latency = latencies[number % 4],
            .wave = c->vcd};
        if (bench_init(bench, hw, api, &options, &r->error)) {
            bench_close(bench);
            return;
        }
    }
    bench->options.mapping = &m;
    bench->options.range = index % 3 == 0   ? TENSOR_NORMAL
                           : index % 3 == 1 ? TENSOR_FULL
                                            : TENSOR_SMALL;
    (void)bench_run(bench, &l, r);
    if (r->error.text[0] != '\0') {
        bench_close(bench);
    }
}

void pairs_run(const struct pairs *c, unsigned number, struct pairs_outcome *out) {
    char path[EMIT_PATH_MAX];
    struct hw hw;
    struct sim_library lib = {NULL, NULL};
    struct bench bench;
    const struct build_options build = {c->vcd ? BUILD_VCD : BUILD_NO_TRACE, 1, 1, NULL};
    memset(out, 0, sizeof *out);
    memset(&bench, 0, sizeof bench);
    if (pairs_design(c, number, &hw, &out->error)) {
        return;
    }
    (void)design_canonical(&hw.design, out->design, sizeof out->design);
    if (build_sim(c->home, &hw, &build, path, sizeof path, &out->error) ||
        sim_library_open(&lib, path, &out->error)) {
        return;
    }
    for (unsigned i = 0; i < c->layers; i++) {
        if (c->only_layer == UINT64_MAX || c->only_layer == i) {
            run_pair(c, number, i, &hw, lib.api, &bench, out);
        }
    }
    bench_close(&bench);
    sim_library_close(&lib);
}
