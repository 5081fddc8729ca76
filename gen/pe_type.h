/* SPDX-License-Identifier: Apache-2.0
 *
 * PE types: the traits of each folder of pe_lib/ and its golden function.
 *
 * Traits come from pe_lib/<type>/traits.json; everything outside pe_lib/ knows
 * a type only through this structure.
 */
#ifndef QADAM_PE_TYPE_H
#define QADAM_PE_TYPE_H

#include <stddef.h>
#include <stdint.h>

#include "gen/error.h"

enum { PE_TYPE_NAME = 32, PE_TYPE_LIST = 64 };

enum pe_kind {
    PE_INTEGER, /* two's complement act, weight and psum on a fixed-point grid */
    PE_FLOAT    /* IEEE 754 binary32 act, weight and psum */
};

struct pe_type {
    char name[PE_TYPE_NAME];
    enum pe_kind kind;
    unsigned act_bits;          /* 2..32 */
    unsigned weight_bits;       /* 2..32 */
    unsigned psum_bits_default; /* psum width when the design does not say */
    unsigned psum_bits_min;     /* smallest legal psum width: one product fits. Integer
                                   types: act_bits + weight_bits unless the traits give
                                   another; float: 32, the only legal width */
    unsigned mul_latency;       /* cycles from operands to product, >= 1 */
    unsigned add_latency;       /* cycles from product and psum to the new psum, >= 1 */
    unsigned psum_add_latency;  /* cycles of the psum accumulator's add: odd, 1..7 */
    unsigned weight_frac_bits;  /* weight grid: value = integer * 2^-weight_frac_bits */
    unsigned weight_zero;       /* the weight word that stands for 0 */
    char rtl[PE_TYPE_NAME]; /* folder of pe_lib/ with the modules that the type has not
                     itself;
                     "" = none */
    char description[256];  /* one line, for people */
};

/* Names of the types below HOME/pe_lib (the folders with a traits.json), sorted, at most
 * PE_TYPE_LIST; names has that many entries. Returns their number. */
size_t pe_type_list(const char *home, char (*names)[PE_TYPE_NAME]);

/* Read the traits of type NAME below HOME/pe_lib. NAME must be a plain identifier.
 * Returns 0, or -1 with *err set (unknown type: lists those there are). */
int pe_type_load(const char *home, const char *name, struct pe_type *type,
                 struct error *err);

#endif
