/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden function of the lightpe2 PE: a weight word is two terms, bits 7..4 and 3..0, and
 * stands for their sum. A term is a sign (bit 3) and an exponent n (bits 2..0): +-2^-n,
 * or 0 when n is 7. Everything is in units of 2^-6.
 */
#include "pe_lib/golden.h"

enum { ZERO = 7, UNIT = 6 };

static int64_t term_product(int64_t act, unsigned term) {
    unsigned n = term & 7;
    int64_t shifted = n == ZERO ? 0 : act * (INT64_C(1) << (UNIT - n));
    return term & 8 ? -shifted : shifted;
}

static int64_t lightpe2_product(int64_t act, int64_t weight) {
    unsigned word = (unsigned)weight & 255;
    return term_product(act, word >> 4) + term_product(act, word & 15);
}

static int64_t lightpe2_value(int64_t weight) {
    return lightpe2_product(1, weight);
}

extern const struct pe_golden pe_golden_lightpe2;
const struct pe_golden pe_golden_lightpe2 = {.name = "lightpe2",
                                             .product = lightpe2_product,
                                             .weight_value = lightpe2_value,
                                             .linear = 1};
