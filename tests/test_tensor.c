/* SPDX-License-Identifier: Apache-2.0
 *
 * Random tensors and their layouts in DRAM.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verif/golden.h"
#include "verif/layout.h"
#include "verif/prng.h"
#include "verif/tensor.h"

static struct hw make_hw(unsigned bus, unsigned psum) {
    struct hw hw;
    memset(&hw, 0, sizeof hw);
    hw.type.kind = PE_INTEGER;
    hw.type.act_bits = hw.type.weight_bits = 16;
    hw.act_mem_bits = hw.weight_mem_bits = 16;
    hw.design.psum_bits = psum;
    hw.design.bus_bits = bus;
    hw.bus_bytes = bus / 8;
    hw.act_lanes = hw.weight_lanes = bus / 16;
    hw.psum_lanes = bus / psum;
    hw.psum_mem_bits = bus / hw.psum_lanes;
    return hw;
}

static struct layer make_layer(unsigned c, unsigned hw, unsigned m, unsigned k) {
    struct layer l;
    memset(&l, 0, sizeof l);
    (void)snprintf(l.name, sizeof l.name, "layer");
    l.c = c;
    l.h = l.w = l.e = l.f = hw;
    l.m = m;
    l.r = l.s = k;
    l.u = l.groups = 1;
    l.pad = k / 2;
    return l;
}

Test(tensor, lanes_of_every_width) {
    uint8_t array[64];
    for (unsigned bits = 1; bits <= 64; bits *= 2) {
        const size_t lanes = sizeof array * 8 / bits;
        struct prng g = prng_make(bits, "lanes", 0);
        int64_t values[512];
        memset(array, 0xff, sizeof array);
        for (size_t i = 0; i < lanes; i++) {
            values[i] = golden_wrap((int64_t)prng_next(&g), bits);
            layout_put(array, i, bits, values[i]);
        }
        for (size_t i = 0; i < lanes; i++) {
            cr_assert_eq(layout_get(array, i, bits), values[i], "%u bits, lane %zu", bits,
                         i);
        }
    }
    layout_put(array, 1, 16, 0x1234); /* little-endian */
    cr_assert_eq(array[2], 0x34);
    cr_assert_eq(array[3], 0x12);
    layout_put(array, 1, 4, 0x5); /* lane 0 in the low bits */
    cr_assert_eq(array[0] >> 4, 0x5);
}

Test(tensor, depends_on_seed_name_and_image_only) {
    struct hw hw = make_hw(64, 32);
    struct layer l = make_layer(3, 5, 4, 3), other = l;
    struct tensors a, b, c, d, e;
    const struct pe_golden *type = golden_type("int16", NULL);
    (void)snprintf(other.name, sizeof other.name, "other");
    cr_assert_eq(tensors_init(&a, &hw, type, &l, 1, 0, TENSOR_NORMAL, NULL), 0);
    cr_assert_eq(tensors_init(&b, &hw, type, &l, 1, 0, TENSOR_NORMAL, NULL), 0);
    cr_assert_eq(tensors_init(&c, &hw, type, &l, 2, 0, TENSOR_NORMAL, NULL), 0);
    cr_assert_eq(tensors_init(&d, &hw, type, &other, 1, 0, TENSOR_NORMAL, NULL), 0);
    cr_assert_eq(tensors_init(&e, &hw, type, &l, 1, 1, TENSOR_NORMAL, NULL), 0);
    size_t size = tensor_ifmap_count(&l) * sizeof *a.ifmap;
    /* another image, the same parameters */
    cr_assert_neq(memcmp(a.ifmap, e.ifmap, size), 0);
    cr_assert_eq(
        memcmp(a.weights, e.weights, tensor_weight_count(&l) * sizeof *a.weights), 0);
    cr_assert_eq(memcmp(a.bias, e.bias, l.m * sizeof *a.bias), 0);
    cr_assert_eq(a.requant_shift, e.requant_shift);
    cr_assert_eq(memcmp(a.ifmap, b.ifmap, size), 0);
    cr_assert_neq(memcmp(a.ifmap, c.ifmap, size), 0);
    cr_assert_neq(memcmp(a.ifmap, d.ifmap, size), 0);
    tensors_close(&a);
    tensors_close(&b);
    tensors_close(&c);
    tensors_close(&d);
    tensors_close(&e);
}

/* Outputs use the range of an act: few zeros, few saturated. */
Test(tensor, outputs_fill_the_range) {
    static const unsigned channels[] = {1, 16, 300};
    static const unsigned psums[] = {32, 40};
    for (unsigned i = 0; i < 6; i++) {
        struct hw hw = make_hw(64, psums[i % 2]);
        struct layer l = make_layer(channels[i / 2], 9, 8, 3);
        const struct pe_golden *type = golden_type("int16", NULL);
        struct tensors t;
        size_t zero = 0, full = 0, large = 0, count = tensor_ofmap_count(&l);
        cr_assert_eq(tensors_init(&t, &hw, type, &l, i, 0, TENSOR_NORMAL, NULL), 0);
        cr_assert_eq(golden_layer(&hw, type, &l, &t, NULL, NULL), 0);
        for (size_t k = 0; k < count; k++) {
            zero += t.ofmap[k] == 0;
            full += t.ofmap[k] == 32767 || t.ofmap[k] == -32768;
            large += abs(t.ofmap[k]) > 4096;
        }
        cr_assert_lt(zero, count / 20);
        cr_assert_lt(full, count / 20);
        cr_assert_gt(large, count / 4);
        tensors_close(&t);
    }
}

