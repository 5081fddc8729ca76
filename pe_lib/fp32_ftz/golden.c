/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden functions of the fp32_ftz PE: binary32, each operation rounded to nearest even,
 * one NaN. A subnormal operand counts as zero of its sign, and a result that is smaller
 * than 2^-126 before it is rounded becomes zero of its sign.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "pe_lib/clones.h"
#include "pe_lib/golden.h"

enum { BLOCK = 16 };

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

static uint32_t bits_of(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

/* Add the product of an act and each weight of a row to a block of sums. Rounding may
 * have made a product 2^-126 that was less: then returns 1, and the sums are of no use.
 */
static int add_row(float *block, float act, const float *row) {
    uint32_t edge = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        const float product = to_float(bits_of(act)) * to_float(bits_of(row[i]));
        edge |= (bits_of(product) & 0x7fffffff) == 0x00800000;
        const float sum = block[i] + to_float(bits_of(product));
        block[i] = to_float(bits_of(sum));
    }
    return edge != 0;
}

/* Sums of a block of filters stay in registers. */
PE_CLONES
static void fp32_ftz_accumulate(float *sums, const float *acts, const float *weights,
                                size_t taps, size_t filters) {
    for (size_t m = 0; m < filters; m += BLOCK) {
        float block[BLOCK];
        for (size_t i = 0; i < BLOCK; i++) {
            block[i] = to_float(bits_of(sums[m + i]));
        }
        int edge = 0;
        for (size_t k = 0; k < taps; k++) {
            edge |= add_row(block, acts[k], weights + k * filters + m);
        }
        for (size_t k = 0; edge && k < taps; k++) {
            for (size_t i = m; i < m + BLOCK; i++) {
                const uint32_t product = fp32_ftz_multiply(
                    bits_of(acts[k]), bits_of(weights[k * filters + i]));
                sums[i] = to_float(fp32_ftz_add(bits_of(sums[i]), product));
            }
        }
        if (!edge) {
            memcpy(sums + m, block, sizeof block);
        }
    }
}

extern const struct pe_golden pe_golden_fp32_ftz;
const struct pe_golden pe_golden_fp32_ftz = {.name = "fp32_ftz",
                                             .multiply = fp32_ftz_multiply,
                                             .add = fp32_ftz_add,
                                             .accumulate = fp32_ftz_accumulate};
