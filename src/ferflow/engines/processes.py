"""One training in several processes, started by torchrun inside the job that an engine runs.

A training that somebody starts with torchrun by hand is in no engine's books: Snakemake takes its files, but
does not train again when ``params.yaml`` changes, and DVC trains again at once.
"""

import os
import shutil
import socket
import sys

from ferflow.engines.stages import Job
from ferflow.errors import InputError, shown
from ferflow.params import Params

#: How many processes train a network together, on each machine.
PROCESSES = "FERFLOW_PROCESSES"

#: On how many nodes of a Slurm cluster they do.
NODES = "FERFLOW_NODES"


def count_processes() -> int:
    """Read how many processes are to train a network together on each machine.

    Returns
    -------
    int
        One, unless ``FERFLOW_PROCESSES`` says otherwise.

    Raises
    ------
    InputError
        If it says no number.
    """
    return _count(PROCESSES, "processes")


def count_nodes() -> int:
    """Read over how many nodes of a cluster a training is to be spread, as :func:`count_processes` does."""
    return _count(NODES, "nodes")


def _count(variable: str, what: str) -> int:
    count = os.environ.get(variable, "1")
    if not (count.isascii() and count.isdecimal() and int(count)):
        raise InputError(f"{variable}: must be a number of {what}, such as 4, found '{shown(count)}'")
    return int(count)


def is_spread(job: Job, settings: Params) -> bool:
    """Tell whether a job may be divided among processes and nodes: a single training of a network."""
    return job.stage == "train" and settings.experiment(job.experiment).model.is_network


def start_processes() -> None:
    """Go on as torchrun, with as many processes of this script as the variables above say.

    Over several nodes, srun starts a torchrun on each. Returns where there is to be one process, or where
    torchrun has started this one.

    Raises
    ------
    InputError
        If there are to be several nodes and this runs on none of a job of Slurm.
    """
    processes, nodes = count_processes(), count_nodes()
    if processes * nodes == 1 or "LOCAL_RANK" in os.environ:
        return
    sys.stdout.flush()
    # "standalone" looks for a port that is free, so that two trainings can run on one machine.
    command = _torchrun(processes, "--standalone") if nodes == 1 else _over_nodes(nodes, processes)
    os.execvp(command[0], command)


def _torchrun(processes: int, *meeting: str) -> list[str]:
    """Write the command that starts this script some times on one machine."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", *meeting, "--nproc-per-node", str(processes)]
    return [*torchrun, *sys.argv]


def _over_nodes(nodes: int, processes: int) -> list[str]:
    """Write the command that starts torchrun once on each node of the job that runs this script."""
    job = os.environ.get("SLURM_JOB_ID")
    if job is None or shutil.which("srun") is None:
        raise InputError(
            f"{NODES}: several nodes are those of a job of Slurm, and this is none; "
            "run `snakemake --workflow-profile profiles/slurm`, or unset it"
        )
    # salloc starts a command where it was called itself; the others would wait for a node that is not theirs.
    if "SLURMD_NODENAME" not in os.environ:
        raise InputError(
            f"{NODES}: this machine is none of the nodes of Slurm's job {job}; use sbatch in place of salloc"
        )
    # PyTorch takes seconds to import; a training on one machine has not done so yet.
    from torch.distributed.elastic.utils.distributed import get_free_port

    # Every torchrun looks for the others at the node that runs this script, which is one of them.
    meeting = [
        *("--nnodes", str(nodes)),
        *("--rdzv-backend", "c10d"),
        *("--rdzv-endpoint", f"{socket.gethostname()}:{get_free_port()}"),
        *("--rdzv-id", job),
    ]
    # One that fails ends the others, and each may use all processors that the job has on its node.
    step = ["srun", f"--nodes={nodes}", f"--ntasks={nodes}", "--kill-on-bad-exit=1", "--cpu-bind=none"]
    return [*step, *_torchrun(processes, *meeting)]
