/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting a polynomial whose degree, terms and ridge are chosen by cross validation.
 *
 * Two ways of keeping a polynomial small are tried: the best terms of the full set, taken
 * one by one (orthogonal least squares, Chen, Cowan and Grant 1991), and all terms with
 * a ridge.
 */
#ifndef QADAM_SELECT_H
#define QADAM_SELECT_H

#include "gen/error.h"
#include "models/polynomial.h"

/* What is fitted. Residuals are multiplied by weight: 1 / y makes them relative. */
struct samples {
    size_t count;
    const struct point **at; /* [count] */
    double *y, *weight;      /* [count] */
    uint32_t variables;      /* bits: those that terms may have */
};

/* Shape of a polynomial. */
struct shape {
    unsigned degree;  /* of a term, 1..POLYNOMIAL_DEGREE */
    unsigned mixed;   /* different variables in a term, at most */
    size_t terms;     /* how many of the terms are kept; 0 = all */
    double ridge;     /* with all terms; see linear_solve */
    double deviation; /* out: mean weighted deviation in cross validation */
};

struct select_options {
    uint64_t seed;
    unsigned folds;      /* 2..; no more than groups of samples */
    unsigned degree_max; /* 1..POLYNOMIAL_DEGREE */
};

/* The fold of each sample, 0..folds-1: samples with equal variables stay together, the
 * groups are shuffled by the seed and dealt out. Returns 0, or -1 with *err set. */
int select_folds(const struct samples *s, const struct select_options *opt,
                 unsigned *fold, struct error *err);

/* Choose the shape that cross validation finds best; of shapes within 2 % of it the one
 * with the fewest terms. Of samples that are all at one point it is a constant.
 * Returns 0, or -1 with *err set: too few samples for a polynomial of degree 1. */
int select_shape(const struct samples *s, const struct select_options *opt,
                 struct shape *best, struct error *err);

/* Fit a polynomial of a shape. Variables that are constant in the samples are left out.
 * Of fewer samples than terms only half as many terms as samples are kept, of no samples
 * none. Returns 0 (end with polynomial_close), or -1 with *err set. */
int select_fit(const struct samples *s, const struct shape *shape, struct polynomial *p,
               struct error *err);

#endif
