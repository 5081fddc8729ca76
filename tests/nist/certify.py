#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Recomputes the certified coefficients of tests/nist/*.csv in exact fractions.

The files hold linear problems of the NIST Statistical Reference Datasets
(https://www.itl.nist.gov/div898/strd/): y and x as printed there, the model's powers of
x ("columns": 1 and every column), and the certified coefficients. The normal equations
are solved without rounding, so that a slip in the data or a certified value shows.

usage: tests/nist/certify.py FILE...

Prints "N passed, N failed".
"""
import sys
from fractions import Fraction

DIGITS = Fraction(1, 10**14)  # the certified values have 15 digits


def read(path):
    """(rows of the design matrix, y, certified) in fractions."""
    with open(path, encoding="ascii") as file:
        lines = file.read().splitlines()
    model = lines[0].removeprefix("# model: ").split()
    certified = [Fraction(c) for c in lines[1].removeprefix("# certified: ").split()]
    data = [[Fraction(v) for v in line.split(",")] for line in lines[3:]]
    if model[0] == "powers":
        rows = [[x**int(n) for n in model[1:]] for _, x in data]
    else:
        rows = [[Fraction(1), *xs] for _, *xs in data]
    return rows, [row[0] for row in data], certified


def solve(rows, y):
    """Least squares by the normal equations and Gauss-Jordan elimination."""
    count = len(rows[0])
    table = [[sum(row[i] * row[j] for row in rows) for j in range(count)]
             + [sum(row[i] * v for row, v in zip(rows, y))] for i in range(count)]
    for i in range(count):
        pivot = next(k for k in range(i, count) if table[k][i] != 0)
        table[i], table[pivot] = table[pivot], table[i]
        table[i] = [v / table[i][i] for v in table[i]]
        for k in range(count):
            if k != i:
                table[k] = [a - table[k][i] * b for a, b in zip(table[k], table[i])]
    return [row[count] for row in table]


def main():
    failed = 0
    for path in sys.argv[1:]:
        rows, y, certified = read(path)
        exact = solve(rows, y)
        worst = max(abs(e - c) / abs(e) for e, c in zip(exact, certified))
        if worst > DIGITS or len(exact) != len(certified):
            print(f"{path}: certified values differ from the exact ones by {float(worst):.1e}")
            failed += 1
    print(f"{len(sys.argv) - 1 - failed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
