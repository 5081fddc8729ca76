/* SPDX-License-Identifier: Apache-2.0
 *
 * The inference engine against the golden forward pass: every activation, every bit.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/design.h"
#include "models/infer.h"
#include "verif/forward.h"
#include "verif/golden.h"
#include "verif/prng.h"
#include "verif/random_params.h"

/* A golden forward pass with random numbers. */
struct pass {
    struct hw hw;
    struct pe_golden type; /* of hw, maybe altered by a test */
    struct network net;
    struct mapping *mappings; /* of float types */
    struct forward f;
};

static void pass_design(struct pass *p, const char *design) {
    struct error err = {"", 0, 0, ""};
    memset(p, 0, sizeof *p);
    cr_assert_eq(design_load(".", design, &p->hw, &err), 0, "%s", err.text);
    const struct pe_golden *type = golden_type(p->hw.type.name, &err);
    cr_assert_not_null(type);
    p->type = *type;
}

static void pass_run(struct pass *p, uint64_t seed, enum tensor_range range) {
    struct error err = {"", 0, 0, ""};
    struct random_params r = {&p->hw, &p->type, seed, range};
    const struct forward_source source = random_params_source(&r);
    p->mappings = calloc(p->net.layer_count, sizeof *p->mappings);
    for (size_t i = 0; p->hw.type.kind == PE_FLOAT && i < p->net.layer_count; i++) {
        const struct layer part = tensor_group_layer(&p->net.layers[i]);
        if (layer_on_array(&part)) {
            cr_assert_eq(mapping_search(&p->hw, &part, &p->mappings[i], &err), 0, "%s",
                         err.text);
        }
    }
    cr_assert_eq(
        forward_run(&p->f, &p->hw, &p->type, &p->net, p->mappings, &source, &err), 0,
        "%s", err.text);
}

static void pass_close(struct pass *p) {
    forward_close(&p->f);
    free(p->mappings);
}

/* Make the engine ready with the numbers of the pass. */
static void engine(const struct pass *p, struct infer *n,
                   const struct mapping *mappings) {
    struct error err = {"", 0, 0, ""};
    struct infer_params *params = calloc(p->net.layer_count, sizeof *params);
    for (size_t i = 0; i < p->net.layer_count; i++) {
        const struct forward_layer *x = &p->f.layers[i];
        params[i] = (struct infer_params){
            x->params.weights, x->params.bias, x->shift, {x->align[0], x->align[1]}};
    }
    cr_assert_eq(infer_init(n, &p->hw, &p->type, &p->net, params, mappings, &err), 0,
                 "%s", err.text);
    free(params);
}

static void check_image(const struct pass *p, struct infer_work *w, unsigned image) {
    struct error err = {"", 0, 0, ""};
    memcpy(w->input, forward_image(&p->f.input, image),
           p->f.input.count * sizeof *w->input);
    cr_assert_eq(infer_run(w, &err), 0, "%s", err.text);
    for (size_t i = 0; i < p->net.layer_count; i++) {
        const struct forward_map *out = &p->f.layers[i].out;
        const int32_t *want = forward_image(out, image);
        for (size_t k = 0; k < out->count; k++) {
            cr_assert_eq(w->maps[i][k], want[k], "%s %s %s image %u [%zu]: %d, not %d",
                         p->hw.type.name, p->net.name, p->net.layers[i].name, image, k,
                         w->maps[i][k], want[k]);
        }
    }
}

/* All images of the batch. */
static void check(const struct pass *p) {
    struct error err = {"", 0, 0, ""};
    struct infer n;
    struct infer_work w;
    engine(p, &n, p->mappings);
    cr_assert_eq(infer_work_init(&w, &n, 0, &err), 0);
    for (unsigned image = 0; image < p->net.batch; image++) {
        check_image(p, &w, image);
    }
    infer_work_close(&w);
    infer_close(&n);
}

static void check_network(struct pass *p, const char *network, unsigned batch) {
    struct error err = {"", 0, 0, ""};
    for (unsigned range = TENSOR_NORMAL; range <= TENSOR_SMALL; range++) {
        if (p->hw.type.kind == PE_FLOAT && range == TENSOR_FULL) {
            continue; /* acts would not stay finite */
        }
        cr_assert_eq(network_load_batch(".", network, batch, &p->net, &err), 0, "%s",
                     err.text);
        pass_run(p, 7, (enum tensor_range)range);
        check(p);
        pass_close(p);
        network_close(&p->net);
    }
}