Test(tensor, packs_the_ifmap_in_channel_blocks) {
    struct hw hw = make_hw(64, 32);
    struct layer l = make_layer(6, 3, 1, 1);
    uint8_t image[8 + 2 * 9 * 8] = {0};
    int32_t ifmap[6 * 9];
    for (int i = 0; i < 6 * 9; i++) {
        ifmap[i] = 100 * (i / 9) + i % 9 - 50;
    }
    cr_assert_eq(layout_map_bytes(&hw, l.c, l.h, l.w), sizeof image - 8);
    layout_pack_ifmap(image, &hw, &l, 8, ifmap);
    for (size_t word = 0; word < 18; word++) {
        for (size_t lane = 0; lane < 4; lane++) {
            int c = (int)(word / 9 * 4 + lane);
            int64_t want = c < 6 ? 100 * c + (int)(word % 9) - 50 : 0;
            cr_assert_eq(layout_get(image + 8, word * 4 + lane, 16), want);
        }
    }
}

/* Every weight of a run, found again by the definition of its place. */
Test(tensor, packs_weights_by_run) {
    struct hw hw = make_hw(64, 32);
    struct layer l = make_layer(7, 4, 13, 5);
    struct mapping m;
    memset(&m, 0, sizeof m);
    m.p = 2, m.q = 2, m.r = 3, m.t = 2, m.rk = 3, m.sk = 2, m.d = 2;
    const unsigned kf = 2; /* 8 weights */
    const struct weight_run run = {8, 2, {1, 1}, 2, 16, 2 * 9 * 2 * 2};
    uint8_t *image = calloc(16 + run.words * 8u, 1);
    int32_t *weights = calloc(tensor_weight_count(&l), sizeof *weights);
    for (int i = 0; i < (int)tensor_weight_count(&l); i++) {
        weights[i] = i + 1;
    }
    layout_pack_weights(image, &hw, &l, &m, &run, weights);
    for (unsigned i = 0; i < run.words * 4; i++) {
        unsigned k = i % (kf * 4), set = i / (kf * 4) % 2, row = i / (kf * 8) % 9;
        unsigned pass = i / (kf * 8 * 9);
        unsigned f = k % 2, c = k / 2 % 2, s = k / 4;
        unsigned filter = 8 + (pass * 2 + set) * 2 + f;
        unsigned channel = 2 + row / 3 * 2 + c, y = 1 + row % 3 * 2, x = 1 + 2 * s;
        int64_t want = 0;
        if (filter < 13 && channel < 7 && y < 5 && x < 5) {
            want = weights[((filter * 7 + channel) * 5 + y) * 5 + x];
        }
        cr_assert_eq(layout_get(image + 16, i, 16), want, "lane %u", i);
    }
    free(weights);
    free(image);
}

Test(tensor, packs_bias_by_run) {
    struct hw hw = make_hw(64, 32);
    struct layer l = make_layer(1, 1, 7, 1);
    struct mapping m;
    memset(&m, 0, sizeof m);
    m.p = 1, m.t = 2;
    const struct bias_run run = {4, 2, 0, 4};
    const int64_t bias[7] = {1, 2, 3, 4, -5, -6, -7};
    uint8_t image[4 * 8] = {0};
    layout_pack_bias(image, &hw, &l, &m, &run, bias);
    for (unsigned i = 0; i < 8; i++) { /* one bias in the low lane of each word */
        int64_t want = i % 2 == 0 && i < 6 ? -5 - (int)(i / 2) : 0;
        cr_assert_eq(layout_get(image, i, 32), want, "lane %u", i);
    }
}

Test(tensor, compares_every_lane) {
    struct hw hw = make_hw(64, 32);
    struct layer l = make_layer(1, 3, 6, 1);
    uint8_t image[2 * 9 * 8] = {0};
    int32_t ofmap[6 * 9], back[6 * 9];
    struct mismatch first[LAYOUT_SHOWN];
    for (int i = 0; i < 6 * 9; i++) {
        ofmap[i] = 7 * i - 100;
    }
    l.c = 6; /* the same layout */
    layout_pack_ifmap(image, &hw, &l, 0, ofmap);
    cr_assert_eq(layout_compare(image, &hw, &l, 0, ofmap, first), 0);
    layout_unpack_ofmap(image, &hw, &l, 0, back);
    cr_assert_eq(memcmp(ofmap, back, sizeof ofmap), 0);
    layout_put(image, 4 * 5 + 2, 16, 9999);     /* channel 2, position 5 */
    layout_put(image, 4 * (9 + 1) + 3, 16, -1); /* unused lane, channel 7 */
    cr_assert_eq(layout_compare(image, &hw, &l, 0, ofmap, first), 2);
    cr_assert_eq(first[0].m, 2);
    cr_assert_eq(first[0].e, 1);
    cr_assert_eq(first[0].f, 2);
    cr_assert_eq(first[0].got, 9999);
    cr_assert_eq(first[0].want, ofmap[2 * 9 + 5]);
    cr_assert_eq(first[1].m, 7);
    cr_assert_eq(first[1].want, 0);
}

Test(tensor, groups_are_views) {
    struct layer l = make_layer(6, 2, 4, 1);
    l.groups = 2;
    int32_t ifmap[24], weights[12], ofmap[16];
    int64_t bias[4];
    struct tensors t = {ifmap, weights, bias, ofmap, 5, 0};
    struct layer part = tensor_group_layer(&l);
    struct tensors view = tensor_group(&t, &l, 1);
    cr_assert_eq(part.c, 3);
    cr_assert_eq(part.m, 2);
    cr_assert_eq(part.groups, 1);
    cr_assert_eq(view.ifmap, ifmap + 12);
    cr_assert_eq(view.weights, weights + 6);
    cr_assert_eq(view.bias, bias + 2);
    cr_assert_eq(view.ofmap, ofmap + 8);
    cr_assert_eq(view.requant_shift, 5);
}
