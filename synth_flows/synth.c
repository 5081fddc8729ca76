/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of a whole design.
 */
#include "synth_flows/synth.h"

#include <stdio.h>
#include <string.h>

#include "synth_flows/flow.h"
#include "synth_flows/metrics.h"
#include "synth_flows/netlist.h"
#include "synth_flows/synth_pe.h"

static const double DEFAULT_CLOCK_NS = 2;

const struct synth_activity synth_activity_default = {.toggles = 0.1,
                                                      .ifmap_writes = 0.1,
                                                      .filter_writes = 0.05,
                                                      .psum_writes = 1,
                                                      .collector_writes = 0.1,
                                                      .glb_reads = 1.5,
                                                      .glb_writes = 0.5};

/* What the stages hand on. */
struct synth {
    struct flow flow;
    struct synth_pe pe;
    struct libcells libs; /* cells, SRAM macros, PE */
    struct netlist nl;
    struct net_module *top;
    char views[2 * EMIT_PATH_MAX + 8]; /* Tcl list of the macros' Liberty files */
    char verilog[EMIT_PATH_MAX];
    struct synth_result *res;
};

static int map_top(struct synth *s) {
    struct flow *flow = &s->flow;
    char json[EMIT_PATH_MAX];

    const struct flow_job job = {"top.tcl", "qadam_top", flow->work, NULL,
                                 "synthesis of the design"};

    if (flow_yosys(flow, &job) != 0 ||
        emit_path(json, sizeof json, flow->err, "%s/top.json", flow->work) != 0 ||
        emit_path(s->verilog, sizeof s->verilog, flow->err, "%s/top.v", flow->work) !=
            0 ||
        libcells_read(&s->libs, flow->liberty, flow->err) != 0 ||
        libcells_read(&s->libs, flow->sram, flow->err) != 0 ||
        libcells_read(&s->libs, s->pe.view, flow->err) != 0 ||
        netlist_read(&s->nl, json, &s->libs, flow->err) != 0) {
        return -1;
    }
    s->top = netlist_find(&s->nl, "qadam_top");
    if (!s->top) {
        return error_set(flow->err, "the synthesized design has no module qadam_top");
    }
    (void)snprintf(s->views, sizeof s->views, "{%s} {%s}", flow->sram, s->pe.view);
    return netlist_buffer(&s->nl, s->top, flow->err) != 0 ||
                   netlist_write(&s->nl, s->top, s->verilog, flow->err) != 0 ||
                   emit_remove(json, flow->err) != 0
               ? -1
               : 0;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the hierarchy */
static int count_pes(const struct netlist *nl, const struct net_module *m) {
    int count = 0;

    for (size_t i = 0; i < m->cell_count; i++) {
        const struct net_cell *c = &m->cells[i];

        count += c->lib ? strcmp(c->lib->name, "qadam_pe") == 0
                        : count_pes(nl, &nl->modules[c->module]);
    }
    return count;
}

static void measure_area(struct synth *s) {
    struct synth_result *r = s->res;
    const struct net_module *array = netlist_find(&s->nl, "qadam_array");
    const struct net_module *glb = netlist_find(&s->nl, "qadam_glb");
    struct netlist_sum all = netlist_sum(&s->nl, s->top);

    r->pe_count = (size_t)count_pes(&s->nl, s->top);
    r->area_um2 = all.area_um2;
    r->pe_um2 = s->pe.area_um2;
    r->pe_array_um2 = array ? netlist_sum(&s->nl, array).area_um2 : 0;
    r->glb_um2 = glb ? netlist_sum(&s->nl, glb).area_um2 : 0;
    r->other_um2 = r->area_um2 - r->pe_array_um2 - r->glb_um2;
    r->pe_cells = (size_t)s->pe.cells;
    r->macros = all.macros - r->pe_count;
    r->cells = all.cells + r->pe_count * r->pe_cells;
    r->sequential = all.sequential + r->pe_count * (size_t)s->pe.sequential;
    r->buffers = all.buffers + r->pe_count * (size_t)s->pe.buffers;
    r->pe_period_ns = s->pe.period_ns;
}

static int measure_timing(struct synth *s) {
    struct flow *flow = &s->flow;
    struct synth_result *r = s->res;
    char out[EMIT_PATH_MAX];
    struct flow_sta job = {
        "sta_timing.tcl", "qadam_top", s->verilog,
        s->views,         out,         "timing analysis of the design"};
    struct settings extra = {.count = 0};
    struct metrics m;
    int status;

    flow_set(&extra, "QADAM_INTERFACE", "0");
    if (emit_path(out, sizeof out, flow->err, "%s/top.timing", flow->work) != 0 ||
        flow_sta(flow, &job, &extra) != 0 || metrics_read(&m, out, flow->err) != 0) {
        return -1;
    }
    status = metrics_number(&m, "period_ns", &r->period_ns, flow->err) ||
             metrics_number(&m, "depth", &r->path_depth, flow->err) ||
             metrics_copy(&m, "start", r->path_start, sizeof r->path_start, flow->err) ||
             metrics_copy(&m, "end", r->path_end, sizeof r->path_end, flow->err);
    metrics_close(&m);
    if (status == 0 && s->pe.period_ns > r->period_ns) { /* a path inside the PE */
        r->period_ns = s->pe.period_ns;
        if (emit_path(out, sizeof out, flow->err, "%s/pe.timing", s->pe.folder) != 0 ||
            metrics_read(&m, out, flow->err) != 0) {
            return -1;
        }
        status =
            metrics_number(&m, "depth", &r->path_depth, flow->err) ||
            metrics_copy(&m, "start", r->path_start, sizeof r->path_start, flow->err) ||
            metrics_copy(&m, "end", r->path_end, sizeof r->path_end, flow->err);
        metrics_close(&m);
    }
    return status ? -1 : 0;
}

/* Power of everything but the PEs, from the run on the top netlist. */
static int measure_rest(struct synth *s, struct synth_power *rest) {
    struct flow *flow = &s->flow;
    const struct synth_activity *a = &s->res->activity;
    double macros = s->res->macros > 0 ? (double)s->res->macros : 1;
    char out[EMIT_PATH_MAX];
    struct flow_sta job = {"sta_power.tcl", "qadam_top", s->verilog,
                           s->views,        out,         "power of the design"};
    struct settings extra = {.count = 0};
    struct metrics m;
    int status;

    flow_set(&extra, "QADAM_PERIOD_NS", "%.9g", s->res->clock_ns);
    flow_set(&extra, "QADAM_ACTIVITY", "%.9g", a->toggles);
    flow_set(&extra, "QADAM_WRITES", "*u_collector* %.9g %g", a->collector_writes,
             2 * s->pe.psum_words);
    flow_set(&extra, "QADAM_SRAM", "%.9g %.9g", a->glb_reads / macros,
             a->glb_writes / macros);
    flow_set(&extra, "QADAM_TOGGLES", "%s", "");
    if (emit_path(out, sizeof out, flow->err, "%s/top.power", flow->work) != 0 ||
        flow_sta(flow, &job, &extra) != 0 || metrics_read(&m, out, flow->err) != 0) {
        return -1;
    }
    status = metrics_number(&m, "internal_mw", &rest->internal_mw, flow->err) ||
             metrics_number(&m, "switching_mw", &rest->switching_mw, flow->err) ||
             metrics_number(&m, "leakage_mw", &rest->leakage_mw, flow->err);
    metrics_close(&m);
    return status ? -1 : 0;
}

static int measure_power(struct synth *s) {
    struct synth_result *r = s->res;
    const struct synth_options *opt = s->flow.opt;
    double pes = (double)r->pe_count;
    struct synth_power rest;

    r->clock_ns = opt->clock_ns;
    if (r->clock_ns <= 0) {
        r->clock_ns = r->period_ns > DEFAULT_CLOCK_NS ? r->period_ns : DEFAULT_CLOCK_NS;
    }
    r->activity = opt->activity;
    if (synth_pe_power(&s->flow, &s->pe, r->clock_ns, &r->activity) != 0 ||
        measure_rest(s, &rest) != 0) {
        return -1;
    }
    r->pe_power = s->pe.power;
    r->power.internal_mw = rest.internal_mw + pes * r->pe_power.internal_mw;
    r->power.switching_mw = rest.switching_mw + pes * r->pe_power.switching_mw;
    r->power.leakage_mw = rest.leakage_mw + pes * r->pe_power.leakage_mw;
    return 0;
}

static int run(struct synth *s) {
    struct flow *flow = &s->flow;
    struct synth_result *r = s->res;

    if (flow_version(flow, "yosys", "-V", r->yosys, sizeof r->yosys) != 0 ||
        flow_version(flow, "sta", "-version", r->sta, sizeof r->sta) != 0 ||
        synth_pe_elaborate(flow) != 0 ||
        synth_pe_make(flow, SYNTH_UNIT_PE, &s->pe) != 0 || map_top(s) != 0) {
        return -1;
    }
    (void)snprintf(r->liberty_name, sizeof r->liberty_name, "%s", flow->cells.name);
    (void)snprintf(r->liberty_hash, sizeof r->liberty_hash, "%016llx",
                   (unsigned long long)flow->liberty_hash);
    r->pe_cached = s->pe.cached;
    r->pe_runtime_s = s->pe.runtime_s;
    measure_area(s);
    return measure_timing(s) != 0 || measure_power(s) != 0 ? -1 : 0;
}

int synth_run(const struct synth_options *opt, struct synth_result *res,
              struct error *err) {
    struct synth s = {.res = res};
    double start = synth_seconds();
    int status;

    *res = (struct synth_result){0};
    status = flow_open(&s.flow, opt, err);
    if (status == 0) {
        status = run(&s);
    }
    res->runtime_s = synth_seconds() - start;
    netlist_close(&s.nl);
    libcells_close(&s.libs);
    flow_close(&s.flow);
    return status;
}
