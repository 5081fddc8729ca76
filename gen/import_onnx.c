/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX files as networks: from node to node.
 *
 * Only nodes that the output needs are looked at. Each makes a value: a constant when
 * all its inputs are constants, else an activation (gen/onnx_act.h).
 */
#include "gen/import_onnx.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gen/onnx_fold.h"
#include "gen/onnx_step.h"

enum { MADE_MAX = 1 << 24, MADE_PER_BYTE = 4, OPSET_MIN = 1, OPSET_MAX = 22 };

/* ---- values ---- */

/* The number of a value by its name, which may hold any bytes; -1 if there is none. */
static long find_value(const struct onnx_graph *g, const char *name) {
    const json_t *number = json_object_get(g->index, name);
    return number ? (long)json_integer_value(number) : -1;
}

/* The value of a name that there is. */
static struct onnx_value *value_of(const struct onnx_graph *g, const char *name) {
    const long found = find_value(g, name);
    assert(found >= 0 && g->values);
    return &g->values[found];
}

/* The value of a name, new if there is none yet: g->values has room for all names.
 * NULL with *err set. */
static struct onnx_value *get_value(struct onnx_graph *g, const char *name,
                                    struct error *err) {
    const long found = find_value(g, name);
    if (found >= 0) {
        return &g->values[found];
    }
    if (json_object_set_new_nocheck(g->index, name,
                                    json_integer((json_int_t)g->value_count))) {
        (void)error_set(err, "out of memory");
        return NULL;
    }
    struct onnx_value *v = &g->values[g->value_count++];
    v->name = name;
    return v;
}

static void close_graph(struct onnx_graph *g) {
    for (size_t i = 0; i < g->value_count; i++) {
        onnx_tensor_close(&g->values[i].constant);
        onnx_act_close(&g->values[i].act);
    }
    free(g->values);
    json_decref(g->index);
}

/* ---- what is needed ---- */

/* Room for a value of every name. */
static int make_values(struct onnx_graph *g, struct error *err) {
    const Onnx__GraphProto *p = g->proto;
    size_t room = p->n_initializer + p->n_input + p->n_output + 1;
    for (size_t i = 0; i < p->n_node; i++) {
        room += p->node[i]->n_input + p->node[i]->n_output;
    }
    g->index = json_object();
    g->values = calloc(room, sizeof *g->values);
    return g->index && g->values ? 0 : error_set(err, "out of memory");
}

/* Make a value for every name. */
static int list_values(struct onnx_graph *g, struct error *err) {
    const Onnx__GraphProto *p = g->proto;
    for (size_t i = 0; i < p->n_initializer; i++) {
        const char *name = p->initializer[i]->name;
        struct onnx_value *v = name ? get_value(g, name, err) : NULL;
        if (!v) {
            return error_set(err, "an initializer has no name");
        }
        v->initializer = p->initializer[i];
    }
    for (size_t i = 0; i < p->n_input + p->n_output; i++) {
        const Onnx__ValueInfoProto *info =
            i < p->n_input ? p->input[i] : p->output[i - p->n_input];
        if (!info->name || !get_value(g, info->name, err)) {
            return error_set(err, "an input or output of the graph has no name");
        }
    }
    for (size_t i = 0; i < p->n_node; i++) {
        const Onnx__NodeProto *n = p->node[i];
        for (size_t k = 0; k < n->n_input + n->n_output; k++) {
            const char *name = k < n->n_input ? n->input[k] : n->output[k - n->n_input];
            if (!get_value(g, name, err)) {
                return -1;
            }
        }
    }
    return 0;
}

/* 1 if one of the node's outputs is used. */
static int is_needed(const struct onnx_graph *g, const Onnx__NodeProto *n) {
    for (size_t k = 0; k < n->n_output; k++) {
        if (n->output[k][0] != '\0' && value_of(g, n->output[k])->uses > 0) {
            return 1;
        }
    }
    return 0;
}

