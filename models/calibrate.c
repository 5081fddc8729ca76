/* SPDX-License-Identifier: Apache-2.0
 *
 * Calibration.
 */
#include "models/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/infer.h"
#include "models/trained.h"
#include "verif/golden.h"
#include "verif/host_ops.h"
#include "verif/prng.h"
#include "verif/tensor.h"

enum { SAMPLE = 512 /* acts of a map and image, at most */ };

static size_t map_count(const struct network *net, size_t map) {
    if (map == 0) {
        return (size_t)net->c * net->h * net->w;
    }
    const struct layer one = tensor_image_layer(&net->layers[map - 1]);
    return tensor_ofmap_count(&one);
}

/* Add acts of one image to those of a map. */
static void draw(struct calibration *c, size_t map, const int32_t *words,
                 struct prng *g) {
    const size_t count = map_count(c->net, map);
    float *to = c->acts + map * c->room;
    for (size_t i = 0; i < count && i < SAMPLE; i++) {
        const size_t from = count <= SAMPLE ? i : prng_below(g, count);
        memcpy(&to[c->counts[map]++], &words[from], sizeof *to);
    }
}

static int allocate(struct calibration *c, size_t images, struct error *err) {
    const size_t maps = c->net->layer_count + 1;
    c->room = images * SAMPLE;
    c->acts = calloc(maps * c->room, sizeof *c->acts);
    c->counts = calloc(maps, sizeof *c->counts);
    c->largest = calloc(maps, sizeof *c->largest);
    c->windows = calloc(maps, sizeof *c->windows);
    c->images = (double)images;
    return c->acts && c->counts && c->largest && c->windows
               ? 0
               : error_set(err, "out of memory for the samples of calibration");
}

/* The sum of what a tap of one channel meets at all outputs; padding is zero. */
static double sum_tap(const struct layer *l, const int32_t *plane, unsigned r,
                      unsigned s) {
    double sum = 0;
    for (unsigned e = 0; e < l->e; e++) {
        const size_t y = (size_t)e * l->u + r - l->pad; /* above the map: very large */
        for (unsigned f = 0; f < l->f && y < l->h; f++) {
            const size_t x = (size_t)f * l->u + s - l->pad;
            float act = 0;
            if (x < l->w) {
                memcpy(&act, &plane[y * l->w + x], sizeof act);
            }
            sum += (double)act;
        }
    }
    return sum;
}

/* Add one image's mean windows. */
static int add_windows(struct calibration *c, const struct infer_work *w,
                       struct error *err) {
    for (size_t i = 0; i < c->net->layer_count; i++) {
        const struct layer l = tensor_image_layer(&c->net->layers[i]);
        const int32_t *in = l.inputs[0] == 0 ? w->input : w->maps[l.inputs[0] - 1];
        const size_t kernel = (size_t)l.r * l.s;
        if (!layer_on_array(&l)) {
            continue;
        }
        if (!c->windows[i]) {
            c->windows[i] = calloc(l.c * kernel, sizeof **c->windows);
        }
        if (!c->windows[i]) {
            return error_set(err, "layer %s: out of memory for its window", l.name);
        }
        for (size_t k = 0; k < l.c * kernel; k++) {
            const int32_t *plane = in + k / kernel * l.h * l.w;
            const unsigned tap = (unsigned)(k % kernel);
            c->windows[i][k] +=
                sum_tap(&l, plane, tap / l.s, tap % l.s) / ((double)l.e * l.f);
        }
    }
    return 0;
}

/* Run images and sample their maps. */
static int sample_images(struct calibration *c, const struct trained *t,
                         const struct infer *n, const struct cifar *images,
                         const struct preprocess *preprocess, size_t count,
                         struct error *err) {
    struct prng g = prng_make(1, "calibration", 0);
    struct infer_work w;
    float input[CIFAR_BYTES];
    int rc = infer_work_init(&w, n, 1, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        cifar_image(images, i, preprocess, input);
        trained_input(t, input, CIFAR_BYTES, w.input);
        rc = infer_run(&w, err);
        for (size_t map = 0; rc == 0 && map <= c->net->layer_count; map++) {
            draw(c, map, map == 0 ? w.input : w.maps[map - 1], &g);
        }
        rc = rc ? rc : add_windows(c, &w, err);
    }
    if (rc == 0) {
        memcpy(c->largest, w.largest, c->net->layer_count * sizeof *c->largest);
    }
    infer_work_close(&w);
    return rc;
}

