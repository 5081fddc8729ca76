/* SPDX-License-Identifier: Apache-2.0
 *
 * A network being imported.
 */
#include "gen/import_net.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen/config.h"
#include "gen/emit.h"
#include "gen/weights.h"

enum {
    NAME_SIZE = 64,
    ROOM_FIRST = 64,
    SUFFIX_MAX = 12,
    MADE_MAX = 1 << 25,
    SHAPE_TEXT = 40
};

static const char *const op_names[] = {"conv", "fc",      "matmul",
                                       "add",  "maxpool", "avgpool"};

/* ---- names ---- */

static int is_plain(char c, int first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && ((c >= '0' && c <= '9') || c == '-'));
}

void import_plain_name(const char *text, const char *fallback, char *buf) {
    size_t used = 0;
    for (const char *p = text; *p != '\0' && used < NAME_SIZE - 1; p++) {
        const int plain = is_plain(*p, 0);
        if (used == 0 && !is_plain(*p, 1) && plain) {
            buf[used++] = '_'; /* a name does not start with a digit */
        }
        if (plain) {
            buf[used++] = *p;
        } else if (used > 0 && buf[used - 1] != '_') {
            buf[used++] = '_';
        }
    }
    while (used > 0 && buf[used - 1] == '_') {
        used--;
    }
    buf[used] = '\0';
    if (used == 0) {
        (void)snprintf(buf, NAME_SIZE, "%s", fallback);
    }
}

/* A plain name that no layer has yet. */
static void unique_name(const struct import_net *net, const char *from, const char *op,
                        char *buf) {
    char plain[NAME_SIZE];
    import_plain_name(from, op, plain);
    (void)snprintf(buf, NAME_SIZE, "%s", plain);
    for (unsigned n = 2; json_object_get(net->names, buf); n++) {
        (void)snprintf(buf, NAME_SIZE, "%.*s_%u", NAME_SIZE - 1 - SUFFIX_MAX, plain, n);
    }
}

/* The file's own name without folders and ending. */
static void base_name(const char *path, char *buf, size_t size) {
    const char *start = strrchr(path, '/');
    start = start ? start + 1 : path;
    const char *end = strrchr(start, '.');
    size_t length = end && end > start ? (size_t)(end - start) : strlen(start);
    (void)snprintf(buf, size, "%.*s", (int)(length < size ? length : size - 1), start);
}

int import_net_init(struct import_net *net, const char *path, const char *what,
                    struct error *err) {
    char base[EMIT_PATH_MAX];
    memset(net, 0, sizeof *net);
    net->batch = 1;
    base_name(path, base, sizeof base);
    import_plain_name(base, "network", net->name);
    (void)snprintf(net->description, sizeof net->description,
                   "imported by qadam from %s %s", what, net->name);
    net->names = json_object();
    if (!net->names || json_object_set_new(net->names, "input", json_true())) {
        return error_set(err, "out of memory");
    }
    return 0;
}

void import_net_close(struct import_net *net) {
    for (size_t i = 0; i < net->count; i++) {
        free(net->layers[i].weights);
        free(net->layers[i].bias);
    }
    free(net->layers);
    json_decref(net->names);
    net->layers = NULL;
    net->names = NULL;
    net->count = 0;
}

/* ---- building ---- */

static int make_room(struct import_net *net, struct error *err) {
    if (net->count == NETWORK_LAYERS_MAX) {
        return error_set(err, "the network has more than %d layers", NETWORK_LAYERS_MAX);
    }
    if (net->count == net->room) {
        const size_t room = net->room ? 2 * net->room : ROOM_FIRST;
        struct import_layer *more = realloc(net->layers, room * sizeof *more);
        if (!more) {
            return error_set(err, "out of memory");
        }
        net->layers = more;
        net->room = room;
    }
    return 0;
}

int import_net_made(struct import_net *net, uint64_t weights, struct error *err) {
    if (weights > MADE_MAX || net->made + weights > MADE_MAX) {
        return error_set(err, "makes a convolution of %llu weights, at most %d are made",
                         (unsigned long long)weights, MADE_MAX);
    }
    net->made += weights;
    return 0;
}

struct layer_map import_net_map(const struct import_net *net, unsigned producer) {
    return producer == 0 ? net->input : net->layers[producer - 1].out;
}

