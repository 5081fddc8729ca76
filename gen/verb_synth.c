/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam synth: area, timing and power of a design by Yosys and OpenSTA.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "gen/config.h"
#include "gen/design.h"
#include "gen/emit.h"
#include "gen/generate.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "gen/version.h"
#include "synth_flows/activity.h"
#include "synth_flows/synth.h"

enum { WAVES_MAX = 16 };

static const struct option_spec specs[] = {
    {"liberty", 0, "FILE", 0, "cell library (Liberty); default: the FreePDK45 kit"},
    {"activity", 0, "FILE", 0, "simulation or prediction result: rates of accesses"},
    {"pe-waves", 0, "FILE", 1, "VCD of pe.v in a layer, scope u_gates: power of PEs"},
    {"clock-ns", 0, "NS", 0, "clock period at which power is stated; default 2"},
    {"energies", 0, "KIND", 0, "of the kit's cells: physical, or unscaled to compare"},
    {"flat", 0, NULL, 0, "no blocks but the PE: checks the composition of small designs"},
    {"any-version", 0, NULL, 0, "also with versions of the tools that were never tried"},
    {"output", 'o', "DIR", 0, "keep Verilog, netlists and reports there"},
    {"json", 0, "FILE", 0, "write the result as JSON; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "synth",
    "DESIGN",
    1,
    "Synthesizes the design with Yosys and OpenSTA: area by block, maximum clock,\n"
    "critical path and power, before layout (no wires, ideal clock). The PE and the "
    "other\n"
    "units are made once and kept in the cache.",
    specs,
    NULL};

static void say(const char *stage) {
    (void)fprintf(stderr, "\r\033[K%s", stage);
    (void)fflush(stderr);
}

static double total(const struct synth_power *p) {
    return p->internal_mw + p->switching_mw + p->leakage_mw;
}

static json_t *power_json(const struct synth_power *p) {
    return json_pack("{s:f, s:f, s:f, s:f}", "total", total(p), "internal",
                     p->internal_mw, "switching", p->switching_mw, "leakage",
                     p->leakage_mw);
}

static json_t *activity_json(const struct synth_activity *a) {
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "source", a->source,
                     "toggles_per_cycle", a->toggles, "ifmap_spad_writes",
                     a->ifmap_writes, "filter_spad_writes", a->filter_writes,
                     "psum_spad_writes", a->psum_writes, "collector_writes",
                     a->collector_writes, "glb_read_words", a->glb_reads,
                     "glb_write_words", a->glb_writes);
}

static json_t *area_json(const struct synth_result *r) {
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "total", r->area_um2, "pe", r->pe_um2,
                     "pe_array", r->pe_array_um2, "glb", r->glb_um2, "other",
                     r->other_um2);
}

static json_t *cells_json(const struct synth_result *r) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "total", (json_int_t)r->cells,
                     "sequential", (json_int_t)r->sequential, "buffers",
                     (json_int_t)r->buffers, "sram_macros", (json_int_t)r->macros, "pes",
                     (json_int_t)r->pe_count, "per_pe", (json_int_t)r->pe_cells);
}

static json_t *blocks_json(const struct synth_result *r) {
    return json_pack("{s:o, s:o, s:o, s:o}", "pe", power_json(&r->pes_power), "pe_array",
                     power_json(&r->array_power), "glb", power_json(&r->glb_power),
                     "other", power_json(&r->other_power));
}

