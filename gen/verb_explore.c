/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam explore: latency, energy, power and area of all designs of a space.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/choose_layers.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/sample.h"
#include "gen/verbs.h"
#include "gen/version.h"
#include "models/explore.h"
#include "models/explore_report.h"
#include "pdk/csv.h"
#include "synth_flows/tool.h"
#include "verif/memory.h"

static const struct option_spec specs[] = {
    {"network", 'n', "NET", 1, "network file, or name in models/networks"},
    {"ppa", 0, "MODELS", 0, "of qadam fit; default models/ppa/default.json"},
    {"output", 'o', "DIR", 0, "write explore.json, points.csv and fronts.csv there"},
    {"objective", 0, "COLUMN", 1, "of the fronts; gops_per_mm2, energy_uj by default"},
    {"accuracy", 0, "CSV", 0, "table of network,pe_type,accuracy: one more column"},
    {"where", 0, "CONDITION", 1, "keep only such points: 'area_um2<5e6'"},
    {"extrapolate", 0, NULL, 0, "also points outside the models' range on fronts"},
    {"report", 0, NULL, 0, "also plots as SVG and the page report.html in DIR"},
    {"no-points", 0, NULL, 0, "write no points.csv"},
    {"sample", 0, "N", 0, "only N designs of each PE type, that cover the space"},
    {"seed", 0, "N", 0, "of the sample; 1 by default"},
    {"limit", 0, "N", 0, "refuse more designs than that; default 10000000"},
    {"batch", 0, "N", 0, "images, instead of the network files' batch"},
    {"dram-latency", 0, "CYCLES", 0, "of the memory; 64 by default"},
    {"clock-mhz", 0, "MHZ", 0, "clock of power, latency and energy; default: fmax"},
    {"dram-pj-per-bit", 0, "PJ", 0, "energy of DRAM; default 20.3"},
    {"jobs", 'j', "N", 0, "threads; by default all processors"},
    {"json", 0, "FILE", 0, "write explore.json there too; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static void print_columns(FILE *out) {
    (void)fputs("columns, for objectives and conditions (also pe_type=NAME):\n ", out);
    for (unsigned c = 0; c < COLUMNS; c++) {
        (void)fprintf(out, " %s%s", column_name((enum explore_column)c),
                      c % 6 == 5 ? "\n " : "");
    }
    (void)fputs(
        "\n\nMore of fmax_mhz, gops_per_mm2 and utilization is better, less of all "
        "else.\nPoints with outside_range above 0 have so many parameters outside "
        "the range of\nthe models' training designs; they are marked and stay off "
        "the fronts.\n",
        out);
}

static const struct option_usage usage = {
    "explore",
    "SPACE",
    1,
    "Evaluates every design of a space on networks by the exact performance model and\n"
    "the models of qadam fit; finds Pareto fronts and the best design of each PE type.",
    specs,
    print_columns};

/* The verb's state. */
struct exploring {
    struct explore x;
    struct space space;
    struct ppa ppa;
    struct explore_result result;
    char home[EMIT_PATH_MAX], models[EMIT_PATH_MAX];
    uint64_t limit, batch, latency, jobs;
    struct sample_options sample;
    uint64_t *members; /* owned, of the sample, rising; NULL: all are evaluated */
};

static void say(uint64_t done, uint64_t all) {
    (void)fprintf(stderr, "\r\033[K%llu of %llu designs",
                  (unsigned long long)(done < all ? done : all), (unsigned long long)all);
    (void)fflush(stderr);
}

/* ---- before the work ---- */

static int read_numbers(struct exploring *s, const struct options *opts,
                        struct error *err) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s->limit = 10000000;
    s->latency = MEMORY_LATENCY_DEFAULT;
    s->jobs = processors > 0 ? (uint64_t)processors : 1;
    s->x.dram_pj = PPA_DRAM_PJ_PER_BIT;
    s->sample.seed = 1;
    if (options_u64(opts, "limit", 1, INT64_MAX, &s->limit, err) ||
        options_u64(opts, "sample", 1, SAMPLE_DESIGNS_MAX, &s->sample.per_type, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &s->sample.seed, err) ||
        options_u64(opts, "batch", 1, NETWORK_BATCH_MAX, &s->batch, err) ||
        options_u64(opts, "dram-latency", 1, MEMORY_LATENCY_MAX, &s->latency, err) ||
        options_u64(opts, "jobs", 1, 1024, &s->jobs, err) ||
        options_real(opts, "clock-mhz", 1, 1e5, &s->x.clock_mhz, err) ||
        options_real(opts, "dram-pj-per-bit", 0, 1e6, &s->x.dram_pj, err)) {
        return -1;
    }
    s->x.latency = (unsigned)s->latency;
    s->x.threads = (unsigned)s->jobs;
    s->x.spread = options_value(opts, "report") != NULL;
    s->x.extrapolate = options_value(opts, "extrapolate") != NULL;
    return 0;
}

