"""Slurm's accounting: slurmdbd over MariaDB, and an account that jobs are charged to."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.cluster import mariadb
from tests.cluster.daemons import answers, daemon, missing, wait_until
from tests.ports import free_port

PROGRAMS = ("slurmdbd", "sacct", "sacctmgr", *mariadb.PROGRAMS)
ACCOUNT = "team"

DATABASE = """
AuthType=auth/munge
AuthInfo=socket={munge}
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={port}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={storage}
StorageUser=root
StorageLoc=slurm
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
"""

#: What slurm.conf says for it. Enforced: whoever has no account may not submit.
CONFIGURATION = """
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={port}
AccountingStoragePass={munge}
AccountingStorageEnforce=associations
"""


def why_not() -> str:
    """Say why there is no accounting here; empty if there can be."""
    lacking = missing(*PROGRAMS)
    return f"no {', '.join(lacking)} here: apt-get install slurmdbd mariadb-server" if lacking else ""


@contextlib.contextmanager
def accounting(folder: Path, munge: Path) -> Iterator[str]:
    """Start slurmdbd in a new folder, give the lines of slurm.conf that name it, and end it."""
    folder.mkdir()
    port = free_port()
    with mariadb.database(folder / "mariadb") as storage:
        configuration = folder / "slurmdbd.conf"
        configuration.touch(0o600)  # slurmdbd insists
        configuration.write_text(DATABASE.format(folder=folder, munge=munge, port=port, storage=storage))
        # It looks for its own file beside the one that this names, which need not be there.
        variables = {"SLURM_CONF": str(folder / "slurm.conf")}
        with daemon(["slurmdbd", "-D"], folder / "slurmdbd.out", variables):
            yield CONFIGURATION.format(munge=munge, port=port)


def open_account(cluster: str) -> None:
    """Give root an account, and no other, before the cluster's controller starts, which wants to find one."""
    wait_until(lambda: answers("sacctmgr", "show", "cluster"), "slurmdbd")
    for words in (
        ["add", "cluster", cluster],
        ["add", "account", ACCOUNT, f"cluster={cluster}"],
        ["add", "user", "root", f"account={ACCOUNT}", f"defaultaccount={ACCOUNT}"],
        ["delete", "user", "root", "account=root"],  # comes with the cluster
    ):
        _manage(*words)


def close_account() -> None:
    """Take root's account away."""
    _manage("delete", "user", "root")


def _manage(*words: str) -> None:
    subprocess.run(["sacctmgr", "--immediate", *words], check=True, capture_output=True)


def jobs() -> dict[str, tuple[str, str]]:
    """Tell of each job in the books which account it was charged to and how it ended."""
    words = ["sacct", "--noheader", "--allocations", "--parsable2", "--format=JobIdRaw,Account,State"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    rows = [line.split("|") for line in done.stdout.splitlines()]
    return {job: (account, state) for job, account, state in rows}
