/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden functions of the fp32_ftz PE: binary32, each operation rounded to nearest even,
 * one NaN. A subnormal operand counts as zero of its sign, and a result that is smaller
 * than 2^-126 before it is rounded becomes zero of its sign.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "pe_lib/golden.h"

static float to_float(uint32_t word) {
    float value;
    if ((word & 0x7f800000) == 0) {
        word &= 0x80000000;
    }
    memcpy(&value, &word, sizeof value);
    return value;
}

/* exact: the result before rounding, or as near that it is no less telling. */
static uint32_t to_word(float value, double exact) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    if (value != value) {
        return UINT32_C(0x7fc00000);
    }
    return fabs(exact) < 0x1p-126 ? word & 0x80000000 : word;
}

static uint32_t fp32_ftz_multiply(uint32_t a, uint32_t b) {
    float x = to_float(a), y = to_float(b);
    return to_word(x * y, (double)x * (double)y); /* 48 bits: exact in a double */
}

static uint32_t fp32_ftz_add(uint32_t a, uint32_t b) {
    float sum = to_float(a) + to_float(b);
    return to_word(sum, (double)sum); /* sums that small are exact */
}

extern const struct pe_golden pe_golden_fp32_ftz;
const struct pe_golden pe_golden_fp32_ftz = {
    .name = "fp32_ftz", .multiply = fp32_ftz_multiply, .add = fp32_ftz_add};
