#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Makes plots and a page of what qadam explore --report left in a folder.

usage: models/explore_report.py DIR
       models/explore_report.py --check   (is there all that this needs?)

Reads DIR/explore.json and DIR/spread.csv. Writes
  DIR/spread.svg       how far designs of each PE type reach
  DIR/tradeoff.svg     performance per area against energy, a panel a network
  DIR/accuracy_performance.svg, DIR/accuracy_energy.svg
                       accuracy of the best designs, where accuracies are known
  DIR/ratios.csv       best designs of each PE type relative to the best of the baseline type
  DIR/report.html      all of it to look into, one file, with the chart library inside
"""
import csv
import html
import json
import os
import shlex
import sys

import explore_data
import plot_style
from explore_data import title

LIBRARY = "/usr/share/javascript/chart.js/chart.min.js"
LICENCE = "/usr/share/doc/libjs-chart.js/copyright"
# PE types by place in the space: colour on white, on black, and shape. Colours of Okabe and
# Ito, which colour-blind people tell apart, made darker or lighter for contrast.
LOOKS = [("#0072b2", "#56b4e9", "circle", "o"), ("#d55e00", "#f58a3c", "rectRot", "D"),
         ("#00825f", "#20c997", "triangle", "^"), ("#b0548c", "#e69fc8", "rect", "s"),
         ("#8a6d00", "#f0d042", "star", "*"), ("#555555", "#bbbbbb", "crossRot", "x")]
METRICS = {"performance": "performance per area", "energy": "energy"}
# What the page knows of a design: (column of spread.csv, key there).
COLUMNS = [("member", "member"), ("design_hash", "hash"), ("area_um2", "area"),
           ("fmax_mhz", "fmax"), ("latency_ms", "latency"), ("power_mw", "power"),
           ("energy_uj", "uj"), ("dram_energy_uj", "dram_uj"), ("gops_per_mm2", "gops"),
           ("utilization", "utilization"), ("accuracy", "accuracy"), ("points", "count"),
           ("outside_range", "outside"), ("front", "front"), ("performance", "performance"),
           ("energy", "energy")]
KEYS = ["rows", "cols", "ifmap_spad_words", "filter_spad_words", "psum_spad_words", "glb_kib",
        "bus_bits", "dram_bytes_per_cycle", "psum_bits", "spad_style"]


def look(exploration, pe_type):
    return LOOKS[exploration["types"].index(pe_type) % len(LOOKS)]


def label(exploration, metric):
    return f"{METRICS[metric]}, relative to the best {title(exploration['baseline'])}"


# ---- SVG ----

def legend_above(axes):
    """Each name once, over the panel."""
    handles, names = axes.get_legend_handles_labels()
    once = dict(zip(names, handles))
    axes.legend(once.values(), once, frameon=False, ncols=6, loc="lower left",
                bbox_to_anchor=(0, 1.06), borderaxespad=0, columnspacing=1.2)


def draw_spread(exploration, path):
    networks = exploration["networks"]
    figure, axes = plot_style.grid(1, 2, 10, 1 + 0.55 * len(networks))
    for panel, metric in zip(axes[0], METRICS):
        for k, pe_type in enumerate(exploration["types"]):
            offset = (k - (len(exploration["types"]) - 1) / 2) * 0.8 / len(exploration["types"])
            found = [(n + offset, network["types"][pe_type]["spread"][metric])
                     for n, network in enumerate(networks) if pe_type in network["types"]]
            colour = look(exploration, pe_type)[0]
            at = [y for y, _ in found]
            panel.hlines(at, [s[0] for _, s in found], [s[4] for _, s in found], color=colour,
                         linewidth=1, label=title(pe_type))
            panel.hlines(at, [s[1] for _, s in found], [s[3] for _, s in found], color=colour,
                         linewidth=4)
            panel.plot([s[2] for _, s in found], at, "|", color="white", markersize=4)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter("{x:g}\u00d7")
        panel.axvline(1, color="#555555", linewidth=0.7, zorder=0)
        panel.set_yticks(range(len(networks)), [f"{n['title']}\n{n['dataset']}".strip()
                                                for n in networks])
        panel.invert_yaxis()
        panel.set_xlabel(label(exploration, metric))
    axes[0][1].set_yticklabels([])
    legend_above(axes[0][0])
    plot_style.save(figure, path)


def draw_tradeoff(exploration, path):
    networks = exploration["networks"]
    columns = min(3, len(networks))
    figure, axes = plot_style.grid(-(-len(networks) // columns), columns, 10, 3)
    for panel in axes.flat[len(networks):]:
        panel.set_visible(False)
    for panel, network in zip(axes.flat, networks):
        for pe_type, found in network["types"].items():
            colour, _, _, marker = look(exploration, pe_type)
            panel.plot([p["energy"] for p in found["points"]],
                       [p["performance"] for p in found["points"]], marker, color=colour,
                       markersize=2.5, markeredgewidth=0, label=title(pe_type))
        every = [p for found in network["types"].values() for p in found["points"]]
        line = explore_data.front(every, "performance", "energy", 1, -1)
        panel.plot([p["energy"] for p in line], [p["performance"] for p in line], "--",
                   color="#333333", linewidth=0.8)
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.axvline(1, color="#999999", linewidth=0.6, zorder=0)
        panel.axhline(1, color="#999999", linewidth=0.6, zorder=0)
        panel.set_title(f"{network['title']} {network['dataset']}".strip(), fontsize=9)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_formatter("{x:g}\u00d7")
        panel.set_xlabel(label(exploration, "energy"))
    for row in axes:
        row[0].set_ylabel(label(exploration, "performance").replace(", ", ",\n"))
    axes[0][0].legend(frameon=False, fontsize=7, markerscale=2, loc="lower left")
    plot_style.save(figure, path)


def draw_accuracy(exploration, metric, path):
    groups = explore_data.accuracies(exploration)
    if not groups:
        return
    figure, axes = plot_style.grid(1, len(groups), 5 * len(groups), 3.6)
    error = metric == "energy"
    for panel, (dataset, networks) in zip(axes[0], groups.items()):
        for network, *best in networks:
            rows = best[error]
            values = [(p[metric], 100 * (1 - p["accuracy"] if error else p["accuracy"]), p)
                      for p in rows]
            for x, y, p in values:
                colour, _, _, marker = look(exploration, p["pe_type"])
                panel.plot(x, y, marker, color=colour, label=title(p["pe_type"]))
            line = explore_data.front(rows, metric, "accuracy", -1 if error else 1)
            on_line = [v for v in values if v[2] in line]
            on_line.sort(key=lambda v: v[0])
            panel.plot([v[0] for v in on_line], [v[1] for v in on_line], "--",
                       color="#333333", linewidth=0.8, zorder=0)
            panel.annotate(network["title"], on_line[0][:2], xytext=(4, 4),
                           textcoords="offset points", fontsize=8)
        panel.set_title(dataset, fontsize=9)
        panel.set_xlabel(label(exploration, metric))
        panel.set_ylabel("top-1 error, %" if error else "top-1 accuracy, %")
    legend_above(axes[0][0])
    plot_style.save(figure, path)


# ---- the page ----

def number(value):
    return float(f"{value:.6g}") if isinstance(value, float) else value


def design_row(p):
    """A design as a list: COLUMNS, then the design's keys."""
    row = [number(p[column]) for column, _ in COLUMNS]
    return row + [int(p[key]) if key != "spad_style" else p[key] for key in KEYS]


