/* SPDX-License-Identifier: Apache-2.0
 *
 * Mappings: slices, steps, legality, and the search.
 */
#include "gen/mapping.h"

#include <criterion/criterion.h>
#include <string.h>

#include "gen/mapper_cost.h"
#include "tests/mapper_cases.h"

/* Every tap of the kernel is in exactly one slice, and no slice is empty. */
static void check_slices(const struct layer *l, const struct mapping *m) {
    unsigned seen[16][16] = {{0}};
    unsigned count = mapping_slice_count(l, m);
    for (unsigned i = 0; i < count; i++) {
        struct kernel_slice slice = mapping_slice(l, m, i);
        unsigned taps = 0;
        for (unsigned k = 0; k < m->rk * m->sk; k++) {
            unsigned r = slice.r0 + k / m->sk * m->d, s = slice.s0 + k % m->sk * m->d;
            if (r < l->r && s < l->s) {
                seen[r][s]++;
                taps++;
            }
        }
        cr_assert_gt(taps, 0);
    }
    for (unsigned k = 0; k < l->r * l->s; k++) {
        cr_assert_eq(seen[k / l->s][k % l->s], 1, "tap %u of %ux%u, d %u, %ux%u", k, l->r,
                     l->s, m->d, m->rk, m->sk);
    }
}

Test(mapping, slices) {
    for (unsigned r = 1; r <= 11; r += 2) {
        for (unsigned u = 1; u <= 4; u++) {
            struct layer l = case_conv(1, 32, 1, r, u, 0);
            for (unsigned k = 0; k < 2 * r * r; k++) {
                struct mapping m = {.rk = 1 + k % r, .sk = 1 + k / r % r};
                m.d = k < r * r ? 1 : u;
                m.a = u / m.d;
                check_slices(&l, &m);
            }
        }
    }
}

/* Steps run through the loop nest: each (tile, run) pair once, in order. */
Test(mapping, steps) {
    struct layer l = case_conv(10, 13, 9, 3, 1, 1);
    struct mapping m = {.e = 4, .p = 1, .q = 2, .r = 2, .t = 2, .m = 4, .f = 5};
    struct mapping_loops n;
    m.rk = 2, m.sk = 3, m.d = 1, m.a = 1;
    mapping_loops(&l, &m, &n);
    cr_assert_eq(n.strips, 4);
    cr_assert_eq(n.tiles, 3);
    cr_assert_eq(n.filter_groups, 3);
    cr_assert_eq(n.channel_groups, 3);
    cr_assert_eq(n.slices, 2);
    cr_assert_eq(n.steps, 216);
    uint64_t outputs = 0, passes = 0;
    for (uint64_t i = 0; i < n.steps; i++) {
        struct mapping_step s;
        mapping_step(&l, &m, i, &s);
        cr_assert_eq(s.output, i / 6);
        cr_assert_eq(s.first, i % 6 == 0);
        cr_assert_eq(s.last, i % 6 == 5);
        cr_assert_eq(s.run, i % 18);
        cr_assert_eq(s.ev, s.y0 == 12 ? 1 : 4);
        cr_assert_eq(s.fv, s.x0 == 10 ? 3 : 5);
        outputs += s.last ? (uint64_t)s.ev * s.fv : 0;
        passes += s.passes;
    }
    cr_assert_eq(outputs, 507);
    cr_assert_eq(passes, 360); /* 9 filters: groups of 4, 4 and 1 */
}

/* Padding is cut off; a window of nothing but padding is empty. */
Test(mapping, windows) {
    const unsigned spads[3] = {24, 100, 8};
    struct hw hw = case_design(3, 4, spads, 2048, 64);
    struct layer l = case_conv(5, 6, 4, 3, 1, 3);
    struct mapping m = {.e = 1, .p = 1, .q = 4, .r = 1, .t = 1, .m = 4, .f = 10};
    struct mapping_step s;
    struct ifmap_window w;
    struct ifmap_tile tile;
    m.rk = 3, m.sk = 3, m.d = 1, m.a = 1;
    mapping_step(&l, &m, 0, &s);
    mapping_window(&l, &m, &s, &w);
    cr_assert_eq(w.row, -3);
    cr_assert(w.y_lo == 0 && w.y_hi == 0 && w.pos_lo == 0 && w.pos_hi == 0);
    mapping_step(&l, &m, 2, &s); /* ofmap row 1, channels 0 to 3 */
    mapping_window(&l, &m, &s, &w);
    cr_assert(w.y_lo == 2 && w.y_hi == 3 && w.pos_lo == 3 && w.pos_hi == 9);
    mapping_tile(&hw, &l, &m, &s, &tile);
    cr_assert(tile.row == 0 && tile.rows == 1 && tile.col == 0 && tile.cols == 6);
    cr_assert(tile.block == 0 && tile.blocks == 1);
}

