/* SPDX-License-Identifier: Apache-2.0
 *
 * Toggles of nets from a waveform file.
 */
#ifndef QADAM_SYNTH_WAVES_H
#define QADAM_SYNTH_WAVES_H

#include "gen/error.h"

struct waves_summary {
    unsigned cycles; /* rising edges of clk_i */
    double toggles;  /* of a net per cycle, on average over all but clk_i */
};

/* Count what the nets of a scope do in a VCD file (IEEE 1364, four-state, one-bit and
 * vector variables) and write a line "NET TOGGLES DUTY" for each, both per cycle of
 * clk_i. A bit of a vector is NET[i].
 *
 *   vcd    in   file; values before the first time do not count as toggles
 *   scope  in   name of the scope, anywhere in the hierarchy; scopes in it do not count
 *   path   in   file to write
 *
 * Returns 0, or -1 with *err set (no such scope, no clk_i in it). */
int waves_toggles(const char *vcd, const char *scope, const char *path,
                  struct waves_summary *summary, struct error *err);

#endif
