#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fit the compact cell characterisation of a kit to a full Liberty library.

usage: fit_cells.py FULL.lib OUTDIR          (FULL.lib may be gzip-compressed)

Reads the NLDM tables of the cells listed in CELLS and writes cells.csv, pins.csv,
delays.csv, energies.csv, constraints.csv and fit.csv (fit errors) into OUTDIR. Needs
numpy. Only fitted figures and pin names are written, nothing of the library's text.

Units: ps, fF, fJ, nW, um2. S = input slew as the library defines it, C = output load.

  delay, slew   a1 + aC*C + aS*S + aR*sqrt(S*(C + k)) + aCS*C*S, one row per arc, sense and
                output edge; the worst of all conditional tables; k in fF
  energy        p0 + p1*S + p2*C per output edge (p2 = 0 where the table has no load);
                pins without a related pin ("hidden"): p0 + p1*(S-25) + p2*(S-25)^2
  constraint    c0 + cD*S_data + cR*S_related

Energies. OpenSTA 2.0.17 charges an internal_power group with
activity * (rise + fall) * duty, where duty is the probability of the `when` condition (1/2 per
literal at default activity), or without a condition: 1 on clocks and single-input functions,
1/2 on other pins, and for an operand directly under an AND (OR) the probability that the
other operand is 1 (0). The tables hold the equivalent energy without a condition, so that a
library made of them reports what the full library would. physical_scale turns it into
the energy for which the report is the physical one:
  combinational output   mean over related pins, (rise + fall)/2 per toggle
  clock pin              one stable-state rise and fall per cycle
  flop or latch output   energy beyond the clock pin's own, once (half on Q, half on QN)
  clock-gate output      energy beyond an idle cycle's
  data pin               (rise + fall)/2 in the state in which the input stage follows the pin
"""
import csv
import gzip
import math
import re
import sys

import numpy as np

CELLS = """
INV_X1 INV_X2 INV_X4 INV_X8 INV_X16 INV_X32 BUF_X1 BUF_X2 BUF_X4 BUF_X8 BUF_X16 BUF_X32
CLKBUF_X1 CLKBUF_X2 CLKBUF_X3
NAND2_X1 NAND2_X2 NAND2_X4 NAND3_X1 NAND3_X2 NAND4_X1 NAND4_X2
NOR2_X1 NOR2_X2 NOR2_X4 NOR3_X1 NOR3_X2 NOR4_X1 NOR4_X2
AND2_X1 AND2_X2 AND2_X4 AND3_X1 AND3_X2 AND4_X1 AND4_X2
OR2_X1 OR2_X2 OR2_X4 OR3_X1 OR3_X2 OR4_X1 OR4_X2
AOI21_X1 AOI21_X2 AOI21_X4 AOI22_X1 AOI22_X2 AOI211_X1 AOI211_X2 AOI221_X1 AOI222_X1
OAI21_X1 OAI21_X2 OAI21_X4 OAI22_X1 OAI22_X2 OAI211_X1 OAI211_X2 OAI221_X1 OAI222_X1 OAI33_X1
XOR2_X1 XOR2_X2 XNOR2_X1 XNOR2_X2 MUX2_X1 MUX2_X2 FA_X1 HA_X1
DFF_X1 DFF_X2 DFFR_X1 DFFR_X2 DFFS_X1 DLH_X1 DLH_X2 DLL_X1 CLKGATE_X1 CLKGATE_X2 CLKGATE_X4
LOGIC0_X1 LOGIC1_X1
""".split()
DONT_USE = ("CLKBUF", "CLKGATE", "LOGIC", "FA", "HA", "DLH", "DLL")
S_MID, C_MID = 12.0, 2.2        # centre of the used region, ps and fF per drive unit
S_USED, C_USED = (4.0, 45.0), (0.7, 9.0)  # region of the stated fit error


# ---- Liberty reader -------------------------------------------------------------------

class Group:
    """One Liberty group: name, arguments, attributes and subgroups in order."""

    def __init__(self, name, args):
        self.name, self.args, self.attr, self.sub = name, args, {}, []

    def all(self, name):
        return [g for g in self.sub if g.name == name]


TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}();:,]|[^\s{}();:,"]+', re.S)


def parse_liberty(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S).replace("\\\n", " ")
    tokens = TOKEN.findall(text)
    root = Group("root", [])
    stack, i = [root], 0
    while i < len(tokens):
        t = tokens[i]
        if t == "}":
            stack.pop()
            i += 1
        elif t == ";":
            i += 1
        elif tokens[i + 1] == ":":
            stack[-1].attr[t] = tokens[i + 2].strip('"')
            i += 3
        elif tokens[i + 1] == "(":
            j = tokens.index(")", i)
            args = [x.strip('"') for x in tokens[i + 2:j] if x != ","]
            if j + 1 < len(tokens) and tokens[j + 1] == "{":
                group = Group(t, args)
                stack[-1].sub.append(group)
                stack.append(group)
                i = j + 2
            else:
                stack[-1].attr[t] = args
                i = j + 1
        else:
            raise SystemExit(f"unexpected token {t!r}")
    return root.sub[0]


def numbers(args):
    return np.array([float(x) for s in args for x in s.replace(",", " ").split()])


def table(group):
    """(S in ps, C in fF or None, values[S][C]); scalars become constant tables."""
    v = numbers(group.attr["values"])
    if "index_1" not in group.attr:
        return None, None, v
    s = numbers(group.attr["index_1"]) * 1e3
    if "index_2" not in group.attr:
        return s, None, v
    c = numbers(group.attr["index_2"])
    return s, c, v.reshape(len(s), len(c))


# ---- functions and duties --------------------------------------------------------------

def parse_function(text):
    """Expression tree: ('v', name) | ('!', x) | ('&'|'|'|'^', x, y), left-associative."""
    toks = re.findall(r"[A-Za-z_][A-Za-z_0-9]*|[()!&|^]|[01]", text)

    def unary():
        t = toks.pop(0)
        if t == "!":
            return ("!", unary())
        if t == "(":
            e = level(0)
            toks.pop(0)
            return e
        return ("v", t)

    ops = ["|", "^", "&"]

    def level(n):
        if n == len(ops):
            return unary()
        e = level(n + 1)
        while toks and toks[0] == ops[n]:
            toks.pop(0)
            e = (ops[n], e, level(n + 1))
        return e
    return level(0)


def probability(e):
    if e[0] == "v":
        return 0.5
    if e[0] == "!":
        return 1 - probability(e[1])
    a, b = probability(e[1]), probability(e[2])
    return {"&": a * b, "|": a + b - a * b, "^": a + b - 2 * a * b}[e[0]]


def function_duty(e, pin):
    """OpenSTA's duty of an unconditional group of output function e related to pin."""
    while e[0] == "!":
        e = e[1]
    if e == ("v", pin):
        return 1.0
    if e[0] in "&|":
        for me, other in ((e[1], e[2]), (e[2], e[1])):
            if me == ("v", pin):
                p = probability(other)
                return p if e[0] == "&" else 1 - p
    return 0.5


