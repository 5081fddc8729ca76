/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of the PE, once per PE: internal to synth_flows.
 */
#ifndef QADAM_SYNTH_PE_H
#define QADAM_SYNTH_PE_H

#include "gen/emit.h"
#include "synth_flows/flow.h"

/* A synthesized PE. */
struct synth_pe {
    char folder[EMIT_PATH_MAX]; /* in the cache: pe.v, pe.lib, reports */
    char view[EMIT_PATH_MAX];   /* its Liberty view */
    double area_um2, period_ns, cells, sequential, buffers;
    double ifmap_words, filter_words, psum_words; /* of its spads */
    struct synth_power power;                     /* at clock_ns */
    double runtime_s;
    int cached;
};

/* Synthesize the PE of the design that elab.tcl has elaborated, or find it in the cache.
 * Returns 0, or -1 with the flow's error set. */
int synth_pe_make(struct flow *flow, struct synth_pe *pe);

/* Its power at a clock period and activity. Returns 0, or -1 with the error set. */
int synth_pe_power(struct flow *flow, struct synth_pe *pe, double clock_ns,
                   const struct synth_activity *activity);

/* Seconds on a clock that only runs forward. */
double synth_seconds(void);

#endif
