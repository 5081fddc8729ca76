/* SPDX-License-Identifier: Apache-2.0
 *
 * Liberty view of a kit: what Yosys (ABC) and OpenSTA read.
 */
#ifndef QADAM_PDK_LIBERTY_H
#define QADAM_PDK_LIBERTY_H

#include "gen/emit.h"
#include "gen/error.h"
#include "pdk/kit.h"

/* Library name in the views that this project writes. */
#define LIBERTY_KIT_NAME "qadam_freepdk45_typ"

/* How cell energies are written; see pdk/freepdk45/README.md, "Energies". */
enum liberty_energy {
    LIBERTY_PHYSICAL, /* power that OpenSTA reports is the physical one */
    LIBERTY_UNSCALED  /* power that OpenSTA reports is that of a full library */
};

/* Write the Liberty library of *kit to path. Same input, same bytes.
 * Returns 0, or -1 with *err set. */
int liberty_write(const struct kit *kit, const char *path, enum liberty_energy energy,
                  struct error *err);

/* The head of any library of ours (units, thresholds, corner; no wire load), up to and
 * including the group's opening brace. The writers of macro views share it. */
void liberty_put_header(struct emit *out, const char *name);

#endif
