"""A Slurm of one node on this machine: munged, slurmctld and slurmd, as Debian has them, no accounting."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.ports import free_port

#: Where Slurm looks unsaid: Snakemake's jobs are started without the variables that would say otherwise.
SYSTEM = Path("/etc/slurm/slurm.conf")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")

CONFIGURATION = """
ClusterName=ferflow
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MinJobAge=600
KillWait=5
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=32000 State=UNKNOWN
PartitionName=normal Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Say why no Slurm can be started here; empty if one can."""
    missing = [name for name in PROGRAMS if which(name) is None]
    if missing:
        return f"no {', '.join(missing)} here: apt-get install slurm-wlm munge"
    if os.geteuid():
        return "slurmd needs to be root"
    return f"{SYSTEM} is there: a Slurm of one's own is left alone" if SYSTEM.exists() else ""


def which(program: str) -> str | None:
    """Find a program, daemons in /usr/sbin too."""
    return shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """Start a cluster that keeps its state in an empty folder, and end it."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    SYSTEM.parent.mkdir(exist_ok=True)
    SYSTEM.write_text(
        CONFIGURATION.format(
            host=socket.gethostname().split(".")[0],
            controller=free_port(),
            daemon=free_port(),
            folder=folder,
        )
    )
    files = {"key": key} | {name: folder / f"munge.{name}" for name in ("socket", "pid", "log", "seed")}
    options = {
        "key": "key-file",
        "socket": "socket",
        "pid": "pid-file",
        "log": "log-file",
        "seed": "seed-file",
    }
    munge = [f"--{options[name]}={path}" for name, path in files.items()]
    daemons = []
    try:
        for command in (
            ["munged", "--foreground", "--force", *munge],
            ["slurmctld", "-D", "-c"],
            ["slurmd", "-D"],
        ):
            program = which(command[0])
            assert program is not None
            log = (folder / f"{command[0]}.out").open("wb")
            daemons.append(subprocess.Popen([program, *command[1:]], stdout=log, stderr=log))
            time.sleep(0.5)
        _wait_for_node()
        yield
    finally:
        subprocess.run(["scancel", "--user=root"], check=False, timeout=30)
        for daemon in reversed(daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
        SYSTEM.unlink()


def _wait_for_node(seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    state = ""
    while time.monotonic() < deadline:
        done = subprocess.run(
            ["sinfo", "--noheader", "--format=%t"],
            capture_output=True,
            text=True,
            check=False,
        )
        state = done.stdout.strip() or done.stderr.strip()
        if state == "idle":
            return
        time.sleep(0.5)
    raise AssertionError(f"Slurm's node is '{state}' after {seconds:g} s")
