"""Snakemake's lock of the folder: whose it is, and whether its owner still lives.

Snakemake locks the folder it works in, and does not say for whom. After a SIGKILL or a power cut the lock
stays, and every further run stops at it. So the rules note the owner, and a dead one's lock is removed; a
live one's never is, nor one of another machine.
"""

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from ferflow.errors import InputError
from ferflow.files import read_json, write_json

LOCKS = Path(".snakemake/locks")
_OWNER = Path(".snakemake/ferflow-owner.json")
_DYING = 5.0  # seconds that a process may take to go after it was killed: it waits for the disk

T = TypeVar("T")


def note_owner() -> None:
    """Note that this process is about to lock the folder; called by the rules before a run begins."""
    if is_locked():  # by another, whose name must stay
        return
    process = psutil.Process()
    write_json(_OWNER, {"host": platform.node(), "pid": process.pid, "started": process.create_time()})


def is_locked() -> bool:
    """Tell whether the folder is locked, by whomever."""
    return LOCKS.is_dir() and any(LOCKS.iterdir())


def release_dead_lock() -> bool:
    """Remove the lock of a Snakemake that was killed; tell whether there was one.

    Raises
    ------
    InputError
        If the owner lives, or may live: on another machine, or unknown.
    """
    if not is_locked():
        return False
    if working := lasting(_snakemake_here):
        raise InputError(f"Snakemake is running here, as process {working}; wait for it")
    owner = read_json(_OWNER) if _OWNER.is_file() else {}
    if not isinstance(owner, dict) or owner.get("host") != platform.node():
        where = f"on {owner['host']}" if isinstance(owner, dict) and owner.get("host") else "somewhere"
        raise InputError(
            f"Snakemake may be running {where}, which cannot be seen from here; if it is not, run "
            "`snakemake --unlock`"
        )
    if lasting(lambda: _is_alive(owner)):
        raise InputError(f"Snakemake is running here, as process {owner['pid']}; wait for it")
    for lock in LOCKS.iterdir():
        lock.unlink(missing_ok=True)  # another `ferflow sync` may be at it too
    return True


def lasting(find: Callable[[], T]) -> T:
    """Ask until there is nothing to find, at most as long as a killed process may take to go."""
    end = time.monotonic() + _DYING
    while (found := find()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _snakemake_here() -> int | None:
    """Find the number of a Snakemake at work in this folder."""
    owners = working_here("snakemake")
    return next((owner.pid for owner in owners if "--unlock" not in owner.info["cmdline"]), None)


def working_here(program: str) -> Iterator[psutil.Process]:
    """Find the living processes of a program in this folder; ``info["cmdline"]`` of each is known."""
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        if is_program(process.info["cmdline"] or [], program) and process.info["cwd"] == str(Path.cwd()):
            yield process


def is_program(words: Sequence[str], program: str) -> bool:
    """Tell whether a command line starts a program, perhaps by way of Python; a zombie has no words."""
    return any(Path(word).name in (program, f"{program}.exe") for word in words[:4])


def _is_alive(owner: dict[str, object]) -> bool:
    try:
        process = psutil.Process(int(str(owner["pid"])))
        same = abs(process.create_time() - float(str(owner.get("started", 0)))) < 2
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, KeyError, ValueError, OverflowError):
        return False
