#!/usr/bin/env python3
"""OpenCV's TV-L1 as a process that flow.py talks to: one line in, one JSON line out, nothing computed in between.

    flow_worker.py PAIRS THREADS

PAIRS is what `mclc bench flow --save` writes. "check N" answers with the mean distance of OpenCV's flow of pair N from
ours, "run N" with the seconds of computing it, "quit" ends.
"""
import json
import resource
import sys
import time
from pathlib import Path

import cv2
import numpy


def read(path):
    """The tensors and the metadata of a safetensors file."""
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    types = {"U8": numpy.uint8, "F32": numpy.float32}
    tensors = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        values = numpy.frombuffer(data[8 + length + first:8 + length + last], types[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


tensors, metadata = read(sys.argv[1])
cv2.setNumThreads(int(sys.argv[2]))
solver = cv2.optflow.DualTVL1OpticalFlow_create()
print(json.dumps({"ready": {"opencv": cv2.__version__, "names": metadata["names"].split("\n")}}), flush=True)
for line in sys.stdin:
    words = line.split()
    if words[0] == "quit":
        break
    pair = f"pair{words[1]}"
    first, second = tensors[pair + ".prev"], tensors[pair + ".next"]
    start = time.perf_counter()
    flow = solver.calc(first, second, None)
    answer = {"seconds": time.perf_counter() - start,
              "peakRSSMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if words[0] == "check":
        answer["difference"] = float(numpy.linalg.norm(flow - tensors[pair + ".flow"], axis=2).mean())
    print(json.dumps(answer), flush=True)
