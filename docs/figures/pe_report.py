#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws area and energy by PE type, stacked by part, from docs/pe_report.csv.

usage: docs/figures/pe_report.py CSV SVG
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

PARTS = [("ifmap_spad", "ifmap spad", "#4e79a7"), ("filter_spad", "filter spad", "#a0cbe8"),
         ("psum_spad", "psum spad", "#76b7b2"), ("mac", "MAC", "#e15759"),
         ("rest", "rest", "#bab0ac")]


def stack(axes, rows, unit, scale, label, form):
    """One panel: a bar a row, a colour a part, the total above it."""
    bottom = [0.0] * len(rows)
    for part, name, colour in PARTS:
        values = [float(row[f"{part}_{unit}"]) * scale for row in rows]
        axes.bar(range(len(rows)), values, bottom=bottom, label=name, color=colour, width=0.7)
        bottom = [b + v for b, v in zip(bottom, values)]
    for i, total in enumerate(bottom):
        axes.text(i, total, form % total, ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(rows)))
    axes.set_xticklabels([row["pe_type"] for row in rows])
    axes.set_ylabel(label)
    axes.set_ylim(0, 1.08 * max(bottom))
    axes.spines[["top", "right"]].set_visible(False)


def main():
    with open(sys.argv[1], newline="", encoding="ascii") as source:
        rows = list(csv.DictReader(source))
    figure, (area, energy) = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    stack(area, rows, "um2", 1e-3, "area of a PE, 1000 um\u00b2", "%.1f")
    stack(energy, rows, "pj", 1, "energy of a MAC operation, pJ", "%.2f")
    area.legend(frameon=False, loc="upper left")
    figure.savefig(sys.argv[2], format="svg", metadata={"Date": None, "Creator": None})


main()
