/* SPDX-License-Identifier: Apache-2.0
 *
 * How quick mapping search and performance model are, on one core.
 *
 *     perf_bench [--designs N] [--network NET] [--seed N] [--growth FILE]
 *
 * Designs varied around designs/eyeriss_int16.json (rows and columns 8 to 16, spads, GLB
 * 64 to 256 KiB, bus 64 or 128 bits), each with all array layers of a network. Distinct
 * evaluations are those of layers that differ; as asked are all, as `qadam predict` and
 * libqadam evaluate them: what is equal is evaluated once for each design. The search for
 * the mapping is in every figure. --growth writes instead how the time of an evaluation
 * grows with the plane, the channels and the array, as CSV. Times are of the processor,
 * not of the wall.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/options.h"
#include "models/perf.h"
#include "models/predict.h"
#include "tests/mapper_cases.h"
#include "verif/memory.h"
#include "verif/tensor.h"

enum { GROWTH_DESIGNS = 40, GROWTH_RUNS = 3 };

static const struct option_spec specs[] = {
    {"designs", 'd', "N", 0, "designs; 1000 by default"},
    {"network", 'n', "NET", 0, "network; by default VGG-16, then ResNet-50"},
    {"seed", 's', "N", 0, "of the designs; 1 by default"},
    {"growth", 'g', "FILE", 0, "write how the time grows, as CSV"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "perf_bench", "",  0, "How quick mapping search and performance model are.",
    specs,        NULL};

struct bench {
    char home[EMIT_PATH_MAX];
    uint64_t designs, seed;
};

static double seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Design `number`; a size other than 0 is that of a square array. */
static int draw_design(const struct bench *b, uint64_t number, unsigned size,
                       struct hw *hw, struct error *err) {
    char path[EMIT_PATH_MAX];
    struct prng g = prng_make(b->seed, "bench", number);
    if (emit_path(path, sizeof path, err, "%s/designs/eyeriss_int16.json", b->home) ||
        design_load(b->home, path, hw, err)) {
        return -1;
    }
    struct design d = hw->design;
    if (number > 0) { /* else the original */
        d.rows = 8 + (unsigned)prng_below(&g, 9);
        d.cols = 8 + (unsigned)prng_below(&g, 9);
        d.ifmap_spad_words = 12 + 4 * (unsigned)prng_below(&g, 7);
        d.filter_spad_words = 128 + 32 * (unsigned)prng_below(&g, 7);
        d.psum_spad_words = 16 + 8 * (unsigned)prng_below(&g, 3);
        d.glb_kib = 64 + 16 * (unsigned)prng_below(&g, 13);
        d.bus_bits = 64u << prng_below(&g, 2);
    }
    d.rows = size ? size : d.rows;
    d.cols = size ? size : d.cols;
    return design_derive(b->home, &d, hw, err);
}

/* ---- Networks ---- */

struct times {
    double search, predict, worst; /* of distinct layers, seconds */
    double asked_s;
    uint64_t distinct, asked, refused, steps;
};

static int time_layer(struct perf *work, const struct hw *hw, const struct layer *l,
                      struct times *t, struct error *err) {
    struct mapping m;
    struct counters out;
    struct mapping_loops n;
    const double begin = seconds();
    if (mapping_search(hw, l, &m, NULL)) {
        t->refused++;
        return 0;
    }
    const double found = seconds();
    if (perf_predict_in(work, hw, l, &m, MEMORY_LATENCY_DEFAULT, &out, err)) {
        return -1;
    }
    const double end = seconds();
    const struct layer view = mapping_view(l, &m);
    mapping_loops(&view, &m, &n);
    t->search += found - begin;
    t->predict += end - found;
    t->worst = end - begin > t->worst ? end - begin : t->worst;
    t->distinct++;
    t->steps += n.steps;
    return 0;
}

static int same_shape(const struct layer *a, const struct layer *b) {
    return a->op == b->op && a->c == b->c && a->h == b->h && a->w == b->w &&
           a->m == b->m && a->e == b->e && a->f == b->f && a->r == b->r && a->s == b->s &&
           a->u == b->u && a->pad == b->pad && a->groups == b->groups;
}

/* Whether a layer is for the array and none before it has its shape. */
static int is_new(const struct network *net, size_t layer) {
    for (size_t i = 0; i < layer; i++) {
        if (same_shape(&net->layers[i], &net->layers[layer])) {
            return 0;
        }
    }
    return layer_on_array(&net->layers[layer]);
}

/* The layers of a network that differ, one by one. */
static int time_distinct(struct perf *work, const struct hw *hw,
                         const struct network *net, struct times *t, struct error *err) {
    for (size_t i = 0; i < net->layer_count; i++) {
        if (is_new(net, i)) {
            const struct layer part = tensor_group_layer(&net->layers[i]);
            if (time_layer(work, hw, &part, t, err)) {
                return -1;
            }
        }
    }
    return 0;
}

/* All layers of a network. */
static void time_asked(struct predictor *p, const struct hw *hw,
                       const struct network *net, struct times *t) {
    struct mapping m;
    struct counters out;
    const double begin = seconds();
    predictor_start(p, hw, MEMORY_LATENCY_DEFAULT);
    for (size_t i = 0; i < net->layer_count; i++) {
        if (layer_on_array(&net->layers[i])) {
            t->asked += predictor_layer(p, &net->layers[i], &m, &out, NULL) == 0;
        }
    }
    t->asked_s += seconds() - begin;
}

