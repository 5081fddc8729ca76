/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam report: synthesis and simulation results of one design as one table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"

static void print_rules(FILE *out) {
    (void)fputs("how the figures are made:\n"
                "  latency   cycles / fmax\n"
                "  power     leakage, and all else in proportion to the clock\n"
                "  energy    power at fmax * latency: an average activity, not the "
                "layer's own\n"
                "  GOPS      2 * MACs / latency\n",
                out);
}

static const struct option_spec specs[] = {
    {"synth", 's', "FILE", 0, "result of qadam synth --json"},
    {"simulation", 'l', "FILE", 1, "result of qadam simulate --json, or of predict"},
    {"json", 0, "FILE", 0, "write the table also as JSON; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "report",
    "",
    0,
    "Prints one table of a design: area, fmax and power, and for each simulated layer\n"
    "cycles, utilization, latency and energy at fmax, and throughput per area.",
    specs,
    print_rules};

enum { HASH_SIZE = 64 };

/* The design's side of the table. */
struct silicon {
    char design[64], hash[HASH_SIZE];
    double area_um2, pe_array_um2, glb_um2, other_um2;
    double fmax_mhz;
    double power_mw, leakage_mw, clock_mhz; /* at the clock of the synthesis result */
    double power_at_fmax_mw;
};

/* One row of the table. */
struct row {
    const char *name;                     /* borrowed */
    const json_t *predicted, *mismatches; /* borrowed; a prediction has neither */
    double macs, cycles, utilization;
    double latency_ms, energy_uj, gops, gops_per_mm2;
};

/* The value at path ("a/b") below value; NULL when there is none. */
static const json_t *find(const json_t *value, const char *path) {
    char key[64];
    while (value && *path) {
        size_t length = strcspn(path, "/");
        if (length >= sizeof key) {
            return NULL;
        }
        memcpy(key, path, length);
        key[length] = '\0';
        value = json_object_get(value, key);
        path += length + (path[length] == '/');
    }
    return value;
}

/* Read a number that is at least min. Returns 0, or -1 with *err set. */
static int get_number(const struct config_file *file, const json_t *object,
                      const char *path, double min, double *number, struct error *err) {
    const json_t *value = find(object, path);
    if (!json_is_number(value)) {
        return error_set_at(err, file->path, 0, 0, "result has no number '%s'", path);
    }
    *number = json_number_value(value);
    if (!(*number >= min)) {
        return error_set_at(err, file->path, 0, 0, "'%s' is %g, must be at least %g",
                            path, *number, min);
    }
    return 0;
}

/* Read a text into buf. Returns 0, or -1 with *err set. */
static int get_text(const struct config_file *file, const char *path, char *buf,
                    size_t size, struct error *err) {
    const char *text = json_string_value(find(file->root, path));
    if (!text || strlen(text) >= size) {
        return error_set_at(err, file->path, 0, 0, "result has no text '%s'", path);
    }
    memcpy(buf, text, strlen(text) + 1);
    return 0;
}

static int read_synth(const char *path, struct silicon *s, struct error *err) {
    struct config_file file;
    if (config_open(&file, path, err)) {
        return -1;
    }
    const json_t *root = file.root;
    const double tiny = 1e-9;
    int rc = -1;
    if (get_text(&file, "design", s->design, sizeof s->design, err) ||
        get_text(&file, "design_hash", s->hash, sizeof s->hash, err) ||
        get_number(&file, root, "area_um2/total", tiny, &s->area_um2, err) ||
        get_number(&file, root, "area_um2/pe_array", 0, &s->pe_array_um2, err) ||
        get_number(&file, root, "area_um2/glb", 0, &s->glb_um2, err) ||
        get_number(&file, root, "area_um2/other", 0, &s->other_um2, err) ||
        get_number(&file, root, "fmax_mhz", tiny, &s->fmax_mhz, err) ||
        get_number(&file, root, "power_mw/total", 0, &s->power_mw, err) ||
        get_number(&file, root, "power_mw/leakage", 0, &s->leakage_mw, err) ||
        get_number(&file, root, "power_mw/clock_mhz", tiny, &s->clock_mhz, err)) {
        goto out;
    }
    s->power_at_fmax_mw =
        s->leakage_mw + (s->power_mw - s->leakage_mw) * s->fmax_mhz / s->clock_mhz;
    rc = 0;
out:
    config_close(&file);
    return rc;
}

/* Fill a row from a layer, or from the total, of a simulation. */
static int read_row(const struct config_file *file, const json_t *layer, const char *name,
                    const struct silicon *s, struct row *row, struct error *err) {
    row->name = name;
    if (get_number(file, layer, "macs", 0, &row->macs, err) ||
        get_number(file, layer, "cycles", 1, &row->cycles, err) ||
        get_number(file, layer, "utilization", 0, &row->utilization, err)) {
        return -1;
    }
    row->predicted = json_object_get(layer, "predicted_cycles");
    row->mismatches = json_object_get(layer, "mismatches");
    row->latency_ms = row->cycles / (s->fmax_mhz * 1e3);
    row->energy_uj = s->power_at_fmax_mw * row->latency_ms;
    row->gops = 2 * row->macs / (row->latency_ms * 1e6);
    row->gops_per_mm2 = row->gops / (s->area_um2 * 1e-6);
    return 0;
}

static void print_silicon(FILE *out, const struct silicon *s) {
    (void)fprintf(out, "design %s (%s)\n", s->design, s->hash);
    (void)fprintf(out, "  area   %10.4f mm2  (PE array %.4f, GLB %.4f, other %.4f)\n",
                  s->area_um2 * 1e-6, s->pe_array_um2 * 1e-6, s->glb_um2 * 1e-6,
                  s->other_um2 * 1e-6);
    (void)fprintf(out, "  fmax   %10.1f MHz\n", s->fmax_mhz);
    (void)fprintf(out, "  power  %10.1f mW at fmax (%.1f mW at %.1f MHz)\n",
                  s->power_at_fmax_mw, s->power_mw, s->clock_mhz);
}

static void print_header(FILE *out, const char *network) {
    (void)fprintf(out, "\n%s\n", network);
    (void)fprintf(out, "  %-16s %13s %11s %11s %11s %7s %10s %10s %8s %9s\n", "layer",
                  "MACs", "cycles", "predicted", "mismatches", "util %", "latency ms",
                  "energy uJ", "GOPS", "GOPS/mm2");
}

/* A count, or "-" where the result has none. */
static void print_count(FILE *out, const json_t *count) {
    if (json_is_number(count)) {
        (void)fprintf(out, " %11.0f", json_number_value(count));
    } else {
        (void)fprintf(out, " %11s", "-");
    }
}

static void print_row(FILE *out, const struct row *r) {
    (void)fprintf(out, "  %-16s %13.0f %11.0f", r->name, r->macs, r->cycles);
    print_count(out, r->predicted);
    print_count(out, r->mismatches);
    (void)fprintf(out, " %7.1f %10.4f %10.2f %8.2f %9.2f\n", 100 * r->utilization,
                  r->latency_ms, r->energy_uj, r->gops, r->gops_per_mm2);
}

static json_t *row_json(const struct row *r) {
    return json_pack("{s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f}", "name", r->name, "macs",
                     (json_int_t)r->macs, "cycles", (json_int_t)r->cycles, "utilization",
                     r->utilization, "latency_ms", r->latency_ms, "energy_uj",
                     r->energy_uj, "gops", r->gops, "gops_per_mm2", r->gops_per_mm2);
}

/* One network: its rows to out, and appended to the array networks. */
static int report_network(const char *path, const struct silicon *s, FILE *out,
                          json_t *networks, struct error *err) {
    struct config_file file;
    char network[64], hash[HASH_SIZE];
    struct row row = {0};
    int rc = -1;
    if (config_open(&file, path, err)) {
        return -1;
    }
    json_t *rows = json_array();
    const json_t *layers = json_object_get(file.root, "layers");
    if (get_text(&file, "network", network, sizeof network, err) ||
        get_text(&file, "design_hash", hash, sizeof hash, err)) {
        goto out;
    }
    if (strcmp(hash, s->hash) != 0) {
        (void)error_set_at(err, path, 0, 0,
                           "simulated design has hash %s, the synthesized one %s", hash,
                           s->hash);
        goto out;
    }
    print_header(out, network);
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        const char *name = json_string_value(json_object_get(layer, "name"));
        if (read_row(&file, layer, name ? name : "?", s, &row, err)) {
            goto out;
        }
        print_row(out, &row);
        (void)json_array_append_new(rows, row_json(&row));
    }
    (void)json_array_append_new(
        networks, json_pack("{s:s, s:O}", "network", network, "layers", rows));
    rc = 0;
out:
    json_decref(rows);
    config_close(&file);
    return rc;
}

