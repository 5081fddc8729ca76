/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of models/explore.c, models/explore_point.c, models/spread.c, and of predictions
 * that are kept from design to design (models/predict.c).
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "gen/choose_layers.h"
#include "gen/home.h"
#include "models/explore.h"
#include "models/predict.h"
#include "tests/scratch.h"
#include "verif/memory.h"

static const char *const small_space =
    "{\"name\": \"s\", \"pe_type\": [\"int16\", \"lightpe1\"], \"rows\": [6, 12],"
    "\"cols\": [7, 14], \"ifmap_spad_words\": [12, 24], \"filter_spad_words\": [64, 224],"
    "\"psum_spad_words\": [8, 24], \"glb_kib\": [32, 108, 700],"
    "\"bus_bits\": [32, 64], \"dram_bytes_per_cycle\": [4, 8]}";

/* Models of both types: area 1000 um2 for each filter word of a PE, a PE 2 pJ a cycle,
 * leakage 10 mW, period 1 + 0.02 cols ns; ranges end below 700 KiB. */
static const char *const model_text =
    "{\"pe_type\": \"%s\", \"ranges\": {\"rows\": [1, 64], \"cols\": [1, 64],"
    "\"ifmap_spad_words\": [1, 99], \"filter_spad_words\": [1, 999],"
    "\"psum_spad_words\": [1, 99], \"glb_kib\": [1, 600], \"bus_bits\": [16, 512],"
    "\"dram_bytes_per_cycle\": [1, 64], \"psum_bits\": [1, 99], \"spad_flop\": [0, 0],"
    "\"toggles_per_cycle\": [0.1, 0.1], \"ifmap_spad_writes\": [0.1, 0.1],"
    "\"filter_spad_writes\": [0.05, 0.05], \"psum_spad_writes\": [1, 1],"
    "\"collector_writes\": [0.1, 0.1], \"glb_read_words\": [1, 1],"
    "\"glb_write_words\": [1, 1]}, \"models\": {"
    "\"area_um2\": {\"combine\": \"sum\", \"interval_percent\": 2, \"parts\": [{\"name\":"
    "\"pe\", \"times\": \"rows*cols\", \"terms\": [{\"term\": \"filter_spad_words\","
    "\"coefficient\": %d}]}]},"
    "\"dynamic_pj_per_cycle\": {\"combine\": \"sum\", \"interval_percent\": 2, \"parts\":"
    "[{\"name\": \"all\", \"times\": \"rows*cols\", \"terms\": [{\"term\": \"1\","
    "\"coefficient\": 2}]}]},"
    "\"leakage_mw\": {\"combine\": \"sum\", \"interval_percent\": 2, \"parts\":"
    "[{\"name\": \"all\", \"times\": \"1\", \"terms\": [{\"term\": \"1\","
    "\"coefficient\": 10}]}]},"
    "\"period_ns\": {\"combine\": \"largest\", \"interval_percent\": 2, \"parts\":"
    "[{\"name\": \"all\", \"times\": \"1\", \"terms\": [{\"term\": \"1\","
    "\"coefficient\": 1}, {\"term\": \"cols\", \"coefficient\": 0.02}]}]}}}";

static char folder[EMIT_PATH_MAX], home[EMIT_PATH_MAX];
static struct space space;
static struct ppa ppa;
static struct explore x;
static struct error err;

static void setup(void) {
    char path[EMIT_PATH_MAX];
    char *text = malloc(8192);
    const struct option_spec specs[] = {{NULL, 0, NULL, 0, NULL}};
    const struct option_usage usage = {"", "", 0, "", specs, NULL};
    const struct options no_options = {&usage, 0, NULL};
    cr_assert_not_null(text);
    cr_assert_eq(home_find(home, sizeof home, &err), 0, "%s", err.text);
    scratch_folder(folder);
    scratch_file(folder, "space.json", small_space, path);
    cr_assert_eq(space_load(home, path, &space, &err), 0, "%s", err.text);
    int used = snprintf(text, 8192, "{\"qadam_ppa\": 1, \"types\": [");
    used += snprintf(text + used, 8192 - (size_t)used, model_text, "int16", 1000);
    used += snprintf(text + used, 8192 - (size_t)used, ",");
    used += snprintf(text + used, 8192 - (size_t)used, model_text, "lightpe1", 400);
    (void)snprintf(text + used, 8192 - (size_t)used, "]}");
    scratch_file(folder, "models.json", text, path);
    free(text);
    cr_assert_eq(ppa_load(&ppa, path, &err), 0, "%s: %s", err.file, err.text);
    x = (struct explore){.space = &space,
                         .ppa = &ppa,
                         .network_count = 1,
                         .objectives = {COLUMN_GOPS_PER_MM2, COLUMN_ENERGY},
                         .objective_count = 2,
                         .latency = MEMORY_LATENCY_DEFAULT,
                         .dram_pj = 20,
                         .threads = 1};
    struct explore_network *n = &x.networks[0];
    cr_assert_eq(network_load(home, "resnet20-cifar10", &n->net, &err), 0);
    cr_assert_eq(choose_layers(&n->net, &no_options, &n->layers, &n->count, &err), 0);
}

