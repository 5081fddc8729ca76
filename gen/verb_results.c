/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam results: the table of a campaign's results.
 */
#include <stdio.h>
#include <string.h>

#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "synth_flows/result_table.h"

static const struct option_spec specs[] = {
    {"csv", 0, "FILE", 0, "write all columns as CSV"},
    {"json", 0, "FILE", 0, "write all results as JSON; - is standard output"},
    {"skip-bad", 0, NULL, 0, "leave out damaged results and those of another version"},
    {"any-version", 0, NULL, 0, "take results of another version too"},
    {NULL, 0, NULL, 0, NULL}};

static void print_more(FILE *out) {
    (void)fputs(
        "The version of a result is what it depends on: the program, RTL, scripts, "
        "library,\n"
        "tools and options. Without an option, damaged results and those of "
        "another version\n"
        "than the last 'qadam campaign' in DIR had are an error, and no table is "
        "made.\n",
        out);
}

static const struct option_usage usage = {
    "results",
    "DIR",
    1,
    "Prints the table of the results in a campaign's folder: design, area, fmax, power.\n"
    "The same results give the same bytes.",
    specs,
    print_more};

static void report(void *context, const struct error *why) {
    (void)context;
    (void)fprintf(stderr, "qadam: %s: %s\n", why->file, why->text);
}

static double number(const json_t *result, const char *a, const char *b) {
    const json_t *value = json_object_get(json_object_get(result, "synthesis"), a);
    return json_number_value(b ? json_object_get(value, b) : value);
}

static const char *word(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "?";
}

static long count(const json_t *design, const char *key) {
    return (long)json_integer_value(json_object_get(design, key));
}

static void print_table(const struct result_table *table) {
    const json_t *result;
    size_t i, tests = 0;
    (void)printf("%-16s %-9s %5s %14s %5s %4s %4s %-5s %9s %7s %9s\n", "design", "type",
                 "PEs", "spads", "GLB", "bus", "DRAM", "set", "area", "fmax", "power");
    (void)printf("%-16s %-9s %5s %14s %5s %4s %4s %-5s %9s %7s %9s\n", "", "", "",
                 "words", "KiB", "bits", "B", "", "mm2", "MHz", "mW");
    json_array_foreach(table->results, i, result) {
        const json_t *d = json_object_get(result, "parameters");
        char pes[32], spads[64];
        (void)snprintf(pes, sizeof pes, "%ldx%ld", count(d, "rows"), count(d, "cols"));
        (void)snprintf(spads, sizeof spads, "%ld/%ld/%ld", count(d, "ifmap_spad_words"),
                       count(d, "filter_spad_words"), count(d, "psum_spad_words"));
        (void)printf(
            "%-16s %-9s %5s %14s %5ld %4ld %4ld %-5s %9.4f %7.1f %9.2f\n",
            word(result, "design_hash"), word(result, "pe_type"), pes, spads,
            count(d, "glb_kib"), count(d, "bus_bits"), count(d, "dram_bytes_per_cycle"),
            word(result, "set"), 1e-6 * number(result, "area_um2", "total"),
            number(result, "fmax_mhz", NULL), number(result, "power_mw", "total"));
        tests += strcmp(word(result, "set"), "test") == 0;
    }
    json_array_foreach(table->failed, i, result) {
        (void)printf("%-16s %-9s failed: %s\n", word(result, "design_hash"),
                     word(result, "pe_type"),
                     word(json_object_get(result, "error"), "text"));
    }
    (void)printf("%zu results, %zu of them for testing; %zu failed",
                 json_array_size(table->results), tests, json_array_size(table->failed));
    if (table->planned >= 0) {
        (void)printf("; %ld designs are planned", table->planned);
    }
    (void)putchar('\n');
}

static int run(const struct options *opts, struct error *err) {
    const char *csv = options_value(opts, "csv"), *json = options_value(opts, "json");
    struct result_table table;
    struct result_table_options options = {
        .any_version = options_value(opts, "any-version") != NULL,
        .skip_bad = options_value(opts, "skip-bad") != NULL,
        .report = report};
    int rc = result_table_read(&table, options_operand(opts, 0), &options, err);
    if (rc) {
        return -1;
    }
    if (csv) {
        rc = result_table_csv(&table, csv, err);
    }
    if (rc == 0 && json) {
        json_t *value = json_pack("{s:O, s:O, s:I}", "results", table.results, "failed",
                                  table.failed, "planned", (json_int_t)table.planned);
        rc = json_out_write(value, json, err);
        json_decref(value);
    }
    if (rc == 0 && (!json || strcmp(json, "-") != 0)) {
        print_table(&table);
    }
    result_table_close(&table);
    return rc;
}

int verb_results(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (run(&opts, &err)) {
        error_print(&err);
        return 1;
    }
    return 0;
}
