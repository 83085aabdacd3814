#!/usr/bin/env python3
"""Pairs mclc's TV-L1 flow with that of OpenCV contrib (DualTVL1OpticalFlow, defaults) on the same frames.

    make bench-flow BENCH='a.avi b.mp4'
    python3 Benchmarks/flow.py a.avi --size 240x320 --rounds 9 --json result.json

mclc takes neighbouring frames from the videos (without one it draws some) and writes them with its flow; OpenCV must
give that flow to 0.15 px on average before anything is timed. Then both take turns, A B A B ..., one pair of frames at
a time, the other process asleep; a pair's ratio is OpenCV's seconds over the mean of mclc's runs right before and after.
A machine that does anything else meanwhile gives no figures worth keeping.

The interpreter is the one of turns.py; it needs opencv-contrib-python-headless.
"""
import argparse
import os
import statistics
import tempfile
from pathlib import Path

from turns import HERE, Process, add_arguments, commit, load_average, processor, python_with, save, tell


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", help="where the frames come from")
    parser.add_argument("--size", default="240x320")
    parser.add_argument("--pairs", type=int, default=2, help="pairs of frames from each video")
    add_arguments(parser, rounds=7)
    arguments = parser.parse_args()
    interpreter = python_with("cv2.optflow, numpy", "opencv-contrib-python-headless")
    load = load_average()
    command = [arguments.mclc, "bench", "flow", *arguments.videos, "--size", arguments.size,
               "--pairs", str(arguments.pairs), "--threads", str(arguments.threads)]
    with tempfile.TemporaryDirectory(prefix="mclc-bench-") as folder:
        start = str(Path(folder) / "pairs.safetensors")
        save(command, start)
        ours = Process("mclc", [*command, "--on-demand"], "run", dict(os.environ))
        peer = Process("OpenCV", [interpreter, str(HERE / "flow_worker.py"), start, str(arguments.threads)], "run",
                       dict(os.environ))
        rows = measure(ours, peer, arguments.rounds)
        ours.end()
        peer.end()
    ratios = [ratio for row in rows for ratio in row["ratios"]]
    head = (f"TV-L1 at {arguments.size}, {processor()}, {arguments.threads} threads each, {arguments.rounds} rounds; "
            f"mclc {commit()}, OpenCV contrib {peer.version['opencv']}; load {load:.1f} at the start")
    lines = ["| frames | mclc ms (range) | OpenCV ms (range) | OpenCV / mclc, pair by pair | flows differ, mean px |",
             "|---|---|---|---|---|"]
    for row in rows:
        def times(values):
            return f"{1e3 * statistics.median(values):.1f} ({1e3 * min(values):.1f}-{1e3 * max(values):.1f})"
        lines.append(f"| {row['name']} | {times(row['seconds'])} | {times(row['theirSeconds'])} "
                     f"| **{statistics.median(row['ratios']):.1f}** ({min(row['ratios']):.1f}-{max(row['ratios']):.1f}) "
                     f"| {row['difference']:.1e} |")
    lines.append(f"| all | | | **{statistics.median(ratios):.1f}** ({min(ratios):.1f}-{max(ratios):.1f}) | |")
    tell(arguments, load, head + "\n\n" + "\n".join(lines) + "\n",
         {"size": arguments.size, **peer.version, "pairs": rows, "medianRatio": statistics.median(ratios),
          "smallestRatio": min(ratios)})


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
