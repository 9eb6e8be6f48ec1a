"""The hand-over from one engine to the other.

Both run the same commands over the same files. Each keeps its own books, though: after a run under one, the
other does not know that nothing is left to do. To say so by hand (``dvc commit -f``, ``snakemake --touch``)
accepts whatever is there, stale files too. Here the engine that is copied from has to say that all is done,
and every artifact has to hold what its stage wrote.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ferflow import params, paths
from ferflow.engines.last import forget_engine
from ferflow.engines.lookup import write_lookups
from ferflow.engines.records import check_artifacts, forget_the_rest
from ferflow.engines.stages import jobs
from ferflow.errors import InputError, some
from ferflow.params import Params

_ONLY_THE_REPORT = "report changed"
_UNKNOWN = "provenance/metadata"  # what Snakemake's warning says of files of which it has no books


@dataclass(frozen=True)
class Books:
    """What an engine says of the work: empty where all of it is done, else what is left, in a few words."""

    rest: str

    @property
    def in_order(self) -> bool:
        """Whether nothing is left to do."""
        return not self.rest


class NoRepositoryError(InputError):
    """DVC was asked where there is no git repository."""


def nothing_made() -> bool:
    """Tell whether no engine has made anything here yet."""
    return not paths.RECORDS.is_dir()


def sync() -> str:
    """Tell the engine that does not know it what the other one has made.

    Returns
    -------
    str
        What was done, in a line.

    Raises
    ------
    InputError
        If an artifact is missing or not what its stage wrote, or neither engine says that all is done.
    """
    settings = params.load()
    for job in jobs(settings):
        check_artifacts(job.record, job.artifacts(), job.stage)
    try:
        snakemake, dvc = both_books()
    except NoRepositoryError:
        if not snakemake_books().in_order:
            raise
        return (
            "DVC was not told what Snakemake made: it works in a git repository only (`git init` makes one)"
        )
    # `dvc pull` leaves the records of what a colleague has taken out of `run`.
    if dvc.rest == _ONLY_THE_REPORT and forget_the_rest(settings):
        dvc = dvc_books()
    if snakemake.in_order and dvc.in_order:
        forget_engine()
        return "both engines know that nothing is left to do"
    if snakemake.in_order:
        _to_dvc(settings)
        return (
            "DVC now knows what Snakemake made: dvc.lock names it (commit it and params.yaml with git), the "
            "cache holds it"
        )
    if dvc.in_order:
        _to_snakemake()
        return "Snakemake now knows what DVC made"
    raise InputError(
        f"neither engine says that all is done (Snakemake: {snakemake.rest}; DVC: {dvc.rest}); "
        "run `snakemake -j2` or `dvc repro` first"
    )


def sync_if_possible() -> str:
    """Do what :func:`sync` does where it can be done.

    Returns
    -------
    str
        What was done, or nothing.
    """
    try:
        return sync()
    except (InputError, OSError):
        return ""


def snakemake_books() -> Books:
    """Ask Snakemake what is left to do.

    Returns
    -------
    Books

    Raises
    ------
    InputError
        If Snakemake fails.
    """
    plan = _snakemake_plan()
    if _UNKNOWN in plan:
        return Books("it does not know how some files were made")
    if "Nothing to be done" in plan:
        return Books("")
    total = re.search(r"^total +(\d+)", plan, flags=re.MULTILINE)
    return Books(f"{total[1]} jobs" if total else "jobs")


def dvc_books() -> Books:
    """Ask DVC what differs from dvc.lock.

    Returns
    -------
    Books

    Raises
    ------
    InputError
        If DVC fails: a NoRepositoryError where there is no git repository.
    """
    status = _run("dvc", "status", "--json")
    try:
        changes = json.loads(status.stdout)
    except ValueError:
        said = _reason_in(status.stderr or status.stdout)
        fault = NoRepositoryError if said.endswith("is not a git repository") else InputError
        raise fault(f"dvc status failed: {said}") from None
    return Books(f"{some(list(changes))} changed" if changes else "")


def both_books() -> tuple[Books, Books]:
    """Ask Snakemake and DVC at once, each by a process of its own.

    Returns
    -------
    tuple of Books
        Snakemake's, DVC's.

    Raises
    ------
    InputError
        If one of them fails.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        snakemake, dvc = pool.submit(snakemake_books), pool.submit(dvc_books)
        return snakemake.result(), dvc.result()


