/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam accuracy: top-1 accuracy of a trained network in each PE type's arithmetic.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/network.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "models/accuracy.h"
#include "models/model.h"
#include "verif/golden.h"
#include "verif/tensor.h"

enum { IMAGES_MAX = 1000000 };

static const struct option_spec specs[] = {
    {"data", 0, "DIR", 0, "folder of the CIFAR-10 or CIFAR-100 binary files"},
    {"pe", 0, "TYPE...", 1, "PE types, also more than one word; all by default"},
    {"images", 0, "N", 0, "only the first N test images"},
    {"calibration", 0, "N", 0, "images to calibrate with; 128 by default"},
    {"design", 0, "DESIGN", 0, "whose psum width and order of float additions is taken"},
    {"mean", 0, "R,G,B", 0, "subtracted from byte / 255, instead of the file's"},
    {"deviation", 0, "R,G,B", 0, "divided by then, instead of the file's"},
    {"jobs", 'j', "N", 0, "threads; by default all processors"},
    {"logits", 0, NULL, 0, "put the last layer's words of every image into the JSON"},
    {"json", 0, "FILE", 0, "write the result as JSON; - is standard output"},
    {"timing", 0, NULL, 0, "say how fast it was, on standard error"},
    {NULL, 0, NULL, 0, NULL}};

static void print_more(FILE *out) {
    (void)fputs(
        "The grids of integer types are those under \"scales\" in the network's file. A\n"
        "type that has none there is calibrated with the first training images of the "
        "folder\n"
        "(data_batch_1.bin or train.bin, or the test images if there are no others), as\n"
        "'qadam calibrate' does. The design is designs/eyeriss_int16.json by default, "
        "with\n"
        "each PE type in turn (docs/accuracy.md).\n",
        out);
}

static const struct option_usage usage = {
    "accuracy",
    "NET",
    OPTIONS_ANY,
    "Run the test images through a trained network, in float arithmetic and in that of\n"
    "each PE type, bit by bit as the hardware does, and count what is recognized.",
    specs,
    print_more};

/* What one kind of arithmetic made of the images. */
struct outcome {
    const char *type; /* borrowed; NULL = float */
    struct hw hw;
    struct scales scales; /* of an integer type */
    int stored;           /* 1: scales are those of the file */
    int frac_bits;        /* of the logits */
    size_t right;
    struct accuracy a;
};

/* One run of the verb. */
struct verb {
    const struct options *opts;
    char home[EMIT_PATH_MAX];
    struct network net;
    struct model model;
    struct cifar images;
    char (*types)[PE_TYPE_NAME]; /* owned, [type_count] */
    size_t type_count;
    struct outcome *outcomes; /* owned, [1 + type_count], float first */
    uint64_t count, jobs;     /* images, threads */
    FILE *table;
};

/* The types of the command line: of --pe, and the words after the network. */
static int read_types(struct verb *v, struct error *err) {
    const size_t options = (size_t)options_count(v->opts, "pe");
    size_t words = 0;
    while (options_operand(v->opts, (int)words + 1)) {
        words++;
    }
    v->types = calloc(PE_TYPE_LIST + options + words, sizeof *v->types);
    if (!v->types) {
        return error_set(err, "out of memory");
    }
    if (options + words == 0) {
        v->type_count = pe_type_list(v->home, v->types);
    }
    for (size_t i = 0; i < options + words; i++) {
        const char *name = i < options ? options_value_at(v->opts, "pe", (int)i)
                                       : options_operand(v->opts, (int)(i - options) + 1);
        struct pe_type type;
        if (pe_type_load(v->home, name, &type, err)) {
            return -1;
        }
        memcpy(v->types[v->type_count++], type.name, sizeof type.name);
    }
    return 0;
}

