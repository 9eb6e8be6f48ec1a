"""The parameters as Snakemake's rules need them, checked before anything runs."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ferflow.errors import InputError
from ferflow.ingest.audit_file import read_audit
from ferflow.ingest.tree import walk
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
    source = params.data.path
    if not params.on_sample and not Path(source).exists():  # Snakemake would go on with the faces of before
        raise InputError(
            f"params.yaml: data.path: there is no {source}; name a CSV file, an archive or a folder"
        )
    _check_against_audit(params)
    return params


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
        If the system does not let us look into one of the folders.
    """
    top = Path(path)
    if not top.is_dir():
        return ""
    digest = hashlib.blake2b(digest_size=8)
    for name in walk(top):
        try:
            status = (top / name).stat()
        except OSError:  # a link to nothing: ingest says so
            status = (top / name).lstat()
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
