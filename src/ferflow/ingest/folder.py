"""Faces from a folder tree."""

import stat
from pathlib import Path

from ferflow.errors import InputError, reason_of
from ferflow.ingest.collection import Progress, RawFaces, silent
from ferflow.ingest.images import MAX_IMAGE_BYTES, BadImageError, collect_images
from ferflow.ingest.layout import IMAGE_SUFFIXES, UNSAID, Layout, find_table, is_image, nameable, place
from ferflow.ingest.table import read_table_file
from ferflow.ingest.tree import walk


def read_folder(path: Path, size: int, progress: Progress = silent, layout: Layout = UNSAID) -> RawFaces:
    """Read ``<usage>/<class>/*`` or ``<class>/*``, or the challenge's CSV where there are no images.

    Parameters
    ----------
    path : Path
        The folder.
    size : int
        Side of the resulting faces in pixels.
    progress : callable, optional
        Called with the work done and to do (bytes of a table, images otherwise).
    layout : Layout, optional
        What the folders are, and which of them, or which column of the table, names the person.

    Returns
    -------
    RawFaces

    Raises
    ------
    InputError
        If the folder holds neither, or an image stands outside the layout (see
        :func:`ferflow.ingest.layout.place`).
    """
    files = walk(path)
    images = [name for name in files if is_image(name)]
    if images:
        good, bad = nameable(images)
        return collect_images(
            place(path.name, good, layout),
            lambda name: regular_content(path / name),
            size,
            len(files) - len(images),
            progress,
            bad,
        )
    table = find_table(path.name, files, packed=True)
    if table is None:
        raise InputError(f"{path}: no image ({', '.join(IMAGE_SUFFIXES)}) and no CSV in this folder")
    return read_table_file(path / table, size, progress, layout)


def file_content(file: Path) -> bytes:
    """Read one file.

    Parameters
    ----------
    file : Path
        Its path.

    Returns
    -------
    bytes

    Raises
    ------
    BadImageError
        If the system does not let us.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadImageError(f"cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL or a lone surrogate stands in its name
        raise BadImageError(f"cannot be read ({reason_of(error)})") from error


def regular_content(file: Path) -> bytes:
    """Read one file of a folder, as :func:`file_content`, but no pipe or device: these may never end.

    Parameters
    ----------
    file : Path
        Its path.

    Returns
    -------
    bytes

    Raises
    ------
    BadImageError
        If it is none of the ordinary files, is absurdly large, or the system does not let us.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise BadImageError(f"cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(status.st_mode):
        raise BadImageError("no ordinary file but a folder, pipe or device")
    if status.st_size > MAX_IMAGE_BYTES:
        raise BadImageError(f"{status.st_size:,} bytes are too many for an image")
    return file_content(file)
