/* SPDX-License-Identifier: Apache-2.0
 *
 * What the proofs of integer and float PE types share.
 */
#ifndef QADAM_TESTS_PE_PROOF_H
#define QADAM_TESTS_PE_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "gen/pe_type.h"
#include "pe_lib/golden.h"
#include "tests/pe_shim.h"
#include "verif/prng.h"

enum { PROOF_BLOCK = 4096, PROOF_TAIL = 64 };

/* A proof under way. */
struct proof {
    struct pe_type type;
    const struct pe_golden *golden;
    void *library;
    pe_run_function *run;
    struct prng random;
    const uint64_t *corner; /* of psums, [corners] */
    size_t corners;
    size_t count;             /* vectors of this block, at most PROOF_BLOCK */
    struct pe_in *in, *late;  /* vectors, and as they enter the hardware */
    struct pe_out *out, *raw; /* results of each vector, and as they come */
    uint64_t vectors, failed;
};

/* Run the p->count vectors of p->in; results to p->out. */
void proof_run(struct proof *p);

/* Report a wrong result. */
void proof_fail(struct proof *p, const char *what, const struct pe_in *in, uint64_t got,
                uint64_t want);

/* Prove a float type: borders and all pairs of exponents, then cases that are likely to
 * be wrong until there are that many vectors. */
void proof_float(struct proof *p, uint64_t vectors);

#endif
