/* SPDX-License-Identifier: Apache-2.0
 *
 * The regression: every layer of every network, random designs and layers, in RTL.
 *
 *     regress [--list FILE]... [--set NAME]... [-o DIR] [-j N] [--only ID] [--again]
 *
 * Each case leaves a result file in DIR, written when it is complete. An interrupted run
 * goes on where it was: a case that passed is not run again unless its design, the
 * RTL or this program has changed. Ends with a table of situations that were brought
 * about and a summary. Exit status 1 when a case failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gen/design.h"
#include "gen/home.h"
#include "gen/options.h"
#include "tests/regress_cases.h"
#include "tests/regress_run.h"
#include "verif/build.h"
#include "verif/process.h"

static const struct option_spec specs[] = {
    {"list", 0, "FILE", 1, "list of cases; tests/regress/cases.txt by default"},
    {"set", 0, "NAME", 1, "only the cases of this set; all by default"},
    {"output", 'o', "DIR", 0, "folder of the results; build/regress by default"},
    {"jobs", 'j', "N", 0, "cases at a time; by default all processors"},
    {"only", 0, "ID", 0, "only this case, whatever results there are"},
    {"again", 0, NULL, 0, "run all cases, whatever results there are"},
    {"names", 0, NULL, 0, "print the names of the cases and end"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "regress", "",  0, "Run lists of cases on the RTL and keep their results.",
    specs,     NULL};

enum { SETS_MAX = 16 };

struct regress {
    const struct options *opts;
    char home[EMIT_PATH_MAX];
    struct regress_list list;
    const char *folder, *only;
    uint64_t jobs;
    int again;
    struct regress_result sum;    /* of all cases, those of earlier runs too */
    size_t passed, failed, kept;  /* kept: results of an earlier run */
    size_t merged;                /* layers of the same shape as another, not run */
    uint64_t work_all, work_done; /* of the cases that are run now */
    time_t began;
    /* the design at work */
    char library[EMIT_PATH_MAX];
    size_t *batch; /* owned, [list.count]: numbers of its cases */
    unsigned batch_count;
};

static void count(struct regress *g, const struct regress_case *c,
                  const struct regress_result *r) {
    g->passed += r->passed ? 1 : 0;
    g->failed += r->passed ? 0 : 1;
    g->merged += c->same - 1;
    g->sum.runs += r->runs;
    g->sum.cycles += r->cycles;
    g->sum.outputs += r->outputs;
    g->sum.seconds += r->seconds;
    coverage_add(&g->sum.coverage, &r->coverage);
}

static void print_failure(const struct regress *g, const struct regress_case *c,
                          const struct regress_result *r) {
    (void)printf("FAIL %s: %s\n  again: build/tests/regress", c->id, r->text);
    for (int i = 0; i < options_count(g->opts, "list"); i++) {
        (void)printf(" --list %s", options_value_at(g->opts, "list", i));
    }
    (void)printf(" --only %s\n", c->id);
}

/* How far we are, on a terminal. */
static void progress(const struct regress *g, size_t done) {
    double elapsed = difftime(time(NULL), g->began);
    double part = (double)g->work_done / (double)(g->work_all ? g->work_all : 1);
    if (isatty(STDERR_FILENO) && part > 0) {
        (void)fprintf(stderr, "\r%zu of %zu cases, about %.0f min left   \r", done,
                      g->list.count, elapsed * (1 - part) / part / 60);
    }
}

static void work(void *context, unsigned index, void *result) {
    const struct regress *g = context;
    const struct regress_case *c = &g->list.cases[g->batch[index]];
    struct regress_result *r = result;
    struct error err = {"", 0, 0, ""};
    regress_run(c, g->home, g->library, stderr, r);
    if (regress_save(g->folder, c, r, &err)) {
        error_print(&err);
    }
}

static int done(void *context, unsigned index, const void *result, int status) {
    struct regress *g = context;
    const struct regress_case *c = &g->list.cases[g->batch[index]];
    struct regress_result r = *(const struct regress_result *)result;
    if (status != 0) {
        memset(&r, 0, sizeof r);
        (void)snprintf(r.text, sizeof r.text, "ended by signal %d", status);
    }
    count(g, c, &r);
    g->work_done += c->work;
    if (r.passed) {
        (void)printf("pass %s: %llu layers, %llu cycles, %.1f s\n", c->id,
                     (unsigned long long)r.runs, (unsigned long long)r.cycles, r.seconds);
    } else {
        print_failure(g, c, &r);
    }
    progress(g, g->passed + g->failed);
    (void)fflush(stdout);
    return 0;
}

/* Run the cases of the batch. The design is built first, with all processors. */
static int run_batch(struct regress *g, struct error *err) {
    const struct regress_case *c = &g->list.cases[g->batch[0]];
    const struct build_options options = {BUILD_NO_TRACE, 0, (unsigned)g->jobs, NULL};
    struct hw hw;
    if (c->kind != REGRESS_RANDOM &&
        (design_load(g->home, c->design, &hw, err) ||
         build_sim(g->home, &hw, &options, g->library, sizeof g->library, err))) {
        return -1;
    }
    const struct process_pool pool = {
        g->batch_count, (unsigned)g->jobs, sizeof(struct regress_result), work, done, g};
    return process_pool_run(&pool, err);
}

