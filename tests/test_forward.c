/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden forward pass: grids, shifts, refusals, and that nothing vanishes.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "gen/design.h"
#include "verif/forward.h"
#include "verif/golden.h"
#include "verif/random_params.h"

static void load(const char *design, const char *network, struct hw *hw,
                 struct network *net) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(design_load(".", design, hw, &err), 0, "%s", err.text);
    cr_assert_eq(network_load(".", network, net, &err), 0, "%s", err.text);
}

static void run(struct forward *f, const struct hw *hw, const struct network *net,
                enum tensor_range range) {
    struct error err = {"", 0, 0, ""};
    struct random_params r = {hw, golden_type(hw->type.name, &err), 1, range};
    const struct forward_source source = random_params_source(&r);
    cr_assert_eq(forward_run(f, hw, r.type, net, NULL, &source, &err), 0, "%s", err.text);
}

Test(forward, chooses_the_smallest_shift_that_rarely_saturates) {
    int64_t sums[2000] = {0};
    sums[0] = 255;
    sums[1] = -1000;
    cr_assert_eq(forward_shift(sums, 1000, 0, 127), 2); /* one may saturate: -1000 */
    cr_assert_eq(forward_shift(sums, 900, 0, 127), 3);  /* none: -125 */
    cr_assert_eq(forward_shift(sums, 900, 1, 127), 2);  /* ReLU: 255 / 2 rounds to 128 */
    cr_assert_eq(forward_shift(sums, 2000, 0, 127), 0); /* both may */
    sums[0] = 254;
    cr_assert_eq(forward_shift(sums, 900, 1, 127), 1);
    cr_assert_eq(forward_shift(sums + 2, 900, 0, 127), 0);
}

/* Share of the acts of a map that have a value of at least 1/64 of the range. */
static double share_of_large(const struct forward_map *map, int64_t top) {
    size_t large = 0;
    for (size_t i = 0; i < map->count; i++) {
        large += llabs(map->words[i]) * 64 >= top;
    }
    return (double)large / (double)map->count;
}

/* Through all 56 layers, whatever the type, acts fill their range. */
static void check_depth(const char *design) {
    struct hw hw;
    struct network net;
    struct forward f;
    load(design, "resnet56-cifar10", &hw, &net);
    run(&f, &hw, &net, TENSOR_NORMAL);
    const int64_t top = (INT64_C(1) << (hw.type.act_bits - 1)) - 1;
    for (size_t i = 0; i < net.layer_count; i++) {
        const struct forward_map *out = &f.layers[i].out;
        size_t saturated = 0;
        for (size_t k = 0; k < out->count; k++) {
            saturated += out->words[k] == top || out->words[k] == -top - 1;
        }
        /* Values double every other residual block; weights with a mean make it worse. */
        cr_assert_lt(ldexp((double)top, -out->frac_bits), 0x1p30, "%s %s", design,
                     net.layers[i].name);
        cr_assert_geq(share_of_large(out, top), 0.2, "%s %s", design, net.layers[i].name);
        if (top > 7) { /* 4 bits: the largest word is common */
            cr_assert_leq((double)saturated, 0.02 * (double)out->count + 1, "%s %s",
                          design, net.layers[i].name);
        }
    }
    forward_close(&f);
    network_close(&net);
}

Test(forward, keeps_the_acts_of_a_deep_network_int16) {
    check_depth("designs/eyeriss_int16.json");
}

Test(forward, keeps_the_acts_of_a_deep_network_int4) {
    check_depth("designs/eyeriss_int4.json");
}

Test(forward, keeps_the_acts_of_a_deep_network_lightpe) {
    check_depth("designs/eyeriss_lightpe1.json");
    check_depth("designs/eyeriss_lightpe2.json");
}

/* The value of every output of an integer layer is that of its real operation, to half
 * an ulp of its grid, unless it saturates. */
Test(forward, grids_stand_for_the_values) {
    struct hw hw;
    struct network net;
    struct forward f;
    load("designs/small_int16.json", "tests/networks/mixed.json", &hw, &net);
    run(&f, &hw, &net, TENSOR_NORMAL);
    for (size_t i = 0; i < net.layer_count; i++) {
        const struct layer *l = &net.layers[i];
        const struct forward_layer *n = &f.layers[i];
        const struct forward_map *in = forward_input(&f, i, 0);
        for (unsigned k = 0; k < l->m && (l->op == OP_FC || l->op == OP_ADD); k++) {
            double sum = 0, ulp = ldexp(1, -n->out.frac_bits);
            if (l->op == OP_FC) {
                int psum = in->frac_bits + n->params.weight_frac_bits;
                sum = ldexp((double)n->params.bias[k], -psum);
                for (unsigned c = 0; c < l->c; c++) {
                    sum += ldexp((double)in->words[c], -in->frac_bits) *
                           ldexp((double)n->params.weights[k * l->c + c],
                                 -n->params.weight_frac_bits);
                }
            } else {
                const struct forward_map *other = forward_input(&f, i, 1);
                sum = ldexp((double)in->words[k], -in->frac_bits) +
                      ldexp((double)other->words[k], -other->frac_bits);
            }
            sum = l->relu && sum < 0 ? 0 : sum;
            double got = ldexp((double)n->out.words[k], -n->out.frac_bits);
            cr_assert_leq(fabs(got - sum), ulp / 2, "%s %u", l->name, k);
        }
    }
    forward_close(&f);
    network_close(&net);
}

