#!/usr/bin/env python3
"""Does bfloat16 rank mixtures as single precision does, and is its seed noise no larger?

Two testbeds of the same mixtures and seeds, one in each precision (192 runs, about half an hour of two idle cores;
both commands go on where they were stopped):

    for p in fp32 bf16; do
      nice -n 15 mixpipe testbed runs/precision/$p --corpus corpora/five --sizes 100k --mixtures 24 --seeds 4 \\
        --replicated 24 --rungs 1 --held-out-tokens 65536 --precision $p
    done
    python3 runs/precision/compare.py runs/precision/fp32/runs.csv runs/precision/bf16/runs.csv

bf16-tiles/ is the same with --seeds 1 and without --replicated, on an Emerald Rapids; the pairs are those of the first seed.
"""
import csv
import math
import statistics
import sys


def read(path):
    """Losses of each domain by mixture and seed."""
    runs, domains = {}, []
    with open(path) as file:
        for row in csv.DictReader(file):
            domains = [name.removeprefix("loss_") for name in row if name.startswith("loss_")]
            mixture = tuple(float(value) for name, value in row.items() if name.startswith("w_"))
            trained = [name.removeprefix("w_") for name in row if name.startswith("w_")]
            losses = {domain: float(row["loss_" + domain]) for domain in domains}
            losses["mean of the training domains"] = statistics.mean(losses[domain] for domain in trained)
            runs[mixture, int(row["seed"])] = losses
    return runs, ["mean of the training domains"] + domains


def ranks(values):
    order = sorted(range(len(values)), key=lambda i: values[i])
    result = [0] * len(values)
    for place, index in enumerate(order):
        result[index] = place
    return result


def noise(runs, pairs, objective):
    """The standard deviation over seeds, pooled over mixtures, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for mixture in {mixture for mixture, _ in pairs}:
        values = [runs[pair][objective] for pair in pairs if pair[0] == mixture]
        squares += sum((value - statistics.mean(values)) ** 2 for value in values)
        degrees += len(values) - 1
    return math.sqrt(squares / degrees) if degrees else float("nan")


def main():
    (single, objectives), (half, _) = read(sys.argv[1]), read(sys.argv[2])
    pairs = sorted(set(single) & set(half))
    mixtures = sorted({mixture for mixture, _ in pairs})
    print(f"{len(pairs)} pairs of runs, {len(mixtures)} mixtures\n")
    print("| objective | bf16 minus fp32, mean | s.d. | rank correlation of the mixtures | seed noise fp32 | bf16 |")
    print("|---|---:|---:|---:|---:|---:|")
    for objective in objectives:
        differences = [half[pair][objective] - single[pair][objective] for pair in pairs]
        def means(runs):
            return [statistics.mean(runs[pair][objective] for pair in pairs if pair[0] == mixture) for mixture in mixtures]
        deviation = statistics.stdev(differences) if len(differences) > 1 else float("nan")
        correlation = statistics.correlation(ranks(means(single)), ranks(means(half))) if len(mixtures) > 2 else float("nan")
        print(
            f"| {objective} | {statistics.mean(differences):+.5f} | {deviation:.5f} | {correlation:.4f} | "
            f"{noise(single, pairs, objective):.4f} | {noise(half, pairs, objective):.4f} |")


if __name__ == "__main__":
    main()
