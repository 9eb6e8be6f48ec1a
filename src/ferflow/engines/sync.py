"""The hand-over from one engine to the other.

Both run the same commands over the same files. Each keeps its own books, though: after a run under one, the
other does not know that nothing is left to do. To say so by hand (``dvc commit -f``, ``snakemake --touch``)
blesses whatever stands there, stale files too. The two hand-overs here first make sure that the books they
copy from are in order.
"""

import os
import subprocess
import sys
from pathlib import Path

from ferflow.errors import InputError


def to_dvc() -> None:
    """Tell DVC that what Snakemake made is up to date.

    Raises
    ------
    InputError
        If Snakemake itself says that something is left to do, or does not know how a file was made.
    """
    plan = _run("snakemake", "-n", "all")
    said = plan.stdout + plan.stderr
    if plan.returncode or "Nothing to be done" not in said:
        raise InputError("Snakemake has work left to do, so DVC is told nothing; run `snakemake -j2` first")
    if "provenance/metadata" in said:
        raise InputError(
            "Snakemake does not know how some files were made, so DVC is told nothing; "
            "run `snakemake -j2 --forceall` first"
        )
    # DVC lays some files anew from its cache; with other times on them, Snakemake would make them again.
    times = {file: file.stat().st_mtime_ns for top in ("data", "results") for file in Path(top).rglob("*")}
    _must("dvc", "commit", "--force")
    for file, time in times.items():
        os.utime(file, ns=(time, time))


def to_snakemake() -> None:
    """Tell Snakemake that what DVC made, or fetched with ``dvc pull``, is up to date.

    Raises
    ------
    InputError
        If DVC itself says that something is changed.
    """
    if _run("dvc", "status", "--quiet").returncode:
        raise InputError(
            "DVC finds changes, so Snakemake is told nothing; run `dvc repro` (or `dvc pull`) first"
        )
    _must("snakemake", "--touch", "--forceall", "-j1", "all")


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment that this Python belongs to."""
    binary = Path(sys.executable).with_name(tool)
    return subprocess.run(
        [str(binary) if binary.is_file() else tool, *arguments], capture_output=True, text=True, check=False
    )


def _must(tool: str, *arguments: str) -> None:
    done = _run(tool, *arguments)
    if done.returncode:
        raise InputError(f"{tool} {arguments[0]} failed: {(done.stderr or done.stdout).strip()[-400:]}")
