"""Writes Tests/Goldens/finetune_narrow.safetensors: five optimizer steps of fine-tuning by PyTorch, two batches each.

torchvision's R(2+1)D, narrow and of two stages, with dropout before the classes: torch.optim.SGD with Nesterov's
momentum and weight decay, gradients of (loss / 2) added up, clip_grad_norm_ before each step. The masks are given: an
element of the pooled feature is kept where its draw is at least the rate, and divided by 1 - rate.

start.NAME           the state dict before the first step
runK.input           u8, decoded as (2 u - 255) / 128; runK.labels i64; runK.draws f32, what dropout compares
runK.loss            K from 1 to 10
stepS.gradient_norm  before it is clipped: above and below the bound
stepS.moved.NAME     a parameter after step S less its start; stepS.velocity.NAME PyTorch's momentum_buffer; S in 1, 2, 5
step5.NAME           batch norm's statistics
band.X               the largest L2 distance at X of six float32 runs, five of which start one rounding away

All values are of a float64 run. The seed is the first for which float32 agrees to half of the gate of 1e-4.
Run: pip install numpy torch torchvision safetensors, then python3 make_finetune_fixtures.py
"""
import pathlib
import sys

import numpy as np
import torch
import torchvision
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks" / "peer"))
from supervised import NarrowNetwork  # noqa: E402

LAYERS, WIDTHS, STEM, CLASSES = (1, 1), (6, 8), 4, 5
BATCH, FRAMES, SIZE = 3, 4, (12, 16)
RATE, MOMENTUM, DECAY, DROPOUT, STEPS, ACCUMULATE = 0.125, 0.9, 1e-2, 0.75, 5, 2
KEPT = (1, 2, 5)


class Network(NarrowNetwork):
    def __init__(self):
        super().__init__((1, 1, 1, 1), WIDTHS + (9, 10), STEM, CLASSES)
        self.layer3 = self.layer4 = nn.Identity()
        self.fc = nn.Linear(WIDTHS[1], CLASSES)

    def forward(self, clip, mask):
        features = self.avgpool(self.layer2(self.layer1(self.stem(clip)))).flatten(1)
        return self.fc(features * mask)


def data(seed):
    generator = np.random.default_rng(seed)
    runs = []
    for _ in range(STEPS * ACCUMULATE):
        runs.append({
            "input": generator.integers(0, 256, (BATCH, 3, FRAMES, *SIZE), dtype=np.uint8),
            "labels": generator.integers(0, CLASSES, BATCH),
            "draws": generator.random((BATCH, WIDTHS[1]), dtype=np.float32),
        })
    torch.manual_seed(seed)
    return runs, {name: tensor.clone() for name, tensor in Network().state_dict().items()}


def train(runs, start, bound, dtype, perturbation=None):
    network = Network()
    network.load_state_dict(start)
    network = network.to(dtype).train()
    if perturbation is not None:
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, generator=perturbation))
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    optimizer = torch.optim.SGD(network.parameters(), RATE, MOMENTUM, weight_decay=DECAY, nesterov=True)
    values = {}
    for number, run in enumerate(runs, 1):
        clip = torch.from_numpy((2 * run["input"].astype(np.float32) - 255) / 128).to(dtype)
        mask = torch.from_numpy(run["draws"] >= DROPOUT).to(dtype) / (1 - DROPOUT)
        loss = F.cross_entropy(network(clip, mask), torch.from_numpy(run["labels"]))
        values[f"run{number}.loss"] = loss
        (loss / ACCUMULATE).backward()
        if number % ACCUMULATE:
            continue
        step = number // ACCUMULATE
        values[f"step{step}.gradient_norm"] = nn.utils.clip_grad_norm_(network.parameters(), bound)
        optimizer.step()
        optimizer.zero_grad()
        if step in KEPT:
            for name, parameter in network.named_parameters():
                values[f"step{step}.moved.{name}"] = parameter - before[name]
                values[f"step{step}.velocity.{name}"] = optimizer.state[parameter]["momentum_buffer"].clone()
    for name, buffer in network.named_buffers():
        values[f"step{STEPS}.{name}"] = buffer
    return {name: value.detach().double().numpy().copy() for name, value in values.items()}


def bands(exact, runs, start, bound):
    found = {name: 0.0 for name in exact}
    for number in range(6):
        generator = torch.Generator().manual_seed(number) if number else None
        for name, value in train(runs, start, bound, torch.float32, generator).items():
            found[name] = max(found[name], float(np.linalg.norm(value - exact[name])))
    return found


def main():
    torch.set_num_threads(1)
    for seed in range(1, 200):
        runs, start = data(seed)
        free = train(runs, start, float("inf"), torch.float64)
        # A bound between the norms of the first steps, in three digits.
        norms = [float(free[f"step{step}.gradient_norm"]) for step in (1, 2)]
        bound = float(f"{(norms[0] * norms[1]) ** 0.5:.3g}")
        exact = train(runs, start, bound, torch.float64)
        clipped = [float(exact[f"step{step}.gradient_norm"]) / bound for step in range(1, STEPS + 1)]
        if not (max(clipped) > 1.1 and min(clipped) < 0.9 and all(abs(ratio - 1) > 0.02 for ratio in clipped)):
            continue
        band = bands(exact, runs, start, bound)
        worst = max(band[name] / max(float(np.linalg.norm(exact[name])), 1e-12) for name in exact)
        print(seed, bound, [f"{ratio:.2f}" for ratio in clipped], worst, flush=True)
        if worst < 5e-5:
            break
    tensors = {f"start.{name}": tensor.numpy() for name, tensor in start.items()}
    for number, run in enumerate(runs, 1):
        tensors |= {f"run{number}.{name}": np.ascontiguousarray(value) for name, value in run.items()}
    for name, value in exact.items():
        tensors[name] = value.astype(np.int64 if name.endswith("tracked") else np.float32)
        if not name.endswith("tracked"):
            tensors[f"band.{name}"] = np.float32(band[name]).reshape(1)
    metadata = {
        "layers": "1,1", "widths": "6,8", "stem": STEM, "num_classes": CLASSES, "batch": BATCH, "frames": FRAMES,
        "size": "12x16", "sgd_lr": RATE, "sgd_momentum": MOMENTUM, "weight_decay": DECAY, "dropout": DROPOUT,
        "accumulate": ACCUMULATE, "clip_norm": bound, "steps": STEPS, "seed": seed, "torch": torch.__version__,
        "torchvision": torchvision.__version__,
    }
    save_file(tensors, str(ROOT / "Tests" / "Goldens" / "finetune_narrow.safetensors"),
              metadata={key: str(value) for key, value in metadata.items()})


main()
