"""The files of a source, by name alone: which of them are read, and which pictures are not."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ferflow.ingest.archive import open_checked
from ferflow.ingest.layout import is_image
from ferflow.ingest.tree import walk

#: What cameras, scanners, phones and older collections of faces write, and ingest does not read.
PICTURES = frozenset(
    (
        *(".avif", ".gif", ".heic", ".heif", ".j2k", ".jfif", ".jp2", ".jpe", ".jxl", ".svg"),
        *(".tif", ".tiff", ".pbm", ".pgm", ".pnm", ".ppm", ".psd", ".tga"),
        *(".arw", ".cr2", ".cr3", ".dng", ".nef"),
    )
)


def is_table(path: Path) -> bool:
    """Tell whether a source that exists is one table, and neither a folder nor an archive."""
    return path.is_file() and path.name.lower().endswith((".csv", ".csv.gz"))


def files_of(path: Path) -> list[str]:
    """List the files in a folder or archive; a table holds none.

    Parameters
    ----------
    path : Path
        A source that exists.

    Returns
    -------
    list of str
        Paths inside it.

    Raises
    ------
    InputError
        If it cannot be looked into, or is an archive that could do harm.
    """
    if is_table(path):
        return []
    if path.is_dir():
        return walk(path)
    with open_checked(path) as (_, members):
        return [member.name for member in members]


def unread_pictures(files: Iterable[str]) -> dict[str, int]:
    """Count the pictures that ingest passes over for their kind, which the user may not notice otherwise.

    Parameters
    ----------
    files : iterable of str
        All files of a source.

    Returns
    -------
    dict of str to int
        By suffix in lower case, sorted.
    """
    # With a suffix that is read, ingest says which are of the user, and not left there by a system.
    suffixes = (PurePosixPath(name).suffix.lower() for name in files if is_image(f"{name}.png"))
    return dict(sorted(Counter(suffix for suffix in suffixes if suffix in PICTURES).items()))
