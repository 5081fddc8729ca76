/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden layer model against a plain reading of its definition.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verif/golden.h"
#include "verif/prng.h"

static struct hw make_hw(unsigned act, unsigned weight, unsigned psum) {
    struct hw hw;
    memset(&hw, 0, sizeof hw);
    (void)snprintf(hw.type.name, sizeof hw.type.name, "test");
    hw.type.kind = PE_INTEGER;
    hw.type.act_bits = act;
    hw.type.weight_bits = weight;
    hw.design.psum_bits = psum;
    return hw;
}

static int64_t multiply(int64_t act, int64_t weight) {
    return act * weight;
}

/* A product that no multiplication makes. */
static int64_t odd_product(int64_t act, int64_t weight) {
    return act * weight + (act & weight);
}

/* Sign and exponent, as LightPE words are. */
static int64_t power_value(int64_t word) {
    int64_t value = (word & 7) == 7 ? 0 : INT64_C(64) >> (word & 7);
    return word < 0 ? -value : value;
}

static int64_t power_product(int64_t act, int64_t word) {
    return act * power_value(word);
}

static const struct pe_golden plain = {.name = "test", .product = multiply, .linear = 1};
static const struct pe_golden odd = {.name = "test", .product = odd_product};
static const struct pe_golden power = {
    .name = "test", .product = power_product, .weight_value = power_value, .linear = 1};

/* One output straight from the definition, with 128-bit sums reduced at the end. */
static int64_t plain_output(const struct hw *hw, const struct pe_golden *type,
                            const struct layer *l, const struct tensors *t, unsigned m,
                            unsigned e, unsigned f) {
    unsigned cg = l->c / l->groups, group = m / (l->m / l->groups);
    uint64_t sum = (uint64_t)t->bias[m];
    for (unsigned c = 0; c < cg; c++) {
        for (unsigned r = 0; r < l->r; r++) {
            for (unsigned s = 0; s < l->s; s++) {
                long y = (long)(e * l->u + r) - (long)l->pad;
                long x = (long)(f * l->u + s) - (long)l->pad;
                int64_t act = 0;
                if (y >= 0 && y < (long)l->h && x >= 0 && x < (long)l->w) {
                    act = t->ifmap[((size_t)(group * cg + c) * l->h + (size_t)y) * l->w +
                                   (size_t)x];
                }
                size_t at = (((size_t)m * cg + c) * l->r + r) * l->s + s;
                sum += (uint64_t)type->product(act, t->weights[at]);
            }
        }
    }
    unsigned spare = 64 - hw->design.psum_bits;
    int64_t psum = (int64_t)(sum << spare) >> spare;
    if (l->relu && psum < 0) {
        psum = 0;
    }
    double max = (double)(INT64_C(1) << (hw->type.act_bits - 1)) - 1;
    int64_t q = psum;
    for (unsigned i = 0, sticky = 0; i < t->requant_shift; i++) { /* bit by bit */
        unsigned bit = (unsigned)q & 1;
        q >>= 1;
        if (i + 1 == t->requant_shift && bit && (sticky || (q & 1))) {
            q++;
        }
        sticky |= bit;
    }
    return (double)q > max ? (int64_t)max : (double)q < -max - 1 ? (int64_t)-max - 1 : q;
}

static struct layer random_layer(struct prng *g) {
    struct layer l;
    memset(&l, 0, sizeof l);
    (void)snprintf(l.name, sizeof l.name, "layer");
    l.groups = 1 + (unsigned)prng_below(g, 3);
    l.c = l.groups * (1 + (unsigned)prng_below(g, 5));
    l.m = l.groups * (1 + (unsigned)prng_below(g, 40));
    l.r = 1 + (unsigned)prng_below(g, 5);
    l.s = 1 + (unsigned)prng_below(g, 5);
    l.u = 1 + (unsigned)prng_below(g, 4);
    l.pad = (unsigned)prng_below(g, l.r);
    l.h = l.r + (unsigned)prng_below(g, 8);
    l.w = l.s + (unsigned)prng_below(g, 8);
    l.e = (l.h + 2 * l.pad - l.r) / l.u + 1;
    l.f = (l.w + 2 * l.pad - l.s) / l.u + 1;
    l.relu = (int)prng_below(g, 2);
    return l;
}

static void check(const struct hw *hw, const struct pe_golden *type, uint64_t seed,
                  enum tensor_range range) {
    struct prng g = prng_make(seed, "test_golden", 0);
    struct error err = {"", 0, 0, ""};
    struct tensors t;
    struct layer l = random_layer(&g);
    cr_assert_eq(tensors_init(&t, hw, type, &l, seed, 0, range, &err), 0, "%s", err.text);
    cr_assert_eq(golden_layer(hw, type, &l, &t, NULL, &err), 0, "%s", err.text);
    for (unsigned i = 0; i < l.m * l.e * l.f; i++) {
        unsigned m = i / (l.e * l.f), e = i / l.f % l.e, f = i % l.f;
        int64_t want = plain_output(hw, type, &l, &t, m, e, f);
        cr_assert_eq(t.ofmap[i], want, "seed %u m %u e %u f %u: got %d, want %d",
                     (unsigned)seed, m, e, f, t.ofmap[i], (int)want);
    }
    tensors_close(&t);
}

Test(golden, layer_of_narrow_numbers) {
    static const unsigned widths[][3] = {{16, 16, 32}, {16, 16, 31}, {8, 8, 17},
                                         {2, 2, 8},    {4, 16, 24},  {16, 4, 20}};
    for (unsigned i = 0; i < 60; i++) {
        const unsigned *w = widths[i % 6];
        struct hw hw = make_hw(w[0], w[1], w[2]);
        check(&hw, &plain, i, (enum tensor_range)(i / 6 % 3));
    }
}