static const char *const integers[] = {
    "designs/small_int4.json", "designs/small_int8.json", "designs/small_int16.json",
    "designs/small_lightpe1.json", "designs/small_lightpe2.json"};
static const char *const floats[] = {"designs/small_fp32.json",
                                     "designs/small_fp32_ftz.json"};

Test(infer, is_golden_on_networks_of_all_operations) {
    struct pass p;
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        pass_design(&p, integers[i]);
        check_network(&p, "tests/networks/mixed.json", 2);
        check_network(&p, "tests/networks/corners.json", 1);
    }
}

Test(infer, is_golden_in_the_order_of_the_mapping) {
    struct pass p;
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        pass_design(&p, floats[i]);
        check_network(&p, "tests/networks/mixed.json", 1);
    }
}

Test(infer, is_golden_without_a_types_fast_loop) {
    struct pass p;
    pass_design(&p, "designs/small_fp32.json");
    p.type.accumulate = NULL;
    check_network(&p, "tests/networks/mixed.json", 1);
    pass_design(&p, "designs/small_lightpe2.json");
    p.type.linear = 0;
    check_network(&p, "tests/networks/mixed.json", 1);
}

Test(infer, is_golden_with_any_psum_width) {
    static const unsigned bits[] = {33, 48, 64};
    struct error err = {"", 0, 0, ""};
    struct pass p;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        pass_design(&p, "designs/small_int16.json");
        struct design d = p.hw.design;
        d.psum_bits = bits[i];
        cr_assert_eq(design_derive(".", &d, &p.hw, &err), 0, "%s", err.text);
        check_network(&p, "tests/networks/corners.json", 1);
    }
}

/* A network of one conv of a random shape. */
static void random_layer(struct network *net, struct layer *l, struct prng *g) {
    memset(l, 0, sizeof *l);
    (void)snprintf(l->name, sizeof l->name, "conv%u", (unsigned)prng_below(g, 1000));
    l->op = OP_CONV;
    l->input_count = 1;
    l->groups = (unsigned)prng_range(g, 1, 3);
    l->c = l->groups * (unsigned)prng_range(g, 1, 40);
    l->m = l->groups * (unsigned)prng_range(g, 1, 21);
    l->r = (unsigned)prng_range(g, 1, 5);
    l->s = (unsigned)prng_range(g, 1, 5);
    l->u = (unsigned)prng_range(g, 1, 3);
    l->pad = (unsigned)prng_below(g, l->r > l->s ? l->r : l->s);
    l->h = l->r + (unsigned)prng_below(g, 14);
    l->w = l->s + (unsigned)prng_below(g, 14);
    l->e = (l->h + 2 * l->pad - l->r) / l->u + 1;
    l->f = (l->w + 2 * l->pad - l->s) / l->u + 1;
    l->relu = (int)prng_below(g, 2);
    *net = (struct network){.name = "random",
                            .batch = 1,
                            .c = l->c,
                            .h = l->h,
                            .w = l->w,
                            .layers = l,
                            .layer_count = 1};
}

static void check_random_layers(const char *design, unsigned count) {
    struct prng g = prng_make(1, design, 0);
    struct layer l;
    struct pass p;
    for (unsigned i = 0; i < count; i++) {
        pass_design(&p, design);
        random_layer(&p.net, &l, &g);
        pass_run(&p, i,
                 p.hw.type.kind == PE_FLOAT ? TENSOR_NORMAL : (enum tensor_range)(i % 3));
        check(&p);
        pass_close(&p);
    }
}

Test(infer, is_golden_on_random_layers) {
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        check_random_layers(integers[i], 60);
    }
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        check_random_layers(floats[i], 20);
    }
}