static void teardown(void) {
    network_close(&x.networks[0].net);
    free(x.networks[0].layers);
    ppa_close(&ppa);
    space_close(&space);
    (void)emit_remove(folder, NULL);
}

/* cppcheck-suppress unknownMacro */
TestSuite(explore, .init = setup, .fini = teardown);

/* Explore, with points into FOLDER/name; the caller closes *r. */
static void explore_into(const char *name, struct explore_result *r) {
    char path[EMIT_PATH_MAX + 16];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    x.points = fopen(path, "wb");
    cr_assert_not_null(x.points);
    cr_assert_eq(explore_run(&x, r, &err), 0, "%s", err.text);
    cr_assert_eq(fclose(x.points), 0);
}

static char *read_points(const char *name) {
    char path[EMIT_PATH_MAX + 16], *text = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(emit_read(path, &text, NULL, &err), 0, "%s", err.text);
    return text;
}

/* What a predictor has kept of other designs is what it would predict afresh. */
Test(explore, kept_predictions_are_exact) {
    struct predictor *kept = predictor_new(), *fresh = predictor_new();
    const struct explore_network *n = &x.networks[0];
    size_t compared = 0;
    cr_assert(kept && fresh);
    cr_assert_eq(predictor_keep(kept, 1024), 0);
    for (uint64_t k = 0; k < space.count; k += 2) {
        struct hw hw;
        if (space_hw(&space, k, &hw, NULL)) {
            continue;
        }
        predictor_start(kept, &hw, 64);
        predictor_start(fresh, &hw, 64);
        for (unsigned i = 0; i < n->count; i += 2) {
            struct mapping a, b;
            struct counters ca, cb;
            cr_assert_eq(predictor_layer(kept, n->layers[i], &a, &ca, &err), 0);
            cr_assert_eq(predictor_layer(fresh, n->layers[i], &b, &cb, &err), 0);
            for (unsigned c = 0; c < COUNTER_COUNT; c++) {
                cr_assert_eq(ca.value[c], cb.value[c], "design %llu, layer %s, %s",
                             (unsigned long long)k, n->layers[i]->name, counter_name(c));
            }
            compared++;
        }
    }
    cr_expect_geq(compared, 2500u);
    predictor_free(kept);
    predictor_free(fresh);
}

Test(explore, threads_change_nothing) {
    struct explore_result one, three;
    explore_into("one.csv", &one);
    x.threads = 3;
    explore_into("three.csv", &three);
    char *a = read_points("one.csv"), *b = read_points("three.csv");
    cr_expect_str_eq(a, b);
    cr_expect_eq(one.networks[0].front_count, three.networks[0].front_count);
    cr_expect_eq(one.networks[0].points, three.networks[0].points);
    free(a);
    free(b);
    explore_close(&x, &one);
    explore_close(&x, &three);
}

/* The points of a file of this test; returns their number. */
static size_t parse_points(const char *text, struct explore_point *points, size_t room) {
    size_t count = 0;
    const char *at = strchr(text, '\n') + 1;
    for (; *at != '\0' && count < room; at = strchr(at, '\n') + 1) {
        struct explore_point *p = &points[count++];
        char line[1024], *rest = line;
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        cr_assert_str_eq(strtok_r(rest, ",", &rest), "resnet20-cifar10");
        p->member = strtoull(strtok_r(NULL, ",", &rest), NULL, 10);
        (void)snprintf(p->hash, sizeof p->hash, "%s", strtok_r(NULL, ",", &rest));
        (void)snprintf(p->pe_type, sizeof p->pe_type, "%s", strtok_r(NULL, ",", &rest));
        for (unsigned c = 0; c < COLUMNS; c++) {
            const char *field = strtok_r(NULL, ",", &rest); /* no accuracy: none */
            p->value[c] = field ? strtod(field, NULL) : 0;
        }
    }
    return count;
}

/* Of all points the front has those that none beats, the best are the best, and what is
 * outside the range is in neither. */
