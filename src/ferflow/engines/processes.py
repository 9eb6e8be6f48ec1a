"""One training in several processes, started by torchrun inside the job that an engine runs.

A training that somebody starts with torchrun by hand is in no engine's books: Snakemake takes its files, but
does not train again when ``params.yaml`` changes, and DVC trains again at once.
"""

import os
import sys

from ferflow.errors import InputError, shown

#: How many processes train a network together, on one machine.
PROCESSES = "FERFLOW_PROCESSES"


def count_processes() -> int:
    """Read how many processes are to train a network together.

    Returns
    -------
    int
        One, unless ``FERFLOW_PROCESSES`` says otherwise.

    Raises
    ------
    InputError
        If it says no number.
    """
    count = os.environ.get(PROCESSES, "1")
    if not (count.isascii() and count.isdecimal() and int(count)):
        raise InputError(f"{PROCESSES}: must be a number of processes, such as 4, found '{shown(count)}'")
    return int(count)


def start_processes() -> None:
    """Go on as torchrun, with as many processes of this script as :func:`count_processes` says.

    Returns where that is one, or where torchrun has started this process.
    """
    count = count_processes()
    if count == 1 or "LOCAL_RANK" in os.environ:
        return
    # "standalone" looks for a port that is free, so that two trainings can run on one machine.
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *torchrun, *sys.argv])
