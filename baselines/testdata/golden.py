"""Writes the golden files of the trained baselines: python3 golden.py (needs torch and safetensors; a few seconds).

One file per model at a small size, with dropout off. Its metadata "config" is the model's configuration as JSON; its
tensors are

    param.NAME   the weights to start from, the running statistics of BatchNorm among them
    x, y         input (B, L, C) and target (B, H, C)
    pred, loss   the forecast in training mode and its MSE
    grad.NAME    the loss's gradient of every trained parameter
    after.NAME   the running statistics after that forward pass
    eval         the forecast in evaluation mode, with these statistics
    adam         the losses of the next ten steps of Adam with learning rate LR on the same batch, each before its update

Everything is computed in float64 and stored in float32, so that only our own rounding shows in a comparison. Weights
are PyTorch's initial ones plus noise, because ones and zeros would hide a missing scale or shift.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

import torch_models

LR = 1e-3
B, C = 3, 2
SMALL_ENCODER = dict(d_model=8, n_heads=2, d_ff=12, e_layers=2, dropout=0.0)
CASES = [
    ("DLinear", 32, 6, dict(moving_average=25)),
    ("NLinear", 16, 6, {}),
    ("RLinear", 16, 6, dict(dropout=0.0)),
    ("PatchTST", 26, 6, dict(patch_len=8, stride=4, **SMALL_ENCODER)),  # 26: two steps that no unpadded patch reaches
    ("iTransformer", 16, 6, SMALL_ENCODER),
]


def series(rows):
    """Windows of a noisy season with an offset of their own: (B, rows, C)."""
    t = torch.arange(rows)[None, :, None] + 5 * torch.arange(B)[:, None, None]
    phase = torch.arange(C)[None, None, :]
    return torch.sin(0.4 * t + phase) + 0.3 * torch.randn(B, rows, C) + torch.randn(B, 1, C)


def golden(name, lookback, horizon, params):
    torch.manual_seed(2021)
    model = getattr(torch_models, name)(lookback, horizon, C, **params)
    out = {}
    with torch.no_grad():
        for key, p in [*model.named_parameters(), *model.named_buffers()]:
            if p.is_floating_point() and key in model.state_dict():
                p += 0.1 * torch.randn_like(p).abs()  # a running variance stays positive
                p.copy_(p.float())  # exact in float32
                out["param." + key] = p.clone()
    rows = series(lookback + horizon).float().double()
    x, y = rows[:, :lookback], rows[:, lookback:]
    out |= dict(x=x, y=y)

    optimiser = torch.optim.Adam(model.parameters(), lr=LR)
    pred = model(x)
    loss = F.mse_loss(pred, y)
    loss.backward()
    out |= dict(pred=pred, loss=loss)
    out |= {"grad." + key: p.grad.clone() for key, p in model.named_parameters()}
    out |= {"after." + key: b.clone() for key, b in model.named_buffers() if "running" in key}
    with torch.no_grad():
        out["eval"] = model.eval()(x)
    model.train()

    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        loss = F.mse_loss(model(x), y)
        losses.append(loss.item())
        loss.backward()
        optimiser.step()
    out["adam"] = torch.tensor(losses)

    config = dict(lookback=lookback, horizon=horizon, channels=C, params=params, lr=LR)
    path = pathlib.Path(__file__).with_name(name.lower() + ".safetensors")
    tensors = {key: v.detach().float().contiguous() for key, v in out.items()}
    save_file(tensors, path, metadata=dict(config=json.dumps(config), torch=torch.__version__))
    print(f"{path.name}: {path.stat().st_size} bytes, losses {losses[0]:.6f} to {losses[-1]:.6f}")


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    for case in CASES:
        golden(*case)
