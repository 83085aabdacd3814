"""safetensors in and out with metadata, and the clip decoding of the golden files."""


import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file


def read(path):
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
    return load_file(path), metadata


def write(path, tensors, metadata):
    """Floats become f32, scalars [1]; clips (uint8) and integers stay."""
    out = {}
    for name, value in tensors.items():
        value = torch.as_tensor(value).detach()
        if value.is_floating_point():
            value = value.to(torch.float32)
        out[name] = (value.reshape(1) if value.dim() == 0 else value).contiguous().clone()
    save_file(out, path, metadata={key: str(value) for key, value in metadata.items()})


def decode(clip, dtype):
    """x = (2 u8 - 255) / 128, exact in f32."""
    return (2 * clip.to(dtype) - 255) / 128


def decode_batch(tensors, dtype, prefix=""):
    batch = {name: decode(tensors[prefix + name], dtype) for name in ("xq", "x1", "x2", "x3")}
    batch["mag"] = tensors[prefix + "mag"].to(dtype)
    batch["order"] = tensors[prefix + "order"].long()
    if prefix + "permutation" in tensors:
        batch["permutation"] = tensors[prefix + "permutation"].long()
    return batch
