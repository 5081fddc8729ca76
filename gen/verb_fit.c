/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam fit: models of area, power and clock from results of synthesis.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "gen/version.h"
#include "models/fit_report.h"
#include "synth_flows/tool.h"

static const struct option_spec specs[] = {
    {"output", 'o', "MODELS", 0, "write the models there"},
    {"test", 0, "DIR", 1, "more results, all of them held out"},
    {"report", 0, "DIR", 0, "write tables and plots of the errors there"},
    {"degree", 0, "N", 0, "highest degree tried, 1..4; default 4"},
    {"folds", 0, "N", 0, "of the cross validation, 2..20; default 10"},
    {"held-out", 0, "PERCENT", 0, "of the designs, only for errors; default 20"},
    {"seed", 0, "N", 0, "of the lots for folds and held-out designs; default 1"},
    {"tool-version", 0, "V", 0, "take results of this version of qadam, not of ours"},
    {"json", 0, "FILE", 0, "write the models there too; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "fit",
    "DIR...",
    OPTIONS_ANY,
    "Fits polynomials to results of qadam synth (all *.json below each DIR, or *.csv\n"
    "of qadam results): area, energy per cycle, leakage and period of each PE type.\n"
    "Degree, terms, ridge and structure are chosen by cross validation, without the\n"
    "designs that are held out.",
    specs,
    NULL};

enum { PATHS = 64 };

static void say(const char *type, const char *quantity) {
    (void)fprintf(stderr, "\r\033[K%s: %s", type, quantity);
    (void)fflush(stderr);
}

/* Read the operands, or the values of option name when it is not NULL. */
static int read_results(const struct options *opts, const char *option, const char *home,
                        struct fit_data *data, struct error *err) {
    const char *paths[PATHS], *version = options_value(opts, "tool-version");
    size_t count = 0;
    const char *path;
    while ((path = option ? options_value_at(opts, option, (int)count)
                          : options_operand(opts, (int)count)) != NULL) {
        if (count == PATHS) {
            return error_set(err, "fit: more than %d folders of results", PATHS);
        }
        paths[count++] = path;
    }
    return fit_data_read(data, home, paths, count, option != NULL,
                         version ? version : QADAM_VERSION, err);
}

/* Tables as CSV, and plots of them if matplotlib is there. */
static int write_report(const struct fit *fit, const char *home, const char *folder,
                        struct error *err) {
    char points[EMIT_PATH_MAX], errors[EMIT_PATH_MAX], script[EMIT_PATH_MAX];
    char log[EMIT_PATH_MAX];
    if (emit_folder(folder, err) ||
        emit_path(points, sizeof points, err, "%s/points.csv", folder) ||
        emit_path(errors, sizeof errors, err, "%s/errors.csv", folder) ||
        emit_path(log, sizeof log, err, "%s/plot.log", folder) ||
        emit_path(script, sizeof script, err, "%s/models/fit_report.py", home) ||
        fit_report_points(fit, points, err) || fit_report_errors(fit, errors, err)) {
        return -1;
    }
    const char *const argv[] = {"/usr/bin/python3", "-B", script, folder, NULL};
    char *const settings[] = {NULL};
    return tool_run(argv, settings, log, "plotting with matplotlib", err);
}

static int read_options(const struct options *opts, struct fit_options *opt,
                        struct error *err) {
    uint64_t degree = POLYNOMIAL_DEGREE, folds = 10;
    double percent = 20;
    opt->select.seed = 1;
    if (!options_value(opts, "output")) {
        return error_set(err, "fit: --output is missing");
    }
    if (options_u64(opts, "degree", 1, POLYNOMIAL_DEGREE, &degree, err) ||
        options_u64(opts, "folds", 2, 20, &folds, err) ||
        options_u64(opts, "seed", 0, INT64_MAX, &opt->select.seed, err) ||
        options_real(opts, "held-out", 0, 90, &percent, err)) {
        return -1;
    }
    opt->select.degree_max = (unsigned)degree;
    opt->select.folds = (unsigned)folds;
    opt->degree_given = options_value(opts, "degree") != NULL;
    opt->held_out = percent / 100;
    return 0;
}

static int fit_and_write(const struct options *opts, const struct fit_options *opt,
                         struct fit_data *data, struct fit *fit, struct error *err) {
    const char *json = options_value(opts, "json");
    const char *report = options_value(opts, "report");
    const int terminal = isatty(STDERR_FILENO);
    char home[EMIT_PATH_MAX];
    if (json_out_probe(options_value(opts, "output"), err) || json_out_probe(json, err) ||
        home_find(home, sizeof home, err) || read_results(opts, NULL, home, data, err) ||
        read_results(opts, "test", home, data, err) || fit_data_finish(data, err) ||
        fit_models(fit, data, opt, terminal ? say : NULL, err)) {
        return -1;
    }
    if (terminal) {
        (void)fputs("\r\033[K", stderr);
    }
    json_t *models = fit_report_json(fit, data, opt);
    int status = json_out_write(models, options_value(opts, "output"), err);
    if (status == 0 && json) {
        status = json_out_write(models, json, err);
    }
    json_decref(models);
    if (status != 0) {
        return -1;
    }
    FILE *table = json && strcmp(json, "-") == 0 ? stderr : stdout;
    (void)fprintf(table, "%zu results", data->count);
    if (data->skipped > 0) {
        (void)fprintf(table, ", %zu other files skipped", data->skipped);
    }
    (void)fputs("\n\n", table);
    fit_report_print(fit, table);
    return report ? write_report(fit, home, report, err) : 0;
}

int verb_fit(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    struct fit_options opt = {0};
    struct fit_data data = {0};
    struct fit fit = {NULL, 0};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    if (read_options(&opts, &opt, &err)) {
        error_print(&err);
        return OPTIONS_ERROR;
    }
    status = fit_and_write(&opts, &opt, &data, &fit, &err) ? 1 : 0;
    if (status != 0) {
        error_print(&err);
    }
    fit_close(&fit);
    fit_data_close(&data);
    return status;
}