static int read_objectives(struct explore *x, const struct options *opts,
                           struct error *err) {
    const char *text;
    for (int i = 0; (text = options_value_at(opts, "objective", i)) != NULL; i++) {
        const enum explore_column c = column_find(text, "--objective", err);
        if (c == COLUMNS) {
            return -1;
        }
        if (x->objective_count == PARETO_OBJECTIVES) {
            return error_set(err, "explore: more than %d objectives", PARETO_OBJECTIVES);
        }
        x->objectives[x->objective_count++] = c;
    }
    if (x->objective_count == 0) {
        x->objectives[x->objective_count++] = COLUMN_GOPS_PER_MM2;
        x->objectives[x->objective_count++] = COLUMN_ENERGY;
    }
    for (int i = 0; (text = options_value_at(opts, "where", i)) != NULL; i++) {
        if (x->condition_count == EXPLORE_CONDITIONS) {
            return error_set(err, "explore: more than %d conditions", EXPLORE_CONDITIONS);
        }
        if (condition_parse(text, &x->conditions[x->condition_count++], err)) {
            return -1;
        }
    }
    return 0;
}

static int asks_for_accuracy(const struct explore *x) {
    int asked = 0;
    for (size_t k = 0; k < x->objective_count; k++) {
        asked |= x->objectives[k] == COLUMN_ACCURACY;
    }
    for (size_t k = 0; k < x->condition_count; k++) {
        asked |= x->conditions[k].column == COLUMN_ACCURACY;
    }
    return asked;
}

static int read_options(struct exploring *s, const struct options *opts,
                        struct error *err) {
    if (!options_value(opts, "network")) {
        return error_set(err, "explore: --network is missing");
    }
    if (options_count(opts, "network") > EXPLORE_NETWORKS) {
        return error_set(err, "explore: more than %d networks", EXPLORE_NETWORKS);
    }
    if (!options_value(opts, "output")) {
        return error_set(err, "explore: --output is missing");
    }
    if (read_numbers(s, opts, err) || read_objectives(&s->x, opts, err)) {
        return -1;
    }
    return !options_value(opts, "accuracy") && asks_for_accuracy(&s->x)
               ? error_set(err, "explore: the column accuracy needs a table: --accuracy")
               : 0;
}

static int load_networks(struct exploring *s, const struct options *opts,
                         struct error *err) {
    const char *name;
    for (int i = 0; (name = options_value_at(opts, "network", i)) != NULL; i++) {
        struct explore_network *n = &s->x.networks[s->x.network_count];
        if (network_load_batch(s->home, name, (unsigned)s->batch, &n->net, err)) {
            return -1;
        }
        s->x.network_count++;
        if (choose_layers(&n->net, opts, &n->layers, &n->count, err)) {
            return -1;
        }
    }
    return 0;
}

/* Models of every PE type of the space. */
static int load_models(struct exploring *s, const struct options *opts,
                       struct error *err) {
    const char *wanted = options_value(opts, "ppa");
    const size_t types = space_axis_of(&s->space, "pe_type")->count;
    if (emit_path(s->models, sizeof s->models, err,
                  wanted ? "%s" : "%s/models/ppa/default.json",
                  wanted ? wanted : s->home) ||
        ppa_load(&s->ppa, s->models, err)) {
        return -1;
    }
    for (size_t i = 0; i < types; i++) {
        if (!ppa_need(&s->ppa, s->models, s->space.types[i].name, err)) {
            return -1;
        }
    }
    return 0;
}

static int table_names(const struct csv *table, const char *network) {
    int named = 0;
    for (size_t i = 0; i < table->rows; i++) {
        named |= strcmp(csv_text(table, i, 0), network) == 0;
    }
    return named;
}

