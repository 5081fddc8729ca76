/* SPDX-License-Identifier: Apache-2.0
 *
 * The grids of a network's numbers.
 */
#include "models/scales.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "verif/host_ops.h"

enum { ADD_SHIFT_MAX = 63 };

/* Whether a layer has grids of its own. */
static int has_scale(const struct layer *l) {
    return layer_on_array(l) || l->op == OP_ADD;
}

int scales_init(struct scales *s, const struct network *net, struct error *err) {
    s->input_frac_bits = 0;
    s->layer_count = net->layer_count;
    s->layers = calloc(net->layer_count + 1, sizeof *s->layers);
    return s->layers ? 0 : error_set(err, "out of memory");
}

void scales_close(struct scales *s) {
    for (size_t i = 0; s->layers && i < s->layer_count; i++) {
        free(s->layers[i].bias);
    }
    free(s->layers);
    s->layers = NULL;
}

int scales_input(const struct scales *s, const struct layer *l, unsigned k) {
    return l->inputs[k] == 0 ? s->input_frac_bits : s->layers[l->inputs[k] - 1].frac_bits;
}

int scales_sum(const struct scales *s, const struct network *net, size_t layer) {
    const struct layer *l = &net->layers[layer];
    const int a = scales_input(s, l, 0);
    if (layer_on_array(l)) {
        return a + s->layers[layer].weight_frac_bits;
    }
    const int b = l->op == OP_ADD ? scales_input(s, l, 1) : a;
    return a > b ? a : b;
}

static int check_layer(const struct scales *s, const struct hw *hw,
                       const struct network *net, size_t index, struct error *err) {
    const struct layer *l = &net->layers[index];
    const int shift = scales_sum(s, net, index) - s->layers[index].frac_bits;
    const int max =
        layer_on_array(l) ? (int)hw->design.psum_bits - 1 : (int)ADD_SHIFT_MAX;
    struct error why = {"", 0, 0, ""};
    if (l->op == OP_ADD) {
        const int apart = abs(scales_input(s, l, 0) - scales_input(s, l, 1));
        if (apart > HOST_ALIGN_MAX) {
            (void)error_set(&why,
                            "scales of %s: the grids of its inputs are %d bits apart, at "
                            "most %d",
                            hw->type.name, apart, HOST_ALIGN_MAX);
            return network_layer_error(net, l, &why, err);
        }
    }
    if (shift < 0 || shift > max) {
        (void)error_set(&why,
                        "scales of %s: sums have %d fractional bits and outputs %d: the "
                        "output stage would have to shift right by %d, must be 0 to %d",
                        hw->type.name, scales_sum(s, net, index),
                        s->layers[index].frac_bits, shift, max);
        return network_layer_error(net, l, &why, err);
    }
    return 0;
}

int scales_check(const struct scales *s, const struct hw *hw, const struct network *net,
                 struct error *err) {
    for (size_t i = 0; i < net->layer_count; i++) {
        if (has_scale(&net->layers[i]) && check_layer(s, hw, net, i, err)) {
            return -1;
        }
    }
    return 0;
}

/* The entries of a type in a file. */
struct reader {
    struct config_file file;
    const struct network *net;
    const char *type;
    const json_t *entries;
    struct error *err;
};

/* Read a number of an entry. */
static int read_bits(const struct reader *r, const char *layer, const char *key,
                     int *bits) {
    const json_t *n = json_object_get(json_object_get(r->entries, layer), key);
    char path[256];
    (void)snprintf(path, sizeof path, "scales/%s/%s/%s", r->type, layer, key);
    const json_int_t value = json_integer_value(n);
    if (!json_is_integer(n) || value < -SCALES_BITS_MAX || value > SCALES_BITS_MAX) {
        return config_error(&r->file, path, r->err, "%s of %s must be a number, %d to %d",
                            key, layer, -SCALES_BITS_MAX, SCALES_BITS_MAX);
    }
    *bits = (int)value;
    return 0;
}

/* Read what is added to a layer's biases, if the entry has it. */
static int read_bias(const struct reader *r, const struct layer *l, struct scale *scale) {
    const json_t *list = json_object_get(json_object_get(r->entries, l->name), "bias");
    char path[256];
    (void)snprintf(path, sizeof path, "scales/%s/%s/bias", r->type, l->name);
    if (!list) {
        return 0;
    }
    scale->bias = calloc((size_t)l->m + 1, sizeof *scale->bias);
    if (!scale->bias) {
        return error_set(r->err, "out of memory");
    }
    for (size_t i = 0; i < l->m; i++) {
        const json_t *n = json_array_get(list, i);
        const json_int_t value = json_integer_value(n);
        if (!json_is_integer(n) || json_array_size(list) != l->m || value < INT32_MIN ||
            value > INT32_MAX) {
            return config_error(&r->file, path, r->err,
                                "bias of %s must be a list of %u numbers of 32 bits",
                                l->name, l->m);
        }
        scale->bias[i] = (int32_t)value;
    }
    return 0;
}

