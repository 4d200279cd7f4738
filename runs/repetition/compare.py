"""What was forecast of 500k parameters at 10M tokens beside what was measured.

    python3 compare.py     (in this folder; standard library alone)
"""
import csv, json, math

rows = list(csv.DictReader(open("target.csv")))
domains = [c[2:] for c in rows[0] if c.startswith("w_")]
text = {"novels": 467155, "scripture": 315894, "python": 186357}
tokens = 10e6
goals = {
    "mean of all": [c[5:] for c in rows[0] if c.startswith("loss_")],
    "the scarce three": list(text),
}


def mean(row, names):
    return sum(float(row["loss_" + n]) for n in names) / len(names)


def told(forecast, row):
    return next(
        m for m in forecast["mixtures"]
        if sum(abs(float(row["w_" + d]) - m["mixture"].get(d, 0)) for d in domains) < 2e-3)


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    return [order.index(i) for i in range(len(values))]


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    m = (len(a) - 1) / 2
    return sum((x - m) * (y - m) for x, y in zip(a, b)) / sum((x - m) ** 2 for x in a)


def most(row):
    return max(float(row["w_" + d]) * tokens / text[d] for d in text)


kinds = ["unmatched", "text", "matched"]
forecasts = {k: json.load(open(f"forecast-{k}.json")) for k in kinds}
print("| run | most epochs | measured |" + "".join(f" {k} |" for k in kinds))
print("|---|---:|---:|" + "---:|" * len(kinds))
for row in rows:
    line = f"| {row['run']} | {most(row):.1f} | {mean(row, goals['mean of all']):.3f} |"
    for kind in kinds:
        o = told(forecasts[kind], row)["objective"]
        line += f" {o['mean']:.3f} ({o['low']:.2f} to {o['high']:.2f}) |"
    print(line)

print("\n| forecast from | loss of | level | differences, of a spread | rank correlation | 95 % of levels held | of each domain's losses |")
print("|---|---|---:|---:|---:|---:|---:|")
for kind in kinds:
    for name, outputs in goals.items():
        found = [told(forecasts[kind], row) for row in rows]
        measured = [mean(row, outputs) for row in rows]
        said = [sum(m["losses"][d]["mean"] for d in outputs) / len(outputs) for m in found]
        errors = [s - m for s, m in zip(said, measured)]
        level = sum(errors) / len(errors)
        apart = math.sqrt(sum((e - level) ** 2 for e in errors) / (len(errors) - 1))
        center = sum(measured) / len(measured)
        spread = math.sqrt(sum((v - center) ** 2 for v in measured) / (len(measured) - 1))
        held = "–"
        if name == "mean of all":
            inside = sum(m["objective"]["low"] <= v <= m["objective"]["high"] for m, v in zip(found, measured))
            held = f"{inside} of {len(rows)}"
        each = [
            m["losses"][d]["low"] <= float(row["loss_" + d]) <= m["losses"][d]["high"]
            for m, row in zip(found, rows) for d in outputs]
        print(
            f"| {kind} | {name} | {level:+.3f} | {apart:.3f} of {spread:.3f} | {spearman(said, measured):.3f} | {held} |"
            f" {sum(each)} of {len(each)} |")
