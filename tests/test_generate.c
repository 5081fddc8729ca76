/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/generate.c: the written folder, and when it is not written.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <unistd.h>

#include "gen/generate.h"
#include "gen/generate_parts.h"
#include "gen/home.h"
#include "tests/scratch.h"

static char home[EMIT_PATH_MAX];
static char folder[EMIT_PATH_MAX];
static char dir[EMIT_PATH_MAX];
static struct hw hw;

static void setup(void) {
    struct error err = {"", 0, 0, ""};
    char design[EMIT_PATH_MAX];
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    cr_assert_eq(
        emit_path(design, sizeof design, &err, "%s/designs/small_int16.json", home), 0);
    cr_assert_eq(design_load(home, design, &hw, &err), 0, "%s", err.text);
    scratch_folder(folder);
    cr_assert_eq(emit_path(dir, sizeof dir, &err, "%s/out", folder), 0);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(generate, .init = setup, .fini = teardown);

static void generate(const char *to) {
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(generate_design(home, &hw, to, &err), 0, "%s: %s", err.file, err.text);
}

static char *read_below(const char *base, const char *name, size_t *size) {
    char path[EMIT_PATH_MAX];
    char *text = NULL;
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(emit_path(path, sizeof path, &err, "%s/%s", base, name), 0);
    cr_assert_eq(emit_read(path, &text, size, &err), 0, "%s: %s", path, err.text);
    return text;
}

static json_t *manifest(const char *base) {
    char *text = read_below(base, "manifest.json", NULL);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(root);
    free(text);
    return root;
}

Test(generate, manifest_describes_every_file) {
    generate(dir);
    json_t *root = manifest(dir);
    json_t *files = json_object_get(root, "files");
    cr_expect_str_eq(json_string_value(json_object_get(root, "name")), "small_int16");
    cr_expect_str_eq(json_string_value(json_object_get(root, "design_hash")), hw.hash);
    static const char *const wanted[] = {"README.md",
                                         "constraints.sdc",
                                         "filelist.f",
                                         "orfs/config.mk",
                                         "orfs/constraint.sdc",
                                         "orfs/qadam_clkgate.v",
                                         "qadam_small_int16.core",
                                         "rtl/qadam_accel.sv",
                                         "rtl/qadam_mac.sv",
                                         "rtl/qadam_top.sv",
                                         "rtl/qadam_sram.sv",
                                         "sram/qadam_sram.lef",
                                         "sram/qadam_sram.lib"};
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);
        const char *name = json_string_value(json_object_get(file, "path"));
        size_t size = 0;
        char *text = read_below(dir, name, &size);
        char hash[17];
        (void)snprintf(hash, sizeof hash, "%016llx",
                       (unsigned long long)emit_fnv(EMIT_FNV_START, text, size));
        cr_expect_str_eq(json_string_value(json_object_get(file, "fnv1a64")), hash);
        cr_expect_eq(json_integer_value(json_object_get(file, "bytes")),
                     (json_int_t)size);
        cr_expect_null(strstr(text, home), "%s names a folder of this machine", name);
        for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++) {
            found += strcmp(name, wanted[k]) == 0;
        }
        free(text);
    }
    cr_expect_eq(found, sizeof wanted / sizeof wanted[0]);
    json_decref(root);
}

Test(generate, file_list_is_complete) {
    generate(dir);
    char *list = read_below(dir, "filelist.f", NULL);
    size_t lines = 0;
    for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] != '/' && line[0] != '+') {
            char path[EMIT_PATH_MAX];
            cr_assert_eq(emit_path(path, sizeof path, NULL, "%s/%s", dir, line), 0);
            cr_expect(emit_is_file(path), "%s", line);
            lines++;
        }
    }
    cr_expect_gt(lines, 10);
    free(list);
}

Test(generate, same_design_same_bytes) {
    char other[EMIT_PATH_MAX];
    cr_assert_eq(emit_path(other, sizeof other, NULL, "%s/deep/er/out2/", folder), 0);
    generate(dir);
    generate(other);
    generate(dir); /* replaces it */
    size_t size = 0;
    char *a = read_below(dir, "manifest.json", &size);
    char *b = read_below(other, "manifest.json", NULL);
    cr_expect_str_eq(a, b); /* has the hashes of all files */
    free(a);
    free(b);
}