static void print_times(const char *name, const struct times *t) {
    const double n = t->distinct ? (double)t->distinct : 1;
    const double alone = t->search + t->predict;
    (void)printf("%-18s %7llu %7llu %6.0f %7.1f %8.1f %8.1f %8.0f %8.1f %8.0f\n", name,
                 (unsigned long long)t->asked, (unsigned long long)t->distinct,
                 (double)t->steps / n, 1e6 * t->search / n, 1e6 * t->predict / n,
                 1e6 * t->worst, n / (alone > 0 ? alone : 1),
                 1e6 * t->asked_s / (t->asked ? (double)t->asked : 1),
                 (double)t->asked / (t->asked_s > 0 ? t->asked_s : 1));
    if (t->refused) {
        (void)printf("%llu without a mapping\n", (unsigned long long)t->refused);
    }
}

static int time_network(const struct bench *b, const char *name, struct error *err) {
    struct network net;
    struct times t = {0};
    if (network_load(b->home, name, &net, err)) {
        return -1;
    }
    struct perf *work = perf_work_new();
    struct predictor *p = predictor_new();
    int status = work && p ? 0 : error_set(err, "out of memory");
    for (uint64_t d = 0; d < b->designs && status == 0; d++) {
        struct hw hw;
        status =
            draw_design(b, d, 0, &hw, err) || time_distinct(work, &hw, &net, &t, err);
        if (status == 0) {
            time_asked(p, &hw, &net, &t);
        }
    }
    if (status == 0) {
        print_times(name, &t);
    }
    predictor_free(p);
    perf_work_free(work);
    network_close(&net);
    return status ? -1 : 0;
}

static int time_networks(const struct bench *b, const char *name, struct error *err) {
    (void)printf("%-18s %7s %7s %6s %7s %8s %8s %8s %8s %8s\n", "", "layers", "", "",
                 "search", "predict", "worst", "distinct", "asked", "asked");
    (void)printf("%-18s %7s %7s %6s %7s %8s %8s %8s %8s %8s\n", "network", "asked",
                 "distinct", "steps", "us", "us", "us", "per s", "us", "per s");
    if (name) {
        return time_network(b, name, err);
    }
    return time_network(b, "vgg16-imagenet", err) ||
                   time_network(b, "resnet50-imagenet", err)
               ? -1
               : 0;
}

/* ---- Growth ---- */

/* One size of something: the mean over some designs, of each the quickest of some runs,
 * since other programs only ever make a run slower. */
static int grow(const struct bench *b, const char *what, unsigned size, unsigned array,
                const struct layer *l, struct emit *csv, struct error *err) {
    struct times sum = {0};
    struct perf *work = perf_work_new();
    int status = work ? 0 : error_set(err, "out of memory");
    for (uint64_t d = 0; d < GROWTH_DESIGNS && status == 0; d++) {
        struct times best = {0};
        struct hw hw;
        status = draw_design(b, d, array, &hw, err);
        for (unsigned i = 0; i < GROWTH_RUNS && status == 0; i++) {
            struct times t = {0};
            status = time_layer(work, &hw, l, &t, err);
            best.steps = t.steps;
            best.distinct = t.distinct;
            best.search = i && best.search < t.search ? best.search : t.search;
            best.predict = i && best.predict < t.predict ? best.predict : t.predict;
        }
        sum.search += best.search;
        sum.predict += best.predict;
        sum.steps += best.steps;
        sum.distinct += best.distinct;
    }
    const double n = sum.distinct ? (double)sum.distinct : 1;
    if (status == 0) {
        emit(csv, "%s,%u,%llu,%.0f,%.1f,%.1f\n", what, size,
             (unsigned long long)sum.distinct, (double)sum.steps / n,
             1e6 * sum.search / n, 1e6 * sum.predict / n);
    }
    perf_work_free(work);
    return status;
}

static int write_growth(const struct bench *b, struct emit *csv, struct error *err) {
    int status = 0;
    emit(csv, "growth,size,designs,steps,search_us,predict_us\n");
    for (unsigned size = 14; size <= 448 && status == 0; size *= 2) {
        const struct layer l = case_conv(64, size, 64, 3, 1, 1);
        status = grow(b, "plane", size, 0, &l, csv, err);
    }
    for (unsigned c = 16; c <= 1024 && status == 0; c *= 2) {
        const struct layer l = case_conv(c, 28, c, 3, 1, 1);
        status = grow(b, "channels", c, 0, &l, csv, err);
    }
    for (unsigned size = 4; size <= 64 && status == 0; size *= 2) {
        const struct layer l = case_conv(256, 28, 256, 3, 1, 1);
        status = grow(b, "array", size, size, &l, csv, err);
    }
    return status;
}

static int run(const struct options *opts, struct error *err) {
    struct bench b = {.designs = 1000, .seed = 1};
    const char *growth = options_value(opts, "growth");
    struct emit csv;
    if (home_find(b.home, sizeof b.home, err) ||
        options_u64(opts, "designs", 1, 1000000, &b.designs, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &b.seed, err)) {
        return -1;
    }
    if (!growth) {
        return time_networks(&b, options_value(opts, "network"), err);
    }
    if (emit_open(&csv, growth, err)) {
        return -1;
    }
    if (write_growth(&b, &csv, err)) {
        emit_abandon(&csv);
        return -1;
    }
    return emit_close(&csv, err);
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
