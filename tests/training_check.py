#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check training: what PyTorch recognizes is what the hardware's arithmetic recognizes.

    training_check.py QADAM

Trains the small network of accuracy_check.py for a few steps. For every type `qadam
accuracy` must recognize as many images with the written weights as PyTorch did; weights
must be on their grids, also in the ONNX file; training that was interrupted must end like
one that was not. Exit status 77 without PyTorch, 1 when anything is wrong.
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__))))
from accuracy_check import Checks, make, run

HERE = os.path.dirname(os.path.abspath(__file__))
TRAINING = os.path.join(HERE, "..", "models", "training")
sys.path.insert(0, TRAINING)

LAYERS = ("conv1", "conv2a", "conv2b", "conv3", "fc")


class Trainer:
    def __init__(self, qadam, folder, checks):
        self.qadam, self.folder, self.checks = qadam, folder, checks

    def path(self, name):
        return os.path.join(self.folder, name)

    def train(self, network, pe_type, output, *more):
        command = [os.path.join(TRAINING, "train.py"), self.path(network), "--threads", "1"]
        command += ["--data", self.folder, "--pe", pe_type, "-o", self.path(output)]
        done = subprocess.run(
            [*command, "--json", self.path("trained.json"), *more],
            check=False,
            stdout=subprocess.PIPE,
        )
        if done.returncode == 77:
            sys.exit(77)
        if done.returncode != 0:
            sys.exit(f"train.py: exit status {done.returncode}")
        with open(self.path("trained.json"), encoding="ascii") as f:
            return json.load(f)["trials"]

    def recognized(self, network, pe_type):
        out = self.path("accuracy.json")
        run(
            *[self.qadam, "accuracy", self.path(network), "--data", self.folder],
            *["--pe", pe_type, "--json", out],
        )
        with open(out, encoding="ascii") as f:
            return json.load(f)["types"][0]

    def check(self, pe_type, network, right):
        got = self.recognized(network, pe_type)
        self.checks.check(
            got["right"] == right,
            f"{network}, {pe_type}: {got['right']} recognized, PyTorch {right}",
        )


def check_grids(trainer, network, pe_type):
    import files
    import torch
    from grids import PeType

    with open(trainer.path(network), encoding="ascii") as f:
        net = json.load(f)
    tensors = files.read_tensors(trainer.path(net["weights"]))
    for name in LAYERS:
        bits = net["scales"][pe_type][name]["weight_frac_bits"]
        weights = tensors[name + ".weights"]
        on_grid = torch.equal(PeType(pe_type).weight(weights, bits), weights)
        trainer.checks.check(on_grid, f"{network}: {name} is not on its grid")
    return tensors


def check_onnx(trainer, path, tensors):
    """Initializers are stored as raw bytes."""
    with open(path, "rb") as f:
        data = f.read()
    for name in LAYERS:
        raw = tensors[name + ".weights"].numpy().tobytes()
        trainer.checks.check(raw in data, f"{path}: the weights of {name} are not in it")


def main():
    try:
        import torch  # noqa: F401
    except ImportError:
        print("no PyTorch for this Python")
        return 77
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        trainer = Trainer(os.path.abspath(sys.argv[1]), folder, checks)
        net, scaled = trainer.path("tiny.json"), trainer.path("scaled.json")
        run(trainer.qadam, "calibrate", net, "--data", folder, "-o", scaled)
        for pe_type in ("lightpe1", "lightpe2", "int8", "int4"):
            none = trainer.train("scaled.json", pe_type, "none.json", "--tune", "--epochs", "0")
            trainer.check(pe_type, "scaled.json", none[0]["right"])
            out, onnx = f"{pe_type}.json", trainer.path(f"{pe_type}.onnx")
            more = ["--tune", "--epochs", "2", "--rate", "0.005", "--onnx", onnx]
            trial = trainer.train("scaled.json", pe_type, out, *more)[0]
            trainer.check(pe_type, out, trial["right"])
            check_onnx(trainer, onnx, check_grids(trainer, out, pe_type))
            losses = [e["loss"] for e in trial["epochs"]]
            checks.check(losses[1] < losses[0], f"{pe_type}: loss {losses}")
        for pe_type in ("fp32", "lightpe2"):
            trials = trainer.train(
                "tiny.json", pe_type, "new.json", "--epochs", "12", "--trials", "2"
            )
            trainer.check(pe_type, "new.json", trials[0]["right"])
            trainer.check(pe_type, "new.seed2.json", trials[1]["right"])
            checks.check(trials[0]["right"] > 60, f"{pe_type}: nothing learned: {trials[0]}")
            for seed in (1, 2):
                os.remove(trainer.path(f"new.seed{seed}.checkpoint"))
        for _ in range(2):  # one epoch each, the second goes on with the checkpoint
            trainer.train(
                "scaled.json",
                "lightpe1",
                "parts.json",
                *["--tune", "--epochs", "2", "--rate", "0.005", "--minutes", "1e-9"],
            )
        with open(trainer.path("parts.safetensors"), "rb") as a:
            with open(trainer.path("lightpe1.safetensors"), "rb") as b:
                checks.check(a.read() == b.read(), "interrupted training ends differently")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
