"""Times one training step of PyTorch eager at ETTh1's shapes and prints JSON: python3 bench/peers/step_time.py

A step is forward, MSE loss, backward and Adam on a batch of 32 windows of 96 rows and 7 channels, horizon 96, with
dropout on. The models are those of the golden tests, at the sizes of the published scripts for ETTh1. Precision fp32
is plain eager, bf16 is eager under CPU autocast.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import torch
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "baselines" / "testdata"))
import torch_models  # noqa: E402

B, L, H, C = 32, 96, 96, 7
SIZES = {  # keep in step with baselines/step_bench_test.go
    "DLinear": {},
    "PatchTST": dict(d_model=512, n_heads=2, d_ff=2048, e_layers=1),
    "iTransformer": dict(d_model=256, n_heads=8, d_ff=256, e_layers=2),
}


def step_times(name, precision, warm_up, steps):
    """Milliseconds of each of the steps after the warm-up."""
    torch.manual_seed(2021)
    model = getattr(torch_models, name)(L, H, C, **SIZES[name]).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
    x, y = torch.randn(B, L, C), torch.randn(B, H, C)
    times = []
    for _ in range(warm_up + steps):
        start = time.perf_counter()
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            pred = model(x)
        F.mse_loss(pred.float(), y).backward()
        optimiser.step()
        times.append(1e3 * (time.perf_counter() - start))
    return times[warm_up:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--steps", type=int, default=50)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rows = []
    for name in SIZES:
        for precision in "fp32", "bf16":
            ms = step_times(name, precision, args.warm_up, args.steps)
            low, _, high = statistics.quantiles(ms, n=4)
            rows.append(dict(model=name, precision=precision, median_ms=round(statistics.median(ms), 3),
                             quartiles_ms=[round(low, 3), round(high, 3)], steps=args.steps))
    print(json.dumps(dict(peer=f"torch {torch.__version__} eager", cpu=torch.backends.cpu.get_cpu_capability(),
                          threads=args.threads, batch=B, lookback=L, horizon=H, channels=C, rows=rows), indent=1))


if __name__ == "__main__":
    main()
