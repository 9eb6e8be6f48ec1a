"""Faces from the challenge's table: ``emotion,pixels,Usage``, one face a row.

The table is read in blocks, and pixels lie in a file, so that memory grows neither with the faces nor with
their text.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ferflow.data.faces import FER_CLASSES
from ferflow.data.scratch import GrowingArray
from ferflow.errors import InputError, shown
from ferflow.ingest.blocks import read_blocks
from ferflow.ingest.cells import (
    Fault,
    are_codes,
    parse_labels,
    parse_names,
    parse_people,
    parse_pixels,
    parse_usages,
    side_of,
)
from ferflow.ingest.collection import BadFace, Progress, RawFaces, silent
from ferflow.ingest.layout import UNSAID, Layout
from ferflow.ingest.lines import CountedLines, blank_characters
from ferflow.ingest.names import class_names
from ferflow.ingest.tables import RowNumbers, at_size, naming_faults, no_rows, open_table, read_header

REQUIRED, OPTIONAL = ("emotion", "pixels"), ("usage",)


def read_table_file(path: Path, size: int, progress: Progress = silent, layout: Layout = UNSAID) -> RawFaces:
    """Read a ``.csv`` or ``.csv.gz``.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        Side of the resulting faces in pixels.
    progress : callable, optional
        Called with the bytes read and to read.
    layout : Layout, optional
        Which column names the person.

    Returns
    -------
    RawFaces

    Raises
    ------
    InputError
        Where :func:`read_table` raises it.
    """
    total = path.stat().st_size
    with open_table(path) as (stream, file):
        return read_table(stream, shown(path.name), size, lambda: progress(file.tell(), total), layout.group)


def read_table(
    stream: BinaryIO, source: str, size: int, tick: Callable[[], None] = lambda: None, group: str = ""
) -> RawFaces:
    """Read a table with the columns emotion, pixels and perhaps Usage, in any order and case.

    An emotion is a number from 0 to 6, in FER-2013's order, or in all rows the name of a class.

    Parameters
    ----------
    stream : BinaryIO
        The table's bytes, UTF-8; commas, semicolons or tabs between its columns.
    source : str
        What to call the table in messages.
    size : int
        Side of the resulting faces in pixels; others are resampled.
    tick : callable, optional
        Called after each block.
    group : str, optional
        Column that names the person; empty for none.

    Returns
    -------
    RawFaces

    Raises
    ------
    InputError
        If this is no such table. Rows that are bad (number of pixels, value of a pixel, label, usage, number
        of columns) are not raised but collected, each by its row, line and column.
    """
    with naming_faults(source):
        return _Table(stream, source, size, group.lower()).read(tick)


@dataclass(frozen=True)
class _Faces:
    """The good rows of a block; ``people`` is empty where no column names them."""

    pixels: NDArray[np.uint8]
    labels: list[str]
    usages: list[str]
    people: list[str]


class _Table:
    """One pass over a table: its columns, its rows' numbers, the faces and faults so far."""

    def __init__(self, stream: BinaryIO, source: str, size: int, group: str) -> None:
        self.source, self.size, self.group = source, size, group
        if group in (*REQUIRED, *OPTIONAL):
            raise InputError(
                f"params.yaml: data.group: the column '{group}' does not name the person; name another"
            )
        required = (*REQUIRED, group) if group else REQUIRED
        self.columns, delimiter = read_header(stream, source, required=required, optional=OPTIONAL)
        self.lines = CountedLines(stream, delimiter)
        self.used = [name for name in (*required, *OPTIONAL) if name in self.columns]
        self.has_codes: bool | None = None  # or else names, for labels; set by the first
        self.numbers = RowNumbers()
        self.side: int | None = None  # of the faces in the table, set by the first that is square

    def read(self, tick: Callable[[], None]) -> RawFaces:
        pixels = GrowingArray((self.size, self.size))
        labels: list[str] = []
        usages: list[str] = []
        groups: list[str] = []
        origins: list[str] = []
        faults: dict[int, str] = {}
        # Empty lines come as rows of empty cells, so that rows are numbered as the lines of the file.
        for block in read_blocks(self.lines, self.numbers, self.columns, self.used, with_empty=True):
            batch, rows = self._without_empty_lines(block, self.numbers.of(len(block)))
            good, faces = self._parse(batch, rows, faults)
            pixels.append(at_size(faces.pixels, self.size))
            labels += faces.labels
            usages += faces.usages
            groups += faces.people
            origins += [f"row {row}" for row in rows[good]]
            tick()
        of_columns = self.numbers.faults.items()
        faults |= {row: fault for row, fault in of_columns if not self.lines.is_blank(row)}
        last_row = max([self.numbers.last, *self.numbers.faults])
        self.lines.check(self.source, last_row, with_empty=True)
        if not labels and not faults:
            raise no_rows(self.source)
        names = {} if self.has_codes else class_names(labels)
        return RawFaces(
            pixels=pixels.finish(),
            label=[names.get(label, label) for label in labels],
            usage=usages,
            origin=origins,
            group=groups,
            sizes=Counter() if self.side is None else Counter({(self.side, self.side): len(labels)}),
            bad=[_bad_face(row, faults[row], is_last=row == last_row) for row in sorted(faults)],
        )

    def _without_empty_lines(
        self, batch: pa.RecordBatch, rows: NDArray[np.int64]
    ) -> tuple[pa.RecordBatch, NDArray[np.int64]]:
        """Leave out rows that spreadsheets write at the end: delimiters and spaces, and nothing else."""
        label = pc.utf8_trim(batch.column("emotion"), characters=blank_characters(self.lines.delimiter))
        has_content = pc.not_equal(label, "").to_numpy(zero_copy_only=False).copy()
        for index in np.flatnonzero(~has_content):
            has_content[index] = not self.lines.is_blank(int(rows[index]))
        return batch.filter(pa.array(has_content)), rows[has_content]

    def _parse(
        self, batch: pa.RecordBatch, rows: NDArray[np.int64], faults: dict[int, str]
    ) -> tuple[NDArray[np.bool_], "_Faces"]:
        """Parse a block; enter its faults by row number, and tell which rows have none."""
        if self.side is None:
            self.side = side_of(batch.column("pixels"))
        pixels, bad_pixels = parse_pixels(batch.column("pixels"), self.side)
        labels, bad_labels = self._labels(batch.column("emotion"))
        usages, bad_usages = np.full(len(batch), "", dtype="U11"), dict[int, Fault]()
        people, bad_people = list[str](), dict[int, Fault]()
        if "usage" in self.columns:
            usages, bad_usages = parse_usages(batch.column("usage"))
        if self.group:
            people, bad_people = parse_people(batch.column(self.group), self.group)
        good = np.ones(len(batch), dtype=bool)
        has_pixels = good.copy()
        has_pixels[list(bad_pixels)] = False
        for index, fault in (bad_people | bad_usages | bad_labels | bad_pixels).items():
            good[index] = False
            faults[int(rows[index])] = f"column {fault.column}: {fault.reason}"
        where = np.flatnonzero(good)
        return good, _Faces(
            pixels[good[has_pixels]],
            [labels[index] for index in where.tolist()],
            usages[good].tolist(),
            [people[index] for index in where.tolist()] if self.group else [],
        )

    def _labels(self, column: pa.Array) -> tuple[Sequence[str], dict[int, Fault]]:
        if self.has_codes is None:
            self.has_codes = are_codes(column)
        if not self.has_codes:
            return parse_names(column)
        codes, faults = parse_labels(column)
        return np.array(FER_CLASSES)[codes].tolist(), faults


def _bad_face(row: int, reason: str, *, is_last: bool) -> BadFace:
    if is_last:
        reason += "; it is the last row, so the file may be cut short"
    return BadFace(f"row {row} (line {row + 1})", reason)
