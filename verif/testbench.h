/* SPDX-License-Identifier: Apache-2.0
 *
 * Running layers on the simulated accelerator and checking every output word.
 */
#ifndef QADAM_TESTBENCH_H
#define QADAM_TESTBENCH_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "gen/mapping.h"
#include "gen/network.h"
#include "verif/build.h"
#include "verif/counters.h"
#include "verif/coverage.h"
#include "verif/host.h"
#include "verif/layout.h"
#include "verif/tensor.h"

struct bench_options {
    uint64_t seed;       /* of tensors and uninitialised bits */
    uint64_t stall_seed; /* 0 = a memory that never stalls */
    uint64_t fault_seed; /* not 0: before each run another one that a fault ends */
    unsigned latency;    /* of the memory, cycles */
    enum tensor_range range;
    const struct mapping *mapping; /* to use, or NULL = search the best */
    const char *wave;              /* file for waves, or NULL */
    const char *dump;              /* folder for the tensors as NumPy files, or NULL */
    unsigned image, images;        /* a layer's run is for image of images; of one
                                      or 0 images it is the only run */
};

/* What came out of one layer. Plain data: it crosses processes. */
struct bench_result {
    char layer[64];
    int relu;
    unsigned requant_shift;
    unsigned groups;        /* channel groups, run one after the other and summed */
    uint64_t macs, outputs; /* of the layer */
    uint64_t mismatches;    /* wrong ofmap words, unused lanes included */
    struct mismatch first[LAYOUT_SHOWN];
    int overflow; /* what the golden model knows of it (enum golden_overflow) */
    struct counters counters;  /* valid as far as they were read, even after an error */
    uint64_t predicted_cycles; /* by the performance model, for a memory without stalls */
    struct mapping mapping;    /* of the first group */
    double seconds;            /* processor time of the clocked part */
    uint64_t clocked;          /* cycles clocked, with register accesses */
    struct coverage coverage;  /* of the groups that ran to the end */
    char state[1024];          /* of each unit when a hang was detected, lines; else "" */
    char fault[48];            /* the fault of the last group, "" = none */
    struct error error; /* text "" = ran to the end; mismatches may still be there */
};

/* An accelerator that is switched on; layers run on it one after the other. */
struct bench {
    const struct hw *hw;          /* borrowed */
    const struct pe_golden *type; /* borrowed */
    struct bench_options options;
    struct host host;
};

/* Make the model, reset it, check its ID. Caller ends with bench_close, also after a
 * failure. Returns 0, or -1 with *err set. */
int bench_init(struct bench *b, const struct hw *hw, const struct sim_api *api,
               const struct bench_options *options, struct error *err);
void bench_close(struct bench *b);

/* Run one array layer with tensors drawn by the options and fill *r. Returns 0 when all
 * is right, else -1: r->error is set or r->mismatches is not 0. After an error the bench
 * is of no more use. */
int bench_run(struct bench *b, const struct layer *l, struct bench_result *r);

/* The same with given tensors, whose ofmap is the golden one for the mapping in the
 * options, or for the best mapping.
 *
 *   overflow  what is known of psums that leave their range (enum golden_overflow)
 */
int bench_run_tensors(struct bench *b, const struct layer *l, const struct tensors *t,
                      int overflow, struct bench_result *r);

#endif