def condition_duty(when):
    return probability(parse_function(when))


# ---- fits -----------------------------------------------------------------------------

def basis(s, c, k):
    return np.stack([np.ones_like(s), c, s, np.sqrt(s * (c + k)), c * s], axis=-1)


def fit_surface(s, c, y, drive):
    """Best k and coefficients for y over the grid s x c; returns (k, coefficients)."""
    ss, cc = np.meshgrid(s, c, indexing="ij")
    ss, cc, y = ss.ravel(), cc.ravel(), y.ravel()
    w = np.exp(-0.5 * (np.log(ss / S_MID) / 1.0) ** 2) \
        * np.exp(-0.5 * (np.log(cc / (C_MID * drive)) / 1.1) ** 2) + 2e-3
    w = np.sqrt(w)
    best = None
    for k in (0.3, 1.5, 5.0, 20.0, 80.0):
        a = basis(ss, cc, k * drive)
        x = np.linalg.lstsq(a * w[:, None], y * w, rcond=None)[0]
        r = float(np.sum((w * (a @ x - y)) ** 2))
        if best is None or r < best[0]:
            best = (r, k * drive, x)
    return best[1], best[2]


def interpolate(s, c, y, ps, pc):
    """Bilinear value at (ps, pc), inside the grid."""
    i = min(max(np.searchsorted(s, ps) - 1, 0), len(s) - 2)
    j = min(max(np.searchsorted(c, pc) - 1, 0), len(c) - 2)
    u, v = (ps - s[i]) / (s[i + 1] - s[i]), (pc - c[j]) / (c[j + 1] - c[j])
    return (y[i, j] * (1 - u) * (1 - v) + y[i + 1, j] * u * (1 - v)
            + y[i, j + 1] * (1 - u) * v + y[i + 1, j + 1] * u * v)


