"""GPT4TS in PyTorch and its golden files: python3 gpt4ts_golden.py (needs torch and safetensors; a minute).

The model is Zhou et al., "One Fits All: Power General Time Series Analysis by Pretrained LM", NeurIPS 2023, section 3, as its
public code forecasts: instance norm; per channel, patches with the last value repeated over one more stride; a linear map
to GPT-2's width; the first blocks of GPT-2, causal, with its positions; one linear map of all patches to the horizon.
Positions, norms and the two maps train, the blocks' matrices do not. The loss is the MSE.

gpt4ts.safetensors is a small model, gpt4ts-gpt2.safetensors one of GPT-2's size. Their parameters, x (B, L, C) and y
(B, H, C) are those of model/testdata/formula.py under their names:

    gpt2.NAME                     NAME as in a Hugging Face GPT2Model: wpe.weight (1024, D), h.K.ln_1.weight, …, ln_f.bias
    in_layer.weight, .bias        (D, patch), (D)
    out_layer.weight, .bias       (H, patches·D), (H); patch-major: column p·D + d

and their tensors

    pred, loss    the forecast (B, H, C) and its MSE
    grad.NAME     the gradient of a trained parameter of up to 2048 elements
    digest.NAME   instead of it for a larger one: 21 numbers, see digest in formula.py
    adam          the losses of 20 steps of Adam with learning rate LR on the same batch, each before its update

Dropout is off. Computed in float64, stored in float32; the distance of a float32 run is printed.
"""

import pathlib
import sys

import torch
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "model" / "testdata"))
import calf_reference  # noqa: E402
from calf_golden import adam_losses, batch, gradients, write  # noqa: E402
from calf_reference import EPS, POSITIONS, Config  # noqa: E402

LR = 1e-4
PATCH, STRIDE = 16, 8
CASES = {  # configuration of the backbone and the horizon, patch and stride, B, C
    "gpt4ts": (Config(width=24, heads=3, kv_heads=3, hidden=96, blocks=2, lookback=18, horizon=6), 4, 3, 3, 2),
    "gpt4ts-gpt2": (Config(), PATCH, STRIDE, 2, 1),
}


class GPT4TS(calf_reference.CALF):
    """Takes GPT-2's blocks from CALF's reference, where a branch without LoRA has the plain names."""

    def __init__(self, config, patch, stride, dtype):
        self.patch, self.stride = patch, stride
        patches = (config.lookback - patch) // stride + 2
        self.shapes = lambda c: gpt4ts_shapes(c, patch, patches)
        super().__init__(config, dtype)

    def forward(self, x):
        b, _, channels = x.shape
        mean = x.mean(1, keepdim=True).detach()
        std = torch.sqrt(x.var(1, keepdim=True, correction=0) + EPS).detach()
        x = F.pad(((x - mean) / std).transpose(1, 2), (0, self.stride), mode="replicate")  # (B, C, L+stride)
        x = x.unfold(2, self.patch, self.stride).flatten(0, 1)  # (B·C, patches, patch)
        h = self.backbone("gpt2.", self.linear("in_layer", x))[-1]  # (B·C, patches, D)
        y = self.linear("out_layer", h.flatten(1)).view(b, channels, -1)
        return y.transpose(1, 2) * std + mean

    def losses(self, pred, y):
        return dict(total=F.mse_loss(pred, y))

    def adam(self):
        return torch.optim.Adam(self.trained.values(), lr=LR)


def gpt4ts_shapes(c, patch, patches):
    """Shape and whether it trains, of every parameter by name."""
    d = c.width
    out = {"gpt2.wpe.weight": ((POSITIONS, d), True)}
    for name, (shape, _) in calf_reference.shapes(c).items():
        if name.startswith("gpt2_text.") and name != "gpt2_text.wpe.weight":
            out[name.replace("gpt2_text.", "gpt2.")] = (shape, ".ln_" in name)
    return out | {"in_layer.weight": ((d, patch), True), "in_layer.bias": ((d,), True),
                  "out_layer.weight": ((c.horizon, patches * d), True), "out_layer.bias": ((c.horizon,), True)}


def compute(make, x, y):
    model = make()
    pred = model.forward(x)
    loss = model.losses(pred, y)["total"]
    loss.backward()
    tensors = dict(pred=pred, loss=loss, **gradients(model), adam=adam_losses(make(), x, y))
    return {name: t.detach().double().contiguous() for name, t in tensors.items()}


def main():
    torch.set_num_threads(2)
    for case, (c, patch, stride, b, channels) in CASES.items():
        def run(dtype):
            return compute(lambda: GPT4TS(c, patch, stride, dtype), *batch(c, b, channels, dtype))

        config = dict(lookback=c.lookback, horizon=c.horizon, channels=channels, batch=b, lr=LR,
                      params=dict(patch_len=patch, stride=stride, dropout=0.0),
                      backbone=dict(width=c.width, heads=c.heads, hidden=c.hidden, blocks=c.blocks, positions=POSITIONS))
        write(pathlib.Path(__file__).with_name(case + ".safetensors"), config, run)


if __name__ == "__main__":
    main()
