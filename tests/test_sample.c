/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/sobol.c and gen/sample.c: even cover, growth, limits, test sets.
 */
#include <criterion/criterion.h>

#include "gen/home.h"
#include "gen/sample.h"
#include "gen/sobol.h"
#include "tests/scratch.h"

static const size_t DESIGNS = 64;

static char folder[EMIT_PATH_MAX];
static struct space space;

static void setup(void) {
    char home[EMIT_PATH_MAX], path[EMIT_PATH_MAX];
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    scratch_folder(folder);
    scratch_file(folder, "space.json",
                 "{\"name\": \"s\", \"pe_type\": [\"int16\", \"fp32\"],\n"
                 " \"rows\": [8, 12, 16, 24], \"cols\": [8, 12, 16, 32],\n"
                 " \"ifmap_spad_words\": [8, 16, 32, 48],\n"
                 " \"filter_spad_words\": [32, 64, 128, 256],\n"
                 " \"psum_spad_words\": [8, 16], \"glb_kib\": [64, 128],\n"
                 " \"bus_bits\": [32, 64], \"dram_bytes_per_cycle\": [4, 8]}",
                 path);
    cr_assert_eq(space_load(home, path, &space, &err), 0, "%s", err.text);
}

static void teardown(void) {
    space_close(&space);
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(sample, .init = setup, .fini = teardown);

static struct sample_design *choose(struct sample_options options, size_t *count) {
    struct sample_design *list = NULL;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(sample_designs(&space, &options, &list, count, &err), 0, "%s", err.text);
    return list;
}

Test(sample, sobol_is_a_net_in_every_coordinate) {
    for (unsigned dimension = 0; dimension < SOBOL_DIMENSIONS; dimension++) {
        for (unsigned start = 0; start < 1024; start += 256) {
            unsigned hits[256] = {0};
            for (unsigned i = 0; i < 256; i++) {
                hits[sobol_point(start + i, dimension, 7) >> 24]++;
            }
            for (unsigned i = 0; i < 256; i++) {
                cr_expect_eq(hits[i], 1, "dimension %u interval %u", dimension, i);
            }
        }
    }
}

Test(sample, sobol_fills_planes) {
    for (unsigned a = 0; a < SOBOL_DIMENSIONS; a++) {
        for (unsigned b = 0; b < a; b++) {
            unsigned hits[16] = {0};
            for (unsigned i = 0; i < 256; i++) {
                hits[4 * (sobol_point(i, a, 3) >> 30) + (sobol_point(i, b, 3) >> 30)]++;
            }
            for (unsigned i = 0; i < 16; i++) {
                cr_expect(hits[i] >= 8 && hits[i] <= 24, "%u x %u: %u of 256", a, b,
                          hits[i]);
            }
        }
    }
}

Test(sample, seeds_give_other_points) {
    unsigned same = 0;
    for (unsigned i = 0; i < 100; i++) {
        same += sobol_point(i, 2, 1) >> 28 == sobol_point(i, 2, 2) >> 28;
        cr_expect_eq(sobol_point(i, 2, 1), sobol_point(i, 2, 1));
    }
    cr_expect_lt(same, 30);
}

/* How often each value of an axis is taken by designs from..to - 1. */
static void count_values(const struct sample_design *list, size_t from, size_t to,
                         size_t axis, unsigned *hits) {
    memset(hits, 0, 8 * sizeof *hits);
    for (size_t i = from; i < to; i++) {
        size_t index[SPACE_AXES];
        space_split(&space, list[i].member, index);
        hits[index[axis]]++;
    }
}

Test(sample, covers_every_axis_of_every_type) {
    size_t count;
    struct sample_options options = {.per_type = DESIGNS, .seed = 5};
    struct sample_design *list = choose(options, &count);
    cr_assert_eq(count, 2 * DESIGNS);
    for (size_t type = 0; type < 2; type++) {
        for (size_t a = 0; a < space.axis_count; a++) {
            unsigned hits[8];
            count_values(list, type * DESIGNS, (type + 1) * DESIGNS, a, hits);
            for (size_t v = 0; v < space.axes[a].count; v++) {
                double share = (double)DESIGNS / (double)space.axes[a].count;
                if (strcmp(space.axes[a].key->name, "pe_type") == 0) {
                    cr_expect_eq(hits[v], v == type ? DESIGNS : 0);
                } else { /* a quarter is illegal and was passed over */
                    cr_expect(hits[v] > 0.5 * share && hits[v] < 1.6 * share,
                              "%s value %zu: %u of %zu", space.axes[a].key->name, v,
                              hits[v], DESIGNS);
                }
            }
        }
    }
    free(list);
}

Test(sample, legal_different_and_growing) {
    size_t count, more_count;
    struct sample_options options = {.per_type = 40, .seed = 9, .holdout_percent = 20};
    struct sample_design *list = choose(options, &count);
    options.per_type = 60;
    struct sample_design *more = choose(options, &more_count);
    cr_assert_eq(count, 80);
    cr_assert_eq(more_count, 120);
    for (size_t i = 0; i < count; i++) {
        struct hw hw;
        size_t k = i < 40 ? i : i + 20;
        cr_expect_eq(list[i].member, more[k].member);
        cr_expect_eq(list[i].test, more[k].test);
        cr_expect_eq(space_hw(&space, list[i].member, &hw, NULL), 0);
        for (size_t j = 0; j < i; j++) {
            cr_expect_neq(list[j].member, list[i].member);
        }
    }
    free(list);
    free(more);
}

Test(sample, holds_out_the_share_asked_for) {
    static const unsigned percents[] = {0, 10, 20, 25, 60, 99};
    for (size_t p = 0; p < sizeof percents / sizeof percents[0]; p++) {
        size_t count, tests = 0;
        struct sample_options options = {
            .per_type = 100, .seed = p, .holdout_percent = percents[p]};
        struct sample_design *list = choose(options, &count);
        for (size_t i = 0; i < count; i++) {
            tests += (size_t)list[i].test;
        }
        cr_expect_eq(tests, 2 * (size_t)percents[p]);
        free(list);
    }
}

Test(sample, few_pes_when_asked) {
    size_t count;
    struct sample_options options = {.per_type = DESIGNS, .seed = 1, .pes = 6};
    struct sample_design *list = choose(options, &count);
    cr_assert_eq(count, 2 * DESIGNS);
    for (size_t type = 0; type < 2; type++) {
        uint64_t keys[64];
        unsigned uses[64] = {0};
        size_t different = 0;
        for (size_t i = 0; i < DESIGNS; i++) {
            struct hw hw;
            size_t k = 0;
            cr_assert_eq(space_hw(&space, list[type * DESIGNS + i].member, &hw, NULL), 0);
            uint64_t key = sample_pe_key(&hw);
            while (k < different && keys[k] != key) {
                k++;
            }
            keys[k] = key;
            uses[k]++;
            different += k == different;
        }
        cr_expect_eq(different, 6);
        for (size_t k = 0; k < different; k++) {
            cr_expect_gt(uses[k], 4);
        }
    }
    free(list);
}

Test(sample, all_members_without_a_sample) {
    size_t count, legal = 0;
    struct sample_options options = {.seed = 1};
    struct sample_design *list = choose(options, &count);
    uint64_t illegal;
    cr_assert_eq(space_illegal(&space, NULL, NULL, &illegal, NULL), 0);
    cr_expect_eq(count, space.count - illegal);
    for (uint64_t k = 0; k < space.count; k++) {
        struct hw hw;
        if (space_hw(&space, k, &hw, NULL) == 0) {
            cr_expect_eq(list[legal++].member, k);
        }
    }
    free(list);
    options.per_type = 1000000; /* as many as there are */
    list = choose(options, &legal);
    cr_expect_eq(legal, count);
    free(list);
}

Test(sample, more_than_can_be_is_an_error) {
    struct sample_options options = {.per_type = DESIGNS, .pes = 1, .seed = 1};
    struct sample_design *list = NULL;
    struct error err = {"", 0, 0, ""};
    size_t count;
    cr_expect_eq(sample_designs(&space, &options, &list, &count, &err), -1);
    cr_expect_not_null(strstr(err.text, "64 designs of type int16 cannot be drawn"), "%s",
                       err.text);
}