def page_data(exploration):
    networks = []
    for network in exploration["networks"]:
        types = {}
        for pe_type, found in network["types"].items():
            rows = found["points"]
            types[pe_type] = {
                "points": [design_row(p) for p in rows], "count": found["count"],
                "best": {metric: rows.index(found["best"][metric]) for metric in METRICS},
                "spread": {metric: [number(v) for v in found["spread"][metric]]
                           for metric in METRICS}}
        networks.append({"name": network["name"], "title": network["title"],
                         "dataset": network["dataset"], "types": types})
    return {"name": exploration["origin"]["networks"][0]["front"][0]["parameters"]["name"]
            if exploration["origin"]["networks"][0]["front"] else "design",
            "fields": [key for _, key in COLUMNS] + KEYS, "keys": KEYS,
            "baseline": exploration["baseline"],
            "types": {t: {"title": title(t), "light": look(exploration, t)[0],
                          "dark": look(exploration, t)[1], "shape": look(exploration, t)[2]}
                      for t in exploration["types"]},
            "labels": {metric: label(exploration, metric) for metric in METRICS},
            "networks": networks}


def origin_rows(origin):
    """What the page says about where its data come from."""
    designs = f"{origin['designs']:,} of {origin['members']:,}" \
        if "sample" in origin else f"all {origin['members']:,}"
    yield "Space", f"{origin['space']['file']} ({origin['space']['hash']})"
    yield "Designs", f"{designs}; {origin['illegal']:,} illegal, {origin['left_out']:,} left " \
        "out by conditions"
    if "sample" in origin:
        yield "Sample", f"{origin['sample']['per_type']:,} of each PE type, seed " \
            f"{origin['sample']['seed']}"
    outside = sum(n["outside_range"] for n in origin["networks"])
    points = sum(n["points"] for n in origin["networks"])
    yield "Outside the models' range", f"{outside:,} of {points:,} points, " + \
        ("shown all the same" if origin["extrapolate"] else "not shown")
    yield "Models", f"{origin['models']['file']} ({origin['models']['hash']})"
    yield "Clock", f"{origin['clock_mhz']:g} MHz" if origin["clock_mhz"] else "each design's fmax"
    yield "Command", shlex.join(["qadam", "explore", *origin["arguments"]])
    yield "Version", f"qadam {origin['qadam']}"


