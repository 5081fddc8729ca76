/* SPDX-License-Identifier: Apache-2.0
 *
 * Functional Verilog models of a kit's cells, for gate-level simulation.
 */
#ifndef QADAM_PDK_CELL_MODELS_H
#define QADAM_PDK_CELL_MODELS_H

#include "gen/error.h"
#include "pdk/kit.h"

/* Write one zero-delay module per cell to path. Same input, same bytes.
 * Returns 0, or -1 with *err set. */
int cell_models_write(const struct kit *kit, const char *path, struct error *err);

#endif
