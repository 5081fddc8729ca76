#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a generated design's files for FuseSoC and OpenROAD-flow-scripts.

usage: tests/handoff.py FOLDER VARIABLES

VARIABLES has a line "NAME<tab>VALUE" for every variable of orfs/config.mk. File lists must be
complete, relative to the folder, and of files that are there; the views of a macro must have the
same pins. Exit status 1 with a sentence for each fault.
"""

import pathlib
import re
import sys

import yaml

FAULTS = []


def expect(good, text):
    """Note a fault."""
    if not good:
        FAULTS.append(text)


def sources(folder):
    """All files that a tool for synthesis must read, but for the SRAM, and the includes."""
    rtl = {f"rtl/{p.name}" for p in (folder / "rtl").iterdir()}
    return ({n for n in rtl if n.endswith(".sv")} - {"rtl/qadam_sram.sv"},
            {n for n in rtl if n.endswith(".svh")})


def check_core(folder, name):
    """The FuseSoC core file: CAPI2, its file sets and targets."""
    text = (folder / f"qadam_{name}.core").read_text(encoding="utf-8")
    expect(text.startswith("CAPI=2:\n"), "core: the first line is not CAPI=2:")
    core = yaml.safe_load(text.split("\n", 1)[1])
    expect(re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+:\d+\.\d+\.\d+", core["name"]),
           f"core: {core['name']} is not vendor:library:name:version")
    known = {"name", "description", "filesets", "parameters", "targets"}
    expect(set(core) == known, f"core: sections {sorted(core)}")
    lists = {}
    includes = set()
    for key, fileset in core["filesets"].items():
        lists[key] = []
        for entry in fileset["files"]:
            if isinstance(entry, dict):
                (entry, options), = entry.items()
                expect(options == {"is_include_file": True, "include_path": "rtl"},
                       f"core: {entry}: {options}")
                includes.add(entry)
            else:
                lists[key].append(entry)
            expect((folder / entry).is_file() and not entry.startswith(("/", ".")),
                   f"core: {entry} is no file of the folder")
    wanted, wanted_includes = sources(folder)
    expect(set(lists["rtl"]) == wanted, f"core: rtl lacks {wanted ^ set(lists['rtl'])}")
    expect(includes == wanted_includes, f"core: includes {includes}")
    order = [line for line in (folder / "filelist.f").read_text(encoding="utf-8").split()
             if line in wanted]
    expect(lists["rtl"] == order, "core: not in the order of filelist.f")
    for key, target in core["targets"].items():
        expect(target["toplevel"] == "qadam_top", f"core: {key}: {target['toplevel']}")
        expect(set(target["filesets"]) <= set(lists), f"core: {key}: {target['filesets']}")
        for parameter in target.get("parameters", []):
            expect(parameter.split("=")[0] in core["parameters"], f"core: {parameter}")


def check_config(folder, variables):
    """config.mk of OpenROAD-flow-scripts, as make has read it."""
    for name in ("PLATFORM", "DESIGN_NAME", "DESIGN_NICKNAME", "VERILOG_FILES", "SDC_FILE",
                 "ADDITIONAL_LEFS", "ADDITIONAL_LIBS", "GDS_ALLOW_EMPTY", "CORE_UTILIZATION"):
        expect(variables.get(name), f"config.mk: {name} is empty or missing")
    for name in ("VERILOG_FILES", "SDC_FILE", "ADDITIONAL_LEFS", "ADDITIONAL_LIBS"):
        for word in variables[name].split():
            expect(pathlib.Path(word).is_file(), f"config.mk: {name}: {word} is no file")
            expect(pathlib.Path(word).is_relative_to(folder), f"config.mk: {word}")
    expect(pathlib.Path(variables["VERILOG_INCLUDE_DIRS"]).is_dir(), "config.mk: includes")
    listed = {str(pathlib.Path(word).relative_to(folder))
              for word in variables["VERILOG_FILES"].split()}
    wanted = sources(folder)[0] - {"rtl/qadam_clkgate.sv"}
    wanted |= {"orfs/qadam_clkgate.v", "sram/qadam_sram_macros.sv"}
    expect(listed == wanted, f"config.mk: VERILOG_FILES: {listed ^ wanted}")
    text = (folder / "orfs" / "config.mk").read_text(encoding="utf-8")
    expect(str(folder) not in text, "config.mk names the folder it was made in")


def check_sdc(folder):
    """The same constraints as constraints.sdc, with a period that a search finds."""
    layout = (folder / "orfs" / "constraint.sdc").read_text(encoding="utf-8")
    plain = (folder / "constraints.sdc").read_text(encoding="utf-8")
    period = re.search(r"^set clk_period (\S+)$", layout, re.M)
    default = re.search(r"^set clock_period_ns (\S+)$", plain, re.M)
    expect(period and default and period[1] == default[1], "constraint.sdc: clk_period")
    tail = plain[plain.index("set io_share"):]
    expect(layout.endswith(tail), "constraint.sdc differs from constraints.sdc")


def bits(name, high):
    """Names of the bits of a bus."""
    return {name} if high is None else {f"{name}[{i}]" for i in range(int(high) + 1)}


def pins_of_verilog(text):
    """Pins of the black boxes."""
    macros = {}
    for name, body in re.findall(r"\(\* blackbox \*\)\nmodule (\w+) \((.*?)\);", text, re.S):
        pins = set()
        for high, pin in re.findall(r"(?:input|output) +wire (?:\[(\d+):0\] )?(\w+)", body):
            pins |= bits(pin, high or None)
        macros[name] = pins
    return macros


def pins_of_lef(text):
    """Signal pins of the abstract views, and their areas."""
    macros, areas = {}, {}
    for name, body in re.findall(r"^MACRO (\w+)\n(.*?)^END \1", text, re.S | re.M):
        macros[name] = {pin for pin, inner in
                        re.findall(r"^  PIN (\S+)\n(.*?)^  END \1", body, re.S | re.M)
                        if "USE POWER" not in inner and "USE GROUND" not in inner}
        width, height = re.search(r"SIZE (\S+) BY (\S+)", body).groups()
        areas[name] = float(width) * float(height)
    return macros, areas


def pins_of_liberty(text):
    """Pins of the Liberty cells, and their areas."""
    macros, areas = {}, {}
    for cell in re.split(r"^  cell \(", text, flags=re.M)[1:]:
        name = cell[:cell.index(")")]
        high = {f"bus_{w}": int(w) - 1 for w in re.findall(r"type \(bus_(\d+)\)", cell)}
        pins = set(re.findall(r"^    pin \((\w+)\)", cell, re.M))
        for pin, kind in re.findall(r"^    bus \((\w+)\) \{\s*bus_type : (\w+);", cell, re.M):
            pins |= bits(pin, high[kind])
        macros[name] = pins
        areas[name] = float(re.search(r"area : (\S+);", cell)[1])
    return macros, areas


def check_macros(folder):
    """Black boxes, Liberty and LEF of the same macros, with the same pins."""
    texts = {p.suffix: p.read_text(encoding="utf-8") for p in (folder / "sram").iterdir()}
    lef, lef_areas = pins_of_lef(texts[".lef"])
    lib, lib_areas = pins_of_liberty(texts[".lib"])
    verilog = pins_of_verilog(texts[".sv"])
    expect(len(verilog) > 0, "no macros")
    for name, pins in verilog.items():
        one_bit = {p.removesuffix("[0]") for p in pins}
        for what, view in (("LEF", lef), ("Liberty", lib)):
            other = view.get(name, set())
            expect(other == pins or {p.removesuffix("[0]") for p in other} == one_bit,
                   f"{what}: {name}: {sorted(other ^ pins)[:8]}")
        expect(lef_areas.get(name, 0) >= lib_areas.get(name, 1) * 0.999,
               f"LEF: {name} is smaller than its area in Liberty")
    expect(set(lef) == set(verilog) == set(lib), f"macros: {set(lef) ^ set(verilog)}")


def main():
    """Check; say what is wrong."""
    folder = pathlib.Path(sys.argv[1]).resolve()
    lines = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    variables = dict(line.split("\t", 1) for line in lines)
    check_core(folder, variables["DESIGN_NICKNAME"])
    check_config(folder, variables)
    check_sdc(folder)
    check_macros(folder)
    for fault in FAULTS:
        print(fault)
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
