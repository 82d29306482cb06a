"""Writes the golden files of Enhanced CALF: python3 calf_enhanced_golden.py (needs torch and safetensors; a minute or two).

One file per case of CASES, enhanced-CASE.safetensors, with the tensors that calf_golden.py names and these, those of a
part where the case has it on (an element per level unless said otherwise):

    level_weights              the levels' weights, which sum to 1
    weights                    those of feature, output and contrast in the total (3)
    relation, global           the distances of a level beside `levels`, the local ones
    contrasts, temperatures    a level's contrastive loss and its temperature
    contrast, match            the contrastive loss over all levels, the alignment predictor's loss: scalars
    score                      the alignment scores after this step, the first

The level weights' logits are their start plus formula.py's values. In losses, feature has the levels' divergence and
all of the levels' distances in it. The Adam steps start from a new model, without scores.

enhanced-pieces.safetensors holds what the model's cases leave out: descriptors of series with an edge of their own
(series.S (B, L, C) with season S, descriptors.S (B, C, K)), and a score that looks at a part of the rows only
(score.x, score.z (T, D), score.value).
"""

import pathlib

import torch
from safetensors.torch import save_file

from calf_enhanced_reference import Config, EnhancedCALF, alignment_score, describe, neutral
from calf_golden import LLAMA, SMALL, batch, write_cases
from calf_reference import CALF
from formula import weight

# Where L1's slope jumps between two nearly equal features, Adam's steps follow the jump: at GPT-2's size float32 alone moves
# the losses of 20 steps by 1.4e-3 with L1, by 5e-6 with smooth L1.
CASES = {  # configuration, B, C
    "gpt2": (Config(loss="smooth_l1"), 2, 7),
    "small": (Config(**SMALL), 4, 5),
    "small-llama": (Config(**LLAMA, loss="smooth_l1"), 3, 5),
    "small-attention": (Config(**SMALL, parts=("temperature", "bias")), 3, 5),
    "small-gate": (Config(**SMALL, parts=("gate",)), 3, 5),
    "small-levels": (Config(**SMALL, parts=("relation", "global", "levels")), 3, 5),
    "small-contrast": (Config(**SMALL, parts=("contrast",), contrast_weight=0.5), 3, 5),
    "small-oneway": (Config(**SMALL, parts=("relation", "global", "contrast", "one_way")), 3, 5),
    "small-direct": (Config(**SMALL, parts=("direct",), direct_scale=3.0), 3, 5),
    "small-adaptive": (Config(**SMALL, parts=("contrast", "tempered", "adaptive"), adaptivity=3.0), 3, 5),
}


def edges(rows):
    """Series that a descriptor may stumble over: (1, rows, 8)."""
    t = torch.arange(rows, dtype=torch.float64)
    noise = torch.as_tensor(weight("x", (rows,))).double()
    alternating = 1 - 2 * (t % 2)
    impulse = (t == rows // 3).double()
    return torch.stack([torch.full_like(t, 3), t, torch.sin(2 * torch.pi * t / 24), alternating, 5 * impulse,
                        1e4 * noise, 1e-4 * noise, noise + 0.1 * t], -1)[None].float().double()


def pieces():
    out = {}
    for season, rows in ("24", 96), ("96", 96), ("144", 17), ("0", 30):
        out["series." + season] = edges(rows)
        out["descriptors." + season] = describe(edges(rows), int(season))
    x, z = (torch.as_tensor(weight(name, (520, 8))).double() for name in "xy")  # 520 rows, of which 512 count
    z = (0.5 * x + z).float().double()
    out |= {"score.x": x, "score.z": z, "score.value": alignment_score(x, z)}
    path = pathlib.Path(__file__).with_name("enhanced-pieces.safetensors")
    save_file({name: v.float().contiguous() for name, v in out.items()}, path)
    path.chmod(0o644)


def check_start():
    """At the start the forecasts are CALF's, and without parts so is the loss."""
    c, b, channels = CASES["small"]
    x, y = batch(c, b, channels, torch.float64)
    plain, start, off = CALF(c), EnhancedCALF(c, draw=neutral), EnhancedCALF(Config(**SMALL, parts=()))
    want = plain.forward(x)
    for name in "y_time", "y_text":
        torch.testing.assert_close(start.forward(x)[name], want[name], rtol=0, atol=1e-13)
    assert off.losses(off.forward(x), y)["total"] == plain.losses(want, y)["total"]


if __name__ == "__main__":
    check_start()
    pieces()
    write_cases("enhanced", CASES, EnhancedCALF)
