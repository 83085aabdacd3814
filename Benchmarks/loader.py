#!/usr/bin/env python3
"""Pairs mclc's loading of clips with decord or PyAV and torchvision: the same clips, crops and augmentations.

    make bench-loader BENCH='a.mp4 b.avi'
    python3 Benchmarks/loader.py a.mp4 b.avi --size 112 --rounds 7 --json result.json

mclc draws clips of 16 frames (every second one) from the videos, each with a crop and an augmentation, and writes them
as a training step would get them; a peer must give the same to 3 of 255 levels on average (the decoders convert YUV
differently, and on tensors torchvision rotates hues and blurs more finely) before anything is timed. Then all take
turns, A B A C ..., one process at a time, each loading all clips once with the same number of threads: mclc's workers, a
PyTorch DataLoader's worker processes. A ratio is a peer's seconds over the mean of mclc's runs right before and after.
Videos are read from the page cache, and nothing decoded is kept. At last a training step of R(2+1)D-50 is timed, to say
what part of the clips it consumes. A machine that does anything else meanwhile gives no figures worth keeping.

The interpreter is the one of turns.py; it needs torch, torchvision, av and safetensors, and takes decord where it is.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from turns import (
    HERE, REST, ROOT, Process, add_arguments, commit, has, load_average, processor, python_with, save, tell)

PEERS = [("pyav", "pillow"), ("pyav", "tensors"), ("decord", "tensors")]


def measure(size, arguments, interpreter, folder):
    clips = str(folder / "clips.safetensors")
    command = [arguments.mclc, "bench", "loader", *arguments.videos, "--size", str(size),
               "--clips", str(arguments.clips), "--threads", str(arguments.threads)]
    save(command, clips)
    environment = dict(os.environ)
    ours = Process("mclc", [*command, "--on-demand"], "run", environment)
    count, peers, rows = len(arguments.videos) * arguments.clips, [], []
    for reader, images in PEERS:
        if reader != "pyav" and not has(interpreter, reader):
            print(f"  {reader} is not there and left out", flush=True)
            continue
        worker = [interpreter, str(HERE / "loader_worker.py"), clips, reader, images, str(arguments.threads)]
        peer = Process(f"{reader} + torchvision on {images}", worker, "run", environment)
        distance = peer.ask("check")
        print(f"  {size}: {peer.name}: {distance['mean']:.2f} levels away on average, {distance['largest']:.2f} at most "
              "in a clip", flush=True)
        if not distance["mean"] <= 3:
            raise SystemExit(f"{peer.name} gives other clips; nothing is timed")
        peers.append(peer)
        rows.append({"name": peer.name, "distance": distance["mean"], "seconds": [], "ratios": [], **peer.version})
    for process in [ours, *peers]:
        process.run()  # not counted
        process.seconds.clear()
    before = ours.run()
    for _ in range(arguments.rounds):
        for peer, row in zip(peers, rows):
            theirs, after = peer.run(), ours.run()
            row["seconds"].append(theirs)
            row["ratios"].append(theirs / ((before + after) / 2))
            before = after
    for process in [ours, *peers]:
        process.end()
    for peer, row in zip(peers, rows):
        row["peakRSSMiB"] = peer.peak
    return {"size": size, "clips": count, "seconds": ours.seconds, "peakRSSMiB": ours.peak, "peers": rows}


def step_rate(arguments):
    """Clips that a training step of R(2+1)D-50 at 112 consumes a second: three of each sample."""
    if arguments.without_step:
        return None
    time.sleep(REST)
    step = [arguments.mclc, "bench", "step", str(ROOT / "models" / "r2plus1d.mcl"), "--set", "size=112", "--set", "batch=4",
            "--runs", "5", "--json"]
    environment = dict(os.environ, MCL_THREADS=str(arguments.threads))
    said = subprocess.run(step, check=True, capture_output=True, text=True, env=environment).stdout
    seconds = json.loads(said)["medianSeconds"]
    return {"seconds": seconds, "samples": 4, "clipsPerSecond": 3 * 4 / seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+", help="where the clips come from, each of 32 frames at least")
    add_arguments(parser, rounds=5)
    parser.add_argument("--size", type=int, action="append", help="pixels a side; 112 and 224 when not given")
    parser.add_argument("--clips", type=int, default=8, help="clips from each video")
    parser.add_argument("--without-step", action="store_true", help="do not time R(2+1)D-50's step")
    arguments = parser.parse_args()
    interpreter = python_with("av, torchvision, safetensors", "PyAV, torchvision and safetensors")
    load = load_average()
    results = []
    for size in arguments.size or [112, 224]:
        with tempfile.TemporaryDirectory(prefix="mclc-bench-") as folder:
            results.append(measure(size, arguments, interpreter, Path(folder)))
    step = step_rate(arguments)
    first = results[0]["peers"][0]
    readers = ", ".join(sorted({row["reader"] for result in results for row in result["peers"]}))
    head = (f"clips of 16 frames from {len(arguments.videos)} videos, {processor()}, {arguments.threads} threads each, "
            f"{arguments.rounds} rounds; mclc {commit()}, torchvision {first['torchvision']} on PyTorch "
            f"{first['torch']}, Pillow {first['pillow']}, {readers}; load {load:.1f} at the start")
    lines = ["| clips | loader | clips/s, median (range) | theirs / ours in time, pair by pair | peak RSS MiB |",
             "|---|---|---|---|---|"]

    def rates(seconds, count):
        rate = sorted(count / value for value in seconds)
        return f"{statistics.median(rate):.1f} ({rate[0]:.1f}-{rate[-1]:.1f})"

    for result in results:
        clips = f"{result['clips']} of 16x{result['size']}x{result['size']}"
        lines.append(f"| {clips} | mclc | {rates(result['seconds'], result['clips'])} | - | {result['peakRSSMiB']:.0f} |")
        for row in result["peers"]:
            lines.append(f"| {clips} | {row['name']} | {rates(row['seconds'], result['clips'])} "
                         f"| **{statistics.median(row['ratios']):.2f}** "
                         f"({min(row['ratios']):.2f}-{max(row['ratios']):.2f}) | {row['peakRSSMiB']:.0f} |")
    text = head + "\n\n" + "\n".join(lines) + "\n"
    if step:
        own = results[0]["clips"] / statistics.median(results[0]["seconds"])
        text += (f"\nA step of R(2+1)D-50 at 112, 4 samples of 3 clips, takes {step['seconds']:.2f} s: it consumes "
                 f"{step['clipsPerSecond']:.1f} clips/s, {100 * step['clipsPerSecond'] / own:.0f} % of the first row.\n")
    tell(arguments, load, text, {"step": step, "results": results})


if __name__ == "__main__":
    main()
