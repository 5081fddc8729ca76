# SPDX-License-Identifier: Apache-2.0
"""A network file as a PyTorch module in the arithmetic of a PE type.

Every map is on the grid of its layer (grids.py), sums are exact as long as they fit the 24
bits of a float: then the outputs are those of the hardware, bit by bit.

With batch normalization (training from scratch) weights are projected after each filter is
multiplied by its gamma / sigma, as they will be in hardware.
"""
import torch
from torch import nn
from torch.nn import functional as F

from grids import range_frac_bits

BN_EPSILON = 1e-5


class Array(nn.Module):
    """Weights and bias of a conv or fc, maybe with batch normalization."""

    def __init__(self, entry, channels, normalized):
        super().__init__()
        groups, filters = entry.get("groups", 1), entry["filters"]
        kernel = entry.get("kernel", 1)
        kernel = [kernel, kernel] if isinstance(kernel, int) else kernel
        self.is_fc = entry["op"] == "fc"
        shape = [filters, channels // groups] + ([] if self.is_fc else kernel)
        self.options = {
            "stride": entry.get("stride", 1),
            "padding": entry.get("pad", 0),
            "groups": groups,
        }
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.zeros(filters))
        nn.init.kaiming_normal_(self.weight)
        self.normalized = normalized and not self.is_fc
        if self.normalized:
            self.gamma = nn.Parameter(torch.ones(filters))
            self.register_buffer("mean", torch.zeros(filters))
            self.register_buffer("variance", torch.ones(filters))

    def multiply(self, x, weight, bias):
        if self.is_fc:
            return F.linear(x.flatten(1), weight, bias)
        return F.conv2d(x, weight, bias, **self.options)

    def folded(self, x=None):
        """Weight and bias; of a batch x its own mean and variance."""
        if not self.normalized:
            return self.weight, self.bias
        mean, variance = self.mean, self.variance
        if x is not None:
            y = self.multiply(x, self.weight, None)
            mean, variance = y.mean((0, 2, 3)), y.var((0, 2, 3), unbiased=False)
            with torch.no_grad():
                self.mean.lerp_(mean, 0.1)
                self.variance.lerp_(variance, 0.1)
        factor = self.gamma / torch.sqrt(variance + BN_EPSILON)
        return self.weight * factor[:, None, None, None], self.bias - mean * factor


