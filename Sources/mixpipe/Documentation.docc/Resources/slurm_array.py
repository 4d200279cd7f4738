"""One element of a Slurm array: sbatch --array=1-64%8 --signal=B:TERM@60 --wrap 'exec python3 slurm_array.py runs/mine'

Every element asks for one run of the same session. One that is preempted or runs out of time says so, and the
mixture is not held against it.
"""

import math
import signal
import sys

import mixpipe


class Killed(BaseException):
    pass


def stop(number, frame):
    raise Killed("signal %d" % number)


def train(mixture):
    """Your trainer: start it here, wait for it, read the losses that it wrote."""
    return {name: 2.5 + math.exp(-4 * share) for name, share in mixture.items()}


for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
    signal.signal(number, stop)

folder = sys.argv[1] if len(sys.argv) > 1 else "runs/slurm-array"
session = mixpipe.Session(folder, domains=["books", "web", "code"], initial=6)
run = session.ask()
try:
    losses = train(run.mixture)
except Killed as problem:
    session.tell(run, state=mixpipe.LOST, reason=str(problem))
    sys.exit(1)
if all(map(math.isfinite, losses.values())):
    session.tell(run, losses)
else:
    session.tell(run, state=mixpipe.DIVERGED, reason="a loss is no number")
print(run)
