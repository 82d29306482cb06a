"""Enhanced CALF in plain PyTorch: CALF with the three modules reconstructed from the abstract of "Enhanced Cross-Modal
Fine-Tuning Framework for Few-Shot Learning", each part switchable by name. With no part on it is CALF.

Shapes as in calf_reference.py; besides K descriptors, G generator width, R rank of the prototype bias, and levels 0..N, the
hidden states. "Constant" means that no gradient flows. All parts start neutral: the first predictions are CALF's.
"""

import dataclasses
import math

import torch
from torch.nn import functional as F

import calf_reference
from calf_reference import CALF, DECAY
from formula import weight

PARTS = ("temperature", "bias", "gate",  # dynamic-attention cross-modal match
         "relation", "global", "levels", "contrast", "tempered",  # multi-level distillation and contrast
         "adaptive",  # adaptive alignment
         "one_way",  # the text branch learns from the time branch, which sees none of the alignment losses
         "direct")  # a linear reading of the window beside the time branch's forecast
DESCRIPTORS, GENERATOR, CODE = 11, 64, 8  # K, G, R
SCORED = 512  # token rows that an alignment score looks at, at most


@dataclasses.dataclass
class Config(calf_reference.Config):
    parts: tuple = PARTS
    season: int = 24  # rows of the data set's season; 0 if unknown
    relation_weight: float = 1.0
    global_weight: float = 1.0
    entropy_weight: float = 1.0  # of the level weights' divergence from their start
    sharpness: float = 1.0  # κ: how much a level's score moves its temperature
    contrast_weight: float = 0.01
    match_weight: float = 0.01
    adaptivity: float = 1.0  # β: how much the feature loss gains where alignment is poor
    direct_scale: float = 10.0  # m: how fast the direct reading learns


def unit(x):
    return x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-12)


def cosines(n):
    """The orthonormal basis of the discrete cosine transform II, a wave a row, lowest frequency first."""
    t, k = torch.arange(n, dtype=torch.float64), torch.arange(n, dtype=torch.float64)[:, None]
    basis = torch.cos(math.pi * k * (t + 0.5) / n) * math.sqrt(2 / n)
    basis[0] /= math.sqrt(2)
    return basis


