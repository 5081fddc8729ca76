/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/space.c: values, numbering, illegal members, refusals.
 */
#include <criterion/criterion.h>

#include "gen/home.h"
#include "gen/space.h"
#include "tests/scratch.h"

static char home[EMIT_PATH_MAX];
static char folder[EMIT_PATH_MAX];

static void setup(void) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(space, .init = setup, .fini = teardown);

/* A space file: values of the keys that the tests change. */
static int load(struct space *space, const char *type, const char *rows, const char *more,
                struct error *err) {
    char path[EMIT_PATH_MAX], text[1024];
    (void)snprintf(text, sizeof text,
                   "{\"name\": \"s\",\n \"pe_type\": %s,\n \"rows\": %s,\n \"cols\": 4,\n"
                   " \"ifmap_spad_words\": 8, \"filter_spad_words\": 16,\n"
                   " \"psum_spad_words\": 4, \"glb_kib\": [16, 17]%s}\n",
                   type, rows, more);
    scratch_file(folder, "space.json", text, path);
    return space_load(home, path, space, err);
}

static const char plain[] = ", \"bus_bits\": 64, \"dram_bytes_per_cycle\": 8";

static struct space open_space(const char *type, const char *rows, const char *more) {
    struct error err = {"", 0, 0, ""};
    struct space space;
    cr_assert_eq(load(&space, type, rows, more, &err), 0, "%s: %s", err.file, err.text);
    return space;
}

