/* SPDX-License-Identifier: Apache-2.0
 *
 * Networks: reading, inferring shapes, checking that they fit together.
 */
#include "gen/network.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "gen/layer_shape.h"

enum {
    LIST_MAX = 256 /* network names listed in a message */
};

/* The keys of a network file. */
struct top {
    char name[64];
    char description[512];
    char weights[EMIT_PATH_MAX];
    unsigned batch;
};

/* The keys of "input". */
struct input {
    unsigned channels, height, width;
};

/* The keys of a layer, of any operation. */
struct entry {
    char name[64];
    char op[16];
    unsigned filters, stride, pad, groups;
    int relu;
};

/* A network being loaded. */
struct loader {
    struct config_file file;
    struct network *net;
    struct layer_map
        *maps;     /* owned, [1 + layers]: what each layer hands on; [0] = input */
    int *lines;    /* owned, [layers] */
    char path[64]; /* "layers/3" */
    struct error *err;
};

#define NUMBER(structure, key, optional, low, high, preset, text)                        \
    {                                                                                    \
        .name = #key, .type = CONFIG_UINT, .flags = (optional),                          \
        .offset = offsetof(struct structure, key), .min = (low), .max = (high),          \
        .unit = "", .default_text = (preset), .help = (text)                             \
    }
#define TEXT(structure, key, kind, optional, words, text)                                \
    {                                                                                    \
        .name = #key, .type = (kind), .flags = (optional),                               \
        .offset = offsetof(struct structure, key),                                       \
        .size = sizeof((struct structure *)0)->key, .unit = "", .choices = (words),      \
        .help = (text)                                                                   \
    }
#define ANY(key, optional, text)                                                         \
    { .name = (key), .type = CONFIG_ANY, .flags = (optional), .unit = "", .help = (text) }
#define END                                                                              \
    { .name = NULL }

#define NAME_KEYS                                                                        \
    TEXT(entry, name, CONFIG_NAME, 0, NULL, "name of the layer"),                        \
        TEXT(entry, op, CONFIG_ENUM, 0, "conv|fc|matmul|add|maxpool|avgpool",            \
             "operation"),                                                               \
        ANY("inputs", CONFIG_OPTIONAL, "names of the producing layers, or \"input\"")
#define OWN_INPUT_KEY                                                                    \
    ANY("input", CONFIG_OPTIONAL, "shape of what an unconnected layer reads")
#define RELU_KEY                                                                         \
    {                                                                                    \
        .name = "relu", .type = CONFIG_BOOL, .flags = CONFIG_OPTIONAL,                   \
        .offset = offsetof(struct entry, relu), .unit = "", .default_text = "false",     \
        .help = "output is max(0, x)"                                                    \
    }
#define FILTERS_KEY NUMBER(entry, filters, 0, 1, LAYER_DIM_MAX, NULL, "output channels")
#define WINDOW_KEYS(optional)                                                            \
    ANY("kernel", optional, "[rows, columns] or one number"),                            \
        NUMBER(entry, stride, CONFIG_OPTIONAL, 1, LAYER_STRIDE_MAX, "1",                 \
               "both directions"),                                                       \
        NUMBER(entry, pad, CONFIG_OPTIONAL, 0, LAYER_KERNEL_MAX, "0",                    \
               "zeros on every side")

static const struct config_key top_keys[] = {
    TEXT(top, name, CONFIG_NAME, 0, NULL, "name of the network"),
    TEXT(top, description, CONFIG_TEXT, CONFIG_OPTIONAL, NULL, "for people"),
    NUMBER(top, batch, CONFIG_OPTIONAL, 1, NETWORK_BATCH_MAX, "1", "images"),
    ANY("input", CONFIG_OPTIONAL, "shape of the input"),
    TEXT(top, weights, CONFIG_TEXT, CONFIG_OPTIONAL, NULL, "file of the tensors"),
    ANY("preprocess", CONFIG_OPTIONAL, "how bytes become the input"),
    ANY("scales", CONFIG_OPTIONAL, "grids of each PE type's numbers"),
    ANY("layers", 0, "list of layers, producers first"),
    END};