static int same_batch(const struct regress_case *a, const struct regress_case *b) {
    return (a->kind == REGRESS_RANDOM) == (b->kind == REGRESS_RANDOM) &&
           (a->kind == REGRESS_RANDOM || strcmp(a->design, b->design) == 0);
}

/* Take the results that are there. */
static int find_finished(struct regress *g, struct error *err) {
    for (size_t i = 0; i < g->list.count; i++) {
        struct regress_case *c = &g->list.cases[i];
        struct regress_result r;
        c->finished = g->only && strcmp(g->only, c->id) != 0;
        if (c->finished) {
            continue;
        }
        if (regress_key(c, g->home, err)) {
            return -1;
        }
        if (!g->only && !g->again && regress_load(g->folder, c, &r) && r.passed) {
            c->finished = 1;
            g->kept++;
            count(g, c, &r);
        } else {
            g->work_all += c->work;
        }
    }
    return 0;
}

static int run_all(struct regress *g, struct error *err) {
    if (emit_folder(g->folder, err) || find_finished(g, err)) {
        return -1;
    }
    if (g->kept > 0) {
        (void)printf("%zu cases are finished already\n", g->kept);
    }
    for (size_t i = 0; i < g->list.count; i++) {
        g->batch_count = 0;
        for (size_t k = i; !g->list.cases[i].finished && k < g->list.count; k++) {
            if (!g->list.cases[k].finished &&
                same_batch(&g->list.cases[i], &g->list.cases[k])) {
                g->batch[g->batch_count++] = k;
            }
        }
        if (g->batch_count > 0 && run_batch(g, err)) {
            return -1;
        }
        for (unsigned k = 0; k < g->batch_count; k++) {
            g->list.cases[g->batch[k]].finished = 1;
        }
    }
    return 0;
}

static void summarize(const struct regress *g) {
    (void)printf("\nsituations, and the number of runs that brought them about:\n");
    unsigned never = coverage_print(stdout, &g->sum.coverage);
    (void)printf("\n%u of %u situations never hit\n", never, (unsigned)COVERAGE_COUNT);
    (void)printf("cases               %12zu\n", g->passed + g->failed);
    (void)printf("  of an earlier run %12zu\n", g->kept);
    (void)printf("layers run          %12llu\n", (unsigned long long)g->sum.runs);
    (void)printf("layers not run      %12zu  (another of the network has their shape)\n",
                 g->merged);
    (void)printf("outputs compared    %12llu\n", (unsigned long long)g->sum.outputs);
    (void)printf("cycles simulated    %12llu\n", (unsigned long long)g->sum.cycles);
    (void)printf("processor time      %12.0f s\n", g->sum.seconds);
    (void)printf("%zu passed, %zu failed\n", g->passed, g->failed);
}

static int read_lists(struct regress *g, const struct options *opts, struct error *err) {
    const char *sets[SETS_MAX];
    const int set_count = options_count(opts, "set"), lists = options_count(opts, "list");
    if (set_count > SETS_MAX) {
        return error_set(err, "regress: at most %d sets", SETS_MAX);
    }
    for (int i = 0; i < set_count; i++) {
        sets[i] = options_value_at(opts, "set", i);
    }
    for (int i = 0; i < lists || i == 0; i++) {
        const char *path =
            lists ? options_value_at(opts, "list", i) : "tests/regress/cases.txt";
        if (regress_read(&g->list, g->home, path, sets, (size_t)set_count, err)) {
            return -1;
        }
    }
    g->batch = calloc(g->list.count + 1, sizeof *g->batch);
    return g->batch ? 0 : error_set(err, "out of memory");
}

/* 1 if the case that --only names is in the lists. */
static int has_case(const struct regress *g, const char *id) {
    for (size_t i = 0; i < g->list.count; i++) {
        if (strcmp(g->list.cases[i].id, id) == 0) {
            return 1;
        }
    }
    return 0;
}

static int run(struct regress *g, const struct options *opts, struct error *err) {
    const char *folder = options_value(opts, "output");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    g->jobs = processors > 0 ? (uint64_t)processors : 1;
    g->folder = folder ? folder : "build/regress";
    g->only = options_value(opts, "only");
    g->again = options_count(opts, "again") != 0;
    g->began = time(NULL);
    g->opts = opts;
    if (options_u64(opts, "jobs", 1, 256, &g->jobs, err) ||
        home_find(g->home, sizeof g->home, err) || read_lists(g, opts, err)) {
        return -1;
    }
    if (g->only && !has_case(g, g->only)) {
        return error_set(err, "regress: no case '%s'", g->only);
    }
    if (options_count(opts, "names")) {
        for (size_t i = 0; i < g->list.count; i++) {
            (void)printf("%s %s\n", g->list.cases[i].set, g->list.cases[i].id);
        }
        return 0;
    }
    if (run_all(g, err)) {
        return -1;
    }
    summarize(g);
    return 0;
}

int main(int argc, char **argv) {
    struct options opts;
    struct regress g;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    memset(&g, 0, sizeof g);
    status = run(&g, &opts, &err) || g.failed ? 1 : 0;
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    free(g.batch);
    regress_close(&g.list);
    return status;
}