Test(golden, layer_of_wide_numbers) {
    static const unsigned widths[][3] = {{16, 16, 33}, {32, 32, 64}, {24, 17, 48}};
    for (unsigned i = 0; i < 30; i++) {
        const unsigned *w = widths[i % 3];
        struct hw hw = make_hw(w[0], w[1], w[2]);
        check(&hw, &plain, 100 + i, (enum tensor_range)(i / 3 % 3));
    }
}

Test(golden, layer_of_other_products) {
    for (unsigned i = 0; i < 20; i++) {
        struct hw hw = make_hw(8, 4, i % 2 ? 20 : 40);
        check(&hw, &odd, 200 + i, TENSOR_FULL);
        check(&hw, &power, 300 + i, TENSOR_NORMAL);
    }
}

Test(golden, rounds_ties_to_even) {
    cr_assert_eq(golden_round(5, 0), 5);
    cr_assert_eq(golden_round(1, 1), 0);
    cr_assert_eq(golden_round(3, 1), 2);
    cr_assert_eq(golden_round(-1, 1), 0);
    cr_assert_eq(golden_round(-3, 1), -2);
    cr_assert_eq(golden_round(6, 2), 2);
    cr_assert_eq(golden_round(7, 2), 2);
    cr_assert_eq(golden_round(-7, 2), -2);
    cr_assert_eq(golden_round(INT64_MAX, 63), 1);
    cr_assert_eq(golden_round(INT64_MIN, 63), -1);
}

Test(golden, wraps_and_saturates) {
    cr_assert_eq(golden_wrap(128, 8), -128);
    cr_assert_eq(golden_wrap(-129, 8), 127);
    cr_assert_eq(golden_wrap(INT64_MIN, 64), INT64_MIN);
    cr_assert_eq(golden_wrap(INT64_C(1) << 40, 40), 0);
    cr_assert_eq(golden_saturate(40000, 16), 32767);
    cr_assert_eq(golden_saturate(-40000, 16), -32768);
    cr_assert_eq(golden_saturate(2, 2), 1);
    cr_assert_eq(golden_output(-100, 1, 0, 8), 0);
    cr_assert_eq(golden_output(-100, 0, 0, 8), -100);
}

Test(golden, knows_when_no_overflow_can_be) {
    struct layer l = {.name = "x",
                      .c = 1,
                      .h = 1,
                      .w = 1,
                      .m = 1,
                      .e = 1,
                      .f = 1,
                      .r = 1,
                      .s = 1,
                      .u = 1,
                      .groups = 1};
    int32_t act[1] = {100}, weight[1] = {10}, out[1] = {0};
    int64_t bias[1] = {-500};
    struct tensors t = {act, weight, bias, out, 0, 0};
    int possible = -1;
    struct hw hw = make_hw(16, 16, 12); /* 1500 fits, not in 11 bits */
    cr_assert_eq(golden_layer(&hw, &plain, &l, &t, &possible, NULL), 0);
    cr_assert_eq(possible, 0);
    cr_assert_eq(out[0], 500);
    hw.design.psum_bits = 11;
    cr_assert_eq(golden_layer(&hw, &plain, &l, &t, &possible, NULL), 0);
    cr_assert_eq(possible, 1);
}

Test(golden, refuses_float_and_unknown_types) {
    struct layer l = {.name = "x", .groups = 1};
    struct tensors t = {NULL, NULL, NULL, NULL, 0, 0};
    struct error err = {"", 0, 0, ""};
    struct hw hw = make_hw(32, 32, 32);
    hw.type.kind = PE_FLOAT;
    cr_assert_eq(golden_layer(&hw, &plain, &l, &t, NULL, &err), -1);
    cr_assert(strstr(err.text, "float") != NULL);
    err.text[0] = '\0';
    cr_assert_null(golden_type("int17", &err));
    cr_assert(strstr(err.text, "int17") != NULL);
    cr_assert_not_null(golden_type("int16", NULL));
}

/* A linear type must be one: its product is act times the value of the word. */
Test(golden, linear_types_multiply) {
    struct prng g = prng_make(1, "linear", 0);
    for (const struct pe_golden *const *p = pe_golden_table; *p; p++) {
        const struct pe_golden *type = *p;
        for (unsigned i = 0; type->linear && i < 1000; i++) {
            int64_t act = prng_range(&g, -32768, 32767), word = prng_range(&g, -8, 7);
            int64_t value = type->weight_value ? type->weight_value(word) : word;
            cr_assert_eq(type->product(act, word), act * value, "%s", type->name);
        }
    }
}

/* The word for a weight that is not there must stand for 0. */
Test(golden, zero_words_are_zero) {
    for (const struct pe_golden *const *p = pe_golden_table; *p; p++) {
        struct pe_type type;
        struct error err = {"", 0, 0, ""};
        cr_assert_eq(pe_type_load(".", (*p)->name, &type, &err), 0, "%s", err.text);
        for (int64_t act = -8; type.kind == PE_INTEGER && act < 8; act++) {
            cr_assert_eq((*p)->product(act, type.weight_zero), 0, "%s", type.name);
        }
        cr_assert_eq((*p)->multiply != NULL, type.kind == PE_FLOAT, "%s", type.name);
        cr_assert_eq((*p)->add != NULL, type.kind == PE_FLOAT, "%s", type.name);
    }
}
