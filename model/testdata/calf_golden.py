"""Writes the golden files of CALF: python3 calf_golden.py (needs torch and safetensors; a minute).

One file per case of CASES, calf-CASE.safetensors. Parameters, prototypes, x (B, L, C) and y (B, H, C) are those of
formula.py under their names, so no file holds them. Dropout is off. The metadata "config" is the case as JSON; its tensors:

    y_time, y_text             the branches' forecasts (B, H, C), in the input's units
    hidden_time, hidden_text   the last hidden states (B, C, D), the token added
    losses                     total, task, output, feature (the levels' weighted sum), unweighted by the configuration
    levels                     the features' distance at every level (N+1)
    grad.NAME                  the total's gradient of a trained parameter, up to 2048 elements
    digest.NAME                instead of it for a larger one: 21 numbers, see digest in formula.py
    adam                       the total at 20 steps of Adam on the same batch, each before its update: names with `_proj`
                               at 1e-4, the others at 5e-4

A parameter whose gradient is zero throughout (the text branch where no loss needs it) has neither grad nor digest; the
names of cases may follow on the command line to write these alone. Everything is computed in float64 and stored in float32; the same in float32 is printed as the largest distance, relative to the
largest value of a tensor (for a digest, to the gradient's norm).
"""

import dataclasses
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from calf_reference import CALF, Config
from formula import FULL, digest, weight

STEPS = 20
SMALL = dict(width=24, heads=3, kv_heads=3, hidden=96, blocks=2, prototypes=16, lookback=16, horizon=6)
LLAMA = SMALL | dict(arch="llama", heads=4, kv_heads=2, hidden=40)
CASES = {  # configuration, B, C
    "gpt2": (Config(), 2, 7),
    "small": (Config(**SMALL), 3, 5),
    "small-smooth": (Config(**SMALL, loss="smooth_l1"), 3, 5),
    "small-output": (Config(**SMALL, feature_weight=0), 3, 5),
    "small-task": (Config(**SMALL, feature_weight=0, output_weight=0), 3, 5),
    "small-llama": (Config(**LLAMA), 3, 5),
    "small-llama-feature": (Config(**LLAMA, output_weight=0, loss="smooth_l1"), 3, 5),
    "small-none": (Config(**SMALL | dict(arch="none")), 3, 5),
}


def batch(c, b, channels, dtype):
    return (torch.as_tensor(weight(name, (b, rows, channels))).to(dtype)
            for name, rows in (("x", c.lookback), ("y", c.horizon)))


def compute(make, x, y):
    """All tensors of a golden file, in the number type of the model that make returns."""
    model = make()
    out = model.forward(x)
    parts = model.losses(out, y)
    parts["total"].backward()
    tensors = {name: out[name] for name in ("y_time", "y_text")}
    tensors |= {name: out[name][-1] for name in ("hidden_time", "hidden_text")}
    tensors["losses"] = torch.stack([parts.pop(name) for name in ("total", "task", "output", "feature")])
    tensors |= parts
    tensors |= gradients(model)
    tensors["adam"] = adam_losses(make(), x, y)
    return {name: t.detach().double().contiguous() for name, t in tensors.items()}


def gradients(model):
    """The gradient of every trained parameter that has one, or its digest, under their names in a golden file."""
    out = {}
    for name, p in model.trained.items():
        if p.grad is None or not p.grad.any():
            continue
        if p.numel() > FULL:
            out["digest." + name] = torch.as_tensor(digest(name, p.grad.numpy()))
        else:
            out["grad." + name] = p.grad.clone()
    return out


def adam_losses(model, x, y):
    """The total at STEPS steps of Adam, each before its update."""
    adam, losses = model.adam(), []
    for _ in range(STEPS):
        adam.zero_grad()
        total = model.losses(model.forward(x), y)["total"]
        losses.append(total.item())
        total.backward()
        adam.step()
    return torch.tensor(losses, dtype=torch.float64)


def distances(want, got):
    """The largest relative distance of every kind of tensor, with the tensor's name."""
    worst = {}
    for name, w in want.items():
        scale = w[0] if name.startswith("digest.") else w.abs().max()
        far = ((got[name] - w).abs().max() / scale).item() if scale else 0.0
        kind = name.split(".")[0]
        worst[kind] = max(worst.get(kind, (0.0, "")), (far, name))
    return worst


def write(path, config, run):
    """Runs in both number types, saves the wider one's tensors and prints how far the other is."""
    want, got = run(torch.float64), run(torch.float32)
    save_file({name: t.float() for name, t in want.items()}, path,
              metadata=dict(config=json.dumps(config), torch=torch.__version__))
    path.chmod(0o644)
    print(f"{path.name}: {path.stat().st_size} bytes, losses {want['adam'][0]:.6f} to {want['adam'][-1]:.6f}")
    for kind, (far, name) in distances(want, got).items():
        print(f"    float32 is {far:.1e} off in {name if kind in ('grad', 'digest') else kind}")


def write_cases(prefix, cases, model):
    """The file of every case, or of those on the command line. A case is a configuration, B and C."""
    torch.set_num_threads(2)
    for case in sys.argv[1:] or cases:
        c, b, channels = cases[case]

        def run(dtype):
            return compute(lambda: model(c, dtype), *batch(c, b, channels, dtype))

        path = pathlib.Path(__file__).with_name(f"{prefix}-{case}.safetensors")
        write(path, dataclasses.asdict(c) | dict(batch=b, channels=channels), run)


if __name__ == "__main__":
    write_cases("calf", CASES, CALF)
