/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden functions of the fp32 PE: binary32 as the host has it, each operation rounded to
 * nearest even, one NaN.
 */
#include <stddef.h>
#include <string.h>

#include "pe_lib/clones.h"
#include "pe_lib/golden.h"

enum { BLOCK = 16 };

static float to_float(uint32_t word) {
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static uint32_t to_word(float value) {
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return value != value ? UINT32_C(0x7fc00000) : word;
}

static uint32_t fp32_multiply(uint32_t a, uint32_t b) {
    return to_word(to_float(a) * to_float(b));
}

static uint32_t fp32_add(uint32_t a, uint32_t b) {
    return to_word(to_float(a) + to_float(b));
}

/* Sums of a block of filters stay in registers. */
PE_CLONES
static void fp32_accumulate(float *sums, const float *acts, const float *weights,
                            size_t taps, size_t filters) {
    for (size_t m = 0; m < filters; m += BLOCK) {
        float block[BLOCK];
        memcpy(block, sums + m, sizeof block);
        for (size_t k = 0; k < taps; k++) {
            const float *row = weights + k * filters + m;
            for (size_t i = 0; i < BLOCK; i++) {
                const float product = acts[k] * row[i];
                block[i] += product;
            }
        }
        memcpy(sums + m, block, sizeof block);
    }
}

extern const struct pe_golden pe_golden_fp32;
const struct pe_golden pe_golden_fp32 = {.name = "fp32",
                                         .multiply = fp32_multiply,
                                         .add = fp32_add,
                                         .accumulate = fp32_accumulate};
