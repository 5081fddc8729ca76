/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam synth-pe: area, timing and energy of a design's PE and MAC alone.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gen/design.h"
#include "gen/emit.h"
#include "gen/generate.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "synth_flows/synth.h"

static const struct option_spec specs[] = {
    {"waves", 0, "FILE", 0, "VCD of pe.v in scope u_gates: energy of a MAC operation"},
    {"liberty", 0, "FILE", 0, "cell library (Liberty); default: the FreePDK45 kit"},
    {"output", 'o', "DIR", 0, "keep netlists and reports there, in DIR/synthesis"},
    {"any-version", 0, NULL, 0, "also with versions of the tools that were never tried"},
    {"csv", 0, "FILE", 0, "write a table of one row"},
    {"json", 0, "FILE", 0, "write the result as JSON; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "synth-pe",
    "DESIGN",
    1,
    "Synthesizes one PE of the design and its MAC alone: area by part, minimum period,\n"
    "and with waves the energy by part. synth_flows/gates/simulate.sh makes the waves.",
    specs,
    NULL};

static const char *const parts[SYNTH_PARTS] = {"ifmap_spad", "filter_spad", "psum_spad",
                                               "mac", "rest"};

static double sum(const double *values) {
    double total = 0;

    for (int i = 0; i < SYNTH_PARTS; i++) {
        total += values[i];
    }
    return total;
}

static void say(const char *stage) {
    (void)fprintf(stderr, "\r\033[K%s", stage);
    (void)fflush(stderr);
}

static void print_result(const struct hw *hw, const struct synth_pe_result *r) {
    (void)printf("%s: %s, spads of %u, %u and %u words\n", hw->design.name, hw->type.name,
                 hw->design.ifmap_spad_words, hw->design.filter_spad_words,
                 hw->design.psum_spad_words);
    (void)printf("  %-12s %10s %12s %12s\n", "part", "area um2",
                 r->cycles ? "pJ per MAC" : "", r->cycles ? "leakage mW" : "");
    for (int i = 0; i < SYNTH_PARTS; i++) {
        (void)printf("  %-12s %10.1f", parts[i], r->pe.part_um2[i]);
        if (r->cycles) {
            (void)printf(" %12.4f %12.4f", r->part_pj[i], r->part_leakage_mw[i]);
        }
        (void)printf("\n");
    }
    (void)printf("  %-12s %10.1f", "PE", r->pe.area_um2);
    if (r->cycles) {
        (void)printf(" %12.4f %12.4f", sum(r->part_pj), sum(r->part_leakage_mw));
    }
    (void)printf("\n  PE   %.4f ns, %.0f MHz, from %s to %s\n", r->pe.period_ns,
                 1e3 / r->pe.period_ns, r->pe.path_start, r->pe.path_end);
    (void)printf("  MAC  %.4f ns, %.0f MHz, from %s to %s; %.1f um2 alone\n",
                 r->mac.period_ns, 1e3 / r->mac.period_ns, r->mac.path_start,
                 r->mac.path_end, r->mac.part_um2[SYNTH_MAC]);
    if (r->cycles) {
        (void)printf("  %u cycles of waves, %.4f toggles of a net per cycle\n", r->cycles,
                     r->toggles);
    }
}

/* One row, with units in the head: what the energies need is empty without waves. */
static int write_csv(const struct hw *hw, const struct synth_pe_result *r,
                     const char *path, struct error *err) {
    struct emit out;

    if (emit_open(&out, path, err) != 0) {
        return -1;
    }
    emit(&out, "pe_type,ifmap_words,filter_words,psum_words,pe_um2");
    for (int i = 0; i < SYNTH_PARTS; i++) {
        emit(&out, ",%s_um2", parts[i]);
    }
    emit(&out, ",mac_alone_um2,pe_period_ns,mac_period_ns,pe_pj");
    for (int i = 0; i < SYNTH_PARTS; i++) {
        emit(&out, ",%s_pj", parts[i]);
    }
    emit(&out, ",pe_leakage_mw,mac_leakage_mw,toggles_per_cycle,cycles\n%s,%u,%u,%u,%.1f",
         hw->type.name, hw->design.ifmap_spad_words, hw->design.filter_spad_words,
         hw->design.psum_spad_words, r->pe.area_um2);
    for (int i = 0; i < SYNTH_PARTS; i++) {
        emit(&out, ",%.1f", r->pe.part_um2[i]);
    }
    emit(&out, ",%.1f,%.4f,%.4f", r->mac.part_um2[SYNTH_MAC], r->pe.period_ns,
         r->mac.period_ns);
    if (r->cycles) {
        emit(&out, ",%.4f", sum(r->part_pj));
        for (int i = 0; i < SYNTH_PARTS; i++) {
            emit(&out, ",%.4f", r->part_pj[i]);
        }
        emit(&out, ",%.4f,%.4f,%.4f,%u\n", sum(r->part_leakage_mw),
             r->part_leakage_mw[SYNTH_MAC], r->toggles, r->cycles);
    } else {
        emit(&out, ",,,,,,,,,,\n");
    }
    return emit_close(&out, err);
}

static json_t *parts_json(const double *values) {
    json_t *object = json_object();

    for (int i = 0; i < SYNTH_PARTS; i++) {
        if (json_object_set_new(object, parts[i], json_real(values[i])) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *unit_json(const struct synth_unit_result *u) {
    return json_pack("{s:f, s:o, s:f, s:f, s:{s:s, s:s}, s:I}", "area_um2", u->area_um2,
                     "parts_um2", parts_json(u->part_um2), "period_ns", u->period_ns,
                     "fmax_mhz", 1e3 / u->period_ns, "critical_path", "start",
                     u->path_start, "end", u->path_end, "cells", (json_int_t)u->cells);
}

/* Energies only if there were waves. */
static json_t *result_json(const struct hw *hw, const struct synth_pe_result *r) {
    json_t *result = json_pack("{s:s, s:s, s:s, s:o, s:o}", "design", hw->design.name,
                               "design_hash", hw->hash, "pe_type", hw->type.name, "pe",
                               unit_json(&r->pe), "mac", unit_json(&r->mac));

    if (result && r->cycles &&
        json_object_set_new(result, "energy",
                            json_pack("{s:f, s:o, s:o, s:f, s:i}", "pj_per_mac",
                                      sum(r->part_pj), "parts_pj", parts_json(r->part_pj),
                                      "parts_leakage_mw", parts_json(r->part_leakage_mw),
                                      "toggles_per_cycle", r->toggles, "cycles",
                                      (int)r->cycles)) != 0) {
        json_decref(result);
        return NULL;
    }
    return result;
}

static int write_json(const struct hw *hw, const struct synth_pe_result *r,
                      const char *path, struct error *err) {
    json_t *result = result_json(hw, r);
    int status = json_out_write(result, path, err);

    json_decref(result);
    return status;
}

static int synthesize(const struct options *opts, struct hw *hw,
                      struct synth_pe_result *res, struct error *err) {
    char home[EMIT_PATH_MAX], root[EMIT_PATH_MAX], folder[EMIT_PATH_MAX];
    char design[EMIT_PATH_MAX], work[EMIT_PATH_MAX], cache[EMIT_PATH_MAX];
    const char *wanted = options_value(opts, "output");
    struct synth_options opt = {.home = home,
                                .design_dir = design,
                                .work_dir = work,
                                .cache_dir = cache,
                                .liberty = options_value(opts, "liberty"),
                                .any_version = options_value(opts, "any-version") != NULL,
                                .activity = synth_activity_default};

    if (home_find(home, sizeof home, err) != 0 ||
        home_cache(root, sizeof root, err) != 0 ||
        design_load(home, options_operand(opts, 0), hw, err) != 0 ||
        emit_path(cache, sizeof cache, err, "%s/synth-pe", root) != 0 ||
        emit_path(folder, sizeof folder, err, wanted ? "%s" : "%s/synth/%s-pe",
                  wanted ? wanted : root, hw->hash) != 0 ||
        emit_path(design, sizeof design, err, "%s/design", folder) != 0 ||
        emit_path(work, sizeof work, err, "%s/synthesis", folder) != 0 ||
        emit_folder(folder, err) != 0 || generate_design(home, hw, design, err) != 0) {
        return -1;
    }
    if (isatty(STDERR_FILENO)) {
        opt.progress = say;
    }
    int status = synth_pe_run(&opt, options_value(opts, "waves"), res, err);

    if (opt.progress) {
        say("");
    }
    return status;
}

int verb_synth_pe(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    struct hw hw;
    struct synth_pe_result res;
    int status = options_parse(&usage, argc, argv, &opts);

    if (status != OPTIONS_RUN) {
        return status;
    }
    const char *csv = options_value(&opts, "csv"), *json = options_value(&opts, "json");

    if (json_out_probe(json, &err) != 0 || json_out_probe(csv, &err) != 0 ||
        synthesize(&opts, &hw, &res, &err) != 0 ||
        (csv && write_csv(&hw, &res, csv, &err) != 0) ||
        (json && write_json(&hw, &res, json, &err) != 0)) {
        error_print(&err);
        return 1;
    }
    if (!json || strcmp(json, "-") != 0) {
        print_result(&hw, &res);
    }
    return 0;
}
