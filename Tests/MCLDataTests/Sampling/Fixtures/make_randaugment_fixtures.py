"""Writes RandAugment.safetensors: torchvision's RandAugment on tensors of bytes.

levels.OP     f64 [31]            the strengths of an operation on images of 24x20 pixels (width x height)
single.images u8 [S, 20, 24, 3]   what each operation makes of the source at some levels, of both signs
single.drawn  i64 [S, 3]          operation, level, sign (1 where negative)
source        u8 [20, 24, 3]
drawn.images  u8 [200, 16, 20, 3] what 200 drawn sequences make of as many images, which the tests make by `pattern`
drawn.ops     i64 [200, 3, 3]     up to three of operation, level, sign; -1 where there is none

Operations are numbered in torchvision's order. The sequences are drawn by torchvision's own forward, which is watched.
Run: pip install numpy torch torchvision safetensors, then python3 make_randaugment_fixtures.py RandAugment.safetensors
"""
import sys

import numpy as np
import torch
import torchvision
from safetensors.numpy import save_file
from torchvision.transforms import InterpolationMode, autoaugment

NEAREST = InterpolationMode.NEAREST


def space(width, height):
    return autoaugment.RandAugment()._augmentation_space(31, (height, width))


NAMES = list(space(16, 12))


def source(width, height, seed):
    """Smooth colours, a bright and a dark patch, and some noise, in a part of the range so that stretching shows."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    least, most = sorted(rng.integers(0, 256, 2))
    base = np.stack([x / (width - 1), y / (height - 1), 1 - (x + y) / (width + height - 2)], -1)
    image = least + (most - least) * base + rng.normal(0, 12, base.shape)
    image = image.clip(0, 255).astype(np.uint8)
    image[2:5, 3:8] = rng.integers(0, 256, 3)
    image[height // 2:height // 2 + 3, width // 2:width // 2 + 5] = rng.integers(0, 256, 3)
    return image


def pattern(width, height, clip):
    """An image that the tests make by the same formula: no image uses all values, so that stretching shows."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    place = x * x * 3 + y * 7 + c * 85 + x * y + (x * 5 + c) * (y * 3 + 1) + clip * 13
    return (30 + clip % 40 + place % (60 + clip % 120)).astype(np.uint8)


def tensor(image):
    return torch.from_numpy(image).permute(2, 0, 1).contiguous()


def image(tensor):
    return tensor.permute(1, 2, 0).contiguous().numpy()


def single(picture):
    drawn, images = [], []
    height, width, _ = picture.shape
    for number, name in enumerate(NAMES):
        magnitudes, signed = space(width, height)[name]
        for level in ([0, 4, 17, 20, 30] if magnitudes.ndim else [9]):
            for negative in ([0, 1] if signed and level else [0]):
                value = float(magnitudes[level]) if magnitudes.ndim else 0.0
                made = autoaugment._apply_op(tensor(picture), name, -value if negative else value, NEAREST, None)
                drawn.append((number, level, negative))
                images.append(image(made))
    return np.array(drawn, np.int64), np.stack(images)


def sequences():
    """100 clips each as on UCF101 and on HMDB51."""
    torch.manual_seed(2021)
    apply, seen = autoaugment._apply_op, []

    def watched(picture, name, magnitude, **rest):
        seen.append((NAMES.index(name), magnitude))
        return apply(picture, name, magnitude, **rest)

    autoaugment._apply_op = watched
    ops, images = [], []
    for clip in range(200):
        count, level = (1, 23) if clip < 100 else (3, 17)
        picture = pattern(20, 16, clip)
        seen.clear()
        images.append(image(autoaugment.RandAugment(count, level)(tensor(picture))))
        rows = [(number, level, int(magnitude < 0)) for number, magnitude in seen]
        ops.append(rows + [(-1, -1, -1)] * (3 - len(rows)))
    autoaugment._apply_op = apply
    return np.array(ops, np.int64), np.stack(images)


def main(path):
    picture = source(24, 20, 7)
    tensors = {"source": picture}
    for name in NAMES:
        magnitudes, _ = space(24, 20)[name]
        tensors[f"levels.{name}"] = np.array(
            [float(magnitudes[level]) if magnitudes.ndim else 0.0 for level in range(31)])
    tensors["single.drawn"], tensors["single.images"] = single(picture)
    tensors["drawn.ops"], tensors["drawn.images"] = sequences()
    save_file(tensors, path, metadata={
        "torchvision": torchvision.__version__, "torch": torch.__version__, "operations": ",".join(NAMES)})


main(sys.argv[1])
