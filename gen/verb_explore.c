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
#include "gen/config.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "models/explore.h"
#include "pdk/csv.h"
#include "verif/memory.h"

static const struct option_spec specs[] = {
    {"network", 'n', "NET", 1, "network file, or name in models/networks"},
    {"ppa", 0, "MODELS", 0, "of qadam fit; default models/ppa/default.json"},
    {"output", 'o', "DIR", 0, "write explore.json, points.csv and fronts.csv there"},
    {"objective", 0, "COLUMN", 1, "of the fronts; gops_per_mm2, energy_uj by default"},
    {"accuracy", 0, "CSV", 0, "table of network,pe_type,accuracy: one more column"},
    {"where", 0, "CONDITION", 1, "keep only such points: 'area_um2<5e6'"},
    {"extrapolate", 0, NULL, 0, "also points outside the models' range on fronts"},
    {"no-points", 0, NULL, 0, "write no points.csv"},
    {"limit", 0, "N", 0, "refuse spaces of more designs; default 10000000"},
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
    if (options_u64(opts, "limit", 1, INT64_MAX, &s->limit, err) ||
        options_u64(opts, "batch", 1, NETWORK_BATCH_MAX, &s->batch, err) ||
        options_u64(opts, "dram-latency", 1, MEMORY_LATENCY_MAX, &s->latency, err) ||
        options_u64(opts, "jobs", 1, 1024, &s->jobs, err) ||
        options_real(opts, "clock-mhz", 1, 1e5, &s->x.clock_mhz, err) ||
        options_real(opts, "dram-pj-per-bit", 0, 1e6, &s->x.dram_pj, err)) {
        return -1;
    }
    s->x.latency = (unsigned)s->latency;
    s->x.threads = (unsigned)s->jobs;
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

/* The accuracy of a network with a PE type; NAN if the table has none. */
static int find_accuracy(const struct csv *table, const char *network,
                         const char *pe_type, double *value, struct error *err) {
    *value = NAN;
    for (size_t i = 0; i < table->rows; i++) {
        if (strcmp(csv_text(table, i, 0), network) == 0 &&
            strcmp(csv_text(table, i, 1), pe_type) == 0) {
            return csv_number(table, i, 2, value, err);
        }
    }
    return error_set_at(err, table->path, 0, 0, "has no accuracy of %s with %s", network,
                        pe_type);
}

/* Accuracies of all networks and types, if a table is given. */
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

static int load(struct exploring *s, const struct options *opts, struct error *err) {
    const char *path = options_operand(opts, 0);
    if (home_find(s->home, sizeof s->home, err) ||
        space_load(s->home, path, &s->space, err)) {
        return -1;
    }
    if (s->space.count > s->limit) {
        return error_set_at(err, path, 0, 0,
                            "has %llu designs, at most %llu are explored: make it "
                            "smaller, or give --limit",
                            (unsigned long long)s->space.count,
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

static json_t *point_json(const struct exploring *s, const struct explore_point *p) {
    struct design d;
    json_t *values = json_object();
    for (unsigned c = 0; c < COLUMNS; c++) {
        if ((c < COLUMN_PES || c >= COLUMN_OUTSIDE) && !isnan(p->value[c])) {
            (void)json_object_set_new(values, column_name((enum explore_column)c),
                                      json_real(p->value[c]));
        }
    }
    memset(&d, 0, sizeof d);
    space_member(&s->space, p->member, &d);
    json_t *design = config_json(design_keys(), &d);
    if (d.psum_bits == 0) {
        (void)json_object_set_new(design, "psum_bits",
                                  json_integer((json_int_t)p->value[COLUMN_PSUM_BITS]));
    }
    if (d.spad_style[0] == '\0') {
        (void)json_object_set_new(design, "spad_style", json_string("latch"));
    }
    return json_pack("{s:I, s:s, s:o, s:o}", "member", (json_int_t)p->member,
                     "design_hash", p->hash, "parameters", design, "values", values);
}

static json_t *best_json(const struct exploring *s, const struct explore_found *f) {
    const size_t types = space_axis_of(&s->space, "pe_type")->count;
    const size_t n = s->x.objective_count;
    json_t *object = json_object();
    for (size_t t = 0; t < types; t++) {
        json_t *by_objective = json_object();
        for (size_t k = 0; k < n; k++) {
            if (f->best[t * n + k].count > 0) {
                (void)json_object_set_new(by_objective, column_name(s->x.objectives[k]),
                                          point_json(s, &f->best[t * n + k].point));
            }
        }
        (void)json_object_set_new(object, s->space.types[t].name, by_objective);
    }
    return object;
}

static json_t *network_json(const struct exploring *s, size_t n) {
    const struct explore_found *f = &s->result.networks[n];
    json_t *front = json_array();
    for (size_t i = 0; i < f->front_count; i++) {
        (void)json_array_append_new(front, point_json(s, &f->front[i]));
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}", "network",
                     s->x.networks[n].net.name, "points", (json_int_t)f->points,
                     "outside_range", (json_int_t)f->outside, "without_mapping",
                     (json_int_t)f->unmappable, "front", front, "best", best_json(s, f));
}

static json_t *make_json(const struct exploring *s, const struct options *opts) {
    json_t *networks = json_array(), *objectives = json_array(), *where = json_array();
    const char *text;
    for (size_t k = 0; k < s->x.objective_count; k++) {
        (void)json_array_append_new(objectives,
                                    json_string(column_name(s->x.objectives[k])));
    }
    for (int i = 0; (text = options_value_at(opts, "where", i)) != NULL; i++) {
        (void)json_array_append_new(where, json_string(text));
    }
    for (size_t n = 0; n < s->x.network_count; n++) {
        (void)json_array_append_new(networks, network_json(s, n));
    }
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:b, s:o}", "designs",
                     (json_int_t)s->space.count, "illegal", (json_int_t)s->result.illegal,
                     "left_out", (json_int_t)s->result.filtered, "objectives", objectives,
                     "where", where, "clock_mhz", s->x.clock_mhz, "dram_pj_per_bit",
                     s->x.dram_pj, "extrapolate", s->x.extrapolate, "networks", networks);
}

static int write_fronts(const struct exploring *s, const char *folder,
                        struct error *err) {
    char path[EMIT_PATH_MAX];
    struct emit out;
    if (emit_path(path, sizeof path, err, "%s/fronts.csv", folder) ||
        emit_open(&out, path, err)) {
        return -1;
    }
    explore_print_header(out.file);
    for (size_t n = 0; n < s->x.network_count; n++) {
        const struct explore_found *f = &s->result.networks[n];
        for (size_t i = 0; i < f->front_count; i++) {
            explore_print_point(out.file, s->x.networks[n].net.name, &f->front[i]);
        }
    }
    return emit_close(&out, err);
}

static int write_json(const struct exploring *s, const struct options *opts,
                      const char *folder, struct error *err) {
    const char *json = options_value(opts, "json");
    char path[EMIT_PATH_MAX];
    json_t *root = make_json(s, opts);
    int status = emit_path(path, sizeof path, err, "%s/explore.json", folder) ||
                         json_out_write(root, path, err)
                     ? -1
                     : 0;
    if (status == 0 && json) {
        status = json_out_write(root, json, err);
    }
    json_decref(root);
    return status;
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
    if (emit_folder(folder, err) ||
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
    if (load(s, opts, err) || explore_all(s, opts, folder, err) ||
        write_fronts(s, folder, err) || write_json(s, opts, folder, err)) {
        return -1;
    }
    FILE *table = json && strcmp(json, "-") == 0 ? stderr : stdout;
    (void)fprintf(table, "%llu designs, %llu of them illegal, %llu left out by --where\n",
                  (unsigned long long)s->space.count,
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
