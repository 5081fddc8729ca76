#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Train a network in the arithmetic of a PE type (docs/accuracy.md).

Weights, biases and activations are projected onto the type's grids in every step, with a
straight-through estimator. Without --tune the network is trained from scratch by the recipe
of the QADAM paper, section IV-B: SGD with Nesterov momentum, weight decay 0.0005, batches of
128, learning rate 0.1 divided by 5 after epochs 60, 120 and 160, 200 epochs; with batch
normalization, which is folded into the weights. With --tune it starts from the weights and
"scales" of the network's file (qadam import, qadam calibrate) and keeps the scales. PE type
float trains without projection.
"""
import argparse
import json
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
try:
    import torch
    from torch.nn import functional as F
except ImportError:
    print("no PyTorch for this Python (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)

import files
from grids import PeType
from network import Network

PAPER = {"epochs": 200, "rate": 0.1, "decay": 0.0005, "drops": [60, 120, 160]}
TUNE = {"epochs": 10, "rate": 0.0005, "decay": 0.0001, "drops": None}
MOMENTUM, BATCH, FACTOR, CROP = 0.9, 128, 0.2, 4


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("network", metavar="NET", help="network file")
    parser.add_argument("--data", required=True, help="folder of CIFAR binary files")
    parser.add_argument("--pe", required=True, metavar="TYPE", help="PE type, or float")
    parser.add_argument("-o", "--output", required=True, metavar="NET2")
    parser.add_argument("--tune", action="store_true", help="start from trained weights")
    parser.add_argument("--epochs", type=int, help="200; with --tune 10")
    parser.add_argument("--rate", type=float, help="learning rate: 0.1; with --tune 0.0005")
    parser.add_argument("--images", type=int, help="only the first N training images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trials", type=int, default=1, help="with seeds from --seed on")
    parser.add_argument("--minutes", type=float, help="end after the epoch that passes it")
    parser.add_argument("--threads", type=int, help="of the processor")
    parser.add_argument("--json", metavar="FILE", help="write the result as JSON")
    parser.add_argument("--onnx", metavar="FILE", help="write the network as ONNX too")
    return parser.parse_args()


def device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Job:
    """What all trials share."""

    def __init__(self, args):
        self.args = args
        with open(args.network, encoding="utf-8") as f:
            self.net = json.load(f)
        self.type = PeType("fp32" if args.pe == "float" else args.pe)
        train, test, self.classes = files.read_images(args.data)
        count = args.images or len(train[0])
        self.train = [x[:count].to(device()) for x in train]
        self.test = [x.to(device()) for x in test]
        self.recipe = dict(TUNE if args.tune else PAPER)
        given = {"epochs": args.epochs, "rate": args.rate}
        self.recipe.update({k: v for k, v in given.items() if v is not None})
        moments = self.net.get("preprocess", {"mean": [0] * 3, "deviation": [1] * 3})
        self.mean, self.deviation = (
            torch.tensor(moments[k], dtype=torch.float64, device=device())[:, None, None]
            for k in ("mean", "deviation")
        )

    def input_of(self, images):
        """As `qadam accuracy` does it, in double precision."""
        return ((images.double() / 255 - self.mean) / self.deviation).float()

    def start(self):
        """The network before training."""
        if not self.args.tune:
            return Network(self.net, self.type, normalized=True).to(device())
        scales = self.net.get("scales", {}).get(self.type.name)
        if scales is None and not self.type.is_float:
            raise SystemExit(
                f"{self.args.network} has no scales of {self.type.name}: "
                "run 'qadam calibrate' first"
            )
        if "weights" not in self.net:
            raise SystemExit(f"{self.args.network} has no weights to start from")
        model = Network(self.net, self.type, scales or {})
        folder = os.path.dirname(self.args.network)
        model.load(files.read_tensors(os.path.join(folder, self.net["weights"])))
        return model.to(device())


def augmented(images, generator):
    """Each image moved by up to CROP pixels and maybe mirrored; zeros move in."""
    n, side = len(images), images.shape[-1]
    padded = F.pad(images, [CROP] * 4)
    by = torch.randint(0, 2 * CROP + 1, (2, n, 1), generator=generator)
    flip = torch.randint(0, 2, (n, 1), generator=generator).bool()
    line = torch.arange(side).expand(n, side)
    rows = (line + by[0]).to(images.device)
    columns = (torch.where(flip, side - 1 - line, line) + by[1]).to(images.device)
    at = torch.arange(n, device=images.device)[:, None, None]
    return padded[at, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def evaluate(job, model):
    """How many test images are recognized."""
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in zip(*(x.split(500) for x in job.test)):
            right += int((model(job.input_of(images)).argmax(1) == labels).sum())
    return right


def rate_of(recipe, epoch, part):
    """Steps of the paper's recipe; a cosine for tuning."""
    if recipe["drops"] is not None:
        return recipe["rate"] * FACTOR ** sum(epoch >= d for d in recipe["drops"])
    done = (epoch + part) / recipe["epochs"]
    return recipe["rate"] * 0.5 * (1 + float(torch.cos(torch.tensor(done * torch.pi))))


