/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden function of the int4 PE: 4-bit two's complement operands, exact product.
 */
#include "pe_lib/golden.h"

static int64_t int4_product(int64_t act, int64_t weight) {
    return act * weight;
}

extern const struct pe_golden pe_golden_int4;
const struct pe_golden pe_golden_int4 = {
    .name = "int4", .product = int4_product, .linear = 1};
