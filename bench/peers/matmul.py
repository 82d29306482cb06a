"""Times matrix products of PyTorch beside ours, in turn, and prints JSON: python3 bench/peers/matmul.py bin/ecalf

The shapes are those of CALF's training step that `ecalf kernels --op MatMul` measures. In bfloat16 both sides get and
give float32 arrays: PyTorch converts the factors and the result inside the measured time, as our kernels do. A round is
one run of ecalf at a level and one of PyTorch; the figure of a round is its fastest product within --time seconds, on
both sides, and the rows hold the medians over the rounds.
"""

import argparse
import json
import statistics
import subprocess
import time

import torch

PRECISIONS = {"avx2": "fp32", "avx512": "fp32", "avx512bf16": "bf16", "amx": "bf16"}


def ours(binary, level, threads, seconds):
    """What ecalf measures for the level's own precision: {shape: (GFLOP/s, share of the peak)}."""
    out = subprocess.run([binary, "kernels", "--op", "MatMul", "--level", level, "--threads", str(threads), "--time",
                          f"{seconds}s", "--json"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {row["shape"]: (row["gflops"], row["share"]) for row in json.loads(out)
            if row["op"] == "MatMul" and row["precision"] == PRECISIONS[level] and "constant" not in row["shape"]}


def theirs(shape, seconds):
    """GFLOP/s of PyTorch at a shape such as 'NT 1792x768x3072 bf16', once it has run for as long: a rested core is faster."""
    layout, sizes, precision = shape.split()
    m, n, k = map(int, sizes.split("x"))
    a = torch.rand(k, m).sub_(0.5).t() if layout[0] == "T" else torch.rand(m, k).sub_(0.5)
    b = torch.rand(n, k).sub_(0.5).t() if layout[1] == "T" else torch.rand(k, n).sub_(0.5)
    c = torch.empty(m, n)
    best, begin = float("inf"), time.perf_counter()
    while (now := time.perf_counter()) - begin < 2 * seconds:
        start = time.perf_counter()
        if precision == "fp32":
            torch.mm(a, b, out=c)
        else:
            c.copy_(torch.mm(a.bfloat16(), b.bfloat16()))
        if now - begin >= seconds:
            best = min(best, time.perf_counter() - start)
    return 2 * m * n * k / best / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", help="ecalf")
    parser.add_argument("--level", default="avx512", choices=PRECISIONS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--time", type=float, default=1, help="seconds for each product")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    found = {}
    for _ in range(args.rounds):
        for shape, (gflops, share) in ours(args.binary, args.level, args.threads, args.time).items():
            found.setdefault(shape, []).append((gflops, share, theirs(shape, args.time)))
    rows = []
    for shape, rounds in found.items():
        gflops, share, peer = map(statistics.median, zip(*rounds))
        rows.append(dict(shape=shape, gflops=round(gflops), share=round(share, 2), peer_gflops=round(peer),
                         ratio=round(statistics.median(g / p for g, _, p in rounds), 2)))
    print(json.dumps(dict(peer=f"torch {torch.__version__}", cpu=torch.backends.cpu.get_cpu_capability(), level=args.level,
                          threads=args.threads, rounds=args.rounds, rows=rows), indent=1))


if __name__ == "__main__":
    main()
