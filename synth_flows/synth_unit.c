/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthesis of units. A cache entry is NAME-HASH. That of a module holds unit.json, the
 * mapped netlist; that of a logic unit unit.il, its gates; that of a block unit.v
 * (buffered), unit.lib (its view), unit.timing and unit.sum.
 */
#include "synth_flows/synth_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synth_flows/block_view.h"
#include "synth_flows/metrics.h"
#include "synth_flows/netlist.h"
#include "synth_flows/synth_cache.h"
#include "synth_flows/synth_power.h"

/* A unit being made. */
struct making {
    const struct synth_unit_entry *unit;
    const struct synth_pe *pe;
    const char *gates; /* Tcl list of the logic units' files, for the top module */
};

/* Views that a block is read with. */
static void put_libs(const struct flow *flow, const struct synth_pe *pe, char *buf,
                     size_t size) {
    (void)snprintf(buf, size, "{%s} {%s}", flow->sram, pe->view);
}

static int write_sum(struct flow *flow, const struct making *made, const char *folder,
                     const struct netlist_sum *sum, double pes,
                     const struct metrics *timing) {
    char path[EMIT_PATH_MAX];
    struct emit out;
    double period;

    if (metrics_number(timing, "period_ns", &period, flow->err) != 0 ||
        emit_path(path, sizeof path, flow->err, "%s/unit.sum", folder) != 0 ||
        emit_open(&out, path, flow->err) != 0) {
        return -1;
    }
    emit(&out,
         "area_um2 %.6f\nperiod_ns %.4f\ncells %.0f\nsequential %.0f\nbuffers %.0f\n"
         "macros %.0f\npes %.0f\n",
         sum->area_um2, period, (double)sum->cells + pes * made->pe->cells,
         (double)sum->sequential + pes * made->pe->sequential,
         (double)sum->buffers + pes * made->pe->buffers, (double)sum->macros - pes, pes);
    return emit_close(&out, flow->err);
}

/* Buffer the mapped block, measure its ports and write its view. */
static int measure(struct flow *flow, const struct making *made, const char *folder,
                   struct netlist *nl) {
    const char *name = made->unit->name;
    char verilog[EMIT_PATH_MAX], out[EMIT_PATH_MAX], view[EMIT_PATH_MAX];
    char libs[2 * EMIT_PATH_MAX + 8];
    struct net_module *m = netlist_find(nl, name);
    const struct flow_sta job = {
        "sta_timing.tcl", name, verilog, libs, out, "timing analysis of a block", NULL};
    struct settings extra = {.count = 0};
    struct metrics timing;

    if (!m) {
        return error_set(flow->err, "the mapped unit has no module %s", name);
    }
    put_libs(flow, made->pe, libs, sizeof libs);
    flow_set(&extra, "QADAM_INTERFACE", "1");
    if (emit_path(verilog, sizeof verilog, flow->err, "%s/unit.v", folder) != 0 ||
        emit_path(out, sizeof out, flow->err, "%s/unit.timing", folder) != 0 ||
        emit_path(view, sizeof view, flow->err, "%s/unit.lib", folder) != 0 ||
        netlist_buffer(nl, m, flow->err) != 0 ||
        netlist_write(nl, m, verilog, flow->err) != 0 ||
        flow_sta(flow, &job, &extra) != 0 || metrics_read(&timing, out, flow->err) != 0) {
        return -1;
    }
    const struct netlist_sum sum = netlist_sum(nl, m);
    const double pes = (double)netlist_count(nl, m, "qadam_pe");
    int status = block_view_write(m, sum.area_um2, &timing, view, flow->err);

    if (status == 0) {
        status = write_sum(flow, made, folder, &sum, pes, &timing);
    }
    metrics_close(&timing);
    return status;
}

