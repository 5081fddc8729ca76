#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Recompute simulated layers with NumPy, from the definition of a layer alone.

    numpy_check.py JSON DIR             check the layers of a result and its dump
    numpy_check.py --run QADAM ARG...   run "QADAM simulate ARG..." and check that

JSON is what `qadam simulate --json` wrote, DIR what `--dump` wrote. Shares no code with
the golden model. Exit status 1 when any output differs.
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


def sums(x, w, bias, stride, pad, groups):
    """Products summed over channels and taps, plus bias, in int64 (modulo 2^64)."""
    m, cg, r, s = w.shape
    c, h, width = x.shape
    e = (h + 2 * pad - r) // stride + 1
    f = (width + 2 * pad - s) // stride + 1
    padded = np.zeros((c, h + 2 * pad, width + 2 * pad), np.int64)
    padded[:, pad : pad + h, pad : pad + width] = x
    acc = np.zeros((m, e, f), np.int64)
    mg = m // groups
    for g in range(groups):
        part = padded[g * cg : (g + 1) * cg]
        for i in range(r):
            for j in range(s):
                window = part[
                    :,
                    i : i + (e - 1) * stride + 1 : stride,
                    j : j + (f - 1) * stride + 1 : stride,
                ]
                taps = w[g * mg : (g + 1) * mg, :, i, j]
                acc[g * mg : (g + 1) * mg] += np.tensordot(taps, window, axes=(1, 0))
    return acc + bias[:, None, None]


def outputs(acc, psum_bits, relu, shift, act_bits):
    """Wrap, ReLU, divide by 2^shift with ties to even, saturate."""
    if psum_bits < 64:
        half = np.int64(1) << np.int64(psum_bits - 1)
        acc = (acc & (2 * (half - 1) + 1)) - 2 * (acc & half)
    if relu:
        acc = np.maximum(acc, 0)
    unit = np.int64(1) << np.int64(shift)
    quotient, rest = np.divmod(acc, unit)
    up = (rest > unit - rest) | ((rest == unit - rest) & (quotient % 2 == 1))
    top = np.int64(2 ** (act_bits - 1))
    return np.clip(quotient + up, -top, top - 1)


def check_layer(folder, result, layer):
    """Number of wrong outputs of one layer."""
    x, w, bias, got = (
        np.load(os.path.join(folder, f"{layer['name']}.{kind}.npy"))
        for kind in ("input", "weights", "bias", "output")
    )
    for array in (x, w, bias, got):
        assert array.dtype == np.int64, array.dtype
    if x.shape[1] == 1 and w.shape[2:] == (1, 1) and x.shape[2] == 1:
        want = (w[:, :, 0, 0] @ x[:, 0, 0] + bias)[:, None, None]  # FC of one image
    else:
        want = sums(x, w, bias, layer["stride"], layer["pad"], layer["groups"])
    want = outputs(
        want,
        result["psum_bits"],
        layer["relu"],
        layer["requant_shift"],
        result["act_bits"],
    )
    if want.shape != got.shape:
        print(f"{layer['name']}: output is {got.shape}, must be {want.shape}")
        return want.size
    wrong = int(np.count_nonzero(want != got))
    print(f"{layer['name']}: {want.size} outputs, {wrong} wrong, {len(np.unique(got))} values")
    return wrong


def check(path, folder):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    wrong = sum(check_layer(folder, result, layer) for layer in result["layers"])
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
