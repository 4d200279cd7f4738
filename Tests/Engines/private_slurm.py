"""A Slurm of one's own: some virtual nodes on this machine, on the loopback interface, gone with its folder.

It needs root and the packages slurm-wlm and munge; nothing under /etc, /var or /run is touched, and only processes
that it started are ended.
"""

import os
import shutil
import signal
import socket
import subprocess
import time

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "srun")


class Unavailable(Exception):
    """Why there can be no Slurm here."""


class PrivateSlurm:
    def __init__(self, folder, nodes=4, cpus=1):
        self.folder, self.nodes, self.cpus = folder, nodes, cpus
        self.host = socket.gethostname().split(".")[0]
        self.conf = os.path.join(folder, "slurm.conf")
        self.pids = {}

    # What is missing, in a line.
    def require(self):
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        for name in DAEMONS:
            if not shutil.which(name):
                raise Unavailable(f"{name} is not installed (packages slurm-wlm and munge)")
        if os.getuid() != 0:
            raise Unavailable("its daemons need root")

    def start(self):
        self.require()
        for name in ("run", "log", "state", "spool", "munge"):
            os.makedirs(self.path(name), exist_ok=True)
        os.chmod(self.path("state"), 0o700)
        for name in ("run", "log", "spool", "munge"):
            os.chmod(self.path(name), 0o755)
        with open(os.open(self.path("munge/key"), os.O_WRONLY | os.O_CREAT, 0o600), "wb") as key:
            key.write(os.urandom(1024))
        self.ports = free_ports(self.nodes + 1)
        with open(self.conf, "w") as file:
            file.write(self.configuration())
        os.environ["SLURM_CONF"] = self.conf
        self.daemon("munged", [
            "munged", "--force", "--key-file=" + self.path("munge/key"), "--socket=" + self.path("munge/socket"),
            "--pid-file=" + self.path("run/munged.pid"), "--log-file=" + self.path("log/munged.log"),
            "--seed-file=" + self.path("munge/seed"), "--num-threads=2"])
        self.start_controller()
        for number in range(1, self.nodes + 1):
            self.start_node(number)
        self.wait_for_nodes(self.nodes, 40)

    def path(self, name):
        return os.path.join(self.folder, name)

    def configuration(self):
        lines = [
            "ClusterName=private", f"SlurmctldHost={self.host}(127.0.0.1)", f"SlurmctldPort={self.ports[0]}",
            "SlurmUser=root", "SlurmdUser=root", "AuthType=auth/munge", "CredType=cred/munge",
            f"AuthInfo=socket={self.path('munge/socket')},cred_expire=5",
            "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny,DisableIPv6", "SlurmdParameters=config_overrides",
            f"StateSaveLocation={self.path('state')}", f"SlurmdSpoolDir={self.path('spool')}/%n",
            f"SlurmctldPidFile={self.path('run/slurmctld.pid')}", f"SlurmdPidFile={self.path('run')}/slurmd-%n.pid",
            f"SlurmctldLogFile={self.path('log/slurmctld.log')}", f"SlurmdLogFile={self.path('log')}/slurmd-%n.log",
            "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "SwitchType=switch/none", "MpiDefault=none",
            "JobAcctGatherType=jobacct_gather/none", "AccountingStorageType=accounting_storage/none",
            "SelectType=select/cons_tres", "SelectTypeParameters=CR_CPU", "SchedulerType=sched/backfill",
            "SchedulerParameters=sched_interval=2,sched_min_interval=20000,batch_sched_delay=0,bf_interval=2,"
            "default_queue_depth=1000", "PriorityType=priority/basic",
            "PreemptType=preempt/partition_prio", "PreemptMode=CANCEL", "ReturnToService=2",
            "MaxArraySize=10001", "MaxJobCount=10000", "MinJobAge=300", "KillWait=3", "InactiveLimit=0", "WaitTime=0",
            "SlurmctldTimeout=30", "SlurmdTimeout=5", "MessageTimeout=5", "BatchStartTimeout=10",
            "UnkillableStepTimeout=30", "CompleteWait=0",
        ]
        for number in range(1, self.nodes + 1):
            lines.append(
                f"NodeName=n{number} NodeHostname={self.host} NodeAddr=127.0.0.1 Port={self.ports[number]} "
                f"CPUs={self.cpus} RealMemory=2000 State=UNKNOWN")
        lines.append(
            f"PartitionName=main Nodes=n[1-{self.nodes}] Default=YES MaxTime=INFINITE DefaultTime=60 State=UP "
            "PriorityTier=1 PreemptMode=CANCEL")
        lines.append(
            f"PartitionName=urgent Nodes=n[1-{self.nodes}] MaxTime=INFINITE DefaultTime=60 State=UP "
            "PriorityTier=10 PreemptMode=OFF")
        return "\n".join(lines) + "\n"

    # MARK: Daemons

    def daemon(self, name, words):
        found = subprocess.run(words, capture_output=True, text=True, timeout=60)
        if found.returncode != 0:
            raise Unavailable(f"{words[0]} does not start: {(found.stderr or found.stdout).strip().splitlines()[-1:]}")
        file = self.path(f"run/{name}.pid")
        for _ in range(100):
            if os.path.exists(file) and open(file).read().strip().isdigit():
                self.pids[name] = int(open(file).read())
                return
            time.sleep(0.05)
        raise Unavailable(f"{name} has no process after 5 s")

    def start_controller(self):
        self.daemon("slurmctld", ["slurmctld", "-f", self.conf])

    def start_node(self, number):
        os.makedirs(self.path(f"spool/n{number}"), exist_ok=True)
        self.daemon(f"slurmd-n{number}", ["slurmd", "-f", self.conf, "-N", f"n{number}"])

    def kill(self, name, with_children=False):
        """As a machine that goes dark: with all that ran on it."""
        victims = [self.pids.pop(name)]
        if with_children:
            # Those who would tell the controller first.
            processes = steps_of(name.rsplit("-", 1)[1])
            victims += [p for p in processes if "slurmstepd" in command_of(p)] + processes
        for victim in victims:
            try_kill(victim, signal.SIGKILL)
        try:
            os.remove(self.path(f"run/{name}.pid"))
        except FileNotFoundError:
            pass

    def wait_for_nodes(self, count, seconds):
        end = time.time() + seconds
        while time.time() < end:
            found = subprocess.run(
                ["sinfo", "-h", "-N", "-p", "main", "-o", "%N %t"], capture_output=True, text=True, timeout=30)
            up = [l for l in found.stdout.splitlines() if l.split()[1] in ("idle", "mix", "alloc", "comp", "plnd")]
            if len(up) >= count:
                return
            time.sleep(0.2)
        raise Unavailable(f"fewer than {count} nodes came up in {seconds} s; see {self.path('log')}")

    def stop(self):
        jobs = subprocess.run(["squeue", "-h", "-o", "%A"], capture_output=True, text=True)
        if jobs.stdout.split():
            subprocess.run(["scancel", *jobs.stdout.split()], capture_output=True)
            time.sleep(1)
        for name in sorted(self.pids, reverse=True):
            try_kill(self.pids[name], signal.SIGTERM)
        end = time.time() + 5
        while time.time() < end and any(is_alive(p) for p in self.pids.values()):
            time.sleep(0.1)
        for process in self.pids.values():
            try_kill(process, signal.SIGKILL)


def steps_of(node):
    """The processes in which a node's jobs run, and those that look after them: no children of its daemon."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and (is_of(name, node) or "slurmstepd" in command_of(name)
                               and any(is_of(child, node) for child in descendants(int(name)))):
            found.append(int(name))
    return found


def command_of(process):
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def is_of(process, node):
    try:
        with open(f"/proc/{process}/environ", "rb") as file:
            return b"SLURMD_NODENAME=" + node.encode() in file.read().split(b"\0")
    except OSError:
        return False


def descendants(process):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    children.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
            except OSError:
                pass
    found, rest = [], [process]
    while rest:
        for child in children.get(rest.pop(), []):
            found.append(child)
            rest.append(child)
    return found


def try_kill(process, number):
    try:
        os.kill(process, number)
    except ProcessLookupError:
        pass


def is_alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
