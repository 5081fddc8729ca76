/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lists: run by the interpreter, every ofmap word must equal a direct
 * convolution, under any schedule.
 */
#include "gen/command.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/command_interp.h"
#include "tests/mapper_cases.h"
#include "verif/golden.h"
#include "verif/layout.h"

/* ofmap[m][e][f] of a convolution, written from its definition. */
static void convolve(const struct hw *hw, const struct layer *l, struct tensors *t) {
    for (unsigned i = 0; i < l->m * l->e * l->f; i++) {
        unsigned m = i / (l->e * l->f), y = i / l->f % l->e, x = i % l->f;
        uint64_t sum = (uint64_t)t->bias[m];
        for (unsigned k = 0; k < l->c * l->r * l->s; k++) {
            unsigned c = k / (l->r * l->s);
            int64_t row = (int64_t)y * l->u + k / l->s % l->r - l->pad;
            int64_t col = (int64_t)x * l->u + k % l->s - l->pad;
            if (row >= 0 && row < (int64_t)l->h && col >= 0 && col < (int64_t)l->w) {
                int64_t act = t->ifmap[((int64_t)c * l->h + row) * l->w + col];
                sum += (uint64_t)(act * t->weights[(size_t)m * l->c * l->r * l->s + k]);
            }
        }
        t->ofmap[i] =
            (int32_t)golden_output(golden_wrap((int64_t)sum, hw->design.psum_bits),
                                   l->relu, t->requant_shift, hw->type.act_bits);
    }
}

/* size numbers of `bits` bits, several extreme. */
static void draw(struct prng *g, int32_t *at, size_t size, unsigned bits) {
    int64_t max = (INT64_C(1) << (bits - 1)) - 1;
    for (size_t i = 0; i < size; i++) {
        at[i] = (int32_t)(prng_below(g, 8) ? prng_range(g, -max - 1, max) : max);
    }
}

static void make_tensors(struct prng *g, const struct hw *hw, const struct layer *l,
                         struct tensors *t) {
    size_t acts = (size_t)l->c * l->h * l->w, outs = (size_t)l->m * l->e * l->f;
    size_t weights = (size_t)l->m * l->c * l->r * l->s;
    unsigned bits = hw->design.psum_bits;
    int64_t max = INT64_C(1) << (bits - 2);
    *t = (struct tensors){calloc(acts, sizeof *t->ifmap),
                          calloc(weights, sizeof *t->weights),
                          calloc(l->m, sizeof *t->bias),
                          calloc(outs, sizeof *t->ofmap),
                          (unsigned)prng_below(g, bits < hw->type.act_bits + 8
                                                      ? bits
                                                      : hw->type.act_bits + 8),
                          1};
    cr_assert(t->ifmap && t->weights && t->bias && t->ofmap);
    draw(g, t->ifmap, acts, hw->type.act_bits);
    draw(g, t->weights, weights, hw->type.weight_bits);
    for (unsigned i = 0; i < l->m; i++) {
        t->bias[i] = prng_range(g, -max, max - 1);
    }
    convolve(hw, l, t);
}

static void free_tensors(struct tensors *t) {
    free(t->ifmap);
    free(t->weights);
    free(t->bias);
    free(t->ofmap);
}

/* Build the list of a mapping, interpret it under one schedule, compare. */
static void check_list(const struct hw *hw, const struct layer *l,
                       const struct mapping *m, struct prng *g) {
    struct command_list list;
    struct error err = {0};
    struct tensors t;
    struct mismatch first[LAYOUT_SHOWN];
    char text[400];
    case_text(hw, l, m, text, sizeof text);
    make_tensors(g, hw, l, &t);
    cr_assert_eq(command_list_build(hw, l, m, t.requant_shift, &list, &err), 0, "%s: %s",
                 text, err.text);
    uint8_t *image = calloc((size_t)list.dram.total_bytes, 1);
    cr_assert(image != NULL);
    cr_assert_eq(layout_fill(image, hw, l, m, &list, &t, &err), 0, "%s: %s", text,
                 err.text);
    memset(image + list.dram.ofmap, 0xa5, (size_t)list.dram.ofmap_bytes);
    uint64_t schedule = prng_below(g, 2) ? prng_next(g) : prng_below(g, 6);
    struct interp_counts counts;
    cr_assert_eq(interp_run(hw, &list.dram, image, schedule, &counts, &err), 0,
                 "%s: schedule %llu: %s", text, (unsigned long long)schedule, err.text);
    cr_assert_eq(counts.computes, list.steps, "%s", text);
    cr_assert_eq(counts.blocks * COMMAND_BLOCK, list.count, "%s", text);
    uint64_t wrong = layout_compare(image, hw, l, list.dram.ofmap, t.ofmap, first);
    cr_assert_eq(
        wrong, 0, "%s: schedule %llu: %llu wrong, [%u][%u][%u] = %lld, want %lld", text,
        (unsigned long long)schedule, (unsigned long long)wrong, first[0].m, first[0].e,
        first[0].f, (long long)first[0].got, (long long)first[0].want);
    free(image);
    free_tensors(&t);
    command_list_close(&list);
}

/* The mapper's choice on random designs. */
Test(command, searched_mappings) {
    unsigned done = 0;
    for (unsigned i = 0; done < 150; i++) {
        struct prng g = prng_make(1, "searched", i);
        struct hw hw = case_random_design(&g);
        struct layer l = case_random_layer(&g, 60000);
        struct mapping m;
        if (mapping_search(&hw, &l, &m, NULL) == 0) {
            check_list(&hw, &l, &m, &g);
            done++;
        }
    }
}

