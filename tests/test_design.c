/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/design.c and gen/pe_type.c.
 */
#include <criterion/criterion.h>

#include "gen/design.h"
#include "gen/home.h"
#include "tests/scratch.h"

static char home[EMIT_PATH_MAX];

static void setup(void) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
}

/* cppcheck-suppress unknownMacro */
TestSuite(design, .init = setup);
/* cppcheck-suppress unknownMacro */
TestSuite(pe_type, .init = setup);

static const struct design eyeriss = {.name = "e",
                                      .pe_type = "int16",
                                      .rows = 12,
                                      .cols = 14,
                                      .ifmap_spad_words = 24,
                                      .filter_spad_words = 224,
                                      .psum_spad_words = 24,
                                      .glb_kib = 108,
                                      .bus_bits = 64,
                                      .dram_bytes_per_cycle = 8};

Test(design, derives_constants_and_defaults) {
    struct hw hw;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(design_derive(home, &eyeriss, &hw, &err), 0, "%s", err.text);
    cr_expect_eq(hw.design.psum_bits, 32);
    cr_expect_str_eq(hw.design.spad_style, "latch");
    cr_expect_eq(hw.act_mem_bits, 16);
    cr_expect_eq(hw.weight_mem_bits, 16);
    cr_expect_eq(hw.act_lanes, 4);
    cr_expect_eq(hw.weight_lanes, 4);
    cr_expect_eq(hw.psum_lanes, 2);
    cr_expect_eq(hw.psum_mem_bits, 32);
    cr_expect_eq(hw.bus_bytes, 8);
    cr_expect_eq(hw.glb_words, 13824);
    cr_expect_eq(hw.glb_bank_words, 512);
    cr_expect_eq(hw.glb_banks, 27);
}

Test(design, files_of_the_project_load) {
    static const char *const names[] = {"eyeriss_int16", "small_int16"};
    for (size_t i = 0; i < 2; i++) {
        char path[EMIT_PATH_MAX];
        struct hw hw;
        struct error err = {"", 0, 0, ""};
        cr_assert_eq(
            emit_path(path, sizeof path, &err, "%s/designs/%s.json", home, names[i]), 0);
        cr_expect_eq(design_load(home, path, &hw, &err), 0, "%s: %s", path, err.text);
        cr_expect_str_eq(hw.design.name, names[i]);
    }
}

Test(design, psum_lanes_are_a_power_of_two) {
    struct design d = eyeriss;
    struct hw hw;
    d.bus_bits = 256;
    d.psum_bits = 40; /* 6 would fit */
    cr_assert_eq(design_derive(home, &d, &hw, NULL), 0);
    cr_expect_eq(hw.psum_lanes, 4);
    cr_expect_eq(hw.psum_mem_bits, 64);
}

/* Over all bus widths and GLB sizes: 16 to 32 banks, powers of two, even ends. */
Test(design, glb_banks) {
    static const unsigned kib[] = {1,  2,  3,  4,   5,   7,    15,
                                   31, 33, 63, 100, 255, 1023, 65535};
    for (unsigned bits = 16; bits <= 512; bits *= 2) {
        for (size_t i = 0; i < sizeof kib / sizeof kib[0]; i++) {
            struct design d = eyeriss;
            struct hw hw;
            d.bus_bits = bits < 32 ? 32 : bits;
            d.dram_bytes_per_cycle = 2;
            d.glb_kib = kib[i];
            unsigned words = kib[i] * 1024 / (d.bus_bits / 8);
            int legal = words >= 64 && words <= 1u << 24;
            cr_expect_eq(design_derive(home, &d, &hw, NULL), legal ? 0 : -1);
            if (legal) {
                cr_expect_eq(hw.glb_words, words);
                cr_expect(hw.glb_banks >= 16 && hw.glb_banks <= 32);
                cr_expect_eq(hw.glb_bank_words & (hw.glb_bank_words - 1), 0);
                cr_expect(hw.glb_bank_words >= 4 && words % 2 == 0);
                cr_expect_lt((hw.glb_banks - 1) * hw.glb_bank_words, words);
                cr_expect_geq(hw.glb_banks * hw.glb_bank_words, words);
            }
        }
    }
}

Test(design, hash_is_of_all_keys) {
    struct hw a;
    struct hw b;
    char text[2048];
    struct design d = eyeriss;
    cr_assert_eq(design_derive(home, &d, &a, NULL), 0);
    d.psum_bits = 32; /* the default, said */
    cr_assert_eq(design_derive(home, &d, &b, NULL), 0);
    cr_expect_str_eq(a.hash, b.hash);
    d.cols++;
    cr_assert_eq(design_derive(home, &d, &b, NULL), 0);
    cr_expect_str_neq(a.hash, b.hash);
    cr_expect_gt(design_canonical(&a.design, text, sizeof text), 0);
    cr_expect_str_eq(text, "{\"bus_bits\":64,\"cols\":14,\"dram_bytes_per_cycle\":8,"
                           "\"filter_spad_words\":224,\"glb_kib\":108,"
                           "\"ifmap_spad_words\":24,\"name\":\"e\",\"pe_type\":\"int16\","
                           "\"psum_bits\":32,\"psum_spad_words\":24,\"rows\":12,"
                           "\"spad_style\":\"latch\"}");
    cr_expect_eq(design_canonical(&a.design, text, 20), -1);
}

