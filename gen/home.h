/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the project's data files (hdl, pe_lib, models, pdk, synth_flows, verif) are.
 */
#ifndef QADAM_HOME_H
#define QADAM_HOME_H

#include <stddef.h>

#include "gen/error.h"

/* Find the folder that holds hdl/, pe_lib/ and models/: $QADAM_HOME if set, else found
 * from the program's own path (build/qadam: the project root; PREFIX/bin/qadam:
 * PREFIX/share/qadam), else, in an installed library, where its data were installed.
 * Returns 0, or -1 with *err set. */
int home_find(char *buf, size_t size, struct error *err);

/* Where build products of verbs are cached: $QADAM_CACHE if set, else ./build/cache.
 * Created on demand. Returns 0, or -1 with *err set. */
int home_cache(char *buf, size_t size, struct error *err);

#endif