/* Count the uses of every value, from the output back. */
static void count_uses(struct onnx_graph *g) {
    const Onnx__GraphProto *p = g->proto;
    struct onnx_value *output = value_of(g, p->output[0]->name);
    output->uses++;
    output->is_output = 1;
    for (size_t i = p->n_node; i > 0; i--) {
        const Onnx__NodeProto *n = p->node[i - 1];
        const size_t inputs = is_needed(g, n) ? n->n_input : 0;
        for (size_t k = 0; k < inputs; k++) {
            value_of(g, n->input[k])->uses++;
        }
    }
}

/* ---- the input ---- */

/* One dimension of the input; 0 if the file does not say. */
static int64_t input_dim(const Onnx__TensorShapeProto *shape, size_t i) {
    const Onnx__DimensionProto *d = shape->dim[i];
    return d->has_dim_value && d->dim_value > 0 ? d->dim_value : 0;
}

/* Set the shape of the network's input: [N, C, H, W], [N, C, W] or [N, C]. */
static int set_input(struct onnx_graph *g, const Onnx__ValueInfoProto *info,
                     const struct layer_map *given, struct error *err) {
    const Onnx__TensorTypeProto *type = info->type ? info->type->tensor_type : NULL;
    const Onnx__TensorShapeProto *shape = type ? type->shape : NULL;
    const unsigned rank = shape && shape->n_dim < 5 ? (unsigned)shape->n_dim : 0;
    int64_t dims[4] = {1, 1, 1, 1}; /* N, C, H, W */
    if (rank < 2) {
        return error_set(err,
                         "input %.80s has %zu dimensions, must be [N, C, H, W], "
                         "[N, C, W] or [N, C]",
                         info->name, shape ? shape->n_dim : 0);
    }
    if (type->has_elem_type && type->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT &&
        type->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16) {
        return error_set(err, "input %.80s has data type %d, must be float", info->name,
                         type->elem_type);
    }
    for (unsigned i = 0; i < rank; i++) {
        dims[rank == 3 && i == 2 ? 3 : i] = input_dim(shape, i);
    }
    dims[0] = dims[0] ? dims[0] : 1;
    if (given) {
        dims[1] = given->c;
        dims[2] = given->h;
        dims[3] = given->w;
    }
    for (int i = 0; i < 4; i++) {
        if (dims[i] < 1 || dims[i] > (i == 0 ? NETWORK_BATCH_MAX : LAYER_DIM_MAX)) {
            return error_set(err,
                             "input %.80s: dimension %d is %lld, must be 1 to %d "
                             "(--shape C,H,W sets it)",
                             info->name, i, (long long)dims[i], LAYER_DIM_MAX);
        }
    }
    g->net->batch = (unsigned)dims[0];
    g->net->input =
        (struct layer_map){(unsigned)dims[1], (unsigned)dims[2], (unsigned)dims[3]};
    struct onnx_value *v = value_of(g, info->name);
    v->kind = ONNX_VALUE_ACT;
    v->act = onnx_act_of(g->net, 0, rank == 2);
    if (rank == 3) {
        v->act.shape.rank = 3;
        v->act.shape.dims[2] = dims[3];
    }
    return onnx_elements(dims + 1, rank == 2 ? 1 : 3) ==
                   onnx_elements(v->act.shape.dims + 1, rank - 1)
               ? 0
               : error_set(err, "--shape does not fit the input's %u dimensions", rank);
}

/* The one input that is no initializer. */
static int read_input(struct onnx_graph *g, const struct layer_map *given,
                      struct error *err) {
    const Onnx__ValueInfoProto *found = NULL;
    for (size_t i = 0; i < g->proto->n_input; i++) {
        const Onnx__ValueInfoProto *info = g->proto->input[i];
        const struct onnx_value *v = value_of(g, info->name);
        if (v->initializer || v->uses == 0) {
            continue;
        }
        if (found) {
            return error_set(err, "has two inputs, %.80s and %.80s, must have one",
                             found->name, info->name);
        }
        found = info;
    }
    if (!found) {
        return error_set(err, "has no input that its output depends on");
    }
    return set_input(g, found, given, err);
}

