"""The files of a folder tree, by name alone: Snakemake asks for them each time, before it does anything."""

import os
from pathlib import Path
from typing import NoReturn

from ferflow.errors import InputError, shown


def walk(path: Path) -> list[str]:
    """List all files below a folder; folders may be links, and each is looked into once, so that loops end.

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
    for folder, subfolders, names in os.walk(path, followlinks=True, onerror=refuse):
        subfolders.sort()  # else the system's order decides by which of two links a folder is known
        real = os.path.realpath(folder)
        if real in real_paths:
            subfolders.clear()
            continue
        real_paths.add(real)
        inner = Path(folder).relative_to(path)
        files += [(inner / name).as_posix() for name in names]
    return sorted(files)


def refuse(error: OSError) -> NoReturn:
    """Raise InputError of what cannot be looked into, whose faces would be missed without a word."""
    name = shown(str(error.filename))
    raise InputError(
        f"{name}: cannot be read ({error.strerror}); let yourself read it, or take it out"
    ) from error
