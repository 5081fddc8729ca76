/* SPDX-License-Identifier: Apache-2.0
 *
 * Power of one netlist by sta_power.tcl. Internal to synth_flows.
 */
#ifndef QADAM_SYNTH_POWER_H
#define QADAM_SYNTH_POWER_H

#include "synth_flows/flow.h"

/* Clock period at which power is measured; what switches is then scaled. */
#define SYNTH_POWER_CLOCK_NS 2.0

struct synth_power_job {
    const char *top, *netlist;
    const char *libs;               /* Tcl list of the views of its blocks and macros */
    const char *inner;              /* netlist of modules in it, or NULL */
    const char *folder;             /* where results are kept by activity, or NULL */
    const char *writes;             /* QADAM_WRITES of sta_power.tcl */
    const char *part;               /* pattern of instance names told apart, or NULL */
    double toggles;                 /* of every data pin, per cycle */
    double sram_reads, sram_writes; /* of one SRAM macro, per cycle */
};

/* Measure: *power of all, and *part of the instances that match part (may be NULL).
 * Blocks in the netlist count nothing. At SYNTH_POWER_CLOCK_NS.
 * Returns 0, or -1 with the flow's error set. */
int synth_power_measure(struct flow *flow, const struct synth_power_job *job,
                        struct synth_power *power, struct synth_power *part);

/* Read what sta_power.tcl measured: the metrics with that prefix of the file path.
 * Returns 0, or -1 with the flow's error set. */
int synth_power_read(struct flow *flow, const char *path, const char *prefix,
                     struct synth_power *power);

/* *to += times *power, its dynamic part scaled to another clock period. */
void synth_power_add(struct synth_power *to, const struct synth_power *power,
                     double times, double clock_ns);

#endif
