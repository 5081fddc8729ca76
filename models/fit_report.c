/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of models and the tables of a fit.
 */
#include "models/fit_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gen/emit.h"

/* What is reported: quantities as users see them. Power is at the clock that the result
 * states. */
enum series { AREA, POWER, FMAX, DYNAMIC, LEAKAGE, SERIES };

static const struct {
    const char *name;
    enum ppa_quantity quantity; /* whose structures it comes in */
} all_series[SERIES] = {
    [AREA] = {"area_um2", PPA_AREA},
    [POWER] = {"power_mw", PPA_DYNAMIC},
    [FMAX] = {"fmax_mhz", PPA_PERIOD},
    [DYNAMIC] = {"dynamic_pj_per_cycle", PPA_DYNAMIC},
    [LEAKAGE] = {"leakage_mw", PPA_LEAKAGE},
};

enum split { TRAINING, CROSS, HELD_OUT, SPLITS };

static const char *const splits[SPLITS] = {"training", "cross_validation", "held_out"};

static double actual_of(const struct fit_record *r, enum series s) {
    switch (s) {
    case POWER:
        return r->figure[FIT_POWER];
    case FMAX:
        return r->figure[FIT_FMAX];
    default:
        return fit_actual(r, all_series[s].quantity);
    }
}

/* Of structure k: what the model says of design i, in cross validation or at last. */
static double estimate_of(const struct fit_type *type, enum series s, size_t k, size_t i,
                          int cross) {
    const enum ppa_quantity q = all_series[s].quantity;
    const struct fit_candidate *c = &type->of[q][k];
    const struct fit_candidate *leakage =
        &type->of[PPA_LEAKAGE][type->chosen[PPA_LEAKAGE]];
    const double value = (cross ? c->cross : c->estimate)[i];
    switch (s) {
    case POWER:
        return value * 1e-3 * type->records[i].figure[FIT_CLOCK] +
               (cross ? leakage->cross : leakage->estimate)[i];
    case FMAX:
        return 1e3 / value;
    default:
        return value;
    }
}

/* Errors of structure k on a split. Returns 0, or -1: out of memory. */
static int split_errors(const struct fit_type *type, enum series s, size_t k,
                        enum split split, struct fit_errors *e) {
    double *actual = calloc(2 * type->count + 1, sizeof *actual);
    size_t count = 0;
    if (!actual) {
        return -1;
    }
    double *estimate = actual + type->count;
    for (size_t i = 0; i < type->count; i++) {
        if (type->records[i].held_out == (split == HELD_OUT)) {
            actual[count] = actual_of(&type->records[i], s);
            estimate[count++] = estimate_of(type, s, k, i, split == CROSS);
        }
    }
    fit_compare(actual, estimate, count, e);
    free(actual);
    return 0;
}

/* ---- the file of models ---- */

/* Add value, which may be NULL, to an object; -1 and *status set if that fails. */
static void put(json_t *object, const char *key, json_t *value, int *status) {
    if (json_object_set_new(object, key, value) != 0) {
        *status = -1;
    }
}

