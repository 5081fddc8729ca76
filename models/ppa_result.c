/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of workloads on estimated designs.
 */
#include "models/ppa_result.h"

#include <stdio.h>
#include <string.h>

void ppa_rates(const struct hw *hw, const struct counters *c,
               struct synth_activity *activity) {
    const uint64_t *v = c->value;
    const double cycles = (double)v[CNT_CYCLES];
    const double pes = hw->design.rows * hw->design.cols;
    activity->ifmap_writes = (double)v[CNT_IFMAP_SPAD_WRITES] / (cycles * pes);
    activity->filter_writes = (double)v[CNT_FILTER_SPAD_WRITES] / (cycles * pes);
    activity->psum_writes = (double)v[CNT_PSUM_SPAD_WRITES] / (cycles * pes);
    activity->glb_reads = (double)v[CNT_GLB_READS] / cycles;
    activity->glb_writes = (double)v[CNT_GLB_WRITES] / cycles;
    /* as in synth_flows/activity.c: at most every GLB write is one word of psums */
    activity->collector_writes = activity->glb_writes / hw->design.cols;
}

void ppa_evaluate(const struct ppa_type *type, const struct hw *hw,
                  const struct ppa_work *work, double clock_mhz, double dram_pj,
                  struct ppa_result *out) {
    const uint64_t *v = work->counters->value;
    const double cycles = (double)v[CNT_CYCLES];
    struct synth_activity activity = synth_activity_default;
    ppa_rates(hw, work->counters, &activity);
    ppa_estimate(type, hw, &activity, clock_mhz, &out->design);
    const struct ppa_estimate *e = &out->design;
    const struct ppa_value clock =
        clock_mhz > 0 ? (struct ppa_value){clock_mhz, clock_mhz, clock_mhz} : e->fmax_mhz;
    struct ppa_value *latency = &out->latency_ms, *energy = &out->energy_uj;
    *latency = (struct ppa_value){1e-3 * cycles / clock.value, 1e-3 * cycles / clock.high,
                                  1e-3 * cycles / clock.low};
    /* pJ * 1e-6 = uJ; mW * ms = uJ */
    energy->value =
        1e-6 * cycles * e->dynamic_pj.value + e->leakage_mw.value * latency->value;
    energy->low = 1e-6 * cycles * e->dynamic_pj.low + e->leakage_mw.low * latency->low;
    energy->high =
        1e-6 * cycles * e->dynamic_pj.high + e->leakage_mw.high * latency->high;
    /* operations / ms = 1e-6 GOPS; um2 = 1e-6 mm2 */
    const double ops = 2 * work->macs;
    out->gops_per_mm2 = (struct ppa_value){ops / latency->value / e->area_um2.value,
                                           ops / latency->high / e->area_um2.high,
                                           ops / latency->low / e->area_um2.low};
    const double bytes =
        (double)(v[CNT_AXI_READS] + v[CNT_AXI_WRITES]) * hw->design.dram_bytes_per_cycle;
    out->dram_uj = 8e-6 * bytes * dram_pj;
}

/* Add NAME and NAME_interval. */
static int add_value(json_t *object, const char *name, const struct ppa_value *v) {
    char interval[64];
    (void)snprintf(interval, sizeof interval, "%s_interval", name);
    return json_object_set_new(object, name, json_real(v->value)) ||
                   json_object_set_new(object, interval,
                                       json_pack("[f, f]", v->low, v->high))
               ? -1
               : 0;
}

static json_t *outside_json(uint32_t outside) {
    json_t *list = json_array();
    for (unsigned v = 0; v < VARIABLES; v++) {
        if (outside & VARIABLE(v)) {
            (void)json_array_append_new(list,
                                        json_string(variable_name((enum variable)v)));
        }
    }
    return list;
}

int ppa_result_json(const struct ppa_result *r, double dram_pj, json_t *object) {
    const struct ppa_estimate *e = &r->design;
    json_t *conditions =
        json_pack("{s:f, s:s, s:f, s:f, s:o}", "clock_mhz", e->clock_mhz, "activity",
                  e->follows_activity ? "workload" : "training designs",
                  "toggles_per_cycle", e->toggles, "dram_pj_per_bit", dram_pj,
                  "outside_range", outside_json(e->outside));
    return add_value(object, "area_um2", &e->area_um2) ||
                   add_value(object, "fmax_mhz", &e->fmax_mhz) ||
                   add_value(object, "power_mw", &e->power_mw) ||
                   add_value(object, "latency_ms", &r->latency_ms) ||
                   add_value(object, "energy_uj", &r->energy_uj) ||
                   add_value(object, "gops_per_mm2", &r->gops_per_mm2) ||
                   json_object_set_new(object, "dram_energy_uj", json_real(r->dram_uj)) ||
                   json_object_set_new(object, "ppa", conditions)
               ? -1
               : 0;
}

void ppa_outside(uint32_t outside, char *buf, size_t size) {
    size_t used = 0;
    buf[0] = '\0';
    for (unsigned v = 0; v < VARIABLES && used < size; v++) {
        if (outside & VARIABLE(v)) {
            used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
                                     variable_name((enum variable)v));
        }
    }
}
