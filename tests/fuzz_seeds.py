#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write the files that fuzzing starts from.

    fuzz_seeds.py FOLDER       writes FOLDER/onnx, safetensors, scalesim, timeloop

The files of tests/fuzz/ were made so; what fuzzing has found is added beside them.
"""
import json
import os
import struct
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import import_check  # noqa: E402

SCALESIM = {
    "conv": "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, "
            "Num Filter, Strides,\nConv1,22,22,7,7,3,64,2,\nDP2,5,5,3,3,4,1,1,\n",
    "strides": "Layer,IFMAP H,IFMAP W,Filter H,Filter W,Channels,Filters,Stride H,Stride W,X"
               "\r\na,9,1,3,1,3,4,2,1,1:1\r\n",
    "gemm": "Layer,M,N,K,\nqkv,12,36,24,\nodd,7,5,3,\n",
}
TIMELOOP = {
    "instance": "problem:\n  version: 0.3\n  shape: {name: \"c 1\", dimensions: [C, M]}\n"
                "  instance: {C: 3, M: 9, R: 3, S: 3, P: 7, Q: 5, N: 1, Wstride: 2, "
                "Hstride: 2}\n",
    "list": "- problem: {shape: cnn-layer, C: 8, K: 16, R: 3, P: 6}\n"
            "- problem: &a {C: 8, K: 16, N: 12}\n- problem: *a\n",
    "documents": "---\nproblem: {C: 1, G: 4}\n---\nproblem: {M: 2}\n...\n",
}


def constant(name, *values):
    return name, np.array(values, np.int64)


def onnx_models():
    """Small models of all operations."""
    model = import_check.model_of
    small = (1, 2, 4, 4)
    weights = ("w", np.ones((2, 2, 1, 1), np.float32))
    matrix = ("m", np.ones((3, 2), np.float32))
    pair = [(n, np.full(2, v, np.float32)) for n, v in (("s", 2), ("b", 1), ("v", 1))]
    zero = ("z", np.float32(0))
    yield "conv", model([("Conv", ["x", "w"], "a", {"pads": [0, 1, 1, 0]}),
                         ("BatchNormalization", ["a", "s", "b", "b", "v"], "c", {}),
                         ("Relu", ["c"], "y", {})], [weights] + pair, small)
    yield "pools", model([("Relu", ["x"], "r", {}),
                          ("MaxPool", ["r"], "a", {"kernel_shape": [2, 2], "ceil_mode": 1,
                                                   "strides": [3, 3]}),
                          ("AveragePool", ["a"], "b", {"kernel_shape": [2, 2],
                                                       "pads": [1, 1, 1, 1],
                                                       "count_include_pad": 1}),
                          ("GlobalAveragePool", ["b"], "y", {})], (), small)
    yield "auto_pad", model([("MaxPool", ["x"], "y", {"kernel_shape": [3, 3],
                                                      "auto_pad": "SAME_UPPER"})], (), small)
    yield "head", model([("ReduceMean", ["x"], "a", {"axes": [2, 3], "keepdims": 0}),
                         ("Gemm", ["a", "m", "g"], "b", {"transB": 1, "alpha": 2.0}),
                         ("Softmax", ["b"], "y", {})],
                        [matrix, ("g", np.ones(3, np.float32))], small)
    yield "matmul", model([("Flatten", ["x"], "a", {}), ("MatMul", ["a", "n"], "b", {}),
                           ("Add", ["b", "z"], "y", {})],
                          [("n", np.ones((4, 1), np.float32)), zero], (1, 1, 2, 2))
    yield "matmul2", model([("Reshape", ["x", "r"], "a", {}), ("MatMul", ["a", "a"], "b", {}),
                            ("Reshape", ["b", "q"], "y", {})],
                           [constant("r", 0, 4, -1), constant("q", 1, 4, 2, 2)],
                           (1, 4, 2, 2))
    yield "shortcut", model([("Slice", ["x", "a", "b", "c", "d"], "e", {}),
                             ("Pad", ["e", "p"], "f", {}), ("Sum", ["f", "f"], "y", {})],
                            [constant("a", 0, 0), constant("b", 9, 9), constant("c", 2, 3),
                             constant("d", 2, 2), constant("p", 0, 1, 0, 0, 0, 1, 0, 1)],
                            small)
    yield "concat", model([("Slice", ["x", "a", "b", "c"], "e", {}),
                           ("Clip", ["x", "z"], "f", {}),
                           ("Concat", ["e", "f", "x"], "y", {"axis": 1})],
                          [constant("a", 1), constant("b", 2), constant("c", 1), zero], small)
    yield "shapes", model([("Shape", ["x"], "a", {}),
                           ("Gather", ["a", "i"], "b", {"axis": 0}),
                           ("Unsqueeze", ["b"], "c", {"axes": [0]}),
                           ("Concat", ["c", "j"], "d", {"axis": 0}),
                           ("Reshape", ["x", "d"], "e", {}),
                           ("Dropout", ["e"], "f", {"ratio": 0.5}),
                           ("Squeeze", ["f"], "g", {"axes": [2]}),
                           ("Identity", ["g"], "y", {})],
                          [("i", np.array(0)), constant("j", 32, 1)], small, 11)
    yield "folded", model([("ConstantOfShape", ["k"], "a", {}),
                           ("Slice", ["a", "s", "e", "t", "u"], "b", {}),
                           ("Transpose", ["b"], "c", {"perm": [1, 0]}),
                           ("Cast", ["c"], "d", {"to": 1}), ("Neg", ["d"], "f", {}),
                           ("Mul", ["f", "z"], "g", {}), ("Sub", ["x", "g"], "h", {}),
                           ("Div", ["h", "o"], "y", {})],
                          [constant("k", 2, 1), constant("s", -1), constant("e", -9),
                           constant("t", 0), constant("u", -1), zero,
                           ("o", np.float32(4))], (1, 2))
    yield "huge", import_check.huge_model()
    yield "pad_channels", import_check.padded_model(-2**63, -2**63)


def safetensors(tensors, padding=0):
    """A file of (name, shape)."""
    header, at = {}, 0
    for name, shape in tensors:
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode() + b" " * padding
    return struct.pack("<Q", len(text)) + text + bytes(at)


def main(folder):
    files = {"onnx/" + name: m.SerializeToString() for name, m in onnx_models()}
    files |= {"scalesim/" + name: text.encode() for name, text in SCALESIM.items()}
    files |= {"timeloop/" + name: text.encode() for name, text in TIMELOOP.items()}
    files["safetensors/two"] = safetensors([("a.weights", [2, 1, 3, 3]), ("a.bias", [2])])
    files["safetensors/padded"] = safetensors([("f", [0, 4]), ("__g", [])], 5)
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
