#!/usr/bin/env python3
"""Makes golden files with the peer in float64, and proves the peer on golden files that exist.

    make_golden.py prove INIT.safetensors EXPECT.safetensors   compare with somebody else's numbers
    make_golden.py prove TRAJECTORY.safetensors                the same for a file of batches
    make_golden.py CASE [CASE ...] --out FOLDER                write CASE_init and CASE_main, or one file
    make_golden.py list                                        the cases

Values are float64 runs from the stored fp32 inputs, rounded once to fp32; fp32run.* is the same in fp32.
"""
import argparse
import copy
import sys
from pathlib import Path

import numpy
import torch

import files
import formula
import supervised
import video
from mcl import Configuration, Encoder, Training

LOSSES = ["inter", "intra", "nce", "mal", "mal_spatiotemporal", "mal_temporal", "mal_spatial", "order", "total"]
SERIES = [f"loss.{name}" for name in LOSSES] + ["prob.inter", "prob.intra"]


def started(configuration, tensors, dtype):
    training = Training(configuration, dtype=dtype)
    training.load({n: t.to(dtype) if t.is_floating_point() else t for n, t in tensors.items()})
    return training


def state(training, prefix=""):
    result = {f"{prefix}q.{n}": t.clone() for n, t in training.q.state_dict().items()}
    result.update({f"{prefix}k.{n}": t.clone() for n, t in training.k.state_dict().items()})
    result[f"{prefix}queue"] = training.queue.clone()
    result[f"{prefix}queue_index"] = torch.tensor([training.queue_index])
    return result


def component_gradients(training, batch):
    """Gradients of each unweighted loss component; the networks' state is left as it was."""
    probe = copy.deepcopy(training)
    batch = dict(batch, xq=batch["xq"].clone().requires_grad_())
    results = probe.losses(batch)
    names, parameters = zip(*probe.q.named_parameters())
    out = {}
    for component in ("nce", "order", "mal"):
        gradients = torch.autograd.grad(
            results[f"loss.{component}"], parameters, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        for name, gradient in zip(names, gradients):
            out[f"gradnorm_{component}.{name}"] = gradient.norm()
            if component == "mal":
                out[f"grad_mal.{name}"] = gradient
    (at_input,) = torch.autograd.grad(results["loss.total"], batch["xq"])
    out["grad_xq_l2"] = at_input.norm()
    return out


def expected_steps(configuration, tensors, steps, kept=(1, 3)):
    """The content of an expected file: the values of step 1, losses of all, state after the steps kept."""
    training = started(configuration, tensors, torch.float64)
    batch = files.decode_batch(tensors, torch.float64)
    out = component_gradients(training, batch)
    for step in range(1, steps + 1):
        results = training.step(batch)
        for name, value in results.items():
            if name.startswith(("loss.", "prob.")):
                out[f"step{step}.{name}"] = value
            elif step == 1:
                out[name] = value
        if step == 1:
            out.update({f"grad.{n}": p.grad.clone() for n, p in training.q.named_parameters()})
        if step in kept:
            out.update(state(training, f"step{step}."))
    out.update({f"fp32run.{n}": v for n, v in single_run(configuration, tensors, steps)[0].items()})
    return out


def single_run(configuration, tensors, steps, perturbation=None):
    """Losses of each step and the state at the end, in fp32; the query may start a rounding error away."""
    training = started(configuration, tensors, torch.float32)
    if perturbation is not None:
        with torch.no_grad():
            for parameter in training.q.parameters():
                parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, generator=perturbation))
    batch = files.decode_batch(tensors, torch.float32)
    losses = {}
    for step in range(1, steps + 1):
        for name, value in training.step(batch).items():
            if name.startswith("loss."):
                losses[f"step{step}.{name}"] = value.detach()
    return losses, state(training, f"step{steps}.")


def instability(configuration, tensors, expected, steps):
    """The worst deviation of fp32 runs in units of the gates: above 1 the case is decided by a ReLU's rounding."""
    generator = torch.Generator().manual_seed(7)
    worst = 0.0
    for run in range(4):
        losses, end = single_run(configuration, tensors, steps, generator if run else None)
        for name, value in losses.items():
            exact = expected[name].item()
            gate = 1e-6 if abs(exact) < 0.1 else 1e-5 * abs(exact)
            worst = max(worst, abs(value.item() - exact) / gate)
        for name, value in end.items():
            exact = expected[name].double()
            worst = max(worst, ((value.double() - exact).norm() / (5e-4 * exact.norm() + 1e-12)).item())
    return worst


