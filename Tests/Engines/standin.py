#!/usr/bin/env python3
"""A trainer without training: losses by a law of mixture, size, tokens and seed.

    standin.py FOLDER [--seconds S] [--behaviour WORD[,WORD]] [--state FILE]

What else it can do, for tests, each once per run unless said otherwise:
  crash     exits with 1              diverge   exits with 86, always
  save      exits with 85             kill      kills itself with SIGKILL
  hang      ignores all but SIGKILL   slow      works until it is asked to stop, then saves itself
  full      exits with 74 as of a disk that is full
  wrong, missing, nan, unknown        write a result that is no result, always
  usage     exits with 64, always
"""

import json
import math
import os
import signal
import sys
import time


def law(request):
    """Losses of every measure at every rung: all that a run's results depend on, and nothing else."""
    weights = dict(zip(request["domains"], request["weights"]))
    order = {name: i for i, name in enumerate(request["domains"])}
    found = []
    for tokens in request["measures"]:
        losses = {}
        for place, measure in enumerate(request["heldOut"]):
            name = measure["name"]
            # What helps a domain: its own text, and a little of each other's, most of its neighbours'.
            helps = sum(w / (1 + 2 * abs(order[d] - place)) for d, w in weights.items())
            spread = sum(w * w for w in weights.values())
            phase = request["seed"] * 12.9898 + place * 78.233 + sum(
                w * (7 + 11 * i) for i, w in enumerate(weights.values())) * 40 + tokens % 1013
            losses[name] = (
                1.5 + math.exp(-1.5 * helps) + 0.2 * spread
                + 0.3 * (1e6 / max(tokens, 1)) ** 0.2
                + 0.3 * (1e6 / request["parameters"]) ** 0.2
                + 0.003 * math.sin(phase)
            )
        found.append({"tokens": tokens, "losses": losses, "seconds": 1.0})
    return found


def main():
    folder = sys.argv[1]
    options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
    with open(os.path.join(folder, "request.json")) as file:
        request = json.load(file)
    assert os.path.exists(os.path.join(folder, request["blend"]["file"]))
    seconds = float(options.get("--seconds", "0"))
    behaviours = [b for b in options.get("--behaviour", "").split(",") if b]
    # Whose turn it is to misbehave: the run's number says, and each run does so in its first attempt.
    behaviour = behaviours[request["run"] % len(behaviours)] if behaviours else ""
    first = request["attempt"] == 1

    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    if behaviour == "hang" and first:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(1)
    if behaviour == "slow" and first:
        seconds = 3600
    checkpoint = os.path.join(request["checkpoint"], "state.json")
    done = 0.0
    earlier = request.get("continues")
    if earlier and os.path.exists(os.path.join(earlier, "state.json")):
        with open(os.path.join(earlier, "state.json")) as file:
            done = json.load(file)["share"]
    start = time.monotonic()
    while done < 1:
        elapsed = time.monotonic() - start
        done = min(1.0, done + elapsed / seconds) if seconds > 0 else 1.0
        start = time.monotonic()
        with open(os.path.join(folder, "progress"), "a") as file:
            file.write(f"{done:.4f} of the law\n")
        if asked:
            save(checkpoint, done)
            sys.exit(85)
        if done < 1:
            time.sleep(0.05)
    if behaviour == "save" and first:
        save(checkpoint, 0.5)
        sys.exit(85)
    if behaviour == "crash" and first:
        print("RuntimeError: the stand-in was told to crash", file=sys.stderr)
        sys.exit(1)
    if behaviour == "full" and first:
        print("OSError: [Errno 28] No space left on device", file=sys.stderr)
        sys.exit(74)
    if behaviour == "kill" and first:
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "diverge":
        print("the loss is nan")
        sys.exit(86)
    if behaviour == "usage":
        print("usage: standin.py FOLDER", file=sys.stderr)
        sys.exit(64)
    if behaviour == "missing":
        sys.exit(0)
    result = {"status": "finished", "measurements": law(request)}
    if behaviour == "wrong":
        result["measurements"][0]["losses"] = {"books": "low"}
    if behaviour == "unknown":
        result["measurements"][0]["losses"]["bokos"] = 3.0
    if behaviour == "nan":
        name = request["heldOut"][0]["name"]
        result["measurements"][0]["losses"][name] = float("nan")
    save(os.path.join(folder, "result.json"), None, result)


def save(path, share, contents=None):
    with open(path + ".tmp", "w") as file:
        json.dump(contents if contents is not None else {"share": share}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".tmp", path)


if __name__ == "__main__":
    main()
