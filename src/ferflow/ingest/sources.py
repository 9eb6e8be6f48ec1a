"""Reads a source of any format into one form."""

from collections.abc import Iterator
from pathlib import Path

from ferflow.ingest.collection import BadFace, Progress, SourceResult, finish, silent
from ferflow.ingest.formats import format_of
from ferflow.ingest.layout import UNSAID, Layout
from ferflow.ingest.unlabelled import Unlabelled

__all__ = ["BadFace", "SourceResult", "read", "read_unlabelled"]


def read(
    path: Path, image_size: int, on_bad_face: str, progress: Progress = silent, layout: Layout = UNSAID
) -> SourceResult:
    """Read labelled faces from wherever they stand.

    Parameters
    ----------
    path : Path
        A ``.csv`` or ``.csv.gz`` with the columns emotion, pixels and perhaps Usage; a ``.zip``, ``.tar``,
        ``.tar.gz`` or ``.tgz`` of images or of such a table; a folder ``<usage>/<class>/*`` or ``<class>/*``.
    image_size : int
        Side of the faces in pixels.
    on_bad_face : {"fail", "skip"}
        Fail at faces that cannot be read, or skip and list them.
    progress : callable, optional
        Called with the work done and to do (bytes of a table, images otherwise).
    layout : Layout, optional
        What the folders are, if not ``<usage>/<class>`` or ``<class>``, and what names the person.

    Returns
    -------
    SourceResult
        In canonical order.

    Raises
    ------
    InputError
        If the source is missing, of no such kind, damaged, or could do harm; if it holds no faces, faces of
        one class only, or bad faces under ``"fail"``.
    """
    raw = format_of(path).read(path, image_size, progress, layout)
    return finish(path.name, raw, on_bad_face)


def read_unlabelled(path: Path, size: int) -> Iterator[Unlabelled]:
    """Read images whose labels are not known, or of no interest, one by one.

    Parameters
    ----------
    path : Path
        A folder or an archive (``.zip``, ``.tar``, ``.tar.gz``, ``.tgz``) of images in any folders, called by
        their paths inside it; or a ``.csv`` or ``.csv.gz`` with a column ``pixels``, called by the column
        ``id`` or, where there is none, by their row, counted from 0; or an archive of one such table.
    size : int
        Side of the faces of a table in pixels.

    Yields
    ------
    ImageFile, FacePixels or BadFace
        An image as it is in its file; a face of a table; what cannot be read, and why.

    Returns
    -------
    Unlabelled
        In the order of the source.

    Raises
    ------
    InputError
        If the source is missing, of no such kind, damaged, or could do harm, or holds no image.
    """
    return format_of(path).read_unlabelled(path, size)