def names_of_series(c):
    return SERIES + (["gradient_norm"] if c.clip_norm > 0 else [])


def series(training, tensors, steps):
    names = names_of_series(training.c)
    values = {name: [] for name in names}
    dtype = training.queue.dtype
    for step in range(1, steps + 1):
        results = training.step(files.decode_batch(tensors, dtype, f"batch{step}."))
        for name in names:
            values[name].append(float(results[name].detach()))
    return {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}


def kept_at_the_end(name):
    return (
        ".running_" in name or name.endswith(("queue", "queue_index")) or "order_classfier" in name
        or name.endswith("nce_inter_head.head.2.weight")
    )


def expected_trajectory(configuration, tensors, steps):
    training = started(configuration, tensors, torch.float64)
    out = series(training, tensors, steps)
    end = state(training, f"step{steps}.")
    out.update({name: value for name, value in end.items() if kept_at_the_end(name)})
    names = names_of_series(configuration)
    exact = {name: out[name] for name in names}
    deviation = {name: torch.zeros(steps, dtype=torch.float64) for name in names}
    generator = torch.Generator().manual_seed(7)
    for run in range(6):
        single = started(configuration, tensors, torch.float32)
        if run > 0:
            with torch.no_grad():
                for parameter in single.q.parameters():
                    parameter.mul_(1 + 1e-7 * torch.randn(parameter.shape, generator=generator))
        values = series(single, tensors, steps)
        if run == 0:
            out.update({f"fp32run.{name}": value for name, value in values.items()})
        for name in names:
            deviation[name] = torch.maximum(deviation[name], (values[name] - exact[name]).abs())
    out.update({f"band.{name}": value for name, value in deviation.items()})
    return out


# What the cases start from: drawn, so that no two tensors are alike and the momentum encoder is not a copy.


def smooth_clip(shape, generator):
    """A video-like clip: smooth random fields moving with a velocity of their own each, and a little noise."""
    batch, channels, frames, height, width = shape
    clip = numpy.empty(shape)
    rows, columns = numpy.mgrid[0:height, 0:width]
    for n in range(batch):
        waves = generator.uniform(-1, 1, (6, 4))
        phases = generator.uniform(0, 2 * numpy.pi, (6, channels))
        for t in range(frames):
            for ch in range(channels):
                clip[n, ch, t] = sum(
                    numpy.sin(w[0] * rows / 3 + w[1] * columns / 3 + 2 * w[2] * t + p[ch]) * (0.5 + abs(w[3]))
                    for w, p in zip(waves, phases)
                )
    clip = 128 + 22 * clip + generator.normal(0, 6, shape)
    return torch.from_numpy(clip.round().clip(0, 255).astype(numpy.uint8))


def drawn_batch(c, generator, prefix=""):
    out = {prefix + name: smooth_clip(c.clip_shape, generator) for name in ("xq", "x1", "x2", "x3")}
    out[prefix + "mag"] = torch.from_numpy(generator.gamma(1.5, 4, c.map_shape).astype(numpy.float32))
    out[prefix + "order"] = torch.from_numpy(generator.integers(0, 2, c.batch))
    if c.bn_groups > 1:
        out[prefix + "permutation"] = torch.from_numpy(generator.permutation(c.batch))
    return out


