/* SPDX-License-Identifier: Apache-2.0
 *
 * The quantizers against plain searches over all words.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pe_lib/quantize.h"
#include "verif/golden.h"
#include "verif/prng.h"

static const char *const types[] = {"int16",    "int8", "int4",    "lightpe1",
                                    "lightpe2", "fp32", "fp32_ftz"};

struct fixture {
    struct pe_type type;
    const struct pe_golden *golden;
    struct quantizer acts, weights;
};

static void setup(struct fixture *f, const char *name) {
    struct error err = {"", 0, 0, ""};
    cr_assert(pe_type_load(".", name, &f->type, &err) == 0, "%s", err.text);
    f->golden = golden_type(name, &err);
    cr_assert_not_null(f->golden, "%s", err.text);
    quantizer_acts(&f->acts, &f->type);
    cr_assert(quantizer_weights(&f->weights, &f->type, f->golden, &err) == 0, "%s",
              err.text);
}

static void teardown(struct fixture *f) {
    quantizer_close(&f->acts);
    quantizer_close(&f->weights);
}

static float normal(struct prng *g) { /* near enough: a sum of 12 uniform numbers */
    double sum = -6;
    for (unsigned i = 0; i < 12; i++) {
        sum += ldexp((double)(prng_next(g) >> 11), -53);
    }
    return (float)sum;
}

static int64_t value_of(const struct fixture *f, int64_t word) {
    return f->golden->weight_value ? f->golden->weight_value(word) : word;
}

/* Distance of the nearest number that any weight word stands for. */
static double least_distance(const struct fixture *f, double scaled) {
    const int64_t end = INT64_C(1) << (f->type.weight_bits - 1);
    double least = INFINITY;
    for (int64_t word = -end; word < end; word++) {
        least = fmin(least, fabs(scaled - (double)value_of(f, word)));
    }
    return least;
}

Test(quantize, weights_get_the_nearest_word_of_all) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct fixture f;
        setup(&f, types[i]);
        struct prng g = prng_make(1, types[i], 0);
        for (unsigned k = 0; k < 300 && f.type.kind == PE_INTEGER; k++) {
            const int exponent = (int)prng_range(&g, -12, 3);
            const float x = ldexpf(normal(&g), (int)prng_range(&g, -6, 4));
            const int64_t word = quantize_word(&f.weights, x, exponent);
            const double scaled = ldexp((double)x, -exponent);
            const int64_t value = value_of(&f, word);
            cr_assert(value == quantize_value(&f.weights, x, exponent));
            cr_assert(fabs(scaled - (double)value) == least_distance(&f, scaled),
                      "%s: %g became %lld", types[i], scaled, (long long)value);
        }
        teardown(&f);
    }
}

Test(quantize, words_that_stand_for_a_number_come_back) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct fixture f;
        setup(&f, types[i]);
        const int64_t end = INT64_C(1)
                            << (f.type.weight_bits < 16 ? f.type.weight_bits - 1 : 15);
        for (int64_t word = -end; word < end && f.type.kind == PE_INTEGER; word++) {
            const int64_t value = value_of(&f, word);
            const float x = (float)value * 0x1p-20F;
            cr_assert(value_of(&f, quantize_word(&f.weights, x, -20)) == value);
        }
        teardown(&f);
    }
}

Test(quantize, zero_is_the_types_zero) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct fixture f;
        setup(&f, types[i]);
        const int64_t zero = quantize_word(&f.weights, 0, -7);
        cr_assert(((uint64_t)zero & ((UINT64_C(1) << f.type.weight_bits) - 1)) ==
                  f.type.weight_zero);
        cr_assert(value_of(&f, zero) == 0);
        cr_assert(quantize_word(&f.acts, 0, -7) == 0);
        teardown(&f);
    }
}

Test(quantize, ties_and_ends_of_the_range) {
    struct fixture f;
    setup(&f, "int8");
    const float in[] = {0.5F,   1.5F,  -0.5F,   -1.5F,   126.5F,
                        127.5F, 1e30F, -127.5F, -128.5F, -1e30F};
    const int64_t out[] = {0, 2, 0, -2, 126, 127, 127, -128, -128, -128};
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        cr_assert(quantize_word(&f.acts, in[i], 0) == out[i], "%g", (double)in[i]);
    }
    teardown(&f);
    setup(&f, "lightpe1"); /* ... 8, 16, 32, 64: between two, the smaller magnitude */
    cr_assert(quantize_value(&f.weights, 24, 0) == 16);
    cr_assert(quantize_value(&f.weights, -24, 0) == -16);
    cr_assert(quantize_value(&f.weights, 0.5F, 0) == 0);
    cr_assert(quantize_value(&f.weights, 24.001F, 0) == 32);
    cr_assert(quantize_value(&f.weights, -1e30F, 0) == -64);
    teardown(&f);
}

