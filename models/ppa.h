/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of area, power and clock: loading what qadam fit wrote, and estimates.
 *
 * A quantity is the sum or the largest of parts, each a polynomial over the design's
 * parameters; a part may be for one PE. Loaded models are not changed any more, so that
 * threads may share them.
 */
#ifndef QADAM_PPA_H
#define QADAM_PPA_H

#include "models/polynomial.h"

enum { PPA_PARTS = 8, PPA_NAME = 48 };

enum ppa_quantity {
    PPA_AREA,    /* um2 */
    PPA_DYNAMIC, /* pJ per cycle: internal and switching power over the clock */
    PPA_LEAKAGE, /* mW */
    PPA_PERIOD,  /* ns, the shortest */
    PPA_QUANTITIES
};

/* Name in files ("area_um2") and unit. */
const char *ppa_quantity_name(enum ppa_quantity q);
const char *ppa_quantity_unit(enum ppa_quantity q);

struct ppa_part {
    char name[PPA_NAME];
    int per_pe; /* times rows * cols */
    struct polynomial p;
};

struct ppa_model {
    int largest; /* of the parts, instead of their sum */
    size_t count;
    struct ppa_part parts[PPA_PARTS];
    double interval; /* 19 of 20 designs are within (1 -+ interval) * value */
};

double ppa_model_value(const struct ppa_model *m, const struct point *at);
void ppa_model_close(struct ppa_model *m);

/* The models of one PE type. */
struct ppa_type {
    char name[PE_TYPE_NAME];
    double low[VARIABLES], high[VARIABLES]; /* of the training designs */
    struct ppa_model of[PPA_QUANTITIES];
};

struct ppa {
    struct ppa_type *types; /* owned */
    size_t count;
};

/* Read a file of models. Returns 0 (end with ppa_close), or -1 with *err set. */
int ppa_load(struct ppa *ppa, const char *path, struct error *err);
void ppa_close(struct ppa *ppa);

/* The models of a PE type, or NULL. */
const struct ppa_type *ppa_find(const struct ppa *ppa, const char *pe_type);

/* The models of a PE type. Returns NULL with *err set, which lists those there are. */
const struct ppa_type *ppa_need(const struct ppa *ppa, const char *path,
                                const char *pe_type, struct error *err);

/* A value and where 19 of 20 designs are. */
struct ppa_value {
    double value, low, high;
};

struct ppa_estimate {
    struct ppa_value area_um2, fmax_mhz, power_mw, dynamic_pj, leakage_mw;
    double clock_mhz;     /* of power_mw */
    double toggles;       /* per cycle and data pin, at which the energy is */
    uint32_t outside;     /* variables outside the training designs' range, as bits */
    int follows_activity; /* 1: the energy is at the activity given; 0: at that of the
                             training designs */
};

/* Estimate a design.
 *
 *   activity   rates of the workload; those that the training designs do not vary in
 *              stay as they were there
 *   clock_mhz  at which power is stated; 0 = fmax */
void ppa_estimate(const struct ppa_type *type, const struct hw *hw,
                  const struct synth_activity *activity, double clock_mhz,
                  struct ppa_estimate *out);

#endif
