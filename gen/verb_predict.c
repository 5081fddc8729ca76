/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam predict: cycles and accesses of layers by the performance model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/choose_layers.h"
#include "gen/design.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/mapping_bound.h"
#include "gen/network.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "models/ppa_result.h"
#include "models/predict.h"
#include "verif/memory.h"
#include "verif/report.h"
#include "verif/tensor.h"

static const struct option_spec specs[] = {
    {"network", 'n', "NET", 0, "network file, or name in models/networks"},
    {"layer", 0, "NAME", 1, "predict only this layer; all by default"},
    {"batch", 0, "N", 0, "images, instead of the network file's batch"},
    {"dram-latency", 0, "CYCLES", 0, "of the memory; 64 by default"},
    {"ppa", 0, "MODELS", 0, "of qadam fit; default: models/ppa/default.json, if there"},
    {"clock-mhz", 0, "MHZ", 0, "clock of power, latency and energy; default: fmax"},
    {"dram-pj-per-bit", 0, "PJ", 0, "energy of DRAM; default 20.3"},
    {"explain", 0, NULL, 0, "show mapping, bounds and what would relieve each layer"},
    {"json", 0, "FILE", 0, "write the result as JSON; - is standard output"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "predict",
    "DESIGN",
    1,
    "Cycles, stalls and accesses of layers by the exact performance model, without\n"
    "simulation. The same command lists in RTL (qadam simulate) count the same. Figures "
    "are\n"
    "for the whole batch: a conv runs once for each image, an fc once for all of them.\n"
    "With models also area, fmax, power, latency, energy and throughput per area.",
    specs,
    NULL};

/* One layer, or the total. */
struct prediction {
    const struct layer *layer; /* NULL = total */
    unsigned runs;             /* of the layer, for the batch */
    uint64_t macs;             /* of all runs, as are the counters */
    struct mapping mapping;
    struct counters counters;
    unsigned parts;               /* runs times channel groups */
    struct mapping_bounds bounds; /* of one of them */
};

enum { BAR = 40, RELIEF = 160 }; /* characters of a bar and of the longest sentence */

struct predict {
    struct hw hw;
    struct network net;
    const struct layer **layers; /* owned array */
    struct prediction *results;  /* owned, [count + 1], the last is the total */
    unsigned count;
    uint64_t latency;
    uint64_t batch; /* 0 = the file's */
    FILE *table;
    struct ppa ppa;              /* loaded, or empty */
    const struct ppa_type *type; /* of ppa, or NULL: no area, power and clock */
    double clock_mhz, dram_pj;   /* 0 = fmax; per bit */
    struct ppa_result result;    /* of the total */
};

static void print_header(FILE *out, unsigned batch) {
    report_batch(out, batch);
    (void)fprintf(out, "%-20s %14s %12s %7s %12s %12s %12s %14s\n", "layer", "MACs",
                  "cycles", "util", "busy", "bus stalls", "waits", "DRAM bytes");
}

static void print_row(FILE *out, const struct hw *hw, const struct prediction *x) {
    const uint64_t *v = x->counters.value;
    uint64_t bus = v[CNT_STALL_IFMAP] + v[CNT_STALL_FILTER] + v[CNT_STALL_PSUM];
    uint64_t bytes =
        (v[CNT_AXI_READS] + v[CNT_AXI_WRITES]) * hw->design.dram_bytes_per_cycle;
    (void)fprintf(out, "%-20s %14llu %12llu %6.1f%% %12llu %12llu %12llu %14llu\n",
                  x->layer ? x->layer->name : "total", (unsigned long long)x->macs,
                  (unsigned long long)v[CNT_CYCLES],
                  100 * report_utilization(hw, x->macs, v[CNT_CYCLES]),
                  (unsigned long long)v[CNT_BUSY], (unsigned long long)bus,
                  (unsigned long long)(v[CNT_CYCLES] - v[CNT_BUSY] - bus),
                  (unsigned long long)bytes);
}

/* The bounds of a layer, as bars that end where the layer does. */
static void print_bounds(FILE *out, const struct prediction *x) {
    const uint64_t cycles = x->counters.value[CNT_CYCLES] / x->parts;
    for (unsigned i = 0; i < BOUND_COUNT; i++) {
        const uint64_t c = x->bounds.cycles[i];
        const double part = cycles ? (double)c / (double)cycles : 0;
        const int full = (int)((part < 1 ? part : 1) * BAR + 0.5);
        (void)fprintf(out, "  %-11s |%.*s%*s| %12llu %6.1f%%\n",
                      mapping_bound_name((enum mapping_bound)i), full,
                      "########################################", BAR - full, "",
                      (unsigned long long)c, 100 * part);
    }
}

static void explain_layer(FILE *out, const struct hw *hw, const struct prediction *x) {
    const struct layer part = tensor_group_layer(x->layer);
    const struct mapping *m = &x->mapping;
    char relief[RELIEF];
    mapping_bounds_relief(hw, &part, m, &x->bounds, relief, sizeof relief);
    (void)fprintf(out, "\n%s: %llu cycles\n", x->layer->name,
                  (unsigned long long)x->counters.value[CNT_CYCLES]);
    (void)fprintf(out,
                  "  mapping     e %u p %u q %u r %u t %u m %u f %u, slice %u x %u, "
                  "d %u\n",
                  m->e, m->p, m->q, m->r, m->t, m->m, m->f, m->rk, m->sk, m->d);
    (void)fprintf(out, "              %s outermost, buffers %u %u", /* of the loops */
                  m->filters_outer ? "filters" : "tiles", m->glb[GLB_IFMAP].count,
                  m->glb[GLB_FILTER].count);
    if (m->plane) {
        (void)fprintf(out, ", plane of %u rows", m->plane);
    }
    (void)fprintf(out, "%s%s\n", m->share ? ", slices share tiles" : "",
                  x->parts > 1 ? "; each image and channel group:" : "");
    print_bounds(out, x);
    (void)fprintf(out, "  bound by    %s, then %s\n  relieved by %s\n",
                  mapping_bound_name(mapping_bounds_binding(&x->bounds)),
                  mapping_bound_name(mapping_bounds_next(&x->bounds)), relief);
}

/* What bounds a layer, into its JSON object; cycles of all runs and channel groups. */
static void add_bounds_json(json_t *object, const struct hw *hw,
                            const struct prediction *x) {
    const struct layer part = tensor_group_layer(x->layer);
    const enum mapping_bound binding = mapping_bounds_binding(&x->bounds);
    json_t *bounds = json_object();
    char relief[RELIEF];
    mapping_bounds_relief(hw, &part, &x->mapping, &x->bounds, relief, sizeof relief);
    for (unsigned i = 0; i < BOUND_COUNT; i++) {
        const uint64_t cycles = x->bounds.cycles[i] * x->parts;
        (void)json_object_set_new(bounds, mapping_bound_key((enum mapping_bound)i),
                                  json_integer((json_int_t)cycles));
    }
    (void)json_object_set_new(object, "bound", json_string(mapping_bound_key(binding)));
    (void)json_object_set_new(object, "bounds", bounds);
    (void)json_object_set_new(object, "relief", json_string(relief));
}

static json_t *make_json(const struct predict *s) {
    json_t *root = json_object(), *layers = json_array();
    (void)json_object_set_new(root, "design", json_string(s->hw.design.name));
    (void)json_object_set_new(root, "design_hash", json_string(s->hw.hash));
    (void)json_object_set_new(root, "network", json_string(s->net.name));
    (void)json_object_set_new(root, "batch", json_integer(s->net.batch));
    (void)json_object_set_new(root, "pe_type", json_string(s->hw.type.name));
    (void)json_object_set_new(root, "dram_latency", json_integer((json_int_t)s->latency));
    for (unsigned i = 0; i < s->count; i++) {
        const struct prediction *x = &s->results[i];
        json_t *object =
            report_counts_json(&s->hw, x->layer->name, x->macs, &x->counters);
        (void)json_object_set_new(object, "runs", json_integer(x->runs));
        (void)json_object_set_new(object, "mapping", report_mapping_json(&x->mapping));
        add_bounds_json(object, &s->hw, x);
        (void)json_array_append_new(layers, object);
    }
    const struct prediction *total = &s->results[s->count];
    json_t *sum = report_counts_json(&s->hw, NULL, total->macs, &total->counters);
    if (s->type && ppa_result_json(&s->result, s->dram_pj, sum)) {
        json_decref(root);
        root = NULL;
    }
    (void)json_object_set_new(root, "layers", layers);
    (void)json_object_set_new(root, "total", sum);
    return root;
}

static void print_value(FILE *out, const char *name, const struct ppa_value *v,
                        double scale, const char *unit) {
    (void)fprintf(out, "  %-12s %10.4g %-8s  %.4g to %.4g\n", name, scale * v->value,
                  unit, scale * v->low, scale * v->high);
}

static void print_result(FILE *out, const struct ppa_result *r, double dram_pj) {
    const struct ppa_estimate *e = &r->design;
    (void)fprintf(out, "\nestimated, and where 19 of 20 designs are:\n");
    print_value(out, "area", &e->area_um2, 1e-6, "mm2");
    print_value(out, "fmax", &e->fmax_mhz, 1, "MHz");
    print_value(out, "power", &e->power_mw, 1, "mW");
    print_value(out, "latency", &r->latency_ms, 1, "ms");
    print_value(out, "energy", &r->energy_uj, 1, "uJ");
    print_value(out, "throughput", &r->gops_per_mm2, 1, "GOPS/mm2");
    (void)fprintf(out, "  %-12s %10.4g %-8s  at %.3g pJ a bit\n", "DRAM energy",
                  r->dram_uj, "uJ", dram_pj);
    (void)fprintf(out, "at %.1f MHz, %g toggles per cycle, accesses of the %s\n",
                  e->clock_mhz, e->toggles,
                  e->follows_activity ? "workload" : "training designs");
    if (e->outside) {
        char outside[RELIEF];
        ppa_outside(e->outside, outside, sizeof outside);
        (void)fprintf(out, "OUTSIDE the range of the training designs: %s\n", outside);
    }
}

/* Load the models asked for, or the default ones if they are there and know the type. */
static int load_ppa(struct predict *s, const struct options *opts, const char *home,
                    struct error *err) {
    const char *wanted = options_value(opts, "ppa");
    char path[EMIT_PATH_MAX];
    if (emit_path(path, sizeof path, err, wanted ? "%s" : "%s/models/ppa/default.json",
                  wanted ? wanted : home)) {
        return -1;
    }
    if (!wanted && !emit_is_file(path)) {
        return 0;
    }
    if (ppa_load(&s->ppa, path, err)) {
        return -1;
    }
    s->type = wanted ? ppa_need(&s->ppa, path, s->hw.type.name, err)
                     : ppa_find(&s->ppa, s->hw.type.name);
    return wanted && !s->type ? -1 : 0;
}

static int prepare(struct predict *s, const struct options *opts, struct error *err) {
    char home[EMIT_PATH_MAX];
    if (home_find(home, sizeof home, err) ||
        design_load(home, options_operand(opts, 0), &s->hw, err) ||
        network_load_batch(home, options_value(opts, "network"), (unsigned)s->batch,
                           &s->net, err) ||
        choose_layers(&s->net, opts, &s->layers, &s->count, err) ||
        load_ppa(s, opts, home, err)) {
        return -1;
    }
    s->results = calloc(s->count + 1, sizeof *s->results);
    if (!s->results) {
        (void)error_set(err, "out of memory");
        return -1;
    }
    return 0;
}

/* One layer, its bounds, and its part of the total. */
static int predict_one(const struct predict *s, struct predictor *p,
                       const struct layer *l, struct prediction *x, struct error *err) {
    struct prediction *total = &s->results[s->count];
    x->layer = l;
    x->runs = layer_runs(&s->net, l);
    x->macs = layer_macs(l) * x->runs;
    if (predictor_batch(p, &s->net, l, &x->mapping, &x->counters, err)) {
        return -1;
    }
    if (!counters_fit(&total->counters, &x->counters, 1)) {
        return error_set(err, "the sum of the counters up to %s passes 2^62", l->name);
    }
    const struct layer part = tensor_group_layer(l);
    x->parts = (l->groups > 1 ? l->groups : 1) * x->runs;
    mapping_bounds_of(&s->hw, &part, &x->mapping,
                      x->counters.value[CNT_CYCLES] / x->parts, &x->bounds);
    total->macs += x->macs;
    counters_add(&total->counters, &x->counters);
    return 0;
}

static int predict_all(struct predict *s, struct error *err) {
    struct predictor *p = predictor_new();
    int status = p ? 0 : error_set(err, "out of memory");
    if (p) {
        predictor_start(p, &s->hw, (unsigned)s->latency);
    }
    for (unsigned i = 0; i < s->count && status == 0; i++) {
        struct error why = {"", 0, 0, ""};
        if (predict_one(s, p, s->layers[i], &s->results[i], &why)) {
            status = network_layer_error(&s->net, s->layers[i], &why, err);
        }
    }
    predictor_free(p);
    return status;
}

static int run(struct predict *s, const struct options *opts, struct error *err) {
    const char *json = options_value(opts, "json");
    s->table = json && strcmp(json, "-") == 0 ? stderr : stdout;
    if (prepare(s, opts, err) || predict_all(s, err)) {
        return -1;
    }
    if (s->type) {
        const struct prediction *total = &s->results[s->count];
        const struct ppa_work work = {(double)total->macs, &total->counters};
        ppa_evaluate(s->type, &s->hw, &work, s->clock_mhz, s->dram_pj, &s->result);
    }
    print_header(s->table, s->net.batch);
    for (unsigned i = 0; i <= s->count; i++) {
        print_row(s->table, &s->hw, &s->results[i]);
    }
    for (unsigned i = 0; i < s->count && options_value(opts, "explain"); i++) {
        explain_layer(s->table, &s->hw, &s->results[i]);
    }
    if (s->type) {
        print_result(s->table, &s->result, s->dram_pj);
    }
    if (!json) {
        return 0;
    }
    json_t *root = make_json(s);
    int status = json_out_write(root, json, err);
    json_decref(root);
    return status;
}

int verb_predict(int argc, char **argv) {
    struct options opts;
    struct predict s;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    memset(&s, 0, sizeof s);
    s.latency = MEMORY_LATENCY_DEFAULT;
    s.dram_pj = PPA_DRAM_PJ_PER_BIT;
    status = OPTIONS_ERROR;
    if (!options_value(&opts, "network")) {
        (void)error_set(&err, "predict: --network is missing");
    } else if (options_u64(&opts, "batch", 1, NETWORK_BATCH_MAX, &s.batch, &err) == 0 &&
               options_u64(&opts, "dram-latency", 1, MEMORY_LATENCY_MAX, &s.latency,
                           &err) == 0 &&
               options_real(&opts, "clock-mhz", 1, 1e5, &s.clock_mhz, &err) == 0 &&
               options_real(&opts, "dram-pj-per-bit", 0, 1e6, &s.dram_pj, &err) == 0) {
        status = run(&s, &opts, &err) ? 1 : 0;
    }
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    ppa_close(&s.ppa);
    network_close(&s.net);
    free(s.layers);
    free(s.results);
    return status;
}