def ratio_rows(exploration):
    head = ["Network", "PE type", "Performance per area", "Energy below the baseline's",
            "Least energy below the baseline type's least"]
    yield "<tr>" + "".join(f'<th scope="col">{cell}</th>' for cell in head) + "</tr>"
    rows = explore_data.ratios(exploration)
    for name, pe_type, *values in sorted(rows, key=lambda row: row[0] != explore_data.MEAN):
        cells = [f'<th scope="row">{html.escape(name)}</th>',
                 f"<td>{html.escape(title(pe_type))}</td>"]
        cells += [f"<td>{value:.2f}&times;</td>" for value in values]
        yield "<tr>" + "".join(cells) + "</tr>"


def write_ratios(exploration, path):
    with open(path, "w", newline="", encoding="ascii") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["network", "pe_type", "performance_per_area", "energy_below_baseline",
                         "least_energy_below_baseline_types"])
        for name, pe_type, *values in explore_data.ratios(exploration):
            writer.writerow([name, pe_type, *(f"{value:.6g}" for value in values)])


def read_text(path):
    with open(path, encoding="utf-8") as source:
        return source.read()


def script_text(text):
    """Text that cannot end the script element it is in."""
    return text.replace("<", "\\u003c")


def write_page(exploration, path):
    here = os.path.dirname(os.path.abspath(__file__))
    origin = "\n".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>"
                       for name, text in origin_rows(exploration["origin"]))
    parts = {"TITLE": html.escape(exploration["origin"]["space"]["file"]),
             "BASELINE": html.escape(title(exploration["baseline"])),
             "ORIGIN": origin, "RATIOS": "\n".join(ratio_rows(exploration)),
             "LICENCE": read_text(LICENCE).replace("--", "- -"),
             "STYLE": read_text(os.path.join(here, "explore_report.css")),
             "LIBRARY": read_text(LIBRARY).replace("</script", "<\\/script"),
             "DATA": script_text(json.dumps(page_data(exploration), separators=(",", ":"))),
             "SCRIPT": read_text(os.path.join(here, "explore_report.js"))}
    pieces = read_text(os.path.join(here, "explore_report.html")).split("@@")
    for i in range(1, len(pieces), 2):
        pieces[i] = parts[pieces[i]]
    with open(path, "w", encoding="utf-8") as page:
        page.write("".join(pieces))


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for needed in (LIBRARY, LICENCE):
        if not os.path.exists(needed):
            print(f"no libjs-chart.js: {needed} is missing")
            return 77
    if sys.argv[1] == "--check":
        return 0
    folder = sys.argv[1]
    exploration = explore_data.read(folder)
    if not exploration["networks"]:
        print("no network has a point to show; with --extrapolate those outside the models' "
              "range are shown")
        return 1
    draw_spread(exploration, os.path.join(folder, "spread.svg"))
    draw_tradeoff(exploration, os.path.join(folder, "tradeoff.svg"))
    for metric in METRICS:
        draw_accuracy(exploration, metric, os.path.join(folder, f"accuracy_{metric}.svg"))
    write_ratios(exploration, os.path.join(folder, "ratios.csv"))
    write_page(exploration, os.path.join(folder, "report.html"))
    return 0


sys.exit(main())
