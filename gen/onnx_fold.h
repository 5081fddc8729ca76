/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes of an ONNX graph that compute constants from constants.
 */
#ifndef QADAM_ONNX_FOLD_H
#define QADAM_ONNX_FOLD_H

#include "gen/error.h"
#include "gen/onnx_node.h"
#include "gen/onnx_tensor.h"

/* 1 if onnx_fold knows the operation. */
int onnx_can_fold(const char *op);

/* Compute the first output of a node whose inputs are all constants.
 * Caller ends with onnx_tensor_close. Returns 0, or -1 with *err set. */
int onnx_fold(const struct onnx_args *args, struct onnx_tensor *out, struct error *err);

#endif
