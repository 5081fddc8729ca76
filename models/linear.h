/* SPDX-License-Identifier: Apache-2.0
 *
 * Linear least squares with optional ridge, by singular value decomposition.
 */
#ifndef QADAM_LINEAR_H
#define QADAM_LINEAR_H

#include <stddef.h>

#include "gen/error.h"

/* A decomposed design matrix; solves for any number of right sides and ridges. */
struct linear {
    size_t rows, cols;
    size_t rank;   /* singular values that count */
    double *x;     /* owned, [cols][rows]: the matrix, columns scaled to length 1 */
    double *scale; /* owned, [cols]: lengths of the columns */
    double *u;     /* owned, [cols][rows] */
    double *s;     /* owned, [cols], falling */
    double *vt;    /* owned, [cols][cols], column after column: transposed V */
    double *work;  /* owned, [rows + 2 cols] */
};

/* Decompose x.
 *
 *   x      in  [rows][cols] row-major, finite; borrowed for the call
 *   rcond  in  singular values below rcond times the largest count as 0 (the columns are
 *              dependent): the solution is then the shortest in scaled columns
 *
 * Needs rows >= cols >= 1. Returns 0 (end with linear_close), or -1 with *err set: a
 * column of zeros, no convergence, out of memory. */
int linear_init(struct linear *l, const double *x, size_t rows, size_t cols, double rcond,
                struct error *err);
void linear_close(struct linear *l);

/* Minimize |y - x c|^2 + ridge * |c_scaled|^2, where c_scaled are the coefficients of the
 * scaled columns: ridge has no unit.
 *
 *   y      in   [rows]
 *   ridge  in   >= 0; with 0 the solution is refined once with residuals in long double
 *   c      out  [cols], unit of y per unit of the column
 *
 * Uses l->work: one call at a time. */
void linear_solve(struct linear *l, const double *y, double ridge, double *c);

#endif
