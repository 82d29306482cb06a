"""Times one training step of CALF in PyTorch eager and prints JSON: python bench/peers/calf_step.py --batch 256 [--bf16]

A step is forward, all three losses, backward and Adam on random windows of 96 rows and 7 channels, horizon 96, with
dropout on and a backbone of GPT-2's shape whose weights are drawn. The model is that of the golden tests,
model/testdata/calf_reference.py: keys and values of the prototypes are computed once a step, attention is PyTorch's
fused one. Peak memory is that of the whole process.
"""

import argparse
import json
import pathlib
import resource
import statistics
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "model" / "testdata"))
from calf_reference import CALF, Config, initial, trainable  # noqa: E402


def step_times(args):
    """Seconds of each of the steps after the warm-up."""
    torch.manual_seed(2021)
    config = Config(dropout=0.1, horizon=args.horizon)
    model = CALF(config, torch.float32, draw=initial)
    adam = model.adam()
    x = torch.randn(args.batch, config.lookback, args.channels)
    y = torch.randn(args.batch, config.horizon, args.channels)
    times = []
    for _ in range(args.warm_up + args.steps):
        start = time.perf_counter()
        adam.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            total = model.losses(model.forward(x), y)["total"]
        total.backward()
        adam.step()
        times.append(time.perf_counter() - start)
    return times[args.warm_up:], trainable(config)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--channels", type=int, default=7)
    parser.add_argument("--horizon", type=int, default=96)
    parser.add_argument("--bf16", action="store_true", help="bfloat16 autocast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--steps", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    seconds, (trained, parameters) = step_times(args)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10  # Linux counts in KiB
    print(json.dumps(dict(peer=f"torch {torch.__version__} eager", cpu=torch.backends.cpu.get_cpu_capability(),
                          threads=args.threads, precision="bf16" if args.bf16 else "fp32", batch=args.batch,
                          channels=args.channels, horizon=args.horizon, trained=trained, parameters=parameters,
                          median_s=round(statistics.median(seconds), 3), all_s=[round(s, 3) for s in seconds],
                          peak_rss_mib=round(peak)), indent=1))


if __name__ == "__main__":
    main()
