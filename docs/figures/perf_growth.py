#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws how the time of an evaluation grows, from docs/data/perf_growth.csv.

usage: docs/figures/perf_growth.py CSV SVG
"""
import csv
import sys

try:
    import matplotlib
except ImportError:
    print("no python3-matplotlib")
    sys.exit(77)

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "qadam",  # else ids are random
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 9,
})
from matplotlib import pyplot  # noqa: E402  (after the settings)

PANELS = [("plane", "plane, rows = columns"), ("channels", "channels = filters"),
          ("array", "array, rows = columns")]


def panel(axes, rows, label):
    """Time of search and prediction over one size, and the steps beside them."""
    sizes = [int(row["size"]) for row in rows]
    axes.loglog(sizes, [float(row["search_us"]) for row in rows], "o-", color="#4e79a7",
                label="mapping search, \u00b5s")
    axes.loglog(sizes, [float(row["predict_us"]) for row in rows], "s-", color="#e15759",
                label="exact prediction, \u00b5s")
    axes.loglog(sizes, [float(row["steps"]) for row in rows], ":", color="#8c8c8c",
                label="steps of the layer")
    axes.set_xticks(sizes)
    axes.set_xticklabels([str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel(label)
    axes.set_ylim(3, 3e4)
    axes.spines[["top", "right"]].set_visible(False)


def main():
    with open(sys.argv[1], newline="", encoding="ascii") as source:
        rows = list(csv.DictReader(source))
    figure, axes = pyplot.subplots(1, 3, figsize=(10, 3.2), layout="constrained", sharey=True)
    for part, (growth, label) in zip(axes, PANELS):
        panel(part, [row for row in rows if row["growth"] == growth], label)
    axes[0].legend(frameon=False, loc="upper left")
    figure.savefig(sys.argv[2], format="svg", metadata={"Date": None, "Creator": None})


main()
