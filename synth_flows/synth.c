/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of a whole design.
 */
#include "synth_flows/synth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth_flows/flow.h"
#include "synth_flows/metrics.h"
#include "synth_flows/netlist.h"
#include "synth_flows/synth_pe.h"
#include "synth_flows/synth_power.h"
#include "synth_flows/synth_unit.h"

#define DEFAULT_SOURCE                                                                   \
    "default: accesses typical of VGG-16's middle layers at full utilization, one MAC "  \
    "per PE and cycle; 0.1 toggles per cycle on every data pin"

static const double DEFAULT_CLOCK_NS = 2;

const struct synth_activity synth_activity_default = {.toggles = 0.1,
                                                      .ifmap_writes = 0.1,
                                                      .filter_writes = 0.05,
                                                      .psum_writes = 1,
                                                      .collector_writes = 0.1,
                                                      .glb_reads = 1.5,
                                                      .glb_writes = 0.5,
                                                      .source = DEFAULT_SOURCE};

/* What the stages hand on. */
struct synth {
    struct flow flow;
    struct synth_pe pe;
    struct synth_units units;
    struct libcells libs; /* cells, SRAM macros, blocks */
    struct netlist nl;    /* modules and the top module */
    struct net_module *top;
    char *views; /* owned; Tcl list of the macros' Liberty files */
    char verilog[EMIT_PATH_MAX];
    char pe_verilog[EMIT_PATH_MAX]; /* flat: read with it */
    struct synth_result *res;
};

/* Libraries and netlists of all units, one netlist of the top module. */
static int join_units(struct synth *s) {
    struct flow *flow = &s->flow;
    char path[EMIT_PATH_MAX];

    if (libcells_read(&s->libs, flow->liberty, flow->err) != 0 ||
        libcells_read(&s->libs, flow->sram, flow->err) != 0 ||
        flow_append(&s->views, flow->sram, flow->err) != 0) {
        return -1;
    }
    if (flow->opt->flat && libcells_read(&s->libs, s->pe.view, flow->err) != 0) {
        return -1; /* its area counts; timing and power read its netlist */
    }
    for (size_t i = 0; i < s->units.count; i++) {
        const struct synth_unit_entry *u = &s->units.list[i];

        if (u->kind == SYNTH_BLOCK && (libcells_read(&s->libs, u->view, flow->err) != 0 ||
                                       flow_append(&s->views, u->view, flow->err) != 0)) {
            return -1;
        }
    }
    s->nl = (struct netlist){.lib = &s->libs};
    for (size_t i = 0; i < s->units.count; i++) {
        const struct synth_unit_entry *u = &s->units.list[i];

        if ((u->kind == SYNTH_MODULE || u->kind == SYNTH_TOP) &&
            (emit_path(path, sizeof path, flow->err, "%s/unit.json", u->folder) != 0 ||
             netlist_add(&s->nl, path, flow->err) != 0)) {
            return -1;
        }
    }
    return 0;
}

static int map_top(struct synth *s) {
    struct flow *flow = &s->flow;
    char json[EMIT_PATH_MAX];

    if (emit_path(s->verilog, sizeof s->verilog, flow->err, "%s/top.v", flow->work) !=
            0 ||
        emit_path(json, sizeof json, flow->err, "%s/unit.json", flow->work) != 0 ||
        join_units(s) != 0) {
        return -1;
    }
    if (flow->opt->flat && emit_path(s->pe_verilog, sizeof s->pe_verilog, flow->err,
                                     "%s/pe.v", s->pe.folder) != 0) {
        return -1;
    }
    s->top = netlist_find(&s->nl, "qadam_top");
    if (!s->top) {
        return error_set(flow->err, "the synthesized design has no module qadam_top");
    }
    return netlist_buffer(&s->nl, s->top, flow->err) != 0 ||
                   netlist_write(&s->nl, s->top, s->verilog, flow->err) != 0 ||
                   emit_remove(json, flow->err) != 0
               ? -1
               : 0;
}

/* What the blocks add: their counts have a macro for each block. */
static void count_blocks(struct synth *s) {
    struct synth_result *r = s->res;

    for (size_t i = 0; i < s->units.count; i++) {
        struct synth_unit_entry *u = &s->units.list[i];

        if (u->kind == SYNTH_BLOCK) {
            u->count = (double)netlist_count(&s->nl, s->top, u->name);
            r->cells += (size_t)(u->count * u->cells);
            r->sequential += (size_t)(u->count * u->sequential);
            r->buffers += (size_t)(u->count * u->buffers);
            r->macros += (size_t)(u->count * u->macros);
            r->macros -= (size_t)u->count;
            r->pe_count += (size_t)(u->count * u->pes);
            r->glb_um2 += strcmp(u->name, "qadam_glb") == 0 ? u->count * u->area_um2 : 0;
        }
    }
}