static json_t *errors_json(const struct fit_type *type, enum series s, size_t k) {
    json_t *object = json_object();
    int status = object ? 0 : -1;
    for (unsigned split = 0; split < SPLITS; split++) {
        struct fit_errors e;
        if (split_errors(type, s, k, (enum split)split, &e)) {
            status = -1;
        } else if (e.count > 0) {
            put(object, splits[split],
                json_pack("{s:I, s:f, s:f, s:f}", "designs", (json_int_t)e.count, "r2",
                          e.r2, "mape_percent", 100 * e.mape, "worst_percent",
                          100 * e.worst),
                &status);
        }
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *terms_json(const struct polynomial *p, const char *unit) {
    json_t *list = json_array();
    for (size_t i = 0; i < p->count && list; i++) {
        char label[POLYNOMIAL_LABEL], of[POLYNOMIAL_LABEL];
        term_label(&p->terms[i], label);
        term_unit(&p->terms[i], unit, of);
        if (json_array_append_new(list, json_pack("{s:s, s:f, s:s}", "term", label,
                                                  "coefficient", p->coefficient[i],
                                                  "unit", of))) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *parts_json(const struct fit_candidate *c, const char *unit) {
    json_t *list = json_array();
    for (size_t i = 0; i < c->model.count && list; i++) {
        const struct ppa_part *part = &c->model.parts[i];
        const struct shape *shape = &c->shapes[i];
        if (json_array_append_new(
                list, json_pack("{s:s, s:s, s:i, s:i, s:f, s:o}", "name", part->name,
                                "times", part->per_pe ? "rows*cols" : "1", "degree",
                                (int)shape->degree, "mixed", (int)shape->mixed, "ridge",
                                shape->ridge, "terms", terms_json(&part->p, unit)))) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* All structures of a quantity and their errors. */
static json_t *compared_json(const struct fit_type *type, enum ppa_quantity q,
                             enum series s) {
    json_t *object = json_object();
    int status = object ? 0 : -1;
    for (size_t k = 0; k < type->candidates[q] && status == 0; k++) {
        put(object, type->of[q][k].structure, errors_json(type, s, k), &status);
    }
    if (status != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *model_json(const struct fit_type *type, enum ppa_quantity q) {
    static const enum series shown[PPA_QUANTITIES] = {[PPA_AREA] = AREA,
                                                      [PPA_DYNAMIC] = DYNAMIC,
                                                      [PPA_LEAKAGE] = LEAKAGE,
                                                      [PPA_PERIOD] = FMAX};
    const struct fit_candidate *c = &type->of[q][type->chosen[q]];
    return json_pack(
        "{s:s, s:s, s:s, s:f, s:s, s:o, s:o}", "unit", ppa_quantity_unit(q), "structure",
        c->structure, "combine", c->model.largest ? "largest" : "sum", "interval_percent",
        100 * c->model.interval, "errors_of", all_series[shown[q]].name, "structures",
        compared_json(type, q, shown[q]), "parts", parts_json(c, ppa_quantity_unit(q)));
}

static json_t *type_json(const struct fit_type *type) {
    json_t *ranges = json_object(), *models = json_object();
    int status = ranges && models ? 0 : -1;
    for (unsigned v = 0; v < VARIABLES && status == 0; v++) {
        if (v < VAR_PARAMETERS || v >= VAR_DERIVED_END) {
            put(ranges, variable_name((enum variable)v),
                json_pack("[f, f]", type->low[v], type->high[v]), &status);
        }
    }
    for (unsigned q = 0; q < PPA_QUANTITIES && status == 0; q++) {
        put(models, ppa_quantity_name((enum ppa_quantity)q),
            model_json(type, (enum ppa_quantity)q), &status);
    }
    if (status != 0) {
        json_decref(ranges);
        json_decref(models);
        return NULL;
    }
    return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o}", "pe_type", type->name, "training",
                     (json_int_t)type->training, "held_out",
                     (json_int_t)(type->count - type->training), "ranges", ranges,
                     "power_mw", errors_json(type, POWER, type->chosen[PPA_DYNAMIC]),
                     "models", models);
}

json_t *fit_report_json(const struct fit *fit, const struct fit_data *data,
                        const struct fit_options *opt) {
    char hash[17];
    json_t *types = json_array();
    for (size_t i = 0; i < fit->count && types; i++) {
        if (json_array_append_new(types, type_json(&fit->types[i]))) {
            json_decref(types);
            types = NULL;
        }
    }
    (void)snprintf(hash, sizeof hash, "%016llx", (unsigned long long)data->hash);
    return json_pack(
        "{s:i, s:s, s:{s:I, s:s}, s:{s:I, s:i, s:i, s:f}, s:{s:s, s:s}, s:{s:s, s:s},"
        " s:s, s:f, s:o}",
        "qadam_ppa", 1, "qadam", data->qadam, "data", "results", (json_int_t)data->count,
        "hash", hash, "options", "seed", (json_int_t)opt->select.seed, "folds",
        (int)opt->select.folds, "degree", (int)opt->select.degree_max, "held_out",
        opt->held_out, "liberty", "name", data->liberty, "hash", data->liberty_hash,
        "tools", "yosys", data->yosys, "opensta", data->opensta, "excludes",
        data->excludes, "interval_covers", 0.95, "types", types);
}

/* ---- tables ---- */

/* Call row for every type, series, structure and split. */
static void walk(const struct fit *fit, FILE *out,
                 void (*row)(FILE *out, const struct fit_type *type, enum series s,
                             size_t k, const struct fit_errors *e)) {
    for (size_t i = 0; i < fit->count; i++) {
        const struct fit_type *type = &fit->types[i];
        for (unsigned s = 0; s < SERIES; s++) {
            const enum ppa_quantity q = all_series[s].quantity;
            for (size_t k = 0; k < type->candidates[q]; k++) {
                struct fit_errors e[SPLITS] = {{0}};
                for (unsigned split = 0; split < SPLITS; split++) {
                    (void)split_errors(type, (enum series)s, k, (enum split)split,
                                       &e[split]);
                }
                row(out, type, (enum series)s, k, e);
            }
        }
    }
}

static void print_row(FILE *out, const struct fit_type *type, enum series s, size_t k,
                      const struct fit_errors *e) {
    const enum ppa_quantity q = all_series[s].quantity;
    (void)fprintf(out, "%-10s %-20s %c %-10s", type->name, all_series[s].name,
                  k == type->chosen[q] ? '*' : ' ', type->of[q][k].structure);
    for (unsigned split = 0; split < SPLITS; split++) {
        (void)fprintf(out, "  %7.4f %6.2f %6.2f", e[split].r2, 100 * e[split].mape,
                      100 * e[split].worst);
    }
    (void)fputc('\n', out);
}

void fit_report_print(const struct fit *fit, FILE *out) {
    (void)fprintf(out, "%-44s  %-21s  %-21s  %s\n%-44s", "* = chosen, errors in %",
                  "training", "cross validation", "held out",
                  "PE type    quantity               structure");
    for (unsigned split = 0; split < SPLITS; split++) {
        (void)fprintf(out, "  %7s %6s %6s", "R2", "MAPE", "worst");
    }
    (void)fputc('\n', out);
    walk(fit, out, print_row);
}

static void csv_row(FILE *out, const struct fit_type *type, enum series s, size_t k,
                    const struct fit_errors *e) {
    const enum ppa_quantity q = all_series[s].quantity;
    for (unsigned split = 0; split < SPLITS; split++) {
        if (e[split].count > 0) {
            (void)fprintf(out, "%s,%s,%s,%d,%s,%zu,%.17g,%.17g,%.17g\n", type->name,
                          all_series[s].name, type->of[q][k].structure,
                          k == type->chosen[q], splits[split], e[split].count,
                          e[split].r2, 100 * e[split].mape, 100 * e[split].worst);
        }
    }
}

int fit_report_errors(const struct fit *fit, const char *path, struct error *err) {
    struct emit out;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    emit(&out, "pe_type,quantity,structure,chosen,designs_of,designs,r2,mape_percent,"
               "worst_percent\n");
    walk(fit, out.file, csv_row);
    return emit_close(&out, err);
}

int fit_report_points(const struct fit *fit, const char *path, struct error *err) {
    struct emit out;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    emit(&out, "pe_type,design_hash,designs_of,quantity,actual,cross_validation,"
               "estimated\n");
    for (size_t t = 0; t < fit->count; t++) {
        const struct fit_type *type = &fit->types[t];
        for (size_t i = 0; i < type->count; i++) {
            const struct fit_record *r = &type->records[i];
            for (unsigned s = 0; s < SERIES; s++) {
                const size_t k = type->chosen[all_series[s].quantity];
                emit(&out, "%s,%s,%s,%s,%.17g,", type->name, r->hw.hash,
                     splits[r->held_out ? HELD_OUT : TRAINING], all_series[s].name,
                     actual_of(r, (enum series)s));
                if (!r->held_out) {
                    emit(&out, "%.17g", estimate_of(type, (enum series)s, k, i, 1));
                }
                emit(&out, ",%.17g\n", estimate_of(type, (enum series)s, k, i, 0));
            }
        }
    }
    return emit_close(&out, err);
}
