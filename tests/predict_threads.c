/* SPDX-License-Identifier: Apache-2.0
 *
 * Predictions do not depend on the number of threads.
 *
 *     predict_threads [--pairs N] [--threads N] [--seed N]
 *
 * Random designs, each with a few random layers: predicted by one thread, pair by pair,
 * then by several at the same time, each with a predictor of its own that goes from
 * design to design. Mappings, counters and errors must be the same. Exit status 1 when
 * any pair differs. Built with -fsanitize=thread it also finds what threads share.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/options.h"
#include "models/predict.h"
#include "tests/mapper_cases.h"

enum { LAYERS = 4, THREADS_MAX = 64, LATENCY = 64 };

static const struct option_spec specs[] = {
    {"pairs", 'p', "N", 0, "pairs of a design and a layer; 400 by default"},
    {"threads", 't', "N", 0, "threads; 4 by default"},
    {"seed", 's', "N", 0, "of everything that is drawn; 1 by default"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "predict_threads", "", 0, "Predictions by several threads at a time.", specs, NULL};

/* A pair, and what came out of it. */
struct pair {
    struct hw hw;
    struct layer layer;
    struct mapping mapping;
    struct counters counters;
    struct error err;
    int status;
};

struct worker {
    pthread_t thread;
    struct pair *pairs; /* borrowed: all pairs; this worker's are first, first + step.. */
    size_t count, first, step;
    int status;
};

static void predict_pair(struct predictor *p, struct pair *x) {
    predictor_start(p, &x->hw, LATENCY);
    x->status = predictor_layer(p, &x->layer, &x->mapping, &x->counters, &x->err);
}

static void *work(void *data) {
    struct worker *w = data;
    struct predictor *p = predictor_new();
    w->status = p ? 0 : -1;
    for (size_t i = w->first; p && i < w->count; i += w->step) {
        predict_pair(p, &w->pairs[i]);
    }
    predictor_free(p);
    return NULL;
}

static void draw(struct pair *pairs, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) {
        struct prng g = prng_make(seed, "threads", i / LAYERS);
        struct prng h = prng_make(seed, "threads layer", i);
        pairs[i].hw = case_random_design(&g);
        pairs[i].layer = case_random_layer(&h, 2000000);
    }
}

/* Predict all pairs by some threads. Returns 0, or -1 with *err set. */
static int predict(struct pair *pairs, size_t count, size_t threads, struct error *err) {
    struct worker workers[THREADS_MAX];
    size_t started = 0;
    int status = 0;
    for (; started < threads && status == 0; started++) {
        workers[started] = (struct worker){
            .pairs = pairs, .count = count, .first = started, .step = threads};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) {
            status = error_set(err, "thread %zu cannot be started", started);
            break;
        }
    }
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        if (workers[i].status) {
            status = error_set(err, "out of memory");
        }
    }
    return status;
}

static int same(const struct pair *a, const struct pair *b) {
    if (a->status != b->status || strcmp(a->err.text, b->err.text) != 0) {
        return 0;
    }
    return a->status || (memcmp(&a->counters, &b->counters, sizeof a->counters) == 0 &&
                         memcmp(&a->mapping, &b->mapping, sizeof a->mapping) == 0);
}

static int compare(const struct pair *one, const struct pair *many, size_t count) {
    size_t failed = 0, mapped = 0;
    for (size_t i = 0; i < count; i++) {
        mapped += one[i].status == 0;
        if (!same(&one[i], &many[i])) {
            failed++;
            (void)printf("pair %zu: differs when threads work side by side\n", i);
        }
    }
    if (mapped == 0) {
        failed++;
        (void)printf("no pair could be predicted\n");
    }
    (void)printf("%zu passed, %zu failed\n", count - failed, failed);
    return failed ? -1 : 0;
}

static int run(const struct options *opts, struct error *err) {
    uint64_t count = 400, threads = 4, seed = 1;
    if (options_u64(opts, "pairs", 1, 100000, &count, err) ||
        options_u64(opts, "threads", 1, THREADS_MAX, &threads, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &seed, err)) {
        return -1;
    }
    struct pair *one = calloc(count, sizeof *one), *many = calloc(count, sizeof *many);
    int status = -1;
    if (!one || !many) {
        (void)error_set(err, "out of memory");
    } else {
        draw(one, count, seed);
        memcpy(many, one, count * sizeof *one);
        status = predict(one, count, 1, err) || predict(many, count, threads, err) ||
                         compare(one, many, count)
                     ? -1
                     : 0;
    }
    free(one);
    free(many);
    return status;
}

int main(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (run(&opts, &err)) {
        if (err.text[0] != '\0') {
            error_print(&err);
        }
        return 1;
    }
    return 0;
}
