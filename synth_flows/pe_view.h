/* SPDX-License-Identifier: Apache-2.0
 *
 * Liberty view of the PE as a macro: area, leakage, pin loads and port timing.
 */
#ifndef QADAM_SYNTH_PE_VIEW_H
#define QADAM_SYNTH_PE_VIEW_H

#include "gen/error.h"
#include "synth_flows/metrics.h"
#include "synth_flows/netlist.h"

/* Write the view of the buffered module pe to path. timing is what sta_timing.tcl
 * measured with QADAM_INTERFACE. Power is not in the view: sta_power.tcl measures the PE
 * itself. Returns 0, or -1 with *err set. */
int pe_view_write(const struct net_module *pe, double area_um2,
                  const struct metrics *timing, const char *path, struct error *err);

#endif