def used_points(drive):
    for s in np.geomspace(*S_USED, 6):
        for c in np.geomspace(*C_USED, 6):
            yield s, c * drive


def fit_energy(tables, weights):
    """p0, p1, p2 of the weighted sum of output-energy tables."""
    rows, ys = [], []
    for s, c in ((s, c) for s in (2, 6, 12, 25, 45) for c in (0.8, 2.0, 4.0, 8.0)):
        y = 0.0
        for (ts, tc, tv), w in zip(tables, weights):
            if ts is None:
                y += w * float(tv[0])
            else:
                y += w * interpolate(ts, tc, tv, s, c * fit_energy.drive)
        rows.append([1.0, s, c * fit_energy.drive])
        ys.append(y)
    return np.linalg.lstsq(np.array(rows), np.array(ys), rcond=None)[0]


def fit_hidden(tables, weights):
    """p0, p1, p2 of the weighted sum of slew-only energy tables, around 25 ps."""
    s = np.array([1.2, 5, 12, 25, 41, 60, 78])
    y = np.zeros_like(s)
    for (ts, _, tv), w in zip(tables, weights):
        y += w * (tv[0] if ts is None else np.interp(s, ts, tv))
    a = np.stack([np.ones_like(s), s - 25, (s - 25) ** 2], axis=-1)
    return np.linalg.lstsq(a, y, rcond=None)[0]


def fit_plane(tables):
    """Constraint plane over slews up to 45 ps; the worst of conditional tables."""
    s1, s2, _ = tables[0]
    s1, s2 = s1[:2], numbers_ps(s2)[:2]
    y = np.max([t[2][:2, :2] for t in tables], axis=0) * 1e3
    a, b = np.meshgrid(s1, s2, indexing="ij")
    m = np.stack([np.ones(4), a.ravel(), b.ravel()], axis=-1)
    return np.linalg.lstsq(m, y.ravel(), rcond=None)[0]


def numbers_ps(index_2):
    return index_2 * 1e3  # table() leaves index_2 in the library's unit (ns here)


# ---- one cell -------------------------------------------------------------------------

class Writer:
    def __init__(self):
        self.rows = {n: [] for n in ("cells", "pins", "delays", "energies", "constraints")}
        self.errors = {}

    def add(self, name, *row):
        self.rows[name].append([f"{x:.5g}" if isinstance(x, float) else x for x in row])


def kind_of(cell):
    seq = cell.all("ff") + cell.all("latch")
    if cell.all("statetable"):
        return "icg"
    if cell.all("ff"):
        a = cell.all("ff")[0].attr
        return "dffr" if "clear" in a else "dffs" if "preset" in a else "dff"
    if seq:
        return "latch_l" if "!" in seq[0].attr["enable"] else "latch_h"
    outs = [p for p in cell.all("pin") if p.attr["direction"] == "output"]
    return "tie" if outs[0].attr["function"] in ("0", "1") else "comb"


def clock_pins(cell):
    pins = [p.args[0] for p in cell.all("pin")
            if "clock" in p.attr or "clock_gate_clock_pin" in p.attr]
    return set(pins)


def arc_kind(t):
    ty = t.attr.get("timing_type", "combinational")
    if ty in ("rising_edge", "falling_edge", "clear", "preset"):
        return [ty]
    return {"positive_unate": ["pos"], "negative_unate": ["neg"],
            "non_unate": ["pos", "neg"]}[t.attr["timing_sense"]]


def fit_delays(out, cell, pin, drive):
    arcs = {}
    for t in pin.all("timing"):
        for kind in arc_kind(t):
            for edge in ("rise", "fall"):
                d, s = t.all("cell_" + edge), t.all(edge + "_transition")
                if d:
                    arcs.setdefault((t.attr["related_pin"], kind, edge), []).append(
                        (table(d[0]), table(s[0])))
    for (frm, kind, edge), tabs in sorted(arcs.items()):
        s, c, _ = tabs[0][0]
        row = []
        for which in (0, 1):
            y = np.max([t[which][2] for t in tabs], axis=0) * 1e3
            k, x = fit_surface(s, c, y, drive)
            row += [float(k)] + [float(v) for v in x]
            errs = [abs(float(basis(np.array(ps), np.array(pc), k) @ x)
                        / interpolate(s, c, y, ps, pc) - 1) for ps, pc in used_points(drive)]
            out.errors.setdefault(("delay", "slew")[which], []).extend(errs)
        out.add("delays", cell.args[0], frm, pin.args[0], kind, edge, *row)


