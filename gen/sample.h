/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing designs of a space: all legal ones, or a sample that covers it; and setting
 * some aside for testing.
 *
 * A sample is drawn for each PE type by itself. Point i of the scrambled Sobol sequence
 * (gen/sobol.h; one coordinate for each key with more than one value) is the member whose
 * value number floor(coordinate * values) each key has; illegal members and those already
 * drawn are passed over. With a limit on PEs, the keys that make the PE are one
 * coordinate over a list of PEs, which is drawn first in the same way. A larger sample
 * has all designs of a smaller one.
 *
 * For the test set, the designs of a type in that order are cut into blocks of b, where
 * a/b is the share in lowest terms, and a of each block are drawn by the seed: the choice
 * does not change when more designs are drawn.
 */
#ifndef QADAM_SAMPLE_H
#define QADAM_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"
#include "gen/space.h"

enum { SAMPLE_DESIGNS_MAX = 1000000, SAMPLE_PES_MAX = 10000 };

struct sample_options {
    uint64_t per_type; /* designs of each PE type; 0 = all legal members */
    uint64_t pes;      /* different PEs of each type at most; 0 = no limit */
    uint64_t seed;
    unsigned holdout_percent; /* 0..99, for testing */
};

struct sample_design {
    uint64_t member; /* of the space */
    int test;        /* 1: set aside */
};

/* Choose. *designs has *count entries, PE types in the order of the space, each type's in
 * the order drawn, or of the members when all are taken; caller frees it.
 * Returns 0, or -1 with *err set: more than SAMPLE_DESIGNS_MAX designs, none legal. */
int sample_designs(const struct space *space, const struct sample_options *options,
                   struct sample_design **designs, size_t *count, struct error *err);

/* A number that equal PEs, and only they, have: of the type and the sizes that its
 * hardware depends on. */
uint64_t sample_pe_key(const struct hw *hw);

#endif
