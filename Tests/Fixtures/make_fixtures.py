#!/usr/bin/env python3
"""Makes the numbers that pin `evaluate` and the derivatives: small cases computed by PyTorch in float64.

    python3 make_fixtures.py            writes operations.safetensors beside this file

It needs torch, numpy and safetensors; the tests need only the file. A case CASE is the tensors

    CASE/in/NAME    inputs: float32 numbers (exact in any engine) or int64; `dy` is the derivative given to the result
    CASE/out/y      the result
    CASE/out/dNAME  d sum(y dy) / d NAME                                                       for every CASE/in/vNAME
    CASE/out/ddNAME d sum over NAMEs of (dNAME vNAME) / d NAME, and CASE/out/dddy               where order 2 is wanted
    CASE/out/state/NAME  a buffer after the run

The file's metadata entry `cases` holds a line `CASE: key=1,2,3 key=4` for each, with its attributes. The Swift side
builds the same function from the name's first part and the attributes: Sources/MCLTestKit/FixtureFunctions.swift.
The numbers in the repository are of torch 2.15.0.
"""
import pathlib

import numpy
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

torch.set_num_threads(1)
generator = numpy.random.default_rng(20261123)
tensors, cases = {}, {}


def normal(*shape):
    return numpy.asarray(generator.standard_normal(shape), dtype=numpy.float32)


def distinct(*shape):
    count = int(numpy.prod(shape))
    return (generator.permutation(count).reshape(shape) * 0.2 - count * 0.1).astype(numpy.float32)


def grid(*shape):
    return generator.integers(-2, 3, shape).astype(numpy.float32)


def positive(*shape):
    return generator.uniform(0.5, 2.5, shape).astype(numpy.float32)


def case(name, inputs, function, smooth=(), order=2, attributes="", states=None):
    """Writes one case; `smooth` names the inputs to differentiate by, `order` is 0, 1 or 2."""
    arrays = dict(inputs)
    leaves = {}
    for key, array in arrays.items():
        tensor = torch.from_numpy(array.copy(order="C"))
        if array.dtype == numpy.float32:
            tensor = tensor.double()
        leaves[key] = tensor.requires_grad_(key in smooth)
    y = function(**leaves)
    if smooth and order >= 1:
        if "dy" not in arrays:
            arrays["dy"] = normal(*y.shape)
        dy = torch.from_numpy(numpy.asarray(arrays["dy"])).double().requires_grad_(True)
        targets = [leaves[key] for key in smooth]
        first = torch.autograd.grad((y * dy).sum(), targets, create_graph=order >= 2)
        for key, gradient in zip(smooth, first):
            tensors[f"{name}/out/d{key}"] = gradient.numpy(force=True).copy()
            arrays[f"v{key}"] = normal(*arrays[key].shape)
        if order >= 2:
            total = sum(
                (gradient * torch.from_numpy(arrays[f"v{key}"]).double()).sum()
                for key, gradient in zip(smooth, first))
            second = torch.autograd.grad(total, targets + [dy], allow_unused=True)
            for key, target, gradient in zip(list(smooth) + ["dy"], targets + [dy], second):
                gradient = torch.zeros_like(target) if gradient is None else gradient
                tensors[f"{name}/out/dd{key}"] = gradient.numpy(force=True).copy()
    tensors[f"{name}/out/y"] = y.detach().numpy().copy()
    for key, array in arrays.items():
        tensors[f"{name}/in/{key}"] = array.copy(order="C")
    for key, value in (states() if states else {}).items():
        tensors[f"{name}/out/state/{key}"] = value.detach().numpy().copy()
    cases[name] = attributes


def listed(**values):
    return " ".join(f"{key}={','.join(str(v) for v in value)}" for key, value in values.items())


