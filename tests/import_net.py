# SPDX-License-Identifier: Apache-2.0
"""Compute a network file with its tensors in float64 NumPy, without qadam: every layer as
docs/networks.md defines it. For the checks of the import.
"""
import json
import os
import struct

import numpy as np


def read_tensors(path):
    """The tensors of a safetensors file by name."""
    with open(path, "rb") as f:
        data = f.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = np.frombuffer(raw, "<f4").reshape(entry["shape"]).astype(float)
    return tensors


def windows(x, kernel, stride):
    """[N, C, E, F, R, S] of [N, C, H, W]."""
    view = np.lib.stride_tricks.sliding_window_view(x, tuple(kernel), axis=(2, 3))
    return view[:, :, ::stride[0], ::stride[1]]


def conv(x, weights, bias, stride, pads, groups):
    """pads: rows before, columns before, rows after, columns after."""
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])))
    parts = []
    for xs, ws in zip(np.split(x, groups, 1), np.split(weights, groups, 0)):
        view = windows(xs, ws.shape[2:], stride)
        parts.append(np.einsum("ncefrs,mcrs->nmef", view, ws, optimize=True))
    out = np.concatenate(parts, 1)
    return out if bias is None else out + bias[:, None, None]


def pool(x, kernel, stride, pad, average):
    """Over the positions that exist."""
    sides = ((0, 0), (0, 0), (pad, pad), (pad, pad))
    if not average:
        x = np.pad(x, sides, constant_values=-np.inf)
        return windows(x, kernel, (stride, stride)).max((4, 5))
    count = windows(np.pad(np.ones_like(x), sides), kernel, (stride, stride)).sum((4, 5))
    return windows(np.pad(x, sides), kernel, (stride, stride)).sum((4, 5)) / count


def layer(entry, inputs, tensors):
    op = entry["op"]
    x = inputs[0]
    if op in ("conv", "fc"):
        weights = tensors[entry["name"] + ".weights"]
        bias = tensors.get(entry["name"] + ".bias")
    stride, pad = entry.get("stride", 1), entry.get("pad", 0)
    if op == "conv":
        assert list(weights.shape[2:]) == entry["kernel"], entry
        assert weights.shape[0] == entry["filters"], entry
        out = conv(x, weights, bias, (stride, stride), [pad] * 4, entry.get("groups", 1))
    elif op == "fc":
        out = x.reshape(len(x), -1) @ weights.T + (0 if bias is None else bias)
        out = out[:, :, None, None]
    elif op == "add":
        assert x.shape == inputs[1].shape, entry
        out = x + inputs[1]
    elif op == "matmul":
        flat = [i.reshape(i.shape[0], i.shape[1], -1) for i in inputs]
        out = (flat[1] @ flat[0]).reshape(len(x), -1, x.shape[2], x.shape[3])
    else:
        kernel = entry.get("kernel", x.shape[2:])
        out = pool(x, kernel, stride, pad, op == "avgpool")
    return np.maximum(out, 0) if entry.get("relu") else out


def input_shape(path):
    """[N, C, H, W] of a network file."""
    with open(path, encoding="utf-8") as f:
        net = json.load(f)
    shape = net["input"]
    return [net.get("batch", 1), shape["channels"], shape["height"], shape["width"]]


def run(path, image):
    """The output [N, M, E, F] of the last layer for images [N, C, H, W]."""
    with open(path, encoding="utf-8") as f:
        net = json.load(f)
    shape = net["input"]
    maps = {"input": image.reshape(-1, shape["channels"], shape["height"], shape["width"])}
    tensors = {}
    if "weights" in net:
        tensors = read_tensors(os.path.join(os.path.dirname(path), net["weights"]))
    for entry in net["layers"]:
        out = layer(entry, [maps[name] for name in entry["inputs"]], tensors)
        maps[entry["name"]] = out
    return out