static const struct config_key input_keys[] = {
    NUMBER(input, channels, 0, 1, LAYER_DIM_MAX, NULL, "channels"),
    NUMBER(input, height, 0, 1, LAYER_DIM_MAX, NULL, "rows"),
    NUMBER(input, width, 0, 1, LAYER_DIM_MAX, NULL, "columns"), END};

static const struct config_key conv_keys[] = {
    NAME_KEYS,
    OWN_INPUT_KEY,
    FILTERS_KEY,
    WINDOW_KEYS(0),
    NUMBER(entry, groups, CONFIG_OPTIONAL, 1, LAYER_DIM_MAX, "1", "channel groups"),
    RELU_KEY,
    END};
static const struct config_key fc_keys[] = {NAME_KEYS, OWN_INPUT_KEY, FILTERS_KEY,
                                            RELU_KEY, END};
static const struct config_key plain_keys[] = {NAME_KEYS, RELU_KEY, END};
static const struct config_key maxpool_keys[] = {NAME_KEYS, OWN_INPUT_KEY, WINDOW_KEYS(0),
                                                 END};
static const struct config_key avgpool_keys[] = {NAME_KEYS, OWN_INPUT_KEY,
                                                 WINDOW_KEYS(CONFIG_OPTIONAL), END};

/* The operations, in the order of enum layer_op. */
static const struct operation {
    const char *name;
    const struct config_key *keys;
    unsigned inputs;
} operations[] = {{"conv", conv_keys, 1},       {"fc", fc_keys, 1},
                  {"matmul", plain_keys, 2},    {"add", plain_keys, 2},
                  {"maxpool", maxpool_keys, 1}, {"avgpool", avgpool_keys, 1}};

enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* a * b, or the largest number when that does not fit. */
static uint64_t mul_sat(uint64_t a, uint64_t b) {
    return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

uint64_t layer_macs(const struct layer *l) {
    uint64_t per_output = 0;
    if (l->op == OP_CONV || l->op == OP_FC) {
        per_output = (uint64_t)(l->c / l->groups) * l->r * l->s;
    } else if (l->op == OP_MATMUL) {
        per_output = l->c;
    }
    return mul_sat(mul_sat((uint64_t)l->m * l->e, l->f), per_output);
}

uint64_t layer_weights(const struct layer *l) {
    if (l->op != OP_CONV && l->op != OP_FC) {
        return 0;
    }
    return (uint64_t)l->m * (l->c / l->groups) * l->r * l->s;
}

unsigned layer_runs(const struct network *net, const struct layer *l) {
    return l->op == OP_FC ? 1 : net->batch;
}

int layer_on_array(const struct layer *l) {
    return l->op == OP_CONV || l->op == OP_FC;
}

/* An error at a key of the current layer ("" = the layer itself). */
static int fail(struct loader *ld, const struct layer *l, const char *key,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int fail(struct loader *ld, const struct layer *l, const char *key,
                const char *fmt, ...) {
    char text[400];
    char path[128];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)snprintf(path, sizeof path, "%s%s%s", ld->path, key[0] != '\0' ? "/" : "", key);
    return config_error(&ld->file, path, ld->err, "layer %s: %s", l->name, text);
}

/* Read "kernel": a number or two. */
static int read_kernel(struct loader *ld, struct layer *l, const json_t *object) {
    const json_t *value = json_object_get(object, "kernel");
    if (!value) {
        return 0;
    }
    for (size_t i = 0; i < 2; i++) {
        const json_t *n = json_is_array(value) ? json_array_get(value, i) : value;
        json_int_t k = json_integer_value(n);
        if (!json_is_integer(n) || k < 1 || k > LAYER_KERNEL_MAX ||
            (json_is_array(value) && json_array_size(value) != 2)) {
            return fail(ld, l, "kernel",
                        "kernel must be a number or [rows, columns], each 1 to %d",
                        LAYER_KERNEL_MAX);
        }
        *(i == 0 ? &l->r : &l->s) = (unsigned)k;
    }
    return 0;
}

/* The producer of the given name: index of the layer + 1, 0 for the input; -1 if none of
 * the layers before this one has the name. */
static long find_producer(const struct network *net, size_t before, const char *name) {
    if (strcmp(name, "input") == 0) {
        return 0;
    }
    for (size_t i = before; i > 0; i--) {
        if (strcmp(net->layers[i - 1].name, name) == 0) {
            return (long)i;
        }
    }
    return -1;
}

/* Refuse a producer; says so if it only comes later. */
static int no_producer(struct loader *ld, const struct layer *l, const char *key,
                       size_t index, const char *name) {
    const json_t *layers = json_object_get(ld->file.root, "layers");
    for (size_t i = index; i < json_array_size(layers); i++) {
        const char *later =
            json_string_value(json_object_get(json_array_get(layers, i), "name"));
        if (later && strcmp(later, name) == 0) {
            return fail(ld, l, key, "input \"%.63s\" must come before the layer", name);
        }
    }
    const char *nearest = NULL;
    const char **names = malloc((index + 1) * sizeof *names);
    if (names) {
        for (size_t i = 0; i < index; i++) {
            names[i] = ld->net->layers[i].name;
        }
        names[index] = "input";
        nearest = config_nearest(name, names, index + 1);
        free(names);
    }
    if (nearest) {
        return fail(ld, l, key, "no layer \"%.63s\" before it, did you mean \"%s\"?",
                    name, nearest);
    }
    return fail(ld, l, key, "no layer \"%.63s\" before it", name);
}

/* Read the shape at path, a network's "input" or a layer's. */
static int read_shape(struct loader *ld, const char *path, struct layer_map *map) {
    struct input input;
    memset(&input, 0, sizeof input);
    if (config_read(&ld->file, path, input_keys, &input, ld->err)) {
        return -1;
    }
    map->c = input.channels;
    map->h = input.height;
    map->w = input.width;
    return 0;
}

/* Read the names of the layers that this one reads. */
static int read_inputs(struct loader *ld, struct layer *l, size_t index,
                       const json_t *object) {
    const json_t *list = json_object_get(object, "inputs");
    unsigned wanted = operations[l->op].inputs;
    if (!json_is_array(list) || json_array_size(list) != wanted) {
        return fail(ld, l, "inputs", "inputs must be a list of %u layer name%s for %s",
                    wanted, wanted == 1 ? "" : "s", operations[l->op].name);
    }
    l->input_count = wanted;
    for (unsigned i = 0; i < wanted; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "inputs/%u", i);
        const char *name = json_string_value(json_array_get(list, i));
        if (!name) {
            return fail(ld, l, key, "inputs must be layer names in quotes");
        }
        long producer = find_producer(ld->net, index, name);
        if (producer < 0) {
            return no_producer(ld, l, key, index, name);
        }
        if (producer == 0 && ld->maps[0].c == 0) {
            return fail(ld, l, key, "the network has no \"input\", give its shape");
        }
        l->inputs[i] = (unsigned)producer;
    }
    return 0;
}

/* Find the operation of a layer; its name and the other keys are not checked yet. */
static int read_op(struct loader *ld, const json_t *object, enum layer_op *op) {
    const char *names[OPERATIONS];
    const char *name = json_string_value(json_object_get(object, "op"));
    char path[96];
    for (size_t i = 0; i < OPERATIONS; i++) {
        names[i] = operations[i].name;
        if (name && strcmp(name, names[i]) == 0) {
            *op = (enum layer_op)i;
            return 0;
        }
    }
    if (!json_is_object(object) || !json_object_get(object, "op")) {
        return config_error(&ld->file, ld->path, ld->err,
                            "a layer must be an object with the key \"op\"");
    }
    (void)snprintf(path, sizeof path, "%s/op", ld->path);
    const char *nearest = name ? config_nearest(name, names, OPERATIONS) : NULL;
    if (nearest) {
        return config_error(&ld->file, path, ld->err,
                            "unknown op \"%.40s\", did you mean \"%s\"?", name, nearest);
    }
    return config_error(&ld->file, path, ld->err,
                        "op must be one of conv, fc, matmul, add, maxpool, avgpool");
}