static json_t *result_json(const struct hw *hw, const struct synth_result *r) {
    json_t *power = power_json(&r->power);

    if (!power || json_object_set_new(power, "pe", power_json(&r->pe_power)) != 0 ||
        (r->pes_power.leakage_mw > 0 &&
         json_object_set_new(power, "blocks", blocks_json(r)) != 0) ||
        json_object_set_new(power, "clock_mhz", json_real(1e3 / r->clock_ns)) != 0 ||
        json_object_set_new(power, "energy_per_mac_pj",
                            json_real(r->energy_per_mac_pj)) != 0 ||
        json_object_set_new(power, "activity", activity_json(&r->activity)) != 0) {
        json_decref(power);
        return NULL;
    }
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:f, s:f, s:{s:s, s:s, s:f, s:f}, s:o, s:o,"
        " s:{s:s, s:s}, s:{s:s, s:s, s:s}, s:f, s:f, s:b, s:s, s:s}",
        "design", hw->design.name, "design_hash", hw->hash, "pe_type", hw->type.name,
        "parameters", config_json(design_keys(), &hw->design), "area_um2", area_json(r),
        "fmax_mhz", 1e3 / r->period_ns, "pe_fmax_mhz", 1e3 / r->pe_period_ns,
        "critical_path", "start", r->path_start, "end", r->path_end, "ns", r->period_ns,
        "cells", r->path_depth, "power_mw", power, "cells", cells_json(r), "liberty",
        "name", r->liberty_name, "hash", r->liberty_hash, "tools", "yosys", r->yosys,
        "opensta", r->sta, "qadam", QADAM_VERSION, "runtime_s", r->runtime_s,
        "pe_runtime_s", r->pe_runtime_s, "pe_from_cache", r->pe_cached, "excludes",
        "wires, clock tree, layout; typical corner", "assumes",
        "ideal clock; SRAM leakage of low-operating-power cells with high-performance "
        "periphery");
}

static void print_result(const struct hw *hw, const struct synth_result *r) {
    const struct synth_power *p = &r->power;

    (void)printf("design   %s (%s), %zu PEs, cells of %s\n", hw->design.name, hw->hash,
                 r->pe_count, r->liberty_name);
    (void)printf(
        "area     %.4f mm2: PE array %.4f (one PE %.0f um2), GLB %.4f, other %.4f\n",
        1e-6 * r->area_um2, 1e-6 * r->pe_array_um2, r->pe_um2, 1e-6 * r->glb_um2,
        1e-6 * r->other_um2);
    (void)printf("clock    %.0f MHz (%.3f ns), PE alone %.0f MHz\n", 1e3 / r->period_ns,
                 r->period_ns, 1e3 / r->pe_period_ns);
    (void)printf("         from %s\n         to   %s\n", r->path_start, r->path_end);
    (void)printf("power    %.1f mW at %.0f MHz and %g toggles per cycle: internal %.1f, "
                 "switching %.1f, leakage %.1f\n",
                 p->internal_mw + p->switching_mw + p->leakage_mw, 1e3 / r->clock_ns,
                 r->activity.toggles, p->internal_mw, p->switching_mw, p->leakage_mw);
    if (r->pes_power.leakage_mw > 0) {
        (void)printf("         PEs %.1f, rest of the array %.1f, GLB %.1f, other %.1f\n",
                     total(&r->pes_power), total(&r->array_power), total(&r->glb_power),
                     total(&r->other_power));
    }
    (void)printf("energy   %.3f pJ per MAC\n         %s\n", r->energy_per_mac_pj,
                 r->activity.source);
    (void)printf("cells    %zu, %zu of them flops, latches and clock gates; %zu SRAM "
                 "macros\n",
                 r->cells, r->sequential, r->macros);
    (void)printf("before layout: no wires, ideal clock; %.1f s%s\n", r->runtime_s,
                 r->pe_cached ? " (PE from the cache)" : "");
}

/* The folder for this run: as asked, or in the cache. */
static int find_folders(const struct options *opts, const struct hw *hw, char *folder,
                        char *pe_cache, struct error *err) {
    const char *wanted = options_value(opts, "output");
    char cache[EMIT_PATH_MAX];

    if (home_cache(cache, sizeof cache, err) != 0 ||
        emit_path(pe_cache, EMIT_PATH_MAX, err, "%s/synth-pe", cache) != 0) {
        return -1;
    }
    return wanted ? emit_path(folder, EMIT_PATH_MAX, err, "%s", wanted)
                  : emit_path(folder, EMIT_PATH_MAX, err, "%s/synth/%s", cache, hw->hash);
}

