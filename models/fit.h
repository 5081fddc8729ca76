/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting models of area, energy, leakage and period to results of synthesis.
 *
 * For each PE type some designs are held out by lot. On the rest, for each quantity, the
 * shapes of polynomials are chosen by cross validation, and so is the structure: one
 * polynomial, or parts that follow the hardware. The held-out designs only show the error
 * of what was chosen.
 */
#ifndef QADAM_FIT_H
#define QADAM_FIT_H

#include "models/fit_data.h"
#include "models/select.h"

enum { FIT_STRUCTURES = 3 };

struct fit_options {
    struct select_options select;
    int degree_given; /* degree_max was asked for: refuse too few results */
    double held_out;  /* share of the designs, 0..0.9; not of types of which a campaign
                         has set some aside */
};

/* A quantity in one structure. */
struct fit_candidate {
    const char *structure; /* "polynomial", "parts", "blocks" */
    struct ppa_model model;
    struct shape shapes[PPA_PARTS];
    double *cross;    /* owned, [designs]: predicted while left out; held out: NAN */
    double *estimate; /* owned, [designs]: by the model */
    double mape;      /* in cross validation, 0..1 */
};

/* The models of a PE type. */
struct fit_type {
    const char *name;                 /* borrowed from the data */
    const struct fit_record *records; /* borrowed, [count] */
    size_t count, training;
    uint32_t varying; /* parameters and rates that vary in training */
    double low[VARIABLES], high[VARIABLES]; /* in training */
    struct fit_candidate of[PPA_QUANTITIES][FIT_STRUCTURES];
    size_t candidates[PPA_QUANTITIES], chosen[PPA_QUANTITIES];
};

struct fit {
    struct fit_type *types; /* owned */
    size_t count;
};

/* Value of a quantity in a result. */
double fit_actual(const struct fit_record *r, enum ppa_quantity q);

/* Draw the designs to hold out (record.held_out) and fit all types.
 *
 *   progress  called with "int16: area_um2" and so on, or NULL
 *
 * Returns 0, or -1 with *err set: no results, too few for the degree, all designs equal,
 * a figure that never varies; end with fit_close either way. */
int fit_models(struct fit *fit, struct fit_data *data, const struct fit_options *opt,
               void (*progress)(const char *type, const char *quantity),
               struct error *err);
void fit_close(struct fit *fit);

/* How well estimates meet actual values. */
struct fit_errors {
    size_t count;
    double r2, mape, worst; /* mape, worst relative, 0..1; r2 1 when nothing varies */
};
void fit_compare(const double *actual, const double *estimate, size_t count,
                 struct fit_errors *e);

#endif