/* ---- nodes ---- */

/* The value of an input, with initializers read. NULL with *err set. */
static struct onnx_value *read_value(const struct onnx_graph *g, const char *name,
                                     struct error *err) {
    struct onnx_value *v = value_of(g, name);
    struct error why = {"", 0, 0, ""};
    if (v->kind == ONNX_VALUE_NONE && v->initializer) {
        if (onnx_tensor_read(v->initializer, &v->constant, &why)) {
            (void)error_set(err, "initializer %.80s: %.200s", name, why.text);
            return NULL;
        }
        v->kind = ONNX_VALUE_CONSTANT;
    }
    if (v->kind == ONNX_VALUE_NONE) {
        (void)error_set(err, "reads %.80s, which no node before it makes", name);
        return NULL;
    }
    return v;
}

/* Attributes that the import does not know could change numbers. */
static int check_attributes(const Onnx__NodeProto *n, const char *known,
                            struct error *err) {
    for (size_t i = 0; i < n->n_attribute; i++) {
        const char *name = n->attribute[i]->name ? n->attribute[i]->name : "";
        const size_t length = strlen(name);
        const char *p = known;
        while (
            p && *p != '\0' &&
            !(strncmp(p, name, length) == 0 && (p[length] == '|' || p[length] == '\0'))) {
            p = strchr(p, '|');
            p = p ? p + 1 : NULL;
        }
        if (!p || *p == '\0') {
            return error_set(err, "has the attribute %.80s, which is not known", name);
        }
    }
    return 0;
}

/* Shape: of a constant or an activation, from dimension start to before end. */
static int shape_of(const struct onnx_value *v, const Onnx__NodeProto *n,
                    struct onnx_tensor *out, struct error *err) {
    const int is_act = v->kind == ONNX_VALUE_ACT;
    const int64_t *dims = is_act ? v->act.shape.dims : v->constant.dims;
    const int64_t rank = is_act ? v->act.shape.rank : v->constant.rank;
    int64_t range[2] = {onnx_attribute_int(n, "start", 0),
                        onnx_attribute_int(n, "end", rank)};
    for (int i = 0; i < 2; i++) {
        range[i] = range[i] < -rank ? 0 : range[i] < 0 ? range[i] + rank : range[i];
        range[i] = range[i] > rank ? rank : range[i];
    }
    memset(out, 0, sizeof *out);
    out->is_int = 1;
    out->rank = 1;
    out->dims[0] = range[1] > range[0] ? range[1] - range[0] : 0;
    if (check_attributes(n, "start|end", err) || onnx_tensor_init(out, 0, err)) {
        return -1;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->integers[i] = dims[(size_t)range[0] + i];
    }
    return 0;
}

/* Give the node's output what the node made. */
static int define(struct onnx_graph *g, const Onnx__NodeProto *n,
                  const struct onnx_tensor *constant, const struct onnx_act *act,
                  struct error *err) {
    struct onnx_value *v = value_of(g, n->output[0]);
    if (v->kind != ONNX_VALUE_NONE || v->initializer) {
        return error_set(err, "makes %.80s, which is there already", n->output[0]);
    }
    if (act) {
        v->kind = ONNX_VALUE_ACT;
        v->act = *act;
        v->act.exclusive = act->exclusive && v->uses == 1;
    } else {
        v->kind = ONNX_VALUE_CONSTANT;
        v->constant = *constant;
    }
    return 0;
}