/* Wrong values of options. Returns 0, or -1 with *err set. */
static int check_options(const struct options *opts, double *clock_ns,
                         struct error *err) {
    const char *kind = options_value(opts, "energies");

    if (kind && strcmp(kind, "unscaled") != 0 && strcmp(kind, "physical") != 0) {
        return error_set(err, "synth: --energies is '%s', must be physical or unscaled",
                         kind);
    }
    if (options_value(opts, "flat") && options_value(opts, "pe-waves")) {
        return error_set(err, "synth: --pe-waves cannot go with --flat");
    }
    if (options_count(opts, "pe-waves") > WAVES_MAX) {
        return error_set(err, "synth: --pe-waves may be given %d times", WAVES_MAX);
    }
    return options_real(opts, "clock-ns", 0.01, 1000, clock_ns, err);
}

static int synthesize(const struct options *opts, double clock_ns, struct hw *hw,
                      struct synth_result *res, struct error *err) {
    char home[EMIT_PATH_MAX], folder[EMIT_PATH_MAX], design[EMIT_PATH_MAX];
    char work[EMIT_PATH_MAX], cache[EMIT_PATH_MAX];
    const char *kind = options_value(opts, "energies"), *waves[WAVES_MAX];
    struct synth_options opt = {.home = home,
                                .design_dir = design,
                                .work_dir = work,
                                .cache_dir = cache,
                                .activity = synth_activity_default};

    opt.liberty = options_value(opts, "liberty");
    opt.unscaled = strcmp(kind ? kind : "", "unscaled") == 0;
    opt.flat = options_value(opts, "flat") != NULL;
    opt.any_version = options_value(opts, "any-version") != NULL;
    opt.clock_ns = clock_ns;
    opt.pe_waves = waves;
    opt.pe_wave_count = (size_t)options_count(opts, "pe-waves");
    for (size_t i = 0; i < opt.pe_wave_count; i++) {
        waves[i] = options_value_at(opts, "pe-waves", (int)i);
    }
    if (home_find(home, sizeof home, err) != 0 ||
        design_load(home, options_operand(opts, 0), hw, err) != 0 ||
        (options_value(opts, "activity") &&
         activity_load(options_value(opts, "activity"), hw, &opt.activity, err) != 0) ||
        find_folders(opts, hw, folder, cache, err) != 0 ||
        emit_path(design, sizeof design, err, "%s/design", folder) != 0 ||
        emit_path(work, sizeof work, err, "%s/synthesis", folder) != 0 ||
        emit_folder(folder, err) != 0 || generate_design(home, hw, design, err) != 0) {
        return -1;
    }
    if (isatty(STDERR_FILENO)) {
        opt.progress = say;
    }
    int status = synth_run(&opt, res, err);

    if (opt.progress) {
        say("");
    }
    return status;
}

int verb_synth(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    struct hw hw;
    struct synth_result res = {0};
    int status = options_parse(&usage, argc, argv, &opts);

    if (status != OPTIONS_RUN) {
        return status;
    }
    const char *json = options_value(&opts, "json");
    double clock_ns = 0;

    if (check_options(&opts, &clock_ns, &err) != 0) {
        error_print(&err);
        return OPTIONS_ERROR;
    }
    status = json_out_probe(json, &err);
    if (status == 0) {
        status = synthesize(&opts, clock_ns, &hw, &res, &err);
    }
    if (status == 0 && json) {
        json_t *value = result_json(&hw, &res);

        status = json_out_write(value, json, &err);
        json_decref(value);
    }
    if (status != 0) {
        error_print(&err);
        return 1;
    }
    if (!json || strcmp(json, "-") != 0) {
        print_result(&hw, &res);
    }
    return 0;
}
