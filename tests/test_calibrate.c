/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration: grids that the output stage can reach, psums that do not overflow, biases
 * that keep the mean.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/design.h"
#include "models/calibrate.h"
#include "models/model.h"
#include "models/scales.h"
#include "verif/golden.h"

enum { IMAGES = 3, TAPS = CIFAR_BYTES, CLASSES = 10 };

/* A network of one fc layer over 3 x 32 x 32 inputs, with its images. */
struct fixture {
    struct layer fc;
    struct network net;
    struct weights_tensor tensors[2];
    struct weights weights;
    float w[CLASSES * TAPS], b[CLASSES];
    char records[IMAGES * (TAPS + 1)];
    struct cifar images;
    struct calibration c;
};

static struct fixture *make(float weight, float bias) {
    struct error err = {"", 0, 0, ""};
    const struct preprocess p = {{0, 0, 0}, {1, 1, 1}};
    struct hw hw;
    struct fixture *x = calloc(1, sizeof *x);
    cr_assert_not_null(x);
    x->fc = (struct layer){.name = "fc",
                           .op = OP_FC,
                           .input_count = 1,
                           .c = TAPS,
                           .h = 1,
                           .w = 1,
                           .m = CLASSES,
                           .e = 1,
                           .f = 1,
                           .r = 1,
                           .s = 1,
                           .u = 1,
                           .groups = 1};
    x->net = (struct network){.name = "one",
                              .batch = 1,
                              .c = 3,
                              .h = 32,
                              .w = 32,
                              .layers = &x->fc,
                              .layer_count = 1};
    for (size_t i = 0; i < sizeof x->w / sizeof *x->w; i++) {
        x->w[i] = weight * (float)(1 + 0.3 * sin((double)i));
    }
    for (size_t i = 0; i < CLASSES; i++) {
        x->b[i] = bias * (float)i;
    }
    memset(x->records, 100, sizeof x->records);
    for (size_t i = 0; i < IMAGES; i++) {
        x->records[i * (TAPS + 1)] = 1;
    }
    x->tensors[0] = (struct weights_tensor){"fc.weights", 2, {CLASSES, TAPS}, x->w};
    x->tensors[1] = (struct weights_tensor){"fc.bias", 1, {CLASSES}, x->b};
    x->weights = (struct weights){.tensors = x->tensors, .count = 2};
    x->images = (struct cifar){"made", CLASSES, TAPS + 1, IMAGES, x->records};
    cr_assert_eq(model_design(".", NULL, "fp32", &hw, &err), 0, "%s", err.text);
    cr_assert_eq(
        calibration_init(&x->c, &hw, &x->net, &x->weights, &x->images, &p, IMAGES, &err),
        0, "%s", err.text);
    return x;
}

static void end(struct fixture *x) {
    calibration_close(&x->c);
    free(x);
}

static void choose(const struct fixture *x, const char *type, struct hw *hw,
                   struct scales *s) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(model_design(".", NULL, type, hw, &err), 0, "%s", err.text);
    cr_assert_eq(calibrate(&x->c, hw, golden_type(type, &err), QUANTIZE_ERROR, s, &err),
                 0, "%s", err.text);
    cr_assert_eq(scales_check(s, hw, &x->net, &err), 0, "%s", err.text);
}

static const char *const types[] = {"int4", "int8", "int16", "lightpe1", "lightpe2"};

/* The sum of all weights times 100 / 255, as the float reference sees it. */
static double sum_of(const struct fixture *x, size_t m) {
    double sum = (double)x->b[m];
    for (size_t k = 0; k < TAPS; k++) {
        sum += (double)x->w[m * TAPS + k] * 100 / 255;
    }
    return sum;
}

Test(calibrate, keeps_sums_in_half_the_psum) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct fixture *x = make(0.05f, 3);
        struct scales s;
        struct hw hw;
        choose(x, types[i], &hw, &s);
        const double sum = ldexp(sum_of(x, CLASSES - 1), scales_sum(&s, &x->net, 0));
        cr_assert_leq(sum, ldexp(1.001, (int)hw.design.psum_bits - 2), "%s", types[i]);
        scales_close(&s);
        end(x);
    }
}

/* With the added biases the sums of the quantized weights are the float ones. */
Test(calibrate, gives_biases_what_rounding_takes) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct fixture *x = make(0.01f, 0);
        struct error err = {"", 0, 0, ""};
        struct scales s;
        struct quantizer q;
        struct hw hw;
        choose(x, types[i], &hw, &s);
        cr_assert_eq(quantizer_weights(&q, &hw.type, golden_type(types[i], &err), &err),
                     0);
        const int bits = s.layers[0].weight_frac_bits;
        for (size_t m = 0; m < CLASSES; m++) {
            double sum = 0;
            for (size_t k = 0; k < TAPS; k++) {
                sum += (double)quantize_value(&q, x->w[m * TAPS + k], -bits) * 100 / 255;
            }
            sum = ldexp(sum, -bits);
            if (s.layers[0].bias) {
                sum += ldexp(s.layers[0].bias[m], -scales_sum(&s, &x->net, 0));
            }
            cr_assert_float_eq(sum, sum_of(x, m), ldexp(1, -scales_sum(&s, &x->net, 0)),
                               "%s: %g, not %g", types[i], sum, sum_of(x, m));
        }
        quantizer_close(&q);
        scales_close(&s);
        end(x);
    }
}
