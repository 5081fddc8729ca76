/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of whole-network runs.
 */
#include "verif/report_network.h"

#include <math.h>
#include <string.h>

enum { TOP = 5 };

static const char *op_name(enum layer_op op) {
    static const char *const names[] = {"conv", "fc",      "matmul",
                                        "add",  "maxpool", "avgpool"};
    return names[op];
}

void report_host_row(FILE *out, const struct layer *l) {
    (void)fprintf(out, "%-20s   on the host: %s\n", l->name, op_name(l->op));
}

double report_act_value(const struct forward *f, const struct forward_map *map,
                        size_t i) {
    if (f->hw->type.kind == PE_FLOAT) {
        float value;
        memcpy(&value, &map->words[i], sizeof value);
        return (double)value;
    }
    return ldexp((double)map->words[i], -map->frac_bits);
}

/* Of some acts of a map. */
struct range {
    double min, max;
    size_t zeros, saturated;
};

static struct range range_of(const struct forward *f, const struct forward_map *map,
                             size_t from, size_t count) {
    struct range r = {0, 0, 0, 0};
    const int32_t top = (int32_t)((UINT32_C(1) << (f->hw->type.act_bits - 1)) - 1);
    for (size_t i = from; i < from + count; i++) {
        double v = report_act_value(f, map, i);
        r.min = i == from || v < r.min ? v : r.min;
        r.max = i == from || v > r.max ? v : r.max;
        r.zeros += v == 0;
        r.saturated += f->hw->type.kind == PE_INTEGER &&
                       (map->words[i] == top || map->words[i] == -top - 1);
    }
    return r;
}

static const struct forward_map *last_map(const struct forward *f) {
    return &f->layers[f->net->layer_count - 1].out;
}

/* The index of an image's largest act after those already taken; the first among
 * equals. */
static size_t next_best(const struct forward *f, size_t from, const size_t *taken,
                        size_t count) {
    const struct forward_map *map = last_map(f);
    size_t best = map->count;
    for (size_t i = 0; i < map->count; i++) {
        int used = 0;
        for (size_t k = 0; k < count; k++) {
            used |= taken[k] == i;
        }
        if (!used && (best == map->count || report_act_value(f, map, from + i) >
                                                report_act_value(f, map, from + best))) {
            best = i;
        }
    }
    return best;
}

static void print_top(FILE *out, const struct forward *f, size_t from) {
    const struct forward_map *map = last_map(f);
    size_t top[TOP];
    for (size_t i = 0; i < TOP && i < map->count; i++) {
        top[i] = next_best(f, from, top, i);
        (void)fprintf(out, "%s %zu (%.6g)", i ? "," : "", top[i],
                      report_act_value(f, map, from + top[i]));
    }
}

void report_logits(FILE *out, const struct forward *f) {
    const struct layer l = tensor_image_layer(&f->net->layers[f->net->layer_count - 1]);
    const struct forward_map *map = last_map(f);
    const int vector = l.e == 1 && l.f == 1;
    (void)fprintf(out, "\n");
    for (unsigned image = 0; image < f->net->batch; image++) {
        const size_t from = image * map->count;
        const struct range r = range_of(f, map, from, map->count);
        if (f->net->batch > 1) {
            (void)fprintf(out, "image %u: ", image);
        }
        if (vector) {
            (void)fprintf(out, "logits %s: %zu, %.6g to %.6g; largest:", l.name,
                          map->count, r.min, r.max);
            print_top(out, f, from);
        } else {
            (void)fprintf(out, "output %s: %u x %u x %u, %.6g to %.6g", l.name, l.m, l.e,
                          l.f, r.min, r.max);
        }
        (void)fprintf(out, "\n");
    }
}

static void set(json_t *object, const char *key, json_int_t value) {
    (void)json_object_set_new(object, key, json_integer(value));
}

static const char *producer_name(const struct forward *f, unsigned producer) {
    return producer == 0 ? "input" : f->net->layers[producer - 1].name;
}

static void set_grid(json_t *object, const struct forward *f, size_t index) {
    const struct forward_layer *n = &f->layers[index];
    const struct layer *l = &f->net->layers[index];
    const struct range r = range_of(f, &n->out, 0, n->out.count * f->net->batch);
    if (f->hw->type.kind == PE_INTEGER) {
        if (layer_on_array(l)) {
            set(object, "weight_frac_bits", n->params.weight_frac_bits);
        }
        set(object, "shift", n->shift);
        set(object, "frac_bits", n->out.frac_bits);
        set(object, "saturated", (json_int_t)r.saturated);
    }
    set(object, "zeros", (json_int_t)r.zeros);
    (void)json_object_set_new(object, "min", json_real(r.min));
    (void)json_object_set_new(object, "max", json_real(r.max));
}

json_t *report_graph_json(const struct forward *f) {
    json_t *layers = json_array();
    for (size_t i = 0; i < f->net->layer_count; i++) {
        const struct layer *l = &f->net->layers[i];
        json_t *object = json_object(), *inputs = json_array();
        for (unsigned k = 0; k < l->input_count; k++) {
            (void)json_array_append_new(inputs,
                                        json_string(producer_name(f, l->inputs[k])));
        }
        (void)json_object_set_new(object, "name", json_string(l->name));
        (void)json_object_set_new(object, "op", json_string(op_name(l->op)));
        (void)json_object_set_new(object, "runs_on",
                                  json_string(layer_on_array(l) ? "array" : "host"));
        (void)json_object_set_new(object, "inputs", inputs);
        (void)json_object_set_new(object, "kernel",
                                  json_pack("[i, i]", (int)l->r, (int)l->s));
        set(object, "runs", layer_runs(f->net, l));
        set(object, "stride", l->u);
        set(object, "pad", l->pad);
        set(object, "groups", l->groups);
        (void)json_object_set_new(object, "relu", json_boolean(l->relu));
        set_grid(object, f, i);
        (void)json_array_append_new(layers, object);
    }
    return layers;
}

/* A list of lists, one for each image; of a single image its list alone. Takes lists. */
static void set_list(json_t *object, const struct forward *f, const char *key,
                     json_t *lists) {
    if (f->net->batch > 1) {
        (void)json_object_set_new(object, key, lists);
        return;
    }
    (void)json_object_set(object, key, json_array_get(lists, 0));
    json_decref(lists);
}

json_t *report_logits_json(const struct forward *f) {
    const struct forward_map *map = last_map(f);
    json_t *object = json_object(), *values = json_array(), *words = json_array();
    (void)json_object_set_new(object, "layer",
                              json_string(f->net->layers[f->net->layer_count - 1].name));
    if (f->hw->type.kind == PE_INTEGER) {
        set(object, "frac_bits", map->frac_bits);
    }
    for (unsigned image = 0; image < f->net->batch; image++) {
        json_t *v = json_array(), *w = json_array();
        for (size_t i = image * map->count; i < (image + 1) * map->count; i++) {
            (void)json_array_append_new(w, json_integer(map->words[i]));
            (void)json_array_append_new(v, json_real(report_act_value(f, map, i)));
        }
        (void)json_array_append_new(words, w);
        (void)json_array_append_new(values, v);
    }
    set_list(object, f, "words", words);
    set_list(object, f, "values", values);
    return object;
}
