/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing a design as a folder that a hardware designer can take away.
 */
#ifndef QADAM_GENERATE_H
#define QADAM_GENERATE_H

#include "gen/design.h"
#include "gen/error.h"

/* Write the design hw into the folder dir: rtl/, filelist.f, SRAM views,
 * constraints.sdc, manifest.json, README.md. The same design gives the same bytes.
 *
 *   home  folder that holds hdl/ and pe_lib/
 *   dir   made when missing; replaced when it holds a manifest.json of ours; refused
 *         otherwise (a file, or a folder with something else in it)
 *
 * All is written under a temporary name beside dir and renamed at the end: on failure
 * dir is as it was. Returns 0, or -1 with *err set. */
int generate_design(const char *home, const struct hw *hw, const char *dir,
                    struct error *err);

#endif