def drawn_state(c, generator):
    out = {}
    template = Encoder(c).state_dict()
    for name, tensor in template.items():
        shape = tuple(tensor.shape)
        if name.endswith("num_batches_tracked"):
            query = key = torch.zeros(1, dtype=torch.int64)
        else:
            norm = len(shape) == 1 and ("bn" in name or "downsample.1" in name)
            if name.endswith("running_var"):
                draw = lambda: 1 + 0.5 * generator.random(shape)
            elif norm and name.endswith("weight"):
                draw = lambda: 1 + 0.2 * generator.standard_normal(shape)
            elif len(shape) == 1:
                draw = lambda: 0.15 * generator.standard_normal(shape)
            else:
                fan = numpy.prod(shape[1:])
                draw = lambda: generator.standard_normal(shape) * numpy.sqrt((2 if len(shape) > 2 else 1.2) / fan)
            first, second = draw(), draw()
            if name.endswith("running_var"):
                mixed = 0.7 * first + 0.3 * second
            elif norm and name.endswith("weight"):
                mixed = 1 + 0.9 * (first - 1) + 0.4 * (second - 1)
            else:
                mixed = 0.9 * first + 0.4 * second
            query = torch.from_numpy(numpy.asarray(first, dtype=numpy.float32))
            key = torch.from_numpy(numpy.asarray(mixed, dtype=numpy.float32))
        out["q." + name], out["k." + name] = query, key
    queue = generator.standard_normal((c.queue_size, c.num_channels))
    queue /= numpy.linalg.norm(queue, axis=1, keepdims=True)
    out["queue"] = torch.from_numpy(queue.astype(numpy.float32))
    out["queue_index"] = torch.tensor([c.queue_index_start])
    return out


def metadata(c, seed, steps, **more):
    result = c.metadata()
    result.update(
        model="r2plus1d", program="step", weights="file", steps=steps, seed=seed, order="true",
        target_module=c.target_module, bn_eps="1e-05", bn_momentum="0.1", clip_decode="x=(2*u8-255)/128",
        torch=torch.__version__, numpy=numpy.__version__,
    )
    result.update(more)
    return result


SMALL = dict(layers=(1, 1, 1, 1), widths=(8, 16, 32, 64), stem=8, num_channels=16, queue_size=64, sgd_lr=0.05,
             order_weight=0.5)
STEP_CASES = {
    # name: (seed, steps, configuration)
    "mcl_nonsquare": (2003, 3, Configuration(
        layers=(2, 1, 2, 1), widths=(4, 6, 8, 12), stem=6, frames=12, size=(96, 80), batch=2, num_channels=24, queue_size=40,
        queue_index_start=37, temperature=0.07, temperature_intra=0.1, sgd_lr=0.005, order_weight=0.5)),
    "mcl_nonsquare_wide": (312, 3, Configuration(
        layers=(2, 1, 2, 1), widths=(8, 16, 24, 40), stem=8, size=(96, 80), batch=3, num_channels=24, queue_size=100,
        queue_index_start=95, temperature=0.07, temperature_intra=0.1, sgd_lr=0.005, order_weight=0.5)),
    "mcl_basic_deephead": (313, 3, Configuration(
        block="basic", layers=(1, 2, 1, 1), widths=(8, 16, 32, 64), stem=8, size=(48, 64), batch=2, num_channels=20,
        mlp_layers=3, queue_size=40, queue_index_start=38, alpha=0.99, sgd_lr=0.005, mal_weight=2.0,
        order_weight=0.3)),
    "mcl_frames8": (314, 3, Configuration(**{**SMALL, "sgd_lr": 0.005}, frames=8, size=(64, 64), batch=3, queue_index_start=60)),
    "mcl_frames24": (315, 3, Configuration(**{**SMALL, "sgd_lr": 0.005}, frames=24, size=(48, 40), batch=2, temperature_intra=0.2)),
    "mcl_onelayerhead": (316, 2, Configuration(**{**SMALL, "sgd_lr": 0.005}, mlp_layers=1, size=(50, 70), batch=2, sgd_momentum=0.5,
                                               weight_decay=1e-2)),
}
TRAJECTORY_CASES = {
    "trajectory_six": (421, 6, Configuration(**{**SMALL, "sgd_lr": 0.005}, size=(48, 48), batch=2, alpha=0.99)),
    "trajectory_nonsquare": (422, 8, Configuration(**{
        **SMALL, "sgd_lr": 0.005, "block": "basic", "order_weight": 0.3}, size=(32, 64), batch=2, alpha=0.95,
        mal_weight=2.0, temperature=0.2)),
    "trajectory_accumulate": (423, 6, Configuration(**{
        **SMALL, "sgd_lr": 0.005, "stem": 4, "widths": (4, 4, 8, 8)}, size=(48, 32), frames=8, batch=4, alpha=0.9,
        accumulate=2, clip_norm=30, bn_groups=2)),
}