/* The mapper finds a legal mapping, the same every time, or says what is short; where it
 * finds none, random trials find none either. */
Test(mapper, random_pairs) {
    unsigned found = 0;
    for (unsigned i = 0; i < 400; i++) {
        struct prng g = prng_make(4, "pairs", i);
        struct hw hw = case_random_design(&g);
        struct layer l = case_random_layer(&g, 10000000);
        struct mapping m, again;
        struct error err = {0};
        char text[400];
        if (mapping_search(&hw, &l, &m, &err) == 0) {
            case_text(&hw, &l, &m, text, sizeof text);
            const struct layer view = mapping_view(&l, &m);
            cr_assert_eq(mapping_check(&hw, &view, &m, &err), 0, "%s: %s", text,
                         err.text);
            cr_assert_eq(mapping_search(&hw, &l, &again, &err), 0);
            cr_assert_eq(memcmp(&m, &again, sizeof m), 0, "%s", text);
            found++;
        } else {
            case_text(&hw, &l, &m, text, sizeof text);
            cr_assert(strstr(err.text, " needs "), "%s: %s", text, err.text);
            cr_assert_eq(case_random_mapping(&g, &hw, &l, &m), -1, "%s", text);
        }
    }
    cr_assert_gt(found, 300, "%u", found);
}

/* Kernels larger than the array are folded. */
Test(mapper, folds) {
    const unsigned spads[3] = {4, 20, 1};
    struct hw hw = case_design(1, 1, spads, 1024, 64);
    struct layer l = case_conv(3, 30, 5, 11, 4, 2);
    struct mapping m;
    cr_assert_eq(mapping_search(&hw, &l, &m, NULL), 0);
    cr_assert_eq(m.rk, 1);
    cr_assert_geq(mapping_slice_count(&l, &m), 11);
}

/* VGG-16's convolutions on the Eyeriss-sized design keep the array busy. */
Test(mapper, vgg16) {
    static const unsigned layers[][3] = {
        {3, 224, 64},   {64, 224, 64},  {64, 112, 128}, {128, 112, 128}, {128, 56, 256},
        {256, 56, 256}, {256, 56, 256}, {256, 28, 512}, {512, 28, 512},  {512, 28, 512},
        {512, 14, 512}, {512, 14, 512}, {512, 14, 512}};
    const unsigned spads[3] = {24, 224, 24};
    struct hw hw = case_design(12, 14, spads, 108 * 1024 / 8, 64);
    uint64_t cycles = 0, macs = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct layer l = case_conv(layers[i][0], layers[i][1], layers[i][2], 3, 1, 1);
        struct mapping m;
        struct mapping_cost cost;
        cr_assert_eq(mapping_search(&hw, &l, &m, NULL), 0);
        mapper_cost(&hw, &l, &m, &cost);
        cycles += cost.cycles;
        macs += layer_macs(&l);
    }
    cr_assert_geq(macs, cycles * 168 / 100 * 90, "%llu MACs in %llu cycles",
                  (unsigned long long)macs, (unsigned long long)cycles);
}

/* What is short, and by how much. */
Test(mapper, refuses) {
    const unsigned ifmap[3] = {1, 100, 8}, filter[3] = {24, 4, 8}, psum[3] = {24, 100, 1};
    struct layer l = case_conv(8, 16, 64, 3, 1, 1);
    struct mapping m;
    struct error err = {0};
    struct hw hw = case_design(4, 4, ifmap, 2048, 64);
    cr_assert_eq(mapping_search(&hw, &l, &m, &err), -1);
    cr_assert_str_eq(err.text,
                     "ifmap spad has 1 words, the smallest mapping of case needs 2");
    err = (struct error){0};
    hw = case_design(4, 4, filter, 2048, 64);
    cr_assert_eq(mapping_search(&hw, &l, &m, &err), -1);
    cr_assert_str_eq(err.text,
                     "filter spad has 4 words, the smallest mapping of case needs 5");
    err = (struct error){0};
    hw = case_design(4, 4, psum, 16, 64);
    cr_assert_eq(mapping_search(&hw, &l, &m, &err), -1);
    cr_assert_str_eq(err.text, "global buffer has 16 banks of 1 bus words, the smallest "
                               "mapping of case needs 24");
    err = (struct error){0};
    l.op = OP_ADD;
    cr_assert_eq(mapping_search(&hw, &l, &m, &err), -1);
    cr_assert(strstr(err.text, "dense"));
}

