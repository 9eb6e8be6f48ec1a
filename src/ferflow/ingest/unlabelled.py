"""Faces without labels, to be predicted: images in any folders, in an archive, or a table of pixels."""

import csv
import gzip
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray
from PIL import Image

from ferflow.errors import InputError
from ferflow.ingest.archive import ARCHIVE_SUFFIXES, check, member_content, opened
from ferflow.ingest.cells import parse_pixels, side_of
from ferflow.ingest.folder import file_content, walk
from ferflow.ingest.images import BadImageError, decode, resize
from ferflow.ingest.layout import IMAGE_SUFFIXES, find_table, is_image

_BLOCK_BYTES = 2 << 20
_HEADER_BYTES = 1 << 16


@dataclass(frozen=True)
class Unlabelled:
    """Faces, uint8 of shape (n, size, size), and what to call each."""

    ids: list[str]
    pixels: NDArray[np.uint8]


def read_unlabelled(path: Path, size: int) -> Unlabelled:
    """Read faces whose labels are not known, or of no interest.

    Parameters
    ----------
    path : a folder or an archive (``.zip``, ``.tar``, ``.tar.gz``, ``.tgz``) of images in any folders, called
        by their paths inside it; or a ``.csv`` or ``.csv.gz`` with a column ``pixels``, called by the column
        ``id`` or, where there is none, by their row, counted from 0; or an archive of one such table
    size : side of the resulting faces in pixels

    Raises
    ------
    InputError
        If the source is missing, of no such kind, damaged, or could do harm; if it holds no faces, or one
        that cannot be read: a prediction for each face, or none.
    """
    name = path.name.lower()
    if path.is_dir():
        return _images(path.name, walk(path), lambda file: file_content(path / file), size)
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; give a CSV, an image archive or a folder")
    if name.endswith(ARCHIVE_SUFFIXES):
        return _read_archive(path, size)
    if name.endswith((".csv", ".csv.gz")):
        with path.open("rb") as file:
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if name.endswith(".gz") else file
            return read_pixels(stream, path.name, size)
    known = ", ".join((".csv", ".csv.gz", *ARCHIVE_SUFFIXES))
    raise InputError(f"{path}: not a kind of source that is known; give a folder or one of {known}")


def _read_archive(path: Path, size: int) -> Unlabelled:
    with opened(path) as archive:
        members = {member.name: member for member in check(path.name, archive.members(), path.stat().st_size)}
        table = None if any(map(is_image, members)) else find_table(path.name, list(members))
        if table is not None:
            with archive.open(table) as stream:
                return read_pixels(cast(BinaryIO, stream), f"{path.name}, {table}", size)
        return _images(path.name, sorted(members), lambda name: member_content(archive, members[name]), size)


def _images(source: str, files: Sequence[str], read: Callable[[str], bytes], size: int) -> Unlabelled:
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
    return Unlabelled(ids, pixels)


def read_pixels(stream: BinaryIO, source: str, size: int) -> Unlabelled:
    """Read a table with a column ``pixels`` and perhaps ``id``, in any order and case; others are ignored.

    Parameters
    ----------
    stream : the table's bytes, UTF-8; commas, semicolons or tabs between its columns
    source : what to call the table in messages
    size : side of the resulting faces in pixels; others are resampled

    Raises
    ------
    InputError
        If this is no such table, or a row is bad, naming it.
    """
    try:
        return _read_pixels(stream, source, size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{source}: damaged or cut short ({error}); download it again") from error
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise InputError(f"{source}: no rows after the header; give a table that holds faces") from error
        raise InputError(f"{source}: not a readable CSV in UTF-8 ({str(error).splitlines()[0]})") from error


def _read_pixels(stream: BinaryIO, source: str, size: int) -> Unlabelled:
    names, delimiter = _header(stream, source)
    wanted = [name for name in ("id", "pixels") if name in names]
    reader = pa_csv.open_csv(
        stream,
        read_options=pa_csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES, use_threads=False),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter),
        convert_options=pa_csv.ConvertOptions(
            include_columns=wanted, column_types={name: pa.string() for name in wanted}
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
        parts.append(_sized(pixels, size))
    return Unlabelled(ids, np.concatenate(parts))


def _header(stream: BinaryIO, source: str) -> tuple[list[str], str]:
    try:
        text = stream.readline(_HEADER_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{source}: not a CSV in UTF-8 but binary data; give a table with a column pixels")
    delimiter = max(",;\t", key=text.count)
    names = [name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter), [])]
    for name in ("id", "pixels"):
        if names.count(name) > 1:
            raise InputError(f"{source}, line 1: two columns are called '{name}'; remove one")
    if "pixels" not in names:
        shown = ", ".join(names)[:60] or "nothing"
        raise InputError(f"{source}, line 1: no column 'pixels' (found: {shown}); a table of faces has one")
    return names, delimiter


def _sized(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    if pixels.shape[1:] == (size, size):
        return pixels
    return np.stack([np.asarray(resize(Image.fromarray(face), size)) for face in pixels])