static int input_nonnegative(const struct import_net *net, const struct layer *l,
                             unsigned k) {
    return l->inputs[k] > 0 && net->layers[l->inputs[k] - 1].nonnegative;
}

/* Check the limits that layer_infer takes for granted. */
static int check_limits(const struct layer *l, struct error *err) {
    if ((l->op == OP_CONV || l->op == OP_FC) && (l->m < 1 || l->m > LAYER_DIM_MAX)) {
        return error_set(err, "has %u filters, must be 1 to %d", l->m, LAYER_DIM_MAX);
    }
    if (l->r > LAYER_KERNEL_MAX || l->s > LAYER_KERNEL_MAX) {
        return error_set(err, "kernel is %u x %u, must be at most %d x %d", l->r, l->s,
                         LAYER_KERNEL_MAX, LAYER_KERNEL_MAX);
    }
    if (l->u < 1 || l->u > LAYER_STRIDE_MAX) {
        return error_set(err, "stride is %u, must be 1 to %d", l->u, LAYER_STRIDE_MAX);
    }
    if (l->pad > LAYER_KERNEL_MAX) {
        return error_set(err, "pad is %u, must be at most %d", l->pad, LAYER_KERNEL_MAX);
    }
    return 0;
}

/* Fill the layer at the end of the list. */
static int fill(struct import_net *net, struct import_layer *x,
                const struct layer_map *own, const char *from, struct error *err) {
    struct layer *l = &x->shape;
    struct layer_fault fault;
    const struct layer_map a = own ? *own : import_net_map(net, l->inputs[0]);
    const struct layer_map b = import_net_map(net, l->inputs[1]);
    if (check_limits(l, err)) {
        return -1;
    }
    if (layer_infer(l, &a, &b, net->batch, &x->out, &fault)) {
        return error_set(err, "%s", fault.text);
    }
    const int pool = l->op == OP_MAXPOOL || l->op == OP_AVGPOOL;
    x->nonnegative =
        l->relu || (pool && input_nonnegative(net, l, 0)) ||
        (l->op == OP_ADD && input_nonnegative(net, l, 0) && input_nonnegative(net, l, 1));
    (void)snprintf(x->from, sizeof x->from, "%.127s", from);
    unique_name(net, from, op_names[l->op], l->name);
    if (json_object_set_new(net->names, l->name, json_true())) {
        return error_set(err, "out of memory");
    }
    return 0;
}

long import_net_add(struct import_net *net, const struct layer *l,
                    const struct layer_map *own, const char *from, float *weights,
                    float *bias, struct error *err) {
    struct import_layer *x = NULL;
    if (make_room(net, err) == 0) {
        x = &net->layers[net->count];
        memset(x, 0, sizeof *x);
        x->shape = *l;
        if (fill(net, x, own, from, err) == 0) {
            x->weights = weights;
            x->bias = bias;
            return (long)net->count++;
        }
    }
    free(weights);
    free(bias);
    return -1;
}

void import_net_note(struct import_net *net, const char *fmt, ...) {
    if (net->note_count < IMPORT_NOTES_MAX) {
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(net->notes[net->note_count], IMPORT_NOTE_MAX, fmt, ap);
        va_end(ap);
    }
    net->note_count++;
}

/* ---- writing ---- */

static json_t *map_json(const struct layer_map *map) {
    return json_pack("{s:i, s:i, s:i}", "channels", (int)map->c, "height", (int)map->h,
                     "width", (int)map->w);
}

static void set_int(json_t *object, const char *key, unsigned value) {
    (void)json_object_set_new(object, key, json_integer(value));
}

static void add_window(json_t *object, const struct layer *l, unsigned stride) {
    (void)json_object_set_new(object, "kernel",
                              json_pack("[i, i]", (int)l->r, (int)l->s));
    if (stride != 1) {
        set_int(object, "stride", stride);
    }
    if (l->pad != 0) {
        set_int(object, "pad", l->pad);
    }
}

/* What a layer reads. */
static void add_inputs(json_t *object, const struct import_net *net,
                       const struct layer *l) {
    if (l->input_count == 0) {
        const struct layer_map own = {l->c, l->h, l->w};
        (void)json_object_set_new(object, "input", map_json(&own));
        return;
    }
    json_t *inputs = json_array();
    for (unsigned k = 0; k < l->input_count; k++) {
        const unsigned p = l->inputs[k];
        (void)json_array_append_new(
            inputs, json_string(p ? net->layers[p - 1].shape.name : "input"));
    }
    (void)json_object_set_new(object, "inputs", inputs);
}

