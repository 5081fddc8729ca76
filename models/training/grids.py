# SPDX-License-Identifier: Apache-2.0
"""The numbers of a PE type in PyTorch: projection onto its grids, with a straight-through
estimator.

A grid is named by frac_bits as in a network file's "scales": a number stands for an integer
times 2^-frac_bits. Rounding is that of pe_lib/quantize.h: to nearest, ties to even, of a
type's own weights to the smaller magnitude; saturating.
"""
import json
import math
import os

import torch

HOME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def weight_levels(name, weight_bits, weight_frac_bits):
    """All integers that weight words stand for, ascending; None: every one."""
    if weight_frac_bits == 0:
        return None
    unit = 2**weight_frac_bits
    term = [0] + [s * (unit >> n) for n in range(7) for s in (1, -1)]
    terms = {"lightpe1": 1, "lightpe2": 2}.get(name)
    if terms is None or weight_bits != 4 * terms:
        raise SystemExit(f"PE type {name}: training does not know its weights")
    values = {a + b for a in term for b in term} if terms == 2 else set(term)
    return torch.tensor(sorted(values), dtype=torch.float32)


class PeType:
    """Traits of a type, from its folder of pe_lib/."""

    def __init__(self, name):
        path = os.path.join(HOME, "pe_lib", name, "traits.json")
        try:
            with open(path, encoding="ascii") as f:
                traits = json.load(f)
        except OSError:
            raise SystemExit(f"no PE type '{name}' in pe_lib/") from None
        self.name = name
        self.is_float = traits["kind"] == "float"
        self.act_bits, self.weight_bits = traits["act_bits"], traits["weight_bits"]
        self.psum_bits = traits["psum_bits_default"]
        if self.is_float:
            return
        self.levels = weight_levels(
            name, self.weight_bits, traits.get("weight_frac_bits", 0)
        )
        top = 2 ** (self.weight_bits - 1) - 1
        self.weight_top = top if self.levels is None else int(self.levels[-1])

    def act(self, x, frac_bits):
        return self._linear(x, frac_bits, self.act_bits)

    def bias(self, x, frac_bits):
        return self._linear(x.double(), frac_bits, self.psum_bits).float()

    def weight(self, x, frac_bits):
        if self.levels is None:
            return self._linear(x, frac_bits, self.weight_bits)
        scale = 2.0**frac_bits
        levels = self.levels.to(x.device)
        scaled = (x * scale).clamp(levels[0], levels[-1])
        up = torch.bucketize(scaled.detach(), levels).clamp(1, len(levels) - 1)
        low, high = levels[up - 1], levels[up]
        down, rest = scaled.detach() - low, high - scaled.detach()
        take_low = (down < rest) | ((down == rest) & (low.abs() < high.abs()))
        return through(scaled, torch.where(take_low, low, high)) / scale

    @staticmethod
    def _linear(x, frac_bits, bits):
        scale, top = 2.0**frac_bits, 2 ** (bits - 1)
        scaled = (x * scale).clamp(-top, top - 1)
        return through(scaled, scaled.detach().round()) / scale


def through(x, projected):
    """projected, with the gradient of x; none where x was clamped."""
    return x + (projected - x).detach()


def range_frac_bits(largest, top):
    """The finest grid on which the largest magnitude does not saturate."""
    return math.floor(math.log2(top / largest)) if largest > 0 else 0
