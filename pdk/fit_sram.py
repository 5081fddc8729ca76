#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fit the SRAM macro model of a kit to CACTI results.

usage: fit_sram.py CACTI.json FAKERAM.json OUT.csv

Needs numpy. CACTI.json holds 45 nm CACTI runs; those with low-operating-power cells and
high-performance periphery at 300 K without ECC are used. FAKERAM.json (macros of the fakeram45
set) is only compared with. B = bytes, W = bits per word:

  y = c0 + c1 sqrt(B) + c2 B + c3 W + c4 W sqrt(B)

fitted to relative errors, one row per quantity, then mean and largest relative error, then the
median ratio of fakeram45 to the fit (nan where fakeram45 has no such figure).
"""
import json
import sys

import numpy as np

CELL, PERIPHERY = "itrs-lop", "itrs-hp"
QUANTITIES = (
    ("area_um2", lambda p: p["area_mm2"] * 1e6, lambda m: m["lib_area"]),
    ("read_energy_pj", lambda p: p["read_nJ"] * 1e3, None),
    ("write_energy_pj", lambda p: p["write_nJ"] * 1e3,
     lambda m: m["clk_internal_energy_rise_pJ"]),
    ("leakage_mw", lambda p: p["leak_mW"] + p["gate_leak_mW"], lambda m: m["leakage_mW"]),
    ("access_ns", lambda p: p["access_ns"], lambda m: m["clk_to_q"]),
    ("cycle_ns", lambda p: p["cycle_ns"], lambda m: m["min_period"]),
)


def terms(b, w):
    root = np.sqrt(b)
    return np.stack([np.ones_like(b), root, b, w, w * root], axis=-1)


def main():
    if len(sys.argv) != 4:
        raise SystemExit(__doc__.strip().split("\n")[2])
    with open(sys.argv[1]) as f:
        points = [p for p in json.load(f) if p["cell"] == CELL and p["periph"] == PERIPHERY
                  and p["ecc"] == "false" and p["temp_K"] == 300]
    with open(sys.argv[2]) as f:
        macros = json.load(f)["macros"]
    b = np.array([float(p["size_bytes"]) for p in points])
    w = np.array([float(p["word_bits"]) for p in points])
    print(f"{len(points)} points, {b.min():g} to {b.max():g} bytes, "
          f"{w.min():g} to {w.max():g} bits")
    x = terms(b, w)
    with open(sys.argv[3], "w", newline="\n") as out:
        out.write("quantity,c0,c_root,c_bytes,c_width,c_width_root,"
                  "mean_error_percent,max_error_percent,fakeram_ratio\n")
        for name, get, other in QUANTITIES:
            y = np.array([get(p) for p in points])
            c = np.linalg.lstsq(x / y[:, None], np.ones_like(y), rcond=None)[0]
            err = np.abs(x @ c / y - 1)
            grid = np.meshgrid(np.geomspace(b.min(), b.max(), 60), np.linspace(16, 128, 60))
            if np.any(terms(*grid) @ c <= 0):
                raise SystemExit(f"{name}: the fit is not positive")
            ratio = float("nan")
            if other:
                ratio = float(np.median([other(m) / (terms(np.array(m["bytes"]),
                                                           np.array(float(m["bits"]))) @ c)
                                         for m in macros if b.min() <= m["bytes"]]))
            out.write(name + "," + ",".join(f"{v:.5g}" for v in c)
                      + f",{100 * err.mean():.1f},{100 * err.max():.1f},{ratio:.2f}\n")


if __name__ == "__main__":
    main()
