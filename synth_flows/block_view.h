/* SPDX-License-Identifier: Apache-2.0
 *
 * Macro view of a synthesized block (a PE, a row of PEs, ...): what the design around it
 * needs for timing.
 */
#ifndef QADAM_SYNTH_BLOCK_VIEW_H
#define QADAM_SYNTH_BLOCK_VIEW_H

#include "gen/error.h"
#include "synth_flows/metrics.h"
#include "synth_flows/netlist.h"

/* Write the Liberty view of the buffered module to path. timing is what sta_timing.tcl
 * measured with QADAM_INTERFACE: the worst bit of every bus counts for all its bits.
 * Power is not in the view: sta_power.tcl measures the block itself.
 * Returns 0, or -1 with *err set. */
int block_view_write(const struct net_module *module, double area_um2,
                     const struct metrics *timing, const char *path, struct error *err);

#endif
