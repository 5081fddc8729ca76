/* SPDX-License-Identifier: Apache-2.0
 *
 * A design's PE and MAC alone.
 */
#include <stdio.h>
#include <string.h>

#include "pdk/cell_models.h"
#include "pdk/kit.h"
#include "pdk/liberty.h"
#include "synth_flows/flow.h"
#include "synth_flows/metrics.h"
#include "synth_flows/synth.h"
#include "synth_flows/synth_pe.h"
#include "synth_flows/waves.h"

/* What was measured of a unit, and its netlist into the work folder. */
static int take_unit(struct flow *flow, enum synth_unit kind, const char *name,
                     struct synth_pe *unit, struct synth_unit_result *res) {
    char from[EMIT_PATH_MAX], to[EMIT_PATH_MAX];
    struct metrics m;
    int status;

    if (synth_pe_make(flow, kind, unit) != 0 ||
        emit_path(from, sizeof from, flow->err, "%s/pe.v", unit->folder) != 0 ||
        emit_path(to, sizeof to, flow->err, "%s/%s.v", flow->work, name) != 0 ||
        emit_copy(from, to, flow->err) != 0 ||
        emit_path(from, sizeof from, flow->err, "%s/pe.timing", unit->folder) != 0 ||
        metrics_read(&m, from, flow->err) != 0) {
        return -1;
    }
    res->area_um2 = unit->area_um2;
    memcpy(res->part_um2, unit->part_um2, sizeof res->part_um2);
    res->period_ns = unit->period_ns;
    res->cells = (size_t)unit->cells;
    status =
        metrics_copy(&m, "start", res->path_start, sizeof res->path_start, flow->err) ||
        metrics_copy(&m, "end", res->path_end, sizeof res->path_end, flow->err);
    metrics_close(&m);
    return status ? -1 : 0;
}

/* Models of the cells, and the kit's library as it compares with a full one. */
static int write_models(struct flow *flow) {
    char models[EMIT_PATH_MAX], library[EMIT_PATH_MAX];
    struct kit kit;
    int status;

    if (emit_path(models, sizeof models, flow->err, "%s/cells.v", flow->work) != 0 ||
        emit_path(library, sizeof library, flow->err, "%s/cells_unscaled.lib",
                  flow->work) != 0 ||
        kit_load(&kit, flow->kit, flow->err) != 0) {
        return -1;
    }
    status = cell_models_write(&kit, models, flow->err) != 0
                 ? -1
                 : liberty_write(&kit, library, LIBERTY_UNSCALED, flow->err);
    kit_close(&kit);
    return status;
}

static int take_energy(struct flow *flow, const struct synth_pe *pe, const char *waves,
                       struct synth_pe_result *res) {
    char toggles[EMIT_PATH_MAX];
    struct waves_summary summary;

    flow_progress(flow, "toggles of the waves");
    if (emit_path(toggles, sizeof toggles, flow->err, "%s/pe.toggles", flow->work) != 0 ||
        waves_toggles(waves, "u_gates", toggles, &summary, flow->err) != 0 ||
        synth_pe_energy(flow, pe, toggles, res->part_pj, res->part_leakage_mw) != 0) {
        return -1;
    }
    res->toggles = summary.toggles;
    res->cycles = summary.cycles;
    return 0;
}

int synth_pe_run(const struct synth_options *opt, const char *waves,
                 struct synth_pe_result *res, struct error *err) {
    struct flow flow;
    struct synth_pe pe, mac;
    int status;

    *res = (struct synth_pe_result){0};
    status = flow_open(&flow, opt, err);
    if (status == 0) {
        status = synth_pe_elaborate(&flow) != 0 ||
                 take_unit(&flow, SYNTH_UNIT_PE, "pe", &pe, &res->pe) != 0 ||
                 take_unit(&flow, SYNTH_UNIT_MAC, "mac", &mac, &res->mac) != 0 ||
                 write_models(&flow) != 0 ||
                 (waves && take_energy(&flow, &pe, waves, res) != 0);
    }
    flow_close(&flow);
    return status ? -1 : 0;
}
