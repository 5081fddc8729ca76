/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of the PE and its MAC. Their cache entries are pe-HASH and mac-HASH.
 */
#include "synth_flows/synth_pe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "synth_flows/block_view.h"
#include "synth_flows/metrics.h"
#include "synth_flows/netlist.h"
#include "synth_flows/synth_cache.h"
#include "synth_flows/synth_power.h"
#include "synth_flows/waves.h"

static const char *const modules[] = {"qadam_pe", "qadam_mac_unit"};
static const char *const prefixes[] = {"pe", "mac"};
static const char *const parts[SYNTH_REST] = {"u_ifmap_spad", "u_filter_spad",
                                              "u_psum_spad", "u_mac"};
static const char *const part_metrics[SYNTH_REST] = {"ifmap_spad_um2", "filter_spad_um2",
                                                     "psum_spad_um2", "mac_um2"};

double synth_seconds(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Mapped JSON to a buffered netlist and its macro view; the figures into pe.sum. */
static int write_products(struct flow *flow, const struct synth_pe *unit,
                          const char *folder, const struct netlist *nl,
                          const struct metrics *timing, double start) {
    char path[EMIT_PATH_MAX];
    const struct net_module *pe = netlist_find(nl, modules[unit->unit]);
    struct netlist_sum sum = netlist_sum(nl, pe);
    struct emit out;
    double period;

    if (metrics_number(timing, "period_ns", &period, flow->err) != 0 ||
        emit_path(path, sizeof path, flow->err, "%s/pe.lib", folder) != 0 ||
        (unit->unit == SYNTH_UNIT_PE &&
         block_view_write(pe, sum.area_um2, timing, path, flow->err) != 0) ||
        emit_path(path, sizeof path, flow->err, "%s/pe.parts", folder) != 0 ||
        netlist_write_parts(pe, path, flow->err) != 0 ||
        emit_path(path, sizeof path, flow->err, "%s/pe.sum", folder) != 0 ||
        emit_open(&out, path, flow->err) != 0) {
        return -1;
    }
    emit(&out,
         "area_um2 %.6f\nperiod_ns %.4f\ncells %zu\nsequential %zu\nbuffers %zu\n"
         "runtime_s %.3f\n",
         sum.area_um2, period, sum.cells, sum.sequential, sum.buffers,
         synth_seconds() - start);
    for (int i = 0; i < SYNTH_REST; i++) {
        emit(&out, "%s %.6f\n", part_metrics[i], netlist_part_um2(pe, parts[i]));
    }
    return emit_close(&out, flow->err);
}

static int measure(struct flow *flow, const struct synth_pe *unit, const char *folder,
                   struct netlist *nl, double start) {
    char verilog[EMIT_PATH_MAX], out[EMIT_PATH_MAX];
    struct net_module *pe = netlist_find(nl, modules[unit->unit]);
    struct flow_sta job = {"sta_timing.tcl",
                           modules[unit->unit],
                           verilog,
                           "",
                           out,
                           "timing analysis of the PE",
                           NULL};
    struct settings extra = {.count = 0};
    struct metrics timing;
    int status;

    if (!pe) {
        return error_set(flow->err, "the synthesized PE has no module %s",
                         modules[unit->unit]);
    }
    flow_set(&extra, "QADAM_INTERFACE", "%d", unit->unit == SYNTH_UNIT_PE);
    if (emit_path(verilog, sizeof verilog, flow->err, "%s/pe.v", folder) != 0 ||
        emit_path(out, sizeof out, flow->err, "%s/pe.timing", folder) != 0 ||
        netlist_buffer(nl, pe, flow->err) != 0 ||
        netlist_write(nl, pe, verilog, flow->err) != 0 ||
        flow_sta(flow, &job, &extra) != 0 || metrics_read(&timing, out, flow->err) != 0) {
        return -1;
    }
    status = write_products(flow, unit, folder, nl, &timing, start);
    metrics_close(&timing);
    return status;
}

/* What make_entry must know. */
struct entry {
    const struct synth_pe *unit;
    const char *work; /* holds the elaborated text */
};

/* Make the entry in folder. */
static int make_entry(struct flow *flow, void *context, const char *folder) {
    const struct entry *entry = context;
    const struct synth_pe *unit = entry->unit;
    char from[EMIT_PATH_MAX], to[EMIT_PATH_MAX];
    const struct flow_job job = {"pe.tcl", modules[unit->unit],  folder, NULL,
                                 NULL,     "synthesis of the PE"};
    double start = synth_seconds();
    struct netlist nl;
    int status;

    if (emit_path(from, sizeof from, flow->err, "%s/pe.il", entry->work) != 0 ||
        emit_path(to, sizeof to, flow->err, "%s/pe.il", folder) != 0 ||
        emit_copy(from, to, flow->err) != 0 || flow_yosys(flow, &job) != 0 ||
        emit_path(from, sizeof from, flow->err, "%s/pe.json", folder) != 0) {
        return -1;
    }
    status = netlist_read(&nl, from, &flow->cells, flow->err);
    if (status == 0) {
        status = measure(flow, unit, folder, &nl, start);
    }
    netlist_close(&nl);
    return status == 0 ? emit_remove(from, flow->err) : -1;
}

static int read_sum(struct flow *flow, struct synth_pe *pe) {
    char path[EMIT_PATH_MAX];
    struct metrics m;
    int status;

    if (emit_path(path, sizeof path, flow->err, "%s/pe.sum", pe->folder) != 0 ||
        metrics_read(&m, path, flow->err) != 0) {
        return -1;
    }
    status = metrics_number(&m, "area_um2", &pe->area_um2, flow->err) ||
             metrics_number(&m, "period_ns", &pe->period_ns, flow->err) ||
             metrics_number(&m, "cells", &pe->cells, flow->err) ||
             metrics_number(&m, "sequential", &pe->sequential, flow->err) ||
             metrics_number(&m, "buffers", &pe->buffers, flow->err) ||
             metrics_number(&m, "runtime_s", &pe->runtime_s, flow->err);
    pe->part_um2[SYNTH_REST] = pe->area_um2;
    for (int i = 0; status == 0 && i < SYNTH_REST; i++) {
        status = metrics_number(&m, part_metrics[i], &pe->part_um2[i], flow->err);
        pe->part_um2[SYNTH_REST] -= pe->part_um2[i];
    }
    metrics_close(&m);
    return status ? -1 : 0;
}

static int read_params(struct flow *flow, struct synth_pe *pe) {
    char path[EMIT_PATH_MAX];
    struct metrics m;
    int status;

    if (emit_path(path, sizeof path, flow->err, "%s/pe.params", flow->work) != 0 ||
        metrics_read(&m, path, flow->err) != 0) {
        return -1;
    }
    status = metrics_number(&m, "IfmapWords", &pe->ifmap_words, flow->err) ||
             metrics_number(&m, "FilterWords", &pe->filter_words, flow->err) ||
             metrics_number(&m, "PsumWords", &pe->psum_words, flow->err);
    metrics_close(&m);
    return status ? -1 : 0;
}

int synth_pe_elaborate(struct flow *flow) {
    const struct flow_job job = {"elab.tcl",  "qadam_top", flow->work,
                                 flow->files, NULL,        "elaboration of the design"};

    return flow_yosys(flow, &job);
}

/* Elaborate the unit in folder work and find its place in the cache. */
static int find_entry(struct flow *flow, struct synth_pe *pe, const char *work) {
    const struct flow_job job = {"pe_elab.tcl", modules[pe->unit],
                                 work,          flow->pe_files,
                                 NULL,          "elaboration of the PE"};
    char from[EMIT_PATH_MAX], to[EMIT_PATH_MAX];
    uint64_t key;

    if (pe->unit == SYNTH_UNIT_MAC &&
        (emit_folder(work, flow->err) != 0 ||
         emit_path(from, sizeof from, flow->err, "%s/pe.params", flow->work) != 0 ||
         emit_path(to, sizeof to, flow->err, "%s/pe.params", work) != 0 ||
         emit_copy(from, to, flow->err) != 0)) {
        return -1;
    }
    if (flow_yosys(flow, &job) != 0 || synth_cache_key(flow, &key) != 0 ||
        synth_cache_add(flow, work, "pe_rtl.v", &key) != 0 ||
        synth_cache_name(flow, prefixes[pe->unit], key, pe->folder) != 0 ||
        emit_path(pe->view, sizeof pe->view, flow->err, "%s/pe.lib", pe->folder) != 0) {
        return -1;
    }
    return 0;
}

int synth_pe_make(struct flow *flow, enum synth_unit unit, struct synth_pe *pe) {
    char work[EMIT_PATH_MAX];
    struct entry entry = {pe, work};

    *pe = (struct synth_pe){.unit = unit};
    if (read_params(flow, pe) != 0 ||
        emit_path(work, sizeof work, flow->err, "%s%s", flow->work,
                  unit == SYNTH_UNIT_PE ? "" : "/mac") != 0 ||
        find_entry(flow, pe, work) != 0 ||
        synth_cache_have(flow, pe->folder, make_entry, &entry, &pe->cached) != 0) {
        return -1;
    }
    return read_sum(flow, pe);
}

int synth_pe_writes(const struct synth_pe *pe, const struct synth_activity *a, char *buf,
                    size_t size) {
    return snprintf(
        buf, size, "*u_ifmap_spad* %.9g %g *u_filter_spad* %.9g %g *u_psum_spad* %.9g %g",
        a->ifmap_writes, pe->ifmap_words, a->filter_writes, pe->filter_words,
        a->psum_writes, pe->psum_words);
}

int synth_pe_power(struct flow *flow, struct synth_pe *pe,
                   const struct synth_activity *a) {
    char netlist[EMIT_PATH_MAX], writes[256];
    const struct synth_power_job job = {.top = "qadam_pe",
                                        .netlist = netlist,
                                        .libs = "",
                                        .folder = pe->folder,
                                        .writes = writes,
                                        .toggles = a->toggles};

    (void)synth_pe_writes(pe, a, writes, sizeof writes);
    return emit_path(netlist, sizeof netlist, flow->err, "%s/pe.v", pe->folder) != 0
               ? -1
               : synth_power_measure(flow, &job, &pe->power, NULL);
}

int synth_pe_energy(struct flow *flow, const struct synth_pe *pe, const char *toggles,
                    double *pj, double *leakage_mw) {
    char netlist[EMIT_PATH_MAX], out[EMIT_PATH_MAX];
    struct flow_sta job = {"sta_power.tcl",
                           modules[pe->unit],
                           netlist,
                           "",
                           out,
                           "energy of the PE's parts",
                           NULL};
    struct settings extra = {.count = 0};
    struct metrics m;
    int status = 0;

    flow_set(&extra, "QADAM_PERIOD_NS", "%.9g", SYNTH_POWER_CLOCK_NS);
    flow_set(&extra, "QADAM_ACTIVITY", "0");
    flow_set(&extra, "QADAM_WRITES", "%s", "");
    flow_set(&extra, "QADAM_SRAM", "0 0");
    flow_set(&extra, "QADAM_PART", "%s", "");
    flow_set(&extra, "QADAM_TOGGLES", "%s", toggles);
    flow_set(&extra, "QADAM_PARTS", "%s/pe.parts", pe->folder);
    if (emit_path(netlist, sizeof netlist, flow->err, "%s/pe.v", pe->folder) != 0 ||
        emit_path(out, sizeof out, flow->err, "%s/pe.energy", flow->work) != 0 ||
        flow_sta(flow, &job, &extra) != 0 || metrics_read(&m, out, flow->err) != 0) {
        return -1;
    }
    for (int i = 0; i < SYNTH_PARTS && status == 0; i++) {
        const char *part = i < SYNTH_REST ? parts[i] : "rest";
        char name[64];
        double dynamic_mw;

        (void)snprintf(name, sizeof name, "%s_dynamic_mw", part);
        status = metrics_number(&m, name, &dynamic_mw, flow->err);
        pj[i] = status == 0 ? dynamic_mw * SYNTH_POWER_CLOCK_NS : 0;
        (void)snprintf(name, sizeof name, "%s_leakage_mw", part);
        status = status || metrics_number(&m, name, &leakage_mw[i], flow->err);
    }
    metrics_close(&m);
    return status ? -1 : 0;
}

int synth_pe_waves(struct flow *flow, struct synth_pe *pe, double *toggles) {
    const struct synth_options *opt = flow->opt;
    char rates[EMIT_PATH_MAX], out[EMIT_PATH_MAX];
    double pj[SYNTH_PARTS], leakage_mw[SYNTH_PARTS];

    pe->power = (struct synth_power){0};
    *toggles = 0;
    if (emit_path(rates, sizeof rates, flow->err, "%s/pe.toggles", flow->work) != 0 ||
        emit_path(out, sizeof out, flow->err, "%s/pe.energy", flow->work) != 0) {
        return -1;
    }
    for (size_t i = 0; i < opt->pe_wave_count; i++) {
        struct waves_summary summary;
        struct synth_power power;

        flow_progress(flow, "toggles of the waves");
        if (waves_toggles(opt->pe_waves[i], "u_gates", rates, &summary, flow->err) != 0 ||
            synth_pe_energy(flow, pe, rates, pj, leakage_mw) != 0 ||
            synth_power_read(flow, out, "", &power) != 0) {
            return -1;
        }
        synth_power_add(&pe->power, &power, 1 / (double)opt->pe_wave_count,
                        SYNTH_POWER_CLOCK_NS);
        *toggles += summary.toggles / (double)opt->pe_wave_count;
    }
    return 0;
}
