"""The formats of a source, each with its readers; a new format is a file with these and a line here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ferflow.errors import InputError
from ferflow.ingest.archive import read_archive
from ferflow.ingest.collection import Progress, RawFaces
from ferflow.ingest.folder import read_folder
from ferflow.ingest.layout import Layout
from ferflow.ingest.table import read_table_file
from ferflow.ingest.unlabelled import Unlabelled, unlabelled_archive, unlabelled_folder, unlabelled_table


@dataclass(frozen=True)
class Format:
    """A kind of source.

    Attributes
    ----------
    suffixes : tuple of str
        Of its files, in lower case; ``/`` for a folder.
    read : callable
        Maps path, size of the faces, a progress callback and the layout to labelled faces.
    read_unlabelled : callable
        Maps path and size of the faces to what is to be predicted, one by one.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path, int, Progress, Layout], RawFaces]
    read_unlabelled: Callable[[Path, int], Iterator[Unlabelled]]


FORMATS = (
    Format(("/",), read_folder, unlabelled_folder),
    Format((".csv", ".csv.gz"), read_table_file, unlabelled_table),
    Format((".zip", ".tar", ".tar.gz", ".tgz"), read_archive, unlabelled_archive),
)


def format_of(path: Path) -> Format:
    """Find the format of a source.

    Parameters
    ----------
    path : Path
        The source.

    Returns
    -------
    Format

    Raises
    ------
    InputError
        If there is no such file or folder, or its suffix is that of no format.
    """
    name = "/" if path.is_dir() else path.name.lower()
    if name != "/" and not path.exists():
        raise InputError(f"{path}: no such file or folder; give a CSV, an image archive or a folder")
    if name != "/" and not path.is_file():  # a pipe may never end, and archives are read twice
        raise InputError(f"{path}: neither a file nor a folder; give a CSV, an image archive or a folder")
    for form in FORMATS:
        if name.endswith(form.suffixes):
            return form
    names = ", ".join(suffix for form in FORMATS for suffix in form.suffixes if suffix != "/")
    raise InputError(f"{path}: not a kind of source that is known; give a folder or one of {names}")
