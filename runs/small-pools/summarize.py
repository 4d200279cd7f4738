"""Mean regret of what is handed over, in shares of what a random mixture of the pool loses, from each `report.md` here.

usage: summarize.py FOLDER   (standard library alone; writes Markdown)
"""
import pathlib, random, sys

BUDGETS = [".1", ".2", ".5", "1", "2", "5", "10"]


def regrets(report):
    part = report.read_text().split("## Regret of what is handed over")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")]
    return {row[0]: [float(cell.split()[0].replace("−", "-")) for cell in row[1:]] for row in rows[2:]}


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


main()
