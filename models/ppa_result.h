/* SPDX-License-Identifier: Apache-2.0
 *
 * What a design makes of a workload: latency, energy and throughput per area, from the
 * predicted counts and the models of area, power and clock.
 */
#ifndef QADAM_PPA_RESULT_H
#define QADAM_PPA_RESULT_H

#include <jansson.h>

#include "models/ppa.h"
#include "verif/counters.h"

/* Energy of DRAM per bit: 1.3 nJ for an access of 64 bits, the lower end of what
 * M. Horowitz, "Computing's Energy Problem", ISSCC 2014, gives; others are from 4
 * (stacked) to 70 (DDR3). */
#define PPA_DRAM_PJ_PER_BIT (1300.0 / 64)

/* What was run: all layers and images together. */
struct ppa_work {
    double macs;
    const struct counters *counters;
};

struct ppa_result {
    struct ppa_estimate design;
    struct ppa_value latency_ms;
    struct ppa_value energy_uj;    /* on chip: power times latency */
    struct ppa_value gops_per_mm2; /* 2 operations a MAC */
    double dram_uj;
};

/* Rates of a workload; toggles are not counted anywhere and stay as they are. */
void ppa_rates(const struct hw *hw, const struct counters *c,
               struct synth_activity *activity);

/* Evaluate. clock_mhz as in ppa_estimate; dram_pj is per bit. */
void ppa_evaluate(const struct ppa_type *type, const struct hw *hw,
                  const struct ppa_work *work, double clock_mhz, double dram_pj,
                  struct ppa_result *out);

/* Add the result's fields to an object: area_um2, fmax_mhz, power_mw, latency_ms,
 * energy_uj, gops_per_mm2, each with its _interval, dram_energy_uj, and ppa with the
 * conditions. Returns 0, or -1: out of memory. */
int ppa_result_json(const struct ppa_result *r, double dram_pj, json_t *object);

/* The names of variables outside their range, separated by ", ". */
void ppa_outside(uint32_t outside, char *buf, size_t size);

#endif