/* Each broken rule is named. */
Test(mapping, check) {
    static const struct {
        size_t at; /* of the field in struct mapping */
        unsigned value;
        const char *text;
    } cases[] = {
        {offsetof(struct mapping, e), 0, "e is 0, must be 1 to 4"},
        {offsetof(struct mapping, f), 17, "f is 17, must be 1 to 16"},
        {offsetof(struct mapping, p), 9, "p is 9, must be 1 to 8"},
        {offsetof(struct mapping, p), 5, "q = 4 or p = 5 does not fit lanes 4, 2"},
        {offsetof(struct mapping, q), 3, "q = 3 or p = 4 does not fit lanes 4, 2"},
        {offsetof(struct mapping, r), 2, "rows of the chain is 6, must be 1 to 4"},
        {offsetof(struct mapping, t), 2, "columns of the sets is 8, must be 1 to 4"},
        {offsetof(struct mapping, m), 6, "m = 6 is no multiple of p*t = 4 or of 4"},
        {offsetof(struct mapping, rk), 4, "rk is 4, must be 1 to 3"},
        {offsetof(struct mapping, sk), 4, "sk is 4, must be 1 to 3"},
        {offsetof(struct mapping, d), 2, "d is 2, must be 1 to 1"},
        {offsetof(struct mapping, a), 2, "d = 1, a = 2 do not make stride 1"},
        {offsetof(struct mapping, bubbles), 0, "bubbles is 0, must be 2 to 2"},
        {offsetof(struct mapping, share), 2, "share is 2, must be 0 to 1"},
        {offsetof(struct mapping, filters_outer), 2, "filters_outer is 2"},
        {offsetof(struct mapping, glb[GLB_IFMAP].words), 1, "GLB region 0 is short"},
        {offsetof(struct mapping, glb[GLB_PSUM].base), 1, "GLB region 2 is short or"},
        {offsetof(struct mapping, glb[GLB_PSUM].base), 0, "GLB regions 0 and 2 meet"},
        {offsetof(struct mapping, glb[GLB_FILTER].count), 1, "1 has 1 buffers, not 2"},
    };
    const unsigned spads[3] = {24, 104, 8};
    struct hw hw = case_design(4, 4, spads, 8192, 64);
    struct layer l = case_conv(8, 16, 64, 3, 1, 1);
    struct mapping good = {.e = 4, .p = 4, .q = 4, .r = 1, .t = 1, .m = 16, .f = 16};
    good.rk = 3, good.sk = 3, good.d = 1, good.a = 1;
    mapping_bubbles(&hw, &l, &good);
    cr_assert_eq(mapping_place(&hw, &l, &good, NULL), 0);
    cr_assert_eq(mapping_check(&hw, &l, &good, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mapping m = good;
        struct error err = {0};
        memcpy((char *)&m + cases[i].at, &cases[i].value, sizeof(unsigned));
        cr_assert_eq(mapping_check(&hw, &l, &m, &err), -1, "%s", cases[i].text);
        cr_assert(strstr(err.text, cases[i].text), "%s: %s", cases[i].text, err.text);
    }
}

/* A search with and without a memo: the same mapping or the same error. */
static int check_memo(struct mapper_memo *memo, const struct hw *hw,
                      const struct layer *l) {
    struct mapping with, without;
    struct error why = {"", 0, 0, ""}, expected = {"", 0, 0, ""};
    const int status = mapping_search(hw, l, &without, &expected);
    cr_assert_eq(mapping_search_with(memo, hw, l, &with, &why), status);
    cr_assert_str_eq(why.text, expected.text);
    if (status == 0) {
        cr_assert_eq(memcmp(&with, &without, sizeof with), 0,
                     "%u x %u, spads %u %u %u: e %u p %u q %u r %u t %u m %u f %u",
                     hw->design.rows, hw->design.cols, hw->design.ifmap_spad_words,
                     hw->design.filter_spad_words, hw->design.psum_spad_words, with.e,
                     with.p, with.q, with.r, with.t, with.m, with.f);
    }
    return status == 0;
}

/* What a memo knows changes no result, whatever the order of the designs. */
Test(mapper, memo_changes_nothing) {
    struct prng g = prng_make(1, "memo", 0);
    unsigned found = 0;
    struct mapper_memo *memo = mapper_memo_new();
    cr_assert_not_null(memo);
    for (unsigned i = 0; i < 60; i++) {
        struct hw hw = case_random_design(&g);
        const struct layer l = case_random_layer(&g, UINT64_C(1) << 28);
        if (l.groups > 1) {
            continue;
        }
        if (i % 3 == 0) { /* larger than random ones are, where lists are cut off */
            hw.design.rows = 24;
            hw.design.cols = 32;
        }
        for (unsigned k = 0; k < 24; k++) {
            struct hw next = hw;
            struct design *d = &next.design;
            d->ifmap_spad_words = k < 12 ? 24 : 1 + (unsigned)prng_below(&g, 60);
            d->filter_spad_words =
                k < 12 ? 400 / (1 + k / 3) : 2 + (unsigned)prng_below(&g, 500);
            d->psum_spad_words = k < 12 ? 40u >> k % 3 : 1 + (unsigned)prng_below(&g, 60);
            found += (unsigned)check_memo(memo, &next, &l);
        }
    }
    cr_assert_gt(found, 500);
    mapper_memo_free(memo);
}
