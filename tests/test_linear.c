/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of models/linear.c: the linear problems of the NIST Statistical Reference
 * Datasets (tests/nist; tests/nist/certify.py proves their certified values), rank
 * deficiency and ridge.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "models/linear.h"

enum { ROWS = 96, COLS = 12 };

/* A problem, and the relative error that is allowed in each coefficient: how far double
 * precision carries with the problem's condition. */
struct problem {
    char name[16];
    double tolerance;
    size_t rows, cols;
    double x[ROWS * COLS], y[ROWS], certified[COLS];
};

/* Numbers of a line, separated by blanks or commas. */
static size_t numbers(const char *text, double *values) {
    size_t count = 0;
    while (*text != '\0' && *text != '\n') {
        char *end;
        values[count] = strtod(text, &end);
        if (end == text) {
            end++;
        } else {
            count++;
        }
        text = end;
    }
    return count;
}

/* The row of the design matrix for a line of data: powers of x, or 1 and all columns. */
static void make_row(struct problem *p, const double *data, size_t count,
                     const double *powers, size_t terms) {
    double *row = p->x + p->rows * p->cols;
    p->y[p->rows++] = data[0];
    if (terms) {
        for (size_t j = 0; j < terms; j++) {
            row[j] = pow(data[1], powers[j]);
        }
        return;
    }
    row[0] = 1;
    memcpy(row + 1, data + 1, (count - 1) * sizeof *row);
}

static void read_problem(struct problem *p) {
    static const char powers_key[] = "# model: powers";
    char home[EMIT_PATH_MAX], path[EMIT_PATH_MAX], *text;
    struct error err = {"", 0, 0, ""};
    double powers[COLS] = {0}, data[COLS] = {0};
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    (void)emit_path(path, sizeof path, NULL, "%s/tests/nist/%s.csv", home, p->name);
    cr_assert_eq(emit_read(path, &text, NULL, &err), 0, "%s", err.text);
    const size_t terms = strncmp(text, powers_key, sizeof powers_key - 1) == 0
                             ? numbers(text + sizeof powers_key - 1, powers)
                             : 0;
    const char *line = strchr(text, '\n') + 1;
    p->cols = numbers(line + strlen("# certified:"), p->certified);
    line = strchr(line, '\n') + 1; /* names */
    for (line = strchr(line, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        make_row(p, data, numbers(line, data), powers, terms);
    }
    free(text);
}

ParameterizedTestParameters(linear, nist) {
    static struct problem problems[] = {
        {.name = "norris", .tolerance = 1e-12},  {.name = "pontius", .tolerance = 1e-11},
        {.name = "noint1", .tolerance = 1e-14},  {.name = "noint2", .tolerance = 1e-14},
        {.name = "filip", .tolerance = 1e-7},    {.name = "longley", .tolerance = 1e-10},
        {.name = "wampler1", .tolerance = 1e-9}, {.name = "wampler2", .tolerance = 1e-12},
        {.name = "wampler3", .tolerance = 1e-9}, {.name = "wampler4", .tolerance = 1e-7},
        {.name = "wampler5", .tolerance = 1e-5},
    };
    return cr_make_param_array(struct problem, problems,
                               sizeof problems / sizeof problems[0]);
}

ParameterizedTest(struct problem *p, linear, nist) {
    struct linear l;
    struct error err = {"", 0, 0, ""};
    double c[COLS], worst = 0;
    read_problem(p);
    cr_assert_eq(linear_init(&l, p->x, p->rows, p->cols, 1e-15, &err), 0, "%s", err.text);
    cr_expect_eq(l.rank, p->cols, "%s: rank %zu", p->name, l.rank);
    linear_solve(&l, p->y, 0, c);
    for (size_t j = 0; j < p->cols; j++) {
        worst = fmax(worst, fabs(c[j] / p->certified[j] - 1));
    }
    printf("%s: worst relative error %.1e of %zu coefficients\n", p->name, worst,
           p->cols);
    cr_expect_leq(worst, p->tolerance, "%s: error %.2e, at most %.0e", p->name, worst,
                  p->tolerance);
    linear_close(&l);
}

/* Two equal columns: half of the coefficient each, and the fit is the same. */
Test(linear, dependent_columns_share) {
    const double x[] = {1, 1, 2, 2, 3, 3, 4, 4}, y[] = {2, 4, 6, 8};
    struct linear l;
    double c[2];
    cr_assert_eq(linear_init(&l, x, 4, 2, 1e-12, NULL), 0);
    cr_expect_eq(l.rank, 1u);
    linear_solve(&l, y, 0, c);
    cr_expect_float_eq(c[0], 1, 1e-14);
    cr_expect_float_eq(c[1], 1, 1e-14);
    linear_close(&l);
}

/* One column of length 2: c = x'y / (x'x + ridge x'x), by hand. */
Test(linear, ridge_shrinks) {
    const double x[] = {1, 1, 1, 1}, y[] = {3, 5, 4, 4};
    struct linear l;
    double c[1];
    cr_assert_eq(linear_init(&l, x, 4, 1, 1e-12, NULL), 0);
    linear_solve(&l, y, 0, c);
    cr_expect_float_eq(c[0], 4, 1e-14);
    linear_solve(&l, y, 0.25, c);
    cr_expect_float_eq(c[0], 3.2, 1e-14);
    linear_close(&l);
}

Test(linear, refuses_what_cannot_be_solved) {
    const double zeros[] = {1, 0, 2, 0, 3, 0}, nan[] = {1, 2, 3, NAN, 5, 6};
    struct linear l;
    struct error err = {"", 0, 0, ""};
    cr_expect_eq(linear_init(&l, zeros, 3, 2, 1e-12, &err), -1);
    cr_expect_str_eq(err.text, "column 2 of the design matrix is all zeros");
    err.text[0] = '\0';
    cr_expect_eq(linear_init(&l, nan, 3, 2, 1e-12, &err), -1);
    cr_expect_str_eq(err.text, "column 2 of the design matrix is not finite");
    err.text[0] = '\0';
    cr_expect_eq(linear_init(&l, zeros, 1, 2, 1e-12, &err), -1);
    cr_expect_str_eq(err.text, "1 rows, at least the number of columns, 2, needed");
}
