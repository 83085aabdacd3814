#!/usr/bin/env python3
"""Pairs mclc with PyTorch (the whole MCL step, a supervised step of torchvision's r2plus1d_18, and the forward pass in
eval mode) and OpenVINO (the forward pass).

    make bench                      everything; minutes
    python3 Benchmarks/bench.py --rounds 3 --only step:112x4 --json result.json

Per case: mclc writes its initial weights, queue and inputs and what its first run gives from them; every peer starts
from that file, and must give the same numbers to 1e-3 before anything is timed. Then all take turns, A B A C A ...,
one request to one process at a time, all others asleep; a peer's ratio is its seconds over the mean of mclc's runs
right before and after. Shown are medians and ranges. A machine that does anything else meanwhile gives no figures
worth keeping.

Where PYTHON is not given, a virtual environment with requirements.txt is made in .venv (pip, once).
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from turns import HERE, ROOT, Process, add_arguments, commit, load_average, processor, python, save, tell

CASES = {
    # name: (program, settings)
    "step:112x4": ("step", {"size": 112, "batch": 4}),
    "step:224x2": ("step", {"size": 224, "batch": 2}),
    "classify:112x4": ("classify", {"size": 112, "batch": 4}),
    "embed:112x4": ("embed", {"size": 112, "batch": 4}),
    "embed:224x1": ("embed", {"size": 224, "batch": 1}),
}
# Measured when asked for by name: PyTorch takes some 10 GB a format.
LARGE = {"step:224x8": ("step", {"size": 224, "batch": 8})}
CLASSIFY_SMOKE = {"size": 32, "batch": 2, "frames": 8}
SMOKE = {"size": 64, "batch": 2, "layers": "1,1,1,1", "widths": "16,16,32,32", "stem": 16, "queue_size": 512}
# What is not the program of --model.
MODELS = {"classify": ROOT / "models" / "r2plus1d_18.mcl"}
FORMATS = ["contiguous", "channels_last_3d"]


def read_first(path):
    """The `first.*` tensors of a safetensors file, with nothing but the standard library."""
    import array
    import struct

    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        found = {}
        for name, entry in header.items():
            if name.startswith("first."):
                file.seek(8 + length + entry["data_offsets"][0])
                values = array.array("f")
                values.frombytes(file.read(entry["data_offsets"][1] - entry["data_offsets"][0]))
                found[name[len("first."):]] = list(values)
    return found


def compare(name, program, ours, theirs):
    """Largest deviation over what both give, relative to a tensor's largest magnitude or 0.1 if that is less: losses
    of random weights are means over ReLUs, a few of which fp32 rounding decides."""
    common = sorted(set(ours) & set(theirs))
    if not common:
        raise SystemExit(f"{name} gives nothing that mclc gives too: {sorted(theirs)} against {sorted(ours)}")
    rows = []
    for key in common:
        count = min(len(ours[key]), len(theirs[key]))
        scale = max(max(abs(v) for v in theirs[key]), 0.1 if program == "step" else 1e-6)
        worst = max(abs(a - b) for a, b in zip(ours[key][:count], theirs[key][:count]))
        rows.append((worst / scale if worst == worst else float("inf"), key))
    worst = max(rows)
    said = ", ".join(f"{key} {ours[key][0]:.6f} / {theirs[key][0]:.6f}" for key in common if len(ours[key]) == 1)
    print(f"  {name}: ours / theirs {said or f'{len(common)} tensors'}; worst {worst[0]:.1e} ({worst[1]})", flush=True)
    if not worst[0] < 1e-3:
        raise SystemExit(f"{name} computes something else: {worst[1]} differs by {worst[0]:.1e}; nothing is timed")
    return worst[0]


def measure(case, program, settings, arguments, interpreter, folder):
    print(f"{case}: {settings}", flush=True)
    environment = dict(os.environ, MCL_THREADS=str(arguments.threads), OMP_NUM_THREADS=str(arguments.threads))
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    step = [arguments.mclc, "bench", "step", str(MODELS.get(program, arguments.model)), *sets, "--program", program]
    start = folder / "start.safetensors"
    save(step, start, environment)
    ours = Process("mclc", [*step, "--on-demand"], "run", environment)
    worker = [interpreter, str(HERE / "worker.py")]
    more = ["--start", str(start), "--threads", str(arguments.threads)]
    peers = [Process(f"PyTorch {f}", [*worker, "torch", program, f, *more], "run", environment) for f in FORMATS]
    if program == "embed" and not arguments.without_openvino:
        peers.append(Process("OpenVINO", [*worker, "openvino", program, *more], "run", environment))
    first = read_first(start)
    deviations = {peer.name: compare(peer.name, program, first, peer.ask("check")["values"]) for peer in peers}
    for process in [ours, *peers]:
        process.run()  # not counted
        process.seconds.clear()
    ratios = {peer.name: [] for peer in peers}
    before = ours.run()
    for _ in range(arguments.rounds):
        for peer in peers:
            theirs = peer.run()
            after = ours.run()
            ratios[peer.name].append(theirs / ((before + after) / 2))
            before = after
    for process in [ours, *peers]:
        process.end()
    rows = []
    for process in [ours, *peers]:
        pairs = ratios.get(process.name)
        rows.append({
            "name": process.name, "version": process.version, "medianSeconds": statistics.median(process.seconds),
            "minimumSeconds": min(process.seconds), "maximumSeconds": max(process.seconds),
            "runs": len(process.seconds), "peakRSSMiB": process.peak,
            "ratio": statistics.median(pairs) if pairs else None, "ratioRange": [min(pairs), max(pairs)] if pairs else None,
            "ourRSSOverTheirs": ours.peak / process.peak, "firstRunDeviation": deviations.get(process.name),
        })
    return {"case": case, "program": program, "settings": settings, "rows": rows}


def table(results):
    lines = ["| case | engine | median s (range) | theirs / ours, pair by pair | peak RSS MiB | ours / theirs |",
             "|---|---|---|---|---|---|"]
    for result in results:
        for row in result["rows"]:
            seconds = f"{row['medianSeconds']:.3f} ({row['minimumSeconds']:.3f}-{row['maximumSeconds']:.3f})"
            ratio = share = "-"
            if row["ratio"]:
                ratio = f"**{row['ratio']:.2f}** ({row['ratioRange'][0]:.2f}-{row['ratioRange'][1]:.2f})"
                share = f"{row['ourRSSOverTheirs']:.2f}"
            lines.append(f"| {result['case']} | {row['name']} | {seconds} | {ratio} | {row['peakRSSMiB']:.0f} | {share} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, rounds=5)
    parser.add_argument("--model", default=str(ROOT / "models" / "r2plus1d.mcl"))
    parser.add_argument("--only", action="append", choices=[*CASES, *LARGE, "step:smoke", "embed:smoke", "classify:smoke"])
    parser.add_argument("--without-openvino", action="store_true")
    arguments = parser.parse_args()
    cases = dict(CASES, **LARGE, **{"step:smoke": ("step", SMOKE), "embed:smoke": ("embed", SMOKE),
                    "classify:smoke": ("classify", CLASSIFY_SMOKE)})
    interpreter = python()
    load = load_average()
    results = []
    for case in arguments.only or CASES:
        with tempfile.TemporaryDirectory(prefix="mclc-bench-") as folder:
            results.append(measure(case, *cases[case], arguments, interpreter, Path(folder)))
    versions = subprocess.run(
        [interpreter, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True)
    openvino = {key: value for result in results for row in result["rows"] if row["name"] == "OpenVINO"
                for key, value in row["version"].items()}
    head = (f"{processor()}, {arguments.threads} threads, {arguments.rounds} rounds; mclc {commit()}, "
            f"PyTorch {versions.stdout.strip()}" + (f", OpenVINO {openvino['openvino']}" if openvino else "")
            + f"; load {load:.1f} at the start")
    tell(arguments, load, f"{head}\n\n{table(results)}\n",
         {"torch": versions.stdout.strip(), **openvino, "results": results})


if __name__ == "__main__":
    main()
