"""Faces without labels, to be predicted: images in any folders, in an archive, or a table of pixels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from ferflow.errors import InputError
from ferflow.ingest.archive import check, member_content, open_archive
from ferflow.ingest.cells import parse_pixels, side_of
from ferflow.ingest.folder import file_content, walk
from ferflow.ingest.images import BadImageError, decode
from ferflow.ingest.layout import IMAGE_SUFFIXES, find_table, is_image
from ferflow.ingest.tables import BLOCK_BYTES, at_size, naming_faults, open_table, read_header


@dataclass(frozen=True)
class UnlabelledFaces:
    """Faces, uint8 of shape (n, size, size), and what to call each."""

    ids: list[str]
    pixels: NDArray[np.uint8]


def unlabelled_folder(path: Path, size: int) -> UnlabelledFaces:
    """Read the images in a folder and below.

    Parameters
    ----------
    path : Path
        The folder.
    size : int
        Side of the resulting faces in pixels.

    Returns
    -------
    UnlabelledFaces

    Raises
    ------
    InputError
        If there is no image, or one that cannot be read.
    """
    return _images(path.name, walk(path), lambda file: file_content(path / file), size)


def unlabelled_table(path: Path, size: int) -> UnlabelledFaces:
    """Read a ``.csv`` or ``.csv.gz``.

    Parameters
    ----------
    path : Path
        The file.
    size : int
        Side of the resulting faces in pixels.

    Returns
    -------
    UnlabelledFaces

    Raises
    ------
    InputError
        Where :func:`read_pixels` raises it.
    """
    with open_table(path) as (stream, _):
        return read_pixels(stream, path.name, size)


def unlabelled_archive(path: Path, size: int) -> UnlabelledFaces:
    """Read the images in an archive, or the one table in it.

    Parameters
    ----------
    path : Path
        A ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz``.
    size : int
        Side of the resulting faces in pixels.

    Returns
    -------
    UnlabelledFaces

    Raises
    ------
    InputError
        If the archive is damaged or could do harm, holds neither images nor a table, or a face that cannot be
        read.
    """
    with open_archive(path) as archive:
        members = {member.name: member for member in check(path.name, archive.members(), path.stat().st_size)}
        table = None if any(map(is_image, members)) else find_table(path.name, list(members))
        if table is not None:
            with archive.open(table) as stream:
                return read_pixels(cast(BinaryIO, stream), f"{path.name}, {table}", size)
        return _images(path.name, sorted(members), lambda name: member_content(archive, members[name]), size)


def _images(source: str, files: Sequence[str], read: Callable[[str], bytes], size: int) -> UnlabelledFaces:
    ids = [name for name in files if is_image(name)]
    if not ids:
        raise InputError(
            f"{source}: no image ({', '.join(IMAGE_SUFFIXES)}) here; give a source that holds some"
        )
    pixels = np.empty((len(ids), size, size), dtype=np.uint8)
    for index, name in enumerate(ids):
        try:
            pixels[index] = decode(read(name), size).pixels
        except BadImageError as error:
            raise InputError(f"{source}, {name}: {error}; mend or remove it") from error
    return UnlabelledFaces(ids, pixels)


def read_pixels(stream: BinaryIO, source: str, size: int) -> UnlabelledFaces:
    """Read a table with a column ``pixels`` and perhaps ``id``, in any order and case; others are ignored.

    Parameters
    ----------
    stream : BinaryIO
        The table's bytes, UTF-8; commas, semicolons or tabs between its columns.
    source : str
        What to call the table in messages.
    size : int
        Side of the resulting faces in pixels; others are resampled.

    Returns
    -------
    UnlabelledFaces

    Raises
    ------
    InputError
        If this is no such table, or a row is bad, naming it.
    """
    with naming_faults(source):
        return _read_pixels(stream, source, size)


def _read_pixels(stream: BinaryIO, source: str, size: int) -> UnlabelledFaces:
    names, delimiter = read_header(stream, source, required=("pixels",), optional=("id",))
    columns = [name for name in ("id", "pixels") if name in names]
    reader = pa_csv.open_csv(
        stream,
        read_options=pa_csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter),
        convert_options=pa_csv.ConvertOptions(
            include_columns=columns, column_types={name: pa.string() for name in columns}
        ),
    )
    ids: list[str] = []
    parts: list[NDArray[np.uint8]] = []
    side = None
    for batch in reader:
        side = side or side_of(batch.column("pixels"))
        pixels, faults = parse_pixels(batch.column("pixels"), side)
        if faults:
            first = min(faults)
            raise InputError(
                f"{source}, row {len(ids) + first}: column pixels: {faults[first].reason}; mend or remove it "
                "(rows are counted from 0)"
            )
        numbers = [str(number) for number in range(len(ids), len(ids) + len(batch))]
        ids += batch.column("id").to_pylist() if "id" in names else numbers
        parts.append(at_size(pixels, size))
    return UnlabelledFaces(ids, np.concatenate(parts))
