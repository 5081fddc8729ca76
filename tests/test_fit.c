/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of models/fit.c, models/fit_report.c and models/ppa.c on made-up results.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "gen/home.h"
#include "gen/json_out.h"
#include "models/fit_report.h"
#include "tests/scratch.h"

enum { COUNT = 120 };

static const struct fit_options options = {
    .select = {.seed = 3, .folds = 5, .degree_max = 3}, .held_out = 0.25};

static struct error err;
static uint32_t state;

/* -1..1 */
static double noise(void) {
    state = state * 1664525u + 1013904223u;
    return (double)(state >> 8) / (1 << 23) - 1;
}

/* A design, drawn at random. */
static void make_design(const char *home, struct fit_record *r) {
    struct design d = {.name = "d", .pe_type = "int16", .dram_bytes_per_cycle = 8};
    const struct synth_activity activity = {.toggles = 0.1,
                                            .ifmap_writes = 0.1,
                                            .filter_writes = 0.05,
                                            .psum_writes = 1,
                                            .collector_writes = 0.1,
                                            .glb_reads = 1.5,
                                            .glb_writes = 0.5};
    d.rows = 4 + (unsigned)(8 * (noise() + 1));
    d.cols = 4 + (unsigned)(8 * (noise() + 1));
    d.ifmap_spad_words = 12 + 4 * (unsigned)(4 * (noise() + 1));
    d.filter_spad_words = 64 + 16 * (unsigned)(8 * (noise() + 1));
    d.psum_spad_words = 16;
    d.glb_kib = 32 + 16 * (unsigned)(8 * (noise() + 1));
    d.bus_bits = noise() > 0 ? 64 : 128;
    cr_assert_eq(design_derive(home, &d, &r->hw, &err), 0, "%s", err.text);
    point_set(&r->at, &r->hw, &activity);
}

/* Figures that follow from the design, with relative noise in each part. */
static void make_figures(struct fit_record *r, double spread) {
    const struct design *d = &r->hw.design;
    const double pes = d->rows * d->cols;
    double *f = r->figure;
    f[FIT_AREA_PE] = (900 + 70 * d->ifmap_spad_words + 80.0 * d->filter_spad_words) *
                     (1 + spread * noise());
    f[FIT_AREA_ARRAY] = pes * f[FIT_AREA_PE] + 5000.0 * d->cols * (1 + spread * noise());
    f[FIT_AREA_GLB] = 4000.0 * d->glb_kib * (1 + spread * noise());
    f[FIT_AREA_OTHER] = (80000 + 100.0 * d->bus_bits) * (1 + spread * noise());
    f[FIT_AREA] = f[FIT_AREA_ARRAY] + f[FIT_AREA_GLB] + f[FIT_AREA_OTHER];
    const double path = (0.5 + 0.05 * d->cols) * (1 + spread * noise());
    const double path_load = (0.8 + 0.002 * d->bus_bits) * (1 + spread * noise());
    f[FIT_FMAX] = 1e3 / fmax(path, path_load);
    (void)snprintf(r->block, sizeof r->block,
                   path > path_load ? "u_compute.u_array" : "u_load");
    f[FIT_FMAX_PE] = 1e3 / (0.5 + 0.0001 * d->filter_spad_words);
    f[FIT_CLOCK] = 500;
    f[FIT_LEAKAGE_PE] = 1e-5 * f[FIT_AREA_PE];
    f[FIT_LEAKAGE] = 1e-5 * f[FIT_AREA];
    f[FIT_POWER_PE] = f[FIT_LEAKAGE_PE] + 0.5 + 0.001 * d->filter_spad_words;
    f[FIT_POWER] = f[FIT_LEAKAGE] + pes * (f[FIT_POWER_PE] - f[FIT_LEAKAGE_PE]) +
                   (20 + 0.1 * d->glb_kib) * (1 + spread * noise());
}

static void make_data(struct fit_data *data, double spread) {
    char home[EMIT_PATH_MAX];
    state = 7;
    err = (struct error){"", 0, 0, ""};
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    *data = (struct fit_data){.records = calloc(COUNT, sizeof *data->records)};
    for (data->count = 0; data->count < COUNT; data->count++) {
        make_design(home, &data->records[data->count]);
        make_figures(&data->records[data->count], spread);
    }
    cr_assert_eq(fit_data_finish(data, &err), 0, "%s", err.text);
}

static const struct fit_candidate *chosen(const struct fit_type *type,
                                          enum ppa_quantity q) {
    return &type->of[q][type->chosen[q]];
}

