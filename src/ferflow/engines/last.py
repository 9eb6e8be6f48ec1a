"""Which engine ran last, so that the other one can say that it does not know what was made."""

import os
import sys
from pathlib import Path

from ferflow import paths
from ferflow.files import write_text

_NAMES = {"dvc": "DVC", "snakemake": "Snakemake"}
_MARK = paths.STATE / "engine"
_SNAKEMAKE_BOOKS = Path(".snakemake/metadata")


def current_engine() -> str | None:
    """Name what runs this process.

    Returns
    -------
    {"dvc", "snakemake"} or None
        DVC says so itself, Snakemake in workflow/rules/common.smk; None for neither.
    """
    return "dvc" if "DVC_STAGE" in os.environ else os.environ.get("FERFLOW_ENGINE")


def note_engine() -> None:
    """Keep in mind which engine runs this stage; say so if the other one ran last."""
    engine = current_engine()
    if engine is not None:
        say_whose_turn_it_was(engine)
        write_text(_MARK, engine)


def forget_engine() -> None:
    """Forget which engine ran last: each knows what the other has made."""
    _MARK.unlink(missing_ok=True)


def say_whose_turn_it_was(engine: str) -> None:
    """Print one line if the other engine ran last and nothing was handed over since.

    Parameters
    ----------
    engine : {"dvc", "snakemake"}
        The one that runs now.
    """
    last = _MARK.read_text(encoding="utf-8", errors="replace").strip() if _MARK.is_file() else engine
    if last != engine and last in _NAMES:
        _say(last, engine)


def greet_snakemake() -> None:
    """Print one line, as Snakemake starts, if DVC ran last or pulled results into a fresh clone."""
    if paths.FACES.is_file() and not _SNAKEMAKE_BOOKS.is_dir():
        _say("dvc", "snakemake")
    else:
        say_whose_turn_it_was("snakemake")


def _say(last: str, engine: str) -> None:
    print(
        f"note: {_NAMES[last]} ran last, and {_NAMES[engine]} does not know what it made; stop (Ctrl-C) "
        "and run `ferflow sync`, so that nothing is made twice",
        file=sys.stderr,
        flush=True,
    )
