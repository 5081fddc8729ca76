/* SPDX-License-Identifier: Apache-2.0
 *
 * Running one regression case.
 */
#include "tests/regress_run.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gen/json_out.h"
#include "tests/pairs.h"
#include "verif/build.h"
#include "verif/forward.h"
#include "verif/golden.h"
#include "verif/random_params.h"
#include "verif/report.h"
#include "verif/testbench.h"

/* ---- keys ---- */

static uint64_t hash_text(uint64_t hash, const char *text) {
    return emit_fnv(hash, text, strlen(text) + 1);
}

static uint64_t hash_layer(uint64_t hash, const struct layer *l) {
    const unsigned fields[] = {(unsigned)l->op,
                               l->inputs[0],
                               l->inputs[1],
                               l->c,
                               l->h,
                               l->w,
                               l->m,
                               l->e,
                               l->f,
                               l->r,
                               l->s,
                               l->u,
                               l->pad,
                               l->groups,
                               (unsigned)l->relu};
    return emit_fnv(hash_text(hash, l->name), fields, sizeof fields);
}

/* This program: golden model, mapper, commands, performance model, testbench. */
static int hash_self(uint64_t *hash, struct error *err) {
    char *bytes = NULL;
    size_t size = 0;
    if (emit_read("/proc/self/exe", &bytes, &size, err)) {
        return -1;
    }
    *hash = emit_fnv(*hash, bytes, size);
    free(bytes);
    return 0;
}

static struct pairs pairs_of(const struct regress_case *c, const char *home) {
    struct pairs p = {.layers = c->layers,
                      .seed = c->seed,
                      .stall_seed = c->stall_seed,
                      .fault_seed = c->fault_seed,
                      .only_layer = UINT64_MAX,
                      .type = c->design};
    (void)snprintf(p.home, sizeof p.home, "%s", home);
    return p;
}

static int hash_design(uint64_t *hash, const struct regress_case *c, const char *home,
                       struct error *err) {
    const int quick = c->kind == REGRESS_RANDOM;
    const struct build_options options = {BUILD_NO_TRACE, quick, 1, NULL};
    const struct pairs p = pairs_of(c, home);
    struct hw hw;
    uint64_t key = 0;
    int rc = quick ? pairs_design(&p, c->number, &hw, err)
                   : design_load(home, c->design, &hw, err);
    if (rc || build_key(home, &hw, &options, &key, err)) {
        return -1;
    }
    *hash = emit_fnv(hash_text(*hash, hw.hash), &key, sizeof key);
    return 0;
}

int regress_key(struct regress_case *c, const char *home, struct error *err) {
    const uint64_t numbers[] = {(uint64_t)c->kind, c->number,     c->layers,
                                c->seed,           c->stall_seed, (uint64_t)c->range,
                                c->latency,        c->fault_seed};
    uint64_t hash = emit_fnv(EMIT_FNV_START, numbers, sizeof numbers);
    struct network net = {.layers = NULL};
    if (hash_self(&hash, err) || hash_design(&hash, c, home, err) ||
        (c->kind == REGRESS_NETWORK && network_load(home, c->network, &net, err))) {
        return -1;
    }
    if (c->kind == REGRESS_LAYER) {
        hash = hash_layer(hash, &c->layer);
    }
    hash = emit_fnv(hash, &net.batch, sizeof net.batch);
    for (size_t i = 0; i < net.layer_count; i++) {
        hash = hash_layer(hash, &net.layers[i]);
    }
    network_close(&net);
    c->key = hash;
    return 0;
}

/* ---- running ---- */

