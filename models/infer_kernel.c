/* SPDX-License-Identifier: Apache-2.0
 *
 * Inner products of the inference engine. Compiled with -O3 (models/rules.mk).
 */
#include "models/infer_kernel.h"

#include "pe_lib/clones.h"

/* Two int16 products at most fill 2^31: pairs and further sums are unsigned and wrap. */
static inline uint32_t product(int16_t a, int16_t b) {
    return (uint32_t)(a * b);
}

PE_CLONES
void infer_dots_narrow(const int16_t *restrict windows, const int16_t *restrict filters,
                       size_t row, uint32_t *restrict sums) {
    const int16_t *a0 = windows, *a1 = windows + row;
    const int16_t *b0 = filters, *b1 = filters + row;
    const int16_t *b2 = filters + 2 * row, *b3 = filters + 3 * row;
    uint32_t s00 = 0, s01 = 0, s02 = 0, s03 = 0;
    uint32_t s10 = 0, s11 = 0, s12 = 0, s13 = 0;
    for (size_t i = 0; i < row / INFER_ROW * INFER_ROW; i++) {
        s00 += product(a0[i], b0[i]);
        s01 += product(a0[i], b1[i]);
        s02 += product(a0[i], b2[i]);
        s03 += product(a0[i], b3[i]);
        s10 += product(a1[i], b0[i]);
        s11 += product(a1[i], b1[i]);
        s12 += product(a1[i], b2[i]);
        s13 += product(a1[i], b3[i]);
    }
    const uint32_t all[INFER_DOTS] = {s00, s01, s02, s03, s10, s11, s12, s13};
    for (size_t i = 0; i < INFER_DOTS; i++) {
        sums[i] = all[i];
    }
}

PE_CLONES
uint64_t infer_dot_wide(const int32_t *restrict window, const int32_t *restrict filter,
                        size_t row) {
    uint64_t sum = 0;
    for (size_t i = 0; i < row / INFER_ROW * INFER_ROW; i++) {
        sum += (uint64_t)((int64_t)window[i] * filter[i]);
    }
    return sum;
}

PE_CLONES
void infer_output_narrow(const struct infer_output *stage, const uint32_t *restrict sums,
                         uint32_t bias, size_t count, int32_t *restrict out) {
    const unsigned wrap = 32 - stage->psum_bits, shift = stage->shift;
    const int32_t floor = stage->relu ? 0 : INT32_MIN;
    const int32_t max = (int32_t)((UINT32_C(1) << (stage->act_bits - 1)) - 1);
    const int32_t half = shift ? (int32_t)(UINT32_C(1) << (shift - 1)) : INT32_MAX;
    const int32_t mask = (int32_t)((UINT32_C(1) << shift) - 1);
    for (size_t i = 0; i < count; i++) {
        const int32_t wrapped = (int32_t)((sums[i] + bias) << wrap) >> wrap;
        const int32_t psum = wrapped > floor ? wrapped : floor;
        int32_t act = psum >> shift;
        act += (psum & mask) > half - (act & 1); /* ties to even */
        act = act > max ? max : act;
        out[i] = act < -max - 1 ? -max - 1 : act;
    }
}
