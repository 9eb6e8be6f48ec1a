"""Faces from a folder tree."""

import os
from pathlib import Path

from ferflow.errors import InputError
from ferflow.ingest.collection import Collected, Progress, silent
from ferflow.ingest.images import BadImageError, collect_images
from ferflow.ingest.layout import IMAGE_SUFFIXES, find_table, is_image, place
from ferflow.ingest.table import read_table_file


def read_folder(path: Path, size: int, progress: Progress = silent) -> Collected:
    """Read ``<usage>/<class>/*`` or ``<class>/*``, or the challenge's CSV where there are no images.

    Raises
    ------
    InputError
        If the folder holds neither, or an image stands outside the layout (see
        :func:`ferflow.ingest.layout.place`).
    """
    files = walk(path)
    images = [name for name in files if is_image(name)]
    if images:
        placed = place(path.name, images)
        return collect_images(
            placed, lambda name: file_content(path / name), size, len(files) - len(images), progress
        )
    table = find_table(path.name, files)
    if table is None:
        raise InputError(f"{path}: no image ({', '.join(IMAGE_SUFFIXES)}) and no CSV in this folder")
    return read_table_file(path / table, size, progress)


def file_content(file: Path) -> bytes:
    """Read one file; raise BadImageError if the system does not let us."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadImageError(f"cannot be read ({error.strerror})") from error


def walk(path: Path) -> list[str]:
    """List all files below ``path``, as sorted relative paths; folders may be links, loops end."""
    files: list[str] = []
    seen: set[str] = set()
    for folder, subfolders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        inner = Path(folder).relative_to(path)
        files += [(inner / name).as_posix() for name in names]
    return sorted(files)