def energy_rows(cell, pin, kind, clocks, drive):
    """[related, {edge: (p0, p1, p2)}, physical mean energies] per related pin of one pin."""
    groups = {}
    for g in pin.all("internal_power"):
        groups.setdefault(g.attr.get("related_pin", ""), []).append(g)
    fit_energy.drive = drive
    result = []
    for rel, gs in sorted(groups.items()):
        whens = [g.attr.get("when") for g in gs]
        if rel:
            func = pin.attr.get("function")
            base = function_duty(parse_function(func), rel) if kind == "comb" else \
                (1.0 if rel in clocks else 0.5)
        else:
            base = 1.0 if pin.args[0] in clocks else 0.5
        duties = [condition_duty(w) if w else base for w in whens]
        fit = fit_energy if rel else fit_hidden
        coef, tabs = {}, {}
        for edge in ("rise", "fall"):
            tabs[edge] = [table(g.all(edge + "_power")[0]) if g.all(edge + "_power")
                          else (None, None, np.array([0.0])) for g in gs]
            coef[edge] = fit(tabs[edge], [d / base for d in duties])
        result.append((rel, base, coef, tabs, whens))
    return result


def nominal(p, hidden, drive):
    if hidden:
        return p[0] + p[1] * (S_MID - 25) + p[2] * (S_MID - 25) ** 2
    return p[0] + p[1] * S_MID + p[2] * C_MID * drive


def mean_nominal(tabs, whens, keep, hidden, drive):
    """Plain mean at the nominal point over the conditions that keep() accepts."""
    sel = [t for t, w in zip(tabs, whens) if keep(w)]
    fit = fit_hidden if hidden else fit_energy
    return nominal(fit(sel, [1.0 / len(sel)] * len(sel)), hidden, drive)


def literals(when):
    return set(re.findall(r"!?[A-Za-z_][A-Za-z_0-9]*", when or ""))


def resettable_off(when):
    return not ({"!RN", "!SN"} & literals(when))


def stable(when):
    """Clock toggles that change nothing: data equals state, or a gate that is off."""
    lits = literals(when)
    same = ("D" in lits) == ("Q" in lits) if ({"D", "!D"} & lits) else "E" not in lits
    return resettable_off(when) and same


def follows(when, kind):
    """The input stage follows its data pin."""
    lits = literals(when)
    if not resettable_off(when):
        return False
    if kind in ("dff", "dffr", "dffs", "icg"):
        return "CK" not in lits
    return True


def clock_cycle(per_pin, clocks, drive):
    """(rise, fall) energy of a clock cycle in which nothing changes."""
    for pin, rows in per_pin.items():
        if pin in clocks:
            for rel, _, _, tabs, whens in rows:
                if not rel:
                    return [mean_nominal(tabs[e], whens, stable, True, drive)
                            for e in ("rise", "fall")]
    return [0.0, 0.0]


def physical_pair(kind, pin, row, ctx):
    """Physical energy of (rise + fall) of one row; None = the row is not charged."""
    rel, _, _, tabs, whens = row
    clocks, drive, cycle, nrel, nout = ctx
    if rel == "" and pin in clocks:
        return sum(cycle)
    if rel == "":
        return sum(mean_nominal(tabs[e], whens, lambda w: follows(w, kind), True, drive)
                   for e in ("rise", "fall"))
    if kind == "comb":
        return sum(mean_nominal(tabs[e], whens, lambda w: True, False, drive)
                   for e in ("rise", "fall")) / nrel
    if rel not in clocks:
        return None
    pair = sum(mean_nominal(tabs[e], whens, lambda w: "!E" not in literals(w), False, drive)
               for e in ("rise", "fall"))
    own = sum(cycle) if kind == "icg" else 2 * cycle[0 if kind != "latch_l" else 1]
    return max(pair - own, 0.0) / nout


def fit_energies(out, cell, kind, drive):
    clocks = clock_pins(cell)
    per_pin = {p.args[0]: energy_rows(cell, p, kind, clocks, drive)
               for p in cell.all("pin") if p.all("internal_power")}
    cycle = clock_cycle(per_pin, clocks, drive)
    nout = sum(1 for p in cell.all("pin") if p.attr["direction"] == "output") \
        if kind not in ("comb", "icg") else 1
    for pin, rows in per_pin.items():
        nrel = sum(1 for r in rows if r[0])
        for row in rows:
            rel, base, coef, _, _ = row
            pair = physical_pair(kind, pin, row, (clocks, drive, cycle, nrel, nout))
            counted = sum(nominal(coef[e], rel == "", drive) for e in ("rise", "fall"))
            scale = 0.0 if pair is None else 0.5 * pair / (base * counted)
            for edge in ("rise", "fall"):
                out.add("energies", cell.args[0], pin, rel, edge,
                        *[float(v) for v in coef[edge]], float(scale))