/* The accuracy of a network with a PE type. */
static int find_accuracy(const struct csv *table, const char *network,
                         const char *pe_type, double *value, struct error *err) {
    for (size_t i = 0; i < table->rows; i++) {
        if (strcmp(csv_text(table, i, 0), network) == 0 &&
            strcmp(csv_text(table, i, 1), pe_type) == 0) {
            return csv_number(table, i, 2, value, err);
        }
    }
    return error_set_at(err, table->path, 0, 0, "has no accuracy of %s with %s", network,
                        pe_type);
}

/* Accuracies of all networks and types, if a table is given. A network that the table
 * does not name has none, unless they are asked for. */
static int load_accuracy(struct exploring *s, const struct options *opts,
                         struct error *err) {
    const char *path = options_value(opts, "accuracy");
    const size_t types = space_axis_of(&s->space, "pe_type")->count;
    char folder[EMIT_PATH_MAX] = ".";
    struct csv table;
    if (!path) {
        return 0;
    }
    const char *slash = strrchr(path, '/');
    if (slash &&
        emit_path(folder, sizeof folder, err, "%.*s", (int)(slash - path + 1), path)) {
        return -1;
    }
    if (csv_load(&table, folder, slash ? slash + 1 : path, "network,pe_type,accuracy",
                 err)) {
        return -1;
    }
    int status = 0;
    for (size_t n = 0; n < s->x.network_count && status == 0; n++) {
        struct explore_network *to = &s->x.networks[n];
        if (!asks_for_accuracy(&s->x) && !table_names(&table, to->net.name)) {
            continue;
        }
        to->accuracy = calloc(types, sizeof *to->accuracy);
        if (!to->accuracy) {
            status = error_set(err, "out of memory");
            break;
        }
        for (size_t t = 0; t < types && status == 0; t++) {
            status = find_accuracy(&table, to->net.name, s->space.types[t].name,
                                   &to->accuracy[t], err);
        }
    }
    csv_close(&table);
    return status;
}

