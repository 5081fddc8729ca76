/* SPDX-License-Identifier: Apache-2.0
 *
 * CIFAR-10 and CIFAR-100 images.
 */
#include "models/cifar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "gen/config.h"
#include "gen/emit.h"

enum { COARSE = 20 };

static const struct set {
    const char *files[2]; /* by enum cifar_part */
    unsigned classes, label_bytes;
} sets[] = {{{"test_batch.bin", "data_batch_1.bin"}, 10, 1},
            {{"test.bin", "train.bin"}, 100, 2}};

enum { SETS = sizeof sets / sizeof sets[0] };

/* The set that a folder has a part of, or NULL. */
static const struct set *find_set(const char *folder, enum cifar_part part) {
    for (size_t i = 0; i < SETS; i++) {
        char path[EMIT_PATH_MAX];
        if (emit_path(path, sizeof path, NULL, "%s/%s", folder, sets[i].files[part]) ==
                0 &&
            emit_is_file(path)) {
            return &sets[i];
        }
    }
    return NULL;
}

int cifar_has(const char *folder, enum cifar_part part) {
    return find_set(folder, part) != NULL;
}

static unsigned byte_at(const char *bytes, size_t index) {
    return (unsigned char)bytes[index];
}

static int check_labels(const struct cifar *c, const char *path, struct error *err) {
    for (size_t i = 0; i < c->count; i++) {
        const unsigned coarse = byte_at(c->records, i * c->record_bytes);
        const unsigned label = cifar_label(c, i);
        if (label >= c->classes) {
            return error_set_at(err, path, 0, 0,
                                "the label of image %zu is %u, must be 0 to %u", i, label,
                                c->classes - 1);
        }
        if (c->record_bytes == CIFAR_BYTES + 2 && coarse >= COARSE) {
            return error_set_at(err, path, 0, 0,
                                "the coarse label of image %zu is %u, must be 0 to %d", i,
                                coarse, COARSE - 1);
        }
    }
    return 0;
}

int cifar_open(struct cifar *c, const char *folder, enum cifar_part part,
               struct error *err) {
    char path[EMIT_PATH_MAX];
    const struct set *set = find_set(folder, part);
    size_t size = 0;
    memset(c, 0, sizeof *c);
    if (!set) {
        return error_set(err,
                         "%.200s has neither %s (CIFAR-10) nor %s (CIFAR-100): the "
                         "folder of the binary files is wanted",
                         folder, sets[0].files[part], sets[1].files[part]);
    }
    if (emit_path(path, sizeof path, err, "%s/%s", folder, set->files[part]) ||
        emit_read(path, &c->records, &size, err)) {
        return -1;
    }
    (void)snprintf(c->file, sizeof c->file, "%s", set->files[part]);
    c->classes = set->classes;
    c->record_bytes = CIFAR_BYTES + set->label_bytes;
    c->count = size / c->record_bytes;
    int rc = 0;
    if (size == 0 || size % c->record_bytes != 0) {
        rc = error_set_at(err, path, 0, 0,
                          "has %zu bytes, must be one or more records of %zu bytes: %u "
                          "of labels and an image of %d",
                          size, c->record_bytes, set->label_bytes, CIFAR_BYTES);
    }
    if (rc || check_labels(c, path, err)) {
        cifar_close(c);
        return -1;
    }
    return 0;
}

void cifar_close(struct cifar *c) {
    free(c->records);
    c->records = NULL;
    c->count = 0;
}

unsigned cifar_label(const struct cifar *c, size_t index) {
    return byte_at(c->records, (index + 1) * c->record_bytes - CIFAR_BYTES - 1);
}

void cifar_image(const struct cifar *c, size_t index, const struct preprocess *p,
                 float *out) {
    const size_t plane = CIFAR_BYTES / CIFAR_CHANNELS;
    const char *bytes = c->records + (index + 1) * c->record_bytes - CIFAR_BYTES;
    for (size_t i = 0; i < CIFAR_BYTES; i++) {
        const double value = byte_at(bytes, i) / 255.0;
        out[i] = (float)((value - p->mean[i / plane]) / p->deviation[i / plane]);
    }
}

int cifar_check(const struct cifar *c, const struct network *net, struct error *err) {
    const struct layer *last = &net->layers[net->layer_count - 1];
    const size_t plane = last->op == OP_FC ? 1 : (size_t)last->e * last->f;
    if (net->c != CIFAR_CHANNELS || net->h != CIFAR_SIDE || net->w != CIFAR_SIDE) {
        return error_set_at(err, net->file, 0, 0,
                            "the input is %u x %u x %u, the images of %s are 3 x 32 x 32",
                            net->c, net->h, net->w, c->file);
    }
    if (last->m * plane != c->classes) {
        return error_set_at(err, net->file, last->line, 0,
                            "layer %s has %zu outputs, the images of %s have %u classes",
                            last->name, last->m * plane, c->file, c->classes);
    }
    return 0;
}

/* One list of "preprocess". */
static int read_numbers(const struct config_file *file, const char *key, int positive,
                        double numbers[CIFAR_CHANNELS], struct error *err) {
    const json_t *list = json_object_get(json_object_get(file->root, "preprocess"), key);
    char path[64];
    (void)snprintf(path, sizeof path, "preprocess/%s", key);
    for (size_t i = 0; i < CIFAR_CHANNELS; i++) {
        const json_t *n = json_array_get(list, i);
        numbers[i] = json_number_value(n);
        if (!json_is_number(n) || json_array_size(list) != CIFAR_CHANNELS ||
            (positive && numbers[i] <= 0)) {
            return config_error(file, path, err, "%s must be a list of %d numbers%s", key,
                                CIFAR_CHANNELS, positive ? " above 0" : "");
        }
    }
    return 0;
}

int preprocess_read(const struct network *net, struct preprocess *p, struct error *err) {
    static const struct config_key keys[] = {
        {.name = "mean", .type = CONFIG_ANY, .unit = "", .help = "of each channel"},
        {.name = "deviation", .type = CONFIG_ANY, .unit = "", .help = "likewise"},
        {.name = NULL}};
    struct config_file file;
    *p = (struct preprocess){{0, 0, 0}, {1, 1, 1}};
    if (config_open(&file, net->file, err)) {
        return -1;
    }
    int rc = 0;
    if (json_object_get(file.root, "preprocess")) {
        rc = config_read(&file, "preprocess", keys, p, err) ||
                     read_numbers(&file, "mean", 0, p->mean, err) ||
                     read_numbers(&file, "deviation", 1, p->deviation, err)
                 ? -1
                 : 0;
    }
    config_close(&file);
    return rc;
}

int preprocess_parse(const char *option, const char *text, double numbers[CIFAR_CHANNELS],
                     int positive, struct error *err) {
    const char *at = text;
    for (size_t i = 0; i < CIFAR_CHANNELS; i++) {
        char *end = NULL;
        numbers[i] = strtod(at, &end);
        const char separator = i + 1 < CIFAR_CHANNELS ? ',' : '\0';
        if (end == at || *end != separator || !isfinite(numbers[i]) ||
            (positive && numbers[i] <= 0)) {
            return error_set(err,
                             "%s is '%.80s', must be %d numbers%s, separated by commas",
                             option, text, CIFAR_CHANNELS, positive ? " above 0" : "");
        }
        at = end + 1;
    }
    return 0;
}
