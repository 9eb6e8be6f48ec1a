"""Measured times, kept outside ``results/``: they differ from run to run, and results must not.

They are filed under the digest of the model that was measured, so that no training is shown another's times,
whatever is checked out or applied in between; in the project itself, where DVC runs a temporary copy of it.
"""

import hashlib
from pathlib import Path
from typing import Any

from ferflow import paths
from ferflow.errors import InputError
from ferflow.files import read_json, write_json

_DIGITS = 16  # of the digest: 64 bits, far more than there will be models


def timings_path(model: Path) -> Path:
    """Tell where the times of a model are kept, by the SHA-256 of its file.

    Parameters
    ----------
    model : Path
        Its ``model.safetensors``.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the model is missing.
    """
    if not model.is_file():
        raise InputError(f"{model}: no such file; run the train stage of its experiment first")
    with model.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return paths.home() / paths.TIMINGS / f"{digest[:_DIGITS]}.json"


def record_timings(model: Path, **figures: Any) -> None:
    """Add measured figures to those of a model.

    Parameters
    ----------
    model : Path
        Its ``model.safetensors``.
    **figures : float, int, str or dict
        Seconds, milliseconds, threads, and where they come from.

    Raises
    ------
    InputError
        If the model is missing.
    """
    path = timings_path(model)
    write_json(path, _read(path) | figures)


def read_timings(model: Path) -> dict[str, Any]:
    """Read the times of a model.

    Parameters
    ----------
    model : Path
        Its ``model.safetensors``.

    Returns
    -------
    dict
        Empty where there is no model, or none that was timed on this machine.
    """
    return _read(timings_path(model)) if model.is_file() else {}


def _read(path: Path) -> dict[str, Any]:
    content = read_json(path) if path.exists() else {}
    if not isinstance(content, dict):
        raise InputError(f"{path}: no times of a model; remove it")
    return content
