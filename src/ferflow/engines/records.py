"""Records of what a stage wrote, by the hash of its content, so that no artifact is believed unread.

A record stands in ``results/records/`` and is an output of its stage like any other: it travels with the
artifacts into DVC's cache and back. It holds nothing but hashes, so that a stage which writes the same again
gives no other stage a reason to run.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ferflow import paths
from ferflow.engines.stages import EVIDENCE, jobs
from ferflow.errors import InputError
from ferflow.files import read_json, write_json
from ferflow.params import Params

_NOT_CONTENT = {".snakemake_timestamp"}  # Snakemake's mark in a folder that it made


def content_hash(path: Path | str) -> str:
    """Hash a file, or the names and contents of all files of a folder (SHA-256).

    Parameters
    ----------
    path : Path or str
        File or folder.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    path = Path(path)
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")):
        if part.is_file() and part.name not in _NOT_CONTENT:
            digest.update(f"{part.relative_to(path).as_posix()}\n{content_hash(part)}\n".encode())
    return digest.hexdigest()


def write_record(record: Path, artifacts: Iterable[Path], sources: Mapping[str, str] | None = None) -> None:
    """Write down what the artifacts of a stage hold at its end.

    Parameters
    ----------
    record : Path
        The file to write.
    artifacts : iterable of Path
        What the stage wrote.
    sources : mapping of str, optional
        Hashes of what it read, by path, where readers of the record need to know of these too.
    """
    hashes = {path.as_posix(): content_hash(path) for path in artifacts}
    write_json(record, {**(sources or {}), **hashes})


def check_artifacts(record: Path, artifacts: Iterable[Path], stage: str) -> dict[str, str]:
    """Make sure that artifacts hold what the stage that made them wrote.

    Parameters
    ----------
    record : Path
        What :func:`write_record` wrote.
    artifacts : iterable of Path
        Those to check.
    stage : str
        The stage that made them, for messages.

    Returns
    -------
    dict of str
        The hash of each, by path.

    Raises
    ------
    InputError
        If the record or an artifact is missing, or an artifact holds anything else.
    """
    again = "run `snakemake -j2` or `dvc repro`"
    if not record.is_file():
        raise InputError(f"{record}: no such file, so that nothing vouches for the {stage} stage; {again}")
    hashes = read_json(record)
    if not (isinstance(hashes, dict) and all(isinstance(digest, str) for digest in hashes.values())):
        raise InputError(f"{record}: no record of the {stage} stage; remove it, then {again}")
    result = {}
    for path in artifacts:
        if not path.exists():
            raise InputError(f"{path}: no such file; {again} to have the {stage} stage make it")
        result[path.as_posix()] = content_hash(path)
        if hashes.get(path.as_posix()) != result[path.as_posix()]:
            remove = f"rm -r {path}" if path.is_dir() else f"rm {path}"
            raise InputError(
                f"{path}: not what the {stage} stage wrote: damaged or edited since; `{remove}`, then "
                f"{again} to make it again"
            )
    return result


def forget_the_rest(settings: Params) -> bool:
    """Remove the records of evaluations and studies that the parameters do not name any more.

    Under DVC the report depends on the folder of these records: what is left over of other seeds would make
    it differ from the same report in a fresh clone. The results themselves stay.

    Parameters
    ----------
    settings : Params

    Returns
    -------
    bool
        Whether there were any.
    """
    evidence = {job.record for job in jobs(settings) if job.stage in EVIDENCE}
    rest = set(paths.EVIDENCE.glob("*.json")) - evidence
    for record in rest:
        record.unlink(missing_ok=True)
    return bool(rest)
