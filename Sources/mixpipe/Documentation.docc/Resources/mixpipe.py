"""A client of mixpipe's sessions: ask for runs, train them, tell what came of it. One file, no packages.

    session = Session("runs/mine", domains=["books", "web", "code"])
    run = session.ask()                        # run.number, run.mixture {"books": 0.52, ...}
    session.tell(run, {"books": 3.91, "web": 4.18, "code": 2.73})
    session.recommend()["mixture"]

The program 'mixpipe' does the work: it must be on the PATH, or named by MIXPIPE. Everything is kept in
the session's folder, locked while somebody writes, so any number of clients may use one at once.
"""

import json
import math
import os
import subprocess
import sys

FINISHED, DIVERGED, LOST, CANCELLED = "finished", "diverged", "lost", "cancelled"


class Error(RuntimeError):
    """What the program said, in one line."""


class Diverged(Exception):
    """To be raised by an objective function whose loss went out of bounds."""


class Run:
    """A run that was handed out."""

    def __init__(self, found, domains):
        self.number = int(found["run"])
        #: Each domain's share of the training tokens, in the order of the domains.
        self.mixture = {name: found["mixture"][name] for name in domains}
        #: Why it was chosen: start, model, again or fixed.
        self.reason = found.get("reason")

    def __repr__(self):
        shares = ", ".join("%s=%.4g" % pair for pair in self.mixture.items())
        return "Run(%d, %s)" % (self.number, shares)


def _program(words, text=None):
    command = [os.environ.get("MIXPIPE", "mixpipe")] + words
    try:
        done = subprocess.run(
            command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    except FileNotFoundError:
        raise Error("found no program '%s'; put mixpipe on the PATH or set MIXPIPE" % command[0])
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise Error(lines[0] if lines else "%s ended with %d" % (command[0], done.returncode))
    return done.stdout


def _quoted(name):
    """A name as the program reads it among commas and signs."""
    plain = name and name == name.strip() and name[0] not in "\"'" and not set(name) & set(",=")
    return name if plain else '"' + name.replace('"', '""') + '"'


class Session:
    """A folder in which runs are asked for and told of.

    Options are those of 'mixpipe ask', with underscores for dashes: held_out, maximize, objective, guard,
    constrain, method, initial, seed, size, tokens, observations. They are kept when the session begins, and may be
    given again if they are the same.
    """

    def __init__(self, folder, domains=None, wait=600, **options):
        self.folder = str(folder)
        self._words = ["--wait", str(wait)]
        self._begin = []
        if domains is not None:
            options["domains"] = list(domains)
        for name, value in options.items():
            option = "--" + name.replace("_", "-")
            if name in ("guard", "constrain", "observations"):
                for each in [value] if isinstance(value, str) else value:
                    self._begin += [option, str(each)]
            elif isinstance(value, (list, tuple)):
                self._begin += [option, ",".join(str(each) for each in value)]
            elif value is not None:
                self._begin += [option, str(value)]

    def _ask(self, *words):
        return json.loads(
            _program(["ask", self.folder, "--json", *words, *self._words, *self._begin]))

    def ask(self, count=None):
        """The next run, or a list of so many."""
        found = self._ask("--count", str(1 if count is None else count))
        runs = [Run(each, found["domains"]) for each in found["runs"]]
        return runs[0] if count is None else runs

    def tell(self, run, losses=None, state=None, reason=""):
        """What became of a run: losses (or scores) by held-out domain, or a state.

        A loss that is no number is a divergence. To tell the same again does nothing; returns whether it was news.
        """
        told = {"run": run.number if isinstance(run, Run) else int(run)}
        if losses is not None and not all(map(math.isfinite, losses.values())):
            losses, state, reason = None, DIVERGED, reason or "a loss is no number"
        if losses is not None:
            told["losses"] = {name: float(loss) for name, loss in losses.items()}
        else:
            told.update(state=state or LOST, reason=reason)
        found = json.loads(
            _program(["tell", self.folder, "--from", "-", "--json", *self._words], json.dumps(told)))
        return found["runs"][0]["isNew"]

    def runs(self):
        """All runs, with their states and losses."""
        return self._ask("--list")["runs"]

    def recommend(self):
        """The best mixture, what it is expected to give, and how sure that is."""
        return self._ask("--recommend")

    def expire(self, hours):
        """Takes runs that were handed out longer ago as lost; returns all runs."""
        return self._ask("--list", "--expire", str(hours))["runs"]

    def optimize(self, objective, count):
        """Asks, calls objective(mixture), which returns losses by held-out domain, and tells; so many times.

        Diverged raised there is a divergence; any other exception loses the run and goes on up.
        """
        for _ in range(count):
            run = self.ask()
            try:
                self.tell(run, objective(dict(run.mixture)))
            except Diverged as problem:
                self.tell(run, state=DIVERGED, reason=str(problem))
            except BaseException as problem:
                self.tell(run, state=LOST, reason=repr(problem))
                raise
        return self.recommend()


if __name__ == "__main__":
    print(__doc__, file=sys.stderr)
    sys.exit(64)
