/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden function of the int16 PE: 16-bit two's complement operands, exact product.
 */
#include "pe_lib/golden.h"

static int64_t int16_product(int64_t act, int64_t weight) {
    return act * weight;
}

extern const struct pe_golden pe_golden_int16;
const struct pe_golden pe_golden_int16 = {
    .name = "int16", .product = int16_product, .linear = 1};