/* Without a mapping the sum is that of another order: near, and seldom the same. */
Test(infer, adds_floats_in_any_order_without_a_mapping) {
    struct error err = {"", 0, 0, ""};
    struct infer n;
    struct infer_work w;
    struct pass p;
    pass_design(&p, "designs/small_fp32.json");
    cr_assert_eq(network_load(".", "tests/networks/mixed.json", &p.net, &err), 0);
    pass_run(&p, 3, TENSOR_NORMAL);
    engine(&p, &n, NULL);
    cr_assert_eq(infer_work_init(&w, &n, 1, &err), 0);
    memcpy(w.input, p.f.input.words, p.f.input.count * sizeof *w.input);
    cr_assert_eq(infer_run(&w, &err), 0, "%s", err.text);
    const struct forward_map *out = &p.f.layers[0].out;
    float largest = 0;
    for (size_t k = 0; k < out->count; k++) {
        float a, b;
        memcpy(&a, &w.maps[0][k], sizeof a);
        memcpy(&b, &out->words[k], sizeof b);
        largest = fmaxf(largest, b);
        cr_assert_float_eq(a, b, 1e-5, "[%zu] %g, not %g", k, (double)a, (double)b);
    }
    cr_assert_geq(w.largest[0], (double)largest);
    infer_work_close(&w);
    infer_close(&n);
    pass_close(&p);
    network_close(&p.net);
}

Test(infer, refuses_floats_that_are_not_finite) {
    struct error err = {"", 0, 0, ""};
    struct infer n;
    struct infer_work w;
    struct pass p;
    pass_design(&p, "designs/small_fp32.json");
    cr_assert_eq(network_load(".", "tests/networks/mixed.json", &p.net, &err), 0);
    pass_run(&p, 3, TENSOR_NORMAL);
    engine(&p, &n, p.mappings);
    cr_assert_eq(infer_work_init(&w, &n, 0, &err), 0);
    for (size_t i = 0; i < p.f.input.count; i++) {
        w.input[i] = 0x7f7fffff;
    }
    cr_assert_eq(infer_run(&w, &err), -1);
    cr_assert_str_eq(err.text, "layer conv1: an output is not a finite number");
    infer_work_close(&w);
    infer_close(&n);
    pass_close(&p);
    network_close(&p.net);
}

/* The fast loop of a float type against its operations, with words of all exponents. */
Test(infer, float_loops_are_the_operations) {
    enum { FILTERS = 32, TAPS = 50, WEIGHTS = FILTERS * TAPS, ROUNDS = 200 };
    struct prng g = prng_make(5, "loops", 0);
    for (const struct pe_golden *const *t = pe_golden_table; *t; t++) {
        for (unsigned round = 0; (*t)->accumulate && round < ROUNDS; round++) {
            uint32_t sums[FILTERS], acts[TAPS], weights[WEIGHTS];
            float got[FILTERS], a[TAPS], b[WEIGHTS];
            for (size_t i = 0; i < WEIGHTS; i++) { /* small: near the subnormals */
                weights[i] = (uint32_t)prng_next(&g) & (round % 2 ? 0xa1ffffff : ~0u);
            }
            for (size_t i = 0; i < TAPS; i++) {
                acts[i] = (uint32_t)prng_next(&g) & (round % 2 ? 0xbfffffff : ~0u);
            }
            for (size_t i = 0; i < FILTERS; i++) {
                sums[i] = (uint32_t)prng_next(&g) & 0x80ffffff;
            }
            acts[3] = 0x3f7fffff; /* just less than 2^-126, which it is when rounded */
            weights[3 * FILTERS + round % FILTERS] = 0x00800000;
            memcpy(got, sums, sizeof got);
            memcpy(a, acts, sizeof a);
            memcpy(b, weights, sizeof b);
            (*t)->accumulate(got, a, b, TAPS, FILTERS);
            for (size_t m = 0; m < FILTERS; m++) {
                for (size_t k = 0; k < TAPS; k++) {
                    sums[m] = (*t)->add(
                        sums[m], (*t)->multiply(acts[k], weights[k * FILTERS + m]));
                }
                uint32_t word;
                memcpy(&word, &got[m], sizeof word);
                cr_assert(word == sums[m] || (isnan(got[m]) && sums[m] == 0x7fc00000),
                          "%s round %u filter %zu: %08x, not %08x", (*t)->name, round, m,
                          (unsigned)word, (unsigned)sums[m]);
            }
        }
    }
}