static int make_block(struct flow *flow, const struct making *made, const char *folder) {
    char json[EMIT_PATH_MAX];
    struct libcells libs = {0};
    struct netlist nl = {0};
    int status = -1;

    if (emit_path(json, sizeof json, flow->err, "%s/unit.json", folder) == 0 &&
        libcells_read(&libs, flow->liberty, flow->err) == 0 &&
        libcells_read(&libs, flow->sram, flow->err) == 0 &&
        libcells_read(&libs, made->pe->view, flow->err) == 0 &&
        netlist_read(&nl, json, &libs, flow->err) == 0 &&
        measure(flow, made, folder, &nl) == 0) {
        status = emit_remove(json, flow->err);
    }
    netlist_close(&nl);
    libcells_close(&libs);
    return status;
}

/* Yosys writes on a full disk without a word: is its text whole? */
static int check_gates(struct flow *flow, const char *folder) {
    static const char end[] = "\nend\n";
    char path[EMIT_PATH_MAX], *text;
    size_t size;

    if (emit_path(path, sizeof path, flow->err, "%s/unit.il", folder) != 0 ||
        emit_read(path, &text, &size, flow->err) != 0) {
        return -1;
    }
    int whole = size >= sizeof end && strcmp(text + size - (sizeof end - 1), end) == 0;

    free(text);
    return whole ? 0
                 : error_set_at(flow->err, path, 0, 0, "is not whole; is the disk full?");
}

static int make_entry(struct flow *flow, void *context, const char *folder) {
    const struct making *made = context;
    char what[SYNTH_UNIT_NAME + 16];
    const struct flow_job job = {"unit.tcl", made->unit->name, folder,
                                 NULL,       made->gates,      what};

    (void)snprintf(what, sizeof what, "synthesis of %s", made->unit->name);
    if (flow_yosys(flow, &job) != 0) {
        return -1;
    }
    switch (made->unit->kind) {
    case SYNTH_BLOCK:
        return make_block(flow, made, folder);
    case SYNTH_LOGIC:
        return check_gates(flow, folder);
    default:
        return 0;
    }
}

/* The key of a unit: what NAME.key says, and the views of what is inside a block. */
static int find_key(struct flow *flow, const struct making *made, uint64_t *key) {
    char path[EMIT_PATH_MAX], name[SYNTH_UNIT_NAME + 8];
    struct metrics parts;
    int status, macros = 0;

    (void)snprintf(name, sizeof name, "%s.key", made->unit->name);
    if (emit_path(path, sizeof path, flow->err, "%s/%s", flow->work, name) != 0 ||
        synth_cache_key(flow, key) != 0 ||
        synth_cache_add(flow, flow->work, name, key) != 0 ||
        metrics_read(&parts, path, flow->err) != 0) {
        return -1;
    }
    status = 0;
    for (size_t i = 0; i < parts.count && status == 0; i++) {
        const char *kind = parts.entries[i].name, *value = parts.entries[i].value;

        if (strcmp(kind, "file") == 0) {
            status = synth_cache_add(flow, flow->design, value, key);
            macros |= strncmp(value, "sram/", 5) == 0;
        } else if (strcmp(kind, "child") == 0 && strcmp(value, "qadam_pe") == 0) {
            status = synth_cache_add(flow, made->pe->folder, "pe.lib", key) ||
                     synth_cache_add(flow, made->pe->folder, "pe.sum", key);
        }
    }
    metrics_close(&parts);
    if (status == 0 && macros) {
        status = synth_cache_add(flow, flow->design, "sram/qadam_sram.lib", key);
    }
    return status ? -1 : 0;
}

static int read_sum(struct flow *flow, struct synth_unit_entry *unit) {
    char path[EMIT_PATH_MAX];
    struct metrics m;
    int status;

    if (emit_path(path, sizeof path, flow->err, "%s/unit.sum", unit->folder) != 0 ||
        metrics_read(&m, path, flow->err) != 0) {
        return -1;
    }
    status = metrics_number(&m, "area_um2", &unit->area_um2, flow->err) ||
             metrics_number(&m, "period_ns", &unit->period_ns, flow->err) ||
             metrics_number(&m, "cells", &unit->cells, flow->err) ||
             metrics_number(&m, "sequential", &unit->sequential, flow->err) ||
             metrics_number(&m, "buffers", &unit->buffers, flow->err) ||
             metrics_number(&m, "macros", &unit->macros, flow->err) ||
             metrics_number(&m, "pes", &unit->pes, flow->err);
    metrics_close(&m);
    return status ? -1 : 0;
}

