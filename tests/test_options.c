/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gen/options.c.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "gen/options.h"

static const struct option_spec specs[] = {{"output", 'o', "DIR", 0, "folder to write"},
                                           {"layer", 0, "NAME", 1, "only this layer"},
                                           {"seed", 0, "N", 0, "random seed"},
                                           {"verbose", 'v', NULL, 0, "say more"},
                                           {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {"draw", "FILE", 1, "Draws.", specs, NULL};

enum { WORDS_MAX = 12 };

/* A command line from words separated by blanks; lives in the caller's buffer. */
struct line {
    char text[256];
    char *argv[WORDS_MAX];
    int argc;
};

static int parse(struct line *line, const char *text, struct options *opts) {
    (void)snprintf(line->text, sizeof line->text, "draw %s", text);
    line->argc = 0;
    for (char *p = line->text; *p != '\0' && line->argc < WORDS_MAX;) {
        line->argv[line->argc++] = p;
        while (*p != '\0' && *p != ' ') {
            p++;
        }
        if (*p == ' ') {
            *p++ = '\0';
        }
    }
    return options_parse(&usage, line->argc, line->argv, opts);
}

Test(options, all_forms) {
    static const char *const lines[] = {"f -o d -v --layer a --layer=b",
                                        "-od --layer a -v f --layer b",
                                        "--output=d --verbose --layer a --layer b -- f",
                                        "--output d -v f --layer a --layer b"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct line line;
        struct options opts;
        cr_assert_eq(parse(&line, lines[i], &opts), OPTIONS_RUN, "%s", lines[i]);
        cr_expect_str_eq(options_operand(&opts, 0), "f");
        cr_expect_null(options_operand(&opts, 1));
        cr_expect_str_eq(options_value(&opts, "output"), "d");
        cr_expect_str_eq(options_value(&opts, "verbose"), "");
        cr_expect_eq(options_count(&opts, "layer"), 2);
        cr_expect_str_eq(options_value_at(&opts, "layer", 0), "a");
        cr_expect_str_eq(options_value_at(&opts, "layer", 1), "b");
        cr_expect_null(options_value_at(&opts, "layer", 2));
        cr_expect_null(options_value(&opts, "seed"));
    }
}

Test(options, operands_may_look_like_options) {
    struct line line;
    struct options opts;
    cr_assert_eq(parse(&line, "-- -v", &opts), OPTIONS_RUN);
    cr_expect_str_eq(options_operand(&opts, 0), "-v");
    cr_assert_eq(parse(&line, "-", &opts), OPTIONS_RUN);
    cr_expect_str_eq(options_operand(&opts, 0), "-");
    cr_assert_eq(parse(&line, "f --seed -1", &opts), OPTIONS_RUN);
    cr_expect_str_eq(options_value(&opts, "seed"), "-1");
}

Test(options, numbers) {
    struct line line;
    struct options opts;
    uint64_t n = 7;
    double x = 0.5;
    cr_assert_eq(parse(&line, "f", &opts), OPTIONS_RUN);
    cr_expect_eq(options_u64(&opts, "seed", 0, 9, &n, NULL), 0);
    cr_expect_eq(n, 7);
    cr_assert_eq(parse(&line, "f --seed 18446744073709551615", &opts), OPTIONS_RUN);
    cr_expect_eq(options_u64(&opts, "seed", 0, UINT64_MAX, &n, NULL), 0);
    cr_expect_eq(n, UINT64_MAX);
    cr_assert_eq(parse(&line, "f --seed 2.5", &opts), OPTIONS_RUN);
    cr_expect_eq(options_real(&opts, "seed", 0, 9, &x, NULL), 0);
    cr_expect_float_eq(x, 2.5, 0);
    static const char *const texts[] = {
        "-1", "10", "0x1", "1e1", "", "+1", "x", "18446744073709551616", "nan"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[64];
        struct error err = {"", 0, 0, ""};
        (void)snprintf(text, sizeof text, "f --seed=%s", texts[i]);
        cr_assert_eq(parse(&line, text, &opts), OPTIONS_RUN);
        n = 7;
        cr_expect_eq(options_u64(&opts, "seed", 0, 9, &n, &err), -1, "%s", texts[i]);
        cr_expect_eq(n, 7);
        cr_expect_not_null(strstr(err.text, "must be a whole number from 0 to 9"));
    }
    struct error err = {"", 0, 0, ""};
    cr_assert_eq(parse(&line, "f --seed nan", &opts), OPTIONS_RUN);
    cr_expect_eq(options_real(&opts, "seed", 0, 9, &x, &err), -1);
    cr_expect_str_eq(err.text, "draw: --seed is 'nan', must be a number from 0 to 9");
}

static void wrong(const char *text) {
    struct line line;
    struct options opts;
    cr_expect_eq(parse(&line, text, &opts), OPTIONS_ERROR, "%s", text);
}

/* cppcheck-suppress unknownMacro */
Test(options, wrong_usage_teaches, .init = cr_redirect_stderr) {
    wrong("");
    wrong("a b");
    wrong("f --otput d");
    wrong("f -x");
    wrong("f -o");
    wrong("f --verbose=1");
    wrong("f -o a -o b");
    (void)fflush(stderr);
    cr_assert_stderr_eq_str(
        "qadam: draw: FILE is missing; 'qadam draw --help' lists what it takes\n"
        "qadam: draw: got 2 operands, takes FILE; 'qadam draw --help' lists what it "
        "takes\n"
        "qadam: draw: unknown option '--otput', did you mean '--output'?\n"
        "qadam: draw: unknown option '-x'; 'qadam draw --help' lists what it takes\n"
        "qadam: draw: --output needs a value: --output DIR\n"
        "qadam: draw: --verbose takes no value, got '--verbose=1'; 'qadam draw --help' "
        "lists what it takes\n"
        "qadam: draw: --output is given 2 times, at most once\n");
}

/* cppcheck-suppress unknownMacro */
Test(options, help, .init = cr_redirect_stdout) {
    struct line line;
    struct options opts;
    cr_expect_eq(parse(&line, "--nonsense --help", &opts), 0);
    cr_assert_stdout_eq_str(
        "usage: qadam draw FILE [OPTION]...\n\nDraws.\n\noptions:\n"
        "  -o, --output DIR          folder to write\n"
        "      --layer NAME          only this layer (may be repeated)\n"
        "      --seed N              random seed\n"
        "  -v, --verbose             say more\n"
        "  -h, --help                print this text\n");
}
