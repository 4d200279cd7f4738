"""Writes regret.csv and regret.md from runs.jsonl, reuse.csv and reuse.md from reuse.jsonl: python summarize.py

Means over seeds, with 95 % intervals by resampling seeds. Differences from mixpipe are paired by seed.
"""

import csv
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
LOOKS = ("16", "25", "50")
ORDER = ["mixpipe", "botorch-losses", "botorch", "ax", "ax-losses", "optuna-gp", "optuna-tpe", "random"]


def interval(values, draws=20000):
    """95 % of the mean of few values: percentiles of resampled means, widened as Student's t is."""
    values = np.asarray(values)
    mean = values.mean()
    if len(values) < 3:
        return mean, np.nan, np.nan
    draw = np.random.default_rng(1).integers(len(values), size=(draws, len(values)))
    stretch = np.sqrt(len(values) / (len(values) - 1))
    low, high = np.percentile(values[draw].mean(axis=1), [2.5, 97.5])
    return mean, mean + stretch * (low - mean), mean + stretch * (high - mean)


def lines(name):
    path = HERE / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def told(value, low, high, isSigned=False):
    if np.isnan(low):
        return "%.4f" % value
    form = "%+.4f (%+.4f to %+.4f)" if isSigned else "%.4f (%.4f to %.4f)"
    return form % (value, low, high)


def regrets():
    found = {}
    for line in lines("runs.jsonl"):
        for look in LOOKS:
            tried = min(line["tried"][:int(look)])
            key = (line["landscape"], line["optimizer"], look)
            found.setdefault(key, {})[line["seed"]] = (line["recommended"][look], tried, line["seconds"])
    rows, text = [], []
    kinds = sorted({key[0] for key in found}, key=["separate", "transfer", "thresholds"].index)
    for kind in kinds:
        text += ["", "### " + kind, "", "| optimizer | seeds | after 16 | after 25 | after 50 | after 50, minus mixpipe's | "
                 "mixpipe ahead after 16, 25, 50 | best tried in 50 |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
        for name in ORDER:
            if (kind, name, "50") not in found:
                continue
            cells, ahead = [], []
            for look in LOOKS:
                own = found[kind, name, look]
                values = [own[seed][0] for seed in sorted(own)]
                mean, low, high = interval(values)
                tried = interval([own[seed][1] for seed in sorted(own)])
                other = found.get((kind, "mixpipe", look), {})
                both = [seed for seed in sorted(own) if seed in other]
                change = interval([own[seed][0] - other[seed][0] for seed in both]) if both else (np.nan,) * 3
                rows.append([kind, name, len(values), look] + ["%.6f" % x for x in (
                    mean, low, high, np.median(values), *change, tried[0], np.mean([own[s][2] for s in own]))])
                cells.append(told(mean, low, high))
                ahead.append("%d" % sum(own[seed][0] > other[seed][0] for seed in both))
            score = "" if name == "mixpipe" else "%s of %d" % (", ".join(ahead), len(both))
            difference = "" if name == "mixpipe" else told(*change, isSigned=True)
            text.append("| %s | %d | %s | %s | %s | %.4f |" % (
                name, len(values), " | ".join(cells), difference, score, tried[0]))
    with open(HERE / "regret.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["landscape", "optimizer", "seeds", "runs", "regret", "low", "high", "median",
                         "minus_mixpipe", "minus_mixpipe_low", "minus_mixpipe_high", "best_tried", "cpu_seconds"])
        writer.writerows(rows)
    (HERE / "regret.md").write_text("\n".join(text).strip() + "\n")


def reuse():
    found = {}
    for line in lines("reuse.jsonl"):
        found.setdefault(line["reuses"], {})[line["seed"]] = line["regret"]
    if not found:
        return
    looks = sorted({int(look) for runs in found.values() for regret in runs.values() for look in regret})
    text = ["| new runs | with the 40 earlier runs | without | searches within .002: with | without |",
            "|---:|---:|---:|---:|---:|"]
    with open(HERE / "reuse.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["reuses", "new_runs", "seeds", "regret", "low", "high", "within_002"])
        for look in looks:
            cells = {}
            for reuses in (True, False):
                values = [regret[str(look)] for regret in found.get(reuses, {}).values() if str(look) in regret]
                if values:
                    within = sum(value <= 0.002 for value in values)
                    writer.writerow([reuses, look, len(values)] + ["%.6f" % x for x in interval(values)] + [within])
                    cells[reuses] = (told(*interval(values)), "%d of %d" % (within, len(values)))
            blank = ("–", "–")
            text.append("| %d | %s | %s | %s | %s |" % (
                look, cells.get(True, blank)[0], cells.get(False, blank)[0], cells.get(True, blank)[1],
                cells.get(False, blank)[1]))
    # The first look from which on the recommendation stays within .002; censored at the end.
    needs = {}
    for reuses, runs in found.items():
        for seed, regret in runs.items():
            steps = sorted(int(look) for look in regret)
            stay = [look for look in steps if all(regret[str(later)] <= 0.002 for later in steps if later >= look)]
            needs.setdefault(reuses, {})[seed] = stay[0] if stay else np.inf
    for reuses, name in ((True, "with"), (False, "without")):
        if reuses in needs:
            values = np.array(sorted(needs[reuses].values()))
            text += ["", "Runs needed to stay within .002, %s the earlier runs: median %s, %d of %d searches got there."
                     % (name, "%g" % np.median(values) if np.isfinite(np.median(values)) else "more than 32",
                        np.isfinite(values).sum(), len(values))]
    (HERE / "reuse.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    regrets()
    reuse()
