/* SPDX-License-Identifier: Apache-2.0
 *
 * What an ONNX node is given.
 */
#include "gen/onnx_node.h"

#include <string.h>

const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node,
                                           const char *name) {
    for (size_t i = 0; i < node->n_attribute; i++) {
        if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0) {
            return node->attribute[i];
        }
    }
    return NULL;
}

int64_t onnx_attribute_int(const Onnx__NodeProto *node, const char *name,
                           int64_t preset) {
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    return a && a->has_i ? a->i : preset;
}

double onnx_attribute_real(const Onnx__NodeProto *node, const char *name, double preset) {
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    return a && a->has_f ? (double)a->f : preset;
}

const int64_t *onnx_attribute_ints(const Onnx__NodeProto *node, const char *name,
                                   size_t *count) {
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    *count = a ? a->n_ints : 0;
    return a ? a->ints : NULL;
}

int onnx_attribute_is(const Onnx__NodeProto *node, const char *name, const char *word) {
    const Onnx__AttributeProto *a = onnx_attribute(node, name);
    return a && a->has_s && a->s.len == strlen(word) &&
           memcmp(a->s.data, word, a->s.len) == 0;
}

int onnx_has_input(const struct onnx_args *args, size_t index) {
    return index < args->node->n_input && args->node->input[index][0] != '\0';
}

const struct onnx_tensor *onnx_constant(const struct onnx_args *args, size_t index,
                                        struct error *err) {
    if (!onnx_has_input(args, index)) {
        (void)error_set(err, "input %zu is missing", index);
        return NULL;
    }
    if (!args->constants[index]) {
        (void)error_set(err, "input %zu (%.80s) must be a constant", index,
                        args->node->input[index]);
    }
    return args->constants[index];
}

int onnx_list(const struct onnx_args *args, size_t index, const char *name,
              const int64_t **list, size_t *count, struct error *err) {
    if (!onnx_has_input(args, index)) {
        *list = onnx_attribute_ints(args->node, name, count);
        return 0;
    }
    const struct onnx_tensor *t = onnx_constant(args, index, err);
    if (!t) {
        return -1;
    }
    if (!t->is_int) {
        return error_set(err, "input %zu (%s) must be integers", index, name);
    }
    *list = t->integers;
    *count = t->count;
    return 0;
}