static const char *const kinds[] = {"block", "module", "logic", "top"};

static int make_unit(struct flow *flow, const struct making *context,
                     struct synth_unit_entry *unit, const struct metric *line) {
    struct making making = *context;
    uint64_t key;

    making.unit = unit;
    (void)snprintf(unit->name, sizeof unit->name, "%s", line->name);
    while (unit->kind < SYNTH_TOP && strcmp(line->value, kinds[unit->kind]) != 0) {
        unit->kind++;
    }
    if (unit->kind == SYNTH_TOP) { /* of this design alone: not kept */
        return emit_path(unit->folder, sizeof unit->folder, flow->err, "%s",
                         flow->work) != 0
                   ? -1
                   : make_entry(flow, &making, unit->folder);
    }
    if (find_key(flow, &making, &key) != 0 ||
        synth_cache_name(flow, unit->name, key, unit->folder) != 0 ||
        emit_path(unit->view, sizeof unit->view, flow->err, "%s/unit.lib",
                  unit->folder) != 0 ||
        synth_cache_have(flow, unit->folder, make_entry, &making, &unit->cached) != 0) {
        return -1;
    }
    return unit->kind == SYNTH_BLOCK ? read_sum(flow, unit) : 0;
}

int synth_units_make(struct flow *flow, const struct synth_pe *pe,
                     struct synth_units *units) {
    char path[EMIT_PATH_MAX], *gates = NULL;
    struct metrics lines;
    int status = 0;

    if (emit_path(path, sizeof path, flow->err, "%s/units.txt", flow->work) != 0 ||
        metrics_read(&lines, path, flow->err) != 0) {
        return -1;
    }
    units->list = calloc(lines.count + 1, sizeof *units->list);
    if (!units->list) {
        metrics_close(&lines);
        return error_set(flow->err, "out of memory");
    }
    for (size_t i = 0; i < lines.count && status == 0; i++) {
        struct synth_unit_entry *unit = &units->list[units->count++];
        const struct making making = {NULL, pe, gates};

        status = make_unit(flow, &making, unit, &lines.entries[i]);
        if (status == 0 && unit->kind == SYNTH_LOGIC) {
            status = emit_path(path, sizeof path, flow->err, "%s/unit.il",
                               unit->folder) != 0 ||
                     flow_append(&gates, path, flow->err) != 0;
        }
    }
    free(gates);
    metrics_close(&lines);
    return status ? -1 : 0;
}

void synth_units_close(struct synth_units *units) {
    free(units->list);
    *units = (struct synth_units){0};
}

int synth_unit_power(struct flow *flow, const struct synth_pe *pe,
                     struct synth_unit_entry *unit,
                     const struct synth_activity *activity) {
    char netlist[EMIT_PATH_MAX], libs[2 * EMIT_PATH_MAX + 8], writes[128] = "";
    const double macros = unit->macros > 0 ? unit->macros * unit->count : 1;
    const struct synth_power_job job = {.top = unit->name,
                                        .netlist = netlist,
                                        .libs = libs,
                                        .folder = unit->folder,
                                        .writes = writes,
                                        .toggles = activity->toggles,
                                        .sram_reads = activity->glb_reads / macros,
                                        .sram_writes = activity->glb_writes / macros};

    put_libs(flow, pe, libs, sizeof libs);
    if (unit->macros == 0) { /* a collector is double-buffered */
        (void)snprintf(writes, sizeof writes, "* %.9g %g", activity->collector_writes,
                       2 * pe->psum_words);
    }
    return emit_path(netlist, sizeof netlist, flow->err, "%s/unit.v", unit->folder) != 0
               ? -1
               : synth_power_measure(flow, &job, &unit->power, NULL);
}
