/* SPDX-License-Identifier: Apache-2.0
 *
 * Random designs and layers: RTL built with Verilator, every output word checked.
 *
 *     random_pairs [--designs N] [--layers N] [--seed N] [--stall-seed N] [-j N]
 *                  [--design D [--layer L]] [--vcd FILE]
 *
 * The layers of a design run one after the other on the same accelerator, half of them
 * with the mapper's choice and half with any legal mapping. Everything depends on
 * the seeds and the two numbers D and L only. Exit status 1 when any pair fails; for each
 * the command that runs it alone is printed. A pair passes when every output word is
 * right and every counter is as predicted (with stalls: the accesses).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/options.h"
#include "tests/mapper_cases.h"
#include "verif/build.h"
#include "verif/process.h"
#include "verif/report.h"
#include "verif/testbench.h"

enum { LAYERS_MAX = 64, TEXT_SIZE = 320, TRIES = 300 };

static const struct option_spec specs[] = {
    {"designs", 'd', "N", 0, "designs to draw; 20 by default"},
    {"layers", 'l', "N", 0, "layers on each design; 10 by default"},
    {"seed", 's', "N", 0, "of everything that is drawn; 1 by default"},
    {"stall-seed", 't', "N", 0, "let memory and host stall at random; 0: never"},
    {"type", 0, "NAME", 0, "PE type of the designs; int16 by default"},
    {"jobs", 'j', "N", 0, "designs at a time; by default all processors"},
    {"design", 0, "D", 0, "only this design, 0 and up"},
    {"layer", 0, "L", 0, "only this layer of it, 0 and up"},
    {"vcd", 0, "FILE", 0, "write waves as VCD (with --design and --layer)"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "random_pairs", "",  0, "Random designs and layers against the golden model.",
    specs,          NULL};

struct campaign {
    char home[EMIT_PATH_MAX];
    uint64_t designs, layers, seed, stall_seed, jobs;
    uint64_t only_design, only_layer; /* UINT64_MAX = all */
    const char *vcd, *type;
    unsigned first; /* number of the first design */
    uint64_t pairs, failed;
};

/* What a child hands back about one design. */
struct outcome {
    char design[TEXT_SIZE];
    struct error error; /* of the whole design */
    unsigned count, refused;
    struct {
        unsigned number;
        int mapped; /* 1: the mapper's choice, 0: a random mapping */
        char text[TEXT_SIZE];
        struct bench_result result;
    } pair[LAYERS_MAX];
};

/* A number from 1 to max, small ones more often. */
static unsigned small_first(struct prng *g, unsigned max) {
    return 1 + (unsigned)prng_below(g, 1 + prng_below(g, max));
}

static int draw_design(const struct campaign *c, unsigned number, struct hw *hw,
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
        if (design_derive(c->home, &d, hw, NULL) == 0) {
            return 0;
        }
    }
    return error_set(err, "no legal design in %d draws", TRIES);
}

/* Draw a layer that fits the design, and its mapping. Returns the number of layers that
 * were refused before it, -1 if none fits. */