/* Largest relative error of a quantity on designs that were held out. */
static double worst_held_out(const struct fit_type *type, enum ppa_quantity q) {
    double worst = 0;
    for (size_t i = 0; i < type->count; i++) {
        if (type->records[i].held_out) {
            const double actual = fit_actual(&type->records[i], q);
            worst = fmax(worst, fabs(chosen(type, q)->estimate[i] / actual - 1));
        }
    }
    return worst;
}

/* cppcheck-suppress unknownMacro */
Test(fit, exact_formulas_are_found) {
    struct fit_data data;
    struct fit fit;
    make_data(&data, 0);
    cr_assert_eq(fit_models(&fit, &data, &options, NULL, &err), 0, "%s", err.text);
    cr_assert_eq(fit.count, 1u);
    const struct fit_type *type = fit.types;
    cr_expect_str_eq(type->name, "int16");
    cr_expect_eq(type->count - type->training, type->count / 4);
    for (unsigned q = 0; q < PPA_PERIOD; q++) {
        cr_expect_lt(worst_held_out(type, (enum ppa_quantity)q), 1e-6, "%s: %g",
                     ppa_quantity_name((enum ppa_quantity)q),
                     worst_held_out(type, (enum ppa_quantity)q));
    }
    fit_close(&fit);
    fit_data_close(&data);
}

/* The period is the longer of two paths: parts by block know both; one polynomial does
 * not. */
Test(fit, period_is_the_longest_path) {
    struct fit_data data;
    struct fit fit;
    make_data(&data, 0);
    cr_assert_eq(fit_models(&fit, &data, &options, NULL, &err), 0, "%s", err.text);
    const struct fit_type *type = fit.types;
    cr_expect_str_eq(chosen(type, PPA_PERIOD)->structure, "blocks");
    cr_expect_lt(chosen(type, PPA_PERIOD)->mape, 1e-6);
    cr_expect_lt(worst_held_out(type, PPA_PERIOD), 1e-6, "%g",
                 worst_held_out(type, PPA_PERIOD));
    cr_expect_gt(type->of[PPA_PERIOD][0].mape, 1e-3);
    fit_close(&fit);
    fit_data_close(&data);
}

/* Whatever the held-out designs' figures are, the models are the same. */
Test(fit, held_out_designs_are_not_used) {
    struct fit_data data, other;
    struct fit a, b;
    make_data(&data, 0.01);
    make_data(&other, 0.01);
    cr_assert_eq(fit_models(&a, &data, &options, NULL, &err), 0, "%s", err.text);
    size_t spoilt = 0;
    for (size_t i = 0; i < other.count; i++) {
        for (unsigned k = 0; k < FIT_FIGURES && data.records[i].held_out; k++) {
            other.records[i].figure[k] *= 3 + noise();
            spoilt++;
        }
    }
    cr_assert_eq(fit_models(&b, &other, &options, NULL, &err), 0, "%s", err.text);
    cr_expect_gt(spoilt, 100u);
    for (unsigned q = 0; q < PPA_QUANTITIES; q++) {
        const struct fit_candidate *x = chosen(a.types, (enum ppa_quantity)q);
        const struct fit_candidate *y = chosen(b.types, (enum ppa_quantity)q);
        cr_expect_str_eq(x->structure, y->structure);
        cr_expect_eq(x->model.interval, y->model.interval);
        for (size_t i = 0; i < a.types->count; i++) {
            cr_expect_eq(x->estimate[i], y->estimate[i]);
        }
    }
    fit_close(&a);
    fit_close(&b);
    fit_data_close(&data);
    fit_data_close(&other);
}

/* Of the held-out designs most are inside the interval: 19 of 20 are promised, and 30
 * designs are few. */
Test(fit, intervals_hold) {
    struct fit_data data;
    struct fit fit;
    make_data(&data, 0.02);
    cr_assert_eq(fit_models(&fit, &data, &options, NULL, &err), 0, "%s", err.text);
    const struct fit_type *type = fit.types;
    size_t inside = 0, all = 0;
    for (size_t i = 0; i < type->count; i++) {
        const struct fit_candidate *c = chosen(type, PPA_AREA);
        if (type->records[i].held_out) {
            const double ratio = fit_actual(&type->records[i], PPA_AREA) / c->estimate[i];
            inside += fabs(ratio - 1) <= c->model.interval;
            all++;
        }
    }
    cr_expect_geq(inside, all * 8 / 10, "%zu of %zu", inside, all);
    cr_expect_lt(chosen(type, PPA_AREA)->model.interval, 0.04);
    fit_close(&fit);
    fit_data_close(&data);
}

