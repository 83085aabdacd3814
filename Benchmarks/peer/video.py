"""torchvision's R(2+1)D (VideoResNet of Conv2Plus1D): on formula weights the files r2plus1d_*, and one to be timed."""
import dataclasses
import json

import numpy
import torch
import torchvision
from torch.nn import functional as F
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D, R2Plus1dStem, VideoResNet

import files
import formula


@dataclasses.dataclass
class Case:
    layers: tuple
    frames: int
    size: tuple
    labels: tuple
    seed_suffix: str
    num_classes: int = 400

    @staticmethod
    def from_metadata(metadata):
        size = [int(part) for part in metadata["size"].split("x")]
        return Case(
            tuple(int(part) for part in metadata["layers"].split(",")), int(metadata["frames"]), (size[0], size[-1]),
            tuple(int(part) for part in metadata["labels"].split(",")), metadata.get("seed_suffix", ""),
            int(metadata["num_classes"]))

    def network(self, dtype):
        network = VideoResNet(BasicBlock, [Conv2Plus1D] * 4, list(self.layers), R2Plus1dStem, self.num_classes)
        network = network.to(dtype)
        formula.fill(network, "", self.seed_suffix)
        return network

    def clip(self, dtype):
        shape = (len(self.labels), 3, self.frames, *self.size)
        values = 2 * formula.uniform("input" + self.seed_suffix, shape)
        return torch.from_numpy(values.astype(numpy.float32)).to(dtype)


CASES = {
    "r2plus1d_18_tv_b": Case((2, 2, 2, 2), 8, (64, 80), (17, 399), "_b"),
    "r2plus1d_10_tv_b": Case((1, 1, 1, 1), 8, (64, 80), (0, 99), "_b", 100),
    "r2plus1d_34_tv_b": Case((3, 4, 6, 3), 8, (64, 64), (5, 250), "_b"),
    "r2plus1d_18_tv_odd": Case((2, 2, 2, 2), 11, (50, 37), (1, 2, 0), "_odd", 7),
}


def expected(case, dtype=torch.float64):
    network, clip = case.network(dtype), case.clip(dtype)
    labels = torch.tensor(case.labels)
    out = {"labels": labels, "input_first16": formula.first16(clip)}
    kept = {}
    handles = [
        network.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: kept.update({name: output}))
        for name in ("stem", "layer1", "layer2", "layer3", "layer4")
    ]
    network.eval()
    with torch.no_grad():
        out["logits_eval"] = network(clip)
    for handle in handles:
        handle.remove()
    for name, value in kept.items():
        parts = formula.reduced("", value, ("sum", "l2", "first16") if name == "stem" else ("l2", "first16"))
        out.update({f"{name}_eval_{part[1:]}": number for part, number in parts.items()})
    network.train()
    logits = network(clip)
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    out["logits_train"], out["loss"] = logits, loss
    for name, parameter in network.named_parameters():
        out.update(formula.reduced(f"grad.{name}", parameter.grad))
    for name, tensor in network.named_buffers():
        if ".running_" in name:
            out.update(formula.reduced(f"running.{name}", tensor, ("l2", "first16")))
    return out


def make(name, out):
    case = CASES[name]
    values = expected(case)
    height, width = case.size
    metadata = {
        "model": "r2plus1d_18", "program": "classify", "weights": "formula", "batch": len(case.labels),
        "frames": case.frames, "size": height if height == width else f"{height}x{width}",
        "layers": ",".join(map(str, case.layers)), "labels": ",".join(map(str, case.labels)),
        "num_classes": case.num_classes, "seed_suffix": case.seed_suffix, "bn_eps": "1e-05", "bn_momentum": "0.1",
        "torch": torch.__version__, "torchvision": torchvision.__version__, "numpy": numpy.__version__,
        "state_dict_shapes": json.dumps([[n, list(t.shape)] for n, t in case.network(torch.float32).state_dict().items()]),
        "content": "float64 run on the fp32 formula weights, rounded to fp32",
    }
    files.write(out / f"{name}.safetensors", values, metadata)
    return f"loss {values['loss'].item():.6f}"


class Supervised:
    """torchvision's r2plus1d_18 trained by torch.optim.SGD, from the tensors that mclc starts from."""

    def __init__(self, tensors, metadata, memory_format):
        self.memory_format = memory_format
        network = torchvision.models.video.r2plus1d_18(weights=None, num_classes=len(tensors["fc.bias"]))
        network.load_state_dict({name: tensors[name].reshape(own.shape) for name, own in network.state_dict().items()})
        self.network = network.to(memory_format=memory_format).train()
        self.optimizer = torch.optim.SGD(
            network.parameters(), float(metadata.get("sgd_lr", 0.01)), momentum=0.9, weight_decay=1e-4)

    def prepare(self, clip):
        return clip.contiguous(memory_format=self.memory_format)

    def step(self, clip, labels):
        loss = F.cross_entropy(self.network(clip), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()
