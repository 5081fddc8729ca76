/* SPDX-License-Identifier: Apache-2.0
 *
 * Power of one netlist.
 */
#include "synth_flows/synth_power.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth_flows/metrics.h"
#include "synth_flows/synth_cache.h"

enum { SETTINGS_TEXT = 512 };

int synth_power_read(struct flow *flow, const char *path, const char *prefix,
                     struct synth_power *power) {
    const char *const names[] = {"internal_mw", "switching_mw", "leakage_mw"};
    double *const values[] = {&power->internal_mw, &power->switching_mw,
                              &power->leakage_mw};
    struct metrics m;
    int status = 0;

    if (metrics_read(&m, path, flow->err) != 0) {
        return -1;
    }
    for (int i = 0; i < 3 && status == 0; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "%s%s", prefix, names[i]);
        status = metrics_number(&m, name, values[i], flow->err);
    }
    metrics_close(&m);
    return status;
}

/* Where the result for these rates is kept. */
static int kept_path(struct flow *flow, const struct synth_power_job *job,
                     const char *rates, char *path) {
    uint64_t key = emit_fnv(EMIT_FNV_START, rates, strlen(rates));

    if (synth_cache_add(flow, flow->scripts, "sta_power.tcl", &key) != 0) {
        return -1;
    }
    return emit_path(path, EMIT_PATH_MAX, flow->err, "%s/power-%016llx", job->folder,
                     (unsigned long long)key);
}

static int run(struct flow *flow, const struct synth_power_job *job, const char *out) {
    struct settings extra = {.count = 0};
    const struct flow_sta sta = {"sta_power.tcl", job->top, job->netlist,
                                 job->libs,       out,      "power of the netlist",
                                 job->inner};

    flow_set(&extra, "QADAM_PERIOD_NS", "%.9g", SYNTH_POWER_CLOCK_NS);
    flow_set(&extra, "QADAM_ACTIVITY", "%.9g", job->toggles);
    flow_set(&extra, "QADAM_WRITES", "%s", job->writes);
    flow_set(&extra, "QADAM_SRAM", "%.9g %.9g", job->sram_reads, job->sram_writes);
    flow_set(&extra, "QADAM_PART", "%s", job->part ? job->part : "");
    flow_set(&extra, "QADAM_TOGGLES", "%s", "");
    return flow_sta(flow, &sta, &extra);
}

int synth_power_measure(struct flow *flow, const struct synth_power_job *job,
                        struct synth_power *power, struct synth_power *part) {
    char kept[EMIT_PATH_MAX] = "", out[EMIT_PATH_MAX], rates[SETTINGS_TEXT];
    const char *path = out;

    (void)snprintf(rates, sizeof rates, "%.9g %.9g %.9g %s %s", job->toggles,
                   job->sram_reads, job->sram_writes, job->part ? job->part : "",
                   job->writes);
    if (emit_path(out, sizeof out, flow->err, "%s/%s.power", flow->work, job->top) != 0 ||
        (job->folder && kept_path(flow, job, rates, kept) != 0)) {
        return -1;
    }
    if (kept[0] && emit_is_file(kept)) {
        path = kept;
    } else if (run(flow, job, out) != 0 ||
               (kept[0] && emit_copy(out, kept, flow->err) != 0)) {
        return -1;
    }
    return synth_power_read(flow, path, "", power) != 0 ||
                   (part && synth_power_read(flow, path, "part_", part) != 0)
               ? -1
               : 0;
}

void synth_power_add(struct synth_power *to, const struct synth_power *power,
                     double times, double clock_ns) {
    double share = SYNTH_POWER_CLOCK_NS / clock_ns;

    to->internal_mw += times * share * power->internal_mw;
    to->switching_mw += times * share * power->switching_mw;
    to->leakage_mw += times * power->leakage_mw;
}
