/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden function of the int8 PE: 8-bit two's complement operands, exact product.
 */
#include "pe_lib/golden.h"

static int64_t int8_product(int64_t act, int64_t weight) {
    return act * weight;
}

extern const struct pe_golden pe_golden_int8;
const struct pe_golden pe_golden_int8 = {
    .name = "int8", .product = int8_product, .linear = 1};
