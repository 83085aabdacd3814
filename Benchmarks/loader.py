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

The interpreter is the one of bench.py; it needs torch, torchvision, av and safetensors, and takes decord where it is.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench import HERE, REST, ROOT, Process, processor, python

PEERS = [("pyav", "pillow"), ("pyav", "tensors"), ("decord", "tensors")]


def has(interpreter, modules):
    return subprocess.run([interpreter, "-c", f"import {modules}"], stderr=subprocess.DEVNULL).returncode == 0


def peer_python():
    """The interpreter with PyAV and torchvision in it, which are put there where the environment is ours."""
    interpreter = python()
    if not has(interpreter, "av, torchvision, safetensors") and not os.environ.get("PYTHON"):
        subprocess.run(
            [interpreter, "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")], check=False)
    if not has(interpreter, "av, torchvision, safetensors"):
        raise SystemExit(f"{interpreter} has no PyAV, torchvision or safetensors: install them there, or set PYTHON to "
                         "one that has them")
    return interpreter


def measure(size, arguments, interpreter, folder):
    clips = str(folder / "clips.safetensors")
    command = [arguments.mclc, "bench", "loader", *arguments.videos, "--size", str(size),
               "--clips", str(arguments.clips), "--threads", str(arguments.threads)]
    saved = subprocess.run([*command, "--save", clips], stderr=subprocess.PIPE, text=True)
    if saved.returncode != 0:
        raise SystemExit(saved.stderr.strip() or f"{arguments.mclc} ended with code {saved.returncode}")
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
    parser.add_argument("--mclc", default=os.environ.get("MCLC", str(ROOT / ".build" / "release" / "mclc")))
    parser.add_argument("--size", type=int, action="append", help="pixels a side; 112 and 224 when not given")
    parser.add_argument("--clips", type=int, default=8, help="clips from each video")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-step", action="store_true", help="do not time R(2+1)D-50's step")
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    interpreter = peer_python()
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}); trust no figure below", flush=True)
    results = []
    for size in arguments.size or [112, 224]:
        with tempfile.TemporaryDirectory(prefix="mclc-bench-") as folder:
            results.append(measure(size, arguments, interpreter, Path(folder)))
    step = step_rate(arguments)
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    first = results[0]["peers"][0]
    readers = ", ".join(sorted({row["reader"] for result in results for row in result["peers"]}))
    head = (f"clips of 16 frames from {len(arguments.videos)} videos, {processor()}, {arguments.threads} threads each, "
            f"{arguments.rounds} rounds; mclc {commit.stdout.strip()}, torchvision {first['torchvision']} on PyTorch "
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
    print("\n" + text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"processor": processor(), "threads": arguments.threads, "rounds": arguments.rounds, "load": load,
             "commit": commit.stdout.strip(), "step": step, "results": results}, indent=1))


if __name__ == "__main__":
    main()