def fit_constraints(out, cell, pin):
    groups = {}
    for t in pin.all("timing"):
        ty = t.attr.get("timing_type", "")
        if re.match(r"(setup|hold|recovery|removal)_", ty):
            for edge in ("rise", "fall"):
                for g in t.all(edge + "_constraint"):
                    groups.setdefault((t.attr["related_pin"], ty, edge), []).append(table(g))
    for (rel, ty, edge), tabs in sorted(groups.items()):
        out.add("constraints", cell.args[0], pin.args[0], rel, ty, edge,
                *[float(v) for v in fit_plane(tabs)])


def pin_role(cell, pin, kind, clocks):
    if pin.args[0] in clocks:
        return "clock"
    if pin.args[0] in ("RN", "SN"):
        return {"RN": "clear", "SN": "preset"}[pin.args[0]]
    return "enable" if kind == "icg" and pin.args[0] == "E" else "data"


def function_text(e, outer=""):
    """The project's own spelling of a function; left-associative, as it was parsed."""
    if e[0] == "v":
        return e[1]
    if e[0] == "!":
        return "!" + function_text(e[1], "!")
    text = function_text(e[1], e[0]) + e[0] + function_text(e[2], e[0] + "right")
    return f"({text})" if outer not in ("", e[0]) else text


def fit_cell(out, cell):
    name, kind = cell.args[0], kind_of(cell)
    drive = float(cell.attr["drive_strength"])
    clocks = clock_pins(cell)
    out.add("cells", name, kind, f"{drive:g}", cell.attr["area"].rstrip("0"),
            float(cell.attr.get("cell_leakage_power", 0)), int(name.split("_")[0] in DONT_USE))
    for pin in cell.all("pin"):
        a = pin.attr
        if a["direction"] == "input":
            out.add("pins", name, pin.args[0], "in", pin_role(cell, pin, kind, clocks),
                    float(a["rise_capacitance"]), float(a["fall_capacitance"]), 0.0, "")
            fit_constraints(out, cell, pin)
        elif a["direction"] == "output":
            func = function_text(parse_function(a["function"])) if "function" in a else ""
            out.add("pins", name, pin.args[0], "out", "data", 0.0, 0.0,
                    float(a.get("max_capacitance", 0)), func)
            fit_delays(out, cell, pin, drive)
    fit_energies(out, cell, kind, drive)


HEADERS = {
    "cells": "cell,kind,drive,area_um2,leakage_nw,dont_use",
    "pins": "cell,pin,direction,role,cap_rise_ff,cap_fall_ff,max_cap_ff,function",
    "delays": "cell,from,to,kind,edge,delay_k_ff,delay_1_ps,delay_c,delay_s,delay_r,delay_cs,"
              "slew_k_ff,slew_1_ps,slew_c,slew_s,slew_r,slew_cs",
    "energies": "cell,pin,related,edge,p0_fj,p1,p2,physical_scale",
    "constraints": "cell,pin,related,type,edge,c0_ps,c_data,c_related",
}


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__.strip().split("\n")[2])
    opener = gzip.open if sys.argv[1].endswith(".gz") else open
    with opener(sys.argv[1], "rt") as f:
        library = parse_liberty(f.read())
    cells = {c.args[0]: c for c in library.all("cell")}
    out = Writer()
    for name in CELLS:
        fit_cell(out, cells[name])
    for name, rows in out.rows.items():
        with open(f"{sys.argv[2]}/{name}.csv", "w", newline="\n") as f:
            f.write(HEADERS[name] + "\n")
            csv.writer(f, lineterminator="\n").writerows(rows)
    with open(f"{sys.argv[2]}/fit.csv", "w", newline="\n") as f:
        f.write("quantity,mean_error_percent,p95_error_percent,points\n")
        for name, e in sorted(out.errors.items()):
            f.write(f"{name},{100 * np.mean(e):.2f},{100 * np.quantile(e, .95):.2f},{len(e)}\n")
    count = sum(len(r) for r in out.rows.values())
    print(f"{len(CELLS)} cells, {count} rows")


if __name__ == "__main__":
    main()
