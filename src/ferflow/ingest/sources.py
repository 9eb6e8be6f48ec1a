"""Sources: a challenge CSV, an image archive or a folder tree, read into one form."""

from pathlib import Path

from ferflow.errors import InputError
from ferflow.ingest.archive import ARCHIVE_SUFFIXES, read_archive
from ferflow.ingest.collection import BadFace, Progress, SourceResult, finish, silent
from ferflow.ingest.folder import read_folder
from ferflow.ingest.table import read_table_file

__all__ = ["BadFace", "SourceResult", "read"]


def read(path: Path, image_size: int, on_bad_face: str, progress: Progress = silent) -> SourceResult:
    """Read faces from wherever they stand.

    Parameters
    ----------
    path : a ``.csv`` or ``.csv.gz`` with the columns emotion, pixels and perhaps Usage; a ``.zip``, ``.tar``,
        ``.tar.gz`` or ``.tgz`` of images or of such a table; a folder ``<usage>/<class>/*`` or ``<class>/*``
    image_size : side of the faces in pixels
    on_bad_face : ``"fail"`` at faces that cannot be read, or ``"skip"`` and list them
    progress : called with the work done and to do (bytes of a table, images otherwise)

    Raises
    ------
    InputError
        If the source is missing, of no such kind, damaged, or could do harm; if it holds no faces, faces of
        one class only, or bad faces under ``"fail"``.
    """
    name = path.name.lower()
    if path.is_dir():
        collected = read_folder(path, image_size, progress)
    elif not path.exists():
        raise InputError(
            f"{path}: no such file or folder; set data.path to a CSV, an image archive or a folder"
        )
    elif name.endswith(ARCHIVE_SUFFIXES):
        collected = read_archive(path, image_size, progress)
    elif name.endswith((".csv", ".csv.gz")):
        collected = read_table_file(path, image_size, progress)
    else:
        known = ", ".join((".csv", ".csv.gz", *ARCHIVE_SUFFIXES))
        raise InputError(f"{path}: not a kind of source that is known; give a folder or one of {known}")
    return finish(path.name, collected, on_bad_face)