/* What the PEs add that the netlist holds itself. */
static void count_pes(struct synth *s) {
    struct synth_result *r = s->res;
    const size_t pes = netlist_count(&s->nl, s->top, "qadam_pe");

    r->cells += pes * (size_t)s->pe.cells;
    r->sequential += pes * (size_t)s->pe.sequential;
    r->buffers += pes * (size_t)s->pe.buffers;
    r->macros -= pes;
    r->pe_count += pes;
}

static void measure_area(struct synth *s) {
    struct synth_result *r = s->res;
    const struct net_module *array = netlist_find(&s->nl, "qadam_array");
    const struct netlist_sum all = netlist_sum(&s->nl, s->top);

    *r = (struct synth_result){.area_um2 = all.area_um2,
                               .pe_um2 = s->pe.area_um2,
                               .pe_array_um2 =
                                   array ? netlist_sum(&s->nl, array).area_um2 : 0,
                               .cells = all.cells,
                               .sequential = all.sequential,
                               .buffers = all.buffers,
                               .macros = all.macros,
                               .pe_cells = (size_t)s->pe.cells,
                               .pe_period_ns = s->pe.period_ns};
}

/* The path of a timing report of sta_timing.tcl. */
static int read_path(struct synth *s, const char *folder, const char *name) {
    struct flow *flow = &s->flow;
    struct synth_result *r = s->res;
    char path[EMIT_PATH_MAX];
    struct metrics m;
    int status;

    if (emit_path(path, sizeof path, flow->err, "%s/%s", folder, name) != 0 ||
        metrics_read(&m, path, flow->err) != 0) {
        return -1;
    }
    status = metrics_number(&m, "period_ns", &r->period_ns, flow->err) ||
             metrics_number(&m, "depth", &r->path_depth, flow->err) ||
             metrics_copy(&m, "start", r->path_start, sizeof r->path_start, flow->err) ||
             metrics_copy(&m, "end", r->path_end, sizeof r->path_end, flow->err);
    metrics_close(&m);
    return status ? -1 : 0;
}

/* The longest of the paths between the blocks and those inside them. */
static int measure_timing(struct synth *s) {
    struct flow *flow = &s->flow;
    char out[EMIT_PATH_MAX];
    const struct flow_sta job = {"sta_timing.tcl",
                                 "qadam_top",
                                 s->verilog,
                                 s->views,
                                 out,
                                 "timing analysis of the design",
                                 s->pe_verilog[0] ? s->pe_verilog : NULL};
    struct settings extra = {.count = 0};

    flow_set(&extra, "QADAM_INTERFACE", "0");
    if (emit_path(out, sizeof out, flow->err, "%s/top.timing", flow->work) != 0 ||
        flow_sta(flow, &job, &extra) != 0 ||
        read_path(s, flow->work, "top.timing") != 0) {
        return -1;
    }
    for (size_t i = 0; i < s->units.count; i++) {
        const struct synth_unit_entry *u = &s->units.list[i];

        if (u->kind == SYNTH_BLOCK && u->period_ns > s->res->period_ns &&
            read_path(s, u->folder, "unit.timing") != 0) {
            return -1;
        }
    }
    return !flow->opt->flat && s->pe.period_ns > s->res->period_ns
               ? read_path(s, s->pe.folder, "pe.timing")
               : 0;
}

/* Power of what is in no block: of all, and of the array's part. */
/* The same for a flat netlist, which holds all. */
static int measure_flat(struct synth *s) {
    struct synth_result *r = s->res;
    const struct synth_activity *a = &r->activity;
    const double macros = r->macros > 0 ? (double)r->macros : 1;
    char writes[384];
    const struct synth_power_job job = {.top = "qadam_top",
                                        .netlist = s->verilog,
                                        .libs = s->views,
                                        .inner = s->pe_verilog,
                                        .writes = writes,
                                        .toggles = a->toggles,
                                        .sram_reads = a->glb_reads / macros,
                                        .sram_writes = a->glb_writes / macros};
    struct synth_power all;
    int used = synth_pe_writes(&s->pe, a, writes, sizeof writes);

    (void)snprintf(writes + used, sizeof writes - (size_t)used, " *u_collector* %.9g %g",
                   a->collector_writes, 2 * s->pe.psum_words);
    if (synth_power_measure(&s->flow, &job, &all, NULL) != 0) {
        return -1;
    }
    synth_power_add(&r->power, &all, 1, r->clock_ns);
    return 0;
}

static int measure_rest(struct synth *s, struct synth_power *rest,
                        struct synth_power *array) {
    const struct synth_power_job job = {.top = "qadam_top",
                                        .netlist = s->verilog,
                                        .libs = s->views,
                                        .writes = "",
                                        .part = "*u_array/*",
                                        .toggles = s->res->activity.toggles};

    return synth_power_measure(&s->flow, &job, rest, array);
}

