"""The parameters as Snakemake's rules need them, checked before anything runs."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferflow.errors import InputError, reason_of, shown
from ferflow.ingest.audit_file import read_audit
from ferflow.ingest.tree import refuse, walk
from ferflow.params import Params, load
from ferflow.params.against_data import check_classes


def snakemake_parameters(config: Mapping[str, Any]) -> Params:
    """Read ``params.yaml`` for Snakemake's rules.

    Parameters
    ----------
    config : mapping
        Snakemake's own.

    Returns
    -------
    Params

    Raises
    ------
    InputError
        If the file is not valid, the data that it names are not there or lack a class that an experiment
        wants, or Snakemake was given a ``config`` of its own: that would change when a rule runs, but not
        what its script reads.
    """
    if config:
        raise InputError(
            f"--config and --configfile are not used here (found: {', '.join(config)}); edit params.yaml, or "
            "set values there with `ferflow set budget=full 'run=[cnn]'`"
        )
    params = load()
    if not params.on_sample:
        _check_source(params.data.path)  # Snakemake would go on with the faces of before
    _check_against_audit(params)
    return params


def _check_source(source: str) -> None:
    advice = "name a CSV file, an archive or a folder"
    try:
        Path(source).stat()
    except FileNotFoundError:
        raise InputError(f"params.yaml: data.path: there is no {source}; {advice}") from None
    except (OSError, ValueError) as error:  # too long a name, a locked folder, a character that no name has
        raise InputError(
            f"params.yaml: data.path: {shown(source)} cannot be read ({reason_of(error)}); {advice}"
        ) from error


def _check_against_audit(params: Params) -> None:
    """Check the classes against the audit, if ingest has written one of these data and it is whole."""
    try:
        audit = read_audit()
    except InputError:  # of another version, or damaged: ingest runs again, or the report says so
        return
    if audit["source"] == Path(params.data.path).name:  # else these are the faces of before
        check_classes(params, audit["classes"])


def listing(path: Path | str) -> str:
    """Hash the names, sizes and times in a folder of faces.

    Snakemake looks at the time of a folder only, which tells nothing of the files further down.

    Parameters
    ----------
    path : Path or str
        The folder, or a file.

    Returns
    -------
    str
        Empty for a file.

    Raises
    ------
    InputError
        If the system does not let us look into one of the folders, or at one of the files.
    """
    top = Path(path)
    if not top.is_dir():
        return ""
    digest = hashlib.blake2b(digest_size=8)
    for name in walk(top):
        try:
            status = _status(top / name)
        except OSError as error:
            refuse(error)
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError:  # a link to nothing: ingest says so
        return path.lstat()
