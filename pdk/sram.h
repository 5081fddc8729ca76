/* SPDX-License-Identifier: Apache-2.0
 *
 * SRAM macros: a fitted model of size, energy and timing, and the views of a macro.
 *
 * FreePDK45 has no memory compiler; the figures are fitted to CACTI (pdk/fit_sram.py).
 * The macro is single-ported with a write mask per lane; its ports are those of
 * hdl/qadam_sram.sv.
 */
#ifndef QADAM_PDK_SRAM_H
#define QADAM_PDK_SRAM_H

#include <stddef.h>

#include "gen/error.h"

enum { SRAM_QUANTITIES = 6, SRAM_TERMS = 5, SRAM_NAME_MAX = 48 };

struct sram_model {
    double c[SRAM_QUANTITIES][SRAM_TERMS];
};

struct sram_macro {
    char name[SRAM_NAME_MAX]; /* qadam_sram_WORDSxBITSmLANES */
    unsigned words, bits, lanes;
    double area_um2;
    double read_energy_pj, write_energy_pj; /* per access of the whole word */
    double leakage_mw;
    double access_ns; /* clock to read data */
    double cycle_ns;  /* shortest clock period of the macro itself */
    double setup_ns;
};

/* Read folder/sram.csv. Returns 0, or -1 with *err set. */
int sram_model_load(struct sram_model *model, const char *folder, struct error *err);

/* Figures of a macro of words x bits with lanes write-mask bits.
 *
 * Fitted range: 64 B to 512 KiB, words of 16 to 128 bits. Smaller macros have the figures
 * of the smallest; wider words are made of equal slices of at most 128 bits side by side.
 * Returns 0, or -1 with *err set (zero words, lanes do not divide bits, too large). */
int sram_macro_make(const struct sram_model *model, unsigned words, unsigned bits,
                    unsigned lanes, struct sram_macro *macro, struct error *err);

/* Width of the address of a macro of that many words. */
unsigned sram_address_bits(unsigned words);

/* Write a Liberty library with the macros. Same input, same bytes.
 * Returns 0, or -1 with *err set. */
int sram_write_liberty(const struct sram_macro *macros, size_t count, const char *path,
                       struct error *err);

/* Write black-box modules of the macros and the module qadam_sram that picks the macro by
 * its parameters. Returns 0, or -1 with *err set. */
int sram_write_verilog(const struct sram_macro *macros, size_t count, const char *path,
                       struct error *err);

#endif
