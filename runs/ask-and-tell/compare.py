"""Runs what is missing of the comparison: python compare.py [--seeds 10] [--workers 2] [--only NAME,NAME]

One line of runs.jsonl for each search, appended and synced when it has ended: stop it and start it as you like.
Needs MIXPIPE, or mixpipe on the PATH, and the packages that README.md names.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

from landscapes import KINDS, Landscape  # noqa: E402
from rivals import RIVALS  # noqa: E402

BUDGET = 50
LOOKS = (16, 25, 50)
FILE = Path(__file__).parent / "runs.jsonl"


def cpu():
    """Seconds of this process and of the programs that it has called."""
    return sum(os.times()[:4])


def search(unit):
    kind, seed, name = unit
    landscape = Landscape(kind, seed)
    result = {"landscape": kind, "seed": seed, "optimizer": name, "tried": [], "recommended": {}, "seconds": 0}
    began = cpu()
    with tempfile.TemporaryDirectory() as folder:
        optimizer = RIVALS[name](landscape, seed, folder + "/session")
        for run in range(1, BUDGET + 1):
            weights = optimizer.ask()
            # The noise of a run belongs to its place in the search: the same for all optimizers.
            losses = landscape.run(weights, np.random.default_rng([seed, run]))
            optimizer.tell(weights, losses)
            result["tried"].append(round(float(landscape.objective(weights) - landscape.best), 6))
            if run in LOOKS:
                chosen = optimizer.recommend()
                result["recommended"][str(run)] = round(float(landscape.objective(chosen) - landscape.best), 6)
    result["seconds"] = round(cpu() - began, 1)
    return result


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--only", default=",".join(RIVALS))
    options = options.parse_args()
    done = set()
    if FILE.exists():
        for line in FILE.read_text().splitlines():
            line = json.loads(line)
            done.add((line["landscape"], line["seed"], line["optimizer"]))
    units = [
        (kind, seed, name) for seed in range(options.seeds) for kind in KINDS for name in options.only.split(",")]
    units = [unit for unit in units if unit not in done]
    with multiprocessing.get_context("spawn").Pool(options.workers, maxtasksperchild=40) as pool:
        for result in pool.imap_unordered(search, units):
            with FILE.open("a") as file:
                file.write(json.dumps(result) + "\n")
                file.flush()
                os.fsync(file.fileno())
            print(result["landscape"], result["seed"], result["optimizer"], result["recommended"],
                  "%.0f s" % result["seconds"], file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
