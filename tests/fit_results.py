#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes made-up results of qadam synth, in the form of its --json, for tests of qadam fit.

Area, energy and period follow formulas like those of real designs (PEs, array, global
buffer, rest; the longest of three paths), with noise in proportion.

usage: tests/fit_results.py DIR COUNT [TYPE[:NOISE]]... [KEY=VALUE]...
       tests/fit_results.py FILE.csv COUNT ...

The second form writes the table that qadam results --csv makes of a campaign's results.

TYPE is a PE type (default int16), NOISE the standard deviation (default 0.005).
KEY=VALUE replaces a value in every result, or removes it where VALUE is empty; a/b names
the key b in the object a.
"""
import json
import math
import random
import sys

AXES = {"rows": [4, 6, 8, 12, 16, 24, 32], "cols": [4, 7, 8, 14, 16, 28, 32],
        "ifmap_spad_words": [12, 24, 48], "filter_spad_words": [64, 112, 224, 448],
        "psum_spad_words": [8, 16, 24, 32], "glb_kib": [32, 64, 108, 128, 256, 512],
        "bus_bits": [64, 128], "dram_bytes_per_cycle": [4, 8]}
WIDTHS = {"int16": (16, 16, 32), "int8": (8, 8, 24), "fp32": (32, 32, 32),
          "lightpe1": (8, 4, 24), "lightpe2": (8, 8, 24)}
ACTIVITY = {"toggles_per_cycle": 0.1, "ifmap_spad_writes": 0.1, "filter_spad_writes": 0.05,
            "psum_spad_writes": 1.0, "collector_writes": 0.1, "glb_read_words": 1.5,
            "glb_write_words": 0.5}


def fnv(text):
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return f"{value:016x}"


def design(rng, pe_type, number):
    keys = {"name": f"d{number}", "pe_type": pe_type}
    keys.update({key: rng.choice(values) for key, values in AXES.items()})
    keys["psum_bits"] = WIDTHS[pe_type][2]
    keys["spad_style"] = "latch"
    return keys


def silicon(d, noise):
    """Figures of a design: areas, periods, dynamic energy per cycle, leakage."""
    act, weight, psum = WIDTHS[d["pe_type"]]
    pes = d["rows"] * d["cols"]
    bits = d["ifmap_spad_words"] * act + d["filter_spad_words"] * weight \
        + d["psum_spad_words"] * psum
    pe = noise(5.1 * bits + 90 * act + 1.9 * act * weight + 3 * d["bus_bits"])
    around = noise(40 * d["rows"] * d["cols"] + 900 * d["rows"] + 700 * d["cols"]
                   + 2.5 * d["cols"] * d["psum_spad_words"] * psum)
    glb = noise(4100 * d["glb_kib"] + 160 * d["bus_bits"] + 9000)
    other = noise(90000 + 110 * d["bus_bits"] + 150 * d["rows"] + 40 * d["glb_kib"])
    path_pe = noise(0.7 + 0.004 * act + 0.03 * math.log2(d["filter_spad_words"]))
    path_array = noise(0.82 + 0.006 * d["cols"] + 0.0004 * d["filter_spad_words"])
    path_load = noise(1.05 + 0.0006 * d["bus_bits"])
    pe_pj = noise(0.9 + 0.0003 * bits + 0.004 * act * weight)
    pj = pes * pe_pj + noise(30 + 0.4 * d["rows"] + 0.35 * d["cols"] + 0.05 * d["glb_kib"])
    pe_leak = noise(2.2e-5 * pe)
    leak = pes * pe_leak + noise(0.9 + 0.012 * d["glb_kib"])
    return {"pe": pe, "array": pes * pe + around, "glb": glb, "other": other,
            "path_pe": path_pe, "path_array": path_array, "path_load": path_load,
            "pe_pj": pe_pj, "pj": pj, "pe_leak": pe_leak, "leak": leak}


def result(d, s):
    name, path = max([("u_accel.u_compute.u_filter_feed.due_q[1]_reg/CK", s["path_pe"]),
                      ("u_accel.u_compute.u_array/gen_row[0].u_row/x_reg/CK", s["path_array"]),
                      ("u_accel.u_load.word_q[2]_reg/CK", s["path_load"])],
                     key=lambda item: item[1])
    mhz = 500.0
    dynamic, pe_dynamic = s["pj"] * mhz * 1e-3, s["pe_pj"] * mhz * 1e-3
    return {
        "design": d["name"],
        "design_hash": fnv(json.dumps(d, sort_keys=True, separators=(",", ":"))),
        "pe_type": d["pe_type"], "parameters": d,
        "area_um2": {"total": s["array"] + s["glb"] + s["other"], "pe": s["pe"],
                     "pe_array": s["array"], "glb": s["glb"], "other": s["other"]},
        "fmax_mhz": 1e3 / path, "pe_fmax_mhz": 1e3 / s["path_pe"],
        "critical_path": {"start": name, "end": "u_accel.u_load.end_reg/D", "ns": path},
        "power_mw": {"total": dynamic + s["leak"], "internal": 0.8 * dynamic,
                     "switching": 0.2 * dynamic, "leakage": s["leak"],
                     "pe": {"total": pe_dynamic + s["pe_leak"], "leakage": s["pe_leak"]},
                     "clock_mhz": mhz, "activity": dict(ACTIVITY)},
        "liberty": {"name": "made_up", "hash": "0123456789abcdef"},
        "tools": {"yosys": "none", "opensta": "none", "qadam": "0.1.0"},
        "excludes": "everything: figures are made up"}


def replace(root, setting):
    path, value = setting.split("=", 1)
    *folders, key = path.split("/")
    for folder in folders:
        root = root[folder]
    if value == "":
        del root[key]
    else:
        root[key] = json.loads(value)


def flatten(path, value, row):
    """Numbers of a result by their path with dots."""
    if isinstance(value, dict):
        for key, inner in value.items():
            flatten(f"{path}.{key}" if path else key, inner, row)
    elif not isinstance(value, str):
        row[path] = value


def write_table(path, results):
    rows = []
    for out in results:
        row = {"design_hash": out["design_hash"], **out["parameters"], "set": "train",
               "inputs": "made_up"}
        flatten("", out, row)
        rows.append(row)
    with open(path, "w", encoding="ascii") as file:
        print(",".join(rows[0]), file=file)
        for row in rows:
            print(",".join(repr(v) if isinstance(v, float) else str(v) for v in row.values()),
                  file=file)


def main():
    folder, count = sys.argv[1], int(sys.argv[2])
    types = [word for word in sys.argv[3:] if "=" not in word] or ["int16"]
    settings = [word for word in sys.argv[3:] if "=" in word]
    table = []
    for word in types:
        pe_type, _, deviation = word.partition(":")
        rng = random.Random(pe_type)
        for number in range(count):
            d = design(rng, pe_type, number)
            s = silicon(d, lambda x: x * (1 + rng.gauss(0, float(deviation or 0.005))))
            out = result(d, s)
            for setting in settings:
                replace(out, setting)
            table.append(out)
            if folder.endswith(".csv"):
                continue
            with open(f"{folder}/{pe_type}_{number:04d}.json", "w", encoding="ascii") as file:
                json.dump(out, file, indent=2)
                file.write("\n")
    if folder.endswith(".csv"):
        write_table(folder, table)


main()
