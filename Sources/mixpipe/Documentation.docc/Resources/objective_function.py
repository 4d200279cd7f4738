"""An objective function, as for Optuna's study.optimize: accuracies that are to rise, one guard."""

import math
import sys

import mixpipe


def objective(mixture):
    """Accuracies by task. Raise mixpipe.Diverged where the loss went out of bounds."""
    if mixture["code"] > 0.97:
        raise mixpipe.Diverged("loss is nan at step 300")
    return {
        "arc": 0.25 + 0.5 * (1 - math.exp(-3 * (mixture["books"] + 0.5 * mixture["web"]))),
        "humaneval": 0.4 * (1 - math.exp(-5 * mixture["code"])),
    }


folder = sys.argv[1] if len(sys.argv) > 1 else "runs/objective-function"
session = mixpipe.Session(
    folder, domains=["books", "web", "code"], held_out=["arc", "humaneval"],
    maximize=["arc", "humaneval"], objective="weighted:arc=.7,humaneval=.3", guard="humaneval>=0.1",
    constrain="web>=0.05", initial=6)
found = session.optimize(objective, count=10)
print("train on", found["mixture"])
for guard in found["guards"]:
    print("guard", guard["heldOut"], "kept with probability", guard["probabilityKept"])