/* The power of blocks into that of their part of the design. */
static int measure_blocks(struct synth *s) {
    struct synth_result *r = s->res;

    for (size_t i = 0; i < s->units.count; i++) {
        struct synth_unit_entry *u = &s->units.list[i];
        const int glb = strcmp(u->name, "qadam_glb") == 0;

        if (u->kind == SYNTH_BLOCK) {
            if (synth_unit_power(&s->flow, &s->pe, u, &r->activity) != 0) {
                return -1;
            }
            synth_power_add(glb ? &r->glb_power : &r->array_power, &u->power, u->count,
                            r->clock_ns);
        }
    }
    return 0;
}

static void add_total(struct synth_power *to, const struct synth_power *part) {
    to->internal_mw += part->internal_mw;
    to->switching_mw += part->switching_mw;
    to->leakage_mw += part->leakage_mw;
}

/* Power of one PE: by the waves of its netlist if there are any. */
static int measure_pe(struct synth *s) {
    struct synth_activity *a = &s->res->activity;
    const size_t waves = s->flow.opt->pe_wave_count, used = strlen(a->source);
    double toggles;

    if (waves == 0) {
        return synth_pe_power(&s->flow, &s->pe, a);
    }
    if (synth_pe_waves(&s->flow, &s->pe, &toggles) != 0) {
        return -1;
    }
    (void)snprintf(a->source + used, sizeof a->source - used,
                   "; in PEs, every net's own toggles in %zu simulation%s of the "
                   "netlist, %.4f per cycle on average",
                   waves, waves > 1 ? "s" : "", toggles);
    return 0;
}

static int measure_power(struct synth *s) {
    struct synth_result *r = s->res;
    const struct synth_options *opt = s->flow.opt;
    struct synth_power rest, array;

    r->clock_ns = opt->clock_ns;
    if (r->clock_ns <= 0) {
        r->clock_ns = r->period_ns > DEFAULT_CLOCK_NS ? r->period_ns : DEFAULT_CLOCK_NS;
    }
    r->activity = opt->activity;
    if (opt->flat) {
        return measure_flat(s);
    }
    if (measure_pe(s) != 0 || measure_rest(s, &rest, &array) != 0 ||
        measure_blocks(s) != 0) {
        return -1;
    }
    synth_power_add(&r->pe_power, &s->pe.power, 1, r->clock_ns);
    synth_power_add(&r->pes_power, &s->pe.power, (double)r->pe_count, r->clock_ns);
    synth_power_add(&r->array_power, &array, 1, r->clock_ns);
    synth_power_add(&r->other_power, &rest, 1, r->clock_ns);
    synth_power_add(&r->other_power, &array, -1, r->clock_ns);
    add_total(&r->power, &r->pes_power);
    add_total(&r->power, &r->array_power);
    add_total(&r->power, &r->glb_power);
    add_total(&r->power, &r->other_power);
    return 0;
}

static void measure_energy(struct synth *s) {
    struct synth_result *r = s->res;
    const struct synth_activity *a = &r->activity;
    double macs = a->macs > 0 ? a->macs : a->psum_writes * (double)r->pe_count;
    double mw = r->power.internal_mw + r->power.switching_mw + r->power.leakage_mw;

    r->energy_per_mac_pj = macs > 0 ? mw * r->clock_ns / macs : 0;
}

static int run(struct synth *s) {
    struct flow *flow = &s->flow;
    struct synth_result *r = s->res;

    if (synth_pe_elaborate(flow) != 0 ||
        synth_pe_make(flow, SYNTH_UNIT_PE, &s->pe) != 0 ||
        synth_units_make(flow, &s->pe, &s->units) != 0 || map_top(s) != 0) {
        return -1;
    }
    measure_area(s);
    count_blocks(s);
    count_pes(s);
    r->other_um2 = r->area_um2 - r->pe_array_um2 - r->glb_um2;
    (void)snprintf(r->liberty_name, sizeof r->liberty_name, "%s", flow->cells.name);
    (void)snprintf(r->liberty_hash, sizeof r->liberty_hash, "%016llx",
                   (unsigned long long)flow->liberty_hash);
    r->pe_cached = s->pe.cached;
    r->pe_runtime_s = s->pe.runtime_s;
    (void)snprintf(r->yosys, sizeof r->yosys, "%s", flow->yosys);
    (void)snprintf(r->sta, sizeof r->sta, "%s", flow->sta);
    if (measure_timing(s) != 0 || measure_power(s) != 0) {
        return -1;
    }
    measure_energy(s);
    return 0;
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
    synth_units_close(&s.units);
    free(s.views);
    flow_close(&s.flow);
    return status;
}
