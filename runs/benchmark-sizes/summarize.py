"""Regrets at some budgets, coverage before the target's first run and P(best), from journals of `mixpipe benchmark`.

usage: summarize.py FOLDER…   (standard library alone; writes Markdown)
"""
import collections, gzip, json, math, pathlib, random, sys

BUDGETS = [0.1, 0.2, 0.5, 1, 2, 5, 10]


def regret(trace, budget):
    handed = None
    for point in trace["points"]:
        if point["compute"] <= budget + 1e-9:
            handed = point.get("handedOver", handed)
    return min(1.0 if handed is None else handed, 2.0)


def mean(values):
    return sum(values) / len(values)


def error(values):
    if len(values) < 2:
        return float("nan")
    center = mean(values)
    return (sum((v - center) ** 2 for v in values) / (len(values) - 1) / len(values)) ** 0.5


def told(value, spread):
    return f"{value:.3f}" + ("" if math.isnan(spread) else f" ± {spread:.3f}")


def load(folders):
    found = {}
    for folder in folders:
        journal = pathlib.Path(folder) / "benchmark.jsonl"
        packed = journal.with_name("benchmark.jsonl.gz")
        text = journal.read_text() if journal.exists() else gzip.decompress(packed.read_bytes()).decode()
        for line in text.splitlines():
            row = json.loads(line)
            if row.get("kind") == "sizes" and "points" in row:
                found[row["problem"], row["method"], row["seed"]] = row
    return found


def main():
    traces = load(sys.argv[1:])
    problems = list(dict.fromkeys(key[0] for key in traces))
    methods = sorted({key[1] for key in traces})
    by = collections.defaultdict(dict)
    for (problem, method, seed), trace in traces.items():
        by[problem, method][seed] = trace

    def table(title, rows):
        print(f"\n## {title}\n")
        print("| method | searches | " + " | ".join(f"{b:g}" for b in BUDGETS) + " |")
        print("|---|---|" + "---|" * len(BUDGETS))
        for row in rows:
            print("| " + " | ".join(row) + " |")

    rows = []
    # Means over problems are only of methods that have searched on all that scale-bo has.
    own = [p for p in problems if (p, "scale-bo") in by]
    for method in methods:
        if not all((p, method) in by for p in own):
            continue
        cells = []
        for budget in BUDGETS:
            values = [mean([regret(t, budget) for t in by[p, method].values()]) for p in own]
            draws = random.Random(1)
            again = sorted(
                mean([
                    mean(draws.choices([regret(t, budget) for t in by[p, method].values()], k=len(by[p, method])))
                    for p in own
                ])
                for _ in range(200)
            )
            cells.append((mean(values), again[5], again[194]))
        count = sum(len(by[p, method]) for p in own)
        rows.append((cells[-1][0], [method, f"{count}"] + [f"{m:.3f} [{a:.3f}, {b:.3f}]" for m, a, b in cells]))
    table(f"{', '.join(own)}: mean regret, gaps; 95 % over seeds", [row for _, row in sorted(rows)])
    for problem in problems:
        rows = []
        for method in methods:
            if (problem, method) in by:
                searches = by[problem, method].values()
                values = [[regret(t, b) for t in searches] for b in BUDGETS]
                rows.append((mean(values[-1]), [method, f"{len(searches)}"] + [told(mean(v), error(v)) for v in values]))
        table(f"{problem}: mean regret ± standard error", [row for _, row in sorted(rows)])
    print("\n## scale-bo beside the best other method there: difference of means, with its standard error\n")
    print("| problem | " + " | ".join(f"{b:g}" for b in BUDGETS) + " |")
    print("|---|" + "---|" * len(BUDGETS))
    for problem in own:
        cells = []
        for budget in BUDGETS:
            mine = [regret(t, budget) for t in by[problem, "scale-bo"].values()]
            others = [
                (mean([regret(t, budget) for t in by[problem, m].values()]), m)
                for m in methods if m != "scale-bo" and (problem, m) in by
            ]
            if not mine or not others:
                cells.append("")
                continue
            best, name = min(others)
            spread = math.hypot(error(mine), error([regret(t, budget) for t in by[problem, name].values()]) if len(by[problem, name]) > 1 else 0)
            gap = mean(mine) - best
            mark = "**" if gap > 2 * spread else ""
            cells.append(f"{mark}{gap:+.3f}" + ("" if math.isnan(spread) else f" ± {spread:.3f}") + f"{mark} ({name})")
        print(f"| {problem} | " + " | ".join(cells) + " |")
    # From which compute on, for good, scale-bo's mean over problems is no more than another's at its end.
    print("\n## Less compute: until scale-bo hands over what another does at the end of its budget, for good\n")
    print("| method | by means over problems | median problem | problems |\n|---|---|---|---|")
    end = max(t["points"][-1]["compute"] for t in traces.values())
    grid = [end * 2 ** (-step / 8) for step in range(80, -1, -1)]
    curve = lambda p, m: [mean([regret(t, b) for t in by[p, m].values()]) for b in grid]
    mine = {p: curve(p, "scale-bo") for p in own}
    told_factor = lambda f: f"≥ {f:.0f}" if f >= end / grid[0] else f"{f:.1f}"
    for method in methods:
        if method == "scale-bo" or not all((p, method) in by for p in own):
            continue
        goals = {p: mean([regret(t, end) for t in by[p, method].values()]) for p in own}

        def factor(values, goal):
            later = [k for k, value in enumerate(values) if value > goal]
            first = later[-1] + 1 if later else 0
            return end / grid[first] if first < len(grid) else 0

        every = sorted(factor(mine[p], goals[p]) for p in own)
        half = (every[(len(every) - 1) // 2] + every[len(every) // 2]) / 2
        total = factor([mean(c) for c in zip(*mine.values())], mean(list(goals.values())))
        print(f"| {method} | {told_factor(total)} | {told_factor(half)} | {sum(f > 0 for f in every)} of {len(own)} |")
    print("\n## Before the target's first run: 95 % intervals that held\n")
    print("| problem | method | cases | levels | differences | rms z level | rms z differences |")
    print("|---|---|---|---|---|---|---|")
    for method in methods:
        for problem in problems:
            beliefs = [
                p["belief"] for t in by.get((problem, method), {}).values() for p in t["points"]
                if p.get("belief") and p.get("ran") is None
            ]
            if beliefs:
                rms = lambda key: mean([b[key] ** 2 for b in beliefs]) ** 0.5
                print(
                    f"| {problem} | {method} | {len(beliefs)} | {mean([b['levels'] for b in beliefs]):.3f} "
                    f"| {mean([b['contrasts'] for b in beliefs]):.3f} | {rms('levelError'):.2f} | {rms('contrastError'):.2f} |"
                )
    bins = collections.defaultdict(list)
    for trace in traces.values():
        for point in trace["points"]:
            belief = point.get("belief") or {}
            if belief.get("probabilityOfBest") is not None:
                bins[trace["method"], int(min(belief["probabilityOfBest"], 0.999) * 5)].append(
                    (belief["probabilityOfBest"], point["handedOver"] <= 1e-12)
                )
    if bins:
        print("\n## Probability of being the best of a pool: told, and how often it was\n")
        print("| method | cases | told | true |\n|---|---|---|---|")
        for (method, _), cases in sorted(bins.items()):
            print(f"| {method} | {len(cases)} | {mean([c[0] for c in cases]):.2f} | {mean([c[1] for c in cases]):.2f} |")


main()