/* Make a constant. */
static int fold_node(struct onnx_graph *g, const struct onnx_step *step,
                     struct error *err) {
    const Onnx__NodeProto *n = step->args.node;
    struct onnx_tensor out;
    const int is_shape = strcmp(n->op_type, "Shape") == 0;
    if (is_shape && !step->inputs[0]) {
        return error_set(err, "input 0 is missing");
    }
    if (is_shape ? shape_of(step->inputs[0], n, &out, err)
                 : onnx_fold(&step->args, &out, err)) {
        return -1;
    }
    g->made += out.count;
    int rc = define(g, n, &out, NULL, err);
    if (rc == 0 && g->made > g->made_max) {
        return error_set(err,
                         "constants of %llu numbers are computed, at most %llu for a "
                         "file of this size",
                         (unsigned long long)g->made, (unsigned long long)g->made_max);
    }
    if (rc != 0) {
        onnx_tensor_close(&out);
    }
    return rc;
}

/* Softmax at the very end keeps the order of the classes. */
static int is_last_softmax(const struct onnx_graph *g, const Onnx__NodeProto *n) {
    return (strcmp(n->op_type, "Softmax") == 0 ||
            strcmp(n->op_type, "LogSoftmax") == 0) &&
           n->n_input == 1 && value_of(g, n->output[0])->is_output;
}

/* Make an activation. */
static int map_node(struct onnx_graph *g, struct onnx_step *step, struct error *err) {
    const Onnx__NodeProto *n = step->args.node;
    const char *attributes;
    int rc = 0;
    if (is_last_softmax(g, n)) {
        import_net_note(g->net,
                        "%.80s (%s) at the end is left out: the network ends "
                        "with what it reads",
                        step->from, n->op_type);
        rc = onnx_act_copy(&step->inputs[0]->act, &step->out, err);
    } else if (!onnx_op_known(n->op_type, &attributes)) {
        return error_set(err, "the operation is not supported");
    } else {
        rc = check_attributes(n, attributes, err) || onnx_op_map(step, err) ? -1 : 0;
    }
    if (rc == 0) {
        rc = define(g, n, NULL, &step->out, err);
    }
    if (rc != 0) {
        onnx_act_close(&step->out);
    }
    return rc;
}

/* Look up the inputs of a node; *acts counts the activations. */
static int read_inputs(struct onnx_step *step, const struct onnx_tensor **constants,
                       size_t *acts, struct error *err) {
    const Onnx__NodeProto *n = step->args.node;
    for (size_t i = 0; i < n->n_input; i++) {
        if (n->input[i][0] == '\0') {
            continue;
        }
        step->inputs[i] = read_value(step->graph, n->input[i], err);
        if (!step->inputs[i]) {
            return -1;
        }
        if (step->inputs[i]->kind == ONNX_VALUE_CONSTANT) {
            constants[i] = &step->inputs[i]->constant;
        } else {
            ++*acts;
        }
    }
    return 0;
}

/* Make the output of one node. */
static int run_node(struct onnx_graph *g, const Onnx__NodeProto *n, const char *from,
                    struct error *err) {
    struct onnx_step step = {.graph = g, .from = from};
    const struct onnx_tensor **constants =
        calloc(n->n_input + 1, sizeof(struct onnx_tensor *));
    struct onnx_value **inputs = calloc(n->n_input + 1, sizeof(struct onnx_value *));
    size_t acts = 0;
    int rc = -1;
    if (!constants || !inputs) {
        (void)error_set(err, "out of memory");
        goto out;
    }
    step.args = (struct onnx_args){n, constants};
    step.inputs = inputs;
    if (n->domain && n->domain[0] != '\0' && strcmp(n->domain, "ai.onnx") != 0) {
        (void)error_set(err, "its domain is %.80s, must be ONNX's own", n->domain);
        goto out;
    }
    if (n->n_output == 0 || n->output[0][0] == '\0') {
        (void)error_set(err, "has no first output");
        goto out;
    }
    if (read_inputs(&step, constants, &acts, err)) {
        goto out;
    }
    if (acts == 0 || (strcmp(n->op_type, "Shape") == 0 && inputs[0])) {
        rc = fold_node(g, &step, err);
    } else {
        rc = map_node(g, &step, err);
    }
out:
    free(constants);
    free(inputs);
    return rc;
}

