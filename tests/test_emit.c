/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/emit.c and gen/json_out.c.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <math.h>
#include <unistd.h>

#include "gen/json_out.h"
#include "tests/scratch.h"

static char folder[EMIT_PATH_MAX];
static char path[EMIT_PATH_MAX];

static void setup(void) {
    scratch_folder(folder);
}

static void teardown(void) {
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(emit, .init = setup, .fini = teardown);

static void at(const char *name) {
    cr_assert_eq(emit_path(path, sizeof path, NULL, "%s/%s", folder, name), 0);
}

static void expect_text(const char *want) {
    char *text = NULL;
    size_t size = 0;
    cr_assert_eq(emit_read(path, &text, &size, NULL), 0);
    cr_expect_str_eq(text, want);
    cr_expect_eq(size, strlen(want));
    free(text);
}

Test(emit, appears_when_complete) {
    struct emit out;
    at("a");
    cr_assert_eq(emit_open(&out, path, NULL), 0);
    emit(&out, "%d %s\n", 7, "x");
    cr_expect(!emit_is_file(path));
    cr_expect_eq(emit_close(&out, NULL), 0);
    expect_text("7 x\n");
    emit_abandon(&out); /* does nothing now */
    expect_text("7 x\n");
}

Test(emit, abandoned_files_leave_nothing) {
    struct emit out;
    at("a");
    cr_assert_eq(emit_open(&out, path, NULL), 0);
    emit(&out, "x");
    emit_abandon(&out);
    cr_expect_eq(rmdir(folder), 0);
}

Test(emit, failures_name_the_file) {
    struct emit out;
    struct error folder_err = {"", 0, 0, ""};
    cr_expect_eq(emit_open(&out, folder, &folder_err), -1);
    cr_expect_str_eq(folder_err.text, "cannot be written: it is a folder");
    struct error err = {"", 0, 0, ""};
    at("no/a");
    cr_expect_eq(emit_open(&out, path, &err), -1);
    cr_expect_str_eq(err.file, path);
    cr_expect_str_eq(err.text, "cannot be written: No such file or directory");
}

Test(emit, full_device_is_noticed) {
    struct emit out;
    struct error err = {"", 0, 0, ""};
    at("a");
    cr_assert_eq(emit_open(&out, path, NULL), 0);
    cr_assert_not_null(freopen("/dev/full", "w", out.file));
    emit(&out, "x");
    cr_expect_eq(emit_close(&out, &err), -1);
    cr_expect_str_eq(err.text, "cannot be written: No space left on device");
    cr_expect_eq(rmdir(folder), 0);
}

Test(emit, folders) {
    at("a/b//c/");
    cr_expect_eq(emit_folder(path, NULL), 0);
    cr_expect_eq(emit_folder(path, NULL), 0);
    cr_expect(emit_is_folder(path));
    at("a/b/c/f");
    struct emit out;
    cr_assert_eq(emit_open(&out, path, NULL), 0);
    cr_assert_eq(emit_close(&out, NULL), 0);
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(emit_folder(path, &err), -1);
    cr_expect_str_eq(err.text, "folder cannot be made: File exists");
    at("a/link");
    cr_assert_eq(symlink("/", path), 0);
    at("a");
    cr_expect_eq(emit_remove(path, NULL), 0);
    cr_expect(!emit_is_folder(path));
    cr_expect_eq(emit_remove(path, NULL), 0);
}

Test(emit, copies_bytes) {
    char from[EMIT_PATH_MAX];
    scratch_file(folder, "from", "a\nb\r\n\xff", from);
    at("to");
    cr_expect_eq(emit_copy(from, path, NULL), 0);
    expect_text("a\nb\r\n\xff");
}

Test(emit, long_paths_are_refused) {
    struct error err = {"", 0, 0, ""};
    char small[8];
    cr_expect_eq(emit_path(small, sizeof small, &err, "%s", "12345678"), -1);
    cr_expect_str_eq(err.text, "path '1234567...' is too long, at most 7 bytes");
}

/* Test vectors of the FNV reference (64 bits, FNV-1a): "", "a", "foobar". */
Test(emit, fnv) {
    cr_expect_eq(emit_fnv(EMIT_FNV_START, "", 0), 0xcbf29ce484222325u);
    cr_expect_eq(emit_fnv(EMIT_FNV_START, "a", 1), 0xaf63dc4c8601ec8cu);
    cr_expect_eq(emit_fnv(EMIT_FNV_START, "foobar", 6), 0x85944171f73967e8u);
}

Test(emit, json_keeps_order_and_all_digits) {
    json_t *value = json_pack("{s:f, s:i, s:[f, f]}", "b", 0.1, "a", 1, "c", 2.0, 1e300);
    at("j");
    cr_expect_eq(json_out_write(value, path, NULL), 0);
    expect_text(
        "{\n  \"b\": 0.10000000000000001,\n  \"a\": 1,\n  \"c\": [\n    2.0,\n    "
        "1.0000000000000001e300\n  ]\n}\n");
    json_decref(value);
}

Test(emit, json_refuses_what_is_no_number) {
    struct error err = {"", 0, 0, ""};
    at("j");
    cr_expect_eq(json_out_write(json_real((double)NAN), path, &err), -1);
    cr_expect_str_eq(err.text, "result cannot be written as JSON: out of memory, or a "
                               "number is not finite");
    cr_expect(!emit_is_file(path));
}

/* cppcheck-suppress unknownMacro */
Test(emit, json_to_standard_output, .init = cr_redirect_stdout) {
    json_t *value = json_true();
    cr_expect_eq(json_out_write(value, "-", NULL), 0);
    cr_assert_stdout_eq_str("true\n");
}
