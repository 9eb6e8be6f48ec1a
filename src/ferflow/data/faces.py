"""Faces in memory and on disk: pixels, labels, usages and fingerprints, in one canonical order."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow import paths
from ferflow.atomic import atomic_path
from ferflow.data.scratch import take
from ferflow.errors import InputError, reason_of
from ferflow.files import write_parquet
from ferflow.tables import FACES, read_table

FER_CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES = ("Training", "PublicTest", "PrivateTest", "")


@dataclass(frozen=True)
class Faces:
    """Grey faces in canonical order.

    Attributes
    ----------
    pixels : uint8 array of shape (n, height, width)
    label : int16 array of shape (n,)
        Index into ``classes``.
    usage : str array of shape (n,)
        One of ``USAGES``; empty where the source has none.
    fingerprint : str array of shape (n,)
        16 hexadecimal digits of BLAKE2b over the pixels.
    classes : tuple of str
        Class names; FER-2013's order when all are its own, else alphabetical.
    origin : str array of shape (n,)
        Row or member of the source; empty strings once stored apart.
    group : str array of shape (n,)
        Who is shown, where ``data.group`` says what names the person; empty where nothing does.
    resembles : int32 array of shape (n,)
        The first face that each equals or, once the audit has looked for near duplicates, resembles.
    """

    pixels: NDArray[np.uint8]
    label: NDArray[np.int16]
    usage: NDArray[np.str_]
    fingerprint: NDArray[np.str_]
    classes: tuple[str, ...]
    origin: NDArray[np.str_]
    group: NDArray[np.str_]
    resembles: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.label)


def order_classes(names: Sequence[str]) -> tuple[str, ...]:
    """Order class names: FER-2013's, all or all seven and then others, in its order; else alphabetical.

    Parameters
    ----------
    names : sequence of str
        May repeat.

    Returns
    -------
    tuple of str
        Each name once.
    """
    unique, fer = set(names), set(FER_CLASSES)
    if not (unique <= fer or fer <= unique):
        return tuple(sorted(unique))
    return (*(name for name in FER_CLASSES if name in unique), *sorted(unique - fer))


def fingerprints(pixels: NDArray[np.uint8]) -> NDArray[np.str_]:
    """Hash each face's pixels to 16 hexadecimal digits (64-bit BLAKE2b).

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)

    Returns
    -------
    str array of shape (n,)
    """
    marks = (hashlib.blake2b(face.tobytes(), digest_size=8).hexdigest() for face in pixels)
    return np.fromiter(marks, dtype="U16", count=len(pixels))


def first_of_each(mark: NDArray[Any]) -> NDArray[np.int32]:
    """Give each face the number of the first one with its mark.

    Parameters
    ----------
    mark : array of shape (n,)

    Returns
    -------
    int32 array of shape (n,)
    """
    _, first, inverse = np.unique(mark, return_index=True, return_inverse=True)
    return first.astype(np.int32)[inverse]


def make_faces(
    pixels: NDArray[np.uint8],
    label: NDArray[np.int16],
    usage: Sequence[str] | NDArray[np.str_],
    classes: tuple[str, ...],
    origin: Sequence[str] | NDArray[np.str_],
    group: Sequence[str] | NDArray[np.str_] | None = None,
) -> Faces:
    """Fingerprint faces and put them in canonical order: usage, label, fingerprint, group, origin.

    The order makes the CSV, the archive and the folder of one data set give the same bytes downstream:
    only exact copies with the same usage and label can change places, and these are interchangeable.

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width)
    label : int array of shape (n,)
        Index into ``classes``.
    usage : sequence of str
        One of ``USAGES`` for each face.
    classes : tuple of str
        Class names, in the order of :func:`order_classes`.
    origin : sequence of str
        Row or member of the source, for each face.
    group : sequence of str, optional
        Who is shown on each face.

    Returns
    -------
    Faces
    """
    usage = np.asarray(usage, dtype="U11")
    label = np.asarray(label).astype(np.int16)
    origin = np.asarray(origin, dtype=np.str_)
    group = np.full(len(label), "", dtype="U1") if group is None else np.asarray(group, dtype=np.str_)
    marks = fingerprints(pixels)
    rank = np.array([USAGES.index(u) for u in usage], dtype=np.int8)
    order = np.lexsort((origin, group, marks, label, rank))
    return Faces(
        take(pixels, order),
        label[order],
        usage[order],
        marks[order],
        tuple(classes),
        origin[order],
        group[order],
        first_of_each(marks[order]),
    )


def content_digest(faces: Faces) -> str:
    """Hash what the faces are (pixels, class, usage), not where they came from.

    Parameters
    ----------
    faces : Faces

    Returns
    -------
    str
        16 hexadecimal digits (64-bit BLAKE2b).
    """
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((faces.pixels.shape, faces.classes)).encode())
    for mark, label, usage in zip(faces.fingerprint, faces.label, faces.usage, strict=True):
        digest.update(f"{mark} {label} {usage}\n".encode())
    return digest.hexdigest()


def save_faces(
    faces: Faces, pixels: Path = paths.PIXELS, table: Path = paths.FACES, origins: Path = paths.ORIGINS
) -> None:
    """Write pixels, table and origins.

    Parameters
    ----------
    faces : Faces
    pixels : Path, default="results/faces.npy"
    table : Path, default="results/faces.parquet"
        See :func:`face_table`.
    origins : Path, default="results/origins.parquet"
        Row or member of the source, apart: no result depends on it.
    """
    with atomic_path(pixels) as temporary, temporary.open("wb") as file:
        np.save(file, faces.pixels)
    rows = face_table(faces)
    write_parquet(table, rows)
    write_parquet(origins, pd.DataFrame({"face": rows["face"], "origin": faces.origin}))


def read_face_table(path: Path = paths.FACES) -> pd.DataFrame:
    """Read the table of all faces that :func:`save_faces` wrote; see :func:`face_table`.

    Raises
    ------
    InputError
        If the ingest stage has not written it, or it is damaged.
    """
    return read_table(path, FACES, "ingest")


def face_table(faces: Faces) -> pd.DataFrame:
    """Make the table of all faces, from which splits are drawn.

    Parameters
    ----------
    faces : Faces

    Returns
    -------
    DataFrame
        ``face``, ``label`` (class name), ``usage``, ``fingerprint``, ``resembles``, and ``group`` if any face
        has one.
    """
    columns = {
        "face": np.arange(len(faces), dtype=np.int32),
        "label": np.array(faces.classes)[faces.label],
        "usage": faces.usage,
        "fingerprint": faces.fingerprint,
        "resembles": faces.resembles,
    }
    if (faces.group != "").any():
        columns["group"] = faces.group
    return pd.DataFrame(columns)


def load_faces(pixels: Path = paths.PIXELS, table: Path = paths.FACES) -> Faces:
    """Read what :func:`save_faces` wrote; pixels stay on disk until they are asked for (memory map).

    Parameters
    ----------
    pixels, table : Path
        As for :func:`save_faces`.

    Returns
    -------
    Faces

    Raises
    ------
    InputError
        If a file is missing, or the two do not belong together.
    """
    rows = read_face_table(table)
    try:
        array = np.lib.format.open_memmap(pixels, mode="r")  # never a pickle
    except FileNotFoundError:
        raise InputError(f"{pixels}: no such file; run the ingest stage first") from None
    # NumPy parses the header as a Python literal.
    except (ValueError, TypeError, EOFError, OverflowError, MemoryError, TokenError) as error:
        raise InputError(
            f"{pixels}: not a NumPy array; run the ingest stage again ({reason_of(error)})"
        ) from error
    if array.ndim != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise InputError(f"{pixels}: an array of something else than faces; run the ingest stage again")
    if len(array) != len(rows):
        raise InputError(
            f"{pixels} holds {len(array)} faces, {table} {len(rows)}; run the ingest stage again"
        )
    classes = order_classes([str(name) for name in rows["label"].unique()])
    position = {name: index for index, name in enumerate(classes)}
    return Faces(
        pixels=array,
        label=np.array([position[name] for name in rows["label"]], dtype=np.int16),
        usage=rows["usage"].to_numpy("U11"),
        fingerprint=rows["fingerprint"].to_numpy("U16"),
        classes=classes,
        origin=np.full(len(rows), "", dtype="U1"),
        group=group_column(rows),
        resembles=rows["resembles"].to_numpy(np.int32),
    )


def group_column(rows: pd.DataFrame) -> NDArray[np.str_]:
    """Take who is shown on each face from a table of faces.

    Parameters
    ----------
    rows : DataFrame of n rows

    Returns
    -------
    str array of shape (n,)
        Empty strings where the table does not say.
    """
    return rows["group"].to_numpy(str) if "group" in rows else np.full(len(rows), "", dtype="U1")
