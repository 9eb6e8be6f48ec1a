"""What the readers of labelled and of unlabelled tables share: header, bytes, size of the faces."""

import bisect
import csv
import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray
from PIL import Image

from ferflow.errors import InputError, reason_of, shown
from ferflow.ingest.damage import DamageError, naming_damage
from ferflow.ingest.images import resize

_HEADER_BYTES = 1 << 16


@contextmanager
def open_table(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open a ``.csv`` or ``.csv.gz``: its text, and the file, by whose position progress is told.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    text, file : BinaryIO

    Raises
    ------
    InputError
        If it is a pipe or device, which may never end.
    """
    if not path.is_file():
        raise InputError(f"{path}: no ordinary file; give a CSV")
    with path.open("rb") as file:
        yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if path.suffix.lower() == ".gz" else file, file


@contextmanager
def naming_faults(source: str) -> Iterator[None]:
    """Turn what a damaged or unreadable table raises into an error that names it.

    Parameters
    ----------
    source : str
        What to call the table.

    Raises
    ------
    InputError
        If the block raises anything of the kind.
    """
    try:
        yield
    except DamageError as error:
        raise InputError(f"{source}: damaged or cut short ({reason_of(error)}); download it again") from error
    except pa.ArrowInvalid as error:
        raise InputError(f"{source}: not a readable CSV in UTF-8 ({reason_of(error, 120)})") from error


def read_header(
    stream: BinaryIO, source: str, *, required: Sequence[str], optional: Sequence[str]
) -> tuple[list[str], str]:
    """Read the first line of a table.

    Parameters
    ----------
    stream : BinaryIO
        At its beginning.
    source : str
        What to call the table in messages.
    required, optional : sequence of str
        Columns in lower case; others are ignored.

    Returns
    -------
    names : list of str
        All columns, in lower case.
    delimiter : str
        Comma, semicolon or tab.

    Raises
    ------
    InputError
        If this is no text, a required column is missing, or one of the columns stands twice.
    """
    columns = ", ".join(required) + "".join(f", perhaps {name}" for name in optional)
    with naming_damage():
        line = stream.readline(_HEADER_BYTES)
    if not line:
        raise InputError(f"{source}: the file is empty; give a table with the columns {columns}")
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(
            f"{source}: not a CSV in UTF-8 but binary data; give a table with the columns {columns}"
        )
    if "\r" in text.removesuffix("\n").removesuffix("\r"):
        raise InputError(
            f"{source}: its lines end in carriage returns alone; save it with line ends of Unix or Windows"
        )
    delimiter = max(",;\t", key=text.count)
    if len(line) == _HEADER_BYTES:
        raise InputError(f"{source}, line 1: more than {_HEADER_BYTES:,} bytes; give a table with a header")
    names = [name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter), [])]
    for name in (*required, *optional):
        if names.count(name) > 1:
            raise InputError(f"{source}, line 1: two columns are called '{name}'; remove one")
    for name in required:
        if name not in names:
            raise InputError(
                f"{source}, line 1: no column '{name}' (found: {shown(', '.join(names), 60) or 'nothing'}); "
                f"a table of faces has the columns {columns}"
            )
    return names, delimiter


def no_rows(source: str) -> InputError:
    """Make the error of a table that ends after its header."""
    return InputError(f"{source}: no rows after the header; give a table that holds faces")


class RowNumbers:
    """Numbers of the rows that Arrow gives, from 1, and those that it cannot give.

    Attributes
    ----------
    faults : dict of str
        By the number of a row with too few or too many columns: what is wrong with it.
    last : int
        The number of the last row given.
    """

    def __init__(self) -> None:
        self.faults: dict[int, str] = {}
        self.last = 0
        self._skipped: list[int] = []  # the keys of ``faults``, in order: searched for each row

    def skip(self, before: int, row: pa_csv.InvalidRow) -> str:
        """Note a row of a wrong number of columns, and have Arrow go on: an ``invalid_row_handler``.

        Parameters
        ----------
        before : int
            How many rows there are before those that Arrow counts.
        row : pyarrow.csv.InvalidRow

        Returns
        -------
        str
            What Arrow is to do.
        """
        self.faults[before + row.number] = f"{row.actual_columns} columns instead of {row.expected_columns}"
        bisect.insort(self._skipped, before + row.number)
        return "skip"

    def skipped(self, after: int, before: int) -> list[int]:
        """List the rows between two, in order, that were skipped."""
        first = bisect.bisect_right(self._skipped, after)
        return self._skipped[first : bisect.bisect_left(self._skipped, before, first)]

    def of(self, count: int) -> NDArray[np.int64]:
        """Give the next ``count`` rows their numbers in the file, passing over those that were skipped."""
        numbers = np.arange(self.last + 1, self.last + 1 + count)
        ahead = np.array(self._skipped[bisect.bisect_right(self._skipped, self.last) :], dtype=np.int64)
        # Each is passed over by the numbers from its own on, less those passed over before it.
        numbers += np.searchsorted(ahead - np.arange(len(ahead)), numbers, side="right")
        self.last = int(numbers[-1]) if count else self.last
        return numbers


def at_size(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Bring faces to another size.

    Parameters
    ----------
    pixels : uint8 array of shape (n, side, side)
        Faces.
    size : int
        Pixels a side.

    Returns
    -------
    uint8 array of shape (n, size, size)
    """
    if pixels.shape[1:] == (size, size):
        return pixels
    images = [np.asarray(resize(Image.fromarray(face), size)) for face in pixels]
    return np.array(images, dtype=np.uint8).reshape(len(pixels), size, size)
