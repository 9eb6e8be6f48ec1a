"""Images without labels, to be predicted: in any folders, in an archive, or a table of pixels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ferflow.errors import InputError, shown
from ferflow.ingest.archive import member_content, open_checked
from ferflow.ingest.blocks import read_blocks
from ferflow.ingest.cells import parse_pixels, side_of
from ferflow.ingest.collection import BadFace
from ferflow.ingest.folder import regular_content
from ferflow.ingest.images import BadImageError
from ferflow.ingest.layout import IMAGE_SUFFIXES, find_table, is_image, nameable
from ferflow.ingest.lines import CountedLines
from ferflow.ingest.names import name_fault
from ferflow.ingest.tables import RowNumbers, at_size, naming_faults, no_rows, open_table, read_header
from ferflow.ingest.tree import walk


@dataclass(frozen=True)
class ImageFile:
    """The content of an image file, not decoded, and what to call it."""

    id: str
    content: bytes


@dataclass(frozen=True)
class FacePixels:
    """A face of a table, uint8 of shape (size, size), and what to call it."""

    id: str
    pixels: NDArray[np.uint8]


#: What a source without labels gives, one by one.
Unlabelled: TypeAlias = ImageFile | FacePixels | BadFace


def name_of(item: Unlabelled) -> str:
    """Name an item as messages and results do."""
    return item.origin if isinstance(item, BadFace) else item.id


def unlabelled_folder(path: Path, size: int) -> Iterator[Unlabelled]:
    """Read the images in a folder and below; see ``sources.read_unlabelled``."""
    return _images(path.name, walk(path), lambda file: regular_content(path / file))


def unlabelled_table(path: Path, size: int) -> Iterator[Unlabelled]:
    """Read a ``.csv`` or ``.csv.gz``; see :func:`read_pixels`."""
    with open_table(path) as (stream, _):
        yield from read_pixels(stream, shown(path.name), size)


def unlabelled_archive(path: Path, size: int) -> Iterator[Unlabelled]:
    """Read the images in an archive, or the one table in it.

    The images come as they stand in it: to go back in a ``.tar.gz`` is to unpack it again from the beginning.
    """
    with open_checked(path) as (archive, members):
        names = [member.name for member in members]
        by_name = {member.name: member for member in members}
        table = find_table(path.name, names)
        if table is not None:
            with archive.open(by_name[table]) as stream:
                yield from read_pixels(stream, f"{path.name}, {shown(table)}", size)
            return
        yield from _images(path.name, names, lambda name: member_content(archive, by_name[name]))


def _images(source: str, files: Sequence[str], read: Callable[[str], bytes]) -> Iterator[Unlabelled]:
    images = [name for name in files if is_image(name)]
    if not images:
        raise InputError(
            f"{source}: no image ({', '.join(IMAGE_SUFFIXES)}) here; give a source that holds some"
        )
    ids, bad = nameable(images)
    yield from bad
    for name in ids:
        try:
            yield ImageFile(name, read(name))
        except BadImageError as error:
            yield BadFace(name, str(error))


def read_pixels(stream: BinaryIO, source: str, size: int) -> Iterator[FacePixels | BadFace]:
    """Read a table with a column ``pixels`` and perhaps ``id``, in any order and case; others are ignored.

    Parameters
    ----------
    stream : BinaryIO
        The table's bytes, UTF-8; commas, semicolons or tabs between its columns.
    source : str
        What to call the table in messages.
    size : int
        Side of the resulting faces in pixels; others are resampled.

    Raises
    ------
    InputError
        If this is no such table.
    """
    with naming_faults(source):
        yield from _read_pixels(stream, source, size)


def _read_pixels(stream: BinaryIO, source: str, size: int) -> Iterator[FacePixels | BadFace]:
    names, delimiter = read_header(stream, source, required=("pixels",), optional=("id",))
    wanted = [name for name in ("id", "pixels") if name in names]
    lines, rows = CountedLines(stream, delimiter), RowNumbers()
    side = None
    for batch in read_blocks(lines, rows, names, wanted, with_empty=False):
        before = rows.last
        side = side or side_of(batch.column("pixels"))
        pixels, faults = parse_pixels(batch.column("pixels"), side)
        numbers = rows.of(len(batch)).tolist()
        ids = batch.column("id").to_pylist() if "id" in names else [str(number - 1) for number in numbers]
        faces = pixels if side is None else at_size(pixels, size)  # without a side, every row has a fault
        face = iter(faces)
        for index, number in enumerate(numbers):
            yield from _bad_rows(rows.skipped(before, number), rows)
            before = number
            if index in faults:
                yield _bad_row(number, f"column pixels: {faults[index].reason}")
                continue
            pixels_of_face, fault = next(face), name_fault(ids[index])
            if fault:
                yield _bad_row(number, f"column id: its text {fault}")
            else:
                yield FacePixels(ids[index], pixels_of_face)
    end = max([rows.last, *rows.faults]) + 1
    yield from _bad_rows(rows.skipped(rows.last, end), rows)
    lines.check(source, end - 1, with_empty=False)
    if end == 1:
        raise no_rows(source)


def _bad_rows(numbers: Sequence[int], rows: RowNumbers) -> Iterator[BadFace]:
    """Name rows that were skipped for their columns."""
    for number in numbers:
        yield _bad_row(number, rows.faults[number])


def _bad_row(number: int, reason: str) -> BadFace:
    """Name a row as the table's reader does who counts from 0."""
    return BadFace(f"row {number - 1}", f"{reason} (rows count from 0)")
