"""A Slurm of one node or more on this machine: munged, slurmctld and slurmds, as Debian has them."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests.cluster import accounting
from tests.cluster.daemons import daemon, missing, start, stop, wait_until
from tests.ports import free_port

#: Where Slurm looks unsaid: Snakemake's jobs are started without the variables that would say otherwise.
SYSTEM = Path("/etc/slurm/slurm.conf")
SYSTEM_GPUS = SYSTEM.with_name("gres.conf")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")

#: The pipeline through the profile. Queues of a cluster are asked every 40 seconds; one on loopback may be
#: asked more often.
ON_SLURM = (
    *("snakemake", "--workflow-profile", "profiles/slurm", "--jobs", "4", "--latency-wait", "20"),
    *("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2"),
)

CLUSTER = "ferflow"
# `JobRequeue=0` leaves it to a job whether Slurm starts it again; `cred_expire` is also how long that waits
# (two minutes, unless one says so).
CONFIGURATION = """
ClusterName={cluster}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
JobRequeue=0
SlurmdTimeout=10
MinJobAge=600
KillWait=5
SchedulerParameters=sched_interval=2,bf_interval=2
GresTypes=gpu
"""
NODE = """
NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=32000 Gres=gpu:2
"""
# Of a GPU, Slurm asks no more than that it be a device.
GPUS = """
Name=gpu File=/dev/null
Name=gpu File=/dev/zero
"""
PARTITION = """
PartitionName=normal Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
NO_ACCOUNTING = "AccountingStorageType=accounting_storage/none"


def why_not() -> str:
    """Say why no Slurm can be started here; empty if one can."""
    if lacking := missing(*PROGRAMS):
        return f"no {', '.join(lacking)} here: apt-get install slurm-wlm munge"
    if os.geteuid():
        return "slurmd needs to be root"
    return f"{SYSTEM} is there: a Slurm of one's own is left alone" if SYSTEM.exists() else ""


class Node:
    """A node: slurmd, and the jobs that run on it."""

    def __init__(self, name: str, log: Path) -> None:
        self._name = name
        self._log = log
        self._slurmd: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it, and wait until the controller would give it a job."""
        self._slurmd = start(["slurmd", "-D", "-N", self._name], self._log)
        wait_until(lambda: self.state() in ("idle", "mix", "alloc"), "a node that works")

    def lose(self) -> None:
        """Kill all that runs on it, as a power cut would; of several nodes, jobs of the others too."""
        assert self._slurmd is not None
        self._slurmd.kill()
        self._slurmd.wait()
        self._slurmd = None
        _end_jobs()

    def stop(self) -> None:
        """End all jobs, and it."""
        subprocess.run(["scancel", "--user=root"], check=False, timeout=30)
        if self._slurmd is not None:
            stop(self._slurmd)
        _end_jobs()

    def state(self) -> str:
        """Say what the controller thinks of it, as sinfo does; a star is for one that does not answer."""
        words = ["sinfo", "--noheader", f"--nodes={self._name}", "--format=%t"]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def _end_jobs() -> None:
    """Kill what jobs have started, and the daemons that watch over them.

    By what it carries: a cluster's cgroups know all processes of a job, linuxproc may lose one whose parent
    has ended.
    """
    running = list(psutil.process_iter(["name", "environ"]))
    started = [each for each in running if (each.info["environ"] or {}).get("SLURM_CLUSTER_NAME") == CLUSTER]
    steps = [each for each in running if each.info["name"] == "slurmstepd"]
    # The daemons first: one that sees its job die tells the controller, which no power cut gives it time for.
    for process in steps + started:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@contextlib.contextmanager
def slurm(folder: Path, *, nodes: int = 1, accounts: bool = False) -> Iterator[Node]:
    """Start a cluster that keeps its state in an empty folder, with accounting or without, and end it.

    Yields its first node. Each has two things that Slurm takes for GPUs.
    """
    names = [f"node{number}" for number in range(1, nodes + 1)]
    for name in ("state", *(f"spool-{node}" for node in names)):
        (folder / name).mkdir(parents=True)
    SYSTEM.parent.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_munge(folder))
        books = NO_ACCOUNTING
        if accounts:
            books = stack.enter_context(accounting.accounting(folder / "books", folder / "munge.socket"))
        for path, content in ((SYSTEM, _configuration(folder, names) + books), (SYSTEM_GPUS, GPUS)):
            stack.callback(path.unlink)
            path.write_text(content)
        if accounts:
            accounting.open_account(CLUSTER)
        stack.enter_context(daemon(["slurmctld", "-D", "-c"], folder / "slurmctld.out"))
        started = [Node(name, folder / f"{name}.out") for name in names]
        for node in started:
            stack.callback(node.stop)
            node.start()
        yield started[0]


def _configuration(folder: Path, names: Sequence[str]) -> str:
    host = socket.gethostname().split(".")[0]
    cluster = CONFIGURATION.format(cluster=CLUSTER, host=host, controller=free_port(), folder=folder)
    nodes = [NODE.format(name=name, host=host, port=free_port()) for name in names]
    return "".join((cluster, *nodes, PARTITION))


@contextlib.contextmanager
def _munge(folder: Path) -> Iterator[None]:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    options = {
        "key-file": "key",
        "socket": "socket",
        "pid-file": "pid",
        "log-file": "log",
        "seed-file": "seed",
    }
    words = [f"--{option}={folder / f'munge.{name}'}" for option, name in options.items()]
    with daemon(["munged", "--foreground", "--force", *words], folder / "munged.out"):
        wait_until((folder / "munge.socket").exists, "munged")
        yield
