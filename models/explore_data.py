# SPDX-License-Identifier: Apache-2.0
"""What qadam explore --report wrote, as numbers relative to the best design of one PE type.

An exploration is read from DIR/explore.json and DIR/spread.csv. Of each network:

    name, dataset, title   "resnet20-cifar10", "CIFAR-10", "ResNet-20"
    baseline               the design of the baseline type with the most performance per area
    types                  by PE type, those with points:
        points     rows of spread.csv, each design once, with numbers; "performance" and
                   "energy" are relative to the baseline; "front" 1 on the type's front
        best       "performance", "energy": the best rows
        spread     for both: (least, lower quartile, median, upper quartile, most), each
                   to the width of a cell, but the ends exact
        count      of designs that the points stand for
"""
import csv
import json
import math
import os

BASELINE = "int16"
MEAN = "geometric mean"  # in place of a network
TITLES = {"fp32": "FP32", "int16": "INT16", "lightpe1": "LightPE-1", "lightpe2": "LightPE-2",
          "cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet": "ImageNet",
          "vgg16": "VGG-16", "resnet20": "ResNet-20", "resnet34": "ResNet-34",
          "resnet50": "ResNet-50", "resnet56": "ResNet-56", "alexnet": "AlexNet"}
TEXTS = ["kept", "spad_style", "network", "design_hash", "pe_type"]
METRICS = {"performance": "gops_per_mm2", "energy": "energy_uj"}


def title(name):
    return TITLES.get(name, name)


def read_points(path):
    """Rows by (network, PE type), each design once."""
    found = {}
    with open(path, newline="", encoding="ascii") as source:
        for row in csv.DictReader(source):
            designs = found.setdefault((row["network"], row["pe_type"]), {})
            for key, text in row.items():
                if key not in TEXTS:
                    row[key] = float(text) if text else None
            kept = designs.setdefault(row["design_hash"], {**row, "front": 0, "points": 0})
            kept["front"] |= row["kept"] == "front"
            kept["points"] += row["points"]
    return {key: list(designs.values()) for key, designs in found.items()}


def spread_of(points, metric):
    """Least, quartiles and most; a point counts as often as its cell has points."""
    ranked = sorted(points, key=lambda p: p[metric])
    total = sum(p["points"] for p in ranked)
    quartiles, passed = [], 0
    for p in ranked:
        passed += p["points"]
        while len(quartiles) < 3 and passed >= total * (len(quartiles) + 1) / 4:
            quartiles.append(p[metric])
    return [ranked[0][metric], *quartiles, ranked[-1][metric]]


def network_of(name, points, order):
    base, _, dataset = name.rpartition("-")
    types = {t: points[name, t] for t in order if (name, t) in points}
    if not types:
        return None
    reference = types[BASELINE if BASELINE in types else next(iter(types))]
    baseline = max(reference, key=lambda p: p["gops_per_mm2"])
    network = {"name": name, "dataset": title(dataset) if base else "",
               "title": title(base or name), "baseline": baseline, "types": {}}
    for pe_type, rows in types.items():
        for p in rows:
            for metric, column in METRICS.items():
                p[metric] = p[column] / baseline[column]
        network["types"][pe_type] = {
            "points": rows, "count": int(sum(p["points"] for p in rows)),
            "best": {"performance": max(rows, key=lambda p: p["performance"]),
                     "energy": min(rows, key=lambda p: p["energy"])},
            "spread": {metric: spread_of(rows, metric) for metric in METRICS}}
    return network


def read(folder):
    """The exploration: origin (explore.json), types in its order, networks."""
    with open(os.path.join(folder, "explore.json"), encoding="utf-8") as source:
        origin = json.load(source)
    points = read_points(os.path.join(folder, "spread.csv"))
    order = list(origin["networks"][0]["best"])
    networks = [network_of(n["network"], points, order) for n in origin["networks"]]
    return {"origin": origin, "types": order,
            "baseline": BASELINE if BASELINE in order else order[0],
            "networks": [n for n in networks if n]}


def ratios(exploration):
    """Rows of the table of ratios: (network, PE type, performance per area, energy below the
    baseline's, energy below the least of the baseline's type). Ends with the geometric means
    over the networks, of types that all networks have."""
    rows = []
    for network in exploration["networks"]:
        least = network["types"][network["baseline"]["pe_type"]]["best"]["energy"]
        for pe_type, found in network["types"].items():
            best = found["best"]
            rows.append((network["name"], pe_type, best["performance"]["performance"],
                         1 / best["energy"]["energy"],
                         least["energy"] / best["energy"]["energy"]))
    for pe_type in exploration["types"]:
        mine = [row[2:] for row in rows if row[1] == pe_type]
        if mine and len(mine) == len(exploration["networks"]):
            means = [math.exp(sum(map(math.log, column)) / len(mine)) for column in zip(*mine)]
            rows.append((MEAN, pe_type, *means))
    return rows


def front(points, x_key, y_key, x_sign=1, y_sign=1):
    """Points that none is at least as good as in both; more of sign * value is better.
    By falling x."""
    kept = []
    for p in sorted(points, key=lambda p: (-x_sign * p[x_key], -y_sign * p[y_key])):
        if not kept or y_sign * p[y_key] > y_sign * kept[-1][y_key]:
            kept.append(p)
    return kept


def accuracies(exploration):
    """By data set, networks whose accuracy is known: (network, best rows by performance per
    area, best rows by energy), a row a type."""
    groups = {}
    for network in exploration["networks"]:
        known = [found["best"] for found in network["types"].values()
                 if found["best"]["performance"]["accuracy"] is not None]
        if known:
            groups.setdefault(network["dataset"], []).append(
                (network, [b["performance"] for b in known], [b["energy"] for b in known]))
    return groups
