"""A plain loop: one trainer, one run after another."""

import math
import sys

import mixpipe


def train(mixture):
    """Your trainer: losses by held-out domain. Here a formula, so that the example can be run."""
    return {name: 2.5 + math.exp(-4 * share) for name, share in mixture.items()}


folder = sys.argv[1] if len(sys.argv) > 1 else "runs/plain-loop"
session = mixpipe.Session(folder, domains=["books", "web", "code"], initial=6)
for _ in range(10):
    run = session.ask()
    print(run, flush=True)
    session.tell(run, train(run.mixture))

found = session.recommend()
print("train on", found["mixture"], "expecting", found["predicted"]["mean"])
