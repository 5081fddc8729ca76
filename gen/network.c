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

enum {
    DIM_MAX = 65535,  /* any dimension of a map, channels and filters */
    KERNEL_MAX = 255, /* filter rows and columns */
    STRIDE_MAX = 16,
    LAYERS_MAX = 10000, /* of a network */
    LIST_MAX = 256      /* network names listed in a message */
};

/* The keys of a network file. */
struct top {
    char name[64];
    char description[512];
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
    unsigned kernel[2];
    int relu;
};

/* What a layer hands on, for one image. */
struct map {
    unsigned c, h, w;
};

/* A network being loaded. */
struct loader {
    struct config_file file;
    struct network *net;
    struct map *maps; /* owned, [1 + layers]: what each layer hands on; [0] = input */
    int *lines;       /* owned, [layers] */
    char path[64];    /* "layers/3" */
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
        ANY("inputs", 0, "names of the producing layers, or \"input\"")
#define RELU_KEY                                                                         \
    {                                                                                    \
        .name = "relu", .type = CONFIG_BOOL, .flags = CONFIG_OPTIONAL,                   \
        .offset = offsetof(struct entry, relu), .unit = "", .default_text = "false",     \
        .help = "output is max(0, x)"                                                    \
    }
#define FILTERS_KEY NUMBER(entry, filters, 0, 1, DIM_MAX, NULL, "output channels")
#define WINDOW_KEYS(optional)                                                            \
    ANY("kernel", optional, "[rows, columns] or one number"),                            \
        NUMBER(entry, stride, CONFIG_OPTIONAL, 1, STRIDE_MAX, "1", "both directions"),   \
        NUMBER(entry, pad, CONFIG_OPTIONAL, 0, KERNEL_MAX, "0", "zeros on every side")

static const struct config_key top_keys[] = {
    TEXT(top, name, CONFIG_NAME, 0, NULL, "name of the network"),
    TEXT(top, description, CONFIG_TEXT, CONFIG_OPTIONAL, NULL, "for people"),
    NUMBER(top, batch, CONFIG_OPTIONAL, 1, NETWORK_BATCH_MAX, "1", "images"),
    ANY("input", 0, "shape of the input"),
    ANY("layers", 0, "list of layers, producers first"),
    END};

static const struct config_key input_keys[] = {
    NUMBER(input, channels, 0, 1, DIM_MAX, NULL, "channels"),
    NUMBER(input, height, 0, 1, DIM_MAX, NULL, "rows"),
    NUMBER(input, width, 0, 1, DIM_MAX, NULL, "columns"), END};

static const struct config_key conv_keys[] = {
    NAME_KEYS,
    FILTERS_KEY,
    WINDOW_KEYS(0),
    NUMBER(entry, groups, CONFIG_OPTIONAL, 1, DIM_MAX, "1", "channel groups"),
    RELU_KEY,
    END};
static const struct config_key fc_keys[] = {NAME_KEYS, FILTERS_KEY, RELU_KEY, END};
static const struct config_key plain_keys[] = {NAME_KEYS, RELU_KEY, END};
static const struct config_key maxpool_keys[] = {NAME_KEYS, WINDOW_KEYS(0), END};
static const struct config_key avgpool_keys[] = {NAME_KEYS, WINDOW_KEYS(CONFIG_OPTIONAL),
                                                 END};

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
static int read_kernel(struct loader *ld, const struct layer *l, const json_t *object,
                       struct entry *entry) {
    const json_t *value = json_object_get(object, "kernel");
    if (!value) {
        return 0;
    }
    for (size_t i = 0; i < 2; i++) {
        const json_t *n = json_is_array(value) ? json_array_get(value, i) : value;
        json_int_t k = json_integer_value(n);
        if (!json_is_integer(n) || k < 1 || k > KERNEL_MAX ||
            (json_is_array(value) && json_array_size(value) != 2)) {
            return fail(ld, l, "kernel",
                        "kernel must be a number or [rows, columns], each 1 to %d",
                        KERNEL_MAX);
        }
        entry->kernel[i] = (unsigned)k;
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
        l->inputs[i] = (unsigned)producer;
    }
    return 0;
}

/* Outputs of a window in one direction. n, k <= 65535, pad <= 255. */
static unsigned outputs(unsigned n, unsigned pad, unsigned k, unsigned stride) {
    return (n + 2 * pad - k) / stride + 1;
}

/* Shape of conv and pooling. */
static int infer_window(struct loader *ld, struct layer *l, const struct entry *entry,
                        const struct map *in) {
    int pool = l->op != OP_CONV;
    int global = entry->kernel[0] == 0;
    l->c = in->c;
    l->h = in->h;
    l->w = in->w;
    l->m = pool ? in->c : entry->filters;
    l->r = global ? in->h : entry->kernel[0];
    l->s = global ? in->w : entry->kernel[1];
    l->u = entry->stride;
    l->pad = entry->pad;
    l->groups = pool ? 1 : entry->groups;
    if (global && (entry->pad != 0 || entry->stride != 1)) {
        return fail(ld, l, entry->pad ? "pad" : "stride",
                    "a global avgpool (without kernel) takes no pad and no stride");
    }
    unsigned larger = l->r > l->s ? l->r : l->s;
    unsigned smaller = l->r < l->s ? l->r : l->s;
    unsigned limit = pool ? smaller : larger;
    if (l->pad >= limit && l->pad > 0) {
        return fail(ld, l, "pad", "pad is %u, must be less than the kernel (%u)", l->pad,
                    limit);
    }
    if (l->r > l->h + 2 * l->pad || l->s > l->w + 2 * l->pad) {
        return fail(ld, l, "kernel",
                    "kernel is %u x %u, must be at most the padded input, %u x %u", l->r,
                    l->s, l->h + 2 * l->pad, l->w + 2 * l->pad);
    }
    if (l->c % l->groups != 0 || l->m % l->groups != 0) {
        return fail(ld, l, "groups",
                    "groups is %u, must divide the %u input channels and the %u filters",
                    l->groups, l->c, l->m);
    }
    l->e = outputs(l->h, l->pad, l->r, l->u);
    l->f = outputs(l->w, l->pad, l->s, l->u);
    if (l->e > DIM_MAX || l->f > DIM_MAX) {
        return fail(ld, l, "pad", "output is %u x %u, must be at most %d x %d", l->e,
                    l->f, DIM_MAX, DIM_MAX);
    }
    return 0;
}

static int infer_fc(struct loader *ld, struct layer *l, const struct entry *entry,
                    const struct map *in) {
    uint64_t c = mul_sat((uint64_t)in->c * in->h, in->w);
    if (c > DIM_MAX) {
        return fail(ld, l, "inputs", "fc has %llu inputs (%u x %u x %u), at most %d",
                    (unsigned long long)c, in->c, in->h, in->w, DIM_MAX);
    }
    l->c = (unsigned)c;
    l->h = 1;
    l->w = ld->net->batch;
    l->m = entry->filters;
    l->e = 1;
    l->f = ld->net->batch;
    l->r = l->s = l->u = 1;
    l->groups = 1;
    return 0;
}

static int infer_add(struct loader *ld, struct layer *l, const struct map *a,
                     const struct map *b) {
    if (a->c != b->c || a->h != b->h || a->w != b->w) {
        return fail(ld, l, "inputs",
                    "inputs of add are %u x %u x %u and %u x %u x %u "
                    "(channels x height x width), must be the same",
                    a->c, a->h, a->w, b->c, b->h, b->w);
    }
    l->c = l->m = a->c;
    l->h = l->e = a->h;
    l->w = l->f = a->w;
    l->r = l->s = l->u = 1;
    l->groups = 1;
    return 0;
}

static int infer_matmul(struct loader *ld, struct layer *l, const struct map *a,
                        const struct map *b) {
    if ((uint64_t)b->h * b->w != a->c) {
        return fail(ld, l, "inputs",
                    "the second input of matmul has %llu positions, must be %u: the "
                    "channels of the first",
                    (unsigned long long)b->h * b->w, a->c);
    }
    l->c = a->c;
    l->h = l->e = a->h;
    l->w = l->f = a->w;
    l->m = b->c;
    l->r = l->s = l->u = 1;
    l->groups = 1;
    return 0;
}

/* Shape of a layer from those of its producers. */
static int infer(struct loader *ld, struct layer *l, const struct entry *entry,
                 struct map *out) {
    const struct map *a = &ld->maps[l->inputs[0]];
    const struct map *b = &ld->maps[l->inputs[1]];
    int rc = 0;
    switch (l->op) {
    case OP_CONV:
    case OP_MAXPOOL:
    case OP_AVGPOOL:
        rc = infer_window(ld, l, entry, a);
        break;
    case OP_FC:
        rc = infer_fc(ld, l, entry, a);
        break;
    case OP_ADD:
        rc = infer_add(ld, l, a, b);
        break;
    case OP_MATMUL:
        rc = infer_matmul(ld, l, a, b);
        break;
    }
    out->c = l->m;
    out->h = l->e;
    out->w = l->op == OP_FC ? 1 : l->f;
    return rc;
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
    if (read_inputs(ld, l, index, object) || read_kernel(ld, l, object, &entry)) {
        return -1;
    }
    return infer(ld, l, &entry, &ld->maps[index + 1]);
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
    if (!json_is_array(layers) || count < 1 || count > LAYERS_MAX) {
        return config_error(&ld->file, "layers", ld->err,
                            "layers must be a list of 1 to %d layers", LAYERS_MAX);
    }
    struct network *net = ld->net;
    net->layers = calloc(count, sizeof *net->layers);
    ld->maps = calloc(count + 1, sizeof *ld->maps);
    ld->lines = calloc(count, sizeof *ld->lines);
    if (!net->layers || !ld->maps || !ld->lines) {
        return error_set(ld->err, "out of memory");
    }
    config_lines(&ld->file, "layers", ld->lines, count);
    ld->maps[0].c = net->c;
    ld->maps[0].h = net->h;
    ld->maps[0].w = net->w;
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

int network_load_batch(const char *home, const char *path_or_name, unsigned batch,
                       struct network *net, struct error *err) {
    char path[EMIT_PATH_MAX];
    struct loader ld;
    struct top top;
    struct input input;
    memset(net, 0, sizeof *net);
    memset(&ld, 0, sizeof ld);
    memset(&top, 0, sizeof top);
    memset(&input, 0, sizeof input);
    top.batch = 1;
    ld.net = net;
    ld.err = err;
    if (find_file(home, path_or_name, path, sizeof path, err) ||
        config_open(&ld.file, path, err)) {
        return -1;
    }
    int rc = config_read(&ld.file, "", top_keys, &top, err) ||
             config_read(&ld.file, "input", input_keys, &input, err);
    if (rc == 0) {
        memcpy(net->name, top.name, sizeof net->name);
        (void)snprintf(net->file, sizeof net->file, "%.255s", path);
        net->batch = batch ? batch : top.batch;
        net->c = input.channels;
        net->h = input.height;
        net->w = input.width;
        rc = read_layers(&ld);
    }
    config_close(&ld.file);
    free(ld.maps);
    free(ld.lines);
    if (rc != 0) {
        network_close(net);
        return -1;
    }
    return 0;
}

void network_close(struct network *net) {
    free(net->layers);
    net->layers = NULL;
    net->layer_count = 0;
}