static json_t *silicon_json(const struct silicon *s, json_t *networks) {
    return json_pack("{s:s, s:s, s:f, s:f, s:f, s:O}", "design", s->design, "design_hash",
                     s->hash, "area_um2", s->area_um2, "fmax_mhz", s->fmax_mhz,
                     "power_mw", s->power_at_fmax_mw, "networks", networks);
}

static int run(const struct options *opts, struct error *err) {
    const char *json = options_value(opts, "json");
    FILE *out = json && strcmp(json, "-") == 0 ? stderr : stdout;
    struct silicon s = {0};
    if (read_synth(options_value(opts, "synth"), &s, err)) {
        return -1;
    }
    json_t *networks = json_array();
    int rc = 0;
    print_silicon(out, &s);
    for (int i = 0; rc == 0 && i < options_count(opts, "simulation"); i++) {
        rc = report_network(options_value_at(opts, "simulation", i), &s, out, networks,
                            err);
    }
    if (rc == 0 && json) {
        json_t *root = silicon_json(&s, networks);
        rc = json_out_write(root, json, err);
        json_decref(root);
    }
    json_decref(networks);
    return rc;
}

int verb_report(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (!options_value(&opts, "synth")) {
        (void)error_set(&err, "report: --synth is missing");
        status = OPTIONS_ERROR;
    } else {
        status = run(&opts, &err) ? 1 : 0;
    }
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    return status;
}