def make_step(name, out):
    """The first seed whose case is well posed: three steps that fp32 can follow within half of every gate."""
    first, steps, c = STEP_CASES[name]
    for seed in range(first, first + 200):
        generator = numpy.random.default_rng(seed)
        tensors = {**drawn_batch(c, generator), **drawn_state(c, generator)}
        expected = expected_steps(c, tensors, steps, kept=(1, steps))
        worst = instability(c, tensors, expected, steps)
        if worst < 0.5:
            break
    else:
        raise RuntimeError(f"{name}: no seed gives steps that single precision follows; lower its learning rate")
    files.write(out / f"{name}_init.safetensors", tensors,
                metadata(c, seed, steps, content="inputs and initial state"))
    files.write(out / f"{name}_main.safetensors", expected,
                metadata(c, seed, steps, variant="main", content="expected values of the peer in float64, rounded"))
    losses = [round(expected[f"step{i}.loss.total"].item(), 5) for i in range(1, steps + 1)]
    return f"seed {seed}, fp32 runs within {worst:.2f} of the gates, losses {losses}"


def make_trajectory(name, out):
    seed, steps, c = TRAJECTORY_CASES[name]
    generator = numpy.random.default_rng(seed)
    tensors = drawn_state(c, generator)
    for step in range(1, steps + 1):
        tensors.update(drawn_batch(c, generator, f"batch{step}."))
    expected = expected_trajectory(c, tensors, steps)
    files.write(out / f"{name}.safetensors", {**tensors, **expected}, metadata(c, seed, steps))
    return f"losses {[round(value, 5) for value in expected['loss.total'].tolist()]}"


def prove(paths):
    """Runs the peer from somebody's file and compares every tensor; the worst come first."""
    tensors, found = files.read(paths[0])
    wanted, more = files.read(paths[-1])
    found = {**found, **more}
    c = Configuration.from_metadata(found)
    steps = int(found.get("steps", 1))
    if Path(paths[-1]).stem in supervised.CASES:
        ours = supervised.expected(supervised.CASES[Path(paths[-1]).stem].with_suffix(found["seed_suffix"]))
    elif found["weights"] == "formula" and found["program"] == "classify":
        ours = video.expected(video.Case.from_metadata(found))
    elif found["weights"] == "formula":
        ours = formula.expected_step(c, found.get("seed_suffix", ""), wanted["order"])
    elif len(paths) == 1:
        ours = {**tensors, **expected_trajectory(c, tensors, steps)}
    else:
        ours = expected_steps(c, tensors, steps, kept=range(1, steps + 1))
    rows, unknown = [], []
    for name, want in wanted.items():
        if name.startswith(("fp32run.", "band.")):
            continue
        if name not in ours:
            unknown.append(name)
            continue
        have = torch.as_tensor(ours[name]).detach().double().reshape(want.shape)
        difference = (have - want.double()).abs().max().item()
        rows.append((difference / max(want.abs().max().item(), 1e-30) if difference > 1e-10 else 0.0, difference, name))
    rows.sort(reverse=True)
    for relative, difference, name in rows[:8]:
        print(f"  {relative:9.2e} of the largest value, {difference:9.2e} absolute  {name}")
    print(f"{Path(paths[-1]).name}: {len(rows)} tensors compared, {len(unknown)} not made {unknown[:5]}")
    return bool(unknown) or not rows or rows[0][0] > 2e-6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+")
    parser.add_argument("--out", type=Path, default=Path("."))
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the same rounding, and so the same seeds, on every machine of a kind
    if arguments.what[0] == "prove":
        sys.exit(prove(arguments.what[1:]))
    makers = {name: make_step for name in STEP_CASES}
    makers.update({name: make_trajectory for name in TRAJECTORY_CASES})
    makers.update({name: formula.make for name in formula.CASES})
    makers.update({name: video.make for name in video.CASES})
    makers.update({name: supervised.make for name in supervised.CASES})
    if arguments.what == ["list"]:
        return print("\n".join(makers))
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.what if arguments.what != ["all"] else makers:
        if name not in makers:
            sys.exit(f"there is no case '{name}'; `make_golden.py list` names them")
        said = makers[name](name, arguments.out)
        sizes = {path.name: f"{path.stat().st_size / 1e6:.2f} MB" for path in arguments.out.glob(f"{name}*")}
        print(name, said, sizes, flush=True)


if __name__ == "__main__":
    main()
