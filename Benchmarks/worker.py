#!/usr/bin/env python3
"""The peer as a process that bench.py talks to: one line in, one JSON line out, nothing computed in between.

    worker.py torch step contiguous|channels_last_3d --start FILE --threads N
    worker.py torch embed contiguous|channels_last_3d --start FILE --threads N
    worker.py torch classify contiguous|channels_last_3d --start FILE --threads N
    worker.py openvino embed --start FILE --threads N

The file holds the weights, the queue and the inputs that mclc starts from. "check" answers with what the first
run gives (before anything else has changed the state), "run" with the seconds of one more run, "quit" ends.
"""
import argparse
import json
import os
import resource
import sys
import time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("engine", choices=["torch", "openvino"])
parser.add_argument("program", choices=["step", "embed", "classify"])
parser.add_argument("format", nargs="?", default="contiguous", choices=["contiguous", "channels_last_3d"])
parser.add_argument("--start", required=True)
parser.add_argument("--threads", type=int, required=True)
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(arguments.threads)

import torch  # after the number of threads is set

sys.path.insert(0, str(Path(__file__).parent / "peer"))
import files
from mcl import Configuration, Encoder, Training

torch.set_num_threads(arguments.threads)
tensors, metadata = files.read(arguments.start)
c = Configuration.from_metadata(metadata)
memory_format = torch.contiguous_format if arguments.format == "contiguous" else torch.channels_last_3d
version = {"torch": torch.__version__}


def embed_network():
    network = Encoder(c)
    own = network.state_dict()
    network.load_state_dict({
        n: tensors["q." + n].reshape(t.shape) if "q." + n in tensors else t for n, t in own.items()})
    return network.backbone.eval().to(memory_format=memory_format)


if arguments.engine == "openvino":
    import openvino

    version = {"openvino": openvino.__version__}
    clip = tensors["clip"].clone()
    converted = openvino.convert_model(embed_network(), example_input=clip, input=list(clip.shape))
    compiled = openvino.compile_model(converted, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": arguments.threads, "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    })
    request = compiled.create_infer_request()
    array = clip.numpy()

    def run():
        request.infer([array])
        return {"feature": torch.from_numpy(request.get_output_tensor(0).data)}
elif arguments.program == "embed":
    network = embed_network()
    clip = tensors["clip"].clone().contiguous(memory_format=memory_format)

    def run():
        with torch.inference_mode():
            return {"feature": network(clip)}
elif arguments.program == "classify":
    from video import Supervised  # which needs torchvision

    training = Supervised(tensors, metadata, memory_format)
    clip, labels = training.prepare(tensors["input"].clone()), tensors["labels"].long().clone()

    def run():
        return {"loss": training.step(clip, labels)}
else:
    training = Training(c, memory_format=memory_format)
    training.load(tensors)
    # Copies: a tensor of the file would keep all of it mapped, which would count as the peer's memory.
    batch = {name: training.prepare(tensors[name].clone()) for name in ("xq", "x1", "x2", "x3")}
    batch["mag"], batch["order"] = tensors["mag"].clone(), tensors["order"].long().clone()

    def run():
        # Only what is reported outlives the step.
        return {name: value.detach() for name, value in training.step(batch).items()
                if name.startswith(("loss.", "prob."))}

del tensors
print(json.dumps({"ready": version}), flush=True)
for line in sys.stdin:
    command = line.strip()
    if command == "quit":
        break
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    answer = {"seconds": seconds, "peakRSSMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    if command == "check":
        answer["values"] = {name: value.flatten().tolist()[:4096] for name, value in result.items()}
    print(json.dumps(answer), flush=True)
