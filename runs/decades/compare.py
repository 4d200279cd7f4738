"""What was forecast of 2.5M parameters beside what was measured.

    python3 compare.py     (in this folder; standard library alone)
"""
import csv, json, math

forecast = json.load(open("forecast.json"))
rows = [r for r in csv.DictReader(open("runs.csv")) if r["size"] == "2.5M"]
longest = max(int(r["tokens"]) for r in rows)
rows = [r for r in rows if int(r["tokens"]) == longest]
domains = [c[2:] for c in rows[0] if c.startswith("w_")]
held = [c for c in rows[0] if c.startswith("loss_")]


def value(row):
    return sum(float(row[c]) for c in held) / len(held)


def near(row, told):
    return sum(abs(float(row["w_" + d]) - told["mixture"].get(d, 0)) for d in domains) < 1e-3


pairs = []
for row in rows:
    told = next((m for m in forecast["mixtures"] if near(row, m)), None)
    if told:
        pairs.append((row["run"], value(row), told))
print("| run | forecast | 95 % | measured | forecast less measured |\n|---|---:|---|---:|---:|")
for name, found, told in pairs:
    o = told["objective"]
    print(f"| {name} | {o['mean']:.3f} | {o['low']:.3f} to {o['high']:.3f} | {found:.3f} | {o['mean'] - found:+.3f} |")
errors = [told["objective"]["mean"] - found for _, found, told in pairs]
level = sum(errors) / len(errors)
apart = math.sqrt(sum((e - level) ** 2 for e in errors) / (len(errors) - 1))
spread_of = [found for _, found, _ in pairs]
mean = sum(spread_of) / len(spread_of)
spread = math.sqrt(sum((v - mean) ** 2 for v in spread_of) / (len(spread_of) - 1))
inside = sum(told["objective"]["low"] <= found <= told["objective"]["high"] for _, found, told in pairs)


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0] * len(values)
    for place, index in enumerate(order):
        result[index] = place
    return result


a, b = ranks([t["objective"]["mean"] for _, _, t in pairs]), ranks(spread_of)
n = len(pairs)
rho = 1 - 6 * sum((x - y) ** 2 for x, y in zip(a, b)) / (n * (n * n - 1))
losses = [(told["losses"][c[5:]], float(row[c])) for row in rows for _, _, told in [next(p for p in pairs if p[0] == row["run"])] for c in held]
own = sum(o["low"] <= v <= o["high"] for o, v in losses)
print(f"\n{n} mixtures: level {level:+.4f} nats, differences {apart:.4f} of a spread of {spread:.4f}, rank correlation {rho:.3f}; "
      f"{inside} of {n} objectives and {own} of {len(losses)} losses of a domain within their 95 % intervals.")
