#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Repeats the evaluation of the QADAM paper with qadam's own models: `make paper`.

usage: models/paper.py QADAM SPACE MODELS DIR [OPTION]...

    QADAM    the program
    SPACE    of designs; it has the PE types fp32, int16, lightpe1 and lightpe2
    MODELS   of qadam fit
    DIR      where results go: those of qadam explore --report, and paper.csv, the paper's
             ratios beside ours
    OPTION   for qadam explore: --sample 1000

Networks are the paper's six on their data sets; accuracies, where there are some, those
of docs/data/accuracy_*.json. Prints the table of ratios.
"""
import csv
import glob
import json
import os
import subprocess
import sys

import explore_data

NETWORKS = ["vgg16-cifar10", "resnet20-cifar10", "resnet56-cifar10", "vgg16-cifar100",
            "resnet20-cifar100", "resnet56-cifar100", "vgg16-imagenet", "resnet34-imagenet",
            "resnet50-imagenet"]
TYPES = ["fp32", "int16", "lightpe1", "lightpe2"]
# What the paper states (abstract and section IV-A), each a mean over the networks: how it is
# called, PE type, which ratio, whether to invert it, the paper's value.
PAPER = [("LightPE-1: performance per area over INT16", "lightpe1", 0, False, 4.8),
         ("LightPE-2: performance per area over INT16", "lightpe2", 0, False, 4.1),
         ("LightPE-1: energy below INT16", "lightpe1", 1, False, 4.7),
         ("LightPE-2: energy below INT16", "lightpe2", 1, False, 4.0),
         ("INT16: performance per area over FP32", "fp32", 0, True, 1.8),
         ("INT16: energy below FP32", "fp32", 1, True, 1.5)]


def write_accuracies(path):
    """The table for qadam explore, of networks measured with all types. Returns its rows."""
    rows = []
    for name in sorted(glob.glob("docs/data/accuracy_*.json")):
        with open(name, encoding="utf-8") as source:
            measured = json.load(source)
        found = {t["pe_type"]: t["top1_percent"] / 100 for t in measured["types"]}
        if measured["network"] in NETWORKS and all(t in found for t in TYPES):
            rows += [(measured["network"], t, f"{found[t]:.6g}") for t in TYPES]
    with open(path, "w", newline="", encoding="ascii") as out:
        csv.writer(out, lineterminator="\n").writerows(
            [("network", "pe_type", "accuracy"), *rows])
    return rows


def explore(qadam, space, models, folder, more):
    command = [qadam, "explore", space, "--ppa", models, "-o", folder, "--report",
               "--no-points", *more]
    for name in NETWORKS:
        command += ["--network", name]
    accuracies = os.path.join(folder, "accuracy.csv")
    if write_accuracies(accuracies):
        command += ["--accuracy", accuracies]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def compare(exploration):
    """Rows of paper.csv: what, ours as geometric mean, least and most of the networks, the
    paper's."""
    table = explore_data.ratios(exploration)
    for what, pe_type, column, invert, paper in PAPER:
        ours = [row[2 + column] for row in table if row[1] == pe_type]
        if len(ours) != len(NETWORKS) + 1:
            raise ValueError(f"not every network has designs of {pe_type} that can be compared:"
                             " are they outside the models' range?")
        *each, mean = [1 / v if invert else v for v in ours]
        yield (what, f"{mean:.2f}", f"{min(each):.2f}", f"{max(each):.2f}", f"{paper:.1f}")


def main():
    if len(sys.argv) < 5:
        print(__doc__, file=sys.stderr)
        return 2
    qadam, space, models, folder = sys.argv[1:5]
    if not os.path.exists(models):
        print(f"paper: {models} is missing: synthesize the data set by '{qadam} campaign {space} "
              f"-o RESULTS --sample N', then '{qadam} fit RESULTS -o {models}'", file=sys.stderr)
        return 1
    os.makedirs(folder, exist_ok=True)
    if explore(qadam, space, models, folder, sys.argv[5:]):
        return 1
    try:
        rows = list(compare(explore_data.read(folder)))
    except ValueError as error:
        print(f"paper: {error}", file=sys.stderr)
        return 1
    head = ("ratio of the best designs", "mean", "least", "most", "paper")
    with open(os.path.join(folder, "paper.csv"), "w", newline="", encoding="ascii") as out:
        csv.writer(out, lineterminator="\n").writerows([head, *rows])
    for row in (head, *rows):
        print(f"{row[0]:<46}" + "".join(f"{cell:>8}" for cell in row[1:]))
    print(f"\nMeans are geometric, over {len(NETWORKS)} networks. All of it: "
          f"{os.path.join(folder, 'report.html')}")
    return 0


sys.exit(main())
