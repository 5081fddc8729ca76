/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained network for the verbs.
 */
#include "models/model.h"

#include <string.h>

#include "gen/emit.h"
#include "models/trained.h"
#include "verif/golden.h"

int model_open(struct model *m, const char *home, const struct network *net,
               const char *data, const char *mean, const char *deviation,
               struct error *err) {
    memset(m, 0, sizeof *m);
    m->home = home;
    m->net = net;
    m->data = data;
    m->calibration.net = net;
    m->calibration_images = CALIBRATION_IMAGES;
    m->rule = QUANTIZE_ERROR;
    if (net->weights[0] == '\0') {
        return error_set_at(err, net->file, 0, 0,
                            "the network has no trained tensors: \"weights\" is missing");
    }
    if (weights_open(&m->weights, net->weights, err) ||
        weights_check(&m->weights, net, err) ||
        preprocess_read(net, &m->preprocess, err) ||
        (mean && preprocess_parse("--mean", mean, m->preprocess.mean, 0, err)) ||
        (deviation &&
         preprocess_parse("--deviation", deviation, m->preprocess.deviation, 1, err))) {
        return -1;
    }
    return 0;
}

void model_close(struct model *m) {
    calibration_close(&m->calibration);
    weights_close(&m->weights);
}

int model_design(const char *home, const char *design, const char *pe_type, struct hw *hw,
                 struct error *err) {
    char path[EMIT_PATH_MAX];
    if (emit_path(path, sizeof path, err, "%s/designs/eyeriss_int16.json", home) ||
        design_load(home, design ? design : path, hw, err)) {
        return -1;
    }
    if (strcmp(hw->type.name, pe_type) == 0) {
        return 0;
    }
    struct design d = hw->design;
    struct pe_type type;
    if (pe_type_load(home, pe_type, &type, err)) {
        return -1;
    }
    memcpy(d.pe_type, type.name, sizeof d.pe_type);
    d.psum_bits = 0;
    return design_derive(home, &d, hw, err);
}

/* Run the images of calibration, once. */
static int run_images(struct model *m, struct error *err) {
    struct cifar images;
    struct hw hw;
    if (m->calibration_file[0] != '\0') {
        return 0;
    }
    const enum cifar_part part =
        cifar_has(m->data, CIFAR_TRAIN) ? CIFAR_TRAIN : CIFAR_TEST;
    if (model_design(m->home, NULL, "fp32", &hw, err) ||
        cifar_open(&images, m->data, part, err)) {
        return -1;
    }
    if (m->calibration_images > images.count) {
        m->calibration_images = images.count;
    }
    int rc = calibration_init(&m->calibration, &hw, m->net, &m->weights, &images,
                              &m->preprocess, m->calibration_images, err);
    if (rc == 0) {
        memcpy(m->calibration_file, images.file, sizeof m->calibration_file);
    }
    cifar_close(&images);
    return rc;
}

int model_calibrate(struct model *m, const struct hw *hw, struct scales *s,
                    struct error *err) {
    const struct pe_golden *type = golden_type(hw->type.name, err);
    return !type || run_images(m, err)
               ? -1
               : calibrate(&m->calibration, hw, type, m->rule, s, err);
}

int model_scales(struct model *m, const struct hw *hw, struct scales *s, int *stored,
                 struct error *err) {
    if (scales_read(s, m->net, hw->type.name, stored, err)) {
        return -1;
    }
    if (!*stored) {
        return model_calibrate(m, hw, s, err);
    }
    if (scales_check(s, hw, m->net, err)) {
        scales_close(s);
        return -1;
    }
    return 0;
}

static int run_forward(struct model *m, const struct hw *hw,
                       const struct mapping *mappings, const struct cifar *images,
                       size_t first, struct forward *f, struct error *err) {
    struct trained t = {.net = m->net};
    struct trained_images source = {&t, images, &m->preprocess, first};
    struct scales s = {.layers = NULL};
    int stored = 0;
    const struct pe_golden *type = golden_type(hw->type.name, err);
    int rc = type ? 0 : -1;
    if (rc == 0 && hw->type.kind == PE_INTEGER) {
        rc = model_scales(m, hw, &s, &stored, err);
    }
    if (rc == 0 &&
        trained_init(&t, hw, type, m->net, &m->weights, s.layers ? &s : NULL, err) == 0) {
        const struct forward_source from = trained_source(&source);
        rc = forward_run(f, hw, type, m->net, mappings, &from, err);
    } else {
        rc = -1;
    }
    trained_close(&t);
    scales_close(&s);
    return rc;
}

int model_forward(struct model *m, const struct hw *hw, const struct mapping *mappings,
                  size_t first, struct forward *f, unsigned *labels, struct error *err) {
    struct cifar images;
    if (cifar_open(&images, m->data, CIFAR_TEST, err)) {
        return -1;
    }
    int rc = cifar_check(&images, m->net, err);
    if (rc == 0 && (first >= images.count || m->net->batch > images.count - first)) {
        rc = error_set(err, "images %zu to %zu are wanted, %s has %zu", first,
                       first + m->net->batch - 1, images.file, images.count);
    }
    for (unsigned i = 0; rc == 0 && i < m->net->batch; i++) {
        labels[i] = cifar_label(&images, first + i);
    }
    rc = rc ? -1 : run_forward(m, hw, mappings, &images, first, f, err);
    cifar_close(&images);
    return rc;
}