/* The mappings of a float design, which are the order of its additions. */
static int map_layers(const struct verb *v, const struct hw *hw, struct mapping *mappings,
                      struct error *err) {
    for (size_t i = 0; hw->type.kind == PE_FLOAT && i < v->net.layer_count; i++) {
        const struct layer part = tensor_group_layer(&v->net.layers[i]);
        struct error why = {"", 0, 0, ""};
        if (layer_on_array(&part) && mapping_search(hw, &part, &mappings[i], &why)) {
            return network_layer_error(&v->net, &v->net.layers[i], &why, err);
        }
    }
    return 0;
}

/* Run the images; mappings is NULL for plain float. */
static int run_images(struct verb *v, struct outcome *o, const struct trained *t,
                      const struct mapping *mappings, const char *label,
                      struct error *err) {
    struct infer n = {.net = &v->net};
    struct accuracy_job job = {.infer = &n,
                               .trained = t,
                               .images = &v->images,
                               .preprocess = &v->model.preprocess,
                               .count = v->count,
                               .threads = (unsigned)v->jobs,
                               .progress = isatty(STDERR_FILENO) ? label : NULL};
    struct timespec from, to;
    const clock_t began = clock();
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    int rc = infer_init(&n, t->hw, t->type, &v->net, t->params, mappings, err) ||
             accuracy_run(&job, &o->a, err);
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    if (rc == 0) {
        const double seconds =
            (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        o->right = accuracy_right(&job, &o->a);
        if (t->hw->type.kind == PE_INTEGER) {
            o->frac_bits = t->scales.layers[v->net.layer_count - 1].frac_bits;
        }
        if (options_count(v->opts, "timing")) {
            (void)fprintf(stderr,
                          "%s: %.1f s with %llu threads, %.1f s of processor time\n",
                          label, seconds, (unsigned long long)v->jobs,
                          (double)(clock() - began) / CLOCKS_PER_SEC);
        }
    }
    infer_close(&n);
    return rc ? -1 : 0;
}

/* Design and scales of a type, before any work begins. */
static int prepare_type(struct verb *v, const char *type, struct outcome *o,
                        struct error *err) {
    o->type = type;
    if (model_design(v->home, options_value(v->opts, "design"), type ? type : "fp32",
                     &o->hw, err)) {
        return -1;
    }
    return o->hw.type.kind == PE_INTEGER
               ? model_scales(&v->model, &o->hw, &o->scales, &o->stored, err)
               : 0;
}

static int run_type(struct verb *v, struct outcome *o, struct error *err) {
    struct trained t = {.net = &v->net};
    struct mapping *mappings = calloc(v->net.layer_count, sizeof *mappings);
    const struct pe_golden *golden = golden_type(o->hw.type.name, err);
    int rc = mappings ? 0 : error_set(err, "out of memory");
    rc =
        rc || !golden || (o->type && map_layers(v, &o->hw, mappings, err)) ||
        trained_init(&t, &o->hw, golden, &v->net, &v->model.weights,
                     o->scales.layers ? &o->scales : NULL, err) ||
        run_images(v, o, &t, o->type ? mappings : NULL, o->type ? o->type : "float", err);
    trained_close(&t);
    free(mappings);
    return rc ? -1 : 0;
}

/* ---- results ---- */

static double percent(const struct outcome *o) {
    return 100 * (double)o->right / (double)o->a.count;
}

/* Images that are taken for the same class. */
static size_t same(const struct outcome *a, const struct outcome *b) {
    size_t count = 0;
    for (size_t i = 0; i < a->a.count; i++) {
        count += a->a.predicted[i] == b->a.predicted[i];
    }
    return count;
}

static void print_row(const struct verb *v, const struct outcome *o) {
    const struct outcome *reference = &v->outcomes[0];
    (void)fprintf(v->table, "%-12s %9.2f %% %9zu %+9.2f %13.2f %%\n",
                  o->type ? o->type : "float", percent(o), o->right,
                  percent(o) - percent(reference),
                  100 * (double)same(o, reference) / (double)o->a.count);
    (void)fflush(v->table);
}

/* A matrix of counts, [from's class][to's class]. */
static json_t *confusion_json(unsigned classes, const uint8_t *from, const uint8_t *to,
                              size_t count) {
    json_t *rows = json_array();
    size_t *cells = calloc((size_t)classes * classes, sizeof *cells);
    for (size_t i = 0; cells && i < count; i++) {
        cells[(size_t)from[i] * classes + to[i]]++;
    }
    for (size_t i = 0; cells && i < classes; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < classes; k++) {
            (void)json_array_append_new(row,
                                        json_integer((json_int_t)cells[i * classes + k]));
        }
        (void)json_array_append_new(rows, row);
    }
    free(cells);
    return rows;
}