def convolution(name, batch, channels, size, kernel, stride=(1, 1, 1), padding=(0, 0, 0), dilation=(1, 1, 1), groups=1):
    inputs, outputs = channels
    case(
        f"conv3d/{name}",
        {"x": normal(batch, inputs, *size), "weight": normal(outputs, inputs // groups, *kernel)},
        lambda x, weight: F.conv3d(x, weight, None, stride, padding, dilation, groups), ["x", "weight"],
        attributes=listed(stride=stride, padding=padding, dilation=dilation, groups=[groups]))


def convolutions():
    convolution("1x1x1", 2, (5, 7), (2, 3, 3), (1, 1, 1))
    convolution("1x1x1 stride 1,2,2", 1, (3, 4), (2, 5, 6), (1, 1, 1), (1, 2, 2))
    convolution("1x1x1 stride 3", 1, (2, 3), (4, 7, 6), (1, 1, 1), (3, 3, 3))
    convolution("1x1x1 channels 16 to 17", 1, (16, 17), (1, 2, 3), (1, 1, 1))
    convolution("1x1x1 channels 31 to 16", 1, (31, 16), (1, 1, 3), (1, 1, 1))
    convolution("1x3x3", 2, (3, 4), (2, 4, 5), (1, 3, 3), padding=(0, 1, 1))
    convolution("1x3x3 stride 1,2,2", 1, (4, 3), (2, 5, 6), (1, 3, 3), (1, 2, 2), (0, 1, 1))
    convolution("1x3x3 no padding", 1, (2, 3), (2, 5, 4), (1, 3, 3))
    convolution("3x1x1", 2, (3, 5), (4, 2, 3), (3, 1, 1), padding=(1, 0, 0))
    convolution("3x1x1 stride 2,1,1", 1, (3, 4), (5, 2, 3), (3, 1, 1), (2, 1, 1), (1, 0, 0))
    convolution("3x1x1 channels 15 to 33", 1, (15, 33), (3, 1, 2), (3, 1, 1), padding=(1, 0, 0))
    convolution("4x7x7", 1, (2, 3), (6, 9, 8), (4, 7, 7), (4, 2, 2), (0, 3, 3))
    convolution("4x7x7 padding 2", 1, (1, 2), (5, 8, 9), (4, 7, 7), (2, 2, 3), (2, 3, 3))
    convolution("3x3x3", 1, (2, 3), (3, 4, 5), (3, 3, 3), padding=(1, 1, 1))
    convolution("3x3x3 stride 2", 1, (3, 2), (4, 5, 6), (3, 3, 3), (2, 2, 2), (1, 1, 1))
    convolution("3x3x3 stride 3", 1, (2, 2), (6, 7, 8), (3, 3, 3), (3, 3, 3))
    convolution("3x3x3 stride 1,3,2", 2, (2, 3), (3, 6, 5), (3, 3, 3), (1, 3, 2), (2, 0, 1))
    convolution("2x2x2", 1, (3, 2), (3, 4, 4), (2, 2, 2))
    convolution("2x2x2 stride 2", 1, (3, 2), (4, 5, 6), (2, 2, 2), (2, 2, 2))
    convolution("2x2x2 stride 3 padding 1", 1, (2, 3), (5, 6, 7), (2, 2, 2), (3, 3, 3), (1, 1, 1))
    convolution("3x3x3 dilation 1,2,2", 1, (2, 3), (3, 6, 7), (3, 3, 3), padding=(1, 2, 2), dilation=(1, 2, 2))
    convolution(
        "2x3x2 dilation 2,1,3 stride 2,1,2", 1, (2, 2), (6, 4, 8), (2, 3, 2), (2, 1, 2), (1, 1, 0), (2, 1, 3))
    convolution("1x3x3 groups 2", 2, (4, 6), (2, 3, 4), (1, 3, 3), padding=(0, 1, 1), groups=2)
    convolution("3x3x3 depthwise", 1, (5, 5), (3, 5, 4), (3, 3, 3), (1, 2, 2), (1, 1, 1), groups=5)
    convolution(
        "3x2x3 groups 3 dilation 2 stride 2", 1, (6, 9), (6, 5, 7), (3, 2, 3), (2, 2, 2), (2, 1, 2), (2, 2, 2), 3)


def batch_norm(name, x, training, order=2):
    channels = x.shape[1]
    mean, variance = normal(channels), positive(channels)
    running = [torch.from_numpy(mean).double(), torch.from_numpy(variance).double()]

    def function(x, weight, bias, **_):
        return F.batch_norm(x, *running, weight, bias, training, 0.1, 1e-5)

    case(
        f"batch_norm_{'training' if training else 'evaluation'}/{name}",
        {
            "x": x, "weight": normal(channels), "bias": normal(channels), "running_mean": mean,
            "running_var": variance, "num_batches_tracked": numpy.array(7, dtype=numpy.int64),
        }, function, ["x", "weight", "bias"], order,
        states=lambda: {
            "running_mean": running[0], "running_var": running[1],
            "num_batches_tracked": torch.tensor(8 if training else 7),
        })


def batch_norms():
    for training in (True, False):
        batch_norm("usual", normal(3, 4, 2, 3, 3) * 2 + 1, training)
        batch_norm("two values a channel", normal(2, 3, 1, 1, 1), training)
        batch_norm("17 channels", normal(2, 17, 1, 2, 2), training)
        batch_norm("far from zero", normal(2, 2, 2, 2, 3) + 64, training)
    constant = normal(2, 2, 1, 2, 2)
    constant[:, 1] = 0.75
    batch_norm("a constant channel", constant, True)


def pool(name, x, kernel, stride, padding, order=2):
    case(
        f"max_pool/{name}", {"x": x}, lambda x: F.max_pool3d(x, kernel, stride, padding), ["x"], order,
        attributes=listed(kernel=kernel, stride=stride, padding=padding))


def pools():
    pool("1x3x3", distinct(2, 2, 2, 7, 8), (1, 3, 3), (1, 2, 2), (0, 1, 1))
    pool("2x2x2", distinct(1, 3, 4, 5, 6), (2, 2, 2), (2, 2, 2), (0, 0, 0))
    pool("3x3x3 overlapping", distinct(1, 2, 3, 4, 5), (3, 3, 3), (1, 1, 1), (1, 1, 1))
    pool("windows that leave gaps", distinct(1, 2, 5, 5, 7), (2, 1, 2), (3, 2, 3), (1, 0, 1))
    pool("ties", grid(1, 2, 4, 7, 9), (2, 3, 3), (1, 2, 2), (1, 1, 1))
    pool("all equal", numpy.full((1, 1, 2, 5, 5), 0.5, numpy.float32), (1, 3, 3), (1, 2, 2), (0, 1, 1))
    pool("17 wide", distinct(1, 1, 1, 3, 17), (1, 1, 2), (1, 1, 2), (0, 0, 0))
    # At most one NaN a window: of several, PyTorch takes the last and this project the first.
    x = grid(1, 2, 2, 9, 9)
    x[0, 0, 0, 4, 4] = x[0, 1, 1, 0, 0] = x[0, 1, 0, 8, 3] = numpy.nan
    pool("NaN", x, (1, 3, 3), (1, 3, 3), (0, 0, 0))
    pool("NaN in overlapping windows", x, (1, 3, 3), (1, 2, 2), (0, 1, 1))
    x = distinct(1, 1, 1, 4, 4)
    x[0, 0, 0, :2, :2] = -numpy.inf
    x[0, 0, 0, 3, 3] = numpy.inf
    pool("infinities", x, (1, 2, 2), (1, 2, 2), (0, 0, 0))
    case("global_average_pool/5x3x4", {"x": normal(2, 3, 5, 3, 4)}, lambda x: F.adaptive_avg_pool3d(x, 1).flatten(1),
         ["x"])
    case("global_average_pool/17 channels", {"x": normal(1, 17, 1, 3, 3)},
         lambda x: F.adaptive_avg_pool3d(x, 1).flatten(1), ["x"])


def far_logits():
    x = normal(6, 7)
    x[0] = [80, -80, 0, 80, -80, 1, -1]
    x[1] = [-80, -80, -80, -80, -80, -80, 80]
    x[2] = [80] * 7
    x[3] = [-80] * 7
    return x


def softmaxes():
    beyond = numpy.array([[1000, -1000, 0, 999, 100], [-1000, -1001, -1002, -1000, -2000]], numpy.float32)
    for name, x in (
        ("usual", normal(3, 5)), ("at +-80", far_logits()), ("33 wide", normal(2, 33) * 3), ("beyond exp", beyond)):
        case(f"softmax/{name}", {"x": x}, lambda x: F.softmax(x, 1), ["x"])
        case(f"log_softmax/{name}", {"x": x}, lambda x: F.log_softmax(x, 1), ["x"])
        labels = generator.integers(0, x.shape[1], x.shape[0])
        case(f"cross_entropy/{name}", {"x": x, "labels": labels}, lambda x, labels: F.cross_entropy(x, labels), ["x"])
        case(f"cross_entropy_of_first/{name}", {"x": x},
             lambda x: F.cross_entropy(x, torch.zeros(len(x), dtype=torch.long)), ["x"])
        case(f"probability_of_first/{name}", {"x": x}, lambda x: F.softmax(x, 1)[:, 0].mean(), ["x"])


def normalizations():
    case("normalize/usual", {"x": normal(3, 5)}, lambda x: F.normalize(x, dim=1), ["x"])
    case("normalize/33 wide", {"x": normal(2, 33)}, lambda x: F.normalize(x, dim=1), ["x"])
    x = normal(5, 4)
    x[0] = 0
    x[1] = [1e-13, -2e-13, 1e-14, 0]
    x[2] *= 1e-8
    x[3] = [3e-20, 0, -4e-20, 0]
    case("normalize/zeros and tiny", {"x": x}, lambda x: F.normalize(x, dim=1), ["x"], order=1)
    case("dot/usual", {"a": normal(3, 9), "b": normal(3, 9)}, lambda a, b: (a * b).sum(1), ["a", "b"])


def linears():
    for name, batch, inputs, outputs in (("usual", 3, 5, 4), ("17 to 33", 2, 17, 33), ("16 to 1", 9, 16, 1)):
        case(f"linear/{name}", {"x": normal(batch, inputs), "weight": normal(outputs, inputs), "bias": normal(outputs)},
             lambda x, weight, bias: F.linear(x, weight, bias), ["x", "weight", "bias"])
    case("matmul/batched", {"a": normal(2, 3, 8), "b": normal(2, 8, 5)}, lambda a, b: a @ b, ["a", "b"])
    case("matmul/15 by 31", {"a": normal(3, 15), "b": normal(15, 31)}, lambda a, b: a @ b, ["a", "b"])


def pointwise():
    special = numpy.array([0.0, -0.0, 1e-30, -1e-30, 2, -2, numpy.inf, -numpy.inf, 0.5], numpy.float32)
    case("relu/at 0", {"x": special}, lambda x: F.relu(x), ["x"], order=1)
    case("relu/usual", {"x": normal(2, 17)}, lambda x: F.relu(x), ["x"])
    case("relu/NaN", {"x": numpy.array([numpy.nan, 1, -1], numpy.float32)}, lambda x: F.relu(x))
    case("abs/usual", {"x": normal(2, 9)}, lambda x: x.abs(), ["x"])
    case("abs/at 0", {"x": numpy.array([0, -0.0, 1, -1], numpy.float32)}, lambda x: x.abs(), ["x"], order=1)
    case("exp/usual", {"x": normal(2, 9)}, lambda x: x.exp(), ["x"])
    case("exp/far", {"x": numpy.array([-80, -20, 0, 20, 80], numpy.float32)}, lambda x: x.exp(), ["x"])
    case("log/usual", {"x": positive(2, 9)}, lambda x: x.log(), ["x"])
    case("log/edges", {"x": numpy.array([0, -1, numpy.inf, 1e-30, 1], numpy.float32)}, lambda x: x.log())
    case("sqrt/usual", {"x": positive(2, 9)}, lambda x: x.sqrt(), ["x"])
    case("sqrt/edges", {"x": numpy.array([0, -1, numpy.inf, 1e-30, 4], numpy.float32)}, lambda x: x.sqrt())
    case("reciprocal/usual", {"x": positive(2, 9)}, lambda x: x.reciprocal(), ["x"])
    case("divide/usual", {"a": normal(2, 9), "b": positive(2, 9)}, lambda a, b: a / b, ["a", "b"])
    case("divide/edges", {"a": numpy.array([1, -1, 0, 1], numpy.float32),
                          "b": numpy.array([0, 0, 0, numpy.inf], numpy.float32)}, lambda a, b: a / b)
    a, b = distinct(2, 9), distinct(2, 9) + numpy.float32(0.1)
    case("maximum/usual", {"a": a, "b": b}, lambda a, b: torch.maximum(a, b), ["a", "b"])
    case("minimum/usual", {"a": a, "b": b}, lambda a, b: torch.minimum(a, b), ["a", "b"])
    nan = numpy.array([numpy.nan, 1, numpy.nan, 2, -3], numpy.float32)
    case("maximum/NaN", {"a": nan, "b": nan[::-1].copy()}, lambda a, b: torch.maximum(a, b))
    case("minimum/NaN", {"a": nan, "b": nan[::-1].copy()}, lambda a, b: torch.minimum(a, b))
    case("remainder/both signs", {"a": generator.integers(-9, 10, 40), "b": numpy.array([3, -4, 7, -1] * 10)},
         lambda a, b: torch.remainder(a, b))
    for comparison in ("eq", "ne", "lt", "le", "gt", "ge"):
        a, b = grid(4, 7), grid(4, 7)
        a[0, 0] = b[0, 1] = a[0, 2] = b[0, 2] = numpy.nan
        case(f"select/{comparison}", {"a": a, "b": b, "c": normal(4, 7), "d": normal(4, 7)},
             lambda a, b, c, d: torch.where(getattr(torch, comparison)(a, b), c, d), ["c", "d"])
    case("convert/toward zero", {"x": numpy.array([1.9, -1.9, 0.5, -0.5, 7, -3], numpy.float32)}, lambda x: x.long())


def reductions_and_shapes():
    case("sum/some axes", {"x": normal(3, 4, 5)}, lambda x: x.sum((0, 2), keepdim=True), ["x"],
         attributes=listed(axes=(0, 2)))
    case("mean/some axes", {"x": normal(2, 3, 7)}, lambda x: x.mean((1,), keepdim=True), ["x"],
         attributes=listed(axes=(1,)))
    case("variance/some axes", {"x": normal(2, 3, 7)}, lambda x: x.var((0, 2), unbiased=False, keepdim=True), ["x"],
         attributes=listed(axes=(0, 2)))
    case("amax/usual", {"x": distinct(3, 17)}, lambda x: x.amax((1,), keepdim=True), ["x"], attributes=listed(axes=(1,)))
    case("amax/ties", {"x": grid(3, 9, 2)}, lambda x: x.amax((1, 2), keepdim=True), ["x"], order=1,
         attributes=listed(axes=(1, 2)))
    case("amax/NaN", {"x": numpy.array([[1, numpy.nan, 3], [4, 5, 6]], numpy.float32)},
         lambda x: x.amax((1,), keepdim=True), attributes=listed(axes=(1,)))
    case("concatenate/channels", {"a": normal(2, 3, 4), "b": normal(2, 1, 4), "c": normal(2, 5, 4)},
         lambda a, b, c: torch.cat([a, b, c], 1), ["a", "b", "c"], attributes=listed(axis=[1]))
    case("concatenate/batch", {"a": normal(1, 7), "b": normal(3, 7), "c": normal(2, 7)},
         lambda a, b, c: torch.cat([a, b, c], 0), ["a", "b", "c"], attributes=listed(axis=[0]))
    case("one_hot/labels", {"labels": numpy.array([0, 4, 2, 2, 1])}, lambda labels: F.one_hot(labels, 5).double(),
         attributes=listed(classes=[5]))
    case("transpose/three axes", {"x": normal(2, 3, 5)}, lambda x: x.permute(2, 0, 1), ["x"],
         attributes=listed(permutation=(2, 0, 1)))
    case("broadcast/middle", {"x": normal(3, 1, 2)}, lambda x: x.expand(3, 5, 2), ["x"],
         attributes=listed(shape=(3, 5, 2)))
    case("reshape/merge", {"x": normal(2, 3, 4)}, lambda x: x.reshape(6, 4), ["x"], attributes=listed(shape=(6, 4)))
    case("slice/inner", {"x": normal(3, 7)}, lambda x: x[:, 2:6], ["x"], attributes=listed(slice=(1, 2, 6)))
    case("pad/inner", {"x": normal(3, 4)}, lambda x: F.pad(x, (2, 1)), ["x"], attributes=listed(pad=(1, 2, 1)))

    def update(base, rows, start):
        result = base.clone()
        for row in range(len(rows)):
            result[(int(start) + row) % len(base)] = rows[row]
        return result

    case("update_rows/wraps", {"base": normal(5, 3), "rows": normal(3, 3), "start": numpy.array(4)}, update)


convolutions()
batch_norms()
pools()
softmaxes()
normalizations()
linears()
pointwise()
reductions_and_shapes()
path = pathlib.Path(__file__).with_name("operations.safetensors")
# One entry, since several would be written in no fixed order.
save_file(tensors, path, {"cases": "\n".join(f"{name}: {attributes}" for name, attributes in sorted(cases.items()))})
print(f"{len(cases)} cases, {len(tensors)} tensors, {path.stat().st_size} bytes")
