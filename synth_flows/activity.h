/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates of accesses from the result of a simulation or prediction.
 */
#ifndef QADAM_SYNTH_ACTIVITY_H
#define QADAM_SYNTH_ACTIVITY_H

#include "gen/error.h"
#include "synth_flows/synth.h"

/* Read "total" of a result file (cycles and accesses) into rates per cycle for an array
 * of pes PEs in cols columns; toggles stay as they are. Returns 0, or -1 with *err set.
 */
int activity_load(const char *path, unsigned pes, unsigned cols,
                  struct synth_activity *activity, struct error *err);

#endif