/* One field set to a value, and the error. */
static const struct wrong {
    size_t offset;
    unsigned value;
    const char *error;
} wrongs[] = {
    {offsetof(struct design, rows), 0, "rows is 0, must be 1 to 64 (PEs)"},
    {offsetof(struct design, cols), 65, "cols is 65, must be 1 to 64 (PEs)"},
    {offsetof(struct design, filter_spad_words), 1,
     "filter_spad_words is 1, must be 2 to 4096 (weights)"},
    {offsetof(struct design, bus_bits), 48,
     "bus_bits is 48, must be a power of two from 16 to 512 (bits)"},
    {offsetof(struct design, bus_bits), 16,
     "bus_bits is 16, must be at least 32 (psum_bits): one psum must fit into a bus "
     "word"},
    {offsetof(struct design, dram_bytes_per_cycle), 16,
     "dram_bytes_per_cycle is 16, must be at most 8 (bus_bits / 8): the GLB takes one "
     "bus "
     "word per cycle"},
    {offsetof(struct design, psum_bits), 31,
     "psum_bits is 31, must be at least 32 (bits): one product of int16 must fit"},
    {offsetof(struct design, psum_bits), 65, "psum_bits is 65, must be 8 to 64 (bits)"},
};

Test(design, wrong_values_are_refused) {
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct design d = eyeriss;
        struct hw hw;
        struct error err = {"", 0, 0, ""};
        memcpy((char *)&d + wrongs[i].offset, &wrongs[i].value, sizeof(unsigned));
        cr_expect_eq(design_derive(home, &d, &hw, &err), -1);
        cr_expect_str_eq(err.text, wrongs[i].error);
    }
}

Test(design, small_glb_names_the_limit) {
    struct design d = eyeriss;
    struct hw hw;
    struct error err = {"", 0, 0, ""};
    d.glb_kib = 1;
    d.bus_bits = 512;
    cr_expect_eq(design_derive(home, &d, &hw, &err), -1);
    cr_expect_str_eq(err.text,
                     "glb_kib is 1, must be at least 4 (KiB): 16 banks of 4 bus "
                     "words of 512 bits");
}

Test(pe_type, int16) {
    struct pe_type t;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(pe_type_load(home, "int16", &t, &err), 0, "%s", err.text);
    cr_expect_str_eq(t.name, "int16");
    cr_expect_eq(t.kind, PE_INTEGER);
    cr_expect_eq(t.act_bits, 16);
    cr_expect_eq(t.weight_bits, 16);
    cr_expect_eq(t.psum_bits_default, 32);
    cr_expect_eq(t.psum_bits_min, 32);
    cr_expect_eq(t.mul_latency, 1);
    cr_expect_eq(t.add_latency, 1);
    cr_expect_eq(t.weight_frac_bits, 0);
}

Test(pe_type, unknown_names_are_refused) {
    static const char *const names[] = {"int15", "", "../int16", "int16/", "a b"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct pe_type t;
        struct error err = {"", 0, 0, ""};
        cr_expect_eq(pe_type_load(home, names[i], &t, &err), -1);
        cr_expect_not_null(strstr(err.text, "must be a type of pe_lib/: "), "%s",
                           err.text);
        cr_expect_not_null(strstr(err.text, "int16"), "%s", err.text);
    }
}

#define REST "\"mul_latency\": 1, \"add_latency\": 1}"

Test(pe_type, contradictions_are_refused) {
    static const char *const cases[][2] = {
        {"{\"name\": \"u\", \"kind\": \"integer\", \"act_bits\": 8, \"weight_bits\": 8, "
         "\"psum_bits_default\": 20, " REST,
         "name is \"u\", must be that of its folder, \"t\""},
        {"{\"name\": \"t\", \"kind\": \"integer\", \"act_bits\": 8, \"weight_bits\": 8, "
         "\"psum_bits_default\": 15, " REST,
         "psum_bits_default is 15, must be at least 16 (psum_bits_min), so that one "
         "product fits"},
        {"{\"name\": \"t\", \"kind\": \"float\", \"act_bits\": 16, \"weight_bits\": 32, "
         "\"psum_bits_default\": 32, " REST,
         "kind is float, act_bits, weight_bits and psum bits must be 32 then, are 16, 32 "
         "and 32"},
        {"{\"name\": \"t\", \"kind\": \"float\", \"act_bits\": 32, \"weight_bits\": 32, "
         "\"psum_bits_default\": 32, \"weight_frac_bits\": 1, " REST,
         "weight_frac_bits is 1, must be 0 for kind float"},
        {"{\"name\": \"t\", \"kind\": \"integer\", \"act_bits\": 8, \"weight_bits\": 4, "
         "\"psum_bits_default\": 20, \"weight_zero\": 16, " REST,
         "weight_zero is 16, must be a word of weight_bits, 4"},
        {"{\"name\": \"t\", \"kind\": \"integer\", \"act_bits\": 8, \"weight_bits\": 4, "
         "\"psum_bits_default\": 20, \"psum_add_latency\": 2, " REST,
         "psum_add_latency is 2, must be odd: a psum is read and written in different "
         "halves of the GLB"},
        {"{\"name\": \"t\", \"kind\": \"fixed\", \"act_bits\": 32, \"weight_bits\": 32, "
         "\"psum_bits_default\": 32, " REST,
         "kind is \"fixed\", must be one of integer|float"}};
    char folder[EMIT_PATH_MAX];
    char types[EMIT_PATH_MAX];
    char path[EMIT_PATH_MAX];
    scratch_folder(folder);
    cr_assert_eq(emit_path(types, sizeof types, NULL, "%s/pe_lib/t", folder), 0);
    cr_assert_eq(emit_folder(types, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pe_type t;
        struct error err = {"", 0, 0, ""};
        scratch_file(types, "traits.json", cases[i][0], path);
        cr_expect_eq(pe_type_load(folder, "t", &t, &err), -1);
        cr_expect_str_eq(err.text, cases[i][1]);
        cr_expect_eq(err.line, 1);
    }
    cr_expect_eq(emit_remove(folder, NULL), 0);
}