/* Read what a layer reads, and infer its shape. */
static int connect(struct loader *ld, struct layer *l, size_t index,
                   const json_t *object) {
    struct layer_map own = {0, 0, 0};
    struct layer_fault fault;
    int unconnected = json_object_get(object, "input") != NULL;
    if (unconnected && json_object_get(object, "inputs")) {
        return fail(ld, l, "input", "input is for a layer without inputs");
    }
    if (unconnected) {
        char path[96];
        (void)snprintf(path, sizeof path, "%s/input", ld->path);
        if (read_shape(ld, path, &own)) {
            return -1;
        }
    } else if (read_inputs(ld, l, index, object)) {
        return -1;
    }
    const struct layer_map *a = unconnected ? &own : &ld->maps[l->inputs[0]];
    if (layer_infer(l, a, &ld->maps[l->inputs[1]], ld->net->batch, &ld->maps[index + 1],
                    &fault)) {
        return fail(ld, l, fault.key, "%s", fault.text);
    }
    return 0;
}

static int read_layer(struct loader *ld, size_t index, const json_t *object) {
    struct layer *l = &ld->net->layers[index];
    struct entry entry;
    memset(&entry, 0, sizeof entry);
    entry.stride = 1;
    entry.groups = 1;
    (void)snprintf(ld->path, sizeof ld->path, "layers/%zu", index);
    if (read_op(ld, object, &l->op) ||
        config_read(&ld->file, ld->path, operations[l->op].keys, &entry, ld->err)) {
        return -1;
    }
    memcpy(l->name, entry.name, sizeof l->name);
    l->m = entry.filters;
    l->u = entry.stride;
    l->pad = entry.pad;
    l->groups = entry.groups;
    l->relu = entry.relu;
    l->line = ld->lines[index];
    long same = find_producer(ld->net, index, l->name);
    if (same == 0) {
        return fail(ld, l, "name", "\"input\" is the name of the network's input");
    }
    if (same > 0) {
        return fail(ld, l, "name", "the layer of line %d has the same name",
                    ld->net->layers[same - 1].line);
    }
    if (read_kernel(ld, l, object)) {
        return -1;
    }
    return connect(ld, l, index, object);
}

/* Sums over all layers must fit 64 bits, the batch included. */
static int check_sum(struct loader *ld) {
    uint64_t sum = 0;
    for (size_t i = 0; i < ld->net->layer_count; i++) {
        const struct layer *l = &ld->net->layers[i];
        uint64_t macs = mul_sat(layer_macs(l), layer_runs(ld->net, l));
        if (macs > (uint64_t)INT64_MAX - sum) {
            (void)snprintf(ld->path, sizeof ld->path, "layers/%zu", i);
            return fail(ld, l, "", "the network has more than 2^63 MACs with it");
        }
        sum += macs;
    }
    return 0;
}