Test(generate, folders_of_others_are_left_alone) {
    char path[EMIT_PATH_MAX];
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(emit_folder(dir, NULL), 0);
    generate(dir); /* empty: fine */
    scratch_file(dir, "notes.txt", "mine", path);
    cr_expect_eq(generate_design(home, &hw, dir, &err), -1);
    cr_expect_str_eq(err.file, dir);
    cr_expect_str_eq(err.text,
                     "holds notes.txt, which the generator did not write; remove "
                     "it or choose another folder");
    cr_expect(emit_is_file(path));
    struct error foreign = {"", 0, 0, ""};
    scratch_file(dir, "manifest.json", "{\"format\": \"other\"}", path);
    cr_expect_eq(generate_design(home, &hw, dir, &foreign), -1);
    cr_expect_str_eq(foreign.text,
                     "exists and holds no generated design (no manifest.json of qadam); "
                     "remove it or choose another folder");
    struct error file = {"", 0, 0, ""};
    cr_expect_eq(generate_design(home, &hw, path, &file), -1);
    cr_expect_str_eq(file.text, "is not a folder, give another name to -o");
    struct error dot = {"", 0, 0, ""};
    cr_expect_eq(generate_design(home, &hw, ".", &dot), -1);
    cr_expect_str_eq(dot.text, "must be a folder with a name of its own");
}

Test(generate, failure_leaves_nothing) {
    struct error err = {"", 0, 0, ""};
    char below[EMIT_PATH_MAX];
    cr_assert_eq(emit_path(below, sizeof below, NULL, "%s/home", folder), 0);
    cr_assert_eq(emit_folder(below, NULL), 0);
    cr_expect_eq(generate_design(below, &hw, dir, &err), -1); /* a home without hdl/ */
    cr_expect_str_eq(err.text, "cannot be read: No such file or directory");
    cr_expect_eq(emit_remove(below, NULL), 0);
    cr_expect_eq(rmdir(folder), 0, "something was left behind");
}

Test(generate, top_sets_every_parameter) {
    struct generate_param params[GENERATE_PARAMS];
    generate_params(&hw, params);
    generate(dir);
    char *top = read_below(dir, "rtl/qadam_top.sv", NULL);
    char *accel = read_below(dir, "rtl/qadam_accel.sv", NULL);
    size_t declared = 0;
    for (const char *p = accel; (p = strstr(p, "parameter int unsigned ")); p++) {
        declared++;
    }
    cr_expect_eq(declared, GENERATE_PARAMS);
    for (size_t i = 0; i < GENERATE_PARAMS; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, ".%s(%u)", params[i].name, params[i].value);
        cr_expect_not_null(strstr(top, text), "%s", text);
        (void)snprintf(text, sizeof text, "int unsigned %s = ", params[i].name);
        cr_expect_not_null(strstr(accel, text), "%s", text);
    }
    free(top);
    free(accel);
}

Test(generate, macros_cover_the_glb) {
    struct generate_macro macros[GENERATE_MACROS];
    size_t count = generate_macros(&hw, macros); /* 16 banks of 128 words; commands */
    cr_assert_eq(count, 2);
    cr_expect(macros[0].words == 64 && macros[0].width == 64 && macros[0].lanes == 4 &&
              macros[0].count == 32);
    cr_expect(macros[1].words == 64 && macros[1].lanes == 1 && macros[1].count == 2);
    struct design d = hw.design;
    struct hw odd;
    d.glb_kib = 17; /* 2176 words: 17 banks of 128 */
    cr_assert_eq(design_derive(home, &d, &odd, NULL), 0);
    count = generate_macros(&odd, macros);
    cr_expect_eq(count, 2);
    cr_expect_eq(macros[0].count, 34);
    d.glb_kib = 33; /* 4224 words: 16 banks of 256 and one of 128 */
    cr_assert_eq(design_derive(home, &d, &odd, NULL), 0);
    count = generate_macros(&odd, macros);
    cr_expect_eq(count, 3);
    cr_expect(macros[0].words == 128 && macros[0].count == 32);
    cr_expect(macros[1].words == 64 && macros[1].lanes == 4 && macros[1].count == 2);
    cr_expect_eq(2 * (macros[0].words * 16 + macros[1].words), odd.glb_words);
}
