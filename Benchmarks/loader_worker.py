#!/usr/bin/env python3
"""What a PyTorch user loads clips with, as a process that loader.py talks to: one line in, one JSON line out.

    loader_worker.py CLIPS READER IMAGES THREADS

CLIPS is what `mclc bench loader --save` writes; READER is pyav or decord; IMAGES is tensors (torchvision's functions on
tensors of bytes) or pillow (the same functions on Pillow images, frame by frame, which is what mclc's results are
specified by). "check" answers with the distance of all clips from mclc's in levels of 255, "run" with the seconds in
which a DataLoader of THREADS worker processes hands over all clips once, "quit" ends.
"""
import json
import resource
import sys
import time

import numpy
import PIL
import torch
import torchvision
from PIL import Image, ImageFilter
from safetensors import safe_open
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as images
from torchvision.transforms.v2 import functional as tensors

with safe_open(sys.argv[1], "pt") as file:
    CLIPS = json.loads(file.metadata()["clips"])
READER, KIND, THREADS = sys.argv[2], sys.argv[3], int(sys.argv[4])


def read_pyav(clip):
    """The frames of a clip as RGB [T, H, W, 3]: a seek to the key frame before the first, then decoding."""
    import av

    wanted, frames = clip["frames"], {}
    with av.open(clip["path"]) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "NONE", 1
        rate, base = stream.average_rate or stream.guessed_rate, stream.time_base
        first = stream.start_time or 0
        if wanted[0] > 0:
            container.seek(first + int(wanted[0] / rate / base), stream=stream, backward=True)
        for frame in container.decode(stream):
            number = round((frame.pts - first) * base * rate)
            if number in wanted:
                frames[number] = frame.to_ndarray(
                    format="rgb24", width=clip["frameWidth"], height=clip["frameHeight"])
            if number >= wanted[-1]:
                break
    return numpy.stack([frames[number] for number in wanted])


def read_decord(clip):
    import decord

    reader = decord.VideoReader(
        clip["path"], width=clip["frameWidth"], height=clip["frameHeight"], num_threads=1)
    return reader.get_batch(clip["frames"]).asnumpy()


def adjust(functional, frames, colour):
    """`colour` is an enum's JSON: {"brightness": {"_0": 1.2}}."""
    (name, value), = colour.items()
    return getattr(functional, f"adjust_{name}")(frames, value["_0"])


def augment_tensors(frames, plan):
    crop, clip = plan["crop"], torch.from_numpy(frames).permute(0, 3, 1, 2)
    clip = tensors.resized_crop(clip, crop["y"], crop["x"], crop["height"], crop["width"],
                                [plan["height"], plan["width"]], InterpolationMode.BILINEAR, antialias=True)
    for colour in plan["colour"]:
        clip = adjust(tensors, clip, colour)
    if plan["isGrey"]:
        clip = tensors.rgb_to_grayscale(clip, 3)
    sigma = plan.get("blurSigma")
    if sigma:
        side = 2 * max(1, round(2 * sigma)) + 1
        clip = tensors.gaussian_blur(clip, [side, side], [sigma, sigma])
    if plan["isFlipped"]:
        clip = tensors.horizontal_flip(clip)
    clip = tensors.normalize(tensors.to_dtype(clip, torch.float32, scale=True), plan["mean"], plan["standardDeviation"])
    return clip.permute(1, 0, 2, 3).contiguous()


def augment_pillow(frames, plan):
    crop, result = plan["crop"], []
    for frame in frames:
        image = images.resized_crop(Image.fromarray(frame), crop["y"], crop["x"], crop["height"], crop["width"],
                                    [plan["height"], plan["width"]], InterpolationMode.BILINEAR)
        for colour in plan["colour"]:
            image = adjust(images, image, colour)
        if plan["isGrey"]:
            image = images.rgb_to_grayscale(image, 3)
        if plan.get("blurSigma"):
            image = image.filter(ImageFilter.GaussianBlur(plan["blurSigma"]))
        if plan["isFlipped"]:
            image = images.hflip(image)
        result.append(images.normalize(images.to_tensor(image), plan["mean"], plan["standardDeviation"]))
    return torch.stack(result, 1)


class Clips(torch.utils.data.Dataset):
    def __len__(self):
        return len(CLIPS)

    def __getitem__(self, number):
        frames = (read_decord if READER == "decord" else read_pyav)(CLIPS[number])
        return (augment_tensors if KIND == "tensors" else augment_pillow)(frames, CLIPS[number]["augmentation"])


def check():
    """The mean and the largest of the clips' mean distances."""
    distances = []
    with safe_open(sys.argv[1], "pt") as file:
        for number, clip in enumerate(Clips()):
            if number == len(CLIPS):
                break
            deviation = torch.tensor(CLIPS[number]["augmentation"]["standardDeviation"])[:, None, None, None]
            difference = (clip - file.get_tensor(f"clip{number}")).abs() * deviation * 255
            distances.append(float(difference.mean()))
    return {"mean": sum(distances) / len(distances), "largest": max(distances)}


def peak():
    """MiB of this process and of its largest worker."""
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage) / 1024


def main():
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": PIL.__version__,
                "reader": f"{READER} {__import__('av' if READER == 'pyav' else 'decord').__version__}"}
    torch.set_num_threads(1)
    loader = torch.utils.data.DataLoader(Clips(), batch_size=None, num_workers=THREADS, persistent_workers=True)
    print(json.dumps({"ready": versions}), flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        start = time.perf_counter()
        answer = {}
        if line.strip() == "check":
            answer.update(check())
        else:
            for _ in loader:
                pass
        answer.update(seconds=time.perf_counter() - start, peakRSSMiB=peak())
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