/* Take the result of one layer. */
static void take(struct regress_result *sum, const struct bench_result *r,
                 const char *what, FILE *details) {
    sum->runs++;
    sum->cycles += r->counters.value[CNT_CYCLES];
    sum->outputs += r->outputs;
    sum->mismatches += r->mismatches;
    coverage_add(&sum->coverage, &r->coverage);
    if (r->error.text[0] == '\0' && r->mismatches == 0) {
        return;
    }
    if (sum->text[0] == '\0') {
        (void)snprintf(sum->text, sizeof sum->text, "%.160s: %.500s", what,
                       r->error.text[0] ? r->error.text : "wrong outputs");
    }
    (void)fprintf(details, "  %s: %s\n", what,
                  r->error.text[0] ? r->error.text : "wrong outputs");
    report_failure(details, r);
}

static void fail(struct regress_result *r, const struct error *err) {
    if (r->text[0] == '\0') {
        (void)snprintf(r->text, sizeof r->text, "%.600s", err->text);
    }
}

/* One array layer of a network, for all images. Returns -1 when the bench is of no more
 * use. */
static int run_layer(struct bench *b, const struct forward *f, size_t layer,
                     FILE *details, struct regress_result *sum) {
    const struct layer *l = &f->net->layers[layer];
    const unsigned runs = layer_runs(f->net, l);
    struct bench_result r = {.error = {"", 0, 0, ""}};
    for (unsigned run = 0; run < runs && r.error.text[0] == '\0'; run++) {
        const struct tensors t = forward_tensors(f, layer, run);
        char what[96];
        (void)snprintf(what, sizeof what, "%s", l->name);
        if (runs > 1) {
            (void)snprintf(what, sizeof what, "%s, image %u", l->name, run);
        }
        (void)bench_run_tensors(b, l, &t, f->layers[layer].overflow, &r);
        take(sum, &r, what, details); /* go on after wrong outputs */
    }
    return r.error.text[0] != '\0' ? -1 : 0;
}

/* All array layers of a network, one after the other on the same accelerator. */
static int run_network(struct bench *b, const struct regress_case *c, const char *home,
                       FILE *details, struct regress_result *sum, struct error *err) {
    struct network net;
    struct forward f = {.layers = NULL};
    struct random_params random = {b->hw, b->type, c->seed, c->range};
    const struct forward_source source = random_params_source(&random);
    if (network_load(home, c->network, &net, err)) {
        return -1;
    }
    struct mapping *mappings = calloc(net.layer_count, sizeof *mappings);
    int rc = mappings ? 0 : error_set(err, "out of memory");
    for (size_t i = 0; rc == 0 && i < net.layer_count; i++) {
        const struct layer part = tensor_group_layer(&net.layers[i]);
        rc = layer_on_array(&net.layers[i])
                 ? mapping_search(b->hw, &part, &mappings[i], err)
                 : 0;
    }
    rc = rc || forward_run(&f, b->hw, b->type, &net, mappings, &source, err);
    for (size_t i = 0; rc == 0 && i < net.layer_count; i++) {
        if (layer_on_array(&net.layers[i])) {
            b->options.mapping = &mappings[i];
            rc = run_layer(b, &f, i, details, sum);
        }
    }
    forward_close(&f);
    free(mappings);
    network_close(&net);
    return rc ? -1 : 0;
}

static void run_on_design(const struct regress_case *c, const char *home,
                          const char *library, FILE *details,
                          struct regress_result *sum) {
    struct hw hw;
    struct sim_library lib = {NULL, NULL};
    struct bench bench = {.hw = NULL};
    struct error err = {"", 0, 0, ""};
    const struct bench_options options = {.seed = c->seed,
                                          .stall_seed = c->stall_seed,
                                          .fault_seed = c->fault_seed,
                                          .latency = c->latency,
                                          .range = c->range};
    int rc = design_load(home, c->design, &hw, &err) ||
             sim_library_open(&lib, library, &err) ||
             bench_init(&bench, &hw, lib.api, &options, &err);
    if (rc == 0 && c->kind == REGRESS_NETWORK) {
        rc = run_network(&bench, c, home, details, sum, &err);
    } else if (rc == 0) {
        struct bench_result r;
        (void)bench_run(&bench, &c->layer, &r);
        take(sum, &r, c->layer.name, details);
    }
    if (rc) {
        fail(sum, &err);
    }
    bench_close(&bench);
    sim_library_close(&lib);
}

