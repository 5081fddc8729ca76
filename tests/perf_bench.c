/* SPDX-License-Identifier: Apache-2.0
 *
 * How quick the performance model is.
 *
 *     perf_bench [--designs N] [--layers N] [--network NET] [--seed N]
 *
 * Designs varied around designs/eyeriss_int16.json (rows and columns 8 to 16, spads, GLB
 * 64 to 256 KiB, bus 64 or 128 bits), each with some layers of a network in turn: time of
 * the search for the mapping, and of the exact prediction. Then the time of predictions
 * for planes of growing size. Times are of the processor, not of the wall.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/options.h"
#include "models/perf.h"
#include "tests/mapper_cases.h"
#include "verif/memory.h"
#include "verif/tensor.h"

static const struct option_spec specs[] = {
    {"designs", 'd', "N", 0, "designs; 1000 by default"},
    {"layers", 'l', "N", 0, "layers on each design; 2 by default, 0: all"},
    {"network", 'n', "NET", 0, "network; by default VGG-16, then ResNet-50"},
    {"seed", 's', "N", 0, "of the designs; 1 by default"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "perf_bench", "", 0, "How quick the performance model is.", specs, NULL};

struct bench {
    char home[EMIT_PATH_MAX];
    uint64_t designs, layers, seed;
};

static double seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int draw_design(const struct bench *b, uint64_t number, struct hw *hw,
                       struct error *err) {
    char path[EMIT_PATH_MAX];
    struct prng g = prng_make(b->seed, "bench", number);
    if (emit_path(path, sizeof path, err, "%s/designs/eyeriss_int16.json", b->home) ||
        design_load(b->home, path, hw, err)) {
        return -1;
    }
    if (number == 0) { /* the original */
        return 0;
    }
    struct design d = hw->design;
    d.rows = 8 + (unsigned)prng_below(&g, 9);
    d.cols = 8 + (unsigned)prng_below(&g, 9);
    d.ifmap_spad_words = 12 + 4 * (unsigned)prng_below(&g, 7);
    d.filter_spad_words = 128 + 32 * (unsigned)prng_below(&g, 7);
    d.psum_spad_words = 16 + 8 * (unsigned)prng_below(&g, 3);
    d.glb_kib = 64 + 16 * (unsigned)prng_below(&g, 13);
    d.bus_bits = 64u << prng_below(&g, 2);
    return design_derive(b->home, &d, hw, err);
}

struct times {
    double search, predict, worst;
    uint64_t count, refused, steps;
};

static int time_layer(const struct hw *hw, const struct layer *l, struct times *t,
                      struct error *err) {
    struct mapping m;
    struct counters out;
    struct mapping_loops n;
    const double begin = seconds();
    if (mapping_search(hw, l, &m, NULL)) {
        t->refused++;
        return 0;
    }
    const double found = seconds();
    if (perf_predict(hw, l, &m, MEMORY_LATENCY_DEFAULT, &out, err)) {
        return -1;
    }
    const double end = seconds();
    const struct layer view = mapping_view(l, &m);
    mapping_loops(&view, &m, &n);
    t->search += found - begin;
    t->predict += end - found;
    t->worst = end - found > t->worst ? end - found : t->worst;
    t->count++;
    t->steps += n.steps;
    return 0;
}

static int time_network(const struct bench *b, const char *name, struct error *err) {
    struct network net;
    struct times t = {0, 0, 0, 0, 0, 0};
    size_t next = 0;
    if (network_load(b->home, name, &net, err)) {
        return -1;
    }
    int status = net.layer_count ? 0 : -1;
    for (uint64_t d = 0; d < b->designs && status == 0; d++) {
        struct hw hw;
        status = draw_design(b, d, &hw, err);
        const size_t count = b->layers ? (size_t)b->layers : net.layer_count;
        for (size_t i = 0; i < count && status == 0; next++) {
            const struct layer *l = &net.layers[next % net.layer_count];
            i += layer_on_array(l) || b->layers == 0;
            if (layer_on_array(l)) {
                const struct layer part = tensor_group_layer(l);
                status = time_layer(&hw, &part, &t, err);
            }
        }
    }
    const double n = t.count ? (double)t.count : 1;
    (void)printf("%-20s %9llu %9.0f %12.1f %12.1f %12.1f %14.0f\n", name,
                 (unsigned long long)t.count, (double)t.steps / n, 1e6 * t.search / n,
                 1e6 * t.predict / n, 1e6 * t.worst, n / (t.predict > 0 ? t.predict : 1));
    network_close(&net);
    return status;
}

/* 3x3 convolutions of 64 channels on planes of growing size. */
static int time_planes(const struct bench *b, struct error *err) {
    struct hw hw;
    if (draw_design(b, 0, &hw, err)) {
        return -1;
    }
    (void)printf("\n%-20s %9s %12s %12s\n", "plane (64 to 64, 3x3)", "steps", "cycles",
                 "predict us");
    for (unsigned size = 14; size <= 448; size *= 2) {
        const struct layer l = case_conv(64, size, 64, 3, 1, 1);
        struct mapping m;
        struct mapping_loops n;
        struct counters out;
        if (mapping_search(&hw, &l, &m, err)) {
            return -1;
        }
        mapping_loops(&l, &m, &n);
        const double begin = seconds();
        for (unsigned i = 0; i < 20; i++) {
            if (perf_predict(&hw, &l, &m, MEMORY_LATENCY_DEFAULT, &out, err)) {
                return -1;
            }
        }
        (void)printf(
            "%7u x %-11u %9llu %12llu %12.1f\n", size, size, (unsigned long long)n.steps,
            (unsigned long long)out.value[CNT_CYCLES], 1e6 / 20 * (seconds() - begin));
    }
    return 0;
}

static int run(const struct options *opts, struct error *err) {
    struct bench b = {.designs = 1000, .layers = 2, .seed = 1};
    const char *name = options_value(opts, "network");
    if (home_find(b.home, sizeof b.home, err) ||
        options_u64(opts, "designs", 1, 1000000, &b.designs, err) ||
        options_u64(opts, "layers", 0, 1000, &b.layers, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &b.seed, err)) {
        return -1;
    }
    (void)printf("%-20s %9s %9s %12s %12s %12s %14s\n", "network", "layers", "steps",
                 "search us", "predict us", "worst us", "predictions/s");
    if (name) {
        return time_network(&b, name, err);
    }
    return time_network(&b, "vgg16-imagenet", err) ||
                   time_network(&b, "resnet50-imagenet", err) || time_planes(&b, err)
               ? -1
               : 0;
}

int main(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (run(&opts, &err)) {
        error_print(&err);
        return 1;
    }
    return 0;
}