int calibration_init(struct calibration *c, const struct hw *hw,
                     const struct network *net, const struct weights *weights,
                     const struct cifar *images, const struct preprocess *preprocess,
                     size_t count, struct error *err) {
    struct trained t = {.net = net};
    struct infer n = {.net = net};
    *c = (struct calibration){.net = net, .weights = weights};
    const struct pe_golden *type = golden_type(hw->type.name, err);
    int rc = !type || cifar_check(images, net, err) || allocate(c, count, err) ||
                     trained_init(&t, hw, type, net, weights, NULL, err) ||
                     infer_init(&n, hw, type, net, t.params, NULL, err) ||
                     sample_images(c, &t, &n, images, preprocess, count, err)
                 ? -1
                 : 0;
    infer_close(&n);
    trained_close(&t);
    return rc;
}

void calibration_close(struct calibration *c) {
    for (size_t i = 0; c->windows && i < c->net->layer_count; i++) {
        free(c->windows[i]);
    }
    free(c->windows);
    free(c->acts);
    free(c->counts);
    free(c->largest);
    *c = (struct calibration){.net = NULL};
}

/* One type's choice. */
struct choice {
    const struct calibration *c;
    const struct hw *hw;
    enum quantize_rule rule;
    struct quantizer acts, weights;
    struct scales *s;
};

static int act_bits(const struct choice *x, size_t map) {
    return -quantize_exponent(&x->acts, x->c->acts + map * x->c->room, x->c->counts[map],
                              x->rule);
}

/* What rounding the weights takes from the mean sums of an array layer, to its biases. */
static int correct_bias(const struct choice *x, size_t index, const float *weights,
                        struct error *err) {
    const struct layer *l = &x->c->net->layers[index];
    const struct layer part = tensor_group_layer(l);
    const size_t taps = (size_t)part.c * part.r * part.s;
    const int bits = x->s->layers[index].weight_frac_bits;
    int32_t *bias = calloc((size_t)l->m + 1, sizeof *bias);
    if (!bias) {
        return error_set(err, "layer %s: out of memory for its bias", l->name);
    }
    int any = 0;
    for (size_t m = 0; m < l->m; m++, weights += taps) {
        const double *window = x->c->windows[index] + m / part.m * taps;
        double lost = 0;
        for (size_t k = 0; k < taps; k++) {
            const int64_t value = quantize_value(&x->weights, weights[k], -bits);
            lost += ((double)weights[k] - ldexp((double)value, -bits)) * window[k];
        }
        lost = rint(ldexp(lost / x->c->images, scales_input(x->s, l, 0) + bits));
        bias[m] = (int32_t)fmin(fmax(lost, -INT32_MAX), INT32_MAX);
        any |= bias[m] != 0;
    }
    if (any) {
        x->s->layers[index].bias = bias;
    } else { /* all weights are on their grids */
        free(bias);
    }
    return 0;
}

/* The grid of an array layer's weights, and its biases. */
static int choose_weights(const struct choice *x, size_t index, struct error *err) {
    const struct layer *l = &x->c->net->layers[index];
    const float *weights = NULL, *bias = NULL;
    if (weights_layer(x->c->weights, l, &weights, &bias, err)) {
        return -1;
    }
    int bits = -quantize_exponent(&x->weights, weights, tensor_weight_count(l), x->rule);
    const int in = scales_input(x->s, l, 0);
    while (ldexp(x->c->largest[index], in + bits) >
           ldexp(1, (int)x->hw->design.psum_bits - 2)) {
        bits--;
    }
    x->s->layers[index].weight_frac_bits = bits;
    return correct_bias(x, index, weights, err);
}

/* The grid of a layer's output, as the output stage can reach it. */
static void choose_output(const struct choice *x, size_t index) {
    const struct layer *l = &x->c->net->layers[index];
    const int sum = scales_sum(x->s, x->c->net, index);
    const int shift_max = (int)x->hw->design.psum_bits - 1;
    int bits = act_bits(x, index + 1);
    if (!layer_on_array(l) && l->op != OP_ADD) {
        bits = sum; /* pooling keeps the grid */
    }
    bits = bits < sum ? bits : sum;
    x->s->layers[index].frac_bits = sum - bits > shift_max ? sum - shift_max : bits;
}

static int choose_all(const struct choice *x, struct error *err) {
    x->s->input_frac_bits = act_bits(x, 0);
    for (size_t i = 0; i < x->c->net->layer_count; i++) {
        if (layer_on_array(&x->c->net->layers[i]) && choose_weights(x, i, err)) {
            return -1;
        }
        choose_output(x, i);
    }
    return scales_check(x->s, x->hw, x->c->net, err);
}

int calibrate(const struct calibration *c, const struct hw *hw,
              const struct pe_golden *type, enum quantize_rule rule, struct scales *s,
              struct error *err) {
    struct choice x = {.c = c, .hw = hw, .rule = rule, .s = s};
    if (scales_init(s, c->net, err)) {
        return -1;
    }
    quantizer_acts(&x.acts, &hw->type);
    int rc = quantizer_weights(&x.weights, &hw->type, type, err) || choose_all(&x, err);
    quantizer_close(&x.weights);
    if (rc) {
        scales_close(s);
    }
    return rc ? -1 : 0;
}
