#!/usr/bin/env python3
"""Studies on a private Slurm of four virtual nodes: the same trials as on one machine, whatever fails on the way.

    cluster.py MIXPIPE [--only NAME] [--many COUNT] [--kills COUNT] [--keep]
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from private_slurm import PrivateSlurm, Unavailable, steps_of

HERE = os.path.dirname(os.path.abspath(__file__))
STANDIN = os.path.join(HERE, "standin.py")
DATA = ["--domains", "books,web,code", "--held-out", "books,web,code,reviews", "--target", "reviews"]
STUDY = ["--size", "1.4B", "--tokens", "1000000000", "--methods", "bo,sobol,uniform", "--trials", "8",
         "--initial-trials", "4", "--lag", "4", "--confirmation-seeds", "3"]
QUICK = ["--interval", "2s", "--patience", "3s", "--retry-pause", "1s", "--retries", "50", "--grace", "3s"]
SLURM = ["--engine", "slurm", "--partition", "main", *QUICK]


class Failure(Exception):
    pass


def require(condition, words):
    if not condition:
        raise Failure(words)


class Tests:
    def __init__(self, mixpipe, folder, slurm, arguments):
        self.mixpipe, self.folder, self.slurm, self.arguments = mixpipe, folder, slurm, arguments

    # MARK: Tools

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *words, code=0, timeout=150):
        found = subprocess.run(
            [self.mixpipe, *words], cwd=self.folder, capture_output=True, text=True, timeout=timeout)
        require(found.returncode == code, f"{' '.join(words[:2])}: code {found.returncode}: {found.stderr[-600:]}")
        return found

    def study(self, name, *options, standin="--seconds 0.2", **more):
        return self.run("study", name, *self.words(standin), *options, "-q", **more)

    @staticmethod
    def words(standin):
        # By one name, so that what the stand-in is told to do besides is not part of a run's key.
        return ["--trainer", f"python3 {STANDIN} {{folder}} {standin}", "--trainer-name", "stand-in", *DATA, *STUDY]

    def events(self, name):
        path = self.path(f"{name}/runs.jsonl")
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def essence(self, name, times=True):
        """What was asked for, in order, and what came of it; where and when it ran is no part of it."""
        asked, ended = [], {}
        for event in self.events(name):
            if event["event"] == "asked":
                asked.append([event["run"], event["weights"], event["seed"], event["to"], event["claim"]["name"]])
            elif event["event"] == "ended":
                require(event["run"] not in ended, f"{name}: run {event['run']} was counted twice")
                for outcome in event["outcomes"]:
                    for field in ("seconds", "tokensPerSecond"):
                        outcome["outcome"].get("finished", {}).pop(field, None)
                ended[event["run"]] = event["outcomes"]
        require(len(ended) == len(asked), f"{name}: {len(asked) - len(ended)} of {len(asked)} runs were lost")
        return [a + [ended[a[0]]] for a in asked]

    def reasons(self, name):
        words = []
        for event in self.events(name):
            if event["event"] in ("lost", "interrupted"):
                words.append(event["reason"])
            elif event["event"] == "noted" and event["note"]["topic"] == "remark":
                words.append(event["note"]["body"]["what"] + ": " + event["note"]["body"]["details"])
        return words

    def require_same(self, name, other="local"):
        require(self.essence(name) == self.essence(other), f"{name}: other trials than {other}'s")

    def wait_for(self, condition, seconds, what):
        end = time.time() + seconds
        while time.time() < end:
            if condition():
                return
            time.sleep(0.1)
        raise Failure(f"after {seconds} s there was no {what}")

    # MARK: Tests

    def local(self):
        """a study of a stand-in trainer on one machine"""
        self.study("local", "--workers", "4", standin="")
        require(len(self.essence("local")) > 20, "too few runs")

    def slurm_study(self):
        """the same trials on Slurm: arrays for what is known beforehand, single jobs for proposals"""
        self.study("plain", *SLURM, "--slurm=--comment=tested")
        self.require_same("plain")
        jobs = os.listdir(self.path("plain/jobs"))
        require(any(j.endswith(".list") for j in jobs), "no array of jobs")
        scripts = [open(self.path(f"plain/jobs/{j}")).read() for j in jobs if j.endswith(".sh")]
        require(all("#SBATCH --comment=tested" in s for s in scripts), "an option was not passed through")

    def blocks(self):
        """the same trials in blocks: short runs side by side inside allocations"""
        self.study("blocks", *SLURM, "--block", "2", "--blocks", "2", "--block-idle", "3s")
        self.require_same("blocks")
        require(os.listdir(self.path("blocks/blocks")), "no block")

    def builtin(self):
        """the built-in trainer on Slurm: the same bits as in this process"""
        manifest = os.path.join(HERE, "../../corpora/synthetic.json")
        self.run("corpus", "build", os.path.abspath(manifest), "--output", "corpus", "--quiet")
        words = ["--corpus", "corpus", "--size", "50k", "--tokens", "8192", "--methods", "sobol,uniform", "--trials",
                 "4", "--finalists", "1", "--confirmation-seeds", "2", "-q"]
        self.run("study", "threads", *words)
        self.run("study", "nodes", *words, *SLURM)
        self.require_same("nodes", "threads")

    def command(self):
        """any scheduler by its commands: here Slurm's as templates"""
        self.study(
            "command", "--engine", "command", *QUICK, "--submit", "sbatch --parsable -J {name} -o {log} {script}",
            "--alive", "squeue -h -o '%A %T'", "--cancel", "scancel {id}")
        self.require_same("command")

    def dry_run(self):
        """--dry-run shows the scripts and does nothing"""
        found = self.study("dry", *SLURM, "--dry-run", "--time", "2h", "--account", "a1", "--qos", "q1", "--memory", "3G")
        for words in ("--array=0-", "--time=2:00:00", "--account=a1", "--qos=q1", "--mem=3G", "--signal=B:USR1@"):
            require(words in found.stdout, f"no {words} in {found.stdout[:500]}")
        require(not os.path.exists(self.path("dry")), "a folder was made")

    def cancel(self):
        """status shows what runs where; what is cancelled is tried again from where it saved itself"""
        words = ["study", "stopped", *self.words("--seconds 30"), *SLURM, "--step", "-q"]
        self.run(*words, code=75)

        def running():
            found = json.loads(self.run("status", "stopped", "--json").stdout)
            return [a for a in found["attempts"] if a["state"] == "running" and a.get("node")]

        self.wait_for(running, 60, "running job")
        require("n" in self.run("status", "stopped").stdout, "no node")
        self.run("cancel", "stopped")
        self.wait_for(lambda: not self.queue(), 60, "end of the jobs")
        self.study("stopped", *SLURM, standin="")
        self.require_same("stopped")
        require(any("cancelled by" in r for r in self.reasons("stopped")), "the journal does not tell of it")

    def queue(self):
        return subprocess.run(["squeue", "-h", "-o", "%j %T"], capture_output=True, text=True).stdout.split("\n")[:-1]

    def faults(self):
        """a node killed, the controller restarted, a job preempted, time limits, a full outbox: nothing is lost"""
        name = "faults"
        outbox = self.path(name + "/outbox")
        os.makedirs(outbox)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", outbox], capture_output=True).returncode == 0
        words = [self.mixpipe, "study", name,
                 *self.words("--seconds 1.5 --behaviour ,crash,hang,,slow,,save,kill"), *SLURM, "--time", "12s", "-q"]
        driver = subprocess.Popen(
            words, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            count = lambda kind: sum(e["event"] == kind for e in self.events(name))
            self.wait_for(lambda: count("ended") >= 2, 120, "first result")

            # The outbox: full for a while.
            if mounted:
                filler = os.open(outbox + "/filler", os.O_WRONLY | os.O_CREAT)
                try:
                    while True:
                        os.write(filler, b"0" * 512)
                except OSError:
                    os.close(filler)
                time.sleep(8)
                os.remove(outbox + "/filler")
                self.wait_for(lambda: any("outbox full" in r for r in self.reasons(name)), 60, "word of the outbox")

            # Preemption: as many urgent jobs as nodes.
            self.wait_for(lambda: any("RUNNING" in l for l in self.queue()), 60, "running job")
            for attempt in range(6):
                urgent = [subprocess.run(
                    ["sbatch", "--parsable", "-p", "urgent", "-J", "urgent", "-o", "/dev/null", "--wrap", "sleep 2"],
                    capture_output=True, text=True).stdout.strip() for _ in range(4)]
                try:
                    self.wait_for(lambda: any("preempted" in r for r in self.reasons(name)), 15, "preemption")
                    break
                except Failure:
                    if driver.poll() is not None or attempt == 5:
                        raise

            # A node: it goes dark with all that runs on it.
            def busy():
                found = subprocess.run(
                    ["squeue", "-h", "-t", "R", "-o", "%N %j"], capture_output=True, text=True).stdout.split("\n")
                nodes = [l.split()[0] for l in found if l.startswith("n") and "mix" in l]
                return [n for n in nodes if len(steps_of(n)) > 2]

            self.wait_for(busy, 60, "node with a run")
            victim = (busy() or [f"n{self.slurm.nodes}"])[0]
            self.slurm.kill(f"slurmd-{victim}", with_children=True)
            self.wait_for(
                lambda: any("node failed" in r for r in self.reasons(name)), 60, "node failure")
            self.slurm.start_node(int(victim[1:]))
            # The controller: gone for a few seconds, with jobs to hand over.
            self.slurm.kill("slurmctld")
            time.sleep(7)
            self.slurm.start_controller()
            self.wait_for(lambda: any("answers again" in r for r in self.reasons(name)), 90, "word of the controller")

            require(driver.wait(timeout=400) == 0, f"the driver ended with {driver.returncode}: {driver.stderr.read()[-500:]}")
        finally:
            driver.kill()
            driver.wait()
            if mounted:
                subprocess.run(["umount", "-l", outbox], capture_output=True)
        self.require_same(name)
        reasons = self.reasons(name)
        for words in ["node failed", "preempted", "time limit", "queue unreachable", "answers again", "exit code 1",
                      "saved itself"] + (["outbox full"] if mounted else []):
            require(any(words in r for r in reasons), f"nothing of '{words}' in {sorted(set(reasons))}")

    def kills(self):
        """the driver killed at random points and taken on by ticks: nothing is lost or counted twice"""
        name, wanted = "kills", self.arguments.kills
        words = [self.mixpipe, "study", name, *self.words("--seconds 0.2"), *SLURM, "--lag", "2", "--step", "-q"]
        chance = random.Random(7)
        killed = ticks = 0
        end = time.time() + 500
        while time.time() < end:
            ticks += 1
            driver = subprocess.Popen(words, cwd=self.folder, stderr=subprocess.PIPE, text=True)
            if killed < wanted:
                try:
                    driver.wait(timeout=chance.uniform(0, 0.3))
                except subprocess.TimeoutExpired:
                    driver.kill()
                    killed += 1
                driver.wait()
                continue
            require(driver.wait(timeout=120) in (0, 75), driver.stderr.read())
            if driver.returncode == 0:
                break
            time.sleep(0.3)
        # Only a kill between the intent and the submission leaves a trace; whether one falls there is chance.
        traces = sum("driver killed" in r for r in self.reasons(name))
        print(f"    {killed} kills, {ticks} ticks, {traces} of the kills between a job's intent and its submission")
        require(killed >= wanted, f"{killed} kills, {wanted} wanted")
        self.study("kills-local", "--workers", "4", "--lag", "2", standin="")
        self.require_same(name, "kills-local")

    def many(self):
        """many runs: what each costs its driver does not grow"""
        count = self.arguments.many
        words = ["testbed", "many", "--trainer", f"python3 {STANDIN} {{folder}}", "--domains", "books,web,code",
                 "--sizes", "1M", "--mixtures", str(count), "--seeds", "1", "--rungs", "1", "--tokens", "1000000",
                 "--engine", "slurm", "--jobs", "400", "--quiet"]
        before = os.times()
        self.run(*words, timeout=3000)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"    {count} runs: {1000 * cpu / count:.1f} ms of the driver's processor a run, its commands included")
        require(cpu / count < 0.05, "more than 50 ms a run")

    ALL = ["local", "slurm_study", "dry_run", "builtin", "command", "blocks", "cancel", "faults", "kills"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mixpipe")
    parser.add_argument("--only", default="")
    parser.add_argument("--many", type=int, default=0)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("test-cluster: stopped"))
    folder = tempfile.mkdtemp(prefix="mixpipe-cluster-")
    slurm = PrivateSlurm(os.path.join(folder, "slurm"))
    failures = 0
    try:
        try:
            slurm.start()
        except (Unavailable, OSError, subprocess.SubprocessError) as reason:
            print(f"test-cluster: skipped, as Slurm cannot run here: {reason}")
            return 0
        tests = Tests(os.path.abspath(arguments.mixpipe), folder, slurm, arguments)
        names = Tests.ALL + (["many"] if arguments.many else [])
        only = arguments.only.split(",") if arguments.only else names
        for name in names:
            if name not in only and name != "local":
                continue
            test, start = getattr(tests, name), time.time()
            try:
                test()
                print(f"  ok   {test.__doc__} ({time.time() - start:.0f} s)", flush=True)
            except (Failure, subprocess.TimeoutExpired) as reason:
                failures += 1
                print(f"  FAIL {test.__doc__}: {reason}", flush=True)
        return 1 if failures else 0
    finally:
        slurm.stop()
        if failures or arguments.keep:
            print(f"test-cluster: what is left is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