static int compare_members(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Draw the sample, if one is wanted: in the order of the space, in which neighbours have
 * much in common. */
static int draw_sample(struct exploring *s, struct error *err) {
    struct sample_design *drawn = NULL;
    size_t count;
    if (s->sample.per_type == 0) {
        return 0;
    }
    if (sample_designs(&s->space, &s->sample, &drawn, &count, err)) {
        return -1;
    }
    s->members = calloc(count + 1, sizeof *s->members);
    if (s->members) {
        for (size_t i = 0; i < count; i++) {
            s->members[i] = drawn[i].member;
        }
        qsort(s->members, count, sizeof *s->members, compare_members);
        s->x.members = s->members;
        s->x.member_count = count;
    }
    free(drawn);
    return s->members ? 0 : error_set(err, "out of memory");
}

/* How many designs are evaluated. */
static uint64_t design_count(const struct exploring *s) {
    return s->members ? s->x.member_count : s->space.count;
}

static int load(struct exploring *s, const struct options *opts, struct error *err) {
    const char *path = options_operand(opts, 0);
    if (home_find(s->home, sizeof s->home, err) ||
        space_load(s->home, path, &s->space, err) || draw_sample(s, err)) {
        return -1;
    }
    if (design_count(s) > s->limit) {
        return error_set_at(err, path, 0, 0,
                            "%s %llu designs, at most %llu are explored: make it "
                            "smaller, or give --limit or --sample",
                            s->members ? "its sample has" : "has",
                            (unsigned long long)design_count(s),
                            (unsigned long long)s->limit);
    }
    s->x.space = &s->space;
    s->x.ppa = &s->ppa;
    return load_networks(s, opts, err) || load_accuracy(s, opts, err) ||
                   load_models(s, opts, err)
               ? -1
               : 0;
}

/* ---- after it ---- */

/* A file's name, without folders, and a hash of its text. Returns 0, or -1 with *err
 * set. */
static int put_file(json_t *object, const char *key, const char *path,
                    struct error *err) {
    char *text, hash[17];
    size_t size;
    const char *slash = strrchr(path, '/');
    if (emit_read(path, &text, &size, err)) {
        return -1;
    }
    (void)snprintf(hash, sizeof hash, "%016llx",
                   (unsigned long long)emit_fnv(EMIT_FNV_START, text, size));
    free(text);
    return json_object_set_new(
               object, key,
               json_pack("{s:s, s:s}", "file", slash ? slash + 1 : path, "hash", hash))
               ? error_set(err, "out of memory")
               : 0;
}

/* Where the results come from. */
static int put_origin(const struct exploring *s, const struct options *opts, json_t *root,
                      struct error *err) {
    json_t *command = json_array();
    for (int i = 1; i < opts->argc; i++) {
        (void)json_array_append_new(command, json_string(opts->argv[i]));
    }
    (void)json_object_set_new(root, "qadam", json_string(QADAM_VERSION));
    (void)json_object_set_new(root, "arguments", command);
    if (put_file(root, "space", options_operand(opts, 0), err) ||
        put_file(root, "models", s->models, err)) {
        return -1;
    }
    (void)json_object_set_new(root, "members", json_integer((json_int_t)s->space.count));
    if (s->members) {
        (void)json_object_set_new(root, "sample",
                                  json_pack("{s:I, s:I}", "per_type",
                                            (json_int_t)s->sample.per_type, "seed",
                                            (json_int_t)s->sample.seed));
    }
    return 0;
}

static json_t *make_json(const struct exploring *s, const struct options *opts,
                         struct error *err) {
    json_t *root = json_object();
    json_t *objectives = json_array(), *where = json_array();
    const char *text;
    for (size_t k = 0; k < s->x.objective_count; k++) {
        (void)json_array_append_new(objectives,
                                    json_string(column_name(s->x.objectives[k])));
    }
    for (int i = 0; (text = options_value_at(opts, "where", i)) != NULL; i++) {
        (void)json_array_append_new(where, json_string(text));
    }
    if (put_origin(s, opts, root, err)) {
        json_decref(root);
        root = NULL;
    }
    json_t *found = json_pack(
        "{s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:b, s:o}", "designs",
        (json_int_t)design_count(s), "illegal", (json_int_t)s->result.illegal, "left_out",
        (json_int_t)s->result.filtered, "objectives", objectives, "where", where,
        "clock_mhz", s->x.clock_mhz, "dram_pj_per_bit", s->x.dram_pj, "extrapolate",
        s->x.extrapolate, "networks", explore_report_json(&s->x, &s->result));
    if (root && json_object_update(root, found)) {
        json_decref(root);
        root = NULL;
    }
    json_decref(found);
    return root;
}

static int write_json(const struct exploring *s, const struct options *opts,
                      const char *folder, struct error *err) {
    const char *json = options_value(opts, "json");
    char path[EMIT_PATH_MAX];
    json_t *root = make_json(s, opts, err);
    int status = !root || emit_path(path, sizeof path, err, "%s/explore.json", folder) ||
                         json_out_write(root, path, err)
                     ? -1
                     : 0;
    if (status == 0 && json) {
        status = json_out_write(root, json, err);
    }
    json_decref(root);
    return status ? error_set(err, "out of memory") : 0;
}

static int write_fronts(const struct exploring *s, const char *folder,
                        struct error *err) {
    char path[EMIT_PATH_MAX];
    return emit_path(path, sizeof path, err, "%s/fronts.csv", folder) ||
                   explore_report_fronts(&s->x, &s->result, path, err)
               ? -1
               : 0;
}

/* Run the script that makes plots and the page of what is in the folder; with check, see
 * only whether it has what it needs. */
static int run_script(const struct exploring *s, const char *folder, int check,
                      struct error *err) {
    char script[EMIT_PATH_MAX], log[EMIT_PATH_MAX];
    if (!s->x.spread) {
        return 0;
    }
    if (emit_path(log, sizeof log, err, "%s/report.log", folder) ||
        emit_path(script, sizeof script, err, "%s/models/explore_report.py", s->home)) {
        return -1;
    }
    const char *const argv[] = {"/usr/bin/python3", "-B", script,
                                check ? "--check" : folder, NULL};
    char *const settings[] = {NULL};
    return tool_run(argv, settings, log, "the report", err);
}

static int write_report(const struct exploring *s, const char *folder,
                        struct error *err) {
    char spread[EMIT_PATH_MAX];
    if (!s->x.spread) {
        return 0;
    }
    return emit_path(spread, sizeof spread, err, "%s/spread.csv", folder) ||
                   explore_report_spread(&s->x, &s->result, spread, err) ||
                   run_script(s, folder, 0, err)
               ? -1
               : 0;
}

static void print_best(FILE *out, const struct exploring *s, size_t n) {
    const struct explore_found *f = &s->result.networks[n];
    const size_t types = space_axis_of(&s->space, "pe_type")->count;
    const size_t objectives = s->x.objective_count;
    (void)fprintf(out,
                  "\n%s: %llu points, %llu outside the models' range, %llu designs "
                  "without a mapping, %zu on the front\n",
                  s->x.networks[n].net.name, (unsigned long long)f->points,
                  (unsigned long long)f->outside, (unsigned long long)f->unmappable,
                  f->front_count);
    (void)fprintf(out, "  %-10s %-14s %10s %10s %9s %10s %11s %12s %7s\n", "PE type",
                  "best by", "member", "area mm2", "fmax MHz", "latency ms", "energy uJ",
                  "GOPS/mm2", "util");
    for (size_t i = 0; i < types * objectives; i++) {
        const double *v = f->best[i].point.value;
        if (f->best[i].count > 0) {
            (void)fprintf(out,
                          "  %-10s %-14s %10llu %10.4g %9.4g %10.4g %11.4g %12.4g "
                          "%6.1f%%\n",
                          s->space.types[i / objectives].name,
                          column_name(s->x.objectives[i % objectives]),
                          (unsigned long long)f->best[i].point.member,
                          1e-6 * v[COLUMN_AREA], v[COLUMN_FMAX], v[COLUMN_LATENCY],
                          v[COLUMN_ENERGY], v[COLUMN_GOPS_PER_MM2],
                          100 * v[COLUMN_UTILIZATION]);
        }
    }
}

/* ---- the work ---- */

static int explore_all(struct exploring *s, const struct options *opts,
                       const char *folder, struct error *err) {
    char path[EMIT_PATH_MAX];
    struct emit points;
    const int with_points = options_value(opts, "no-points") == NULL;
    if (emit_folder(folder, err) || run_script(s, folder, 1, err) ||
        emit_path(path, sizeof path, err, "%s/points.csv", folder) ||
        emit_remove(path, err) || (with_points && emit_open(&points, path, err))) {
        return -1;
    }
    s->x.points = with_points ? points.file : NULL;
    s->x.progress = isatty(STDERR_FILENO) ? say : NULL;
    int status = explore_run(&s->x, &s->result, err);
    if (s->x.progress) {
        (void)fputs("\r\033[K", stderr);
    }
    if (with_points && status == 0) {
        status = emit_close(&points, err);
    } else if (with_points) {
        emit_abandon(&points);
    }
    return status;
}

static int run(struct exploring *s, const struct options *opts, struct error *err) {
    const char *folder = options_value(opts, "output");
    const char *json = options_value(opts, "json");
    if (json_out_probe(json, err) || load(s, opts, err) ||
        explore_all(s, opts, folder, err) || write_fronts(s, folder, err) ||
        write_json(s, opts, folder, err) || write_report(s, folder, err)) {
        return -1;
    }
    FILE *table = json && strcmp(json, "-") == 0 ? stderr : stdout;
    (void)fprintf(table, "%llu designs, %llu of them illegal, %llu left out by --where\n",
                  (unsigned long long)design_count(s),
                  (unsigned long long)s->result.illegal,
                  (unsigned long long)s->result.filtered);
    for (size_t n = 0; n < s->x.network_count; n++) {
        print_best(table, s, n);
    }
    return 0;
}

static void exploring_close(struct exploring *s) {
    explore_close(&s->x, &s->result);
    for (size_t n = 0; n < EXPLORE_NETWORKS; n++) {
        network_close(&s->x.networks[n].net);
        free(s->x.networks[n].layers);
        free(s->x.networks[n].accuracy);
    }
    ppa_close(&s->ppa);
    space_close(&s->space);
    free(s->members);
    free(s);
}

int verb_explore(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    struct exploring *s = calloc(1, sizeof *s);
    if (!s) {
        (void)error_set(&err, "out of memory");
        status = 1;
    } else {
        status = read_options(s, &opts, &err) ? OPTIONS_ERROR : 0;
        if (status == 0) {
            status = run(s, &opts, &err) ? 1 : 0;
        }
        exploring_close(s);
    }
    if (status != 0) {
        error_print(&err);
    }
    return status;
}
