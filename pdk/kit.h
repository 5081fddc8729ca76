/* SPDX-License-Identifier: Apache-2.0
 *
 * The compact cell characterisation of a process kit, as read from its tables.
 *
 * A kit is a folder with cells.csv, pins.csv, delays.csv, energies.csv and
 * constraints.csv; pdk/fit_cells.py says what the coefficients mean. Units: ps, fF, fJ,
 * nW, um2.
 */
#ifndef QADAM_PDK_KIT_H
#define QADAM_PDK_KIT_H

#include <stddef.h>

#include "gen/error.h"

enum { KIT_NAME_MAX = 24, KIT_TERMS = 5 };

enum cell_kind {
    CELL_COMB,
    CELL_DFF,     /* rising clock */
    CELL_DFFR,    /* with active-low clear */
    CELL_DFFS,    /* with active-low preset */
    CELL_LATCH_H, /* transparent while the clock pin is high */
    CELL_LATCH_L, /* transparent while the clock pin is low */
    CELL_ICG,     /* clock gate: latch and AND */
    CELL_TIE      /* constant */
};

struct kit_cell {
    char name[KIT_NAME_MAX];
    enum cell_kind kind;
    double drive; /* 1 = smallest */
    double area_um2, leakage_nw;
    int dont_use; /* mapped only where the flow asks for it by name */
};

struct kit_pin {
    size_t cell; /* index */
    char name[KIT_NAME_MAX];
    int output;
    char role[8]; /* data, clock, clear, preset, enable */
    double cap_rise_ff, cap_fall_ff, max_cap_ff;
    char function[64]; /* Liberty and Verilog syntax; "" for clock gates */
};

/* value = t[0] + t[1] C + t[2] S + t[3] sqrt(S (C + k)) + t[4] C S */
struct kit_surface {
    double k_ff, t[KIT_TERMS];
};

struct kit_delay {
    size_t cell;
    char from[KIT_NAME_MAX], to[KIT_NAME_MAX];
    char kind[16]; /* pos, neg, rising_edge, falling_edge, clear, preset */
    int rise;      /* edge of the output */
    struct kit_surface delay, slew;
};

struct kit_energy {
    size_t cell;
    char pin[KIT_NAME_MAX], related[KIT_NAME_MAX]; /* related "" = hidden energy */
    int rise;
    double p[3];
    double physical_scale;
};

struct kit_constraint {
    size_t cell;
    char pin[KIT_NAME_MAX], related[KIT_NAME_MAX], type[20];
    int rise; /* edge of the constrained pin */
    double c0_ps, c_data, c_related;
};

struct kit {
    struct kit_cell *cells;
    struct kit_pin *pins;
    struct kit_delay *delays;
    struct kit_energy *energies;
    struct kit_constraint *constraints;
    size_t cell_count, pin_count, delay_count, energy_count, constraint_count;
};

/* Read the tables of folder. Returns 0 (end with kit_close), or -1 with *err set. */
int kit_load(struct kit *kit, const char *folder, struct error *err);
void kit_close(struct kit *kit);

/* The pin of a cell by role and direction, or NULL. */
const struct kit_pin *kit_pin_of(const struct kit *kit, size_t cell, const char *role,
                                 int output);

#endif
