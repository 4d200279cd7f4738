"""What runs from before a split are worth: python reuse.py [--seeds 20]

Eight domains; one of them is split in two (30 and 70 % of its text) and nine weights are searched anew, with and
without the 40 earlier runs (suggest --reuse old.csv --map). Counted is how many new runs it takes until the mixture
that 'suggest --recommend' names is within .002 nats of the best, and its regret after 0, 4, 8, 12, 16, 24, 32 new runs.
One line of reuse.jsonl for each search, appended and synced: stop it and start it as you like. Needs MIXPIPE, or mixpipe
on the PATH, and numpy and scipy.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

FILE = Path(__file__).parent / "reuse.jsonl"
OLD, NEW, SHARES = 40, 32, (0.3, 0.7)
LOOKS = (0, 4, 8, 12, 16, 20, 24, 28, 32)
NOISE = 0.01


class Split:
    """Losses on eight held-out domains of nine parts; the parts of the split one differ in what they are good for."""

    def __init__(self, seed):
        draw = np.random.default_rng([seed, 7])
        n = 9
        feed = draw.gamma(0.3, size=(8, n))
        own = np.zeros((8, n))
        own[np.arange(7), np.arange(7)] = 1
        own[7, 7:] = draw.uniform(0.3, 1, 2)
        self.feed = np.maximum(own, 0.5 * feed / feed.max(axis=1, keepdims=True))
        # What the old domain did is what its parts do in the shares of its text.
        self.floor = draw.uniform(1.5, 3, 8)
        self.amplitude = draw.uniform(0.1, 0.5, 8)
        self.exponent = draw.uniform(0.15, 0.6, 8)
        self.domains = ["d%d" % i for i in range(7)] + ["d7a", "d7b"]
        self.old_domains = ["d%d" % i for i in range(8)]
        best = min((self._descend(w) for w in np.random.default_rng(1).dirichlet(np.full(n, 0.7), 40)), key=lambda f: f.fun)
        self.best = best.fun

    def losses(self, weights):
        return self.floor + self.amplitude * (np.asarray(weights) @ self.feed.T + 0.02) ** -self.exponent

    def objective(self, weights):
        return self.losses(weights).mean(axis=-1)

    def _descend(self, start):
        return minimize(
            self.objective, start, method="SLSQP", bounds=[(0, 1)] * 9,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-12, "maxiter": 500})

    def run(self, weights, draw):
        return self.losses(weights) + NOISE * draw.standard_normal(8)


def mixpipe(*words):
    program = os.environ.get("MIXPIPE", "mixpipe")
    return subprocess.run([program, *map(str, words)], check=True, capture_output=True, text=True).stdout


def fill(path, names, run):
    """Writes the losses of the rows that have none."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if not row["loss_h0"]:
            weights = np.array([float(row["weight_" + name]) for name in names])
            for index, loss in enumerate(run(weights / weights.sum())):
                row["loss_h%d" % index] = "%.5f" % loss
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def recommended(words, split):
    found = json.loads(mixpipe("suggest", *words, "--recommend", "--json"))["mixture"]
    return float(split.objective([found[name] for name in split.domains]) - split.best)


def search(seed, reuses):
    split = Split(seed)
    held_out = ",".join("h%d" % i for i in range(8))
    result = {"seed": seed, "reuses": reuses, "regret": {}}
    with tempfile.TemporaryDirectory() as folder:
        old, new = folder + "/old.csv", folder + "/new.csv"
        draw = np.random.default_rng([seed, 11])

        def run_old(weights):
            parts = np.append(weights[:7], [weights[7] * share for share in SHARES])
            return split.run(parts, draw)

        if reuses:
            names = ",".join(split.old_domains)
            mixpipe("suggest", "--domains", names, "--held-out", held_out, "--count", 12, "--seed", seed + 1, "-o", old)
            fill(old, split.old_domains, run_old)
            while sum(1 for _ in open(old)) - 1 < OLD:
                mixpipe("suggest", "--observations", old, "--count", 4, "--append", "--seed", seed + 1)
                fill(old, split.old_domains, run_old)
        words = ["--domains", ",".join(split.domains), "--held-out", held_out, "--seed", seed + 1]
        if reuses:
            words += ["--reuse", old, "--map", "d7=%g*d7a+%g*d7b" % SHARES]
        draw_new = np.random.default_rng([seed, 13])
        if reuses:
            result["regret"]["0"] = recommended(words, split)
        count = 0
        while count < NEW:
            more = ["--observations", new] if count else []
            if count:
                words_now = words[4:] + more  # the table says its domains itself
            else:
                words_now = words
            mixpipe("suggest", *words_now, "--count", 4, *(["--append"] if count else []), "-o", new)
            fill(new, split.domains, lambda weights: split.run(weights, draw_new))
            count += 4
            result["regret"][str(count)] = recommended(words[4:] + ["--observations", new], split)
    result["regret"] = {key: round(value, 6) for key, value in result["regret"].items()}
    return result


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=20)
    options = options.parse_args()
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    done = {(json.loads(line)["seed"], json.loads(line)["reuses"]) for line in lines}
    for seed in range(options.seeds):
        for reuses in (True, False):
            if (seed, reuses) in done:
                continue
            with FILE.open("a") as file:
                file.write(json.dumps(search(seed, reuses)) + "\n")
                file.flush()
                os.fsync(file.fileno())


if __name__ == "__main__":
    main()
