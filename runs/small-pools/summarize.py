"""Mean regret of what is handed over, in shares of what a random mixture of the pool loses, from each `report.md` here; and
how often what `scale-bo` would hand over was the best of the pool, by the probability that it told, from the journals.

usage: summarize.py FOLDER   (standard library alone; writes Markdown)
"""
import gzip, json, pathlib, random, sys

BUDGETS = [".1", ".2", ".5", "1", "2", "5", "10"]


def regrets(report):
    part = report.read_text().split("## Regret of what is handed over")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")]
    return {row[0]: [float(cell.split()[0].replace("−", "-")) for cell in row[1:]] for row in rows[2:]}


def beliefs(journal):
    """(probability told, whether it was the best) of each belief; the best is the lowest that any search came to."""
    with gzip.open(journal, "rt") as file:
        searches = [found for found in map(json.loads, file) if "points" in found]
    points = [point for found in searches for point in found["points"]]
    best = min(min(point["handedOver"], point.get("ran", point["handedOver"])) for point in points)
    for found in searches:
        if found["method"] == "scale-bo":
            for belief in found.get("beliefs", []):
                if "probabilityOfBest" in belief:
                    yield belief["probabilityOfBest"], belief["value"] <= best + 1e-9


def main():
    tables = [regrets(path) for path in sorted(pathlib.Path(sys.argv[1]).glob("*/report.md"))]
    # Random search has run nothing after a tenth of a run of the target: the mean of the pool.
    shares = {
        method: [[value / table["random"][0] for value in table[method]] for table in tables] for method in tables[0]
    }
    print(f"| method, {len(tables)} objectives | " + " | ".join(BUDGETS) + " |")
    print("|---|" + "---|" * len(BUDGETS))
    for method in sorted(shares, key=lambda method: sum(row[-1] for row in shares[method])):
        cells = []
        for place in range(len(BUDGETS)):
            values = [row[place] for row in shares[method]]
            draws = random.Random(1)
            again = sorted(sum(draws.choices(values, k=len(values))) / len(values) for _ in range(1000))
            cells.append(f"{sum(values) / len(values):.3f} [{again[25]:.3f}, {again[974]:.3f}]")
        print(f"| {method} | " + " | ".join(cells) + " |")
    bins = [[] for _ in range(10)]
    for journal in sorted(pathlib.Path(sys.argv[1]).glob("*/replay.jsonl.gz")):
        for told, is_best in beliefs(journal):
            bins[min(int(told * 10), 9)].append((told, is_best))
    print("\n| probability of being the best, told | how often it was | cases |\n|---|---|---|")
    for cases in filter(None, bins):
        told, true = (sum(case[i] for case in cases) / len(cases) for i in (0, 1))
        print(f"| {told:.2f} | {true:.2f} | {len(cases)} |")


main()
