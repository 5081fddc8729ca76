#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what predict_layers prints with the JSON result of `qadam predict`.

usage: compare.py PRINTED JSON
"""
import json
import sys


def lookup(result, path):
    for key in path.split("."):
        result = result[key]
    return result


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        result = json.load(file)
    want = {layer["name"]: layer for layer in result["layers"]}
    want["total"] = result["total"]
    seen = set()
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            layer, count, value = line.split()
            seen.add((layer, count))
            if lookup(want[layer], count) != (float(value) if count == "utilization"
                                              else int(value)):
                sys.exit(f"{layer} {count} = {value}, want {lookup(want[layer], count)}")
    missing = {(layer, "accesses." + key) for layer in want
               for key in want[layer]["accesses"]} - seen
    if missing or len(seen) != 24 * len(want):
        sys.exit(f"{len(seen)} counts printed, missing: {sorted(missing)}")


main()
