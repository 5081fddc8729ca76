/* SPDX-License-Identifier: Apache-2.0
 *
 * The ONNX operations on activations that are mapped.
 */
#include <string.h>

#include "gen/onnx_step.h"

#define WINDOW_ATTRIBUTES "auto_pad|dilations|kernel_shape|pads|strides"

static const struct operation {
    const char *name;
    const char *attributes;
    int (*map)(struct onnx_step *s, struct error *err);
} operations[] = {
    {"Add", "", onnx_map_arithmetic},
    {"AveragePool", WINDOW_ATTRIBUTES "|ceil_mode|count_include_pad", onnx_map_pool},
    {"BatchNormalization", "epsilon|momentum|spatial|training_mode|is_test",
     onnx_map_batch_norm},
    {"Clip", "min|max", onnx_map_clip},
    {"Concat", "axis", onnx_map_concat},
    {"Conv", WINDOW_ATTRIBUTES "|group", onnx_map_conv},
    {"Div", "", onnx_map_arithmetic},
    {"Dropout", "ratio|seed|is_test", onnx_map_nothing},
    {"Flatten", "axis", onnx_map_reshape},
    {"Gemm", "alpha|beta|transA|transB|broadcast", onnx_map_gemm},
    {"GlobalAveragePool", "", onnx_map_global},
    {"GlobalMaxPool", "", onnx_map_global},
    {"Identity", "", onnx_map_nothing},
    {"MatMul", "", onnx_map_matmul},
    {"MaxPool", WINDOW_ATTRIBUTES "|ceil_mode|storage_order", onnx_map_pool},
    {"Mul", "", onnx_map_arithmetic},
    {"Pad", "mode|pads|value", onnx_map_pad},
    {"ReduceMean", "axes|keepdims|noop_with_empty_axes", onnx_map_global},
    {"Relu", "", onnx_map_relu},
    {"Reshape", "shape|allowzero", onnx_map_reshape},
    {"Slice", "axes|starts|ends", onnx_map_slice},
    {"Squeeze", "axes", onnx_map_reshape},
    {"Sub", "", onnx_map_arithmetic},
    {"Sum", "", onnx_map_sum},
    {"Transpose", "perm", onnx_map_transpose},
    {"Unsqueeze", "axes", onnx_map_reshape}};

static const struct operation *find(const char *op) {
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, op) == 0) {
            return &operations[i];
        }
    }
    return NULL;
}

int onnx_op_known(const char *op, const char **attributes) {
    const struct operation *o = find(op);
    *attributes = o ? o->attributes : "";
    return o != NULL;
}

int onnx_op_map(struct onnx_step *step, struct error *err) {
    return find(step->args.node->op_type)->map(step, err);
}
