/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of models/polynomial.c and models/select.c.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "models/select.h"

enum { COUNT = 60 };

static struct point points[COUNT];
static const struct point *at[COUNT];
static double y[COUNT], weight[COUNT];

static const struct select_options options = {.seed = 1, .folds = 5, .degree_max = 3};

/* Points with three variables that vary in an irregular way, and one that does not. */
static struct samples make_samples(void) {
    uint32_t state = 12345;
    for (int i = 0; i < COUNT; i++) {
        for (unsigned v = 0; v < 3; v++) {
            state = state * 1664525u + 1013904223u;
            points[i].v[v] = 4 + (double)((state >> 16) % 29);
        }
        points[i].v[VAR_GLB_KIB] = 64;
        at[i] = &points[i];
        weight[i] = 1;
    }
    return (struct samples){COUNT, at, y, weight,
                            VARIABLE(0) | VARIABLE(1) | VARIABLE(2) |
                                VARIABLE(VAR_GLB_KIB)};
}

/* cppcheck-suppress unknownMacro */
Test(select, labels_come_back) {
    static const char *const labels[] = {"1",
                                         "rows",
                                         "rows*cols^2",
                                         "rows^4",
                                         "filter_spad_words*psum_bits",
                                         "cols*glb_bank_root*glb_read_words"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        struct term t;
        char text[POLYNOMIAL_LABEL];
        cr_assert_eq(term_parse(labels[i], &t, NULL), 0, "%s", labels[i]);
        term_label(&t, text);
        cr_expect_str_eq(text, labels[i]);
    }
}

Test(select, units_of_coefficients) {
    struct term t;
    char text[POLYNOMIAL_LABEL];
    cr_assert_eq(term_parse("filter_spad_words*rows*cols", &t, NULL), 0);
    term_label(&t, text);
    cr_expect_str_eq(text, "rows*cols*filter_spad_words");
    term_unit(&t, "um2", text);
    cr_expect_str_eq(text, "um2/(PE*PE*weight)");
    cr_assert_eq(term_parse("1", &t, NULL), 0);
    term_unit(&t, "um2", text);
    cr_expect_str_eq(text, "um2");
}

Test(select, wrong_labels_are_refused) {
    static const char *const labels[] = {
        "",          "row", "rows*", "rows^0", "rows^5", "rows*cols*cols*cols*cols",
        "rows+cols", "2"};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        struct term t;
        struct error err = {"", 0, 0, ""};
        cr_expect_eq(term_parse(labels[i], &t, &err), -1, "'%s'", labels[i]);
        cr_expect(strstr(err.text, "must be"), "%s", err.text);
    }
}

/* Exactly the terms that made y, and no others. */
Test(select, finds_the_terms_of_a_polynomial) {
    struct samples s = make_samples();
    struct shape shape = {0};
    struct polynomial p;
    struct error err = {"", 0, 0, ""};
    for (int i = 0; i < COUNT; i++) {
        const double *v = points[i].v;
        y[i] = 1000 + 3 * v[0] * v[1] * v[2] + 0.5 * v[1] * v[1];
        weight[i] = 1 / y[i];
    }
    cr_assert_eq(select_shape(&s, &options, &shape, &err), 0, "%s", err.text);
    cr_expect_eq(shape.degree, 3u);
    cr_expect_lt(shape.deviation, 1e-9);
    cr_assert_eq(select_fit(&s, &shape, &p, &err), 0, "%s", err.text);
    cr_expect_eq(p.count, 3u);
    for (size_t k = 0; k < p.count; k++) {
        char text[POLYNOMIAL_LABEL];
        term_label(&p.terms[k], text);
        const double want = strcmp(text, "1") == 0                            ? 1000
                            : strcmp(text, "cols^2") == 0                     ? 0.5
                            : strcmp(text, "rows*cols*ifmap_spad_words") == 0 ? 3
                                                                              : NAN;
        cr_expect(fabs(p.coefficient[k] - want) < 1e-6 * want, "%s: %.17g", text,
                  p.coefficient[k]);
    }
    polynomial_close(&p);
}

/* Noise does not buy terms: what is found predicts points it has not seen about as well
 * as the truth does. */
Test(select, noise_is_not_fitted) {
    struct samples s = make_samples();
    struct shape shape = {0};
    struct polynomial p;
    struct error err = {"", 0, 0, ""};
    double fresh = 0;
    uint32_t state = 99;
    for (int i = 0; i < COUNT; i++) {
        const double *v = points[i].v;
        state = state * 1664525u + 1013904223u;
        const double noise = ((double)(state >> 8) / (1 << 24) - 0.5) * 0.04;
        y[i] = (200 + 10 * v[0] * v[1]) * (1 + noise);
        weight[i] = 1 / y[i];
    }
    cr_assert_eq(select_shape(&s, &options, &shape, &err), 0, "%s", err.text);
    cr_assert_eq(select_fit(&s, &shape, &p, &err), 0, "%s", err.text);
    for (int k = 0; k < 100; k++) {
        struct point there = points[0];
        there.v[0] = 4 + k % 10 * 3;
        const int row = k / 10;
        there.v[1] = 5 + 2 * row;
        const double truth = 200 + 10 * there.v[0] * there.v[1];
        fresh += fabs(polynomial_value(&p, &there) / truth - 1) / 100;
    }
    cr_expect_lt(fresh, 0.01, "%zu terms, error %g", p.count, fresh);
    polynomial_close(&p);
}

/* Equal points are in one fold; all folds are used. */
Test(select, equal_points_stay_together) {
    struct samples s = make_samples();
    unsigned fold[COUNT], used = 0;
    for (int i = 0; i < COUNT; i++) {
        points[i] = points[i % 15];
    }
    cr_assert_eq(select_folds(&s, &options, fold, NULL), 0);
    for (int i = 0; i < COUNT; i++) {
        cr_expect_eq(fold[i], fold[i % 15]);
        used |= 1u << fold[i];
    }
    cr_expect_eq(used, 31u);
}

/* A part whose parameters do not vary is a constant; folds need two points. */
Test(select, of_one_point_the_mean) {
    struct samples s = make_samples();
    struct shape shape = {0};
    struct polynomial p;
    struct error err = {"", 0, 0, ""};
    unsigned fold[COUNT];
    for (int i = 0; i < COUNT; i++) {
        points[i] = points[0];
        y[i] = i < COUNT / 2 ? 4 : 6;
    }
    cr_assert_eq(select_shape(&s, &options, &shape, &err), 0, "%s", err.text);
    cr_assert_eq(select_fit(&s, &shape, &p, &err), 0, "%s", err.text);
    cr_assert_eq(p.count, 1u);
    cr_expect_eq(p.terms[0].factors, 0);
    cr_expect_float_eq(p.coefficient[0], 5, 1e-12);
    polynomial_close(&p);
    cr_expect_eq(select_folds(&s, &options, fold, &err), -1);
    cr_expect_str_eq(err.text, "1 different designs, at least 2 needed");
}
