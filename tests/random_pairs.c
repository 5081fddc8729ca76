/* SPDX-License-Identifier: Apache-2.0
 *
 * Random designs and layers: RTL built with Verilator, every output word checked.
 *
 *     random_pairs [--designs N] [--layers N] [--seed N] [--stall-seed N]
 *                  [--fault-seed N] [-j N] [--design D [--layer L]] [--vcd FILE]
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

#include "gen/home.h"
#include "gen/options.h"
#include "tests/pairs.h"
#include "verif/process.h"
#include "verif/report.h"

static const struct option_spec specs[] = {
    {"designs", 'd', "N", 0, "designs to draw; 20 by default"},
    {"layers", 'l', "N", 0, "layers on each design; 10 by default"},
    {"seed", 's', "N", 0, "of everything that is drawn; 1 by default"},
    {"stall-seed", 't', "N", 0, "let memory and host stall at random; 0: never"},
    {"fault-seed", 'f', "N", 0, "let each layer first end by a random fault; 0: never"},
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
    struct pairs pairs;
    uint64_t designs, jobs, only_design; /* UINT64_MAX = all */
    unsigned first;                      /* number of the first design */
    uint64_t count, failed;
};

static void work(void *context, unsigned job, void *result) {
    const struct campaign *c = context;
    pairs_run(&c->pairs, c->first + job, result);
}

/* Print what came out of one pair. */
static void report_pair(struct campaign *c, unsigned number, unsigned index, int mapped,
                        const char *text, const struct bench_result *r) {
    const int failed = r->error.text[0] != '\0' || r->mismatches != 0;
    (void)printf("%s %u.%u %s: cycles %llu predicted %llu outputs %llu mismatches %llu; "
                 "%s%s%s\n",
                 failed ? "FAIL" : "pass", number, index, mapped ? "mapped" : "random",
                 (unsigned long long)r->counters.value[CNT_CYCLES],
                 (unsigned long long)r->predicted_cycles, (unsigned long long)r->outputs,
                 (unsigned long long)r->mismatches, text,
                 r->fault[0] ? "; first ended by " : "", r->fault);
    if (failed) {
        (void)printf("  %s\n", r->error.text);
        report_failure(stdout, r);
        (void)printf(
            "  again: build/tests/random_pairs --type %s --seed %llu --stall-seed "
            "%llu --fault-seed %llu --design %u --layer %u\n",
            c->pairs.type, (unsigned long long)c->pairs.seed,
            (unsigned long long)c->pairs.stall_seed,
            (unsigned long long)c->pairs.fault_seed, number, index);
    }
    c->count++;
    c->failed += failed ? 1 : 0;
}

static int done(void *context, unsigned job, const void *result, int status) {
    struct campaign *c = context;
    const struct pairs_outcome *out = result;
    const unsigned number = c->first + job;
    (void)printf("design %u (%u layers refused): %s\n", number, out->refused,
                 out->design);
    if (status != 0 || out->error.text[0] != '\0') {
        struct error err = out->error;
        (void)error_set(&err, "design %u: ended by signal %d", number, status);
        error_print(&err);
        c->count++;
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
    *c = (struct campaign){.pairs = {.layers = 10,
                                     .seed = 1,
                                     .only_layer = UINT64_MAX,
                                     .vcd = options_value(opts, "vcd"),
                                     .type = options_value(opts, "type")},
                           .designs = 20,
                           .jobs = processors > 0 ? (uint64_t)processors : 1,
                           .only_design = UINT64_MAX};
    c->pairs.type = c->pairs.type ? c->pairs.type : "int16";
    if (options_u64(opts, "designs", 1, 10000, &c->designs, err) ||
        options_u64(opts, "layers", 1, PAIRS_LAYERS, &c->pairs.layers, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &c->pairs.seed, err) ||
        options_u64(opts, "stall-seed", 0, INT64_MAX, &c->pairs.stall_seed, err) ||
        options_u64(opts, "fault-seed", 0, INT64_MAX, &c->pairs.fault_seed, err) ||
        options_u64(opts, "jobs", 1, 256, &c->jobs, err) ||
        options_u64(opts, "design", 0, 9999, &c->only_design, err) ||
        options_u64(opts, "layer", 0, PAIRS_LAYERS - 1, &c->pairs.only_layer, err)) {
        return -1;
    }
    if (c->only_design != UINT64_MAX) {
        c->first = (unsigned)c->only_design;
        c->designs = 1;
    }
    if (c->pairs.only_layer != UINT64_MAX && c->pairs.only_layer >= c->pairs.layers) {
        c->pairs.layers = c->pairs.only_layer + 1;
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
    const struct process_pool pool = {(unsigned)c.designs,
                                      (unsigned)c.jobs,
                                      sizeof(struct pairs_outcome),
                                      work,
                                      done,
                                      &c};
    if (home_find(c.pairs.home, sizeof c.pairs.home, &err) ||
        process_pool_run(&pool, &err)) {
        error_print(&err);
        return 1;
    }
    (void)printf("%llu passed, %llu failed\n", (unsigned long long)(c.count - c.failed),
                 (unsigned long long)c.failed);
    return c.failed != 0;
}
