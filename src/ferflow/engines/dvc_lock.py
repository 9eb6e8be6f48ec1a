"""DVC's notes of who reads and writes what in this folder, once their owners are dead.

DVC forgets processes that are gone, but not one that was killed and that nobody has waited for yet (a zombie,
which a container may keep for ever), nor one whose number another program has now; and a kill while it writes
the notes leaves half of them, which it refuses from then on.
"""

import json
from pathlib import Path

import psutil

from ferflow.engines.lock import is_program, lasting, working_here

NOTES = Path(".dvc/tmp/rwlock")


def release_dead_notes() -> bool:
    """Remove the notes if none of their owners lives; tell whether there were any.

    A DVC that lives in this folder is never disturbed.
    """
    if not NOTES.is_file() or lasting(lambda: any(working_here("dvc"))):
        return False
    try:
        owners = _owners(json.loads(NOTES.read_text(encoding="utf-8")))
    except (ValueError, AttributeError, KeyError, TypeError):  # half written
        owners = {-1}
    if not owners or any(_is_dvc(owner) for owner in owners if owner > 0):
        return False
    NOTES.unlink()
    return True


def _owners(notes: dict[str, dict[str, object]]) -> set[int]:
    """List the processes that the notes name: ``{"write": {path: info}, "read": {path: [info, ...]}}``."""
    infos = [*notes.get("write", {}).values()]
    for several in notes.get("read", {}).values():
        infos += several if isinstance(several, list) else [several]
    return {int(info["pid"]) for info in infos if isinstance(info, dict) and info}


def _is_dvc(pid: int) -> bool:
    try:
        return is_program(psutil.Process(pid).cmdline(), "dvc")
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
