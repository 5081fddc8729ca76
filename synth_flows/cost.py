#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure what the synthesis of designs costs.

usage: cost.py PROGRAM OUT.csv TYPE...

For every PE type, on an empty cache each: designs/eyeriss_TYPE.json; the same once more; its PE in
an array of 64 x 64; and in one of 12 x 14 with another GLB. One row a run: CPU seconds (user and
system, all processes), wall-clock seconds, and the peak memory of the largest process. One process
works at a time.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

RUNS = (("first", {}), ("again", {}), ("64x64, reused PE", {"rows": 64, "cols": 64}),
        ("64 KiB GLB, reused PE", {"glb_kib": 64}))

# Runs one command; prints CPU seconds, seconds and peak memory in MiB of all that it started.
INNER = """
import resource, subprocess, sys, time
start = time.monotonic()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(use.ru_utime + use.ru_stime, time.monotonic() - start, use.ru_maxrss / 1024)
sys.exit(status)
"""


def measure(program, design, folder):
    path = os.path.join(folder, "design.json")
    with open(path, "w") as f:
        json.dump(design, f)
    run = subprocess.run([sys.executable, "-c", INNER, program, "synth", path, "-o",
                          os.path.join(folder, "out")], check=True, stdout=subprocess.PIPE,
                         env=dict(os.environ, QADAM_CACHE=os.path.join(folder, "cache")))
    return [float(word) for word in run.stdout.split()]


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__.strip().split("\n")[2])
    with open(sys.argv[2], "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["pe_type", "run", "cpu_s", "wall_s", "peak_mib"])
        for name in sys.argv[3:]:
            with open(f"designs/eyeriss_{name}.json") as f:
                design = json.load(f)
            with tempfile.TemporaryDirectory() as folder:
                for run, change in RUNS:
                    figures = measure(sys.argv[1], dict(design, **change), folder)
                    row = [name, run] + [f"{x:.1f}" for x in figures]
                    table.writerow(row)
                    out.flush()
                    print(*row, flush=True)


if __name__ == "__main__":
    main()