Test(space, values_of_lists_and_ranges) {
    static const struct {
        const char *rows;
        unsigned values[8];
        size_t count;
    } cases[] = {{"7", {7}, 1},
                 {"[3, 1, 2]", {3, 1, 2}, 3},
                 {"{\"from\": 2, \"to\": 9, \"step\": 3}", {2, 5, 8}, 3},
                 {"{\"from\": 2, \"to\": 8, \"step\": 3}", {2, 5, 8}, 3},
                 {"{\"from\": 1, \"to\": 27, \"factor\": 3}", {1, 3, 9, 27}, 4},
                 {"{\"from\": 5, \"to\": 5, \"step\": 100}", {5}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct space space = open_space("\"int16\"", cases[i].rows, plain);
        const struct space_axis *axis = space_axis_of(&space, "rows");
        cr_assert_eq(axis->count, cases[i].count, "%s", cases[i].rows);
        cr_expect_eq(space.count, 2 * cases[i].count);
        for (size_t k = 0; k < axis->count; k++) {
            cr_expect_eq(((const unsigned *)(const void *)axis->values)[k],
                         cases[i].values[k]);
        }
        space_close(&space);
    }
}

Test(space, last_key_varies_fastest) {
    struct space space = open_space(
        "[\"int16\", \"fp32\"]", "[2, 3]",
        ", \"bus_bits\": 64, \"dram_bytes_per_cycle\": [4, 8], \"spad_style\": "
        "[\"flop\", \"latch\"]");
    struct design d;
    size_t index[SPACE_AXES];
    cr_assert_eq(space.count, 32);
    space_member(&space, 0, &d);
    cr_expect_str_eq(d.pe_type, "int16");
    cr_expect(d.rows == 2 && d.glb_kib == 16 && d.dram_bytes_per_cycle == 4);
    cr_expect_str_eq(d.spad_style, "flop");
    space_member(&space, 1, &d);
    cr_expect_str_eq(d.spad_style, "latch");
    space_member(&space, 2, &d);
    cr_expect_eq(d.dram_bytes_per_cycle, 8);
    space_member(&space, 31, &d);
    cr_expect_str_eq(d.pe_type, "fp32");
    cr_expect_str_eq(d.name, "s");
    cr_expect(d.rows == 3 && d.cols == 4 && d.glb_kib == 17 && d.psum_bits == 0);
    for (uint64_t k = 0; k < space.count; k++) {
        space_split(&space, k, index);
        cr_expect_eq(space_join(&space, index), k);
    }
    space_close(&space);
}

Test(space, member_is_the_design_of_a_file) {
    struct space space = open_space("[\"lightpe1\", \"int8\"]", "[2, 3]", plain);
    struct design d;
    struct hw a, b;
    for (uint64_t k = 0; k < space.count; k++) {
        space_member(&space, k, &d);
        cr_assert_eq(design_derive(home, &d, &a, NULL), 0);
        cr_assert_eq(space_hw(&space, k, &b, NULL), 0);
        cr_expect_str_eq(a.hash, b.hash);
        cr_expect_eq(a.psum_lanes, b.psum_lanes);
        cr_expect_str_eq(b.design.spad_style, "latch");
    }
    space_close(&space);
}

/* Sums up what is reported. */
struct sum {
    uint64_t members;
    unsigned calls;
    struct error last;
};

static void add(void *context, const struct design *example, uint64_t members,
                const struct error *why) {
    struct sum *sum = context;
    (void)example;
    sum->members += members;
    sum->calls++;
    sum->last = *why;
}

Test(space, illegal_members_are_counted_without_enumeration) {
    struct space space = open_space(
        "[\"int16\", \"fp32\", \"int4\"]", "{\"from\": 1, \"to\": 12, \"step\": 1}",
        ", \"bus_bits\": {\"from\": 16, \"to\": 128, \"factor\": 2},"
        " \"dram_bytes_per_cycle\": [1, 2, 4, 8, 16, 32], \"psum_bits\": [16, 32, 40]");
    struct sum sum = {0, 0, {"", 0, 0, ""}};
    uint64_t illegal = 0, counted = 0;
    cr_assert_eq(space_illegal(&space, add, &sum, &illegal, NULL), 0);
    for (uint64_t k = 0; k < space.count; k++) {
        struct hw hw;
        counted += space_hw(&space, k, &hw, NULL) != 0;
    }
    cr_expect_eq(illegal, counted);
    cr_expect_eq(sum.members, illegal);
    cr_expect_gt(illegal, 0);
    cr_expect_eq(illegal % sum.calls, 0); /* as many for each combination */
    cr_expect(strstr(sum.last.file, "space.json") && sum.last.line > 0);
    space_close(&space);
}

Test(space, huge_spaces_are_not_enumerated) {
    struct space space =
        open_space("\"int16\"", "{\"from\": 1, \"to\": 64, \"step\": 1}",
                   ", \"bus_bits\": [32, 64], \"dram_bytes_per_cycle\": [4, 8]");
    char path[EMIT_PATH_MAX];
    uint64_t illegal = 0;
    struct error err = {"", 0, 0, ""};
    space_close(&space);
    scratch_file(folder, "huge.json",
                 "{\"name\": \"huge\", \"pe_type\": [\"int16\", \"fp32\"],\n"
                 " \"rows\": {\"from\": 1, \"to\": 64, \"step\": 1},\n"
                 " \"cols\": {\"from\": 1, \"to\": 64, \"step\": 1},\n"
                 " \"ifmap_spad_words\": {\"from\": 1, \"to\": 1000, \"step\": 1},\n"
                 " \"filter_spad_words\": {\"from\": 2, \"to\": 4001, \"step\": 1},\n"
                 " \"psum_spad_words\": {\"from\": 1, \"to\": 250, \"step\": 1},\n"
                 " \"glb_kib\": {\"from\": 100, \"to\": 199, \"step\": 1},\n"
                 " \"bus_bits\": [32, 64], \"dram_bytes_per_cycle\": [4, 8]}",
                 path);
    cr_assert_eq(space_load(home, path, &space, &err), 0, "%s", err.text);
    cr_expect_eq(space.count, 2ull * 64 * 64 * 1000 * 4000 * 250 * 100 * 2 * 2);
    cr_assert_eq(space_illegal(&space, NULL, NULL, &illegal, NULL), 0);
    cr_expect_eq(illegal, space.count / 4); /* 8 bytes on 32 bits */
    struct hw hw;
    cr_expect_eq(space_hw(&space, space.count - 1, &hw, NULL), 0);
    cr_expect(hw.design.rows == 64 && hw.design.psum_spad_words == 250 &&
              hw.design.filter_spad_words == 4001);
    space_close(&space);
}

Test(space, refusals_name_place_value_and_limit) {
    static const struct {
        const char *type, *rows, *more;
        int line;
        const char *text;
    } cases[] = {
        {"\"int16\"", "[1, 65]", plain, 3, "rows is 65, must be 1 to 64 (PEs)"},
        {"\"int16\"", "[]", plain, 3, "rows is an empty list"},
        {"\"int16\"", "[4, 5, 4]", plain, 3, "rows has this value twice"},
        {"\"int16\"", "[4, \"x\"]", plain, 3,
         "rows is \"x\", must be a whole number, 1 to 64 (PEs)"},
        {"\"int16\"", "{\"from\": 9, \"to\": 2, \"step\": 1}", plain, 3,
         "rows goes from 9 to 2, must be from less to more"},
        {"\"int16\"", "{\"from\": 0, \"to\": 2, \"factor\": 2}", plain, 3,
         "rows goes from 0 to 2, must be from at least 1 by a factor"},
        {"\"int16\"", "{\"from\": 1, \"to\": 2}", plain, 3,
         "rows must have either \"step\" or \"factor\" beside \"from\" and \"to\""},
        {"\"int16\"", "{\"from\": 1, \"to\": 2, \"factor\": 1}", plain, 3,
         "factor is 1, must be 2 to 2147483647"},
        {"\"int16\"", "{\"from\": 60, \"to\": 70, \"step\": 5}", plain, 3,
         "rows is 65, must be 1 to 64 (PEs)"},
        {"\"int16\"", "{\"from\": 1, \"to\": 2, \"stop\": 1}", plain, 3,
         "unknown key \"stop\", did you mean \"step\"?"},
        {"{\"from\": 1, \"to\": 2, \"step\": 1}", "1", plain, 2,
         "pe_type must be a word or a list of words"},
        {"\"int16\"", "1", ", \"bus_bit\": 64", 6,
         "unknown key \"bus_bit\", did you mean \"bus_bits\"?"},
        {"\"int16\"", "1", ", \"bus_bits\": 64", 1,
         "dram_bytes_per_cycle is missing, must be given"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct space space;
        struct error err = {"", 0, 0, ""};
        cr_assert_eq(load(&space, cases[i].type, cases[i].rows, cases[i].more, &err), -1,
                     "%s", cases[i].text);
        cr_expect_str_eq(err.text, cases[i].text);
        cr_expect_eq(err.line, cases[i].line, "%s: line %d", err.text, err.line);
    }
    struct space space;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(load(&space, "[\"int16\", \"int17\"]", "1", plain, &err), -1);
    cr_expect(strstr(err.text, "int17") && err.line == 2 && err.column == 23);
}
