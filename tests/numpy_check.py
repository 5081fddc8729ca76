#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Recompute simulated layers with NumPy, from the definition of a layer alone.

    numpy_check.py JSON DIR             check the layers of a result and its dump
    numpy_check.py --run QADAM ARG...   run "QADAM simulate ARG..." and check that

JSON is what `qadam simulate --json` wrote, DIR what `--dump` wrote. Integers must be right
in every bit. So must float layers whose sums are all exact in binary32, as with small
numbers; others must be within the error bound of any order of additions. Of a whole
network the host's layers are recomputed too, and every input must be the dumped output
of its producer, image by image. Shares no code with the golden model. Exit status 1 when
anything differs.
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("no NumPy for this Python")
    sys.exit(77)


EXACT_BITS = 24  # of a binary32 number


def windows(x, kernel, stride, pad, fill):
    """For each tap in row order the values it meets, [C][E][F], and whether they exist."""
    c, h, w = x.shape
    e = (h + 2 * pad - kernel[0]) // stride + 1
    f = (w + 2 * pad - kernel[1]) // stride + 1
    padded = np.full((c, h + 2 * pad, w + 2 * pad), fill, x.dtype)
    inside = np.zeros((h + 2 * pad, w + 2 * pad), bool)
    padded[:, pad : pad + h, pad : pad + w] = x
    inside[pad : pad + h, pad : pad + w] = True
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            rows = slice(i, i + (e - 1) * stride + 1, stride)
            cols = slice(j, j + (f - 1) * stride + 1, stride)
            yield i, j, padded[:, rows, cols], inside[rows, cols]


def sums(x, w, bias, layer):
    """Products summed over channels and taps, plus bias, in the operands' type."""
    m, cg, r, s = w.shape
    groups = layer["groups"]
    mg = m // groups
    acc = 0
    for i, j, window, _ in windows(x, (r, s), layer["stride"], layer["pad"], 0):
        part = [
            np.tensordot(w[g * mg : (g + 1) * mg, :, i, j], window[g * cg : (g + 1) * cg], (1, 0))
            for g in range(groups)
        ]
        acc = acc + np.concatenate(part)
    return acc + bias[:, None, None]


def round_half_even(numerator, denominator):
    """Of integers; denominator is positive."""
    quotient, rest = np.divmod(numerator, denominator)
    up = (rest > denominator - rest) | ((rest == denominator - rest) & (quotient % 2 == 1))
    return quotient + up


def output_stage(acc, relu, shift, act_bits):
    """ReLU, divide by 2^shift with ties to even, saturate."""
    if relu:
        acc = np.maximum(acc, 0)
    top = np.int64(2 ** (act_bits - 1))
    return np.clip(round_half_even(acc, np.int64(1) << np.int64(shift)), -top, top - 1)


def wrap(acc, psum_bits):
    if psum_bits < 64:
        half = np.int64(1) << np.int64(psum_bits - 1)
        acc = (acc & (2 * (half - 1) + 1)) - 2 * (acc & half)
    return acc


def lowest_bit(array):
    """The exponent of the lowest bit that is set in any of some binary32 numbers."""
    mantissa, exponent = np.frexp(array[array != 0].astype(np.float64))
    if mantissa.size == 0:
        return 0
    whole = np.abs(mantissa * 2**EXACT_BITS).astype(np.int64)
    return int(np.min(exponent - EXACT_BITS + np.log2(whole & -whole).astype(np.int64)))


def float_faults(x, w, bias, got, layer):
    """Wrong outputs of a float layer: all bits where every sum is exact, else beyond the
    error bound of any order of additions, n u / (1 - n u) times the sum of magnitudes."""
    x, w, bias = (array.astype(np.float64) for array in (x, w, bias))
    want = sums(x, w, bias, layer)
    size = sums(np.abs(x), np.abs(w), np.abs(bias), layer)
    if layer["relu"]:
        want = np.maximum(want, 0)
    grid = min(lowest_bit(x) + lowest_bit(w), lowest_bit(bias))
    exact = bool(np.all(size < 2.0 ** (grid + EXACT_BITS)))
    terms = (w[0].size + 2) * 2.0**-EXACT_BITS
    bound = 0 if exact else terms / (1 - terms) * size
    wrong = ~(np.abs(got.astype(np.float64) - want) <= bound)
    return wrong, "exact" if exact else "within the bound"


def load(folder, name, kind, image=""):
    return np.load(os.path.join(folder, f"{name}{image}.{kind}.npy"))


def images(layer):
    """What the files of a layer's runs have in their names: one run for each image."""
    return [f".{k}" for k in range(layer["runs"])] if layer["runs"] > 1 else [""]


def load_images(folder, layer, kind, batch):
    """The maps of all images, [N][acts]; an fc layer that runs once has them in columns."""
    if layer["runs"] < batch:
        return load(folder, layer["name"], kind).reshape(-1, batch).T
    return np.stack([load(folder, layer["name"], kind, k).ravel() for k in images(layer)])


def say(layer, image, wrong, got, how):
    count = int(np.count_nonzero(wrong))
    name = layer["name"] + image
    print(f"{name}: {got.size} outputs {how}, {count} wrong, {len(np.unique(got))} values")
    return count


