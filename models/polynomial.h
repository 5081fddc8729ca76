/* SPDX-License-Identifier: Apache-2.0
 *
 * Polynomials over the parameters of a design and its activity.
 *
 * A term is a product of at most POLYNOMIAL_DEGREE variables; it is written as
 * "rows*cols*filter_spad_words^2", the constant as "1". Coefficients are in raw units.
 */
#ifndef QADAM_POLYNOMIAL_H
#define QADAM_POLYNOMIAL_H

#include <stddef.h>
#include <stdint.h>

#include "gen/design.h"
#include "gen/error.h"
#include "synth_flows/synth.h"

enum { POLYNOMIAL_DEGREE = 4, POLYNOMIAL_LABEL = 192 };

/* What a model may depend on. */
enum variable {
    VAR_ROWS,
    VAR_COLS,
    VAR_IFMAP_SPAD,
    VAR_FILTER_SPAD,
    VAR_PSUM_SPAD,
    VAR_GLB_KIB,
    VAR_BUS_BITS,
    VAR_DRAM_BYTES,
    VAR_PSUM_BITS,
    VAR_SPAD_FLOP, /* 1 for spad_style flop, 0 for latch */
    VAR_PARAMETERS,
    VAR_GLB_BANKS = VAR_PARAMETERS, /* follow from the parameters */
    VAR_GLB_BANK_ROOT,              /* square root of the words of a bank */
    VAR_IFMAP_ROWS,                 /* bus words in the spad: each has a clock gate */
    VAR_FILTER_ROWS,
    VAR_DERIVED_END,
    VAR_TOGGLES = VAR_DERIVED_END, /* struct synth_activity, in its order */
    VAR_IFMAP_WRITES,
    VAR_FILTER_WRITES,
    VAR_PSUM_WRITES,
    VAR_COLLECTOR_WRITES,
    VAR_GLB_READS,
    VAR_GLB_WRITES,
    VARIABLES
};

/* Sets of variables, as bits 1 << enum variable. */
#define VARIABLE(v)        (1u << (v))
#define VARIABLES_DESIGN   (VARIABLE(VAR_DERIVED_END) - 1)
#define VARIABLES_ACTIVITY (VARIABLE(VARIABLES) - VARIABLE(VAR_TOGGLES))

/* Name as in design files and results, and unit in which coefficients count it. */
const char *variable_name(enum variable v);
const char *variable_unit(enum variable v);

/* The variable of that name (length characters), or VARIABLES. */
enum variable variable_find(const char *name, size_t length);

/* The variables of a design under an activity. */
struct point {
    double v[VARIABLES];
};
void point_set(struct point *at, const struct hw *hw, const struct synth_activity *a);

/* A product of variables; a power is a factor repeated. Factors in rising order. */
struct term {
    uint8_t factors; /* 0 = the constant 1 */
    uint8_t factor[POLYNOMIAL_DEGREE];
};

static inline double term_value(const struct term *t, const struct point *at) {
    double value = 1;
    for (unsigned i = 0; i < t->factors; i++) {
        value *= at->v[t->factor[i]];
    }
    return value;
}

/* Write the term's label into buf. */
void term_label(const struct term *t, char buf[POLYNOMIAL_LABEL]);

/* Write the unit of the term's coefficient into buf: "um2/(PE*weight)". */
void term_unit(const struct term *t, const char *unit, char buf[POLYNOMIAL_LABEL]);

/* Read a label. Returns 0, or -1 with *err set. */
int term_parse(const char *label, struct term *t, struct error *err);

struct polynomial {
    size_t count;
    struct term *terms;  /* owned, [count] */
    double *coefficient; /* owned, [count] */
};

/* Make room for count terms, all 0. Returns 0, or -1 with *err set. */
int polynomial_init(struct polynomial *p, size_t count, struct error *err);
void polynomial_close(struct polynomial *p);

double polynomial_value(const struct polynomial *p, const struct point *at);

#endif
