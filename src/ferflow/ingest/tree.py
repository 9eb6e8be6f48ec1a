"""The files of a folder tree, by name alone: Snakemake asks for them each time, before it does anything."""

import os
from pathlib import Path

from ferflow.errors import InputError, shown


def walk(path: Path) -> list[str]:
    """List all files below a folder; folders may be links, loops end.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    list of str
        Paths relative to it, sorted.

    Raises
    ------
    InputError
        If the system does not let us look into one of the folders.
    """
    files: list[str] = []
    real_paths: set[str] = set()
    for folder, subfolders, names in os.walk(path, followlinks=True, onerror=_refuse):
        real = os.path.realpath(folder)
        if real in real_paths:
            subfolders.clear()
            continue
        real_paths.add(real)
        inner = Path(folder).relative_to(path)
        files += [(inner / name).as_posix() for name in names]
    return sorted(files)


def _refuse(error: OSError) -> None:
    """Say that a folder cannot be looked into, whose faces would be missed without a word."""
    folder = shown(str(error.filename))
    raise InputError(
        f"{folder}: cannot be read ({error.strerror}); let yourself read it, or take it out"
    ) from error