def check_array_layer(folder, result, layer, image):
    """Number of wrong outputs of a run of a layer on the array."""
    x, got = (load(folder, layer["name"], kind, image) for kind in ("input", "output"))
    w, bias = (load(folder, layer["name"], kind) for kind in ("weights", "bias"))
    is_float = result["pe_type"].startswith("fp")
    for array in (x, w, bias, got):
        assert array.dtype == (np.float32 if is_float else np.int64), array.dtype
    if x.shape[1] == 1 and w.shape[2:] == (1, 1):  # FC: the batch is in place of W
        layer = {**layer, "stride": 1, "pad": 0, "groups": 1}
    if is_float:
        wrong, how = float_faults(x, w, bias, got, layer)
        return say(layer, image, wrong, got, how)
    psums = wrap(sums(x, w, bias, layer), result["psum_bits"])
    want = output_stage(psums, layer["relu"], layer["requant_shift"], result["act_bits"])
    assert want.shape == got.shape, (want.shape, got.shape)
    return say(layer, image, want != got, got, "exact")


def add(layer, x, y, frac_bits, act_bits):
    if x.dtype == np.float32:
        total = x + y
        return np.maximum(total, np.float32(0)) if layer["relu"] else total
    fine = max(frac_bits)
    total = x * 2 ** (fine - frac_bits[0]) + y * 2 ** (fine - frac_bits[1])
    assert layer["frac_bits"] == fine - layer["shift"]
    return output_stage(total, layer["relu"], layer["shift"], act_bits)


def pool(layer, x):
    """maxpool, avgpool: the padding is neither the maximum nor counted."""
    is_max = layer["op"] == "maxpool"
    lowest = -np.inf if x.dtype == np.float32 else np.iinfo(np.int64).min
    acc = lowest if is_max else x.dtype.type(0)
    count = 0
    fill = lowest if is_max else 0
    for _, _, window, inside in windows(x, layer["kernel"], layer["stride"], layer["pad"], fill):
        acc = np.maximum(acc, window) if is_max else acc + window
        count = count + inside.astype(np.int64)
    if is_max:
        return acc
    if x.dtype == np.float32:
        return acc * (1 / count.astype(np.float64)).astype(np.float32)
    return round_half_even(acc, np.broadcast_to(count, acc.shape))


def check_host_layer(folder, result, layer, image, frac_bits):
    x = load(folder, layer["name"], "input", image)
    got = load(folder, layer["name"], "output", image)
    if layer["op"] == "add":
        y = load(folder, layer["name"], "input2", image)
        want = add(layer, x, y, frac_bits, result["act_bits"])
    else:
        want = pool(layer, x)
    assert want.shape == got.shape and want.dtype == got.dtype, (want.shape, got.shape)
    return say(layer, image, want != got, got, "exact")


def check_wiring(folder, layer, batch, outputs):
    """Every input must be what the layer before made: on the array, the accelerator."""
    for k, producer in enumerate(layer["inputs"]):
        x = load_images(folder, layer, "input" if k == 0 else "input2", batch)
        if producer not in outputs:
            outputs[producer] = x  # the images
        if not np.array_equal(x, outputs[producer]):
            print(f"{layer['name']}: input {k} is not the output of {producer}")
            return 1
    return 0


def check_graph(folder, result):
    """A whole network: wiring, grids, the host's layers, logits."""
    outputs = {}
    frac_bits = {"input": result["act_bits"] - 1}
    batch = result["batch"]
    wrong = 0
    for layer in result["graph"]:
        name = layer["name"]
        before = [frac_bits[producer] for producer in layer["inputs"]]
        wrong += check_wiring(folder, layer, batch, outputs)
        outputs[name] = load_images(folder, layer, "output", batch)
        frac_bits[name] = layer.get("frac_bits", 0)
        if layer["runs_on"] == "host":
            for image in images(layer):
                wrong += check_host_layer(folder, result, layer, image, before)
        elif "shift" in layer:
            assert frac_bits[name] == before[0] + layer["weight_frac_bits"] - layer["shift"]
    last = outputs[result["graph"][-1]["name"]]
    scale = 1 if last.dtype == np.float32 else 2.0 ** -result["logits"]["frac_bits"]
    values = np.reshape(result["logits"]["values"], last.shape)
    if not np.array_equal(last * scale, values):
        print("the logits are not the last layer's output")
        wrong += 1
    return wrong


def check(path, folder):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    wrong = 0
    for layer in result["layers"]:
        wrong += sum(check_array_layer(folder, result, layer, image) for image in images(layer))
    if "graph" in result:
        wrong += check_graph(folder, result)
    return 1 if wrong or not result["layers"] else 0


def run(argv):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.json")
        extra = ["--json", path, "--dump", folder]
        subprocess.run([argv[0], "simulate", *argv[1:], *extra], check=True)
        return check(path, folder)


def main(argv):
    if len(argv) > 2 and argv[1] == "--run":
        return run(argv[2:])
    if len(argv) == 3:
        return check(argv[1], argv[2])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
