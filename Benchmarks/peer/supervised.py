"""Supervised training of torchvision's R(2+1)D by torch.optim.SGD, from formula weights: the files supervised_*.

Every value is of a float64 run. Of a state the file holds the move since the start, which a wrong rule shows in: whole
where it is small, else its norm and 256 elements. `band.NAME` is the largest distance (L2 norm) at NAME of six float32
runs, five of which start one rounding away: what single precision leaves open there (see `bands`).
"""
import dataclasses

import numpy
import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D, R2Plus1dStem, VideoResNet

import files
import formula

WIDTHS = (64, 128, 256, 512)
BAND_RUNS = 6
# What is no larger is kept whole.
WHOLE = 1152


class NarrowNetwork(VideoResNet):
    """torchvision's network and blocks with other widths, which its constructor does not take."""

    def __init__(self, layers, widths, stem, classes):
        self.widths = dict(zip(WIDTHS, widths))
        super().__init__(BasicBlock, [Conv2Plus1D] * 4, list(layers), lambda: narrow_stem(stem, widths[0]), classes)
        self.fc = nn.Linear(widths[-1], classes)

    def _make_layer(self, block, conv_builder, planes, blocks, stride=1):
        if planes == WIDTHS[0]:
            self.inplanes = self.widths[planes]
        return super()._make_layer(block, conv_builder, self.widths[planes], blocks, stride)


def narrow_stem(middle, planes):
    first, norm, _, second, last, _ = R2Plus1dStem()
    return nn.Sequential(
        nn.Conv3d(3, middle, first.kernel_size, first.stride, first.padding, bias=False), type(norm)(middle), nn.ReLU(),
        nn.Conv3d(middle, planes, second.kernel_size, second.stride, second.padding, bias=False), type(last)(planes),
        nn.ReLU())


@dataclasses.dataclass
class Case:
    frames: int
    size: tuple
    labels: tuple  # of each step
    classes: int
    rate: float
    momentum: float = 0.9
    decay: float = 1e-4
    layers: tuple = (2, 2, 2, 2)
    widths: tuple = WIDTHS
    stem: int = 45
    kept: tuple = (1, 2, 5)  # after which steps the state is
    whole: tuple = ()  # larger tensors that are kept whole
    seed_suffix: str = ""
    # No rectifier of these modules may be decided by rounding in these first steps: each input must be this many times
    # farther from zero than what float32 runs miss at most in its channel. The first suffix is taken that has it so.
    posed_modules: str = ""
    posed_steps: int = 5
    posed_margin: float = 0.5

    def network(self):
        if (self.layers, self.widths, self.stem) == ((2, 2, 2, 2), WIDTHS, 45):
            return torchvision.models.video.r2plus1d_18(weights=None, num_classes=self.classes)
        return NarrowNetwork(self.layers, self.widths, self.stem, self.classes)

    def with_suffix(self, suffix):
        return dataclasses.replace(self, seed_suffix=suffix)

    def metadata(self):
        height, width = self.size
        return {
            "model": "r2plus1d_18", "program": "classify", "weights": "formula", "steps": len(self.labels),
            "batch": len(self.labels[0]), "frames": self.frames,
            "size": height if height == width else f"{height}x{width}", "num_classes": self.classes,
            "layers": ",".join(map(str, self.layers)), "widths": ",".join(map(str, self.widths)), "stem": self.stem,
            "seed_suffix": self.seed_suffix, "sgd_lr": self.rate, "sgd_momentum": self.momentum, "weight_decay": self.decay,
            "torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__,
            "content": "float64 run on fp32 formula weights and batches, rounded to fp32",
        }


CASES = {
    "supervised_r2plus1d_18": Case(
        16, (40, 40), ((1, 6), (4, 2), (0, 5), (3, 1), (6, 2)), 7, 2.0**-17,
        whole=("stem.0.weight", "stem.3.weight", "layer2.0.downsample.0.weight", "fc.weight"),
        kept=(1, 5), posed_modules="layer4.1.relu", posed_steps=1, posed_margin=2),
    "supervised_narrow": Case(
        12, (28, 24), ((1, 0, 4), (3, 3, 2), (0, 1, 4), (2, 4, 3), (1, 2, 0)), 5, 2.0**-10, layers=(1, 2, 1, 1),
        widths=(6, 8, 12, 16), stem=5),
}


def clip(case, step, dtype):
    shape = (len(case.labels[0]), 3, case.frames, *case.size)
    values = 2 * formula.uniform(f"batch{step}.input{case.seed_suffix}", shape)
    return torch.from_numpy(values.astype(numpy.float32)).to(dtype)


def kept(case, name, key, tensor):
    """A state's own part of the file."""
    if tensor.dim() <= 1 and tensor.numel() <= WHOLE or tensor.numel() <= 256 or key in case.whole:
        return {name: tensor}
    flat = tensor.flatten()
    places = torch.arange(256) * 1000003 % len(flat)
    return {f"{name}.l2": flat.double().norm(), f"{name}.sample": flat[places]}