/* What is written is read: estimates are those of the fit, and add up. */
Test(fit, models_come_back) {
    struct fit_data data;
    struct fit fit;
    struct ppa ppa;
    char folder[EMIT_PATH_MAX], path[EMIT_PATH_MAX + 16];
    const struct synth_activity activity = {.toggles = 0.1,
                                            .ifmap_writes = 0.1,
                                            .filter_writes = 0.05,
                                            .psum_writes = 1,
                                            .collector_writes = 0.1,
                                            .glb_reads = 1.5,
                                            .glb_writes = 0.5};
    make_data(&data, 0.01);
    cr_assert_eq(fit_models(&fit, &data, &options, NULL, &err), 0, "%s", err.text);
    scratch_folder(folder);
    (void)snprintf(path, sizeof path, "%s/models.json", folder);
    json_t *json = fit_report_json(&fit, &data, &options);
    cr_assert_eq(json_out_write(json, path, &err), 0, "%s", err.text);
    json_decref(json);
    cr_assert_eq(ppa_load(&ppa, path, &err), 0, "%s", err.text);
    const struct ppa_type *type = ppa_find(&ppa, "int16");
    cr_assert_not_null(type);
    cr_expect_null(ppa_find(&ppa, "fp32"));
    for (size_t i = 0; i < data.count; i++) {
        struct ppa_estimate e;
        const struct fit_type *from = fit.types;
        ppa_estimate(type, &data.records[i].hw, &activity, 200, &e);
        cr_expect_float_eq(e.area_um2.value / chosen(from, PPA_AREA)->estimate[i], 1,
                           1e-12);
        cr_expect_float_eq(e.fmax_mhz.value * chosen(from, PPA_PERIOD)->estimate[i], 1e3,
                           1e-9);
        cr_expect_float_eq(e.power_mw.value,
                           0.2 * e.dynamic_pj.value + e.leakage_mw.value, 1e-9);
        cr_expect(e.area_um2.low < e.area_um2.value &&
                  e.area_um2.value < e.area_um2.high);
        cr_expect(e.fmax_mhz.low < e.fmax_mhz.value &&
                  e.fmax_mhz.value < e.fmax_mhz.high);
        cr_expect(data.records[i].held_out || e.outside == 0);
        cr_expect_eq(e.follows_activity, 0);
    }
    struct hw hw = data.records[0].hw;
    struct ppa_estimate e;
    hw.design.filter_spad_words = 4000;
    ppa_estimate(type, &hw, &activity, 0, &e);
    cr_expect_eq(e.outside, VARIABLE(VAR_FILTER_SPAD));
    cr_expect_eq(e.clock_mhz, e.fmax_mhz.value);
    ppa_close(&ppa);
    (void)emit_remove(folder, NULL);
    fit_close(&fit);
    fit_data_close(&data);
}

/* Fit the first count results as they are in data, and expect an error. */
static void expect_error(struct fit_data *data, size_t count,
                         const struct fit_options *opt, const char *text) {
    struct fit fit;
    const size_t all = data->count;
    err = (struct error){"", 0, 0, ""};
    data->count = count;
    cr_expect_eq(fit_models(&fit, data, opt, NULL, &err), -1);
    cr_expect_str_eq(err.text, text);
    fit_close(&fit);
    data->count = all;
}

Test(fit, refuses_what_cannot_be_fitted) {
    struct fit_options opt = options;
    struct fit_data data;
    make_data(&data, 0);
    opt.held_out = 0;
    expect_error(&data, 0, &opt, "no result of qadam synth found");
    expect_error(&data, 1, &opt,
                 "int16: all 1 training results are of equal designs: no parameter "
                 "varies, there is nothing to fit");
    expect_error(&data, 13, &opt,
                 "int16: 13 training results, at least 14 needed for degree 1 in 6 "
                 "varying parameters (0 held out)");
    opt.degree_given = 1;
    expect_error(&data, 37, &opt,
                 "int16: 37 training results, at least 38 needed for degree 3 in 6 "
                 "varying parameters (0 held out)");
    for (size_t i = 0; i < data.count; i++) {
        data.records[i].figure[FIT_AREA] = 5;
    }
    expect_error(&data, 100, &opt, "int16: area_um2 is 5 in all 100 results");
    fit_data_close(&data);
}