class Network(nn.Module):
    """scales: those of the PE type in the network's file, or None: they follow the largest
    numbers seen in training (and then are kept in the state of the module)."""

    def __init__(self, net, pe_type, scales=None, normalized=False):
        super().__init__()
        self.net, self.type = net, pe_type
        self.fixed = scales is not None
        self.added = scales or {}
        self.arrays = nn.ModuleDict()
        shapes = {"input": [net["input"][k] for k in ("channels", "height", "width")]}
        self.names = ["input"] + [e["name"] for e in net["layers"]]
        for entry in net["layers"]:
            shapes[entry["name"]] = self._shape(entry, shapes, normalized)
        count = len(self.names)
        self.register_buffer("largest", torch.zeros(count, dtype=torch.float64))
        self.register_buffer("act_bits", torch.zeros(count, dtype=torch.long))
        self.register_buffer("weight_bits", torch.zeros(count, dtype=torch.long))
        for i, name in enumerate(self.names):
            entry = (scales or {}).get(name, {})
            self.act_bits[i] = entry.get("frac_bits", 0)
            self.weight_bits[i] = entry.get("weight_frac_bits", 0)
        for i, entry in enumerate(net["layers"], 1):
            if entry["op"] in ("maxpool", "avgpool"):
                self.act_bits[i] = self.frac_bits(entry["inputs"][0])

    def _shape(self, entry, shapes, normalized):
        c, h, w = shapes[entry["inputs"][0]]
        op = entry["op"]
        if op == "fc":
            self.arrays[entry["name"]] = Array(entry, c * h * w, normalized)
            return [entry["filters"], 1, 1]
        if op == "add":
            return [c, h, w]
        kernel = entry.get("kernel", [h, w])
        kernel = [kernel, kernel] if isinstance(kernel, int) else kernel
        if op == "conv":
            self.arrays[entry["name"]] = Array(entry, c, normalized)
        elif op not in ("maxpool", "avgpool"):
            raise SystemExit(f"layer {entry['name']}: {op} cannot be trained")
        pad, stride = entry.get("pad", 0), entry.get("stride", 1)
        size = [(n + 2 * pad - k) // stride + 1 for n, k in zip((h, w), kernel)]
        return [entry["filters"] if op == "conv" else c] + size

    def load(self, tensors):
        """Weights, and biases with what the scales add to them."""
        with torch.no_grad():
            for name, array in self.arrays.items():
                array.weight.copy_(tensors[name + ".weights"].view_as(array.weight))
                if name + ".bias" in tensors:
                    array.bias.copy_(tensors[name + ".bias"])
                added = self.added.get(name, {}).get("bias")
                if added is not None:
                    index = self.names.index(name)
                    entry = self.net["layers"][index - 1]
                    bits = self.frac_bits(entry["inputs"][0]) + int(self.weight_bits[index])
                    psums = (array.bias.double() * 2.0**bits).round() + torch.tensor(added)
                    array.bias.copy_(psums * 2.0**-bits)

    def _act(self, x, index, finest):
        """A map on the grid of its layer, at most as fine as the sums are."""
        if self.type.is_float:
            return x
        if not self.fixed and self.training:
            now = x.detach().abs().max().double()
            old = self.largest[index]
            self.largest[index] = now if old == 0 else old + 0.05 * (now - old)
            top = 2 ** (self.type.act_bits - 1) - 1
            bits = range_frac_bits(float(self.largest[index]), top)
            self.act_bits[index] = bits if finest is None else min(bits, finest)
        return self.type.act(x, int(self.act_bits[index]))

    def _project(self, array, index, x, frac_bits):
        """Weight, bias and the grid of the sums."""
        weight, bias = array.folded(x if self.training else None)
        if self.type.is_float:
            return weight, bias, None
        if not self.fixed and self.training:
            largest = float(weight.detach().abs().max())
            self.weight_bits[index] = range_frac_bits(largest, self.type.weight_top)
        bits = int(self.weight_bits[index])
        finest = frac_bits + bits
        return self.type.weight(weight, bits), self.type.bias(bias, finest), finest

    def parameters_of(self, name):
        """What the hardware has: projected weight and bias of an array layer."""
        index = self.names.index(name)
        entry = self.net["layers"][index - 1]
        frac_bits = self.frac_bits(entry["inputs"][0])
        return self._project(self.arrays[name], index, None, frac_bits)[:2]

    def frac_bits(self, name):
        return 0 if self.type.is_float else int(self.act_bits[self.names.index(name)])

    def forward(self, images):
        maps = {"input": self._act(images, 0, None)}
        for index, entry in enumerate(self.net["layers"], 1):
            maps[entry["name"]] = self._run(entry, index, maps)
        return maps[self.names[-1]].flatten(1)

    def _run(self, entry, index, maps):
        inputs = [maps[i] for i in entry["inputs"]]
        bits = [self.frac_bits(i) for i in entry["inputs"]]
        op, x = entry["op"], inputs[0]
        finest = max(bits)
        if op in ("conv", "fc"):
            array = self.arrays[entry["name"]]
            weight, bias, finest = self._project(array, index, x, bits[0])
            x = array.multiply(x, weight, bias)
        elif op == "add":
            x = x + inputs[1]
        else:
            self.act_bits[index] = bits[0]
            return self._pool(entry, x, bits[0])
        return self._act(F.relu(x) if entry.get("relu") else x, index, finest)

    def _pool(self, entry, x, frac_bits):
        kernel = entry.get("kernel", list(x.shape[2:]))
        stride, pad = entry.get("stride", 1), entry.get("pad", 0)
        if entry["op"] == "maxpool":
            return F.max_pool2d(x, kernel, stride, pad)
        y = F.avg_pool2d(x, kernel, stride, pad, count_include_pad=False)
        return y if self.type.is_float else self.type.act(y, frac_bits)

    def scales(self):
        """As the network's file has them."""
        scales = {"input": {"frac_bits": self.frac_bits("input")}}
        for index, entry in enumerate(self.net["layers"], 1):
            if entry["op"] in ("conv", "fc", "add"):
                scales[entry["name"]] = {"frac_bits": int(self.act_bits[index])}
            if entry["op"] in ("conv", "fc"):
                scales[entry["name"]]["weight_frac_bits"] = int(self.weight_bits[index])
        return scales

    def tensors(self):
        result = {}
        for name in self.arrays:
            weight, bias = self.parameters_of(name)
            result[name + ".weights"], result[name + ".bias"] = weight, bias
        return result
