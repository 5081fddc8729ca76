#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of docs/utilization.md from `qadam predict`, and of docs/paper.md from
docs/data/paper.csv.

usage: docs/tables.py [--check] QADAM PAGE

A table stands between the lines <!-- table NAME ... --> and <!-- end -->. --check writes nothing
and fails when the page says something else than the program. Prints "N passed, N failed".
"""
import csv
import json
import os
import re
import subprocess
import sys

DESIGN = "designs/eyeriss_int16.json"
PES = 168
CHIP_MHZ = 200


def predict(qadam, network):
    """Array layers of a network, as the program predicts them, in order."""
    run = subprocess.run([qadam, "predict", DESIGN, "--network", network, "--json", "-"],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(run.stdout)["layers"]


def chip(network):
    """Measured layers of the Eyeriss chip by name, per image."""
    with open("docs/data/eyeriss.csv", encoding="utf-8") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["layer"]: {"cycles": float(row["processing_ms"]) * 1e3 * CHIP_MHZ /
                               int(row["batch"]),
                               "dram": float(row["dram_mbytes"]) * 1e6 / int(row["batch"])}
                for row in rows if row["network"] == network}


def dram_bytes(layer):
    return layer["accesses"]["dram_read_bytes"] + layer["accesses"]["dram_write_bytes"]


def row(name, macs, cycles, dram, other):
    cells = [name, f"{macs / PES:,.0f}", f"{cycles:,}", f"{macs / PES / cycles:.1%}",
             f"{dram / 1e6:.1f}"]
    if other:
        cells += [f"{other['cycles']:,.0f}", f"{macs / PES / other['cycles']:.1%}",
                  f"{other['dram'] / 1e6:.1f}"]
    return "| " + " | ".join(cells) + " |"


def eyeriss_table(qadam, network):
    """Layers that the chip's authors measured, ours beside theirs."""
    measured = chip(network)
    layers = [l for l in predict(qadam, network) if l["name"] in measured]
    lines = ["| layer | ideal cycles | cycles | utilization | DRAM MB | chip: cycles | "
             "utilization | DRAM MB |", "|---|--:|--:|--:|--:|--:|--:|--:|"]
    lines += [row(l["name"], l["macs"], l["cycles"], dram_bytes(l), measured[l["name"]])
              for l in layers]
    total = {key: sum(m[key] for m in measured.values()) for key in ("cycles", "dram")}
    lines.append(row("all", sum(l["macs"] for l in layers), sum(l["cycles"] for l in layers),
                     sum(dram_bytes(l) for l in layers), total))
    return lines


def network_table(qadam, networks):
    """Convolutions of whole networks."""
    lines = ["| network | ideal cycles | cycles | utilization | DRAM MB |",
             "|---|--:|--:|--:|--:|"]
    for network in networks:
        layers = [l for l in predict(qadam, network) if not l["name"].startswith("fc")]
        lines.append(row(network, sum(l["macs"] for l in layers),
                         sum(l["cycles"] for l in layers),
                         sum(dram_bytes(l) for l in layers), None))
    return lines


def distinct(qadam, network):
    """Array layers of a network, equal ones once: (name, layer)."""
    seen = {}
    for l in predict(qadam, network):
        key = (l["macs"], l["cycles"], dram_bytes(l))
        seen.setdefault(key, []).append(l)
    for same in seen.values():
        times = f" and {len(same) - 1} like it" if len(same) > 1 else ""
        yield same[0]["name"] + times, same[0]


def layer_table(qadam, network):
    """Layers of one network, equal ones once."""
    lines = ["| layer | ideal cycles | cycles | utilization | DRAM MB |",
             "|---|--:|--:|--:|--:|"]
    lines += [row(name, l["macs"], l["cycles"], dram_bytes(l), None)
              for name, l in distinct(qadam, network)]
    return lines


# Columns of a table of losses: title, and what is in it.
LOSSES = [("idle PEs", lambda l, s: l["busy_cycles"] - l["macs"] / PES),
          ("ifmap bus", lambda l, s: s["ifmap"]), ("filter bus", lambda l, s: s["filter"]),
          ("psum bus", lambda l, s: s["psum"]), ("bubbles", lambda l, s: s["bubble"]),
          ("DRAM", lambda l, s: s["wait_load"] + s["wait_store"]),
          ("fill", lambda l, s: s["fill_drain"])]

# Names of the binding resources, and the bar of `predict --explain` that shows them.
BOUNDS = {"mac": ("MACs", "mac"), "ifmap_bus": ("ifmap bus", "ifmap_bus"),
          "filter_bus": ("filter bus", "filter_bus"), "psum_bus": ("psum bus", "psum_bus"),
          "dram_read": ("DRAM reads", "dram_read"), "dram_write": ("DRAM writes", "dram_write"),
          "glb": ("DRAM, reloads", "dram_read"),
          "latency": ("latency", "latency")}


def losses_table(qadam, network):
    """Where the cycles of a network's layers are, which add up; equal layers once."""
    titles = ["layer", "cycles", "PEs used", "work"] + [title for title, _ in LOSSES] + ["bound"]
    lines = ["| " + " | ".join(titles) + " |",
             "|---|--:|--:|" + "--:|" * (len(LOSSES) + 1) + "---|"]
    for name, l in distinct(qadam, network):
        m, cycles = l["mapping"], l["cycles"]
        cells = [name, f"{cycles:,}", f"{m['rk'] * m['r']} x {m['e'] * m['t']}",
                 f"{l['macs'] / PES / cycles:.1%}"]
        cells += [f"{loss(l, l['stall_cycles']) / cycles:.1%}" for _, loss in LOSSES]
        bound, busy = BOUNDS[l["bound"]]
        cells += [f"{bound} {l['bounds'][busy] / cycles:.0%}"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def paper_table():
    """What `make paper` found with the default models, beside the paper's values."""
    if not os.path.exists("docs/data/paper.csv"):
        return ["No values yet: they need the default models, `models/ppa/default.json`."]
    with open("docs/data/paper.csv", newline="", encoding="ascii") as file:
        head, *rows = csv.reader(file)
    lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    return lines + ["| " + " | ".join(cells) + " |" for cells in rows]


def table(qadam, words):
    if words[0] == "paper":
        return paper_table()
    if words[0] == "eyeriss":
        return eyeriss_table(qadam, words[1])
    if words[0] == "networks":
        return network_table(qadam, words[1:])
    if words[0] == "losses":
        return losses_table(qadam, words[1])
    return layer_table(qadam, words[1])


def main():
    check = "--check" in sys.argv
    qadam, page = [a for a in sys.argv[1:] if a != "--check"]
    with open(page, encoding="utf-8") as file:
        old = file.read()
    passed = failed = 0

    def fill(match):
        nonlocal passed, failed
        text = "\n".join(table(qadam, match[1].split()))
        same = text == match[2].strip("\n")
        passed, failed = passed + same, failed + (not same)
        if not same:
            print(f"{page}: table {match[1]} is not what {qadam} predicts; run 'make tables'")
        return f"<!-- table {match[1]} -->\n\n{text}\n\n<!-- end -->"

    new = re.sub(r"<!-- table (.*?) -->\n(.*?)\n<!-- end -->", fill, old, flags=re.S)
    if check:
        print(f"{passed} passed, {failed} failed")
        return failed != 0 or passed == 0
    with open(page, "w", encoding="utf-8") as file:
        file.write(new)
    return 0


sys.exit(main())
