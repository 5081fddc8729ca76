/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of a regression, read from plain lists. A line is
 *
 *     SET network DESIGN NETWORK [KEY=VALUE]...   the whole network, activations carried
 *     SET layers  DESIGN NETWORK [KEY=VALUE]...   each of its array layers, a case each;
 *                                                 layers of the same shape once
 *     SET random  TYPE           [KEY=VALUE]...   random designs, a case each
 *
 * DESIGN is a file, NETWORK a file or name. Keys: seed, stall-seed, fault-seed, numbers
 * (normal, full, small), latency; of random: designs, layers and the seeds. # begins a
 * comment.
 */
#ifndef QADAM_TESTS_REGRESS_CASES_H
#define QADAM_TESTS_REGRESS_CASES_H

#include <stddef.h>
#include <stdint.h>

#include "gen/emit.h"
#include "gen/error.h"
#include "gen/network.h"
#include "verif/tensor.h"

enum regress_kind { REGRESS_NETWORK, REGRESS_LAYER, REGRESS_RANDOM };

struct regress_case {
    char id[320]; /* unique: also the name of its result file */
    char set[16];
    enum regress_kind kind;
    char design[160]; /* file; random: PE type */
    char network[160];
    struct layer layer;                    /* of kind REGRESS_LAYER */
    unsigned same;                         /* layers of this shape */
    unsigned number;                       /* of a random design */
    uint64_t layers;                       /* on a random design */
    uint64_t seed, stall_seed, fault_seed; /* of stalls and faults 0: never */
    enum tensor_range range;
    unsigned latency;
    uint64_t work; /* MACs, or a guess at what costs as much */
    uint64_t key;  /* of everything the result depends on */
    int finished;  /* 1: there is a result */
};

struct regress_list {
    struct regress_case *cases; /* owned */
    size_t count, capacity;
};

/* Append the cases of a list file whose set is one of sets (set_count; 0: all).
 * Returns 0, or -1 with *err set (file and line). */
int regress_read(struct regress_list *list, const char *home, const char *path,
                 const char *const *sets, size_t set_count, struct error *err);
void regress_close(struct regress_list *list);

#endif
