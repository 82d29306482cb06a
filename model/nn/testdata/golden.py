"""Writes golden.safetensors: what PyTorch computes for the layers, optimisers and
schedules of package nn. Run with torch, numpy and safetensors installed:

    python golden.py

Everything is drawn from fixed seeds and computed in float64, then stored as float32,
so that the file holds the true values and not one library's roundings.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(2021)
torch.set_default_dtype(torch.float64)
out = {}


def put(name, t):
    # Inputs must be float32 numbers before they are used: see `draw`.
    out[name] = t.detach().to(torch.float32).contiguous().clone()


def draw(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).to(torch.float32).to(torch.float64)


def redraw(module):
    """Values that are float32 numbers, and no zeros or ones that could hide a mistake."""
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(draw(*p.shape, scale=0.3) + (0.5 if p.dim() == 1 else 0.0))
            p.copy_(p.to(torch.float32).to(torch.float64))
    return module


def module(name, m, inputs, forward=None):
    """Stores inputs, parameters, result y, and the gradients of sum(dy * y)."""
    redraw(m)
    inputs = {k: v.requires_grad_() for k, v in inputs.items()}
    y = forward(m, **inputs) if forward else m(*inputs.values())
    dy = draw(*y.shape)
    (y * dy).sum().backward()
    put(f"{name}/y", y)
    put(f"{name}/dy", dy)
    for k, v in inputs.items():
        put(f"{name}/in/{k}", v)
        put(f"{name}/grad/in/{k}", v.grad)
    for k, p in m.named_parameters():
        put(f"{name}/param/{k}", p)
        put(f"{name}/grad/param/{k}", p.grad)


for name, norm_first, act in [("encoder-post", False, "relu"), ("encoder-pre", True, "gelu")]:
    layer = nn.TransformerEncoderLayer(12, 3, 20, 0.0, act, 1e-5, batch_first=True, norm_first=norm_first)
    module(name, layer, {"x": draw(2, 5, 12)})

module(
    "cross-attention", nn.MultiheadAttention(12, 3, batch_first=True),
    {"x": draw(2, 5, 12), "memory": draw(7, 12)},
    lambda m, x, memory: m(x, memory.expand(2, 7, 12), memory.expand(2, 7, 12))[0],
)


class RevIN(nn.Module):
    """Kim et al. 2022, algorithm 1, with the published code's division by weight + eps^2."""

    def __init__(self, channels):
        super().__init__()
        self.affine_weight = nn.Parameter(torch.ones(channels))
        self.affine_bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x, w):
        eps = 1e-5
        mean = x.mean(1, keepdim=True).detach()
        std = (x.var(1, keepdim=True, unbiased=False) + eps).sqrt().detach()
        h = (x - mean) / std * self.affine_weight + self.affine_bias
        h = torch.einsum("hl,blc->bhc", w, torch.tanh(h))
        return (h - self.affine_bias) / (self.affine_weight + eps * eps) * std + mean


module("revin", RevIN(3), {"x": draw(2, 9, 3), "w": draw(4, 9)})

steps, rows, cols = 10, 7, 5
start = draw(rows, cols)
grads = draw(steps, rows, cols)
grads[3] = 0  # moments move on without a gradient
put("adam/start", start)
put("adam/grads", grads)
for name, make in {
    "adam": lambda p: torch.optim.Adam([p], lr=0.03),
    "adam-decay": lambda p: torch.optim.Adam([p], lr=0.03, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW([p], lr=0.03, weight_decay=0.1),
}.items():
    p = nn.Parameter(start.clone())
    optimiser, path = make(p), []
    for g in grads:
        p.grad = g.clone()
        optimiser.step()
        path.append(p.detach().clone())
    put(f"adam/{name}", torch.stack(path))

p = nn.Parameter(draw(rows, cols))
p.grad = draw(rows, cols, scale=3.0)
put("clip/grad", p.grad)
put("clip/norm", nn.utils.clip_grad_norm_([p], 1.5))
put("clip/clipped", p.grad)

for name, period in [("cosine-20", 20), ("cosine-10", 10)]:
    p = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([p], lr=5e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=period, eta_min=1e-8)
    rates = []
    for _ in range(50):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    put(f"schedule/{name}", torch.tensor(rates))

# Every kind of half-precision number: all exponents, ties, subnormals, overflow.
numbers = torch.cat([
    torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 65519.996, 65520.0, 1e30, float("inf"), float("-inf"),
                  2.0**-14, 2.0**-24, 2.0**-25, 1.5 * 2.0**-25, 2.0**-26, 1e-45, 1 + 2.0**-11, 1 + 3 * 2.0**-11,
                  1 + 2.0**-8, 1 + 3 * 2.0**-8, 3.4e38]),
    draw(64) * torch.exp2(torch.linspace(-30, 20, 64)),
]).to(torch.float32)
out["half/f32"] = numbers
out["half/f16"] = numbers.to(torch.float16)
out["half/bf16"] = numbers.to(torch.bfloat16)

save_file(out, pathlib.Path(__file__).with_name("golden.safetensors"), {"torch": torch.__version__})
