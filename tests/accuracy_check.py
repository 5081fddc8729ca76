#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check accuracy, calibration and inference of a trained network.

    accuracy_check.py QADAM                     recompute a small network with NumPy
    accuracy_check.py --rtl QADAM DESIGN...     run it on the RTL of designs
    accuracy_check.py --rtl QADAM --network NET --data DIR --images N DESIGN...
                                                the same with a network and images
    accuracy_check.py --make DIR                write the small network and its images

The small network is fitted here to images that are made here. Without --rtl its float
predictions and, from the scales in the network file alone, all logits of the integer types
are recomputed: every word must be right. With --rtl the logits of `qadam simulate`, whose
every output word was compared with the RTL's, must be those of `qadam accuracy`. Exit
status 1 when anything differs.
"""
import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("no NumPy for this Python")
    sys.exit(77)

CLASSES, SIDE = 10, 32
MEAN, DEVIATION = [0.45, 0.5, 0.55], [0.25, 0.2, 0.3]
TRAIN, TEST = 400, 200
INTEGERS = {  # act bits, psum bits
    "int16": (16, 32),
    "int8": (8, 24),
    "int4": (4, 16),
    "lightpe1": (8, 24),
    "lightpe2": (8, 24),
}


# ---- the small network ----


def layers():
    def conv(name, of, filters, **more):
        return {"name": name, "op": "conv", "inputs": [of], "filters": filters, **more}

    k3 = {"kernel": [3, 3], "pad": 1}
    return [
        conv("conv1", "input", 8, **k3, stride=2, relu=True),
        {"name": "pool1", "op": "maxpool", "inputs": ["conv1"], "kernel": 2, "stride": 2},
        conv("conv2a", "pool1", 8, **k3, relu=True),
        conv("conv2b", "conv2a", 8, **k3, groups=2),
        {"name": "add2", "op": "add", "inputs": ["conv2b", "pool1"], "relu": True},
        conv("conv3", "add2", 16, **k3, stride=2, relu=True),
        {"name": "pool3", "op": "avgpool", "inputs": ["conv3"], "kernel": 2, "stride": 2},
        {"name": "fc", "op": "fc", "inputs": ["pool3"], "filters": CLASSES},
    ]


def windows(x, kernel, stride, pad):
    """[N][C][E][F][R][S] of [N][C][H][W]."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (2, 3))
    return view[:, :, ::stride, ::stride]


def sums(layer, x, w, b):
    """Products and bias of conv or fc."""
    if layer["op"] == "fc":
        return x.reshape(len(x), -1) @ w.T + b
    groups = layer.get("groups", 1)
    view = windows(x, w.shape[2], layer.get("stride", 1), layer.get("pad", 0))
    parts = [
        np.einsum("ncefrs,mcrs->nmef", a, f, optimize=True)
        for a, f in zip(np.split(view, groups, 1), np.split(w, groups))
    ]
    return np.concatenate(parts, 1) + b[:, None, None]


def pooled(layer, x):
    view = windows(x, layer["kernel"], layer["stride"], 0)
    return view.max((4, 5)) if layer["op"] == "maxpool" else view.mean((4, 5))


def run_float(x, tensors, stop=None):
    """The maps of all layers, in double precision; before the layer `stop`."""
    maps = {"input": x}
    for layer in layers():
        name, inputs = layer["name"], [maps[i] for i in layer["inputs"]]
        if name == stop:
            return maps
        if layer["op"] == "add":
            y = inputs[0] + inputs[1]
        elif layer["op"] in ("conv", "fc"):
            y = sums(layer, inputs[0], tensors[name + ".weights"], tensors[name + ".bias"])
        else:
            y = pooled(layer, inputs[0])
        maps[name] = np.maximum(y, 0) if layer.get("relu") else y
    return maps


def make_images(rng, count, templates):
    labels = rng.integers(0, CLASSES, count)
    noise = rng.normal(0, 70, (count, 3, SIDE, SIDE))
    images = np.clip(templates[labels] + noise, 0, 255).astype(np.uint8)
    return labels, images


def preprocess(images):
    mean, deviation = (np.array(v)[:, None, None] for v in (MEAN, DEVIATION))
    return (images / 255 - mean) / deviation


