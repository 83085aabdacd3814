"""Writes TorchvisionFixtures.swift: what torchvision makes of the small image of make_augmentation_fixtures.py.

Run: pip install "pillow<13" numpy torch torchvision, then python3 make_torchvision_fixtures.py > TorchvisionFixtures.swift
"""
import contextlib
import io
import itertools

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image, ImageFilter
from torchvision.transforms import functional as F

with contextlib.redirect_stdout(io.StringIO()):  # it prints its own fixtures when it is loaded
    from make_augmentation_fixtures import chunks, source, swift

BILINEAR = torchvision.transforms.InterpolationMode.BILINEAR
FACTORS = {"brightness": 1.3, "contrast": 0.7, "saturation": 1.35, "hue": -0.06}
RESIZE = ("resize", 2, 3, 20, 14, 13, 10)


def apply(image, name, *p):
    """One step on a Pillow image or on a tensor of bytes."""
    return {
        "resize": lambda: F.resized_crop(image, p[1], p[0], p[3], p[2], (p[5], p[4]), BILINEAR, antialias=True),
        "brightness": lambda: F.adjust_brightness(image, *p),
        "contrast": lambda: F.adjust_contrast(image, *p),
        "saturation": lambda: F.adjust_saturation(image, *p),
        "hue": lambda: F.adjust_hue(image, *p),
        "grey": lambda: F.rgb_to_grayscale(image, 3),
        "blur": lambda: image.filter(ImageFilter.GaussianBlur(*p)),  # as MoCo's GaussianBlur
        "flip": lambda: F.hflip(image),
    }[name]()


def run(image, steps):
    for step in steps:
        image = apply(image, *step)
    return image


def orders():
    """The jitter in each of its 24 orders, by turns with grey, blur and flip."""
    for number, order in enumerate(itertools.permutations(FACTORS)):
        steps = [RESIZE] + [(name, FACTORS[name]) for name in order]
        if number % 4 == 3:
            steps.append(("grey",))
        if number % 3 == 1:
            steps.append(("blur", round(0.4 + 0.06 * number, 2)))
        if number % 2:
            steps.append(("flip",))
        yield steps


TENSORS = [[RESIZE], [("resize", 4, 1, 11, 15, 24, 26)], [("resize", 0, 0, 24, 18, 9, 5)], [("brightness", 0.63)],
           [("brightness", 1.38)], [("contrast", 0.61)], [("contrast", 1.33)], [("saturation", 0.65)],
           [("saturation", 1.4)], [("grey",)]]


def table(name, comment, rows):
    out = [f"  /// {comment}",
           f"  static let {name}: [(steps: [FixtureStep], width: Int, height: Int, pixels: String)] = ["]
    for steps, pixels in rows:
        out.append(f"    ({swift(steps)}, {pixels.shape[1]}, {pixels.shape[0]}, {chunks(pixels.tobytes())}),")
    return out + ["  ]", ""]


def main():
    image = Image.fromarray(source())
    tensor = F.pil_to_tensor(image)
    out = ["// swift-format-ignore-file",
           f"// Made by make_torchvision_fixtures.py with torchvision {torchvision.__version__}, Pillow {PIL.__version__}.",
           "", "enum TorchvisionFixtures {"]
    out += table("orders", "On Pillow images: the four adjustments in each order.",
                 [(steps, np.array(run(image, steps))) for steps in orders()])
    out += table("tensors", "On tensors of bytes, which torchvision computes by code of its own.",
                 [(steps, run(tensor, steps).permute(1, 2, 0).numpy()) for steps in TENSORS])
    steps = [("resize", 1, 2, 22, 15, 6, 5), ("contrast", 1.2), ("flip",)]
    frames = [run(image, steps), run(F.hflip(image), steps)]
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    clip = torch.stack([F.normalize(F.to_tensor(frame), mean, deviation) for frame in frames], 1)
    out += ["  /// Of the image and its mirror image, f32 [3, 2, 5, 6], little-endian.",
            f"  static let normalised: (steps: [FixtureStep], values: String) = ({swift(steps)}, "
            f"{chunks(clip.contiguous().numpy().tobytes())})", "}"]
    print("\n".join(out))


main()
