/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of synth_flows/result.c: intact, damaged and foreign files; differences of
 * inputs.
 */
#include <criterion/criterion.h>

#include "synth_flows/result.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX];
static char path[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
    cr_assert_eq(emit_path(path, sizeof path, NULL, "%s/0123456789abcdef.json", folder),
                 0);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(result, .init = setup, .fini = teardown);

static void save(void) {
    json_t *result = json_pack("{s:s, s:s, s:{s:f, s:f, s:i}}", "format", RESULT_FORMAT,
                               "design_hash", "0123456789abcdef", "synthesis", "ratio",
                               0.375, "slack", 1.7e308, "cells", 12);
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(result_save(result, path, &err), 0, "%s", err.text);
    json_decref(result);
}

Test(result, what_is_saved_is_loaded) {
    json_t *result;
    save();
    cr_assert_eq(result_load(path, "0123456789abcdef", &result, NULL), RESULT_GOOD);
    const json_t *synthesis = json_object_get(result, "synthesis");
    cr_expect_eq(json_real_value(json_object_get(synthesis, "ratio")), 0.375);
    cr_expect_eq(json_integer_value(json_object_get(synthesis, "cells")), 12);
    cr_assert_eq(result_save(result, path, NULL), 0); /* again, with its check */
    json_decref(result);
    cr_assert_eq(result_load(path, NULL, &result, NULL), RESULT_GOOD);
    json_decref(result);
}

Test(result, no_byte_can_be_changed_or_cut) {
    char *text;
    size_t size;
    save();
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    for (size_t i = 0; i < size; i++) {
        json_t *result = NULL;
        char old = text[i];
        struct error why = {"", 0, 0, ""};
        if (old == ' ' || old == '\n') {
            continue; /* may be laid out otherwise */
        }
        text[i] = old == '1' ? '2' : '1';
        scratch_file(folder, "0123456789abcdef.json", text, path);
        cr_expect_neq(result_load(path, "0123456789abcdef", &result, &why), RESULT_GOOD,
                      "byte %zu", i);
        cr_expect_null(result);
        cr_expect(why.text[0] != '\0' && strstr(why.file, "0123456789abcdef.json"));
        text[i] = '\0'; /* cut */
        scratch_file(folder, "0123456789abcdef.json", text, path);
        cr_expect_eq(result_load(path, "0123456789abcdef", &result, NULL),
                     RESULT_DAMAGED);
        text[i] = old;
    }
    free(text);
}

Test(result, others_are_told_apart) {
    json_t *result;
    struct error why = {"", 0, 0, ""};
    char other[EMIT_PATH_MAX];
    save();
    cr_expect_eq(result_load(path, "fedcba9876543210", &result, &why), RESULT_DAMAGED);
    cr_expect_str_eq(why.text, "is damaged: it holds the design 0123456789abcdef");
    scratch_file(folder, "other.json", "{\"format\": \"qadam-result-0\"}", other);
    cr_expect_eq(result_load(other, NULL, &result, NULL), RESULT_FOREIGN);
    scratch_file(folder, "list.json", "[]", other);
    cr_expect_eq(result_load(other, NULL, &result, NULL), RESULT_DAMAGED);
    cr_expect_eq(result_load(folder, NULL, &result, NULL), RESULT_NONE);
    cr_expect_eq(result_load("/no/such/file", NULL, &result, NULL), RESULT_NONE);
}

Test(result, differences_are_named) {
    char names[64];
    json_t *a = json_pack("{s:s, s:i, s:{s:i}}", "program", "x", "rtl", 1, "o", "p", 1);
    json_t *b = json_pack("{s:s, s:i, s:{s:i}, s:i}", "program", "y", "rtl", 1, "o", "p",
                          2, "new", 1);
    cr_expect_eq(result_differences(a, a, names, sizeof names), 0);
    cr_expect_str_eq(names, "");
    cr_expect_eq(result_differences(a, b, names, sizeof names), 3);
    cr_expect_str_eq(names, "program, o, new");
    json_decref(a);
    json_decref(b);
}
