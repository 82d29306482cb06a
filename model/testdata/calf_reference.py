"""CALF in plain PyTorch, written from the paper (Liu et al., AAAI 2025) and what is known of its public code.

Shapes: B windows, L look-back, H horizon, C channels, T = B·C tokens, D width, A heads, P prototypes, N blocks.
Parameters live in a dictionary under the names of the public code's checkpoints; a LLaMA backbone has the names of
Hugging Face's LlamaModel under `llm.` (time) and `llm_text.` (text), with a learned position table `wpe` in both.
The same rule as everywhere says what trains: everything but the backbones' own weights, of which the time branch trains
the norms, the positions and the LoRA factors, the text branch the positions alone.
"""

import dataclasses
import math

import torch
from torch.nn import functional as F

from formula import weight

EPS = 1e-5  # of the instance norm and of every LayerNorm and RMSNorm
FEED_FORWARD = 2048  # of the encoder layer over the channels
POSITIONS = 1024
RANK, ALPHA = 8, 32  # of LoRA
DECAY = 0.8  # of the feature loss's weights, from the last level to the first


@dataclasses.dataclass
class Config:
    arch: str = "gpt2"  # or llama, or none: blocks and last norm are the identity
    width: int = 768
    heads: int = 12
    kv_heads: int = 12
    hidden: int = 3072  # of the backbone's feed-forward part
    blocks: int = 6
    rope_base: float = 1e4
    prototypes: int = 500
    lookback: int = 96
    horizon: int = 96
    loss: str = "l1"  # or smooth_l1
    output_weight: float = 1.0
    feature_weight: float = 0.01
    dropout: float = 0.0

    @property
    def branches(self):
        """Where the names of the time branch and of the text branch start."""
        return ("llm.", "llm_text.") if self.arch == "llama" else ("gpt2.base_model.model.", "gpt2_text.")


def shapes(c):
    """Shape and whether it trains, of every parameter by name."""
    out = {}
    d, f = c.width, c.hidden

    def add(name, *shape, trains=True):
        out[name] = (shape, trains)

    def linear(name, into, outof, bias=True):
        add(name + ".weight", into, outof)
        if bias:
            add(name + ".bias", into)

    def norm(name, trains=True):
        add(name + ".weight", d, trains=trains)
        if c.arch != "llama" or not name.startswith("llm"):
            add(name + ".bias", d, trains=trains)

    def attention(name):
        add(name + ".in_proj_weight", 3 * d, d)
        add(name + ".in_proj_bias", 3 * d)
        linear(name + ".out_proj", d, d)

    def adapted(name, shape, outof, lora):
        """A frozen matrix of the time branch with its LoRA factors, or one of the text branch without."""
        add(name + (".base_layer" if lora else "") + ".weight", *shape, trains=False)
        if lora:
            add(name + ".lora_A.default.weight", RANK, d)
            add(name + ".lora_B.default.weight", outof, RANK)

    def backbone(at, time):
        add(at + "wpe.weight", POSITIONS, d)
        for k in range(c.blocks if c.arch == "gpt2" else 0):
            h = f"{at}h.{k}."
            norm(h + "ln_1", time)
            adapted(h + "attn.c_attn", (d, 3 * d), 3 * d, time)
            add(h + "attn.c_attn." + ("base_layer." if time else "") + "bias", 3 * d, trains=False)
            norm(h + "ln_2", time)
            for name, rows, columns in ("attn.c_proj", d, d), ("mlp.c_fc", d, f), ("mlp.c_proj", f, d):
                add(h + name + ".weight", rows, columns, trains=False)
                add(h + name + ".bias", columns, trains=False)
        for k in range(c.blocks if c.arch == "llama" else 0):
            h = f"{at}layers.{k}."
            norm(h + "input_layernorm", time)
            kv = c.kv_heads * d // c.heads
            for name, rows in ("q_proj", d), ("k_proj", kv), ("v_proj", kv):
                adapted(h + "self_attn." + name, (rows, d), rows, time)
            add(h + "self_attn.o_proj.weight", d, d, trains=False)
            norm(h + "post_attention_layernorm", time)
            for name, rows, columns in ("gate_proj", f, d), ("up_proj", f, d), ("down_proj", d, f):
                add(f"{h}mlp.{name}.weight", rows, columns, trains=False)
        if c.arch != "none":
            norm(at + ("norm" if c.arch == "llama" else "ln_f"), time)

    for at, time in zip(c.branches, (True, False)):
        backbone(at, time)
    for k in range(c.blocks + 1):
        linear(f"time_proj.{k}", d, d, bias=False)
        linear(f"text_proj.{k}", d, d, bias=False)
    linear("in_layer.linear", d, c.lookback)
    layer = "in_layer.transformer_encoder.layers.0."
    attention(layer + "self_attn")
    linear(layer + "linear1", FEED_FORWARD, d)
    linear(layer + "linear2", d, FEED_FORWARD)
    norm(layer + "norm1")
    norm(layer + "norm2")
    attention("in_layer.cross_attention")
    linear("out_layer", c.horizon, d)
    return out


