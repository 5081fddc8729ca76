/* SPDX-License-Identifier: Apache-2.0
 *
 * What the flow must know of Liberty cells: areas, pins, input capacitances.
 */
#ifndef QADAM_SYNTH_LIBCELLS_H
#define QADAM_SYNTH_LIBCELLS_H

#include <stddef.h>

#include "gen/error.h"

enum { LIBCELLS_NAME_MAX = 64 };

struct lib_pin {
    char name[LIBCELLS_NAME_MAX]; /* of a pin, or of a bus (then of each of its bits) */
    int input, clock;
    double cap_ff; /* of the library's unit: fF is required */
};

struct lib_cell {
    char name[LIBCELLS_NAME_MAX];
    double area_um2;
    int sequential; /* flop, latch or clock gate */
    int macro;      /* marked is_macro_cell */
    size_t first_pin, pin_count;
};

struct libcells {
    char name[LIBCELLS_NAME_MAX]; /* of the first library read */
    struct lib_cell *cells;
    struct lib_pin *pins;
    size_t cell_count, cell_room, pin_count, pin_room;
};

/* Add the cells of a Liberty file to *lib (zeroed before the first).
 * Returns 0, or -1 with *err set (syntax, unit of capacitance, gzip-compressed file).
 * End with libcells_close in both cases. */
int libcells_read(struct libcells *lib, const char *path, struct error *err);
void libcells_close(struct libcells *lib);

/* The cell or pin of that name, or NULL. */
const struct lib_cell *libcells_find(const struct libcells *lib, const char *name);
const struct lib_pin *libcells_pin(const struct libcells *lib,
                                   const struct lib_cell *cell, const char *name);

#endif