def is_well_posed(case):
    """Whether rounding decides none of the case's `posed_modules`."""
    case = dataclasses.replace(case, labels=case.labels[: case.posed_steps], kept=())

    def inputs(dtype, perturbation=None):
        found = []

        def watch(network):
            for name, module in network.named_modules():
                if isinstance(module, nn.ReLU) and name.startswith(case.posed_modules):
                    module.register_forward_pre_hook(
                        lambda module, values: found.append(values[0].detach().double().transpose(0, 1).flatten(1)))

        train(case, dtype, perturbation, prepare=watch)
        return found

    exact = inputs(torch.float64)
    runs = [inputs(torch.float32), inputs(torch.float32, torch.Generator().manual_seed(8))]
    for index, values in enumerate(exact):
        missed = torch.stack([(run[index] - values).abs().amax(1) for run in runs]).amax(0)
        if (values.abs().amin(1) < case.posed_margin * missed).any():
            return False
    return True


def train(case, dtype, perturbation=None, prepare=lambda network: None):
    """What the file holds of a run, by name."""
    network = case.network().to(dtype)
    formula.fill(network, "", case.seed_suffix)
    if perturbation is not None:
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, generator=perturbation))
    start = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    optimizer = torch.optim.SGD(network.parameters(), case.rate, case.momentum, weight_decay=case.decay)
    network.train()
    prepare(network)
    out = {}
    for step, labels in enumerate(case.labels, 1):
        logits = network(clip(case, step, dtype))
        loss = F.cross_entropy(logits, torch.tensor(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out[f"step{step}.loss"], out[f"step{step}.logits_train"] = loss.detach(), logits.detach()
        if step not in case.kept:
            continue
        for key, tensor in network.state_dict().items():
            if key.endswith("num_batches_tracked"):
                out[f"step{step}.{key}"] = tensor.clone()
            else:
                out.update(kept(case, f"step{step}.moved.{key}", key, tensor.double() - start[key].double()))
        for key, parameter in network.named_parameters():
            velocity = optimizer.state[parameter]["momentum_buffer"]
            out.update(kept(case, f"step{step}.velocity.{key}", key, velocity.clone()))
    return out


def stage(case, name):
    """Whose bands a gradient shares: the classes', those between the last rectifiers, or those of all before. The last
    ones are few, and one that rounding turns makes a large part of what it lets through; whether six runs have met
    one is chance. None for what only a forward pass decides."""
    part, _, key = name.partition(".")[2].partition(".")
    if part not in ("moved", "velocity") or ".running_" in key:
        return None
    last = f"layer4.{case.layers[-1] - 1}.conv2."
    return "fc" if key.startswith("fc.") else "last" if key.startswith((last + "0.3.", last + "1.")) else "before"


def bands(case, exact):
    """By name, the largest distance of float32 runs; of a gradient at least its stage's largest relative one."""
    own, shared = {}, {}
    generator = torch.Generator().manual_seed(7)
    for run in range(BAND_RUNS):
        for name, value in train(case, torch.float32, generator if run else None).items():
            if value.is_floating_point():
                distance = (value.double() - exact[name].double()).norm().item()
                own[name] = max(own.get(name, 0.0), distance)
    # Moves of small gradients are rounded with the parameter: they say nothing of others.
    for name, distance in own.items():
        if ".velocity." in name:
            key = name.split(".")[0], stage(case, name)
            shared[key] = max(shared.get(key, 0.0), distance / exact[name].double().norm().item())
    return {name: max(distance, shared.get((name.split(".")[0], stage(case, name)), 0.0) * exact[name].double().norm().item())
            for name, distance in own.items()}


def expected(case):
    out = train(case, torch.float64)
    found = bands(case, out)
    # What float32 cannot resolve says nothing: moves of a millionth of their weight. Their velocities are there.
    for name in [name for name, band in found.items() if ".moved." in name and band > 0.1 * out[name].double().norm()]:
        del out[name], found[name]
    out.update({f"band.{name}": torch.tensor(band) for name, band in found.items()})
    for step, labels in enumerate(case.labels, 1):
        out[f"batch{step}.labels"] = torch.tensor(labels)
    return out


def make(name, out):
    case = next((case for case in (CASES[name].with_suffix(f"_{attempt}") for attempt in range(200))
                 if is_well_posed(case)), None)
    if case is None:
        raise RuntimeError(f"{name}: no suffix gives steps that single precision follows; take a smaller clip")
    values = expected(case)
    files.write(out / f"{name}.safetensors", values, case.metadata())
    losses = [round(values[f"step{step}.loss"].item(), 6) for step in range(1, len(case.labels) + 1)]
    widest = {}
    for key, value in values.items():
        if key.startswith("band."):
            exact = values[key.removeprefix("band.")].double().norm().item()
            group = " ".join([key.split(".")[1], stage(case, key.removeprefix("band.")) or "forward"])
            widest[group] = max(widest.get(group, 0.0), value.item() / exact)
    said = ", ".join(f"{group} {band:.1e}" for group, band in sorted(widest.items()))
    return f"suffix '{case.seed_suffix}', losses {losses}, bands {said}"
