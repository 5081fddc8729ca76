/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear least squares on LAPACKE. Of the libraries at hand it is the one whose licence
 * (BSD) goes with ours; GSL's (GPL) does not.
 */
#include "models/linear.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void linear_close(struct linear *l) {
    free(l->x);
    free(l->scale);
    free(l->u);
    free(l->s);
    free(l->vt);
    free(l->work);
    memset(l, 0, sizeof *l);
}

static int allocate(struct linear *l, struct error *err) {
    l->x = calloc(l->rows * l->cols, sizeof *l->x);
    l->scale = calloc(l->cols, sizeof *l->scale);
    l->u = calloc(l->rows * l->cols, sizeof *l->u);
    l->s = calloc(l->cols, sizeof *l->s);
    l->vt = calloc(l->cols * l->cols, sizeof *l->vt);
    l->work = calloc(l->rows + 2 * l->cols, sizeof *l->work);
    if (!l->x || !l->scale || !l->u || !l->s || !l->vt || !l->work) {
        return error_set(err, "out of memory");
    }
    return 0;
}

/* Transpose x into l->x and scale its columns to length 1. */
static int scale_columns(struct linear *l, const double *x, struct error *err) {
    for (size_t j = 0; j < l->cols; j++) {
        double largest = 0, sum = 0;
        double *column = l->x + j * l->rows;
        for (size_t i = 0; i < l->rows; i++) {
            column[i] = x[i * l->cols + j];
            if (!isfinite(column[i])) {
                return error_set(err, "column %zu of the design matrix is not finite",
                                 j + 1);
            }
            largest = fmax(largest, fabs(column[i]));
        }
        if (!(largest > 0)) {
            return error_set(err, "column %zu of the design matrix is all zeros", j + 1);
        }
        for (size_t i = 0; i < l->rows; i++) {
            sum += column[i] / largest * (column[i] / largest);
        }
        l->scale[j] = largest * sqrt(sum);
        for (size_t i = 0; i < l->rows; i++) {
            column[i] /= l->scale[j];
        }
    }
    return 0;
}

static int decompose(struct linear *l, double rcond, struct error *err) {
    const lapack_int m = (lapack_int)l->rows, n = (lapack_int)l->cols;
    memcpy(l->u, l->x, l->rows * l->cols * sizeof *l->u);
    /* u is overwritten by its left singular vectors; work takes what does not converge */
    const lapack_int info = LAPACKE_dgesvd(LAPACK_COL_MAJOR, 'O', 'A', m, n, l->u, m,
                                           l->s, NULL, 1, l->vt, n, l->work);
    if (info != 0) {
        return error_set(err, info > 0 ? "singular values did not converge"
                                       : "a design matrix cannot be decomposed");
    }
    while (l->rank < l->cols && l->s[l->rank] > rcond * l->s[0]) {
        l->rank++;
    }
    return 0;
}

int linear_init(struct linear *l, const double *x, size_t rows, size_t cols, double rcond,
                struct error *err) {
    memset(l, 0, sizeof *l);
    if (cols < 1 || rows < cols) {
        return error_set(err, "%zu rows, at least the number of columns, %zu, needed",
                         rows, cols);
    }
    l->rows = rows;
    l->cols = cols;
    if (allocate(l, err) || scale_columns(l, x, err) || decompose(l, rcond, err)) {
        linear_close(l);
        return -1;
    }
    return 0;
}

/* c = V f(S) U' y in scaled columns. */
static void apply(const struct linear *l, const double *y, double ridge, double *c) {
    memset(c, 0, l->cols * sizeof *c);
    for (size_t k = 0; k < l->rank; k++) {
        const double s = l->s[k];
        double dot = 0;
        for (size_t i = 0; i < l->rows; i++) {
            dot += l->u[k * l->rows + i] * y[i];
        }
        dot *= s / (s * s + ridge);
        for (size_t j = 0; j < l->cols; j++) {
            c[j] += dot * l->vt[j * l->cols + k];
        }
    }
}

void linear_solve(struct linear *l, const double *y, double ridge, double *c) {
    double *residual = l->work, *scaled = l->work + l->rows, *more = scaled + l->cols;
    apply(l, y, ridge, scaled);
    if (!(ridge > 0)) {
        for (size_t i = 0; i < l->rows; i++) {
            long double sum = y[i];
            for (size_t j = 0; j < l->cols; j++) {
                sum -= (long double)l->x[j * l->rows + i] * scaled[j];
            }
            residual[i] = (double)sum;
        }
        apply(l, residual, 0, more);
        for (size_t j = 0; j < l->cols; j++) {
            scaled[j] += more[j];
        }
    }
    for (size_t j = 0; j < l->cols; j++) {
        c[j] = scaled[j] / l->scale[j];
    }
}