def run_epoch(job, model, optimizer, generator, epoch, say):
    model.train()
    order = torch.randperm(len(job.train[0]), generator=generator)
    batches = order.split(BATCH)
    total = 0.0
    for i, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = rate_of(job.recipe, epoch, i / len(batches))
        batch = batch.to(device())
        images = augmented(job.input_of(job.train[0][batch]), generator)
        loss = F.cross_entropy(model(images), job.train[1][batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += float(loss.detach())
        say(f"epoch {epoch + 1}, batch {i + 1} of {len(batches)}: loss {float(loss):.3f}")
    return total / len(batches)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def signature(job, seed):
    """What a checkpoint must have been made with."""
    args = job.args
    return [job.net, args.pe, args.tune, args.images, seed, job.recipe]


def run_trial(job, seed, checkpoint):
    """Train with one seed, going on from the checkpoint if there is one."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model, began, epoch, history = job.start(), time.monotonic(), 0, []
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=job.recipe["rate"],
        momentum=MOMENTUM,
        nesterov=True,
        weight_decay=job.recipe["decay"],
    )
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, map_location=device())
        if state["signature"] != signature(job, seed):
            raise SystemExit(f"{checkpoint} is of another training, remove it")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        generator.set_state(state["generator"].cpu())
        epoch, history = state["epoch"], state["history"]
        print(f"seed {seed}: goes on after epoch {epoch}")
    while epoch < job.recipe["epochs"]:
        loss = run_epoch(job, model, optimizer, generator, epoch, progress)
        epoch += 1
        right = evaluate(job, model)
        top1 = 100 * right / len(job.test[0])
        history.append({"epoch": epoch, "loss": loss, "top1_percent": top1})
        progress("")
        print(f"seed {seed}, epoch {epoch}: loss {loss:.4f}, top-1 {top1:.2f} %", flush=True)
        state = {
            "signature": signature(job, seed),
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "generator": generator.get_state(),
            "epoch": epoch,
            "history": history,
        }
        files.replace(checkpoint, lambda f, s=state: torch.save(s, f))
        if job.args.minutes and time.monotonic() - began > 60 * job.args.minutes:
            break
    model.eval()
    return model, evaluate(job, model), history


def write_onnx(job, model, path):
    """The plain network with the projected weights, for inputs as the images are."""
    plain = Network(job.net, PeType("fp32"), {})
    plain.load({k: v.cpu() for k, v in model.tensors().items()})
    plain.eval()
    shape = [1] + [job.net["input"][k] for k in ("channels", "height", "width")]
    files.replace(
        path,
        lambda f: torch.onnx.export(
            plain,
            torch.zeros(shape),
            f,
            opset_version=11,
            input_names=["input"],
            output_names=["output"],
        ),
    )


def write_network(job, model, path):
    """Tensors that are exactly on the grids, and a network file with the scales."""
    net = dict(job.net)
    stem = path[: -len(".json")] if path.endswith(".json") else path
    net["weights"] = os.path.basename(stem) + ".safetensors"
    net["scales"] = {} if model.type.is_float else {model.type.name: model.scales()}
    with torch.no_grad():
        files.write_tensors(stem + ".safetensors", model.tensors())
    files.write_json(path, net)


def main():
    args = parse()
    if args.threads:
        torch.set_num_threads(args.threads)
    job = Job(args)
    stem = args.output[: -len(".json")] if args.output.endswith(".json") else args.output
    trials = []
    for seed in range(args.seed, args.seed + args.trials):
        model, right, history = run_trial(job, seed, f"{stem}.seed{seed}.checkpoint")
        name = args.output if seed == args.seed else f"{stem}.seed{seed}.json"
        with torch.no_grad():
            write_network(job, model, name)
            if args.onnx and seed == args.seed:
                write_onnx(job, model, args.onnx)
        top1 = 100 * right / len(job.test[0])
        trials.append(
            {"seed": seed, "right": right, "top1_percent": top1, "epochs": history}
        )
    values = [t["top1_percent"] for t in trials]
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    print(f"top-1 {statistics.mean(values):.2f} %, deviation {deviation:.2f} over {len(values)}")
    if args.json:
        result = {
            "network": job.net["name"],
            "pe_type": args.pe,
            "tune": args.tune,
            "recipe": job.recipe,
            "batch": BATCH,
            "train_images": len(job.train[0]),
            "test_images": len(job.test[0]),
            "torch": torch.__version__,
            "top1_percent_mean": statistics.mean(values),
            "top1_percent_deviation": deviation,
            "trials": trials,
        }
        files.write_json(args.json, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