Test(forward, same_seed_same_numbers) {
    struct hw hw;
    struct network net;
    struct forward a, b;
    load("designs/small_lightpe2.json", "tests/networks/mixed.json", &hw, &net);
    run(&a, &hw, &net, TENSOR_FULL);
    run(&b, &hw, &net, TENSOR_FULL);
    for (size_t i = 0; i < net.layer_count; i++) {
        cr_assert_eq(memcmp(a.layers[i].out.words, b.layers[i].out.words,
                            a.layers[i].out.count * sizeof(int32_t)),
                     0);
    }
    forward_close(&a);
    forward_close(&b);
    network_close(&net);
}

/* The first image of a batch is the image of a batch of one, through the same network;
 * the others differ from it. */
static void check_batch(const char *design, const char *file, enum tensor_range range) {
    struct hw hw;
    struct network one, three;
    struct forward a, b;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(network_load_batch(".", file, 3, &three, &err), 0, "%s", err.text);
    cr_assert_eq(network_load_batch(".", file, 1, &one, &err), 0, "%s", err.text);
    cr_assert_eq(design_load(".", design, &hw, &err), 0, "%s", err.text);
    run(&a, &hw, &one, range);
    run(&b, &hw, &three, range);
    for (size_t i = 0; i < one.layer_count; i++) {
        const struct forward_map *x = &a.layers[i].out, *y = &b.layers[i].out;
        const size_t bytes = x->count * sizeof(int32_t);
        cr_assert_eq(x->count, y->count);
        cr_assert_eq(memcmp(x->words, y->words, bytes), 0, "%s", one.layers[i].name);
        cr_assert_neq(memcmp(x->words, forward_image(y, 1), bytes), 0);
        cr_assert_neq(memcmp(x->words, forward_image(y, 2), bytes), 0);
        cr_assert_eq(a.layers[i].shift, b.layers[i].shift);
    }
    forward_close(&a);
    forward_close(&b);
    network_close(&one);
    network_close(&three);
}

Test(forward, first_image_does_not_depend_on_the_batch) {
    check_batch("designs/small_int16.json", "tests/networks/batch.json", TENSOR_NORMAL);
    check_batch("designs/small_int16.json", "tests/networks/mixed.json", TENSOR_FULL);
    check_batch("designs/small_lightpe1.json", "tests/networks/mixed.json",
                TENSOR_NORMAL);
}

/* The tensors of an fc layer have the images in columns, those of others are an image's.
 */
Test(forward, fc_has_the_batch_in_columns) {
    struct hw hw;
    struct network net;
    struct forward f;
    load("designs/small_int16.json", "tests/networks/batch.json", &hw, &net);
    run(&f, &hw, &net, TENSOR_NORMAL);
    for (size_t i = 0; i < net.layer_count; i++) {
        const struct layer *l = &net.layers[i];
        const struct forward_map *in = forward_input(&f, i, 0), *out = &f.layers[i].out;
        for (unsigned image = 0; layer_on_array(l) && image < 3; image++) {
            if (l->op == OP_CONV) {
                const struct tensors t = forward_tensors(&f, i, image);
                cr_assert_eq(t.ifmap, in->words + image * in->count);
                cr_assert_eq(t.ofmap, out->words + image * out->count);
                continue;
            }
            const struct tensors t = forward_tensors(&f, i, 0);
            for (unsigned c = 0; c < l->c; c++) {
                cr_assert_eq(t.ifmap[c * 3 + image], in->words[image * l->c + c]);
            }
            for (unsigned m = 0; m < l->m; m++) {
                cr_assert_eq(t.ofmap[m * 3 + image], out->words[image * l->m + m]);
            }
        }
    }
    forward_close(&f);
    network_close(&net);
}

Test(forward, refuses_what_it_cannot_run) {
    struct layer layers[1] = {{.name = "attention", .op = OP_MATMUL}};
    struct network net = {.name = "net", .batch = 1, .layers = layers, .layer_count = 1};
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(forward_check(&net, &err), -1);
    cr_assert(strstr(err.text, "attention: matmul"));
    struct layer fc[1] = {{.name = "fc", .op = OP_FC, .input_count = 1}};
    net.layers = fc;
    net.batch = 4;
    cr_assert_eq(forward_check(&net, NULL), 0);
    struct error alone = {"", 0, 0, ""};
    net.layers[0].input_count = 0;
    cr_assert_eq(forward_check(&net, &alone), -1);
    cr_assert(strstr(alone.text, "fc: is not connected"));
}

/* Activations that overflow must not reach the hardware as Inf. */
Test(forward, refuses_floats_that_are_not_finite) {
    struct hw hw;
    struct network net;
    struct forward f;
    struct error err = {"", 0, 0, ""};
    load("designs/small_fp32.json", "tests/networks/mixed.json", &hw, &net);
    struct random_params r = {&hw, golden_type("fp32", NULL), 1, TENSOR_FULL};
    const struct forward_source source = random_params_source(&r);
    cr_assert_eq(forward_run(&f, &hw, r.type, &net, NULL, &source, &err), -1);
    cr_assert(strstr(err.text, "not finite"));
    forward_close(&f);
    network_close(&net);
}
