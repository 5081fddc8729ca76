#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long `qadam explore` takes for a large space and six workloads.

usage: tests/explore_bench.py PROGRAM [--small]

The space is tests/explore_space.json: 108,000 designs in the ranges of
models/dataset/space.json; with --small, those of its arrays of 16 x 16. The PPA models are
made up: their values cost what real ones cost. Prints designs, evaluations of design and
network, processor time, time and peak memory.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NETWORKS = ["vgg16-cifar10", "resnet20-cifar10", "resnet56-cifar10", "vgg16-imagenet",
            "resnet34-imagenet", "resnet50-imagenet"]


def write_models(path, types):
    """Models of the made-up type in the command line's cases, for all types."""
    with open(os.path.join(HERE, "cases/predict_ppa/models.json"), encoding="utf-8") as file:
        models = json.load(file)
    model = models["types"][0]
    model["ranges"] = {key: [0, 100000] for key in model["ranges"]}
    models["types"] = [dict(model, pe_type=name) for name in types]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(models, file)


def main():
    qadam = os.path.abspath(sys.argv[1])
    with open(os.path.join(HERE, "explore_space.json"), encoding="utf-8") as file:
        space = json.load(file)
    if "--small" in sys.argv[2:]:
        space.update(rows=[16], cols=[16])
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        models = os.path.join(work, "models.json")
        path = os.path.join(work, "space.json")
        out = os.path.join(work, "out")
        write_models(models, space["pe_type"])
        with open(path, "w", encoding="utf-8") as file:
            json.dump(space, file)
        command = [qadam, "explore", path, "--ppa", models, "--no-points", "--output", out]
        for network in NETWORKS:
            command += ["-n", network]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(out, "explore.json"), encoding="utf-8") as file:
            found = json.load(file)["networks"]
    wall = time.monotonic() - begin
    points = sum(n["points"] + n["without_mapping"] for n in found)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime
    designs = points // len(NETWORKS)
    print(f"{designs} designs, {points} evaluations of design and network, "
          f"{cpu:.1f} s of the processor ({1e3 * cpu / designs:.2f} ms a design), "
          f"{wall:.1f} s, {usage.ru_maxrss / 1024:.0f} MiB at most")


main()