static json_t *layer_json(const struct import_net *net, const struct layer *l) {
    json_t *object = json_object();
    (void)json_object_set_new(object, "name", json_string(l->name));
    (void)json_object_set_new(object, "op", json_string(op_names[l->op]));
    add_inputs(object, net, l);
    if (l->op == OP_CONV || l->op == OP_FC) {
        set_int(object, "filters", l->m);
    }
    const int global =
        l->op == OP_AVGPOOL && l->r == l->h && l->s == l->w && l->pad == 0 && l->u == 1;
    if (l->op == OP_CONV || l->op == OP_MAXPOOL || (l->op == OP_AVGPOOL && !global)) {
        add_window(object, l, l->u);
    }
    if (l->op == OP_CONV && l->groups > 1) {
        set_int(object, "groups", l->groups);
    }
    if (l->relu) {
        (void)json_object_set_new(object, "relu", json_true());
    }
    return object;
}

static int has_tensors(const struct import_net *net) {
    for (size_t i = 0; i < net->count; i++) {
        if (net->layers[i].weights) {
            return 1;
        }
    }
    return 0;
}

/* The file of the tensors of the network file path. */
static int tensors_path(const char *path, char *buf, struct error *err) {
    const size_t length = strlen(path);
    const int ending = length > 5 && strcmp(path + length - 5, ".json") == 0;
    return emit_path(buf, EMIT_PATH_MAX, err, "%.*s.safetensors",
                     (int)(ending ? length - 5 : length), path);
}

json_t *import_net_json(const struct import_net *net, const char *path) {
    char tensors[EMIT_PATH_MAX];
    if (tensors_path(path, tensors, NULL)) {
        return NULL;
    }
    const char *slash = strrchr(tensors, '/');
    json_t *root = json_object(), *layers = json_array();
    (void)json_object_set_new(root, "name", json_string(net->name));
    (void)json_object_set_new(root, "description", json_string(net->description));
    if (has_tensors(net)) {
        (void)json_object_set_new(root, "weights",
                                  json_string(slash ? slash + 1 : tensors));
    }
    if (net->input.c != 0) {
        (void)json_object_set_new(root, "input", map_json(&net->input));
    }
    if (net->batch != 1) {
        set_int(root, "batch", net->batch);
    }
    for (size_t i = 0; i < net->count; i++) {
        if (json_array_append_new(layers, layer_json(net, &net->layers[i].shape))) {
            break;
        }
    }
    if (json_array_size(layers) != net->count) {
        json_decref(layers);
        json_decref(root);
        return NULL;
    }
    (void)json_object_set_new(root, "layers", layers);
    return root;
}

/* Write the tensors of all array layers. */
static int write_tensors(const struct import_net *net, const char *path,
                         struct error *err) {
    struct weights_tensor *tensors = calloc(2 * net->count, sizeof *tensors);
    char(*names)[WEIGHTS_NAME_MAX] = calloc(2 * net->count, sizeof *names);
    if (!tensors || !names) {
        free(tensors);
        free(names);
        return error_set(err, "out of memory");
    }
    size_t n = 0;
    for (size_t i = 0; i < net->count; i++) {
        const struct import_layer *x = &net->layers[i];
        const float *data[2] = {x->weights, x->bias};
        for (int k = 0; k < 2; k++) {
            if (data[k]) {
                weights_describe(&x->shape, k, names[n], &tensors[n]);
                tensors[n++].data = data[k];
            }
        }
    }
    const int rc = weights_write(path, tensors, n, err);
    free(tensors);
    free(names);
    return rc;
}