static int draw_layer(const struct campaign *c, unsigned number, unsigned index,
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
static void run_pair(const struct campaign *c, unsigned number, unsigned index,
                     const struct hw *hw, const struct sim_api *api, struct bench *bench,
                     struct outcome *out) {
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
    (void)case_text(hw, &l, &m, out->pair[out->count].text, TEXT_SIZE);
    out->count++;
    if (bench->host.sim == NULL) {
        static const unsigned latencies[4] = {1, 7, 64, 300};
        const struct bench_options options = {
            .seed = c->seed + number,
            .stall_seed = c->stall_seed ? c->stall_seed + number : 0,
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

static void work(void *context, unsigned job, void *result) {
    const struct campaign *c = context;
    struct outcome *out = result;
    const unsigned number = c->first + job;
    char path[EMIT_PATH_MAX];
    struct hw hw;
    struct sim_library lib = {NULL, NULL};
    struct bench bench;
    const struct build_options build = {c->vcd ? BUILD_VCD : BUILD_NO_TRACE, 1, 1, NULL};
    memset(&bench, 0, sizeof bench);
    if (draw_design(c, number, &hw, &out->error)) {
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

/* Print what came out of one pair. */
static void report_pair(struct campaign *c, unsigned number, unsigned index, int mapped,
                        const char *text, const struct bench_result *r) {
    const int failed = r->error.text[0] != '\0' || r->mismatches != 0;
    (void)printf("%s %u.%u %s: cycles %llu predicted %llu outputs %llu mismatches %llu; "
                 "%s\n",
                 failed ? "FAIL" : "pass", number, index, mapped ? "mapped" : "random",
                 (unsigned long long)r->counters.value[CNT_CYCLES],
                 (unsigned long long)r->predicted_cycles, (unsigned long long)r->outputs,
                 (unsigned long long)r->mismatches, text);
    if (failed) {
        (void)printf("  %s\n", r->error.text);
        report_failure(stdout, r);
        (void)printf("  again: build/tests/random_pairs --seed %llu --stall-seed %llu "
                     "--design %u --layer %u\n",
                     (unsigned long long)c->seed, (unsigned long long)c->stall_seed,
                     number, index);
    }
    c->pairs++;
    c->failed += failed ? 1 : 0;
}

static int done(void *context, unsigned job, const void *result, int status) {
    struct campaign *c = context;
    const struct outcome *out = result;
    const unsigned number = c->first + job;
    (void)printf("design %u (%u layers refused): %s\n", number, out->refused,
                 out->design);
    if (status != 0 || out->error.text[0] != '\0') {
        struct error err = out->error;
        (void)error_set(&err, "design %u: ended by signal %d", number, status);
        error_print(&err);
        c->pairs++;
        c->failed++;
    }
    for (unsigned i = 0; i < out->count; i++) {
        report_pair(c, number, out->pair[i].number, out->pair[i].mapped,
                    out->pair[i].text, &out->pair[i].result);
    }
    (void)fflush(stdout);
    return 0;
}

static int read_options(struct campaign *c, const struct options *opts,
                        struct error *err) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *c = (struct campaign){.designs = 20,
                           .layers = 10,
                           .seed = 1,
                           .jobs = processors > 0 ? (uint64_t)processors : 1,
                           .only_design = UINT64_MAX,
                           .only_layer = UINT64_MAX,
                           .vcd = options_value(opts, "vcd"),
                           .type = options_value(opts, "type")};
    c->type = c->type ? c->type : "int16";
    if (options_u64(opts, "designs", 1, 10000, &c->designs, err) ||
        options_u64(opts, "layers", 1, LAYERS_MAX, &c->layers, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &c->seed, err) ||
        options_u64(opts, "stall-seed", 0, INT64_MAX, &c->stall_seed, err) ||
        options_u64(opts, "jobs", 1, 256, &c->jobs, err) ||
        options_u64(opts, "design", 0, 9999, &c->only_design, err) ||
        options_u64(opts, "layer", 0, LAYERS_MAX - 1, &c->only_layer, err)) {
        return -1;
    }
    if (c->only_design != UINT64_MAX) {
        c->first = (unsigned)c->only_design;
        c->designs = 1;
    }
    if (c->only_layer != UINT64_MAX && c->only_layer >= c->layers) {
        c->layers = c->only_layer + 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    struct options opts;
    struct campaign c;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (read_options(&c, &opts, &err)) {
        error_print(&err);
        return OPTIONS_ERROR;
    }
    const struct process_pool pool = {
        (unsigned)c.designs, (unsigned)c.jobs, sizeof(struct outcome), work, done, &c};
    if (home_find(c.home, sizeof c.home, &err) || process_pool_run(&pool, &err)) {
        error_print(&err);
        return 1;
    }
    (void)printf("%llu passed, %llu failed\n", (unsigned long long)(c.pairs - c.failed),
                 (unsigned long long)c.failed);
    return c.failed != 0;
}