def outdated_trainings(settings: Params) -> list[tuple[str, int]]:
    """List the trainings whose evaluation is there, but is not known to be what would be made now.

    Parameters
    ----------
    settings : Params

    Returns
    -------
    list of (experiment, seed)
        Those that Snakemake would evaluate again, all if it does not know how files were made; none where DVC
        says that all is done.

    Raises
    ------
    InputError
        If Snakemake or DVC fails.
    """
    plan = _snakemake_plan()
    again = set(re.findall(r"^ *Job \d+: evaluate (\S+), seed (\d+)$", plan, flags=re.MULTILINE))
    outdated = [
        (job.experiment, job.seed)
        for job in jobs(settings)
        if job.stage == "evaluate"
        and paths.evaluation(job.experiment, job.seed).is_file()
        and (_UNKNOWN in plan or (job.experiment, str(job.seed)) in again)
    ]
    return outdated if outdated and not dvc_books().in_order else []


def _to_dvc(settings: Params) -> None:
    write_lookups(settings)
    with _same_times():
        _must("dvc", "commit", "--force")  # which would be quiet about its errors too
    snakemake, dvc = both_books()
    _expect(dvc, "DVC")
    _expect(snakemake, "Snakemake")
    forget_engine()


def _to_snakemake() -> None:
    _must("snakemake", "--touch", "--forceall", "--cores", "1", "--quiet", "all")
    _expect(snakemake_books(), "Snakemake")
    forget_engine()


@contextmanager
def _same_times() -> Iterator[None]:
    """Give files their times back: DVC lays some anew from its cache, and Snakemake would make them again."""
    made = [paths.SAMPLE, *paths.RESULTS.rglob("*")]  # what else is in data/ may be another's
    times = {file: file.lstat().st_mtime_ns for file in made if os.path.lexists(file)}
    try:
        yield
    finally:
        for file, time in times.items():
            if os.path.lexists(file) and file.lstat().st_mtime_ns != time:
                os.utime(file, ns=(time, time), follow_symlinks=False)


def _expect(books: Books, name: str) -> None:
    if not books.in_order:
        raise InputError(f"after the hand-over {name} still finds work to do ({books.rest})")


def _snakemake_plan() -> str:
    plan = _run("snakemake", "-n", "--quiet", "host", "all")
    output = plan.stdout + plan.stderr
    if plan.returncode:
        raise InputError(f"snakemake -n failed: {_reason_in(output)}")
    return output


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of the environment that this Python belongs to."""
    binary = Path(sys.executable).with_name(tool)
    return subprocess.run(
        [str(binary) if binary.is_file() else tool, *arguments], capture_output=True, text=True, check=False
    )


def _must(tool: str, *arguments: str) -> None:
    done = _run(tool, *arguments)
    if done.returncode:
        raise InputError(f"{tool} {arguments[0]} failed: {_reason_in(done.stderr or done.stdout)}")


def _reason_in(text: str) -> str:
    """Find why a tool failed: in the last line that says so, else in the last that is not indented.

    DVC ends with an address for help, Snakemake with the calls that led to an exception of a rule's file.
    """
    lines = text.strip().splitlines()
    told = [line for line in lines if line.startswith(("ERROR: ", "error: "))]
    outer = [line for line in lines if line and not line[0].isspace()]
    line = [*outer, *told][-1] if lines else "it said nothing"
    return line.removeprefix("ERROR: ").removeprefix("error: ")