/* A node's name for people: its own, or what it makes. */
static const char *node_name(const Onnx__NodeProto *n) {
    if (n->name && n->name[0] != '\0') {
        return n->name;
    }
    return n->n_output > 0 ? n->output[0] : "";
}

static int run_nodes(struct onnx_graph *g, struct error *err) {
    for (size_t i = 0; i < g->proto->n_node; i++) {
        const Onnx__NodeProto *n = g->proto->node[i];
        struct error why = {"", 0, 0, ""};
        if (!is_needed(g, n)) {
            continue;
        }
        if (!n->op_type) {
            return error_set(err, "node %zu has no operation", i);
        }
        if (run_node(g, n, node_name(n), &why)) {
            return error_set(err, "node %.120s (%.40s): %.300s", node_name(n), n->op_type,
                             why.text);
        }
    }
    return 0;
}

/* The graph's output must be the last layer's. */
static int finish(struct onnx_graph *g, struct error *err) {
    struct onnx_value *v = value_of(g, g->proto->output[0]->name);
    if (v->kind != ONNX_VALUE_ACT) {
        return error_set(err, "output %.80s does not depend on the input", v->name);
    }
    if (v->act.producer == 0 || !onnx_act_is_plain(g->net, &v->act) ||
        v->act.producer != g->net->count) {
        if (onnx_act_make(g->net, &v->act, 1, v->name, err)) {
            return -1;
        }
    }
    return 0;
}

/* ---- the file ---- */

static int check_model(const Onnx__ModelProto *model, int64_t *opset, struct error *err) {
    *opset = 0;
    for (size_t i = 0; i < model->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *set = model->opset_import[i];
        if (!set->domain || set->domain[0] == '\0' ||
            strcmp(set->domain, "ai.onnx") == 0) {
            *opset = set->version;
        }
    }
    if (!model->graph) {
        return error_set(err, "is no ONNX model: it has no graph");
    }
    if (*opset < OPSET_MIN || *opset > OPSET_MAX) {
        return error_set(err, "uses operator set %lld, must be %d to %d",
                         (long long)*opset, OPSET_MIN, OPSET_MAX);
    }
    if (model->graph->n_output != 1) {
        return error_set(err, "graph has %zu outputs, must have one",
                         model->graph->n_output);
    }
    return 0;
}

/* Say what was read. */
static void note_counts(struct onnx_graph *g) {
    size_t needed = 0;
    for (size_t i = 0; i < g->proto->n_node; i++) {
        needed += (size_t)is_needed(g, g->proto->node[i]);
    }
    import_net_note(g->net, "%zu nodes read, %zu of them needed for output %.80s",
                    g->proto->n_node, needed, g->proto->output[0]->name);
}

int import_onnx(const uint8_t *bytes, size_t size, const struct layer_map *shape,
                struct import_net *net, struct error *err) {
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, size, bytes);
    struct onnx_graph g = {.net = net};
    g.made_max = MADE_MAX + MADE_PER_BYTE * (uint64_t)size;
    if (!model) {
        return error_set(err, "is no ONNX file: it cannot be decoded");
    }
    int rc = check_model(model, &g.opset, err);
    if (rc == 0) {
        g.proto = model->graph;
        rc = make_values(&g, err) || list_values(&g, err) ? -1 : 0;
    }
    if (rc == 0) {
        count_uses(&g);
        rc = read_input(&g, shape, err) || run_nodes(&g, err) || finish(&g, err) ? -1 : 0;
    }
    if (rc == 0) {
        note_counts(&g);
    }
    close_graph(&g);
    onnx__model_proto__free_unpacked(model, NULL);
    return rc;
}
