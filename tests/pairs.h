/* SPDX-License-Identifier: Apache-2.0
 *
 * Random designs, layers and mappings, run on the RTL: what random_pairs and regress
 * share. Everything depends on the seeds and on the numbers of design and layer only.
 */
#ifndef QADAM_TESTS_PAIRS_H
#define QADAM_TESTS_PAIRS_H

#include <stdint.h>

#include "gen/design.h"
#include "gen/emit.h"
#include "gen/error.h"
#include "verif/testbench.h"

enum { PAIRS_LAYERS = 64, PAIRS_TEXT = 320 };

struct pairs {
    char home[EMIT_PATH_MAX];
    uint64_t layers; /* on a design, at most PAIRS_LAYERS */
    uint64_t seed, stall_seed, fault_seed;
    uint64_t only_layer; /* UINT64_MAX = all */
    const char *vcd;     /* file for waves, or NULL */
    const char *type;    /* PE type */
};

/* What came out of one design. Plain data: it crosses processes. */
struct pairs_outcome {
    char design[PAIRS_TEXT];
    struct error error; /* of the whole design */
    unsigned count, refused;
    struct {
        unsigned number;
        int mapped; /* 1: the mapper's choice, 0: a random mapping */
        char text[PAIRS_TEXT];
        struct bench_result result;
    } pair[PAIRS_LAYERS];
};

/* Draw design number `number`. Returns 0, or -1 with *err set. */
int pairs_design(const struct pairs *c, unsigned number, struct hw *hw,
                 struct error *err);

/* Build it and run its layers, one after the other on the same accelerator. */
void pairs_run(const struct pairs *c, unsigned number, struct pairs_outcome *out);

#endif