Test(explore, fronts_and_best_points) {
    enum { ROOM = 1024 };
    struct explore_result r;
    struct explore_point *p = calloc(ROOM, sizeof *p);
    explore_into("points.csv", &r);
    char *text = read_points("points.csv");
    const struct explore_found *f = &r.networks[0];
    const size_t count = parse_points(text, p, ROOM);
    size_t outside = 0, best = 0;
    cr_expect_eq(count, space.count - r.illegal);
    for (size_t i = 0; i < count; i++) {
        int beaten = 0, listed = 0;
        const double *v = p[i].value;
        for (size_t k = 0; k < f->front_count; k++) {
            listed |= f->front[k].member == p[i].member;
        }
        if (v[COLUMN_OUTSIDE] > 0) {
            cr_expect_eq(v[COLUMN_GLB], 700);
            cr_expect_not(listed);
            outside++;
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            const double *w = p[k].value;
            beaten |= w[COLUMN_OUTSIDE] <= 0 &&
                      w[COLUMN_GOPS_PER_MM2] >= v[COLUMN_GOPS_PER_MM2] &&
                      w[COLUMN_ENERGY] <= v[COLUMN_ENERGY] &&
                      (w[COLUMN_GOPS_PER_MM2] > v[COLUMN_GOPS_PER_MM2] ||
                       w[COLUMN_ENERGY] < v[COLUMN_ENERGY]);
        }
        cr_expect(!(listed && beaten), "point %zu", i);
        const struct explore_point *least = &f->best[1].point; /* int16 by energy */
        best += strcmp(p[i].pe_type, "int16") == 0 &&
                v[COLUMN_ENERGY] < least->value[COLUMN_ENERGY] * (1 - 1e-9);
    }
    cr_expect_eq(best, 0u);
    cr_expect_eq(f->outside, outside);
    cr_expect_geq(f->front_count, 1u);
    free(text);
    free(p);
    explore_close(&x, &r);
}

/* Is p dominated by q in performance per area and energy, or equal to it and later? */
static int spread_beats(const struct explore_point *q, const struct explore_point *p) {
    const double *v = p->value, *w = q->value;
    const int equal = w[COLUMN_GOPS_PER_MM2] == v[COLUMN_GOPS_PER_MM2] &&
                      w[COLUMN_ENERGY] == v[COLUMN_ENERGY];
    return w[COLUMN_GOPS_PER_MM2] >= v[COLUMN_GOPS_PER_MM2] &&
           w[COLUMN_ENERGY] <= v[COLUMN_ENERGY] && (!equal || q->member < p->member);
}

/* The front, the worst points and the cells of count points that were added. */
static void expect_spread(const struct spread_type *t, const struct explore_point *p,
                          size_t count) {
    uint64_t in_cells = 0;
    double least = INFINITY, most = 0;
    size_t front = 0;
    for (size_t i = 0; i < count; i++) {
        int beaten = 0;
        for (size_t k = 0; k < count && !beaten; k++) {
            beaten = k != i && spread_beats(&p[k], &p[i]);
        }
        if (!beaten) {
            int listed = 0;
            for (size_t k = 0; k < t->front_count; k++) {
                listed |= t->front[k].member == p[i].member;
            }
            cr_expect(listed, "point %zu", i);
            front++;
        }
        least = fmin(least, p[i].value[COLUMN_GOPS_PER_MM2]);
        most = fmax(most, p[i].value[COLUMN_ENERGY]);
    }
    for (size_t c = 0; c < t->cell_count; c++) {
        const struct spread_cell *cell = &t->cells[c];
        const double *v = cell->point.value;
        in_cells += cell->points;
        cr_expect_float_eq(floor(log(v[COLUMN_ENERGY]) / log(SPREAD_CELL)), cell->at[1],
                           1e-9);
    }
    cr_expect_eq(t->front_count, front);
    cr_expect_eq(t->points, count);
    cr_expect_eq(in_cells, count);
    cr_expect_eq(t->worst[0].value[COLUMN_GOPS_PER_MM2], least);
    cr_expect_eq(t->worst[1].value[COLUMN_ENERGY], most);
}

