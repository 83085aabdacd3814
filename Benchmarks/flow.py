#!/usr/bin/env python3
"""Pairs mclc's TV-L1 flow with that of OpenCV contrib (DualTVL1OpticalFlow, defaults) on the same frames.

    make bench-flow BENCH='a.avi b.mp4'
    python3 Benchmarks/flow.py a.avi --size 240x320 --rounds 9 --json result.json

mclc takes neighbouring frames from the videos (without one it draws some) and writes them with its flow; OpenCV must
give that flow to 0.15 px on average before anything is timed. Then both take turns, A B A B ..., one pair of frames at
a time, the other process asleep; a pair's ratio is OpenCV's seconds over the mean of mclc's runs right before and after.
A machine that does anything else meanwhile gives no figures worth keeping.

The interpreter is the one of bench.py; it needs opencv-contrib-python-headless.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench import HERE, ROOT, Process, processor, python


def peer_python():
    """The interpreter with OpenCV contrib in it, which is put there where the environment is ours."""
    interpreter = python()
    probe = [interpreter, "-c", "import cv2.optflow, numpy"]
    if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode != 0 and not os.environ.get("PYTHON"):
        subprocess.run(
            [interpreter, "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")], check=False)
    if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode != 0:
        raise SystemExit(f"{interpreter} has no OpenCV with its contributed modules: "
                         "install opencv-contrib-python-headless there, or set PYTHON to one that has it")
    return interpreter


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", help="where the frames come from")
    parser.add_argument("--mclc", default=os.environ.get("MCLC", str(ROOT / ".build" / "release" / "mclc")))
    parser.add_argument("--size", default="240x320")
    parser.add_argument("--pairs", type=int, default=2, help="pairs of frames from each video")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the result to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    arguments = parser.parse_args()
    interpreter = peer_python()
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: the machine is busy (load {load:.1f}); trust no figure below", flush=True)
    command = [arguments.mclc, "bench", "flow", *arguments.videos, "--size", arguments.size,
               "--pairs", str(arguments.pairs), "--threads", str(arguments.threads)]
    with tempfile.TemporaryDirectory(prefix="mclc-bench-") as folder:
        start = str(Path(folder) / "pairs.safetensors")
        saved = subprocess.run([*command, "--save", start], stderr=subprocess.PIPE, text=True)
        if saved.returncode != 0:
            raise SystemExit(saved.stderr.strip() or f"{arguments.mclc} ended with code {saved.returncode}")
        ours = Process("mclc", [*command, "--on-demand"], "run", dict(os.environ))
        peer = Process("OpenCV", [interpreter, str(HERE / "flow_worker.py"), start, str(arguments.threads)], "run",
                       dict(os.environ))
        rows = measure(ours, peer, arguments.rounds)
        ours.end()
        peer.end()
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    ratios = [ratio for row in rows for ratio in row["ratios"]]
    head = (f"TV-L1 at {arguments.size}, {processor()}, {arguments.threads} threads each, {arguments.rounds} rounds; "
            f"mclc {commit.stdout.strip()}, OpenCV contrib {peer.version['opencv']}; load {load:.1f} at the start")
    lines = ["| frames | mclc ms (range) | OpenCV ms (range) | OpenCV / mclc, pair by pair | flows differ, mean px |",
             "|---|---|---|---|---|"]
    for row in rows:
        def times(values):
            return f"{1e3 * statistics.median(values):.1f} ({1e3 * min(values):.1f}-{1e3 * max(values):.1f})"
        lines.append(f"| {row['name']} | {times(row['seconds'])} | {times(row['theirSeconds'])} "
                     f"| **{statistics.median(row['ratios']):.1f}** ({min(row['ratios']):.1f}-{max(row['ratios']):.1f}) "
                     f"| {row['difference']:.1e} |")
    lines.append(f"| all | | | **{statistics.median(ratios):.1f}** ({min(ratios):.1f}-{max(ratios):.1f}) | |")
    text = head + "\n\n" + "\n".join(lines) + "\n"
    print("\n" + text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"processor": processor(), "threads": arguments.threads, "rounds": arguments.rounds, "load": load,
             "size": arguments.size, "commit": commit.stdout.strip(), **peer.version, "pairs": rows,
             "medianRatio": statistics.median(ratios), "smallestRatio": min(ratios)}, indent=1))


def measure(ours, peer, rounds):
    rows = []
    for number, name in enumerate(peer.version["names"]):
        difference = peer.ask(f"check {number}")["difference"]
        print(f"  {name}: flows differ by {difference:.1e} px on average", flush=True)
        if not difference <= 0.15:
            raise SystemExit(f"'{name}': OpenCV's flow is another, {difference:.3f} px away; nothing is timed")
        rows.append({"name": name, "difference": difference, "seconds": [], "theirSeconds": [], "ratios": []})
    for number, row in enumerate(rows):
        ours.ask(f"run {number}")  # not counted
        before = ours.ask(f"run {number}")["seconds"]
        row["seconds"].append(before)
        for _ in range(rounds):
            theirs = peer.ask(f"run {number}")["seconds"]
            after = ours.ask(f"run {number}")["seconds"]
            row["theirSeconds"].append(theirs)
            row["seconds"].append(after)
            row["ratios"].append(theirs / ((before + after) / 2))
            before = after
    return rows


if __name__ == "__main__":
    main()
