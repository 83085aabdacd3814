"""Writes AugmentationFixtures.swift: what Pillow makes of a small image and of generated larger ones.

torchvision's PIL backend is a thin wrapper of the Pillow calls below. Run: pip install "pillow<13" numpy, then
python3 make_augmentation_fixtures.py > AugmentationFixtures.swift
(Pillow 13 resizes some sizes columns first, which differs by one level; all before it, rows first.)
"""
import base64

import numpy as np
import PIL
from PIL import Image, ImageEnhance, ImageFilter

W, H = 24, 18


def source():
    """Smooth colours, saturated patches, greys and noise, from a fixed seed."""
    rng = np.random.default_rng(20211)
    y, x = np.mgrid[0:H, 0:W]
    a = np.stack([x * 255 / (W - 1), y * 255 / (H - 1), 255 - (x + y) * 255 / (W + H - 2)], -1)
    a += rng.normal(0, 25, a.shape)
    a = a.clip(0, 255).astype(np.uint8)
    for i, colour in enumerate([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 0, 0), (255, 255, 255)]):
        a[2 * i:2 * i + 3, 3 * i:3 * i + 4] = colour
    a[14:, :6] = rng.integers(0, 256, (4, 6, 1))
    return a


def pattern(width, height):
    """A generated image that the tests make by the same formula."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * x * 3 + y * 7 + c * 85 + x * y + (x * 5 + c) * (y * 3 + 1)) % 256).astype(np.uint8)


def cube():
    """Every fifth level of each channel: 52^3 colours, one a row."""
    v = np.arange(0, 256, 5, dtype=np.uint8)
    r, g, b = np.meshgrid(v, v, v, indexing="ij")
    return np.stack([r, g, b], -1).reshape(-1, 1, 3)


def crop_resize(im, x, y, w, h, ow, oh):
    return im.crop((x, y, x + w, y + h)).resize((ow, oh), Image.BILINEAR)


def hue(im, turn):
    h, s, v = im.convert("HSV").split()
    a = np.array(h, dtype=np.uint8)
    a = (a.astype(np.int32) + int(turn * 255)).astype(np.uint8)
    return Image.merge("HSV", (Image.fromarray(a), s, v)).convert("RGB")


def grey(im):
    a = np.array(im.convert("L"))
    return Image.fromarray(np.dstack([a, a, a]))


def step(im, name, *p):
    return {
        "resize": lambda: crop_resize(im, *p),
        "brightness": lambda: ImageEnhance.Brightness(im).enhance(*p),
        "contrast": lambda: ImageEnhance.Contrast(im).enhance(*p),
        "saturation": lambda: ImageEnhance.Color(im).enhance(*p),
        "hue": lambda: hue(im, *p),
        "grey": lambda: grey(im),
        "blur": lambda: im.filter(ImageFilter.GaussianBlur(*p)),
        "flip": lambda: im.transpose(Image.FLIP_LEFT_RIGHT),
    }[name]()


def run(im, steps):
    for s in steps:
        im = step(im, *s)
    return im


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


SMALL = [
    [("resize", 3, 2, 17, 13, 11, 9)],
    [("resize", 1, 1, 8, 7, 20, 15)],
    [("resize", 0, 0, 24, 18, 24, 10)],
    [("resize", 5, 0, 19, 18, 7, 18)],
    [("resize", 0, 0, 24, 18, 1, 1)],
    [("brightness", 0.6)],
    [("brightness", 1.37)],
    [("contrast", 0.63)],
    [("contrast", 1.4)],
    [("saturation", 0.6)],
    [("saturation", 1.35)],
    [("hue", -0.1)],
    [("hue", 0.083)],
    [("grey",)],
    [("blur", 0.1)],
    [("blur", 0.7)],
    [("blur", 1.3)],
    [("blur", 2.0)],
    [("blur", 15.0)],
    [("resize", 2, 3, 20, 14, 16, 12), ("hue", 0.05), ("contrast", 0.8), ("brightness", 1.25), ("saturation", 0.7),
     ("blur", 0.9), ("flip",)],
    [("resize", 0, 1, 15, 16, 14, 13), ("saturation", 1.4), ("hue", -0.07), ("brightness", 0.75), ("contrast", 1.2),
     ("grey",), ("blur", 1.8)],
]
LARGE = [
    (97, 61, [("resize", 10, 7, 80, 50, 33, 41)]),
    (97, 61, [("resize", 20, 7, 31, 47, 112, 112)]),
    (320, 240, [("resize", 37, 11, 240, 200, 224, 224)]),
    (97, 61, [("blur", 0.35)]),
    (97, 61, [("blur", 1.1)]),
    (97, 61, [("blur", 1.99)]),
    (64, 48, [("contrast", 0.7)]),
    (64, 48, [("contrast", 1.3)]),
]
CUBE = [[("hue", t)] for t in (-0.5, -0.1, -0.031, 0.0, 0.02, 0.1, 0.5)] + [
    [("saturation", f)] for f in (0.6, 0.917, 1.0, 1.123, 1.4)] + [
    [("brightness", f)] for f in (0.6, 0.999, 1.4)] + [[("grey",)]]


def swift(steps):
    def one(s):
        if len(s) == 1:
            return "." + s[0]
        return f".{s[0]}({', '.join(str(v) for v in s[1:])})"
    return "[" + ", ".join(one(s) for s in steps) + "]"


def chunks(data):
    text = base64.b64encode(data).decode()
    return '"""\n' + "\n".join("        " + text[i:i + 96] + "\\" for i in range(0, len(text), 96))[:-1] + '\n        """'


def main():
    image = Image.fromarray(source())
    out = ["// swift-format-ignore-file", f"// Made by make_augmentation_fixtures.py with Pillow {PIL.__version__}.", "",
           "enum AugmentationFixtures {",
           "  /// 24x18 RGB, base64.", f"  static let source = {chunks(np.array(image).tobytes())}", "",
           "  /// What Pillow makes of it.", "  static let small: [(steps: [FixtureStep], width: Int, height: Int, pixels: String)] = ["]
    for steps in SMALL:
        r = run(image, steps)
        out.append(f"    ({swift(steps)}, {r.width}, {r.height}, {chunks(np.array(r).tobytes())}),")
    out += ["  ]", "", "  /// FNV-1a of what Pillow makes of the generated pattern of that size.",
            "  static let pattern: [(width: Int, height: Int, steps: [FixtureStep], digest: UInt64)] = ["]
    for w, h, steps in LARGE:
        r = run(Image.fromarray(pattern(w, h)), steps)
        out.append(f"    ({w}, {h}, {swift(steps)}, {fnv(np.array(r).tobytes()):#x}),")
    out += ["  ]", "", "  /// The same of 52^3 colours.", "  static let cube: [(steps: [FixtureStep], digest: UInt64)] = ["]
    for steps in CUBE:
        r = run(Image.fromarray(cube()), steps)
        out.append(f"    ({swift(steps)}, {fnv(np.array(r).tobytes()):#x}),")
    out += ["  ]", "}"]
    print("\n".join(out))


main()
