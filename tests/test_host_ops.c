/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's layers against plain readings of their definitions.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "verif/golden.h"
#include "verif/host_ops.h"
#include "verif/prng.h"

static int32_t word_of(float value) {
    int32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

static struct layer pool(unsigned c, unsigned h, unsigned w, unsigned r, unsigned s,
                         unsigned u, unsigned pad) {
    struct layer l = {.name = "pool",
                      .op = OP_MAXPOOL,
                      .c = c,
                      .h = h,
                      .w = w,
                      .m = c,
                      .r = r,
                      .s = s,
                      .u = u,
                      .pad = pad,
                      .groups = 1};
    l.e = (h + 2 * pad - r) / u + 1;
    l.f = (w + 2 * pad - s) / u + 1;
    return l;
}

Test(host_ops, divides_with_ties_to_even) {
    static const int64_t cases[][3] = {
        {5, 2, 2},   {7, 2, 4},   {-5, 2, -2},    {-7, 2, -4},     {1, 2, 0},
        {-1, 2, 0},  {3, 2, 2},   {-3, 2, -2},    {5, 3, 2},       {4, 3, 1},
        {-5, 3, -2}, {-4, 3, -1}, {0, 9, 0},      {49, 1, 49},     {-49, 1, -49},
        {9, 6, 2},   {15, 6, 2},  {-15, 6, -2},   {-9, 6, -2},     {27, 6, 4},
        {21, 6, 4},  {3, 6, 0},   {1000, 7, 143}, {-1000, 7, -143}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(host_divide(cases[i][0], cases[i][1]), cases[i][2], "%d / %d",
                     (int)cases[i][0], (int)cases[i][1]);
    }
    for (int64_t n = -300; n <= 300; n++) { /* powers of two are shifts */
        cr_assert_eq(host_divide(n, 8), golden_round(n, 3));
    }
}

Test(host_ops, adds_on_the_finer_grid) {
    const int32_t a[4] = {1, -32768, 32767, 5}, b[4] = {1, -32768, -32768, -3};
    const unsigned left[2] = {3, 0}, most[2] = {0, HOST_ALIGN_MAX};
    int64_t sums[4];
    host_add_sums(a, b, left, sums, 4);
    cr_assert_eq(sums[0], 9);
    cr_assert_eq(sums[1], INT64_C(-9) * 32768);
    cr_assert_eq(sums[2], INT64_C(8) * 32767 - 32768);
    cr_assert_eq(sums[3], 37);
    host_add_sums(a, b, most, sums, 4);
    cr_assert_eq(sums[1], -32768 - (INT64_C(32768) << 30));
}

Test(host_ops, adds_floats_with_the_types_addition) {
    const struct pe_golden *type = golden_type("fp32", NULL);
    struct layer l = {.m = 4, .e = 1, .f = 1, .relu = 1};
    const int32_t a[4] = {word_of(1.5F), word_of(-1), word_of(-0.0F), word_of(0x1p24F)};
    const int32_t b[4] = {word_of(2), word_of(-1), word_of(-0.0F), word_of(1)};
    int32_t out[4];
    host_add_float(type, &l, a, b, out);
    cr_assert_eq(out[0], word_of(3.5F));
    cr_assert_eq(out[1], 0);
    cr_assert_eq(out[2], 0);
    cr_assert_eq(out[3], word_of(0x1p24F)); /* a tie */
    l.relu = 0;
    host_add_float(type, &l, a, b, out);
    cr_assert_eq(out[1], word_of(-2));
    cr_assert_eq(out[2], word_of(-0.0F));
}

/* One output by going over the whole padded window. */
static int32_t plain_pool(const struct layer *l, const int32_t *in, unsigned c,
                          unsigned e, unsigned f, int average) {
    int64_t sum = 0, max = INT64_MIN, count = 0;
    for (unsigned i = 0; i < l->r * l->s; i++) {
        long y = (long)(e * l->u + i / l->s) - (long)l->pad;
        long x = (long)(f * l->u + i % l->s) - (long)l->pad;
        if (y >= 0 && y < (long)l->h && x >= 0 && x < (long)l->w) {
            int64_t v = in[((size_t)c * l->h + (size_t)y) * l->w + (size_t)x];
            sum += v;
            count++;
            max = v > max ? v : max;
        }
    }
    double mean = (double)sum / (double)count; /* exact enough for small numbers */
    return (int32_t)(average ? (int64_t)nearbyint(mean) : max);
}

Test(host_ops, pools_windows_that_exist) {
    enum { SIZE = 2 * 9 * 9 };
    int32_t in[SIZE], max[SIZE * 2], mean[SIZE * 2];
    struct prng g = prng_make(1, "pools", 0);
    for (unsigned n = 0; n < 300; n++) {
        unsigned r = 1 + (unsigned)prng_below(&g, 4), s = 1 + (unsigned)prng_below(&g, 4);
        struct layer l = pool(2, r + (unsigned)prng_below(&g, 6 - r + 1),
                              s + (unsigned)prng_below(&g, 6 - s + 1), r, s,
                              1 + (unsigned)prng_below(&g, 3),
                              (unsigned)prng_below(&g, r < s ? r : s));
        for (unsigned i = 0; i < SIZE; i++) {
            in[i] = (int32_t)prng_range(&g, -20, 3);
        }
        host_maxpool(&l, 0, in, max);
        host_avgpool(&l, NULL, in, mean);
        for (unsigned i = 0; i < l.m * l.e * l.f; i++) {
            unsigned c = i / (l.e * l.f), e = i / l.f % l.e, f = i % l.f;
            cr_assert_eq(max[i], plain_pool(&l, in, c, e, f, 0));
            cr_assert_eq(mean[i], plain_pool(&l, in, c, e, f, 1));
        }
    }
}

Test(host_ops, pools_floats_in_row_order) {
    const struct pe_golden *type = golden_type("fp32", NULL);
    const struct layer l = pool(1, 1, 3, 1, 3, 1, 0);
    const int32_t in[3] = {word_of(0x1p24F), word_of(1), word_of(1)};
    int32_t out[1];
    host_avgpool(&l, type, in, out); /* each 1 is lost; the other order would keep both */
    cr_assert_eq(out[0], word_of(0x1p24F * (1 / 3.0F)));
    const int32_t zeros[3] = {word_of(-1), word_of(-0.0F), word_of(0.0F)};
    host_maxpool(&l, 1, zeros, out);
    cr_assert_eq(out[0], word_of(-0.0F)); /* the first of equals */
    const int32_t negative[3] = {word_of(-3), word_of(-2), word_of(-4)};
    host_maxpool(&l, 1, negative, out);
    cr_assert_eq(out[0], word_of(-2));
}