static void run_random(const struct regress_case *c, const char *home, FILE *details,
                       struct regress_result *sum) {
    const struct pairs p = pairs_of(c, home);
    struct pairs_outcome *out = malloc(sizeof *out);
    struct error err = {"", 0, 0, "out of memory"};
    if (!out) {
        fail(sum, &err);
        return;
    }
    pairs_run(&p, c->number, out);
    if (out->error.text[0] != '\0') {
        fail(sum, &out->error);
    }
    for (unsigned i = 0; i < out->count; i++) {
        char what[PAIRS_TEXT + 32];
        (void)snprintf(what, sizeof what, "layer %u, %s", out->pair[i].number,
                       out->pair[i].text);
        take(sum, &out->pair[i].result, what, details);
    }
    free(out);
}

void regress_run(const struct regress_case *c, const char *home, const char *library,
                 FILE *details, struct regress_result *r) {
    const clock_t began = clock();
    memset(r, 0, sizeof *r);
    if (c->kind == REGRESS_RANDOM) {
        run_random(c, home, details, r);
    } else {
        run_on_design(c, home, library, details, r);
    }
    r->seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    if (r->text[0] == '\0' && r->runs == 0) {
        (void)snprintf(r->text, sizeof r->text, "nothing was run");
    }
    r->passed = r->text[0] == '\0' && r->mismatches == 0;
}

/* ---- result files ---- */

static void set(json_t *object, const char *key, uint64_t value) {
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

static uint64_t get(const json_t *object, const char *key) {
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

int regress_save(const char *folder, const struct regress_case *c,
                 const struct regress_result *r, struct error *err) {
    char path[EMIT_PATH_MAX], key[24];
    if (emit_path(path, sizeof path, err, "%s/%s.json", folder, c->id)) {
        return -1;
    }
    (void)snprintf(key, sizeof key, "%016llx", (unsigned long long)c->key);
    json_t *root = json_object();
    (void)json_object_set_new(root, "case", json_string(c->id));
    (void)json_object_set_new(root, "key", json_string(key));
    (void)json_object_set_new(root, "passed", json_boolean(r->passed));
    set(root, "layers", r->runs);
    set(root, "same_shape", c->same);
    set(root, "cycles", r->cycles);
    set(root, "outputs", r->outputs);
    set(root, "mismatches", r->mismatches);
    (void)json_object_set_new(root, "seconds", json_real(r->seconds));
    (void)json_object_set_new(root, "error", json_string(r->text));
    (void)json_object_set_new(root, "coverage", coverage_json(&r->coverage));
    int rc = json_out_write(root, path, err);
    json_decref(root);
    return rc;
}

int regress_load(const char *folder, const struct regress_case *c,
                 struct regress_result *r) {
    char path[EMIT_PATH_MAX], key[24];
    memset(r, 0, sizeof *r);
    if (emit_path(path, sizeof path, NULL, "%s/%s.json", folder, c->id)) {
        return 0;
    }
    (void)snprintf(key, sizeof key, "%016llx", (unsigned long long)c->key);
    json_t *root = json_load_file(path, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "error"));
    const char *found = json_string_value(json_object_get(root, "key"));
    const int same = found && strcmp(found, key) == 0;
    r->passed = json_is_true(json_object_get(root, "passed"));
    r->runs = get(root, "layers");
    r->cycles = get(root, "cycles");
    r->outputs = get(root, "outputs");
    r->mismatches = get(root, "mismatches");
    r->seconds = json_real_value(json_object_get(root, "seconds"));
    (void)snprintf(r->text, sizeof r->text, "%s", text ? text : "");
    coverage_read(json_object_get(root, "coverage"), &r->coverage);
    json_decref(root);
    return same;
}