def fit(rng, labels, images):
    """Random features, and an fc layer by least squares."""
    tensors = {}
    for name, shape in [
        ("conv1", (8, 3, 3, 3)),
        ("conv2a", (8, 8, 3, 3)),
        ("conv2b", (8, 4, 3, 3)),
        ("conv3", (16, 8, 3, 3)),
    ]:
        scale = (2 / np.prod(shape[1:])) ** 0.5
        tensors[name + ".weights"] = rng.normal(0, scale, shape).astype("<f4")
        tensors[name + ".bias"] = rng.normal(0, 0.1, shape[0]).astype("<f4")
    features = run_float(preprocess(images), tensors, "fc")["pool3"]
    x = np.c_[features.reshape(len(images), -1), np.ones(len(images))]
    wanted = 4.0 * np.eye(CLASSES)[labels] - 2
    solution = np.linalg.solve(x.T @ x + 5 * np.eye(x.shape[1]), x.T @ wanted).T
    tensors["fc.weights"] = solution[:, :-1].astype("<f4")
    tensors["fc.bias"] = solution[:, -1].astype("<f4")
    return tensors


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, value in tensors.items():
        end = len(data) + value.nbytes
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [len(data), end],
        }
        data += value.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def make(folder):
    """Write network and images; return tensors, test labels and test images."""
    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(1)
    templates = rng.uniform(60, 200, (CLASSES, 3, 4, 4)).repeat(8, 2).repeat(8, 3)
    train, test = make_images(rng, TRAIN, templates), make_images(rng, TEST, templates)
    tensors = fit(rng, *train)
    for name, (labels, images) in [("data_batch_1", train), ("test_batch", test)]:
        records = np.c_[labels.astype(np.uint8), images.reshape(len(images), -1)]
        records.tofile(os.path.join(folder, name + ".bin"))
    write_tensors(os.path.join(folder, "tiny.safetensors"), tensors)
    with open(os.path.join(folder, "tiny.json"), "w", encoding="ascii") as f:
        json.dump(
            {
                "name": "tiny",
                "input": {"channels": 3, "height": SIDE, "width": SIDE},
                "weights": "tiny.safetensors",
                "preprocess": {"mean": MEAN, "deviation": DEVIATION},
                "layers": layers(),
            },
            f,
        )
    return tensors, *test


# ---- integers, from the scales ----


def levels(pe_type):
    """All weight integers of a LightPE type, in units of its weight_frac_bits."""
    term = [0.0] + [s * 2.0**-n for n in range(7) for s in (1, -1)]
    both = {a + b for a in term for b in term} if pe_type == "lightpe2" else term
    return np.array(sorted(64 * v for v in set(both)))


def rounded(x, bits):
    top = 2 ** (bits - 1)
    return np.clip(np.rint(x), -top, top - 1).astype(np.int64)


def weight_words(pe_type, w, frac_bits):
    x = w.astype(float) * 2.0**frac_bits
    if not pe_type.startswith("lightpe"):
        return rounded(x, INTEGERS[pe_type][0])
    grid = levels(pe_type)
    x = np.clip(x, grid[0], grid[-1])[..., None]
    order = np.argsort(np.abs(grid), kind="stable")  # of two as near, the smaller
    grid = grid[order]
    return grid[np.abs(x - grid).argmin(-1)].astype(np.int64)


def divided(x, by):
    """x / by to the nearest integer, ties to even."""
    floor, rest = np.divmod(x, by)
    return floor + ((2 * rest > by) | ((2 * rest == by) & (floor % 2 == 1)))


def output(layer, total, shift, act_bits):
    total = np.maximum(total, 0) if layer.get("relu") else total
    top = 2 ** (act_bits - 1)
    return np.clip(divided(total, 2**shift), -top, top - 1)


def run_integers(pe_type, images, tensors, scales):
    """The logits."""
    act_bits, psum_bits = INTEGERS[pe_type]
    frac = {"input": scales["input"]["frac_bits"]}
    x = preprocess(images).astype(np.float32).astype(float)
    maps = {"input": rounded(x * 2.0 ** frac["input"], act_bits)}
    for layer in layers():
        name, inputs = layer["name"], layer["inputs"]
        x, sum_frac = maps[inputs[0]], frac[inputs[0]]
        if layer["op"] in ("maxpool", "avgpool"):
            view = windows(x, layer["kernel"], layer["stride"], 0)
            frac[name] = sum_frac
            maps[name] = (
                view.max((4, 5))
                if layer["op"] == "maxpool"
                else divided(view.sum((4, 5)), layer["kernel"] ** 2)
            )
            continue
        if layer["op"] == "add":
            sum_frac = max(frac[i] for i in inputs)
            total = sum(maps[i] << (sum_frac - frac[i]) for i in inputs)
        else:
            bits = scales[name]["weight_frac_bits"]
            sum_frac += bits
            w = weight_words(pe_type, tensors[name + ".weights"], bits)
            b = rounded(tensors[name + ".bias"].astype(float) * 2.0**sum_frac, psum_bits)
            b = b + np.array(scales[name].get("bias", [0]))
            total = sums(layer, x, w, b)
            half = 2 ** (psum_bits - 1)
            total = (total + half) % (2 * half) - half
        frac[name] = scales[name]["frac_bits"]
        maps[name] = output(layer, total, sum_frac - frac[name], act_bits)
    return maps["fc"]


# ---- checks ----


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, right, text):
        self.passed += bool(right)
        self.failed += not right
        if not right:
            print(text)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def run(*command):
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
    return done.stdout


def counts(rows, columns):
    matrix = np.zeros((CLASSES, CLASSES), int)
    np.add.at(matrix, (rows, columns), 1)
    return matrix.tolist()


