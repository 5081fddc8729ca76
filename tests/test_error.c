/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/error.c.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include "gen/error.h"

Test(error, first_error_wins) {
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(error_set_at(&err, "a.json", 3, 12, "rows is %d", 0), -1);
    cr_expect_eq(error_set(&err, "another"), -1);
    cr_expect_str_eq(err.file, "a.json");
    cr_expect_eq(err.line, 3);
    cr_expect_eq(err.column, 12);
    cr_expect_str_eq(err.text, "rows is 0");
}

Test(error, null_is_accepted) {
    cr_expect_eq(error_set(NULL, "lost"), -1);
    cr_expect_eq(error_set_at(NULL, NULL, 0, 0, "lost"), -1);
}

Test(error, stays_on_one_line) {
    struct error err = {"", 0, 0, ""};
    (void)error_set_at(&err, "a\nb", 0, 0, "%s", "key \"x\n\033[31m\177\"");
    cr_expect_str_eq(err.file, "a?b");
    cr_expect_str_eq(err.text, "key \"x??[31m?\"");
}

Test(error, long_text_is_cut) {
    struct error err = {"", 0, 0, ""};
    (void)error_set(&err, "%01000d", 7);
    cr_expect_eq(err.text[sizeof err.text - 1], '\0');
    cr_expect_eq(err.text[sizeof err.text - 2], '0');
}

static void print(const char *file, int line, int column) {
    struct error err = {"", 0, 0, ""};
    (void)error_set_at(&err, file, line, column, "wrong");
    error_print(&err);
}

/* cppcheck-suppress unknownMacro */
Test(error, prints_the_known_parts, .init = cr_redirect_stderr) {
    print("f", 3, 12);
    print("f", 3, 0);
    print("f", 0, 0);
    print(NULL, 0, 0);
    (void)fflush(stderr);
    cr_assert_stderr_eq_str("qadam: f:3:12: wrong\nqadam: f:3: wrong\nqadam: f: wrong\n"
                            "qadam: wrong\n");
}