static json_t *logits_json(const struct outcome *o) {
    json_t *images = json_array();
    for (size_t i = 0; i < o->a.count; i++) {
        json_t *words = json_array();
        for (size_t k = 0; k < o->a.classes; k++) {
            (void)json_array_append_new(words,
                                        json_integer(o->a.logits[i * o->a.classes + k]));
        }
        (void)json_array_append_new(images, words);
    }
    return images;
}

/* What float and a type have in common; labels are the classes of the images. */
static json_t *outcome_json(const struct verb *v, const struct outcome *o,
                            const uint8_t *labels) {
    json_t *root = json_object();
    (void)json_object_set_new(root, "top1_percent", json_real(percent(o)));
    (void)json_object_set_new(root, "right", json_integer((json_int_t)o->right));
    (void)json_object_set_new(
        root, "confusion",
        confusion_json(o->a.classes, labels, o->a.predicted, o->a.count));
    if (options_count(v->opts, "logits")) {
        (void)json_object_set_new(root, "frac_bits", json_integer(o->frac_bits));
        (void)json_object_set_new(root, "logits", logits_json(o));
    }
    return root;
}

static json_t *type_json(const struct verb *v, size_t index, const uint8_t *labels) {
    const struct outcome *o = &v->outcomes[index + 1], *reference = &v->outcomes[0];
    json_t *root = json_object();
    (void)json_object_set_new(root, "pe_type", json_string(v->types[index]));
    (void)json_object_set_new(root, "psum_bits", json_integer(o->hw.design.psum_bits));
    if (o->hw.type.kind == PE_INTEGER) {
        (void)json_object_set_new(root, "scales",
                                  json_string(o->stored ? "stored" : "calibrated"));
    }
    (void)json_object_update_new(root, outcome_json(v, o, labels));
    (void)json_object_set_new(root, "loss_points",
                              json_real(percent(reference) - percent(o)));
    (void)json_object_set_new(root, "same_as_float",
                              json_integer((json_int_t)same(o, reference)));
    (void)json_object_set_new(
        root, "against_float",
        confusion_json(o->a.classes, reference->a.predicted, o->a.predicted, o->a.count));
    return root;
}

/* The whole result; NULL when out of memory. */
static json_t *make_json(const struct verb *v) {
    json_t *root = json_object(), *types = json_array();
    uint8_t *labels = calloc(v->count + 1, sizeof *labels);
    const uint64_t hash = emit_fnv(EMIT_FNV_START, v->images.records,
                                   v->images.count * v->images.record_bytes);
    char text[17];
    (void)snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    for (size_t i = 0; labels && i < v->count; i++) {
        labels[i] = (uint8_t)cifar_label(&v->images, i);
    }
    (void)json_object_set_new(root, "network", json_string(v->net.name));
    (void)json_object_set_new(root, "data",
                              json_pack("{s:s, s:s, s:I, s:i}", "file", v->images.file,
                                        "hash", text, "images", (json_int_t)v->count,
                                        "classes", (int)v->images.classes));
    if (v->model.calibration_file[0] != '\0') {
        (void)json_object_set_new(root, "calibration",
                                  json_pack("{s:s, s:I}", "file",
                                            v->model.calibration_file, "images",
                                            (json_int_t)v->model.calibration_images));
    }
    if (labels) {
        (void)json_object_set_new(root, "float",
                                  outcome_json(v, &v->outcomes[0], labels));
    }
    for (size_t i = 0; labels && i < v->type_count; i++) {
        (void)json_array_append_new(types, type_json(v, i, labels));
    }
    (void)json_object_set_new(root, "types", types);
    free(labels);
    return root;
}

