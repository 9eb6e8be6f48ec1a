"""What a DVC that was killed leaves behind, and refuses from then on.

Its notes of who reads and writes what in this folder: DVC forgets processes that are gone, but not one that
was killed and that nobody has waited for yet (a zombie, which a container may keep for ever), nor one whose
number another program has now; and a kill while it writes the notes leaves half of them. So does one while it
writes dvc.lock, which it does after every stage, over the last one.
"""

import json
import re
from pathlib import Path
from typing import Any

import psutil
import yaml

from ferflow.engines.lock import is_program, lasting, working_here
from ferflow.files import write_text

NOTES = Path(".dvc/tmp/rwlock")
LOCK = Path("dvc.lock")
_STAGE = re.compile(r"^  \S.*:\n", flags=re.MULTILINE)


def release_dead_notes() -> bool:
    """Remove the notes if none of their owners lives; tell whether there were any.

    A DVC that lives in this folder is never disturbed.
    """
    if not NOTES.is_file() or lasting(lambda: any(working_here("dvc"))):
        return False
    try:
        owners = _owners(json.loads(NOTES.read_text(encoding="utf-8")))
    except (ValueError, AttributeError, KeyError, TypeError):  # half written, or no notes that DVC would read
        owners = {-1}
    if not owners or any(_is_dvc(owner) for owner in owners if owner > 0):
        return False
    NOTES.unlink(missing_ok=True)
    return True


def _owners(notes: dict[str, dict[str, Any]]) -> set[int]:
    """List the processes that the notes name: ``{"write": {path: info}, "read": {path: [info, ...]}}``."""
    infos = [*notes.get("write", {}).values()]
    for several in notes.get("read", {}).values():
        infos += several if isinstance(several, list) else [several]
    return {int(info["pid"]) for info in infos}


def _is_dvc(pid: int) -> bool:
    try:
        return is_program(psutil.Process(pid).cmdline(), "dvc")
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def mend_lock() -> bool:
    """Cut a dvc.lock that was not written to its end after the last stage that is whole; tell whether it was.

    Stages that are lost with it DVC finds again in its cache of runs, or makes again. A DVC that lives in
    this folder is never disturbed.
    """
    if _whole_part() is None or lasting(lambda: any(working_here("dvc"))):
        return False
    kept = _whole_part()  # a DVC that has gone since may have written it to its end
    if kept is None:
        return False
    if kept:
        write_text(LOCK, kept)
    else:
        LOCK.unlink()
    return True


def _whole_part() -> str | None:
    """Take what is whole of a dvc.lock that was not written to its end; None if there is nothing to mend."""
    if not LOCK.is_file():
        return None
    text = LOCK.read_text(encoding="utf-8", errors="replace")
    starts = [match.start() for match in _STAGE.finditer(text)]
    # A merge is for its owner to settle.
    if "<<<<<<< " in text or (starts and _is_stage(text[starts[-1] :])):
        return None
    return text[: starts[-1]] if len(starts) > 1 else ""


def _is_stage(text: str) -> bool:
    """Tell whether DVC would read this: a command, and with each file a kind of hash and the hash."""
    try:
        ((_, stage),) = yaml.load(text, Loader=yaml.CSafeLoader).items()
        files = [*stage.get("deps", []), *stage.get("outs", [])]
        has_all = all(len(file) > 2 for file in files) and all(stage.get("params", {}).values())
        return text.endswith("\n") and "cmd" in stage and has_all
    except (yaml.YAMLError, AttributeError, TypeError, ValueError):
        return False