/* Random points, coarse (many equal) and fine, enough for the table of cells to grow. */
Test(spread, is_what_the_header_says) {
    enum { COUNT = 3000 };
    struct explore_point *p = calloc(COUNT, sizeof *p);
    uint32_t seed = 1;
    for (unsigned grid = 4; grid < 5000; grid *= 8) {
        struct spread s;
        cr_assert_eq(spread_open(&s, 2, &err), 0);
        for (size_t i = 0; i < COUNT; i++) {
            p[i].member = i;
            seed = seed * 1664525u + 1013904223u;
            p[i].value[COLUMN_GOPS_PER_MM2] = 1 + 0.37 * (double)((seed >> 16) % grid);
            seed = seed * 1664525u + 1013904223u;
            p[i].value[COLUMN_ENERGY] = 1 + 0.41 * (double)((seed >> 16) % grid);
            cr_assert_eq(spread_add(&s, 1, &p[i], &err), 0);
        }
        expect_spread(&s.types[1], p, COUNT);
        cr_expect_eq(s.types[0].points, 0u);
        cr_expect(grid < 1000 || s.types[1].cell_count > 1024);
        spread_close(&s);
    }
    free(p);
}

/* Members that are chosen give the points that they give among all. */
Test(explore, chosen_members) {
    struct explore_result all, some;
    const uint64_t members[] = {3, 4, 70, 200};
    x.extrapolate = 1;
    explore_into("all.csv", &all);
    x.members = members;
    x.member_count = 4;
    x.spread = 1;
    explore_into("some.csv", &some);
    char *a = read_points("all.csv"), *b = read_points("some.csv"), *rest = b;
    size_t lines = 0;
    for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL; lines++) {
        cr_expect(strstr(a, line) != NULL, "%s", line);
    }
    cr_expect_eq(lines, 5u); /* and the header */
    cr_expect_eq(some.networks[0].spread.types[0].points +
                     some.networks[0].spread.types[1].points,
                 4u);
    free(a);
    free(b);
    x.members = NULL;
    explore_close(&x, &all);
    explore_close(&x, &some);
}

/* By hand: 6 x 7 PEs at 64 filter words: 42 * 64 * 1000 um2; period 1.14 ns; power 84 pJ
 * / 1.14 ns + 10 mW; energy = power * latency. */
Test(explore, values_are_consistent) {
    struct explore_result r;
    x.extrapolate = 1;
    cr_assert_eq(condition_parse("area_um2<=2.688e6", &x.conditions[0], &err), 0);
    cr_assert_eq(condition_parse("pe_type=int16", &x.conditions[1], &err), 0);
    x.condition_count = 2;
    cr_assert_eq(explore_run(&x, &r, &err), 0);
    const struct explore_found *f = &r.networks[0];
    cr_assert_geq(f->front_count, 1u);
    cr_expect_eq(f->best[2].count, 0u); /* no lightpe1 */
    for (size_t i = 0; i < f->front_count; i++) {
        const double *v = f->front[i].value;
        cr_expect_float_eq(v[COLUMN_AREA], 2.688e6, 1e-3);
        cr_expect_float_eq(v[COLUMN_FMAX], 1e3 / 1.14, 1e-9);
        cr_expect_float_eq(v[COLUMN_POWER], 84 / 1.14 + 10, 1e-9);
        cr_expect_float_eq(v[COLUMN_LATENCY], 1.14e-6 * v[COLUMN_CYCLES], 1e-9);
        cr_expect_float_eq(v[COLUMN_ENERGY], v[COLUMN_POWER] * v[COLUMN_LATENCY], 1e-6);
        cr_expect_float_eq(v[COLUMN_UTILIZATION],
                           v[COLUMN_GOPS_PER_MM2] * 1.14 * 2.688 / (2 * 42), 1e-9);
    }
    explore_close(&x, &r);
}

Test(explore, conditions) {
    struct explore_point p = {.pe_type = "int16"};
    static const struct {
        const char *text;
        int holds; /* -1: refused */
    } cases[] = {{"rows<12", 0},       {"rows<=12", 1},       {"rows>11.5", 1},
                 {"rows>=13", 0},      {"rows=12", 1},        {"rows!=12", 0},
                 {"pe_type=int16", 1}, {"pe_type!=int16", 0}, {"pe_type=fp32", 0},
                 {"pe_type<fp32", -1}, {"row<12", -1},        {"rows", -1},
                 {"rows<", -1},        {"rows<>12", -1},      {"rows<twelve", -1},
                 {"rows==12", -1},     {"rows<nan", -1},      {"rows<1e999", -1}};
    p.value[COLUMN_ROWS] = 12;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct condition c;
        const int status = condition_parse(cases[i].text, &c, NULL);
        cr_expect_eq(status, cases[i].holds < 0 ? -1 : 0, "%s", cases[i].text);
        if (status == 0) {
            cr_expect_eq(condition_holds(&c, &p), cases[i].holds, "%s", cases[i].text);
        }
    }
}