Test(quantize, lightpe2_takes_the_nearest_sum_of_two_terms) {
    struct fixture f;
    setup(&f, "lightpe2");
    cr_assert(quantize_value(&f.weights, 48, 0) == 48);   /* 32 + 16 */
    cr_assert(quantize_value(&f.weights, 28, 0) == 28);   /* 32 - 4 */
    cr_assert(quantize_value(&f.weights, 200, 0) == 128); /* 64 + 64, the largest */
    cr_assert(quantize_value(&f.weights, 44, 0) == 40);   /* 40 and 48 at one distance */
    teardown(&f);
}

Test(quantize, range_rule_is_the_least_exponent_without_saturation) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct fixture f;
        setup(&f, types[i]);
        struct prng g = prng_make(2, types[i], 0);
        for (unsigned k = 0; k < 200 && f.type.kind == PE_INTEGER; k++) {
            const float x[2] = {ldexpf(normal(&g), (int)prng_range(&g, -40, 40)),
                                ldexpf(normal(&g), (int)prng_range(&g, -40, 40))};
            const int e = quantize_exponent(&f.weights, x, 2, QUANTIZE_RANGE);
            int over = 0;
            for (unsigned j = 0; j < 2; j++) {
                const double now = ldexp((double)x[j], -e), half = 2 * now;
                cr_assert(now >= (double)f.weights.low && now <= (double)f.weights.high);
                over |= half < (double)f.weights.low || half > (double)f.weights.high;
            }
            cr_assert(over);
        }
        teardown(&f);
    }
}

static double error_of(const struct quantizer *q, const float *x, size_t n, int e) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = (double)x[i] - ldexp((double)quantize_value(q, x[i], e), e);
        sum += d * d;
    }
    return sum;
}

Test(quantize, error_rule_is_the_best_of_all_exponents) {
    enum { COUNT = 500 };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct fixture f;
        float x[COUNT];
        setup(&f, types[i]);
        struct prng g = prng_make(3, types[i], 0);
        for (unsigned k = 0; k < COUNT; k++) {
            x[k] = normal(&g) * (k % 100 == 0 ? 0.3F : 0.01F);
        }
        const int best = quantize_exponent(&f.weights, x, COUNT, QUANTIZE_ERROR);
        for (int e = -30; e < 10 && f.type.kind == PE_INTEGER; e++) {
            cr_assert(error_of(&f.weights, x, COUNT, best) <=
                      error_of(&f.weights, x, COUNT, e));
        }
        cr_assert(f.type.kind == PE_INTEGER || best == 0);
        teardown(&f);
    }
}

Test(quantize, floats_keep_their_bits) {
    struct fixture f;
    setup(&f, "fp32");
    const float x[3] = {-1.5F, NAN, INFINITY};
    cr_assert(quantize_check(&f.weights, x, 3, "w", NULL) == 0);
    cr_assert((uint32_t)quantize_word(&f.weights, x[0], 0) == UINT32_C(0xbfc00000));
    teardown(&f);
}

Test(quantize, integers_refuse_what_is_not_finite) {
    struct fixture f;
    setup(&f, "lightpe1");
    const float x[2] = {1, NAN}, y[3] = {0, 0, -INFINITY};
    struct error err = {"", 0, 0, ""};
    cr_assert(quantize_check(&f.weights, x, 2, "conv1.weights", &err) == -1);
    cr_assert_str_eq(err.text,
                     "tensor conv1.weights: element 1 is NaN; an integer type has "
                     "only finite numbers");
    err.text[0] = '\0';
    cr_assert(quantize_check(&f.acts, y, 3, "image", &err) == -1);
    cr_assert_not_null(strstr(err.text, "element 2 is -infinite"));
    teardown(&f);
}

Test(quantize, all_zero_has_exponent_zero) {
    struct fixture f;
    setup(&f, "int16");
    const float x[2] = {0, -0.0F};
    cr_assert(quantize_exponent(&f.weights, x, 2, QUANTIZE_RANGE) == 0);
    cr_assert(quantize_exponent(&f.weights, x, 2, QUANTIZE_ERROR) == 0);
    teardown(&f);
}

Test(quantize, biases_saturate_at_the_psum_width) {
    struct quantizer q;
    struct fixture f;
    setup(&f, "int8");
    quantizer_bias(&q, &f.type, 24);
    cr_assert(quantize_word(&q, 1e9F, 0) == 8388607);
    cr_assert(quantize_word(&q, -1e9F, 0) == -8388608);
    cr_assert(quantize_word(&q, 2.5F, 0) == 2);
    quantizer_close(&q);
    teardown(&f);
}