def describe(x, season):
    """The K descriptors of every channel of raw windows (B, L, C), constants: (B, C, K)."""
    x = x.detach().transpose(1, 2)
    rows = x.shape[-1]
    var = x.var(-1, correction=0, keepdim=True)
    z = (x - x.mean(-1, keepdim=True)) / torch.sqrt(var + 1e-5)
    energy = (z * z).mean(-1)
    lag = season
    while lag > rows / 2:
        lag //= 2

    def autocorrelation(k):
        return ((z[..., k:] * z[..., :rows - k]).mean(-1) / (energy + 1e-5)).clamp(-1, 1)

    time = (torch.arange(rows, dtype=x.dtype) - (rows - 1) / 2) / math.sqrt((rows * rows - 1) / 12)
    power = torch.fft.rfft(z)[..., 1:rows // 2 + 1].abs() ** 2
    share = power / (power.sum(-1, keepdim=True) + 1e-5 * rows * rows)
    return torch.stack([
        (0.5 * torch.log(var + 1e-5)).squeeze(-1).clamp(-6, 6),
        (z[..., rows // 2:].mean(-1) - z[..., :rows // 2].mean(-1)).clamp(-4, 4),
        (z * time).mean(-1),
        (z ** 3).mean(-1).clamp(-3, 3),
        ((z ** 4).mean(-1) - 3).clamp(-3, 6),
        autocorrelation(1),
        autocorrelation(lag) if lag >= 2 else torch.zeros_like(energy),
        -(share * torch.log(share.clamp(min=1e-12))).sum(-1) / math.log(rows // 2),
        share.amax(-1),
        (z[..., 1:] * z[..., :-1] < -1e-6).to(x.dtype).mean(-1),
        z[..., -1].clamp(-5, 5),
    ], -1)


def rows_scored(tokens):
    """The token rows that a score looks at: up to SCORED, by a stride that meets every row before any comes again."""
    n = min(tokens, SCORED)
    stride = -(-tokens // n)
    while math.gcd(stride, tokens) > 1:
        stride += 1
    return torch.arange(n) * stride % tokens


def alignment_score(x, z):
    """Linear CKA (Kornblith et al. 2019, section 4.2) of constants x, z (T, D), over the rows scored."""
    rows = rows_scored(len(x))
    x, z = (v.detach()[rows] for v in (x, z))
    x, z = (v - v.mean(0) for v in (x, z))
    below = torch.linalg.matrix_norm(x.T @ x) * torch.linalg.matrix_norm(z.T @ z)
    if below <= 1e-12:
        return torch.zeros((), dtype=x.dtype)
    return (torch.linalg.matrix_norm(x.T @ z) ** 2 / below).clamp(0, 1)


def relation_distance(x, z):
    """Mean squared difference of the cosine similarities between a sample's tokens, of x and z (B, C, D)."""
    x, z = unit(x), unit(z)
    return ((x @ x.mT - z @ z.mT) ** 2).mean()


def contrast(x, z, temperature):
    """Symmetric InfoNCE (van den Oord et al. 2018, eq. 4) between samples' vectors x and z (B, D)."""
    similarity = unit(x) @ unit(z).T / temperature
    own = torch.arange(len(x))
    return (F.cross_entropy(similarity, own) + F.cross_entropy(similarity.T, own)) / 2


class EnhancedCALF(CALF):
    """CALF with the parts of its configuration, and the alignment scores as its state."""

    def __init__(self, config, dtype=torch.float64, draw=weight):
        super().__init__(config, dtype, draw)
        self.on = set(config.parts)
        decay = torch.arange(config.blocks, -1, -1, dtype=dtype) * math.log(DECAY)
        self.start = torch.softmax(decay, 0)  # of the level weights
        if "levels" in self.on:
            logits = self.p["levels.logits"]
            logits.data += decay.to(torch.float32).to(dtype)
            logits.data = logits.data.float().to(dtype)
        self.score = torch.zeros(config.blocks + 1, dtype=dtype)
        self.steps = 0

    @staticmethod
    def shapes(c):
        out, d, on = calf_reference.shapes(c), c.width, set(c.parts)

        def add(name, *shape):
            out[name] = (shape, True)

        if on & {"temperature", "bias"}:
            add("dynamic.norm.weight", d)
            add("dynamic.norm.bias", d)
            add("dynamic.hidden.weight", GENERATOR, d + DESCRIPTORS)
            add("dynamic.hidden.bias", GENERATOR)
        if "temperature" in on:
            add("dynamic.temperature.weight", c.heads, GENERATOR)
        if "bias" in on:
            add("dynamic.code.weight", c.heads * CODE, GENERATOR)
            add("dynamic.codebook", c.heads, c.prototypes, CODE)
        if "gate" in on:
            add("dynamic.gate.query", c.heads, d // c.heads)
            add("dynamic.gate.weight", c.heads, DESCRIPTORS)
            add("dynamic.gate.bias", c.heads)
            add("dynamic.carry", c.heads)
            add("dynamic.own.weight", d, d)
        if "levels" in on:
            add("levels.logits", c.blocks + 1)
        if "contrast" in on:
            add("contrast.log_temperature", 1)
        if "direct" in on:
            add("direct.weight", c.horizon, c.lookback)
        return out

    def forward(self, x):
        """As CALF's, with the direct reading of the normalised window in the time branch's forecast."""
        out = super().forward(x)
        if "direct" in self.on:
            mean = x.mean(1, keepdim=True)
            std = torch.sqrt(x.var(1, keepdim=True, correction=0) + calf_reference.EPS)
            waves = F.linear(((x - mean) / std).transpose(1, 2), cosines(self.c.lookback).to(x.dtype))  # (B, C, L)
            read = F.linear(waves, self.p["direct.weight"])  # (B, C, H)
            out["y_time"] = out["y_time"] + self.c.direct_scale * read.transpose(1, 2) * std
        return out

    def match(self, x, h):
        """Dynamic attention: the prototypes' weights follow the window's distribution, and a gate says how far the token
        trusts what it reads."""
        if not self.on & {"temperature", "bias", "gate"}:
            return super().match(x, h)
        at = "in_layer.cross_attention"
        q = self.packed(at, h, 0)  # (B, A, C, d)
        k, v = (self.packed(at, self.prototypes, part) for part in (1, 2))  # (A, P, d)
        self.descriptors = describe(x, self.c.season)  # (B, C, K)
        scores = q @ k.mT / math.sqrt(q.shape[-1])  # (B, A, C, P)
        if self.on & {"temperature", "bias"}:
            both = torch.cat([self.norm("dynamic.norm", h), self.descriptors], -1)
            g = F.gelu(self.linear("dynamic.hidden", both), approximate="tanh")  # (B, C, G)
        if "temperature" in self.on:
            log = self.linear("dynamic.temperature", g).clamp(-math.log(8), math.log(8))  # (B, C, A)
            scores = scores * log.exp().mT[..., None]
        if "bias" in self.on:
            code = self.split(self.linear("dynamic.code", g), self.c.heads)  # (B, A, C, R)
            scores = scores + code @ self.p["dynamic.codebook"].mT
        y = torch.softmax(scores, -1) @ v  # (B, A, C, d)
        if "gate" in self.on:
            y = self.gate(q, h, y)
        return self.linear(at + ".out_proj", y.transpose(1, 2).flatten(2))

    def gate(self, q, h, read):
        """Keeps of what a head has read (B, A, C, d) as much as the predicted alignment says, and adds the token's own path."""
        logits = (q * self.p["dynamic.gate.query"][:, None]).sum(-1)  # (B, A, C)
        logits = logits + self.linear("dynamic.gate", self.descriptors).mT
        degree = torch.sigmoid(logits)
        self.degree = degree.mT  # (B, C, A)
        own = self.split(self.linear("dynamic.own", h), self.c.heads)
        refused = (1 - degree)[..., None]
        carry = self.p["dynamic.carry"][:, None, None]
        return read * (1 - refused * (1 - carry)) + refused * own

    def losses(self, out, y):
        """As CALF's, with the parts' own; one call is one training step of the alignment scores."""
        c, on = self.c, self.on
        task = self.distance(out["y_time"], y)
        if "one_way" in on:
            out = out | dict(y_time=out["y_time"].detach(), features_time=[z.detach() for z in out["features_time"]])
        parts = super().losses(out, y) | dict(task=task)
        pairs = list(zip(out["features_time"], out["features_text"]))
        if "adaptive" in on or {"contrast", "tempered"} <= on:
            self.observe(torch.stack([alignment_score(a.flatten(0, 1), b.flatten(0, 1)) for a, b in pairs]))
            parts["score"] = self.score
        mean_score = self.score.mean()

        distance = parts["levels"]
        if "relation" in on:
            parts["relation"] = torch.stack([relation_distance(a, b) for a, b in pairs])
            distance = distance + c.relation_weight * parts["relation"]
        means = [(a.mean(1), b.mean(1)) for a, b in pairs]  # (B, D) each
        if "global" in on:
            parts["global"] = torch.stack([1 - (unit(a) * unit(b)).sum(-1).mean() for a, b in means])
            distance = distance + c.global_weight * parts["global"]
        share = torch.softmax(self.p["levels.logits"], 0) if "levels" in on else self.start
        divergence = (share * torch.log(share / self.start)).sum()
        total_decay = sum(DECAY ** k for k in range(c.blocks + 1))
        parts["level_weights"] = share
        parts["feature"] = total_decay * ((share * distance).sum() + c.entropy_weight * divergence)

        if "contrast" in on:
            temperature = self.p["contrast.log_temperature"].exp()
            if "tempered" in on:
                temperature = temperature * torch.exp(c.sharpness * (mean_score - self.score))
            parts["temperatures"] = temperature.clamp(0.03, 1).expand(len(pairs))
            parts["contrasts"] = torch.stack([contrast(a, b, t) for (a, b), t in zip(means, parts["temperatures"])])
            parts["contrast"] = (share.detach() * parts["contrasts"]).sum()
        if "gate" in on:
            observed = ((1 + (unit(pairs[-1][0]) * unit(pairs[-1][1])).sum(-1)) / 2).detach()  # (B, C)
            predicted = self.degree.mean(-1).clamp(1e-6, 1 - 1e-6)
            parts["match"] = F.binary_cross_entropy(predicted, observed)

        weights = torch.tensor([c.feature_weight, c.output_weight, c.contrast_weight if "contrast" in on else 0.0],
                               dtype=share.dtype)
        if "adaptive" in on:
            raw = weights * torch.stack([1 + c.adaptivity * (1 - mean_score), mean_score, 1 - mean_score])
            weights = raw * (weights.sum() / raw.sum() if raw.sum() > 0 else 0.0)
        parts["weights"] = weights
        parts["total"] = (parts["task"] + weights[0] * parts["feature"] + weights[1] * parts["output"]
                          + weights[2] * parts.get("contrast", 0) + c.match_weight * parts.get("match", 0))
        return parts

    def observe(self, scores):
        """Takes a step's scores into their average, which forgets with 0.99 a step once it is a hundred steps old."""
        self.steps = min(self.steps + 1, 100)
        self.score = self.score + (scores - self.score) / self.steps


def neutral(name, shape):
    """As formula.py, but for what starts neutral."""
    if name.startswith("dynamic.gate.bias"):
        return torch.full(shape, 4.0)
    if name == "dynamic.carry":
        return torch.ones(shape)
    if name.endswith(("temperature.weight", "code.weight", "gate.query", "gate.weight", "own.weight", "levels.logits", "direct.weight")):
        return torch.zeros(shape)
    return weight(name, shape)
