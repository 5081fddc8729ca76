/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates of accesses from the result of a simulation or prediction.
 */
#ifndef QADAM_SYNTH_ACTIVITY_H
#define QADAM_SYNTH_ACTIVITY_H

#include "gen/design.h"
#include "gen/error.h"
#include "synth_flows/synth.h"

/* Read "total" of a result file (cycles and accesses) of this design into rates per
 * cycle; toggles stay as they are. Returns 0, or -1 with *err set: no such file, another
 * design's result, a rate that no hardware has.
 */
int activity_load(const char *path, const struct hw *hw, struct synth_activity *activity,
                  struct error *err);

#endif
