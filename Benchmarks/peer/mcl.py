"""The whole MCL training step in PyTorch, written from the reference (sections 1 to 3).

It is the peer of mclc: a second source of numbers (make_golden.py) and the thing to be timed against (bench.py).
Names of modules are those of the published checkpoints, so a state dictionary needs no renaming.
"""
import dataclasses

import torch
import torch.nn.functional as F
from torch import nn


@dataclasses.dataclass
class Configuration:
    block: str = "bottleneck"
    layers: tuple = (3, 4, 6, 3)
    widths: tuple = (64, 128, 256, 512)
    stem: int = 64
    frames: int = 16
    size: tuple = (224, 224)  # height, width
    batch: int = 8
    num_channels: int = 128
    mlp_layers: int = 2
    queue_size: int = 131072
    queue_index_start: int = 0
    temperature: float = 0.1
    temperature_intra: float = 0.1
    alpha: float = 0.999
    sgd_lr: float = 0.01
    sgd_momentum: float = 0.9
    weight_decay: float = 1e-4
    order_weight: float = 1.0
    mal_weight: float = 1.0
    accumulate: int = 1  # batches whose gradients are averaged for one update
    clip_norm: float = 0.0  # 0: no clipping
    bn_groups: int = 1

    @property
    def expansion(self):
        return 4 if self.block == "bottleneck" else 1

    @property
    def features(self):
        return self.widths[-1] * self.expansion

    @property
    def target_module(self):
        last = "conv3" if self.block == "bottleneck" else "conv2_t"
        return f"backbone.layer{len(self.layers)}.{self.layers[-1] - 1}.{last}"

    @property
    def map_shape(self):
        times = (self.frames - 4) // 4 + 1
        return [self.batch, times, -(-self.size[0] // 32), -(-self.size[1] // 32)]

    @property
    def clip_shape(self):
        return [self.batch, 3, self.frames, *self.size]

    @staticmethod
    def from_metadata(metadata):
        """The configuration keys of a safetensors file; `size` is S or HxW, lists are separated by commas."""
        values = {}
        for field in dataclasses.fields(Configuration):
            if field.name not in metadata:
                continue
            text = metadata[field.name]
            if field.name in ("layers", "widths"):
                values[field.name] = tuple(int(part) for part in text.split(","))
            elif field.name == "size":
                parts = [int(part) for part in text.split("x")]
                values["size"] = (parts[0], parts[-1])
            else:
                values[field.name] = type(field.default)(text)
        return Configuration(**values)

    def metadata(self):
        result = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "size":
                result["size"] = f"{value[0]}" if value[0] == value[1] else f"{value[0]}x{value[1]}"
            elif isinstance(value, tuple):
                result[field.name] = ",".join(str(part) for part in value)
            else:
                result[field.name] = str(value)
        return result


def conv(inputs, outputs, kernel, stride=(1, 1, 1), padding=None):
    padding = tuple(k // 2 for k in kernel) if padding is None else padding
    return nn.Conv3d(inputs, outputs, kernel, stride, padding, bias=False)


class GroupedNorm(nn.BatchNorm3d):
    """Batch norm of equal parts of the batch, one after the other, as separate workers have it."""

    groups = 1

    def forward(self, x):
        return torch.cat([super(GroupedNorm, self).forward(part) for part in x.chunk(self.groups)])


class Block(nn.Module):
    """One residual block; `projects` gives its shortcut a 1x1x1 convolution and a norm."""

    def shortcut(self, inputs, outputs, stride, projects):
        self.downsample = None
        if projects:
            self.downsample = nn.Sequential(
                conv(inputs, outputs, (1, 1, 1), (1, stride, stride)), nn.BatchNorm3d(outputs)
            )

    def finish(self, x, branch):
        return torch.relu(branch + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(Block):
    def __init__(self, inputs, planes, stride, projects):
        super().__init__()
        self.conv1 = conv(inputs, planes, (1, 1, 1))
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv(planes, planes, (1, 3, 3), (1, stride, stride))
        self.conv2_t = conv(planes, planes, (3, 1, 1))
        self.bn2 = nn.BatchNorm3d(planes)
        self.conv3 = conv(planes, 4 * planes, (1, 1, 1))
        self.bn3 = nn.BatchNorm3d(4 * planes)
        self.shortcut(inputs, 4 * planes, stride, projects)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2_t(self.conv2(y))))
        return self.finish(x, self.bn3(self.conv3(y)))


class BasicBlock(Block):
    def __init__(self, inputs, planes, stride, projects):
        super().__init__()
        self.conv1 = conv(inputs, planes, (1, 3, 3), (1, stride, stride))
        self.conv1_t = conv(planes, planes, (3, 1, 1))
        self.bn1 = nn.BatchNorm3d(planes)
        self.conv2 = conv(planes, planes, (1, 3, 3))
        self.conv2_t = conv(planes, planes, (3, 1, 1))
        self.bn2 = nn.BatchNorm3d(planes)
        self.shortcut(inputs, planes, stride, projects)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1_t(self.conv1(x))))
        return self.finish(x, self.bn2(self.conv2_t(self.conv2(y))))


