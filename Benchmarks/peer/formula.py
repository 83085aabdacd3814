"""The formula weights of the golden conventions, and MCL steps that start from them (files p3d*)."""
import json

import numpy
import torch

import files
from mcl import Configuration, Encoder, Training


def fnv(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def uniform(name, shape):
    """u(name, i) in [-1, 1): splitmix64 of the name's FNV-1a hash plus the element's index."""
    count = int(numpy.prod(shape)) if len(shape) else 1
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(fnv(name)) + numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z = z ^ (z >> numpy.uint64(31))
    u = (z >> numpy.uint64(40)).astype(numpy.float64) * 2.0**-23 - 1
    return u.reshape(shape)


def weight(name, shape, full_name):
    u = uniform(full_name, shape)
    if name.endswith("num_batches_tracked"):
        return torch.zeros((), dtype=torch.int64)
    if name.endswith("running_mean"):
        value = 0.1 * u
    elif name.endswith("running_var"):
        value = 1 + 0.5 * numpy.abs(u)
    elif len(shape) > 1:
        value = u * numpy.sqrt(3 / numpy.prod(shape[1:]))
    elif name.endswith("weight"):
        value = 1 + 0.1 * u
    else:
        value = 0.1 * u
    return torch.from_numpy(numpy.asarray(value, dtype=numpy.float32))


def fill(module, prefix, suffix):
    """Fills a module's state by the formula; names are prefix + state_dict name + suffix."""
    template = module.state_dict()
    module.load_state_dict({
        name: weight(name, tuple(tensor.shape), prefix + name + suffix).to(tensor.dtype)
        for name, tensor in template.items()
    })


def first16(tensor):
    flat = tensor.detach().flatten()[:16].double()
    return torch.cat([flat, torch.zeros(16 - len(flat), dtype=torch.float64)])


def reduced(name, tensor, what=("l2", "sum", "first16")):
    values = {"l2": tensor.double().norm(), "sum": tensor.double().sum(), "first16": first16(tensor)}
    return {f"{name}.{key}": values[key] for key in what}


def start(c, suffix, order, dtype):
    """A training and its batch by the formula, rounded to fp32 and widened to `dtype`."""
    training = Training(c, dtype=dtype)
    fill(training.q, "q.", suffix)
    fill(training.k, "k.", suffix)
    queue = uniform("queue" + suffix, (c.queue_size, c.num_channels))
    queue /= numpy.linalg.norm(queue, axis=1, keepdims=True)
    single = lambda values: torch.from_numpy(values.astype(numpy.float32)).to(dtype)
    training.queue = single(queue)
    training.queue_index = c.queue_index_start
    batch = {name: single(2 * uniform(name + suffix, c.clip_shape)) for name in ("xq", "x1", "x2", "x3")}
    batch["mag"] = single(10 * (uniform("mag" + suffix, c.map_shape) + 1))
    batch["order"] = torch.as_tensor(order)
    return training, batch


def expected_step(c, suffix, order):
    """The reduced content of a p3d file: values in full where small, else norm, sum and first values."""
    training, batch = start(c, suffix, order, torch.float64)
    out = {"mag": batch["mag"], "order": batch["order"], "xq_first16": first16(batch["xq"]),
           "queue_first16": first16(training.queue)}
    kept = {}
    last = training.q.get_submodule(f"backbone.layer{len(c.layers)}")
    handle = last.register_forward_hook(lambda module, inputs, output: kept.update(layer=output))
    training.q.eval()
    with torch.no_grad():
        out.update({f"eval.feat.{name}": value for name, value in training.q(batch["xq"]).items()})
    out.update(reduced(f"eval.layer{len(c.layers)}", kept["layer"], ("l2", "first16")))
    handle.remove()
    training.q.train()
    batch["xq"].requires_grad_()
    results = training.losses(batch)
    names, parameters = zip(*training.q.named_parameters())
    for component in ("nce", "order", "mal"):
        gradients = torch.autograd.grad(
            results[f"loss.{component}"], parameters, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        out[f"gradnorms_{component}"] = torch.stack([gradient.norm() for gradient in gradients])
    training.optimizer.zero_grad()
    results["loss.total"].backward()
    training.update(results)
    out["grad_xq_l2"] = batch["xq"].grad.norm()
    for name, value in results.items():
        if name == "xconv":
            out.update(reduced(name, value))
        elif name in ("gradient_map", "mal.weight"):
            out.update(reduced(name, value, ("l2", "first16")))
        else:
            out[name] = value
    for name, parameter in training.q.named_parameters():
        out.update(reduced(f"grad.{name}", parameter.grad))
    for prefix, encoder in (("q", training.q), ("k", training.k)):
        for name, tensor in encoder.state_dict().items():
            if ".running_" in name:
                out.update(reduced(f"running.{prefix}.{name}", tensor, ("l2", "first16")))
            elif not name.endswith("num_batches_tracked"):
                out[f"step1.{prefix}.{name}.first16"] = first16(tensor)
    return out


WIDE = dict(size=(64, 64), batch=2, queue_size=512, sgd_lr=0.05, order_weight=0.5)
CASES = {
    # name: (suffix, order, configuration)
    "p3d50_mcl_b": ("_b", [0, 1], Configuration(**{**WIDE, "size": (64, 96)}, temperature=0.2)),
    "p3d18_mcl_b": ("_b", [0, 1], Configuration(**WIDE, block="basic", layers=(2, 2, 2, 2))),
    "p3d34_mcl_c": ("_c", [1, 1], Configuration(**{**WIDE, "size": (48, 64)}, block="basic", num_channels=64,
                                                queue_index_start=509)),
}


def make(name, out):
    suffix, order, c = CASES[name]
    expected = expected_step(c, suffix, order)
    training, batch = start(c, suffix, order, torch.float32)
    for key, value in training.losses(batch).items():
        if key.startswith("loss."):
            expected[f"fp32run.{key}"] = value
    metadata = c.metadata()
    encoder = Encoder(c)
    metadata.update(
        model="r2plus1d", program="step", weights="formula", steps=1, seed_suffix=suffix, order="true",
        target_module=c.target_module, torch=torch.__version__, numpy=numpy.__version__,
        state_dict_shapes=json.dumps([[n, list(t.shape)] for n, t in encoder.state_dict().items()]),
        param_order=json.dumps([n for n, _ in encoder.named_parameters()]),
        content="float64 run of the peer on fp32 formula weights, rounded to fp32",
    )
    files.write(out / f"{name}.safetensors", expected, metadata)
    return f"losses {expected['loss.total'].item():.6f}"
