"""Thins public tables to what `runs/forecasts` rests on.

    python3 thin.py testbed.csv FOLDER_OF_MIXING_LAWS FOLDER_OF_REGMIX
"""
import csv
import sys


def read(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def write(path, rows):
    columns = [c for c in rows[-1] if all(c in row for row in rows)]
    with open(path, "w") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


testbed, laws, regmix = sys.argv[1:]

# The first 24 mixtures that all sizes have, first seed.
rows = [r for r in read(testbed) if r["seed"] == "1"]
key = lambda r: tuple(v for k, v in r.items() if k.startswith("w_"))
sizes = sorted({r["size"] for r in rows})
have = {s: {key(r) for r in rows if r["size"] == s} for s in sizes}
common = list(dict.fromkeys(key(r) for r in rows if all(key(r) in have[s] for s in sizes)))[:24]
write("testbed-24.csv", [r for r in rows if key(r) in common])

# A quarter, half and the end of each run; of the few at 1B all.
out = []
for size in ("70M", "160M", "305M", "410M", "1B"):
    runs = {}
    for row in read(f"{laws}/5Mix_{size}.csv"):
        runs.setdefault(row["run"], []).append(row)
    for name, run in runs.items():
        run.sort(key=lambda r: float(r["step"]))
        places = {len(run) // 4, len(run) // 2, len(run) - 1}
        for place in range(len(run)) if size == "1B" else sorted(places):
            out.append({**run[place], "run": f"{size}-{name}"})
write("5mix.csv", out)

out = []
for size, parameters, tokens, count in (
    ("1m", 1e6, 1e9, 40), ("60m", 6e7, 1e9, 40), ("1B", 1e9, 2.5e10, 64)
):
    losses = {r["index"]: r for r in read(f"{regmix}/test_pile_loss_{size}.csv")}
    for row in read(f"{regmix}/test_mixture_{size}.csv")[:count]:
        weights = {"w_" + k[15:]: float(v) for k, v in row.items() if k.startswith("train_")}
        total = sum(weights.values())
        out.append({
            "run": size + row["index"], "params": int(parameters), "tokens": int(tokens),
            **{k: round(v / total, 6) for k, v in weights.items()},
            **{
                "loss_" + k[len("metric/the_pile_"):-9]: v
                for k, v in losses[row["index"]].items() if k != "index"
            },
        })
write("regmix.csv", out)