/* Any legal mapping: folds, polyphase, shared tiles, ragged edges. */
Test(command, random_mappings) {
    unsigned done = 0;
    for (unsigned i = 0; done < 250; i++) {
        struct prng g = prng_make(2, "random", i);
        struct hw hw = case_random_design(&g);
        struct layer l = case_random_layer(&g, 40000);
        struct mapping m;
        if (case_random_mapping(&g, &hw, &l, &m) == 0) {
            check_list(&hw, &l, &m, &g);
            done++;
        }
    }
}

/* One mapping, every fixed schedule and many random ones. */
Test(command, schedules) {
    const unsigned spads[3] = {24, 100, 8};
    struct hw hw = case_design(6, 8, spads, 2048, 64);
    struct layer l = case_conv(20, 9, 22, 3, 1, 1);
    struct prng g = prng_make(3, "schedules", 0);
    struct mapping m = {.e = 2, .p = 2, .q = 4, .r = 2, .t = 4, .m = 16, .f = 5};
    m.rk = 3, m.sk = 3, m.d = 1, m.a = 1;
    mapping_bubbles(&hw, &l, &m);
    cr_assert_eq(mapping_place(&hw, &l, &m, NULL), 0);
    for (unsigned i = 0; i < 40; i++) {
        check_list(&hw, &l, &m, &g);
    }
}

/* Whole-plane tiles are one segment; a tile's rows are segments, its blocks planes. */
Test(command, dma_shapes) {
    const unsigned spads[3] = {24, 100, 8};
    struct hw hw = case_design(3, 9, spads, 4096, 64);
    struct layer l = case_conv(8, 9, 8, 3, 1, 1);
    struct mapping m = {.e = 9, .p = 2, .q = 4, .r = 1, .t = 1, .m = 8, .f = 9};
    struct command_list list;
    m.rk = 3, m.sk = 3, m.d = 1, m.a = 1;
    mapping_bubbles(&hw, &l, &m);
    cr_assert_eq(mapping_place(&hw, &l, &m, NULL), 0);
    cr_assert_eq(command_list_build(&hw, &l, &m, 4, &list, NULL), 0);
    /* CONFIG, then filters, ifmap and bias of step 0 */
    const struct command *ifmap = &list.commands[3];
    cr_assert_eq(ifmap->w[0] & 0xffu, CMD_LOAD);
    cr_assert_eq(ifmap->w[4], 81);
    cr_assert_eq(ifmap->w[5], 1);
    cr_assert_eq(ifmap->w[7], 1);
    command_list_close(&list);
    m.e = 3;
    m.f = 5;
    mapping_bubbles(&hw, &l, &m);
    cr_assert_eq(mapping_place(&hw, &l, &m, NULL), 0);
    cr_assert_eq(command_list_build(&hw, &l, &m, 4, &list, NULL), 0);
    ifmap = &list.commands[3];
    cr_assert_eq(ifmap->w[4], 6); /* columns -1 .. 5, of which 0 .. 5 exist */
    cr_assert_eq(ifmap->w[5], 4); /* rows 0 .. 3 */
    cr_assert_eq(ifmap->w[6], 9 * 8);
    cr_assert_eq(ifmap->w[7], 1);
    command_list_close(&list);
}

Test(command, dram_map) {
    const unsigned spads[3] = {24, 100, 8};
    struct hw hw = case_design(4, 4, spads, 4096, 64);
    struct layer l = case_conv(7, 10, 9, 3, 2, 0);
    struct mapping m;
    struct command_list list;
    cr_assert_eq(mapping_search(&hw, &l, &m, NULL), 0);
    cr_assert_eq(command_list_build(&hw, &l, &m, 0, &list, NULL), 0);
    const struct dram_map *d = &list.dram;
    const uint64_t areas[][2] = {{d->commands, d->commands_bytes},
                                 {d->ifmap, d->ifmap_bytes},
                                 {d->weights, d->weights_bytes},
                                 {d->bias, d->bias_bytes},
                                 {d->ofmap, d->ofmap_bytes}};
    uint64_t end = 0;
    for (size_t i = 0; i < 5; i++) {
        cr_assert_eq(areas[i][0] % 4096, 0);
        cr_assert_geq(areas[i][0], end);
        cr_assert_gt(areas[i][1], 0);
        end = areas[i][0] + areas[i][1];
    }
    cr_assert_geq(d->total_bytes, end);
    cr_assert_eq(d->ifmap_bytes, 1600);
    cr_assert_eq(d->ofmap_bytes, 384);
    command_list_close(&list);
}

Test(command, refuses) {
    const unsigned spads[3] = {24, 100, 8};
    struct hw hw = case_design(4, 4, spads, 4096, 64);
    struct layer l = case_conv(4, 8, 4, 3, 1, 1);
    struct mapping m;
    struct command_list list;
    struct error err = {0};
    cr_assert_eq(mapping_search(&hw, &l, &m, NULL), 0);
    cr_assert_eq(command_list_build(&hw, &l, &m, 32, &list, &err), -1);
    cr_assert_str_eq(err.text, "requant_shift of case is 32, at most 31");
    cr_assert(list.commands == NULL);
    l.groups = 2;
    err = (struct error){0};
    cr_assert_eq(command_list_build(&hw, &l, &m, 4, &list, &err), -1);
    cr_assert(strstr(err.text, "dense"));
    l.groups = 1;
    m.e = 5;
    err = (struct error){0};
    cr_assert_eq(command_list_build(&hw, &l, &m, 4, &list, &err), -1);
    cr_assert_str_eq(err.text, "mapping of case: e is 5, must be 1 to 4");
    cr_assert_eq(command_list_build(&hw, &l, &m, 4, &list, NULL), -1);
}
