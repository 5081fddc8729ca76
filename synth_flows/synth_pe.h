/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of the PE, and of its MAC alone, once each: internal to synth_flows.
 */
#ifndef QADAM_SYNTH_PE_H
#define QADAM_SYNTH_PE_H

#include "gen/emit.h"
#include "synth_flows/flow.h"

enum synth_unit {
    SYNTH_UNIT_PE, /* qadam_pe */
    SYNTH_UNIT_MAC /* qadam_mac_unit: the MAC between registers */
};

/* A synthesized PE or MAC. */
struct synth_pe {
    enum synth_unit unit;
    char folder[EMIT_PATH_MAX]; /* in the cache: pe.v, pe.lib, reports */
    char view[EMIT_PATH_MAX];   /* of a PE: its Liberty view */
    double part_um2[SYNTH_PARTS];
    double area_um2, period_ns, cells, sequential, buffers;
    double ifmap_words, filter_words, psum_words; /* of its spads */
    struct synth_power power;                     /* at SYNTH_POWER_CLOCK_NS */
    double runtime_s;
    int cached;
};

/* Elaborate the design, which tells the parameters of its PE.
 * Returns 0, or -1 with the flow's error set. */
int synth_pe_elaborate(struct flow *flow);

/* Synthesize the PE of the elaborated design or its MAC, or find it in the cache.
 * Returns 0, or -1 with the flow's error set. */
int synth_pe_make(struct flow *flow, enum synth_unit unit, struct synth_pe *pe);

/* QADAM_WRITES of sta_power.tcl for its spads into buf. Returns the length. */
int synth_pe_writes(const struct synth_pe *pe, const struct synth_activity *activity,
                    char *buf, size_t size);

/* Its power at an activity. Returns 0, or -1 with the error set. */
int synth_pe_power(struct flow *flow, struct synth_pe *pe,
                   const struct synth_activity *activity);

/* Its power with the toggles of simulations of its netlist: the average over the opt's
 * pe_waves, into pe->power. *toggles gets those of a data net per cycle, on average.
 * Returns 0, or -1 with the error set. */
int synth_pe_waves(struct flow *flow, struct synth_pe *pe, double *toggles);

/* Its energy per cycle by the toggles of its nets: a file of lines "NET TOGGLES DUTY",
 * both per cycle. pj and leakage_mw get SYNTH_PARTS figures. Returns 0, or -1 with the
 * error set. */
int synth_pe_energy(struct flow *flow, const struct synth_pe *pe, const char *toggles,
                    double *pj, double *leakage_mw);

/* Seconds on a clock that only runs forward. */
double synth_seconds(void);

#endif