def check_type(checks, result, labels, reference, logits):
    pe_type = result["pe_type"]
    predicted = np.argmax(logits, 1)
    wrong = int((np.array(result["logits"]) != logits).sum())
    checks.check(wrong == 0, f"{pe_type}: {wrong} of {logits.size} logits are wrong")
    right = int((predicted == labels).sum())
    checks.check(result["right"] == right, f"{pe_type}: {result['right']}, not {right}")
    checks.check(result["confusion"] == counts(labels, predicted), f"{pe_type}: confusion")
    checks.check(
        result["against_float"] == counts(reference, predicted),
        f"{pe_type}: confusion against float",
    )


def check_numpy(qadam, folder):
    checks = Checks()
    tensors, labels, images = make(folder)
    net, data = os.path.join(folder, "tiny.json"), ["--data", folder]
    scaled, result = os.path.join(folder, "scaled.json"), os.path.join(folder, "r.json")
    run(qadam, "calibrate", net, *data, "-o", scaled, "--pe", *INTEGERS)
    run(qadam, "accuracy", scaled, *data, "--logits", "--json", result)
    with open(scaled, encoding="ascii") as f:
        scales = json.load(f)["scales"]
    with open(result, encoding="ascii") as f:
        result = json.load(f)
    reference = np.argmax(run_float(preprocess(images), tensors)["fc"], 1)
    right = int((reference == labels).sum())
    checks.check(right > 0.8 * TEST, f"the network is not trained: {right} of {TEST} right")
    checks.check(result["float"]["right"] == right, f"float: {result['float']['right']}")
    checks.check(result["float"]["confusion"] == counts(labels, reference), "confusion")
    types = {t["pe_type"]: t for t in result["types"]}
    for pe_type in INTEGERS:
        checks.check(types[pe_type]["scales"] == "stored", f"{pe_type}: scales not stored")
        logits = run_integers(pe_type, images, tensors, scales[pe_type])
        check_type(checks, types[pe_type], labels, reference, logits)
    for pe_type in ("fp32", "fp32_ftz"):
        checks.check(types[pe_type]["same_as_float"] == TEST, f"{pe_type} is not float")
    for pe_type, points in [("int16", 0.5), ("int8", 3), ("lightpe2", 3)]:
        loss = types[pe_type]["loss_points"]
        checks.check(loss <= points, f"{pe_type} loses {loss} points, at most {points}")
    fresh = os.path.join(folder, "fresh.json")
    run(qadam, "accuracy", net, *data, "--pe", "int8", "--logits", "--json", fresh)
    with open(fresh, encoding="ascii") as f:
        fresh = json.load(f)
    checks.check(
        fresh["types"][0]["logits"] == types["int8"]["logits"],
        "int8: calibrated and stored scales give different logits",
    )
    return checks.end()


def simulated(qadam, design, network, images, folder):
    """The PE type and logits of some images on the RTL, and their labels."""
    with open(design, encoding="ascii") as f:
        pe_type = json.load(f)["pe_type"]
    path, words, labels = os.path.join(folder, "sim.json"), [], []
    step = 1 if pe_type.startswith("fp") else images  # floats: fc is mapped for its batch
    for first in range(0, images, step):
        command = [qadam, "simulate", design, *network, "--image", str(first)]
        run(*command, "--batch", str(step), "--json", path)
        with open(path, encoding="ascii") as f:
            result = json.load(f)
        part = result["logits"]["words"]
        words += [part] if step == 1 else part
        labels += result["labels"]
    return pe_type, words, labels


def check_rtl(args, folder):
    checks = Checks()
    net, data = args.network, args.data
    if not net:
        make(folder)
        net, data = os.path.join(folder, "tiny.json"), folder
    for design in args.designs:
        network = ["--network", net, "--data", data]
        pe_type, words, labels = simulated(args.qadam, design, network, args.images, folder)
        path = os.path.join(folder, "acc.json")
        run(
            *[args.qadam, "accuracy", net, "--data", data, "--images", str(args.images)],
            *["--pe", pe_type, "--design", design, "--logits", "--json", path],
        )
        with open(path, encoding="ascii") as f:
            result = json.load(f)["types"][0]
        wrong = sum(a != b for a, b in zip(words, result["logits"]))
        checks.check(
            wrong == 0 and len(words) == len(result["logits"]) == args.images,
            f"{design}: RTL and engine differ in {wrong} of {args.images} images",
        )
        right = sum(counts_right(row, label, pe_type) for row, label in zip(words, labels))
        checks.check(right == result["right"], f"{design}: {right} right")
        print(f"{design}: {args.images} images, {right} recognized, logits compared")
    return checks.end()


def counts_right(row, label, pe_type):
    values = np.array(row)
    if pe_type.startswith("fp"):
        values = values.astype("<i4").view("<f4")
    return int(np.argmax(values) == label)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--make", metavar="DIR")
    parser.add_argument("--rtl", action="store_true")
    parser.add_argument("--network")
    parser.add_argument("--data")
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("qadam", nargs="?")
    parser.add_argument("designs", nargs="*")
    args = parser.parse_intermixed_args()
    if args.make:
        make(args.make)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return check_rtl(args, folder) if args.rtl else check_numpy(args.qadam, folder)


if __name__ == "__main__":
    sys.exit(main())