/* Read one entry, of a layer or (l == NULL) of the input. */
static int read_entry(const struct reader *r, const struct layer *l,
                      struct scale *scale) {
    static const struct config_key act[] = {
        {.name = "frac_bits", .type = CONFIG_ANY, .unit = "", .help = "of the output"},
        {.name = NULL}};
    static const struct config_key both[] = {
        {.name = "frac_bits", .type = CONFIG_ANY, .unit = "", .help = "of the output"},
        {.name = "weight_frac_bits",
         .type = CONFIG_ANY,
         .unit = "",
         .help = "of weights"},
        {.name = "bias",
         .type = CONFIG_ANY,
         .flags = CONFIG_OPTIONAL,
         .unit = "",
         .help = "added to the biases"},
        {.name = NULL}};
    const int array = l && layer_on_array(l);
    const char *name = l ? l->name : "input";
    char path[256];
    (void)snprintf(path, sizeof path, "scales/%s/%s", r->type, name);
    if (!json_object_get(r->entries, name)) {
        (void)snprintf(path, sizeof path, "scales/%s", r->type);
        return config_error(&r->file, path, r->err, "the scales of %s are missing", name);
    }
    return config_read(&r->file, path, array ? both : act, scale, r->err) ||
                   read_bits(r, name, "frac_bits", &scale->frac_bits) ||
                   (array &&
                    (read_bits(r, name, "weight_frac_bits", &scale->weight_frac_bits) ||
                     read_bias(r, l, scale)))
               ? -1
               : 0;
}

/* Entries of no layer are refused. */
static int check_names(const struct reader *r) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)r->entries, name, value) {
        int known = strcmp(name, "input") == 0;
        for (size_t i = 0; i < r->net->layer_count && !known; i++) {
            known = has_scale(&r->net->layers[i]) &&
                    strcmp(r->net->layers[i].name, name) == 0;
        }
        if (!known) {
            char path[256];
            (void)snprintf(path, sizeof path, "scales/%s/%.100s", r->type, name);
            return config_error(&r->file, path, r->err,
                                "the network has no conv, fc or add \"%.63s\"", name);
        }
    }
    return 0;
}

static int read_all(const struct reader *r, struct scales *s) {
    struct scale input = {0, 0, NULL};
    if (!json_is_object(r->entries)) {
        char path[64];
        (void)snprintf(path, sizeof path, "scales/%s", r->type);
        return config_error(&r->file, path, r->err, "must be an object { ... }");
    }
    if (check_names(r) || read_entry(r, NULL, &input)) {
        return -1;
    }
    s->input_frac_bits = input.frac_bits;
    for (size_t i = 0; i < r->net->layer_count; i++) {
        const struct layer *l = &r->net->layers[i];
        if (has_scale(l)) {
            if (read_entry(r, l, &s->layers[i])) {
                return -1;
            }
        } else {
            s->layers[i].frac_bits = scales_input(s, l, 0);
        }
    }
    return 0;
}

int scales_read(struct scales *s, const struct network *net, const char *type, int *found,
                struct error *err) {
    struct reader r = {.net = net, .type = type, .err = err};
    *found = 0;
    if (config_open(&r.file, net->file, err)) {
        return -1;
    }
    r.entries = json_object_get(json_object_get(r.file.root, "scales"), type);
    int rc = 0;
    if (r.entries) {
        rc = scales_init(s, net, err) || read_all(&r, s) ? -1 : 0;
        *found = rc == 0;
        if (rc) {
            scales_close(s);
        }
    }
    config_close(&r.file);
    return rc;
}

static json_t *bias_json(const struct layer *l, const int32_t *bias) {
    json_t *list = json_array();
    for (size_t i = 0; i < l->m; i++) {
        (void)json_array_append_new(list, json_integer(bias[i]));
    }
    return list;
}

json_t *scales_json(const struct scales *s, const struct network *net) {
    json_t *root = json_object();
    (void)json_object_set_new(root, "input",
                              json_pack("{s:i}", "frac_bits", s->input_frac_bits));
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        if (has_scale(l)) {
            json_t *entry = json_pack("{s:i}", "frac_bits", s->layers[i].frac_bits);
            if (layer_on_array(l)) {
                (void)json_object_set_new(entry, "weight_frac_bits",
                                          json_integer(s->layers[i].weight_frac_bits));
            }
            if (s->layers[i].bias) {
                (void)json_object_set_new(entry, "bias", bias_json(l, s->layers[i].bias));
            }
            (void)json_object_set_new(root, l->name, entry);
        }
    }
    return root;
}