/* ---- the run ---- */

/* Numbers of the command line; wrong usage. */
static int read_options(struct verb *v, struct error *err) {
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const char *json = options_value(v->opts, "json");
    v->jobs = processors < 1                      ? 1
              : processors > ACCURACY_THREADS_MAX ? ACCURACY_THREADS_MAX
                                                  : (uint64_t)processors;
    v->table = json && strcmp(json, "-") == 0 ? stderr : stdout;
    if (!options_value(v->opts, "data")) {
        return error_set(err, "accuracy: --data is missing");
    }
    return options_u64(v->opts, "images", 1, IMAGES_MAX, &v->count, err) ||
                   options_u64(v->opts, "jobs", 1, ACCURACY_THREADS_MAX, &v->jobs, err)
               ? -1
               : 0;
}

static int prepare(struct verb *v, struct error *err) {
    uint64_t calibration = CALIBRATION_IMAGES;
    const char *data = options_value(v->opts, "data");
    if (options_u64(v->opts, "calibration", 1, IMAGES_MAX, &calibration, err) ||
        home_find(v->home, sizeof v->home, err) || read_types(v, err) ||
        network_load_batch(v->home, options_operand(v->opts, 0), 1, &v->net, err) ||
        model_open(&v->model, v->home, &v->net, data, options_value(v->opts, "mean"),
                   options_value(v->opts, "deviation"), err) ||
        cifar_open(&v->images, data, CIFAR_TEST, err) ||
        cifar_check(&v->images, &v->net, err)) {
        return -1;
    }
    v->model.calibration_images = calibration;
    if (v->count > v->images.count) {
        return error_set(err, "--images is %llu, %s has %zu",
                         (unsigned long long)v->count, v->images.file, v->images.count);
    }
    v->count = v->count ? v->count : v->images.count;
    v->outcomes = calloc(1 + v->type_count, sizeof *v->outcomes);
    if (!v->outcomes) {
        return error_set(err, "out of memory");
    }
    for (size_t i = 0; i <= v->type_count; i++) {
        if (prepare_type(v, i == 0 ? NULL : v->types[i - 1], &v->outcomes[i], err)) {
            return -1;
        }
    }
    return 0;
}

static int run(struct verb *v, struct error *err) {
    if (prepare(v, err)) {
        return -1;
    }
    (void)fprintf(v->table, "%s, %llu images of %s\n\n%-12s %11s %9s %9s %15s\n",
                  v->net.name, (unsigned long long)v->count, v->images.file, "type",
                  "top-1", "right", "to float", "same as float");
    for (size_t i = 0; i <= v->type_count; i++) {
        if (run_type(v, &v->outcomes[i], err)) {
            return -1;
        }
        print_row(v, &v->outcomes[i]);
    }
    const char *path = options_value(v->opts, "json");
    if (!path) {
        return 0;
    }
    json_t *root = make_json(v);
    int rc = json_out_write(root, path, err);
    json_decref(root);
    return rc;
}

int verb_accuracy(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    struct verb v = {.opts = &opts};
    status = OPTIONS_ERROR;
    if (read_options(&v, &err) == 0) {
        status =
            json_out_probe(options_value(&opts, "json"), &err) || run(&v, &err) ? 1 : 0;
    }
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    for (size_t i = 0; v.outcomes && i <= v.type_count; i++) {
        accuracy_close(&v.outcomes[i].a);
        scales_close(&v.outcomes[i].scales);
    }
    free(v.outcomes);
    free(v.types);
    cifar_close(&v.images);
    model_close(&v.model);
    network_close(&v.net);
    return status;
}