class Backbone(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1 = conv(3, c.stem, (4, 7, 7), (4, 2, 2), (0, 3, 3))
        self.bn1 = nn.BatchNorm3d(c.stem)
        block = Bottleneck if c.block == "bottleneck" else BasicBlock
        inputs = c.stem
        self.stages = []
        for index, (count, planes) in enumerate(zip(c.layers, c.widths)):
            stage = []
            for number in range(count):
                stride = 2 if number == 0 and index > 0 else 1
                outputs = planes * c.expansion
                stage.append(block(inputs, planes, stride, stride != 1 or inputs != outputs))
                inputs = outputs
            setattr(self, f"layer{index + 1}", nn.Sequential(*stage))
            self.stages.append(f"layer{index + 1}")

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = F.max_pool3d(x, (1, 3, 3), (1, 2, 2), (0, 1, 1))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return x.mean(dim=(2, 3, 4))


class Head(nn.Module):
    """Linear F-F and ReLU, once or more, then Linear F-C; the output has unit length."""

    def __init__(self, features, outputs, layers):
        super().__init__()
        parts = []
        for _ in range(layers - 1):
            parts += [nn.Linear(features, features), nn.ReLU()]
        self.head = nn.Sequential(*parts, nn.Linear(features, outputs))

    def forward(self, x):
        return unit(self.head(x))


class OrderClassifier(nn.Module):
    def __init__(self, embedding):
        super().__init__()
        self.fc = nn.Linear(3 * embedding, 2)

    def forward(self, query, second, third):
        return self.fc(unit(torch.cat([query, second, third], dim=1)))


def unit(x, dim=1):
    return F.normalize(x, dim=dim, eps=1e-12)


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.backbone = Backbone(c)
        self.nce_inter_head = Head(c.features, c.num_channels, c.mlp_layers)
        self.nce_intra_head = Head(c.features, c.num_channels, c.mlp_layers)
        self.order_head = Head(c.features, c.num_channels, c.mlp_layers)
        self.order_classfier = OrderClassifier(c.num_channels)
        if c.bn_groups > 1:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm3d):
                    module.__class__, module.groups = GroupedNorm, c.bn_groups
        self.xconv = None
        self.get_submodule(c.target_module).register_forward_hook(self.keep)

    def keep(self, module, inputs, output):
        self.xconv = output

    def forward(self, x):
        pooled = self.backbone(x)
        return {
            "inter": self.nce_inter_head(pooled),
            "intra": self.nce_intra_head(pooled),
            "order": self.order_head(pooled),
        }


def motion_alignment(gradient_map, target):
    """MAL of a gradient map [B, C, T, h, w] and a motion map [B, T, h, w]; every intermediate by its golden name."""
    r = {"gradient_map": gradient_map}
    r["mal.weight"] = gradient_map.mean(dim=(3, 4), keepdim=True)
    r["mal.weight_predict_sum"] = (r["mal.weight"] * gradient_map).sum(dim=1)
    r["mal.predict"] = torch.relu(r["mal.weight_predict_sum"])
    p, t = r["mal.predict"].flatten(2), target.flatten(2)  # [B, T, places]
    r["mal.target_att"] = torch.softmax(t.sum(2), dim=1)
    per_frame = (unit(p, 2) * unit(t, 2)).sum(2)
    r["mal.sim_spatiotemporal"] = (r["mal.target_att"] * per_frame).sum(1)
    r["mal.sim_temporal"] = (unit(p.sum(2)) * unit(t.sum(2))).sum(1)
    r["mal.sim_spatial"] = (unit(p.mean(1)) * unit(t.mean(1))).sum(1)
    for part in ("spatiotemporal", "temporal", "spatial"):
        r[f"loss.mal_{part}"] = (1 - r[f"mal.sim_{part}"]).mean()
    r["loss.mal"] = r["loss.mal_spatiotemporal"] + r["loss.mal_temporal"] + r["loss.mal_spatial"]
    return r