static int read_layers(struct loader *ld) {
    const json_t *layers = json_object_get(ld->file.root, "layers");
    size_t count = json_array_size(layers);
    if (!json_is_array(layers) || count < 1 || count > NETWORK_LAYERS_MAX) {
        return config_error(&ld->file, "layers", ld->err,
                            "layers must be a list of 1 to %d layers",
                            NETWORK_LAYERS_MAX);
    }
    struct network *net = ld->net;
    net->layers = calloc(count, sizeof *net->layers);
    ld->maps = calloc(count + 1, sizeof *ld->maps);
    ld->lines = calloc(count, sizeof *ld->lines);
    if (!net->layers || !ld->maps || !ld->lines) {
        return error_set(ld->err, "out of memory");
    }
    config_lines(&ld->file, "layers", ld->lines, count);
    ld->maps[0] = (struct layer_map){net->c, net->h, net->w};
    for (size_t i = 0; i < count; i++) {
        if (read_layer(ld, i, json_array_get(layers, i))) {
            return -1;
        }
        net->layer_count = i + 1;
    }
    return check_sum(ld);
}

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Refuse an unknown network name with the list of those there are. */
static int unknown_network(const char *home, const char *name, struct error *err) {
    char path[EMIT_PATH_MAX];
    char names[LIST_MAX][64];
    size_t count = 0;
    if (emit_path(path, sizeof path, err, "%s/models/networks", home)) {
        return -1;
    }
    DIR *dir = opendir(path);
    const struct dirent *entry;
    while (dir && count < LIST_MAX && (entry = readdir(dir)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (length > 5 && length - 5 < sizeof names[0] &&
            strcmp(entry->d_name + length - 5, ".json") == 0) {
            memcpy(names[count], entry->d_name, length - 5);
            names[count++][length - 5] = '\0';
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    qsort(names, count, sizeof names[0], by_name);
    char list[384] = "";
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    return error_set(err, "no network file or name \"%.60s\"; the names are: %s", name,
                     count ? list : "none found");
}

/* The file of a network: a path, or a name. */
static int find_file(const char *home, const char *path_or_name, char *path, size_t size,
                     struct error *err) {
    if (strchr(path_or_name, '/') || strstr(path_or_name, ".json") ||
        emit_is_file(path_or_name)) {
        return emit_path(path, size, err, "%s", path_or_name);
    }
    if (emit_path(path, size, err, "%s/models/networks/%s.json", home, path_or_name)) {
        return -1;
    }
    return emit_is_file(path) ? 0 : unknown_network(home, path_or_name, err);
}

int network_load(const char *home, const char *path_or_name, struct network *net,
                 struct error *err) {
    return network_load_batch(home, path_or_name, 0, net, err);
}

int network_layer_error(const struct network *net, const struct layer *l,
                        const struct error *why, struct error *err) {
    return error_set_at(err, net->file, l->line, 0, "layer %s: %.400s", l->name,
                        why->text);
}

/* The path of the tensors: as the network file says it, from its folder. */
static int weights_path(struct network *net, const char *path, const char *weights,
                        struct error *err) {
    const char *end = strrchr(path, '/');
    if (weights[0] == '/' || weights[0] == '\0' || !end) {
        return emit_path(net->weights, sizeof net->weights, err, "%s", weights);
    }
    return emit_path(net->weights, sizeof net->weights, err, "%.*s/%s", (int)(end - path),
                     path, weights);
}

/* Read an open file. */
static int read_network(struct loader *ld, const char *path, unsigned batch) {
    struct network *net = ld->net;
    struct layer_map input = {0, 0, 0};
    struct top top;
    memset(&top, 0, sizeof top);
    top.batch = 1;
    if (config_read(&ld->file, "", top_keys, &top, ld->err) ||
        (json_object_get(ld->file.root, "input") && read_shape(ld, "input", &input)) ||
        weights_path(net, path, top.weights, ld->err)) {
        return -1;
    }
    memcpy(net->name, top.name, sizeof net->name);
    (void)snprintf(net->file, sizeof net->file, "%.255s", path);
    net->batch = batch ? batch : top.batch;
    net->c = input.c;
    net->h = input.h;
    net->w = input.w;
    return read_layers(ld);
}

int network_load_batch(const char *home, const char *path_or_name, unsigned batch,
                       struct network *net, struct error *err) {
    char path[EMIT_PATH_MAX];
    struct loader ld;
    memset(net, 0, sizeof *net);
    memset(&ld, 0, sizeof ld);
    ld.net = net;
    ld.err = err;
    if (find_file(home, path_or_name, path, sizeof path, err) ||
        config_open(&ld.file, path, err)) {
        return -1;
    }
    int rc = read_network(&ld, path, batch);
    config_close(&ld.file);
    free(ld.maps);
    free(ld.lines);
    if (rc != 0) {
        network_close(net);
    }
    return rc;
}

void network_close(struct network *net) {
    free(net->layers);
    net->layers = NULL;
    net->layer_count = 0;
}
