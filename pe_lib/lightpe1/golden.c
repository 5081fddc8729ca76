/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden function of the lightpe1 PE: a weight word is a sign (bit 3) and an exponent n
 * (bits 2..0) and stands for +-2^-n, for 0 when n is 7. Everything is in units of 2^-6.
 */
#include "pe_lib/golden.h"

enum { ZERO = 7, UNIT = 6 };

static int64_t lightpe1_product(int64_t act, int64_t weight) {
    unsigned n = (unsigned)weight & 7;
    int64_t shifted = n == ZERO ? 0 : act * (INT64_C(1) << (UNIT - n));
    return weight & 8 ? -shifted : shifted;
}

static int64_t lightpe1_value(int64_t weight) {
    return lightpe1_product(1, weight);
}

extern const struct pe_golden pe_golden_lightpe1;
const struct pe_golden pe_golden_lightpe1 = {.name = "lightpe1",
                                             .product = lightpe1_product,
                                             .weight_value = lightpe1_value,
                                             .linear = 1};