/* Write the network file, a line for each layer. */
static int write_network(json_t *root, const char *path, struct error *err) {
    struct emit out;
    const char *key;
    json_t *value;
    if (emit_open(&out, path, err)) {
        return -1;
    }
    const char *before = "{ ";
    json_object_foreach(root, key, value) {
        char *text = json_is_array(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        emit(&out, "%s\"%s\": %s", before, key, text ? text : "[");
        free(text);
        before = ",\n  ";
    }
    size_t i;
    const char *line = "\n    ";
    json_array_foreach(json_object_get(root, "layers"), i, value) {
        char *text = json_dumps(value, 0);
        emit(&out, "%s%s", line, text ? text : "");
        free(text);
        line = ",\n    ";
    }
    emit(&out, " ] }\n");
    return emit_close(&out, err);
}

/* Read both files again. */
static int check_files(const char *path, const char *tensors, struct error *err) {
    struct network net;
    struct weights w;
    if (network_load(".", path, &net, err)) {
        return -1;
    }
    int rc = 0;
    if (tensors) {
        rc = weights_open(&w, tensors, err);
        if (rc == 0) {
            rc = weights_check(&w, &net, err);
            weights_close(&w);
        }
    }
    network_close(&net);
    return rc;
}

/* Refuse numbers that are not finite. */
static int check_numbers(const struct import_net *net, struct error *err) {
    for (size_t i = 0; i < net->count; i++) {
        const struct import_layer *x = &net->layers[i];
        const float *data[2] = {x->weights, x->bias};
        const uint64_t counts[2] = {layer_weights(&x->shape), x->shape.m};
        for (int k = 0; k < 2; k++) {
            for (uint64_t n = 0; data[k] && n < counts[k]; n++) {
                if (!isfinite(data[k][n])) {
                    return error_set(err, "%s (layer %s): %s %llu is %g, must be finite",
                                     x->from, x->shape.name, k ? "bias" : "weight",
                                     (unsigned long long)n, (double)data[k][n]);
                }
            }
        }
    }
    return 0;
}

int import_net_write(const struct import_net *net, const char *path, struct error *err) {
    char tensors[EMIT_PATH_MAX];
    const int has = has_tensors(net);
    if (check_numbers(net, err) || tensors_path(path, tensors, err)) {
        return -1;
    }
    json_t *root = import_net_json(net, path);
    if (!root) {
        return error_set(err, "out of memory");
    }
    int rc = (has && write_tensors(net, tensors, err)) ||
                     write_network(root, path, err) ||
                     check_files(path, has ? tensors : NULL, err)
                 ? -1
                 : 0;
    json_decref(root);
    return rc;
}

/* ---- the table ---- */

static const char *map_text(unsigned c, unsigned h, unsigned w, char *text) {
    (void)snprintf(text, SHAPE_TEXT, "%u x %u x %u", c, h, w);
    return text;
}

/* Text of a file, with nothing that a terminal would obey. text has IMPORT_NOTE_MAX
 * bytes. */
static const char *printable(const char *from, char *text) {
    size_t i = 0;
    for (; i < IMPORT_NOTE_MAX - 1 && from[i] != '\0'; i++) {
        text[i] = from[i];
        if ((unsigned char)from[i] < 0x20u || from[i] == 0x7f) {
            text[i] = '?';
        }
    }
    text[i] = '\0';
    return text;
}

void import_net_table(const struct import_net *net, FILE *out) {
    uint64_t macs = 0, weights = 0;
    (void)fprintf(out, "%-28s %-8s %-17s %-17s %13s %11s  %s\n", "layer", "op", "input",
                  "output", "MACs", "weights", "from");
    for (size_t i = 0; i < net->count; i++) {
        const struct import_layer *x = &net->layers[i];
        const struct layer *l = &x->shape;
        char in[SHAPE_TEXT], made[SHAPE_TEXT], from[IMPORT_NOTE_MAX];
        macs += layer_macs(l);
        weights += layer_weights(l);
        (void)fprintf(out, "%-28s %-8s %-17s %-17s %13llu %11llu  %s\n", l->name,
                      op_names[l->op],
                      map_text(l->c, l->h, l->op == OP_FC ? 1 : l->w, in),
                      map_text(x->out.c, x->out.h, x->out.w, made),
                      (unsigned long long)layer_macs(l),
                      (unsigned long long)layer_weights(l), printable(x->from, from));
    }
    (void)fprintf(out, "%-28s %-8s %-17s %-17s %13llu %11llu\n", "total", "", "", "",
                  (unsigned long long)macs, (unsigned long long)weights);
    for (unsigned i = 0; i < net->note_count && i < IMPORT_NOTES_MAX; i++) {
        char text[IMPORT_NOTE_MAX];
        (void)fprintf(out, "note: %s\n", printable(net->notes[i], text));
    }
    if (net->note_count > IMPORT_NOTES_MAX) {
        (void)fprintf(out, "note: and %u more\n", net->note_count - IMPORT_NOTES_MAX);
    }
}
