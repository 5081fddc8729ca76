#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Take the inputs of one PE, cycle by cycle, out of the waves of a simulated layer.

usage: pe_stimuli.py ROW COL [WAVES.vcd] >STIMULI

WAVES.vcd is from `qadam simulate --layer NAME --vcd FILE`, standard input by default, so that it
can come through a pipe. Writes a line for each clock cycle: the inputs of the PE as hexadecimal
numbers, in the order of PORTS, as they are when the clock rises. pe_gates_tb.sv reads it.
"""
import sys

PORTS = """ifmap_we_i ifmap_wgroup_i ifmap_wsel_i ifmap_wmask_i ifmap_wdata_i
filter_we_i filter_wgroup_i filter_wsel_i filter_wdata_i
read_en_i ifmap_raddr_i ifmap_rsel_i filter_raddr_i filter_rsel_i
mac_en_i psum_en_i psum_init_i psum_raddr_i psum_rsel_i
psum_we_i psum_chain_i psum_waddr_i psum_wsel_i psum_i""".split()


def find_codes(lines, scope):
    """Codes of the PE's ports and of its clock; lines is left behind the declarations."""
    path, codes = [], {}
    for line in lines:
        words = line.split()
        if not words:
            continue
        if words[0] == "$scope":
            path.append(words[2])
        elif words[0] == "$upscope":
            path.pop()
        elif words[0] == "$var" and ".".join(path).endswith(scope):
            codes.setdefault(words[4], words[3])
        elif words[0] == "$enddefinitions":
            break
    missing = [p for p in PORTS + ["clk_i"] if p not in codes]
    if missing:
        raise SystemExit(f"pe_stimuli.py: the waves have no {scope}.{missing[0]}")
    return codes


def write_cycles(lines, codes, out):
    """One line for each rising edge, with the values before it. Returns the number of cycles."""
    values = {code: "0" for code in codes.values()}
    clock, old, cycles = codes["clk_i"], "1", 0
    order = [codes[p] for p in PORTS]
    row, stale = "", True
    for line in lines:
        kind = line[0]
        if kind in "01xz":
            code, value = line[1:].rstrip("\n"), line[0]
        elif kind in "bB":
            value, code = line[1:].split()
        else:
            continue
        if code == clock and value == "1" and old == "0":
            if stale:
                row = " ".join(f"{int(values[c].replace('x', '0').replace('z', '0'), 2):x}"
                               for c in order)
                stale = False
            out.write(row + "\n")
            cycles += 1
        if code in values:
            if code == clock:
                old = value
            elif values[code] != value:
                values[code], stale = value, True
    return cycles


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__.strip().split("\n")[2])
    row, col = int(sys.argv[1]), int(sys.argv[2])
    with open(sys.argv[3]) if len(sys.argv) == 4 else sys.stdin as lines:
        codes = find_codes(lines, f"gen_row[{row}].u_row.gen_pe[{col}].u_pe")
        if write_cycles(lines, codes, sys.stdout) == 0:
            raise SystemExit("pe_stimuli.py: the waves have no clock cycle")


if __name__ == "__main__":
    main()
