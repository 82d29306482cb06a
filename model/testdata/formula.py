"""Weights and inputs by formula, so that goldens of models too large to store need no file of weights.

    key   = FNV-1a, 64 bits, of the name's UTF-8 bytes
    z_i   = splitmix64 of key + (i+1)·0x9E3779B97F4A7C15, i = 0, 1, … (row-major element)
    u_i   = (z_i >> 40) / 2^24                              in [0, 1)
    value = float32(centre + spread·(2·u_i − 1))            computed in float64

Centre and spread go by the name; the first row that fits decides (s(d) = spread of deviation d, that is √3·d):

    name                                                     centre   spread
    x, y, prototypes, digest.J.NAME                          0        s(1)
    …temperature.weight, …code.weight, …gate.query,
        …gate.weight                                         0        0.3        Enhanced CALF: off their neutral start
    …codebook                                                0        0.5
    …carry                                                   1        0.3
    …gate.bias                                               0.5      0.5
    levels.logits                                            (0.8^(N−l) in logs, by the model)  0.3
    contrast.log_temperature                                 ln 0.1   0.1
    …wpe.weight, …lora_B…, any …bias                         0        0.02
    any norm's weight (ln_1, ln_2, ln_f, norm, norm1, norm2,
        …layernorm)                                          1        0.1
    GPT-2's matrices (below .h.)                             0        s(0.02)
    any other matrix (out, in)                               0        s(1/√in)

The text branch of CALF starts from the same backbone as the time branch, so its names (gpt2_text.…, llm_text.…) take the
values of the time branch's. Go's twin is model/modeltest/formula.go.
"""

import math
import re

import numpy as np

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)


def fnv1a(name):
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    return key


def splitmix64(name, n):
    """The first n random words of a name: (n) uint64."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(1, n + 1, dtype=np.uint64) * GOLDEN_GAMMA
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def formula(name, n, centre, spread):
    """n values around centre, uniform in ±spread: (n) float32."""
    u = (splitmix64(name, n) >> np.uint64(40)).astype(np.float64) / 2**24
    return (centre + spread * (2 * u - 1)).astype(np.float32)


KINDS = [  # pattern, centre, spread; a spread of None is s(1/√in)
    (r"^(x|y|prototypes|digest\.\d\..*)$", 0, math.sqrt(3)),
    (r"(temperature\.weight|code\.weight|gate\.query|gate\.weight)$", 0, 0.3),
    (r"codebook$", 0, 0.5),
    (r"carry$", 1, 0.3),
    (r"gate\.bias$", 0.5, 0.5),
    (r"^levels\.logits$", 0, 0.3),
    (r"^contrast\.log_temperature$", math.log(0.1), 0.1),
    (r"(wpe\.weight|lora_B\..*|bias)$", 0, 0.02),
    (r"(ln_1|ln_2|ln_f|norm|norm1|norm2|layernorm)\.weight$", 1, 0.1),
    (r"\.h\.\d+\.(attn|mlp)\.(c_attn|c_proj|c_fc)(\.base_layer)?\.weight$", 0, math.sqrt(3) * 0.02),
    (r"", 0, None),
]


def source(name):
    """The name whose values a parameter takes: its own, or the time branch's for one of the text branch."""
    name = re.sub(r"^gpt2_text\.(h\.\d+\.attn\.c_attn)\.", r"gpt2_text.\1.base_layer.", name)
    name = re.sub(r"^llm_text\.(layers\.\d+\.self_attn\.[qkv]_proj)\.", r"llm_text.\1.base_layer.", name)
    return re.sub("^llm_text", "llm", re.sub("^gpt2_text", "gpt2.base_model.model", name))


def weight(name, shape):
    """The array of a parameter or input: float32 of that shape."""
    name = source(name)
    _, centre, spread = next(kind for kind in KINDS if re.search(kind[0], name))
    if spread is None:
        spread = math.sqrt(3) / math.sqrt(shape[-1])
    return formula(name, math.prod(shape), centre, spread).reshape(shape)


FULL = 2048  # elements; a gradient of more is stored as its digest


def digest(name, values):
    """21 numbers that stand for a large gradient: its Euclidean norm; its values at the 16 places splitmix64("digest.NAME")
    mod n; its products with the four vectors weight("digest.J.NAME"), J = 0..3. In float64."""
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    places = (splitmix64("digest." + name, 16) % np.uint64(flat.size)).astype(np.int64)
    dots = [flat @ weight(f"digest.{j}.{name}", flat.shape).astype(np.float64) for j in range(4)]
    return np.concatenate([[np.linalg.norm(flat)], flat[places], dots])
