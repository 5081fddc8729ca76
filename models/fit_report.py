#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Draws what qadam fit --report DIR wrote as tables, and a page with all of it.

usage: models/fit_report.py DIR

Reads DIR/points.csv and DIR/errors.csv. Writes DIR/estimates.svg (estimated against
actual power, performance and area, a row a PE type), DIR/residuals.svg (relative errors
over actual values) and DIR/report.md (the table of errors).
"""
import csv
import os
import sys

import plot_style

PANELS = [("power_mw", "power, mW", 1), ("fmax_mhz", "performance: maximum clock, MHz", 1),
          ("area_um2", "area, mm\u00b2", 1e-6)]
SPLITS = [("training", "training, left out in cross validation", "#a0cbe8"),
          ("held_out", "held out", "#e15759")]


def read(folder, name):
    with open(os.path.join(folder, name), newline="", encoding="ascii") as source:
        return list(csv.DictReader(source))


def series(points, pe_type, quantity, split, scale):
    """Actual and estimated values; of training designs as predicted while left out."""
    column = "estimated" if split == "held_out" else "cross_validation"
    rows = [p for p in points if (p["pe_type"], p["quantity"], p["designs_of"])
            == (pe_type, quantity, split)]
    return ([float(p["actual"]) * scale for p in rows],
            [float(p[column]) * scale for p in rows])


def save(figure, axes, path):
    axes[0][0].legend(frameon=False, fontsize=7, loc="best")
    plot_style.save(figure, path)


def draw_estimates(points, types, path):
    figure, axes = plot_style.grid(len(types), len(PANELS), 10, 3)
    for row, pe_type in zip(axes, types):
        for panel, (quantity, label, scale) in zip(row, PANELS):
            ends = []
            for split, name, colour in SPLITS:
                actual, estimated = series(points, pe_type, quantity, split, scale)
                panel.scatter(actual, estimated, s=7, color=colour, label=name, linewidths=0)
                ends += actual + estimated
            panel.plot([min(ends), max(ends)], [min(ends), max(ends)], color="#555555",
                       linewidth=0.7, zorder=0)
            panel.set_xlabel(f"actual {label}")
            panel.set_ylabel("estimated")
            panel.set_title(pe_type, fontsize=9)
    save(figure, axes, path)


def draw_residuals(points, types, path):
    figure, axes = plot_style.grid(len(types), len(PANELS), 10, 2.4)
    for row, pe_type in zip(axes, types):
        for panel, (quantity, label, scale) in zip(row, PANELS):
            for split, name, colour in SPLITS:
                actual, estimated = series(points, pe_type, quantity, split, scale)
                panel.scatter(actual, [100 * (e / a - 1) for a, e in zip(actual, estimated)],
                              s=7, color=colour, label=name, linewidths=0)
            panel.axhline(0, color="#555555", linewidth=0.7, zorder=0)
            panel.set_xlabel(f"actual {label}")
            panel.set_ylabel("error, %")
            panel.set_title(pe_type, fontsize=9)
    save(figure, axes, path)


def write_page(errors, path):
    lines = ["# Errors of the fitted models", "",
             "Estimated against actual values; of training designs as predicted while left out",
             "of the fit. Bold: the structure that cross validation chose.", "",
             "![estimated against actual](estimates.svg)", "",
             "![residuals](residuals.svg)", "",
             "| PE type | quantity | structure | designs | of | R2 | MAPE % | worst % |",
             "|---|---|---|---|---|---|---|---|"]
    for row in errors:
        name = f"**{row['structure']}**" if row["chosen"] == "1" else row["structure"]
        lines.append(
            f"| {row['pe_type']} | {row['quantity']} | {name} | {row['designs']} | "
            f"{row['designs_of'].replace('_', ' ')} | {float(row['r2']):.5f} | "
            f"{float(row['mape_percent']):.2f} | {float(row['worst_percent']):.2f} |")
    with open(path, "w", encoding="ascii") as page:
        page.write("\n".join(lines) + "\n")


def main():
    folder = sys.argv[1]
    points, errors = read(folder, "points.csv"), read(folder, "errors.csv")
    types = sorted({p["pe_type"] for p in points})
    draw_estimates(points, types, os.path.join(folder, "estimates.svg"))
    draw_residuals(points, types, os.path.join(folder, "residuals.svg"))
    write_page(errors, os.path.join(folder, "report.md"))


main()
