/* SPDX-License-Identifier: Apache-2.0
 *
 * Random words.
 */
#include "verif/draw.h"

#include <math.h>
#include <string.h>

int64_t draw_largest(unsigned bits) {
    return (int64_t)((UINT64_C(1) << (bits - 1)) - 1);
}

double draw_uniform_sigma(int64_t limit) {
    double n = (double)limit;
    return sqrt(n * (n + 1) / 3);
}

double draw_word_sigma(const struct hw *hw, const struct pe_golden *type) {
    enum { SAMPLES = 4096 };
    struct prng g = prng_make(1, "word_sigma", 0);
    double sum = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        int64_t top = draw_largest(hw->type.weight_bits);
        double v = (double)type->weight_value(prng_range(&g, -top - 1, top));
        sum += v * v;
    }
    return sqrt(sum / SAMPLES);
}

void draw_words(int32_t *words, size_t count, struct prng *g, int64_t limit,
                unsigned bits, enum tensor_range range) {
    const int64_t top = draw_largest(bits);
    const int64_t extremes[4] = {-top - 1, top, -1, 0};
    if (range != TENSOR_FULL) {
        for (size_t i = 0; i < count; i++) {
            words[i] = (int32_t)prng_range(g, -limit, limit);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = prng_below(g, 16);
        words[i] = (int32_t)(kind < 4 ? extremes[kind] : prng_range(g, -top - 1, top));
    }
}

void draw_bias(int64_t *bias, size_t count, struct prng *g, const struct hw *hw,
               double sigma, enum tensor_range range) {
    int64_t top = draw_largest(hw->design.psum_bits);
    int64_t limit = range == TENSOR_FULL ? top : (int64_t)(sigma / 4) + 1;
    limit = limit > top ? top : limit;
    for (size_t i = 0; i < count; i++) {
        bias[i] = prng_range(g, -limit, limit);
    }
}

int32_t draw_float(struct prng *g, enum tensor_range range) {
    uint64_t r = prng_next(g);
    float value = (float)(int32_t)(r >> 32) * 0x1p-31F; /* in -1 .. 1 */
    int32_t word;
    if (range == TENSOR_FULL) { /* one in four from all finite exponents */
        uint32_t exponent =
            r & 3 ? 100 + (uint32_t)(r >> 2 & 63) : (uint32_t)(r >> 2) % 255;
        uint32_t bits = (uint32_t)(r >> 32 & 0x807fffff) | exponent << 23;
        memcpy(&word, &bits, sizeof word);
        return word;
    }
    if (range == TENSOR_SMALL) {
        value = (float)((int)(r >> 61) - 4);
    }
    memcpy(&word, &value, sizeof word);
    return word;
}
