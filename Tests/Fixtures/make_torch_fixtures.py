"""Writes torch_*.pth and torch_*.safetensors: what PyTorch saves, and what reading it must give.

python3 make_torch_fixtures.py, with torch and safetensors; run in this folder."""
import argparse
import collections
import os

import torch
from safetensors.torch import save_file

torch.manual_seed(5)
block = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
kinds = {
    "transposed": block.permute(2, 0, 1), "slice": block[:, 1:, ::2], "whole": block,
    "half": torch.randn(5).half(), "brain": torch.randn(5).bfloat16(),
    "float64": torch.randn(3, dtype=torch.float64), "int64": torch.tensor(-5),
    "int32": torch.tensor([1, -2], dtype=torch.int32), "int16": torch.tensor([-7], dtype=torch.int16),
    "int8": torch.tensor([-7, 7], dtype=torch.int8), "uint8": torch.tensor([200, 0], dtype=torch.uint8),
    "bool": torch.tensor([True, False]), "empty": torch.zeros(0, 3),
    "parameter": torch.nn.Parameter(torch.randn(2)),
}
torch.save(kinds, "torch_kinds.pth")
torch.save(kinds, "torch_kinds_4.pth", pickle_protocol=4)
torch.save(kinds, "torch_kinds_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(kinds, "torch_kinds_legacy_4.pth", _use_new_zipfile_serialization=False, pickle_protocol=4)


def widened(tensor):
    if tensor.dtype in (torch.float16, torch.bfloat16):
        return tensor.float()
    if tensor.dtype in (torch.int8, torch.int16, torch.int32):
        return tensor.long()
    return tensor.byte() if tensor.dtype == torch.bool else tensor


save_file({k: widened(v.detach()).contiguous().clone() for k, v in kinds.items()}, "torch_kinds.safetensors")

# As the published training script saves it: options, modules in DistributedDataParallel, queue, optimizer, schedule.
weight = torch.nn.Parameter(torch.randn(3, 2))
optimizer = torch.optim.SGD([weight], 0.1, momentum=0.9)
weight.sum().backward()
optimizer.step()
model = collections.OrderedDict(
    [("module.backbone.w", weight.detach()), ("module.backbone.n", torch.tensor(3))])
model._metadata = collections.OrderedDict({"": {"version": 1}})
torch.save({
    "opt": argparse.Namespace(base_learning_rate=0.01, dataset="ucf101", lr_decay_epochs=[120, 160], resume=None),
    "model": model, "model_ema": {k: v + 1 for k, v in model.items()},
    "contrast": {"params": torch.tensor([-1]), "memory": torch.ones(4, 2)},
    "optimizer": optimizer.state_dict(),
    "scheduler": torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4]).state_dict(), "epoch": 3,
}, "torch_mcl.pth")
save_file({
    "backbone.w": weight.detach(), "backbone.n": torch.tensor(3), "k.backbone.w": weight.detach() + 1,
    "k.backbone.n": torch.tensor(4), "queue": torch.ones(4, 2)}, "torch_mcl.safetensors")


class Attack:
    def __reduce__(self):
        return os.system, ("touch /tmp/mclc-unpickler-was-here",)


torch.save({"w": torch.zeros(2), "attack": Attack()}, "torch_attack.pth")
torch.save({"w": torch.zeros(2), "attack": Attack()}, "torch_attack_legacy.pth", _use_new_zipfile_serialization=False)
