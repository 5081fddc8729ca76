/* SPDX-License-Identifier: Apache-2.0
 *
 * The units of a design but the PE (synth_flows/units.tcl): synthesized once each and
 * kept. Internal to synth_flows.
 */
#ifndef QADAM_SYNTH_UNIT_H
#define QADAM_SYNTH_UNIT_H

#include "synth_flows/flow.h"
#include "synth_flows/synth_pe.h"

enum { SYNTH_UNIT_NAME = 64 };

/* As in units.tcl. */
enum synth_unit_kind { SYNTH_BLOCK, SYNTH_MODULE, SYNTH_LOGIC, SYNTH_TOP };

/* A unit. The figures are those of a block. Counts include what is inside the PEs. */
struct synth_unit_entry {
    char name[SYNTH_UNIT_NAME];
    enum synth_unit_kind kind;
    char folder[EMIT_PATH_MAX]; /* in the cache; of the top module the work folder */
    char view[EMIT_PATH_MAX];
    double area_um2, period_ns, cells, sequential, buffers, macros, pes;
    struct synth_power power; /* of one, without its PEs; at SYNTH_POWER_CLOCK_NS */
    double count;             /* in the design */
    int cached;
};

struct synth_units {
    struct synth_unit_entry *list; /* owned; children first, the top module last */
    size_t count;
};

/* Synthesize the units of the elaborated design, or find them in the cache.
 * Returns 0, or -1 with the flow's error set; synth_units_close in both cases. */
int synth_units_make(struct flow *flow, const struct synth_pe *pe,
                     struct synth_units *units);
void synth_units_close(struct synth_units *units);

/* Power of a block at an activity. Returns 0, or -1 with the flow's error set. */
int synth_unit_power(struct flow *flow, const struct synth_pe *pe,
                     struct synth_unit_entry *unit,
                     const struct synth_activity *activity);

#endif
