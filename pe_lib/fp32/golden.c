/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden functions of the fp32 PE: binary32 as the host has it, each operation rounded to
 * nearest even, one NaN.
 */
#include <stddef.h>
#include <string.h>

#include "pe_lib/golden.h"

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

extern const struct pe_golden pe_golden_fp32;
const struct pe_golden pe_golden_fp32 = {
    .name = "fp32", .multiply = fp32_multiply, .add = fp32_add};
