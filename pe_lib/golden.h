/* SPDX-License-Identifier: Apache-2.0
 *
 * What the golden layer model knows of a PE type: how one product is made.
 *
 * Every folder pe_lib/TYPE/ holds a golden.c that defines
 *
 *     const struct pe_golden pe_golden_TYPE = {...};
 *
 * verif/rules.mk writes the list of all types, pe_golden_table, from the folders that
 * are there, so that a new type touches no other file.
 *
 * Widths, latencies and grids are traits (gen/pe_type.h), not repeated here.
 */
#ifndef QADAM_PE_GOLDEN_H
#define QADAM_PE_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

struct pe_golden {
    const char *name; /* of the type, as its folder */

    /* Exact product of an act and a weight word, in psum units, as the MAC forms it
     * before it is added. act and weight are sign-extended words of act_bits and
     * weight_bits. Integer types only, else NULL. */
    int64_t (*product)(int64_t act, int64_t weight);

    /* The weight that a word stands for, as an integer in units of
     * 2^-weight_frac_bits; every word must be legal. NULL = the word itself. */
    int64_t (*weight_value)(int64_t weight);

    /* 1 if product(a, w) == a * weight_value(w) for all operands: the layer model then
     * multiplies in long loops instead of calling product. */
    int linear;

    /* Product of an act and a weight, sum of two psums: bit patterns of binary32, as the
     * hardware rounds them; every NaN result is 0x7fc00000. Float types only, else NULL.
     */
    uint32_t (*multiply)(uint32_t act, uint32_t weight);
    uint32_t (*add)(uint32_t a, uint32_t b);

    /* Many of them, for speed, or NULL: for k = 0 to taps - 1, in this order, and all i
     *
     *     sums[i] = add(sums[i], multiply(acts[k], weights[k * filters + i]))
     *
     * taps >= 1; filters is a multiple of 16; a NaN may come out as any NaN. */
    void (*accumulate)(float *sums, const float *acts, const float *weights, size_t taps,
                       size_t filters);
};

/* All types, ended by NULL (generated). */
extern const struct pe_golden *const pe_golden_table[];

#endif
