/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden function of the shift6 PE: a weight word is a sign (bit 5), an exponent n (bits
 * 4..2; 7 = zero) and a second bit k (bits 1..0): +-2^-n * (1 + 2^-k), without the
 * 2^-k when k is 0. Everything is in units of 2^-9.
 */
#include "pe_lib/golden.h"

static int64_t shift6_product(int64_t act, int64_t weight) {
    unsigned n = (unsigned)weight >> 2 & 7, k = (unsigned)weight & 3;
    int64_t value = n == 7 ? 0 : (INT64_C(512) >> n) + (k ? INT64_C(512) >> n >> k : 0);
    return weight & 32 ? -act * value : act * value;
}

static int64_t shift6_value(int64_t weight) {
    return shift6_product(1, weight);
}

extern const struct pe_golden pe_golden_shift6;
const struct pe_golden pe_golden_shift6 = {.name = "shift6",
                                           .product = shift6_product,
                                           .weight_value = shift6_value,
                                           .linear = 1};