class CALF:
    """The model over a dictionary of parameters, by default those of formula.py."""

    shapes = staticmethod(shapes)

    def __init__(self, config, dtype=torch.float64, draw=weight):
        self.c = config
        self.p, self.trained = {}, {}
        for name, (shape, trains) in self.shapes(config).items():
            self.p[name] = torch.as_tensor(draw(name, shape)).to(dtype).requires_grad_(trains)
            if trains:
                self.trained[name] = self.p[name]
        self.prototypes = torch.as_tensor(draw("prototypes", (config.prototypes, config.width))).to(dtype)

    def drop(self, x):
        return F.dropout(x, self.c.dropout)

    def linear(self, name, x):
        return F.linear(x, self.p[name + ".weight"], self.p.get(name + ".bias"))

    def norm(self, name, x):
        if name + ".bias" in self.p:
            return F.layer_norm(x, x.shape[-1:], self.p[name + ".weight"], self.p[name + ".bias"], EPS)
        return F.rms_norm(x, x.shape[-1:], self.p[name + ".weight"], EPS)

    def split(self, x, heads):
        """(…, S, heads·d) to (…, heads, S, d)."""
        return x.unflatten(-1, (heads, -1)).transpose(-2, -3)

    def attend(self, q, k, v, dropout, causal=False):
        """Attention of (B, A, S, d) over keys and values with as many heads: (B, S, A·d)."""
        return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=causal).transpose(1, 2).flatten(2)

    def packed(self, name, x, part):
        """Query (part 0), key (1) or value (2) of PyTorch's packed projection, by heads."""
        rows = slice(part * self.c.width, (part + 1) * self.c.width)
        y = F.linear(x, self.p[name + ".in_proj_weight"][rows], self.p[name + ".in_proj_bias"][rows])
        return self.split(y, self.c.heads)

    def embed(self, x):
        """Channels as tokens of the time branch: (B, C, L) to (B, C, D)."""
        at = "in_layer.transformer_encoder.layers.0."
        h = self.linear("in_layer.linear", x)
        a = self.attend(*(self.packed(at + "self_attn", h, part) for part in range(3)), dropout=self.c.dropout)
        h = self.norm(at + "norm1", h + self.drop(self.linear(at + "self_attn.out_proj", a)))
        f = self.linear(at + "linear2", self.drop(F.relu(self.linear(at + "linear1", h))))
        return self.norm(at + "norm2", h + self.drop(f))

    def match(self, x, h):
        """Cross-modal match: tokens of the text branch (B, C, D) that h reads from the prototypes. x is the raw window."""
        at = "in_layer.cross_attention"
        q = self.packed(at, h, 0)
        k, v = (self.packed(at, self.prototypes, part).expand(len(h), -1, -1, -1) for part in (1, 2))
        return self.linear(at + ".out_proj", self.attend(q, k, v, 0.0))

    def lora(self, name, y, x):
        """y plus the low-rank change of name on x, where the branch has one."""
        if name + ".lora_A.default.weight" not in self.p:
            return y
        a, b = self.p[name + ".lora_A.default.weight"], self.p[name + ".lora_B.default.weight"]
        return y + ALPHA / RANK * F.linear(F.linear(self.drop(x), a), b)

    def conv1d(self, name, x):
        """GPT-2's linear map, whose matrix is stored (in, out)."""
        return F.linear(x, self.p[name + ".weight"].T, self.p[name + ".bias"])

    def gpt2_block(self, at, x):
        base = ".base_layer" if at.startswith("gpt2.base_model") else ""
        h = self.norm(at + "ln_1", x)
        qkv = self.lora(at + "attn.c_attn", self.conv1d(at + "attn.c_attn" + base, h), h)
        a = self.attend(*(self.split(s, self.c.heads) for s in qkv.chunk(3, -1)), dropout=self.c.dropout, causal=True)
        x = x + self.drop(self.conv1d(at + "attn.c_proj", a))
        h = F.gelu(self.conv1d(at + "mlp.c_fc", self.norm(at + "ln_2", x)), approximate="tanh")
        return x + self.drop(self.conv1d(at + "mlp.c_proj", h))

    def rotate(self, x):
        """RoPE (Su et al. 2021) in rotate_half order: dimension i turns with dimension i + d/2."""
        half = x.shape[-1] // 2
        rate = self.c.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
        angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * rate
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    def llama_block(self, at, x):
        base = ".base_layer" if at.startswith("llm.") else ""
        h = self.norm(at + "input_layernorm", x)

        def project(name, heads):
            name = at + "self_attn." + name
            return self.split(self.lora(name, self.linear(name + base, h), h), heads)

        q, k, v = project("q_proj", self.c.heads), project("k_proj", self.c.kv_heads), project("v_proj", self.c.kv_heads)
        k, v = (s.repeat_interleave(self.c.heads // self.c.kv_heads, 1) for s in (self.rotate(k), v))
        a = self.attend(self.rotate(q), k, v, self.c.dropout, causal=True)
        x = x + self.drop(self.linear(at + "self_attn.o_proj", a))
        h = self.norm(at + "post_attention_layernorm", x)
        h = F.silu(self.linear(at + "mlp.gate_proj", h)) * self.linear(at + "mlp.up_proj", h)
        return x + self.drop(self.linear(at + "mlp.down_proj", h))

    def backbone(self, at, token):
        """The N+1 hidden states of a language model, (B, S, D) each: the sum of token and positions, the outputs of all
        blocks but the last, and the last norm's output."""
        block, layers, last = {"gpt2": (self.gpt2_block, "h.", "ln_f"), "llama": (self.llama_block, "layers.", "norm"),
                               "none": (lambda _, x: x, "", None)}[self.c.arch]
        x = self.drop(token + self.p[at + "wpe.weight"][:token.shape[1]])
        states = [x]
        for k in range(self.c.blocks):
            x = block(f"{at}{layers}{k}.", x)
            states.append(x)
        if last:
            states[-1] = self.norm(at + last, x)
        return states

    def forward(self, x):
        """Everything of a window batch x (B, L, C), by name."""
        mean = x.mean(1, keepdim=True).detach()
        std = torch.sqrt(x.var(1, keepdim=True, correction=0) + EPS).detach()
        h = self.embed(((x - mean) / std).transpose(1, 2))
        tokens = (h, self.match(x, h))
        out = {}
        for name, at, token in zip(("time", "text"), self.c.branches, tokens):
            states = self.backbone(at, token)
            states[-1] = states[-1] + token  # the public code adds it in place, so the last features have it too
            out["hidden_" + name] = states
            out["features_" + name] = [self.linear(f"{name}_proj.{k}", s) for k, s in enumerate(states)]
            out["y_" + name] = self.linear("out_layer", states[-1]).transpose(1, 2) * std + mean
        return out

    def distance(self, a, b):
        return (F.l1_loss if self.c.loss == "l1" else F.smooth_l1_loss)(a, b)

    def losses(self, out, y):
        """The parts of the loss, without their weights, and the weighted total."""
        levels = torch.stack([self.distance(a, b) for a, b in zip(out["features_time"], out["features_text"])])
        decay = DECAY ** torch.arange(self.c.blocks, -1, -1, dtype=levels.dtype)
        parts = dict(task=self.distance(out["y_time"], y), output=self.distance(out["y_time"], out["y_text"]),
                     levels=levels, feature=(decay * levels).sum())
        parts["total"] = (parts["task"] + self.c.output_weight * parts["output"]
                          + self.c.feature_weight * parts["feature"])
        return parts

    def adam(self, rate=5e-4, projections=1e-4):
        """The public code's two Adams in one: names with `_proj` have a rate of their own."""
        groups = {True: [], False: []}
        for name, p in self.trained.items():
            groups["_proj" in name].append(p)
        return torch.optim.Adam([dict(params=groups[True], lr=projections), dict(params=groups[False], lr=rate)])


def initial(name, shape):
    """Values to start a training from where only its cost counts: GPT-2's deviation, norms of one."""
    if name.endswith("bias") or "lora_B" in name:
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    return torch.randn(shape) * (0.02 if "prototypes" not in name else 1.13)


def trainable(c):
    """Numbers of trained and of all parameters."""
    sizes = [(math.prod(shape), trains) for shape, trains in shapes(c).values()]
    return sum(n for n, trains in sizes if trains), sum(n for n, _ in sizes)