class Training:
    """Query encoder, momentum encoder, queue and optimizer; `step` is one training step."""

    def __init__(self, c, memory_format=torch.contiguous_format, dtype=torch.float32):
        self.c = c
        self.memory_format = memory_format
        self.q = Encoder(c).to(dtype=dtype, memory_format=memory_format).train()
        self.k = Encoder(c).to(dtype=dtype, memory_format=memory_format).train().requires_grad_(False)
        self.k.load_state_dict(self.q.state_dict())
        self.queue = F.normalize(torch.randn(c.queue_size, c.num_channels, dtype=dtype), dim=1)
        self.queue_index = c.queue_index_start
        self.batches = 0  # of the update under way
        self.optimizer = torch.optim.SGD(
            self.q.parameters(), lr=c.sgd_lr, momentum=c.sgd_momentum, weight_decay=c.weight_decay
        )

    def load(self, tensors):
        """Takes `q.`, `k.` state and the queue from tensors of a file."""
        for prefix, encoder in (("q.", self.q), ("k.", self.k)):
            own = encoder.state_dict()
            missing = [name for name in own if prefix + name not in tensors]
            if missing:
                raise ValueError(f"the file lacks {prefix}{missing[0]}; it cannot start this network")
            encoder.load_state_dict({n: tensors[prefix + n].reshape(own[n].shape) for n in own})
        self.queue = tensors["queue"].to(self.queue.dtype).clone()
        if "queue_index" in tensors:
            self.queue_index = int(tensors["queue_index"])

    def prepare(self, clip):
        return clip.contiguous(memory_format=self.memory_format)

    def key(self, clip, permutation):
        """Keys of clips that go through the encoder in another order, in their own."""
        if permutation is None:
            return self.k(clip)
        return {name: value[torch.argsort(permutation)] for name, value in self.k(clip[permutation]).items()}

    def losses(self, batch):
        """Everything up to the total loss, by golden name; `batch` has xq, x1, x2, x3, mag, order."""
        c, r = self.c, {}
        fq = self.q(batch["xq"])
        xconv = r["xconv"] = self.q.xconv
        with torch.no_grad():
            keys = [self.key(batch[name], batch.get("permutation")) for name in ("x1", "x2", "x3")]
        for name, embedding in zip(("q", "x1", "x2", "x3"), (fq, *keys)):
            for head, value in embedding.items():
                r[f"feat.{name}.{head}"] = value
        negatives = fq["inter"] @ self.queue.T
        positives = [(fq["inter"] * key["inter"]).sum(1, keepdim=True) for key in keys]
        r["l_pos"] = positives[0]
        r["out_inter"] = torch.cat([torch.cat([p, negatives], 1) for p in positives]) / c.temperature
        same, *others = [(fq["intra"] * key["intra"]).sum(1, keepdim=True) for key in keys]
        r["out_intra"] = torch.cat([torch.cat([same, o], 1) for o in others]) / c.temperature_intra
        for name in ("inter", "intra"):
            logits = r[f"out_{name}"]
            r[f"loss.{name}"] = F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long))
            r[f"prob.{name}"] = torch.softmax(logits.detach(), 1)[:, 0].mean()
        r["loss.nce"] = r["loss.inter"] + r["loss.intra"]
        (gradient_map,) = torch.autograd.grad(positives[0].sum(), xconv, create_graph=True)
        r.update(motion_alignment(gradient_map, batch["mag"]))
        r["logits_order"] = self.q.order_classfier(fq["order"], keys[1]["order"], keys[2]["order"])
        r["loss.order"] = F.cross_entropy(r["logits_order"], batch["order"])
        r["loss.total"] = r["loss.nce"] + c.order_weight * r["loss.order"] + c.mal_weight * r["loss.mal"]
        self.q.xconv = self.k.xconv = None
        return r

    @torch.no_grad()
    def update(self, results):
        """Optimizer and momentum encoder once all gradients are there; the queue."""
        if self.c.clip_norm > 0:
            parameters = list(self.q.parameters())
            results["gradient_norm"] = torch.nn.utils.get_total_norm([p.grad for p in parameters]).clone()
        self.batches = (self.batches + 1) % self.c.accumulate
        if self.batches == 0:
            if self.c.clip_norm > 0:
                torch.nn.utils.clip_grad_norm_(parameters, self.c.clip_norm)
            self.optimizer.step()
            torch._foreach_mul_(list(self.k.parameters()), self.c.alpha)
            torch._foreach_add_(list(self.k.parameters()), list(self.q.parameters()), alpha=1 - self.c.alpha)
        rows = torch.cat([results[f"feat.{name}.inter"] for name in ("x1", "x2", "x3")])
        places = (self.queue_index + torch.arange(len(rows))) % self.c.queue_size
        # One row at a time where a batch has more rows than the queue: the last one stays.
        if len(rows) > self.c.queue_size:
            for place, row in zip(places.tolist(), rows):
                self.queue[place] = row
        else:
            self.queue[places] = rows
        self.queue_index = int((self.queue_index + len(rows)) % self.c.queue_size)

    def step(self, batch):
        results = self.losses(batch)
        if self.batches == 0:
            self.optimizer.zero_grad(set_to_none=True)
        (results["loss.total"] / self.c.accumulate).backward()
        self.update(results)
        return results
