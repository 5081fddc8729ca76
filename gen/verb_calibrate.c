/* SPDX-License-Identifier: Apache-2.0
 *
 * qadam calibrate: choose the grids of a trained network's numbers and write them into
 * its file.
 */
#include <stdio.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "gen/home.h"
#include "gen/json_out.h"
#include "gen/network.h"
#include "gen/options.h"
#include "gen/verbs.h"
#include "models/model.h"

enum { IMAGES_MAX = 1000000 };

static const struct option_spec specs[] = {
    {"data", 0, "DIR", 0, "folder of the CIFAR-10 or CIFAR-100 binary files"},
    {"pe", 0, "TYPE...", 1, "integer PE types, also more than one word; all by default"},
    {"output", 'o', "NET2", 0, "network file to write; may be NET"},
    {"images", 0, "N", 0, "training images to take; 128 by default"},
    {"rule", 0, "RULE", 0, "error (least squared error) or range (nothing saturates)"},
    {"design", 0, "DESIGN", 0, "whose psum width is taken"},
    {"mean", 0, "R,G,B", 0, "subtracted from byte / 255, instead of the file's"},
    {"deviation", 0, "R,G,B", 0, "divided by then, instead of the file's"},
    {NULL, 0, NULL, 0, NULL}};

static const struct option_usage usage = {
    "calibrate",
    "NET",
    OPTIONS_ANY,
    "Run training images through a trained network in float arithmetic, choose the "
    "grids\n"
    "of its weights and activations for each PE type, and write the network's file "
    "again\n"
    "with them under \"scales\", and \"preprocess\" (docs/accuracy.md).",
    specs,
    NULL};

/* One run of the verb. */
struct verb {
    const struct options *opts;
    char home[EMIT_PATH_MAX];
    struct network net;
    struct model model;
    struct config_file file; /* the network's, with what is added */
    const char *output;
};

/* Calibrate for one type, unless it is a float type that was not asked for. */
static int add_type(struct verb *v, const char *type, int asked, struct error *err) {
    struct scales s;
    struct hw hw;
    if (model_design(v->home, options_value(v->opts, "design"), type, &hw, err)) {
        return -1;
    }
    if (hw.type.kind == PE_FLOAT) {
        return asked ? error_set(err, "PE type %s is a float type: it has no scales",
                                 hw.type.name)
                     : 0;
    }
    if (model_calibrate(&v->model, &hw, &s, err)) {
        return -1;
    }
    json_t *all = json_object_get(v->file.root, "scales");
    if (!all) {
        all = json_object();
        (void)json_object_set_new(v->file.root, "scales", all);
    }
    (void)json_object_set_new(all, hw.type.name, scales_json(&s, &v->net));
    scales_close(&s);
    return 0;
}

/* The types of the command line; all when there are none. */
static int add_types(struct verb *v, struct error *err) {
    char names[PE_TYPE_LIST][PE_TYPE_NAME];
    const char *name;
    int asked = 0;
    for (int i = 0; (name = options_value_at(v->opts, "pe", i)) != NULL; i++, asked = 1) {
        if (add_type(v, name, 1, err)) {
            return -1;
        }
    }
    for (int i = 1; (name = options_operand(v->opts, i)) != NULL; i++, asked = 1) {
        if (add_type(v, name, 1, err)) {
            return -1;
        }
    }
    const size_t count = asked ? 0 : pe_type_list(v->home, names);
    for (size_t i = 0; i < count; i++) {
        if (add_type(v, names[i], 0, err)) {
            return -1;
        }
    }
    return 0;
}

static json_t *numbers_json(const double numbers[CIFAR_CHANNELS]) {
    return json_pack("[f, f, f]", numbers[0], numbers[1], numbers[2]);
}

/* What is before the last '/' of a path, with it. */
static int folder_length(const char *path) {
    const char *end = strrchr(path, '/');
    return end ? (int)(end - path) + 1 : 0;
}

/* The tensors go where the network goes, under their own name. */
static int copy_weights(struct verb *v, struct error *err) {
    char path[EMIT_PATH_MAX];
    const char *name = v->net.weights + folder_length(v->net.weights);
    if (emit_path(path, sizeof path, err, "%.*s%s", folder_length(v->output), v->output,
                  name)) {
        return -1;
    }
    (void)json_object_set_new(v->file.root, "weights", json_string(name));
    return strcmp(path, v->net.weights) == 0 ? 0 : emit_copy(v->net.weights, path, err);
}

static int write_network(struct verb *v, struct error *err) {
    (void)json_object_set_new(
        v->file.root, "preprocess",
        json_pack("{s:o, s:o}", "mean", numbers_json(v->model.preprocess.mean),
                  "deviation", numbers_json(v->model.preprocess.deviation)));
    if (copy_weights(v, err)) {
        return -1;
    }
    return json_out_write(v->file.root, v->output, err);
}

static int prepare(struct verb *v, struct error *err) {
    uint64_t images = CALIBRATION_IMAGES;
    if (options_u64(v->opts, "images", 1, IMAGES_MAX, &images, err) ||
        home_find(v->home, sizeof v->home, err) ||
        network_load_batch(v->home, options_operand(v->opts, 0), 1, &v->net, err) ||
        model_open(&v->model, v->home, &v->net, options_value(v->opts, "data"),
                   options_value(v->opts, "mean"), options_value(v->opts, "deviation"),
                   err)) {
        return -1;
    }
    const char *rule = options_value(v->opts, "rule");
    v->model.rule = rule && strcmp(rule, "range") == 0 ? QUANTIZE_RANGE : QUANTIZE_ERROR;
    v->model.calibration_images = images;
    return config_open(&v->file, v->net.file, err);
}

static int check_usage(const struct verb *v, struct error *err) {
    const char *rule = options_value(v->opts, "rule");
    if (!options_value(v->opts, "data")) {
        return error_set(err, "calibrate: --data is missing");
    }
    if (!v->output) {
        return error_set(err, "calibrate: --output is missing");
    }
    if (rule && strcmp(rule, "error") != 0 && strcmp(rule, "range") != 0) {
        return error_set(err, "calibrate: --rule is '%.40s', must be error or range",
                         rule);
    }
    return 0;
}

int verb_calibrate(int argc, char **argv) {
    struct options opts;
    struct error err = {"", 0, 0, ""};
    int status = options_parse(&usage, argc, argv, &opts);
    if (status != OPTIONS_RUN) {
        return status;
    }
    struct verb v = {.opts = &opts, .output = options_value(&opts, "output")};
    status = OPTIONS_ERROR;
    if (check_usage(&v, &err) == 0) {
        status = json_out_probe(v.output, &err) || prepare(&v, &err) ||
                         add_types(&v, &err) || write_network(&v, &err)
                     ? 1
                     : 0;
    }
    if (err.text[0] != '\0') {
        error_print(&err);
    }
    config_close(&v.file);
    model_close(&v.model);
    network_close(&v.net);
    return status;
}
