/* SPDX-License-Identifier: Apache-2.0
 *
 * Abstract (LEF) views of SRAM macros: outline, pins, blockages.
 *
 * For the layers, sites and routing tracks of the Nangate45 platform of
 * OpenROAD-flow-scripts. The outline has the area of the macro model, at least as high as
 * its pins ask for. Inputs are on the left edge and outputs on the right, on metal3
 * tracks; power straps are on metal4; all up to metal4 is blocked.
 */
#ifndef QADAM_PDK_SRAM_LEF_H
#define QADAM_PDK_SRAM_LEF_H

#include <stddef.h>

#include "gen/error.h"
#include "pdk/sram.h"

/* Outline of a macro in nm: width in sites of 190 nm, height in rows of 1400 nm. */
struct sram_outline {
    unsigned width_nm, height_nm;
};
struct sram_outline sram_lef_outline(const struct sram_macro *macro);

/* Write a LEF library with the macros. Same input, same bytes.
 * Returns 0, or -1 with *err set. */
int sram_lef_write(const struct sram_macro *macros, size_t count, const char *path,
                   struct error *err);

#endif
